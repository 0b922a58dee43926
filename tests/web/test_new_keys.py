"""New keys over HTTP: asked for by an administrator, drawn behind the link, confirmed by a lead who hears the digits."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from complaints.services import accounts, new_keys
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


# -- Rosters on which the old keys still stand ----------------------------------------------------------------------


def drawn_behind(browser: Browser, link: str) -> str:
    """The digits of the keys that the owner draws."""
    return digits_on(browser.post(link, {"passphrase": NEW, "repeated": NEW}).text)


def confirm(lead: Browser, person: Person, digits: str) -> str:
    """Returns the page that follows."""
    (address,) = waiting(lead)
    form = {"digits": digits[-23:], "passphrase": person.passphrase}
    answer = lead.post(address, form, token=lead.token_on(address))
    assert answer.status_code == 303
    return unescape(lead.get(answer.location).text)


def test_whoever_confirms_sees_on_which_rosters_the_old_keys_will_stand(
    cast: Cast, signed_in: SignIn, browser: Browser, link: str
) -> None:
    drawn_behind(browser, link)
    own, other = signed_in(cast.lead), signed_in(cast.other_lead)
    for lead, said, not_said in (
        (own, "By confirming you also sign the new keys", "You do not lead these channels"),
        (other, "You do not lead these channels", "By confirming you also sign the new keys"),
    ):
        lead.get("/staff/account?lang=en")
        page = unescape(lead.get(waiting(lead)[0]).text)
        assert f"{said}" in page
        assert not_said not in page
        assert "corruption" in page


def test_after_a_lead_of_another_channel_has_confirmed_it_is_said_what_is_left(
    cast: Cast, signed_in: SignIn, browser: Browser, link: str, log: Log
) -> None:
    digits = drawn_behind(browser, link)
    other = signed_in(cast.other_lead)
    other.get("/staff/account?lang=en")
    page = confirm(other, cast.other_lead, digits)
    assert "On some rosters the old keys still stand" in page
    assert "Rosters on which old keys still stand" in page
    assert cast.investigator.display_name in page
    assert len(log.entries(Event.ROSTER_SIGNED)) == 2  # those of the beginning


def test_after_a_lead_of_the_channel_has_confirmed_nothing_is_left(
    cast: Cast, signed_in: SignIn, browser: Browser, link: str
) -> None:
    digits = drawn_behind(browser, link)
    lead = signed_in(cast.lead)
    lead.get("/staff/account?lang=en")
    assert "old keys still stand" not in confirm(lead, cast.lead, digits)


def test_the_administrator_sees_it_and_asks_for_the_same_duty_again(
    cast: Cast, signed_in: SignIn, units: Units
) -> None:
    person = renew(cast, cast.investigator, by=cast.other_lead)
    administrator = signed_in(cast.administrator)
    account, channel = f"/staff/accounts/{person.account.hex()}", f"/staff/channels/{cast.channel.hex()}"
    shown = unescape(administrator.get(f"{account}?lang=en").text)
    assert "On these rosters other keys stand than the account has" in shown
    assert f'href="{channel}"' in shown
    assert f'href="{channel}"' in administrator.get("/staff/requests").text
    asked = {"person": person.account.hex(), "duty": "member"}
    answer = administrator.post(f"{channel}/requests", asked, token=administrator.token_on(channel))
    assert answer.status_code == 303
    with units.reading() as unit:
        digits = accounts.read_account(unit, person.account).fingerprint
    lead = signed_in(cast.lead)
    lead.get("/staff/account?lang=en")
    assert "old keys still stand" not in confirm(lead, cast.lead, digits)
    assert "other keys stand" not in administrator.get(account).text
    with units.reading() as unit:
        assert new_keys.outdated(unit) == []


def test_others_are_not_told_of_it(cast: Cast, signed_in: SignIn) -> None:
    renew(cast, cast.investigator, by=cast.other_lead)
    assert "old keys still stand" not in signed_in(cast.unassigned).get("/staff/requests?lang=en").text
    assert "old keys still stand" in signed_in(cast.lead).get("/staff/requests?lang=en").text


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
