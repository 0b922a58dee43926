"""Duplicates: what their reporters and holders see of it, what is closed together, and that nobody chains or hides one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from complaints.errors import Conflict, Invalid, NotFound
from complaints.models import Case
from complaints.services import case_flow, data_requests, linking, merging
from complaints.services.case_flow import Handling
from complaints.services.case_links import RelatedLine
from complaints.services.case_reading import OpenedCase
from complaints.services.merging import ClosingPlan, ClosingWords, Wanted
from complaints.vocabulary import CaseStatus, DataRequest, Event, Outcome, Priority, Risk, Tie
from complaints.web.mailbox import STATES
from tests.cast import Person, Report
from tests.services.test_assignment import assign
from tests.services.test_linking import related
from tests.services.test_moving import move
from tests.stage import Stage

WHY, TOLD = "CANARY-WHY the same receipts", "CANARY-TOLD together with what we know"
FINDINGS, FEEDBACK = "CANARY-FINDINGS", "CANARY-FEEDBACK"


def revision_of(stage: Stage, report: Report) -> int:
    with stage.units.reading() as unit:
        return unit.session.get_one(Case, report.case).revision


def merge(
    stage: Stage,
    duplicate: Report | None = None,
    leading: Report | None = None,
    *,
    by: Person | None = None,
    text: str = WHY,
    told: str = TOLD,
    revision: int | None = None,
) -> str:
    person, duplicate, leading = by or stage.cast.lead, duplicate or stage.waiting, leading or stage.assigned
    at = revision_of(stage, duplicate) if revision is None else revision
    with stage.units.writing() as unit:
        wanted = Wanted(leading.case, text, told, leading.case)
        return merging.merge(unit, person.actor, person.keys, duplicate.case, wanted, at)


def unmerge(
    stage: Stage,
    report: Report | None = None,
    *,
    by: Person | None = None,
    revision: int | None = None,
) -> None:
    person, report = by or stage.cast.lead, report or stage.waiting
    at = revision_of(stage, report) if revision is None else revision
    with stage.units.writing() as unit:
        merging.unmerge(unit, person.actor, person.keys, report.case, at)


def plan(stage: Stage, person: Person | None = None, report: Report | None = None) -> ClosingPlan:
    person = person or stage.cast.lead
    with stage.units.writing() as unit:
        return merging.plan_closing(unit, person.actor, person.keys, (report or stage.assigned).case)


def words(at: int, of: str = "") -> ClosingWords:
    return ClosingWords(FINDINGS + of, FEEDBACK + of, at)


def close(
    stage: Stage,
    planned: ClosingPlan,
    *,
    by: Person | None = None,
    report: Report | None = None,
    outcome: Outcome = Outcome.PARTLY,
) -> None:
    person = by or stage.cast.lead
    together = {one.case: words(one.revision, " of the duplicate") for one in planned.duplicates}
    with stage.units.writing() as unit:
        case = (report or stage.assigned).case
        merging.close(unit, person.actor, person.keys, case, outcome, words(planned.case.revision), together)


def taken_on(stage: Stage, report: Report) -> Report:
    lead = stage.cast.lead
    stage.read(lead, report)
    with stage.units.writing() as unit:
        wanted = Handling(CaseStatus.ACCEPTED, Priority.NORMAL, Risk.LOW)
        case_flow.handle(
            unit, lead.actor, lead.keys, report.case, wanted, unit.session.get_one(Case, report.case).revision
        )
    return report


def one_line(stage: Stage, person: Person | None = None, report: Report | None = None) -> RelatedLine:
    (line,) = related(stage, person or stage.cast.lead, report)
    return line


def seen(stage: Stage, report: Report) -> OpenedCase:
    return stage.read(stage.cast.lead, report)


# -- What it is ------------------------------------------------------------------------------------------------------


def test_the_duplicate_is_marked_and_both_cases_say_so(stage: Stage) -> None:
    assert merge(stage) == stage.assigned.reference
    duplicate = seen(stage, stage.waiting)
    assert (duplicate.status, duplicate.outcome, duplicate.feedback_given) == (CaseStatus.MERGED, None, None)
    below, above = one_line(stage, report=stage.waiting), one_line(stage)
    assert below.other is not None
    assert above.other is not None
    assert (below.tie, below.counts, below.other.reference) == (Tie.MERGED, True, stage.assigned.reference)
    assert (above.tie, above.counts, above.other.reference) == (Tie.LEADING, True, stage.waiting.reference)
    assert below.text == above.text == WHY
    assert seen(stage, stage.assigned).status is CaseStatus.INVESTIGATING
    assert stage.findings() == []


def test_its_days_go_on_and_it_counts_as_answered(stage: Stage) -> None:
    before = seen(stage, stage.waiting)
    merge(stage)
    after = seen(stage, stage.waiting)
    assert (after.acknowledge_by, after.feedback_by) == (before.acknowledge_by, before.feedback_by)
    assert (before.acknowledged, after.acknowledged) == (None, stage.calendar.day)
    line = one_line(stage).other
    assert line is not None
    assert line.due == before.feedback_by


def test_the_reporter_reads_the_message_and_learns_nothing_of_the_other(stage: Stage) -> None:
    other = stage.open_mailbox()
    merge(stage)
    box = stage.open_mailbox(stage.waiting)
    assert [line.text for line in box.messages] == [TOLD]
    assert str(STATES[box.status]) == str(STATES[CaseStatus.INVESTIGATING])
    assert stage.open_mailbox() == other


def test_no_message_is_sent_when_none_is_written(stage: Stage) -> None:
    merge(stage, told=" \n")
    assert stage.open_mailbox(stage.waiting).messages == ()


def test_it_gives_nobody_a_key_and_says_who_holds_the_leading_case_alone(stage: Stage) -> None:
    grants = stage.attacker.rows("SELECT * FROM grants")
    merge(stage)
    assert stage.attacker.rows("SELECT * FROM grants") == grants
    assert one_line(stage, report=stage.waiting).only_there == ("Investigator", "Second Investigator")
    assert one_line(stage).only_there == ()
    with pytest.raises(NotFound):
        stage.read(stage.cast.investigator, stage.waiting)
    theirs = one_line(stage, stage.cast.investigator)
    assert (theirs.other, theirs.text, theirs.only_there) == (None, "", ())


def test_each_case_has_an_entry_that_does_not_name_the_other(stage: Stage) -> None:
    merge(stage)
    below, above = stage.entries(Event.CASE_MERGED)
    assert (below["case"], below["reason"]) == (stage.waiting.case.hex(), Tie.MERGED)
    assert (above["case"], above["reason"]) == (stage.assigned.case.hex(), Tie.LEADING)
    assert "status=merged" in str(below["state"])
    assert "state" not in above
    assert stage.waiting.case.hex() not in " ".join(filter(None, above.values()))
    assert not [word for word in ("CANARY-WHY", "CANARY-TOLD") if word in repr(stage.contents())]


def test_a_link_that_was_there_gives_way_and_comes_back(stage: Stage) -> None:
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        first, second = stage.waiting.case, stage.assigned.case
        linking.link(unit, lead.actor, lead.keys, first, second, "related first", second)
    merge(stage)
    assert one_line(stage, report=stage.waiting).tie is Tie.MERGED
    unmerge(stage)
    assert [one_line(stage, report=report).text for report in (stage.waiting, stage.assigned)] == ["related first"] * 2


# -- What cannot be merged -------------------------------------------------------------------------------------------


def test_a_case_that_nobody_took_on_leads_none(stage: Stage) -> None:
    with pytest.raises(Invalid) as raised:
        merge(stage, stage.assigned, stage.waiting)
    assert raised.value.problems == {"other": "not-taken-on"}
    merge(stage, stage.assigned, taken_on(stage, stage.waiting))


def test_no_chains_and_no_circles(stage: Stage) -> None:
    third = taken_on(stage, stage.cast.report())
    merge(stage)
    before = stage.contents()
    for duplicate, leading, problem in (
        (third, stage.waiting, "merged"),
        (stage.assigned, third, "leads"),
        (stage.assigned, stage.waiting, "leads"),
        (third, third, "same"),
    ):
        with pytest.raises(Invalid) as raised:
            merge(stage, duplicate, leading)
        assert raised.value.problems == {"other": problem}
    with pytest.raises(Conflict):
        merge(stage, stage.waiting, third)
    assert stage.contents() == before
    merge(stage, third)
    assert len(related(stage, stage.cast.lead)) == 2


def test_a_closed_case_is_not_merged_and_leads_none(stage: Stage) -> None:
    close(stage, plan(stage))
    with pytest.raises(Invalid) as raised:
        merge(stage)
    assert raised.value.problems == {"other": "closed"}
    with pytest.raises(Conflict):
        merge(stage, stage.assigned, taken_on(stage, stage.waiting))


def test_whom_the_reporter_of_either_excluded_does_not_learn_of_it(stage: Stage) -> None:
    kept = stage.cast.report(stage.cast.draft(excluded=[stage.cast.investigator]))
    before = stage.contents()
    with pytest.raises(Invalid) as raised:
        merge(stage, kept)
    assert raised.value.problems == {"other": "excluded"}
    assert stage.contents() == before


@pytest.mark.parametrize("changed", [{"text": ""}, {"text": "x" * 2_001}, {"told": "x" * 10_001}])
def test_what_is_missing_or_too_long_merges_nothing(stage: Stage, changed: dict[str, str]) -> None:
    before = stage.contents()
    with pytest.raises(Invalid):
        merge(stage, **changed)  # type: ignore[arg-type]
    assert stage.contents() == before


def test_whoever_holds_one_of_them_merges_nothing(stage: Stage) -> None:
    with pytest.raises(NotFound):
        merge(stage, by=stage.cast.investigator)
    with pytest.raises(Invalid):
        merge(stage, stage.assigned, stage.waiting, by=stage.cast.investigator)


def test_of_two_who_decide_at_once_the_second_is_told(stage: Stage) -> None:
    at = revision_of(stage, stage.waiting)
    taken_on(stage, stage.waiting)
    with pytest.raises(Conflict):
        merge(stage, revision=at)
    at = revision_of(stage, stage.waiting)
    merge(stage)
    with pytest.raises(Conflict):
        merge(stage, revision=at)
    with pytest.raises(Conflict):
        unmerge(stage, revision=at)


def test_of_two_who_merge_a_pair_at_once_each_with_the_other_one_is_told(stage: Stage) -> None:
    together = Barrier(2)
    one, other = (taken_on(stage, stage.cast.report()) for _number in range(2))
    at = {report.case: revision_of(stage, report) for report in (one, other)}

    def decide(person: Person, duplicate: Report, leading: Report) -> bool:
        together.wait()
        try:
            merge(stage, duplicate, leading, by=person, revision=at[duplicate.case])
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as hands:
        done = list(hands.map(decide, (stage.cast.lead, stage.cast.triage), (one, other), (other, one)))
    assert sorted(done) == [False, True]
    merged = [seen(stage, report).status is CaseStatus.MERGED for report in (one, other)]
    assert merged == done
    assert stage.findings() == []


# -- Taking it out ---------------------------------------------------------------------------------------------------


def test_taken_out_it_is_looked_into_by_itself(stage: Stage) -> None:
    merge(stage)
    unmerge(stage)
    assert seen(stage, stage.waiting).status is CaseStatus.INVESTIGATING
    assert [related(stage, stage.cast.lead, report) for report in (stage.waiting, stage.assigned)] == [(), ()]
    assert {entry["case"] for entry in stage.entries(Event.CASE_UNMERGED)} == {
        stage.waiting.case.hex(),
        stage.assigned.case.hex(),
    }
    with pytest.raises(Conflict):
        unmerge(stage)
    merge(stage)
    assert one_line(stage, report=stage.waiting).counts
    assert stage.findings() == []


def test_whoever_holds_the_duplicate_alone_takes_it_out_and_the_other_side_knows_better(stage: Stage) -> None:
    """Triage received the duplicate and not the case that leads."""
    triage = stage.cast.triage
    merge(stage)
    assert one_line(stage, triage, stage.waiting).other is None
    unmerge(stage, by=triage)
    assert seen(stage, stage.waiting).status is CaseStatus.INVESTIGATING
    above = one_line(stage)
    assert (above.tie, above.counts) == (Tie.LEADING, False)
    assert not one_line(stage, stage.cast.investigator).counts
    assert plan(stage).duplicates == ()
    with stage.units.writing() as unit:
        lead = stage.cast.lead
        linking.end(unit, lead.actor, lead.keys, stage.assigned.case, above.link)
    assert related(stage, stage.cast.lead) == ()
    assert stage.findings() == []


def test_a_merge_that_counts_is_not_taken_out_like_a_link(stage: Stage) -> None:
    lead, investigator = stage.cast.lead, stage.cast.investigator
    merge(stage)
    for person, report in ((lead, stage.waiting), (lead, stage.assigned), (investigator, stage.assigned)):
        line = one_line(stage, person, report)
        with pytest.raises(Conflict), stage.units.writing() as unit:
            linking.end(unit, person.actor, person.keys, report.case, line.link)
    assert one_line(stage).counts


@pytest.mark.parametrize("side", ["assigned", "waiting"])
def test_nor_by_the_link_that_was_there_before_it(stage: Stage, side: str) -> None:
    """On a page that somebody opened before the two were merged."""
    lead, report = stage.cast.lead, getattr(stage, side)
    with stage.units.writing() as unit:
        first, second = stage.waiting.case, stage.assigned.case
        linking.link(unit, lead.actor, lead.keys, first, second, "related first", second)
    before = one_line(stage, lead, report)
    merge(stage)
    for person in (lead, stage.cast.investigator if side == "assigned" else stage.cast.triage):
        with pytest.raises(Conflict), stage.units.writing() as unit:
            linking.end(unit, person.actor, person.keys, report.case, before.link)
    assert [one.case for one in plan(stage).duplicates] == [stage.waiting.case]
    with pytest.raises(Invalid) as raised:
        merge(stage, stage.assigned, taken_on(stage, stage.cast.report()))
    assert raised.value.problems == {"other": "leads"}


def test_a_link_is_taken_out_without_what_else_there_was_between_the_two(stage: Stage) -> None:
    """A merge that is none any more leaves its record on the leading case, above a link from before."""
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        first, second = stage.waiting.case, stage.assigned.case
        linking.link(unit, lead.actor, lead.keys, first, second, "related first", second)
    merge(stage)
    unmerge(stage, by=stage.cast.triage)
    above = one_line(stage)
    with stage.units.writing() as unit:
        linking.end(unit, lead.actor, lead.keys, stage.assigned.case, above.link)
    assert [one_line(stage, report=report).tie for report in (stage.waiting, stage.assigned)] == [Tie.RELATED] * 2


# -- Everything else that can be done to a case ----------------------------------------------------------------------


def test_its_status_is_not_chosen_by_hand_and_the_rest_of_it_can_be(stage: Stage) -> None:
    lead = stage.cast.lead
    merge(stage)
    at = revision_of(stage, stage.waiting)
    for status in set(CaseStatus) - {CaseStatus.MERGED}:
        with pytest.raises(Invalid), stage.units.writing() as unit:
            case_flow.handle(
                unit, lead.actor, lead.keys, stage.waiting.case, Handling(status, Priority.HIGH, Risk.HIGH), at
            )
    with stage.units.writing() as unit:
        wanted = Handling(CaseStatus.MERGED, Priority.HIGH, Risk.HIGH)
        assert case_flow.handle(unit, lead.actor, lead.keys, stage.waiting.case, wanted, at)
    assert stage.findings() == []


def test_it_is_never_merged_by_hand(stage: Stage) -> None:
    lead, at = stage.cast.lead, revision_of(stage, stage.assigned)
    wanted = Handling(CaseStatus.MERGED, Priority.HIGH, Risk.HIGH)
    with pytest.raises(Invalid), stage.units.writing() as unit:
        case_flow.handle(unit, lead.actor, lead.keys, stage.assigned.case, wanted, at)


def test_assigned_it_stays_merged_and_moved_it_is_looked_at_afresh(stage: Stage) -> None:
    cast = stage.cast
    merge(stage)
    assign(stage, {cast.investigator: False}, report=stage.waiting)
    assert seen(stage, stage.waiting).status is CaseStatus.MERGED
    assert one_line(stage, cast.investigator, stage.waiting).other is not None
    move(stage, stage.waiting)
    theirs = stage.read(cast.other_lead, stage.waiting)
    assert theirs.status is CaseStatus.ACCEPTED
    (line,) = theirs.related
    assert (line.other, line.counts) == (None, False)
    assert stage.findings() == []


# -- Closing ---------------------------------------------------------------------------------------------------------


def test_closing_the_leading_case_closes_it_with_words_of_its_own(stage: Stage) -> None:
    merge(stage)
    planned = plan(stage)
    assert [one.reference for one in planned.duplicates] == [stage.waiting.reference]
    assert planned.others == 0
    close(stage, planned)
    for report, of in ((stage.assigned, ""), (stage.waiting, " of the duplicate")):
        case = seen(stage, report)
        assert (case.status, case.outcome, case.closed) == (CaseStatus.CLOSED, Outcome.PARTLY, stage.calendar.day)
        assert (case.turns[-1].text, case.turns[-1].told) == (FINDINGS + of, FEEDBACK + of)
        assert [line.text for line in stage.open_mailbox(report).feedback] == [FEEDBACK + of]
    assert {entry["case"] for entry in stage.entries(Event.CASE_CLOSED)} == {
        stage.assigned.case.hex(),
        stage.waiting.case.hex(),
    }
    assert stage.findings() == []


def test_one_that_the_closer_does_not_hold_is_left_as_it_is_and_due(stage: Stage) -> None:
    merge(stage)
    planned = plan(stage, stage.cast.investigator)
    assert (planned.duplicates, planned.others) == ((), 1)
    close(stage, planned, by=stage.cast.investigator)
    duplicate = seen(stage, stage.waiting)
    assert (duplicate.status, duplicate.feedback_given) == (CaseStatus.MERGED, None)
    below = one_line(stage, report=stage.waiting)
    assert below.other is not None
    assert (below.counts, below.other.status) == (True, CaseStatus.CLOSED)
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        case_flow.close(
            *(unit, lead.actor, lead.keys, stage.waiting.case, Outcome.PARTLY),
            findings=FINDINGS,
            feedback=FEEDBACK,
            revision=duplicate.revision,
        )
    assert seen(stage, stage.waiting).status is CaseStatus.CLOSED
    assert stage.findings() == []


def test_one_that_the_closer_holds_is_not_left_out(stage: Stage) -> None:
    merge(stage)
    before = stage.contents()
    with pytest.raises(Conflict):
        close(stage, replace(plan(stage), duplicates=()))
    assert [one for one in stage.contents() if one not in before] == []


def test_so_many_are_closed_with_it_and_the_rest_are_left(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "AT_ONCE", 1)
    third = stage.cast.report()
    merge(stage)
    merge(stage, third)
    planned = plan(stage)
    assert (len(planned.duplicates), planned.later, planned.others) == (1, 1, 0)
    close(stage, planned)
    left = [report for report in (stage.waiting, third) if report.case != planned.duplicates[0].case]
    assert [seen(stage, report).status for report in left] == [CaseStatus.MERGED]


def test_a_duplicate_that_was_merged_elsewhere_is_none_of_it_any_more(stage: Stage) -> None:
    """Somebody who holds the duplicate and not the case that led it took it out, and it was merged again."""
    merge(stage)
    unmerge(stage, by=stage.cast.triage)
    third = taken_on(stage, stage.cast.report())
    merge(stage, stage.waiting, third)
    assert not one_line(stage).counts
    assert (plan(stage).duplicates, plan(stage).others) == ((), 0)
    merge(stage, stage.assigned, taken_on(stage, stage.cast.report()))
    assert seen(stage, stage.assigned).status is CaseStatus.MERGED


def test_reopening_one_does_not_reopen_the_other(stage: Stage) -> None:
    lead = stage.cast.lead
    merge(stage)
    close(stage, plan(stage))
    for report, other in ((stage.assigned, stage.waiting), (stage.waiting, stage.assigned)):
        with stage.units.writing() as unit:
            at = unit.session.get_one(Case, report.case).revision
            case_flow.reopen(unit, lead.actor, lead.keys, report.case, "more came", revision=at)
        expected = CaseStatus.CLOSED if report is stage.assigned else CaseStatus.INVESTIGATING
        assert (seen(stage, report).status, seen(stage, other).status) == (CaseStatus.INVESTIGATING, expected)
    assert not one_line(stage).counts
    merge(stage)
    assert (one_line(stage).counts, one_line(stage, report=stage.waiting).counts) == (True, True)
    assert stage.findings() == []


def test_whoever_is_closing_while_one_is_merged_or_taken_out_is_told(stage: Stage) -> None:
    planned = plan(stage)
    merge(stage)
    with pytest.raises(Conflict):
        close(stage, planned)
    planned = plan(stage)
    unmerge(stage)
    with pytest.raises(Conflict):
        close(stage, planned)
    merge(stage)
    planned = plan(stage)
    unmerge(stage, by=stage.cast.triage)
    before = stage.contents()
    with pytest.raises(Conflict):
        close(stage, planned)
    assert stage.contents() == before


def test_whoever_closes_a_duplicate_with_it_sees_that_its_reporter_waits(stage: Stage) -> None:
    merge(stage)
    report = stage.waiting
    with stage.units.writing() as unit:
        data_requests.ask(unit, report.reporter, report.keys, DataRequest.ERASURE, "")
    planned = plan(stage)
    assert planned.case.answer_by is None
    assert [one.answer_by for one in planned.duplicates] == [stage.calendar.day + data_requests.ANSWERED_WITHIN]


def test_all_of_them_are_closed_or_none(stage: Stage) -> None:
    merge(stage)
    planned = plan(stage)
    (one,) = planned.duplicates
    before = stage.contents()
    for together in ((replace(one, revision=one.revision + 1),), (one, replace(one, case=bytes(16)))):
        with pytest.raises(Conflict):
            close(stage, replace(planned, duplicates=together))
        assert stage.contents() == before


def test_nothing_is_closed_with_a_case_that_does_not_lead_it(stage: Stage) -> None:
    """The form of a page says which: a case that is looked into by itself, or with another, is not closed by it."""
    third = taken_on(stage, stage.cast.report())
    at = revision_of(stage, third)
    planned = plan(stage)
    one = merging.Duplicate(third.case, third.reference, at, "", None)
    with pytest.raises(Conflict):
        close(stage, replace(planned, duplicates=(one,)))
    merge(stage, stage.waiting, third)
    other = merging.Duplicate(stage.waiting.case, "", revision_of(stage, stage.waiting), "", None)
    with pytest.raises(Conflict):
        close(stage, replace(plan(stage), duplicates=(other,)))


# -- Somebody who writes to the database -----------------------------------------------------------------------------


def test_a_status_that_was_set_past_the_system_closes_nothing_and_shows(stage: Stage) -> None:
    """Without the case's own record that says with which, it is looked into with none."""
    for table, column in (("cases", "id"), ("caseload", "case_id")):
        stage.attacker.run(f"UPDATE {table} SET status = 'merged' WHERE {column} = ?", stage.waiting.case)
    assert plan(stage).duplicates == ()
    stage.shows("case", "not what the log says")


def test_a_duplicate_that_does_not_verify_keeps_nobody_from_closing_the_other(stage: Stage) -> None:
    merge(stage)
    report = stage.attacker.value("SELECT id FROM record WHERE kind = 'report' AND case_id = ?", stage.waiting.case)
    stage.attacker.run("DELETE FROM sealed_field WHERE record_id = ? AND name = 'narrative'", report)
    planned = plan(stage)
    assert (planned.duplicates, planned.others, planned.later) == ((), 0, 1)
    close(stage, planned)
    assert seen(stage, stage.assigned).status is CaseStatus.CLOSED


def test_a_line_without_a_grant_tells_nothing_and_keeps_nobody_from_closing(stage: Stage) -> None:
    investigator = stage.cast.investigator
    merge(stage)
    query = "SELECT * FROM caseload WHERE case_id = ? AND account_id = ?"
    (row,) = stage.attacker.rows(query, stage.waiting.case, stage.cast.lead.account)
    mine = [investigator.account if value == stage.cast.lead.account else value for value in row]
    stage.attacker.insert("caseload", mine)
    line = one_line(stage, investigator)
    assert (line.other, line.text) == (None, "")
    planned = plan(stage, investigator)
    assert (planned.duplicates, planned.others) == ((), 1)
    close(stage, planned, by=investigator)
    assert seen(stage, stage.assigned).status is CaseStatus.CLOSED


@pytest.mark.parametrize("side", ["assigned", "waiting"])
def test_a_merge_of_which_one_record_was_taken_away_closes_nothing_and_shows(stage: Stage, side: str) -> None:
    merge(stage)
    record = stage.attacker.value(
        "SELECT id FROM record WHERE kind = 'link' AND case_id = ?", getattr(stage, side).case
    )
    stage.attacker.run("DELETE FROM sealed_field WHERE record_id = ?", record)
    stage.attacker.run("DELETE FROM record WHERE id = ?", record)
    assert plan(stage).duplicates == ()
    stage.shows("record", "is in the log and not in the database")


def test_the_records_of_two_duplicates_are_not_exchanged(stage: Stage) -> None:
    third = stage.cast.report()
    fourth = taken_on(stage, stage.cast.report())
    merge(stage)
    merge(stage, third, fourth)
    query = "SELECT id FROM record WHERE kind = 'link' AND case_id = ?"
    one, other = (stage.attacker.value(query, report.case) for report in (stage.waiting, third))
    stage.attacker.run("UPDATE record SET case_id = ?, number = 901 WHERE id = ?", third.case, one)
    stage.attacker.run("UPDATE record SET case_id = ?, number = 902 WHERE id = ?", stage.waiting.case, other)
    for report in (stage.waiting, third):
        opened = seen(stage, report)
        assert opened.related == ()
        assert [problem.split()[0] for problem in opened.problems] == ["link"]
    assert plan(stage).duplicates == plan(stage, report=fourth).duplicates == ()
    stage.shows("record", "is not what was written")


def test_whom_the_other_reporter_excluded_in_words_is_read_first(stage: Stage) -> None:
    lead, at, before = stage.cast.lead, revision_of(stage, stage.waiting), stage.contents()
    for read in (None, stage.waiting.case):
        wanted = Wanted(stage.assigned.case, WHY, TOLD, read)
        with pytest.raises(Invalid) as raised, stage.units.writing() as unit:
            merging.merge(unit, lead.actor, lead.keys, stage.waiting.case, wanted, at)
        assert raised.value.problems == {"other": "unread"}
    assert stage.contents() == before
