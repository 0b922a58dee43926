"""While people are shut out, a script says who would read it now; without one, the check page says it before anything is sent."""

from playwright.sync_api import expect

from tests.browser import journey
from tests.browser.conftest import NewVisitor
from tests.browser.journey import EXCLUDED_STEP, NARRATIVE_STEP
from tests.browser.visitor import Device, Visitor


def at_exclusions(visitor: Visitor) -> None:
    journey.begin(visitor)
    journey.jump(visitor, journey.CHANNEL_STEP)
    visitor.find("[name=channel]").first.check()
    journey.jump(visitor, NARRATIVE_STEP)
    visitor.find("[name=narrative]").fill("เรื่องสั้น ๆ")
    journey.jump(visitor, EXCLUDED_STEP)


def leads(visitor: Visitor) -> list[str]:
    return visitor.find("#who-now [data-lead]:visible").all_inner_texts()


def test_it_changes_with_every_tick_and_with_the_channel(visitors: NewVisitor) -> None:
    visitor = visitors(Device("th", javascript=True, width=360))
    at_exclusions(visitor)
    expect(visitor.find("#who-now")).to_be_visible()
    first = visitor.find("#who-now ul:visible")
    expect(first).to_have_count(1)
    own = first.get_attribute("data-channel")
    for lead in visitor.find(f"#who-now [data-channel='{own}'] [data-lead]").all():
        visitor.find(f"[name=excluded][value='{lead.get_attribute('data-account')}']").first.check()
    expect(visitor.find("[data-instead-note]")).to_be_visible()
    expect(visitor.find(f"#who-now [data-channel='{own}']")).to_be_hidden()
    shown = leads(visitor)
    assert shown
    visitor.find(f"#s{EXCLUDED_STEP} [value=check]").click()
    journey.on_step(visitor, journey.CHECK)
    for name in shown:
        expect(visitor.find(f"#s{journey.CHECK}", name.split("  ")[0].split(" หัวหน้า")[0])).to_be_visible()
    journey.jump(visitor, EXCLUDED_STEP)
    expect(visitor.find("[data-instead-note]")).to_be_visible()
    for box in visitor.find("[name=excluded]").all():
        box.check()
    expect(visitor.find("[data-nobody]")).to_be_visible()
    expect(visitor.find("#who-now ul:visible")).to_have_count(0)


def test_without_a_script_it_is_not_there_and_the_check_page_tells(visitors: NewVisitor) -> None:
    visitor = visitors(Device("th", javascript=False, width=360))
    at_exclusions(visitor)
    expect(visitor.find("#who-now")).to_be_hidden()
    name = visitor.find("#who-now [data-lead]").first.text_content() or ""
    visitor.find(f"#s{EXCLUDED_STEP} [value=check]").click()
    journey.on_step(visitor, journey.CHECK)
    expect(visitor.find(f"#s{journey.CHECK}", name.split(" หัวหน้า")[0].strip())).to_be_visible()
