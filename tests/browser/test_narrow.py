"""What stands where on a telephone: nothing glued together, nothing to one side, no label apart from what it is of."""

import pytest
from playwright.sync_api import FloatRect, expect

from tests.browser import journey
from tests.browser.conftest import NewVisitor
from tests.browser.site import AUDITOR, LEAD
from tests.browser.visitor import Device, Visitor

WIDTH = 360


@pytest.fixture(params=["th", "en"])
def visitor(request: pytest.FixtureRequest, visitors: NewVisitor) -> Visitor:
    return visitors(Device(request.param, javascript=False, width=WIDTH))


def box(visitor: Visitor, selector: str) -> FloatRect:
    found = visitor.find(selector).first.bounding_box()
    assert found, selector
    return found


def test_the_button_to_leave_stands_apart_from_the_header(visitor: Visitor) -> None:
    visitor.go(f"/{visitor.device.language}/")
    header = box(visitor, ".site-header")
    assert box(visitor, ".govuk-exit-this-page__button")["y"] >= header["y"] + header["height"] + 8


def test_the_picture_of_the_code_stands_in_the_middle(visitor: Visitor) -> None:
    journey.send_short(visitor)
    picture = box(visitor, ".receipt__picture svg")
    assert abs(picture["x"] + picture["width"] / 2 - WIDTH / 2) <= 1


def test_an_entry_has_its_moment_beside_the_label(visitor: Visitor) -> None:
    journey.sign_in(visitor, AUDITOR)
    visitor.go("/staff/log")
    cell, moment = box(visitor, "td:has(.audit-when)"), box(visitor, ".audit-when")
    assert moment["y"] < cell["y"] + 16


def test_a_case_without_a_deadline_says_so_and_nothing_is_due(visitor: Visitor) -> None:
    journey.sign_in(visitor, LEAD)
    visitor.go("/staff/cases?status=closed")
    due = visitor.find(".caselist__due").first
    expect(due).to_have_text({"th": "ไม่มีกำหนด", "en": "No deadline"}[visitor.device.language])
    assert due.get_attribute("data-label") is None
