"""The reporter's own identity on the web: the receipt is asked for again, the effect is told first, nothing typed is lost."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from complaints.clock import today
from complaints.errors import Denied
from complaints.models import Record, SealedField, SessionRow
from complaints.services import identity, sessions
from complaints.services.unit import Units
from complaints.services.uploads import StagedFile
from complaints.vocabulary import Cleaning, IdentityField, OpeningReason, RecordKind, ReportField, Way
from complaints.web.view_models import answer_lines
from complaints.web.whole_words import JOINER
from crypto import Receipt
from tests.cast import CANARIES, Cast, Person, Report
from tests.stage import upload
from tests.web.conftest import Browser, token_in

PAGE = "/en/inbox/case/identity"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


@pytest.fixture
def opened(browser: Browser, report: Report) -> Browser:
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    return browser


def sealed_in(text: str) -> str:
    found = re.search(r'name="sealed" value="([^"]+)"', text)
    assert found
    return unescape(found[1])


def ask(browser: Browser, receipt: Receipt, where: str = PAGE) -> str:
    return browser.post(where, {"code": receipt.grouped()}, token=browser.token_on(PAGE)).text


def opens(units: Units, person: Person, report: Report) -> dict[IdentityField, str]:
    with units.writing() as unit:
        return identity.open_identity(
            unit, person.actor, person.keys, person.identity_key, report.case, OpeningReason.VERIFY, "words"
        ).fields


def test_the_page_itself_holds_nothing_of_it(opened: Browser) -> None:
    text = opened.get(PAGE).text
    assert "One of those who handle your report holds a key to it." in text
    assert "CANARY" not in text


def test_with_the_receipt_it_is_seen(opened: Browser, report: Report) -> None:
    text = unescape(ask(opened, report.receipt))
    for value in CANARIES.values():
        assert value in text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type or paste your tracking code."),
        ("AAAA-AAAA", "Something is missing in this code."),
        ("A" * 30, "There is something too much in this code."),
        ("ก" * 28, "There is a typing mistake in this code."),
        ("A" * 28, "A letter or digit of this code is wrong."),
        (Receipt.generate().grouped(), "This is not the code of this report."),
    ],
    ids=["none", "short", "long", "mistyped", "altered", "other"],
)
def test_without_the_right_receipt_nothing_is_seen(opened: Browser, typed: str, words: str) -> None:
    for where in (PAGE, f"{PAGE}/withdraw"):
        answer = opened.post(where, {"code": typed}, token=opened.token_on(PAGE))
        assert answer.status_code == 400
        assert words in answer.text
        assert "CANARY" not in answer.text


def test_the_receipt_of_another_report_that_exists_is_told_no_otherwise(opened: Browser, cast: Cast) -> None:
    other = cast.report(cast.draft(narrative="another"))
    assert "This is not the code of this report." in ask(opened, other.receipt)


def test_a_correction_is_what_the_lead_sees(opened: Browser, report: Report, cast: Cast, units: Units) -> None:
    page = ask(opened, report.receipt)
    form = {name.value: text for name, text in CANARIES.items()} | {
        "phone": "089-NEW 1234567",
        "sealed": sealed_in(page),
    }
    answer = opened.post(f"{PAGE}/change", form, token=opened.token_on(PAGE))
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert "What you gave is sealed, and counts from now on." in opened.get(PAGE).text
    assert opens(units, cast.lead, report) == CANARIES | {IdentityField.PHONE: "089-NEW 1234567"}


def test_what_may_be_mistyped_is_saved_and_then_asked_about(
    opened: Browser, report: Report, cast: Cast, units: Units, caplog: pytest.LogCaptureFixture
) -> None:
    given = {name.value: text for name, text in CANARIES.items()} | {"email": "somying@gmail", "phone": "081 234 567"}
    with caplog.at_level("DEBUG"):
        form = given | {"sealed": sealed_in(ask(opened, report.receipt))}
        answer = opened.post(f"{PAGE}/change", form, token=opened.token_on(PAGE))
    text = unescape(answer.text)
    assert answer.status_code == 200
    assert "What you gave is sealed, and counts from now on." in text
    assert '<a class="govuk-link" href="#email">E-mail</a>: The ending is missing' in text
    assert '<a class="govuk-link" href="#phone">Telephone</a>: It has fewer digits' in text
    assert [value for value in given.values() if value not in text] == []
    told = [record.getMessage() for record in caplog.records]
    assert not [line for line in told if "somying" in line or "234 567" in line or "doubt" in line]
    saved = CANARIES | {IdentityField.EMAIL: "somying@gmail", IdentityField.PHONE: "081 234 567"}
    assert opens(units, cast.lead, report) == saved

    corrected = given | {"email": "somying@gmail.com", "phone": "081 234 5678", "sealed": sealed_in(answer.text)}
    assert opened.post(f"{PAGE}/change", corrected, token=token_in(answer)).location == PAGE
    seen = opens(units, cast.lead, report)
    assert (seen[IdentityField.EMAIL], seen[IdentityField.PHONE]) == ("somying@gmail.com", "081 234 5678")


def test_the_question_is_asked_in_thai_as_well(opened: Browser, report: Report) -> None:
    page = PAGE.replace("/en/", "/th/")
    form = {"email": "somying@", "sealed": sealed_in(ask(opened, report.receipt, page))}
    text = opened.post(f"{page}/change", form, token=opened.token_on(page)).text.replace(JOINER, "")
    assert "ข้อมูลนี้ถูกต้องไหม" in text
    assert "ข้อความหน้าหรือหลังเครื่องหมาย @ ขาดไป" in text


def test_what_is_too_long_keeps_every_word(opened: Browser, report: Report) -> None:
    form = {"name": "ก" * 683, "phone": "089-KEPT", "sealed": sealed_in(ask(opened, report.receipt))}
    answer = opened.post(f"{PAGE}/change", form, token=opened.token_on(PAGE))
    assert answer.status_code == 400
    assert "This is too long." in answer.text
    assert "089-KEPT" in answer.text
    assert "ก" * 683 in answer.text


def test_a_session_that_has_ended_loses_no_word(opened: Browser, report: Report, units: Units) -> None:
    form = {"phone": "089-KEPT", "sealed": sealed_in(ask(opened, report.receipt))}
    token = opened.token_on(PAGE)
    with units.writing() as unit:
        unit.session.query(SessionRow).delete()
    answer = opened.post(f"{PAGE}/change", form, token=token)
    assert answer.status_code == 403
    assert "Nothing is saved yet" in answer.text
    assert "089-KEPT" in answer.text


def test_a_form_of_another_session_changes_nothing(
    opened: Browser, app: Flask, report: Report, cast: Cast, units: Units
) -> None:
    """The key on the page is sealed under the cookie it came with."""
    stolen = sealed_in(ask(opened, report.receipt))
    with units.writing() as unit:
        token = sessions.begin(unit, report.reporter, report.keys)
    other = Browser(app.test_client())
    other.give_cookie("__Host-inbox", token)
    answer = other.post(f"{PAGE}/change", {"name": "x", "sealed": stolen}, token=other.token_on(PAGE))
    assert answer.status_code == 403
    assert opens(units, cast.lead, report) == CANARIES


def test_the_key_on_the_page_is_not_the_key(opened: Browser, report: Report) -> None:
    page = ask(opened, report.receipt)
    assert report.receipt.seed().identity().export_seed().hex() not in page
    assert report.receipt.text() not in page.replace("-", "")


def test_the_effect_is_told_before_anything_is_done(opened: Browser, report: Report, cast: Cast, units: Units) -> None:
    text = opened.get(f"{PAGE}/withdraw").text
    assert "This cannot be undone." in text
    assert "Your report goes on without it." in text
    last = today() + timedelta(days=35)
    assert f"until {last.day} {last:%B} {last.year}" in text
    assert opens(units, cast.lead, report) == CANARIES


def withdraw(browser: Browser, receipt: Receipt, **choices: str) -> TestResponse:
    """Through both pages: what goes is shown, then it goes."""
    form = {"sealed": sealed_in(ask(browser, receipt, f"{PAGE}/withdraw"))} | choices
    return browser.post(f"{PAGE}/withdraw/now", form, token=browser.token_on(PAGE))


def test_what_goes_is_shown_before_it_goes(opened: Browser, report: Report, cast: Cast, units: Units) -> None:
    text = ask(opened, report.receipt, f"{PAGE}/withdraw")
    assert "Nothing is erased yet." in text
    assert "CANARY" not in text
    assert opens(units, cast.lead, report) == CANARIES


def test_a_withdrawal(opened: Browser, report: Report, cast: Cast, units: Units) -> None:
    answer = withdraw(opened, report.receipt)
    assert (answer.status_code, answer.location) == (303, PAGE)
    text = opened.get(PAGE).text
    assert "You withdrew your name on" in text
    last = today() + timedelta(days=35)
    assert f"destroyed on {last.day} {last:%B} {last.year}" in text
    with pytest.raises(Denied):
        opens(units, cast.lead, report)
    assert opened.get(f"{PAGE}/withdraw").location == PAGE


def test_staff_are_told_that_it_was_withdrawn(
    opened: Browser, report: Report, cast: Cast, signed_in: Callable[[Person], Browser]
) -> None:
    withdraw(opened, report.receipt)
    lead, address = signed_in(cast.lead), f"/staff/cases/{report.case.hex()}"
    assert "The reporter withdrew it on" in lead.get(f"{address}?lang=en").text
    gone = lead.get(f"{address}/identity?lang=en")
    assert gone.status_code == 403
    assert "Nobody can open it any more" in gone.text
    assert "ask a lead" not in gone.text


def test_nothing_speaks_of_a_name_that_was_withdrawn(opened: Browser, report: Report) -> None:
    assert "Withdraw my name" in opened.get("/en/inbox/case/requests").text
    withdraw(opened, report.receipt)
    assert "Withdraw my name" not in opened.get("/en/inbox/case/requests").text


def test_how_it_was_reported_says_that_the_name_was_withdrawn(app: Flask) -> None:
    with app.test_request_context("/en/"):
        said = {
            way: dict(answer_lines({ReportField.WAY: way}, [], date(2026, 1, 5)))[ReportField.WAY]
            for way in (Way.NAMED, Way.ANONYMOUS)
        }
    assert "The name was withdrawn on" in said[Way.NAMED]
    assert "withdrawn" not in said[Way.ANONYMOUS]


def test_after_a_withdrawal_the_form_is_empty_and_can_be_filled_again(
    opened: Browser, report: Report, cast: Cast, units: Units
) -> None:
    withdraw(opened, report.receipt)
    page = ask(opened, report.receipt)
    assert "CANARY" not in page
    opened.post(f"{PAGE}/change", {"name": "again", "sealed": sealed_in(page)}, token=token_in(opened.get(PAGE)))
    assert opens(units, cast.lead, report)[IdentityField.NAME] == "again"


@pytest.mark.parametrize("path", ["", "/change", "/withdraw", "/withdraw/now"])
def test_without_the_receipt_it_leads_to_the_code(browser: Browser, report: Report, path: str) -> None:
    assert browser.get(PAGE + path).location == "/en/inbox"
    answer = browser.post(PAGE + path, {"code": report.receipt.grouped()})
    assert answer.status_code == (403 if path == "/change" else 303)


@pytest.mark.parametrize("path", ["", "/change", "/withdraw", "/withdraw/now"])
def test_a_form_without_its_token_does_nothing(opened: Browser, report: Report, path: str) -> None:
    answer = opened.post(PAGE + path, {"code": report.receipt.grouped()})
    assert answer.status_code == (403 if path == "/change" else 400)
    assert "You withdrew" not in opened.get(PAGE).text


# -- Files that lie with the name ------------------------------------------------------------------------------------


@pytest.fixture
def with_files(browser: Browser, cast: Cast) -> tuple[Report, StagedFile, StagedFile]:
    """A report with a file that could not be cleaned and the original of a photograph; its mailbox is open."""
    copy = upload(cast.units, b"clean", "photo.jpg")
    original = replace(upload(cast.units, b"CANARY-PHOTO", "photo.jpg"), kind=RecordKind.ORIGINAL, twin=copy.id)
    voice = replace(upload(cast.units, b"CANARY-VOICE", "voice.m4a"), kind=RecordKind.ORIGINAL, cleaning=Cleaning.NOT)
    clean = replace(copy, cleaning=Cleaning.CLEANED, twin=original.id)
    report = cast.report(cast.draft(files=(voice, clean, original)))
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    return report, voice, original


def test_who_gave_no_name_is_not_told_of_one(browser: Browser, cast: Cast) -> None:
    voice = replace(upload(cast.units, b"CANARY-VOICE", "voice.m4a"), kind=RecordKind.ORIGINAL, cleaning=Cleaning.NOT)
    draft = cast.draft(files=(voice,))
    anonymous = {**draft.answers, ReportField.WAY: Way.ANONYMOUS.value}
    report = cast.report(replace(draft, answers=anonymous))
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    page = browser.get("/en/inbox/case").text
    assert "1 more of your files is sealed apart: the leads can open it" in page
    assert "sealed with your name" not in page
    assert "there is none to open until you give it here" in browser.get(PAGE).text


def test_a_file_with_no_other_copy_is_named_and_asked_about(
    browser: Browser, with_files: tuple[Report, StagedFile, StagedFile], cast: Cast, units: Units
) -> None:
    report, voice, original = with_files
    page = ask(browser, report.receipt, f"{PAGE}/withdraw")
    assert "voice.m4a" in page
    assert "“photo.jpg” as you sent it. The clean copy stays in your report." in unescape(page)
    assert f'name="file-{voice.id.hex()}"' in page
    assert f'name="file-{original.id.hex()}"' not in page
    answer = withdraw(browser, report.receipt)
    assert answer.status_code == 400
    assert "Choose what becomes of this file." in answer.text
    assert opens(units, cast.lead, report) == CANARIES


@pytest.mark.parametrize(
    ("choice", "told", "staff_told"),
    [
        ("report", "everybody who reads your report has it since", "and gave 1 file that was sealed with it"),
        ("erase", "1 file was erased with your name on", "1 file was erased with it."),
    ],
)
def test_both_sides_read_what_became_of_it(
    browser: Browser,
    with_files: tuple[Report, StagedFile, StagedFile],
    cast: Cast,
    signed_in: Callable[[Person], Browser],
    choice: str,
    told: str,
    staff_told: str,
) -> None:
    report, voice, _original = with_files
    assert withdraw(browser, report.receipt, **{f"file-{voice.id.hex()}": choice}).status_code == 303
    box = unescape(browser.get("/en/inbox/case").text)
    assert told in box
    assert ("voice.m4a" in box) == (choice == "report")
    assert "The file as you sent it is sealed with your name." not in box
    assert "See your files as you sent them" not in box
    page = unescape(signed_in(cast.lead).get(f"/staff/cases/{report.case.hex()}?lang=en").text)
    assert staff_told in page
    assert "of 1 file the clean copy alone is left." in page
    assert "Take the original file" not in page


def test_an_original_is_downloaded_from_the_page_that_names_it(
    browser: Browser, with_files: tuple[Report, StagedFile, StagedFile]
) -> None:
    report, voice, _original = with_files
    for where in (PAGE, f"{PAGE}/withdraw"):
        page = ask(browser, report.receipt, where)
        address = f"{PAGE}/original/{voice.id.hex()}"
        assert f'formaction="{address}"' in page
        answer = browser.post(address, {"sealed": sealed_in(page)}, token=browser.token_on(PAGE))
        assert (answer.status_code, answer.data) == (200, b"CANARY-VOICE")
    assert browser.post(address, {"sealed": "x"}, token=browser.token_on(PAGE)).location == PAGE


def test_what_somebody_spoiled_can_be_withdrawn_all_the_same(opened: Browser, report: Report, units: Units) -> None:
    with units.writing() as unit:
        unit.session.query(SealedField).filter(
            SealedField.record_id.in_(select(Record.id).where(Record.compartment == "identity"))
        ).update({"value": b"spoiled"}, synchronize_session=False)
    page = ask(opened, report.receipt, f"{PAGE}/withdraw")
    assert "was changed in our database without right" in page
    form = {"sealed": sealed_in(page), "unread": "yes"}
    assert opened.post(f"{PAGE}/withdraw/now", form, token=opened.token_on(PAGE)).status_code == 303
    assert "You withdrew your name on" in opened.get(PAGE).text


def test_a_page_of_another_session_withdraws_nothing(opened: Browser, report: Report, cast: Cast, units: Units) -> None:
    answer = opened.post(f"{PAGE}/withdraw/now", {"sealed": "x"}, token=opened.token_on(PAGE))
    assert answer.location == f"{PAGE}/withdraw"
    assert opened.get(f"{PAGE}/withdraw/now").location == f"{PAGE}/withdraw"
    assert opens(units, cast.lead, report) == CANARIES
