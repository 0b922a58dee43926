"""The warning before a session of the staff's ends: in a dialogue, by mouse and by keyboard; what was typed stays."""

import pytest
from playwright.sync_api import expect

from tests.browser import axe, journey
from tests.browser.conftest import NewVisitor
from tests.browser.site import ADMINISTRATOR
from tests.browser.test_accessibility import shoot
from tests.browser.visitor import Device, Visitor

PAGE = "/staff/set-up/undertaking"


@pytest.fixture(params=["th", "en"])
def visitor(visitors: NewVisitor, request: pytest.FixtureRequest) -> Visitor:
    visitor = visitors(Device(request.param, javascript=True, width=360))
    journey.sign_in(visitor, ADMINISTRATOR)
    visitor.page.clock.install()
    visitor.go(PAGE)
    return visitor


def test_it_warns_in_time_can_be_extended_and_loses_nothing_typed(visitor: Visitor) -> None:
    typed = visitor.find("[name=text_en]")
    typed.fill("Words that took an hour")
    visitor.page.clock.run_for("26:00")
    soon, over = visitor.find("dialog .idle__soon"), visitor.find("dialog .idle__over")
    expect(soon).to_be_visible()
    assert axe.findings(visitor) == []
    shoot(visitor, "staff-idle-soon", f"360-{visitor.device.language}")
    soon.locator("button").click()
    expect(soon).to_be_hidden()
    visitor.page.clock.run_for("26:00")
    expect(soon).to_be_visible()
    with visitor.page.expect_response("**/staff/stay"):
        visitor.page.keyboard.press("Escape")  # as good as the button
    expect(visitor.find(".idle__soon")).to_have_attribute("hidden", "")
    visitor.page.clock.run_for("31:00")
    expect(over).to_be_visible()
    assert axe.findings(visitor) == []
    shoot(visitor, "staff-idle-over", f"360-{visitor.device.language}")
    over.locator("button").click()
    expect(typed).to_have_value("Words that took an hour")


def test_typing_keeps_it_open(visitor: Visitor) -> None:
    for _ in range(3):
        visitor.page.clock.run_for("20:00")
        with visitor.page.expect_response("**/staff/stay") as answer:
            visitor.find("[name=text_en]").press_sequentially("x")
        assert answer.value.status == 200
    expect(visitor.find("dialog")).to_be_hidden()
