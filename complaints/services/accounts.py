"""Accounts: who they are, how they sign in, and which roles they have.

What takes a passphrase costs one Argon2id run (180 ms, 64 MiB) and happens outside any unit; a semaphore bounds how many run at
once, so that a flood of sign-ins costs patience and not memory. An unknown name costs what a known one does.
"""

import hashlib
import secrets
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from complaints import process
from complaints.errors import Conflict, Invalid, NotFound, NotReady, PassphraseRefused, Refused
from complaints.models import Account, Base, Invitation, SecondFactor, new_id
from complaints.policy import Staff
from complaints.services import backoff, holdings, rosters, sessions, vouching
from complaints.services.keys import SessionKeys
from complaints.services.unit import AnyRow, Unit
from complaints.vocabulary import EXCLUSIVE_ROLES, AccountState, Assurance, Event, FactorKind, Locale, Role
from crypto import (
    RFC9106_SECOND,
    AccountSeed,
    Context,
    Malformed,
    SessionToken,
    WrongPassphrase,
    fingerprint,
    lock_seed,
    unlock_seed,
)

T = TypeVar("T")

PASSPHRASE_LENGTH = 15
"""Characters a passphrase has at least (NIST SP 800-63B-4, where it stands alone). Nothing is asked of their kinds."""

_RUNS_AT_ONCE = 1  # in a process: each uses every core, and `crypto` lets no second one in beside it
_PATIENCE = 5.0  # seconds
_TOO_MANY = "Too many people are signing in at once. Try again in a minute."
_argon2 = threading.BoundedSemaphore(_RUNS_AT_ONCE)
_LANE = 3  # in a process: one that runs and two that wait, each of which holds one of the server's threads
_strangers = threading.BoundedSemaphore(_LANE)
_signed_in = threading.BoundedSemaphore(_LANE)

_ACCOUNT = Base.metadata.tables["account"]
_FIND_TRIED = select(*(_ACCOUNT.c[name] for name in (*vouching.ACCOUNT_FACTS, "locale", "seed_locked"))).where(
    _ACCOUNT.c.id == bindparam("account")
)
_FIND_STAFF = select(*(_ACCOUNT.c[name] for name in (*vouching.ACCOUNT_FACTS, "locale", "vouched"))).where(
    _ACCOUNT.c.id == bindparam("account")
)

# Prepared, so that what was typed as a name, perhaps a passphrase, is not kept with the statement.
_FIND_CREDENTIAL = select(_ACCOUNT.c.id, _ACCOUNT.c.seed_locked).where(
    _ACCOUNT.c.sign_in_name == bindparam("sign_in_name")
)

# Right in length, version and profile, and random else: no passphrase opens it, at the price of any other.
_DECOY = bytes((1, RFC9106_SECOND.id)) + secrets.token_bytes(76)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account's keys, drawn and locked, before it is stored."""

    id: bytes
    seed: AccountSeed = field(repr=False)
    locked: bytes = field(repr=False)
    """78 bytes: the seed, locked under the passphrase and the pepper."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a sign-in is tried against. No `account`: the name is unknown, and `locked` is a decoy."""

    account: bytes | None
    locked: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account as administrators see it."""

    id: bytes
    sign_in_name: str
    display_name: str
    roles: frozenset[Role]
    state: AccountState
    fingerprint: str
    version: int


# -- New accounts ----------------------------------------------------------------------------------------------------


def draft_account(passphrase: str, pepper: bytes, account_id: bytes | None = None) -> NewAccount:
    """Draws a seed and locks it. Outside any unit. Raises Invalid: `passphrase` "too-short"."""
    if len(unicodedata.normalize("NFKC", passphrase)) < PASSPHRASE_LENGTH:
        raise Invalid({"passphrase": "too-short"})
    account_id = account_id or new_id()
    seed = AccountSeed.generate()
    context = _seed_context(account_id)
    return NewAccount(account_id, seed, _in_turn(_strangers, lambda: lock_seed(seed, passphrase, pepper, context)))


def store_account(
    unit: Unit,
    new: NewAccount,
    *,
    sign_in_name: str,
    display_name: str,
    roles: frozenset[Role],
    locale: Locale,
    email: str | None = None,
    actor: Staff | None = None,
) -> None:
    """Raises Invalid: `sign_in_name` "missing" or "taken", `display_name` "missing", `roles` "exclusive"."""
    name, shown = normalise_name(sign_in_name), display_name.strip()
    problems = {key: "missing" for key, text in (("sign_in_name", name), ("display_name", shown)) if not text}
    if not _go_together(roles):
        problems["roles"] = "exclusive"
    if problems:
        raise Invalid(problems)
    row = {
        "id": new.id,
        "sign_in_name": name,
        "display_name": shown,
        "email": email,
        "state": AccountState.ACTIVE.value,
        "roles": roles_text(roles),
        "locale": locale.value,
        "created": unit.today,
        "work_public": new.seed.work().public_key().to_bytes(),
        "identity_public": new.seed.identity().public_key().to_bytes(),
        "verify_public": new.seed.signing().verify_key().to_bytes(),
        "seed_locked": new.locked,
        "version": 1,
    }
    try:
        with unit.session.begin_nested():
            account = Account(**row)
            account.vouched = vouching.for_account(unit.secrets, account)
            unit.session.add(account)
            unit.session.flush()
    except IntegrityError as error:
        raise Invalid({"sign_in_name": "taken"}) from error
    said = {"subject": new.id.hex(), "reason": f"-> {roles_text(roles)}", "digest": digest_of_lock(new.locked)}
    unit.enter(Event.ACCOUNT_CREATED, actor, **said)


def normalise_name(text: str) -> str:
    """Names that read alike are one: NFKC, case folded, without spaces around."""
    text = text.replace("\x00", "\ufffd")  # which PostgreSQL takes in no text, and nobody has in a name
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


# -- Signing in ------------------------------------------------------------------------------------------------------


def find_credential(unit: Unit, sign_in_name: str) -> Credential:
    """What a passphrase is to be tried against; for an unknown name, what no passphrase opens."""
    name = normalise_name(sign_in_name)
    row = unit.run(_FIND_CREDENTIAL, {"sign_in_name": name}).one_or_none()
    # SQLite keeps in memory what was last bound to a statement, and an unknown name may be a passphrase.
    unit.run(_FIND_CREDENTIAL, {"sign_in_name": ""}).one_or_none()
    return Credential(None, _DECOY) if row is None else Credential(row.id, row.seed_locked)


def open_credential(
    credential: Credential, passphrase: str, pepper: bytes, *, signed_in: bool = False
) -> AccountSeed | None:
    """The account's seed, or None. One Argon2id run whatever the case, outside any unit. Raises NotReady under a flood."""
    context = _seed_context(credential.account or bytes(16))
    try:
        return _in_turn(
            _signed_in if signed_in else _strangers,
            lambda: unlock_seed(credential.locked, passphrase, pepper, context),
        )
    except WrongPassphrase:
        return None
    except Malformed as error:
        raise Refused("a locked seed is not one") from error


def sign_in(
    unit: Unit,
    credential: Credential,
    seed: AccountSeed | None,
    *,
    device: SessionToken | None = None,
    paper: str = "",
    waive_factor: bool = False,
) -> SessionToken | None:
    """Begins a session and enters it; or counts the failure and returns None, whatever it was that failed.

    The session waits for the account's second factor, if it has one. `device`: what the browser is known by. `paper`: a code on paper,
    by which its owner is told from strangers where no device is known.
    `waive_factor`: an account that has none may go without.

    Refused are a wrong passphrase (`seed` is None), one that was changed while it was tried, an unknown name, a suspended account, one that
    has to wait: from outside they are one. Raises Refused when the seed is not the one that the account's public keys came from: somebody swapped them.
    """
    tried = credential.account or bytes(16)  # asked after in any case: an unknown name costs the same queries
    account = unit.run(_FIND_TRIED, {"account": tried}).one_or_none()
    source = backoff.source_of(unit, credential.account, device, paper)
    waits = backoff.is_waiting(unit, tried, source)
    right = account is not None and seed is not None and account.seed_locked == credential.locked
    if account is None or seed is None or not right or account.state != AccountState.ACTIVE or waits:
        _count_failure(unit, credential.account, source, waits=waits)
        return None
    require_own(account, seed)
    staff = _staff(account)
    backoff.forget_mistakes(unit, account.id, source)
    unit.enter(Event.SIGNED_IN, staff)
    return sessions.begin(unit, staff, SessionKeys.of(seed), _assurance(unit, account.id, waive=waive_factor), source)


def _assurance(unit: Unit, account_id: bytes, *, waive: bool) -> Assurance:
    kinds = set(unit.session.scalars(select(SecondFactor.kind).where(SecondFactor.account_id == account_id)))
    if kinds - {FactorKind.PAPER}:
        return Assurance.AWAITED
    return Assurance.WAIVED if waive else Assurance.LACKING


def _count_failure(unit: Unit, account_id: bytes | None, source: bytes, *, waits: bool) -> None:
    """Counts and enters a known account's failure. Of an unknown name, which may be a passphrase, nothing is kept.

    While an account waits, tries are neither counted nor entered: they cannot lengthen the wait, nor flood the log.
    The same statements run in each case and the disk is waited for alike: how long the answer takes is not to tell a known name.
    """
    nobody = bytes(16)
    counted = nobody if account_id is None or waits else account_id
    sessions.begin_and_end(unit)  # so that there is something to commit, whoever was tried
    backoff.count_mistake(unit, counted, source)
    unit.enter_alike(Event.SIGN_IN_FAILED, kept=counted != nobody, subject=counted.hex())


# -- The passphrase, asked for again ---------------------------------------------------------------------------------


def locked_seed_of(unit: Unit, account_id: bytes) -> bytes:
    """Raises NotFound."""
    locked = unit.session.scalar(select(Account.seed_locked).where(Account.id == account_id))
    if locked is None:
        raise NotFound
    return locked


def unlock(locked: bytes, passphrase: str, pepper: bytes, account_id: bytes) -> AccountSeed:
    """One Argon2id run, outside any unit. Raises PassphraseRefused; NotReady under a flood; Refused on what is no locked seed."""
    seed = open_credential(Credential(account_id, locked), passphrase, pepper, signed_in=True)
    if seed is None:
        raise PassphraseRefused
    return seed


def _in_turn(lane: threading.BoundedSemaphore, run: Callable[[], T]) -> T:
    """A run of Argon2id, giving way to whoever wants a page meanwhile. A flood of sign-ins fills the strangers' lane alone, and is turned away there at once."""
    if not lane.acquire(blocking=False):
        raise NotReady(_TOO_MANY)
    try:
        if not _argon2.acquire(timeout=_PATIENCE):
            raise NotReady(_TOO_MANY)
        try:
            return process.giving_way(run)
        finally:
            _argon2.release()
    finally:
        lane.release()


def _seed_context(account_id: bytes) -> Context:
    return Context(purpose="account seed", record=account_id)


def require_own(account: Account | AnyRow, seed: AccountSeed) -> None:
    """Raises Refused when this is not the seed that the account's public keys came from."""
    if _public_keys(account) != public_keys_of(seed):
        raise Refused("an account's public keys are not its own")


def lock(seed: AccountSeed, passphrase: str, pepper: bytes, account_id: bytes) -> bytes:
    """A seed that there is already, under another passphrase. One Argon2id run, outside any unit. Raises NotReady under a flood."""
    return _in_turn(_signed_in, lambda: lock_seed(seed, passphrase, pepper, _seed_context(account_id)))


def change_lock(unit: Unit, actor: Staff, locked: bytes, event: Event = Event.PASSPHRASE_CHANGED) -> None:
    """From now on another passphrase unlocks the same seed (`locked`). Every browser is a stranger's. The caller ends sessions."""
    unit.session.get_one(Account, actor.account).seed_locked = locked
    backoff.forget_devices(unit, actor.account)
    unit.enter(event, actor, subject=actor.account.hex(), digest=digest_of_lock(locked))


def digest_of_lock(locked: bytes) -> str:
    """Hex SHA-256: what the access log holds, so that an older passphrase put back shows."""
    return hashlib.sha256(locked).hexdigest()


# -- Who they are, and their roles -----------------------------------------------------------------------------------


def load_staff(unit: Unit, account_id: bytes) -> Staff | None:
    """The account as it stands now; None when there is none."""
    row = unit.run(_FIND_STAFF, {"account": account_id}).first()
    if row is None:
        return None
    vouching.require(vouching.for_account(unit.secrets, row), row.vouched, "an account")
    return _staff(row)


def list_accounts(unit: Unit) -> tuple[AccountLine, ...]:
    """All accounts by their names."""
    accounts = unit.session.scalars(select(Account).order_by(Account.display_name, Account.id))
    return tuple(_line(account) for account in accounts)


def read_account(unit: Unit, account_id: bytes) -> AccountLine:
    """Raises NotFound."""
    account = unit.session.get(Account, account_id)
    if account is None:
        raise NotFound
    return _line(account)


def change_roles(
    unit: Unit, actor: Staff, account_id: bytes, roles: frozenset[Role], version: int, *, confirmed: bool = False
) -> None:
    """Gives an account these roles and no others, signs it out everywhere, and enters what changed.

    To make an administrator takes two people, once there are two to be had (`takes_two`), and so it does to take the role from anybody
    but oneself. `confirmed` says that this is the second one's act.

    `version` is the one that the administrator saw. Raises NotFound, Conflict when the account has changed since, Invalid when
    the roles exclude each other (`roles` "exclusive") or take two people ("two-people", "two-people-to-take"), nobody else holds a case of theirs
    ("last-holder"), a lead would be custodian ("lead"), somebody on a roster administrator ("on-roster"), or nobody would be left to
    administer ("last-administrator"), Refused when an account was changed past the system.
    """
    # All at once, in one order: two administrators who take each other's role away wait for one another.
    accounts = unit.session.scalars(
        select(Account).order_by(Account.id).with_for_update().execution_options(populate_existing=True)
    ).all()
    account = next((account for account in accounts if account.id == account_id), None)
    if account is None:
        raise NotFound
    if account.version != version:
        raise Conflict
    for one in accounts:
        require_vouched(unit, one)
    before = roles_of(account)
    if roles == before:
        return
    if not _go_together(roles):
        raise Invalid({"roles": "exclusive"})
    others = any(administers(other) for other in accounts if other is not account)
    if Role.ADMINISTRATOR in roles - before and not confirmed and takes_two(unit):
        raise Invalid({"roles": "two-people"})
    if Role.ADMINISTRATOR in before - roles and not others:
        raise Invalid({"roles": "last-administrator"})
    if Role.ADMINISTRATOR in before - roles and account.id != actor.account and not confirmed:
        raise Invalid({"roles": "two-people-to-take"})
    _require_fitting(unit, account.id, before, roles)
    account.roles = roles_text(roles)
    account.version += 1
    account.vouched = vouching.for_account(unit.secrets, account)
    sessions.end_all(unit, account.id)
    changes = f"{roles_text(before)} -> {roles_text(roles)}".strip()
    unit.enter(Event.ROLES_CHANGED, actor, subject=account.id.hex(), reason=changes)


def _require_fitting(unit: Unit, account: bytes, before: frozenset[Role], roles: frozenset[Role]) -> None:
    """That the roles go together with what the account holds. Raises Invalid, Refused."""
    if Role.CUSTODIAN in roles - before and account in rosters.all_leads(unit):
        raise Invalid({"roles": "lead"})
    if Role.ADMINISTRATOR in roles - before and rosters.is_on_any(unit, account):
        raise Invalid({"roles": "on-roster"})
    if Role.INVESTIGATOR in before - roles and holdings.held_alone(unit, account):
        raise Invalid({"roles": "last-holder"})


def takes_two(unit: Unit) -> bool:
    """Whether an administrator is made by two people: from the second administrator on, or the first lead, who can confirm as well.

    That there was ever a lead is known outside the database, so that nobody gets back to where one person was enough. Raises Refused
    as `count_administrators`.
    """
    return count_administrators(unit) > 1 or bool(unit.secrets.pinned())


def count_administrators(unit: Unit) -> int:
    """How many there are who can work.

    Raises Refused when any account was changed past the system: an administrator made into something else would not count.
    """
    accounts = unit.session.scalars(select(Account)).all()
    for account in accounts:
        require_vouched(unit, account)
    return sum(administers(account) for account in accounts)


def is_last_administrator(unit: Unit, account_id: bytes) -> bool:
    """Whether the account administers, and nobody would be left to when it did not."""
    return [account.id for account in unit.session.scalars(select(Account)) if administers(account)] == [account_id]


def hold_still(unit: Unit) -> None:
    """Until this unit ends nobody's state or roles change, nor who is on a roster: whoever gives grants or takes them away asks first.

    After the cases' turns, which come first for everybody. What the unit has read before is read anew.
    """
    unit.session.execute(select(Account.id).order_by(Account.id).with_for_update(read=True))
    rosters.hold_still(unit)
    unit.read_anew()


def require_vouched(unit: Unit, account: Account) -> None:
    """Raises Refused when the row does not bear the server's word."""
    vouching.require(vouching.for_account(unit.secrets, account), account.vouched, "an account")


def is_vouched(unit: Unit, account: Account) -> bool:
    """Whether the row bears the server's word."""
    try:
        require_vouched(unit, account)
    except Refused:
        return False
    return True


def roles_of(account: Account | Invitation | AnyRow) -> frozenset[Role]:
    return frozenset(Role(value) for value in account.roles.split())


def roles_text(roles: frozenset[Role]) -> str:
    return " ".join(sorted(roles))


def _go_together(roles: frozenset[Role]) -> bool:
    return not any(EXCLUSIVE_ROLES[role] & roles for role in roles)


def administers(account: Account) -> bool:
    return account.state == AccountState.ACTIVE and Role.ADMINISTRATOR in roles_of(account)


def _staff(account: Account | AnyRow) -> Staff:
    return Staff(
        account=account.id,
        name=account.display_name,
        roles=roles_of(account),
        locale=Locale(account.locale),
        state=AccountState(account.state),
    )


def _line(account: Account) -> AccountLine:
    return AccountLine(
        id=account.id,
        sign_in_name=account.sign_in_name,
        display_name=account.display_name,
        roles=roles_of(account),
        state=AccountState(account.state),
        fingerprint=fingerprint(*_public_keys(account)),
        version=account.version,
    )


def _public_keys(account: Account | AnyRow) -> tuple[bytes, bytes, bytes]:
    return account.work_public, account.identity_public, account.verify_public


def public_keys_of(seed: AccountSeed) -> tuple[bytes, bytes, bytes]:
    """Work, identity and verify key."""
    return (
        seed.work().public_key().to_bytes(),
        seed.identity().public_key().to_bytes(),
        seed.signing().verify_key().to_bytes(),
    )
