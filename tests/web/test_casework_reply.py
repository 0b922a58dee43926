"""`POST /staff/cases/<case>/messages`: an answer to the reporter."""

import re
from io import BytesIO
from typing import Any, ClassVar

import pytest

from complaints.policy import Action
from complaints.services import mailbox, sessions, uploads
from complaints.services.casework import MESSAGE_LIMIT
from complaints.vocabulary import Event
from tests.cast import NARRATIVE, Cast, Report
from tests.evidence import photo, signed_document, told
from tests.web.conftest import Browser, Log, token_in
from tests.web.ladder import FormLadder, SignedIn

TYPED = "คำตอบ CANARY-REPLY\nsecond line <b>"
SHOWN = "คำตอบ CANARY-REPLY\nsecond line &lt;b&gt;"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


def address(report: Report) -> str:
    return f"/staff/cases/{report.case.hex()}"


def send(browser: Browser, report: Report, text: str) -> object:
    return browser.post(f"{address(report)}/messages", {"text": text}, token=browser.token_on("/staff/cases"))


def send_with(browser: Browser, report: Report, text: str, *files: tuple[str, bytes], **more: Any) -> Any:
    attached = [(BytesIO(content), name, "application/pdf") for name, content in files]
    form: dict[str, Any] = {"text": text, "files": attached, **more}
    token = browser.token_on("/staff/cases")
    return browser.post(f"{address(report)}/messages", form, token=token, content_type="multipart/form-data")


def received(cast: Cast, report: Report) -> list[str]:
    with cast.units.writing() as unit:
        return [message.text for message in mailbox.read_mailbox(unit, report.reporter, report.keys).messages]


class TestLadder(FormLadder):
    path = "/staff/cases/{case}/messages"
    action = Action.WRITE_MESSAGE
    event = Event.MESSAGE_SENT
    form: ClassVar = {"text": TYPED}
    wrong_methods = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")
    keeps_what_was_typed = True


def test_it_reaches_the_reporter_and_is_entered(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    browser = signed_in(cast.lead)
    answer = browser.post(f"{address(report)}/messages", {"text": TYPED}, token=browser.token_on(address(report)))
    assert answer.status_code == 303
    assert answer.location.startswith(address(report))
    assert received(cast, report) == [TYPED]
    assert SHOWN in browser.get(answer.location).text
    (entry,) = log.entries(Event.MESSAGE_SENT)
    assert (entry["actor"], entry["case"]) == (cast.lead.account.hex(), report.case.hex())
    assert entry["writes"]


def test_line_breaks_are_kept_as_they_were_typed(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    send(signed_in(cast.lead), report, "one\r\ntwo\r\n\r\nthree")
    assert received(cast, report) == ["one\ntwo\n\nthree"]


def test_the_longest_message_is_taken_however_its_lines_are_sent(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    text = "ก\n" * (MESSAGE_LIMIT // 2)
    send(signed_in(cast.lead), report, text.replace("\n", "\r\n"))
    assert received(cast, report) == [text]


@pytest.mark.parametrize("text", ["", " \r\n\t ", "ก" * (MESSAGE_LIMIT + 1)], ids=["empty", "blank", "too long"])
def test_what_cannot_be_sent_comes_back_in_the_case(
    text: str, cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    browser = signed_in(cast.lead)
    answer = browser.post(f"{address(report)}/messages", {"text": text}, token=browser.token_on("/staff/cases"))
    assert answer.status_code == 400
    assert text.strip() in answer.text
    assert 'href="#reply-text"' in answer.text
    assert 'id="reply-text-error"' in answer.text
    assert NARRATIVE in answer.text
    assert not log.entries(Event.MESSAGE_SENT)


def test_what_was_typed_survives_the_end_of_the_session(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    browser = signed_in(cast.lead)
    token = browser.token_on(address(report))
    with cast.units.writing() as unit:
        sessions.end_all(unit, cast.lead.account)
    unsent = browser.post(f"{address(report)}/messages", {"text": TYPED}, token=token)
    assert unsent.status_code == 403
    assert SHOWN in unsent.text
    assert report.reference not in unsent.text
    assert "csrf_token" not in unsent.text

    again = signed_in(cast.lead)
    looked_over = again.post(f"{address(report)}/messages", {"text": TYPED})
    assert looked_over.status_code == 403
    assert SHOWN in looked_over.text
    assert not log.entries(Event.MESSAGE_SENT)

    sent = again.post(f"{address(report)}/messages", {"text": TYPED}, token=token_in(looked_over))
    assert sent.status_code == 303
    assert received(cast, report) == [TYPED]


def test_a_file_goes_to_the_reporter(
    cast: Cast, signed_in: SignedIn, browser: Browser, log: Log, report: Report
) -> None:
    staff = signed_in(cast.lead)
    answer = send_with(staff, report, "see this", ("คำสั่ง.txt", b"order CANARY"))
    assert answer.status_code == 303
    shown = staff.get(address(report)).text
    assert "คำสั่ง.txt" in shown
    assert "The reporter sent no file." in staff.get(f"{address(report)}?lang=en").text

    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    found = re.search(r'href="(/en/inbox/case/file/[0-9a-f]{32})">คำสั่ง', browser.get("/en/inbox/case").text)
    assert found
    kept = browser.get(found[1])
    assert kept.data == b"order CANARY"
    assert kept.headers["Content-Disposition"].startswith("attachment;")
    (entry,) = log.entries(Event.MESSAGE_SENT)
    assert "file:" in (entry["writes"] or "")


def test_a_file_goes_alone(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    assert send_with(signed_in(cast.lead), report, "", ("a.txt", b"a")).status_code == 303
    assert received(cast, report) == [""]


def waiting(answer: Any) -> tuple[str, str]:
    """A file that rides along in the page, and its id."""
    rides = re.search(r'name="staged" value="([^"]+)"', answer.text)
    assert rides
    return rides[1], rides[1].partition(":")[0]


def files_of(cast: Cast, report: Report) -> list[tuple[str, bytes]]:
    """What the reporter takes out of the newest message."""
    with cast.units.writing() as unit:
        message = mailbox.read_mailbox(unit, report.reporter, report.keys).messages[-1]
        opened = [mailbox.open_own_file(unit, report.reporter, report.keys, file.id) for file in message.files]
    return [(file.name, b"".join(uploads.stream_file(cast.units, file.id, file.key, file.length))) for file in opened]


def test_what_a_photograph_tells_of_its_maker_does_not_reach_the_reporter(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    """They know staff by a number: a file is not to say the name."""
    assert told(photo())
    assert send_with(signed_in(cast.lead), report, "look", ("site.jpg", photo())).status_code == 303
    ((name, content),) = files_of(cast, report)
    assert name == "site.jpg"
    assert content.startswith(b"\xff\xd8")
    assert not told(content)


@pytest.mark.parametrize(("choice", "sent"), [("report", ["form.bin"]), ("identity", [])])
def test_what_cannot_be_cleaned_is_sent_when_the_sender_says_so(
    cast: Cast, signed_in: SignedIn, report: Report, choice: str, sent: list[str]
) -> None:
    staff = signed_in(cast.lead)
    asked = send_with(staff, report, "fill this in", ("form.bin", b"\x00\x01 noise"))
    assert asked.status_code == 200
    assert received(cast, report) == []
    rides, file = waiting(asked)
    answer = send_with(staff, report, "fill this in", staged=rides, **{f"who-{file}": choice})
    assert answer.status_code == 303
    assert [name for name, _content in files_of(cast, report)] == sent


def test_a_file_left_out_leaves_words_to_be_written(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    staff = signed_in(cast.lead)
    rides, file = waiting(send_with(staff, report, "", ("form.bin", b"\x00\x01 noise")))
    assert send_with(staff, report, "", staged=rides, **{f"who-{file}": "identity"}).status_code == 400
    assert received(cast, report) == []


@pytest.mark.parametrize(("choice", "signed"), [("report", True), ("identity", False)])
def test_a_signed_document_is_sent_as_its_sender_says(
    cast: Cast, signed_in: SignedIn, report: Report, choice: str, signed: bool
) -> None:
    staff = signed_in(cast.lead)
    asked = send_with(staff, report, "the order", ("order.pdf", signed_document()))
    assert asked.status_code == 200
    assert "มีลายเซ็นดิจิทัล" in asked.text.replace("\u2060", "")
    assert received(cast, report) == []
    rides, file = waiting(asked)
    assert send_with(staff, report, "the order", staged=rides, **{f"who-{file}": choice}).status_code == 303
    ((_name, content),) = files_of(cast, report)
    assert (b"SECRET-SIGNER" in content) is signed


def test_a_waiting_file_can_be_taken_out_before_anything_is_sent(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    staff = signed_in(cast.lead)
    rides, file = waiting(send_with(staff, report, "kept words", ("form.bin", b"\x00\x01 noise")))
    answer = send_with(staff, report, "kept words", staged=rides, drop=file)
    assert answer.status_code == 200
    assert "kept words" in answer.text
    assert 'name="staged"' not in answer.text
    assert received(cast, report) == []


def test_a_file_that_cannot_be_taken_loses_neither_the_words_nor_the_others(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    staff = signed_in(cast.lead)
    answer = send_with(staff, report, "kept words", ("good.txt", b"good"), ("empty.txt", b""))
    assert answer.status_code == 400
    assert "kept words" in answer.text
    assert 'href="#reply-files"' in answer.text
    assert received(cast, report) == []
    rides = re.search(r'name="staged" value="([^"]+)"', answer.text)
    assert rides
    assert send_with(staff, report, "kept words", staged=rides[1]).status_code == 303
    with cast.units.writing() as unit:
        (message,) = mailbox.read_mailbox(unit, report.reporter, report.keys).messages
    assert (message.text, [file.name for file in message.files]) == ("kept words", ["good.txt"])


def test_a_file_that_was_swept_is_asked_for_again(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    staff = signed_in(cast.lead)
    gone, file = waiting(send_with(staff, report, "kept words", ("gone.txt", b"gone"), ("empty.txt", b"")))
    uploads.remove_unclaimed(cast.units, bytes.fromhex(file))
    answer = send_with(staff, report, "kept words", staged=gone)
    assert answer.status_code == 400
    assert "kept words" in answer.text
    assert "gone.txt" in answer.text
    assert received(cast, report) == []


def test_a_file_needs_the_token_of_the_form(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    form = {"text": TYPED, "files": [(BytesIO(b"x"), "x.pdf", "application/pdf")]}
    answer = signed_in(cast.lead).post(f"{address(report)}/messages", form, content_type="multipart/form-data")
    assert answer.status_code == 403
    assert SHOWN in answer.text
    assert received(cast, report) == []
