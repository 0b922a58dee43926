"""Reading the access log, as an auditor does: newest first, a page at a time."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, literal_column, select
from sqlalchemy.orm import Session, aliased

from complaints.models import LogEntry, LogField
from complaints.models.log import SEARCHABLE

PAGE = 50
_LAST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class LogLine:
    """An entry as it is stored. `fields`: text by names of `access_log.FIELDS`, in that order; None for one that has expired."""

    position: int
    fields: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some entries, newest first. `older`: what to give as `before` for the next page; None on the last one."""

    lines: tuple[LogLine, ...]
    older: int | None


def page(
    session: Session,
    *,
    before: int | None = None,
    event: str | None = None,
    case: str | None = None,
    actor: str | None = None,
    subject: str | None = None,
    size: int = PAGE,
) -> LogPage:
    """The newest `size` entries with these fields (ids as hex), of positions below `before`. Nothing is verified here."""
    # The first one given drives the search, so those that few entries share come first.
    wanted = {"case": case, "subject": subject, "actor": actor, "event": event}
    filters = {name: value.encode() for name, value in wanted.items() if value is not None}
    if before is not None:
        before = max(0, min(before, _LAST))  # a number that somebody typed may be too large for any database
    positions = list(session.scalars(_positions(filters, before).limit(size + 1)))
    older = positions[size - 1] if len(positions) > size else None
    lines: dict[int, dict[str, str | None]] = {position: {} for position in positions[:size]}
    fields = select(LogField.entry, LogField.name, LogField.value).where(LogField.entry.in_(lines))
    for row in session.execute(fields.order_by(LogField.entry, LogField.number)):
        lines[row.entry][row.name] = None if row.value is None else row.value.decode(errors="replace")
    return LogPage(tuple(LogLine(position, values) for position, values in lines.items()), older)


def _positions(filters: dict[str, bytes], before: int | None) -> Any:
    """Positions, newest first. The first filter gives them; each other is looked up for every one of these."""
    if not filters:
        every = select(LogEntry.position).order_by(LogEntry.position.desc())
        return every if before is None else every.where(LogEntry.position < before)
    (name, value), *others = filters.items()
    driving = aliased(LogField)
    found = select(driving.entry).where(holds(driving, name, value)).order_by(driving.entry.desc())
    if before is not None:
        found = found.where(driving.entry < before)
    for other_name, other_value in others:
        other = aliased(LogField)
        same = and_(other.entry == driving.entry, holds(other, other_name, other_value))
        found = found.where(select(other.number).where(same).exists())
    return found


_SEARCHABLE_NAMES: list[ColumnElement[str]] = [literal_column(f"'{name}'") for name in SEARCHABLE]


def holds(field: Any, name: str, value: bytes) -> ColumnElement[bool]:
    """That a row of the log's fields is this one, said so that the index is used."""
    # The index's own condition, word for word: SQLite takes a partial index only when the query repeats it.
    return and_(field.name.in_(_SEARCHABLE_NAMES), field.value.is_not(None), field.name == name, field.value == value)
