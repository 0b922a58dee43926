"""Files in a report: sealed as they arrive, riding along by their keys, never on a disk; and bodies that are no form of ours."""

import os
import re
import tempfile
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import unescape
from io import RawIOBase

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from complaints.config import Settings
from complaints.models import Case, File, FileChunk
from complaints.services import mailbox
from complaints.services.keys import SessionKeys
from complaints.services.unit import Units
from complaints.services.uploads import stream_file, sweep
from complaints.web.body import PARTS_LIMIT, TEXT_LIMIT
from complaints.web.reporter.evidence import NAME_LIMIT, plain_name
from crypto import Receipt
from tests.cast import Cast
from tests.web.conftest import ORIGIN, Browser
from tests.web.forms import PageForm

MIB = 1024 * 1024
PHOTO = ("หลักฐาน 1.txt", os.urandom(100_000).hex().encode(), "text/plain")
NOTE = ("note.txt", b"short", "text/plain")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Smaller limits, so that tests reach them."""
    return replace(settings, file_limit=2 * MIB, report_limit=3 * MIB, file_count_limit=3)


def blank(browser: Browser) -> PageForm:
    return PageForm.on(browser, browser.get("/en/form")).fill(narrative="It happened.")


def with_files(browser: Browser, *uploads: tuple[str, bytes, str]) -> TestResponse:
    form = blank(browser)
    form.uploads = list(uploads)
    return form.post("/en/form/check")


def listed(answer: TestResponse) -> list[str]:
    return [unescape(name) for name in re.findall(r'class="attached__name">([^<]*)<', answer.text)]


def stored(units: Units) -> int:
    with units.reading() as unit:
        return unit.session.scalar(select(func.count()).select_from(FileChunk)) or 0


def send(answer: TestResponse, browser: Browser) -> Receipt:
    answer = PageForm.on(browser, answer).fill(declared="y").post("/en/form/send")
    found = re.search(r'id="receipt">([^<]+)<', answer.text)
    assert found, answer.text
    return Receipt.parse(found[1])


def files_of(units: Units, receipt: Receipt) -> dict[str, tuple[str, bytes]]:
    """Name, type and content of what the reporter finds in their mailbox."""
    keys = SessionKeys.of(receipt.seed())
    with units.writing() as unit:
        case = mailbox.find_case(unit, receipt)
        assert case is not None
        reporter = mailbox.Reporter(case)
        lines = mailbox.read_mailbox(unit, reporter, keys).files
        opened = [mailbox.open_own_file(unit, reporter, keys, line.id) for line in lines]
    return {o.name: (o.media_type, b"".join(stream_file(units, o.id, o.key, o.length))) for o in opened}


# -- The way through ------------------------------------------------------------------------------------------------


def test_files_come_back_from_the_mailbox_as_they_were_sent(browser: Browser, units: Units, cast: Cast) -> None:
    answer = with_files(browser, PHOTO, NOTE)
    assert listed(answer) == [PHOTO[0], NOTE[0]]
    summary = answer.text.partition('id="s16"')[2]
    assert "หลักฐาน 1.txt (200 kB)" in summary
    assert files_of(units, send(answer, browser)) == {name: (kind, content) for name, content, kind in (PHOTO, NOTE)}


def test_files_added_one_after_the_other_are_all_there(browser: Browser, units: Units, cast: Cast) -> None:
    form = blank(browser)
    form.uploads = [PHOTO]
    form = PageForm.on(browser, form.post("/en/form/change"))
    form.uploads = [NOTE]
    answer = form.post("/en/form/check")
    assert listed(answer) == [PHOTO[0], NOTE[0]]
    assert set(files_of(units, send(answer, browser))) == {PHOTO[0], NOTE[0]}


def test_a_file_that_is_taken_away_is_not_sent(browser: Browser, units: Units, cast: Cast) -> None:
    answer = with_files(browser, PHOTO, NOTE)
    found = re.search(r'name="drop" value="([0-9a-f]{32})"', answer.text)
    assert found
    answer = PageForm.on(browser, answer).post("/en/form/change", drop=found[1])
    assert listed(answer) == [NOTE[0]]
    assert set(files_of(units, send(answer, browser))) == {NOTE[0]}


def test_a_file_chosen_only_on_the_way_to_send_is_shown_first(browser: Browser, units: Units, cast: Cast) -> None:
    form = PageForm.on(browser, blank(browser).post("/en/form/check")).fill(declared="y")
    form.uploads = [NOTE]
    answer = form.post("/en/form/send")
    assert "Something was changed" in answer.text
    assert listed(answer) == [NOTE[0]]
    assert set(files_of(units, send(answer, browser))) == {NOTE[0]}


def test_a_file_refused_on_the_way_to_send_is_named_and_nothing_is_sent(
    browser: Browser, units: Units, cast: Cast
) -> None:
    """What else there is has not changed, and whoever chose the file would believe that it went with it."""
    form = PageForm.on(browser, with_files(browser, NOTE)).fill(declared="y")
    form.uploads = [("empty.txt", b"", "text/plain")]
    answer = form.post("/en/form/send")
    refused(answer, "“empty.txt” is empty.")
    assert 'id="receipt"' not in answer.text
    again = PageForm.on(browser, answer).post("/en/form/check")
    assert set(files_of(units, send(again, browser))) == {NOTE[0]}


def test_sending_twice_with_files_shows_the_same_receipt(browser: Browser, cast: Cast) -> None:
    answer = with_files(browser, NOTE)
    assert send(answer, browser) == send(answer, browser)


def test_keys_of_files_stand_in_no_address(browser: Browser, cast: Cast) -> None:
    answer = with_files(browser, NOTE)
    key = PageForm.on(browser, answer)["staged"].split(":")[1]
    assert key not in "".join(re.findall(r'(?:href|action|formaction|src)="([^"]*)"', answer.text))


# -- What is refused, with everything else kept ---------------------------------------------------------------------


def refused(answer: TestResponse, words: str) -> None:
    assert answer.status_code == 400
    assert re.search(r'step--shown" id="s12"', answer.text)
    assert words in unescape(answer.text.partition('id="files-now"')[2])


def test_an_empty_file_is_named_and_the_others_are_kept(browser: Browser, cast: Cast) -> None:
    answer = with_files(browser, ("empty.txt", b"", "text/plain"), NOTE)
    refused(answer, "“empty.txt” is empty.")
    assert listed(answer) == [NOTE[0]]
    assert PageForm.on(browser, answer)["narrative"] == "It happened."


def test_every_file_that_is_refused_is_named_where_it_was_added(browser: Browser) -> None:
    answer = with_files(browser, ("virus.exe", b"MZ\x90\0", "text/plain"), ("empty.txt", b"", "text/plain"), NOTE)
    for words in ("“virus.exe” is a program", "“empty.txt” is empty."):
        refused(answer, words)
        assert words in unescape(answer.text.partition("govuk-error-summary__list")[2].partition("</ul>")[0])
    assert listed(answer) == [NOTE[0]]


def test_a_file_that_is_too_large_is_read_past_and_leaves_nothing(browser: Browser, units: Units, cast: Cast) -> None:
    answer = with_files(browser, ("large.mp4", bytes(2 * MIB + 1), "video/mp4"))
    refused(answer, "“large.mp4” is too large. One file can have 2 MB, all together 3 MB.")
    assert listed(answer) == []
    assert stored(units) == 0
    assert PageForm.on(browser, answer)["narrative"] == "It happened."


def test_files_that_are_too_large_together_are_refused_from_the_one_that_is_too_much(
    browser: Browser, cast: Cast
) -> None:
    answer = with_files(browser, ("a", bytes(2 * MIB), "x/y"), ("b", bytes(2 * MIB), "x/y"), NOTE)
    refused(answer, "“b” is too large")
    assert listed(answer) == ["a", NOTE[0]]


def test_files_of_an_earlier_post_count_as_well(browser: Browser, cast: Cast) -> None:
    form = PageForm.on(browser, with_files(browser, ("a", bytes(2 * MIB), "x/y")))
    form.uploads = [("b", bytes(2 * MIB), "x/y")]
    answer = form.post("/en/form/check")
    refused(answer, "“b” is too large")
    assert listed(answer) == ["a"]


def test_one_file_too_many_is_refused(browser: Browser, cast: Cast) -> None:
    answer = with_files(browser, *((f"{number}.txt", b"x", "text/plain") for number in range(4)))
    refused(answer, "“3.txt” is one too many. You can add 3 files.")
    assert listed(answer) == ["0.txt", "1.txt", "2.txt"]


def test_a_file_that_was_swept_meanwhile_is_named(browser: Browser, units: Units, cast: Cast) -> None:
    form = PageForm.on(browser, with_files(browser, NOTE)).fill(declared="y")
    sweep(units, date.max)
    refused(form.post("/en/form/send"), "“note.txt” waited too long and is gone.")


def test_a_key_that_was_damaged_in_the_form_is_told_before_sending(browser: Browser, cast: Cast) -> None:
    form = PageForm.on(browser, with_files(browser, NOTE)).fill(declared="y")
    file_id, key, *rest = form["staged"].split(":")
    form.values["staged"] = [":".join([file_id, key[::-1], *rest])]
    refused(form.post("/en/form/send"), "A file was damaged on its way.")


def test_a_field_that_is_no_file_is_told(browser: Browser, cast: Cast) -> None:
    form = PageForm.on(browser, with_files(browser, NOTE))
    form.values["staged"].append("nonsense")
    refused(form.post("/en/form/check"), "A file was damaged on its way.")


def test_the_file_of_another_report_cannot_be_taken_along(browser: Browser, units: Units, cast: Cast) -> None:
    first = with_files(browser, NOTE)
    staged = PageForm.on(browser, first)["staged"]
    send(first, browser)
    form = blank(browser)
    form.values["staged"] = [staged]
    form = PageForm.on(browser, form.post("/en/form/check")).fill(declared="y")
    answer = form.post("/en/form/send")
    assert 'id="receipt"' not in answer.text
    with units.reading() as unit:
        assert unit.session.scalar(select(func.count()).select_from(Case)) == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\Users\\somying\\photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nb\x00.txt", "a b .txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("น้ำ.pdf", "น้ำ.pdf"),
        ("x" * 300 + ".jpeg", "x" * (NAME_LIMIT - 5) + ".jpeg"),
        ("y" * 300, "y" * NAME_LIMIT),
    ],
)
def test_names_are_kept_plain(given: str, kept: str) -> None:
    assert plain_name(given) == kept


def test_what_a_browser_says_of_a_type_is_not_believed(browser: Browser, units: Units, cast: Cast) -> None:
    answer = with_files(browser, ("a", b"x", "text/html; charset=x\u00e9"), ("b", b"x", "nonsense"))
    assert {kind for kind, _ in files_of(units, send(answer, browser)).values()} == {"text/plain"}


# -- Never on a disk ------------------------------------------------------------------------------------------------


def test_no_temporary_file_is_made_for_a_large_file(
    browser: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = blank(browser)
    form.uploads = [("large.bin", os.urandom(2 * MIB), "application/octet-stream")]

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", refuse)
    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    assert listed(form.post("/en/form/check")) == ["large.bin"]


@pytest.mark.parametrize("address", ["/en/inbox", "/staff/sign-in"])
def test_files_are_refused_wherever_they_are_not_asked_for(browser: Browser, address: str) -> None:
    form = blank(browser)
    form.uploads = [NOTE]
    assert form.post(address).status_code == 400


class Flood(RawIOBase):
    """A body with one file of `length` bytes, made as it is read."""

    def __init__(self, length: int) -> None:
        self._parts = [
            (
                b'--b\r\nContent-Disposition: form-data; name="narrative"\r\n\r\nx\r\n--b\r\n'
                b'Content-Disposition: form-data; name="files"; filename="f"\r\n\r\n'
            ),
            b"\r\n--b--\r\n",
        ]
        self._length = length
        self.size = length + sum(map(len, self._parts))
        self._block = os.urandom(65536)
        self._stage = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        if self._stage == 1 and not self._length:
            self._stage = 2
        if self._stage > 2:
            return 0
        if self._stage == 1:
            data = self._block[: min(len(buffer), self._length)]
            self._length -= len(data)
        else:
            data = self._parts[self._stage // 2]
            self._stage += 1
        buffer[: len(data)] = data
        return len(data)


def arriving(body: RawIOBase, length: int) -> dict[str, object]:
    """A body that comes from the network, so to speak: the test client itself holds none."""
    return {
        "wsgi.input": body,
        "CONTENT_LENGTH": str(length),
        "CONTENT_TYPE": "multipart/form-data; boundary=b",
    }


@pytest.fixture
def spacious(settings: Settings, new_app: Callable[[Settings], Flask], cast: Cast) -> Flask:
    return new_app(replace(settings, file_limit=100 * MIB, report_limit=200 * MIB))


def test_memory_stays_flat_while_forty_megabytes_arrive(spacious: Flask) -> None:
    client = spacious.test_client()
    client.get("/en/form", base_url=ORIGIN)  # templates and statements are compiled once
    flood = Flood(40 * MIB)
    tracemalloc.start()
    answer = client.post(
        "/en/form/check",
        base_url=ORIGIN,
        headers={"Origin": ORIGIN},
        environ_overrides=arriving(flood, flood.size),
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert listed(answer) == ["f"], answer.text
    assert peak < 16 * MIB  # one batch of sealed chunks, a few pieces, and the page


# -- Bodies that are no form of ours --------------------------------------------------------------------------------


def raw(
    browser: Browser, body: bytes, content_type: str = "multipart/form-data; boundary=b", **headers: str
) -> TestResponse:
    return browser.client.post(
        "/en/form/check", base_url=ORIGIN, data=body, content_type=content_type, headers={"Origin": ORIGIN, **headers}
    )


WHOLE = b'--b\r\nContent-Disposition: form-data; name="narrative"\r\n\r\nIt happened.\r\n--b--\r\n'
STAGED = b'--b\r\nContent-Disposition: form-data; name="files"; filename="f"\r\n\r\n' + bytes(5 * MIB)


def test_a_body_that_is_whole_is_taken(browser: Browser) -> None:
    assert raw(browser, WHOLE).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        WHOLE[:-10],
        WHOLE[:20],
        b"nonsense",
        b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\nx\r\n--b--\r\n',
    ],
    ids=["cut short", "cut in a header", "no parts", "a part without a name", "not UTF-8"],
)
def test_a_malformed_body_gets_a_page_that_says_so(browser: Browser, body: bytes) -> None:
    answer = raw(browser, body)
    assert answer.status_code == 400
    assert "We could not read what was sent" in answer.text


def test_a_body_without_a_boundary_is_malformed(browser: Browser) -> None:
    assert raw(browser, WHOLE, "multipart/form-data").status_code == 400


def test_too_much_text_is_refused(browser: Browser) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="narrative"\r\n\r\n' + b"x" * (TEXT_LIMIT // 2) + b"\r\n"
    assert raw(browser, part + WHOLE).status_code == 400  # longer than the answer may be, and said at its field
    assert raw(browser, part * 3 + WHOLE).status_code == 413


def test_too_many_parts_are_refused(browser: Browser) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\nx\r\n'
    assert raw(browser, part * (PARTS_LIMIT + 1) + WHOLE).status_code == 413


def test_a_body_larger_than_any_form_is_refused_unread(browser: Browser, settings: Settings) -> None:
    answer = browser.client.post(
        "/en/form/check",
        base_url=ORIGIN,
        headers={"Origin": ORIGIN},
        environ_overrides=arriving(Unreadable(), 2 * settings.report_limit + TEXT_LIMIT + 1),
    )
    assert answer.status_code == 413
    assert "That is too large" in answer.text


class Unreadable(RawIOBase):
    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        del buffer
        raise AssertionError("the body was read")


def test_a_file_that_broke_off_leaves_no_chunks(browser: Browser, units: Units) -> None:
    assert raw(browser, STAGED[: 2 * MIB]).status_code == 400
    assert stored(units) == 0


def test_a_file_whose_visitor_hung_up_leaves_no_chunks(browser: Browser, units: Units) -> None:
    assert raw(browser, STAGED[: 2 * MIB], **{"Content-Length": str(3 * MIB)}).status_code == 400
    assert stored(units) == 0


def test_an_upload_under_way_cannot_be_continued_by_another(browser: Browser, units: Units, cast: Cast) -> None:
    form = PageForm.on(browser, with_files(browser, NOTE)).fill(declared="y")
    with units.writing() as unit:
        unit.session.execute(update(File).values(digest=None))
    refused(form.post("/en/form/send"), "waited too long")
