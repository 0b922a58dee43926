"""Suspending accounts: what stays behind is shown, the last hands stay, and the log and the check know of it."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Event as Signal

import pytest
from sqlalchemy import text
from sqlalchemy.orm.attributes import set_committed_value

from complaints.errors import Conflict, DomainError, Invalid, NotFound
from complaints.models import Account
from complaints.services import accounts, approvals, holdings, log_reading, rosters, sessions, suspension, vouching
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.unit import Units
from complaints.vocabulary import AccountState, Duty, Event, Locale, Role
from tests.cast import Cast, Person, person


def suspend(units: Units, cast: Cast, someone: Person, version: int = 1) -> None:
    with units.writing() as unit:
        suspension.suspend(unit, cast.administrator.actor, someone.account, version)


def state(units: Units, someone: Person) -> AccountState:
    with units.reading() as unit:
        return accounts.read_account(unit, someone.account).state


def held(units: Units, someone: Person) -> holdings.Holdings:
    with units.reading() as unit:
        return holdings.of_account(unit, someone.account)


def findings(units: Units, access_log: AccessLog) -> list[str]:
    with units.reading() as unit:
        return [found.what for found in examine(unit, access_log)]


def refused(units: Units, cast: Cast, someone: Person, why: str) -> None:
    with pytest.raises(Invalid) as error:
        suspend(units, cast, someone)
    assert error.value.problems == {"state": why}
    assert state(units, someone) is AccountState.ACTIVE


def test_a_suspended_account_is_signed_out_and_does_not_come_back(units: Units, cast: Cast) -> None:
    with units.writing() as unit:
        token = sessions.begin(unit, cast.unassigned.actor, cast.unassigned.keys)
    suspend(units, cast, cast.unassigned)
    with units.reading() as unit:
        assert sessions.find(unit, token, unit.now) is None
        staff = accounts.load_staff(unit, cast.unassigned.account)
        credential = accounts.find_credential(unit, cast.unassigned.name)
    assert staff is not None
    assert staff.state is AccountState.SUSPENDED
    with units.writing() as unit:
        assert accounts.sign_in(unit, credential, cast.unassigned.new.seed) is None


def test_let_back_it_is_as_before(units: Units, cast: Cast, access_log: AccessLog) -> None:
    suspend(units, cast, cast.unassigned)
    with units.writing() as unit:
        suspension.reinstate(unit, cast.administrator.actor, cast.unassigned.account, 2)
        credential = accounts.find_credential(unit, cast.unassigned.name)
        assert accounts.sign_in(unit, credential, cast.unassigned.new.seed) is not None
    assert findings(units, access_log) == []


def test_an_administrator_is_not_suspended_by_one_person(units: Units, cast: Cast) -> None:
    refused(units, cast, cast.administrator, "administrator")


def test_the_last_holder_of_a_case_stays_and_it_is_shown(units: Units, cast: Cast) -> None:
    """Triage holds the report and never the identity: the lead alone holds all of it."""
    report = cast.report()
    refused(units, cast, cast.lead, "last-holder")
    shown = held(units, cast.lead)
    assert (shown.count, shown.alone, len(shown.leads_alone)) == (1, 1, 1)
    (case,) = shown.cases
    assert (case.reference, case.alone, case.hands) == (report.reference, True, ())
    assert case.identity_alone
    suspend(units, cast, cast.triage)
    (case,) = held(units, cast.lead).cases
    assert (case.alone, case.identity_alone) == (True, False)


def test_who_is_not_the_last_may_go_and_the_hands_are_named(units: Units, cast: Cast) -> None:
    report = cast.report()
    cast.assign(report)
    shown = held(units, cast.second_investigator)
    assert [(case.reference, case.alone, case.hands) for case in shown.cases] == [
        (report.reference, False, (cast.lead.display_name,))
    ]
    suspend(units, cast, cast.second_investigator)
    suspend(units, cast, cast.investigator)
    refused(units, cast, cast.lead, "last-holder")


def test_a_suspended_holder_does_not_count(units: Units, cast: Cast) -> None:
    report = cast.report()
    cast.assign(report, {cast.investigator: True})
    assert held(units, cast.lead).alone == 0
    suspend(units, cast, cast.investigator)
    assert held(units, cast.lead).alone == 1


def test_nor_can_the_last_holder_lose_the_role(units: Units, cast: Cast) -> None:
    cast.report()
    with pytest.raises(Invalid) as error, units.writing() as unit:
        accounts.change_roles(unit, cast.administrator.actor, cast.lead.account, frozenset(), 1)
    assert error.value.problems == {"roles": "last-holder"}


def test_a_second_lead_who_holds_it_too_sets_the_first_free(units: Units, cast: Cast) -> None:
    with units.writing() as unit:
        newest = rosters.current(unit, cast.channel)
        members = [replace(m, duty=Duty.LEAD) if m.account == cast.triage.account else m for m in newest.members]
        rosters.sign_next(unit, cast.lead.actor, cast.lead.keys.signing, cast.channel, members)
    cast.report()
    shown = held(units, cast.lead)
    assert (shown.alone, shown.leads_alone) == (0, ())
    assert shown.cases[0].hands == (cast.triage.display_name,)
    suspend(units, cast, cast.lead)


def test_of_two_who_take_the_last_hands_away_at_once_one_is_refused(units: Units, cast: Cast) -> None:
    """The lead is suspended while they take the case from the only other who holds all of it."""
    report = cast.report()
    cast.assign(report, {cast.investigator: True})
    suspended = Signal()

    def hand_over() -> None:
        suspended.wait()
        cast.assign(report, {cast.second_investigator: False}, epoch=2)

    with ThreadPoolExecutor(1) as hands:
        handing_over = hands.submit(hand_over)
        with units.writing() as unit:
            suspension.suspend(unit, cast.administrator.actor, cast.lead.account, 1)
            suspended.set()
            wait([handing_over], timeout=1)
    with pytest.raises(DomainError):
        handing_over.result()
    assert held(units, cast.investigator).alone == 1


def test_an_account_that_was_read_before_its_turn_is_read_again(units: Units, cast: Cast) -> None:
    """Somebody else had it in hand meanwhile: their change counts, and is not written over."""
    with units.writing() as unit:
        account = unit.session.get_one(Account, cast.unassigned.account)
        account.version = 2
        account.vouched = vouching.for_account(unit.secrets, account)
        unit.session.flush()
        set_committed_value(account, "version", 1)  # as it was read, before the other's change
        with pytest.raises(Conflict):
            suspension.suspend(unit, cast.administrator.actor, account.id, 1)


def test_what_somebody_else_changed_meanwhile_is_told(units: Units, cast: Cast) -> None:
    with pytest.raises(Conflict):
        suspend(units, cast, cast.unassigned, version=2)
    suspend(units, cast, cast.unassigned)
    with pytest.raises(Conflict):
        suspend(units, cast, cast.unassigned, version=2)
    with pytest.raises(NotFound), units.writing() as unit:
        suspension.suspend(unit, cast.administrator.actor, bytes(16), 1)


def test_an_administrator_goes_when_a_lead_has_taken_the_role_with_another(units: Units, cast: Cast) -> None:
    """Of two administrators one is gone: nobody waits for them to agree."""
    second, admin = person("second-administrator", Role.ADMINISTRATOR), cast.administrator
    with units.writing() as unit:
        accounts.store_account(
            unit, second.new, sign_in_name=second.name, display_name="Second", roles=second.roles, locale=Locale.THAI
        )
    refused(units, cast, second, "administrator")
    with units.writing() as unit:
        approval = approvals.ask_to_take_administrator(unit, admin.actor, admin.keys.signing, second.account)
    with units.writing() as unit:
        approvals.confirm(unit, cast.lead.actor, cast.lead.keys.signing, approval, "")
    suspend(units, cast, second, version=2)
    assert state(units, second) is AccountState.SUSPENDED


# -- Somebody who can write to the database, and has the server's word as well ---------------------------------------


@pytest.mark.parametrize("to", [AccountState.SUSPENDED, AccountState.ACTIVE])
def test_a_state_that_the_log_does_not_know_is_found(
    units: Units, cast: Cast, access_log: AccessLog, to: AccountState
) -> None:
    if to is AccountState.ACTIVE:
        suspend(units, cast, cast.unassigned)
    assert findings(units, access_log) == []
    with units.writing() as unit:
        account = unit.session.get_one(Account, cast.unassigned.account)
        account.state = to.value
        account.vouched = vouching.for_account(unit.secrets, account)
    assert findings(units, access_log) == [f"unassigned is {to}, and the log does not say so"]


@pytest.mark.parametrize(
    "attack", ["UPDATE undertaking SET text_en = 'I promise nothing.'", "UPDATE undertaking SET text_th = 'x'"]
)
def test_another_undertaking_than_the_one_published_is_found(
    units: Units, cast: Cast, access_log: AccessLog, attack: str
) -> None:
    assert findings(units, access_log) == []
    with units.database.writing() as session:
        session.execute(text(attack))
    assert "version 1 is not what the log says was published" in findings(units, access_log)


def test_it_is_entered(units: Units, cast: Cast) -> None:
    suspend(units, cast, cast.unassigned)
    with units.reading() as unit:
        (line,) = log_reading.page(unit.session, event=Event.ACCOUNT_SUSPENDED.value).lines
    assert line.fields["actor"] == cast.administrator.account.hex()
    assert line.fields["subject"] == cast.unassigned.account.hex()
