"""The access log as an auditor reads it: pages and filters, found through the index."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event, text

from complaints.database import Database
from complaints.services import log_reading
from complaints.services.access_log import AccessLog, Entry
from complaints.services.log_reading import Wanted, page, search
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


# -- Searching -------------------------------------------------------------------------------------------------------


def searched(database: Database, wanted: Wanted, before: int | None = None) -> tuple[list[int], int | None, bool]:
    with database.reading() as session:
        found = search(session, wanted, before=before)
    return [line.position for line in found.lines], found.older, found.cut


def by_days(database: Database, access_log: AccessLog) -> None:
    """Two entries a day for five days, the second of the first day joined after those of the third."""
    days = [0, 1, 1, 2, 2, 0, 3, 3, 4, 4]
    with database.writing() as session:
        entries = [
            Entry(Event.SIGNED_IN, {"day": (DAY + timedelta(days=day)).isoformat(), "actor": FIRST}) for day in days
        ]
        access_log.append(session, entries, DAY)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, list(range(11, -1, -1))),
        ({"event": ("case.opened", "identity.opened")}, list(range(11, -1, -1))),
        ({"event": ("identity.opened", "report.received")}, [8, 4, 0]),
        ({"actor": (FIRST,), "event": ("identity.opened", "report.received")}, [4, 0]),
        ({"actor": (FIRST,), "event": ("case.opened", "identity.opened"), "case": (f"{1:032x}",)}, [4, 1]),
        ({"actor": (FIRST,), "channel": ("00" * 16,)}, []),
    ],
)
def test_a_search_finds_what_has_all_that_is_wanted(
    database: Database, log: AccessLog, fields: dict[str, tuple[str, ...]], expected: list[int]
) -> None:
    assert searched(database, Wanted(fields)) == (expected, None, False)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (0, 0, [5, 0]),
        (1, 1, [2, 1]),
        (0, 1, [5, 2, 1, 0]),
        (2, None, [9, 8, 7, 6, 4, 3]),
        (None, 1, [5, 2, 1, 0]),
        (7, 9, []),
        (None, -1, []),
    ],
)
def test_days_find_entries_that_joined_the_log_later_too(
    database: Database, access_log: AccessLog, first: int | None, last: int | None, expected: list[int]
) -> None:
    by_days(database, access_log)
    since, until = (None if day is None else DAY + timedelta(days=day) for day in (first, last))
    assert searched(database, Wanted({}, since, until))[0] == expected
    assert searched(database, Wanted({"actor": (FIRST,)}, since, until))[0] == expected


def test_a_search_stops_at_its_window_and_goes_on_from_there(
    database: Database, log: AccessLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_reading, "WINDOW", 4)
    wanted = Wanted({"actor": (FIRST, SECOND), "event": ("identity.opened", "case.opened"), "case": (f"{0:032x}",)})
    read: list[int] = []
    before: int | None = None
    cuts = []
    for _ in range(10):
        positions, before, cut = searched(database, wanted, before)
        read += positions
        cuts.append(cut)
        if before is None:
            break
    assert read == [9, 6, 3, 0]
    assert cuts[-1] is False
    assert searched(database, Wanted({"actor": (SECOND,)}, DAY - timedelta(days=9), DAY), before=10) == (
        [9, 8, 7, 6],
        6,
        True,
    )


def test_what_fewest_entries_have_drives_a_search(
    database: Database, log: AccessLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_reading, "WINDOW", 4)
    wanted = Wanted({"actor": (FIRST,), "event": ("identity.opened",)})
    assert searched(database, wanted) == ([4, 0], None, False)  # three openings, though FIRST has six entries


THIRD = "a3" * 16


def with_several(database: Database, access_log: AccessLog) -> None:
    """Twelve entries. THIRD acts in 0, is one of several readers in 1 and 4, alone with the identity in 5, has left in 6, and is meant by 8."""
    kinds = [
        (Event.SIGNED_IN, {"actor": THIRD}),
        (Event.CASE_ASSIGNED, {"actor": FIRST, "subject": f"{SECOND} {THIRD}+identity"}),
        (Event.CASE_ASSIGNED, {"actor": FIRST, "subject": SECOND}),
        (Event.CASE_REKEYED, {"actor": FIRST, "subject": f"{FIRST} {SECOND}"}),
        (Event.CASE_MOVED, {"actor": FIRST, "subject": f"{THIRD} {SECOND}"}),
        (Event.KEYS_HANDED_AGAIN, {"actor": FIRST, "subject": f"{THIRD}+identity"}),
        (Event.CASE_ASSIGNED, {"actor": SECOND, "subject": f"{FIRST} {SECOND}", "reason": f"left:{THIRD}"}),
        (Event.CASE_OPENED, {"actor": FIRST, "subject": "assignment"}),
        (Event.ROLES_CHANGED, {"actor": FIRST, "subject": THIRD}),
        (Event.CASE_ASSIGNED, {"actor": SECOND, "subject": FIRST}),
        (Event.CASE_ASSIGNED, {"actor": SECOND, "subject": f"{FIRST} {SECOND}"}),
        (Event.SIGNED_OUT, {"actor": SECOND}),
    ]
    with database.writing() as session:
        entries = [Entry(kind, {"day": DAY.isoformat()} | fields) for kind, fields in kinds]
        access_log.append(session, entries, DAY)


OF_THIRD = {"actor": (THIRD,), "subject": (THIRD,), log_reading.AMONG: (THIRD,)}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [8, 6, 5, 4, 1, 0]),
        ({"event": ("case.assigned",)}, [6, 1]),
        ({"event": ("case.moved", "account.roles-changed")}, [8, 4]),
        ({"actor": (SECOND,)}, [6]),
        ({"event": ("session.ended",)}, []),
    ],
)
def test_one_of_several_people_is_found(
    database: Database, access_log: AccessLog, fields: dict[str, tuple[str, ...]], expected: list[int]
) -> None:
    with_several(database, access_log)
    assert searched(database, Wanted(fields, either=OF_THIRD)) == (expected, None, False)
    assert searched(database, Wanted(fields, DAY, DAY, OF_THIRD)) == (expected, None, False)


@pytest.mark.parametrize("window", [1, 2, 2_000])
@pytest.mark.parametrize("days", [(None, None), (DAY, DAY)])
def test_rosters_are_found_by_the_hashes_of_their_versions_down_to_the_window(
    database: Database,
    access_log: AccessLog,
    monkeypatch: pytest.MonkeyPatch,
    window: int,
    days: tuple[date | None, date | None],
) -> None:
    signed = [(Event.ROSTER_SIGNED, {"actor": FIRST, "digest": f"{number:064x}"}) for number in range(5)]
    other = (Event.MESSAGE_SENT, {"actor": FIRST, "digest": f"{1:064x}"})
    with database.writing() as session:
        kinds = [(Event.SIGNED_IN, {"actor": THIRD}), *signed, other]
        access_log.append(session, [Entry(kind, {"day": DAY.isoformat()} | said) for kind, said in kinds], DAY)
    monkeypatch.setattr(log_reading, "WINDOW", window)
    wanted = Wanted({}, *days, OF_THIRD | {log_reading.ROSTER: (f"{1:064x}", f"{3:064x}")})
    read: list[int] = []
    before: int | None = None
    for _ in range(9):
        positions, before, _cut = searched(database, wanted, before)
        read += positions
        if before is None:
            break
    assert read == [4, 2, 0]


@pytest.mark.parametrize("window", [1, 2, 3, 4])
@pytest.mark.parametrize("days", [(None, None), (DAY, DAY)])
def test_a_search_for_one_of_several_stops_at_its_window_and_goes_on_from_there(
    database: Database,
    access_log: AccessLog,
    monkeypatch: pytest.MonkeyPatch,
    window: int,
    days: tuple[date | None, date | None],
) -> None:
    with_several(database, access_log)
    monkeypatch.setattr(log_reading, "WINDOW", window)
    read: list[int] = []
    before: int | None = None
    pages = []
    for _ in range(14):
        positions, before, cut = searched(database, Wanted({}, *days, OF_THIRD), before)
        read += positions
        pages.append(cut)
        if before is None:
            break
    assert read == [8, 6, 5, 4, 1, 0]
    assert (pages[0], pages[-1]) == (True, False)


@pytest.mark.parametrize("days", [(None, None), (DAY, DAY)])
def test_however_many_requests_concern_somebody_they_are_found(
    database: Database, access_log: AccessLog, days: tuple[date | None, date | None]
) -> None:
    """SQLite takes no statement of more than 500 parts."""
    requests = [f"approval:{number:032x}" for number in range(1200)]
    subjects = [THIRD, requests[0], SECOND, requests[700], requests[-1]]
    with database.writing() as session:
        entries = [Entry(Event.APPROVAL_ASKED, {"day": DAY.isoformat(), "subject": subject}) for subject in subjects]
        access_log.append(session, entries, DAY)
    either = OF_THIRD | {"subject": (THIRD, *requests)}
    assert searched(database, Wanted({}, *days, either)) == ([4, 3, 1, 0], None, False)


SEARCHED = (
    (Event.CASES_SEARCHED, {"actor": FIRST, "subject": f"case:{1:032x} case:{2:032x}"}),
    (Event.CASE_OPENED, {"actor": SECOND, "case": f"{2:032x}"}),
    (Event.DENIED, {"actor": SECOND, "subject": f"case:{2:032x}"}),
    (Event.CASES_SEARCHED, {"actor": SECOND, "subject": f"case:{2:032x} case:{3:032x}"}),
    (Event.CASES_SEARCHED, {"actor": FIRST, "subject": f"case:{2:032x}"}),
    (Event.SIGNED_OUT, {"actor": FIRST}),
)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"case": (f"{2:032x}",)}, [4, 3, 1, 0]),
        ({"case": (f"{1:032x}",)}, [0]),
        ({"case": (f"{4:032x}",)}, []),
        ({"case": (f"{2:032x}",), "event": ("cases.searched",)}, [4, 3, 0]),
        ({"case": (f"{2:032x}",), "actor": (SECOND,)}, [3, 1]),
        ({"case": (f"{3:032x}",), "actor": (FIRST,)}, []),
    ],
)
@pytest.mark.parametrize("days", [(None, None), (DAY, DAY)])
@pytest.mark.parametrize("window", [2, 2_000])
def test_a_case_that_was_opened_among_several_is_found_however_long_the_log(
    database: Database,
    access_log: AccessLog,
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, tuple[str, ...]],
    expected: list[int],
    days: tuple[date | None, date | None],
    window: int,
) -> None:
    entries = [Entry(kind, {"day": DAY.isoformat()} | said) for kind, said in SEARCHED]
    with database.writing() as session:
        access_log.append(session, entries, DAY)
    monkeypatch.setattr(log_reading, "WINDOW", window)
    read: list[int] = []
    before: int | None = None
    for _ in entries:
        positions, before, _cut = searched(database, Wanted(fields, *days), before)
        read += positions
        if before is None:
            break
    assert read == expected


def test_an_expired_day_is_found_by_no_day(database: Database, access_log: AccessLog) -> None:
    by_days(database, access_log)
    with database.writing() as session:
        session.execute(text("UPDATE log_field SET value = NULL, salt = NULL WHERE name = 'day' AND entry = 1"))
    assert searched(database, Wanted({}, DAY + timedelta(days=1), DAY + timedelta(days=1)))[0] == [2]


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted({"event": ("case.opened",), "actor": (FIRST,)}, DAY, DAY),
        Wanted({"event": ("case.opened", "identity.opened"), "channel": (FIRST,)}),
        Wanted({}, DAY, None),
        Wanted({"case": (FIRST,)}),
        Wanted({"case": (FIRST,), "event": ("case.opened",)}, DAY, DAY),
        Wanted({}, either={"actor": (FIRST,), "subject": (FIRST,), log_reading.AMONG: (FIRST,)}),
        Wanted({"channel": (FIRST,)}, either={"actor": (FIRST,), log_reading.ROSTER: (FIRST, SECOND)}),
        Wanted({}, either={log_reading.AMONG: (FIRST,), log_reading.ROSTER: (FIRST, SECOND)}),
        Wanted(
            {"event": ("case.opened",)},
            DAY,
            None,
            {"actor": (FIRST,), "subject": (FIRST,), log_reading.AMONG: (FIRST,)},
        ),
    ],
)
def test_a_search_reads_no_more_than_its_window(
    on_sqlite: None, database: Database, log: AccessLog, wanted: Wanted
) -> None:
    """Every step seeks in an index, but for what it takes from a window that is limited already."""
    statements: list[tuple[str, object]] = []
    event.listen(
        database.engine, "before_cursor_execute", lambda *arguments: statements.append((arguments[2], arguments[3]))
    )
    with database.reading() as session:
        search(session, wanted)
        plans = [
            row[3]
            for statement, parameters in list(statements)
            if statement.startswith(("SELECT", "WITH"))
            for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]
        ]
    scans = {step for step in plans if step.startswith("SCAN")}
    assert not [step for step in scans for table in ("log_field", "log_entry", "log_case") if table in step], plans
