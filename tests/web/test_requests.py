"""Set-up, channels, requests and the undertaking over HTTP: each page by everybody, and the whole way once."""

import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from types import ModuleType

import pyotp
import pytest
from sqlalchemy import text

from complaints.services import (
    accounts,
    approvals,
    channels,
    invitations,
    readiness,
    rosters,
    second_factors,
    suspension,
    undertakings,
)
from complaints.services.readiness import Fallback
from complaints.services.unit import Units
from complaints.vocabulary import Duty, Event, Role
from complaints.web.forms.administration import RolesForm
from complaints.web.forms.people import problem_words
from complaints.web.guard import Visit
from complaints.web.passphrase_again import account_seed
from complaints.web.starting_texts import NOTICE
from crypto import AccountSeed, SecretKey
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log

SignIn = Callable[[Person], Browser]
ADMINISTRATORS = ["/staff/set-up", "/staff/set-up/notice", "/staff/set-up/undertaking", "/staff/channels/new"]
REQUESTS = "/staff/requests"


@pytest.fixture
def administrator(cast: Cast, signed_in: SignIn) -> Browser:
    return in_english(signed_in(cast.administrator))


def in_english(browser: Browser) -> Browser:
    browser.get(f"{REQUESTS}?lang=en")
    return browser


def error_summary(page: str) -> str:
    return unescape(page.partition("govuk-error-summary__list")[2].partition("</ul>")[0])


def channel_page(cast: Cast) -> str:
    return f"/staff/channels/{cast.channel.hex()}"


def ask(browser: Browser, cast: Cast, who: Person, duty: str) -> int:
    form = {"person": who.account.hex(), "duty": duty}
    token = browser.token_on(channel_page(cast))
    return browser.post(f"{channel_page(cast)}/requests", form, token=token).status_code


def waiting(browser: Browser) -> list[str]:
    return re.findall(rf'href="({REQUESTS}/[0-9a-f]{{32}})"', browser.get(REQUESTS).text)


def test_a_lead_confirms_what_an_administrator_asked(
    administrator: Browser, cast: Cast, signed_in: SignIn, units: Units, log: Log
) -> None:
    assert ask(administrator, cast, cast.other_lead, "member") == 303
    lead = signed_in(cast.lead)
    (address,) = waiting(lead)
    page = lead.get(address)
    fingerprint = cast.other_lead.member(Duty.MEMBER).fingerprint
    assert fingerprint[:-24] in page.text
    assert fingerprint[-23:-18] not in page.text
    form = {"digits": fingerprint[-23:], "passphrase": cast.lead.passphrase}
    assert lead.post(address, form, token=lead.token_on(address)).status_code == 303
    with units.reading() as unit:
        assert rosters.current(unit, cast.channel).member(cast.other_lead.account) is not None
    assert len(log.entries(Event.APPROVAL_CONFIRMED)) == 1
    assert waiting(lead) == []


def test_a_wrong_passphrase_confirms_nothing_and_is_entered(
    administrator: Browser, cast: Cast, signed_in: SignIn, log: Log
) -> None:
    ask(administrator, cast, cast.other_lead, "member")
    lead = signed_in(cast.lead)
    (address,) = waiting(lead)
    form = {"digits": cast.other_lead.member(Duty.MEMBER).fingerprint[-23:], "passphrase": "CANARY wrong"}
    answer = lead.post(address, form, token=lead.token_on(address))
    assert answer.status_code == 400
    assert "CANARY" not in answer.text
    assert len(log.entries(Event.PASSPHRASE_REFUSED)) == 1
    assert log.entries(Event.APPROVAL_CONFIRMED) == []


def test_without_the_passphrase_or_the_digits_it_is_sent_back(
    administrator: Browser, cast: Cast, signed_in: SignIn
) -> None:
    ask(administrator, cast, cast.other_lead, "member")
    lead = signed_in(cast.lead)
    (address,) = waiting(lead)
    for form in ({"digits": "12345"}, {"passphrase": cast.lead.passphrase}):
        assert lead.post(address, form, token=lead.token_on(address)).status_code == 400


def test_whoever_is_suspended_while_their_passphrase_is_tried_confirms_nothing(
    administrator: Browser, cast: Cast, signed_in: SignIn, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    def suspend_then_try(visit: Visit, passphrase: str | None, purpose: str) -> AccountSeed:
        with units.writing() as unit:
            suspension.suspend(unit, cast.administrator.actor, cast.lead.account, 1)
        return account_seed(visit, passphrase, purpose)

    ask(administrator, cast, cast.other_lead, "member")
    lead = signed_in(cast.lead)
    (address,) = waiting(lead)
    form = {"digits": cast.other_lead.member(Duty.MEMBER).fingerprint[-23:], "passphrase": cast.lead.passphrase}
    token = lead.token_on(address)
    monkeypatch.setattr("complaints.web.requests.account_seed", suspend_then_try)
    assert lead.post(address, form, token=token).status_code == 403
    with units.reading() as unit:
        assert rosters.current(unit, cast.channel).member(cast.other_lead.account) is None


def test_a_request_is_not_there_for_others(administrator: Browser, cast: Cast, signed_in: SignIn) -> None:
    ask(administrator, cast, cast.other_lead, "member")
    (address,) = waiting(administrator)
    for other in (cast.investigator, cast.other_lead, cast.triage):
        browser = signed_in(other)
        assert waiting(browser) == []
        assert browser.get(address).status_code == 404
        assert browser.post(address, token=browser.token_on("/staff/account")).status_code == 404
        assert browser.post(f"{address}/decline", token=browser.token_on("/staff/account")).status_code == 404


def test_one_roster_that_does_not_verify_hides_no_request_of_another(
    administrator: Browser, cast: Cast, signed_in: SignIn, units: Units
) -> None:
    ask(administrator, cast, cast.other_lead, "member")
    with units.writing() as unit:
        actor, signing = cast.administrator.actor, cast.administrator.keys.signing
        approvals.ask_for_roster(unit, actor, signing, cast.fallback, cast.lead.account, Duty.MEMBER)
    assert len(waiting(administrator)) == 2
    with units.database.writing() as session:
        broken = text("UPDATE roster SET signature = zeroblob(64) WHERE channel_id = :channel")
        session.connection().execute(broken, {"channel": cast.fallback})
    assert len(waiting(administrator)) == 1
    assert len(waiting(signed_in(cast.lead))) == 1


def test_an_administrator_loses_the_role_when_a_second_person_confirms(
    administrator: Browser, cast: Cast, signed_in: SignIn, units: Units
) -> None:
    with units.writing() as unit:
        accounts.change_roles(
            unit, cast.administrator.actor, cast.auditor.account, frozenset({Role.ADMINISTRATOR}), 1, confirmed=True
        )
    second = signed_in(replace(cast.auditor, roles=frozenset({Role.ADMINISTRATOR})))
    account = f"/staff/accounts/{cast.auditor.account.hex()}"
    token = administrator.token_on(account)
    alone = administrator.post(f"{account}?lang=en", {"roles": "auditor", "version": 2}, token=token)
    assert (alone.status_code, "takes two people" in alone.text) == (400, True)
    assert administrator.post(f"{account}/no-administrator", token=token).status_code == 303
    (address,) = waiting(second)
    assert 'name="digits"' not in second.get(address).text
    form = {"passphrase": cast.auditor.passphrase}
    assert second.post(address, form, token=second.token_on(address)).status_code == 303
    with units.reading() as unit:
        assert accounts.read_account(unit, cast.auditor.account).roles == frozenset()


def test_lost_second_factors_go_when_two_have_agreed_and_another_is_enrolled_first(
    administrator: Browser, browser: Browser, cast: Cast, signed_in: SignIn, units: Units
) -> None:
    owner, key = cast.investigator, SecretKey.generate()
    account = f"/staff/accounts/{owner.account.hex()}"
    asked = "Ask that its second factors be removed"
    assert asked not in administrator.get(account).text
    with units.writing() as unit:
        code = pyotp.TOTP(second_factors.secret_text(key)).now()
        second_factors.add_authenticator(unit, owner.actor, key, "telephone", code)
    assert asked in administrator.get(account).text
    assert asked not in administrator.get(f"/staff/accounts/{cast.administrator.account.hex()}").text
    assert administrator.post(f"{account}/no-factors", token=administrator.token_on(account)).status_code == 303
    open_session, lead = signed_in(owner), in_english(signed_in(cast.lead))
    assert open_session.get("/staff/cases").status_code == 200
    (address,) = waiting(lead)
    page = lead.get(address).text
    assert "Once you confirm, the account is signed out everywhere and its second factors are gone" in page
    assert 'name="digits"' not in page
    assert lead.post(address, {"passphrase": ""}, token=lead.token_on(address)).status_code == 400
    assert open_session.get("/staff/cases").status_code == 200
    form = {"passphrase": cast.lead.passphrase}
    assert lead.post(address, form, token=lead.token_on(address)).status_code == 303
    assert open_session.get("/staff/cases").location.startswith("/staff/sign-in")
    answer = browser.post("/staff/sign-in", {"name": owner.name, "passphrase": owner.passphrase})
    assert answer.status_code == 303
    assert browser.get("/staff/cases").location.startswith("/staff/account/second-factors")


def test_whoever_is_on_a_roster_is_not_offered_the_administrators_role_and_it_is_said_why(
    administrator: Browser, cast: Cast
) -> None:
    on_roster, other = (f"/staff/accounts/{one.account.hex()}" for one in (cast.triage, cast.auditor))
    assert f'action="{other}/administrator"' in administrator.get(other).text
    page = administrator.get(on_roster).text
    assert f'action="{on_roster}/administrator"' not in page
    assert "It has to leave the roster first" in page
    answer = administrator.post(f"{on_roster}/administrator", token=administrator.token_on(on_roster))
    assert answer.status_code == 409
    assert "Take them off the roster first" in error_summary(answer.text)
    assert answer.text.count("<title>Error: ") == 1


def test_the_last_administrators_role_is_not_asked_for(administrator: Browser, cast: Cast) -> None:
    account = f"/staff/accounts/{cast.administrator.account.hex()}"
    page = administrator.get(account).text
    assert f'action="{account}/no-administrator"' not in page
    assert "Nobody else administers" in page
    answer = administrator.post(f"{account}/no-administrator", token=administrator.token_on(account))
    assert answer.status_code == 409
    assert "The last administrator keeps the role" in error_summary(answer.text)
    assert waiting(administrator) == []


def test_whoever_confirms_that_the_last_administrator_goes_is_told_why_not(
    administrator: Browser, cast: Cast, signed_in: SignIn, units: Units
) -> None:
    admin = cast.administrator
    with units.writing() as unit:
        roles = frozenset({Role.ADMINISTRATOR})
        accounts.change_roles(unit, admin.actor, cast.auditor.account, roles, 1, confirmed=True)
    with units.writing() as unit:
        approvals.ask_to_take_administrator(unit, admin.actor, admin.keys.signing, admin.account)
    with units.writing() as unit:
        accounts.change_roles(unit, cast.auditor.actor, cast.auditor.account, frozenset(), 2)
    lead = in_english(signed_in(cast.lead))
    (address,) = waiting(lead)
    answer = lead.post(address, {"passphrase": cast.lead.passphrase}, token=lead.token_on(address))
    assert answer.status_code == 400
    assert "The last administrator keeps the role" in error_summary(answer.text)
    assert answer.text.count("<title>Error: ") == 1


def test_whoever_confirms_is_told_what_stands_in_the_way_by_now(
    administrator: Browser, cast: Cast, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = f"/staff/accounts/{cast.auditor.account.hex()}"
    assert administrator.post(f"{account}/administrator", token=administrator.token_on(account)).status_code == 303
    monkeypatch.setattr(rosters, "is_on_any", lambda _unit, _account: True)
    lead = in_english(signed_in(cast.lead))
    (address,) = waiting(lead)
    form = {"digits": cast.auditor.member(Duty.MEMBER).fingerprint[-23:], "passphrase": cast.lead.passphrase}
    answer = lead.post(address, form, token=lead.token_on(address))
    assert answer.status_code == 400
    assert "Take them off the roster first" in error_summary(answer.text)


@pytest.mark.parametrize("service", [accounts, approvals])
def test_every_reason_against_a_request_has_words_of_its_own(service: ModuleType) -> None:
    """But for what the form of roles alone is told, which asks for two people and has words for all the rest as well."""
    found = re.findall(r'raise Invalid\(\{"(person|duty|roles)": "([a-z-]+)"\}\)', inspect.getsource(service))
    assert found
    general = problem_words({})
    for name, problem in found:
        if name == "roles":
            assert problem in RolesForm.PROBLEMS
        assert problem == "two-people-to-take" or problem_words({name: problem}) != general, (name, problem)


@pytest.mark.parametrize("name", ["lead", "custodian", "auditor", "investigator"])
def test_administrators_alone_ask_that_second_factors_go(cast: Cast, signed_in: SignIn, name: str) -> None:
    browser = signed_in(getattr(cast, name))
    path = f"/staff/accounts/{cast.unassigned.account.hex()}/no-factors"
    assert browser.post(path, token=browser.token_on("/staff/account")).status_code == 403


def test_who_asked_cannot_confirm_and_can_take_it_back(administrator: Browser, cast: Cast, units: Units) -> None:
    ask(administrator, cast, cast.other_lead, "member")
    (address,) = waiting(administrator)
    form = {"digits": "12345", "passphrase": cast.administrator.passphrase}
    assert administrator.post(address, form, token=administrator.token_on(address)).status_code == 403
    assert administrator.post(f"{address}/decline", token=administrator.token_on(address)).status_code == 303
    with units.reading() as unit:
        assert approvals.waiting(unit) == ()


def test_a_request_is_declined_by_others_and_taken_back_by_whoever_asked(
    administrator: Browser, cast: Cast, signed_in: SignIn
) -> None:
    lead = in_english(signed_in(cast.lead))
    for browser, said in ((lead, "The request is declined."), (administrator, "The request is taken back.")):
        ask(administrator, cast, cast.other_lead, "member")
        (address,) = waiting(browser)
        assert browser.post(f"{address}/decline", token=browser.token_on(address)).status_code == 303
        assert said in browser.get(REQUESTS).text


def test_a_request_that_an_administrator_could_confirm_as_well_says_so_when_there_is_nobody(
    administrator: Browser, cast: Cast, units: Units
) -> None:
    account = f"/staff/accounts/{cast.auditor.account.hex()}"
    assert administrator.post(f"{account}/administrator", token=administrator.token_on(account)).status_code == 303
    (address,) = waiting(administrator)
    assert "Nobody can do it as things stand" not in administrator.get(address).text
    with units.writing() as unit:
        for leads in (cast.lead, cast.other_lead):
            suspension.suspend(unit, cast.administrator.actor, leads.account, 1)
    assert "it takes another administrator, or somebody who leads a channel" in administrator.get(address).text


@pytest.mark.parametrize("form", [{}, {"person": "zz"}, {"person": "0" * 32, "duty": "member"}])
def test_a_request_for_nobody_is_sent_back(administrator: Browser, cast: Cast, form: dict[str, str]) -> None:
    token = administrator.token_on(channel_page(cast))
    assert administrator.post(f"{channel_page(cast)}/requests", form, token=token).status_code == 400


@pytest.mark.parametrize("person", ["investigator", "lead", "custodian", "auditor"])
def test_the_administrators_pages_are_theirs(cast: Cast, signed_in: SignIn, log: Log, person: str) -> None:
    browser = signed_in(getattr(cast, person))
    paths = [*ADMINISTRATORS, channel_page(cast)]
    for path in paths:
        assert browser.get(path).status_code == 403, path
    assert len(log.entries(Event.DENIED)) == len(paths)


def test_strangers_are_led_to_sign_in(browser: Browser, cast: Cast) -> None:
    for path in [*ADMINISTRATORS, channel_page(cast), REQUESTS, "/staff/account", "/staff/undertaking"]:
        assert browser.get(path).location.startswith("/staff/sign-in"), path


@pytest.mark.parametrize("locale", ["th", "en"])
def test_every_page_opens_in_both_languages(administrator: Browser, cast: Cast, locale: str) -> None:
    for path in [*ADMINISTRATORS, channel_page(cast), REQUESTS, "/staff/account"]:
        assert administrator.get(f"{path}?lang={locale}").status_code == 200, path


@pytest.mark.parametrize("name", ["auditor", "administrator"])
def test_whoever_holds_no_key_signs_no_undertaking(cast: Cast, signed_in: SignIn, name: str) -> None:
    assert signed_in(getattr(cast, name)).get("/staff/undertaking").status_code == 403


def test_a_new_undertaking_closes_the_channels_after_some_days_until_a_lead_has_signed(
    administrator: Browser, cast: Cast, signed_in: SignIn, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = administrator.token_on("/staff/set-up/undertaking")
    texts = {"text_th": "ใหม่", "text_en": "New words"}
    assert administrator.post("/staff/set-up/undertaking", texts, token=token).status_code == 303
    with units.reading() as unit:
        assert readiness.examine(unit).receives
    assert "Not signed: receives until" in administrator.get("/staff/set-up/undertaking?lang=en").text
    assert "Not signed: receives until" in administrator.get("/staff/channels?lang=en").text
    monkeypatch.setattr(undertakings, "STILL_RECEIVING", timedelta(days=-1))
    with units.reading() as unit:
        assert not readiness.examine(unit).receives
    lead = signed_in(cast.lead)
    page = lead.get("/staff/undertaking?lang=en")
    assert "New words" in page.text
    token = lead.token_on("/staff/undertaking")
    assert lead.post("/staff/undertaking", {"version": "2"}, token=token).status_code == 400
    assert lead.post("/staff/undertaking", {"version": "1", "agreed": "y"}, token=token).status_code == 400
    assert lead.post("/staff/undertaking", {"version": "2", "agreed": "y"}, token=token).status_code == 303
    with units.reading() as unit:
        assert readiness.examine(unit).receives


def test_the_notice_is_read_by_reporters(administrator: Browser, browser: Browser) -> None:
    token = administrator.token_on("/staff/set-up/notice")
    assert administrator.post("/staff/set-up/notice", {"text_th": "ก"}, token=token).status_code == 400
    assert (
        administrator.post("/staff/set-up/notice", dict(NOTICE), token=token).status_code == 400
    )  # brackets left to fill
    texts = {"text_th": "ผู้ควบคุม: ก", "text_en": "Controller: <K>"}
    assert administrator.post("/staff/set-up/notice", texts, token=token).status_code == 303
    assert "Controller: &lt;K&gt;" in browser.get("/en/notice").text
    assert "ผู้ควบคุม: ก" in browser.get("/th/notice").text


def test_a_channel_waits_for_somebody_who_could_lead_it(
    administrator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "<form method" in administrator.get("/staff/channels/new").text.partition("<main")[2]
    monkeypatch.setattr(accounts, "list_accounts", lambda _unit: [])
    page = administrator.get("/staff/channels/new?lang=en").text.partition("<main")[2]
    assert "Invite an investigator first" in page
    assert 'href="/staff/invitations"' in page
    assert "<form method" not in page


def test_the_set_up_names_ones_own_second_factor(administrator: Browser, cast: Cast, units: Units) -> None:
    def row() -> str:
        page = administrator.get("/staff/set-up?lang=en").text
        return page.partition("Your second factor</a>")[2].partition("</tr>")[0]

    assert ">Missing<" in row()
    with units.writing() as unit:
        key = SecretKey.generate()
        code = pyotp.TOTP(second_factors.secret_text(key)).at(unit.now)
        second_factors.add_authenticator(unit, cast.administrator.actor, key, "telephone", code)
    assert ">Done<" in row()


def test_a_channel_receives_once_its_lead_has_signed(
    administrator: Browser, cast: Cast, signed_in: SignIn, units: Units
) -> None:
    token = administrator.token_on("/staff/channels/new")
    form = {"name_th": "ใหม่", "name_en": "Brand new", "fallback": cast.fallback.hex(), "person": ""}
    assert administrator.post("/staff/channels/new", form, token=token).status_code == 400
    made = administrator.post("/staff/channels/new", form | {"person": cast.lead.account.hex()}, token=token)
    assert made.status_code == 303
    with units.reading() as unit:
        (line,) = (line for line in readiness.examine(unit).channels if line.name_en == "Brand new")
        assert not line.receives
    lead = signed_in(cast.lead)
    (address,) = waiting(lead)
    digits = cast.lead.member(Duty.LEAD).fingerprint[-23:]
    form = {"digits": digits, "passphrase": cast.lead.passphrase}
    assert lead.post(address, form, token=lead.token_on(address)).status_code == 303
    with units.reading() as unit:
        (line,) = (line for line in readiness.examine(unit).channels if line.name_en == "Brand new")
        assert (line.receives, line.fallback) == (True, Fallback.STANDS)


def test_a_founding_that_waits_is_confirmed_by_whoever_leads_already(
    administrator: Browser, cast: Cast, signed_in: SignIn, units: Units
) -> None:
    token = administrator.token_on("/staff/channels/new")
    form = {"name_th": "ใหม่", "name_en": "Brand new", "fallback": cast.fallback.hex()}
    form |= {"person": cast.unassigned.account.hex()}
    assert administrator.post("/staff/channels/new", form, token=token).status_code == 303
    assert cast.lead.display_name in administrator.get(REQUESTS).text
    assert waiting(signed_in(cast.unassigned)) == []
    lead = in_english(signed_in(cast.lead))
    (address,) = waiting(lead)
    assert "You found this channel for" in lead.get(address).text
    digits = cast.unassigned.member(Duty.MEMBER).fingerprint[-23:]
    answer = {"digits": digits, "passphrase": cast.lead.passphrase}
    assert lead.post(address, answer, token=lead.token_on(address)).status_code == 303
    with units.reading() as unit:
        (line,) = (line for line in readiness.examine(unit).channels if line.name_en == "Brand new")
        assert (line.lead, line.fallback) == (True, Fallback.STANDS)


def test_a_request_that_nobody_can_confirm_any_more_says_so(
    administrator: Browser, cast: Cast, signed_in: SignIn, units: Units
) -> None:
    ask(administrator, cast, cast.other_lead, "member")
    (address,) = waiting(administrator)
    assert "Nobody can do it" not in administrator.get(address).text
    with units.writing() as unit:
        members = [cast.lead.member(Duty.LEAD)]
        rosters.sign_next(unit, cast.lead.actor, cast.lead.keys.signing, cast.channel, members)
    assert "has changed since it was asked" in administrator.get(address).text
    for asked_by_them in (administrator, in_english(signed_in(cast.lead))):
        page = asked_by_them.get(REQUESTS).text
        assert "Nobody can do it any more" in page
        assert "Waits for you" not in page


@pytest.mark.parametrize(
    ("own", "fallback", "lacking"),
    [
        ("channel", "", Fallback.NONE),
        ("channel", "fallback", Fallback.STANDS),
        ("fallback", "new", Fallback.SILENT),
    ],
)
def test_the_set_up_says_what_a_fallback_lacks(
    administrator: Browser, cast: Cast, units: Units, own: str, fallback: str, lacking: Fallback
) -> None:
    with units.writing() as unit:
        new = channels.open_channel(unit, cast.administrator.actor, name_th="ใหม่", name_en="New", fallback=None)
        ids = {"channel": cast.channel, "fallback": cast.fallback, "new": new, "": None}
        channels.change_fallback(unit, cast.administrator.actor, cast.channel, None)
        channels.change_fallback(unit, cast.administrator.actor, ids[own] or b"", ids[fallback])
    with units.reading() as unit:
        (line,) = (line for line in readiness.examine(unit).channels if line.id == ids[own])
    assert line.fallback is lacking
    assert administrator.get("/staff/set-up").status_code == 200


def test_a_fallback_with_the_same_leads_is_told_from_none(administrator: Browser, cast: Cast, units: Units) -> None:
    admin, lead = cast.administrator, cast.lead
    with units.writing() as unit:
        new = channels.open_channel(unit, admin.actor, name_th="ใหม่", name_en="New", fallback=cast.channel)
        rosters.sign_first(unit, lead.actor, lead.keys.signing, new, [lead.member(Duty.LEAD)])
    with units.reading() as unit:
        (line,) = (line for line in readiness.examine(unit).channels if line.id == new)
    assert line.fallback is Fallback.SAME_LEADS
    assert "The fallback has no other lead" in administrator.get("/staff/set-up").text


def test_a_sole_administrator_is_warned_of_a_lost_device_as_well(
    administrator: Browser, browser: Browser, cast: Cast, units: Units
) -> None:
    assert "or your device together with your codes on paper" in administrator.get("/staff/set-up").text
    admin, key = cast.administrator, SecretKey.generate()
    with units.writing() as unit:
        code = pyotp.TOTP(second_factors.secret_text(key)).at(unit.now)
        second_factors.add_authenticator(unit, admin.actor, key, "telephone", code)
    browser.post("/staff/sign-in", {"name": admin.name, "passphrase": admin.passphrase})
    page = "/staff/sign-in/second-factor?lang=en"
    assert "You are the only administrator" in browser.get(page).text
    with units.writing() as unit:
        roles = frozenset({Role.ADMINISTRATOR})
        accounts.change_roles(unit, admin.actor, cast.auditor.account, roles, 1, confirmed=True)
    assert "You are the only administrator" not in browser.get(page).text
    assert "Without a code on paper two people remove" in browser.get(page).text


def test_the_set_up_asks_for_a_custodian_and_tells_of_an_invitation(
    administrator: Browser, cast: Cast, units: Units
) -> None:
    admin = cast.administrator
    with units.reading() as unit:
        assert readiness.examine(unit).custodian
    with units.writing() as unit:
        accounts.change_roles(unit, admin.actor, cast.custodian.account, frozenset(), 1)
    assert "Invited." not in administrator.get("/staff/set-up").text
    with units.writing() as unit:
        invitations.invite(unit, admin.actor, admin.keys.signing, "Cus Todian", frozenset({Role.CUSTODIAN}))
    with units.reading() as unit:
        assert not readiness.examine(unit).custodian
    assert "Invited." in administrator.get("/staff/set-up").text


def test_a_channel_does_not_stand_in_for_itself(administrator: Browser, cast: Cast) -> None:
    token = administrator.token_on(channel_page(cast))
    path = f"{channel_page(cast)}/fallback"
    assert administrator.post(path, {"fallback": cast.channel.hex()}, token=token).status_code == 400
    assert administrator.post(path, {"fallback": "0" * 32}, token=token).status_code == 400
    assert administrator.post(path, {"fallback": ""}, token=token).status_code == 303


def test_ones_own_page_shows_ones_own_fingerprint(cast: Cast, signed_in: SignIn, units: Units) -> None:
    with units.reading() as unit:
        fingerprint = accounts.read_account(unit, cast.investigator.account).fingerprint
    assert fingerprint in signed_in(cast.investigator).get("/staff/account").text
