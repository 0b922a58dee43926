"""Every page in every state that it has, one after the other. A state is a name and the visitor who stands before it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser import journey
from tests.browser.journey import ANSWERS, CHECK, EXCLUDED_STEP, FILES_STEP, LAST_STEP, NARRATIVE_STEP
from tests.browser.site import (
    ADMINISTRATOR,
    AUDITOR,
    CUSTODIAN,
    INVESTIGATOR,
    LEAD,
    PASSPHRASES,
    TRIAGE,
    UNASSIGNED,
    Site,
)
from tests.browser.visitor import Device, Visitor
from tests.evidence import photo

NewVisitor = Callable[..., Visitor]
States = Iterator[tuple[str, Visitor]]

LONG_NAME = "ใบเสร็จค่าน้ำมันรถบรรทุกส่งของทั้งหมดตั้งแต่เดือนมีนาคมจนถึงเดือนตุลาคม-ฉบับสแกน_final_v2.pdf"


_HELD = "() => [...new FormData(document.querySelector('#report'))].filter(([, value]) => typeof value === 'string')"
_SEND_AGAIN = """([address, held]) => {
    const form = document.createElement("form");
    [form.method, form.action] = ["post", address];
    for (const [name, value] of held) form.append(Object.assign(document.createElement("textarea"), {name, value}));
    document.body.append(form);
    form.submit();
}"""
"""What a form holds, and the same form sent once more: a script of ours empties it when it is sent."""


class Gallery:
    """The pages in one language. `folder` is where files for uploading are made."""

    def __init__(self, visitors: NewVisitor, site: Site, language: str, folder: Path) -> None:
        self.language = language
        self._visitors = visitors
        self.site = site
        self._folder = folder

    def visitor(self) -> Visitor:
        return self._visitors(Device(self.language, javascript=True, width=360))

    def signed_in(self, name: str) -> Visitor:
        visitor = self.visitor()
        journey.sign_in(visitor, name)
        return visitor

    def _file(self, name: str, size: int = 2_000_000) -> Path:
        path = self._folder / name
        with path.open("wb") as file:
            file.write(b"noise")
            file.truncate(size)
        return path

    # -- Reporters ----------------------------------------------------------------------------------------------------

    def public(self) -> States:
        visitor = self.visitor()
        for name, path in (("home", ""), ("notice", "notice"), ("cookies", "cookies")):
            visitor.go(f"/{self.language}/{path}")
            yield f"reporter-{name}", visitor
        visitor.go(f"/{self.language}/notice")
        for details in visitor.find("main details").all():
            details.locator("summary").click()
        yield "reporter-notice-open", visitor
        with visitor.expecting(400):
            visitor.find("#comments form button").click()
            expect(visitor.find("#comments .govuk-error-message")).to_be_visible()
        yield "reporter-comment-missing", visitor
        visitor.find("#comment").fill("ข้อ 3.2 เก็บไว้นานเท่าใด อ่านแล้วยังไม่ชัด")
        visitor.find("#comments form button").click()
        expect(visitor.find("#comments")).to_have_count(0)
        yield "reporter-comment-sent", visitor
        visitor.go(f"/{self.language}/notice/1")
        yield "reporter-notice-earlier", visitor
        visitor.go(f"/{self.language}/checkpoints")
        visitor.find("details summary").click()
        yield "reporter-checkpoints", visitor
        visitor.go(f"/{self.language}/nothing-here", 404)
        yield "error-404", visitor

    def form(self) -> States:
        visitor = self.visitor()
        journey.begin(visitor)
        visitor.find(".steps-list summary").click()
        yield "form-01-steps-open", visitor
        visitor.find(".steps-list summary").click()
        for number in range(1, LAST_STEP + 1):
            journey.answer_step(visitor, ANSWERS)
            for details in visitor.find(f"#s{number} details").all():
                details.locator("summary").click()
            if number == EXCLUDED_STEP:
                visitor.find("[name=excluded]").nth(2).check()  # somebody who gets it from a lead, if at all
            if number == FILES_STEP:
                yield f"form-{FILES_STEP}-empty", visitor
                journey.add_file(visitor, self._file("รูปถ่าย.jpg", 431_000))
                journey.add_file(visitor, self._file(LONG_NAME))
            yield f"form-{number:02}", visitor
            if number < LAST_STEP:
                journey.next_step(visitor)
        journey.check(visitor)
        yield f"form-{CHECK}-check", visitor
        journey.jump(visitor, LAST_STEP)
        visitor.find("#phone").fill("081 000 001")
        visitor.find("#email").fill("somying example.org")
        journey.check(visitor)
        expect(visitor.find("#doubts-title")).to_be_visible()
        yield f"form-{CHECK}-check-doubted", visitor
        with visitor.expecting(400):
            visitor.find("[value=send]").click()
            expect(visitor.find(".govuk-error-summary")).to_be_visible()
        yield f"form-{CHECK}-check-undeclared", visitor
        receipt = journey.send(visitor)
        yield "receipt", visitor
        for name, typed in (("wrong", receipt[:-1]), ("right", receipt.lower())):
            visitor.find("#typed").fill(typed)
            visitor.find("#ask-back button").click()
            expect(visitor.find("#asked-back strong")).to_be_visible()
            yield f"receipt-{name}", visitor

    def sent_again(self) -> States:
        """The form of a report is sent once more, whose code was exchanged meanwhile."""
        visitor = self.visitor()
        journey.begin(visitor)
        journey.fill_in(visitor, {"narrative": "ส่งแล้วเปลี่ยนรหัส"})
        journey.check(visitor)
        visitor.find("[name=declared]").check()
        held = visitor.evaluate(_HELD)
        receipt = journey.send(visitor)
        reporter = self.visitor()
        journey.open_mailbox(reporter, receipt)
        reporter.go(f"/{self.language}/inbox/case/code")
        reporter.find("#code").fill(receipt)
        reporter.find("main form button[type=submit]").click()
        journey.receipt_on(reporter)
        reporter.find("[name=kept]").check()
        reporter.find("main form button[type=submit]").click()
        expect(reporter.find("#conversation")).to_be_visible()
        with visitor.expecting(409):
            with visitor.page.expect_response(lambda answer: answer.status == 409):
                visitor.evaluate(_SEND_AGAIN, [f"/{self.language}/form/send", held])
            expect(visitor.find("main a[href$='/inbox']")).to_be_visible()
        yield "report-already", visitor

    def consent_taken_back(self) -> States:
        """What the mailbox says of sensitive matters, once the reporter does not agree to their use any more."""
        visitor = self.visitor()
        journey.begin(visitor)
        journey.jump(visitor, NARRATIVE_STEP)
        visitor.find("[name=narrative]").fill(ANSWERS["narrative"])
        visitor.find(f"#s{NARRATIVE_STEP} details:has(#ground) summary").click()
        visitor.find("[name=sensitive]").first.check()
        visitor.find("#ground").check()
        journey.check(visitor)
        receipt = journey.send(visitor)
        journey.open_mailbox(visitor, receipt)
        visitor.go(f"/{self.language}/inbox/case/requests")
        visitor.find("[name=kind][value=sensitive-consent]").check()
        visitor.find("main form button[type=submit]").click()
        expect(visitor.find("[name=kind][value=sensitive-consent]")).to_have_count(0)
        yield "mailbox-consent-asked-back", visitor
        visitor.go(f"/{self.language}/inbox/case")
        for details in visitor.find("main details").all():
            details.locator("summary").click()
        yield "mailbox-consent-taken-back", visitor

    def form_mistakes(self) -> States:
        visitor = self.visitor()
        with visitor.expecting(400):
            journey.begin(visitor)
            journey.jump(visitor, LAST_STEP)
            visitor.find(f"#s{LAST_STEP} [value=check]").click()
            expect(visitor.find(f"#s{NARRATIVE_STEP} .govuk-error-message")).to_be_visible()
            yield f"form-{NARRATIVE_STEP:02}-missing", visitor
            visitor.find("[name=narrative]").fill("เรื่องสั้น ๆ โทร 081 000 0012")  # the check page warns of it
            visitor.find(f"#s{NARRATIVE_STEP} details summary").click()
            visitor.find("[name=sensitive][value=health]").check()
            journey.jump(visitor, FILES_STEP)
            visitor.find("#files").set_input_files(self._file("ว่าง.txt", 0))
            expect(visitor.find(f"#s{FILES_STEP} .govuk-error-message")).to_be_visible()
            yield f"form-{FILES_STEP}-refused", visitor
            journey.jump(visitor, EXCLUDED_STEP)
            for box in visitor.find("[name=excluded]").all():
                box.check()
            visitor.find(f"#s{EXCLUDED_STEP} [value=check]").click()
            expect(visitor.find(f"#s{EXCLUDED_STEP} .govuk-error-message").first).to_be_visible()
            yield f"form-{EXCLUDED_STEP}-nobody-left", visitor
        visitor.find("[name=excluded]").first.uncheck()
        for box in visitor.find("[name=excluded]").all()[1:]:
            box.uncheck()
        visitor.find(f"#s{EXCLUDED_STEP} [value=check]").click()
        journey.on_step(visitor, CHECK)
        yield f"form-{CHECK}-check-anonymous", visitor
        visitor.find("[name=declared]").check()
        assert not visitor.wrong
        visitor.context.set_offline(True)
        visitor.find("[value=send]").click()
        expect(visitor.find("#trouble")).to_be_visible()
        visitor.wrong.clear()  # the browser notes that it reached nobody
        yield f"form-{CHECK}-offline", visitor
        visitor.context.set_offline(False)
        journey.send(visitor)

    def asked(self) -> States:
        """The second channel asks questions of its own: asked, asked again, checked."""
        visitor = self.visitor()
        journey.begin(visitor)
        journey.jump(visitor, journey.CHANNEL_STEP)
        visitor.find("[name=channel]").nth(1).check()
        journey.jump(visitor, NARRATIVE_STEP)
        visitor.find("[name=narrative]").fill(ANSWERS["narrative"])
        visitor.find(f"#s{NARRATIVE_STEP} [value=check]").click()
        journey.on_step(visitor, CHECK)
        yield "form-asked", visitor
        with visitor.expecting(400):
            visitor.find("#s16 input[type=text]").first.fill("หลังสงกรานต์")
            visitor.find("#s16 [value=check]").click()
            expect(visitor.find("#s16 .govuk-error-message").first).to_be_visible()
        yield "form-asked-again", visitor
        visitor.find("#s16 [value=check]").click()
        journey.on_step(visitor, CHECK + 1)
        expect(visitor.find("#s17", "หลังสงกรานต์")).to_be_visible()
        yield "form-asked-check", visitor

    def questions(self) -> States:
        """A channel's questions as an administrator writes them."""
        visitor = self.signed_in(ADMINISTRATOR)
        visitor.go("/staff/channels")
        visitor.find("main section h2 a").nth(1).click()
        visitor.find("a[href$='/questions']").click()
        expect(visitor.find("#wording_th")).to_be_visible()
        yield "channel-questions", visitor
        with visitor.expecting(400):
            visitor.find("form[action$='/questions'] button").last.click()
            expect(visitor.find(".govuk-error-summary")).to_be_visible()
        yield "channel-questions-missing", visitor

    def processors(self) -> States:
        """The register of outside processors, as administrators keep it and auditors see it."""
        visitor = self.signed_in(ADMINISTRATOR)
        visitor.go("/staff/processors")
        yield "processors", visitor
        visitor.go("/staff/processors/new")
        with visitor.expecting(400):
            visitor.find("[name=until]").fill("31/12/2999")
            visitor.find("[name=signed_by]").fill("กรรมการ")
            visitor.find("main form button[type=submit]").click()
            expect(visitor.find(".govuk-error-summary")).to_be_visible()
        yield "processor-mistakes", visitor
        visitor.go("/staff/processors")
        visitor.find("main tbody a").last.click()
        expect(visitor.find("main dl").first).to_be_visible()
        yield "processor", visitor
        visitor.find("main a[href$='/change']").click()
        expect(visitor.find("[name=country]")).to_be_visible()
        meanwhile = self.signed_in(ADMINISTRATOR)
        meanwhile.go(visitor.page.url.removeprefix(visitor.origin))
        for page, text in ((meanwhile, f"ส่งอีเมลเตือน {self.language}"), (visitor, "ส่งอีเมล")):
            page.find("[name=purpose_th]").fill(text)
        meanwhile.find("main form button[type=submit]").click()
        expect(meanwhile.find("main dl").first).to_be_visible()
        yield "processor-versions", meanwhile
        with visitor.expecting(409):
            visitor.find("main form button[type=submit]").click()
            expect(visitor.find(".govuk-error-summary")).to_be_visible()
        yield "processor-conflict", visitor
        auditor = self.signed_in(AUDITOR)
        auditor.go("/staff/processors")
        yield "processors-auditor", auditor

    def several(self) -> States:
        """Untouched cases to be closed at once."""
        journey.send_short(self.visitor())
        lead = self.signed_in(LEAD)
        lead.go("/staff/cases/several")
        yield "cases-several", lead
        with lead.expecting(400):
            lead.find("form[action*='/several'] button[type=submit]").click()
            expect(lead.find(".govuk-error-summary")).to_be_visible()
        yield "cases-several-missing", lead

    def mailbox(self) -> States:
        visitor = self.visitor()
        address, receipt = f"/{self.language}/inbox", self.site.receipts[0]
        visitor.go(address)
        visitor.find("details summary").click()
        yield "mailbox-code", visitor
        damaged = receipt[:-1] + ("0" if receipt[-1] != "0" else "1")
        for name, typed in (
            ("missing", ""),
            ("mistyped", damaged),
            ("unknown", "0000-0000-0000-0000-0000-0000-0000"),
        ):
            with visitor.expecting(400):
                visitor.go(address)
                visitor.find("#code").fill(typed)
                visitor.find(f"form[action='{address}'] button[type=submit]").click()
                expect(visitor.find(".govuk-error-summary")).to_be_visible()
            yield f"mailbox-code-{name}", visitor
        visitor.go(f"{address}?opened=yes", 400)
        yield "mailbox-code-cookies", visitor
        journey.open_mailbox(visitor, receipt)
        yield "mailbox-case", visitor
        with visitor.expecting(400):
            visitor.find("form[action$='/case/message'] .govuk-button[type=submit]").click()
            expect(visitor.find(".govuk-error-summary")).to_be_visible()
        yield "mailbox-message-missing", visitor
        journey.write_to_investigators(visitor, "ขอเพิ่มเติมค่ะ\nเดือนนี้เกิดขึ้นอีกแล้ว")
        yield "mailbox-written", visitor

    def enclosures(self) -> States:
        """A letter goes from the lead to the reporter."""
        lead = self.signed_in(LEAD)
        lead.go("/staff/cases")
        journey.open_case(lead, self._reference())
        with lead.expecting(400):
            lead.find("#reply-files").set_input_files([self._file("ว่าง.pdf", 0), self._file(LONG_NAME)])
            lead.find(".writing--reply .govuk-button:not([name])").click()
            expect(lead.find("#reply-files-error")).to_be_visible()
        yield "case-file-refused", lead
        lead.find("#waiting [value=report]").check()
        journey.reply(lead, "ส่งหนังสือรับเรื่องมาให้ค่ะ")
        expect(lead.find(".message__files").last).to_be_visible()
        yield "case-file-sent", lead
        visitor = self.visitor()
        journey.open_mailbox(visitor, self.site.receipts[0])
        expect(visitor.find(".message__files").last).to_be_visible()
        yield "mailbox-file", visitor

    def evidence(self) -> States:
        """A photograph that tells who made it, and a file that nobody can clean, from the form to the lead."""
        visitor = self.visitor()
        journey.begin(visitor)
        journey.fill_in(visitor, up_to=FILES_STEP)
        picture = self._folder / "รูปถ่าย.jpg"
        picture.write_bytes(photo())
        journey.add_file(visitor, picture)
        journey.add_file(visitor, self._file(LONG_NAME))
        yield "evidence-files", visitor
        journey.jump(visitor, LAST_STEP)
        journey.check(visitor)
        few = visitor.find("[name^=who-][value=identity]")
        expect(few).to_be_checked()
        yield "evidence-check", visitor
        receipt = journey.send(visitor)
        lead = self.signed_in(LEAD)
        journey.open_case(lead, self._reference(receipt))
        expect(lead.find("main", "รูปถ่าย.jpg")).to_be_visible()
        expect(lead.find("a[href='#evidence'] .sections__count")).to_have_text("2")
        yield "evidence-case", lead

    def taking_down(self) -> States:
        """A call is taken down; the caller exchanges the first code, and says what is wrong."""
        staff = self.signed_in(UNASSIGNED)
        staff.go("/staff/reports/new")
        yield "taking-down", staff
        with staff.expecting(400):
            staff.find("#report button[type=submit]").last.click()
            expect(staff.find(".govuk-error-summary")).to_be_visible()
        yield "taking-down-missing", staff
        staff.find("[name=source][value=phone]").check()
        staff.find(f"[name=language][value={self.language}]").check()
        staff.find("[name=channel]").first.check()
        staff.find("[name=narrative]").fill("เขาโทรมาบอกว่าหัวหน้ากะเก็บเงินคนขับรถ\nทุกวันศุกร์")
        staff.find("#files").set_input_files(self._file(LONG_NAME))
        staff.find("#report button[type=submit]").last.click()
        expect(staff.find("#who")).to_be_visible()
        yield "taking-down-check", staff
        staff.find("button[formaction*='/send']").click()
        first = journey.receipt_on(staff)
        yield "taking-down-code", staff
        yield from self._first_code(first)
        staff.back()
        with staff.expecting(409):
            with staff.page.expect_response(lambda answer: answer.status == 409):
                staff.find("button[formaction*='/send']").click()
            expect(staff.find("main a[href='/staff/reports/new']")).to_be_visible()
        yield "taking-down-already", staff

    def _first_code(self, first: str) -> States:
        visitor = self.visitor()
        visitor.go(f"/{self.language}/inbox")
        visitor.find("#code").fill(first)
        visitor.find(f"form[action='/{self.language}/inbox'] button").click()
        journey.receipt_on(visitor)
        yield "first-code", visitor
        with visitor.expecting(400):
            visitor.find("main form button[type=submit]").click()
            expect(visitor.find(".govuk-error-summary")).to_be_visible()
        yield "first-code-not-kept", visitor
        visitor.find("[name=kept]").check()
        visitor.find("main form button[type=submit]").click()
        expect(visitor.find("[name=outcome]").first).to_be_attached()
        yield "transcript", visitor
        with visitor.expecting(400):
            visitor.find("[name=outcome][value=corrected]").check()
            visitor.find("main form button[type=submit]").click()
            expect(visitor.find(".govuk-error-summary")).to_be_visible()
        yield "transcript-missing", visitor
        visitor.find("#text").fill("ไม่ใช่วันศุกร์ เป็นวันพฤหัสบดี")
        visitor.find("main form button[type=submit]").click()
        expect(visitor.find(".govuk-notification-banner")).to_be_visible()
        yield "transcript-corrected", visitor
        reference = journey.reference_in(visitor)
        visitor.go(f"/{self.language}/inbox/case/transcript")
        yield "transcript-again", visitor
        visitor.go(f"/{self.language}/inbox/case/looked")
        yield "looked-taken-down", visitor
        lead = self.signed_in(LEAD)
        journey.open_case(lead, reference)
        yield "case-taken-down", lead

    def comments(self) -> States:
        lead = self.signed_in(LEAD)
        lead.go("/staff/comments")
        yield "comments", lead
        with lead.expecting(400):
            lead.find("main form button").first.click()
            expect(lead.find(".govuk-error-summary")).to_be_visible()
        yield "comments-missing", lead
        lead.find("[name=comments]").first.check()
        lead.find("main form button").first.click()
        expect(lead.find(".govuk-notification-banner")).to_be_visible()
        yield "comments-taken-up", lead
        lead.go("/staff/comments?state=taken-up")
        yield "comments-to-answer", lead
        other = self.signed_in(UNASSIGNED)
        other.go("/staff/comments")
        yield "comments-of-others", other

    # -- Staff --------------------------------------------------------------------------------------------------------

    def signing_in(self) -> States:
        visitor = self.visitor()
        visitor.go(f"/staff/sign-in?lang={self.language}")
        yield "sign-in", visitor
        for name, typed, status in (("missing", ("", ""), 400), ("refused", ("malee", "not her passphrase"), 403)):
            with visitor.expecting(status):
                visitor.find("[name=name]").fill(typed[0])
                visitor.find("[name=passphrase]").fill(typed[1])
                visitor.find("main form button[type=submit]").click()
                expect(visitor.find(".govuk-error-summary")).to_be_visible()
            yield f"sign-in-{name}", visitor
        visitor.find("main details summary").click()
        expect(visitor.find("[name=code]")).to_be_visible()
        yield "sign-in-refused-on-a-new-device", visitor
        yield "custodian-home", self.signed_in(CUSTODIAN)
        outsider = self.signed_in(UNASSIGNED)
        yield "cases-none", outsider
        token = outsider.find("[name=csrf_token]").first.get_attribute("value")
        note = [["csrf_token", token], ["text", "บันทึกที่เขียนอยู่ ตอนที่เรื่องถูกส่งต่อไปแล้ว"]]
        with outsider.expecting(404):
            outsider.evaluate(_SEND_AGAIN, [f"/staff/cases/{'0f' * 16}/notes", note])
            expect(outsider.find("main .as-written")).to_be_visible()
        yield "case-gone-while-writing", outsider

    def lost_passphrase(self) -> States:
        owner = self.signed_in(INVESTIGATOR)
        owner.go("/staff/account")
        yield "own-account", owner
        owner.go("/staff/account/address")
        yield "own-address", owner
        owner.go("/staff/account/passphrase")
        yield "own-passphrase", owner
        owner.go("/staff/account/recovery-code")
        yield "recovery-draw", owner
        owner.find("[name=passphrase]").fill(PASSPHRASES[INVESTIGATOR])
        owner.find("main form button[type=submit]").click()
        code = owner.find("#recovery-code").inner_text()
        yield "recovery-code", owner
        visitor = self.visitor()
        visitor.go(f"/staff/recovery?lang={self.language}")
        yield "recovery-ask", visitor
        with visitor.expecting(400):
            visitor.find("main form button[type=submit]").click()
            expect(visitor.find(".govuk-error-summary")).to_be_visible()
        yield "recovery-ask-missing", visitor
        visitor.find("[name=name]").fill(INVESTIGATOR)
        visitor.find("[name=recovery_code]").fill(code)
        visitor.find("main form button[type=submit]").click()
        expect(visitor.find("main form")).to_have_count(0)
        yield "recovery-asked", visitor
        custodian = self.signed_in(CUSTODIAN)
        custodian.go("/staff/recoveries")
        yield "recoveries", custodian
        custodian.find("main th a").first.click()
        yield "recovery", custodian
        custodian.find("main [name=passphrase]").fill(PASSPHRASES[CUSTODIAN])
        custodian.find("main form button[type=submit]").first.click()
        expect(custodian.find(".govuk-notification-banner")).to_be_visible()
        yield "recoveries-confirmed", custodian
        visitor.go(f"/staff/recovery/finish?lang={self.language}")
        yield "recovery-finish", visitor

    def new_keys(self) -> States:
        administrator = self.signed_in(ADMINISTRATOR)
        administrator.go("/staff/accounts")
        administrator.find("main th a", "สุดา").click()
        administrator.find("a[href$='/new-keys']").click()
        expect(administrator.find("main form")).to_have_count(1)
        yield "new-keys-ask", administrator
        administrator.find("main form button").click()
        link = administrator.find("#new-keys-link").inner_text().replace(self.site.origin, "")
        yield "new-keys-link", administrator
        owner = self.visitor()
        owner.go(f"{link}?lang={self.language}")
        yield "new-keys-draw", owner
        with owner.expecting(400):
            owner.find("main form button[type=submit]").click()
            expect(owner.find(".govuk-error-summary")).to_be_visible()
        yield "new-keys-draw-missing", owner
        words = owner.find("#suggestion").inner_text()
        for name in ("passphrase", "repeated"):
            owner.find(f"[name={name}]").fill(words)
        owner.find("main form button[type=submit]").click()
        expect(owner.find("main form")).to_have_count(0)
        yield "new-keys-drawn", owner
        lead = self.signed_in(LEAD)
        lead.go("/staff/requests")
        yield "requests", lead
        lead.find("main th a").first.click()
        expect(lead.find("[name=digits]")).to_be_visible()
        yield "request-new-keys", lead

    def undertaking(self) -> States:
        """A new version is published while somebody writes; and a member of a channel is suspended. For a site of its own: all are asked."""
        lead, administrator = self.signed_in(LEAD), self.signed_in(ADMINISTRATOR)
        lead.go("/staff/cases")
        lead.find("main tbody a").first.click()
        lead.find("#note-text").fill("ระหว่างที่เขียน มีคำรับรองฉบับใหม่")
        case = lead.page.url.removeprefix(lead.origin).partition("?")[0]
        administrator.go("/staff/set-up/undertaking")
        administrator.find("main form button[type=submit]").click()
        expect(administrator.find("main h1")).to_be_visible()
        with lead.expecting(403):
            lead.find(".writing--note:has(#note-text) .govuk-button:not([name])").click()
            expect(lead.find("main ol")).to_be_visible()
        yield "undertaking-words-kept", lead
        lead.go(case)
        expect(lead.find("[name=agreed]")).to_be_visible()
        yield "undertaking-asked-again", lead
        lead.find("[name=agreed]").check()
        lead.find("main form button[type=submit]").click()
        expect(lead.find("#note-text")).to_be_visible()
        lead.go("/staff/undertaking")
        yield "undertaking-signed", lead
        administrator.go("/staff/set-up/undertaking")
        administrator.find("details summary").click()
        yield "undertaking-who-signed", administrator
        administrator.go("/staff/accounts")
        administrator.find("main th a", "ปรีชา").click()
        administrator.find("a[href$='/suspend']").click()
        administrator.find("main .govuk-button--warning").click()
        expect(administrator.find("main table")).to_be_visible()
        administrator.go("/staff/channels")
        yield "channels-suspended", administrator
        administrator.find("main section h2 a").first.click()
        expect(administrator.find("main table").first).to_be_visible()
        yield "channel-suspended", administrator

    def casework(self) -> States:
        lead = self.signed_in(LEAD)
        lead.go("/staff/cases")
        yield "cases", lead
        told = self._reference()
        case = journey.open_case(lead, told)
        yield "case", lead
        for name in ("reply", "note"):
            with lead.expecting(400):
                lead.go(case)
                lead.find(f".writing--{name}:has(#{name}-text) .govuk-button:not([name])").click()
                expect(lead.find(".govuk-error-summary")).to_be_visible()
            yield f"case-{name}-missing", lead
        journey.reply(lead, "เราตรวจเอกสารแล้ว และจะติดต่อกลับภายในสัปดาห์นี้")
        yield "case-replied", lead
        journey.write_note(lead, "โทรหาปั๊มน้ำมันแล้ว ปิดกิจการจริง")
        yield "case-noted", lead
        lead.go(f"{case}/assign")
        yield "assign", lead
        with lead.expecting(400):
            lead.find("main form[action$='/assign'] button[type=submit]").click()
            expect(lead.find(".govuk-error-summary")).to_be_visible()
        yield "assign-missing", lead
        lead.go(case)
        journey.assign(lead, LEAD, {"ธนา": "identity", "ปรีชา": "report"})
        yield "assigned", lead
        yield from self._identity(lead, case)
        yield from self._outsiders(case)
        yield from self._flow(lead, case)
        yield from self._departures(lead, case)

    def _reference(self, receipt: str = "") -> str:
        """Of the most told report, or of the one with this receipt."""
        reporter = self.visitor()
        journey.open_mailbox(reporter, receipt or self.site.receipts[0])
        return journey.reference_in(reporter)

    def _identity(self, lead: Visitor, case: str) -> States:
        lead.go(f"{case}/identity")
        yield "identity-form", lead
        with lead.expecting(400):
            lead.find("main form[action$='/identity'] button[type=submit]").click()
            expect(lead.find(".govuk-error-summary")).to_be_visible()
        yield "identity-form-missing", lead
        with lead.expecting(400):
            lead.go(case)
            journey.open_identity(lead, LEAD, "นัดพบ", passphrase="not her passphrase")
            expect(lead.find(".govuk-error-summary")).to_be_visible()
        yield "identity-form-refused", lead
        lead.go(case)
        journey.open_identity(lead, LEAD, "นัดพบ")
        expect(lead.find(".answers--identity")).to_be_visible()
        yield "identity", lead
        lead.page.reload()
        expect(lead.find("main .govuk-inset-text")).to_be_visible()
        yield "identity-again", lead

    def _flow(self, lead: Visitor, case: str) -> States:
        lead.go(case)
        with lead.expecting(409):
            lead.find("#handling [name=revision]").evaluate("field => { field.value = '0' }")
            lead.find("#handling [name=risk]").select_option("high")
            lead.find("#handling button[type=submit]").click()
            expect(lead.find("#conflict-title")).to_be_visible()
        yield "case-conflict", lead
        lead.find("#handling button[type=submit]").click()
        expect(lead.find(".case-head .govuk-tag--red")).to_be_visible()
        lead.go(f"{case}/close")
        yield "close-outcome", lead
        lead.go(f"{case}/close?outcome=out-of-scope")
        yield "close", lead
        with lead.expecting(400):
            lead.find("main form[action*='/close'] button[type=submit]").click()
            expect(lead.find(".govuk-error-summary")).to_be_visible()
        yield "close-missing", lead
        lead.find("#findings").fill("ตรวจเอกสารทั้งหมดแล้ว\nไม่อยู่ในอำนาจหน้าที่ของเรา")
        lead.find("main form[action*='/close'] button[type=submit]").click()
        expect(lead.find("#outcome")).to_be_visible()
        yield "case-closed", lead
        reporter = self.visitor()
        journey.open_mailbox(reporter, self.site.receipts[0])
        yield "mailbox-closed", reporter
        lead.go(f"{case}/reopen")
        yield "reopen", lead
        with lead.expecting(400):
            lead.find("main form[action*='/reopen'] button[type=submit]").click()
            expect(lead.find(".govuk-error-summary")).to_be_visible()
        yield "reopen-missing", lead
        lead.find("#reason").fill("ผู้แจ้งส่งหลักฐานเพิ่ม")
        lead.find("main form[action*='/reopen'] button[type=submit]").click()
        expect(lead.find("#handling [name=risk]")).to_be_visible()
        yield "case-reopened", lead

    def _departures(self, lead: Visitor, case: str) -> States:
        """From another case than the one that all other pages show, which each language needs whole."""
        investigator = self.signed_in(INVESTIGATOR)
        investigator.go("/staff/cases")
        other = investigator.find(f".caselist__case a:not([href='{urlsplit(case).path}'])").first
        left = other.get_attribute("href") or ""
        investigator.go(f"{left}/recuse")
        yield "recuse", investigator
        with investigator.expecting(400):
            investigator.find("main form[action*='/recuse'] button[type=submit]").click()
            expect(investigator.find(".govuk-error-summary")).to_be_visible()
        yield "recuse-missing", investigator
        investigator.find("#reason").fill("พี่สาวของผมทำงานอยู่แผนกนี้")
        investigator.find("main form[action*='/recuse'] button[type=submit]").click()
        expect(investigator.find(".govuk-notification-banner")).to_be_visible()
        yield "recused", investigator
        lead.go(left)
        yield "case-left", lead
        lead.go("/staff/cases/renewals")
        yield "renewals", lead
        with lead.expecting(400):
            lead.find("main form button[type=submit]").click()
            expect(lead.find(".govuk-error-summary")).to_be_visible()
        yield "renewals-missing", lead
        for name in ("move", "export", "export/identity"):
            lead.go(f"{case}/{name}")
            yield name.replace("/", "-"), lead
        lead.go("/staff/cases/search")
        lead.find("[name=terms]").fill("ปั๊มน้ำมัน")  # in the note; labels have other words
        lead.find("main form button[type=submit]").click()
        expect(lead.find("#found")).to_be_visible()
        yield "search-found", lead
        reference = lead.find(".hits a").first.inner_text()
        lead.go("/staff/cases/search")
        lead.find("[name=terms]").fill(reference.replace("-", ""))
        lead.find("main form button[type=submit]").click()
        expect(lead.find("#known")).to_be_visible()
        yield "search-known", lead
        lead.go("/staff/cases/replace")
        yield "replace", lead
        with lead.expecting(400):
            lead.find("main form button[type=submit]").click()
            expect(lead.find(".govuk-error-summary")).to_be_visible()
        yield "replace-missing", lead

    def _outsiders(self, case: str) -> States:
        triage = self.signed_in(TRIAGE)
        triage.go(case)
        yield "case-without-identity", triage
        triage.go(f"{case}/identity", 403)
        yield "identity-without-key", triage
        outsider = self.signed_in(UNASSIGNED)
        outsider.go(case, 404)
        yield "case-404", outsider
        writer = self.signed_in(INVESTIGATOR)
        writer.go(case)
        writer.find(".writing--reply textarea").fill("คำตอบที่ยังไม่ได้ส่ง")
        writer.context.clear_cookies()
        with writer.expecting(403):
            writer.find(".writing--reply .govuk-button:not([name])").click()
            expect(writer.find("main ol")).to_be_visible()
        yield "unsent", writer

    def administration(self) -> States:
        visitor = self.signed_in(ADMINISTRATOR)
        visitor.go("/staff/cases", 403)
        yield "error-403", visitor
        visitor.go("/staff/channels")
        yield "channels", visitor
        visitor.go("/staff/set-up")
        visitor.find("main td a, main th a").last.click()
        expect(visitor.find("[name=feedback_days]")).to_be_visible()
        yield "channel", visitor
        with visitor.expecting(400):
            visitor.find("[name=feedback_days]").fill("400")
            visitor.find("form[action$='/deadlines'] button").click()
            expect(visitor.find(".govuk-error-summary")).to_be_visible()
        yield "channel-deadlines-refused", visitor
        visitor.go("/staff/accounts")
        yield "accounts", visitor
        visitor.find("main th a").first.click()
        expect(visitor.find("[name=roles]").first).to_be_attached()
        yield "account", visitor
        account = visitor.page.url
        for who in ("มาลี", "ธนา"):
            visitor.go("/staff/accounts")
            visitor.find("main th a", who).click()
            visitor.find("a[href$='/suspend']").click()
            expect(visitor.find("main form[action$='/suspend']")).to_have_count(1)
            yield f"suspend-{'lead' if who == 'มาลี' else 'investigator'}", visitor
        visitor.page.goto(account)
        with visitor.expecting(400):
            for box in visitor.find("[name=roles]:enabled").all():
                box.check()
            visitor.find("form:has([name=roles]) button").click()
            expect(visitor.find(".govuk-error-summary")).to_be_visible()
        yield "account-exclusive", visitor

    def audit(self) -> States:
        visitor = self.signed_in(AUDITOR)
        visitor.go("/staff/statistics")
        yield "statistics", visitor
        visitor.go("/staff/log")
        visitor.find(".govuk-details__summary").click()
        yield "log", visitor
        with visitor.expecting(400):
            visitor.go("/staff/log?case=NONE-SUCH", 400)
        yield "log-no-such-case", visitor
        with visitor.expecting(400):
            visitor.go("/staff/log?since=31/2/2569&until=x&person=0", 400)
        yield "log-mistakes", visitor
        visitor.go("/staff/log?until=1/1/2563")
        yield "log-nothing", visitor
        visitor.go("/staff/log?event=keys&since=1/1/2563")
        yield "log-group", visitor
        visitor.go("/staff/log?event=case.assigned")
        yield "log-searched", visitor
        visitor.find("main tbody a").first.click()
        expect(visitor.find("main dl")).to_be_visible()
        yield "log-entry", visitor
        visitor.go("/staff/log/verification")
        yield "verification", visitor
        visitor.find("main form button[type=submit]").click()
        expect(visitor.find("main dl")).to_be_visible()
        yield "verification-done", visitor
        visitor.go("/staff/log")
        yield "log-verified", visitor
        visitor.go("/staff/log/verification")
        note = visitor.context.request.get(f"{visitor.origin}/staff/log/checkpoint").text()
        visitor.find("[name=checkpoint]").fill(note)
        visitor.find("main form button[type=submit]").click()
        expect(visitor.find("main dl")).to_be_visible()
        yield "verification-anchored", visitor


ROOMS: dict[str, Callable[[Gallery], States]] = {
    "public": Gallery.public,
    "form": Gallery.form,
    "sent-again": Gallery.sent_again,
    "consent-taken-back": Gallery.consent_taken_back,
    "form-mistakes": Gallery.form_mistakes,
    "asked": Gallery.asked,
    "questions": Gallery.questions,
    "processors": Gallery.processors,
    "several": Gallery.several,
    "mailbox": Gallery.mailbox,
    "enclosures": Gallery.enclosures,
    "evidence": Gallery.evidence,
    "taking-down": Gallery.taking_down,
    "comments": Gallery.comments,
    "signing-in": Gallery.signing_in,
    "lost-passphrase": Gallery.lost_passphrase,
    "new-keys": Gallery.new_keys,
    "casework": Gallery.casework,
    "administration": Gallery.administration,
    "audit": Gallery.audit,
}
