"""The caseload: an investigator's list of cases, from the projection alone. Costs the same with a million cases.

A filter that has an index of its own is answered from it. Whatever else is asked for is looked for among WINDOW cases in the list's
order, and the reader is told where the looking stopped.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Date, FromClause, LargeBinary, Select, bindparam, func, select, tuple_

from complaints.models import Base
from complaints.policy import Staff
from complaints.services import case_state, casework, rosters
from complaints.services.rosters import KnownChannel
from complaints.services.unit import AnyRow, Unit
from complaints.vocabulary import CaseStatus, Priority

PAGE_SIZE = 50
COUNT_CAP = 1_001
WINDOW = 1_000
"""How many cases are looked through for one page at most."""
SOON = timedelta(days=7)
"""A deadline within so many days is one to look at."""

_LINE = Base.metadata.tables["caseload"]
_MINE = _LINE.c.account_id == bindparam("account")
_ONE_LINE = select(_LINE).where(_MINE, _LINE.c.case_id == bindparam("case"))
_SOME_LINES = select(_LINE).where(_MINE, _LINE.c.case_id.in_(bindparam("cases", expanding=True)))


class Order(StrEnum):
    """By which day a list is sorted."""

    RECEIVED = "received"  # newest first
    DUE = "due"  # the next deadline first
    ACTIVITY = "activity"  # the last one written in first


@dataclass(frozen=True, slots=True)
class View:
    """What somebody wants to see of their cases, and in which order."""

    mine: bool = False
    status: CaseStatus | None = None
    channel: bytes | None = None
    priority: Priority | None = None
    overdue: bool = False
    unread: bool = False
    cases: Sequence[bytes] | None = field(default=None, repr=False)
    """Only these: those that bear one of the reader's own labels."""
    order: Order = Order.RECEIVED
    soon: bool = False
    """Due within SOON, and not overdue."""

    @property
    def filters(self) -> dict[str, Any]:
        """The filters that are set, by name."""
        wanted = {name: getattr(self, name) for name in _CONDITIONS}
        return {name: value for name, value in wanted.items() if value is not None and value is not False}


EVERYTHING = View()


def _conditions(source: FromClause) -> dict[str, ColumnElement[bool]]:
    columns = source.c
    return {
        "cases": columns.case_id.in_(bindparam("cases", expanding=True)),
        "mine": columns.mine,
        "unread": columns.unread,
        "status": columns.status == bindparam("status"),
        "channel": columns.channel_id == bindparam("channel"),
        "priority": columns.priority == bindparam("priority"),
        "overdue": columns.due < bindparam("today", type_=Date),
        "soon": columns.due.between(bindparam("today", type_=Date), bindparam("soon_ends", type_=Date)),
    }


_CONDITIONS = _conditions(_LINE)
_INDEXED = {
    Order.RECEIVED: ("cases", "mine", "unread", "status"),
    Order.DUE: ("cases", "overdue", "soon"),
    Order.ACTIVITY: ("cases",),
}
"""Filters that the database answers without looking at other cases, the fewest first. `cases` are at most some hundreds."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """A way to ask. Each has one statement, made at its first use: making it anew costs more than running it."""

    order: Order
    filters: frozenset[str]
    from_edge: bool
    backwards: bool

    @property
    def narrow(self) -> str | None:
        return next((name for name in _INDEXED[self.order] if name in self.filters), None)

    @property
    def rest(self) -> frozenset[str]:
        """Filters that are looked for case by case."""
        return self.filters - {self.narrow}


def _in_order(query: Select[Any], source: FromClause, shape: _Shape) -> Select[Any]:
    keys = (source.c[shape.order.value], source.c.case_id)
    ascending = (shape.order is Order.DUE) != shape.backwards
    return query.order_by(*(keys if ascending else (key.desc() for key in keys)))


def _window(shape: _Shape) -> Select[Any]:
    query = _in_order(select(_LINE).where(_MINE), _LINE, shape)
    if shape.narrow is not None:
        query = query.where(_CONDITIONS[shape.narrow])
    if shape.from_edge:
        ascending = (shape.order is Order.DUE) != shape.backwards
        position = tuple_(_LINE.c[shape.order.value], _LINE.c.case_id)
        edge = tuple_(bindparam("edge_day", type_=Date), bindparam("edge_case", type_=LargeBinary))
        query = query.where(position > edge if ascending else position < edge)
    return query


@cache
def _page_query(shape: _Shape) -> Select[Any]:
    if not shape.rest:
        return _window(shape).limit(bindparam("size"))
    source = _window(shape).limit(WINDOW).subquery()
    conditions = _conditions(source)
    query = select(source).where(*(conditions[name] for name in sorted(shape.rest)))
    return _in_order(query, source, shape).limit(bindparam("size"))


@cache
def _end_query(shape: _Shape) -> Select[Any]:
    """The last case that was looked at, when there may be more beyond it."""
    return _window(shape).offset(WINDOW - 1).limit(1)


def _counted(condition: ColumnElement[bool], order: Order) -> Any:
    """How many of the reader's lines are so, COUNT_CAP at most, from an index alone.

    They are asked for in that index's order, or a database walks other lines for them: SQLite all of the reader's where it has no
    statistics, and no installation has any; PostgreSQL everybody's, where it takes what is counted to be frequent among them.
    """
    keys = (_LINE.c[order.value], _LINE.c.case_id)
    found = select(_LINE.c.case_id).where(_MINE, condition).order_by(*keys).limit(COUNT_CAP).subquery()
    return select(func.count()).select_from(found).scalar_subquery()


_COUNTS = select(
    *(_counted(_LINE.c.status == status.value, Order.RECEIVED) for status in CaseStatus),
    _counted(_CONDITIONS["mine"], Order.RECEIVED),
    _counted(_CONDITIONS["unread"], Order.RECEIVED),
    _counted(_CONDITIONS["overdue"], Order.DUE),
    _counted(_CONDITIONS["soon"], Order.DUE),
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of the list begins: the day, by which the list is sorted, and the id of the line before it."""

    day: date
    case: bytes

    def text(self) -> str:
        return f"{self.day:%Y%m%d}-{base64.urlsafe_b64encode(self.case).decode().rstrip('=')}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """None for anything that `text()` did not make: the list then begins at its start."""
        day, _, case = text.partition("-")
        try:
            cursor = cls(date.fromisoformat(day), base64.b64decode(f"{case}==", altchars=b"-_", validate=True))
        except ValueError:
            return None
        return cursor if cursor.text() == text else None


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One line of the list: clear metadata alone."""

    id: bytes
    reference: str
    channel_id: bytes
    channel_th: str
    channel_en: str
    status: CaseStatus
    priority: str
    received: date
    due: date | None
    """None when nothing is."""
    activity: date
    unread: bool
    holds_identity: bool
    mine: bool
    overdue: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How the reader's cases stand. Each is capped at 1,001: more is "1,000+"."""

    by_status: dict[CaseStatus, int]
    mine: int
    unread: int
    overdue: int
    soon: int


@dataclass(frozen=True, slots=True)
class CasePage:
    lines: tuple[CaseLine, ...]
    back: Cursor | None
    """Where the page before it ends, if there is one."""
    onward: Cursor | None
    cut: bool
    """The looking stopped before the page was full: there may be more."""


def list_cases(
    unit: Unit,
    actor: Staff,
    view: View = EVERYTHING,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    size: int = PAGE_SIZE,
) -> CasePage:
    """A page of the actor's cases, from the projection alone. `after` pages onward in the view's order, `before` back."""
    edge = before or after
    filters = view.filters
    shape = _Shape(view.order, frozenset(filters), edge is not None, before is not None)
    values = {
        "account": actor.account,
        "size": size + 1,
        "today": unit.today,
        "soon_ends": unit.today + SOON,
        **filters,
    }
    if edge is not None:
        values |= {"edge_day": edge.day, "edge_case": edge.case}
    rows = list(unit.run(_page_query(shape), values))
    full, rows = len(rows) > size, rows[:size]
    stopped = unit.run(_end_query(shape), values).first() if shape.rest and not full else None
    first, last = (rows[0], rows[-1]) if rows else (None, None)
    further = stopped or (last if full else None)
    if shape.backwards:
        rows.reverse()
        onward, back = first, further
    else:
        onward, back = further, first if edge is not None else None
    names = rosters.channels_by_id(unit)
    return CasePage(
        lines=tuple(_line(row, names[row.channel_id], unit.today) for row in rows),
        back=_cursor(back, view.order),
        onward=_cursor(onward, view.order),
        cut=stopped is not None,
    )


def count_cases(unit: Unit, actor: Staff) -> Counts:
    values = {"account": actor.account, "today": unit.today, "soon_ends": unit.today + SOON}
    counts = list(unit.run(_COUNTS, values).one())
    by_status = dict(zip(CaseStatus, counts, strict=False))
    return Counts(by_status, *counts[len(CaseStatus) :])


def find_line(unit: Unit, actor: Staff, case_id: bytes) -> CaseLine:
    """The actor's own line for one case: enough to ask them something about it, and no opening. Raises NotFound."""
    row = unit.run(_ONE_LINE, {"account": actor.account, "case": case_id}).first()
    if row is None:
        raise casework.not_found(actor, case_id)
    names = rosters.channels_by_id(unit)
    return _line(row, names[row.channel_id], unit.today)


def lines_of(unit: Unit, actor: Staff, cases: Sequence[bytes]) -> dict[bytes, CaseLine]:
    """The actor's own lines for those of these cases that they hold."""
    if not cases:
        return {}
    rows = unit.run(_SOME_LINES, {"account": actor.account, "cases": list(cases)}).all()
    names = rosters.channels_by_id(unit)
    return {row.case_id: _line(row, names[row.channel_id], unit.today) for row in rows}


def _cursor(row: AnyRow | None, order: Order) -> Cursor | None:
    return None if row is None else Cursor(getattr(row, order.value), row.case_id)


def _line(row: AnyRow, channel: KnownChannel, today: date) -> CaseLine:
    return CaseLine(
        row.case_id,
        row.reference,
        row.channel_id,
        channel.name_th,
        channel.name_en,
        CaseStatus(row.status),
        row.priority,
        row.received,
        None if row.due == case_state.NOTHING_DUE else row.due,
        row.activity,
        row.unread,
        row.holds_identity,
        row.mine,
        row.due < today,
    )
