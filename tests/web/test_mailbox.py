"""The mailbox: from the receipt to the conversation, by one cookie, for its own reporter alone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from complaints.errors import Refused
from complaints.models import LogPending, SessionRow
from complaints.services import case_reading, casework, mailbox
from complaints.services.casework import MESSAGE_LIMIT
from complaints.services.unit import Units
from complaints.services.uploads import StagedUpload
from complaints.web.own.receipt_again import read_code
from crypto import Mistyped, Receipt
from tests.cast import NARRATIVE, Cast, Report
from tests.web.conftest import Browser

COOKIE = "__Host-inbox"
CASE = "/en/inbox/case"
OPENED = "/en/inbox?opened=yes"
FILE = b"the reporter's own file"


@pytest.fixture
def report(cast: Cast, units: Units) -> Report:
    upload = StagedUpload(units, "ใบเสร็จ.pdf", "application/pdf", 10_000)
    upload.write(FILE)
    return cast.report(cast.draft(files=(upload.finish(),)))


@pytest.fixture
def opened(browser: Browser, report: Report) -> Browser:
    """A browser in which the reporter has given their receipt."""
    answer = browser.post("/en/inbox", {"code": report.receipt.grouped()})
    assert (answer.status_code, answer.location) == (303, OPENED)
    assert browser.get(OPENED).location == CASE
    return browser


def sessions_left(units: Units) -> int:
    with units.reading() as unit:
        return unit.session.scalar(select(func.count()).select_from(SessionRow)) or 0


# -- The code -------------------------------------------------------------------------------------------------------


def test_the_receipt_opens_the_case(opened: Browser) -> None:
    assert "หัวหน้าแก้ใบเสร็จ" in opened.get(CASE).text


def test_one_cookie_is_set_and_it_is_strict(browser: Browser, report: Report) -> None:
    (cookie,) = browser.post("/en/inbox", {"code": report.receipt.text()}).headers.getlist("Set-Cookie")
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in cookie
    assert "Expires" not in cookie
    assert "Max-Age" not in cookie
    assert report.receipt.text() not in cookie


def kedmanee(code: str) -> str:
    """What comes of it when a Thai keyboard was left on: the keys of the digits and of three letters, as far as they tell."""
    keys = dict(zip("1234567890", "ๅ/-ภถุึคตจ", strict=True)) | dict(
        zip("abcdefghjkmnpqrstvwxyz", "ฟิแกำดเ้่าทืยๆพหะอไปัผ", strict=True)
    )
    return "".join(keys.get(symbol, symbol) for symbol in code.lower())


@pytest.mark.parametrize(
    "typing",
    [
        str.lower,
        lambda code: code.replace("-", " "),
        lambda code: f"  {code}\r\n",
        lambda code: code.replace("-", "\u2013"),
        lambda code: code.replace("-", "").replace("0", "o").replace("1", "l"),
        lambda code: kedmanee(code.replace("-", "")),
    ],
    ids=["small letters", "spaces", "line breaks", "long dashes", "O and L", "Thai keyboard"],
)
def test_a_code_is_read_however_it_is_typed(browser: Browser, report: Report, typing: Any) -> None:
    assert browser.post("/en/inbox", {"code": typing(report.receipt.grouped())}).status_code == 303


@pytest.mark.parametrize("label", ["รหัส: ", "รหัสติดตามเรื่อง:", "Code: ", "Your tracking code：\n", "code :"])
def test_a_code_is_read_with_its_label(browser: Browser, report: Report, label: str) -> None:
    assert browser.post("/en/inbox", {"code": label + report.receipt.grouped()}).status_code == 303
    again = f"{CASE}/identity"
    answer = browser.post(again, {"code": label + report.receipt.grouped()}, token=browser.token_on(again))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "spoil",
    [
        lambda code: "Code: " + other_symbol(code),
        lambda code: "Code: " + code[:-1],
        lambda code: f"Code: Code: {code}",
        lambda code: f"7: {code}",
        lambda code: f"{code[:14]}:{code[14:]}",
        lambda code: f"{code}: code",
        lambda code: "x" * 41 + f": {code}",
        lambda code: f": {code}",
    ],
    ids=["wrong", "short", "twice", "digit", "within", "behind", "long", "nothing"],
)
def test_a_label_makes_no_wrong_code_right(browser: Browser, report: Report, spoil: Callable[[str], str]) -> None:
    assert browser.post("/en/inbox", {"code": spoil(report.receipt.grouped())}).status_code == 400


@given(st.text(max_size=60))
def test_what_has_no_colon_is_read_as_ever(typed: str) -> None:
    typed = typed.replace(":", "").replace("：", "")
    assert readable(read_code, typed) == readable(Receipt.parse, typed)


def readable(read: Callable[[str], Receipt], typed: str) -> str | None:
    try:
        return read(typed).text()
    except Mistyped:
        return None


def test_a_browser_that_refuses_cookies_is_told_so(browser: Browser, app: Flask, report: Report) -> None:
    onward = browser.post("/en/inbox", {"code": report.receipt.grouped()}).location
    answer = Browser(app.test_client()).get(onward)
    refused(answer, "This browser refuses cookies")
    assert report.receipt.text() not in answer.text.replace("-", "")


def other_symbol(code: str) -> str:
    return ("0" if code[0] != "0" else "2") + code[1:]


def refused(answer: Any, words: str) -> None:
    assert answer.status_code == 400
    assert words in answer.text
    assert '<a href="#code">' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_mistyped_code_is_known_without_asking_the_database(
    browser: Browser, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "find_case", None)
    typed = other_symbol(report.receipt.grouped())
    answer = browser.post("/en/inbox", {"code": typed})
    refused(answer, "A letter or digit of this code is wrong.")
    assert "It has 28 letters and digits; please compare" not in answer.text
    assert typed in answer.text


def test_an_unknown_code_is_told_from_a_mistyped_one(browser: Browser, report: Report) -> None:
    refused(browser.post("/en/inbox", {"code": Receipt.generate().grouped()}), "We know no report with this code.")


def test_no_code_at_all_is_asked_for_again(browser: Browser) -> None:
    refused(browser.post("/en/inbox", {"code": " \r\n"}), "Type or paste your tracking code.")


def test_a_code_with_something_missing_is_told_so(browser: Browser, report: Report) -> None:
    typed = report.receipt.grouped()[:-1]
    refused(browser.post("/en/inbox", {"code": typed}), "Something is missing in this code.")


def test_a_very_long_code_is_told_so_and_not_repeated(browser: Browser) -> None:
    answer = browser.post("/en/inbox", {"code": "7" * 100_000})
    refused(answer, "There is something too much in this code.")
    assert "7" * 201 not in answer.text


def test_many_wrong_codes_keep_nobody_out(browser: Browser, report: Report) -> None:
    for _ in range(30):
        browser.post("/en/inbox", {"code": Receipt.generate().text()})
    assert browser.post("/en/inbox", {"code": report.receipt.text()}).status_code == 303


def test_another_site_cannot_open_a_case_in_this_browser(browser: Browser, report: Report) -> None:
    answer = browser.post("/en/inbox", {"code": report.receipt.text()}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_whoever_has_a_case_open_is_led_to_it(opened: Browser) -> None:
    answer = opened.get("/en/inbox")
    assert (answer.status_code, answer.location) == (303, CASE)


def test_another_receipt_takes_the_place_of_the_one_before(opened: Browser, cast: Cast, units: Units) -> None:
    second = cast.report(cast.draft(narrative="another story"))
    opened.post("/en/inbox", {"code": second.receipt.text()})
    assert "another story" in opened.get(CASE).text
    assert sessions_left(units) == 1


# -- Without a session ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [CASE, f"{CASE}/message", f"{CASE}/file/{'0' * 32}"])
def test_without_the_receipt_every_address_leads_to_the_code(browser: Browser, report: Report, address: str) -> None:
    answer = browser.get(address)
    assert (answer.status_code, answer.location) == (303, "/en/inbox")


def test_without_the_receipt_nothing_can_be_posted(browser: Browser, report: Report) -> None:
    answer = browser.post("/en/inbox/leave")
    assert (answer.status_code, answer.location) == (303, "/en/inbox")
    answer = browser.post(f"{CASE}/message", {"text": "typed words"})
    assert answer.status_code == 403
    assert "typed words" in answer.text


def test_an_invented_cookie_opens_nothing(browser: Browser, report: Report) -> None:
    browser.give_cookie(COOKIE, "A" * 43)
    assert browser.get(CASE).status_code == 303


def test_staff_do_not_reach_a_mailbox(app: Flask, cast: Cast, report: Report, signed_in: Any) -> None:
    assert signed_in(cast.lead).get(CASE).location == "/en/inbox"


# -- Reading and writing --------------------------------------------------------------------------------------------


def test_the_page_shows_what_was_sent_the_state_and_the_next_day(opened: Browser) -> None:
    text = opened.get(CASE).text
    assert NARRATIVE in text
    assert "It has arrived. We have not begun to look into it yet." in text
    assert re.search(r"By \d+ \w+ 20\d\d we tell you that we have read it.", text)


def test_once_it_is_being_read_no_day_is_named_by_which_it_will_have_been(
    opened: Browser, cast: Cast, report: Report, units: Units
) -> None:
    with units.writing() as unit:
        case_reading.read_case(unit, cast.lead.actor, cast.lead.keys, report.case)
    text = opened.get(CASE).text
    assert "It has been opened and is being read." in text
    assert re.search(r"By \d+ \w+ 20\d\d we take it on, or write to you here.", text)
    assert "we tell you that we have read it" not in text


def test_a_reply_is_read_under_a_number_and_moves_the_next_day(
    opened: Browser, cast: Cast, report: Report, units: Units
) -> None:
    with units.writing() as unit:
        casework.reply(unit, cast.lead.actor, cast.lead.keys, report.case, "We are looking into it.")
    text = opened.get(CASE).text
    assert "We are looking into it." in text
    assert "Investigator 1" in text
    assert cast.lead.display_name not in text.partition("<main")[2]
    assert "we tell you what came of it" in text


def test_what_the_reporter_writes_arrives(opened: Browser, cast: Cast, report: Report, units: Units) -> None:
    token = opened.token_on(CASE)
    answer = opened.post(f"{CASE}/message", {"text": "one\r\ntwo <b>"}, token=token)
    assert (answer.status_code, answer.location) == (303, CASE)
    page = opened.get(CASE).text
    assert "Your message is with us." in page
    assert "one\ntwo &lt;b&gt;" in page


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" \r\n", "Write something first."),
        ("x" * (MESSAGE_LIMIT + 1), "This is too long. There is room for 10,000 characters."),
    ],
)
def test_a_message_that_cannot_be_taken_keeps_its_words(opened: Browser, text: str, words: str) -> None:
    answer = opened.post(f"{CASE}/message", {"text": text}, token=opened.token_on(CASE))
    assert answer.status_code == 400
    assert words in answer.text
    assert text.strip() in answer.text
    assert NARRATIVE in answer.text


def test_a_message_needs_the_token_of_the_form(opened: Browser) -> None:
    assert opened.post(f"{CASE}/message", {"text": "x"}).status_code == 403
    assert "Nobody has written yet." in opened.get(CASE).text


def test_the_address_of_a_message_leads_to_the_case(opened: Browser) -> None:
    assert opened.get(f"{CASE}/message").location == CASE


def test_the_reporter_downloads_their_own_file(opened: Browser) -> None:
    found = re.search(rf'href="({CASE}/file/[0-9a-f]{{32}})"', opened.get(CASE).text)
    assert found
    answer = opened.get(found[1])
    assert answer.data == FILE
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"].endswith("; sandbox")


def test_the_file_of_another_report_is_not_there(opened: Browser, cast: Cast, units: Units) -> None:
    upload = StagedUpload(units, "theirs.pdf", "application/pdf", 10_000)
    upload.write(b"theirs")
    staged = upload.finish()
    cast.report(cast.draft(files=(staged,)))
    assert opened.get(f"{CASE}/file/{staged.id.hex()}").status_code == 404


def test_an_altered_file_gets_a_page_that_says_so(opened: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(rf'href="({CASE}/file/[0-9a-f]{{32}})"', opened.get(CASE).text)
    assert found

    def refuse(*_: object) -> Any:
        raise Refused("a chunk of this file was altered, moved or replaced")
        yield b""

    monkeypatch.setattr("complaints.web.mailbox.stream_file", refuse)
    answer = opened.get(found[1])
    assert answer.status_code == 500
    assert FILE not in answer.data


def test_what_the_reporter_does_is_queued_for_the_log_by_the_day(opened: Browser, units: Units) -> None:
    opened.get(CASE)
    with units.reading() as unit:
        queued = unit.session.scalars(select(LogPending.fields)).all()
    assert any(b"mailbox.opened" in fields for fields in queued)
    assert not any(b'"time"' in fields for fields in queued)


# -- Leaving --------------------------------------------------------------------------------------------------------


def test_leaving_ends_the_session_and_takes_the_cookie(opened: Browser, units: Units) -> None:
    answer = opened.post("/en/inbox/leave", token=opened.token_on(CASE))
    assert (answer.status_code, answer.location) == (303, "/en/inbox")
    assert opened.cookie(COOKIE) is None
    assert sessions_left(units) == 0


def test_leaving_now_ends_the_session_as_well(opened: Browser, units: Units) -> None:
    assert 'href="/en/inbox/exit"' in opened.get(CASE).text
    answer = opened.get("/en/inbox/exit")
    assert (answer.status_code, answer.location) == (303, "/en/exit")
    assert opened.cookie(COOKIE) is None
    assert sessions_left(units) == 0


def test_leaving_now_without_a_session_sets_nothing(browser: Browser) -> None:
    answer = browser.get("/en/inbox/exit")
    assert answer.location == "/en/exit"
    assert "Set-Cookie" not in answer.headers


def test_the_form_of_reports_ignores_an_open_case(opened: Browser) -> None:
    answer = opened.get("/en/form")
    assert "Set-Cookie" not in answer.headers
    assert NARRATIVE not in answer.text
