"""New keys over HTTP: asked for by an administrator, drawn behind the link, confirmed by a lead who hears the digits."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from complaints.services.unit import Units
from complaints.vocabulary import Event
from tests.cast import Cast, Person
from tests.services.test_new_keys import renew, sign_undertaking
from tests.web.conftest import Browser, Log
from tests.web.test_requests import waiting

SignIn = Callable[[Person], Browser]
NEW = "tricolor upbeat canister moonlit gravel spiny"


def page_of(person: Person) -> str:
    return f"/staff/accounts/{person.account.hex()}/new-keys"


@pytest.fixture
def link(cast: Cast, signed_in: SignIn) -> str:
    """The path of the link for the investigator."""
    browser = signed_in(cast.administrator)
    page = browser.post(page_of(cast.investigator), token=browser.token_on(page_of(cast.investigator)))
    assert page.status_code == 200
    found = re.search(r'id="new-keys-link">https://report.example.org([^<]+)<', page.text)
    assert found
    return found[1]


def digits_on(text: str) -> str:
    found = re.search(r'class="code">([0-9 ]+)<', text)
    assert found
    return unescape(found[1])


def test_the_whole_way(cast: Cast, signed_in: SignIn, browser: Browser, link: str, log: Log, units: Units) -> None:
    lead = signed_in(cast.lead)
    assert waiting(lead) == []  # nothing is drawn yet
    assert "suggestion" in browser.get(link).text
    drawn = browser.post(link, {"passphrase": NEW, "repeated": NEW})
    assert drawn.status_code == 200
    digits = digits_on(drawn.text)
    assert digits not in browser.get(link).text
    assert digits_on(browser.post(link, {"passphrase": NEW}).text) == digits
    (address,) = waiting(lead)
    page = lead.get(address).text
    assert digits[:-24] in page
    assert digits[-23:-18] not in page
    form = {"digits": digits[-23:], "passphrase": cast.lead.passphrase}
    assert lead.post(address, form, token=lead.token_on(address)).status_code == 303
    (entry,) = log.entries(Event.KEYS_RENEWED)
    assert entry["subject"] == cast.investigator.account.hex()
    assert browser.get(link).status_code == 404
    answer = browser.post("/staff/sign-in", {"name": cast.investigator.name, "passphrase": NEW})
    assert answer.status_code == 303
    assert browser.get("/staff/cases").status_code == 303  # a second factor is to be enrolled first


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"passphrase": "short", "repeated": "short"}, 400),
        ({"passphrase": NEW, "repeated": "another passphrase of mine"}, 400),
        ({"passphrase": "investigator investigator", "repeated": "investigator investigator"}, 400),
    ],
)
def test_a_passphrase_that_will_not_do_is_sent_back(
    browser: Browser, link: str, form: dict[str, str], status: int
) -> None:
    answer = browser.post(link, form)
    assert answer.status_code == status
    assert "govuk-error-message" in answer.text
    assert NEW not in answer.text


def test_keys_are_drawn_once_and_shown_again_to_whoever_drew_them(browser: Browser, link: str) -> None:
    first = browser.post(link, {"passphrase": NEW, "repeated": NEW})
    again = browser.post(link, {"passphrase": NEW, "repeated": NEW})
    assert again.status_code == 200
    assert digits_on(again.text) == digits_on(first.text)


def test_whoever_gets_the_link_second_reads_out_nobodys_digits(browser: Browser, link: str) -> None:
    drawn = browser.post(link, {"passphrase": NEW, "repeated": NEW})
    theirs = digits_on(drawn.text)[-23:]
    owner = f"{NEW} of my own"
    looked = browser.get(f"{link}?lang=en")
    assert "read no digits out to anybody" in looked.text
    tried = browser.post(link, {"passphrase": owner, "repeated": owner})
    assert tried.status_code == 400
    assert "govuk-error-message" in tried.text
    for page in (looked, tried):
        assert theirs not in page.text


def test_another_link_leads_nowhere(browser: Browser, link: str) -> None:
    for path in (f"{link[:-4]}AAAA", "/staff/new-keys/x"):
        assert browser.get(path).status_code == 404
        assert browser.post(path, {"passphrase": NEW, "repeated": NEW}).status_code == 404


@pytest.mark.parametrize("name", ["lead", "custodian", "auditor", "investigator"])
def test_administrators_alone_ask(cast: Cast, signed_in: SignIn, name: str) -> None:
    browser = signed_in(getattr(cast, name))
    assert browser.get(page_of(cast.unassigned)).status_code == 403
    assert browser.post(page_of(cast.unassigned), token=browser.token_on("/staff/account")).status_code == 403


def test_it_says_which_cases_would_be_lost(cast: Cast, signed_in: SignIn) -> None:
    cast.report()
    page = signed_in(cast.administrator).get(f"{page_of(cast.lead)}?lang=en").text
    assert "The lost keys open 1 cases" in page
    assert "lost for good" in page


def test_nobody_asks_for_their_own(cast: Cast, signed_in: SignIn) -> None:
    browser = signed_in(cast.administrator)
    page = page_of(cast.administrator)
    assert browser.post(page, token=browser.token_on(page)).status_code == 409


# -- Handing over again ----------------------------------------------------------------------------------------------

AGAIN = "/staff/cases/hand-over-again"


@pytest.fixture
def renewed(cast: Cast, units: Units) -> Person:
    """The investigator, with new keys and the undertaking signed; one case of theirs waits for the lead."""
    cast.assign(cast.report())
    someone = renew(cast, cast.investigator)
    sign_undertaking(cast, someone)
    return someone


def test_a_lead_is_told_and_hands_over_again(cast: Cast, signed_in: SignIn, renewed: Person, log: Log) -> None:
    lead = signed_in(cast.lead)
    assert AGAIN in lead.get("/staff/cases").text
    assert renewed.display_name in lead.get(AGAIN).text
    form = {"person": renewed.account.hex(), "passphrase": cast.lead.passphrase}
    answer = lead.post(AGAIN, form, token=lead.token_on(AGAIN))
    assert (answer.status_code, answer.location) == (303, "/staff/cases")
    assert len(log.entries(Event.KEYS_HANDED_AGAIN)) == 1
    assert AGAIN not in lead.get("/staff/cases").text
    (line,) = re.findall(r'/staff/cases/([0-9a-f]{32})"', signed_in(renewed).get("/staff/cases").text)[:1]
    assert signed_in(renewed).get(f"/staff/cases/{line}").status_code == 200


@pytest.mark.parametrize("missing", ["person", "passphrase"])
def test_what_is_missing_is_said(cast: Cast, signed_in: SignIn, renewed: Person, missing: str, log: Log) -> None:
    lead = signed_in(cast.lead)
    form = {"person": renewed.account.hex(), "passphrase": cast.lead.passphrase} | {missing: ""}
    answer = lead.post(AGAIN, form, token=lead.token_on(AGAIN))
    assert (answer.status_code, "govuk-error-message" in answer.text) == (400, True)
    assert log.entries(Event.KEYS_HANDED_AGAIN) == []


def test_a_wrong_passphrase_hands_over_nothing(cast: Cast, signed_in: SignIn, renewed: Person, log: Log) -> None:
    lead = signed_in(cast.lead)
    form = {"person": renewed.account.hex(), "passphrase": "not the passphrase of the lead"}
    assert lead.post(AGAIN, form, token=lead.token_on(AGAIN)).status_code == 400
    assert log.entries(Event.KEYS_HANDED_AGAIN) == []
    assert len(log.entries(Event.PASSPHRASE_REFUSED)) == 1


def test_for_others_nobody_waits(cast: Cast, signed_in: SignIn, renewed: Person) -> None:
    other = signed_in(cast.other_lead)
    assert renewed.display_name not in other.get(AGAIN).text
    form = {"person": renewed.account.hex(), "passphrase": cast.other_lead.passphrase}
    assert other.post(AGAIN, form, token=other.token_on("/staff/account")).status_code == 404
    assert signed_in(cast.administrator).get(AGAIN).status_code == 403
