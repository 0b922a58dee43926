"""Leaving a case of one's own accord, and the new keys after that: what whoever left can still open, and who can go at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from complaints.errors import Denied, DomainError, Invalid, NotFound, Refused
from complaints.models import Case
from complaints.services import act_items, acts, departures, keyrings, records
from complaints.services.departures import WaitingCase
from complaints.services.unit import Units
from complaints.vocabulary import ActKind, CompartmentName, Duty, Event
from crypto import CryptoError, PrivateKey, SecretKey, open_field, unwrap
from tests.cast import Person, Report
from tests.services.test_assignment import assign, holders, second_lead
from tests.stage import Stage

REASON = "CANARY-RECUSAL my cousin works there"


def recuse(stage: Stage, person: Person, report: Report | None = None, reason: str = REASON) -> None:
    with stage.units.writing() as unit:
        departures.recuse(unit, person.actor, person.keys, (report or stage.assigned).case, reason)


def renew(stage: Stage, person: Person | None = None, report: Report | None = None) -> None:
    by = person or stage.cast.lead
    with stage.units.writing() as unit:
        departures.renew(unit, by.actor, by.keys, by.identity_key, (report or stage.assigned).case)


def waiting(stage: Stage, person: Person) -> tuple[WaitingCase, ...]:
    with stage.units.reading() as unit:
        return tuple(departures.waiting(unit, person.actor))


def test_whoever_leaves_is_out_at_the_next_step_and_the_case_waits_for_new_keys(stage: Stage) -> None:
    cast = stage.cast
    recuse(stage, cast.investigator)
    with pytest.raises(NotFound):
        stage.read(cast.investigator)
    with pytest.raises(NotFound):
        stage.open_identity(cast.investigator)
    (line,) = waiting(stage, cast.lead)
    assert (line.reference, line.name, line.leads) == (stage.assigned.reference, "Investigator", True)
    assert [line.leads for line in waiting(stage, cast.second_investigator)] == [False]
    assert waiting(stage, cast.unassigned) == ()
    opened = stage.read(cast.second_investigator)
    assert [(d.name, d.reason, d.waiting) for d in opened.departed] == [("Investigator", REASON, True)]
    assert stage.findings() == []


def test_new_keys_reach_those_who_stay_and_nothing_waits_any_more(stage: Stage) -> None:
    cast = stage.cast
    recuse(stage, cast.investigator)
    renew(stage)
    assert waiting(stage, cast.lead) == ()
    assert holders(stage, stage.assigned) == {
        "Lead": set(CompartmentName),
        "Second Investigator": {CompartmentName.REPORT, CompartmentName.INTERNAL},
    }
    (departed,) = stage.read(cast.lead).departed
    assert not departed.waiting
    assert stage.open_identity(cast.lead).given
    (entry,) = stage.entries(Event.CASE_REKEYED)
    assert cast.investigator.account.hex() not in (entry["subject"] or "")
    assert stage.findings() == []


def test_the_reason_is_nowhere_in_clear(stage: Stage) -> None:
    recuse(stage, stage.cast.investigator)
    assert "CANARY-RECUSAL" not in repr(stage.contents())
    (entry,) = stage.entries(Event.CASE_RECUSED)
    assert (entry["actor"], entry["case"]) == (stage.cast.investigator.account.hex(), stage.assigned.case.hex())


def opened_with(stage: Stage, key: SecretKey, note: bytes) -> bool:
    """Whether a note in the database opens with this key of `internal`."""
    value = stage.attacker.value("SELECT value FROM sealed_field WHERE record_id = ? AND name = 'text'", note)
    context = records.field_context(stage.assigned.case, CompartmentName.INTERNAL, key.key_id, note, "text", 1)
    try:
        open_field(value, key, context)
    except CryptoError:
        return False
    return True


@pytest.mark.parametrize("leave", ["recused", "revoked"])
def test_a_copy_of_the_database_and_old_keys_open_nothing_that_is_written_afterwards(stage: Stage, leave: str) -> None:
    cast, case = stage.cast, stage.assigned.case
    old = internal_key(stage, cast.investigator, epoch=2)
    note = newest_note(stage)
    assert opened_with(stage, old, note)
    if leave == "recused":
        recuse(stage, cast.investigator)
        renew(stage)
    else:
        assign(stage, {cast.second_investigator: False}, report=stage.assigned, epoch=2)
        with pytest.raises(NotFound):
            stage.read(cast.investigator)
    stage.note(cast.second_investigator, "CANARY-LATER")
    later = newest_note(stage)
    assert later != note
    assert not opened_with(stage, old, later)
    grants = stage.attacker.rows(
        "SELECT epoch FROM grants WHERE case_id = ? AND recipient = ?", case, cast.investigator.account
    )
    assert grants == []


def internal_key(stage: Stage, person: Person, epoch: int) -> SecretKey:
    """The key that somebody holds, as they could have kept it."""
    where = "case_id = ? AND {} = 'internal' AND epoch = ?"
    case = stage.assigned.case
    envelope = stage.attacker.value(
        f"SELECT envelope FROM grants WHERE {where.format('compartment')} AND recipient = ?",
        case,
        epoch,
        person.account,
    )
    key_id = stage.attacker.value(f"SELECT key_id FROM compartment WHERE {where.format('name')}", case, epoch)
    work: PrivateKey = person.keys.work
    context = act_items.grant_context(case, CompartmentName.INTERNAL, epoch, key_id, person.account)
    return unwrap(envelope, work, context)


def newest_note(stage: Stage) -> bytes:
    query = "SELECT id FROM record WHERE case_id = ? AND kind = 'note' ORDER BY number DESC LIMIT 1"
    note: bytes = stage.attacker.value(query, stage.assigned.case)
    return note


def test_grants_that_are_put_back_open_nothing_and_are_carried_nowhere(stage: Stage) -> None:
    cast = stage.cast
    copy = stage.attacker.copy("before-leaving.sqlite")
    recuse(stage, cast.investigator)
    whose = ("case_id = ? AND recipient = ?", stage.assigned.case, cast.investigator.account)
    stage.attacker.put_back(copy, "grants", *whose)
    with pytest.raises(NotFound):
        stage.read(cast.investigator)
    with pytest.raises((NotFound, Denied)):
        stage.open_identity(cast.investigator)
    stage.shows("grant", "was given up and is back")
    renew(stage)
    assert "Investigator" not in holders(stage, stage.assigned)


@pytest.mark.parametrize("table", ["departure", "act"])
def test_the_check_shows_a_departure_that_somebody_took_away(stage: Stage, table: str) -> None:
    recuse(stage, stage.cast.investigator)
    if table == "departure":
        stage.attacker.run("DELETE FROM departure WHERE case_id = ?", stage.assigned.case)
        stage.shows("departure", "is not what the acts say")
    else:
        stage.attacker.run("DELETE FROM act WHERE kind = 'recusal'")
        stage.shows("act", "is in the log and not in the database")


def test_nobody_gives_the_case_back_to_whoever_left(stage: Stage) -> None:
    cast = stage.cast
    recuse(stage, cast.investigator)
    assert not stage.candidates()["Investigator"].can_be_assigned
    with pytest.raises(Denied):
        assign(stage, {cast.investigator: False}, report=stage.assigned, epoch=2)
    renew(stage)
    with pytest.raises(Denied):
        assign(stage, {cast.investigator: False}, report=stage.assigned, epoch=3)


def test_the_last_lead_cannot_leave(stage: Stage) -> None:
    before = stage.contents()
    with pytest.raises(Denied):
        recuse(stage, stage.cast.lead)
    assert stage.contents() == before


def test_a_lead_leaves_where_another_holds_the_case(stage: Stage) -> None:
    second_lead(stage, Duty.LEAD)
    cast = stage.cast
    recuse(stage, cast.lead, stage.waiting)
    with pytest.raises(NotFound):
        stage.read(cast.lead, stage.waiting)
    renew(stage, cast.triage, stage.waiting)
    with pytest.raises(Denied):
        recuse(stage, cast.triage, stage.waiting)
    assert stage.findings() == []


def test_of_two_leads_who_leave_at_once_one_stays(stage: Stage) -> None:
    second_lead(stage, Duty.LEAD)
    barrier = Barrier(2)

    def leave(person: Person) -> bool:
        barrier.wait()
        try:
            recuse(stage, person, stage.waiting)
        except Denied:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(leave, (stage.cast.lead, stage.cast.triage)))
    assert sorted(done) == [False, True]


@pytest.mark.parametrize(
    ("who", "error"),
    [(lambda cast: cast.investigator, Denied), (lambda cast: cast.unassigned, NotFound)],
    ids=["no lead", "no holder"],
)
def test_who_cannot_begin_new_keys(stage: Stage, who: Callable[[object], Person], error: type[DomainError]) -> None:
    recuse(stage, stage.cast.second_investigator)
    with pytest.raises(error):
        renew(stage, who(stage.cast))


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 10_001])
def test_leaving_needs_a_reason(stage: Stage, reason: str) -> None:
    before = stage.contents()
    with pytest.raises(Invalid):
        recuse(stage, stage.cast.investigator, reason=reason)
    assert stage.contents() == before


def test_nobody_signs_a_departure_for_somebody_else(stage: Stage) -> None:
    """A holder who writes to the database cannot throw a colleague out with an act of their own."""
    recuse(stage, stage.cast.investigator)
    other = stage.cast.second_investigator.account
    stage.attacker.run("UPDATE act SET maker = ? WHERE kind = 'recusal'", other)
    with pytest.raises(Refused):
        stage.read(stage.cast.second_investigator)
    stage.shows("act", "something else than its row")


def test_a_departure_brings_no_grant(stage: Stage) -> None:
    """Whoever leaves and can write to the database takes nobody else in by the act of leaving, even one that the server stored."""
    cast, case = stage.cast, stage.assigned.case
    newest = stage.stored_roster()
    number = stage.attacker.value("SELECT max(epoch) FROM compartment WHERE case_id = ? AND name = 'internal'", case)
    key = internal_key(stage, cast.investigator, number)
    friend = cast.unassigned
    grant = act_items.wrap_grant(
        case, CompartmentName.INTERNAL, number, key, friend.account, friend.member(Duty.MEMBER).work
    )
    signing = cast.investigator.keys.signing
    act = acts.sign(case, ActKind.RECUSAL, cast.investigator.account, signing, newest.hash, [], [grant])
    with stage.units.writing() as unit:
        acts.store(unit, act)
    with stage.units.reading() as unit:
        found = unit.session.get_one(Case, case)
        with pytest.raises(Refused, match="brings none"):
            keyrings.open_keyring(unit, found, CompartmentName.INTERNAL, friend.account, friend.keys.work)


def test_whoever_left_is_counted_by_the_few_who_did(on_sqlite: None, units: Units) -> None:
    """Not by walking all the lines that a reader has: there may be a hundred thousand, and a list asks each time."""
    with units.reading() as unit:
        text = str(departures._COUNT.compile(unit.session.get_bind()))
        plan = unit.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", (b"",)).all()
        steps = [row[-1] for row in plan]
    assert steps[0] == "SCAN departure"
    assert steps[-1].endswith("caseload USING PRIMARY KEY (account_id=? AND case_id=?)")
