"""A day of casework over forty cases: a lead and three investigators, two in Thai and two in English; then two at once on the same thing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from complaints.database import Database
from complaints.services import intake, rosters
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.log_verification import verify
from complaints.services.unit import Units
from complaints.vocabulary import IdentityField, Locale, ReportField
from crypto import Receipt
from tests.browser import journey
from tests.browser.conftest import NewVisitor
from tests.browser.site import INVESTIGATOR, LEAD, PASSPHRASES, TRIAGE, UNASSIGNED, Site, serving
from tests.browser.visitor import Device, Visitor

SENT = 30
"""Beside the ten of the demonstration's that the lead of this channel holds: forty."""
THANA, PREECHA, SUDA = "ธนา", "ปรีชา", "สุดา"


@dataclass(frozen=True)
class Office:
    """The installation, its forty cases, and what looks at its database from behind."""

    site: Site
    units: Units
    cases: tuple[str, ...]
    """Addresses of those that came for this day, none of them opened yet."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Office]:
    with serving(tmp_path_factory.mktemp("office"), migrated_file) as site:
        database, secrets = Database(f"sqlite:///{site.database_file}"), site.secrets()
        units = Units(database, AccessLog(site.origin, secrets.log_key), secrets)
        yield Office(site, units, tuple(_send(units, number) for number in range(SENT)))
        database.dispose()


def _send(units: Units, number: int) -> str:
    with units.reading() as unit:
        channel = next(c.id for c in rosters.channels_by_id(unit).values() if c.code == "corruption")
        draft = intake.ReportDraft(
            channel=channel,
            answers={ReportField.NARRATIVE: f"เรื่องที่ {number}: ใบเสร็จไม่ตรงกับของที่รับ"},
            identity={IdentityField.NAME: "สมหญิง ใจกล้า"} if number % 2 else {},
            excluded=frozenset(),
            excluded_words="",
            files=(),
            locale=Locale.ENGLISH if number % 3 else Locale.THAI,
        )
        sealed = intake.prepare(unit, draft, Receipt.generate())
    with units.writing() as unit:
        intake.receive(unit, sealed)
    return f"/staff/cases/{sealed.case.hex()}"


@pytest.fixture
def enter(visitors: NewVisitor, office: Office) -> Iterator[object]:
    before = len(office.site.log())

    def sign_in(name: str, language: str, width: int = 1280) -> Visitor:
        visitor = visitors(Device(language, javascript=True, width=width), office.site.origin)
        journey.sign_in(visitor, name)
        return visitor

    yield sign_in
    assert not office.site.log()[before:]


def _press(visitor: Visitor, selector: str) -> None:
    visitor.find(selector).click()


def _listed(visitor: Visitor, query: str) -> Locator:
    visitor.go(f"/staff/cases?{query}")
    visitor.look()
    return visitor.find("main tbody tr")


def _together(path: str, *buttons: tuple[Visitor, str]) -> list[int]:
    """Presses each button as nearly at once as can be. What each post to an address that ends so was answered with."""
    (one, first), (other, second) = buttons
    with (
        one.page.expect_navigation(),  # to its end: what is asked for while a page is on its way is not asked for at all
        other.page.expect_navigation(),
        one.page.expect_response(lambda r: r.request.method == "POST" and path in r.url) as answered,
        other.page.expect_response(lambda r: r.request.method == "POST" and path in r.url) as answered_too,
    ):
        for visitor, selector in ((one, first), (other, second)):
            visitor.find(selector).evaluate("button => { setTimeout(() => button.click()) }")
    return [answered.value.status, answered_too.value.status]


def test_a_day(office: Office, enter: NewVisitor) -> None:
    first, second, third = office.cases[:3]
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
    _nothing_is_amiss(office)


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


def test_two_at_once(office: Office, enter: NewVisitor) -> None:
    lead, again = enter(LEAD, "th"), enter(LEAD, "en")
    with lead.expecting(409), again.expecting(409):
        _race(lead, again, *office.cases[-2:])
    _nothing_is_amiss(office)


def _race(lead: Visitor, again: Visitor, case: str, other: str) -> None:

    # Two hand it over to two people: one does, the other is told, with the choice still made.
    for visitor, who in ((lead, THANA), (again, PREECHA)):
        visitor.go(f"{case}/assign")
        visitor.find("fieldset.hands__choice", who).locator("input[value=identity]").check()
        visitor.find("[name=passphrase]").fill(PASSPHRASES[LEAD])
    button = "main form[action$='/assign'] button[type=submit]"
    statuses = _together("/assign", (lead, button), (again, button))
    assert sorted(statuses) == [303, 409]
    loser, who = (lead, THANA) if statuses[0] == 409 else (again, PREECHA)
    expect(loser.find("fieldset.hands__choice", who).locator("input[value=identity]")).to_be_checked()

    # Two write to the reporter: both are read.
    for visitor, words in ((lead, "หนึ่ง"), (again, "two")):
        visitor.go(case)
        visitor.find("#reply-text").fill(words)
    button = ".writing--reply .govuk-button:not([name])"
    assert _together("/messages", (lead, button), (again, button)) == [303, 303]
    lead.go(case)
    for words in ("หนึ่ง", "two"):
        expect(lead.find(".message", words)).to_have_count(1)

    # Two close it: one does, the other keeps every word.
    for visitor, outcome in ((lead, "substantiated"), (again, "referred")):
        visitor.go(f"{other}/close?outcome={outcome}")
        visitor.find("#findings").fill(f"found {outcome}")
        visitor.find("#feedback").fill("What we found, and what we did about it.")
    button = "main form[action*='/close'] button[type=submit]"
    statuses = _together("/close", (lead, button), (again, button))
    assert sorted(statuses) == [303, 409]
    loser, outcome = (lead, "substantiated") if statuses[0] == 409 else (again, "referred")
    expect(loser.find("#findings")).to_have_value(f"found {outcome}")


def _nothing_is_amiss(office: Office) -> None:
    """After all of it the check finds nothing, and the log verifies."""
    log = office.units.access_log
    with office.units.reading() as unit:
        assert [finding.what for finding in examine(unit, log)] == []
        assert verify(unit.session, log).problems == ()
