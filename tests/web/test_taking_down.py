"""Staff take a report down for somebody; the person exchanges the first code and checks the words."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from complaints.services import undertakings
from complaints.services.unit import Unit, Units
from complaints.vocabulary import Event
from complaints.web.whole_words import JOINER
from crypto import Receipt
from tests.cast import Cast, Person, Report
from tests.evidence import photo
from tests.web.conftest import Browser, Log, token_in
from tests.web.forms import PageForm
from tests.web.test_casework_export import take, unpacked

SignedIn = Callable[[Person], Browser]
FORM, CHECK, SEND = "/staff/reports/new", "/staff/reports/new/check", "/staff/reports/new/send"
WORDS = "CANARY-CALL he takes money from drivers"


def filled(browser: Browser, cast: Cast, **more: str) -> PageForm:
    form = PageForm.on(browser, browser.get(f"{FORM}?lang=en"))
    form.values |= {"language": ["en"], "source": ["phone"], "channel": [cast.channel.hex()]}
    return form.fill(narrative=WORDS, name="CANARY-NAME Somsri", **more)


def checked(browser: Browser, cast: Cast, **more: str) -> PageForm:
    answer = filled(browser, cast, **more).post(CHECK)
    assert answer.status_code == 200
    assert "Read it back" in answer.text
    return PageForm.on(browser, answer)


def code_on(answer: TestResponse) -> str:
    found = re.search(r'id="receipt">([0-9A-Z-]+)</strong>', answer.text)
    assert found, answer.status_code
    return found[1]


def taken_down(browser: Browser, cast: Cast) -> str:
    return code_on(checked(browser, cast).post(SEND))


def exchanged(browser: Browser, code: str) -> str:
    """The new code. The browser has the report open."""
    page = browser.post("/en/inbox", {"code": code})
    form = dict(re.findall(r'name="(first|fresh)" value="([^"]+)"', page.text))
    answer = browser.post("/en/inbox/case/first", form | {"kept": "yes"})
    assert (answer.status_code, answer.location) == (303, "/en/inbox/case/transcript")
    return form["fresh"]


# -- Taking it down --------------------------------------------------------------------------------------------------


def test_the_sheet_speaks_the_persons_language_and_the_page_its_readers(cast: Cast, signed_in: SignedIn) -> None:
    browser = signed_in(cast.unassigned)
    form = filled(browser, cast)
    form.values["language"] = ["th"]
    answer = PageForm.on(browser, form.post(CHECK)).post(SEND)
    assert "Give this code to the person" in answer.text
    assert "ถึงคุณ ผู้แจ้งเรื่อง" in answer.text.replace(JOINER, "")


def test_what_was_told_is_read_back_sealed_and_read_by_the_lead(cast: Cast, signed_in: SignedIn, log: Log) -> None:
    browser = signed_in(cast.unassigned)
    form = checked(browser, cast)
    assert not log.entries(Event.REPORT_TAKEN_DOWN)
    answer = form.post(SEND)
    assert answer.status_code == 200
    assert "CANARY" not in answer.text
    assert "https://report.example.org/en/inbox" in answer.text
    (entry,) = log.entries(Event.REPORT_TAKEN_DOWN)
    lead = signed_in(cast.lead).get(f"/staff/cases/{entry['case']}?lang=en")
    assert WORDS in lead.text
    assert "By telephone" in lead.text
    assert "has not exchanged the first code" in lead.text
    assert "CANARY-NAME" not in lead.text


def test_the_page_says_who_receives_it(cast: Cast, signed_in: SignedIn) -> None:
    answer = filled(signed_in(cast.unassigned), cast).post(CHECK)
    shown = answer.text.partition("How did it come?")[0]
    assert cast.lead.display_name in shown
    assert cast.triage.display_name in shown


def test_whoever_must_not_see_it_is_left_out_and_may_be_the_one_who_writes(cast: Cast, signed_in: SignedIn) -> None:
    form = filled(signed_in(cast.triage), cast)
    form.values["excluded"] = [cast.triage.account.hex()]
    answer = form.post(CHECK)
    assert "You are among those who must not see it" in answer.text
    assert cast.triage.display_name not in answer.text.partition("How did it come?")[0].partition("Read it back")[2]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("source", "Choose how it came"),
        ("channel", "Choose what it is about"),
        ("language", "Choose the language"),
        ("narrative", "One sentence is enough"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_lost(cast: Cast, signed_in: SignedIn, field: str, said: str) -> None:
    form = filled(signed_in(cast.unassigned), cast)
    form.values[field] = [""]
    answer = form.post(CHECK)
    assert answer.status_code == 400
    assert said in answer.text
    assert "CANARY-NAME Somsri" in answer.text


@pytest.mark.parametrize(
    ("way", "field", "named"),
    [("anonymous", "name", "Name"), ("named", "behalf-name", "Name of the person it is reported for")],
)
def test_a_name_that_would_not_be_kept_is_asked_about(
    cast: Cast, signed_in: SignedIn, log: Log, way: str, field: str, named: str
) -> None:
    browser = signed_in(cast.unassigned)
    form = filled(browser, cast)
    form.values |= {"way": [way], field: ["CANARY-NAME Somsri"]}
    for step in (CHECK, SEND):
        answer = form.post(step)
        assert answer.status_code == 400
        assert f"these would not be kept: {named}. Choose" in answer.text.replace(JOINER, "")
        assert 'href="#way"' in answer.text
        assert "CANARY-NAME Somsri" in answer.text
        assert "Seal and send" not in answer.text
    assert not log.entries(Event.REPORT_TAKEN_DOWN)
    form.values[field] = [""]
    assert "Seal and send" in form.post(CHECK).text


def test_the_check_says_what_is_sealed_of_who_somebody_is(cast: Cast, signed_in: SignedIn) -> None:
    browser = signed_in(cast.unassigned)
    form = filled(browser, cast)
    assert "<dd" in (shown := form.post(CHECK).text.partition("Sealed apart, as identifying")[2][:400])
    assert "Name" in shown
    form.values["name"] = [" "]
    assert "Nothing: no name was filled in" in form.post(CHECK).text


def test_what_was_changed_after_it_was_read_back_is_read_back_again(cast: Cast, signed_in: SignedIn, log: Log) -> None:
    answer = checked(signed_in(cast.unassigned), cast).fill(narrative="something else").post(SEND)
    assert "Something was changed" in answer.text
    assert not log.entries(Event.REPORT_TAKEN_DOWN)


def test_sent_twice_it_is_one_report_with_one_code(cast: Cast, signed_in: SignedIn, log: Log) -> None:
    form = checked(signed_in(cast.unassigned), cast)
    first, second = form.post(SEND), form.post(SEND)
    assert code_on(first) == code_on(second)
    assert len(log.entries(Event.REPORT_TAKEN_DOWN)) == 1


def test_sent_again_after_the_exchange_it_shows_no_code(cast: Cast, signed_in: SignedIn, browser: Browser) -> None:
    form = checked(signed_in(cast.unassigned), cast)
    exchanged(browser, code_on(form.post(SEND)))
    again = form.post(SEND)
    assert again.status_code == 409
    assert 'id="receipt"' not in again.text


def test_a_letter_is_cleaned_as_a_reporters_file_would_be(cast: Cast, signed_in: SignedIn, log: Log) -> None:
    browser = signed_in(cast.unassigned)
    form = filled(browser, cast)
    form.uploads = [("letter.jpg", photo(), "image/jpeg")]
    answer = form.post(CHECK)
    assert "Found and taken out" in answer.text
    PageForm.on(browser, answer).post(SEND)
    (entry,) = log.entries(Event.REPORT_TAKEN_DOWN)
    assert "letter.jpg" in signed_in(cast.lead).get(f"/staff/cases/{entry['case']}").text


def test_a_file_refused_on_the_way_is_named_and_nothing_is_sent(cast: Cast, signed_in: SignedIn, log: Log) -> None:
    form = checked(signed_in(cast.unassigned), cast)
    form.uploads = [("empty.txt", b"", "text/plain")]
    answer = form.post(SEND)
    assert answer.status_code == 400
    assert "“empty.txt” is empty." in unescape(answer.text)
    assert not log.entries(Event.REPORT_TAKEN_DOWN)


def test_a_file_can_be_taken_out_again(cast: Cast, signed_in: SignedIn) -> None:
    browser = signed_in(cast.unassigned)
    form = filled(browser, cast)
    form.uploads = [("letter.jpg", photo(), "image/jpeg")]
    form = PageForm.on(browser, form.post(CHECK))
    answer = form.post(CHECK, drop=form["staged"].partition(":")[0])
    assert answer.status_code == 200
    assert "letter.jpg" not in answer.text


def test_when_the_session_has_ended_the_words_stay_on_the_page(cast: Cast, signed_in: SignedIn, log: Log) -> None:
    browser = signed_in(cast.unassigned)
    form = checked(browser, cast)
    browser.client.delete_cookie("__Host-staff", domain="report.example.org")
    for address in (CHECK, SEND):
        answer = form.post(f"{address}?lang=en")
        assert answer.status_code == 403
        assert WORDS in answer.text
        assert "Your session had ended" in answer.text
    assert not log.entries(Event.REPORT_TAKEN_DOWN)


@pytest.mark.parametrize("address", [CHECK, SEND])
def test_a_form_without_its_token_does_nothing(cast: Cast, signed_in: SignedIn, log: Log, address: str) -> None:
    form = checked(signed_in(cast.unassigned), cast)
    form.values["csrf_token"] = [""]
    answer = form.post(address)
    assert answer.status_code == 403
    assert not log.entries(Event.REPORT_TAKEN_DOWN)


@pytest.mark.parametrize("name", ["administrator", "auditor", "custodian"])
def test_other_roles_are_denied_and_the_log_is_told(cast: Cast, signed_in: SignedIn, log: Log, name: str) -> None:
    assert signed_in(getattr(cast, name)).get(FORM).status_code == 403
    (entry,) = log.entries(Event.DENIED)
    assert entry["subject"] == "take-down"


def test_without_the_undertaking_nobody_listens(cast: Cast, signed_in: SignedIn) -> None:
    with cast.units.writing() as unit:
        undertakings.publish_next(unit, cast.administrator.actor, text_th="ใหม่", text_en="new")
    answer = signed_in(cast.unassigned).get(f"{FORM}?lang=en")
    assert answer.status_code == 403
    assert "Sign the undertaking" in answer.text


def test_strangers_are_asked_to_sign_in(browser: Browser) -> None:
    assert "/staff/sign-in" in browser.get(FORM).location


@pytest.mark.parametrize("step", ["check", "send"])
def test_addresses_of_answers_lead_to_the_form(cast: Cast, signed_in: SignedIn, step: str) -> None:
    assert signed_in(cast.unassigned).get(f"{FORM}/{step}").location == FORM


# -- The first code --------------------------------------------------------------------------------------------------

OWN = ("", "/looked", "/identity", "/data", "/requests", "/code", "/transcript")


def test_the_first_code_opens_the_exchange_and_sets_no_cookie(
    cast: Cast, signed_in: SignedIn, browser: Browser
) -> None:
    code = taken_down(signed_in(cast.unassigned), cast)
    page = browser.post("/en/inbox", {"code": code})
    assert page.status_code == 200
    assert "CANARY" not in page.text
    assert "Set-Cookie" not in page.headers
    for path in OWN:
        assert browser.get(f"/en/inbox/case{path}").location == "/en/inbox"


def test_after_it_the_new_code_opens_everything_and_the_first_nothing(
    cast: Cast, signed_in: SignedIn, browser: Browser, app: Flask
) -> None:
    code = taken_down(signed_in(cast.unassigned), cast)
    fresh = exchanged(browser, code)
    assert WORDS in browser.get("/en/inbox/case").text
    for path in OWN:
        assert browser.get(f"/en/inbox/case{path}").status_code == 200
    stranger = Browser(app.test_client())
    assert "We know no report with this code" in stranger.post("/en/inbox", {"code": code}).text
    assert stranger.post("/en/inbox", {"code": fresh}).location == "/en/inbox?opened=yes"


def test_until_the_box_is_ticked_nothing_is_exchanged(cast: Cast, signed_in: SignedIn, browser: Browser) -> None:
    code = taken_down(signed_in(cast.unassigned), cast)
    page = browser.post("/en/inbox", {"code": code})
    form = dict(re.findall(r'name="(first|fresh)" value="([^"]+)"', page.text))
    answer = browser.post("/en/inbox/case/first", form)
    assert answer.status_code == 400
    assert form["fresh"] in answer.text
    assert 'name="first"' in browser.post("/en/inbox", {"code": code}).text


def test_the_exchange_pressed_twice_is_done_once(cast: Cast, signed_in: SignedIn, browser: Browser, log: Log) -> None:
    code = taken_down(signed_in(cast.unassigned), cast)
    page = browser.post("/en/inbox", {"code": code})
    form = dict(re.findall(r'name="(first|fresh)" value="([^"]+)"', page.text)) | {"kept": "yes"}
    for _ in range(2):
        assert browser.post("/en/inbox/case/first", form).location == "/en/inbox/case/transcript"
    assert WORDS in browser.get("/en/inbox/case").text


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Has something happen once between a post's recognising its codes and its own turn to exchange them."""

    def between(happens: Callable[[], object]) -> None:
        begin, waiting = Units.writing, [happens]

        def begin_after(units: Units) -> AbstractContextManager[Unit]:
            while waiting:
                waiting.pop()()
            return begin(units)

        monkeypatch.setattr(Units, "writing", begin_after)

    return between


def test_the_exchange_pressed_twice_at_once_leads_both_on(
    cast: Cast, signed_in: SignedIn, app: Flask, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    code = taken_down(signed_in(cast.unassigned), cast)
    one, other = Browser(app.test_client()), Browser(app.test_client())
    page = one.post("/en/inbox", {"code": code})
    form = dict(re.findall(r'name="(first|fresh)" value="([^"]+)"', page.text)) | {"kept": "yes"}
    quicker = []
    meanwhile(lambda: quicker.append(other.post("/en/inbox/case/first", form)))
    answers = [one.post("/en/inbox/case/first", form), *quicker]
    assert [answer.location for answer in answers] == ["/en/inbox/case/transcript"] * 2
    assert WORDS in one.get("/en/inbox/case").text


def test_whoever_is_second_at_once_with_another_fresh_code_is_told(
    cast: Cast, signed_in: SignedIn, app: Flask, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    code = taken_down(signed_in(cast.unassigned), cast)
    late = Browser(app.test_client())
    page = late.post("/en/inbox", {"code": code})
    form = dict(re.findall(r'name="(first|fresh)" value="([^"]+)"', page.text)) | {"kept": "yes"}
    meanwhile(lambda: exchanged(Browser(app.test_client()), code))
    answer = late.post("/en/inbox/case/first", form)
    assert answer.status_code == 409
    assert "exchanged already" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_whoever_comes_second_with_the_first_code_is_told(
    cast: Cast, signed_in: SignedIn, browser: Browser, app: Flask
) -> None:
    code = taken_down(signed_in(cast.unassigned), cast)
    late = Browser(app.test_client())
    page = late.post("/en/inbox", {"code": code})
    form = dict(re.findall(r'name="(first|fresh)" value="([^"]+)"', page.text)) | {"kept": "yes"}
    exchanged(browser, code)
    answer = late.post("/en/inbox/case/first", form)
    assert answer.status_code == 409
    assert "exchanged already" in answer.text


@pytest.mark.parametrize("fresh", ["", "AAAA", "the first"])
def test_a_crafted_exchange_opens_nothing(cast: Cast, signed_in: SignedIn, browser: Browser, fresh: str) -> None:
    code = taken_down(signed_in(cast.unassigned), cast)
    other = Receipt.generate().grouped()
    for first in (code, other):
        form = {"first": first, "fresh": code if fresh == "the first" else fresh, "kept": "yes"}
        answer = browser.post("/en/inbox/case/first", form)
        assert answer.status_code == 409
        assert "Set-Cookie" not in answer.headers


def test_a_fresh_code_of_another_report_is_refused(cast: Cast, signed_in: SignedIn, browser: Browser) -> None:
    code, other = taken_down(signed_in(cast.unassigned), cast), cast.report()
    form = {"first": code, "fresh": other.receipt.grouped(), "kept": "yes"}
    assert browser.post("/en/inbox/case/first", form).status_code == 409


# -- The words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "said"), [("approved", "It is right"), ("corrected", "CANARY-CORRECTION")])
def test_the_person_says_whether_it_is_right_and_the_lead_reads_it(
    cast: Cast, signed_in: SignedIn, browser: Browser, log: Log, outcome: str, said: str
) -> None:
    exchanged(browser, taken_down(signed_in(cast.unassigned), cast))
    page = browser.get("/en/inbox/case/transcript")
    assert WORDS in page.text
    form = {"outcome": outcome, "text": "CANARY-CORRECTION it was Tuesday"}
    answer = browser.post("/en/inbox/case/transcript", form, token=token_in(page))
    assert answer.location == "/en/inbox/case"
    (entry,) = log.entries(Event.REPORT_TAKEN_DOWN)
    assert said in unescape(signed_in(cast.lead).get(f"/staff/cases/{entry['case']}?lang=en").text)
    mailbox = browser.get("/en/inbox/case").text
    assert "Check what was written" not in mailbox
    assert ("you said what is wrong or missing" in mailbox) is (outcome == "corrected")


def test_an_answer_without_a_choice_or_without_words_is_asked_again(
    cast: Cast, signed_in: SignedIn, browser: Browser
) -> None:
    exchanged(browser, taken_down(signed_in(cast.unassigned), cast))
    token = browser.token_on("/en/inbox/case/transcript")
    for form, said in (({}, "Choose whether it is right"), ({"outcome": "corrected"}, "Write what is wrong")):
        answer = browser.post("/en/inbox/case/transcript", form, token=token)
        assert answer.status_code == 400
        assert said in answer.text


def test_approved_in_two_tabs_it_is_approved_once(cast: Cast, signed_in: SignedIn, browser: Browser) -> None:
    exchanged(browser, taken_down(signed_in(cast.unassigned), cast))
    token = browser.token_on("/en/inbox/case/transcript")
    form = {"outcome": "approved"}
    assert browser.post("/en/inbox/case/transcript", form, token=token).status_code == 303
    second = browser.post("/en/inbox/case/transcript", form, token=token)
    assert second.status_code == 200
    assert 'name="outcome"' not in second.text


def test_a_report_that_its_reporter_sent_has_no_such_page(cast: Cast, browser: Browser) -> None:
    browser.post("/en/inbox", {"code": cast.report().receipt.grouped()})
    assert browser.get("/en/inbox/case/transcript").location == "/en/inbox/case"


def test_when_the_session_has_ended_a_correction_stays_on_the_page(
    cast: Cast, signed_in: SignedIn, browser: Browser
) -> None:
    exchanged(browser, taken_down(signed_in(cast.unassigned), cast))
    token = browser.token_on("/en/inbox/case/transcript")
    browser.client.delete_cookie("__Host-inbox", domain="report.example.org", path="/")
    form = {"outcome": "corrected", "text": "CANARY-CORRECTION"}
    answer = browser.post("/en/inbox/case/transcript", form, token=token)
    assert answer.status_code == 403
    assert "CANARY-CORRECTION" in answer.text


@pytest.mark.parametrize("language", ["th", "en"])
def test_who_has_looked_tells_of_it(cast: Cast, signed_in: SignedIn, browser: Browser, language: str) -> None:
    exchanged(browser, taken_down(signed_in(cast.unassigned), cast))
    page = unescape(browser.get(f"/{language}/inbox/case/looked").text).replace(JOINER, "")
    assert ("wrote your report down" if language == "en" else "เป็นผู้จดเรื่องของคุณ") in page


def test_a_copy_of_the_case_tells_how_it_came_and_what_was_corrected(
    cast: Cast, signed_in: SignedIn, browser: Browser, log: Log
) -> None:
    fresh = exchanged(browser, taken_down(signed_in(cast.unassigned), cast))
    form = {"outcome": "corrected", "text": "CANARY-CORRECTION it was Tuesday"}
    browser.post("/en/inbox/case/transcript", form, token=browser.token_on("/en/inbox/case/transcript"))
    (entry,) = log.entries(Event.REPORT_TAKEN_DOWN)
    report = Report(bytes.fromhex(entry["case"] or ""), Receipt.parse(fresh), "")
    files = unpacked(take(signed_in(cast.lead), report).data)
    document = next(content for name, content in files.items() if name.endswith(".html")).decode()
    assert "CANARY-CORRECTION it was Tuesday" in document
    assert cast.unassigned.display_name in document


def test_the_reporters_own_copy_does_too(cast: Cast, signed_in: SignedIn, browser: Browser) -> None:
    fresh = exchanged(browser, taken_down(signed_in(cast.unassigned), cast))
    address = "/en/inbox/case/data"
    copy = unpacked(browser.post(address, {"code": fresh}, token=browser.token_on(address)).data)
    page = copy["copy.html"].decode()
    assert WORDS in page
    assert "By telephone" in page
    assert [name for name in copy if name.startswith("proofs/")]
