"""`/staff/channels/<id>/rehearsal` and `/staff/cases/<id>/rehearsal`: a test report from the set-up page to its end."""

import re
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import time_machine

from complaints import clock
from complaints.cleaning import kinds
from complaints.policy import Action
from complaints.services import rehearsals
from complaints.services.unit import Units
from complaints.vocabulary import Cleaning, Ending, Event, Locale
from crypto import Receipt
from tests.cast import Cast, Person, Report
from tests.web.conftest import Browser, Log
from tests.web.ladder import FormLadder, SignedIn, without_token

SET_UP = "/staff/set-up?lang=en"


def address(cast: Cast, channel: bytes | None = None) -> str:
    return f"/staff/channels/{(channel or cast.channel).hex()}/rehearsal"


def send(browser: Browser, cast: Cast, channel: bytes | None = None) -> Any:
    return browser.post(address(cast, channel), token=browser.token_on(SET_UP))


def end(browser: Browser, test: Report, ending: Ending = Ending.OPENED) -> Any:
    where = f"/staff/cases/{test.case.hex()}"
    return browser.post(f"{where}/rehearsal?lang=en", {"ending": ending.value}, token=browser.token_on(where))


def see_all_of(browser: Browser, cast: Cast, test: Report, person: Person) -> None:
    where = f"/staff/cases/{test.case.hex()}"
    file = re.search(rf"{where}/files/[0-9a-f]{{32}}", browser.get(where).text)
    assert file
    assert "This is a test report" in browser.get(file[0]).text
    page = browser.get(f"{where}/identity")
    once = re.search(r'name="once" value="([^"]+)"', page.text)
    assert once
    form = {"reason": "verify", "words": "a test", "passphrase": person.passphrase, "once": once[1]}
    answer = browser.post(f"{where}/identity", form, token=browser.token_on(where))
    assert "Test reporter (nobody)" in answer.text


def said(browser: Browser) -> str:
    """The set-up page's words about test reports."""
    page = browser.get(SET_UP).text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition('id="rehearsals"')[2].partition("</main>")[0]))


@pytest.fixture
def report(cast: Cast) -> Report:
    """A test, as every step of the ladder finds it."""
    file = rehearsals.stage_file(cast.units, 1_000_000)
    with cast.units.reading() as unit:
        sealed = rehearsals.prepare(unit, cast.administrator.actor, cast.channel, file, Locale.THAI)
    with cast.units.writing() as unit:
        rehearsals.begin(unit, sealed)
        reference = unit.session.connection().exec_driver_sql("SELECT reference FROM cases").scalar_one()
    return Report(sealed.case, Receipt.generate(), reference)


class TestEndingLadder(FormLadder):
    path = "/staff/cases/{case}/rehearsal"
    action = Action.END_REHEARSAL
    event = Event.CASE_ERASED
    form: ClassVar = {"ending": "given-up"}
    wrong_methods = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")


# -- From the set-up page --------------------------------------------------------------------------------------------


def test_from_the_first_to_erased(cast: Cast, signed_in: SignedIn, log: Log) -> None:
    administrator, lead = signed_in(cast.administrator), signed_in(cast.lead)
    assert "Never tried" in said(administrator)
    answer = send(administrator, cast)
    assert (answer.status_code, answer.location) == (303, "/staff/set-up#rehearsals")
    assert "Waits for a lead" in said(administrator)
    (entry,) = log.entries(Event.REPORT_REHEARSED)
    test = Report(bytes.fromhex(entry["case"] or ""), Receipt.generate(), "")
    assert administrator.get(f"/staff/cases/{entry['case']}").status_code == 403
    assert "Test report" in lead.get("/staff/cases?lang=en").text
    page = lead.get(f"/staff/cases/{entry['case']}?lang=en").text
    assert page.count("Not yet") == 2
    assert "Acknowledge by" not in page
    see_all_of(lead, cast, test, cast.lead)
    assert "Not yet" not in lead.get(f"/staff/cases/{entry['case']}?lang=en").text
    answer = end(lead, test)
    assert (answer.status_code, answer.location) == (303, "/staff/cases")
    assert "No case is open to you" in lead.get("/staff/cases?lang=en").text
    told = said(administrator)
    assert "It opens" in told
    assert f"{cast.lead.display_name} opened one whole on" in told
    assert lead.get(f"/staff/cases/{entry['case']}").status_code == 404


def test_the_page_shows_an_administrator_nothing_of_it(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    page = signed_in(cast.administrator).get(SET_UP).text
    assert report.case.hex() not in page
    assert report.reference not in page


def test_a_second_one_while_one_waits(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    administrator = signed_in(cast.administrator)
    actions = re.findall(r'action="([^"]+)"', administrator.get(SET_UP).text)
    assert [f"{address(cast)}/end" in actions, address(cast) in actions] == [True, False]
    assert send(administrator, cast).status_code == 303
    assert "Nothing was sent" in administrator.get(SET_UP).text
    assert len(log.entries(Event.REPORT_REHEARSED)) == 1
    assert _files(cast.units) == 1, "the second one's file does not wait for the sweep"


def _files(units: Units) -> int:
    with units.reading() as unit:
        return int(unit.session.connection().exec_driver_sql("SELECT count(*) FROM file").scalar_one())


def test_a_channel_that_cannot_receive(cast: Cast, signed_in: SignedIn, units: Units, log: Log) -> None:
    with units.writing() as unit:
        unit.session.connection().exec_driver_sql("DELETE FROM undertaking_signature")
    administrator = signed_in(cast.administrator)
    assert "One can be sent once the channel receives" in said(administrator)
    assert send(administrator, cast).status_code == 303
    assert "no lead of this channel could open it" in administrator.get(SET_UP).text
    assert not log.entries(Event.REPORT_REHEARSED)


def test_no_such_channel(cast: Cast, signed_in: SignedIn) -> None:
    assert send(signed_in(cast.administrator), cast, bytes(16)).status_code == 404


def test_one_that_nobody_opens_is_told_of_and_taken_back(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    administrator = signed_in(cast.administrator)
    assert "Waits too long" not in said(administrator)
    with time_machine.travel(clock.now() + timedelta(days=8), tick=True):
        later = signed_in(cast.administrator)
        told = said(later)
        assert "Waits too long" in told
        assert "Nobody has opened it for a week" in told
        answer = later.post(f"{address(cast)}/end", token=later.token_on(SET_UP))
        assert (answer.status_code, answer.location) == (303, "/staff/set-up#rehearsals")
        assert "Never tried" in said(later)
        again = later.post(f"{address(cast)}/end", token=later.token_on(SET_UP))
        assert again.status_code == 303
        assert "No test report of this channel waits any more" in later.get(SET_UP).text
    (entry,) = log.entries(Event.CASE_ERASED)
    assert entry["reason"] == Ending.GIVEN_UP
    assert _files(cast.units) == 0


@pytest.mark.parametrize("what", ["", "/end"])
@pytest.mark.parametrize("name", ["lead", "custodian", "auditor"])
def test_only_administrators_send_and_take_back(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report, name: str, what: str
) -> None:
    browser = signed_in(getattr(cast, name))
    assert browser.post(address(cast) + what).status_code == 403
    assert [entry["subject"] for entry in log.entries(Event.DENIED)] == [Action.REHEARSE_CHANNEL.value]
    assert not log.entries(Event.CASE_ERASED)


@pytest.mark.parametrize("what", ["", "/end"])
def test_a_form_without_its_token_does_nothing(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report, what: str
) -> None:
    assert signed_in(cast.administrator).post(address(cast) + what).status_code == 400
    assert not log.entries(Event.CASE_ERASED)
    assert len(log.entries(Event.REPORT_REHEARSED)) == 1


# -- In a lead's hands -----------------------------------------------------------------------------------------------


def test_a_lead_who_has_not_opened_it_is_told_what_is_missing(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    answer = end(signed_in(cast.lead), report)
    assert answer.status_code == 400
    assert "Open the file of the test report first" in answer.text
    assert "Open the identity of the test report first" in answer.text
    assert not log.entries(Event.CASE_ERASED)


def test_a_lead_ends_one_that_does_not_open(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    assert end(signed_in(cast.lead), report, Ending.GIVEN_UP).status_code == 303
    assert "Never tried" in said(signed_in(cast.administrator))


def test_it_is_not_moved(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    lead, where = signed_in(cast.lead), f"/staff/cases/{report.case.hex()}"
    assert f"{where}/move" not in lead.get(where).text
    answer = lead.get(f"{where}/move?lang=en")
    assert answer.status_code == 403
    assert "A test report stays in the channel that it tries." in answer.text


def test_two_leads_at_once(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    first, second = signed_in(cast.lead), signed_in(cast.lead)
    token = second.token_on(f"/staff/cases/{report.case.hex()}")
    assert end(first, report, Ending.GIVEN_UP).status_code == 303
    answer = second.post(f"/staff/cases/{report.case.hex()}/rehearsal?lang=en", {"ending": "given-up"}, token=token)
    assert (answer.status_code, answer.location) == (303, "/staff/cases")
    assert "Somebody else was first" in second.get("/staff/cases?lang=en").text
    assert len(log.entries(Event.CASE_ERASED)) == 1
    assert not log.entries(Event.DENIED)


def test_who_does_not_lead_has_no_button_and_ends_nothing(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    triage = signed_in(cast.triage)
    assert "A lead of the channel says so" in triage.get(f"/staff/cases/{report.case.hex()}?lang=en").text
    answer = end(triage, report, Ending.GIVEN_UP)
    assert answer.status_code == 403
    assert "Only a lead of the channel ends a test report" in answer.text
    assert not log.entries(Event.CASE_ERASED)


@pytest.mark.parametrize("ending", Ending)
def test_a_real_report_is_not_ended(cast: Cast, signed_in: SignedIn, log: Log, ending: Ending) -> None:
    real = cast.report()
    lead = signed_in(cast.lead)
    page = lead.get(f"/staff/cases/{real.case.hex()}?lang=en").text
    assert "/rehearsal" not in page
    assert "Test report" not in page
    answer = end(lead, real, ending)
    assert answer.status_code == 403
    assert "Nothing was erased" in answer.text
    (denied,) = log.entries(Event.DENIED)
    assert (denied["subject"], denied["reason"]) == (f"case:{real.case.hex()}", "no-test")
    assert "Nothing was erased" not in without_token(lead.get(f"/staff/cases/{real.case.hex()}?lang=en").text)


def test_the_log_tells_it_in_words(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    assert end(signed_in(cast.lead), report, Ending.GIVEN_UP).status_code == 303
    page = signed_in(cast.auditor).get("/staff/log?lang=en").text
    for words in (
        f"Test report {report.reference}, erased",
        "A test report was sent",
        "A test report was erased",
        "Nobody said that it opens",
    ):
        assert words in page


def test_its_file_is_looked_at_as_every_other(cast: Cast) -> None:
    staged = rehearsals.stage_file(cast.units, 1_000_000)
    assert (staged.cleaning, staged.media_type) == (Cleaning.NOTHING, kinds.TEXT)
