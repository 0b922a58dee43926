"""`complaints log`: verifying the access log, and keeping what catches a rewritten one."""

import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from complaints import clock
from complaints.cli.installation import opened
from complaints.cli.terminal import tell
from complaints.services.access_log import SETTLED_AN_APPEND
from complaints.services.log_proofs import verify_proof
from complaints.services.log_verification import Verification, verify
from crypto import BadProof, BadSignature, CryptoError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MAX_FILE = 1024 * 1024


@click.group()
def log() -> None:
    """The access log: who reached what."""


@log.command("verify")
@click.option("--checkpoint", "file", type=_FILE, help="A checkpoint that was kept outside this machine.")
def verify_log(file: Path | None) -> None:
    """Recompute the whole log from its rows, and name the first entry that is wrong (exit status 1)."""
    note = None if file is None else _read(file)
    with opened() as installation, installation.units.database.reading() as session:
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("Verifying", total=None)
            found = verify(
                session,
                installation.access_log,
                checkpoint=note,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    _tell(found)
    if found.problems:
        sys.exit(1)


def _tell(found: Verification) -> None:
    if found.problems:
        tell("The access log is NOT as it was written:")
        for problem in found.problems:
            tell(f"  {problem}")
    else:
        tell(f"{found.size:,} entries verified; root {found.root.hex()}")
        tell(f"Fields that have expired: {found.expired:,}. Entries waiting for their day to end: {found.queued:,}.")
    if found.anchored:
        tell("The log continues the given checkpoint.")
    else:
        tell(
            "Not compared with a checkpoint kept outside: whoever holds the log's key could have rewritten history,"
            " and this would not show it."
        )


@log.command("checkpoint")
def print_checkpoint() -> None:
    """Print the newest checkpoint. Keep it where whoever runs this machine cannot reach it: it shows any later rewriting."""
    with opened() as installation:
        access_log = installation.access_log
        with installation.units.database.reading() as session:
            latest = access_log.latest(session)
        if latest is None:
            raise click.ClickException("the log is empty: there is no checkpoint yet")
        try:
            access_log.read_note(latest.note)
        except CryptoError as error:
            raise click.ClickException(f"the newest checkpoint does not verify: {error}") from error
    tell(*latest.note.removesuffix("\n").split("\n"))
    tell(f"The log's key, to be kept beside it: {access_log.verifier_key}", err=True)


@log.command("verify-proof")
@click.argument("file", type=_FILE)
@click.option("--key", metavar="VKEY", help="The log's verifier key, as you had it from elsewhere.")
def verify_proof_file(file: Path, key: str | None) -> None:
    """Check a proof of one entry. Needs no database and no settings."""
    try:
        proven = verify_proof(json.loads(_read(file)), key)
    except (BadProof, BadSignature) as error:
        raise click.ClickException(f"the proof does NOT hold: {error}") from error
    except (CryptoError, ValueError, RecursionError) as error:
        raise click.ClickException(f"this is no proof: {error}") from error
    tell(f"Entry {proven.position} of a log of {proven.size:,} entries says:")
    for name, value in proven.fields.items():
        tell(f"  {name}: {value}")
    if proven.key_given:
        tell("It is under a checkpoint signed with the given key.")
    else:
        tell(
            "The key is the file's own word, and anybody could have made both: compare it with the log's key"
            " as you had it from elsewhere.",
            f"  {proven.verifier_key}",
        )


@log.command()
def settle() -> None:
    """Take in the queued entries of days that have ended. Happens by itself with the next entry; this does not wait for one."""
    with opened() as installation:
        settled = 0
        while True:
            with installation.units.database.writing() as session:
                taken = installation.access_log.settle(session, clock.today(), SETTLED_AN_APPEND)
            settled += taken
            if taken < SETTLED_AN_APPEND:
                break
    tell(f"{settled:,} entries taken in.")


def _read(file: Path) -> str:
    with file.open("rb") as stream:
        data = stream.read(_MAX_FILE + 1)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if not text or len(data) > _MAX_FILE:
        raise click.ClickException(f"{file} is empty, too large or no text")
    return text
