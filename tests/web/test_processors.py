"""The register of outside processors on the web: administrators keep it, auditors see it, the notice names who works for the organisation."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from flask import Flask

from complaints.services import organisation, processors
from complaints.services.unit import Units
from complaints.vocabulary import Event
from complaints.web.reporter import notice_text
from tests.cast import Cast, Person
from tests.services.test_processors import HOSTING, MAIL
from tests.waiting import until_it_waits
from tests.web.conftest import Browser, Log

SignIn = Callable[[Person], Browser]
REGISTER = "/staff/processors"
TYPED = {
    "name_th": "ห้องเครื่อง",
    "name_en": "Engine Room",
    "purpose_th": "ให้เช่าเครื่องแม่ข่าย",
    "purpose_en": "Rents us the server.",
    "meets": ["ciphertext", "metadata"],
    "country": "TH",
    "since": "๑/๒/๒๕๖๘",
    "until": "",
    "undertaking": "NDA-7",
    "signed_by": "Somsri Rakdee",
    "signed": "20/12/2024",
}
UNSIGNED = {**TYPED, "undertaking": "", "signed_by": "", "signed": ""}


@pytest.fixture
def keeper(cast: Cast, signed_in: SignIn) -> Browser:
    browser = signed_in(cast.administrator)
    browser.get(f"{REGISTER}?lang=en")
    return browser


def enter(keeper: Browser, typed: dict[str, object]) -> str:
    """Returns the processor's own address."""
    answer = keeper.post(f"{REGISTER}/new", typed, token=keeper.token_on(f"{REGISTER}/new"))
    assert answer.status_code == 303, answer.text
    return answer.location


def publish(cast: Cast) -> None:
    with cast.units.writing() as unit:
        organisation.publish_notice(unit, cast.administrator.actor, text_th="เรา", text_en="We")


# -- Kept by administrators ------------------------------------------------------------------------------------------


def test_an_administrator_enters_one_and_sees_all_of_it(keeper: Browser, log: Log) -> None:
    address = enter(keeper, TYPED)
    page = unescape(keeper.get(address).text)
    for said in ("Engine Room", "ห้องเครื่อง", "Rents us the server.", "Thailand", "since 1 February 2025", "NDA-7"):
        assert said in page
    assert "Signed by Somsri Rakdee on 20 December 2024" in page
    assert "Sealed content, which they cannot open" in page
    assert "On file" in keeper.get(REGISTER).text
    assert len(log.entries(Event.PROCESSOR_ADDED)) == 1


def test_without_an_undertaking_it_is_missing_on_the_register_and_at_the_set_up(keeper: Browser) -> None:
    address = enter(keeper, UNSIGNED)
    register = keeper.get(REGISTER).text
    assert "1 processor has no undertaking on file." in register
    assert "Missing" in register
    assert "No undertaking on file" in keeper.get(address).text
    set_up = keeper.get("/staff/set-up").text
    assert "Without an undertaking" in set_up
    assert address.rpartition("/")[2] in set_up
    assert "Nothing is missing" not in set_up


def test_a_change_keeps_what_was_said_before(keeper: Browser, log: Log) -> None:
    address = enter(keeper, TYPED)
    form = f"{address}/change"
    assert 'value="1/2/2025"' in keeper.get(form).text  # what stands, in the page's era
    changed = {**TYPED, "country": "SG", "version": "1"}
    assert keeper.post(form, changed, token=keeper.token_on(form)).status_code == 303
    page = keeper.get(address).text
    assert page.index("Singapore") < page.index("Thailand")
    assert len(log.entries(Event.PROCESSOR_CHANGED)) == 1


def test_what_no_database_takes_in_a_text_is_left_out(keeper: Browser, units: Units) -> None:
    enter(keeper, {**TYPED, "name_en": "Engine\0 Room", "signed_by": "\0Somsri"})
    with units.reading() as unit:
        (kept,) = processors.register(unit)
    assert (kept.name_en, kept.signed_by) == ("Engine Room", "Somsri")


def test_an_ended_contract_is_kept(keeper: Browser) -> None:
    address = enter(keeper, UNSIGNED)
    form = f"{address}/change"
    ended = {**UNSIGNED, "until": "1/6/2569", "version": "1"}
    assert keeper.post(form, ended, token=keeper.token_on(form)).status_code == 303
    register = keeper.get(REGISTER).text
    assert "Ended on 1 June 2026" in register
    assert "no undertaking on file" not in register


def test_whoever_changes_what_somebody_else_changed_meanwhile_is_told_and_loses_nothing(
    keeper: Browser, cast: Cast
) -> None:
    with cast.units.writing() as unit:
        processor = processors.add(unit, cast.administrator.actor, MAIL)
        processors.change(unit, cast.administrator.actor, processor, 1, replace(MAIL, country="JP"))
    form = f"{REGISTER}/{processor.hex()}/change"
    typed = {**TYPED, "purpose_en": "CANARY-TYPED", "version": "1"}
    answer = keeper.post(form, typed, token=keeper.token_on(form))
    assert answer.status_code == 409
    assert "Somebody has changed this meanwhile" in answer.text
    assert "Japan" in answer.text
    assert "CANARY-TYPED" in answer.text
    assert 'name="version" value="2"' in answer.text
    again = keeper.post(form, {**typed, "version": "2"}, token=keeper.token_on(form))
    assert again.status_code == 303
    with cast.units.reading() as unit:
        assert [one.version for one in processors.history(unit, processor)] == [3, 2, 1]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name_th": " "}, "Enter the processor’s name in Thai"),
        ({"purpose_en": ""}, "Say in English what they do for the organisation"),
        ({"meets": []}, "Choose what of the data they can meet"),
        ({"meets": ["everything"]}, "Choose what of the data they can meet"),
        ({"country": "nowhere"}, "Choose a country"),
        ({"since": ""}, "Enter the day since which they work"),
        ({"since": "31/2/2569"}, "Write a day like"),
        ({"until": "1/1/2600"}, "This day has not come. Enter it when"),
        ({"until": "1/1/2560"}, "before the day on which they began"),
        ({"signed_by": ""}, "Say who signed the undertaking"),
        ({"signed": "soon"}, "Write a day like"),
        ({"undertaking": "x" * 301}, "Write at most 300 characters"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    keeper: Browser, units: Units, wrong: dict[str, object], said: str
) -> None:
    typed = {**TYPED, "name_en": "CANARY-TYPED", **wrong}
    answer = keeper.post(f"{REGISTER}/new", typed, token=keeper.token_on(f"{REGISTER}/new"))
    assert answer.status_code == 400
    assert said in unescape(answer.text)
    assert "There is a problem" in answer.text
    assert "CANARY-TYPED" in answer.text
    with units.reading() as unit:
        assert processors.register(unit) == []


def test_one_that_is_not_there(keeper: Browser) -> None:
    token = keeper.token_on(f"{REGISTER}/new")
    for address in (f"{REGISTER}/{'0' * 32}", f"{REGISTER}/{'0' * 32}/change"):
        assert keeper.get(address).status_code == 404
    assert keeper.post(f"{REGISTER}/{'0' * 32}/change", TYPED, token=token).status_code == 404
    assert keeper.post(f"{REGISTER}/{'0' * 32}", TYPED, token=token).status_code == 405


# -- Seen by auditors, and by nobody else ----------------------------------------------------------------------------


def test_an_auditor_sees_it_and_changes_nothing(keeper: Browser, cast: Cast, signed_in: SignIn, log: Log) -> None:
    address = enter(keeper, UNSIGNED)
    auditor = signed_in(cast.auditor)
    register = auditor.get(f"{REGISTER}?lang=en").text
    assert "Engine Room" in register
    assert "Enter a processor" not in register
    assert "Enter what has changed" not in auditor.get(address).text
    token = auditor.token_on("/staff/account")
    for path in (f"{REGISTER}/new", f"{address}/change"):
        assert auditor.get(path).status_code == 403
        assert auditor.post(path, TYPED, token=token).status_code == 403
    assert not log.entries(Event.PROCESSOR_CHANGED)
    assert "An outside processor was entered" in auditor.get("/staff/log?event=processor.added").text


@pytest.mark.parametrize("name", ["lead", "investigator", "custodian"])
def test_nobody_else_may(cast: Cast, signed_in: SignIn, log: Log, name: str) -> None:
    browser = signed_in(getattr(cast, name))
    token = browser.token_on("/staff/account")
    for path in (REGISTER, f"{REGISTER}/new"):
        assert browser.get(path).status_code == 403
    assert browser.post(f"{REGISTER}/new", TYPED, token=token).status_code == 403
    assert {entry["subject"] for entry in log.entries(Event.DENIED)} == {"see-processors", "change-processors"}


def test_a_stranger_is_led_to_sign_in(browser: Browser) -> None:
    assert browser.get(REGISTER).location.startswith("/staff/sign-in")


# -- Told in the notice ----------------------------------------------------------------------------------------------


def test_the_notice_names_who_works_for_the_operator(keeper: Browser, browser: Browser, cast: Cast) -> None:
    publish(cast)
    assert "These work for us" not in browser.get("/en/notice").text
    address = enter(keeper, TYPED)
    notice = unescape(browser.get("/en/notice").text)
    assert "Engine Room" in notice
    assert "Rents us the server." in notice
    assert "Somsri" not in notice
    assert "NDA-7" not in notice
    assert "ห้องเครื่อง" in browser.get("/th/notice").text
    form = f"{address}/change"
    keeper.post(form, {**TYPED, "until": "1/6/2569", "version": "1"}, token=keeper.token_on(form))
    assert "Engine Room" not in browser.get("/en/notice").text


def test_of_two_who_enter_one_at_once_the_notice_names_both(
    keeper: Browser, cast: Cast, app: Flask, database_url: str
) -> None:
    publish(cast)
    token = keeper.token_on(f"{REGISTER}/new")
    with ThreadPoolExecutor(1) as pool:
        with app.app_context(), cast.units.writing() as unit:
            processors.add(unit, cast.administrator.actor, MAIL)
            notice_text.keep(unit)
            answer = pool.submit(lambda: keeper.post(f"{REGISTER}/new", TYPED, token=token))
            until_it_waits(database_url, answer)
        assert answer.result().status_code == 303
    with cast.units.reading() as unit:
        newest = organisation.notice(unit)
        assert newest is not None
        kept = organisation.page_of(unit, newest.version)
    assert kept is not None
    assert "Good Post" in kept.page_en
    assert "Engine Room" in kept.page_en


def test_a_change_of_what_the_notice_tells_is_a_new_version_of_it(
    keeper: Browser, browser: Browser, cast: Cast, log: Log
) -> None:
    publish(cast)
    keeper.post(
        "/staff/set-up/notice", {"text_th": "เรา", "text_en": "We"}, token=keeper.token_on("/staff/set-up/notice")
    )
    before = len(log.entries(Event.NOTICE_RENEWED))
    address = enter(keeper, TYPED)
    assert len(log.entries(Event.NOTICE_RENEWED)) == before + 1
    form = f"{address}/change"
    signed = {**TYPED, "signed_by": "Somebody else", "version": "1"}
    assert keeper.post(form, signed, token=keeper.token_on(form)).status_code == 303
    assert len(log.entries(Event.NOTICE_RENEWED)) == before + 1  # the notice tells nothing of who signed
    again = {**signed, "purpose_en": "Rents us two servers.", "version": "2"}
    assert keeper.post(form, again, token=keeper.token_on(form)).status_code == 303
    assert len(log.entries(Event.NOTICE_RENEWED)) == before + 2
    with cast.units.reading() as unit:
        newest = organisation.notice(unit)
        assert newest is not None
        kept = organisation.page_of(unit, newest.version)
        earlier = organisation.page_of(unit, newest.version - 1)
    assert kept is not None
    assert earlier is not None
    assert "Rents us two servers." in kept.page_en
    assert "Rents us the server." in earlier.page_en
    assert "who works for us" in browser.get("/en/notice").text


def test_what_was_written_past_the_system_is_not_told_to_reporters(browser: Browser, cast: Cast) -> None:
    with cast.units.writing() as unit:
        processors.add(unit, cast.administrator.actor, replace(HOSTING, since=date(2025, 1, 1)))
        unit.session.flush()
        unit.session.connection().exec_driver_sql("UPDATE processor SET name_en = 'CANARY-PLANTED'")
    answer = browser.get("/en/notice")
    assert answer.status_code >= 400
    assert "CANARY-PLANTED" not in answer.text
