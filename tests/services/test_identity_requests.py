"""Asking for the identity: who may, what it changes (nothing but a request), and how it ends."""

import pytest

from complaints.errors import Conflict, Denied, Invalid, NotFound
from complaints.services import identity_requests
from complaints.services.identity_requests import LIMIT, IdentityRequest
from complaints.vocabulary import CompartmentName, Event
from tests.cast import Person
from tests.stage import Stage

WHY = "CANARY-WHY ต้องโทรหาผู้แจ้ง"


def ask(stage: Stage, by: Person, text: str = WHY) -> None:
    with stage.units.writing() as unit:
        identity_requests.ask(unit, by.actor, by.keys, stage.assigned.case, text)


def decline(stage: Stage, request: bytes, by: Person | None = None, text: str = "CANARY-NO") -> None:
    actor = by or stage.cast.lead
    with stage.units.writing() as unit:
        identity_requests.decline(unit, actor.actor, actor.keys, stage.assigned.case, request, text)


def asks(stage: Stage, reader: Person) -> tuple[IdentityRequest, ...]:
    return stage.read(reader).asks


def test_a_lead_reads_why_and_hands_it_over(stage: Stage) -> None:
    cast = stage.cast
    ask(stage, cast.second_investigator)
    (request,) = asks(stage, cast.lead)
    assert (request.account, request.text, request.declined) == (cast.second_investigator.account, WHY, None)
    assert not [row for row in stage.attacker.rows("SELECT * FROM sealed_field") if b"CANARY-WHY" in str(row).encode()]
    cast.assign(stage.assigned, {cast.investigator: True, cast.second_investigator: True}, epoch=2)
    assert asks(stage, cast.lead) == ()
    assert asks(stage, cast.second_investigator) == ()
    assert stage.findings() == []


def test_asking_gives_no_key(stage: Stage) -> None:
    ask(stage, stage.cast.second_investigator)
    holders = {holder.account: holder.compartments for holder in stage.read(stage.cast.lead).holders}
    assert CompartmentName.IDENTITY not in holders[stage.cast.second_investigator.account]


def test_a_lead_says_why_not_and_whoever_asked_may_ask_again(stage: Stage) -> None:
    cast = stage.cast
    ask(stage, cast.second_investigator)
    decline(stage, asks(stage, cast.lead)[0].id)
    assert asks(stage, cast.lead) == ()
    (request,) = asks(stage, cast.second_investigator)
    assert (request.answer, request.declined_by) == ("CANARY-NO", "Lead")
    ask(stage, cast.second_investigator, "once more")
    (request,) = asks(stage, cast.second_investigator)
    assert (request.text, request.declined) == ("once more", None)
    assert [line.text for line in asks(stage, cast.lead)] == ["once more"]
    assert stage.findings() == []


def test_it_is_asked_once_and_answered_once(stage: Stage) -> None:
    cast = stage.cast
    ask(stage, cast.second_investigator)
    with pytest.raises(Conflict):
        ask(stage, cast.second_investigator, "again")
    request = asks(stage, cast.lead)[0].id
    decline(stage, request)
    with pytest.raises(Conflict):
        decline(stage, request)
    assert (len(stage.entries(Event.IDENTITY_ASKED)), len(stage.entries(Event.IDENTITY_DECLINED))) == (1, 1)


def test_nobody_asks_for_what_they_hold_or_for_a_case_that_is_not_theirs(stage: Stage) -> None:
    cast = stage.cast
    for person in (cast.lead, cast.investigator):
        with pytest.raises(Conflict):
            ask(stage, person)
    with pytest.raises(NotFound):
        ask(stage, cast.unassigned)


def test_only_a_lead_declines_and_only_what_was_asked(stage: Stage) -> None:
    cast = stage.cast
    ask(stage, cast.second_investigator)
    request = asks(stage, cast.lead)[0].id
    with pytest.raises(Denied):
        decline(stage, request, cast.investigator)
    with pytest.raises(NotFound):
        decline(stage, request, cast.unassigned)
    with pytest.raises(NotFound):
        decline(stage, stage.assigned.case)
    assert not stage.entries(Event.IDENTITY_DECLINED)


@pytest.mark.parametrize(("text", "problem"), [("", "missing"), ("  \n", "missing"), ("ก" * (LIMIT + 1), "too-long")])
def test_both_need_their_reason(stage: Stage, text: str, problem: str) -> None:
    with pytest.raises(Invalid) as error:
        ask(stage, stage.cast.second_investigator, text)
    assert error.value.problems == {"text": problem}
    ask(stage, stage.cast.second_investigator)
    with pytest.raises(Invalid) as error:
        decline(stage, asks(stage, stage.cast.lead)[0].id, text=text)
    assert error.value.problems == {"text": problem}


def test_a_holder_whom_no_act_made_one_is_shown_as_that(stage: Stage) -> None:
    people = {holder.account: holder for holder in stage.read(stage.cast.lead).holders}
    assert all(holder.verified for holder in people.values())
    stage.attacker.run(
        "INSERT INTO grants (case_id, recipient, compartment, epoch, act_id, envelope)"
        " SELECT case_id, ?, compartment, epoch, act_id, envelope FROM grants"
        " WHERE case_id = ? AND recipient = ? AND compartment = 'report'",
        stage.cast.unassigned.account,
        stage.assigned.case,
        stage.cast.lead.account,
    )
    people = {holder.account: holder for holder in stage.read(stage.cast.lead).holders}
    assert not people[stage.cast.unassigned.account].verified
