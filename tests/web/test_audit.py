"""The access log over HTTP: read in words, searched, verified, and its reading entered."""

import dataclasses
import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import text

from complaints.policy import Action
from complaints.services import case_state
from complaints.services.access_log import FIELDS
from complaints.services.unit import Units
from complaints.vocabulary import Event
from complaints.web import audit, audit_words
from complaints.web.audit_words import ACTIONS, FACTS, FIELD_WORDS, MEANINGS
from crypto import SigningKey, checkpoint
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log

LOG, VERIFICATION, CHECKPOINT = "/staff/log", "/staff/log/verification", "/staff/log/checkpoint"
SignIn = Callable[[Person], Browser]

OTHERS = ["investigator", "lead", "custodian", "administrator"]


@pytest.fixture
def auditor(cast: Cast, signed_in: SignIn) -> Browser:
    browser = signed_in(cast.auditor)
    browser.get(f"{LOG}?lang=en")
    return browser


def verify(auditor: Browser, checkpoint: str = "") -> str:
    response = auditor.post(VERIFICATION, {"checkpoint": checkpoint}, token=auditor.token_on(VERIFICATION))
    assert response.status_code == 200
    return response.text


def tamper(units: Units, *statements: str) -> None:
    """What somebody does who has the database file: no trigger stands in their way."""
    with units.database.writing() as session:
        connection = session.connection()
        triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        for name in triggers:
            connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0


# -- Who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [LOG, f"{LOG}/0", VERIFICATION, CHECKPOINT])
@pytest.mark.parametrize("person", OTHERS)
def test_another_role_is_refused_and_the_log_says_so(
    cast: Cast, signed_in: SignIn, log: Log, path: str, person: str
) -> None:
    someone: Person = getattr(cast, person)
    assert signed_in(someone).get(path).status_code == 403
    assert [entry["actor"] for entry in log.entries(Event.DENIED)] == [someone.account.hex()]


@pytest.mark.parametrize("path", [LOG, f"{LOG}/0", VERIFICATION, CHECKPOINT])
def test_a_stranger_is_led_to_sign_in(browser: Browser, path: str) -> None:
    assert browser.get(path).location.startswith("/staff/sign-in")


@pytest.mark.parametrize("path", [f"{LOG}/999999", f"{LOG}/-1", f"{LOG}/x", f"{LOG}/99999999999999999999"])
def test_an_entry_that_is_not_there_is_not_found(auditor: Browser, path: str) -> None:
    assert auditor.get(path).status_code == 404


def test_the_log_is_not_posted_to(auditor: Browser) -> None:
    assert auditor.post(LOG).status_code == 405


def test_without_its_token_verification_is_refused(auditor: Browser) -> None:
    assert auditor.post(VERIFICATION).status_code == 400


# -- Reading ---------------------------------------------------------------------------------------------------------


def test_every_kind_of_entry_has_words_of_its_own() -> None:
    assert set(MEANINGS) == set(Event)
    assert set(Action) <= set(ACTIONS)  # what somebody was denied
    assert set(FIELD_WORDS) == set(FIELDS)
    assert set(case_state.FACTS) - {"channel_id"} <= set(FACTS)
    assert len({str(meaning) for meaning in MEANINGS.values()}) == len(Event)


def test_entries_are_told_by_names_and_references(auditor: Browser, cast: Cast) -> None:
    report = cast.report()
    cast.assign(report)
    page = auditor.get(LOG).text
    assert "A case was assigned" in page
    assert f"Case {report.reference}" in page
    assert cast.lead.display_name in page


def test_an_entry_shows_all_its_fields(auditor: Browser, cast: Cast) -> None:
    cast.assign(cast.report())
    with cast.units.reading() as unit:
        latest = unit.session.execute(text("SELECT max(position) FROM log_entry")).scalar_one()
    page = auditor.get(f"{LOG}/{latest}").text
    for words in ("Kind", "Who", "Case", "Signed act", "SHA-256 of what was written"):
        assert words in page


@pytest.mark.parametrize("language", ["th", "en"])
def test_every_stored_entry_can_be_shown(auditor: Browser, cast: Cast, language: str) -> None:
    cast.assign(cast.report())
    with cast.units.reading() as unit:
        positions = unit.session.execute(text("SELECT position FROM log_entry")).scalars().all()
    for position in positions:
        assert auditor.get(f"{LOG}/{position}?lang={language}").status_code == 200


def test_a_search_by_kind_shows_that_kind(auditor: Browser) -> None:
    page = auditor.get(f"{LOG}?event=account.created").text
    rows = page.partition("<tbody")[2].partition("</tbody>")[0]
    assert rows.count("An account was created") == rows.count("<tr")


def test_a_search_by_reference_shows_that_case(auditor: Browser, cast: Cast) -> None:
    one, other = cast.report(), cast.report()
    for report in (one, other):
        cast.assign(report)
    page = auditor.get(f"{LOG}?case={one.reference.lower()}").text
    assert f"Case {one.reference}" in page
    assert other.reference not in page


@pytest.mark.parametrize("query", ["case=XXXX-XXXX", "case=' OR 1=1", "event=nonsense", f"case={'x' * 100}"])
def test_what_cannot_be_searched_for_finds_nothing(auditor: Browser, query: str) -> None:
    response = auditor.get(f"{LOG}?{query}")
    assert response.status_code == 400
    assert "<tbody" not in response.text


def test_pages_go_back_to_the_first_entry(auditor: Browser, cast: Cast, units: Units) -> None:
    with units.writing() as unit:
        for _ in range(120):
            unit.enter(Event.SIGNED_OUT, cast.lead.actor)
    path, seen = LOG, 0
    for _ in range(10):
        page = auditor.get(path).text
        seen += page.count("audit-number")
        older = re.search(r'href="([^"]+)" rel="next"', page)
        if older is None:
            break
        path = unescape(older[1])
    with units.reading() as unit:
        assert seen == unit.session.execute(text("SELECT count(*) FROM log_entry")).scalar_one()


def test_what_was_written_past_the_system_is_shown_as_it_is(auditor: Browser, units: Units) -> None:
    tamper(
        units,
        "UPDATE log_field SET value = CAST('no.such-event' AS BLOB) WHERE entry = 1 AND name = 'event'",
        "UPDATE log_field SET value = CAST('no day' AS BLOB) WHERE entry = 1 AND name = 'day'",
        "UPDATE log_field SET value = CAST('\\xff' AS BLOB) WHERE entry = 1 AND name = 'time'",
        "UPDATE log_field SET name = 'unheard-of' WHERE entry = 1 AND name = 'subject'",
    )
    for path in (LOG, f"{LOG}/1"):
        response = auditor.get(path)
        assert response.status_code == 200
        assert "no.such-event" in response.text


def test_an_expired_field_is_said_to_have_expired(auditor: Browser, units: Units) -> None:
    with units.database.writing() as session:
        session.connection().execute(
            text("UPDATE log_field SET value = NULL, salt = NULL WHERE entry = 0 AND name = 'subject'")
        )
    assert "Expired" in auditor.get(f"{LOG}/0").text


# -- Reading is entered ----------------------------------------------------------------------------------------------


def test_reading_is_entered_before_anything_is_shown(auditor: Browser, cast: Cast, log: Log) -> None:
    (entry,) = log.entries(Event.LOG_READ)
    assert entry["actor"] == cast.auditor.account.hex()
    assert "The access log was read" in auditor.get(LOG).text


def test_reading_again_the_same_day_adds_nothing(auditor: Browser, log: Log) -> None:
    for path in (LOG, f"{LOG}?before=3", f"{LOG}/0"):
        auditor.get(path)
    assert len(log.entries(Event.LOG_READ)) == 1


def test_each_search_is_entered_with_what_was_sought(auditor: Browser, cast: Cast, log: Log) -> None:
    report = cast.report()
    for _ in range(2):
        auditor.get(f"{LOG}?case={report.reference}&event=case.opened")
    newest = log.entries(Event.LOG_READ)[0]
    assert (newest["case"], newest["reason"]) == (report.case.hex(), "case.opened")
    assert len(log.entries(Event.LOG_READ)) == 2


# -- Verifying -------------------------------------------------------------------------------------------------------


def test_a_log_as_it_was_written_verifies_and_says_what_that_does_not_prove(auditor: Browser) -> None:
    page = verify(auditor)
    assert "entries verified" in page
    assert "Only a checkpoint kept elsewhere can show that" in page


def test_an_earlier_checkpoint_shows_that_the_log_continues_it(auditor: Browser, cast: Cast) -> None:
    note = auditor.get(CHECKPOINT).text
    cast.assign(cast.report())
    page = verify(auditor, note.replace("\n", "\r\n"))
    assert "The log continues the checkpoint that you gave" in page


def test_a_changed_entry_is_reported(auditor: Browser, units: Units) -> None:
    tamper(units, "UPDATE log_field SET value = x'78' WHERE entry = 3 AND name = 'subject'")
    page = verify(auditor)
    assert "Something is wrong with the log" in page
    assert "entries verified" not in page


def test_a_truncated_log_is_reported_by_an_earlier_checkpoint(auditor: Browser, units: Units) -> None:
    note = auditor.get(CHECKPOINT).text
    with units.reading() as unit:
        size = unit.session.execute(text("SELECT max(size) FROM log_checkpoint")).scalar_one()
    tamper(
        units,
        f"DELETE FROM log_checkpoint WHERE size > {size - 2}",
        f"DELETE FROM log_field WHERE entry >= {size - 2}",
        f"DELETE FROM log_entry WHERE position >= {size - 2}",
    )
    assert "Something is wrong with the log" in verify(auditor, note)


@pytest.mark.parametrize("note", ["nonsense", "x" * 5000])
def test_what_is_no_checkpoint_of_this_log_is_asked_for_again(auditor: Browser, note: str) -> None:
    response = auditor.post(VERIFICATION, {"checkpoint": note}, token=auditor.token_on(VERIFICATION))
    assert response.status_code == 400
    assert "no checkpoint that the log’s key signed" in response.text


def test_a_checkpoint_of_another_log_is_asked_for_again(auditor: Browser) -> None:
    other = checkpoint.sign("report.example.org/access-log", 1, bytes(32), SigningKey.generate())
    response = auditor.post(VERIFICATION, {"checkpoint": other}, token=auditor.token_on(VERIFICATION))
    assert response.status_code == 400


def test_one_verification_at_a_time(auditor: Browser) -> None:
    token = auditor.token_on(VERIFICATION)
    with audit._verifying:
        assert auditor.post(VERIFICATION, token=token).status_code == 503


def test_the_checkpoint_is_the_signed_note_itself(auditor: Browser, units: Units) -> None:
    response = auditor.get(CHECKPOINT)
    with units.reading() as unit:
        latest = units.access_log.latest(unit.session)
    assert latest is not None
    assert response.text == latest.note
    assert response.mimetype == "text/plain"
    assert response.headers["Content-Disposition"].startswith(f'attachment; filename="checkpoint-{latest.size}.txt"')
    signed = units.access_log.read_note(response.text)
    assert dataclasses.astuple(signed)[1:] == (latest.size, latest.root)


def test_every_fact_that_the_log_tells_of_a_case_has_words() -> None:
    """The channel is named apart."""
    assert set(audit_words.FACTS) == set(case_state.FACTS) - {"channel_id"}
