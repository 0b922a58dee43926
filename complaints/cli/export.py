"""`complaints export`: copies of cases that were sealed to a public key, opened where nothing else of the installation is."""

import os
from pathlib import Path
from typing import BinaryIO

import click

from complaints.cli.terminal import tell
from complaints.errors import NotReady
from complaints.services import sealed_copies
from crypto import CryptoError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW = click.Path(exists=False, dir_okay=False, path_type=Path)


@click.group()
def export() -> None:
    """Copies of cases, sealed to a key of one's own. Needs no installation and no network."""


@export.command("key")
@click.argument("file", type=_NEW)
def draw(file: Path) -> None:
    """Draw a key: the private half goes into FILE, which only you should have; the public half is printed."""
    private, public = sealed_copies.draw_key()
    with _created(file) as target:
        target.write(f"{private}\n".encode())
    tell(public)


@export.command("open")
@click.argument("file", type=_FILE)
@click.option("--key", "key_file", type=_FILE, required=True, help="The file that `complaints export key` made.")
@click.option("--to", "target", type=_NEW, help="Where the ZIP goes. Default: FILE without .sealed")
def open_copy(file: Path, key_file: Path, target: Path | None) -> None:
    """Open the sealed copy FILE. What comes out is not sealed any more: keep it where only you can read it."""
    target = target or file.with_suffix("")
    if target == file:
        raise NotReady(f"{file} does not end in .sealed: say where the ZIP goes with --to")
    try:
        holder = sealed_copies.read_private(key_file.read_text("ascii"))
        with file.open("rb") as source, _created(target) as opened:
            try:
                for piece in sealed_copies.opened(source, holder):
                    opened.write(piece)
            except CryptoError:
                target.unlink()
                raise
    except (CryptoError, UnicodeDecodeError) as error:
        raise NotReady(f"{file} does not open with this key, or is not whole") from error
    tell(str(target))


def _created(path: Path) -> BinaryIO:
    """A new file that only its owner reads."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError as error:
        raise NotReady(f"{path} is there already") from error
