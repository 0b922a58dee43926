"""`POST /staff/cases/<case>/notes`: a note that investigators alone read."""

from typing import ClassVar

import pytest

from complaints.policy import Action
from complaints.services import mailbox
from complaints.services.casework import MESSAGE_LIMIT
from complaints.vocabulary import Event
from tests.cast import Cast, Report
from tests.web.conftest import Log
from tests.web.ladder import FormLadder, SignedIn

TYPED = "บันทึก CANARY-NOTE\nsecond line"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


def address(report: Report) -> str:
    return f"/staff/cases/{report.case.hex()}"


class TestLadder(FormLadder):
    path = "/staff/cases/{case}/notes"
    action = Action.WRITE_NOTE
    event = Event.NOTE_WRITTEN
    form: ClassVar = {"text": TYPED}
    wrong_methods = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")
    keeps_what_was_typed = True


def test_colleagues_read_it_and_the_reporter_does_not(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    browser = signed_in(cast.lead)
    answer = browser.post(f"{address(report)}/notes", {"text": TYPED}, token=browser.token_on(address(report)))
    assert answer.status_code == 303
    assert answer.location.startswith(address(report))
    assert TYPED in signed_in(cast.triage).get(address(report)).text
    with cast.units.writing() as unit:
        assert not mailbox.read_mailbox(unit, report.reporter, report.keys).messages
    (entry,) = log.entries(Event.NOTE_WRITTEN)
    assert (entry["actor"], entry["case"]) == (cast.lead.account.hex(), report.case.hex())


@pytest.mark.parametrize("text", ["", " \n ", "ก" * (MESSAGE_LIMIT + 1)], ids=["empty", "blank", "too long"])
def test_what_cannot_be_kept_comes_back_in_the_case(
    text: str, cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    browser = signed_in(cast.lead)
    answer = browser.post(f"{address(report)}/notes", {"text": text}, token=browser.token_on("/staff/cases"))
    assert answer.status_code == 400
    assert text.strip() in answer.text
    assert 'href="#note-text"' in answer.text
    assert 'id="reply-text-error"' not in answer.text
    assert not log.entries(Event.NOTE_WRITTEN)


def test_what_was_typed_survives_the_end_of_the_session(
    cast: Cast, browser: object, signed_in: SignedIn, log: Log, report: Report
) -> None:
    unsent = signed_in(cast.lead).post(f"{address(report)}/notes", {"text": TYPED})
    assert unsent.status_code == 403
    assert TYPED in unsent.text
    assert f'action="{address(report)}/notes' in unsent.text
    assert not log.entries(Event.NOTE_WRITTEN)
