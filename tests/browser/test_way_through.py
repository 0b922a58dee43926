"""The whole job on every device: a report, its receipt, a reply, an assignment, an identity opened by the one who may, and the log."""

from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.browser import journey
from tests.browser.conftest import NewVisitor
from tests.browser.site import ADMINISTRATOR, AUDITOR, INVESTIGATOR, LEAD, UNASSIGNED, Site
from tests.browser.visitor import Device, Visitor

REPLY = "เราได้อ่านเรื่องของคุณแล้ว ขอบคุณที่ไว้ใจเรา"
DONE = {"case.opened", "file.opened", "message.sent", "case.assigned", "identity.opened"}
ANSWER = "ขอบคุณค่ะ ติดต่อทางนี้เท่านั้นนะคะ"


def test_the_whole_job(visitors: NewVisitor, device: Device, large_file: Path) -> None:
    reporter = visitors(device)
    receipt = report(reporter, large_file)
    reference = look_into_mailbox(reporter, receipt)

    lead = visitors(device)
    case = handle(lead, reference, large_file)
    assign(lead)

    investigator = visitors(device)
    journey.sign_in(investigator, INVESTIGATOR)
    assert journey.open_case(investigator, reference) == case
    see_identity(investigator)

    for outsider, status in ((UNASSIGNED, 404), (ADMINISTRATOR, 403)):
        refuse(visitors(device), outsider, case, status)

    read_reply(reporter)
    read_log(visitors(device), reference)


def test_a_report_is_sent_with_cookies_refused(refusing_cookies: BrowserContext, site: Site) -> None:
    reporter = Visitor(refusing_cookies, site.origin, Device("th", javascript=True, width=1280))
    before = site.cases()
    journey.begin(reporter)
    assert reporter.evaluate("() => (document.cookie = 'tried=1', document.cookie)") == ""
    journey.fill_in(reporter)
    journey.check(reporter)
    receipt = journey.send(reporter)
    reporter.look_as_reporter()
    assert site.cases() == before + 1
    reporter.find("a[href='/th/inbox']").first.click()
    reporter.find("#code").fill(receipt)
    with reporter.expecting(400):
        reporter.find("form[action='/th/inbox'] button[type=submit]").click()
        expect(reporter.find(".govuk-error-summary")).to_contain_text("คุกกี้")  # answers need the one cookie
        reporter.look_as_reporter()


def report(reporter: Visitor, file: Path) -> str:
    journey.begin(reporter)
    journey.fill_in(reporter, file=file)
    journey.check(reporter)
    reporter.look_as_reporter()
    shown = reporter.find(f"#s{journey.CHECK}").inner_text()
    for text in journey.WRITTEN.values():
        assert text.split("\n")[0] in shown
    assert file.name in shown
    receipt = journey.send(reporter)
    reporter.look_as_reporter()
    return receipt


def look_into_mailbox(reporter: Visitor, receipt: str) -> str:
    """With the receipt typed in small letters and without its dashes. Returns the reference."""
    journey.open_mailbox(reporter, receipt.replace("-", "").lower())
    reporter.look()
    shown = reporter.find("main").inner_text()
    assert journey.ANSWERS["when"] in shown
    return journey.reference_in(reporter)


def handle(lead: Visitor, reference: str, file: Path) -> str:
    journey.sign_in(lead, LEAD)
    case = journey.open_case(lead, reference)
    lead.look()
    shown = lead.find("main").inner_text()
    for name in set(journey.WRITTEN) - set(journey.SEALED_APART):
        assert journey.ANSWERS[name] in shown
    assert not [name for name in journey.SEALED_APART if journey.ANSWERS[name] in lead.page.content()]
    assert journey.download(lead) == file.read_bytes()
    journey.reply(lead, REPLY)
    lead.look()
    return case


def assign(lead: Visitor) -> None:
    journey.assign(lead, LEAD, {"ธนา": "identity"})
    lead.look()
    expect(lead.find(".people__item", "ธนา").locator(".key--identity")).to_be_visible()


def see_identity(investigator: Visitor) -> None:
    journey.open_identity(investigator, INVESTIGATOR, "ต้องนัดรับเอกสาร")
    shown = investigator.find(".answers--identity")
    expect(shown).to_be_visible()
    investigator.look()
    for name in journey.SEALED_APART:
        assert journey.ANSWERS[name] in shown.inner_text()


def refuse(outsider: Visitor, name: str, case: str, status: int) -> None:
    journey.sign_in(outsider, name)
    for address in (case, f"{case}/identity", f"{case}/assign"):
        outsider.go(address, status)
        outsider.look()


def read_reply(reporter: Visitor) -> None:
    reporter.page.reload()
    expect(reporter.find(".message", REPLY)).to_be_visible()
    journey.write_to_investigators(reporter, ANSWER)
    reporter.look()
    reporter.find("form[action$='/inbox/leave'] button[type=submit]").click()
    expect(reporter.find("#code")).to_be_visible()
    reporter.look_as_reporter()


def read_log(auditor: Visitor, reference: str) -> None:
    """Everything that was done by staff is there, and nothing of what was written."""
    journey.sign_in(auditor, AUDITOR)
    auditor.go(f"/staff/log?case={reference}")
    auditor.look()
    entered = auditor.find("main tbody tr").all_inner_texts()
    assert len([line for line in entered if reference in line]) == len(entered) >= len(DONE)
    kinds = [option.get_attribute("value") for option in auditor.find("[name=event] option").all()]
    assert set(kinds) >= DONE
    for kind in DONE:
        auditor.go(f"/staff/log?case={reference}&event={kind}")
        expect(auditor.find("main tbody tr").first).to_be_visible()
    assert not [text for text in journey.WRITTEN.values() if text in auditor.page.content()]
    auditor.go("/staff/log/verification")
    auditor.find("main form button[type=submit]").click()
    expect(auditor.find("main dl")).to_be_visible()
    auditor.look()
