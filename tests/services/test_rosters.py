"""Rosters are signed by those who may, and read back as they were signed. Attacks on them are in `test_hostile_rosters.py`."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from complaints.config import Misconfigured
from complaints.errors import Denied, Refused
from complaints.models import Case
from complaints.services import accounts, acts, casework, channels, keyrings, rosters, routing, undertakings
from complaints.services.rosters import Roster
from complaints.vocabulary import CompartmentName, Duty
from crypto import Malformed, encode_parts
from tests.cast import Person, sign_first
from tests.conftest import ON_POSTGRESQL
from tests.stage import Stage


def new_channel(stage: Stage) -> bytes:
    with stage.units.writing() as unit:
        return channels.create_channel(
            unit, stage.cast.administrator.actor, code="new", name_th="ใหม่", name_en="New", position=3
        )


def sign_next(stage: Stage, signer: Person, *members: tuple[Person, Duty]) -> None:
    with stage.units.writing() as unit:
        rosters.sign_next(
            unit,
            signer.actor,
            signer.keys.signing,
            stage.cast.channel,
            [person.member(duty) for person, duty in members],
        )


def test_a_roster_comes_back_as_it_was_signed(stage: Stage) -> None:
    cast = stage.cast
    with stage.units.reading() as unit:
        roster = rosters.current(unit, cast.channel)
    assert rosters.parse(roster.canonical()) == roster
    assert roster.is_lead(cast.lead.account)
    assert not roster.is_lead(cast.triage.account)
    assert not roster.is_lead(cast.other_lead.account)
    assert roster.member(cast.other_lead.account) is None


def test_each_version_follows_from_the_one_before(stage: Stage) -> None:
    cast = stage.cast
    sign_next(stage, cast.lead, (cast.lead, Duty.LEAD), (cast.triage, Duty.LEAD))
    sign_next(stage, cast.triage, (cast.triage, Duty.LEAD), (cast.investigator, Duty.MEMBER))
    with stage.units.reading() as unit:
        chain = rosters.chain(unit, cast.channel)
        assert rosters.current(unit, cast.channel) == chain[-1]
    assert [roster.version for roster in chain] == [1, 2, 3]
    assert [roster.previous for roster in chain] == [b"", chain[0].hash, chain[1].hash]
    assert stage.findings() == []


def test_a_lead_who_has_left_signs_no_more(stage: Stage) -> None:
    cast = stage.cast
    sign_next(stage, cast.lead, (cast.triage, Duty.LEAD))
    before = stage.contents()
    with pytest.raises(Denied):
        sign_next(stage, cast.lead, (cast.lead, Duty.LEAD))
    assert stage.contents() == before


@pytest.mark.parametrize("who", ["triage", "investigator", "other_lead", "administrator"])
def test_whoever_does_not_lead_signs_nothing(stage: Stage, who: str) -> None:
    signer: Person = getattr(stage.cast, who)
    before = stage.contents()
    with pytest.raises(Denied):
        sign_next(stage, signer, (signer, Duty.LEAD))
    assert stage.contents() == before


def test_a_roster_without_a_lead(stage: Stage) -> None:
    with pytest.raises(Denied):
        sign_next(stage, stage.cast.lead, (stage.cast.lead, Duty.TRIAGE))


def test_the_first_roster_is_signed_by_a_lead_who_is_on_it(stage: Stage) -> None:
    channel, lead = new_channel(stage), stage.cast.lead
    for members in ([], [(lead, Duty.TRIAGE)], [(stage.cast.triage, Duty.LEAD)]):
        with pytest.raises(Denied), stage.units.writing() as unit:
            sign_first(unit, lead, channel, members)


def test_a_first_roster_is_signed_once(stage: Stage) -> None:
    """Its lead is pinned outside the database, and a pin is never replaced."""
    with pytest.raises(Misconfigured), stage.units.writing() as unit:
        sign_first(unit, stage.cast.triage, stage.cast.channel, [(stage.cast.triage, Duty.LEAD)])


def test_a_roster_whose_channel_has_no_pin(stage: Stage) -> None:
    """As after a restore without the secret files: nothing is believed."""
    channel = new_channel(stage)
    stage.attacker.run("UPDATE roster SET channel_id = ? WHERE channel_id = ?", channel, stage.cast.channel)
    with stage.units.reading() as unit, pytest.raises(Refused, match="no first lead is pinned"):
        rosters.current(unit, channel)
    stage.shows("roster", "channel new: no first lead is pinned")


MEMBER = encode_parts(bytes(16), b"lead", b"work", b"identity", b"verify")


@pytest.mark.parametrize(
    "canonical",
    [
        b"",
        b"no parts",
        encode_parts(b"complaints/roster/1", bytes(16), bytes(4)),
        encode_parts(b"complaints/roster/2", bytes(16), bytes(4), b"", MEMBER),
        encode_parts(b"complaints/roster/1", bytes(16), bytes(3), b"", MEMBER),
        encode_parts(b"complaints/roster/1", bytes(16), bytes(4), b"", b"no member"),
        encode_parts(b"complaints/roster/1", bytes(16), bytes(4), b"", encode_parts(b"too few")),
        encode_parts(b"complaints/roster/1", bytes(16), bytes(4), b"", MEMBER.replace(b"lead", b"boss")),
        encode_parts(b"complaints/roster/1", bytes(16), bytes(4), b"", MEMBER.replace(b"lead", b"\xff\xff\xff\xff")),
    ],
)
def test_bytes_that_are_no_roster(canonical: bytes) -> None:
    with pytest.raises(Malformed):
        rosters.parse(canonical)


def test_the_smallest_roster_there_is() -> None:
    empty = Roster(bytes(16), 1, b"", ())
    assert rosters.parse(empty.canonical()) == empty


def test_who_receives_is_read_anew_after_a_roster_was_signed(stage: Stage) -> None:
    cast = stage.cast
    sign_next(stage, cast.lead, (cast.lead, Duty.LEAD), (cast.investigator, Duty.TRIAGE))
    with stage.units.reading() as unit:
        routed = routing.recipients_after(unit, cast.draft())
    assert [person.display_name for person in routed.triage] == ["Investigator"]


def test_an_undertaking_is_signed_under_its_newest_version(stage: Stage) -> None:
    cast = stage.cast
    with stage.units.writing() as unit:
        undertakings.publish(unit, version=2, text_th="ใหม่", text_en="New")
    with stage.units.writing() as unit:
        assert undertakings.who_signed(unit) == frozenset()
        undertakings.sign(unit, cast.lead.actor, cast.lead.keys.signing, 2)
        assert undertakings.who_signed(unit) == {cast.lead.account}


# -- Somebody who waits while a roster is signed ---------------------------------------------------------------------


@pytest.mark.parametrize("wait", ["for a case", "for accounts"])
def test_whoever_waited_reads_anew_what_they_read_before(stage: Stage, wait: str) -> None:
    """Who is on a roster, and the case's own row: what somebody else did meanwhile counts."""
    with stage.units.writing() as unit:
        case = unit.session.get_one(Case, stage.assigned.case)
        before = rosters.current(unit, case.channel_id)
        assert unit.known
        unit.run(text("UPDATE cases SET revision = 77"))  # as if in another transaction, which has committed
        if wait == "for a case":
            casework.take_turns(unit, case.id)
        else:
            accounts.hold_still(unit)
        assert not unit.known
        assert case.revision == 77
        assert rosters.current(unit, case.channel_id) == before


def test_what_followed_from_a_cases_acts_is_found_anew_when_one_is_written(stage: Stage) -> None:
    with stage.units.writing() as unit:
        case = unit.session.get_one(Case, stage.assigned.case)
        for name in CompartmentName:
            keyrings.recipients(unit, case, name)
        acts.recusals_of(unit, case)
        acts.read_anew(unit, case.id)
        assert [key for key in unit.known if isinstance(key, tuple) and case.id in key] == []


@pytest.mark.skipif(not ON_POSTGRESQL, reason="one writer at a time")
def test_no_roster_is_signed_while_a_case_is_handed_over(stage: Stage) -> None:
    engine, channel = stage.units.database.engine, stage.cast.channel
    with stage.units.writing() as unit, engine.begin() as other:
        other.execute(text("SET LOCAL lock_timeout = '50ms'"))
        accounts.hold_still(unit)
        with pytest.raises(OperationalError):
            other.execute(rosters._TURN, {"channel": channel})


@pytest.mark.skipif(not ON_POSTGRESQL, reason="one writer at a time")
def test_a_report_does_not_wait_for_whoever_signs_a_roster(stage: Stage) -> None:
    with stage.units.database.engine.begin() as other:
        other.execute(rosters._TURN, {"channel": stage.cast.channel})
        assert stage.cast.report().case
