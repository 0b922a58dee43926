"""`/staff/cases/<case>/identity`: who the reporter is, for a reason and the passphrase, in one answer."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import time_machine
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from complaints import clock
from complaints.policy import Action
from complaints.services import accounts, backoff, reauthentication
from complaints.services.access_log import AccessLog
from complaints.vocabulary import Event
from crypto import AccountSeed
from tests.cast import CANARIES, Cast, Person, Report
from tests.web.conftest import Browser, Log, token_in
from tests.web.ladder import CaseLadder, FormLadder, SignedIn

REASON = {"reason": "contact", "words": "CANARY-WORDS to arrange\na meeting"}


@pytest.fixture
def report(cast: Cast) -> Report:
    report = cast.report()
    cast.assign(report)
    return report


def address(report: Report) -> str:
    return f"/staff/cases/{report.case.hex()}/identity"


def form_in(page: TestResponse) -> dict[str, str]:
    """What the form carries unseen."""
    once = re.search(r'name="once" value="([^"]+)"', page.text)
    assert once
    return {"once": once[1], "csrf_token": token_in(page)}


def ask(browser: Browser, report: Report, passphrase: str, **changed: str) -> TestResponse:
    form = form_in(browser.get(address(report))) | REASON | {"passphrase": passphrase} | changed
    return browser.post(address(report), form)


def shows_identity(page: TestResponse) -> bool:
    return any(text in page.text for text in CANARIES.values())


class TestFormLadder(CaseLadder):
    path = "/staff/cases/{case}/identity"
    action = Action.OPEN_IDENTITY
    wrong_methods = ("PUT", "PATCH", "DELETE", "OPTIONS")


class TestOpeningLadder(FormLadder):
    path = "/staff/cases/{case}/identity"
    action = Action.OPEN_IDENTITY
    event = Event.IDENTITY_OPENED
    has_words = True
    form: ClassVar = REASON | {"passphrase": "CANARY-PASSPHRASE that is not one"}


def test_it_is_shown_in_the_answer_and_nowhere_else(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    browser = signed_in(cast.investigator)
    assert not shows_identity(browser.get(address(report)))
    opened = ask(browser, report, cast.investigator.passphrase)
    assert opened.status_code == 200
    assert all(text in opened.text for text in CANARIES.values())
    assert opened.headers["Cache-Control"] == "no-store"
    (entry,) = log.entries(Event.IDENTITY_OPENED)
    assert (entry["actor"], entry["case"]) == (cast.investigator.account.hex(), report.case.hex())
    assert entry["reason"] == "contact"
    assert "CANARY-WORDS" not in str(entry)
    for path in ("/staff/cases", f"/staff/cases/{report.case.hex()}", address(report)):
        assert not shows_identity(browser.get(path))


def test_a_form_that_is_sent_again_opens_nothing_and_asks_again(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    browser = signed_in(cast.investigator)
    form = form_in(browser.get(address(report))) | REASON | {"passphrase": cast.investigator.passphrase}
    assert shows_identity(browser.post(address(report), form))
    reloaded = browser.post(address(report), form)
    assert not shows_identity(reloaded)
    assert cast.investigator.passphrase not in reloaded.text
    assert len(log.entries(Event.IDENTITY_OPENED)) == 1
    again = browser.post(address(report), form | form_in(reloaded))
    assert shows_identity(again)
    assert len(log.entries(Event.IDENTITY_OPENED)) == 2


def test_a_form_of_one_case_opens_no_other(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    other = cast.report()
    browser = signed_in(cast.lead)
    form = form_in(browser.get(address(other))) | REASON | {"passphrase": cast.lead.passphrase}
    assert not shows_identity(browser.post(address(report), form))
    assert not log.entries(Event.IDENTITY_OPENED)


def test_a_wrong_passphrase_is_entered_and_keeps_what_was_typed(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    refused = ask(signed_in(cast.investigator), report, "CANARY-PASSPHRASE wrong")
    assert refused.status_code == 400
    assert not shows_identity(refused)
    assert REASON["words"] in refused.text
    assert re.search(r'value="contact" checked', refused.text)
    assert 'id="passphrase-error"' in refused.text
    assert "CANARY-PASSPHRASE" not in refused.text
    (entry,) = log.entries(Event.IDENTITY_REFUSED)
    assert (entry["actor"], entry["case"]) == (cast.investigator.account.hex(), report.case.hex())
    assert entry["reason"] == "passphrase"


def test_mistakes_are_counted_with_those_of_signing_in(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FREE_FAILURES", 1)
    browser = signed_in(cast.investigator)
    for _ in range(2):
        ask(browser, report, "not the passphrase")
    runs: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr(accounts, "unlock", lambda *given: runs.append(given))
        waiting = ask(browser, report, cast.investigator.passphrase)
    assert waiting.status_code == 400
    assert not runs
    assert not shows_identity(waiting)
    assert len(log.entries(Event.IDENTITY_REFUSED)) == 2
    with cast.units.reading() as unit:
        assert backoff.is_waiting(unit, cast.investigator.account)
    with time_machine.travel(clock.now() + backoff.LONGEST_WAIT + timedelta(minutes=1), tick=False):
        assert shows_identity(ask(browser, report, cast.investigator.passphrase))


def test_a_wait_that_began_while_the_passphrase_was_tried_is_kept(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock, someone = accounts.unlock, cast.investigator

    def unlock_late(locked: bytes, passphrase: str, pepper: bytes, account: bytes) -> AccountSeed:
        with cast.units.writing() as unit:
            for _ in range(5):
                reauthentication.enter_mistake(unit, someone.actor, report.case, "identity")
        return unlock(locked, passphrase, pepper, account)

    browser = signed_in(someone)
    monkeypatch.setattr(accounts, "unlock", unlock_late)
    with time_machine.travel(clock.now(), tick=False):  # the first wait is short, and may be over on a slow machine
        assert not shows_identity(ask(browser, report, someone.passphrase))
    assert not log.entries(Event.IDENTITY_OPENED)


def test_a_right_passphrase_forgets_the_mistakes(
    cast: Cast, signed_in: SignedIn, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FREE_FAILURES", 1)
    browser = signed_in(cast.investigator)
    for passphrase in ("wrong", cast.investigator.passphrase, "wrong"):
        ask(browser, report, passphrase)
    assert shows_identity(ask(browser, report, cast.investigator.passphrase))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "curiosity"}, "reason"),
        ({"words": " \n "}, "words"),
        ({"words": "ก" * 2_001}, "words"),
        ({"passphrase": ""}, "passphrase"),
    ],
    ids=["no reason", "a reason of their own", "no words", "too many words", "no passphrase"],
)
def test_without_its_reasons_the_passphrase_is_not_even_tried(
    changed: dict[str, str],
    field: str,
    cast: Cast,
    signed_in: SignedIn,
    log: Log,
    report: Report,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = signed_in(cast.investigator)
    runs: list[Any] = []
    monkeypatch.setattr(accounts, "unlock", lambda *given: runs.append(given))
    answer = ask(browser, report, **{"passphrase": cast.investigator.passphrase} | changed)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert not runs
    assert not log.entries(Event.IDENTITY_OPENED)


def _sends(person: Person, browser: Browser, report: Report) -> TestResponse:
    token = browser.token_on("/staff/cases")
    return browser.post(address(report), REASON | {"passphrase": person.passphrase, "once": "x"}, token=token)


def test_whoever_holds_the_case_without_the_identity_is_told_whom_to_ask(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    person = cast.second_investigator
    browser = signed_in(person)
    for answer in (browser.get(address(report)), _sends(person, browser, report)):
        assert answer.status_code == 403
        assert not shows_identity(answer)
        assert report.reference in answer.text
        assert f'href="/staff/cases/{report.case.hex()}#identity"' in answer.text
    entries = log.entries(Event.IDENTITY_REFUSED)
    assert [entry["reason"] for entry in entries] == ["no-grant", "no-grant"]
    assert {entry["actor"] for entry in entries} == {person.account.hex()}


def test_a_list_that_says_more_than_the_grants_opens_nothing(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report, stolen: Any
) -> None:
    stolen.execute("UPDATE caseload SET holds_identity = 1")
    answer = ask(signed_in(cast.second_investigator), report, cast.second_investigator.passphrase)
    assert answer.status_code == 403
    assert not shows_identity(answer)
    (entry,) = log.entries(Event.IDENTITY_REFUSED)
    assert entry["reason"] == "no-grant"


def test_nothing_is_shown_when_the_log_cannot_be_written(
    cast: Cast, signed_in: SignedIn, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in(cast.investigator)
    form = form_in(browser.get(address(report))) | REASON | {"passphrase": cast.investigator.passphrase}

    def full(_log: AccessLog, _session: object, entries: Sequence[object], _today: object) -> None:
        if entries:
            raise OperationalError("INSERT", None, Exception("disk full"))

    monkeypatch.setattr(AccessLog, "append", full)
    answer = browser.post(address(report), form)
    assert answer.status_code == 503
    assert not shows_identity(answer)


def test_an_anonymous_report_says_so(cast: Cast, signed_in: SignedIn) -> None:
    report = cast.report(cast.draft(identity={}))
    opened = ask(signed_in(cast.lead), report, cast.lead.passphrase)
    assert opened.status_code == 200
    assert "<dl" not in opened.text
