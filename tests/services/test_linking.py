"""Two cases are said to belong together: who sees what of it, and what somebody makes of it who can write to the database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from complaints.errors import Conflict, Denied, Invalid, NotFound
from complaints.policy import Action
from complaints.services import assignment, linking, own_labels, search
from complaints.services.case_links import RelatedLine
from complaints.services.own_labels import OwnMark
from complaints.vocabulary import CaseStatus, Event, Tie
from tests.cast import Person, Report
from tests.services.rehearsing import sent
from tests.services.test_assignment import assign
from tests.services.test_departures import recuse
from tests.services.test_moving import move
from tests.services.test_replacement import replace as replace_person
from tests.stage import Stage

WHY = "CANARY-WHY the same pump"


def link(
    stage: Stage,
    *,
    by: Person | None = None,
    this: Report | None = None,
    other: bytes | None = b"",
    text: str = WHY,
    read: bytes | None = b"",
) -> str:
    person = by or stage.cast.lead
    chosen = stage.waiting.case if other == b"" else other
    with stage.units.writing() as unit:
        return linking.link(
            unit,
            person.actor,
            person.keys,
            (this or stage.assigned).case,
            chosen,
            text,
            chosen if read == b"" else read,
        )


def end(stage: Stage, line: RelatedLine, *, by: Person | None = None, this: Report | None = None) -> None:
    person = by or stage.cast.lead
    with stage.units.writing() as unit:
        linking.end(unit, person.actor, person.keys, (this or stage.assigned).case, line.link)


def related(stage: Stage, person: Person, report: Report | None = None) -> tuple[RelatedLine, ...]:
    opened = stage.read(person, report)
    assert opened.problems == ()
    return opened.related


def test_whoever_holds_both_sees_which_and_why_from_either_side(stage: Stage) -> None:
    assert link(stage) == stage.waiting.reference
    for here, there in ((stage.assigned, stage.waiting), (stage.waiting, stage.assigned)):
        (line,) = related(stage, stage.cast.lead, here)
        assert line.other is not None
        assert (line.other.reference, line.tie, line.text) == (there.reference, Tie.RELATED, WHY)
        assert (line.author_name, line.day) == ("Lead", stage.calendar.day)
    assert stage.findings() == []


def test_whoever_holds_one_learns_nothing_of_it(stage: Stage) -> None:
    link(stage)
    assert related(stage, stage.cast.investigator) == ()
    with pytest.raises(NotFound):
        stage.read(stage.cast.investigator, stage.waiting)


def excluding(stage: Stage) -> Report:
    """A report whose reporter excluded somebody, linked with the assigned one, which that person does not hold."""
    kept = stage.cast.report(stage.cast.draft(excluded=[stage.cast.unassigned]))
    link(stage, other=kept.case)
    return kept


def test_whom_the_reporter_of_either_excluded_is_given_neither_by_whoever_holds_both(stage: Stage) -> None:
    cast = stage.cast
    kept = excluding(stage)
    with pytest.raises(Denied):
        assign(stage, {cast.unassigned: False}, report=stage.assigned, epoch=2)
    with stage.units.writing() as unit:
        known = assignment.plan(unit, cast.lead.actor, cast.lead.keys, stage.assigned.case).candidates
    assert [person.name for person in known if person.barred_beside] == ["Unassigned"]
    opened = [entry for entry in stage.entries(Event.CASE_OPENED) if entry.get("subject") == "assignment"]
    assert kept.case.hex() in {entry["case"] for entry in opened}
    replaced = replace_person(stage, cast.investigator, cast.unassigned)
    assert (replaced.done, replaced.refused) == ((), (stage.assigned.reference,))
    (line,) = related(stage, cast.lead)
    end(stage, line)
    assign(stage, {cast.unassigned: False}, report=stage.assigned, epoch=2)


def test_whoever_read_of_it_before_keeps_what_they_hold(stage: Stage) -> None:
    """Given the case by somebody who does not hold the other: they are not shut out in passing, by whoever holds both."""
    cast = stage.cast
    kept = excluding(stage)
    own = "FROM caseload WHERE case_id = ? AND account_id = ?", kept.case, cast.lead.account
    (line,) = stage.attacker.rows(f"SELECT * {own[0]}", *own[1:])
    stage.attacker.run(f"DELETE {own[0]}", *own[1:])  # without a line the other case is none of the lead's
    assign(stage, {cast.unassigned: False}, report=stage.assigned, epoch=2)
    assert related(stage, cast.unassigned) == ()
    stage.attacker.insert("caseload", line)
    with stage.units.writing() as unit:
        known = assignment.plan(unit, cast.lead.actor, cast.lead.keys, stage.assigned.case).candidates
    assert [(person.name, person.can_be_assigned) for person in known if person.excluded_beside] == [
        ("Unassigned", True)
    ]


def test_it_gives_nobody_a_key_and_the_reporter_nothing_to_see(stage: Stage) -> None:
    before = stage.attacker.rows("SELECT * FROM grants"), stage.open_mailbox(), stage.open_mailbox(stage.waiting)
    link(stage)
    assert before == (
        stage.attacker.rows("SELECT * FROM grants"),
        stage.open_mailbox(),
        stage.open_mailbox(stage.waiting),
    )


def test_the_readers_own_label_stands_beside_it_for_them_alone(stage: Stage) -> None:
    lead = stage.cast.lead
    link(stage)
    with stage.units.writing() as unit:
        own_labels.mark(unit, lead.actor, lead.keys, stage.waiting.case, OwnMark(mine=False, label="CANARY-LABEL"))
    (line,) = related(stage, lead)
    assert line.label == "CANARY-LABEL"
    assign(stage, {stage.cast.investigator: False}, report=stage.waiting)
    (theirs,) = related(stage, stage.cast.investigator)
    assert theirs.other is not None
    assert (theirs.label, theirs.text) == ("", WHY)


def test_each_case_has_an_entry_that_does_not_name_the_other(stage: Stage) -> None:
    link(stage)
    entries = stage.entries(Event.CASE_LINKED)
    assert {entry["case"] for entry in entries} == {stage.assigned.case.hex(), stage.waiting.case.hex()}
    for entry, other in zip(entries, (stage.waiting, stage.assigned), strict=True):
        assert other.case.hex() not in " ".join(filter(None, entry.values()))
        assert other.reference not in " ".join(filter(None, entry.values()))


def test_nothing_of_it_is_stored_in_clear(stage: Stage) -> None:
    link(stage)
    assert "CANARY-WHY" not in repr(stage.contents())
    values = stage.attacker.rows(
        "SELECT value FROM sealed_field JOIN record ON record.id = record_id WHERE kind = 'link'"
    )
    assert len(values) == 8
    for (value,) in values:
        assert stage.assigned.case not in bytes(value)
        assert stage.waiting.case not in bytes(value)


def test_taken_out_it_is_gone_from_both_sides_and_can_be_said_again(stage: Stage) -> None:
    link(stage)
    end(stage, *related(stage, stage.cast.lead, stage.waiting), this=stage.waiting)
    for report in (stage.assigned, stage.waiting):
        assert related(stage, stage.cast.lead, report) == ()
    assert len(stage.entries(Event.CASE_UNLINKED)) == 2
    link(stage)
    assert len(related(stage, stage.cast.lead)) == 1
    assert stage.findings() == []


def test_whoever_holds_one_does_not_take_it_out(stage: Stage) -> None:
    """They do not see it; they may still have the page from when they did."""
    investigator, lead = stage.cast.investigator, stage.cast.lead
    link(stage)
    with pytest.raises(Conflict):
        end(stage, *related(stage, lead), by=investigator)
    assert [len(related(stage, lead, report)) for report in (stage.assigned, stage.waiting)] == [1, 1]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"other": None}, {"other": "unknown"}),
        ({"other": bytes(16)}, {"other": "unknown"}),
        ({"text": " \n"}, {"text": "missing"}),
        ({"text": "x" * 2_001}, {"text": "too-long"}),
        ({"other": None, "text": ""}, {"other": "unknown", "text": "missing"}),
    ],
    ids=["no case", "none such", "no reason", "too long", "both"],
)
def test_what_cannot_be_linked(stage: Stage, changed: dict[str, object], problem: dict[str, str]) -> None:
    before = stage.contents()
    with pytest.raises(Invalid) as raised:
        link(stage, **changed)  # type: ignore[arg-type]
    assert raised.value.problems == problem
    assert stage.contents() == before


def test_a_case_is_not_linked_with_itself_nor_twice(stage: Stage) -> None:
    with pytest.raises(Invalid) as raised:
        link(stage, other=stage.assigned.case)
    assert raised.value.problems == {"other": "same"}
    link(stage)
    before = stage.contents()
    for this, other in ((stage.assigned, stage.waiting), (stage.waiting, stage.assigned)):
        with pytest.raises(Conflict):
            link(stage, this=this, other=other.case)
    assert stage.contents() == before


def test_of_two_who_say_it_at_once_from_either_side_one_is_told(stage: Stage) -> None:
    together = Barrier(2)

    def say(person: Person, this: Report, other: Report) -> bool:
        together.wait()
        try:
            link(stage, by=person, this=this, other=other.case)
        except Conflict:
            return False
        return True

    third = stage.cast.report()
    sides = [(stage.cast.lead, stage.waiting, third), (stage.cast.triage, third, stage.waiting)]
    with ThreadPoolExecutor(2) as hands:
        said = list(hands.map(say, *zip(*sides, strict=True)))
    assert sorted(said) == [False, True]
    assert [len(related(stage, stage.cast.lead, report)) for report in (stage.waiting, third)] == [1, 1]
    assert stage.findings() == []


def test_a_reference_that_is_not_theirs_is_as_one_that_nobody_has(stage: Stage) -> None:
    lead, investigator = stage.cast.lead, stage.cast.investigator
    theirs = stage.waiting.reference
    with stage.units.reading() as unit:
        assert linking.find(unit, lead.actor, f" {theirs.lower()} ") == stage.waiting.case
        assert linking.find(unit, investigator.actor, theirs) is None
        assert linking.find(unit, investigator.actor, "ZZZZ-ZZZZ") is None
    for other in (stage.waiting.case, bytes(16)):
        with pytest.raises(Invalid) as raised:
            link(stage, by=investigator, other=other)
        assert raised.value.problems == {"other": "unknown"}


def test_whoever_holds_neither_meets_nothing(stage: Stage) -> None:
    for error, by in ((NotFound, stage.cast.unassigned), (NotFound, stage.cast.other_lead)):
        with pytest.raises(error):
            link(stage, by=by)


@pytest.mark.parametrize("from_its_side", [True, False])
def test_no_link_tells_somebody_of_a_report_that_is_kept_from_them(stage: Stage, from_its_side: bool) -> None:
    """The investigator holds the one case; the reporter of the other excluded them."""
    kept = stage.cast.report(stage.cast.draft(excluded=[stage.cast.investigator]))
    before = stage.contents()
    this, other = (kept, stage.assigned) if from_its_side else (stage.assigned, kept)
    with pytest.raises(Invalid) as raised:
        link(stage, this=this, other=other.case)
    assert raised.value.problems == {"other": "excluded"}
    assert stage.contents() == before


def test_whom_the_other_reporter_excluded_in_words_is_read_first(stage: Stage) -> None:
    before = stage.contents()
    for read in (None, stage.assigned.case):
        with pytest.raises(Invalid) as raised:
            link(stage, read=read)
        assert raised.value.problems == {"other": "unread"}
    assert stage.contents() == before
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        theirs = linking.look(unit, lead.actor, lead.keys, stage.waiting.case, Action.LINK_CASES)
    assert (theirs.case, theirs.reference) == (stage.waiting.case, stage.waiting.reference)
    assert theirs.text == "CANARY-EXCLUDED the accountant"
    assert "CANARY" not in repr(theirs)
    assert stage.entries(Event.CASE_OPENED)[-1]["case"] == stage.waiting.case.hex()
    assert link(stage, read=theirs.case) == stage.waiting.reference


def test_where_no_words_were_written_there_is_nothing_to_read_first(stage: Stage) -> None:
    silent = stage.cast.report(replace(stage.cast.draft(), excluded_words=" "))
    assert link(stage, other=silent.case, read=None) == silent.reference


@pytest.mark.parametrize("from_its_side", [True, False])
def test_a_test_report_belongs_together_with_none(stage: Stage, from_its_side: bool) -> None:
    """It is erased when it is done."""
    lead, test = stage.cast.lead, sent(stage)
    this, other = (test.case, stage.assigned.case) if from_its_side else (stage.assigned.case, test.case)
    with pytest.raises(Invalid) as raised, stage.units.writing() as unit:
        linking.link(unit, lead.actor, lead.keys, this, other, WHY)
    assert raised.value.problems == {"other": "test"}
    with stage.units.writing() as unit:
        plan = linking.plan(unit, lead.actor, lead.keys, stage.assigned.case, Action.LINK_CASES, set(CaseStatus))
    assert [line.id for line in plan.suggested] == [stage.waiting.case]


def test_the_form_offers_what_is_labelled_and_then_what_is_newest(stage: Stage) -> None:
    lead = stage.cast.lead
    more = [stage.cast.report() for _number in range(2)]
    with stage.units.writing() as unit:
        own_labels.mark(unit, lead.actor, lead.keys, stage.waiting.case, OwnMark(mine=False, label="pump"))
        plan = linking.plan(unit, lead.actor, lead.keys, stage.assigned.case, Action.LINK_CASES, set(CaseStatus))
    offered = [line.id for line in plan.suggested]
    assert offered[0] == stage.waiting.case
    assert set(offered[1:]) == {report.case for report in more}
    with stage.units.writing() as unit:
        plan = linking.plan(
            unit, lead.actor, lead.keys, stage.waiting.case, Action.MERGE_CASES, {CaseStatus.INVESTIGATING}
        )
    assert [line.id for line in plan.suggested] == [stage.assigned.case]


def test_ending_what_is_ended_says_so_and_what_never_was_is_not_there(stage: Stage) -> None:
    link(stage)
    (line,) = related(stage, stage.cast.lead)
    end(stage, line)
    with pytest.raises(Conflict):
        end(stage, line)
    with pytest.raises(NotFound):
        end(stage, replace(line, link=bytes(16)))


def test_a_search_does_not_find_the_reason(stage: Stage) -> None:
    link(stage)
    for person in (stage.cast.lead, stage.cast.investigator):
        with stage.units.reading() as unit:
            batch = search.look(unit, person.actor, person.keys, search.terms_of("CANARY-WHY"))
        assert batch.hits == ()


def test_new_keys_a_departure_and_a_move_leave_it(stage: Stage) -> None:
    cast = stage.cast
    link(stage)
    assign(stage, {cast.investigator: True}, report=stage.assigned, epoch=2)
    recuse(stage, cast.investigator)
    assert len(related(stage, cast.lead)) == 1
    move(stage)
    assert related(stage, cast.other_lead) == related(stage, cast.lead, stage.waiting) == ()
    records = stage.attacker.rows("SELECT kind FROM record WHERE kind IN ('link', 'unlink')")
    assert records == [("link",)] * 2
    assert stage.findings() == []


# -- Somebody who writes to the database -----------------------------------------------------------------------------


def a_link(stage: Stage, report: Report | None = None, kind: str = "link") -> bytes:
    case = (report or stage.assigned).case
    found: bytes = stage.attacker.value("SELECT id FROM record WHERE kind = ? AND case_id = ?", kind, case)
    return found


def test_a_link_that_was_moved_to_another_case_is_refused_aloud(stage: Stage) -> None:
    link(stage)
    third = stage.cast.report()
    stage.attacker.run(
        "UPDATE record SET case_id = ?, number = 900 WHERE id = ?", third.case, a_link(stage, stage.waiting)
    )
    opened = stage.read(stage.cast.lead, third)
    assert (opened.related, opened.problems) == ((), ("link 900",))
    stage.shows("record", "is not what was written")


def test_two_links_whose_words_were_exchanged_are_refused_aloud(stage: Stage) -> None:
    link(stage)
    one, other = a_link(stage), a_link(stage, stage.waiting)
    stage.attacker.swap("sealed_field", "value", "record_id = ? AND name = ?", (one, "case"), (other, "case"))
    for report in (stage.assigned, stage.waiting):
        opened = stage.read(stage.cast.lead, report)
        assert opened.related == ()
        assert [problem.split()[0] for problem in opened.problems] == ["link"]
    stage.shows("record", "is not what was written")


def test_a_planted_link_is_refused_aloud(stage: Stage) -> None:
    """Made of a note's row: without a key there is no other that opens."""
    note = stage.attacker.value("SELECT id FROM record WHERE kind = 'note' ORDER BY number LIMIT 1")
    stage.attacker.run("UPDATE record SET kind = 'link' WHERE id = ?", note)
    opened = stage.read(stage.cast.lead)
    assert opened.related == ()
    assert len(opened.problems) == 1
    stage.shows("record", "is not what was written")


def test_a_link_that_was_ended_comes_back_when_its_end_is_taken_away_and_that_shows(stage: Stage) -> None:
    link(stage)
    end(stage, *related(stage, stage.cast.lead))
    gone = a_link(stage, kind="unlink")
    stage.attacker.run("DELETE FROM sealed_field WHERE record_id = ?", gone)
    stage.attacker.run("DELETE FROM record WHERE id = ?", gone)
    assert len(related(stage, stage.cast.lead)) == 1
    stage.shows("record", f"record {gone.hex()} is in the log and not in the database")


def test_a_link_that_does_not_verify_keeps_nobody_from_saying_it_again(stage: Stage) -> None:
    link(stage)
    stage.attacker.run("DELETE FROM sealed_field WHERE record_id = ? AND name = 'case'", a_link(stage))
    assert stage.read(stage.cast.lead).related == ()
    link(stage)
    assert len(stage.read(stage.cast.lead).related) == 1
    assert len(stage.read(stage.cast.lead, stage.waiting).related) == 1
