"""`/staff/cases/<case>/assign`: a lead hands over the keys of a case."""

import re
from typing import Any, ClassVar

import pytest
from werkzeug.test import TestResponse

from complaints.policy import Action
from complaints.services import identity_requests, undertakings
from complaints.vocabulary import Event
from tests.cast import NARRATIVE, Cast, Person, Report
from tests.web.conftest import Browser, Log, token_in
from tests.web.ladder import CaseLadder, FormLadder, SignedIn


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


def address(report: Report) -> str:
    return f"/staff/cases/{report.case.hex()}/assign"


def field(person: Person) -> str:
    return f"access-{person.account.hex()}"


def form_in(page: TestResponse) -> dict[str, str]:
    epoch = re.search(r'name="epoch" value="(\d+)"', page.text)
    assert epoch
    return {"epoch": epoch[1], "csrf_token": token_in(page)}


def chosen_in(page: TestResponse, person: Person) -> str | None:
    """Which choice is ticked for somebody; None when nothing can be chosen for them."""
    found = re.search(rf'name="{field(person)}" type="radio" value="(\w+)" checked', page.text)
    return found[1] if found else None


def hand_over(
    browser: Browser, report: Report, choices: dict[Person, str], passphrase: str, **changed: str
) -> TestResponse:
    form = form_in(browser.get(address(report))) | {"passphrase": passphrase} | changed
    return browser.post(address(report), form | {field(person): choice for person, choice in choices.items()})


def reads(signed_in: SignedIn, person: Person, report: Report) -> bool:
    return NARRATIVE in signed_in(person).get(f"/staff/cases/{report.case.hex()}").text


class TestFormLadder(CaseLadder):
    path = "/staff/cases/{case}/assign"
    action = Action.ASSIGN_CASE
    wrong_methods = ("PUT", "PATCH", "DELETE", "OPTIONS")


class TestAssigningLadder(FormLadder):
    path = "/staff/cases/{case}/assign"
    action = Action.ASSIGN_CASE
    event = Event.CASE_ASSIGNED
    form: ClassVar = {"epoch": "1", "passphrase": "CANARY-PASSPHRASE that is not one"}


def test_the_chosen_read_the_case_and_those_left_out_do_not(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    lead = signed_in(cast.lead)
    assert reads(signed_in, cast.triage, report)
    choices = {cast.investigator: "identity", cast.second_investigator: "report", cast.triage: "none"}
    answer = hand_over(lead, report, choices, cast.lead.passphrase)
    assert answer.status_code == 303
    assert answer.location == f"/staff/cases/{report.case.hex()}"
    assert [
        p.name
        for p in cast.staff
        if p not in {cast.administrator, cast.auditor, cast.custodian} and reads(signed_in, p, report)
    ] == [
        "lead",
        "investigator",
        "second-investigator",
    ]
    identity = f"/staff/cases/{report.case.hex()}/identity"
    assert signed_in(cast.investigator).get(identity).status_code == 200
    assert signed_in(cast.second_investigator).get(identity).status_code == 403
    (entry,) = log.entries(Event.CASE_ASSIGNED)
    assert (entry["actor"], entry["case"]) == (cast.lead.account.hex(), report.case.hex())


def test_the_next_page_says_once_what_changed(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    lead = signed_in(cast.lead)
    answer = hand_over(lead, report, {cast.investigator: "identity"}, cast.lead.passphrase)
    notice = re.compile(r"govuk-notification-banner__heading\">([^<]*)<")
    said = notice.search(lead.get(answer.location).text)
    assert said
    assert said[1].count(cast.investigator.display_name) == 2
    assert cast.triage.display_name in said[1]
    assert cast.lead.display_name not in said[1]
    assert not notice.search(lead.get(answer.location).text)


def test_the_form_shows_who_is_assigned(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    lead = signed_in(cast.lead)
    before = lead.get(address(report))
    assert {chosen_in(before, p) for p in (cast.investigator, cast.triage, cast.unassigned)} == {"none"}
    cast.assign(report)
    after = lead.get(address(report))
    people = (cast.investigator, cast.second_investigator, cast.unassigned)
    assert [chosen_in(after, person) for person in people] == ["identity", "report", "none"]
    assert field(cast.lead) not in after.text


def asks(cast: Cast, report: Report, who: Person) -> None:
    with cast.units.writing() as unit:
        identity_requests.ask(unit, who.actor, who.keys, report.case, "To call them.")


def test_a_holder_who_may_not_keep_it_is_named_as_losing_it(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    """A new undertaking that they have not signed: nothing on the page chooses them, and it says so."""
    cast.assign(report)
    with cast.units.writing() as unit:
        undertakings.publish(unit, version=2, text_th="ใหม่", text_en="new")
        for person in (cast.lead, cast.second_investigator):
            undertakings.sign(unit, person.actor, person.keys.signing, 2)
    asks(cast, report, cast.second_investigator)
    page = signed_in(cast.lead).get(f"{address(report)}?to={cast.second_investigator.account.hex()}&lang=en").text
    assert field(cast.investigator) not in page
    mine = page[page.index(f"<strong>{cast.investigator.display_name}") :][:600]
    assert "loses them with this assignment" in mine
    assert "unless you choose otherwise" not in mine


def test_whoever_asked_is_chosen_for_the_identity_and_the_others_for_what_they_hold(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    lead, people = signed_in(cast.lead), (cast.triage, cast.investigator, cast.second_investigator, cast.unassigned)
    asks(cast, report, cast.triage)
    early = lead.get(f"{address(report)}?to={cast.triage.account.hex()}")
    assert [chosen_in(early, person) for person in people] == ["identity", "none", "none", "none"]
    cast.assign(report)
    asks(cast, report, cast.second_investigator)
    page = lead.get(f"{address(report)}?to={cast.second_investigator.account.hex()}&lang=en")
    assert [chosen_in(page, person) for person in people] == ["none", "identity", "identity", "none"]
    assert f"{cast.second_investigator.display_name} asked for the identity" in page.text
    for other in (cast.lead.account.hex(), cast.unassigned.account.hex(), "00" * 16, "x", ""):
        page = lead.get(f"{address(report)}?to={other}")
        assert [chosen_in(page, person) for person in people] == ["none", "identity", "report", "none"]


def test_seeing_the_form_is_entered_for_it_shows_whom_the_reporter_excluded(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    signed_in(cast.lead).get(address(report))
    (entry,) = log.entries(Event.CASE_OPENED)
    assert (entry["actor"], entry["subject"]) == (cast.lead.account.hex(), "assignment")


def test_what_the_reporter_wrote_of_whom_to_exclude_stands_above_the_choices(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    page = signed_in(cast.lead).get(address(report)).text
    assert 0 < page.find("CANARY-EXCLUDED the accountant") < page.find('type="radio"')


def test_whom_the_reporter_excluded_can_neither_be_chosen_nor_posted(cast: Cast, signed_in: SignedIn, log: Log) -> None:
    report = cast.report(cast.draft(excluded=[cast.investigator]))
    lead = signed_in(cast.lead)
    assert field(cast.investigator) not in lead.get(address(report)).text
    answer = hand_over(lead, report, {cast.investigator: "report"}, cast.lead.passphrase)
    assert answer.status_code == 400
    assert not log.entries(Event.CASE_ASSIGNED)
    assert not reads(signed_in, cast.investigator, report)


def test_whoever_has_not_signed_the_undertaking_can_neither_be_chosen_nor_posted(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    with cast.units.writing() as unit:
        undertakings.publish(unit, version=2, text_th="ใหม่", text_en="new")
        for person in (cast.lead, cast.investigator):
            undertakings.sign(unit, person.actor, person.keys.signing, 2)
    lead = signed_in(cast.lead)
    page = lead.get(address(report))
    assert field(cast.second_investigator) not in page.text
    assert cast.second_investigator.display_name in page.text
    choices = {cast.investigator: "report", cast.second_investigator: "report"}
    answer = hand_over(lead, report, choices, cast.lead.passphrase)
    assert answer.status_code == 400
    assert chosen_in(answer, cast.investigator) == "report"
    assert not log.entries(Event.CASE_ASSIGNED)


def test_an_assigned_investigator_who_is_no_lead_is_told_no(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    cast.assign(report)
    browser = signed_in(cast.investigator)
    form: ClassVar = {"epoch": "2", "passphrase": cast.investigator.passphrase, field(cast.unassigned): "report"}
    posted = browser.post(address(report), form, token=browser.token_on("/staff/cases"))
    assert (browser.get(address(report)).status_code, posted.status_code) == (403, 403)
    assert len(log.entries(Event.CASE_ASSIGNED)) == 1
    denied = log.entries(Event.DENIED)
    assert {(entry["actor"], entry["reason"]) for entry in denied} == {(cast.investigator.account.hex(), "no-lead")}


def test_when_another_lead_was_quicker_nothing_is_done_and_nothing_is_lost(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    lead = signed_in(cast.lead)
    form = form_in(lead.get(address(report))) | {"passphrase": cast.lead.passphrase, field(cast.unassigned): "identity"}
    cast.assign(report)
    answer = lead.post(address(report), form)
    assert answer.status_code == 409
    assert len(log.entries(Event.CASE_ASSIGNED)) == 1
    assert not reads(signed_in, cast.unassigned, report)
    assert chosen_in(answer, cast.unassigned) == "identity"
    assert cast.lead.passphrase not in answer.text
    again = lead.post(address(report), form | form_in(answer))
    assert again.status_code == 303
    assert reads(signed_in, cast.unassigned, report)


def test_a_wrong_passphrase_is_entered_and_keeps_the_choices(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    answer = hand_over(signed_in(cast.lead), report, {cast.investigator: "report"}, "CANARY-PASSPHRASE wrong")
    assert answer.status_code == 400
    assert chosen_in(answer, cast.investigator) == "report"
    assert 'id="passphrase-error"' in answer.text
    assert "CANARY-PASSPHRASE" not in answer.text
    assert not log.entries(Event.CASE_ASSIGNED)
    (entry,) = log.entries(Event.PASSPHRASE_REFUSED)
    assert (entry["subject"], entry["reason"]) == ("assignment", "passphrase")


@pytest.mark.parametrize(
    "changed",
    [{"passphrase": ""}, {"epoch": ""}, {"epoch": "x"}, {"nobody": "chosen"}],
    ids=["no passphrase", "no epoch", "an epoch that is no number", "nobody chosen"],
)
def test_what_cannot_be_read_changes_nothing(
    changed: dict[str, Any], cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    choices = {cast.investigator: "none" if "nobody" in changed else "report"}
    answer = hand_over(signed_in(cast.lead), report, choices, **{"passphrase": cast.lead.passphrase} | changed)
    assert answer.status_code == 400
    assert chosen_in(answer, cast.investigator) == choices[cast.investigator]
    assert not log.entries(Event.CASE_ASSIGNED)


def test_what_the_form_does_not_ask_is_not_read(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    extra = {field(cast.administrator): "nonsense", "access-": "identity", "status": "new", "lead": "yes"}
    answer = hand_over(signed_in(cast.lead), report, {cast.investigator: "report"}, cast.lead.passphrase, **extra)
    assert answer.status_code == 303
    assert reads(signed_in, cast.lead, report)


def test_somebody_off_the_roster_cannot_be_posted(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    choices = {cast.investigator: "report", cast.other_lead: "identity"}
    answer = hand_over(signed_in(cast.lead), report, choices, cast.lead.passphrase)
    assert answer.status_code == 400
    assert not log.entries(Event.CASE_ASSIGNED)
