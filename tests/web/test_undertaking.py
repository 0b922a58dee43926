"""A new version of the undertaking: whoever holds keys is asked again at the next request, and nothing opens before they have signed."""

from collections.abc import Callable
from html import unescape

import pytest

from complaints.services import undertakings
from complaints.services.unit import Units
from complaints.vocabulary import Event
from tests.cast import CANARIES, NARRATIVE, Cast, Person, Report
from tests.web.conftest import Browser, Log

SignIn = Callable[[Person], Browser]
UNDERTAKING = "/staff/undertaking"
NEW = {"text_th": "ข้าพเจ้าจะรักษาความลับตลอดไป", "text_en": "I keep the confidence for good."}


@pytest.fixture
def report(cast: Cast) -> Report:
    report = cast.report()
    cast.assign(report, {cast.investigator: True, cast.second_investigator: False})
    return report


def publish(cast: Cast, signed_in: SignIn) -> None:
    """As an administrator does it."""
    browser, page = signed_in(cast.administrator), "/staff/set-up/undertaking"
    assert browser.post(page, NEW, token=browser.token_on(page)).status_code == 303


def english(browser: Browser) -> Browser:
    browser.get("/staff/account?lang=en")
    return browser


def sign(browser: Browser, version: str = "2", path: str = UNDERTAKING) -> str:
    answer = browser.post(path, {"agreed": "y", "version": version}, token=browser.token_on(UNDERTAKING))
    assert answer.status_code == 303
    return answer.location


def at(report: Report, rest: str = "") -> str:
    return f"/staff/cases/{report.case.hex()}{rest}"


# -- Asked again -----------------------------------------------------------------------------------------------------


def test_an_open_session_is_asked_again_at_its_next_request(
    cast: Cast, signed_in: SignIn, report: Report, log: Log
) -> None:
    browser = english(signed_in(cast.investigator))
    assert NARRATIVE in browser.get(at(report)).text
    before = len(log.entries(Event.CASE_OPENED))
    publish(cast, signed_in)
    answer = browser.get(at(report))
    assert answer.status_code == 303
    assert answer.location == f"{UNDERTAKING}?next=/staff/cases/{report.case.hex()}"
    page = unescape(browser.get(answer.location).text)
    assert NEW["text_en"] in page
    assert "You signed an earlier version" in page
    assert len(log.entries(Event.CASE_OPENED)) == before
    assert not log.entries(Event.DENIED)


@pytest.mark.parametrize(
    "rest", ["", "/identity", "/assign", "/export", "/close", "/reopen", "/move", "/files/" + "0" * 32]
)
@pytest.mark.parametrize("person", ["lead", "investigator"])
def test_no_page_of_a_case_opens_before_it_is_signed(
    cast: Cast, signed_in: SignIn, report: Report, log: Log, rest: str, person: str
) -> None:
    browser = signed_in(getattr(cast, person))
    publish(cast, signed_in)
    answer = browser.get(at(report, rest))
    assert answer.status_code == 303
    assert answer.location.startswith(UNDERTAKING)
    assert not log.entries(Event.CASE_OPENED)


@pytest.mark.parametrize("path", ["/staff/cases/search", "/staff/cases/several", "/staff/comments"])
def test_nor_does_what_opens_several(cast: Cast, signed_in: SignIn, report: Report, path: str) -> None:
    browser = signed_in(cast.lead)
    publish(cast, signed_in)
    answer = browser.get(path)
    assert answer.status_code == 303
    assert answer.location.startswith(UNDERTAKING)


@pytest.mark.parametrize(
    "path", ["/staff/", "/staff/cases", "/staff/account", "/staff/requests", UNDERTAKING, "/staff/account/passphrase"]
)
def test_everything_that_opens_nothing_stays(cast: Cast, signed_in: SignIn, report: Report, path: str) -> None:
    browser = signed_in(cast.investigator)
    publish(cast, signed_in)
    answer = browser.get(path)
    assert answer.status_code in {200, 303}
    assert UNDERTAKING not in answer.headers.get("Location", "")
    assert not any(value in answer.text for value in (NARRATIVE, *CANARIES.values()))


def test_leaving_a_case_and_its_timeline_stay(cast: Cast, signed_in: SignIn, report: Report) -> None:
    browser = signed_in(cast.investigator)
    publish(cast, signed_in)
    for rest in ("/recuse", "/timeline"):
        answer = browser.get(at(report, rest))
        assert answer.status_code == 200
        assert NARRATIVE not in answer.text


def test_the_list_says_what_is_missing(cast: Cast, signed_in: SignIn, report: Report) -> None:
    browser = english(signed_in(cast.investigator))
    publish(cast, signed_in)
    page = browser.get("/staff/cases").text
    assert "Before you do, no case opens to you" in page
    assert f'href="{UNDERTAKING}"' in page


def test_administrators_and_auditors_are_asked_for_nothing(cast: Cast, signed_in: SignIn) -> None:
    publish(cast, signed_in)
    assert signed_in(cast.administrator).get("/staff/accounts").status_code == 200
    assert signed_in(cast.auditor).get("/staff/log").status_code == 200
    assert signed_in(cast.auditor).get(UNDERTAKING).status_code == 403


def test_a_reporter_reads_on(cast: Cast, signed_in: SignIn, report: Report, browser: Browser) -> None:
    publish(cast, signed_in)
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    assert NARRATIVE in browser.get("/en/inbox/case").text


# -- Signed ----------------------------------------------------------------------------------------------------------


def test_once_it_is_signed_the_case_opens_and_the_way_goes_on_where_it_was_going(
    cast: Cast, signed_in: SignIn, report: Report, log: Log
) -> None:
    browser = english(signed_in(cast.investigator))
    publish(cast, signed_in)
    asked = browser.get(at(report)).location
    assert f'action="{asked}"' in browser.get(asked).text
    assert sign(browser, path=asked) == at(report)
    assert NARRATIVE in browser.get(at(report)).text
    (entry,) = [entry for entry in log.entries(Event.UNDERTAKING_SIGNED) if entry["subject"] == "2"]
    assert entry["actor"] == cast.investigator.account.hex()


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/en/inbox"])
def test_the_way_goes_on_within_the_staffs_pages_alone(cast: Cast, signed_in: SignIn, onward: str) -> None:
    browser = signed_in(cast.investigator)
    publish(cast, signed_in)
    assert sign(browser, path=f"{UNDERTAKING}?next={onward}") == "/staff/"


def test_what_one_signs_binds_nobody_else(cast: Cast, signed_in: SignIn, report: Report) -> None:
    browser, other = signed_in(cast.investigator), signed_in(cast.lead)
    publish(cast, signed_in)
    sign(browser)
    assert browser.get(at(report)).status_code == 200
    assert other.get(at(report)).status_code == 303


@pytest.mark.parametrize("form", [{"version": "2"}, {"agreed": "y", "version": "1"}, {"agreed": "y"}])
def test_without_the_box_or_under_the_old_version_nothing_is_signed(
    cast: Cast, signed_in: SignIn, report: Report, form: dict[str, str]
) -> None:
    browser = signed_in(cast.investigator)
    publish(cast, signed_in)
    assert browser.post(UNDERTAKING, form, token=browser.token_on(UNDERTAKING)).status_code == 400
    assert browser.get(at(report)).status_code == 303


def test_each_new_version_asks_again(cast: Cast, signed_in: SignIn, report: Report) -> None:
    browser = signed_in(cast.investigator)
    publish(cast, signed_in)
    sign(browser)
    publish(cast, signed_in)
    assert browser.get(at(report)).status_code == 303
    sign(browser, "3")
    assert browser.get(at(report)).status_code == 200


def test_who_signed_what_when_is_kept_and_shown(cast: Cast, signed_in: SignIn, units: Units) -> None:
    browser = english(signed_in(cast.investigator))
    publish(cast, signed_in)
    sign(browser)
    with units.reading() as unit:
        kept = undertakings.signatures(unit, cast.investigator.account)
        assert [(one.version, one.signed) for one in kept] == [(2, unit.today), (1, unit.today)]
        everybody = undertakings.signatures(unit)
    assert {one.account for one in everybody if one.version == 2} == {cast.investigator.account}
    assert {one.account for one in everybody if one.version == 1} > {cast.lead.account, cast.custodian.account}
    own = browser.get(UNDERTAKING).text
    assert own.index("Version 2, on") < own.index("Version 1, on")
    administrator = english(signed_in(cast.administrator))
    page = unescape(administrator.get("/staff/set-up/undertaking").text)
    assert "Version 2: Investigator, on" in page
    assert "Version 1: Lead, on" in page
    assert "Version 2: Lead, on" not in page


# -- What was being written ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "form", "event"),
    [
        ("/messages", {"text": "CANARY-TYPED one two"}, Event.MESSAGE_SENT),
        ("/notes", {"text": "CANARY-TYPED one two"}, Event.NOTE_WRITTEN),
        ("/close", {"revision": "1", "findings": "CANARY-TYPED", "feedback": "three"}, Event.CASE_CLOSED),
        ("/tasks", {"text": "CANARY-TYPED", "due": "2026-12-24"}, Event.TASK_SET),
        ("/move", {"reason": "CANARY-TYPED one two", "told": "four five"}, Event.CASE_MOVED),
        ("/own", {"label": "CANARY-TYPED one"}, Event.CASE_OPENED),
    ],
)
def test_what_was_being_written_is_given_back_and_done_by_nobody(
    cast: Cast, signed_in: SignIn, report: Report, log: Log, rest: str, form: dict[str, str], event: Event
) -> None:
    browser = english(signed_in(cast.lead))
    token = browser.token_on(at(report))
    before = len(log.entries(event))
    publish(cast, signed_in)
    answer = browser.post(at(report, rest), form, token=token)
    assert answer.status_code == 403
    assert "CANARY-TYPED" in answer.text
    assert "before you have signed it" in unescape(answer.text)
    assert UNDERTAKING in answer.text
    assert NARRATIVE not in answer.text
    assert len(log.entries(event)) == before


def test_a_reply_that_was_given_back_is_sent_once_the_undertaking_is_signed(
    cast: Cast, signed_in: SignIn, report: Report, log: Log
) -> None:
    browser = signed_in(cast.lead)
    token = browser.token_on(at(report))
    publish(cast, signed_in)
    browser.post(at(report, "/messages"), {"text": "Thank you for this."}, token=token)
    sign(browser)
    again = browser.post(at(report, "/messages"), {"text": "Thank you for this."}, token=token)
    assert again.status_code == 303
    assert len(log.entries(Event.MESSAGE_SENT)) == 1


def test_a_passphrase_is_given_back_to_nobody(cast: Cast, signed_in: SignIn, report: Report, log: Log) -> None:
    browser = signed_in(cast.lead)
    token = browser.token_on(at(report))
    publish(cast, signed_in)
    form = {"reason": "contact", "words": "two words", "passphrase": "CANARY secret words"}
    answer = browser.post(at(report, "/identity"), form, token=token)
    assert "CANARY" not in answer.text
    assert not any(value in answer.text for value in CANARIES.values())
    assert not log.entries(Event.IDENTITY_OPENED)


# -- Custodians ------------------------------------------------------------------------------------------------------


def test_a_custodian_hands_out_no_half_before_they_have_signed(cast: Cast, signed_in: SignIn, log: Log) -> None:
    browser = english(signed_in(cast.custodian))
    publish(cast, signed_in)
    assert browser.get("/staff/recoveries").status_code == 200
    path = f"/staff/recoveries/{cast.investigator.account.hex()}"
    answer = browser.post(path, {"passphrase": "any words at all"}, token=browser.token_on("/staff/account"))
    assert answer.status_code == 303
    assert answer.location.startswith(UNDERTAKING)
    assert not log.entries(Event.RECOVERY_RELEASED)
    sign(browser)
    again = browser.post(path, {"passphrase": "any words at all"}, token=browser.token_on("/staff/account"))
    assert not again.headers.get("Location", "").startswith(UNDERTAKING)
