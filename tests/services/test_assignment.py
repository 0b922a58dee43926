"""A lead hands a case over: to whom, to whom never, and what whoever is left out can still read."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from complaints.errors import Conflict, Denied, DomainError, Invalid, NotFound, Refused
from complaints.services import act_items, assignment, caseload, mailbox, records
from complaints.services.handing_over import HandedOver
from complaints.vocabulary import CaseStatus, CompartmentName, Duty, Event
from crypto import CryptoError, PrivateKey, SecretKey, open_field, unwrap
from tests.cast import CANARIES, Person, Report
from tests.stage import Attacker, Stage

REPORT, INTERNAL, IDENTITY = CompartmentName.REPORT, CompartmentName.INTERNAL, CompartmentName.IDENTITY


def assign(
    stage: Stage,
    chosen: Mapping[Person, bool],
    *,
    report: Report | None = None,
    by: Person | None = None,
    epoch: int = 1,
) -> HandedOver:
    by = by or stage.cast.lead
    with stage.units.writing() as unit:
        return assignment.assign(
            unit,
            by.actor,
            by.keys,
            by.identity_key,
            (report or stage.waiting).case,
            {person.account: identity for person, identity in chosen.items()},
            epoch,
        )


def refused(
    stage: Stage, error: type[DomainError], chosen: Mapping[Person, bool], by: Person | None = None, epoch: int = 1
) -> DomainError:
    """Nothing is handed over, and nothing is stored."""
    before = stage.contents()
    with pytest.raises(error) as caught:
        assign(stage, chosen, by=by, epoch=epoch)
    assert stage.contents() == before
    return caught.value


def holders(stage: Stage, report: Report) -> dict[str, set[CompartmentName]]:
    return {holder.name: set(holder.compartments) for holder in stage.read(stage.cast.lead, report).holders}


ALL, WITHOUT_IDENTITY = {REPORT, INTERNAL, IDENTITY}, {REPORT, INTERNAL}


# -- Handing over ----------------------------------------------------------------------------------------------------


def test_the_assigned_hold_what_they_were_given(stage: Stage) -> None:
    cast = stage.cast
    changed = assign(stage, {cast.investigator: True, cast.second_investigator: False})
    assert changed == HandedOver(("Investigator", "Second Investigator"), ("Investigator",), ("Triage",))
    assert holders(stage, stage.waiting) == {
        "Lead": ALL,
        "Investigator": ALL,
        "Second Investigator": WITHOUT_IDENTITY,
    }
    for person in (cast.lead, cast.investigator, cast.second_investigator):
        opened = stage.read(person, stage.waiting)
        assert (opened.problems, opened.epoch, opened.status) == ((), 2, CaseStatus.INVESTIGATING)
    assert stage.findings() == []


def test_whoever_is_left_out_is_out_at_the_next_step(stage: Stage) -> None:
    assign(stage, {stage.cast.investigator: False})
    with pytest.raises(NotFound):
        stage.read(stage.cast.triage, stage.waiting)
    with stage.units.reading() as unit, pytest.raises(NotFound):
        caseload.find_line(unit, stage.cast.triage.actor, stage.waiting.case)


def test_the_identity_goes_with_those_who_were_given_it(stage: Stage) -> None:
    cast = stage.cast
    assign(stage, {cast.investigator: True, cast.second_investigator: False})
    for person in (cast.lead, cast.investigator):
        assert stage.open_identity(person, stage.waiting).fields == CANARIES
    with pytest.raises(Denied):
        stage.open_identity(cast.second_investigator, stage.waiting)


def test_a_newcomer_reads_what_was_written_before(stage: Stage) -> None:
    assign(stage, {stage.cast.unassigned: True}, report=stage.assigned, epoch=2)
    opened = stage.read(stage.cast.unassigned)
    assert [line.text for line in opened.messages] == ["CANARY-REPLY", "CANARY-ANSWER", "CANARY-ANSWER again"]
    assert [line.text for line in opened.notes] == ["CANARY-NOTE", "CANARY-NOTE of the second"]
    assert opened.problems == ()


def test_the_reporter_goes_on_as_before(stage: Stage) -> None:
    assign(stage, {stage.cast.unassigned: False}, report=stage.assigned, epoch=2)
    stage.message("after the third epoch began")
    opened = stage.open_mailbox()
    assert [line.text for line in opened.messages][-1] == "after the third epoch began"
    assert opened.problems == ()
    assert stage.read(stage.cast.unassigned).messages[-1].text == "after the third epoch began"


def test_a_case_handed_over_again_and_again(stage: Stage) -> None:
    cast = stage.cast
    for epoch in range(1, 6):
        person = (cast.investigator, cast.second_investigator)[epoch % 2]
        assign(stage, {person: bool(epoch % 3)}, epoch=epoch)
        stage.note(person, f"epoch {epoch + 1}", stage.waiting)
    opened = stage.read(cast.lead, stage.waiting)
    assert [line.text for line in opened.notes] == [f"epoch {number}" for number in range(2, 7)]
    assert stage.open_identity(cast.lead, stage.waiting).fields == CANARIES
    assert stage.findings() == []


def test_a_lead_may_be_among_the_chosen(stage: Stage) -> None:
    assign(stage, {stage.cast.lead: False, stage.cast.investigator: False})
    assert holders(stage, stage.waiting) == {"Lead": ALL, "Investigator": WITHOUT_IDENTITY}


def test_a_lead_who_came_to_the_roster_later_is_given_nothing_by_that(stage: Stage) -> None:
    cast = stage.cast
    stage.next_roster((cast.lead, Duty.LEAD), (cast.triage, Duty.LEAD), (cast.investigator, Duty.MEMBER))
    assign(stage, {cast.investigator: False})
    with pytest.raises(NotFound):
        stage.read(cast.triage, stage.waiting)
    assign(stage, {cast.triage: True}, epoch=2)
    assert holders(stage, stage.waiting)["Triage"] == ALL


def second_lead(stage: Stage, duty: Duty) -> None:
    """A second lead, who holds the waiting case with its identity, and then has this duty."""
    cast = stage.cast
    rest = ((cast.investigator, Duty.MEMBER), (cast.second_investigator, Duty.MEMBER))
    stage.next_roster((cast.lead, Duty.LEAD), (cast.triage, Duty.LEAD), *rest)
    assign(stage, {cast.triage: True, cast.investigator: False})
    if duty is not Duty.LEAD:
        stage.next_roster((cast.lead, Duty.LEAD), (cast.triage, duty), *rest)


def test_other_leads_keep_the_case(stage: Stage) -> None:
    second_lead(stage, Duty.LEAD)
    assign(stage, {stage.cast.second_investigator: False}, epoch=2)
    assert holders(stage, stage.waiting) == {"Lead": ALL, "Triage": ALL, "Second Investigator": WITHOUT_IDENTITY}


def test_whoever_leads_no_more_loses_the_case(stage: Stage) -> None:
    second_lead(stage, Duty.MEMBER)
    assign(stage, {stage.cast.second_investigator: False}, epoch=2)
    assert holders(stage, stage.waiting).keys() == {"Lead", "Second Investigator"}


@pytest.mark.parametrize("make_unfit", [Stage.unsign, Stage.suspend, Stage.take_role])
def test_a_lead_who_may_not_receive_loses_the_case(stage: Stage, make_unfit: Callable[[Stage, Person], None]) -> None:
    second_lead(stage, Duty.LEAD)
    make_unfit(stage, stage.cast.triage)
    assign(stage, {stage.cast.second_investigator: False}, epoch=2)
    assert holders(stage, stage.waiting).keys() == {"Lead", "Second Investigator"}


def test_the_lists_say_what_was_handed_over(stage: Stage) -> None:
    cast = stage.cast
    assign(stage, {cast.investigator: True, cast.second_investigator: False})
    for person, identity in ((cast.lead, True), (cast.investigator, True), (cast.second_investigator, False)):
        with stage.units.reading() as unit:
            line = caseload.find_line(unit, person.actor, stage.waiting.case)
        assert (line.status, line.holds_identity, line.activity) == (
            CaseStatus.INVESTIGATING,
            identity,
            stage.calendar.day,
        )
        assert line.due == stage.open_mailbox(stage.waiting).acknowledge_by  # its reporter has heard nothing yet


def test_the_log_says_who_was_given_what(stage: Stage) -> None:
    cast = stage.cast
    assign(stage, {cast.investigator: True, cast.second_investigator: False})
    entry = stage.entries(Event.CASE_ASSIGNED)[-1]
    given = {f"{cast.lead.account.hex()}+identity", f"{cast.investigator.account.hex()}+identity"}
    assert set((entry["subject"] or "").split()) == given | {cast.second_investigator.account.hex()}
    assert (entry["actor"], entry["case"]) == (cast.lead.account.hex(), stage.waiting.case.hex())
    assert entry["pseudonym"] == "1"
    assert {"act", "digest", "writes"} <= entry.keys()


# -- Refusals --------------------------------------------------------------------------------------------------------


def test_only_a_lead_assigns(stage: Stage) -> None:
    """A triage member reads the case, and cannot hand it over. What is logged of it names them and the case."""
    error = refused(stage, Denied, {stage.cast.investigator: False}, by=stage.cast.triage)
    assert error.failure is not None
    assert error.failure.event is Event.DENIED
    assert error.failure.fields["case"] == stage.waiting.case.hex()


@pytest.mark.parametrize("who", ["unassigned", "other_lead", "investigator"])
def test_a_case_that_is_not_theirs(stage: Stage, who: str) -> None:
    refused(stage, NotFound, {stage.cast.investigator: False}, by=getattr(stage.cast, who))


def test_a_lead_without_the_identity(stage: Stage) -> None:
    cast = stage.cast
    stage.next_roster((cast.lead, Duty.LEAD), (cast.triage, Duty.LEAD), (cast.investigator, Duty.MEMBER))
    assign(stage, {cast.triage: False})
    refused(stage, Denied, {cast.investigator: True}, by=cast.triage, epoch=2)


def test_nobody_chosen(stage: Stage) -> None:
    error = refused(stage, Invalid, {})
    assert isinstance(error, Invalid)
    assert error.problems == {"assigned": "missing"}


def test_somebody_who_is_not_on_the_roster(stage: Stage) -> None:
    refused(stage, Denied, {stage.cast.other_lead: False})
    refused(stage, Denied, {stage.cast.investigator: True, stage.cast.administrator: False})


@pytest.mark.parametrize("make_unfit", [Stage.unsign, Stage.suspend, Stage.take_role])
def test_somebody_who_may_not_receive(stage: Stage, make_unfit: Callable[[Stage, Person], None]) -> None:
    make_unfit(stage, stage.cast.investigator)
    refused(stage, Denied, {stage.cast.investigator: False})
    refused(stage, Denied, {stage.cast.second_investigator: True, stage.cast.investigator: True})


@pytest.mark.parametrize("make_unfit", [Stage.unsign, Stage.suspend, Stage.take_role])
def test_a_lead_who_may_not_receive_hands_nothing_over(
    stage: Stage, make_unfit: Callable[[Stage, Person], None]
) -> None:
    """They would leave the case without anybody who could hand it over again."""
    make_unfit(stage, stage.cast.lead)
    refused(stage, Denied, {stage.cast.investigator: False})


def test_somebody_whom_the_reporter_excluded(stage: Stage) -> None:
    cast = stage.cast
    report = cast.report(cast.draft(excluded=[cast.investigator]))
    before = stage.contents()
    for chosen in ({cast.investigator: False}, {cast.second_investigator: True, cast.investigator: True}):
        with pytest.raises(Denied):
            assign(stage, chosen, report=report)
    assert stage.contents() == before
    assert assign(stage, {cast.second_investigator: True}, report=report).left_out == ("Triage",)
    with pytest.raises(Denied):
        assign(stage, {cast.investigator: False}, report=report, epoch=2)


def test_a_lead_whom_the_reporter_excluded(stage: Stage) -> None:
    """Leads, and holds no key: for them the case is not there, and nobody can give it to them."""
    cast = stage.cast
    stage.next_roster((cast.lead, Duty.LEAD), (cast.triage, Duty.LEAD), (cast.investigator, Duty.MEMBER))
    report = cast.report(cast.draft(excluded=[cast.lead]))
    with pytest.raises(NotFound):
        assign(stage, {cast.investigator: True}, report=report, by=cast.lead)
    with pytest.raises(Denied):
        assign(stage, {cast.lead: True}, report=report, by=cast.triage)
    assign(stage, {cast.investigator: True}, report=report, by=cast.triage)
    with pytest.raises(NotFound):
        stage.read(cast.lead, report)


def test_another_persons_identity_key(stage: Stage) -> None:
    lead, other = stage.cast.lead, stage.cast.investigator
    before = stage.contents()
    with pytest.raises(Refused), stage.units.writing() as unit:
        assignment.assign(unit, lead.actor, lead.keys, other.identity_key, stage.waiting.case, {other.account: True}, 1)
    assert stage.contents() == before


@pytest.mark.parametrize("epoch", [0, 2, -1])
def test_a_choice_made_from_another_state_of_the_case(stage: Stage, epoch: int) -> None:
    refused(stage, Conflict, {stage.cast.investigator: False}, epoch=epoch)


def test_two_leads_at_once(stage: Stage) -> None:
    """Exactly one choice counts, and the other lead is told."""
    cast, together = stage.cast, Barrier(2)

    def choose(person: Person) -> HandedOver | Conflict:
        together.wait()
        try:
            return assign(stage, {person: True})
        except Conflict as conflict:
            return conflict

    with ThreadPoolExecutor(2) as hands:
        outcomes = list(hands.map(choose, (cast.investigator, cast.second_investigator)))
    (done,) = [outcome for outcome in outcomes if isinstance(outcome, HandedOver)]
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
    assert holders(stage, stage.waiting).keys() == {"Lead", *done.assigned}
    assert stage.read(cast.lead, stage.waiting).epoch == 2
    assert stage.findings() == []


# -- The plan --------------------------------------------------------------------------------------------------------


def test_the_plan_says_who_can_be_chosen_and_why_not(stage: Stage) -> None:
    cast = stage.cast
    report = cast.report(cast.draft(excluded=[cast.unassigned]))
    stage.unsign(cast.investigator)
    stage.suspend(cast.second_investigator)
    found = stage.candidates(report)
    assert found.keys() == {"Triage", "Investigator", "Second Investigator", "Unassigned"}
    assert [name for name, candidate in found.items() if candidate.can_be_assigned] == ["Triage"]
    assert found["Unassigned"].excluded
    assert not found["Investigator"].undertaking_signed
    assert not found["Second Investigator"].active


def test_the_plan_says_who_holds_what(stage: Stage) -> None:
    with stage.units.writing() as unit:
        lead = stage.cast.lead
        plan = assignment.plan(unit, lead.actor, lead.keys, stage.assigned.case)
    assert (plan.reference, plan.epoch, plan.leads) == (stage.assigned.reference, 2, ("Lead",))
    held = {c.name: (c.assigned, c.holds_report, c.holds_identity) for c in plan.candidates}
    assert held == {
        "Triage": (False, False, False),
        "Investigator": (True, True, True),
        "Second Investigator": (True, True, False),
        "Unassigned": (False, False, False),
    }


def test_before_anybody_is_assigned_a_triage_member_holds_and_is_not_assigned(stage: Stage) -> None:
    triage = stage.candidates(stage.waiting)["Triage"]
    assert (triage.assigned, triage.holds_report) == (False, True)


def test_seeing_the_plan_is_an_opening(stage: Stage) -> None:
    """It shows whom the reporter excluded."""
    stage.candidates(stage.waiting)
    entry = stage.entries(Event.CASE_OPENED)[-1]
    assert (entry["case"], entry["subject"]) == (stage.waiting.case.hex(), "assignment")


def test_the_plan_is_for_leads(stage: Stage) -> None:
    for person, error in ((stage.cast.triage, Denied), (stage.cast.unassigned, NotFound)):
        before = stage.contents()
        with pytest.raises(error), stage.units.writing() as unit:
            assignment.plan(unit, person.actor, person.keys, stage.waiting.case)
        assert stage.contents() == before


# -- Whoever was left out, with a copy of the database and their old keys ---------------------------------------------


def old_keys(copy: Attacker, report: Report, person: Person) -> dict[str, SecretKey]:
    """Every key that a copy from before gives them, opened as the application would."""
    keys = {}
    for compartment, epoch, envelope in copy.rows(
        "SELECT compartment, epoch, envelope FROM grants WHERE case_id = ? AND recipient = ?",
        *(report.case, person.account),
    ):
        key_id = copy.value(
            "SELECT key_id FROM compartment WHERE case_id = ? AND name = ? AND epoch = ?",
            *(report.case, compartment, epoch),
        )
        name = CompartmentName(compartment)
        holder = person.identity_key if name is IDENTITY else person.keys.work
        context = act_items.grant_context(report.case, name, epoch, key_id, person.account)
        keys[compartment] = unwrap(envelope, holder, context)
    return keys


def values_written_since(stage: Stage, copy: Attacker, report: Report) -> list[tuple[str, bytes, str, int, bytes]]:
    """Compartment, record, field, revision and value of everything sealed that the copy does not hold."""
    query = (
        "SELECT compartment, id, name, sealed_field.revision, value FROM sealed_field JOIN record ON id = record_id"
        " WHERE case_id = ?"
    )
    known = set(copy.rows(query, report.case))
    return [row for row in stage.attacker.rows(query, report.case) if row not in known]


def tries(
    stage: Stage, keys: Mapping[str, SecretKey], holders: list[PrivateKey], report: Report
) -> Iterator[Callable[[], object]]:
    """Every way in: each old key on each new epoch's previous key, each of their own keys on each new grant."""
    for name, epoch, key_id, previous in stage.attacker.rows(
        "SELECT name, epoch, key_id, previous_key FROM compartment WHERE case_id = ? AND previous_key IS NOT NULL",
        report.case,
    ):
        context = act_items.previous_key_context(report.case, CompartmentName(name), epoch, key_id)
        for key in keys.values():
            yield partial(open_field, previous, key, context)
    for recipient, name, epoch, envelope in stage.attacker.rows(
        "SELECT recipient, compartment, epoch, envelope FROM grants WHERE case_id = ?", report.case
    ):
        key_id = stage.attacker.value(
            "SELECT key_id FROM compartment WHERE case_id = ? AND name = ? AND epoch = ?", report.case, name, epoch
        )
        context = act_items.grant_context(report.case, CompartmentName(name), epoch, key_id, recipient)
        for holder in holders:
            yield partial(unwrap, envelope, holder, context)


def test_a_removed_investigator_opens_nothing_that_is_written_afterwards(stage: Stage) -> None:
    """With a copy of the database from when they held the case, the database of today, and every key of theirs."""
    removed, report = stage.cast.investigator, stage.assigned
    copy = stage.attacker.copy("kept.sqlite")
    assign(stage, {stage.cast.second_investigator: False}, report=report, epoch=2)
    stage.reply(stage.cast.second_investigator, "written afterwards")
    stage.note(stage.cast.lead, "written afterwards")
    stage.message("written afterwards")
    stage.open_identity(stage.cast.lead)

    keys = old_keys(copy, report, removed)
    assert keys.keys() == {"report", "internal", "identity"}
    fresh = values_written_since(stage, copy, report)
    assert {compartment for compartment, *_ in fresh} == {"report", "internal", "identity"}
    for compartment, record, name, revision, value in fresh:
        for key in keys.values():
            context = records.field_context(
                report.case, CompartmentName(compartment), key.key_id, record, name, revision
            )
            with pytest.raises(CryptoError):
                open_field(value, key, context)
    attempts = list(tries(stage, keys, [removed.keys.work, removed.identity_key], report))
    assert len(attempts) > 20
    opened = [attempt for attempt in attempts if _opens(attempt)]
    # The second epoch's key, which they had, opens the first's: what they could read before. Nothing else.
    assert len(opened) == len(keys)


def _opens(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except CryptoError:
        return False
    return True


def test_a_removed_investigators_grants_put_back(stage: Stage) -> None:
    """From a copy, lists and all: the case is not there for them, and the check shows the grants."""
    removed, report = stage.cast.investigator, stage.assigned
    copy = stage.attacker.copy("kept.sqlite")
    assign(stage, {stage.cast.second_investigator: False}, report=report, epoch=2)
    for table, column in (("grants", "recipient"), ("caseload", "account_id")):
        stage.attacker.put_back(copy, table, f"case_id = ? AND {column} = ?", report.case, removed.account)
    for attempt in (stage.read, stage.open_identity):
        with pytest.raises(NotFound):
            attempt(removed)
    with pytest.raises(NotFound):
        stage.note(removed, "still here")
    stage.shows("grant", f"the grant of identity to {removed.account.hex()} was taken and is back")


def test_a_removed_investigator_writes_no_more(stage: Stage) -> None:
    assign(stage, {stage.cast.second_investigator: False}, report=stage.assigned, epoch=2)
    before = stage.contents()
    for write in (stage.reply, stage.note):
        with pytest.raises(NotFound):
            write(stage.cast.investigator, "still here")
    assert stage.contents() == before


def test_somebody_removed_and_taken_on_again_reads_everything(stage: Stage) -> None:
    cast = stage.cast
    assign(stage, {cast.second_investigator: False}, report=stage.assigned, epoch=2)
    stage.note(cast.lead, "while they were away")
    assign(stage, {cast.investigator: False}, report=stage.assigned, epoch=3)
    opened = stage.read(cast.investigator)
    assert [line.text for line in opened.notes][-1] == "while they were away"
    assert opened.problems == ()
    assert not opened.holds_identity


def test_somebody_who_writes_while_they_are_removed(stage: Stage) -> None:
    """Either the note is written before, under a key they had, or it is not written. Never something in between."""
    together = Barrier(2)

    def write() -> bool:
        together.wait()
        try:
            stage.note(stage.cast.investigator, "at the last moment")
        except NotFound:
            return False
        return True

    def remove() -> None:
        together.wait()
        assign(stage, {stage.cast.second_investigator: False}, report=stage.assigned, epoch=2)

    with ThreadPoolExecutor(2) as hands:
        written, removed = hands.submit(write), hands.submit(remove)
        removed.result()
    opened = stage.read(stage.cast.lead)
    assert ("at the last moment" in [line.text for line in opened.notes]) is written.result()
    assert opened.problems == ()
    assert stage.findings() == []


def test_pseudonyms_stay_with_their_owners(stage: Stage) -> None:
    """Whoever leaves keeps their number; whoever comes gets one of their own."""
    assign(stage, {stage.cast.unassigned: False}, report=stage.assigned, epoch=2)
    stage.reply(stage.cast.unassigned, "hello")
    with stage.units.writing() as unit:
        opened = mailbox.read_mailbox(unit, stage.assigned.reporter, stage.assigned.keys)
    assert [line.author for line in opened.messages] == [2, None, None, 4]
