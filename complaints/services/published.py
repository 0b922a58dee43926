"""The day's checkpoint of the access log, published at a fixed hour for anybody to keep, and those of the days before.

Whoever has kept one can show later that the log was rewritten. The hour is fixed so that it says nothing of what happened when; what the
size tells is how much the staff did from one day to the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from complaints.clock import OPERATOR_ZONE
from complaints.errors import NotFound
from complaints.models import Base, LogCheckpoint, PublishedCheckpoint
from complaints.services.check_log import Finding
from complaints.services.unit import Unit, Units

HOUR = time(6)
"""On the operator's clock. A server that was down at that hour publishes when it is back."""

PAGE = 60

_PUBLISHED = Base.metadata.tables["published_checkpoint"]
_PAGE = (
    select(_PUBLISHED)
    .where(_PUBLISHED.c.day <= bindparam("until"))
    .order_by(_PUBLISHED.c.day.desc())
    .limit(bindparam("size"))
)
_OF_DAY = select(_PUBLISHED).where(_PUBLISHED.c.day == bindparam("day"))


@dataclass(frozen=True, slots=True)
class Published:
    """`size`: how many entries the log had. `note`: the signed note (C2SP), byte for byte."""

    day: date
    size: int
    note: str


def publish(units: Units) -> date | None:
    """The day, when its checkpoint was published now; None before the hour, when it is published already, or while the log is empty.

    One process runs scheduled work at a time; where two did, the day's row would let one of them through. Raises Refused, BadSignature on a
    checkpoint that the log's key did not sign.
    """
    if units.now().astimezone(OPERATOR_ZONE).time() < HOUR:
        return None
    with units.writing() as unit:
        latest = units.access_log.latest(unit.session)
        if latest is None or unit.run(_OF_DAY, {"day": unit.today}).first() is not None:
            return None
        units.access_log.read_note(latest.note)
        unit.session.execute(
            insert(PublishedCheckpoint), [{"day": unit.today, "size": latest.size, "note": latest.note}]
        )
        return unit.today


def page(unit: Unit, until: date | None = None) -> tuple[tuple[Published, ...], date | None]:
    """Those up to a day, the newest first; and the day on which the next page begins, if there is one."""
    rows = unit.run(_PAGE, {"until": until or date.max, "size": PAGE + 1}).all()
    return tuple(Published(*row) for row in rows[:PAGE]), rows[PAGE].day if len(rows) > PAGE else None


def of_day(unit: Unit, day: date) -> Published:
    """Raises NotFound."""
    row = unit.run(_OF_DAY, {"day": day}).first()
    if row is None:
        raise NotFound
    return Published(*row)


def examine(session: Session) -> Iterator[Finding]:
    """What was published is what the log's own checkpoint of that size says."""
    rows = session.execute(
        select(PublishedCheckpoint.day, PublishedCheckpoint.note, LogCheckpoint.note)
        .outerjoin(LogCheckpoint, LogCheckpoint.size == PublishedCheckpoint.size)
        .order_by(PublishedCheckpoint.day)
    )
    for day, note, own in rows:
        if note != own:
            yield Finding("log", f"the checkpoint published on {day.isoformat()} is not one of this log")
