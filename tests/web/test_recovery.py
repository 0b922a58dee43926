"""Lost passphrases over HTTP: the owner without a session, the custodian with theirs, and everybody else."""

import re
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from complaints.policy import Action
from complaints.services import recovery
from complaints.services.unit import Units
from complaints.vocabulary import Event
from crypto import RecoveryCode
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log
from tests.web.ladder import without_token

ASK, FINISH, LIST = "/staff/recovery", "/staff/recovery/finish", "/staff/recoveries"
PASSPHRASE, CODE = "/staff/account/passphrase", "/staff/account/recovery-code"
NEW = "tricolor upbeat canister moonlit gravel spiny"
SignIn = Callable[[Person], Browser]


@pytest.fixture
def code(units: Units, cast: Cast) -> RecoveryCode:
    """The investigator's."""
    with units.writing() as unit:
        return recovery.draw_code(unit, cast.investigator.actor, cast.investigator.new.seed)


def ask(browser: Browser, name: str, code: str) -> TestResponse:
    return browser.post(ASK, {"name": name, "recovery_code": code})


def finish(browser: Browser, code: RecoveryCode, **changes: str) -> TestResponse:
    form = {"name": "investigator", "recovery_code": code.grouped(), "passphrase": NEW, "repeated": NEW}
    return browser.post(FINISH, form | changes)


def release(browser: Browser, cast: Cast, passphrase: str | None = None) -> TestResponse:
    address = f"{LIST}/{cast.investigator.account.hex()}"
    return browser.post(
        address, {"passphrase": passphrase or cast.custodian.passphrase}, token=browser.token_on(address)
    )


def code_in(page: TestResponse) -> RecoveryCode:
    found = re.search(r'id="recovery-code">([0-9A-Z-]{34})<', page.text)
    assert found
    return RecoveryCode.parse(found[1])


def sign_in(browser: Browser, name: str, passphrase: str) -> int:
    return browser.post("/staff/sign-in", {"name": name, "passphrase": passphrase}).status_code


def test_the_whole_way(browser: Browser, signed_in: SignIn, cast: Cast, code: RecoveryCode, log: Log) -> None:
    custodian = signed_in(cast.custodian)
    assert ask(browser, "investigator", code.grouped().lower()).status_code == 200
    assert finish(browser, code).status_code == 400
    assert cast.investigator.display_name in custodian.get(LIST).text
    assert release(custodian, cast).location == LIST
    answer = finish(browser, code)
    assert answer.status_code == 200
    assert code_in(answer).grouped() != code.grouped()
    assert sign_in(browser, "investigator", cast.investigator.passphrase) == 403
    assert sign_in(browser, "investigator", NEW) == 303
    assert [entry["subject"] for entry in log.entries(Event.RECOVERED)] == [cast.investigator.account.hex()]


def test_one_answer_whatever_was_found(browser: Browser, code: RecoveryCode, log: Log) -> None:
    other = RecoveryCode.generate().grouped()
    tries = [("investigator", code.grouped()), ("investigator", other), ("nobody", other), ("lead", code.grouped())]
    pages = {without_token(ask(browser, *each).text) for each in tries}
    assert len(pages) == 1
    assert len(log.entries(Event.RECOVERY_ASKED)) == 1


def test_a_mistyped_code_is_told_from_itself_alone(browser: Browser, code: RecoveryCode) -> None:
    typed = code.grouped()
    wrong = typed[:-1] + ("0" if typed[-1] != "0" else "1")
    assert ask(browser, "investigator", wrong).status_code == 400
    assert ask(browser, "", "").status_code == 400
    assert typed not in browser.get(ASK).text


def test_the_custodians_passphrase_is_asked_for(
    browser: Browser, signed_in: SignIn, cast: Cast, code: RecoveryCode, log: Log
) -> None:
    custodian = signed_in(cast.custodian)
    ask(browser, "investigator", code.grouped())
    assert release(custodian, cast, "not the passphrase at all").status_code == 400
    assert finish(browser, code).status_code == 400
    assert len(log.entries(Event.PASSPHRASE_REFUSED)) == 1
    assert not log.entries(Event.RECOVERY_RELEASED)


def test_declined_it_is_gone(browser: Browser, signed_in: SignIn, cast: Cast, code: RecoveryCode, log: Log) -> None:
    custodian = signed_in(cast.custodian)
    ask(browser, "investigator", code.grouped())
    address = f"{LIST}/{cast.investigator.account.hex()}"
    assert custodian.post(f"{address}/decline", token=custodian.token_on(address)).status_code == 303
    assert custodian.get(address).status_code == 404
    assert len(log.entries(Event.RECOVERY_DECLINED)) == 1


@pytest.mark.parametrize("passphrase", ["short", "investigator investigator", "aaaaaaaaaaaaaaaaaaaa"])
def test_a_weak_passphrase_is_refused_and_the_code_still_counts(
    browser: Browser, signed_in: SignIn, cast: Cast, code: RecoveryCode, passphrase: str
) -> None:
    ask(browser, "investigator", code.grouped())
    release(signed_in(cast.custodian), cast)
    assert finish(browser, code, passphrase=passphrase, repeated=passphrase).status_code == 400
    assert finish(browser, code, repeated="something else here").status_code == 400
    assert finish(browser, code).status_code == 200


@pytest.mark.parametrize("name", ["administrator", "auditor", "investigator", "lead"])
def test_nobody_but_custodians_sees_who_asks(
    browser: Browser, signed_in: SignIn, cast: Cast, code: RecoveryCode, log: Log, name: str
) -> None:
    ask(browser, "investigator", code.grouped())
    other = signed_in(getattr(cast, name))
    for path in (LIST, f"{LIST}/{cast.investigator.account.hex()}"):
        assert other.get(path).status_code == 403
    assert {entry["subject"] for entry in log.entries(Event.DENIED)} == {
        Action.SEE_RECOVERIES,
        Action.RELEASE_RECOVERY,
    }


def test_a_stranger_is_led_to_sign_in(browser: Browser) -> None:
    for path in (LIST, f"{LIST}/{'0' * 32}", PASSPHRASE, CODE):
        assert browser.get(path).location.startswith("/staff/sign-in")


def test_signing_in_gives_todays_custodians_their_half(
    browser: Browser, units: Units, cast: Cast, signed_in: SignIn, code: RecoveryCode
) -> None:
    administrator = signed_in(cast.administrator)
    address = f"/staff/accounts/{cast.custodian.account.hex()}"
    administrator.post(address, {"roles": [], "version": 1}, token=administrator.token_on(address))
    assert sign_in(browser, "investigator", cast.investigator.passphrase) == 303
    with units.reading() as unit:
        prepared = recovery.prepared(unit, cast.investigator.actor)
    assert prepared is not None
    assert (prepared.custodians, prepared.holds) == ((), True)


# -- One's own account -----------------------------------------------------------------------------------------------


def change(browser: Browser, person: Person, **changes: str) -> TestResponse:
    form = {"passphrase": person.passphrase, "chosen": NEW, "repeated": NEW}
    return browser.post(PASSPHRASE, form | changes, token=browser.token_on(PASSPHRASE))


def test_a_changed_passphrase_ends_every_other_session(
    browser: Browser, signed_in: SignIn, units: Units, cast: Cast, log: Log
) -> None:
    here, elsewhere = signed_in(cast.auditor), signed_in(cast.auditor)
    assert change(here, cast.auditor).status_code == 303
    assert here.get("/staff/log").status_code == 200
    assert elsewhere.get("/staff/log").location.startswith("/staff/sign-in")
    assert sign_in(browser, "auditor", cast.auditor.passphrase) == 403
    assert sign_in(browser, "auditor", NEW) == 303
    assert len(log.entries(Event.PASSPHRASE_CHANGED)) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"passphrase": "not the passphrase"}, {"chosen": "short", "repeated": "short"}, {"repeated": "another one"}],
)
def test_nothing_changes_without_the_present_one_and_a_good_new_one(
    browser: Browser, signed_in: SignIn, cast: Cast, log: Log, wrong: dict[str, str]
) -> None:
    assert change(signed_in(cast.auditor), cast.auditor, **wrong).status_code == 400
    assert sign_in(browser, "auditor", cast.auditor.passphrase) == 303
    assert not log.entries(Event.PASSPHRASE_CHANGED)


def test_a_code_is_drawn_with_the_passphrase_and_shown_once(signed_in: SignIn, cast: Cast, log: Log) -> None:
    browser = signed_in(cast.lead)
    token = browser.token_on(CODE)
    assert browser.post(CODE, {"passphrase": "not hers at all"}, token=token).status_code == 400
    page = browser.post(CODE, {"passphrase": cast.lead.passphrase}, token=token)
    drawn = code_in(page).grouped()
    assert drawn not in browser.get(CODE).text
    assert cast.custodian.display_name in browser.get(CODE).text
    assert len(log.entries(Event.RECOVERY_PREPARED)) == 1


def test_forms_need_their_token(signed_in: SignIn, cast: Cast, units: Units) -> None:
    browser = signed_in(cast.lead)
    assert browser.post(CODE, {"passphrase": cast.lead.passphrase}).status_code == 400
    assert browser.post(PASSPHRASE, {"passphrase": cast.lead.passphrase, "chosen": NEW}).status_code == 400
    with units.writing() as unit:
        assert recovery.prepared(unit, cast.lead.actor) is None
