"""Reaching a case, writing in it, and the list it is found on. Without a grant there is no case."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from complaints.errors import DomainError, Invalid, NotFound, Refused
from complaints.services import assignment, bulk_closing, case_reading, caseload, casework, uploads
from complaints.services.caseload import CasePage, Counts, Cursor, View
from complaints.services.casework import MESSAGE_LIMIT
from complaints.vocabulary import CaseStatus, Event
from tests.cast import Person, Report
from tests.stage import CANNOT_WRITE, EVIDENCE, SECOND_DAY, Stage
from tests.waiting import until_it_waits

NOWHERE = bytes(16)


def open_file(stage: Stage, person: Person, file: bytes, report: Report | None = None) -> bytes:
    with stage.units.writing() as unit:
        opened = casework.open_file(unit, person.actor, person.keys, (report or stage.assigned).case, file)
    return b"".join(uploads.stream_file(stage.units, opened.id, opened.key, opened.length))


# -- Reaching it -----------------------------------------------------------------------------------------------------

STEPS: dict[str, Callable[[Stage, Person, Report], object]] = {
    "read": lambda stage, person, report: stage.read(person, report),
    "reply": lambda stage, person, report: stage.reply(person, "hello", report),
    "note": lambda stage, person, report: stage.note(person, "hello", report),
    "file": lambda stage, person, report: open_file(stage, person, stage.file.id, report),
    "identity": lambda stage, person, report: stage.open_identity(person, report),
}


def not_found(stage: Stage, step: str, person: Person, report: Report) -> DomainError:
    before = stage.contents()
    with pytest.raises(NotFound) as caught:
        STEPS[step](stage, person, report)
    assert stage.contents() == before
    return caught.value


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("who", ["unassigned", "triage", "other_lead", "administrator", "custodian", "auditor"])
def test_whoever_has_no_grant_finds_no_case(stage: Stage, step: str, who: str) -> None:
    """The answer is the one for a case that is not there, to the letter; and the attempt is to be entered."""
    person: Person = getattr(stage.cast, who)
    there = not_found(stage, step, person, stage.assigned)
    absent = not_found(stage, step, person, Report(NOWHERE, stage.assigned.receipt, ""))
    assert str(there) == str(absent)
    assert there.failure is not None
    assert absent.failure is not None
    assert there.failure.event is absent.failure.event is Event.DENIED
    subjects = [failure.fields.pop("subject") for failure in (there.failure, absent.failure)]
    assert subjects == [f"case:{stage.assigned.case.hex()}", f"case:{NOWHERE.hex()}"]
    assert there.failure.fields == absent.failure.fields
    assert there.failure.fields["actor"] == person.account.hex()


def test_somebody_elses_keys_open_nothing(stage: Stage) -> None:
    """As when a session were mixed up with another: the grant is found and does not open."""
    actor, keys = stage.cast.investigator.actor, stage.cast.lead.keys
    with pytest.raises(Refused), stage.units.writing() as unit:
        case_reading.read_case(unit, actor, keys, stage.assigned.case)


def test_reading_is_entered_once_each_time(stage: Stage) -> None:
    stage.read(stage.cast.investigator)  # what is new to them is marked as read by this
    before = len(stage.entries(Event.CASE_OPENED))
    stage.read(stage.cast.investigator)
    entry = stage.entries(Event.CASE_OPENED)[-1]
    assert len(stage.entries(Event.CASE_OPENED)) == before + 1
    assert entry == {
        "event": "case.opened",
        "day": SECOND_DAY.isoformat(),
        "time": "2026-03-03T03:30Z",
        "actor": stage.cast.investigator.account.hex(),
        "role": "investigator",
        "pseudonym": "2",
        "case": stage.assigned.case.hex(),
        "channel": stage.cast.channel.hex(),
    }


@pytest.mark.parametrize("step", STEPS)
def test_nothing_leaves_when_the_log_cannot_take_the_entry(stage: Stage, step: str) -> None:
    stage.attacker.run("UPDATE log_checkpoint SET note = 'forged' WHERE size = (SELECT max(size) FROM log_checkpoint)")
    before, left = stage.contents(), []
    with pytest.raises(Refused):
        left.append(STEPS[step](stage, stage.cast.lead, stage.assigned))
    assert left == []
    assert stage.contents() == before


def test_a_unit_that_cannot_write_opens_nothing(stage: Stage) -> None:
    lead = stage.cast.lead
    with stage.units.reading() as unit, pytest.raises(CANNOT_WRITE):
        case_reading.read_case(unit, lead.actor, lead.keys, stage.waiting.case)
    with stage.units.reading() as unit, pytest.raises(CANNOT_WRITE):
        casework.open_file(unit, lead.actor, lead.keys, stage.assigned.case, stage.file.id)


def test_what_is_opened_is_in_no_repr(stage: Stage) -> None:
    assert "CANARY" not in repr(stage.read(stage.cast.lead))


def test_the_first_opening_begins_the_triage(stage: Stage) -> None:
    assert stage.read(stage.cast.triage, stage.waiting).status is CaseStatus.TRIAGE
    for person in (stage.cast.lead, stage.cast.triage):
        with stage.units.reading() as unit:
            assert caseload.find_line(unit, person.actor, stage.waiting.case).status is CaseStatus.TRIAGE
    assert stage.findings() == []


def test_holders_are_shown_with_what_they_hold_and_from_whom(stage: Stage) -> None:
    opened = stage.read(stage.cast.second_investigator)
    told = [(h.name, sorted(h.compartments), h.from_name, h.since) for h in opened.holders]
    everything = ["identity", "internal", "report"]
    assert told == [
        ("Lead", everything, "Lead", SECOND_DAY),
        ("Investigator", everything, "Lead", SECOND_DAY),
        ("Second Investigator", ["internal", "report"], "Lead", SECOND_DAY),
    ]
    assert {h.from_name for h in stage.read(stage.cast.lead, stage.waiting).holders} == {None}


# -- Writing in it ---------------------------------------------------------------------------------------------------


def test_a_reply_reaches_the_reporter_and_a_note_does_not(stage: Stage) -> None:
    stage.reply(stage.cast.second_investigator, "to you")
    stage.note(stage.cast.second_investigator, "among us")
    assert stage.open_mailbox().messages[-1].text == "to you"
    opened = stage.read(stage.cast.lead)
    assert (opened.messages[-1].text, opened.messages[-1].author_name) == ("to you", "Second Investigator")
    assert (opened.notes[-1].text, opened.notes[-1].author_name) == ("among us", "Second Investigator")
    assert not opened.messages[-1].from_reporter
    assert stage.findings() == []


def test_the_log_holds_the_digest_of_what_was_written(stage: Stage) -> None:
    stage.note(stage.cast.lead, "among us")
    writes = stage.entries(Event.NOTE_WRITTEN)[-1]["writes"] or ""
    kind, record, revision, digest = writes.split(":")
    assert (kind, revision, len(digest)) == ("record", "1", len(hashlib.sha256().hexdigest()))
    assert stage.attacker.rows("SELECT kind FROM record WHERE id = ?", bytes.fromhex(record)) == [("note",)]


WRITES = pytest.mark.parametrize("write", [Stage.reply, Stage.note])


@WRITES
@pytest.mark.parametrize(
    ("text", "problem"), [("", "missing"), (" \n", "missing"), ("x" * (MESSAGE_LIMIT + 1), "too-long")]
)
def test_words_that_cannot_be_taken(
    stage: Stage, write: Callable[[Stage, Person, str], None], text: str, problem: str
) -> None:
    before = stage.contents()
    with pytest.raises(Invalid) as error:
        write(stage, stage.cast.lead, text)
    assert error.value.problems == {"text": problem}
    assert stage.contents() == before


@WRITES
def test_words_as_long_as_can_be(stage: Stage, write: Callable[[Stage, Person, str], None]) -> None:
    write(stage, stage.cast.lead, "ก" * MESSAGE_LIMIT)
    assert stage.read(stage.cast.lead).problems == ()


def line_of(stage: Stage, person: Person) -> caseload.CaseLine:
    with stage.units.reading() as unit:
        return caseload.find_line(unit, person.actor, stage.assigned.case)


@WRITES
def test_what_is_written_is_unread_for_everybody_but_its_writer(
    stage: Stage, write: Callable[[Stage, Person, str], None]
) -> None:
    cast = stage.cast
    for person in (cast.lead, cast.investigator, cast.second_investigator):
        stage.read(person)
        assert not line_of(stage, person).unread
    write(stage, cast.investigator, "news")
    unread = [line_of(stage, person).unread for person in (cast.lead, cast.investigator, cast.second_investigator)]
    assert unread == [True, False, True]


def test_eight_hands_writing_at_once(stage: Stage) -> None:
    """Every note is there once, each under a number of its own."""
    people = [stage.cast.lead, stage.cast.investigator, stage.cast.second_investigator, stage.cast.lead] * 2
    texts = [f"note {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as hands:
        list(hands.map(stage.note, people, texts))
    opened = stage.read(stage.cast.lead)
    assert sorted(line.text for line in opened.notes[2:]) == texts
    assert opened.problems == ()
    assert stage.findings() == []


def test_two_readers_first_openings_at_once(stage: Stage) -> None:
    """Each is given a number of their own by which the reporter knows them."""
    people = [stage.cast.lead, stage.cast.triage] * 3
    with ThreadPoolExecutor(6) as hands:
        list(hands.map(lambda person: stage.read(person, stage.waiting), people))
    rows = stage.attacker.rows("SELECT number, account_id FROM pseudonym WHERE case_id = ?", stage.waiting.case)
    assert sorted(number for number, _ in rows) == [1, 2]
    assert {account for _, account in rows} == {stage.cast.lead.account, stage.cast.triage.account}


@pytest.mark.parametrize("decision", ["closed", "investigating"])
def test_whoever_opens_it_first_undoes_no_decision_of_that_moment(stage: Stage, decision: str) -> None:
    """They have a number in the case already, so nothing else in their opening waits for whoever decides."""
    cast, report = stage.cast, stage.waiting
    for person in (cast.lead, cast.triage):
        with stage.units.writing() as unit:
            bulk_closing.beginnings(unit, person.actor, person.keys)
    lead = (cast.lead.actor, cast.lead.keys)
    with ThreadPoolExecutor(1) as hands:
        with stage.units.writing() as unit:
            if decision == "closed":
                bulk_closing.close(unit, *lead, report.case, reason="junk", feedback="kind words", revision=0)
            else:
                assignment.assign(unit, *lead, cast.lead.identity_key, report.case, {cast.triage.account: False}, 1)
            opening = hands.submit(stage.read, cast.triage, report)
            until_it_waits(stage.attacker.url, opening)
        assert opening.result().status == decision
    assert stage.read(cast.lead, report).status == decision
    assert stage.findings() == []


# -- Files -----------------------------------------------------------------------------------------------------------


def test_a_file_is_opened_and_entered(stage: Stage) -> None:
    assert open_file(stage, stage.cast.second_investigator, stage.file.id) == EVIDENCE
    entry = stage.entries(Event.FILE_OPENED)[-1]
    assert entry["subject"] == f"file:{stage.file.id.hex()}"
    assert entry["actor"] == stage.cast.second_investigator.account.hex()


def test_a_file_of_another_case_is_not_there(stage: Stage) -> None:
    before = stage.contents()
    for file in (stage.other_file.id, NOWHERE):
        with pytest.raises(NotFound):
            open_file(stage, stage.cast.lead, file)
    assert stage.contents() == before


def test_a_note_is_no_file(stage: Stage) -> None:
    note = stage.attacker.value("SELECT id FROM record WHERE kind = 'note' ORDER BY number LIMIT 1")
    with pytest.raises(NotFound):
        open_file(stage, stage.cast.lead, note)


# -- The list --------------------------------------------------------------------------------------------------------


def page(
    stage: Stage,
    person: Person | None = None,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    status: CaseStatus | None = None,
) -> CasePage:
    with stage.units.reading() as unit:
        actor = (person or stage.cast.lead).actor
        return caseload.list_cases(unit, actor, View(status=status), after=after, before=before, size=2)


def counts_of(stage: Stage, person: Person) -> Counts:
    with stage.units.reading() as unit:
        return caseload.count_cases(unit, person.actor)


def ids(found: CasePage) -> list[bytes]:
    return [line.id for line in found.lines]


def more_reports(stage: Stage, *days: date) -> list[bytes]:
    """Every case of the lead's after these have come in: the newest day first, and within a day by id."""
    for day in days:
        stage.calendar.day = day
        stage.cast.report()
    stage.calendar.day = SECOND_DAY
    rows = stage.attacker.rows("SELECT received, id FROM cases")
    return [case for _, case in sorted(rows, reverse=True)]


def test_pages_of_equal_days_lose_nothing_and_repeat_nothing(stage: Stage) -> None:
    expected = more_reports(stage, *[SECOND_DAY] * 5)
    seen, cursor = [], None
    while True:
        found = page(stage, after=cursor)
        seen += ids(found)
        cursor = found.onward
        if cursor is None:
            break
    assert seen == expected
    assert len(seen) == 7


def test_the_way_back_is_the_way_there(stage: Stage) -> None:
    more_reports(stage, SECOND_DAY, date(2026, 3, 1), SECOND_DAY, date(2026, 2, 1))
    there = [page(stage)]
    while there[-1].onward is not None:
        there.append(page(stage, after=there[-1].onward))
    back = [there[-1]]
    while back[-1].back is not None:
        back.append(page(stage, before=back[-1].back))
    assert [ids(found) for found in reversed(back)] == [ids(found) for found in there]
    assert len(there) == 3
    assert there[0].back is None


def test_a_page_of_one_status(stage: Stage) -> None:
    more_reports(stage, SECOND_DAY)
    assert ids(page(stage, status=CaseStatus.INVESTIGATING)) == [stage.assigned.case]
    assert stage.waiting.case in ids(page(stage, status=CaseStatus.NEW))
    assert ids(page(stage, status=CaseStatus.TRIAGE)) == []
    counts = dict.fromkeys(CaseStatus, 0) | {CaseStatus.NEW: 2, CaseStatus.INVESTIGATING: 1}
    assert counts_of(stage, stage.cast.lead).by_status == counts


def test_each_reader_has_their_own_list(stage: Stage) -> None:
    cast = stage.cast
    assert set(ids(page(stage))) == {stage.assigned.case, stage.waiting.case}
    assert ids(page(stage, cast.triage)) == [stage.waiting.case]
    assert ids(page(stage, cast.investigator)) == [stage.assigned.case]
    for person in (cast.unassigned, cast.other_lead, cast.administrator):
        found = page(stage, person)
        assert (ids(found), found.onward, found.back) == ([], None, None)
        assert sum(counts_of(stage, person).by_status.values()) == 0


def test_a_line_of_somebody_elses_list_is_not_there(stage: Stage) -> None:
    for person, case in ((stage.cast.unassigned, stage.assigned.case), (stage.cast.lead, NOWHERE)):
        with stage.units.reading() as unit, pytest.raises(NotFound) as error:
            caseload.find_line(unit, person.actor, case)
        assert error.value.failure is not None


def test_a_line_is_overdue_the_day_after_it_was_due(stage: Stage) -> None:
    due = line_of(stage, stage.cast.lead).due
    for day, overdue in ((due, False), (date.fromordinal(due.toordinal() + 1), True)):
        stage.calendar.day = day
        assert line_of(stage, stage.cast.lead).overdue is overdue


def test_a_cursor_comes_back_as_it_went(stage: Stage) -> None:
    cursor = Cursor(SECOND_DAY, stage.assigned.case)
    assert Cursor.parse(cursor.text()) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "20260303",
        "20260303-",
        "2026-03-03-AAAA",
        "20261303-AAAAAAAAAAAAAAAAAAAAAA",
        "20260303-!!!!",
        "20260303-AAA=",
        "x" * 500,
    ],
)
def test_a_cursor_that_nobody_made_begins_at_the_start(text: str) -> None:
    assert Cursor.parse(text) is None
