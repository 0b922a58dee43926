"""`/staff/cases/<case>/link`, `/links/<link>`, `/merge`, `/unmerge`: cases that belong together, and closing duplicates with the one that leads."""

import re
from dataclasses import replace
from io import BytesIO
from typing import ClassVar
from zipfile import ZipFile

import pytest
from werkzeug.test import TestResponse

from complaints.policy import Action
from complaints.services import case_flow
from complaints.services.case_flow import Handling
from complaints.vocabulary import CaseStatus, Event, IdentityField, Locale, Outcome, Priority, Risk
from complaints.web.feedback_words import gaps_left, suggested
from tests.cast import Cast, Report
from tests.web.conftest import Browser, Log, token_in
from tests.web.ladder import NO_CASE, CaseLadder, FormLadder, SignedIn

WHY, TOLD = "CANARY-WHY the same pump\nand month", "CANARY-TOLD together with what we know"
FINDINGS, FEEDBACK = "CANARY-FINDINGS", "CANARY-FEEDBACK ขอบคุณ"
SECOND_STORY, SECOND_NAME = "CANARY-STORY of the second", "CANARY-NAME of the second"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


@pytest.fixture
def other(cast: Cast) -> Report:
    """Taken on by the lead: it can lead the first."""
    other = cast.report(cast.draft(narrative=SECOND_STORY, identity={IdentityField.NAME: SECOND_NAME}))
    wanted = Handling(CaseStatus.ACCEPTED, Priority.NORMAL, Risk.LOW)
    with cast.units.writing() as unit:
        case_flow.handle(unit, cast.lead.actor, cast.lead.keys, other.case, wanted, 0)
    return other


def address(report: Report, more: str = "") -> str:
    return f"/staff/cases/{report.case.hex()}{more}"


def hidden(page: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, name
    return found[1]


def link(browser: Browser, report: Report, **form: str) -> TestResponse:
    page = browser.get(address(report, "/link"))
    return confirmed(browser, report, "/link", {"text": WHY} | form, page)


def confirmed(browser: Browser, report: Report, path: str, form: dict[str, str], page: TestResponse) -> TestResponse:
    """Sent, and once more where there were words of the other reporter to read first."""
    answer = browser.post(address(report, path), form, token=token_in(page))
    if answer.status_code != 200:
        return answer
    return browser.post(address(report, path), form | {"read": hidden(answer, "read")}, token=token_in(answer))


def merge(browser: Browser, report: Report, page: TestResponse | None = None, **form: str) -> TestResponse:
    page = page or browser.get(address(report, "/merge"))
    form = {"text": WHY, "told": TOLD, "revision": hidden(page, "revision")} | form
    return confirmed(browser, report, "/merge", form, page)


class TestLinkFormLadder(CaseLadder):
    path = "/staff/cases/{case}/link"
    action = Action.LINK_CASES


class TestLinkLadder(FormLadder):
    path = "/staff/cases/{case}/link"
    action = Action.LINK_CASES
    event = Event.CASE_LINKED
    form: ClassVar = {"choice": NO_CASE.hex(), "other": "", "text": WHY}
    keeps_what_was_typed = True


class TestEndLadder(FormLadder):
    path = "/staff/cases/{case}/links/" + "00" * 16
    action = Action.LINK_CASES
    event = Event.CASE_UNLINKED
    form: ClassVar = {}
    wrong_methods = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")


class TestMergeFormLadder(CaseLadder):
    path = "/staff/cases/{case}/merge"
    action = Action.MERGE_CASES


class TestMergeLadder(FormLadder):
    path = "/staff/cases/{case}/merge"
    action = Action.MERGE_CASES
    event = Event.CASE_MERGED
    form: ClassVar = {"choice": NO_CASE.hex(), "text": WHY, "told": TOLD, "revision": "0"}
    keeps_what_was_typed = True


class TestUnmergeLadder(FormLadder):
    path = "/staff/cases/{case}/unmerge"
    action = Action.MERGE_CASES
    event = Event.CASE_UNMERGED
    form: ClassVar = {"revision": "0"}
    wrong_methods = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")


# -- Linking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", [True, False])
def test_a_case_is_linked_by_its_reference_or_chosen(
    typed: bool, cast: Cast, signed_in: SignedIn, log: Log, report: Report, other: Report
) -> None:
    lead = signed_in(cast.lead)
    page = lead.get(address(report, "/link"))
    assert other.case.hex() in page.text
    assert report.case.hex() not in "".join(re.findall(r'<input[^>]*type="radio"[^>]*>', page.text))
    chosen = {"other": f" {other.reference.lower()} "} if typed else {"choice": other.case.hex()}
    answer = link(lead, report, **chosen)
    assert (answer.status_code, answer.location) == (303, address(report, "#related"))
    assert other.reference not in answer.location
    for here, there in ((report, other), (other, report)):
        page = lead.get(address(here))
        assert there.reference in page.text
        assert WHY.splitlines()[0] in page.text
    assert len(log.entries(Event.CASE_LINKED)) == 2


def test_whoever_holds_one_sees_nothing_of_a_link(
    cast: Cast, signed_in: SignedIn, report: Report, other: Report
) -> None:
    cast.assign(report)
    link(signed_in(cast.lead), report, other=other.reference)
    page = signed_in(cast.investigator).get(address(report) + "?lang=en")
    assert "None so far." in page.text
    for kept in ("A case that is not yours", other.reference, other.case.hex(), "CANARY-WHY", SECOND_STORY):
        assert kept not in page.text
    assert signed_in(cast.investigator).get(address(other)).status_code == 404


@pytest.mark.parametrize("between", ["", " "])
def test_a_reference_is_read_however_it_was_typed(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report, other: Report, between: str
) -> None:
    typed = other.reference.lower().replace("-", between)
    assert link(signed_in(cast.lead), report, other=typed).status_code == 303
    assert len(log.entries(Event.CASE_LINKED)) == 2


def test_a_reference_of_somebody_elses_case_is_answered_like_none(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    theirs = cast.report(cast.draft(channel=cast.fallback))
    lead = signed_in(cast.lead)
    answers = [link(lead, report, other=reference) for reference in (theirs.reference, "ZZZZ-ZZZZ")]
    assert [answer.status_code for answer in answers] == [400, 400]
    plain = [
        re.sub('(name="csrf_token" value=)"[^"]*"', "", answer.text).replace(reference, "")
        for answer, reference in zip(answers, (theirs.reference, "ZZZZ-ZZZZ"), strict=True)
    ]
    assert plain[0] == plain[1]
    assert 'href="#other"' in plain[0]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "other"),
        ({"choice": "bogus"}, "other"),
        ({"other": "the other", "text": " "}, "reason"),
        ({"other": "the other", "choice": "the case"}, "other"),
        ({"other": "the case"}, "other"),
    ],
    ids=["nothing", "no id", "no reason", "two", "itself"],
)
def test_what_is_missing_links_nothing_and_loses_nothing(
    form: dict[str, str], field: str, cast: Cast, signed_in: SignedIn, log: Log, report: Report, other: Report
) -> None:
    named = {"the other": other.reference, "the case": report.case.hex() if "choice" in form else report.reference}
    lead = signed_in(cast.lead)
    answer = link(lead, report, **{name: named.get(value, value) for name, value in form.items()})
    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert "bogus" not in answer.text
    if "text" not in form:
        assert WHY.splitlines()[1] in answer.text
    if form.get("other") == "the other":
        assert f'value="{other.reference}"' in answer.text
    assert not log.entries(Event.CASE_LINKED)


def test_two_are_not_linked_twice(cast: Cast, signed_in: SignedIn, log: Log, report: Report, other: Report) -> None:
    lead = signed_in(cast.lead)
    link(lead, report, other=other.reference)
    answer = link(lead, other, other=report.reference)
    assert answer.status_code == 409
    assert WHY.splitlines()[1] in answer.text
    assert len(log.entries(Event.CASE_LINKED)) == 2


def test_an_answer_from_what_a_reporter_sealed_is_entered_for_both_cases(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    cast.assign(report)
    kept = cast.report(cast.draft(excluded=[cast.investigator]))
    answer = link(signed_in(cast.lead), report, other=kept.reference)
    assert answer.status_code == 400
    assert 'href="#other"' in answer.text
    opened = {(entry["case"], entry["subject"]) for entry in log.entries(Event.CASE_OPENED)}
    assert {(case.case.hex(), Action.LINK_CASES.value) for case in (report, kept)} <= opened


@pytest.mark.parametrize("path", ["/link", "/merge"])
def test_the_words_of_both_reporters_are_read_before_it_is_done(
    path: str, cast: Cast, signed_in: SignedIn, log: Log
) -> None:
    here, there = (
        cast.report(replace(cast.draft(), excluded_words=words))
        for words in ("CANARY-WORDS here", "CANARY-WORDS there")
    )
    with cast.units.writing() as unit:
        accepted = Handling(CaseStatus.ACCEPTED, Priority.NORMAL, Risk.LOW)
        case_flow.handle(unit, cast.lead.actor, cast.lead.keys, there.case, accepted, 0)
    lead = signed_in(cast.lead)
    page = lead.get(address(here, f"{path}?lang=en"))
    assert "CANARY-WORDS here" in page.text
    assert "CANARY-WORDS there" not in page.text
    form = {"text": WHY, "told": TOLD, "other": there.reference, "revision": "0"}
    entered = len(log.entries(Event.CASE_OPENED))
    step = lead.post(address(here, f"{path}?lang=en"), form, token=token_in(page))
    assert step.status_code == 200
    assert "Nothing is done yet" in step.text
    for words in ("CANARY-WORDS here", "CANARY-WORDS there", WHY.splitlines()[1], there.reference):
        assert words in step.text
    main = step.text.partition("<main")[2]
    assert main.index("Read this first") < main.index("<h1")
    assert re.search(r'notification-banner" role="alert" tabindex="-1" autofocus', step.text)
    assert "<title>Read this first: " in step.text
    assert "I have read it: " in main
    assert "I have read it: " not in page.text
    opened = log.entries(Event.CASE_OPENED)[entered:]
    assert [entry["case"] for entry in opened] == [there.case.hex(), here.case.hex()]
    assert not log.entries(Event.CASE_LINKED)
    assert not log.entries(Event.CASE_MERGED)
    of_another = form | {"read": here.case.hex()}
    assert lead.post(address(here, path), of_another, token=token_in(step)).status_code == 200
    done = lead.post(address(here, path), form | {"read": hidden(step, "read")}, token=token_in(step))
    assert done.status_code == 303
    assert len(log.entries(Event.CASE_LINKED if path == "/link" else Event.CASE_MERGED)) == 2


def test_a_link_is_taken_out(cast: Cast, signed_in: SignedIn, log: Log, report: Report, other: Report) -> None:
    lead = signed_in(cast.lead)
    link(lead, report, other=other.reference)
    page = lead.get(address(report))
    action = re.search(r'action="([^"]*/links/[0-9a-f]{32})"', page.text)
    assert action
    for _time in range(2):
        assert lead.post(action[1], {}, token=token_in(page)).status_code == 303
    for here, there in ((report, other), (other, report)):
        assert there.reference not in lead.get(address(here)).text
    assert len(log.entries(Event.CASE_UNLINKED)) == 2


# -- Merging ---------------------------------------------------------------------------------------------------------


def test_a_duplicate_is_merged_and_taken_out_again(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report, other: Report
) -> None:
    lead = signed_in(cast.lead)
    assert merge(lead, report, other=other.reference).status_code == 303
    page = lead.get(address(report) + "?lang=en")
    assert "Merged" in page.text
    assert "/unmerge" in page.text
    assert "/merge" not in page.text
    assert lead.get(address(report, "/merge")).status_code == 303
    assert report.reference in lead.get("/staff/cases?status=merged").text
    form = {"revision": hidden(page, "revision")}
    assert lead.post(address(report, "/unmerge"), form, token=token_in(page)).status_code == 303
    assert other.reference not in lead.get(address(report)).text
    late = lead.post(address(report, "/unmerge"), form, token=token_in(page))
    assert (late.status_code, late.location) == (303, address(report, "#related"))
    assert (len(log.entries(Event.CASE_MERGED)), len(log.entries(Event.CASE_UNMERGED))) == (2, 2)


def test_the_reporter_reads_the_message_and_nothing_of_the_other(
    cast: Cast, signed_in: SignedIn, browser: Browser, report: Report, other: Report
) -> None:
    merge(signed_in(cast.lead), report, other=other.reference)
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    mailbox = browser.get("/en/inbox/case").text
    assert TOLD in mailbox
    assert "Somebody is looking into it." in mailbox
    for kept in (other.reference, SECOND_STORY, SECOND_NAME, "CANARY-WHY", "Merged", "merged"):
        assert kept not in mailbox


@pytest.mark.parametrize("language", list(Locale))
def test_the_message_is_begun_in_the_reporters_language_and_does_not_say_that_there_is_another(
    language: Locale, cast: Cast, signed_in: SignedIn
) -> None:
    """Whoever is accused sends a thin report, and would read from it that somebody else sent one."""
    page = signed_in(cast.lead).get(address(cast.report(replace(cast.draft(), locale=language)), "/merge"))
    begun = re.search(r'<textarea[^>]*id="told"[^>]*>([^<]*)<', page.text)
    assert begun
    assert (
        begun[1]
        .strip()
        .startswith({Locale.THAI: "มีคนตรวจสอบเรื่องของคุณอยู่", Locale.ENGLISH: "Somebody is looking into"}[language])
    )
    for word in ("other", "together", " own", "also", "อื่น", "อีก", "พร้อมกับ", "เกี่ยวข้อง", "ร่วม", "คนเดียว"):
        assert word not in begun[1]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"other": "ZZZZ-ZZZZ"}, 400),
        ({"text": ""}, 400),
        ({"told": "x" * 10_001}, 400),
        ({"revision": "77"}, 409),
        ({"revision": "x"}, 400),
        ({"other": "AB\x00CD"}, 400),
    ],
)
def test_what_merges_nothing_loses_nothing(
    form: dict[str, str], status: int, cast: Cast, signed_in: SignedIn, log: Log, report: Report, other: Report
) -> None:
    answer = merge(signed_in(cast.lead), report, **({"other": other.reference} | form))
    assert answer.status_code == status
    kept = {"text": WHY.splitlines()[1], "told": TOLD}
    for name, words in kept.items():
        assert name in form or words in answer.text
    assert not log.entries(Event.CASE_MERGED)


def test_a_case_that_was_not_taken_on_cannot_lead(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    new = cast.report()
    lead = signed_in(cast.lead)
    assert new.case.hex() not in lead.get(address(report, "/merge")).text
    answer = merge(lead, report, choice=new.case.hex())
    assert answer.status_code == 400
    assert (
        "Accept it first"
        in lead.post(
            address(report, "/merge?lang=en"),
            {"text": WHY, "choice": new.case.hex(), "revision": hidden(answer, "revision")},
            token=token_in(answer),
        ).text
    )


def test_of_two_who_decide_at_once_the_second_loses_no_word(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report, other: Report
) -> None:
    lead, triage = signed_in(cast.lead), signed_in(cast.triage)
    first, second = lead.get(address(report, "/merge")), triage.get(address(report, "/merge"))
    assert merge(lead, report, first, other=other.reference).status_code == 303
    late = merge(triage, report, second, other=other.reference)
    assert late.status_code == 409
    for words in (WHY.splitlines()[1], TOLD):
        assert words in late.text
    assert len(log.entries(Event.CASE_MERGED)) == 2


@pytest.mark.parametrize("revision", ["", "x", "7" * 5_000, "๑"])
def test_a_form_that_names_no_revision_takes_nothing_out(
    revision: str, cast: Cast, signed_in: SignedIn, log: Log, report: Report, other: Report
) -> None:
    lead = signed_in(cast.lead)
    merge(lead, report, other=other.reference)
    answer = lead.post(address(report, "/unmerge"), {"revision": revision}, token=token_in(lead.get(address(report))))
    assert (answer.status_code, answer.location) == (303, address(report, "#related"))
    assert not log.entries(Event.CASE_UNMERGED)


# -- Closing duplicates with the case that leads ---------------------------------------------------------------------


def close(browser: Browser, report: Report, page: TestResponse, duplicate: Report, **form: str) -> TestResponse:
    name = f"with-{duplicate.case.hex()}"
    form = {
        "revision": hidden(page, "revision"),
        "outcome": "substantiated",
        "findings": FINDINGS,
        "feedback": FEEDBACK,
        f"{name}-revision": hidden(page, f"{name}-revision"),
        f"{name}-findings": "CANARY-FINDINGS of the duplicate",
        f"{name}-feedback": "CANARY-FEEDBACK of the duplicate",
    } | {key.replace("with-", f"{name}-"): value for key, value in form.items()}
    return browser.post(address(report, "/close"), form, token=token_in(page))


@pytest.fixture
def lead(cast: Cast, signed_in: SignedIn, report: Report, other: Report) -> Browser:
    """The first is merged with the other."""
    lead = signed_in(cast.lead)
    assert merge(lead, report, other=other.reference).status_code == 303
    return lead


def test_both_are_closed_and_each_reporter_reads_their_own(
    lead: Browser, browser: Browser, log: Log, report: Report, other: Report
) -> None:
    assert report.reference in lead.get(address(other, "/close")).text
    page = lead.get(address(other, "/close?outcome=substantiated&lang=en"))
    begun = re.findall(r'<textarea[^>]*id="(?:with-[0-9a-f]+-)?feedback"[^>]*>([^<]*)<', page.text)
    assert len(begun) == 2
    assert begun[0] == begun[1]
    assert begun[0].strip().startswith("ขอบคุณ")
    assert close(lead, other, page, report).status_code == 303
    assert len(log.entries(Event.CASE_CLOSED)) == 2
    for here, feedback, never in (
        (report, "CANARY-FEEDBACK of the duplicate", FEEDBACK),
        (other, FEEDBACK, "CANARY-FEEDBACK of the duplicate"),
    ):
        assert "/reopen" in lead.get(address(here)).text
        browser.post("/th/inbox", {"code": here.receipt.grouped()})
        mailbox = browser.get("/th/inbox/case").text
        assert feedback in mailbox
        assert never not in mailbox
        browser.post("/th/inbox/leave")
        browser.client.delete_cookie("__Host-inbox", domain="report.example.org")


def test_what_is_missing_of_the_duplicate_closes_neither(
    lead: Browser, log: Log, report: Report, other: Report
) -> None:
    page = lead.get(address(other, "/close?outcome=substantiated"))
    answer = close(lead, other, page, report, **{"with-feedback": " "})
    assert answer.status_code == 400
    assert f'href="#with-{report.case.hex()}-feedback">{report.reference}: ' in answer.text
    for words in (FINDINGS, FEEDBACK, "CANARY-FINDINGS of the duplicate"):
        assert words in answer.text
    assert not log.entries(Event.CASE_CLOSED)


def test_a_text_for_the_duplicate_that_is_only_begun_closes_neither(
    lead: Browser, log: Log, report: Report, other: Report
) -> None:
    page = lead.get(address(other, "/close?outcome=partly-substantiated&lang=en"))
    assert "Close these 2 cases" in page.text
    begun = suggested(Outcome.PARTLY, Locale.THAI)
    answer = close(lead, other, page, report, outcome="partly-substantiated", **{"with-feedback": begun})
    assert answer.status_code == 400
    assert f'href="#with-{report.case.hex()}-feedback"' in answer.text
    assert 'href="#feedback"' not in answer.text
    assert gaps_left(begun)[0] in answer.text
    assert FEEDBACK in answer.text
    assert not log.entries(Event.CASE_CLOSED)


def test_a_duplicate_that_is_taken_out_meanwhile_is_not_closed_and_its_words_stay(
    cast: Cast, signed_in: SignedIn, lead: Browser, log: Log, report: Report, other: Report
) -> None:
    page = lead.get(address(other, "/close?outcome=substantiated"))
    triage = signed_in(cast.triage)
    theirs = triage.get(address(report))
    form = {"revision": hidden(theirs, "revision")}
    assert triage.post(address(report, "/unmerge"), form, token=token_in(theirs)).status_code == 303
    late = close(lead, other, page, report)
    assert late.status_code == 409
    for words in (FINDINGS, FEEDBACK, "CANARY-FINDINGS of the duplicate", "CANARY-FEEDBACK of the duplicate"):
        assert words in late.text
    assert f"with-{report.case.hex()}" not in late.text
    assert not log.entries(Event.CASE_CLOSED)


def test_what_was_typed_outlives_the_session(browser: Browser, report: Report, other: Report) -> None:
    name = f"with-{report.case.hex()}"
    form = {
        "outcome": "referred",
        "findings": FINDINGS,
        "feedback": FEEDBACK,
        "revision": "7",
        f"{name}-revision": "9",
        f"{name}-findings": "CANARY-FINDINGS of the duplicate",
        f"{name}-feedback": "CANARY-FEEDBACK of the duplicate",
    }
    answer = browser.post(address(other, "/close"), form)
    assert answer.status_code == 403
    for kept in (FINDINGS, FEEDBACK, "CANARY-FINDINGS of the duplicate", "CANARY-FEEDBACK of the duplicate"):
        assert kept in answer.text
    assert f'name="{name}-revision" value="9"' in answer.text
    for more, typed in (("/link", {}), ("/merge", {"told": TOLD, "revision": "7"})):
        again = browser.post(address(report, more), {"text": WHY, "other": "ABCD-EFGH", "choice": ""} | typed)
        assert again.status_code == 403
        for kept in (WHY.splitlines()[1], 'name="other" value="ABCD-EFGH"', *typed.values()):
            assert kept in again.text


def test_one_that_is_not_the_closers_is_counted_and_left(
    cast: Cast, signed_in: SignedIn, report: Report, other: Report
) -> None:
    cast.assign(other)
    merge(signed_in(cast.lead), report, other=other.reference)
    investigator = signed_in(cast.investigator)
    page = investigator.get(address(other, "/close?outcome=substantiated&lang=en"))
    assert "1 merged case is not yours" in page.text
    assert report.reference not in page.text
    assert f"with-{report.case.hex()}" not in page.text


def test_a_copy_of_a_case_says_that_it_is_merged_and_names_no_other(
    lead: Browser, report: Report, other: Report
) -> None:
    page = lead.get(address(report, "/export"))
    answer = lead.post(address(report, "/export?lang=en"), {"once": hidden(page, "once")}, token=token_in(page))
    copy = ZipFile(BytesIO(answer.data)).read("case.html").decode()
    assert "Looked into together with another case" in copy
    for kept in (other.reference, "CANARY-WHY", SECOND_STORY):
        assert kept not in copy
