"""More rooms of the gallery: an investigator's own list, and what they make of it."""

from collections.abc import Callable

import pyotp
from playwright.sync_api import expect

from tests.browser import journey
from tests.browser.gallery import Gallery, States
from tests.browser.site import ADMINISTRATOR, INVESTIGATOR, LEAD, OTHER_LEAD, PASSPHRASES, UNASSIGNED
from tests.browser.visitor import Visitor


def inbox(gallery: Gallery) -> States:
    lead = gallery.signed_in(LEAD)
    lead.go("/staff/cases?view=all&priority=high&order=due")
    yield "cases-filtered", lead
    lead.go("/staff/cases?view=all&soon=1&order=due")
    yield "cases-due-soon", lead
    lead.go("/staff/cases?view=mine&unread=1&overdue=1")
    yield "cases-none-found", lead
    lead.go("/staff/cases?view=all&status=investigating")
    lead.find("main tbody a").first.click()
    lead.find("#own-label").fill("ใบเสร็จน้ำมัน สาขา 3")
    lead.find("#own-mine").check()
    lead.find("#own button[type=submit]").click()
    expect(lead.find(".case-head__label")).to_be_visible()
    yield "case-labelled", lead
    lead.go("/staff/cases?view=mine&order=activity")
    expect(lead.find(".caselist__label").first).to_be_visible()
    yield "cases-mine", lead
    with lead.expecting(400):
        lead.find("main tbody a").first.click()
        lead.find("#own-label").fill("ยาว" * 20)
        lead.find("#own button[type=submit]").click()
        expect(lead.find(".govuk-error-summary")).to_be_visible()
    yield "case-label-too-long", lead


def tasks(gallery: Gallery) -> States:
    lead = gallery.signed_in(LEAD)
    lead.go("/staff/cases?view=all&status=investigating")
    lead.find("main tbody a").first.click()
    with lead.expecting(400):
        lead.find("details:has(#task-text)").evaluate("box => { box.open = true }")
        lead.find("form:has(#task-text) button[type=submit]").click()
        expect(lead.find(".govuk-error-summary")).to_be_visible()
    yield "case-task-missing", lead
    today = lead.find("#task-due").get_attribute("min") or ""
    for text, due in (("โทรหาปั๊มน้ำมัน ขอใบเสร็จตัวจริงเดือนมีนาคมถึงตุลาคม", today), ("ขอรายการเบิกจากบัญชี", "")):
        lead.find("details:has(#task-text)").evaluate("box => { box.open = true }")
        lead.find("#task-text").fill(text)
        lead.find("#task-due").fill(due or f"{int(today[:4]) + 1}{today[4:]}")
        lead.find("form:has(#task-text) button[type=submit]").click()
        expect(lead.find("#task-set")).to_be_visible()
    yield "case-task-set", lead
    lead.find(".tasks__button").first.click()
    expect(lead.find(".tasks__done").first).to_be_visible()
    yield "case-task-done", lead
    lead.go("/staff/cases?tasks=1")
    expect(lead.find(".caselist__task").first).to_be_visible()
    yield "cases-with-tasks", lead


def requests(gallery: Gallery) -> States:
    """Somebody without the identity asks for it, and the lead says why not; then how the log tells it."""
    reporter, lead, investigator = gallery.visitor(), gallery.signed_in(LEAD), gallery.signed_in(INVESTIGATOR)
    _, reference = journey.report(reporter)
    case = journey.open_case(lead, reference)
    journey.assign(lead, LEAD, {"ธนา": "report"})
    investigator.go(case)
    with investigator.expecting(400):
        investigator.find("form:has(#ask-text) button[type=submit]").click()
        expect(investigator.find(".govuk-error-summary")).to_be_visible()
    yield "case-ask-missing", investigator
    investigator.find("#ask-text").fill("ต้องโทรนัดพบผู้แจ้ง เพื่อขอดูข้อความต้นฉบับ")
    investigator.find("form:has(#ask-text) button[type=submit]").click()
    expect(investigator.find("#ask-text")).to_have_count(0)
    yield "case-asked", investigator
    lead.go(case)
    lead.find(".asks details summary").click()
    yield "case-asks", lead
    lead.find(".asks a.govuk-button").click()
    expect(lead.find("[value=identity]:checked")).to_have_count(1)
    yield "assign-asked", lead
    lead.go(case)
    lead.find(".asks details summary").click()
    lead.find(".asks textarea").fill("ยังไม่จำเป็น ให้ถามผ่านกล่องข้อความก่อน")
    lead.find(".asks form button[type=submit]").click()
    expect(lead.find(".asks")).to_have_count(0)
    investigator.go(case)
    yield "case-declined", investigator
    investigator.go(f"{case}/timeline")
    yield "timeline", investigator


def data_requests(gallery: Gallery) -> States:
    """A reporter asks for erasure; it is accepted for a day, and stands on the case's page and where the case is closed."""
    reporter, lead = gallery.visitor(), gallery.signed_in(LEAD)
    _, reference = journey.report(reporter)
    reporter.go(f"/{gallery.language}/inbox/case/requests")
    reporter.find("[name=kind]").first.check()
    reporter.find("form:has([name=kind]) button[type=submit]").click()
    expect(reporter.find("form:has([name=kind]) [value=erasure]")).to_have_count(0)
    case = journey.open_case(lead, reference)
    lead.find("a[href*='/requests/']").click()
    lead.find("[name=outcome][value=accepted]").check()
    yield "case-request", lead
    with lead.expecting(400):
        lead.find("form:has(#by) button[type=submit]").click()
        expect(lead.find(".govuk-error-summary")).to_be_visible()
    yield "case-request-missing", lead
    lead.find("#text").fill("เราจะลบทุกอย่างเมื่อพ้นกำหนดที่กฎหมายให้เก็บ")
    lead.find("#by").fill(lead.find("#by").get_attribute("min") or "")
    lead.find("form:has(#by) button[type=submit]").click()
    expect(lead.find(".govuk-notification-banner")).to_be_visible()
    yield "case-request-accepted", lead
    lead.go(f"{case}/close")
    yield "case-close-with-tasks", lead


def drafts(gallery: Gallery) -> States:
    lead = gallery.signed_in(LEAD)
    lead.go("/staff/cases?view=all&status=triage&order=received")
    lead.find("main tbody a").first.click()
    lead.find("#phrase").select_option("details")
    lead.find("[name=do][value=phrase]").click()
    expect(lead.find("#reply-text")).not_to_have_value("")
    yield "case-phrase", lead
    lead.find("[name=do][value=draft]").click()
    expect(lead.find("#sent")).to_be_visible()
    yield "case-draft", lead


def check_in(gallery: Gallery) -> States:
    """The demonstration has a case that was closed a month ago: its mailbox asks."""
    visitor = gallery.visitor()
    journey.open_mailbox(visitor, gallery.site.receipts[2])
    expect(visitor.find("a[href$='/check-in']")).to_be_visible()
    yield "mailbox-check-in", visitor
    visitor.find("a[href$='/check-in']").click()
    with visitor.expecting(400):
        visitor.find("form[action$='/check-in'] button[type=submit]").click()
        expect(visitor.find(".govuk-error-summary")).to_be_visible()
    yield "check-in-missing", visitor


def rehearsals(gallery: Gallery) -> States:
    """A test report for the channel that was never tried; its lead opens nothing of it, and has it erased."""
    administrator, lead = gallery.signed_in(ADMINISTRATOR), gallery.signed_in(OTHER_LEAD)
    administrator.go("/staff/set-up")
    yield "set-up", administrator
    administrator.find("form[action$='/rehearsal'] button").last.click()
    expect(administrator.find("form[action$='/rehearsal/end']")).to_be_visible()
    yield "set-up-test-waits", administrator
    lead.go("/staff/cases?view=all")
    expect(lead.find(".caselist .govuk-tag--yellow").first).to_be_visible()
    yield "cases-test", lead
    lead.find(".caselist__case:has(.govuk-tag) a").click()
    expect(lead.find("#rehearsal")).to_be_visible()
    yield "case-test", lead
    with lead.expecting(400):
        lead.find("#rehearsal [value=opened]").click()
        expect(lead.find(".govuk-error-summary")).to_be_visible()
    yield "case-test-missing", lead
    lead.find("#rehearsal [value=given-up]").click()
    expect(lead.find(".caselist__case").first).to_be_visible()
    yield "cases-test-erased", lead


def related(gallery: Gallery) -> States:
    """The demonstration's merged case and the one that leads it; then a new report that is linked, and could be merged."""
    lead, reporter = gallery.signed_in(LEAD), gallery.visitor()
    lead.go("/staff/cases?view=all&status=merged")
    yield "cases-merged", lead
    lead.find("main tbody a").first.click()
    expect(lead.find("form[action$='/unmerge']")).to_be_visible()
    yield "case-merged", lead
    lead.find("#related .people__name a").first.click()
    expect(lead.find("form[action$='/unmerge']")).to_have_count(0)
    yield "case-leading", lead
    leading = lead.path()
    lead.go(f"{leading}/close")
    yield "close-outcome-with-duplicate", lead
    lead.go(f"{leading}/close?outcome=substantiated")
    yield "close-with-duplicate", lead
    with lead.expecting(400):
        lead.find("main form[action*='/close'] button[type=submit]").click()
        expect(lead.find(".govuk-error-summary")).to_be_visible()
    yield "close-with-duplicate-missing", lead
    _, reference = journey.report(reporter)
    case = journey.open_case(lead, reference)
    for name in ("link", "merge"):
        lead.go(f"{case}/{name}")
        yield name, lead
        with lead.expecting(400):
            lead.find("main form button[type=submit]").click()
            expect(lead.find(".govuk-error-summary")).to_be_visible()
        yield f"{name}-missing", lead
    lead.go(f"{leading}/link")
    lead.find("#other").fill(reference)
    lead.find("#reason").fill("เคาน์เตอร์เดียวกัน เดือนเดียวกัน")
    lead.find("main form button[type=submit]").click()
    expect(lead.find("[name=read]")).not_to_have_value("")
    expect(lead.find(".govuk-notification-banner")).to_be_focused()
    expect(lead.find(".govuk-notification-banner__heading")).to_be_in_viewport()
    yield "link-read-first", lead
    lead.find("main form button[type=submit]").click()
    expect(lead.find("#related")).to_contain_text(reference)
    yield "case-linked", lead


def refusals(gallery: Gallery) -> States:
    """What is asked about before it is done: feedback that is only begun, a last lead who leaves, a name that would be left behind."""
    lead, staff = gallery.signed_in(LEAD), gallery.signed_in(UNASSIGNED)
    lead.go("/staff/cases?view=all&status=accepted")
    lead.find("main tbody a").first.click()
    expect(lead.find("#handling")).to_be_visible()
    case = lead.path()
    lead.go(f"{case}/close?outcome=substantiated")
    with lead.expecting(400):
        lead.find("#findings").fill("ตรวจแล้ว พบตามที่แจ้ง")
        lead.find("main form[action*='/close'] button[type=submit]").click()
        expect(lead.find("#feedback-error")).to_be_visible()
    yield "close-unfinished", lead
    lead.go(f"{case}/recuse")
    expect(lead.find("main .govuk-warning-text")).to_be_visible()
    yield "recuse-last-lead", lead
    staff.go("/staff/reports/new")
    staff.find("[name=source][value=phone]").check()
    staff.find(f"[name=language][value={gallery.language}]").check()
    staff.find("[name=channel]").first.check()
    staff.find("[name=narrative]").fill("เขาโทรมาบอกว่าหัวหน้ากะเก็บเงินคนขับรถ")
    staff.find("[name=way][value=anonymous]").check()
    staff.find("input[name=name]").fill("สมชาย เดโม")
    with staff.expecting(400):
        staff.find("#report button[type=submit]").last.click()
        expect(staff.find(".govuk-error-summary")).to_be_visible()
    yield "taking-down-left-behind", staff


def withdrawn(gallery: Gallery) -> States:
    """A reporter withdraws their name; what staff see of the case after that."""
    reporter, lead = gallery.visitor(), gallery.signed_in(LEAD)
    receipt, reference = journey.report(reporter)
    reporter.go(f"/{gallery.language}/inbox/case/identity/withdraw")
    reporter.find("#code").fill(receipt)
    reporter.find("main form button[type=submit]").click()
    expect(reporter.find("main form[action$='/withdraw/now']")).to_be_visible()
    reporter.find("main form[action$='/withdraw/now'] button[type=submit]").click()
    expect(reporter.find("main form[action$='/withdraw/now']")).to_have_count(0)
    case = journey.open_case(lead, reference)
    yield "case-identity-withdrawn", lead
    lead.go(f"{case}/assign")
    yield "assign-identity-withdrawn", lead


def people(gallery: Gallery) -> States:
    """Requests in their states, and a lost second factor. For a site of its own: accounts and rosters change."""
    administrator, lead = gallery.signed_in(ADMINISTRATOR), gallery.signed_in(LEAD)
    administrator.go("/staff/channels/new")
    for name, words in (("name_th", "ความปลอดภัยในที่ทำงาน"), ("name_en", "Safety at work")):
        administrator.find(f"[name={name}]").fill(words)
    chosen = administrator.find("[name=person] option", "สุดา").get_attribute("value")
    administrator.find("[name=person]").select_option(chosen)
    administrator.find("main form[action$='/channels/new'] button[type=submit]").click()
    expect(administrator.find("main form[action$='/channels/new']")).to_have_count(0)
    administrator.go("/staff/requests")
    yield "requests-asked", administrator
    lead.go("/staff/requests")
    lead.find("main th a", "สุดา").click()
    expect(lead.find("[name=digits]")).to_be_visible()
    yield "request-founding-for-another", lead
    yield from _outdated(administrator)
    yield from _invited_again(administrator)
    yield from _factor_lost(gallery, administrator, lead)


def _outdated(administrator: Visitor) -> States:
    administrator.go("/staff/accounts")
    administrator.find("main th a", "รัตนา").click()
    expect(administrator.find("form[action$='/administrator'] button")).to_be_visible()
    account = administrator.path()
    administrator.find("form[action$='/administrator'] button").click()
    expect(administrator.find("main th a", "รัตนา")).to_be_visible()
    administrator.go(account)
    for box in administrator.find("[name=roles]:checked").all():
        box.uncheck()
    administrator.find("form:has([name=roles]) button").click()
    expect(administrator.find("[name=roles]")).to_have_count(0)
    administrator.go("/staff/requests")
    expect(administrator.find("main .govuk-tag--red")).to_be_visible()
    yield "requests-nobody-can", administrator
    administrator.find("main th a", "รัตนา").click()
    expect(administrator.find("main .govuk-warning-text")).to_be_visible()
    yield "request-nobody-can", administrator


def _invited_again(administrator: Visitor) -> States:
    for _time in range(2):
        administrator.go("/staff/invitations")
        administrator.find("[name=display_name]").fill("ปิยะ เดโม (Piya Demo)")
        administrator.find("main form[action$='/invitations'] button[type=submit]").click()
        expect(administrator.find("[name=display_name]")).to_have_count(0)
    yield "invited-again", administrator


def _factor_lost(gallery: Gallery, administrator: Visitor, lead: Visitor) -> States:
    owner = gallery.signed_in(UNASSIGNED)
    owner.go("/staff/account/second-factors/authenticator")
    owner.find("main details summary").click()
    secret = owner.find("#secret").inner_text().replace(" ", "")
    owner.find("[name=code]").fill(pyotp.TOTP(secret).now())
    owner.find("main [name=passphrase]").fill(PASSPHRASES[UNASSIGNED])
    owner.find("main form[action$='/authenticator'] button[type=submit]").click()
    expect(owner.find("main form[action$='/authenticator']")).to_have_count(0)
    yield "paper-codes", owner
    late = gallery.signed_in(UNASSIGNED)
    expect(late.find("#code")).to_be_visible()
    late.find("main details summary").click()
    yield "factor-lost", late
    administrator.go("/staff/accounts")
    administrator.find("main th a", "สุดา").click()
    expect(administrator.find("form[action$='/no-factors']")).to_be_visible()
    yield "account-factor-lost", administrator
    administrator.find("form[action$='/no-factors'] button").click()
    expect(administrator.find(".govuk-notification-banner")).to_be_visible()
    lead.go("/staff/requests")
    yield "requests-waiting", lead
    lead.find("main tr:not(:has-text('Safety')):not(:has-text('ความปลอดภัย')) th a", "สุดา").click()
    expect(lead.find("main [name=passphrase]")).to_be_visible()
    expect(lead.find("[name=digits]")).to_have_count(0)
    yield "request-no-factors", lead


ROOMS: dict[str, Callable[[Gallery], States]] = {
    "inbox": inbox,
    "tasks": tasks,
    "identity-requests": requests,
    "data-requests": data_requests,
    "drafts": drafts,
    "check-in": check_in,
    "rehearsals": rehearsals,
    "related": related,
    "refusals": refusals,
    "withdrawn": withdrawn,
}
