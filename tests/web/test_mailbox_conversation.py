"""The conversation from the reporter's side: files, read marks, two tabs at once, a session that ends while somebody types."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from complaints.models import File, SessionRow
from complaints.services import case_reading, casework
from complaints.services.unit import Units
from tests.cast import Cast, Person, Report
from tests.evidence import photo
from tests.web.conftest import ORIGIN, Browser, token_in

CASE = "/en/inbox/case"
SEND = f"{CASE}/message"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


@pytest.fixture
def opened(browser: Browser, report: Report) -> Browser:
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    return browser


def send(browser: Browser, text: str, files: list[tuple[str, bytes]], token: str, **more: Any) -> Any:
    attached = [(BytesIO(content), name, "image/jpeg") for name, content in files]
    form: dict[str, Any] = {"text": text, "files": attached, **more}
    return browser.post(SEND, form, token=token, content_type="multipart/form-data")


def words_of(cast: Cast, report: Report, units: Units) -> tuple[list[str], list[str]]:
    """The messages and the files' names, as the lead reads them."""
    with units.writing() as unit:
        case = case_reading.read_case(unit, cast.lead.actor, cast.lead.keys, report.case)
    return [line.text for line in case.messages], [line.name for line in case.files]


def test_every_file_that_is_refused_is_named(opened: Browser) -> None:
    files = [("virus.exe", b"MZ\x90\0"), ("empty.txt", b"")]
    page = send(opened, "words", files, opened.token_on(CASE)).text
    for name in ("virus.exe", "empty.txt"):
        assert page.count(f"“{name}”") == 2  # above the page, and beside the field


def test_a_file_comes_with_a_message(opened: Browser, cast: Cast, report: Report, units: Units) -> None:
    answer = send(opened, "see this", [("ภาพ.txt", b"a picture in words")], opened.token_on(CASE))
    assert (answer.status_code, answer.location) == (303, CASE)
    assert words_of(cast, report, units) == (["see this"], ["ภาพ.txt"])
    found = re.search(rf'href="({CASE}/file/[0-9a-f]{{32}})"', opened.get(CASE).text)
    assert found
    assert opened.get(found[1]).data == b"a picture in words"


def test_what_was_taken_out_of_a_file_is_told_once_it_is_sent(opened: Browser) -> None:
    send(opened, "see this", [("photo.jpg", photo()), ("words.txt", b"words")], opened.token_on(CASE))
    page = unescape(opened.get(CASE).text)
    assert "Found and taken out: the place where it was made" in page
    assert "We found nothing hidden in it." in page


def test_a_file_that_cannot_be_cleaned_is_sent_only_when_the_reporter_says_so(
    opened: Browser, cast: Cast, report: Report, units: Units
) -> None:
    answer = send(opened, "see this", [("ภาพ.jpg", b"\xff\xd8 picture")], opened.token_on(CASE))
    assert answer.status_code == 200
    assert "Nothing was sent yet." in answer.text
    assert re.search(r'name="who-[0-9a-f]{32}" type="radio" value="identity" checked', answer.text)
    assert words_of(cast, report, units) == ([], [])


def test_a_waiting_file_can_be_taken_out_before_anything_is_sent(
    opened: Browser, cast: Cast, report: Report, units: Units
) -> None:
    asked = send(opened, "kept words", [("noise.bin", b"\x00\x01 noise")], opened.token_on(CASE))
    rides = re.search(r'name="staged" value="(([0-9a-f]{32}):[^"]+)"', asked.text)
    assert rides
    answer = send(opened, "kept words", [], token_in(asked), staged=rides[1], drop=rides[2])
    assert answer.status_code == 200
    assert "kept words" in answer.text
    assert 'name="staged"' not in answer.text
    assert words_of(cast, report, units) == ([], [])


def test_a_file_comes_alone(opened: Browser, cast: Cast, report: Report, units: Units) -> None:
    send(opened, "", [("a.txt", b"a"), ("b.txt", b"b")], opened.token_on(CASE))
    assert words_of(cast, report, units) == ([""], ["a.txt", "b.txt"])
    assert opened.get(CASE).text.count("a.txt") == 2  # in the conversation, and among the reporter's files


def test_neither_words_nor_a_file(opened: Browser) -> None:
    answer = send(opened, " ", [], opened.token_on(CASE))
    assert answer.status_code == 400
    assert "Write something first." in answer.text


def test_a_file_that_cannot_be_taken_loses_neither_the_words_nor_the_others(
    opened: Browser, cast: Cast, report: Report, units: Units
) -> None:
    """What arrived whole rides along in the page, and need not be sent again."""
    answer = send(opened, "kept words", [("good.txt", b"good"), ("empty.txt", b"")], opened.token_on(CASE))
    assert answer.status_code == 400
    assert "is empty." in answer.text
    assert "kept words" in answer.text
    assert words_of(cast, report, units) == ([], [])
    rides = re.search(r'name="staged" value="([^"]+)"', answer.text)
    assert rides
    assert send(opened, "kept words", [], token_in(answer), staged=rides[1]).status_code == 303
    assert words_of(cast, report, units) == (["kept words"], ["good.txt"])


def test_a_file_that_waited_too_long_is_told_and_the_words_stay(opened: Browser, units: Units) -> None:
    answer = send(opened, "kept words", [("good.txt", b"good"), ("empty.txt", b"")], opened.token_on(CASE))
    rides = re.search(r'name="staged" value="([^"]+)"', answer.text)
    assert rides
    with units.writing() as unit:
        unit.session.execute(File.__table__.update().values(digest=None, chunks=-1))
    answer = send(opened, "kept words", [], token_in(answer), staged=rides[1])
    assert answer.status_code == 400
    assert "waited too long" in answer.text
    assert "kept words" in answer.text


@pytest.mark.parametrize("token", ["", "forged"])
def test_files_without_the_forms_token_are_nobodys(
    opened: Browser, cast: Cast, report: Report, units: Units, token: str
) -> None:
    answer = send(opened, "words", [("a.txt", b"a")], token)
    assert answer.status_code == 403
    assert "Your message is not sent yet" in answer.text
    assert words_of(cast, report, units) == ([], [])
    with units.reading() as unit:
        assert unit.session.scalar(select(func.count()).where(File.case_id.is_not(None))) == 0


def test_another_site_sends_nothing(opened: Browser, cast: Cast, report: Report, units: Units) -> None:
    token = opened.token_on(CASE)
    answer = opened.post(SEND, {"text": "x"}, token=token, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert words_of(cast, report, units) == ([], [])


# -- A session that ends -----------------------------------------------------------------------------------------------


def end_sessions(units: Units) -> None:
    with units.writing() as unit:
        unit.session.execute(delete(SessionRow))


def test_what_was_typed_outlives_the_session(opened: Browser, cast: Cast, report: Report, units: Units) -> None:
    token = opened.token_on(CASE)
    end_sessions(units)
    answer = send(opened, "three <b> hours\r\nof work", [("a.txt", b"a")], token)
    assert answer.status_code == 403
    assert "Your message is not sent yet" in answer.text
    assert "three &lt;b&gt; hours\nof work" in answer.text
    assert words_of(cast, report, units) == ([], [])
    with units.reading() as unit:
        assert unit.session.scalar(select(func.count()).select_from(File)) == 0
    opened.post("/en/inbox", {"code": report.receipt.grouped()})
    answer = send(opened, "three hours", [], "")
    assert "You have opened your report again meanwhile." in answer.text
    assert send(opened, "three hours", [], token_in(answer)).status_code == 303
    assert words_of(cast, report, units)[0] == ["three hours"]


def test_a_page_says_when_it_closes_and_a_question_keeps_it_open(opened: Browser, units: Units) -> None:
    text = opened.get(CASE).text
    assert "After 30 minutes without use this page locks by itself." in text
    assert 'data-idle="30"' in text
    assert opened.get(f"{CASE}/stay").status_code == 200
    end_sessions(units)
    assert opened.get(f"{CASE}/stay").status_code == 303


# -- Two at once -------------------------------------------------------------------------------------------------------


def test_two_tabs_that_write_at_once_lose_nothing(
    opened: Browser, app: Flask, cast: Cast, report: Report, units: Units
) -> None:
    """Twelve messages from two tabs of one browser: the same cookie, the same token, at the same moment."""
    token, cookie = opened.token_on(CASE), opened.cookie("__Host-inbox")
    assert cookie
    texts = [f"tab {number % 2} says {number}" for number in range(12)]

    def write(number: int) -> int:
        return int(send(Browser(_client(app, cookie)), texts[number], [], token).status_code)

    with ThreadPoolExecutor(2) as hands:
        assert set(hands.map(write, range(12))) == {303}
    assert sorted(words_of(cast, report, units)[0]) == sorted(texts)


def _client(app: Flask, cookie: str) -> Any:
    client = app.test_client()
    client.set_cookie("__Host-inbox", cookie, domain=ORIGIN.partition("://")[2], secure=True)
    return client


# -- Read marks --------------------------------------------------------------------------------------------------------


def test_both_sides_see_what_was_read(
    opened: Browser, cast: Cast, report: Report, units: Units, signed_in: Callable[[Person], Browser]
) -> None:
    send(opened, "my question", [], opened.token_on(CASE))
    assert "not read yet" in opened.get(CASE).text
    staff, case = signed_in(cast.lead), f"/staff/cases/{report.case.hex()}?lang=en"
    staff.get(case)
    assert "not read yet" not in opened.get(CASE).text
    with units.writing() as unit:
        casework.reply(unit, cast.lead.actor, cast.lead.keys, report.case, "our answer")
    assert "not read yet" in staff.get(case).text
    opened.get(CASE)
    assert "read by the reporter" in staff.get(case).text
