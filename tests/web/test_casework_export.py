"""`/staff/cases/<case>/export` and `/export/identity`: a copy of a case that is taken away."""

import re
from datetime import timedelta
from io import BytesIO
from typing import ClassVar
from zipfile import ZipFile

import pytest
from pypdfium2 import PdfDocument
from werkzeug.test import TestResponse

from complaints import clock
from complaints.policy import Action
from complaints.services import casework, sealed_copies, tasks
from complaints.vocabulary import Event, IdentityField
from tests.cast import CANARIES, NARRATIVE, Cast, Report
from tests.stage import EVIDENCE, upload
from tests.web.conftest import Browser, Log, token_in
from tests.web.ladder import CaseLadder, FormLadder, SignedIn

NAME = CANARIES[IdentityField.NAME]
IDENTITY: dict[str, str] = {"reason": "contact", "words": "CANARY-WORDS to meet"}


@pytest.fixture
def report(cast: Cast) -> Report:
    report = cast.report(cast.draft(files=(upload(cast.units, EVIDENCE),)))
    cast.assign(report)
    with cast.units.writing() as unit:
        casework.write_note(unit, cast.investigator.actor, cast.investigator.keys, report.case, "CANARY-NOTE of one")
        casework.reply(unit, cast.investigator.actor, cast.investigator.keys, report.case, "CANARY-REPLY to them")
    return report


def address(report: Report, more: str = "") -> str:
    return f"/staff/cases/{report.case.hex()}/export{more}"


def take(browser: Browser, report: Report, more: str = "", **form: str) -> TestResponse:
    page = browser.get(address(report, more))
    once = re.search(r'name="once" value="([^"]+)"', page.text)
    assert once
    return browser.post(address(report, more), {"once": once[1]} | form, token=token_in(page))


def unpacked(data: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


class TestFormLadder(CaseLadder):
    path = "/staff/cases/{case}/export"
    action = Action.EXPORT_CASE


class TestTakingLadder(FormLadder):
    path = "/staff/cases/{case}/export"
    action = Action.EXPORT_CASE
    event = Event.CASE_EXPORTED


class TestTakingIdentityLadder(FormLadder):
    path = "/staff/cases/{case}/export/identity"
    action = Action.EXPORT_CASE
    event = Event.CASE_EXPORTED
    has_words = True
    form: ClassVar = IDENTITY | {"passphrase": "CANARY-PASSPHRASE"}


def test_a_copy_holds_what_its_taker_reads_and_no_identity(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    files = unpacked(take(signed_in(cast.investigator), report).data)
    page = files.pop("case.html").decode()
    for words in (NARRATIVE, "CANARY-NOTE of one", "CANARY-REPLY to them", report.reference, "CANARY-EXCLUDED"):
        assert words in page
    assert cast.investigator.display_name in page
    printed = files.pop("case.pdf")
    assert printed.startswith(b"%PDF-")
    assert list(files.values()) == [EVIDENCE]
    assert not [text for text in CANARIES.values() if text in page]
    (entry,) = log.entries(Event.CASE_EXPORTED)
    assert (entry["actor"], entry["reason"]) == (cast.investigator.account.hex(), "without-identity")
    assert not log.entries(Event.IDENTITY_OPENED)


def test_the_pdf_says_the_same_and_no_identity(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    pages = PdfDocument(unpacked(take(signed_in(cast.investigator), report).data)["case.pdf"])
    copied = [pages[number].get_textpage().get_text_range() for number in range(len(pages))]
    whole = " ".join(" ".join(copied).split())
    for words in (NARRATIVE, "CANARY-NOTE of one", "CANARY-REPLY to them", report.reference):
        assert words in whole
    assert all(cast.investigator.display_name in page for page in copied)
    assert not [text for text in CANARIES.values() if text in whole]


def test_it_names_the_organisation_the_tasks_and_since_when_somebody_holds_keys(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    with cast.units.writing() as unit:
        tasks.set_task(
            *(unit, cast.lead.actor, cast.lead.keys, report.case),
            text="CANARY-TASK",
            account=cast.investigator.account,
            due=clock.today() + timedelta(days=3),
        )
    browser = signed_in(cast.investigator)
    browser.get("/staff/cases?lang=en")
    page = unpacked(take(browser, report).data)["case.html"].decode()
    for words in ("<dt>Organisation</dt><dd>Example", "CANARY-TASK", f"{cast.lead.display_name}, since "):
        assert words in page


def test_the_page_in_it_runs_nothing_and_asks_nobody(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    page = unpacked(take(signed_in(cast.lead), report).data)["case.html"].decode()
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|link|img|a|form)\b|src=|href=", page)


def test_the_identity_is_in_it_only_when_it_was_opened_for_it(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    form = IDENTITY | {"passphrase": cast.investigator.passphrase}
    page = unpacked(take(signed_in(cast.investigator), report, "/identity", **form).data)["case.html"].decode()
    assert NAME in page
    (opened,), (exported,) = log.entries(Event.IDENTITY_OPENED), log.entries(Event.CASE_EXPORTED)
    assert (opened["reason"], exported["reason"]) == ("contact", "with-identity")


@pytest.mark.parametrize("changed", [{"passphrase": "CANARY wrong"}, {"words": ""}, {"reason": "bogus"}])
def test_without_reason_or_passphrase_nothing_leaves(
    changed: dict[str, str], cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    form = IDENTITY | {"passphrase": cast.lead.passphrase} | changed
    answer = take(signed_in(cast.lead), report, "/identity", **form)
    assert answer.status_code == 400
    assert NAME not in answer.text
    assert not log.entries(Event.CASE_EXPORTED) + log.entries(Event.IDENTITY_OPENED)


def test_whoever_holds_no_identity_is_told_no(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    browser = signed_in(cast.second_investigator)
    assert browser.get(address(report, "/identity")).status_code == 403
    assert "/export/identity" not in browser.get(address(report)).text
    form = IDENTITY | {"passphrase": cast.second_investigator.passphrase}
    answer = browser.post(address(report, "/identity"), form, token=browser.token_on(address(report)))
    assert answer.status_code == 403
    assert not log.entries(Event.CASE_EXPORTED)


def test_a_form_that_is_sent_again_makes_no_second_copy(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    browser = signed_in(cast.lead)
    page = browser.get(address(report))
    once = re.search(r'name="once" value="([^"]+)"', page.text)
    assert once
    for _ in range(2):
        answer = browser.post(address(report), {"once": once[1]}, token=token_in(page))
    assert answer.mimetype == "text/html"
    assert len(log.entries(Event.CASE_EXPORTED)) == 1


def test_a_copy_sealed_to_a_key_opens_with_that_key_alone(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    private, public = sealed_copies.draw_key()
    answer = take(signed_in(cast.lead), report, seal_to=public)
    assert f"{report.reference}.zip.sealed" in answer.headers["Content-Disposition"]
    assert NARRATIVE.encode() not in answer.data
    pieces = sealed_copies.opened(BytesIO(answer.data), sealed_copies.read_private(private))
    assert NARRATIVE in unpacked(b"".join(pieces))["case.html"].decode()


@pytest.mark.parametrize("more", ["", "/identity"])
def test_what_is_no_key_seals_nothing_and_nothing_leaves(
    more: str, cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    form = IDENTITY | {"passphrase": cast.lead.passphrase, "seal_to": "CANARY no key"}
    answer = take(signed_in(cast.lead), report, more, **form)
    assert answer.status_code == 400
    assert 'id="seal_to-error"' in answer.text
    assert not log.entries(Event.CASE_EXPORTED)
