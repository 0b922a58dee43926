"""Two people, one case, the same moment: whatever order their forms arrive in, nothing is lost, and whoever was second is told and keeps their words."""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from threading import Barrier

import pytest
from werkzeug.test import TestResponse

from complaints.services import case_reading, mailbox
from complaints.services.access_log import AccessLog
from complaints.services.case_reading import OpenedCase
from complaints.services.check import examine
from complaints.services.log_verification import verify
from complaints.vocabulary import CaseStatus
from tests.cast import Cast, Person, Report
from tests.web.conftest import token_in
from tests.web.ladder import SignedIn

TOLD = "เราปิดเรื่องนี้แล้วค่ะ ขอบคุณ"
ORDERS = ("the first before", "the second before", "together")


@dataclass(frozen=True)
class Act:
    """A form that somebody has before them, filled in. `words`: what they would not like to type again."""

    person: str
    more: str
    """Of the case's address: where the form stands."""
    fields: dict[str, str]
    words: tuple[str, ...] = ()
    to: str = ""
    """Where it is posted, if it is elsewhere."""
    asks_passphrase: bool = False


def replies(person: str, text: str) -> Act:
    return Act(person, "", {"text": text}, (text,), "/messages")


def closes(person: str, findings: str) -> Act:
    fields = {"outcome": "unsubstantiated", "findings": findings, "feedback": TOLD}
    return Act(person, "/close?outcome=unsubstantiated", fields, (findings, TOLD), "/close")


def assigns(cast: Cast, **chosen: str) -> Act:
    """Whoever is not named gets no key."""
    fields = {
        f"access-{person.account.hex()}": chosen.get(person.name.replace("-", "_"), "none")
        for person in (cast.investigator, cast.second_investigator, cast.unassigned, cast.triage)
    }
    return Act("lead", "/assign", fields, asks_passphrase=True)


def moves(cast: Cast) -> Act:
    fields = {"target": cast.fallback.hex(), "reason": "เป็นงานของเขา มากกว่า", "told": "ส่งต่อให้อีกทีมแล้วค่ะ"}
    return Act("lead", "/move", fields, (fields["reason"], fields["told"]), asks_passphrase=True)


@dataclass(frozen=True)
class Desk:
    """Two forms before two people, of one case that two investigators hold."""

    cast: Cast
    access_log: AccessLog
    signed_in: SignedIn
    report: Report

    def race(self, order: str, *acts: Act) -> list[TestResponse]:
        """Both forms are opened before either is sent. Answers in the order of the acts."""
        posts = [self._open(act) for act in acts]
        if order == "together":
            return self._together(posts)
        answers = {number: posts[number]() for number in ((0, 1) if order == "the first before" else (1, 0))}
        return [answers[0], answers[1]]

    @staticmethod
    def _together(posts: Sequence[Callable[[], TestResponse]]) -> list[TestResponse]:
        barrier = Barrier(len(posts))

        def send(post: Callable[[], TestResponse]) -> TestResponse:
            barrier.wait()
            return post()

        with ThreadPoolExecutor(len(posts)) as hands:
            return list(hands.map(send, posts))

    def _open(self, act: Act) -> Callable[[], TestResponse]:
        person: Person = getattr(self.cast, act.person)
        browser, address = self.signed_in(person), f"/staff/cases/{self.report.case.hex()}"
        page = browser.get(address + act.more)
        assert page.status_code == 200
        hidden = dict(re.findall(r'name="(epoch|revision)" value="(\d+)"', page.text))
        form = hidden | act.fields | ({"passphrase": person.passphrase} if act.asks_passphrase else {})
        kind = "multipart/form-data" if act.to == "/messages" else "application/x-www-form-urlencoded"
        return lambda: browser.post(address + (act.to or act.more), form, token=token_in(page), content_type=kind)

    def case(self, person: Person) -> OpenedCase:
        with self.cast.units.writing() as unit:
            return case_reading.read_case(unit, person.actor, person.keys, self.report.case)

    def received(self) -> list[str]:
        """What the reporter reads."""
        with self.cast.units.writing() as unit:
            return [line.text for line in mailbox.read_mailbox(unit, self.report.reporter, self.report.keys).messages]

    def is_sound(self) -> None:
        """Whatever happened: the log verifies, and what is stored is what it says."""
        with self.cast.units.reading() as unit:
            assert verify(unit.session, self.access_log).problems == ()
            assert list(examine(unit, self.access_log)) == []


@pytest.fixture
def desk(cast: Cast, access_log: AccessLog, signed_in: SignedIn) -> Iterator[Desk]:
    report = cast.report()
    cast.assign(report)
    desk = Desk(cast, access_log, signed_in, report)
    yield desk
    desk.is_sound()


def kept(answer: TestResponse, act: Act) -> bool:
    """Whether the page still has every word of the form, and nothing that opens anything."""
    page = unescape(answer.text)
    assert "battery staple" not in page
    return all(words in page for words in act.words)


def is_told(answer: TestResponse) -> bool:
    """A banner that says that somebody was quicker."""
    return "govuk-notification-banner" in answer.text


@pytest.fixture(params=ORDERS)
def order(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_two_who_assign(desk: Desk, order: str) -> None:
    acts = assigns(desk.cast, investigator="identity"), assigns(desk.cast, unassigned="report")
    answers = desk.race(order, *acts)
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    (loser,) = [answer for answer in answers if answer.status_code == 409]
    assert is_told(loser)
    won = 0 if answers[0].status_code == 303 else 1
    wanted = acts[1 - won].fields
    ticked = dict(re.findall(r'name="(access-[0-9a-f]{32})" type="radio" value="(\w+)" checked', loser.text))
    assert {name: choice for name, choice in wanted.items() if name in ticked} == ticked
    assert len(ticked) == len(wanted)
    holds = {holder.name for holder in desk.case(desk.cast.lead).holders}
    assert holds == {"Lead", ("Investigator", "Unassigned")[won]}


def test_an_assignment_taken_back_while_its_investigator_replies(desk: Desk, order: str) -> None:
    reply = replies("investigator", "คำตอบที่เขียนอยู่ครึ่งชั่วโมง")
    taken, replied = desk.race(order, assigns(desk.cast), reply)
    assert taken.status_code == 303
    assert replied.status_code == {"the first before": 404, "the second before": 303}.get(order, replied.status_code)
    assert replied.status_code in {303, 404}
    assert (desk.received() == [reply.words[0]]) is (replied.status_code == 303)
    if replied.status_code == 404:
        assert kept(replied, reply)
        assert desk.report.reference not in replied.text
    gone = desk.signed_in(desk.cast.investigator).get(f"/staff/cases/{desk.report.case.hex()}")
    assert gone.status_code == 404
    assert [holder.name for holder in desk.case(desk.cast.lead).holders] == ["Lead"]


def test_two_who_close(desk: Desk, order: str) -> None:
    acts = closes("investigator", "พบว่าไม่จริง หนึ่ง"), closes("lead", "พบว่าไม่จริง สอง")
    answers = desk.race(order, *acts)
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    lost = 0 if answers[0].status_code == 409 else 1
    assert is_told(answers[lost])
    assert kept(answers[lost], acts[lost])
    case = desk.case(desk.cast.lead)
    assert case.status is CaseStatus.CLOSED
    assert [turn.text for turn in case.turns] == [acts[1 - lost].words[0]]


def test_one_closes_while_another_replies(desk: Desk, order: str) -> None:
    reply = replies("second_investigator", "ยังมีคำถามอีกข้อ")
    closed, replied = desk.race(order, closes("lead", "พบว่าไม่จริง"), reply)
    assert closed.status_code == 303
    assert replied.status_code == 303
    assert desk.case(desk.cast.lead).status is CaseStatus.CLOSED
    assert reply.words[0] in desk.received()


def test_two_who_reply(desk: Desk, order: str) -> None:
    acts = replies("investigator", "คำตอบแรก"), replies("lead", "คำตอบที่สอง")
    answers = desk.race(order, *acts)
    assert [answer.status_code for answer in answers] == [303, 303]
    assert sorted(desk.received()) == sorted(act.words[0] for act in acts)


def test_one_moves_it_while_another_assigns(desk: Desk, order: str) -> None:
    """Both are the lead's, in two browsers: whoever moves it has it no more, and whoever is second is told."""
    move = moves(desk.cast)
    moved, assigned = desk.race(order, move, assigns(desk.cast, unassigned="report"))
    assert {moved.status_code, assigned.status_code} in ({303, 404}, {303, 409})
    if moved.status_code == 303:
        assert assigned.status_code == 404
        assert [holder.name for holder in desk.case(desk.cast.other_lead).holders] == ["Other Lead"]
    else:
        assert moved.status_code == 409
        assert is_told(moved)
        assert kept(moved, move)
        assert {holder.name for holder in desk.case(desk.cast.lead).holders} == {"Lead", "Unassigned"}


def test_whoever_lost_a_case_while_writing_keeps_their_words_and_learns_no_more_than_a_stranger(desk: Desk) -> None:
    """Their page is the one that a case gives that there never was."""
    cast, words = desk.cast, "บันทึกภายใน สองบรรทัด"
    browser = desk.signed_in(cast.investigator)
    token = browser.token_on(f"/staff/cases/{desk.report.case.hex()}")
    cast.assign(desk.report, {cast.second_investigator: False}, epoch=2)
    pages = [
        browser.post(f"/staff/cases/{case}/notes", {"text": words}, token=token)
        for case in (desk.report.case.hex(), "0f" * 16)
    ]
    assert [page.status_code for page in pages] == [404, 404]
    assert words in pages[0].text
    assert pages[0].text.replace(desk.report.case.hex(), "0f" * 16) == pages[1].text
