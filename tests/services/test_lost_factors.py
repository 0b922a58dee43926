"""Second factors that are lost: two people remove them, neither of them the owner, and nothing newer goes with them."""

import pyotp
import pytest
import time_machine
from sqlalchemy import select

from complaints import clock
from complaints.errors import Conflict, Denied, Invalid, NotFound
from complaints.models import Grant, SecondFactor
from complaints.services import accounts, approvals, second_factors, sessions, suspension
from complaints.services.access_log import AccessLog
from complaints.vocabulary import Assurance, Event, Role
from crypto import SecretKey
from tests.cast import Cast, Person
from tests.services.test_accounts import entries
from tests.services.test_approvals import findings, second_administrator


def enrol(cast: Cast, who: Person) -> None:
    """An authenticator, and ten codes on paper with the first."""
    key = SecretKey.generate()
    with time_machine.travel(clock.now(), tick=False), cast.units.writing() as unit:
        second_factors.add_authenticator(unit, who.actor, key, "telephone", code_of(key))


def code_of(key: SecretKey) -> str:
    return pyotp.TOTP(second_factors.secret_text(key)).at(clock.now())


def ask(cast: Cast, who: Person, by: Person | None = None) -> bytes:
    admin = by or cast.administrator
    with cast.units.writing() as unit:
        return approvals.ask_for_no_factors(unit, admin.actor, admin.keys.signing, who.account)


def confirm(cast: Cast, who: Person, approval: bytes) -> None:
    with cast.units.writing() as unit:
        approvals.confirm(unit, who.actor, who.keys.signing, approval, "")


def left(cast: Cast, who: Person) -> int:
    with cast.units.reading() as unit:
        return len(unit.session.scalars(select(SecondFactor).where(SecondFactor.account_id == who.account)).all())


def test_a_lead_confirms_and_keys_and_cases_stay(cast: Cast, access_log: AccessLog) -> None:
    report = cast.report()
    cast.assign(report, {cast.investigator: True})
    enrol(cast, cast.investigator)
    enrol(cast, cast.unassigned)
    with cast.units.writing() as unit:
        token = sessions.begin(unit, cast.investigator.actor, cast.investigator.keys, Assurance.GIVEN)
    approval = ask(cast, cast.investigator)
    assert left(cast, cast.investigator) == 11
    confirm(cast, cast.lead, approval)
    assert left(cast, cast.investigator) == 0
    assert left(cast, cast.unassigned) == 11
    with cast.units.reading() as unit:
        assert sessions.find(unit, token, unit.now) is None
        grants = select(Grant).where(Grant.recipient == cast.investigator.account)
        assert unit.session.scalars(grants).all() != []
    (entry,) = entries(cast.units, Event.FACTORS_TAKEN)
    assert (entry["subject"], entry["actor"]) == (cast.investigator.account.hex(), cast.lead.account.hex())
    assert findings(cast.units, access_log) == []


def test_a_second_administrator_confirms(cast: Cast) -> None:
    second = second_administrator(cast)
    enrol(cast, cast.custodian)
    confirm(cast, second, ask(cast, cast.custodian))
    assert left(cast, cast.custodian) == 0


@pytest.mark.parametrize("name", ["administrator", "investigator", "triage", "custodian", "auditor"])
def test_nobody_else_confirms(cast: Cast, name: str) -> None:
    enrol(cast, cast.unassigned)
    approval = ask(cast, cast.unassigned)
    with pytest.raises(Denied):
        confirm(cast, getattr(cast, name), approval)
    assert left(cast, cast.unassigned) == 11


def test_the_owner_is_neither_of_the_two(cast: Cast) -> None:
    second = second_administrator(cast)
    for owner, asks in ((cast.lead, cast.administrator), (second, cast.administrator)):
        enrol(cast, owner)
        approval = ask(cast, owner, asks)
        with pytest.raises(Denied):
            confirm(cast, owner, approval)
        assert left(cast, owner) == 11
    with pytest.raises(Invalid) as refused:
        ask(cast, second, second)
    assert refused.value.problems == {"person": "oneself"}


def test_there_is_something_to_remove_and_the_account_is_in_use(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        ask(cast, cast.investigator)
    assert refused.value.problems == {"person": "present"}
    enrol(cast, cast.auditor)
    with cast.units.writing() as unit:
        suspension.suspend(unit, cast.administrator.actor, cast.auditor.account, 1)
    with pytest.raises(Invalid) as refused:
        ask(cast, cast.auditor)
    assert refused.value.problems == {"person": "suspended"}


def test_a_factor_that_was_added_since_does_not_go(cast: Cast) -> None:
    enrol(cast, cast.investigator)
    approval = ask(cast, cast.investigator)
    enrol(cast, cast.investigator)
    with cast.units.reading() as unit:
        assert approvals.is_outdated(unit, approvals.read(unit, approval))
    with pytest.raises(Conflict):
        confirm(cast, cast.lead, approval)
    assert left(cast, cast.investigator) == 12


def test_a_code_on_paper_that_was_used_since_changes_nothing(cast: Cast) -> None:
    with cast.units.writing() as unit:
        key = SecretKey.generate()
        paper = second_factors.add_authenticator(unit, cast.investigator.actor, key, "", code_of(key))
    approval = ask(cast, cast.investigator)
    with cast.units.writing() as unit:
        assert second_factors.give_code(unit, cast.investigator.actor, cast.investigator.keys.work, paper[0])
    confirm(cast, cast.lead, approval)
    assert left(cast, cast.investigator) == 0


def test_an_account_whose_roles_changed_since_is_a_conflict(cast: Cast) -> None:
    enrol(cast, cast.auditor)
    approval = ask(cast, cast.auditor)
    with cast.units.writing() as unit:
        accounts.change_roles(unit, cast.administrator.actor, cast.auditor.account, frozenset({Role.CUSTODIAN}), 1)
    with pytest.raises(Conflict):
        confirm(cast, cast.lead, approval)
    assert left(cast, cast.auditor) == 11


def test_who_administers_no_longer_confirms_nothing(cast: Cast) -> None:
    """Their request came while they still did."""
    second = second_administrator(cast)
    enrol(cast, cast.investigator)
    approval = ask(cast, cast.investigator)
    with cast.units.writing() as unit:
        accounts.change_roles(unit, cast.administrator.actor, second.account, frozenset(), 1, confirmed=True)
    with pytest.raises(Denied):
        confirm(cast, second, approval)
    assert left(cast, cast.investigator) == 11


def test_it_is_done_once(cast: Cast) -> None:
    enrol(cast, cast.investigator)
    approval = ask(cast, cast.investigator)
    confirm(cast, cast.lead, approval)
    enrol(cast, cast.investigator)
    with pytest.raises(NotFound):
        confirm(cast, cast.lead, approval)
    assert left(cast, cast.investigator) == 11
