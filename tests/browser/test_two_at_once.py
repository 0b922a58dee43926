"""Two browsers send their forms in the same moment: nothing is lost, and whoever was second is told, with every word still before them.

Which of the two is second is for the server to say; both orders, one after the other, are in `tests/web/test_two_at_once.py`.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser import journey
from tests.browser.backstage import NAMES, Backstage
from tests.browser.conftest import NewVisitor
from tests.browser.site import INVESTIGATOR, LEAD, PASSPHRASES, TRIAGE, UNASSIGNED
from tests.browser.visitor import Device, Visitor
from tests.cast import Report

PHONE, DESK = Device("th", javascript=True, width=360), Device("en", javascript=True, width=1280)
FINDINGS = ("ตรวจแล้วไม่พบว่าเป็นจริง หนึ่ง", "ตรวจแล้วไม่พบว่าเป็นจริง สอง")
FEEDBACK = ("ขอบคุณที่แจ้งเรา หนึ่ง", "ขอบคุณที่แจ้งเรา สอง")


@dataclass(frozen=True)
class Table:
    """One case, which two investigators and the lead hold, and who sits before it."""

    backstage: Backstage
    visitors: NewVisitor
    report: Report

    def sits(self, name: str, device: Device, more: str = "") -> Visitor:
        visitor = self.visitors(device)
        journey.sign_in(visitor, name)
        visitor.go(self.address(more))
        return visitor

    def address(self, more: str = "") -> str:
        return f"/staff/cases/{self.report.case.hex()}{more}"


@pytest.fixture
def table(backstage: Backstage, visitors: NewVisitor) -> Iterator[Table]:
    report = backstage.report()
    backstage.assign(report, INVESTIGATOR, TRIAGE)
    yield Table(backstage, visitors, report)
    backstage.is_sound()


# -- Forms, filled in ------------------------------------------------------------------------------------------------


def choose(visitor: Visitor, **hands: str) -> Locator:
    """Of the form that assigns: who is to hold what, and the lead's passphrase. Returns what sends it, as all of these do."""
    for name, keys in hands.items():
        visitor.find("fieldset.hands__choice", NAMES[name]).locator(f"input[value={keys}]").check()
    visitor.find("[name=passphrase]").fill(PASSPHRASES[LEAD])
    return visitor.find("main form[action$='/assign'] button[type=submit]")


def write_reply(visitor: Visitor, text: str) -> Locator:
    visitor.find(".writing--reply textarea").fill(text)
    return visitor.find(".writing--reply .govuk-button:not([name])")


def write_closing(visitor: Visitor, findings: str, feedback: str) -> Locator:
    visitor.find("[name=findings]").fill(findings)
    visitor.find("[name=feedback]").fill(feedback)
    return visitor.find("main form[action*='/close'] button[type=submit]")


def write_move(visitor: Visitor, reason: str) -> Locator:
    visitor.find("[name=target]").first.check()
    visitor.find("[name=reason]").fill(reason)
    visitor.find("[name=passphrase]").fill(PASSPHRASES[LEAD])
    return visitor.find("main form[action$='/move'] button[type=submit]")


def send_together(*ready: tuple[Visitor, Locator]) -> list[int]:
    """Each form is sent and held back before it leaves the machine; then all leave in one moment. Returns the statuses of the pages that come."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    with ExitStack() as arriving:
        for visitor, _ in ready:
            for status in (404, 409):
                arriving.enter_context(visitor.expecting(status))
            visitor.page.route("**/*", hold)
        pages = [arriving.enter_context(visitor.page.expect_navigation()) for visitor, _ in ready]
        for _, button in ready:
            button.click(no_wait_after=True)
        while len(held) < len(ready):
            ready[0][0].page.wait_for_timeout(10)
        for route in held:
            route.continue_()
    answers = [page.value for page in pages]
    for visitor, _ in ready:
        visitor.page.unroute("**/*")
        visitor.look()
    return [answer.status for answer in answers]


def is_told(visitor: Visitor) -> None:
    expect(visitor.find("main .govuk-notification-banner")).to_be_visible()


# -- Two at once -----------------------------------------------------------------------------------------------------


def test_two_who_assign(table: Table) -> None:
    one, other = table.sits(LEAD, PHONE, "/assign"), table.sits(LEAD, DESK, "/assign")
    ready = [
        (one, choose(one, **{INVESTIGATOR: "none", TRIAGE: "none", UNASSIGNED: "report"})),
        (other, choose(other, **{INVESTIGATOR: "none", TRIAGE: "report", UNASSIGNED: "none"})),
    ]
    statuses = send_together(*ready)
    assert sorted(statuses) == [200, 409]
    won, lost = statuses.index(200), statuses.index(409)
    loser = ready[lost][0]
    is_told(loser)
    for name in (UNASSIGNED, TRIAGE):
        chosen = "report" if name == (UNASSIGNED, TRIAGE)[lost] else "none"
        hands = loser.find("fieldset.hands__choice", NAMES[name])
        expect(hands.locator(f"input[value={chosen}]")).to_be_checked()
    expect(loser.find("[name=passphrase]")).to_have_value("")
    assert table.backstage.holders(table.report) == {LEAD, (UNASSIGNED, TRIAGE)[won]}


def test_an_assignment_taken_back_while_its_investigator_replies(table: Table) -> None:
    lead, investigator = table.sits(LEAD, DESK, "/assign"), table.sits(INVESTIGATOR, PHONE)
    words = "คำตอบที่ใช้เวลาเขียนครึ่งชั่วโมง"
    taken = choose(lead, **{INVESTIGATOR: "none", TRIAGE: "none"})
    statuses = send_together((lead, taken), (investigator, write_reply(investigator, words)))
    assert statuses[0] == 200
    assert table.backstage.holders(table.report) == {LEAD}
    if words in table.backstage.received(table.report):
        # Sent before it was taken back; the page that follows may be shown no more.
        assert statuses[1] in {200, 404}
    else:
        assert statuses[1] == 404
        expect(investigator.find("main", words)).to_be_visible()
    investigator.go(table.address(), 404)


def test_two_who_close(table: Table) -> None:
    more = "/close?outcome=unsubstantiated"
    pair = table.sits(LEAD, DESK, more), table.sits(INVESTIGATOR, PHONE, more)
    ready = [(pair[n], write_closing(pair[n], FINDINGS[n], FEEDBACK[n])) for n in (0, 1)]
    statuses = send_together(*ready)
    assert sorted(statuses) == [200, 409]
    won, lost = statuses.index(200), statuses.index(409)
    is_told(pair[lost])
    expect(pair[lost].find("[name=findings]")).to_have_value(FINDINGS[lost])
    expect(pair[lost].find("[name=feedback]")).to_have_value(FEEDBACK[lost])
    pair[lost].go(table.address())
    expect(pair[lost].find("#outcome")).to_contain_text(FINDINGS[won])
    expect(pair[lost].find("#outcome")).not_to_contain_text(FINDINGS[lost])


def test_one_closes_while_another_replies(table: Table) -> None:
    lead, investigator = table.sits(LEAD, DESK, "/close?outcome=unsubstantiated"), table.sits(INVESTIGATOR, PHONE)
    words = "ยังมีคำถามอีกข้อหนึ่ง"
    ready = (lead, write_closing(lead, FINDINGS[0], FEEDBACK[0])), (investigator, write_reply(investigator, words))
    assert send_together(*ready) == [200, 200]
    lead.go(table.address())
    expect(lead.find("#outcome")).to_contain_text(FINDINGS[0])
    assert words in table.backstage.received(table.report)


def test_two_who_reply(table: Table) -> None:
    pair, words = (table.sits(LEAD, DESK), table.sits(INVESTIGATOR, PHONE)), ("คำตอบแรก", "คำตอบที่สอง")
    assert send_together(*((pair[n], write_reply(pair[n], words[n])) for n in (0, 1))) == [200, 200]
    assert sorted(table.backstage.received(table.report)) == sorted(words)
    for text in words:
        expect(pair[0].find(".message", words[0])).to_be_visible()
        pair[1].go(table.address())
        expect(pair[1].find(".message", text)).to_be_visible()


def test_one_moves_it_while_another_assigns(table: Table) -> None:
    mover, assigner = table.sits(LEAD, PHONE, "/move"), table.sits(LEAD, DESK, "/assign")
    reason = "เป็นงานของอีกทีมมากกว่า"
    chosen = choose(assigner, **{INVESTIGATOR: "none", TRIAGE: "none", UNASSIGNED: "report"})
    moved, assigned = send_together((mover, write_move(mover, reason)), (assigner, chosen))
    holders = table.backstage.holders(table.report)
    if moved == 200:
        assert assigned == 404
        assert LEAD not in holders
        expect(assigner.find("h1")).to_be_visible()
    else:
        assert (moved, assigned) == (409, 200)
        is_told(mover)
        expect(mover.find("[name=reason]")).to_have_value(reason)
        assert holders == {LEAD, UNASSIGNED}
