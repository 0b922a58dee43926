"""The list's filters and orders, held against a plain sort of everything; and how much of a long list one page looks at."""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import event, select

from complaints.models import CaseloadRow
from complaints.services import caseload
from complaints.services.caseload import CasePage, Cursor, Order, View
from complaints.services.unit import AnyRow, Unit, Units
from complaints.vocabulary import CaseStatus, Priority
from tests.bench.filling import fill
from tests.cast import Cast

SIZE = 7
COUNT = 120


@pytest.fixture
def day(units: Units) -> date:
    return units.today()


@pytest.fixture
def many(cast: Cast, units: Units, day: date) -> Cast:
    """The unassigned investigator has lines that differ in everything a filter can ask for."""
    account = cast.unassigned.account
    fill(units.database.engine, cast.channel, {account: 1.0}, COUNT, day)
    with units.writing() as unit:
        rows = unit.session.scalars(select(CaseloadRow).order_by(CaseloadRow.case_id)).all()
        for number, row in enumerate(rows):
            row.mine = number % 3 == 0
            row.unread = number % 4 == 0
            row.priority = Priority.HIGH if number % 5 == 0 else Priority.NORMAL
            row.due = day + timedelta(days=number % 9 - 4)
            row.received = day - timedelta(days=number % 6)
            row.activity = day - timedelta(days=number % 7)
            row.channel_id = cast.fallback if number % 2 else cast.channel
    return cast


def rows_of(unit: Unit, account: bytes) -> Sequence[AnyRow]:
    return unit.session.execute(select(*CaseloadRow.__table__.c).where(CaseloadRow.account_id == account)).all()


def expected(rows: Sequence[AnyRow], view: View, today: date) -> list[bytes]:
    """What the view shows, told as plainly as can be."""
    kept = [
        row
        for row in rows
        if (not view.mine or row.mine)
        and (not view.unread or row.unread)
        and (not view.overdue or row.due < today)
        and (not view.soon or today <= row.due <= today + timedelta(days=7))
        and view.status in {None, row.status}
        and view.channel in {None, row.channel_id}
        and view.priority in {None, row.priority}
        and (view.cases is None or row.case_id in view.cases)
    ]
    ascending = view.order is Order.DUE
    kept.sort(key=lambda row: (getattr(row, view.order.value), row.case_id), reverse=not ascending)
    return [row.case_id for row in kept]


def page(units: Units, cast: Cast, view: View, after: Cursor | None = None, before: Cursor | None = None) -> CasePage:
    with units.reading() as unit:
        return caseload.list_cases(unit, cast.unassigned.actor, view, after=after, before=before, size=SIZE)


def ids(found: CasePage) -> list[bytes]:
    return [line.id for line in found.lines]


def through(units: Units, cast: Cast, view: View) -> list[CasePage]:
    """Every page of the view, from its start."""
    pages = [page(units, cast, view)]
    while pages[-1].onward is not None:
        pages.append(page(units, cast, view, after=pages[-1].onward))
    return pages


@pytest.mark.parametrize("order", Order)
def test_every_view_shows_what_a_plain_sort_of_everything_shows(
    order: Order, many: Cast, units: Units, day: date
) -> None:
    with units.reading() as unit:
        rows = rows_of(unit, many.unassigned.account)
    chosen = [row.case_id for row in rows[::8]]
    for mine, unread, overdue, soon, status, channel, priority, cases in product(
        (False, True),
        (False, True),
        (False, True),
        (False, True),
        (None, CaseStatus.TRIAGE),
        (None, many.fallback),
        (None, Priority.HIGH),
        (None, chosen),
    ):
        view = View(mine, status, channel, priority, overdue, unread, cases, order, soon)
        pages = through(units, many, view)
        assert [id_ for found in pages for id_ in ids(found)] == expected(rows, view, day), view
        assert not any(found.cut for found in pages)


@pytest.mark.parametrize("order", Order)
def test_the_way_back_is_the_way_there(order: Order, many: Cast, units: Units) -> None:
    for view in (
        View(order=order),
        View(unread=True, order=order),
        View(priority=Priority.HIGH, mine=True, order=order),
    ):
        there = through(units, many, view)
        back = [there[-1]]
        while back[-1].back is not None:
            back.append(page(units, many, view, before=back[-1].back))
        assert [ids(found) for found in reversed(back)] == [ids(found) for found in there]
        assert len(there) > 1


def test_a_page_looks_through_so_many_cases_and_says_where_it_stopped(
    many: Cast, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caseload, "WINDOW", 10)
    caseload._page_query.cache_clear()
    caseload._end_query.cache_clear()
    try:
        view = View(priority=Priority.HIGH)
        pages = through(units, many, view)
        with units.reading() as unit:
            rows = rows_of(unit, many.unassigned.account)
        assert [id_ for found in pages for id_ in ids(found)] == expected(rows, view, units.today())
        assert len(pages) == COUNT // 10 + 1
        assert all(found.cut for found in pages[:-1])
        assert not pages[-1].cut
    finally:
        caseload._page_query.cache_clear()
        caseload._end_query.cache_clear()


def test_counts_are_those_of_the_lines(many: Cast, units: Units, day: date) -> None:
    with units.reading() as unit:
        rows = rows_of(unit, many.unassigned.account)
        counts = caseload.count_cases(unit, many.unassigned.actor)
    assert counts.by_status == {status: sum(row.status == status for row in rows) for status in CaseStatus}
    assert counts.mine == sum(row.mine for row in rows)
    assert counts.unread == sum(row.unread for row in rows)
    assert counts.overdue == sum(row.due < day for row in rows)
    assert counts.soon == sum(day <= row.due <= day + timedelta(days=7) for row in rows)


def _explain(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> tuple[str, Any]:
    return (f"EXPLAIN QUERY PLAN {statement}" if statement.startswith("SELECT") else statement), parameters


def test_each_count_walks_only_what_it_counts(on_sqlite: None, many: Cast, units: Units) -> None:
    """As an installation is, without statistics: of a reader's million lines those that are theirs to look after are a few."""
    values = {"account": many.unassigned.account, "today": units.today(), "soon_ends": units.today()}
    with units.database.engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", _explain, retval=True)
        steps = [row[-1] for row in connection.execute(caseload._COUNTS, values).cursor.fetchall()]  # type: ignore[union-attr]
    indexes = [*("status" for _ in CaseStatus), "mine", "unread", "due", "due"]
    searches = [step for step in steps if "caseload" in step]
    assert len(searches) == len(indexes)
    for step, index in zip(searches, indexes, strict=True):
        assert f"COVERING INDEX ix_caseload_{index} (account_id=?" in step


@pytest.mark.parametrize("order", Order)
def test_a_window_is_read_from_an_index_in_its_order(order: Order, on_sqlite: None, many: Cast, units: Units) -> None:
    """No statement sorts, and none walks past the window: its rows come in order from an index of the reader's own lines."""
    values = {
        "account": many.unassigned.account,
        "today": units.today(),
        "soon_ends": units.today(),
        "edge_day": units.today(),
        "edge_case": secrets.token_bytes(16),
        "status": CaseStatus.NEW,
    }

    with units.database.engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", _explain, retval=True)
        for narrow in (None, *caseload._INDEXED[order][1:]):
            index = narrow if narrow in {"mine", "unread", "status"} else "page" if order is Order.RECEIVED else order
            for from_edge, backwards in ((False, False), (True, False), (True, True)):
                shape = caseload._Shape(order, frozenset(filter(None, [narrow])), from_edge, backwards)
                raw = connection.execute(caseload._window(shape).limit(5), values)
                (step,) = raw.cursor.fetchall()  # type: ignore[union-attr]
                assert f"SEARCH caseload USING INDEX ix_caseload_{index} " in step[-1], shape
