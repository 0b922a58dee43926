"""`complaints check`: examining a database without any key."""

import sys

import click
from rich.console import Console
from rich.progress import Progress

from complaints.cli.installation import opened
from complaints.cli.terminal import tell
from complaints.services.check import examine, waiting_first_codes
from complaints.services.log_verification import verify


@click.command()
def check() -> None:
    """Compare everything stored with the log, the rosters and the acts (exit status 1 when something does not fit). Needs no key."""
    found = 0
    with opened() as installation, installation.units.reading() as unit:
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("Verifying the log", total=None)
            verified = verify(
                unit.session,
                installation.access_log,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
        for problem in verified.problems:
            found += 1
            tell(f"log: {problem}")
        for finding in examine(unit, installation.access_log):
            found += 1
            tell(f"{finding.area}: {finding.what}")
        waiting = waiting_first_codes(unit)
    if waiting:
        tell(
            f"Taken down by staff, and the first code not exchanged yet: {waiting:,}. Until it is, whoever took such a report down knows it."
        )
    if found:
        tell(f"{found:,} findings. Something was changed past the application, or taken from it.")
        sys.exit(1)
    tell(
        f"Nothing found: what is stored is what {verified.size:,} log entries and {verified.queued:,} queued ones say."
    )
    tell(
        "Keep checkpoints outside (`complaints log checkpoint`): without one, a history rewritten whole does not show."
    )
