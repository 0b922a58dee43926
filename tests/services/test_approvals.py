"""What takes two people: who may ask, who may do it, and that a row somebody meddled with does nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text

from complaints import clock
from complaints.config import Secrets
from complaints.errors import Conflict, Denied, DomainError, Invalid, NotFound, Refused
from complaints.models import Approval, new_id
from complaints.services import accounts, approvals, channels, rosters
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.unit import Units
from complaints.vocabulary import Duty, Locale, Role
from crypto import decode_parts, encode_parts
from tests.cast import Cast, Person, person


def ask(cast: Cast, who: Person, duty: Duty | None, channel: bytes | None = None) -> bytes:
    admin = cast.administrator
    with cast.units.writing() as unit:
        return approvals.ask_for_roster(
            unit, admin.actor, admin.keys.signing, channel or cast.channel, who.account, duty
        )


def confirm(cast: Cast, who: Person, approval: bytes, of: Person, digits: str | None = None) -> None:
    read = of.member(Duty.MEMBER).fingerprint[-23:] if digits is None else digits
    with cast.units.writing() as unit:
        approvals.confirm(unit, who.actor, who.keys.signing, approval, read)


def duties(cast: Cast, channel: bytes | None = None) -> dict[bytes, Duty]:
    with cast.units.reading() as unit:
        return {member.account: member.duty for member in rosters.current(unit, channel or cast.channel).members}


def sql(cast: Cast, statement: str, **values: object) -> None:
    """As somebody who writes to the database and holds no key."""
    with cast.units.database.writing() as session:
        assert session.connection().execute(text(statement), values).rowcount != 0


def findings(units: Units, access_log: AccessLog) -> list[str]:
    with units.reading() as unit:
        return [finding.what for finding in examine(unit, access_log)]


def second_administrator(cast: Cast) -> Person:
    second = person("second-administrator", Role.ADMINISTRATOR)
    with cast.units.writing() as unit:
        accounts.store_account(
            unit,
            second.new,
            sign_in_name=second.name,
            display_name=second.display_name,
            roles=second.roles,
            locale=Locale.THAI,
        )
    return second


def test_a_member_joins_when_a_lead_has_signed(cast: Cast, access_log: AccessLog) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    assert cast.other_lead.account not in duties(cast)
    confirm(cast, cast.lead, approval, cast.other_lead)
    assert duties(cast)[cast.other_lead.account] is Duty.MEMBER
    assert findings(cast.units, access_log) == []


def test_a_duty_changes_and_a_member_leaves(cast: Cast) -> None:
    confirm(cast, cast.lead, ask(cast, cast.investigator, Duty.LEAD), cast.investigator)
    assert duties(cast)[cast.investigator.account] is Duty.LEAD
    confirm(cast, cast.investigator, ask(cast, cast.lead, None), cast.lead)
    assert cast.lead.account not in duties(cast)


def test_it_is_done_once(cast: Cast) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    confirm(cast, cast.lead, approval, cast.other_lead)
    with pytest.raises(NotFound):
        confirm(cast, cast.lead, approval, cast.other_lead)


@pytest.mark.parametrize("name", ["investigator", "triage", "other_lead", "administrator", "custodian", "auditor"])
def test_nobody_but_a_lead_of_the_roster_confirms(cast: Cast, name: str) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    with pytest.raises(Denied):
        confirm(cast, getattr(cast, name), approval, cast.other_lead)
    assert cast.other_lead.account not in duties(cast)


@pytest.mark.parametrize("digits", ["", "00000", "1234", "last five"])
def test_other_digits_are_refused(cast: Cast, digits: str) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    if digits == "last five":
        digits = cast.other_lead.member(Duty.MEMBER).fingerprint[-5:]
    with pytest.raises(Invalid):
        confirm(cast, cast.lead, approval, cast.other_lead, digits)
    assert cast.other_lead.account not in duties(cast)


def test_it_expires(cast: Cast) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    with time_machine.travel(clock.now() + approvals.LASTS + timedelta(seconds=1), tick=False), pytest.raises(NotFound):
        confirm(cast, cast.lead, approval, cast.other_lead)


def test_declined_it_is_gone(cast: Cast) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    with cast.units.writing() as unit:
        approvals.decline(unit, cast.lead.actor, approval)
    with pytest.raises(NotFound):
        confirm(cast, cast.lead, approval, cast.other_lead)


def test_a_roster_that_changed_meanwhile_is_a_conflict(cast: Cast) -> None:
    first = ask(cast, cast.other_lead, Duty.MEMBER)
    with cast.units.writing() as unit:
        members = [cast.lead.member(Duty.LEAD)]
        rosters.sign_next(unit, cast.lead.actor, cast.lead.keys.signing, cast.channel, members)
    with pytest.raises(Conflict):
        confirm(cast, cast.lead, first, cast.other_lead)


@pytest.mark.parametrize(
    ("name", "duty"),
    [
        ("administrator", Duty.MEMBER),
        ("auditor", Duty.MEMBER),
        ("lead", None),
        ("lead", Duty.LEAD),
        ("lead", Duty.TRIAGE),
    ],
)
def test_what_could_not_be_done_is_not_asked(cast: Cast, name: str, duty: Duty | None) -> None:
    with pytest.raises(Invalid):
        ask(cast, getattr(cast, name), duty)


def test_a_custodian_leads_no_channel_and_a_lead_is_no_custodian(cast: Cast) -> None:
    with cast.units.writing() as unit, pytest.raises(Invalid):
        accounts.change_roles(
            unit, cast.administrator.actor, cast.lead.account, frozenset({Role.INVESTIGATOR, Role.CUSTODIAN}), 1
        )
    with cast.units.writing() as unit:
        both = frozenset({Role.INVESTIGATOR, Role.CUSTODIAN})
        accounts.change_roles(unit, cast.administrator.actor, cast.unassigned.account, both, 1)
    with pytest.raises(Invalid):
        ask(cast, cast.unassigned, Duty.LEAD)


ATTACKS = {
    "another person": "UPDATE approval SET statement = replace(statement, :theirs, :own)",
    "another channel": "UPDATE approval SET subject = :fallback",
    "another requester": "UPDATE approval SET requester = :own",
    "more time": "UPDATE approval SET expires = '2099-01-01 00:00:00.000000'",
    "no signature": "UPDATE approval SET signature = zeroblob(64)",
    "another kind": "UPDATE approval SET kind = 'administrator'",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_edited_request_is_refused(cast: Cast, attack: str) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    values = {"theirs": cast.other_lead.account, "own": cast.auditor.account, "fallback": cast.fallback}
    statement = text(ATTACKS[attack]).bindparams(**{k: v for k, v in values.items() if f":{k}" in ATTACKS[attack]})
    if "replace" in ATTACKS[attack]:
        with cast.units.reading() as unit:
            (blob,) = unit.session.connection().execute(text("SELECT statement FROM approval")).one()
        changed = blob.replace(values["theirs"], values["own"])
        assert changed != blob
        statement = text("UPDATE approval SET statement = :changed").bindparams(changed=changed)
    with cast.units.database.writing() as session:
        assert session.connection().execute(statement).rowcount == 1
    with pytest.raises(Refused):
        confirm(cast, cast.lead, approval, cast.other_lead)
    with cast.units.reading() as unit:
        assert approvals.waiting(unit) == ()


def test_a_declined_request_set_back_to_open_stays_declined(cast: Cast, access_log: AccessLog) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    with cast.units.writing() as unit:
        approvals.decline(unit, cast.administrator.actor, approval)
    assert findings(cast.units, access_log) == []
    sql(cast, "UPDATE approval SET state = 'open'")
    with pytest.raises(Refused):
        confirm(cast, cast.lead, approval, cast.other_lead)
    assert any("whether it was declined" in what for what in findings(cast.units, access_log))


def test_a_newer_request_about_the_same_person_alone_takes_the_place(cast: Cast, access_log: AccessLog) -> None:
    older, other = ask(cast, cast.other_lead, Duty.MEMBER), ask(cast, cast.investigator, Duty.TRIAGE)
    newer = ask(cast, cast.other_lead, Duty.TRIAGE)
    with cast.units.reading() as unit:
        assert {request.id for request in approvals.waiting(unit)} == {other, newer}
    assert findings(cast.units, access_log) == []
    sql(cast, "UPDATE approval SET state = 'open' WHERE id = :older", older=older)
    with pytest.raises(Refused):
        confirm(cast, cast.lead, older, cast.other_lead)
    assert any("whether it was declined" in what for what in findings(cast.units, access_log))


def test_a_request_that_the_log_does_not_tell_of_is_refused(cast: Cast) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    with cast.units.reading() as unit:
        row = unit.session.get_one(Approval, approval)
        (label, _, *others), asker = decode_parts(row.statement), cast.administrator.keys.signing
        planted = encode_parts(label, planted_id := new_id(), *others)
    values = {"id": planted_id, "said": planted, "signature": asker.sign(planted, approvals.DOMAIN)}
    sql(cast, "UPDATE approval SET id = :id, statement = :said, signature = :signature", **values)
    with pytest.raises(Refused):
        confirm(cast, cast.lead, planted_id, cast.other_lead)


def test_a_planted_administrator_asks_for_nothing(cast: Cast) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    sql(cast, "UPDATE account SET vouched = zeroblob(32) WHERE id = :asker", asker=cast.administrator.account)
    with pytest.raises(Refused):
        confirm(cast, cast.lead, approval, cast.other_lead)


def test_a_person_whose_row_was_changed_gets_nothing(cast: Cast) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    sql(cast, "UPDATE account SET display_name = 'Another' WHERE id = :person", person=cast.other_lead.account)
    with pytest.raises(Refused):
        confirm(cast, cast.lead, approval, cast.other_lead)


def test_a_request_set_back_to_open_is_shown(cast: Cast, access_log: AccessLog) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    confirm(cast, cast.lead, approval, cast.other_lead)
    with cast.units.database.writing() as session:
        session.connection().execute(text("UPDATE approval SET state = 'open'"))
    with pytest.raises(DomainError):
        confirm(cast, cast.lead, approval, cast.other_lead)
    assert any("whether it was confirmed" in what for what in findings(cast.units, access_log))


def test_a_swapped_key_is_a_conflict(cast: Cast) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    with cast.units.database.writing() as session:
        session.connection().execute(
            text("UPDATE account SET work_public = (SELECT work_public FROM account WHERE id = :a) WHERE id = :b"),
            {"a": cast.auditor.account, "b": cast.other_lead.account},
        )
    with pytest.raises(Conflict):
        confirm(cast, cast.lead, approval, cast.other_lead)


# -- Founding a channel ----------------------------------------------------------------------------------------------


def new_channel(cast: Cast) -> bytes:
    with cast.units.writing() as unit:
        return channels.open_channel(
            unit, cast.administrator.actor, name_th="ใหม่", name_en="New", fallback=cast.fallback
        )


def test_a_further_channel_is_founded_by_somebody_who_leads_already(cast: Cast, secrets: Secrets) -> None:
    channel = new_channel(cast)
    puppet = ask(cast, cast.unassigned, Duty.LEAD, channel)
    with pytest.raises(Denied):
        confirm(cast, cast.unassigned, puppet, cast.unassigned)
    assert secrets.pin_of(channel) is None
    confirm(cast, cast.lead, ask(cast, cast.lead, Duty.LEAD, channel), cast.lead)
    assert duties(cast, channel) == {cast.lead.account: Duty.LEAD}
    assert secrets.pin_of(channel) == cast.lead.member(Duty.LEAD).fingerprint


def test_a_lead_founds_a_channel_for_somebody_else(cast: Cast, secrets: Secrets, access_log: AccessLog) -> None:
    channel = new_channel(cast)
    approval = ask(cast, cast.unassigned, Duty.LEAD, channel)
    with pytest.raises(Invalid):
        confirm(cast, cast.lead, approval, cast.unassigned, digits=cast.lead.member(Duty.LEAD).fingerprint[-23:])
    for nobody in (cast.unassigned, cast.investigator, cast.triage, cast.administrator):
        with pytest.raises(Denied):
            confirm(cast, nobody, approval, cast.unassigned)
    assert secrets.pin_of(channel) is None
    confirm(cast, cast.lead, approval, cast.unassigned)
    assert duties(cast, channel) == {cast.unassigned.account: Duty.LEAD}
    assert secrets.pin_of(channel) == cast.lead.member(Duty.LEAD).fingerprint
    confirm(cast, cast.unassigned, ask(cast, cast.triage, Duty.TRIAGE, channel), cast.triage)
    with pytest.raises(Denied):
        confirm(cast, cast.lead, ask(cast, cast.investigator, Duty.LEAD, channel), cast.investigator)
    assert findings(cast.units, access_log) == []


def test_a_founding_for_somebody_else_that_failed_is_done_again_by_the_same_lead(cast: Cast, secrets: Secrets) -> None:
    channel = new_channel(cast)
    approval = ask(cast, cast.unassigned, Duty.LEAD, channel)
    secrets.pin(channel, cast.lead.member(Duty.LEAD).fingerprint)
    for nobody in (cast.unassigned, cast.other_lead):
        with pytest.raises(Denied):
            confirm(cast, nobody, approval, cast.unassigned)
    confirm(cast, cast.lead, approval, cast.unassigned)
    assert duties(cast, channel) == {cast.unassigned.account: Duty.LEAD}


def test_whoever_is_pinned_and_leads_nothing_founds_for_nobody_else(cast: Cast, secrets: Secrets) -> None:
    channel = new_channel(cast)
    secrets.pin(channel, cast.unassigned.member(Duty.LEAD).fingerprint)
    with pytest.raises(Denied):
        confirm(cast, cast.unassigned, ask(cast, cast.investigator, Duty.LEAD, channel), cast.investigator)


def test_who_can_confirm_is_named_and_what_nobody_can_is_known(cast: Cast) -> None:
    founding = ask(cast, cast.unassigned, Duty.LEAD, new_channel(cast))
    joining = ask(cast, cast.other_lead, Duty.MEMBER)
    with cast.units.reading() as unit:
        wanted = approvals.read(unit, founding)
        assert set(approvals.confirmers(unit, wanted)) == {cast.lead.display_name, cast.other_lead.display_name}
        assert approvals.confirmers(unit, approvals.read(unit, joining)) == (cast.lead.display_name,)
        assert not approvals.is_outdated(unit, approvals.read(unit, joining))
    confirm(cast, cast.lead, ask(cast, cast.investigator, Duty.TRIAGE), cast.investigator)
    sql(cast, "UPDATE account SET state = 'suspended' WHERE id = :lead", lead=cast.lead.account)
    with cast.units.reading() as unit:
        assert approvals.is_outdated(unit, approvals.read(unit, joining))
        assert approvals.confirmers(unit, approvals.read(unit, joining)) == ()


def test_a_founding_that_failed_after_its_pin_can_be_done_again(cast: Cast, secrets: Secrets) -> None:
    channel = new_channel(cast)
    approval = ask(cast, cast.lead, Duty.LEAD, channel)
    secrets.pin(channel, cast.lead.member(Duty.LEAD).fingerprint)
    confirm(cast, cast.lead, approval, cast.lead)
    assert duties(cast, channel) == {cast.lead.account: Duty.LEAD}


def test_no_roster_moved_aside_makes_a_later_channel_the_first(cast: Cast, secrets: Secrets) -> None:
    channel = new_channel(cast)
    puppet = ask(cast, cast.unassigned, Duty.LEAD, channel)
    sql(cast, "CREATE TABLE aside AS SELECT * FROM roster")
    sql(cast, "DELETE FROM roster")
    with pytest.raises(Denied):
        confirm(cast, cast.unassigned, puppet, cast.unassigned)
    assert secrets.pin_of(channel) is None
    with cast.units.writing() as unit, pytest.raises(Refused):
        accounts.change_roles(unit, cast.administrator.actor, cast.lead.account, frozenset({Role.CUSTODIAN}), 1)


def test_a_channel_set_aside_does_not_hide_its_leads(cast: Cast) -> None:
    sql(cast, "DELETE FROM roster WHERE channel_id = :fallback", fallback=cast.fallback)
    with cast.units.reading() as unit:
        assert not approvals.may_be_founded(unit)
        with pytest.raises(Refused):
            rosters.all_leads(unit)


def test_a_pinned_lead_alone_signs_the_first_roster(cast: Cast, secrets: Secrets) -> None:
    channel = new_channel(cast)
    secrets.pin(channel, cast.lead.member(Duty.LEAD).fingerprint)
    with pytest.raises(Denied):
        confirm(cast, cast.other_lead, ask(cast, cast.other_lead, Duty.LEAD, channel), cast.other_lead)


# -- Administrators --------------------------------------------------------------------------------------------------


def roles_of(cast: Cast, who: Person) -> frozenset[Role]:
    with cast.units.reading() as unit:
        return accounts.read_account(unit, who.account).roles


def test_two_administrators_make_a_third_together(cast: Cast, access_log: AccessLog) -> None:
    second, admin = second_administrator(cast), cast.administrator
    with cast.units.writing() as unit, pytest.raises(Invalid):
        accounts.change_roles(unit, admin.actor, cast.auditor.account, frozenset({Role.ADMINISTRATOR}), 1)
    with cast.units.writing() as unit:
        approval = approvals.ask_for_administrator(unit, admin.actor, admin.keys.signing, cast.auditor.account)
    for nobody in (admin, cast.triage, cast.unassigned, cast.auditor):
        with pytest.raises(Denied):
            confirm(cast, nobody, approval, cast.auditor)
    confirm(cast, second, approval, cast.auditor)
    assert roles_of(cast, cast.auditor) == {Role.ADMINISTRATOR}
    assert findings(cast.units, access_log) == []


def test_an_administrator_and_a_lead_make_another(cast: Cast, access_log: AccessLog) -> None:
    admin = cast.administrator
    with cast.units.writing() as unit:
        approval = approvals.ask_for_administrator(unit, admin.actor, admin.keys.signing, cast.auditor.account)
    with pytest.raises(Invalid):
        confirm(cast, cast.lead, approval, cast.auditor, digits="11111 22222 33333 44444")
    confirm(cast, cast.lead, approval, cast.auditor)
    assert roles_of(cast, cast.auditor) == {Role.ADMINISTRATOR}
    assert findings(cast.units, access_log) == []


def test_an_account_that_changed_meanwhile_is_a_conflict(cast: Cast) -> None:
    second, admin = second_administrator(cast), cast.administrator
    with cast.units.writing() as unit:
        approval = approvals.ask_for_administrator(unit, admin.actor, admin.keys.signing, cast.auditor.account)
    with cast.units.writing() as unit:
        accounts.change_roles(unit, admin.actor, cast.auditor.account, frozenset(), 1)
    with pytest.raises(Conflict):
        confirm(cast, second, approval, cast.auditor)


def test_whoever_is_on_a_roster_becomes_no_administrator(cast: Cast) -> None:
    admin = cast.administrator
    for member in (cast.lead, cast.triage, cast.investigator):
        with cast.units.writing() as unit, pytest.raises(Invalid):
            accounts.change_roles(unit, admin.actor, member.account, frozenset({Role.ADMINISTRATOR}), 1)
        with cast.units.writing() as unit, pytest.raises(Invalid):
            approvals.ask_for_administrator(unit, admin.actor, admin.keys.signing, member.account)


def test_a_lead_who_investigates_no_more_confirms_nothing(cast: Cast) -> None:
    approval = ask(cast, cast.other_lead, Duty.MEMBER)
    lead = replace(cast.lead, roles=frozenset())
    with cast.units.writing() as unit:
        accounts.change_roles(unit, cast.administrator.actor, lead.account, lead.roles, 1)
    with pytest.raises(Denied):
        confirm(cast, lead, approval, cast.other_lead)


def test_nobody_takes_the_role_from_another_administrator_alone(cast: Cast, access_log: AccessLog) -> None:
    second, admin = second_administrator(cast), cast.administrator
    with cast.units.writing() as unit, pytest.raises(Invalid):
        accounts.change_roles(unit, admin.actor, second.account, frozenset(), 1)
    with cast.units.writing() as unit:
        approval = approvals.ask_to_take_administrator(unit, admin.actor, admin.keys.signing, second.account)
    for nobody in (admin, cast.triage, cast.auditor):
        with pytest.raises(Denied):
            confirm(cast, nobody, approval, second)
    assert roles_of(cast, second) == {Role.ADMINISTRATOR}
    confirm(cast, second, approval, second, digits="")
    assert roles_of(cast, second) == frozenset()
    assert findings(cast.units, access_log) == []
