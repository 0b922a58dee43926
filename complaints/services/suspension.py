"""Suspending an account and letting it back. Its keys and grants stay; from the next request on it may do nothing."""

from sqlalchemy import select

from complaints.errors import Conflict, Invalid, NotFound
from complaints.models import Account
from complaints.policy import Staff
from complaints.services import accounts, backoff, holdings, sessions, vouching
from complaints.services.unit import Unit
from complaints.vocabulary import AccountState, Event


def suspend(unit: Unit, actor: Staff, account_id: bytes, version: int) -> None:
    """Signs the account out everywhere, for good until it is reinstated.

    `version` is the one that the administrator saw. Raises NotFound; Conflict when the account has changed since, or is suspended
    already; Invalid: `state` "administrator", whose role two people take first, or "last-holder" where a case would be left that
    nobody holds.
    """
    account = _take(unit, account_id, version, AccountState.ACTIVE)
    if accounts.administers(account):
        raise Invalid({"state": "administrator"})
    if holdings.held_alone(unit, account_id):
        raise Invalid({"state": "last-holder"})
    _set(unit, account, AccountState.SUSPENDED)
    sessions.end_all(unit, account.id)
    backoff.forget_devices(unit, account.id)
    unit.enter(Event.ACCOUNT_SUSPENDED, actor, subject=account.id.hex())


def reinstate(unit: Unit, actor: Staff, account_id: bytes, version: int) -> None:
    """The account is as it was before. Raises NotFound, Conflict."""
    account = _take(unit, account_id, version, AccountState.SUSPENDED)
    _set(unit, account, AccountState.ACTIVE)
    unit.enter(Event.ACCOUNT_REINSTATED, actor, subject=account.id.hex())


def _take(unit: Unit, account_id: bytes, version: int, state: AccountState) -> Account:
    """The account, and all others locked in one order: whoever else changes one, or hands a case over, waits."""
    everybody = unit.session.scalars(
        select(Account).order_by(Account.id).with_for_update().execution_options(populate_existing=True)
    ).all()
    account = next((one for one in everybody if one.id == account_id), None)
    if account is None:
        raise NotFound
    vouching.require(vouching.for_account(unit.secrets, account), account.vouched, "an account")
    if account.version != version or account.state != state:
        raise Conflict
    return account


def _set(unit: Unit, account: Account, state: AccountState) -> None:
    account.state = state.value
    account.version += 1
    account.vouched = vouching.for_account(unit.secrets, account)
    unit.session.flush()
