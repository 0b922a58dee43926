"""Scheduled work. Every piece does nothing when there is nothing to do, so it may run at any time, and however often.

Several processes may come at once: one does the work, the others go away. What a crash interrupts, the next run continues.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from complaints.services import erasure, published, reminders, sessions, uploads
from complaints.services.access_log import SETTLED_AN_APPEND
from complaints.services.unit import Units

STAGED_DAYS = timedelta(days=1)
"""How long a file waits for its report: to the end of the day after it arrived, so that nobody who sends at midnight loses one."""

CHECKPOINTS_FOLDER = "checkpoints"


@dataclass(frozen=True, slots=True)
class Done:
    """What one run did. `checkpoint`: the file that it wrote, None when the day has one already or the log is empty.

    `reminded`: how many messages left, None when the mail server could not be used.
    """

    settled: int
    swept_files: int
    swept_sessions: int
    checkpoint: Path | None
    reminded: int | None = 0


def run(units: Units, data_dir: Path, post: reminders.Post | None = None) -> Done | None:
    """Does everything that is due; None when another process is at it. Without `post` nobody is reminded."""
    with units.database.alone("jobs") as alone:
        if not alone:
            return None
        today = units.today()
        settled = _settle(units)
        files = uploads.sweep(units, today - STAGED_DAYS)
        with units.writing() as unit:
            expired = sessions.sweep(unit)
        published.publish(units)
        checkpoint = _keep_checkpoint(units, data_dir / CHECKPOINTS_FOLDER)
        if checkpoint is not None:  # the first run of a day
            erasure.rewrite(units.database)
        erasure.settle_owed(units.database)
        return Done(settled, files, expired, checkpoint, reminders.run(units, post) if post else 0)


def _settle(units: Units) -> int:
    """Takes in what waits of the days before, in short transactions."""
    settled = 0
    while True:
        with units.writing() as unit:
            few = units.access_log.settle(unit.session, unit.today, SETTLED_AN_APPEND)
        settled += few
        if few < SETTLED_AN_APPEND:
            return settled


def _keep_checkpoint(units: Units, folder: Path) -> Path | None:
    """One file a day. From there it is to be carried to where whoever runs this machine cannot reach it.

    Written beside and moved into place: what is in place is whole.
    """
    path = folder / f"{units.today().isoformat()}.txt"
    with units.reading() as unit:
        latest = units.access_log.latest(unit.session)
    if latest is None or path.exists():
        return None
    units.access_log.read_note(latest.note)
    folder.mkdir(mode=0o700, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(latest.note, "utf-8")
    beside.replace(path)
    return path
