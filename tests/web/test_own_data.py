"""A reporter's copy of everything: whole, readable without us, and inert."""

import json
import re
from collections.abc import Callable
from html import unescape
from io import BytesIO
from zipfile import BadZipFile, ZipFile

import pytest

from complaints.errors import Refused
from complaints.services import casework, data_requests, identity
from complaints.services.access_log import AccessLog
from complaints.services.log_proofs import verify_proof
from complaints.services.unit import Units
from complaints.services.uploads import StagedUpload
from complaints.vocabulary import DataRequest, OpeningReason
from complaints.web.archive import zipped
from crypto import Receipt
from tests.cast import CANARIES, NARRATIVE, Cast, Person, Report
from tests.web.conftest import Browser

DATA = "/en/inbox/case/data"
PICTURE = bytes(range(256)) * 600
NAME = "../<script>รูป.jpg"


@pytest.fixture
def report(cast: Cast, units: Units) -> Report:
    upload = StagedUpload(units, NAME, "image/jpeg", 1_000_000)
    upload.write(PICTURE)
    report = cast.report(cast.draft(narrative=f"{NARRATIVE} <script>alert(1)</script>", files=(upload.finish(),)))
    lead = cast.lead
    with units.writing() as unit:
        casework.reply(unit, lead.actor, lead.keys, report.case, "CANARY-REPLY")
        data_requests.ask(unit, report.reporter, report.keys, DataRequest.OBJECTION, "CANARY-ASKED")
        casework.write_note(unit, lead.actor, lead.keys, report.case, "CANARY-NOTE")
        identity.open_identity(
            unit, lead.actor, lead.keys, lead.identity_key, report.case, OpeningReason.LAW, "CANARY-REASON"
        )
    return report


@pytest.fixture
def opened(browser: Browser, report: Report) -> Browser:
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    return browser


def taken(browser: Browser, report: Report) -> ZipFile:
    answer = browser.post(DATA, {"code": report.receipt.grouped()}, token=browser.token_on(DATA))
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="copy.zip"')
    archive = ZipFile(BytesIO(answer.data))
    assert archive.testzip() is None
    return archive


def test_everything_is_in_it(opened: Browser, report: Report) -> None:
    archive = taken(opened, report)
    page = unescape(archive.read("copy.html").decode())
    for said in (NARRATIVE, "CANARY-REPLY", "CANARY-EXCLUDED the accountant", report.reference, *CANARIES.values()):
        assert said in page
    assert "I object to how my data is used" in page
    assert "CANARY-ASKED" in page
    (name,) = [name for name in archive.namelist() if name.startswith("files/")]
    assert archive.read(name) == PICTURE


def test_nothing_that_is_not_theirs_is_in_it(opened: Browser, report: Report, cast: Cast) -> None:
    archive = taken(opened, report)
    whole = b"".join(archive.read(name) for name in archive.namelist()).decode(errors="replace")
    for hidden in ("CANARY-NOTE", "CANARY-REASON", cast.lead.display_name + ".", cast.lead.account.hex()):
        assert hidden not in whole
    assert report.receipt.text() not in whole.replace("-", "")


def test_the_page_runs_nothing_and_asks_nobody(opened: Browser, report: Report) -> None:
    page = taken(opened, report).read("copy.html").decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<img|<link|<iframe|<a |src=|href=|url\(|@import|https?:", page)


def test_names_lead_nowhere_and_no_time_is_told(opened: Browser, report: Report) -> None:
    for info in taken(opened, report).infolist():
        assert not info.filename.startswith(("/", "."))
        assert ".." not in info.filename.split("/")
        assert info.filename.count("/") <= 1
        assert info.date_time == (1980, 1, 1, 0, 0, 0)


def test_the_proofs_in_it_hold(opened: Browser, report: Report, access_log: AccessLog) -> None:
    archive = taken(opened, report)
    (proof,) = [name for name in archive.namelist() if name.startswith("proofs/")]
    assert verify_proof(json.loads(archive.read(proof)), access_log.verifier_key).fields["reason"] == "law"


def test_without_the_right_receipt_nothing_is_taken(opened: Browser) -> None:
    for typed in ("", "AAAA", Receipt.generate().grouped()):
        answer = opened.post(DATA, {"code": typed}, token=opened.token_on(DATA))
        assert answer.status_code == 400
        assert b"PK" not in answer.data[:2]


def test_strangers_staff_and_forms_without_a_token(
    browser: Browser, opened: Browser, report: Report, cast: Cast, signed_in: Callable[[Person], Browser]
) -> None:
    assert opened.post(DATA, {"code": report.receipt.grouped()}).status_code == 400
    staff = signed_in(cast.lead)
    assert staff.get(DATA).location == "/en/inbox"
    browser.client.delete_cookie("__Host-inbox", domain="report.example.org")
    assert browser.get(DATA).location == "/en/inbox"
    assert browser.post(DATA, {"code": report.receipt.grouped()}).location == "/en/inbox"


def test_a_zip_is_made_as_it_leaves() -> None:
    """No file's bytes are held back until another has been read."""
    asked: list[str] = []

    def chunks(name: str) -> Callable[[], object]:
        def give() -> object:
            for number in range(3):
                asked.append(f"{name}{number}")
                yield bytes(1000)

        return give

    pieces = zipped([("a", chunks("a")), ("b", chunks("b"))])  # type: ignore[list-item]
    first = next(pieces)
    assert asked == ["a0"]
    assert ZipFile(BytesIO(first + b"".join(pieces))).read("b") == bytes(3000)


def test_a_file_that_does_not_verify_leaves_no_whole_zip() -> None:
    def altered() -> object:
        yield b"some"
        raise Refused("a chunk of this file was altered, moved or replaced")

    received = bytearray()

    def receive() -> None:
        for piece in zipped([("a", altered)]):  # type: ignore[list-item]
            received.extend(piece)

    with pytest.raises(Refused):
        receive()
    with pytest.raises(BadZipFile):
        ZipFile(BytesIO(bytes(received)))


def test_what_investigators_sent_is_in_it(opened: Browser, report: Report, cast: Cast, units: Units) -> None:
    upload = StagedUpload(units, "letter.pdf", "application/pdf", 1_000_000)
    upload.write(b"CANARY-LETTER")
    letter = upload.finish()
    with units.writing() as unit:
        casework.reply(unit, cast.lead.actor, cast.lead.keys, report.case, "", [letter])
    archive = taken(opened, report)
    assert archive.read("files/02-letter.pdf") == b"CANARY-LETTER"
    assert "files/02-letter.pdf" in archive.read("copy.html").decode()
