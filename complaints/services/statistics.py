"""Statistics of a year's cases: received, acknowledged and answered in time, by month, channel and outcome; small counts withheld.

Counts from 1 to 4 are withheld, and so is whatever would give them away by subtraction: within a row, whose parts add up to what was
received, and within a column, whose cells add up to the total. Only months that have ended are counted. Not protected: two releases of a
year that is still running can be subtracted from each other, so the page says that they are not to be published. Test reports count nowhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Integer, and_, bindparam, case, cast, extract, func, or_, select

from complaints.models import Base
from complaints.services import rehearsals, rosters
from complaints.services.unit import AnyRow, Unit
from complaints.vocabulary import Outcome

SMALL = 5
"""Counts below this and above nothing are withheld."""

_CASES = Base.metadata.tables["cases"]


def _kept(done: str, by: str) -> ColumnElement[int]:
    """0: in time. 1: late, or not yet though it was due. 2: not due yet."""
    day, deadline = _CASES.c[done], _CASES.c[by]
    late = or_(day > deadline, and_(day.is_(None), deadline < bindparam("today")))
    return case((day <= deadline, 0), (late, 1), else_=2)


_MONTH = cast(extract("month", _CASES.c.received), Integer)
_ACKNOWLEDGED = _kept("acknowledged", "acknowledge_by")
_ANSWERED = _kept("feedback_given", "feedback_by")
_REAL = _CASES.c.id.not_in(bindparam("tests", expanding=True))
_EACH = (
    select(
        _MONTH.label("month"),
        _CASES.c.channel_id.label("channel"),
        _CASES.c.outcome.label("outcome"),
        _ACKNOWLEDGED.label("acknowledged"),
        _ANSWERED.label("answered"),
    )
    .where(_CASES.c.received >= bindparam("first"), _CASES.c.received < bindparam("end"), _REAL)
    .subquery()
)
_COUNTS = select(*_EACH.c, func.count().label("cases")).group_by(*_EACH.c)
_FIRST_DAY = select(func.min(_CASES.c.received)).where(_REAL)

Parts = tuple[int, int, int]
"""In time; late, or overdue; not due yet. They add up to what was received."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table before anything is withheld."""

    received: int
    acknowledged: Parts
    answered: Parts


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as it may be shown. None: withheld."""

    received: int | None
    acknowledged: Parts | None
    answered: Parts | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """One year. `months` are those that have ended; `channels` in their order, with names in Thai and English; `outcomes` with None for open cases."""

    year: int
    complete: bool
    total: Shown
    months: tuple[tuple[int, Shown], ...]
    channels: tuple[tuple[str, str, Shown], ...]
    outcomes: tuple[tuple[Outcome | None, Shown], ...]


def years(unit: Unit) -> tuple[int, ...]:
    """Those in which a month has ended since the first report, the newest first."""
    first, end = unit.run(_FIRST_DAY, {"tests": list(rehearsals.under_way(unit))}).scalar(), _end(unit.today)
    if first is None or first >= end:
        return ()
    return tuple(range((end - timedelta(days=1)).year, first.year - 1, -1))


def of_year(unit: Unit, year: int) -> Statistics:
    end = min(date(year + 1, 1, 1), _end(unit.today))
    values = {"today": unit.today, "first": date(year, 1, 1), "end": end, "tests": list(rehearsals.under_way(unit))}
    counted = unit.run(_COUNTS, values).all()
    months = range(1, 13 if end.year > year else end.month)
    channels = rosters.channels(unit)
    outcomes: tuple[Outcome | None, ...] = (*Outcome, None)
    by_month = [_row(row for row in counted if row.month == month) for month in months]
    by_channel = [_row(row for row in counted if row.channel == channel.id) for channel in channels]
    by_outcome = [_row(row for row in counted if row.outcome == outcome) for outcome in outcomes]
    total = _row(counted)
    return Statistics(
        year=year,
        complete=end.year > year,
        total=withhold([total], None)[0],
        months=tuple(zip(months, withhold(by_month, total), strict=True)),
        channels=tuple(
            (channel.name_th, channel.name_en, shown)
            for channel, shown in zip(channels, withhold(by_channel, total), strict=True)
        ),
        outcomes=tuple(zip(outcomes, withhold(by_outcome, total), strict=True)),
    )


def _end(today: date) -> date:
    """The first day that is not counted: of the month that has not ended."""
    return today.replace(day=1)


def _row(counted: Iterable[AnyRow]) -> Row:
    received, acknowledged, answered = 0, [0, 0, 0], [0, 0, 0]
    for row in counted:
        received += row.cases
        acknowledged[row.acknowledged] += row.cases
        answered[row.answered] += row.cases
    return Row(received, (acknowledged[0], acknowledged[1], acknowledged[2]), (answered[0], answered[1], answered[2]))


# -- What may be shown -----------------------------------------------------------------------------------------------


def withhold(rows: Sequence[Row], total: Row | None) -> list[Shown]:
    """The lines of one table as they may be shown beside their `total`; None: there is none, as of a total itself.

    What is withheld in a column can be had as a sum, from the total less all that is shown. So it is withheld in at least two lines, and
    no sum of it is small; where the lines do not suffice for that, the total's own small part is withheld already.
    """
    received = _hidden([(row.received,) for row in rows], (total.received,) if total else None, frozenset())
    acknowledged, answered = (
        _hidden([getattr(row, name) for row in rows], getattr(total, name) if total else None, received)
        for name in ("acknowledged", "answered")
    )
    return [
        Shown(
            None if number in received else row.received,
            None if number in acknowledged else row.acknowledged,
            None if number in answered else row.answered,
        )
        for number, row in enumerate(rows)
    ]


def _hidden(lines: Sequence[tuple[int, ...]], total: tuple[int, ...] | None, already: frozenset[int]) -> frozenset[int]:
    """Which lines are withheld: those with a small part, those withheld `already`, and as many more as keep them from being had by subtraction."""
    hidden = set(already) | {number for number, parts in enumerate(lines) if _any_small(parts)}
    if total is None or _any_small(total):
        return frozenset(hidden)
    others = sorted((sum(parts), number) for number, parts in enumerate(lines) if number not in hidden and any(parts))
    for _size, number in others:
        sums = tuple(map(sum, zip(*(lines[each] for each in hidden), strict=True)))
        if not hidden or (len(hidden) > 1 and not _any_small(sums)):
            break
        hidden.add(number)
    return frozenset(hidden)


def _any_small(parts: Iterable[int]) -> bool:
    return any(0 < part < SMALL for part in parts)
