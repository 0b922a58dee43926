"""New keys for an account whose passphrase and code are lost: asked for, drawn, confirmed; and what the lost keys held."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text

from complaints.errors import Conflict, Denied, Invalid, NotFound, Refused
from complaints.models import Account, Case, CaseloadRow, Grant, RecoveryShare, SecondFactor, SessionRow
from complaints.services import (
    accounts,
    approvals,
    case_reading,
    casework,
    hand_again,
    log_reading,
    new_keys,
    own_identity,
    recovery,
    rosters,
    routing,
    sessions,
    undertakings,
)
from complaints.services.access_log import AccessLog
from complaints.services.accounts import NewAccount
from complaints.services.check import examine
from complaints.services.replacement import Replaced
from complaints.vocabulary import Duty, Event
from crypto import SessionToken, fingerprint
from tests.cast import CANARIES, PEPPER, Cast, Person, Report

NEW = "tricolor upbeat canister moonlit gravel spiny"


def ask(cast: Cast, of: Person) -> SessionToken:
    admin = cast.administrator
    with cast.units.writing() as unit:
        return new_keys.ask(unit, admin.actor, admin.keys.signing, of.account)


def draw(cast: Cast, token: SessionToken, of: Person) -> NewAccount:
    new = accounts.draft_account(NEW, PEPPER, of.account)
    with cast.units.writing() as unit:
        new_keys.draw(unit, token, new)
    return new


def digits_of(new: NewAccount) -> str:
    return fingerprint(*accounts.public_keys_of(new.seed))[-23:]


def confirm(cast: Cast, by: Person, digits: str) -> None:
    with cast.units.reading() as unit:
        (request,) = approvals.waiting(unit)
    with cast.units.writing() as unit:
        new_keys.confirm(unit, by.actor, by.keys.signing, request.id, digits)


def renew(cast: Cast, of: Person, by: Person | None = None) -> Person:
    """The whole way. The person with their new keys."""
    new = draw(cast, ask(cast, of), of)
    confirm(cast, by or cast.lead, digits_of(new))
    return replace(of, passphrase=NEW, new=new)


def findings(cast: Cast, access_log: AccessLog) -> list[str]:
    with cast.units.reading() as unit:
        return [finding.what for finding in examine(unit, access_log)]


def sign_undertaking(cast: Cast, someone: Person) -> None:
    with cast.units.writing() as unit:
        undertakings.sign(unit, someone.actor, someone.keys.signing, 1)


def test_the_new_passphrase_signs_in_and_the_old_one_does_not(cast: Cast, access_log: AccessLog) -> None:
    renewed = renew(cast, cast.investigator)
    with cast.units.reading() as unit:
        credential = accounts.find_credential(unit, cast.investigator.name)
    assert accounts.open_credential(credential, cast.investigator.passphrase, PEPPER) is None
    seed = accounts.open_credential(credential, NEW, PEPPER)
    assert seed is not None
    with cast.units.writing() as unit:
        assert accounts.sign_in(unit, credential, seed) is not None
        member = rosters.current(unit, cast.channel).member(renewed.account)
    assert member == renewed.member(Duty.MEMBER)
    assert findings(cast, access_log) == []


def test_before_a_lead_confirms_nothing_has_changed(cast: Cast) -> None:
    report = cast.report()
    cast.assign(report)
    draw(cast, ask(cast, cast.investigator), cast.investigator)
    with cast.units.writing() as unit:
        case_reading.read_case(unit, cast.investigator.actor, cast.investigator.keys, report.case)


def test_what_rested_on_the_old_keys_is_gone(cast: Cast) -> None:
    lost = cast.investigator
    with cast.units.writing() as unit:
        sessions.begin(unit, lost.actor, lost.keys)
        recovery.draw_code(unit, lost.actor, lost.new.seed)
    renew(cast, lost)
    with cast.units.reading() as unit:
        for table in (SessionRow, SecondFactor, RecoveryShare):
            assert unit.session.scalars(select(table).where(table.account_id == lost.account)).all() == []
        assert lost.account not in undertakings.who_signed(unit)


def test_grants_of_lost_keys_end_with_an_entry_each(cast: Cast, access_log: AccessLog) -> None:
    report, other = cast.report(), cast.report()
    cast.assign(report)
    cast.assign(other)
    renewed = renew(cast, cast.investigator)
    with pytest.raises(NotFound), cast.units.writing() as unit:
        casework.fetch_case(unit, renewed.actor, renewed.keys, report.case)
    with cast.units.reading() as unit:
        assert unit.session.scalars(select(Grant).where(Grant.recipient == renewed.account)).all() == []
        lines = log_reading.page(unit.session, event=Event.KEYS_LAPSED).lines
    assert {line.fields["case"] for line in lines} == {report.case.hex(), other.case.hex()}
    assert {line.fields["reason"] for line in lines} == {"identity 2 internal 2 report 2"}
    assert findings(cast, access_log) == []


def test_a_lapsed_grant_that_is_put_back_shows_and_opens_nothing(cast: Cast, access_log: AccessLog) -> None:
    report = cast.report()
    cast.assign(report)
    with cast.units.reading() as unit:
        old = unit.session.execute(select(Grant.__table__).where(Grant.recipient == cast.investigator.account)).all()
        line = unit.session.execute(
            select(CaseloadRow.__table__).where(CaseloadRow.account_id == cast.investigator.account)
        ).one()
    renewed = renew(cast, cast.investigator)
    with cast.units.database.writing() as session:
        session.execute(Grant.__table__.insert(), [row._asdict() for row in old])
        session.execute(CaseloadRow.__table__.insert(), [line._asdict()])
    assert any("was taken and is back" in what for what in findings(cast, access_log))
    with pytest.raises(Refused), cast.units.writing() as unit:
        casework.fetch_case(unit, renewed.actor, renewed.keys, report.case)


def test_a_new_grant_that_is_taken_away_is_missing_as_ever(cast: Cast, access_log: AccessLog) -> None:
    report = cast.report()
    cast.assign(report)
    renew(cast, cast.investigator)
    with cast.units.database.writing() as session:
        session.execute(text("DELETE FROM grants WHERE recipient = :who"), {"who": cast.second_investigator.account})
    assert any("is missing" in what for what in findings(cast, access_log))


@pytest.mark.parametrize("name", ["investigator", "triage", "administrator", "custodian", "auditor", "unassigned"])
def test_nobody_but_a_lead_confirms(cast: Cast, name: str) -> None:
    new = draw(cast, ask(cast, cast.investigator), cast.investigator)
    with pytest.raises(Denied):
        confirm(cast, getattr(cast, name), digits_of(new))


def test_a_lead_does_not_confirm_their_own(cast: Cast) -> None:
    new = draw(cast, ask(cast, cast.lead), cast.lead)
    with pytest.raises(Denied):
        confirm(cast, cast.lead, digits_of(new))
    confirm(cast, cast.other_lead, digits_of(new))


def test_other_digits_are_refused(cast: Cast) -> None:
    draw(cast, ask(cast, cast.investigator), cast.investigator)
    for digits in ("", cast.investigator.member(Duty.MEMBER).fingerprint[-23:]):
        with pytest.raises(Invalid) as error:
            confirm(cast, cast.lead, digits)
        assert error.value.problems == {"digits": "different"}


def test_nothing_is_confirmed_before_keys_are_drawn_and_they_are_drawn_once(cast: Cast) -> None:
    token = ask(cast, cast.investigator)
    with pytest.raises(Conflict):
        confirm(cast, cast.lead, cast.investigator.member(Duty.MEMBER).fingerprint[-23:])
    draw(cast, token, cast.investigator)
    with pytest.raises(Conflict):
        draw(cast, token, cast.investigator)


def test_keys_swapped_in_the_database_have_other_digits(cast: Cast) -> None:
    new = draw(cast, ask(cast, cast.investigator), cast.investigator)
    other = cast.unassigned.new.seed.identity().public_key().to_bytes()
    with cast.units.database.writing() as session:
        session.execute(text("UPDATE new_keys SET identity_public = :other"), {"other": other})
    with pytest.raises(Invalid):
        confirm(cast, cast.lead, digits_of(new))


def test_a_second_request_makes_the_first_link_worthless(cast: Cast) -> None:
    first = ask(cast, cast.investigator)
    second = ask(cast, cast.investigator)
    with cast.units.reading() as unit:
        assert new_keys.find(unit, second).locked is None
        with pytest.raises(NotFound):
            new_keys.find(unit, first)
        with pytest.raises(NotFound):
            new_keys.find(unit, SessionToken.generate())


def test_a_lead_of_another_channel_leaves_this_roster_as_it_was_and_nothing_is_wrapped_to_it(
    cast: Cast, access_log: AccessLog
) -> None:
    renewed = renew(cast, cast.triage, by=cast.other_lead)
    sign_undertaking(cast, renewed)
    with cast.units.reading() as unit:
        assert [channel.id for channel in new_keys.rosters_left(unit, renewed.account)] == [cast.channel]
        assert routing.recipients_after(unit, cast.draft()).triage == ()
    assert findings(cast, access_log) == [f"the public keys of {renewed.name} are not those on the roster"]


def test_after_signing_the_undertaking_again_new_reports_come(cast: Cast, access_log: AccessLog) -> None:
    renewed = renew(cast, cast.triage)
    with cast.units.reading() as unit:
        assert routing.recipients_after(unit, cast.draft()).triage == ()
    sign_undertaking(cast, renewed)
    report = cast.report()
    with cast.units.writing() as unit:
        assert case_reading.read_case(unit, renewed.actor, renewed.keys, report.case).notes == ()
    assert findings(cast, access_log) == []


def test_what_they_wrote_before_still_verifies(cast: Cast) -> None:
    report = cast.report()
    cast.assign(report)
    with cast.units.writing() as unit:
        casework.write_note(unit, cast.investigator.actor, cast.investigator.keys, report.case, "A note of before")
    renew(cast, cast.investigator)
    with cast.units.writing() as unit:
        opened = case_reading.read_case(unit, cast.lead.actor, cast.lead.keys, report.case)
    assert [note.text for note in opened.notes] == ["A note of before"]
    assert opened.problems == ()
    assert all(holder.account != cast.investigator.account for holder in opened.holders)


def test_a_custodian_with_new_keys_gets_new_halves_at_the_owners_next_sign_in(cast: Cast) -> None:
    owner = cast.investigator
    with cast.units.writing() as unit:
        code = recovery.draw_code(unit, owner.actor, owner.new.seed)
    renewed = renew(cast, cast.custodian)
    with cast.units.writing() as unit:
        recovery.ask(unit, owner.name, code)
        with pytest.raises(Refused):
            recovery.release(unit, renewed.actor, renewed.identity_key, owner.account)
    with cast.units.writing() as unit:
        recovery.renew(unit, owner.actor, owner.new.seed)
        recovery.ask(unit, owner.name, code)
        recovery.release(unit, renewed.actor, renewed.identity_key, owner.account)
        assert recovery.bring_back(unit, owner.name, code).seed.work().public_key() is not None


@pytest.mark.parametrize("column", ["display_name", "sign_in_name"])
def test_an_account_that_was_renamed_is_found(cast: Cast, access_log: AccessLog, column: str) -> None:
    with cast.units.database.writing() as session:
        session.execute(text(f"UPDATE account SET {column} = 'mallory' WHERE sign_in_name = 'investigator'"))
    assert any("was changed past the system" in what for what in findings(cast, access_log))


def test_a_suspended_account_and_oneself_get_none(cast: Cast) -> None:
    with cast.units.writing() as unit:
        unit.session.get_one(Account, cast.unassigned.account).state = "suspended"
    for person, problem in ((cast.unassigned, "suspended"), (cast.administrator, "oneself")):
        with pytest.raises(Invalid) as error:
            ask(cast, person)
        assert error.value.problems == {"person": problem}


# -- Handing over again ----------------------------------------------------------------------------------------------


def owed(cast: Cast, by: Person) -> dict[str, set[str]]:
    with cast.units.reading() as unit:
        return {one.name: set(one.cases.values()) for one in hand_again.owed(unit, by.actor)}


def hand(cast: Cast, by: Person, to: Person, after: bytes = b"") -> Replaced:
    with cast.units.writing() as unit:
        return hand_again.hand_over(unit, by.actor, by.keys, by.identity_key, to.account, after)


def test_a_lead_hands_over_again_what_was_held_and_no_more(cast: Cast, access_log: AccessLog) -> None:
    with_identity, without, never = cast.report(), cast.report(), cast.report()
    cast.assign(with_identity)
    cast.assign(without, {cast.investigator: False})
    cast.assign(never, {cast.second_investigator: True})
    renewed = renew(cast, cast.investigator)
    sign_undertaking(cast, renewed)
    both = {with_identity.reference, without.reference}
    assert owed(cast, cast.lead) == {renewed.display_name: both}
    done = hand(cast, cast.lead, renewed)
    assert (set(done.done), done.refused, done.after) == (both, (), b"")
    for report, expected in ((with_identity, True), (without, False)):
        with cast.units.writing() as unit:
            opened = case_reading.read_case(unit, renewed.actor, renewed.keys, report.case)
            assert opened.holds_identity is expected
    with cast.units.writing() as unit:
        case_reading.read_case(unit, cast.second_investigator.actor, cast.second_investigator.keys, with_identity.case)
    with pytest.raises(NotFound), cast.units.writing() as unit:
        casework.fetch_case(unit, renewed.actor, renewed.keys, never.case)
    assert owed(cast, cast.lead) == {}
    with cast.units.reading() as unit:
        lines = log_reading.page(unit.session, event=Event.KEYS_HANDED_AGAIN).lines
    assert {line.fields["case"] for line in lines} == {with_identity.case.hex(), without.case.hex()}
    assert findings(cast, access_log) == []


def give_anew(cast: Cast, report: Report) -> None:
    with cast.units.writing() as unit:
        own_identity.withdraw(unit, report.reporter, report.keys)
    with cast.units.writing() as unit:
        own_identity.give(unit, report.reporter, report.keys, report.receipt.seed().identity(), CANARIES)


def test_an_identity_that_was_withdrawn_and_given_anew_since_is_not_what_was_lost(
    cast: Cast, access_log: AccessLog
) -> None:
    since, before, never = (cast.report() for _ in range(3))
    give_anew(cast, before)
    for report in (since, before, never):
        cast.assign(report)
    renewed = renew(cast, cast.investigator)
    sign_undertaking(cast, renewed)
    give_anew(cast, since)
    assert len(hand(cast, cast.lead, renewed).done) == 3
    for report, expected in ((since, False), (before, True), (never, True)):
        with cast.units.writing() as unit:
            opened = case_reading.read_case(unit, renewed.actor, renewed.keys, report.case)
        assert opened.holds_identity is expected
    assert findings(cast, access_log) == []


def test_it_changes_no_state_of_the_case(cast: Cast) -> None:
    report = cast.report()
    renewed = renew(cast, cast.triage)
    sign_undertaking(cast, renewed)
    hand(cast, cast.lead, renewed)
    with cast.units.reading() as unit:
        assert unit.session.get_one(Case, report.case).status == "new"


def test_whom_the_reporter_excluded_since_or_who_has_not_signed_gets_nothing(cast: Cast) -> None:
    report = cast.report()
    cast.assign(report)
    renewed = renew(cast, cast.investigator)
    done = hand(cast, cast.lead, renewed)
    assert (done.done, done.refused) == ((), (report.reference,))


def test_only_leads_who_hold_the_cases_see_them(cast: Cast) -> None:
    cast.assign(cast.report())
    renewed = renew(cast, cast.investigator)
    for person in (cast.other_lead, cast.second_investigator, cast.triage, renewed):
        assert owed(cast, person) == {}
        with pytest.raises(NotFound):
            hand(cast, person, renewed)


def test_what_a_lead_has_decided_since_is_not_handed_over_again(cast: Cast) -> None:
    report = cast.report()
    cast.assign(report)
    renewed = renew(cast, cast.investigator)
    cast.assign(report, {cast.unassigned: False}, epoch=2)
    assert owed(cast, cast.lead) == {}
    with pytest.raises(NotFound):
        hand(cast, cast.lead, renewed)


def test_two_who_lost_theirs_each_get_the_same_case_again(cast: Cast, access_log: AccessLog) -> None:
    """One after the other: that it was handed to the first decides nothing about the second."""
    report = cast.report()
    cast.assign(report, {cast.investigator: False, cast.second_investigator: False})
    both = [renew(cast, one) for one in (cast.investigator, cast.second_investigator)]
    for someone in both:
        sign_undertaking(cast, someone)
    for someone in both:
        assert owed(cast, cast.lead)[someone.display_name] == {report.reference}
        assert hand(cast, cast.lead, someone).done == (report.reference,)
    assert owed(cast, cast.lead) == {}
    for someone in both:
        with cast.units.writing() as unit:
            case_reading.read_case(unit, someone.actor, someone.keys, report.case)
    assert findings(cast, access_log) == []


def test_a_lead_who_lost_theirs_gets_the_identity_again_from_another(cast: Cast, access_log: AccessLog) -> None:
    with cast.units.writing() as unit:
        roster = rosters.current(unit, cast.channel)
        members = [replace(m, duty=Duty.LEAD) if m.account == cast.triage.account else m for m in roster.members]
        rosters.sign_next(unit, cast.lead.actor, cast.lead.keys.signing, cast.channel, members)
    report = cast.report()
    renewed = renew(cast, cast.lead, by=cast.triage)
    sign_undertaking(cast, renewed)
    assert hand(cast, cast.triage, renewed).done == (report.reference,)
    with cast.units.writing() as unit:
        assert case_reading.read_case(unit, renewed.actor, renewed.keys, report.case).holds_identity
    assert findings(cast, access_log) == []


def test_many_are_handed_over_some_at_a_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_again, "AT_ONCE", 2)
    for _ in range(3):
        cast.report()
    renewed = renew(cast, cast.triage)
    sign_undertaking(cast, renewed)
    first = hand(cast, cast.lead, renewed)
    assert (len(first.done), first.after != b"") == (2, True)
    second = hand(cast, cast.lead, renewed, first.after)
    assert (len(second.done), second.after) == (1, b"")
