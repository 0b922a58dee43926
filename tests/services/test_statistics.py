"""A year's counts: what is counted, what is withheld, and that nobody gets it back by subtraction."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from complaints.models import Case
from complaints.services import statistics
from complaints.services.statistics import Parts, Row, Shown, withhold
from complaints.services.unit import Units
from complaints.vocabulary import Outcome
from tests.cast import Cast

TODAY = date(2026, 11, 23)


def row(*acknowledged: int) -> Row:
    a, b, c = acknowledged
    return Row(a + b + c, (a, b, c), (a, b, c))


def total_of(rows: list[Row]) -> Row:
    return row(*(sum(line.acknowledged[part] for line in rows) for part in range(3)))


# -- What is counted -------------------------------------------------------------------------------------------------


@pytest.fixture
def units(units: Units) -> Units:
    return Units(units.database, units.access_log, units.secrets, today=lambda: TODAY, now=units.now)


def place(units: Units, case: bytes, **facts: object) -> None:
    with units.database.writing() as session:
        session.execute(update(Case).where(Case.id == case).values(**facts))


def test_each_case_is_counted_once_in_every_table(units: Units, cast: Cast) -> None:
    october, closed = date(2026, 10, 5), {"outcome": Outcome.SUBSTANTIATED, "closed": date(2026, 11, 1)}
    for number in range(6):
        facts: dict[str, object] = {"received": october, "acknowledge_by": october + timedelta(7), "feedback_by": TODAY}
        facts["acknowledged"] = october + timedelta(6)
        facts |= {"feedback_given": date(2026, 11, 1), **closed} if number < 5 else closed
        place(units, cast.report().case, **facts)
    place(units, cast.report().case, received=TODAY)  # its month has not ended
    with units.reading() as unit:
        assert statistics.years(unit) == (2026,)
        counted = statistics.of_year(unit, 2026)
    assert counted.total == Shown(6, (6, 0, 0), None)  # one is not due yet, and one is few
    assert not counted.complete
    assert len(counted.months) == 10
    assert counted.months[9] == (10, Shown(6, (6, 0, 0), None))
    assert [shown.received for _th, _en, shown in counted.channels] == [6, 0]
    assert {outcome: shown.received for outcome, shown in counted.outcomes}[Outcome.SUBSTANTIATED] == 6


@pytest.mark.parametrize(
    ("acknowledged", "by", "part"),
    [
        (date(2026, 10, 8), date(2026, 10, 8), 0),
        (date(2026, 10, 9), date(2026, 10, 8), 1),
        (None, date(2026, 11, 22), 1),
        (None, TODAY, 2),
    ],
)
def test_in_time_late_and_not_due_yet(units: Units, cast: Cast, acknowledged: date | None, by: date, part: int) -> None:
    for _ in range(5):
        place(units, cast.report().case, received=date(2026, 10, 1), acknowledge_by=by, acknowledged=acknowledged)
    with units.reading() as unit:
        total = statistics.of_year(unit, 2026).total
    assert total.acknowledged is not None
    assert [total.acknowledged[number] for number in range(3)] == [5 if number == part else 0 for number in range(3)]


def test_before_a_month_has_ended_there_is_nothing(units: Units, cast: Cast) -> None:
    with units.reading() as unit:
        assert statistics.years(unit) == ()
    place(units, cast.report().case, received=TODAY)
    with units.reading() as unit:
        assert statistics.years(unit) == ()


# -- What is withheld ------------------------------------------------------------------------------------------------


def test_few_are_withheld_and_one_more_line_with_them() -> None:
    rows = [row(10, 0, 0), row(3, 0, 0), row(6, 0, 0), row(0, 0, 0)]
    assert [shown.received for shown in withhold(rows, total_of(rows))] == [10, None, None, 0]


def test_two_that_are_few_together_take_a_third() -> None:
    rows = [row(10, 0, 0), row(1, 0, 0), row(2, 0, 0), row(7, 0, 0)]
    assert [shown.received for shown in withhold(rows, total_of(rows))] == [10, None, None, None]


def test_a_part_that_is_few_takes_its_line_and_another() -> None:
    rows = [row(8, 2, 0), row(20, 5, 0), row(9, 7, 0)]
    shown = withhold(rows, total_of(rows))
    assert [line.received for line in shown] == [10, 25, 16]
    assert [line.acknowledged for line in shown] == [None, (20, 5, 0), None]


def test_enough_of_each_is_shown_whole() -> None:
    rows = [row(10, 5, 0), row(20, 0, 9)]
    assert withhold(rows, total_of(rows)) == [Shown(line.received, line.acknowledged, line.answered) for line in rows]


# -- Somebody who subtracts ------------------------------------------------------------------------------------------


MOST = 8
"""In a line of the tables that are tried out."""


def worlds(shown: list[Shown], total: Shown) -> Iterator[list[Parts]]:
    """Every table of two parts that would be shown like this."""
    every = [(one, other, 0) for one, other in product(range(MOST + 1), repeat=2) if one + other <= MOST]
    lines = [
        [
            parts
            for parts in every
            if (line.received is None or sum(parts) == line.received)
            and (line.acknowledged is None or parts == line.acknowledged)
        ]
        for line in shown
    ]
    for world in product(*lines):
        if total.received not in {None, sum(map(sum, world))}:
            continue
        rows = [row(*parts) for parts in world]
        whole = total_of(rows)
        if withhold(rows, whole) == shown and withhold([whole], None) == [total]:
            yield list(world)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), st.just(0)), min_size=2, max_size=3))
def test_nobody_who_knows_every_rule_finds_a_small_count(table: list[tuple[int, int, int]]) -> None:
    """They try every table that would be shown in the same way: where a part is small in one, some other has another number there."""
    rows = [row(*parts) for parts in table]
    whole = total_of(rows)
    shown, total = withhold(rows, whole), withhold([whole], None)[0]
    possible = list(worlds(shown, total))
    for number, parts in enumerate(table):
        for part, count in enumerate(parts):
            if 0 < count < statistics.SMALL:
                assert {world[number][part] for world in possible} != {count}, (table, number, part)
        if 0 < sum(parts) < statistics.SMALL:
            assert {sum(world[number]) for world in possible} != {sum(parts)}, (table, number)
