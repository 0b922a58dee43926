"""A day of casework over forty cases: a lead and three investigators, two in Thai and two in English."""

import pytest
from playwright.sync_api import Locator, expect

from complaints.vocabulary import IdentityField, Locale
from tests.browser import journey
from tests.browser.backstage import Backstage
from tests.browser.conftest import NewVisitor
from tests.browser.site import INVESTIGATOR, LEAD, TRIAGE, UNASSIGNED
from tests.browser.visitor import Device, Visitor

SENT = 30
"""Beside the ten of the demonstration's that the lead of this channel holds: forty."""
THANA, PREECHA, SUDA = "ธนา", "ปรีชา", "สุดา"


@pytest.fixture(scope="module")
def cases(backstage: Backstage) -> list[str]:
    """Addresses of those that come for this day, none of them opened yet."""
    return [_send(backstage, number) for number in range(SENT)]


def _send(backstage: Backstage, number: int) -> str:
    report = backstage.report(
        f"เรื่องที่ {number}: ใบเสร็จไม่ตรงกับของที่รับ",
        identity={IdentityField.NAME: "สมหญิง ใจกล้า"} if number % 2 else {},
        locale=Locale.ENGLISH if number % 3 else Locale.THAI,
    )
    return f"/staff/cases/{report.case.hex()}"


@pytest.fixture
def enter(visitors: NewVisitor) -> NewVisitor:
    def sign_in(name: str, language: str, width: int = 1280) -> Visitor:
        visitor = visitors(Device(language, javascript=True, width=width))
        journey.sign_in(visitor, name)
        return visitor

    return sign_in


def _press(visitor: Visitor, selector: str) -> None:
    visitor.find(selector).click()


def _listed(visitor: Visitor, query: str) -> Locator:
    visitor.go(f"/staff/cases?{query}")
    visitor.look()
    return visitor.find("main tbody tr")


def test_a_day(backstage: Backstage, cases: list[str], enter: NewVisitor) -> None:
    first, second, third = cases[:3]
    lead = enter(LEAD, "th")
    expect(_listed(lead, "view=all")).to_have_count(40)
    expect(_listed(lead, "view=all&status=new&order=due")).to_have_count(SENT + 3)
    _hand_out(lead, first, second)
    _investigate(enter(INVESTIGATOR, "en", 360))
    _ask_and_close(enter(UNASSIGNED, "en"), lead, second)
    preecha = enter(TRIAGE, "th", 360)
    for case in (first, second):
        preecha.go(case, 404)
    preecha.go(third)
    journey.write_note(preecha, "น่าจะเป็นเรื่องเดียวกับเดือนก่อน")
    expect(_listed(lead, "view=all&status=closed")).to_have_count(2)
    lead.go(f"{first}/timeline")
    lead.look()
    expect(lead.find(".timeline__step").first).to_be_visible()
    backstage.is_sound()


def _hand_out(lead: Visitor, first: str, second: str) -> None:
    """One is taken on and goes to Thana, with the identity and something to do; another goes to Suda, without."""
    lead.go(first)
    lead.find("#handling [name=status]").select_option("accepted")
    lead.find("#handling [name=priority]").select_option("high")
    _press(lead, "#handling button[type=submit]")
    expect(lead.find(".case-head .govuk-tag--orange")).to_be_visible()
    journey.assign(lead, LEAD, {THANA: "identity"})
    lead.find("#task-text").fill("ขอใบเสร็จตัวจริงจากบัญชี")
    lead.find("#task-account").select_option(label=lead.find("#people .people__name strong", THANA).inner_text())
    lead.find("#task-due").fill(lead.find("#task-due").get_attribute("min") or "")
    _press(lead, "form:has(#task-text) button[type=submit]")
    expect(lead.find("#task-set")).to_be_visible()
    lead.go(second)
    journey.assign(lead, LEAD, {SUDA: "report"})


def _investigate(thana: Visitor) -> None:
    """On a telephone and in English: finds what is theirs, calls it something, does what there is to do, writes."""
    expect(_listed(thana, "tasks=1")).to_have_count(1)
    _press(thana, "main tbody a")
    thana.find("#own-label").fill("Receipts, store 7")
    _press(thana, "#own button[type=submit]")
    expect(thana.find(".case-head__label")).to_be_visible()
    _press(thana, ".tasks__button")
    expect(thana.find(".tasks__done")).to_be_visible()
    thana.find("#phrase").select_option("evidence")
    _press(thana, "[name=do][value=phrase]")
    expect(thana.find("#reply-text")).not_to_have_value("")
    journey.reply(thana, "ขอบคุณค่ะ มีใบเสร็จอีกไหม")
    journey.write_note(thana, "Asked for the receipts.")
    expect(_listed(thana, "tasks=1")).to_have_count(0)
    expect(_listed(thana, "view=mine&priority=high")).to_have_count(1)
    expect(thana.find(".caselist__label")).to_have_text("Receipts, store 7")


def _ask_and_close(suda: Visitor, lead: Visitor, case: str) -> None:
    """Asks for the name, is told why not, and closes without it."""
    expect(_listed(suda, "view=mine")).to_have_count(1)
    suda.go(case)
    suda.find("#ask-text").fill("I would like to call the reporter.")
    _press(suda, "form:has(#ask-text) button[type=submit]")
    expect(suda.find("#ask-text")).to_have_count(0)
    lead.go(case)
    _press(lead, ".asks details summary")
    lead.find(".asks textarea").fill("ถามผ่านกล่องข้อความก่อน")
    _press(lead, ".asks form button[type=submit]")
    expect(lead.find(".asks")).to_have_count(0)
    suda.go(f"{case}/close?outcome=unsubstantiated")
    suda.find("#findings").fill("Nothing was found.")
    suda.find("#feedback").fill("We could not show that it was so. Thank you for telling us.")
    _press(suda, "main form[action*='/close'] button[type=submit]")
    expect(suda.find("#outcome")).to_be_visible()
