"""What people do to forms: Back, reload, another language, mistakes, pressing twice, no mouse. No answer is lost, and no report comes twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Route, expect

from tests.browser import journey
from tests.browser.conftest import NewVisitor
from tests.browser.journey import ANSWERS, CHECK, FILES_STEP, LAST_STEP, NARRATIVE_STEP
from tests.browser.site import FILE_LIMIT_MIB, Site
from tests.browser.visitor import Device, Visitor

EXIT_SITE = "https://www.google.com/"


@pytest.fixture(params=[True, False], ids=["js", "plain"])
def device(request: pytest.FixtureRequest) -> Device:
    return Device("th", request.param, 360)


@pytest.fixture
def small_file(tmp_path: Path) -> Path:
    path = tmp_path / "ใบเสร็จ.txt"
    path.write_text("เลขที่ใบเสร็จ 00412", "utf-8")
    return path


@pytest.fixture
def one_report(site: Site) -> Iterator[None]:
    """Whatever is done here, one report comes of it."""
    before = site.cases()
    yield
    assert site.cases() == before + 1


@pytest.fixture
def no_report(site: Site) -> Iterator[None]:
    before = site.cases()
    yield
    assert site.cases() == before


# -- Back ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_report")
def test_back_from_the_check_leads_through_every_step_and_keeps_every_word(visitor: Visitor, small_file: Path) -> None:
    journey.begin(visitor)
    journey.fill_in(visitor, up_to=FILES_STEP)
    visitor.find("#files").set_input_files(small_file)  # without a script it goes with the answers
    journey.next_step(visitor)
    journey.fill_in(visitor)
    journey.check(visitor)
    assert visitor.find("[name=staged]").count() == 1
    for number in range(LAST_STEP, 0, -1):
        visitor.back()
        journey.on_step(visitor, number)
    assert journey.held(visitor) == ANSWERS
    journey.jump(visitor, LAST_STEP)
    journey.check(visitor)
    journey.send(visitor)


@pytest.mark.parametrize("device", [Device("th", True, 360)], ids=["js"])
def test_back_leads_to_the_first_step_though_the_script_came_late(visitor: Visitor) -> None:
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    visitor.page.route("**/report.js*", hold)
    visitor.page.goto(f"{visitor.origin}/th/form", wait_until="commit")
    visitor.find("#s1 .step__on a[href='#s2']").click()
    expect(visitor.find("#s2")).to_be_visible()
    for script in late:
        script.continue_()
    journey.on_step(visitor, 2)
    journey.jump(visitor, NARRATIVE_STEP)
    visitor.find("[name=narrative]").fill(ANSWERS["narrative"])
    journey.check(visitor)
    for number in (NARRATIVE_STEP, 2, 1):
        visitor.back()
        journey.on_step(visitor, number)


def test_the_pages_own_back_links_lead_back_as_well(visitor: Visitor) -> None:
    journey.begin(visitor)
    journey.fill_in(visitor)
    journey.check(visitor)
    for number in range(CHECK, 1, -1):
        journey.on_step(visitor, number)
        visitor.find(f"#s{number} .govuk-back-link").click()
    assert journey.held(visitor) == ANSWERS
    visitor.find("#s1 .govuk-back-link").click()
    expect(visitor.find("main a[href$='/form']")).to_be_visible()


@pytest.mark.usefixtures("one_report")
def test_an_answer_changed_from_the_check_is_what_is_sent(visitor: Visitor) -> None:
    journey.begin(visitor)
    journey.fill_in(visitor)
    journey.check(visitor)
    visitor.find(f"#s{CHECK} a[href='#s8']").click()
    journey.on_step(visitor, 8)
    visitor.find("[name=where]").fill("สาขาริมน้ำ")
    journey.check(visitor)
    expect(visitor.find(f"#s{CHECK}")).to_contain_text("สาขาริมน้ำ")
    receipt = journey.send(visitor)
    journey.open_mailbox(visitor, receipt)
    expect(visitor.find("main")).to_contain_text("สาขาริมน้ำ")


@pytest.mark.usefixtures("one_report")
def test_what_was_changed_after_the_check_is_shown_before_it_is_sent(visitor: Visitor) -> None:
    """Back to the check page by the browser, past the button that checks."""
    journey.begin(visitor)
    journey.fill_in(visitor)
    journey.check(visitor)
    visitor.find(f"#s{CHECK} a[href='#s8']").click()
    visitor.find("[name=where]").fill("สาขาริมน้ำ")
    visitor.back()
    journey.on_step(visitor, CHECK)
    if not visitor.device.javascript:  # a script has the page made anew by itself
        visitor.find("[name=declared]").check()
        visitor.find("[value=send]").click()
        expect(visitor.find("#changed-title")).to_be_visible()
    expect(visitor.find(f"#s{CHECK}")).to_contain_text("สาขาริมน้ำ")
    journey.send(visitor)


@pytest.mark.usefixtures("one_report")
def test_back_from_the_receipt_sends_no_second_report(visitor: Visitor) -> None:
    receipt = send_one(visitor)
    visitor.back()
    if visitor.find("[name=narrative]").count():
        assert journey.send(visitor) == receipt


# -- Reload ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", [Device("th", True, 360)], ids=["js"])
@pytest.mark.usefixtures("no_report")
def test_a_reload_asks_first_and_staying_keeps_everything(visitor: Visitor, small_file: Path) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    visitor.page.on("dialog", stay)
    journey.begin(visitor)
    journey.fill_in(visitor, file=small_file)
    for number in range(1, LAST_STEP + 1):
        journey.jump(visitor, number)
        visitor.evaluate("() => location.reload()")
        expect(visitor.find(f"#s{number}")).to_be_visible()
    journey.check(visitor)
    visitor.evaluate("() => location.reload()")
    journey.on_step(visitor, CHECK)
    assert asked == ["beforeunload"] * CHECK
    assert journey.held(visitor) == ANSWERS
    assert visitor.find("[name=staged]").count() == 1


@pytest.mark.parametrize("device", [Device("th", False, 360)], ids=["plain"])
@pytest.mark.usefixtures("one_report")
def test_without_a_script_the_page_warns_of_reloading_and_the_check_page_survives_it(
    visitor: Visitor, small_file: Path
) -> None:
    journey.begin(visitor)
    expect(visitor.find("noscript p")).to_be_visible()
    journey.fill_in(visitor, file=small_file)
    journey.check(visitor)
    expect(visitor.find("noscript p")).to_be_visible()  # that it may be reloaded
    visitor.page.reload()
    journey.on_step(visitor, CHECK)
    assert journey.held(visitor) == ANSWERS
    assert visitor.find("[name=staged]").count() == 1
    receipt = journey.send(visitor)
    visitor.page.reload()
    assert journey.receipt_on(visitor) == receipt


def test_asking_for_the_address_of_an_answer_leads_to_the_form(visitor: Visitor) -> None:
    for step in ("change", "check", "send"):
        visitor.go(f"/th/form/{step}")
        assert visitor.path() == "/th/form"


# -- Sending twice ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_report")
def test_pressing_send_twice_makes_one_report(visitor: Visitor) -> None:
    journey.begin(visitor)
    journey.fill_in(visitor)
    journey.check(visitor)
    drawn = visitor.find("[name=receipt]").input_value()
    visitor.find("[name=declared]").check()
    visitor.find("[value=send]").dblclick()
    assert journey.receipt_on(visitor).replace("-", "") == drawn


def send_one(visitor: Visitor) -> str:
    journey.begin(visitor)
    journey.answer_step(visitor, {})
    journey.jump(visitor, NARRATIVE_STEP)
    journey.answer_step(visitor, ANSWERS)
    journey.check(visitor)
    return journey.send(visitor)


# -- Another language ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_report")
def test_the_other_language_keeps_answers_files_and_step(visitor: Visitor, small_file: Path) -> None:
    journey.begin(visitor)
    journey.fill_in(visitor, file=small_file)
    for number, language in ((LAST_STEP, "en"), (NARRATIVE_STEP, "th"), (FILES_STEP, "en")):
        journey.jump(visitor, number)
        visitor.find(f"#s{number} [value=language]").click()
        expect(visitor.find("html")).to_have_attribute("lang", language)
        journey.on_step(visitor, number)
        assert journey.held(visitor) == ANSWERS
        assert visitor.find(".attached__name").all_inner_texts() == [small_file.name]
    journey.jump(visitor, LAST_STEP)
    journey.check(visitor)
    visitor.find(f"#s{CHECK} [value=language]").click()
    expect(visitor.find("html")).to_have_attribute("lang", "th")
    journey.on_step(visitor, CHECK)
    journey.send(visitor)


# -- Mistakes --------------------------------------------------------------------------------------------------------


def refused(visitor: Visitor, step: int, held: dict[str, str]) -> None:
    """The page says what is wrong, at the step where it is, and everything else is as it was."""
    summary = visitor.find(".govuk-error-summary")
    expect(summary).to_be_visible()
    journey.on_step(visitor, step)
    expect(visitor.find(f"#s{step} .govuk-error-message")).to_be_visible()
    assert journey.held(visitor) == held


@pytest.mark.usefixtures("one_report")
def test_without_an_account_of_what_happened_nothing_else_is_lost(visitor: Visitor, small_file: Path) -> None:
    rest = {name: text for name, text in ANSWERS.items() if name != "narrative"}
    journey.begin(visitor)
    journey.fill_in(visitor, rest, file=small_file)
    with visitor.expecting(400):
        visitor.find(f"#s{LAST_STEP} [value=check]").click()
        refused(visitor, NARRATIVE_STEP, rest)
    assert visitor.find(".attached__name").all_inner_texts() == [small_file.name]
    journey.jump(visitor, FILES_STEP)
    visitor.find(".govuk-error-summary a").click()
    journey.on_step(visitor, NARRATIVE_STEP)
    visitor.find("[name=narrative]").fill(ANSWERS["narrative"])
    journey.check(visitor)
    journey.send(visitor)


@pytest.mark.usefixtures("no_report")
def test_an_account_that_is_too_long_is_not_cut(visitor: Visitor) -> None:
    long = dict(ANSWERS, narrative="ก" * 20_001)
    journey.begin(visitor)
    journey.fill_in(visitor, long)
    with visitor.expecting(400):
        visitor.find(f"#s{LAST_STEP} [value=check]").click()
        refused(visitor, NARRATIVE_STEP, long)


@pytest.mark.usefixtures("one_report")
def test_a_file_that_is_too_large_costs_nothing_else(visitor: Visitor, small_file: Path, tmp_path: Path) -> None:
    large = tmp_path / "วิดีโอ.mp4"
    with large.open("wb") as file:
        file.truncate(FILE_LIMIT_MIB * 1024 * 1024 + 1)
    journey.begin(visitor)
    journey.fill_in(visitor, file=small_file, up_to=FILES_STEP)
    with visitor.expecting(400):
        journey.choose_file(visitor, large)
        expect(visitor.find(f"#s{FILES_STEP} .govuk-error-message")).to_contain_text(large.name)
    journey.on_step(visitor, FILES_STEP)
    assert visitor.find(".attached__name").all_inner_texts() == [small_file.name]
    journey.next_step(visitor)
    journey.fill_in(visitor)
    assert journey.held(visitor) == ANSWERS
    journey.check(visitor)
    journey.send(visitor)


@pytest.mark.usefixtures("one_report")
def test_without_the_declaration_nothing_is_sent_and_nothing_lost(visitor: Visitor) -> None:
    journey.begin(visitor)
    journey.fill_in(visitor)
    journey.check(visitor)
    with visitor.expecting(400):
        visitor.find("[value=send]").click()
        refused(visitor, CHECK, dict(ANSWERS))
    journey.send(visitor)


def test_a_file_can_be_taken_away_again(visitor: Visitor, small_file: Path) -> None:
    journey.begin(visitor)
    journey.fill_in(visitor, file=small_file, up_to=FILES_STEP)
    visitor.find("[name=drop]").click()
    expect(visitor.find(".attached__name")).to_have_count(0)
    journey.on_step(visitor, FILES_STEP)


# -- The keyboard alone ----------------------------------------------------------------------------------------------


def tab_to(visitor: Visitor, selector: str) -> None:
    """Presses Tab until the focus is on it, and sees that it can be seen."""
    for _ in range(40):
        visitor.page.keyboard.press("Tab")
        if visitor.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            break
    focused = visitor.find(":focus-visible")
    expect(focused).to_have_count(1)
    assert focused.evaluate("(e, wanted) => e.matches(wanted)", selector), f"no Tab reaches {selector}"
    expect(focused).to_be_in_viewport()


def fill_by_keyboard(visitor: Visitor, name: str, text: str) -> None:
    press = visitor.page.keyboard.press
    if name == "knowledge":
        for value in text.split():
            tab_to(visitor, f"[name={name}][value={value}]")
            press("Space")
    elif name in journey.CHOSEN:
        tab_to(visitor, f"[name={name}]")
        press("Space")
        for _ in range(8):
            if visitor.evaluate("() => document.activeElement.value") == text:
                break
            press("ArrowDown")
    else:
        tab_to(visitor, f"[name={name}]")
        visitor.page.keyboard.insert_text(text)


@pytest.mark.usefixtures("one_report")
def test_a_report_is_sent_by_keyboard_alone(visitor: Visitor) -> None:
    press = visitor.page.keyboard.press
    visitor.go("/th/")
    tab_to(visitor, ".govuk-skip-link")
    tab_to(visitor, "main a[href='/th/form']")
    press("Enter")
    for number in range(1, CHECK):
        journey.on_step(visitor, number)
        if number == journey.CHANNEL_STEP:
            tab_to(visitor, "[name=channel]")
            press("Space")
        for name, text in ANSWERS.items():
            if journey.STEP_OF[name] == number:
                fill_by_keyboard(visitor, name, text)
        if number < LAST_STEP:
            tab_to(visitor, f"a[href='#s{number + 1}']")
            press("Enter")
    tab_to(visitor, f"#s{LAST_STEP} [value=check]")
    press("Enter")
    journey.on_step(visitor, CHECK)
    assert journey.held(visitor) == ANSWERS
    tab_to(visitor, "[name=declared]")
    press("Space")
    tab_to(visitor, "[value=send]")
    press("Enter")
    journey.receipt_on(visitor)


# -- Leaving in a hurry ----------------------------------------------------------------------------------------------


def leave(visitor: Visitor) -> list[str]:
    """Lets the other site answer here. Returns the referrers that it was told, as they come."""
    told: list[str] = []

    def answer(route: Route) -> None:
        told.append(route.request.header_value("referer") or "")
        route.fulfill(body="<title>elsewhere</title>", content_type="text/html")

    visitor.context.route(f"{EXIT_SITE}**", answer)
    return told


def arrived(visitor: Visitor, told: list[str]) -> None:
    visitor.page.wait_for_url(EXIT_SITE)
    visitor.wrong = [what for what in visitor.wrong if what != f"asked elsewhere: {EXIT_SITE}"]
    assert told == [""]


@pytest.mark.usefixtures("no_report")
def test_the_way_out_leads_away_at_once_and_says_not_whence(visitor: Visitor) -> None:
    told = leave(visitor)
    journey.begin(visitor)
    journey.fill_in(visitor, up_to=4)
    visitor.find(".govuk-exit-this-page__button").click()
    arrived(visitor, told)


@pytest.mark.parametrize("device", [Device("en", True, 1280)], ids=["js"])
def test_shift_three_times_leads_away_and_back_does_not_return(visitors: NewVisitor, device: Device) -> None:
    visitor = visitors(device)
    told = leave(visitor)
    journey.begin(visitor)
    journey.fill_in(visitor, up_to=4)
    for _ in range(3):
        visitor.page.keyboard.press("Shift")
    arrived(visitor, told)
    visitor.back()
    assert visitor.find("[name=narrative]").count() == 0 or not visitor.find("[name=narrative]").input_value()


# -- The receipt -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_report")
def test_the_receipt_is_asked_back_for_whoever_wishes(visitor: Visitor) -> None:
    receipt = send_one(visitor)
    right, group = (visitor.find("#ask-back").get_attribute(f"data-{name}") or "" for name in ("right", "group"))
    wrong = group.replace("{}", "7")
    for typed, told in ((receipt[:-1], wrong), (receipt.lower().replace("-", " ").replace("0", "o"), right)):
        visitor.find("#typed").fill(typed)
        visitor.find("#ask-back button").click()
        expect(visitor.find("#asked-back strong")).to_have_text(told)  # not what it said of the one before
        assert journey.receipt_on(visitor) == receipt
        visitor.look_as_reporter()
    assert right != wrong


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("device", [Device("th", True, 360)], ids=["js"])
def test_the_focus_goes_to_what_came_of_an_upload(visitor: Visitor, small_file: Path) -> None:
    journey.begin(visitor)
    journey.fill_in(visitor, up_to=FILES_STEP)
    files = [{"name": name, "mimeType": "text/plain", "buffer": b""} for name in ("a.txt", "b.txt")]
    visitor.find("#files").focus()
    wrong = visitor.find("#files-now .govuk-error-message")
    with visitor.expecting(400):
        visitor.find("#files").set_input_files(files)  # type: ignore[arg-type]
        expect(wrong).to_be_focused()
    for name in ("a.txt", "b.txt"):
        expect(wrong).to_contain_text(name)
    visitor.find("#files").set_input_files(small_file)
    expect(visitor.find(".attached__file")).to_be_focused()
