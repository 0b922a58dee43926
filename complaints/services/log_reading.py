"""Reading the access log, as an auditor does: newest first, a page at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    LargeBinary,
    Select,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.functions import FunctionElement

from complaints.models import LogCase, LogEntry, LogField
from complaints.models.log import SEARCHABLE
from complaints.vocabulary import Event

PAGE = 50
WINDOW = 2_000
"""How many entries are looked through for one page of a search at most."""
APART, TOGETHER = 20, 500
"""Of a field's values so many are looked for each by itself, as many as a group has kinds; of more, which are requests that few entries
are about, so many at once. Whoever may ask makes as many requests as they like."""
_LAST = 2**31 - 1
AMONG = "among"
"""Stands for a field's name in a condition: an id that is one of several in what an entry concerned, or of those whom it says to have left."""
ROSTER = "roster"
"""Stands for a field's name as well: the hash of a version of a roster, which the entry of its signature holds."""
CASE_AMONG = "case-among"
"""Stands for a field's name as well: a case that is one of several in what an entry concerned. An index knows these entries."""
NAME_SEVERAL = (Event.CASE_ASSIGNED, Event.CASE_MOVED, Event.CASE_REKEYED, Event.KEYS_HANDED_AGAIN)
"""Kinds whose entries name several people in one field."""
LOOKED_THROUGH: Mapping[str, Sequence[Event]] = {AMONG: NAME_SEVERAL, ROSTER: (Event.ROSTER_SIGNED,)}
"""In which kinds of entry these are looked for. No index finds them, so WINDOW entries of each kind are looked through at most."""


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
    cut: bool = False
    """The looking stopped at `older` before the page was full: there may be more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for: in each of these fields one of these values (ids as hex), on the days from `first` to `last`.

    A case is looked for among several as well.
    `either`: in one of these fields one of its values, which is one condition more. Its names may be AMONG and ROSTER as well.
    """

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None
    either: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def conditions(self) -> list["Condition"]:
        each: list[Mapping[str, Sequence[str]]] = [
            {name: values, CASE_AMONG: values} if name == "case" else {name: values}
            for name, values in self.fields.items()
        ]
        return [_in_bytes(one) for one in (*each, self.either) if one]


Condition = Mapping[str, Sequence[bytes]]
"""In one of these fields one of its values; or one AMONG several, or a ROSTER, or a CASE_AMONG several, by its id."""


def _in_bytes(either: Mapping[str, Sequence[str]]) -> Condition:
    return {
        name: [bytes.fromhex(value) if name == CASE_AMONG else value.encode() for value in values]
        for name, values in either.items()
    }


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
    return LogPage(_lines(session, positions[:size]), older)


def search(session: Session, wanted: Wanted, *, before: int | None = None, size: int = PAGE) -> LogPage:
    """The newest `size` entries with all that is wanted, of positions below `before`. Nothing is verified here.

    What fewest entries have drives the search; the rest is looked for among WINDOW of these, and the page says where that stopped.
    An entry whose field has expired is not found by it.
    """
    reach = _reach(session, wanted)
    if reach is None:
        return LogPage((), None)
    low, end = reach.start, min(reach.stop, _LAST if before is None else max(0, before))
    conditions = wanted.conditions
    driving: Condition = min(conditions, key=lambda one: _count(session, one, low, end), default={})
    floor = _floor(session, driving, low, end)
    low = low if floor is None else floor
    rest = [_has(one) for one in conditions if one is not driving]
    if wanted.first or wanted.last:
        rest.append(_in_days(wanted))
    if not rest:
        looked = _newest(driving, low, end, size + 1)
        positions = list(session.scalars(looked))
        stopped = floor if len(positions) <= size else None
    else:
        looked = _newest(driving, low, end, WINDOW)
        source = looked.subquery()
        found = select(source.c.entry).where(*(condition(source.c.entry) for condition in rest))
        positions = list(session.scalars(found.order_by(source.c.entry.desc()).limit(size + 1)))
        last = _last_of_window(session, looked) if len(positions) <= size else None
        stopped = floor if last is None and len(positions) <= size else last
    older = positions[size - 1] if len(positions) > size else stopped
    return LogPage(_lines(session, positions[:size]), older, stopped is not None)


def _lines(session: Session, positions: Sequence[int]) -> tuple[LogLine, ...]:
    lines: dict[int, dict[str, str | None]] = {position: {} for position in positions}
    fields = select(LogField.entry, LogField.name, LogField.value).where(LogField.entry.in_(lines))
    for row in session.execute(fields.order_by(LogField.entry, LogField.number)):
        lines[row.entry][row.name] = None if row.value is None else row.value.decode(errors="replace")
    return tuple(LogLine(position, values) for position, values in lines.items())


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


def _reach(session: Session, wanted: Wanted) -> range | None:
    """Between which positions the entries of these days lie; None when there are none.

    What a reporter caused joins the log after its day, so the days' entries are not all together: each day says where it begins and
    ends. From day to day the index is jumped through, and no entry is read.
    """
    if wanted.first is None and wanted.last is None:
        return range(_LAST)
    first, last = _days(wanted)
    other, earlier = aliased(LogField), aliased(LogField)
    newest = select(other.value).where(_named(other, "day"), other.value >= first, other.value <= last)
    days = select(newest.order_by(other.value.desc()).limit(1).scalar_subquery().label("day")).cte(recursive=True)
    before = select(earlier.value).where(_named(earlier, "day"), earlier.value >= first, earlier.value < days.c.day)
    next_day = before.order_by(earlier.value.desc()).limit(1).correlate(days).scalar_subquery()
    days = days.union_all(select(next_day).where(days.c.day.is_not(None)))
    ends = []
    for pick, order in ((func.min, "asc"), (func.max, "desc")):
        of_day = aliased(LogField)
        end = select(of_day.entry).where(_named(of_day, "day"), of_day.value == days.c.day)
        ends.append(pick(end.order_by(getattr(of_day.entry, order)()).limit(1).correlate(days).scalar_subquery()))
    found: Any = session.execute(select(*ends).select_from(days)).one()
    low, high = found
    return None if low is None else range(low, high + 1)


def _days(wanted: Wanted) -> tuple[bytes, bytes]:
    """As the log writes them, which is in their order."""
    return (wanted.first or date.min).isoformat().encode(), (wanted.last or date.max).isoformat().encode()


def _newest(wanted: Condition, low: int, end: int, limit: int) -> Select[Any]:
    """The newest `limit` positions from `low` to below `end` of entries that fulfil it; of all entries when it names no field."""
    if not wanted:
        every = select(LogEntry.position.label("entry")).where(LogEntry.position >= low, LogEntry.position < end)
        return every.order_by(LogEntry.position.desc()).limit(limit)
    each = [one for name, values in wanted.items() for one in _newest_each(name, values, low, end, limit)]
    if len(each) == 1:
        return each[0]
    # For each of the first values apart, and then together: asked for at once they would all be read and sorted.
    together = union_all(*(select(one.subquery().c.entry) for one in each)).subquery()
    found = select(together.c.entry).order_by(together.c.entry.desc()).limit(limit)
    return found.distinct() if len(wanted) > 1 else found  # whoever acts on themself is found in both fields


def _newest_each(name: str, values: Sequence[bytes], low: int, end: int, limit: int) -> list[Select[Any]]:
    if name in LOOKED_THROUGH:
        return [_newest_saying(name, values, low, end, limit)]
    if name == CASE_AMONG:
        return [_newest_among(values, low, end, limit)]
    return [_newest_with(name, some, low, end, limit) for some in _in_groups(values)]


def _in_groups(values: Sequence[bytes]) -> list[Sequence[bytes]]:
    """The first APART by themselves, the rest TOGETHER: a statement of hundreds of parts is more than SQLite takes."""
    first = min(APART, len(values))
    return [
        *([value] for value in values[:first]),
        *(values[start : start + TOGETHER] for start in range(first, len(values), TOGETHER)),
    ]


def _newest_with(name: str, values: Sequence[bytes], low: int, end: int, limit: int) -> Select[Any]:
    row = aliased(LogField)
    same = holds(row, name, values[0]) if len(values) == 1 else and_(_named(row, name), row.value.in_(values))
    found = select(row.entry).where(same, row.entry >= low, row.entry < end)
    return found.order_by(row.entry.desc()).limit(limit)


def _newest_among(cases: Sequence[bytes], low: int, end: int, limit: int) -> Select[Any]:
    found = select(LogCase.entry).where(LogCase.about.in_(cases), LogCase.entry >= low, LogCase.entry < end)
    return found.order_by(LogCase.entry.desc()).limit(limit)


def _newest_saying(name: str, values: Sequence[bytes], low: int, end: int, limit: int) -> Select[Any]:
    """Of the newest WINDOW entries of each kind in which it is looked for, those that say one of these: see `_floor`."""
    looked = union_all(*(select(one.subquery().c.entry) for one in _windows(name, low, end))).subquery()
    found = select(looked.c.entry).where(_says(looked.c.entry, name, values))
    return found.order_by(looked.c.entry.desc()).limit(limit)


def _windows(name: str, low: int, end: int) -> list[Select[Any]]:
    return [_newest_with("event", [kind.encode()], low, end, WINDOW) for kind in LOOKED_THROUGH.get(name, ())]


def _floor(session: Session, wanted: Condition, low: int, end: int) -> int | None:
    """Down to where `_newest_saying` has looked at everything; None: down to `low`."""
    windows = (one for name in wanted for one in _windows(name, low, end))
    return max((last for one in windows if (last := _last_of_window(session, one)) is not None), default=None)


def _says(entry: ColumnElement[int], name: str, values: Sequence[bytes]) -> ColumnElement[bool]:
    """That it names one of these AMONG several, or signs one of these versions of a ROSTER."""
    other = aliased(LogField)
    # The entry's own rows are looked at: no more than it has fields.
    said = and_(other.name == "digest", other.value.in_(values))
    if name == AMONG:
        some = or_(*(_Holds(other.value, literal(value, LargeBinary)) for value in values))
        said = and_(other.name.in_(("subject", "reason")), some)
    return select(other.number).where(other.entry == entry, said).exists()


class _Holds(FunctionElement[bool]):
    """That the bytes of the second stand somewhere in the first."""

    type = Boolean()
    inherit_cache = True


@compiles(_Holds, "sqlite")
def _in_sqlite(element: _Holds, compiler: Any, **options: Any) -> str:
    within, part = element.clauses
    return f"instr({compiler.process(within, **options)}, {compiler.process(part, **options)}) > 0"


@compiles(_Holds, "postgresql")
def _in_postgresql(element: _Holds, compiler: Any, **options: Any) -> str:
    within, part = element.clauses
    return f"position({compiler.process(part, **options)} IN {compiler.process(within, **options)}) > 0"


def _count(session: Session, wanted: Condition, low: int, end: int) -> int:
    """How many entries there are to look through, WINDOW at most."""
    some = _newest(wanted, low, end, WINDOW).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _last_of_window(session: Session, looked: Select[Any]) -> int | None:
    """The last entry that was looked at, when there may be more beyond it."""
    source = looked.subquery()
    return session.scalar(select(source.c.entry).order_by(source.c.entry.desc()).offset(WINDOW - 1).limit(1))


def _has(wanted: Condition) -> Callable[[ColumnElement[int]], ColumnElement[bool]]:
    other = aliased(LogField)
    fields = {name: values for name, values in wanted.items() if name not in LOOKED_THROUGH and name != CASE_AMONG}
    same = or_(*(and_(_named(other, name), other.value.in_(values)) for name, values in fields.items()))
    said = [(name, values) for name, values in wanted.items() if name in LOOKED_THROUGH]
    among = LogCase.about.in_(wanted.get(CASE_AMONG, ()))
    return lambda entry: or_(
        select(other.number).where(other.entry == entry, same).exists(),
        *(_says(entry, name, values) for name, values in said),
        *([select(LogCase.entry).where(LogCase.entry == entry, among).exists()] if CASE_AMONG in wanted else []),
    )


def _in_days(wanted: Wanted) -> Callable[[ColumnElement[int]], ColumnElement[bool]]:
    first, last = _days(wanted)
    row = aliased(LogField)
    # Without the index's condition, so that the entry's own rows are looked at and not those of all the days.
    between = and_(row.name == "day", row.value >= first, row.value <= last)
    return lambda entry: select(row.number).where(row.entry == entry, between).exists()


_SEARCHABLE_NAMES: list[ColumnElement[str]] = [literal_column(f"'{name}'") for name in SEARCHABLE]


def holds(row: Any, name: str, value: bytes | BindParameter[bytes]) -> ColumnElement[bool]:
    """That a row of the log's fields is this one, said so that the index is used."""
    return and_(_named(row, name), row.value == value)


def _named(row: Any, name: str) -> ColumnElement[bool]:
    # The index's own condition, word for word: SQLite takes a partial index only when the query repeats it.
    return and_(row.name.in_(_SEARCHABLE_NAMES), row.value.is_not(None), row.name == name)
