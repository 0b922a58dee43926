"""One person in the place of another, on all cases that a lead holds: who receives them, who never, and what is left over."""

from collections.abc import Iterable

import pytest

from complaints.errors import Invalid, NotFound
from complaints.services import approvals, assignment, replacement
from complaints.services.assignment import Plan
from complaints.services.replacement import Named, Replaced
from complaints.vocabulary import CompartmentName, Duty, Event
from tests.cast import Person, Report
from tests.services.test_assignment import holders
from tests.services.test_departures import recuse, renew
from tests.stage import Stage

ALL, WITHOUT_IDENTITY = set(CompartmentName), {CompartmentName.REPORT, CompartmentName.INTERNAL}


def replace(stage: Stage, person: Person, by: Person, *, after: bytes = b"", lead: Person | None = None) -> Replaced:
    actor = lead or stage.cast.lead
    with stage.units.writing() as unit:
        return replacement.replace(unit, actor.actor, actor.keys, actor.identity_key, person.account, by.account, after)


@pytest.fixture
def silent(stage: Stage) -> Report:
    """A case whose reporter excluded nobody in words; it is the only one that is assigned."""
    stage.cast.assign(stage.assigned, {stage.cast.triage: False}, epoch=2)
    return wordless(stage)


def wordless(stage: Stage, excluded: Iterable[Person] = ()) -> Report:
    report = stage.cast.report(stage.cast.draft(excluded=excluded, excluded_words=" \n"))
    stage.cast.assign(report)
    return report


def test_the_newcomer_gets_what_the_other_held_and_everybody_else_stays(stage: Stage, silent: Report) -> None:
    cast = stage.cast
    stage.note(cast.investigator, "CANARY-NOTE", silent)
    done = replace(stage, cast.investigator, cast.unassigned)
    assert done == Replaced((silent.reference,), ())
    assert holders(stage, silent) == {"Lead": ALL, "Unassigned": ALL, "Second Investigator": WITHOUT_IDENTITY}
    assert holders(stage, stage.waiting) == {"Lead": ALL, "Triage": WITHOUT_IDENTITY}
    with pytest.raises(NotFound):
        stage.read(cast.investigator, silent)
    assert [line.text for line in stage.read(cast.unassigned, silent).notes] == ["CANARY-NOTE"]
    assert stage.findings() == []


def test_nobody_new_gets_a_case_whose_reporter_excluded_people_in_words_that_nobody_read(stage: Stage) -> None:
    before = holders(stage, stage.assigned)
    done = replace(stage, stage.cast.investigator, stage.cast.unassigned)
    assert done == Replaced((), (), unread=(Named(stage.assigned.case, stage.assigned.reference),))
    assert holders(stage, stage.assigned) == before
    looked = [e["case"] for e in stage.entries(Event.CASE_OPENED) if e.get("subject") == "assignment"]
    assert looked == [stage.assigned.case.hex()]


def test_once_it_was_assigned_on_its_own_page_the_rest_is_done_as_for_any_other(stage: Stage) -> None:
    cast = stage.cast
    assert "CANARY-EXCLUDED" in plan(stage).excluded_words
    cast.assign(stage.assigned, {cast.investigator: True, cast.unassigned: False}, epoch=2)
    assert replace(stage, cast.investigator, cast.unassigned) == Replaced((stage.assigned.reference,), ())
    assert holders(stage, stage.assigned) == {"Lead": ALL, "Unassigned": ALL}


def plan(stage: Stage) -> Plan:
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        return assignment.plan(unit, lead.actor, lead.keys, stage.assigned.case)


def test_a_lead_who_is_new_to_such_a_case_is_chosen_on_its_own_page(stage: Stage) -> None:
    cast = stage.cast
    stage.next_roster((cast.lead, Duty.LEAD), (cast.investigator, Duty.MEMBER), (cast.unassigned, Duty.LEAD))
    assert [named.case for named in replace(stage, cast.investigator, cast.unassigned).unread] == [stage.assigned.case]
    found = plan(stage)
    assert found.leads == ("Lead",)
    assert {person.name for person in found.candidates} == {"Investigator", "Unassigned"}
    cast.assign(stage.assigned, {cast.unassigned: True}, epoch=found.epoch)
    assert holders(stage, stage.assigned) == {"Lead": ALL, "Unassigned": ALL}
    assert plan(stage).leads == ("Lead", "Unassigned")
    assert stage.findings() == []


def test_a_newcomer_who_held_the_case_already_gets_the_identity_as_well(stage: Stage) -> None:
    replace(stage, stage.cast.investigator, stage.cast.second_investigator)
    assert holders(stage, stage.assigned) == {"Lead": ALL, "Second Investigator": ALL}


def excluded_report(stage: Stage) -> Report:
    cast = stage.cast
    report = cast.report(cast.draft(excluded=[cast.unassigned]))
    cast.assign(report)
    return report


def test_whom_a_reporter_excluded_does_not_receive_theirs_and_the_case_stays_as_it_was(
    stage: Stage, silent: Report
) -> None:
    report = excluded_report(stage)
    done = replace(stage, stage.cast.investigator, stage.cast.unassigned)
    assert done == Replaced((silent.reference,), (report.reference,))
    assert holders(stage, report) == {"Lead": ALL, "Investigator": ALL, "Second Investigator": WITHOUT_IDENTITY}
    looked = [e["case"] for e in stage.entries(Event.CASE_OPENED) if e.get("subject") == "assignment"]
    assert looked[-1] == report.case.hex()


def test_whoever_left_a_case_does_not_come_back_by_a_replacement(stage: Stage) -> None:
    cast = stage.cast
    recuse(stage, cast.second_investigator)
    renew(stage)
    done = replace(stage, cast.investigator, cast.second_investigator)
    assert done == Replaced((), (stage.assigned.reference,))


@pytest.mark.usefixtures("silent")
def test_many_cases_go_over_post_by_post(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacement, "AT_ONCE", 2)
    cast = stage.cast
    for _ in range(4):
        wordless(stage)
    first = replace(stage, cast.investigator, cast.unassigned)
    second = replace(stage, cast.investigator, cast.unassigned, after=first.after)
    third = replace(stage, cast.investigator, cast.unassigned, after=second.after)
    assert [len(done.done) for done in (first, second, third)] == [2, 2, 1]
    assert (bool(first.after), bool(second.after), third.after) == (True, True, b"")
    assert len({*first.done, *second.done, *third.done}) == 5


def test_a_lead_of_another_channel_hands_nothing_over(stage: Stage) -> None:
    with stage.units.reading() as unit:
        assert replacement.colleagues(unit, stage.cast.other_lead.actor) == ()
        assert replacement.colleagues(unit, stage.cast.investigator.actor) == ()
    with pytest.raises(Invalid):
        replace(stage, stage.cast.investigator, stage.cast.unassigned, lead=stage.cast.other_lead)


@pytest.mark.parametrize(
    ("person", "by", "field"),
    [
        ("lead", "unassigned", "person"),
        ("administrator", "unassigned", "person"),
        ("investigator", "investigator", "by"),
        ("investigator", "administrator", "by"),
    ],
)
def test_who_cannot_be_named(stage: Stage, person: str, by: str, field: str) -> None:
    before = stage.contents()
    with pytest.raises(Invalid) as caught:
        replace(stage, getattr(stage.cast, person), getattr(stage.cast, by))
    assert set(caught.value.problems) == {field}
    assert stage.contents() == before


def test_what_an_administrator_proposes_waits_for_a_lead_who_holds_the_cases(stage: Stage, silent: Report) -> None:
    cast, admin = stage.cast, stage.cast.administrator
    with stage.units.writing() as unit:
        leaver, newcomer = cast.investigator.account, cast.unassigned.account
        wanted = approvals.ask_for_replacement(unit, admin.actor, admin.keys.signing, leaver, newcomer)
    assert "Investigator" in holders(stage, silent)
    with stage.units.reading() as unit:
        request = approvals.read(unit, wanted)
        may = {p.name for p in cast.staff if approvals.may_confirm(unit, p.actor, request)}
    assert may == {"lead"}
    replace(stage, cast.investigator, cast.unassigned)
    with stage.units.writing() as unit:
        approvals.fulfil(unit, cast.lead.actor, leaver, newcomer)
    with stage.units.reading() as unit, pytest.raises(NotFound):
        approvals.read(unit, wanted)
    assert stage.findings() == []
