"""What is the reporter's own, in a browser: who has looked, the name withdrawn and given again, a copy, a request, a page left open."""

import json
import os
from pathlib import Path
from zipfile import ZipFile

from playwright.sync_api import expect

from complaints.services.log_proofs import verify_proof
from tests.browser import axe, journey
from tests.browser.conftest import NewVisitor
from tests.browser.site import UNASSIGNED, Site
from tests.browser.visitor import TELLING, Device, Visitor

UNKNOWN = bytes(range(256)) * 40
PICTURES = os.environ.get("COMPLAINTS_PICTURES", "")
"""A folder for pictures of every page, for whoever wants to look at them."""


def _look(visitor: Visitor, name: str) -> None:
    visitor.look()
    assert not [word for word in TELLING if word.casefold() in visitor.page.title().casefold()]
    if visitor.device.javascript:
        visitor.evaluate("() => window.scrollTo(0, 0)")  # out from under the button that stays in sight
        assert axe.findings(visitor) == []
    if PICTURES:
        visitor.page.screenshot(path=Path(PICTURES) / f"{name}-{visitor.device}.png", full_page=True)


def _send(visitor: Visitor, ending: str) -> None:
    visitor.find(f"form[action$='{ending}'] button[type=submit]:not([formaction])").click()


def test_what_is_the_reporters_own(visitors: NewVisitor, device: Device, tmp_path: Path) -> None:
    visitor = visitors(device)
    receipt = _report(visitor, tmp_path / "voice.bin")
    journey.open_mailbox(visitor, receipt)
    case = f"/{device.language}/inbox/case"
    _look(visitor, "case")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8 a photo")
    visitor.find("#text").fill("CANARY ข้อความ")
    visitor.find("#files").set_input_files(tmp_path / "photo.jpg")
    _send(visitor, "/case/message")
    expect(visitor.find(".attached__name", "photo.jpg")).to_be_visible()
    _look(visitor, "written")

    visitor.go(f"{case}/looked")
    _look(visitor, "looked-nobody")
    visitor.go(f"{case}/readers")
    _look(visitor, "readers")

    visitor.go(f"{case}/identity")
    _look(visitor, "identity")
    visitor.find("#code").fill(receipt)
    _send(visitor, "/case/identity")
    expect(visitor.find("#name")).to_have_value("CANARY สมหญิง")
    _look(visitor, "identity-form")
    visitor.find("#phone").fill("089-123456")
    _send(visitor, "/identity/change")
    expect(visitor.find("#doubts-title")).to_be_visible()
    _look(visitor, "identity-doubted")
    visitor.find("#phone").fill("089-1234567")
    _send(visitor, "/identity/change")
    expect(visitor.find("#doubts-title")).to_have_count(0)
    expect(visitor.find(".govuk-notification-banner--success")).to_be_visible()
    _look(visitor, "identity-given")

    visitor.go(f"{case}/identity/withdraw")
    _look(visitor, "withdraw")
    with visitor.expecting(400):
        _send(visitor, "/identity/withdraw")
        expect(visitor.find(".govuk-error-summary")).to_be_visible()
    _look(visitor, "withdraw-missing")

    _take_copy(visitor, case, receipt)
    _ask(visitor, case)
    receipt = _exchange(visitor, case, receipt)

    _withdraw(visitor, case, receipt)


def _withdraw(visitor: Visitor, case: str, receipt: str) -> None:
    visitor.go(f"{case}/identity/withdraw")
    visitor.find("#code").fill(receipt)
    _send(visitor, "/identity/withdraw")
    _look(visitor, "leaving")
    with visitor.expecting(400):
        _send(visitor, "/withdraw/now")
        expect(visitor.find(".govuk-error-summary")).to_be_visible()
    _look(visitor, "leaving-undecided")
    with visitor.page.expect_download() as download:
        visitor.find("button[formaction*='/identity/original/']").first.click()
    assert download.value.path().read_bytes() == UNKNOWN
    visitor.find("input[value=report]").first.check()
    _send(visitor, "/withdraw/now")
    expect(visitor.find(".govuk-notification-banner--success")).to_be_visible()
    _look(visitor, "withdrawn")
    visitor.go(case)
    expect(visitor.find("#your-files ~ .attached .attached__name")).to_be_visible()
    _look(visitor, "case-withdrawn")


def _take_copy(visitor: Visitor, case: str, receipt: str) -> None:
    visitor.go(f"{case}/data")
    _look(visitor, "data")
    visitor.find("#code").fill(receipt)
    with visitor.page.expect_download() as download:
        _send(visitor, "/case/data")
    archive = ZipFile(download.value.path())
    assert "089-1234567" in archive.read("copy.html").decode()
    if PICTURES:
        copy = visitor.context.new_page()
        copy.set_content(archive.read("copy.html").decode())
        copy.screenshot(path=Path(PICTURES) / f"copy-{visitor.device}.png", full_page=True)
        copy.close()


def _ask(visitor: Visitor, case: str) -> None:
    visitor.go(f"{case}/requests")
    _look(visitor, "requests")
    visitor.find("input[name=kind]").first.check()
    visitor.find("#text").fill("CANARY เพราะกลัว")
    _send(visitor, "/case/requests")
    expect(visitor.find(".govuk-inset-text")).to_be_visible()
    _look(visitor, "requests-asked")


def _exchange(visitor: Visitor, case: str, receipt: str) -> str:
    """Returns the new receipt."""
    visitor.go(f"{case}/code")
    _look(visitor, "code")
    visitor.find("#code").fill(receipt)
    _send(visitor, "/case/code")
    new = journey.receipt_on(visitor)
    _look(visitor, "code-new")
    with visitor.expecting(400):
        _send(visitor, "/code/exchange")
        expect(visitor.find(".govuk-error-summary")).to_be_visible()
    assert journey.receipt_on(visitor) == new
    visitor.find("input[name=kept]").check()
    _send(visitor, "/code/exchange")
    expect(visitor.find("#conversation")).to_be_visible()
    return new


def _report(visitor: Visitor, file: Path) -> str:
    """A report with a name and a file that nobody can clean, and its receipt."""
    file.write_bytes(UNKNOWN)
    journey.begin(visitor)
    journey.fill_in(visitor, {"narrative": "CANARY เรื่อง", "name": "CANARY สมหญิง"}, file)
    journey.check(visitor)
    return journey.send(visitor)


def test_who_has_looked(visitors: NewVisitor, site: Site, device: Device) -> None:
    """The demonstration's most told report: its name was opened."""
    visitor = visitors(device)
    journey.open_mailbox(visitor, site.receipts[0])
    visitor.find("a[href$='/case/looked']").click()
    expect(visitor.find(".opening").first).to_be_visible()
    _look(visitor, "looked")
    with visitor.page.expect_download() as download:
        visitor.find(".opening a").first.click()
    proven = verify_proof(json.loads(Path(download.value.path()).read_bytes()))
    assert proven.fields["event"] == "identity.opened"


def test_what_staff_took_down_is_its_reporters_own(visitors: NewVisitor, device: Device) -> None:
    """A call is taken down; the first code opens the exchange alone; the words are read and approved."""
    staff, visitor = visitors(device), visitors(device)
    journey.sign_in(staff, UNASSIGNED)
    staff.find("a[href='/staff/reports/new']").click()
    for name, value in (("source", "phone"), ("language", device.language)):
        staff.find(f"[name={name}][value={value}]").check()
    staff.find("[name=channel]").first.check()
    staff.find("[name=narrative]").fill("CANARY เขาโทรมาเล่า")
    staff.look()
    staff.find("#report button[type=submit]").last.click()
    expect(staff.find("#who")).to_be_visible()
    staff.look()
    staff.find("button[formaction*='/send']").click()
    first = journey.receipt_on(staff)
    staff.look()

    inbox = f"/{device.language}/inbox"
    _give_code(visitor, inbox, first)
    fresh = journey.receipt_on(visitor)
    assert fresh != first
    _look(visitor, "first-code")
    visitor.go(f"{inbox}/case")
    expect(visitor.find("#code")).to_be_visible()
    assert visitor.context.cookies() == [], "the first code opens no session"
    _give_code(visitor, inbox, first)
    fresh = journey.receipt_on(visitor)
    visitor.find("[name=kept]").check()
    _send(visitor, "/case/first")
    expect(visitor.find("main", "CANARY เขาโทรมาเล่า")).to_be_visible()
    _look(visitor, "transcript")
    visitor.find("[name=outcome][value=approved]").check()
    _send(visitor, "/case/transcript")
    expect(visitor.find(".govuk-notification-banner--success")).to_be_visible()

    _give_code(visitors(device), inbox, first, status=400)
    other = visitors(device)
    _give_code(other, inbox, fresh)
    expect(other.find("#conversation")).to_be_visible()


def _give_code(visitor: Visitor, inbox: str, code: str, status: int = 200) -> None:
    visitor.go(inbox)
    visitor.find("#code").fill(code)
    with visitor.expecting(status):
        with visitor.page.expect_response(lambda answer: answer.request.method == "POST") as sent:
            visitor.find(f"form[action='{inbox}'] button[type=submit]").click()
        if status != 200:
            assert sent.value.status == status
            expect(visitor.find(".govuk-error-summary")).to_be_visible()


def test_a_page_left_open_warns_and_keeps_what_was_typed(visitors: NewVisitor, site: Site) -> None:
    visitor = visitors(Device("en", javascript=True, width=360))
    visitor.page.clock.install()
    journey.open_mailbox(visitor, site.receipts[0])
    visitor.arrive()
    visitor.find("#text").fill("three hours of work")
    visitor.page.clock.run_for("26:00")
    expect(visitor.find(".idle__soon")).to_be_visible()
    _look(visitor, "idle-soon")
    visitor.find(".idle__soon button").click()
    expect(visitor.find(".idle__soon")).to_be_hidden()
    visitor.page.clock.run_for("31:00")
    expect(visitor.find(".idle__over")).to_be_visible()
    expect(visitor.find("#text")).to_have_value("three hours of work")
    _look(visitor, "idle-over")
