"""`complaints jobs`: what is due, done by a timer. The server does the same by itself."""

import click

from complaints.cli.installation import opened
from complaints.cli.terminal import tell
from complaints.services import jobs as work
from complaints.services.reminders import Post


@click.group()
def jobs() -> None:
    """Scheduled work."""


@jobs.command()
def run() -> None:
    """Do what is due: take waiting entries into the log, remove unclaimed files and expired sessions, keep the day's checkpoint, remind by mail.

    May run at any time, and on several machines at once: one does the work.
    """
    with opened() as installation:
        post = Post.of(installation.settings, installation.secrets)
        done = work.run(installation.units, installation.settings.data_dir, post)
    if done is None:
        tell("Another process is at it.")
        return
    tell(
        f"Entries settled: {done.settled:,}. Unclaimed files removed: {done.swept_files:,}."
        f" Expired sessions removed: {done.swept_sessions:,}."
    )
    tell(
        "The mail server could not be used: reminders wait."
        if done.reminded is None
        else f"Reminders sent: {done.reminded:,}."
    )
    if done.checkpoint is not None:
        tell(f"The day's checkpoint is {done.checkpoint}: carry it to where nobody of this machine can reach it.")
