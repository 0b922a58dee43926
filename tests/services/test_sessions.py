"""Sessions: neither the cookie nor the row opens anything alone, nothing moves, and time ends them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text

from complaints.policy import Reporter
from complaints.services import sessions
from complaints.services.sessions import OpenSession
from complaints.services.unit import Units
from crypto import CryptoError, SessionToken
from tests.cast import Cast, Person

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with time_machine.travel(moment, tick=False):
        yield


def begin(units: Units, person: Person) -> SessionToken:
    with units.writing() as unit:
        return sessions.begin(unit, person.actor, person.keys)


def find(units: Units, token: SessionToken) -> OpenSession | None:
    with units.reading() as unit:
        return sessions.find(unit, token, unit.now)


def use(units: Units, token: SessionToken) -> None:
    opened = find(units, token)
    assert opened is not None
    with units.writing() as unit:
        sessions.touch(unit, opened)


def execute(units: Units, statement: str, **values: object) -> None:
    with units.database.writing() as session:
        assert session.connection().execute(text(statement), values).rowcount == 1


def test_a_session_gives_back_its_owner_and_the_keys_they_brought(units: Units, cast: Cast) -> None:
    opened = find(units, begin(units, cast.investigator))
    assert opened is not None
    assert (opened.account, opened.case) == (cast.investigator.account, None)
    assert opened.keys().export_seeds() == cast.investigator.keys.export_seeds()


def test_another_token_finds_nothing(units: Units, cast: Cast) -> None:
    begin(units, cast.investigator)
    assert find(units, SessionToken.generate()) is None


def test_the_row_holds_neither_the_token_nor_a_seed(units: Units, cast: Cast) -> None:
    token = begin(units, cast.investigator)
    with units.database.reading() as session:
        (row,) = session.connection().execute(text("SELECT * FROM session")).all()
    stored = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    seeds = cast.investigator.keys.export_seeds()
    assert not any(secret in stored for secret in (token.text().encode(), seeds[:32], seeds[32:]))


def test_a_row_given_to_another_account_does_not_open(units: Units, cast: Cast) -> None:
    token = begin(units, cast.investigator)
    execute(units, "UPDATE session SET account_id = :other", other=cast.lead.account)
    assert find(units, token) is None


def test_a_row_given_to_a_reporter_does_not_open(units: Units, cast: Cast) -> None:
    report = cast.report()
    token = begin(units, cast.investigator)
    execute(units, "UPDATE session SET account_id = NULL, case_id = :case", case=report.case)
    assert find(units, token) is None


def test_a_row_moved_under_another_token_does_not_open(units: Units, cast: Cast) -> None:
    begin(units, cast.lead)
    own = SessionToken.generate()
    execute(units, "UPDATE session SET lookup = :own", own=own.lookup())
    assert find(units, own) is None


def test_seeds_moved_from_another_session_do_not_open(units: Units, cast: Cast) -> None:
    theirs, own = begin(units, cast.lead), begin(units, cast.investigator)
    execute(
        units,
        "UPDATE session SET seeds = (SELECT seeds FROM session WHERE lookup = :theirs) WHERE lookup = :own",
        theirs=theirs.lookup(),
        own=own.lookup(),
    )
    opened = find(units, own)
    assert opened is not None
    with pytest.raises(CryptoError):
        opened.keys()


def test_it_lasts_while_it_is_used(units: Units, cast: Cast) -> None:
    with at(NOON):
        token = begin(units, cast.investigator)
    for minutes in (29, 58, 87):
        with at(NOON + timedelta(minutes=minutes)):
            use(units, token)


def test_idle_for_half_an_hour_it_is_still_there(units: Units, cast: Cast) -> None:
    with at(NOON):
        token = begin(units, cast.investigator)
    with at(NOON + sessions.IDLE):
        assert find(units, token) is not None


def test_idle_for_longer_it_is_over(units: Units, cast: Cast) -> None:
    with at(NOON):
        token = begin(units, cast.investigator)
    with at(NOON + sessions.IDLE + timedelta(minutes=1)):
        assert find(units, token) is None


def test_however_busy_it_ends_after_twelve_hours(units: Units, cast: Cast) -> None:
    with at(NOON):
        token = begin(units, cast.investigator)
    for minutes in range(20, 12 * 60, 20):
        with at(NOON + timedelta(minutes=minutes)):
            use(units, token)
    with at(NOON + sessions.ABSOLUTE):
        assert find(units, token) is None


def test_later_times_written_into_the_row_do_not_lengthen_it(units: Units, cast: Cast) -> None:
    with at(NOON):
        token = begin(units, cast.investigator)
    execute(units, "UPDATE session SET last_seen = '2027-01-01 00:00:00', expires = '2027-01-02 00:00:00'")
    with at(NOON + sessions.ABSOLUTE):
        assert find(units, token) is None


def test_it_is_noted_as_used_once_a_minute(units: Units, cast: Cast) -> None:
    with at(NOON):
        opened = find(units, begin(units, cast.investigator))
    assert opened is not None
    assert not opened.is_due(NOON + timedelta(seconds=59))
    assert opened.is_due(NOON + timedelta(minutes=1))


def test_what_is_kept_in_it_comes_back(units: Units, cast: Cast) -> None:
    token = begin(units, cast.investigator)
    opened = find(units, token)
    assert opened is not None
    with units.writing() as unit:
        sessions.save(unit, opened, {"locale": "en"})
    again = find(units, token)
    assert again is not None
    assert again.data == {"locale": "en"}


def test_nothing_is_kept_in_one_that_has_ended(units: Units, cast: Cast) -> None:
    token = begin(units, cast.investigator)
    opened = find(units, token)
    assert opened is not None
    with units.writing() as unit:
        sessions.end(unit, token)
    with units.writing() as unit:
        sessions.save(unit, opened, {"locale": "en"})
    assert find(units, token) is None


def test_all_of_an_account_end_at_once_and_no_others(units: Units, cast: Cast) -> None:
    ended = [begin(units, cast.investigator) for _ in range(2)]
    kept = begin(units, cast.lead)
    with units.writing() as unit:
        sessions.end_all(unit, cast.investigator.account)
    assert [find(units, token) for token in ended] == [None, None]
    assert find(units, kept) is not None


def test_a_reporters_row_tells_days_alone(units: Units, cast: Cast) -> None:
    report = cast.report()
    with at(NOON), units.writing() as unit:
        sessions.begin(unit, Reporter(report.case), report.keys)
    with units.database.reading() as session:
        (row,) = session.connection().execute(text("SELECT last_seen, expires FROM session")).all()
    assert row.last_seen is None
    assert str(row.expires)[:19] == "2026-11-24 00:00:00"


def test_a_reporters_row_tells_no_more_after_use(units: Units, cast: Cast) -> None:
    report = cast.report()
    with at(NOON), units.writing() as unit:
        token = sessions.begin(unit, Reporter(report.case), report.keys)
    with at(NOON + timedelta(minutes=7)):
        use(units, token)
    with units.database.reading() as session:
        (row,) = session.connection().execute(text("SELECT last_seen, expires FROM session")).all()
    assert (row.last_seen, str(row.expires)[:19]) == (None, "2026-11-24 00:00:00")


def test_expired_rows_are_swept_when_another_begins(units: Units, cast: Cast) -> None:
    with at(NOON):
        begin(units, cast.lead)
    with at(NOON + timedelta(days=1)):
        kept = begin(units, cast.investigator)
    with units.database.reading() as session:
        lookups = session.connection().execute(text("SELECT lookup FROM session")).scalars().all()
    assert lookups == [kept.lookup()]
