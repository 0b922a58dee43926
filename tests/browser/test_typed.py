"""A case's page has several forms: what was written in one is not lost by sending another, nor by leaving, without being asked."""

import pytest
from playwright.sync_api import Dialog, expect

from tests.browser import journey
from tests.browser.backstage import Backstage
from tests.browser.conftest import NewVisitor
from tests.browser.site import LEAD
from tests.browser.visitor import Device, Visitor

NOTE, REPLY = ".writing--note [name=text] >> nth=0", ".writing--reply [name=text]"


@pytest.fixture
def at_a_case(visitors: NewVisitor, backstage: Backstage) -> Visitor:
    """A case of its own, which is open."""
    visitor = visitors(Device("en", javascript=True, width=360))
    journey.sign_in(visitor, LEAD)
    visitor.go(f"/staff/cases/{backstage.report().case.hex()}")
    return visitor


def asked(visitor: Visitor, *, go: bool) -> list[str]:
    """What the browser asks from now on, and is answered."""
    kinds: list[str] = []

    def answer(dialog: Dialog) -> None:
        kinds.append(dialog.type)
        if go:
            dialog.accept()
        else:
            dialog.dismiss()

    visitor.page.on("dialog", answer)
    return kinds


def test_another_forms_button_asks_first_and_staying_keeps_every_word(at_a_case: Visitor) -> None:
    kinds = asked(at_a_case, go=False)
    at_a_case.find(NOTE).fill("A note that took an hour")
    at_a_case.find(REPLY).fill("Thank you")
    at_a_case.find("#handling button[type=submit]").first.click()
    expect(at_a_case.find(NOTE)).to_have_value("A note that took an hour")
    at_a_case.find(".site-navigation__link").first.click()
    expect(at_a_case.find(REPLY)).to_have_value("Thank you")
    assert kinds == ["beforeunload"] * 2


def test_whoever_goes_all_the_same_goes(at_a_case: Visitor) -> None:
    kinds = asked(at_a_case, go=True)
    at_a_case.find(NOTE).fill("Not worth keeping")
    at_a_case.find(".site-navigation__link").first.click()
    expect(at_a_case.find(".case-head__title")).to_have_count(0)
    assert kinds == ["beforeunload"]


def test_nothing_is_asked_where_nothing_is_lost(at_a_case: Visitor) -> None:
    kinds = asked(at_a_case, go=False)
    journey.write_note(at_a_case, "One note, and nothing beside it")
    at_a_case.find(".site-navigation__link").first.click()
    expect(at_a_case.find(".case-head__title")).to_have_count(0)
    assert kinds == []


def test_what_came_back_unsaved_is_still_to_lose(at_a_case: Visitor) -> None:
    kinds = asked(at_a_case, go=False)
    at_a_case.find(NOTE).evaluate("field => field.value = 'x'.repeat(10001)")
    with at_a_case.expecting(400):
        at_a_case.find("#notes .writing--note button[type=submit]").click()
        expect(at_a_case.find(".govuk-error-summary")).to_be_visible()
    at_a_case.arrive()
    at_a_case.find(".site-navigation__link").first.click()
    expect(at_a_case.find(NOTE)).not_to_have_value("")
    assert kinds == ["beforeunload"]
