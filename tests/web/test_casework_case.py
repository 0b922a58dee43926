"""`GET /staff/cases/<case>`: everything of a case but the identity, for those who hold it."""

from datetime import timedelta

import pytest
import time_machine

from complaints import clock
from complaints.policy import Action
from complaints.services import casework, mailbox
from complaints.vocabulary import CaseStatus, Event
from tests.cast import CANARIES, NARRATIVE, Cast, Report
from tests.intruder import Intruder
from tests.web.conftest import Log
from tests.web.ladder import CaseLadder, SignedIn


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


def address(report: Report) -> str:
    return f"/staff/cases/{report.case.hex()}"


class TestLadder(CaseLadder):
    path = "/staff/cases/{case}"
    action = Action.READ_CASE
    wrong_methods = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def test_it_shows_the_case_after_entering_that_it_was_opened(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    page = signed_in(cast.lead).get(address(report))
    assert page.status_code == 200
    assert NARRATIVE in page.text
    assert report.reference in page.text
    assert page.headers["Cache-Control"] == "no-store"
    (entry,) = log.entries(Event.CASE_OPENED)
    assert (entry["actor"], entry["case"]) == (cast.lead.account.hex(), report.case.hex())


def test_it_never_shows_the_identity_not_even_to_who_holds_its_key(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    page = signed_in(cast.lead).get(address(report)).text
    assert not [text for text in CANARIES.values() if text in page]
    assert f'href="{address(report)}/identity"' in page


def test_whoever_has_no_key_to_the_identity_is_offered_no_way_to_it_but_to_ask(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    cast.assign(report)
    page = signed_in(cast.second_investigator).get(address(report)).text
    assert NARRATIVE in page
    assert f'href="{address(report)}/identity' not in page
    assert f'action="{address(report)}/identity"' not in page
    assert f'action="{address(report)}/identity/requests' in page
    assert f"{address(report)}/assign" not in page


def test_the_first_reading_makes_a_new_case_one_in_triage(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    browser = signed_in(cast.lead)
    browser.get(address(report))
    assert report.reference in browser.get(f"/staff/cases?status={CaseStatus.TRIAGE}").text
    assert report.reference not in browser.get(f"/staff/cases?status={CaseStatus.NEW}").text


def test_it_shows_the_conversation_the_notes_and_who_wrote_them(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    with cast.units.writing() as unit:
        casework.reply(unit, cast.lead.actor, cast.lead.keys, report.case, "REPLY of the lead")
        casework.write_note(unit, cast.lead.actor, cast.lead.keys, report.case, "NOTE of the lead")
    with cast.units.writing() as unit:
        mailbox.write_message(unit, report.reporter, report.keys, "ANSWER of the reporter")
    page = signed_in(cast.triage).get(address(report)).text
    assert page.index("REPLY of the lead") < page.index("ANSWER of the reporter") < page.index("NOTE of the lead")
    assert cast.lead.display_name in page


def test_what_the_reporter_wrote_of_others_stands_apart_from_whom_they_excluded(
    cast: Cast, signed_in: SignedIn
) -> None:
    report = cast.report(cast.draft(excluded=[cast.triage]))
    page = signed_in(cast.lead).get(f"/staff/cases/{report.case.hex()}?lang=en").text
    enforced, note = page.index("Must not see it"), page.index("The reporter’s note on others")
    assert enforced < page.index(cast.triage.display_name, enforced) < note < page.index("CANARY-EXCLUDED")
    assert "It keeps no key from anybody" in page[note:]


def test_it_shows_whom_the_reporter_excluded(cast: Cast, signed_in: SignedIn) -> None:
    report = cast.report(cast.draft(excluded=[cast.triage]))
    page = signed_in(cast.lead).get(address(report)).text
    assert cast.triage.display_name in page
    assert "CANARY-EXCLUDED the accountant" in page
    assert signed_in(cast.triage).get(address(report)).status_code == 404


def test_what_a_reporter_writes_is_never_markup(cast: Cast, signed_in: SignedIn) -> None:
    report = cast.report(cast.draft(narrative="<script>alert(1)</script>\n\n{{ 7 * 7 }} <b>bold</b>"))
    page = signed_in(cast.lead).get(address(report)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7 * 7 }} &lt;b&gt;bold&lt;/b&gt;" in page


def test_whoever_is_left_out_of_an_assignment_meets_nothing_on_the_next_request(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    browser = signed_in(cast.triage)
    assert browser.get(address(report)).status_code == 200
    cast.assign(report)
    assert browser.get(address(report)).status_code == 404


def test_a_part_that_was_altered_is_left_out_aloud(
    cast: Cast, signed_in: SignedIn, report: Report, stolen: Intruder
) -> None:
    with cast.units.writing() as unit:
        casework.write_note(unit, cast.lead.actor, cast.lead.keys, report.case, "NOTE that is altered")
        casework.reply(unit, cast.lead.actor, cast.lead.keys, report.case, "REPLY that is not")
    stolen.execute(
        "UPDATE sealed_field SET value = zeroblob(length(value)) WHERE name = 'text' "
        "AND record_id = (SELECT id FROM record WHERE kind = 'note')"
    )
    page = signed_in(cast.lead).get(address(report))
    assert page.status_code == 200
    assert 'id="problems-title"' in page.text
    assert "NOTE that is altered" not in page.text
    assert "REPLY that is not" in page.text


def test_a_key_that_does_not_verify_shows_nothing_at_all(
    cast: Cast, signed_in: SignedIn, report: Report, stolen: Intruder
) -> None:
    stolen.execute("UPDATE act SET signature = zeroblob(64)")
    page = signed_in(cast.lead).get(address(report))
    assert page.status_code == 500
    assert NARRATIVE not in page.text


def test_an_answer_to_the_reporter_acknowledges_the_report(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    with time_machine.travel(clock.now() + timedelta(days=9), tick=False):
        browser = signed_in(cast.lead)
        assert "govuk-tag--red" in browser.get(address(report)).text
        with cast.units.writing() as unit:
            casework.reply(unit, cast.lead.actor, cast.lead.keys, report.case, "We have your report.")
        assert "govuk-tag--red" not in browser.get(address(report)).text


def test_it_says_when_a_single_person_holds_the_case(cast: Cast, signed_in: SignedIn) -> None:
    alone = cast.report(cast.draft(excluded=[cast.triage]))
    both = cast.report()
    browser = signed_in(cast.lead)
    assert "govuk-warning-text" in browser.get(address(alone)).text
    assert "govuk-warning-text" not in browser.get(address(both)).text
