"""A case goes to another channel: who holds it then, who does not, what its reporter is told, and that nobody moves one by writing to the database."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from complaints.errors import Conflict, Denied, DomainError, Invalid, NotFound, Refused
from complaints.models import Case
from complaints.services import channels, hand_again, keyrings, moving, own_identity
from complaints.services.moving import Move
from complaints.vocabulary import CaseStatus, CompartmentName, Duty, Event
from tests.cast import CANARIES, Person, Report
from tests.services.rehearsing import sent
from tests.services.test_assignment import assign
from tests.services.test_departures import internal_key as key_of
from tests.services.test_departures import newest_note, opened_with
from tests.services.test_new_keys import renew
from tests.stage import Stage

ALL, WITHOUT_IDENTITY = set(CompartmentName), {CompartmentName.REPORT, CompartmentName.INTERNAL}


def move(
    stage: Stage,
    report: Report | None = None,
    *,
    by: Person | None = None,
    target: bytes | None = None,
    reason: str = "CANARY-MOVING it is a matter of theirs",
    told: str = "CANARY-TOLD we passed it on",
    revision: int | None = None,
) -> None:
    person, report = by or stage.cast.lead, report or stage.assigned
    with stage.units.writing() as unit:
        at = unit.session.get_one(Case, report.case).revision if revision is None else revision
        wanted = Move(stage.cast.fallback if target is None else target, reason, told)
        moving.move(unit, person.actor, person.keys, person.identity_key, report.case, wanted, at)


def holders(stage: Stage, person: Person, report: Report | None = None) -> dict[str, set[CompartmentName]]:
    return {holder.name: set(holder.compartments) for holder in stage.read(person, report).holders}


def _account_named(stage: Stage) -> Callable[[str], bytes]:
    return {person.display_name: person.account for person in stage.cast.staff}.__getitem__


def test_the_new_leads_hold_it_and_everybody_else_is_out(stage: Stage) -> None:
    cast = stage.cast
    move(stage)
    assert holders(stage, cast.other_lead) == {"Other Lead": ALL}
    for person in (cast.lead, cast.investigator, cast.second_investigator, cast.triage):
        with pytest.raises(NotFound):
            stage.read(person)
    opened = stage.read(cast.other_lead)
    assert (opened.problems, opened.status, opened.channel_en) == ((), CaseStatus.ACCEPTED, "Channel fallback")
    assert [note.text for note in opened.notes][-1] == "CANARY-MOVING it is a matter of theirs"
    assert [line.text for line in opened.notes][:2] == ["CANARY-NOTE", "CANARY-NOTE of the second"]
    assert stage.open_identity(cast.other_lead).fields == CANARIES
    assert stage.findings() == []


def test_the_log_says_who_holds_no_key_any_more(stage: Stage) -> None:
    before = set(map(_account_named(stage), holders(stage, stage.cast.lead)))
    move(stage)
    (entry,) = stage.entries(Event.CASE_MOVED)
    assert set((entry["reason"] or "").split()) == {f"left:{account.hex()}" for account in before}
    assert entry["subject"] == f"{stage.cast.other_lead.account.hex()}+identity"


def test_a_test_report_stays_where_it_was_sent(stage: Stage) -> None:
    """What another channel's lead opens says nothing of this one's."""
    test, lead = sent(stage), stage.cast.lead
    before = stage.contents()
    with pytest.raises(Denied):
        move(stage, test)
    with pytest.raises(Denied), stage.units.writing() as unit:
        moving.plan(unit, lead.actor, lead.keys, test.case)
    assert stage.contents() == before


def test_the_reporter_is_told_and_goes_on_as_before(stage: Stage) -> None:
    move(stage)
    stage.message("after the move")
    box = stage.open_mailbox()
    assert [line.text for line in box.messages][-2:] == ["CANARY-TOLD we passed it on", "after the move"]
    assert box.problems == ()
    assert stage.read(stage.cast.other_lead).messages[-1].text == "after the move"
    assert stage.findings() == []


def test_old_keys_and_a_copy_of_the_database_open_nothing_written_afterwards(stage: Stage) -> None:
    old = key_of(stage, stage.cast.investigator, epoch=2)
    assert opened_with(stage, old, newest_note(stage))
    move(stage)
    stage.note(stage.cast.other_lead, "CANARY-LATER")
    assert not opened_with(stage, old, newest_note(stage))


def test_a_case_that_was_moved_is_worked_on_and_comes_back(stage: Stage) -> None:
    cast = stage.cast
    move(stage)
    stage.reply(cast.other_lead, "from the other channel")
    move(stage, by=cast.other_lead, target=cast.channel)
    assert holders(stage, cast.lead) == {"Lead": ALL, "Triage": WITHOUT_IDENTITY}
    assign(stage, {cast.investigator: True}, report=stage.assigned, epoch=4)
    assert stage.open_identity(cast.investigator).fields == CANARIES
    assert stage.open_mailbox().problems == ()
    assert stage.findings() == []


def test_whom_the_reporter_excluded_receives_it_nowhere(stage: Stage) -> None:
    cast = stage.cast
    both = ((cast.other_lead, Duty.LEAD), (cast.unassigned, Duty.LEAD), (cast.triage, Duty.TRIAGE))
    stage.next_roster(*both, channel=cast.fallback)
    report = cast.report(cast.draft(excluded=[cast.unassigned]))
    move(stage, report)
    assert holders(stage, cast.other_lead, report) == {"Other Lead": ALL, "Triage": WITHOUT_IDENTITY}
    assert stage.findings() == []


def test_a_channel_whose_every_lead_is_excluded_does_not_receive_it(stage: Stage) -> None:
    report = stage.cast.report(stage.cast.draft(excluded=[stage.cast.other_lead]))
    before = stage.contents()
    with pytest.raises(Denied, match="may lead"):
        move(stage, report)
    assert stage.contents() == before
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        (there,) = moving.plan(unit, lead.actor, lead.keys, report.case).destinations
    assert not there.possible


def test_whoever_is_on_both_rosters_keeps_the_case_in_their_list(stage: Stage) -> None:
    cast = stage.cast
    stage.next_roster((cast.other_lead, Duty.LEAD), (cast.lead, Duty.LEAD), channel=cast.fallback)
    move(stage)
    assert holders(stage, cast.lead) == {"Lead": ALL, "Other Lead": ALL}
    assert stage.findings() == []


def test_the_deadlines_are_those_of_the_new_channel(stage: Stage) -> None:
    with stage.units.writing() as unit:
        channels.change_deadlines(unit, stage.cast.administrator.actor, stage.cast.fallback, 3, 30)
    move(stage, stage.waiting)
    with stage.units.reading() as unit:
        case = unit.session.get_one(Case, stage.waiting.case)
        assert case.acknowledge_by == case.received + timedelta(days=3)
        assert case.feedback_by == case.received + timedelta(days=30)
    assert stage.findings() == []


def test_an_identity_that_was_withdrawn_goes_to_nobody(stage: Stage) -> None:
    with stage.units.writing() as unit:
        own_identity.withdraw(unit, stage.assigned.reporter, stage.assigned.keys)
    move(stage)
    assert holders(stage, stage.cast.other_lead) == {"Other Lead": WITHOUT_IDENTITY}
    assert stage.findings() == []


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"revision": 77}, Conflict),
        ({"target": b"x" * 16}, Invalid),
        ({"target": b""}, Invalid),
        ({"reason": "  "}, Invalid),
        ({"told": ""}, Invalid),
    ],
    ids=["decided meanwhile", "no channel", "nowhere", "no reason", "nothing told"],
)
def test_what_moves_nothing(stage: Stage, changed: dict[str, object], error: type[DomainError]) -> None:
    before = stage.contents()
    with pytest.raises(error):
        move(stage, **changed)  # type: ignore[arg-type]
    assert stage.contents() == before


@pytest.mark.parametrize(("who", "error"), [("investigator", Denied), ("other_lead", NotFound)])
def test_who_cannot_move_it(stage: Stage, who: str, error: type[DomainError]) -> None:
    with pytest.raises(error):
        move(stage, by=getattr(stage.cast, who))


@pytest.mark.parametrize("moved_before", [False, True])
def test_a_case_that_somebody_moved_past_the_system_is_refused(stage: Stage, moved_before: bool) -> None:
    cast = stage.cast
    if moved_before:
        move(stage)
    back = cast.channel if moved_before else cast.fallback
    stage.attacker.run("UPDATE cases SET channel_id = ? WHERE id = ?", back, stage.assigned.case)
    for person in (cast.lead, cast.other_lead):
        with pytest.raises((Refused, NotFound)):
            stage.read(person)
    stage.shows("case", "not what the log says")


def test_a_move_that_was_taken_away_is_refused_and_shows(stage: Stage) -> None:
    move(stage)
    stage.attacker.run("DELETE FROM act WHERE kind = 'moved'")
    with pytest.raises(Refused):
        stage.read(stage.cast.other_lead)
    stage.shows("act", "is in the log and not in the database")


def test_nothing_of_it_is_stored_in_clear(stage: Stage) -> None:
    move(stage)
    assert not [word for word in ("CANARY-MOVING", "CANARY-TOLD") if word in repr(stage.contents())]
    (entry,) = stage.entries(Event.CASE_MOVED)
    assert entry["channel"] == stage.cast.fallback.hex()


def test_keys_that_were_lost_after_the_move_are_not_renewed_for_the_new_ones(stage: Stage) -> None:
    """Whoever puts the lapsed grant back finds that it was wrapped to other keys."""
    cast = stage.cast
    report = cast.report(cast.draft(channel=cast.fallback))
    move(stage, report, by=cast.other_lead, target=cast.channel)
    copy = stage.attacker.copy("before-new-keys.sqlite")
    renew(cast, cast.triage, by=cast.lead)
    stage.attacker.put_back(copy, "grants", "case_id = ? AND recipient = ?", report.case, cast.triage.account)
    with stage.units.reading() as unit:
        case = unit.session.get_one(Case, report.case)
        holding = keyrings.recipients(unit, case, CompartmentName.REPORT)
    assert holding == {case.id, cast.lead.account}


def test_nothing_is_owed_again_that_was_lost_before_a_move(stage: Stage) -> None:
    cast = stage.cast
    renew(cast, cast.investigator)
    move(stage)
    with stage.units.reading() as unit:
        assert hand_again.owed(unit, cast.other_lead.actor) == ()
