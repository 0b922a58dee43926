"""Evidence on its way: told about and cleaned before it is sent; the original among what identifies, the copy in the report."""

import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy import func, select

from complaints.models import File, FileChunk, Record
from complaints.policy import Action
from complaints.services import case_reading, casework, identity, own_data, own_identity, uploads
from complaints.services.check import examine
from complaints.services.keys import SessionKeys
from complaints.services.log_proofs import verify_proof
from complaints.services.mailbox import Reporter, find_case
from complaints.services.unit import Units
from complaints.vocabulary import Cleaning, Event, OpeningReason, RecordKind, Trace
from crypto import Receipt
from tests.cast import Cast, Report
from tests.evidence import document, letter, photo, told
from tests.web.conftest import Browser, Log
from tests.web.forms import PageForm, Upload
from tests.web.ladder import NO_CASE, CaseLadder, SignedIn
from tests.web.test_reporter_files import listed, refused, send, with_files

PHOTO: Upload = ("photo.jpg", photo(), "image/jpeg")
UNKNOWN: Upload = ("data.bin", b"\x00\x01\x02 unknown", "image/jpeg")


def kinds_in(units: Units) -> list[str]:
    with units.reading() as unit:
        kinds = unit.session.scalars(select(Record.kind))
        return sorted(kind for kind in kinds if kind in {RecordKind.FILE, RecordKind.ORIGINAL})


def opened_by_lead(cast: Cast, receipt: Receipt) -> case_reading.OpenedCase:
    with cast.units.writing() as unit:
        case = find_case(unit, receipt)
        assert case is not None
        return case_reading.read_case(unit, cast.lead.actor, cast.lead.keys, case)


def content_of(cast: Cast, opened: case_reading.OpenedCase, file_id: bytes) -> bytes:
    """An original, as a lead takes it."""
    with cast.units.writing() as unit:
        file = identity.open_original(
            unit,
            cast.lead.actor,
            cast.lead.keys,
            cast.lead.new.seed.identity(),
            opened.id,
            file_id,
            OpeningReason.VERIFY,
            "why",
        )
    return b"".join(uploads.stream_file(cast.units, file.id, file.key, file.length))


def read(cast: Cast, opened: case_reading.OpenedCase, file_id: bytes) -> bytes:
    with cast.units.writing() as unit:
        file = casework.open_file(unit, cast.lead.actor, cast.lead.keys, opened.id, file_id)
    return b"".join(uploads.stream_file(cast.units, file.id, file.key, file.length))


@pytest.mark.parametrize(
    "sent",
    [PHOTO, ("a.pdf", document(photo()), "x/y"), ("a.docx", letter(photo()), "x/y")],
    ids=["photo", "pdf", "docx"],
)
def test_the_report_gets_the_clean_copy_and_the_identity_the_original(
    browser: Browser, cast: Cast, sent: Upload
) -> None:
    answer = with_files(browser, sent)
    assert "Found and taken out:" in answer.text
    assert "the place where it was made" in answer.text
    opened = opened_by_lead(cast, send(answer, browser))
    (line,) = opened.files
    assert line.cleaning is Cleaning.CLEANED
    assert Trace.POSITION in line.found
    assert told(read(cast, opened, line.id)) == []
    assert content_of(cast, opened, line.original) == sent[1]
    assert opened.kept_apart == ()
    with cast.units.reading() as unit:
        assert list(examine(unit, cast.units.access_log)) == []


def test_originals_go_with_the_identity_and_the_copies_stay(browser: Browser, cast: Cast) -> None:
    receipt = send(with_files(browser, PHOTO, UNKNOWN), browser)
    assert kinds_in(cast.units) == ["file", "original", "original"]
    opened = opened_by_lead(cast, receipt)
    with cast.units.writing() as unit:
        own_identity.withdraw(unit, Reporter(opened.id), SessionKeys.of(receipt.seed()))
    assert uploads.sweep(cast.units, date.min) == 2
    assert kinds_in(cast.units) == ["file"]
    with cast.units.reading() as unit:
        assert unit.session.scalar(select(func.count()).select_from(File)) == 1
        assert unit.session.scalar(select(func.count(FileChunk.file_id.distinct()))) == 1
        assert list(examine(unit, cast.units.access_log)) == []
    after = opened_by_lead(cast, receipt)
    assert told(read(cast, after, after.files[0].id)) == []
    assert after.kept_apart == ()


def test_an_assignment_hands_the_originals_over_with_the_identity(browser: Browser, cast: Cast) -> None:
    receipt = send(with_files(browser, PHOTO), browser)
    opened = opened_by_lead(cast, receipt)
    cast.assign(_report(opened, receipt))
    assert content_of(cast, opened, opened.files[0].original) == PHOTO[1]


def _report(opened: case_reading.OpenedCase, receipt: Receipt) -> Report:
    return Report(case=opened.id, receipt=receipt, reference=opened.reference)


def test_what_cannot_be_cleaned_goes_to_few_unless_the_reporter_says_otherwise(browser: Browser, cast: Cast) -> None:
    answer = with_files(browser, UNKNOWN)
    assert "We could not clean it" in answer.text
    assert "Only the leads, and whoever they let see names, get it." in answer.text
    form = PageForm.on(browser, answer)
    (name,) = (name for name in form.values if name.startswith("who-"))
    assert form[name] == "identity"
    opened = opened_by_lead(cast, send(answer, browser))
    assert opened.files == ()
    (apart,) = opened.kept_apart
    assert content_of(cast, opened, apart) == UNKNOWN[1]


def test_a_file_that_is_not_what_its_name_says_is_not_called_clean(
    browser: Browser, cast: Cast, signed_in: SignedIn
) -> None:
    answer = with_files(browser, ("broken.jpg", b"ten bytes!", "image/jpeg"))
    assert "It cannot be opened as what its name says, and may be damaged." in answer.text
    assert "nothing hidden" not in answer.text
    form = PageForm.on(browser, answer)
    (name,) = (name for name in form.values if name.startswith("who-"))
    assert form[name] == "identity"
    form.values[name] = ["report"]
    opened = opened_by_lead(cast, send(form.post("/en/form/check"), browser))
    assert [line.cleaning for line in opened.files] == [Cleaning.NOT]
    page = signed_in(cast.lead).get(f"/staff/cases/{opened.id.hex()}?lang=en").text
    assert "It cannot be opened as what its name says" in page


def test_the_reporter_may_share_it_and_the_check_page_says_so(browser: Browser, cast: Cast) -> None:
    form = PageForm.on(browser, with_files(browser, UNKNOWN))
    (name,) = (name for name in form.values if name.startswith("who-"))
    form.values[name] = ["report"]
    answer = form.post("/en/form/check")
    assert "Everybody who reads the report gets it." in answer.text
    opened = opened_by_lead(cast, send(answer, browser))
    assert [line.cleaning for line in opened.files] == [Cleaning.NOT]
    assert opened.kept_apart == ()


def test_a_choice_changed_after_the_check_page_is_shown_first(browser: Browser, cast: Cast) -> None:
    form = PageForm.on(browser, with_files(browser, UNKNOWN)).fill(declared="y")
    (name,) = (name for name in form.values if name.startswith("who-"))
    form.values[name] = ["report"]
    assert "Something was changed" in form.post("/en/form/send").text


def test_a_clean_file_is_sent_once_as_it_is(browser: Browser, cast: Cast) -> None:
    answer = with_files(browser, ("a.txt", b"words", "text/plain"))
    assert "We found nothing hidden in it." in unescape(answer.text)
    opened = opened_by_lead(cast, send(answer, browser))
    assert [line.cleaning for line in opened.files] == [Cleaning.NOTHING]
    assert kinds_in(cast.units) == ["file"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf<html><o:Author>A. Name</o:Author>Words.</html>",
        b"From: A. Name\nTo: B\n\nWords.",
        b"%!PS\n%%For: A. Name\n",
    ],
    ids=["HTML", "letter", "PostScript"],
)
def test_text_that_tells_more_than_it_shows_is_not_said_to_hide_nothing(
    browser: Browser, cast: Cast, content: bytes
) -> None:
    answer = with_files(browser, ("a.txt", content, "text/plain"))
    assert "We could not clean it" in answer.text
    opened = opened_by_lead(cast, send(answer, browser))
    assert opened.files == ()
    (apart,) = opened.kept_apart
    assert content == content_of(cast, opened, apart)


def test_a_program_is_refused_by_name_and_leaves_nothing(browser: Browser, units: Units, cast: Cast) -> None:
    answer = with_files(browser, ("photo.jpg", b"MZ\x90\0" + bytes(100_000), "image/jpeg"))
    refused(answer, "“photo.jpg” is a program")
    assert listed(answer) == []
    with units.reading() as unit:
        assert unit.session.scalar(select(func.count()).select_from(FileChunk)) == 0


def test_a_bomb_is_refused_by_name(browser: Browser, cast: Cast) -> None:
    answer = with_files(browser, ("a.docx", letter(b"", **{"word/x.xml": bytes(300_000_000)}), "x/y"))
    refused(answer, "“a.docx” unpacks into far too much.")


def test_a_copy_of_everything_holds_the_originals(browser: Browser, cast: Cast) -> None:
    receipt = send(with_files(browser, PHOTO), browser)
    opened = opened_by_lead(cast, receipt)
    keys = SessionKeys.of(receipt.seed())
    with cast.units.writing() as unit:
        data = own_data.collect(unit, cast.units.access_log, Reporter(opened.id), keys, receipt.seed().identity())
    (original,) = data.originals
    assert b"".join(uploads.stream_file(cast.units, original.id, original.key, original.length)) == PHOTO[1]


# -- Taking an original ----------------------------------------------------------------------------------------------


class TestLadder(CaseLadder):
    path = "/staff/cases/{case}/originals/" + NO_CASE.hex()
    action = Action.READ_ORIGINAL

    @pytest.fixture
    def report(self, cast: Cast) -> Report:
        return cast.report()


def test_an_original_asks_for_reason_and_passphrase_and_is_entered_as_the_identity_is(
    browser: Browser, cast: Cast, signed_in: SignedIn, log: Log
) -> None:
    opened = opened_by_lead(cast, send(with_files(browser, PHOTO), browser))
    staff = signed_in(cast.lead)
    page = staff.get(f"/staff/cases/{opened.id.hex()}")
    assert "files__told" in page.text
    found = re.search(r'href="(/staff/cases/[0-9a-f]{32}/originals/[0-9a-f]{32})"', page.text)
    assert found
    form = staff.get(found[1])
    once = re.search(r'name="once" value="([^"]+)"', form.text)
    token = re.search(r'name="csrf_token" value="([^"]+)"', form.text)
    assert once
    assert token
    fields = {"once": once[1], "reason": "verify", "words": "To see where it was taken."}
    answer = staff.post(found[1], {**fields, "passphrase": cast.lead.passphrase}, token=token[1])
    assert answer.status_code == 200, answer.text
    assert answer.data == PHOTO[1]
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    (entry,) = log.entries(Event.ORIGINAL_OPENED)
    assert (entry["reason"], entry["case"], entry["pseudonym"]) == ("verify", opened.id.hex(), "1")
    assert log.entries(Event.FILE_OPENED)
    assert not log.entries(Event.IDENTITY_OPENED)


def test_the_reporter_reads_that_a_file_was_opened_and_not_that_a_name_was(browser: Browser, cast: Cast) -> None:
    receipt = send(with_files(browser, PHOTO), browser)
    opened = opened_by_lead(cast, receipt)
    lead, original = cast.lead, opened.files[0].original
    assert original is not None
    with cast.units.writing() as unit:
        words = (OpeningReason.VERIFY, "To see where it was taken.")
        identity.open_original(unit, lead.actor, lead.keys, lead.identity_key, opened.id, original, *words)
    browser.post("/en/inbox", {"code": receipt.grouped()})
    page = browser.get("/en/inbox/case/looked").text
    assert "Nobody has opened your name" in page
    assert "A file as you sent it has been opened once" in page
    (proof,) = re.findall(r'href="(/en/inbox/case/looked/[0-9]+)"', page)
    shown = verify_proof(browser.get(proof).get_json(), cast.units.access_log.verifier_key).fields
    assert (shown["event"], shown["case"]) == (Event.ORIGINAL_OPENED, opened.id.hex())


def test_whoever_holds_no_identity_sees_no_link_and_gets_no_original(
    browser: Browser, cast: Cast, signed_in: SignedIn
) -> None:
    opened = opened_by_lead(cast, send(with_files(browser, PHOTO), browser))
    staff = signed_in(cast.triage)
    assert "/originals/" not in staff.get(f"/staff/cases/{opened.id.hex()}").text
    address = f"/staff/cases/{opened.id.hex()}/originals/{opened.files[0].original.hex()}"
    assert staff.get(address).status_code == 403


# -- What the reporter sees of it afterwards -------------------------------------------------------------------------


def own_page(browser: Browser, receipt: Receipt) -> str:
    """The page with their name, opened with the receipt again."""
    where = "/en/inbox/case/identity"
    return unescape(browser.post(where, {"code": receipt.grouped()}, token=browser.token_on(where)).text)


def test_the_mailbox_lists_copies_and_leads_to_the_originals(browser: Browser, cast: Cast) -> None:
    del cast
    receipt = send(with_files(browser, PHOTO, UNKNOWN), browser)
    browser.post("/en/inbox", {"code": receipt.grouped()})
    box = unescape(browser.get("/en/inbox/case").text)
    assert "A copy without what it told of you." in box
    assert "1 more of your files is sealed with your name." in box
    assert "data.bin" not in box, "its name is sealed with the identity, which a session does not open"
    page = own_page(browser, receipt)
    originals = page.partition('id="originals"')[2]
    assert [name in originals for name in ("photo.jpg", "data.bin")] == [True, True]


def test_after_a_withdrawal_none_is_listed(browser: Browser, cast: Cast, units: Units) -> None:
    receipt = send(with_files(browser, PHOTO, UNKNOWN), browser)
    with cast.units.writing() as unit:
        case = find_case(unit, receipt)
        assert case is not None
        own_identity.withdraw(unit, Reporter(case), SessionKeys.of(receipt.seed()))
    browser.post("/en/inbox", {"code": receipt.grouped()})
    assert "more of your files" not in browser.get("/en/inbox/case").text
    assert 'id="originals"' not in own_page(browser, receipt)


def test_several_files_stand_apart_on_the_check_page(browser: Browser, cast: Cast) -> None:
    del cast
    page = unescape(with_files(browser, PHOTO, UNKNOWN).text)
    told_of = page.partition('id="s16"')[2]
    assert re.search(r"sealed apart, as names are\.\n\ndata\.bin \(", told_of)
