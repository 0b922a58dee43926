"""The moves of the whole job, as people make them: by what they see and press, whatever the language."""

import re
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.site import PASSPHRASES
from tests.browser.visitor import Visitor

LAST_STEP = 15
CHECK = LAST_STEP + 1
CHANNEL_STEP, NARRATIVE_STEP, EXCLUDED_STEP, FILES_STEP = 5, 6, 10, 12

ANSWERS: Mapping[str, str] = {
    "way": "behalf",
    "link": "employee",
    "narrative": "หัวหน้าแก้ใบเสร็จค่าน้ำมันทุกเดือน\nผมเห็นเองสามครั้ง",
    "knowledge": "saw heard",
    "when": "ตั้งแต่เดือนมีนาคม",
    "ongoing": "yes",
    "where": "คลังสินค้า 7",
    "people": "หัวหน้าคลัง กับคนขับรถ",
    "excluded_words": "ผู้จัดการเขต",
    "known-by": "some",
    "witnesses": "ลุงยามกะดึก",
    "elsewhere": "เคยบอกฝ่ายบุคคล ยังเงียบ",
    "fear": "afraid",
    "fear-words": "กลัวถูกย้ายกะ",
    "behalf-name": "สมชาย ใจงาม",
    "behalf-contact": "ฝากบอกผ่านร้านน้ำหน้าตลาด",
    "name": "สมหญิง ใจกล้า",
    "address": "99/1 ซอยทดสอบ\nกรุงเทพฯ",
    "workplace": "แผนกธุรการ",
    "phone": "081 000 0012",
    "email": "somying@example.org",
    "line-id": "somying.7",
    "other": "คนเดียวในแผนกที่ถือกุญแจ",
}
"""By the names of the form's fields, in the order in which they stand there."""

CHOSEN = frozenset({"way", "link", "knowledge", "ongoing", "known-by", "fear"})
"""Those that are chosen; of `knowledge` several, with spaces between them."""

WRITTEN: Mapping[str, str] = {name: text for name, text in ANSWERS.items() if name not in CHOSEN}
IDENTITY = ("behalf-name", "behalf-contact", "name", "address", "workplace", "phone", "email", "line-id", "other")
SEALED_APART = (*IDENTITY, "witnesses")

STEP_OF: Mapping[str, int] = {
    "way": 3,
    "link": 4,
    "narrative": NARRATIVE_STEP,
    "knowledge": NARRATIVE_STEP,
    "when": 7,
    "ongoing": 7,
    "where": 8,
    "people": 9,
    "excluded_words": EXCLUDED_STEP,
    "known-by": 11,
    "witnesses": 11,
    "elsewhere": 13,
    "fear": 14,
    "fear-words": 14,
} | dict.fromkeys(IDENTITY, LAST_STEP)


# -- The reporter ----------------------------------------------------------------------------------------------------


def step(visitor: Visitor) -> int:
    """The number of the one step that can be seen.

    While a page arrives, those of its steps that are there already stand without their style sheet, and unpainted.
    """
    shown = visitor.find(".step:visible")
    expect(shown).to_have_count(1)
    return int((shown.get_attribute("id") or "").removeprefix("s"))


def on_step(visitor: Visitor, number: int) -> None:
    shown = visitor.find(".step:visible")
    expect(shown).to_have_count(1)
    expect(shown).to_have_id(f"s{number}")
    visitor.arrive()


def next_step(visitor: Visitor) -> None:
    here = step(visitor)
    visitor.find(f"#s{here} .step__on a[href='#s{here + 1}']").click()
    on_step(visitor, here + 1)


def begin(visitor: Visitor) -> None:
    """From the start page into the form."""
    visitor.go(f"/{visitor.device.language}/")
    visitor.look_as_reporter()
    visitor.find(f"main a[href='/{visitor.device.language}/form']").click()
    on_step(visitor, 1)


def answer_step(visitor: Visitor, answers: Mapping[str, str], file: Path | None = None) -> None:
    """Fills in the step in sight: where it is asked, the first channel is chosen."""
    here = step(visitor)
    if here == CHANNEL_STEP:
        visitor.find("[name=channel]").first.check()
    for name, text in answers.items():
        if STEP_OF[name] != here:
            continue
        if name in CHOSEN:
            for value in text.split():
                visitor.find(f"[name={name}][value={value}]").check()
        else:
            visitor.find(f"[name={name}]").fill(text)
    if here == FILES_STEP and file is not None:
        add_file(visitor, file)


def choose_file(visitor: Visitor, file: Path) -> None:
    """A script sends it when it is chosen; without one, a button does."""
    visitor.find("#files").set_input_files(file)
    if not visitor.device.javascript:
        visitor.find("#upload").click()


def add_file(visitor: Visitor, file: Path) -> None:
    choose_file(visitor, file)
    expect(visitor.find(".attached__name").last).to_have_text(file.name)
    on_step(visitor, FILES_STEP)


def send_short(visitor: Visitor) -> str:
    """The shortest report there is: a story alone. The receipt."""
    begin(visitor)
    jump(visitor, NARRATIVE_STEP)
    visitor.find("[name=narrative]").fill(ANSWERS["narrative"])
    visitor.find(f"#s{NARRATIVE_STEP} [value=check]").click()
    on_step(visitor, CHECK)
    return send(visitor)


def fill_in(
    visitor: Visitor, answers: Mapping[str, str] = ANSWERS, file: Path | None = None, up_to: int = LAST_STEP
) -> None:
    """Every step, one after the other."""
    while True:
        visitor.look_as_reporter()
        answer_step(visitor, answers, file)
        if step(visitor) == up_to:
            return
        next_step(visitor)


def jump(visitor: Visitor, number: int) -> None:
    """By the list of all steps."""
    steps = visitor.find(".steps-list")
    if steps.get_attribute("open") is None:
        steps.locator("summary").click()
    steps.locator(f"a[href='#s{number}']").click()
    on_step(visitor, number)


def check(visitor: Visitor) -> None:
    here = step(visitor)
    visitor.find(f"#s{here} [name=step][value=check]").click()
    on_step(visitor, CHECK)


def send(visitor: Visitor) -> str:
    """Ticks the declaration and sends. Returns the receipt as the page shows it."""
    visitor.find("[name=declared]").check()
    visitor.find("[name=step][value=send]").click()
    return receipt_on(visitor)


def receipt_on(visitor: Visitor) -> str:
    receipt = visitor.find("#receipt")
    expect(receipt).to_be_visible()
    return receipt.inner_text().strip()


def held(visitor: Visitor) -> dict[str, str]:
    """What the form holds now, by field, empty fields left out."""
    values = {name: visitor.find(f"[name={name}]").input_value() for name in WRITTEN}
    for name in CHOSEN:
        ticked = visitor.find(f"[name={name}]:checked").all()
        values[name] = " ".join(box.get_attribute("value") or "" for box in ticked)
    return {name: value for name, value in values.items() if value}


def open_mailbox(visitor: Visitor, typed: str) -> None:
    """From the start page, with the receipt as somebody types it."""
    language = visitor.device.language
    visitor.go(f"/{language}/")
    visitor.find(f"main a[href='/{language}/inbox']").click()
    expect(visitor.find("#code")).to_be_visible()
    visitor.look_as_reporter()
    visitor.find("#code").press_sequentially(typed)
    visitor.find(f"form[action='/{language}/inbox'] button[type=submit]").click()
    expect(visitor.find("#conversation")).to_be_visible()


def reference_in(visitor: Visitor) -> str:
    """The case's reference, from its mailbox."""
    values = visitor.find(".govuk-summary-list__value")
    return values.filter(has_text=re.compile(r"^\s*[2-9A-Z]{4}-[2-9A-Z]{4}\s*$")).inner_text().strip()


def report(visitor: Visitor) -> tuple[str, str]:
    """A whole report from the first page on, and its mailbox. Returns its receipt and its reference, by which staff find this one among others."""
    begin(visitor)
    fill_in(visitor)
    check(visitor)
    receipt = send(visitor)
    open_mailbox(visitor, receipt)
    return receipt, reference_in(visitor)


def write_to_investigators(visitor: Visitor, text: str) -> None:
    visitor.find("[name=text]").fill(text)
    visitor.find("form[action$='/case/message'] .govuk-button[type=submit]").click()
    expect(visitor.find(".message", text).last).to_be_visible()


# -- The staff -------------------------------------------------------------------------------------------------------


def sign_in(visitor: Visitor, name: str) -> None:
    visitor.go(f"/staff/sign-in?lang={visitor.device.language}")
    visitor.look()
    visitor.find("[name=name]").fill(name)
    visitor.find("[name=passphrase]").fill(PASSPHRASES[name])
    visitor.find("form[action^='/staff/sign-in'] button[type=submit]").click()
    expect(visitor.find(".site-header__person")).to_be_visible()


def sign_out(visitor: Visitor) -> None:
    visitor.find("form[action='/staff/sign-out'] button[type=submit]").click()
    expect(visitor.find("[name=passphrase]")).to_be_visible()


def open_case(visitor: Visitor, reference: str) -> str:
    """From the list of all cases, whatever the visitor has looked at before. Returns the case's address."""
    visitor.go("/staff/cases?view=all&order=received")
    visitor.look()
    while not visitor.find("th a", reference).count():  # after some fifty others of the same day
        visitor.find(".govuk-pagination__next a").click()
        visitor.arrive()
    visitor.find("th a", reference).click()
    expect(visitor.find("h1")).to_contain_text(reference)
    return visitor.path()


def reply(visitor: Visitor, text: str) -> None:
    visitor.find(".writing--reply textarea").fill(text)
    visitor.find(".writing--reply .govuk-button:not([name])").click()
    expect(visitor.find(".message", text).last).to_be_visible()


def write_note(visitor: Visitor, text: str) -> None:
    visitor.find("#notes .writing--note textarea").fill(text)
    visitor.find("#notes .writing--note button[type=submit]").click()
    expect(visitor.find(".note", text).last).to_be_visible()


def download(visitor: Visitor, number: int = 0) -> bytes:
    with visitor.page.expect_download() as arriving:
        visitor.find("#evidence a").nth(number).click()
    return Path(arriving.value.path()).read_bytes()


def assign(visitor: Visitor, lead: str, chosen: Mapping[str, str]) -> None:
    """`chosen`: display names, and "report" or "identity"."""
    visitor.find("#people a[href$='/assign']").click()
    expect(visitor.find("[name=epoch]")).to_be_attached()
    visitor.look()
    for name, keys in chosen.items():
        visitor.find("fieldset.hands__choice", name).locator(f"input[value={keys}]").check()
    visitor.find("[name=passphrase]").fill(PASSPHRASES[lead])
    visitor.find("main form[action$='/assign'] button[type=submit]").click()
    expect(visitor.find("#people")).to_be_visible()


def open_identity(visitor: Visitor, who: str, words: str, passphrase: str | None = None) -> None:
    """Asks for it with a reason; what comes is for the caller to look at."""
    visitor.find("#identity a[href$='/identity']").click()
    expect(visitor.find("[name=reason]").first).to_be_attached()
    visitor.look()
    visitor.find("[name=reason]").first.check()
    visitor.find("[name=words]").fill(words)
    visitor.find("[name=passphrase]").fill(passphrase or PASSPHRASES[who])
    visitor.find("main form[action$='/identity'] button[type=submit]").click()
