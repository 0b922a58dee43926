"""The notice is made from the register of fields: what is asked has a purpose there. Each case keeps the version its reporter saw."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from complaints.models import Case, NoticePage
from complaints.services import organisation
from complaints.services.unit import Units
from complaints.vocabulary import CompartmentName, IdentityField, ReportField
from complaints.web.reporter.registry import CARRIED, FIELDS, groups
from tests.cast import Cast, Person
from tests.web.conftest import Browser
from tests.web.test_reporter_form import checked, receipt_on


def publish(cast: Cast, words: str) -> int:
    with cast.units.writing() as unit:
        return organisation.publish_notice(unit, cast.administrator.actor, text_th=f"ไทย {words}", text_en=words)


def asked_on(browser: Browser, address: str) -> set[str]:
    text = browser.get(address).text
    return set(re.findall(r'<(?:input|textarea|select|button)\b[^>]*\bname="([^"]+)"', text))


# -- The register ----------------------------------------------------------------------------------------------------


def test_every_field_of_the_form_is_in_the_register_and_nothing_else(browser: Browser) -> None:
    form = asked_on(browser, "/en/form")
    assert {*ReportField, *IdentityField} - {ReportField.LANGUAGE} <= form
    assert form - CARRIED - set(FIELDS) == set()
    assert set(FIELDS) - form == {ReportField.LANGUAGE.value, "text", "declared"}, "of these the form has no field"


@pytest.mark.parametrize("language", ["th", "en"])
def test_every_field_has_a_label_and_a_purpose_and_lies_where_it_is_sealed(app: Flask, language: str) -> None:
    with app.test_request_context(f"/{language}/"), force_locale(language):
        for name, field in FIELDS.items():
            assert str(field.label).strip(), name
            assert len(str(field.purpose).strip()) > 10, name
    assert {FIELDS[name].compartment for name in IdentityField} == {CompartmentName.IDENTITY}
    assert {FIELDS[name].compartment for name in ReportField} == {CompartmentName.REPORT}


@pytest.mark.parametrize("language", ["th", "en"])
def test_the_notice_tells_of_every_field_with_purpose_readers_and_time(
    app: Flask, browser: Browser, language: str
) -> None:
    shown = unescape(browser.get(f"/{language}/notice").text)
    with app.test_request_context(f"/{language}/"), force_locale(language):
        for field in FIELDS.values():
            assert f'value">{field.purpose}</dd>' in shown
            assert f'key">{field.label}</dt>' in shown
        for group in groups():
            assert str(group["who"]) in shown
            assert str(group["kept"]) in shown
        assert sum(len(group["fields"]) for group in groups()) == len(FIELDS) + 1, "and the comment"


# -- Its versions ----------------------------------------------------------------------------------------------------


def notice_versions(units: Units) -> list[int]:
    with units.reading() as unit:
        return list(unit.session.scalars(select(Case.notice_version).order_by(Case.notice_version)))


def test_a_case_keeps_the_version_that_its_reporter_saw(browser: Browser, cast: Cast, units: Units) -> None:
    checked(browser).post("/en/form/send")
    publish(cast, "first words")
    form = checked(browser)
    assert "Version 1 of the notice" in browser.post("/en/form/check", form.values).text
    receipt_on(form.post("/en/form/send"))
    publish(cast, "second words")
    assert notice_versions(units) == [0, 1]


def test_a_version_that_was_published_meanwhile_is_shown_before_anything_is_sent(
    browser: Browser, cast: Cast, units: Units
) -> None:
    form = checked(browser)
    publish(cast, "first words")
    answer = form.post("/en/form/send")
    assert "Something was changed" in answer.text
    assert "Version 1 of the notice" in answer.text
    assert notice_versions(units) == []


@pytest.mark.parametrize("language", ["th", "en"])
def test_every_version_can_be_read_with_its_day(browser: Browser, cast: Cast, language: str) -> None:
    publish(cast, "first words")
    publish(cast, "second words")
    page = browser.get(f"/{language}/notice").text
    assert [f"/{language}/notice/{number}" in page for number in (1, 2)] == [True, True]
    first = browser.get(f"/{language}/notice/1")
    assert "first words" in first.text
    assert "second words" not in first.text
    assert ("ไทย first words" in first.text) is (language == "th")
    assert re.search(r"\d{1,2} \S+ 2\d{3}", first.text)
    other = "en" if language == "th" else "th"
    assert f'href="/{other}/notice/1"' in first.text


@pytest.mark.parametrize("version", ["1", "0", "99999999999999999999", "-1", "x"])
def test_a_version_that_there_is_not_is_no_page(browser: Browser, version: str) -> None:
    assert browser.get(f"/en/notice/{version}").status_code == 404


# -- The whole of it -------------------------------------------------------------------------------------------------


def add_question(browser: Browser, cast: Cast) -> None:
    where = f"/staff/channels/{cast.channel.hex()}/questions"
    typed = {"wording_th": "รวมกี่บาทถ้วน", "wording_en": "How much?", "purpose_th": "เพื่อรู้", "purpose_en": "To know."}
    assert browser.post(where, typed, token=browser.token_on(where)).status_code == 303


def publish_on_page(browser: Browser, words: str) -> None:
    where = "/staff/set-up/notice"
    answer = browser.post(where, {"text_th": f"ไทย {words}", "text_en": words}, token=browser.token_on(where))
    assert answer.status_code == 303


@pytest.mark.parametrize("language", ["th", "en"])
def test_a_case_leads_to_the_whole_notice_of_its_day(
    browser: Browser, cast: Cast, signed_in: Callable[[Person], Browser], units: Units, language: str
) -> None:
    administrator = signed_in(cast.administrator)
    publish_on_page(administrator, "first words")
    cast.report()
    add_question(administrator, cast)
    cast.report()
    publish_on_page(administrator, "second words")
    assert notice_versions(units) == [1, 2]
    first, second, third = (unescape(browser.get(f"/{language}/notice/{number}").text) for number in (1, 2, 3))
    asked = "รวมกี่บาทถ้วน" if language == "th" else "How much?"
    assert [asked in page for page in (first, second, third)] == [False, True, True]
    assert ["first words" in page for page in (first, second, third)] == [True, True, False]
    with browser.client.application.test_request_context(f"/{language}/"), force_locale(language):
        for page in (first, second, third):
            assert all(f'value">{field.purpose}</dd>' in page for field in FIELDS.values())
    now = unescape(browser.get(f"/{language}/notice").text)
    assert asked in now
    assert "second words" in now


def test_the_staff_see_which_notice_a_reporter_could_read(cast: Cast, signed_in: Callable[[Person], Browser]) -> None:
    publish(cast, "first words")
    report = cast.report()
    page = signed_in(cast.lead).get(f"/staff/cases/{report.case.hex()}?lang=en").text
    assert 'href="/en/notice/1"' in page


def test_changes_are_announced_on_the_home_page_and_listed_in_the_notice(browser: Browser, cast: Cast) -> None:
    publish(cast, "first words")
    assert "We changed how we look after" not in browser.get("/en/").text
    publish(cast, "second words")
    for where in ("/en/", "/en/notice"):
        assert "We changed how we look after" in browser.get(where).text
    notice = browser.get("/en/notice").text
    assert "Changed: who answers for your data" in notice
    assert "The first version" in notice


def test_of_a_version_of_before_the_operators_part_is_shown(browser: Browser, cast: Cast) -> None:
    publish(cast, "first words")
    assert "only what we add ourselves was kept" in browser.get("/en/notice/1").text


def test_a_page_changed_past_the_system_is_not_shown(
    browser: Browser, cast: Cast, signed_in: Callable[[Person], Browser], units: Units
) -> None:
    publish_on_page(signed_in(cast.administrator), "first words")
    with units.writing() as unit:
        unit.session.get_one(NoticePage, 1).page_en = "<b>planted</b>"
    answer = browser.get("/en/notice/1")
    assert answer.status_code == 500
    assert "planted" not in answer.text
