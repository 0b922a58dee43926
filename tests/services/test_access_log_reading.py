"""The access log as an auditor reads it: pages and filters, found through the index."""

from datetime import date

import pytest
from sqlalchemy import event, text

from complaints.database import Database
from complaints.services.access_log import AccessLog, Entry
from complaints.services.log_reading import page
from complaints.vocabulary import Event

DAY = date(2026, 11, 22)
FIRST, SECOND = "a1" * 16, "a2" * 16


@pytest.fixture
def log(database: Database, access_log: AccessLog) -> AccessLog:
    """Twelve entries: cases 0, 1, 2 in turn; the first six by FIRST, the rest by SECOND; every fourth opens an identity."""
    entries = [
        Entry(
            Event.CASE_OPENED if number % 4 else Event.IDENTITY_OPENED,
            {"day": DAY.isoformat(), "case": f"{number % 3:032x}", "actor": FIRST if number < 6 else SECOND},
        )
        for number in range(12)
    ]
    with database.writing() as session:
        access_log.append(session, entries, DAY)
    return access_log


def positions(database: Database, **wanted: object) -> list[int]:
    with database.reading() as session:
        return [line.position for line in page(session, **wanted).lines]  # type: ignore[arg-type]


def test_the_newest_come_first(database: Database, log: AccessLog) -> None:
    assert positions(database) == list(range(11, -1, -1))


def test_a_line_holds_the_fields_in_the_entrys_order(database: Database, log: AccessLog) -> None:
    with database.reading() as session:
        line = page(session, size=1).lines[0]
    assert list(line.fields.items()) == [
        ("event", "case.opened"),
        ("day", "2026-11-22"),
        ("actor", SECOND),
        ("case", f"{2:032x}"),
    ]


def test_pages_follow_each_other_without_gap_or_repetition(database: Database, log: AccessLog) -> None:
    read: list[int] = []
    before: int | None = None
    with database.reading() as session:
        for expected in (5, 5, 2):
            found = page(session, before=before, size=5)
            assert len(found.lines) == expected
            read += [line.position for line in found.lines]
            before = found.older
    assert read == list(range(11, -1, -1))
    assert before is None


def test_the_last_full_page_is_known_to_be_the_last(database: Database, log: AccessLog) -> None:
    with database.reading() as session:
        assert page(session, size=12).older is None
        assert page(session, size=11).older == 1


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"event": "identity.opened"}, [8, 4, 0]),
        ({"case": f"{1:032x}"}, [10, 7, 4, 1]),
        ({"actor": FIRST}, [5, 4, 3, 2, 1, 0]),
        ({"actor": FIRST, "event": "identity.opened"}, [4, 0]),
        ({"actor": FIRST, "event": "identity.opened", "case": f"{1:032x}"}, [4]),
        ({"actor": FIRST, "before": 3}, [2, 1, 0]),
        ({"actor": FIRST, "before": 10**30}, [5, 4, 3, 2, 1, 0]),
        ({"before": -(10**30)}, []),
        ({"event": "report.received"}, []),
        ({"case": "1"}, []),
    ],
)
def test_only_what_was_asked_for_is_found(
    database: Database, log: AccessLog, wanted: dict[str, object], expected: list[int]
) -> None:
    assert positions(database, **wanted) == expected


def test_an_expired_field_is_shown_as_gone_and_no_longer_found(database: Database, log: AccessLog) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE log_field SET value = NULL, salt = NULL WHERE name = 'case' AND entry = 4"))
    assert positions(database, case=f"{1:032x}") == [10, 7, 1]
    with database.reading() as session:
        assert page(session, before=5, size=1).lines[0].fields["case"] is None


@pytest.mark.parametrize(
    "wanted", [{"event": "case.opened"}, {"case": "00" * 16}, {"actor": FIRST, "event": "case.opened"}]
)
def test_filters_are_answered_from_the_index_alone(database: Database, log: AccessLog, wanted: dict[str, str]) -> None:
    statements: list[tuple[str, object]] = []
    event.listen(
        database.engine, "before_cursor_execute", lambda *arguments: statements.append((arguments[2], arguments[3]))
    )
    with database.reading() as session:
        page(session, before=100, **wanted)
        searching, parameters = next(item for item in statements if "LIMIT" in item[0])
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {searching}", parameters).all()  # type: ignore[arg-type]
    steps = [row[3] for row in plan]
    assert all("USING COVERING INDEX ix_log_field_lookup" in step for step in steps if step.startswith("SEARCH")), steps
    assert not any("TEMP B-TREE" in step or step.startswith("SCAN") for step in steps), steps
