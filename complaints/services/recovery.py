"""A lost passphrase: the owner's printed code and any one custodian, together, bring the same seed back. Neither can alone.

The seed is split in two halves, each random by itself. One is wrapped to the key that the code gives, the other to each
custodian's identity key. A custodian who is asked unwraps theirs, with their passphrase, and wraps it to the code's key; the seed
comes together in the owner's own request, and is locked under a new passphrase there. No key of the organisation's exists.

Not protected: whoever has the database as it was before a custodian was removed, that custodian's passphrase, and the code.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from complaints.errors import Invalid, NotFound, Refused
from complaints.models import Account, Recovery, RecoveryShare
from complaints.policy import Staff
from complaints.services import accounts, backoff, sessions, vouching
from complaints.services.unit import Unit
from complaints.vocabulary import AccountState, Event, Role
from crypto import (
    AccountSeed,
    BadSignature,
    Context,
    CryptoError,
    Malformed,
    PrivateKey,
    PublicKey,
    RecoveryCode,
    SecretKey,
    VerifyKey,
    encode_parts,
    join_seed,
    split_seed,
    unwrap,
    wrap,
)

LASTS = timedelta(days=7)
"""How long an owner who has asked can be answered, and come back."""

DOMAIN = "recovery"
_LABEL = b"complaints/recovery/1"
_KEY_ID = 16


# -- Preparing, while the seed is at hand ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an owner sees of it. `custodians`: the names of those who hold a half."""

    custodians: tuple[str, ...]
    holds: bool
    """The rows are as the owner signed them."""


def draw_code(unit: Unit, actor: Staff, seed: AccountSeed) -> RecoveryCode:
    """A new code, to be shown once, in place of any before. The custodians of today get the other half."""
    code = RecoveryCode.generate()
    _store(unit, actor, seed, code.key().public_key())
    return code


def renew(unit: Unit, actor: Staff, seed: AccountSeed) -> None:
    """Draws the halves anew when the custodians, or their keys, are others than before; the code stays. Nothing without a code, or on rows that do not hold."""
    row = unit.session.get(Recovery, actor.account)
    today = {one.id: _key_hash(one) for one in _custodians(unit, actor.account)}
    if row is None or _wrapped_to(unit, actor.account) == today:
        return
    if _holds(unit, row, unit.session.get_one(Account, actor.account)):
        _store(unit, actor, seed, PublicKey.from_bytes(row.code_public))


def prepared(unit: Unit, actor: Staff) -> Prepared | None:
    """None without a code."""
    row = unit.session.get(Recovery, actor.account)
    if row is None:
        return None
    account = unit.session.get_one(Account, actor.account)
    held = _shares(unit, actor.account).keys()
    names = sorted(one.display_name for one in _custodians(unit, actor.account) if one.id in held)
    return Prepared(tuple(names), _holds(unit, row, account))


def _store(unit: Unit, actor: Staff, seed: AccountSeed, code: PublicKey) -> None:
    one, other = split_seed(seed)
    code_half = _wrap(one, code, "recovery code's half", actor.account, b"")
    custodians = {custodian.id: custodian for custodian in _custodians(unit, actor.account)}
    shares = {
        id_: _wrap(other, PublicKey.from_bytes(custodian.identity_public), "custodian's half", actor.account, id_)
        for id_, custodian in custodians.items()
    }
    statement = _statement(actor.account, code.to_bytes(), code_half, shares)
    signature = seed.signing().sign(statement, DOMAIN)
    forget(unit, actor.account)
    row = {"account_id": actor.account, "code_public": code.to_bytes(), "code_half": code_half, "signature": signature}
    unit.session.execute(insert(Recovery), [row])
    rows = [
        {"account_id": actor.account, "custodian_id": id_, "half": half, "wrapped_to": _key_hash(custodians[id_])}
        for id_, half in shares.items()
    ]
    if rows:
        unit.session.execute(insert(RecoveryShare), rows)
    unit.enter(Event.RECOVERY_PREPARED, actor, digest=_digest(statement, signature))


def forget(unit: Unit, account: bytes) -> None:
    """No code brings this account's seed back any more."""
    for table in (RecoveryShare, Recovery):
        unit.session.execute(delete(table).where(table.account_id == account))


def _key_hash(custodian: Account) -> bytes:
    return hashlib.sha256(custodian.identity_public).digest()


def _custodians(unit: Unit, without: bytes) -> list[Account]:
    """Those who can help: active, and as the server vouches for them. Nobody helps themself."""
    found = []
    for account in unit.session.scalars(select(Account).where(Account.state == AccountState.ACTIVE)):
        if account.id != without and Role.CUSTODIAN in accounts.roles_of(account):
            vouching.require(vouching.for_account(unit.secrets, account), account.vouched, "an account")
            found.append(account)
    return found


# -- Asking, with the code -------------------------------------------------------------------------------------------


def ask(unit: Unit, sign_in_name: str, code: RecoveryCode) -> None:
    """Has the custodians see that the account's owner asks. Does nothing, as long and as silently, when name and code are not of one."""
    row = _find(unit, sign_in_name, code)
    nobody = bytes(16)
    asked = nobody if row is None or _is_asked(row, unit.now) else row.account_id
    sessions.begin_and_end(unit)  # so that there is something to commit, whoever asks
    unit.session.execute(
        update(Recovery).where(Recovery.account_id == asked).values(asked=unit.now, released=None),
        execution_options={"synchronize_session": False},
    )
    unit.enter_alike(Event.RECOVERY_ASKED, kept=asked != nobody, subject=asked.hex())


@dataclass(frozen=True, slots=True)
class Found:
    """The seed, brought back for one request, and whose it is."""

    account: bytes
    sign_in_name: str
    display_name: str
    seed: AccountSeed


def bring_back(unit: Unit, sign_in_name: str, code: RecoveryCode) -> Found:
    """The seed from both halves. Raises Invalid: `recovery_code` "refused", whatever is missing: the account, the code, a custodian."""
    row = _find(unit, sign_in_name, code)
    if row is None or not _is_asked(row, unit.now) or row.released is None:
        raise Invalid({"recovery_code": "refused"})
    key, account = code.key(), unit.session.get_one(Account, row.account_id)
    seed = join_seed(
        _unwrap(row.code_half, key, "recovery code's half", account.id, b""),
        _unwrap(row.released, key, "released half", account.id, b""),
    )
    accounts.require_own(account, seed)
    return Found(account.id, account.sign_in_name, account.display_name, seed)


def finish(unit: Unit, found: Found, locked: bytes) -> RecoveryCode:
    """Locks the seed under the new passphrase (`locked`), ends every session, and draws a new code: the old one has been used.

    Raises Invalid: `recovery_code` "refused" when somebody has finished, or a custodian taken it back, meanwhile.
    """
    used = unit.session.execute(
        update(Recovery)
        .where(Recovery.account_id == found.account, Recovery.released.is_not(None))
        .values(asked=None, released=None)
    )
    staff = accounts.load_staff(unit, found.account)
    if used.rowcount != 1 or staff is None or staff.state is not AccountState.ACTIVE:  # type: ignore[attr-defined]
        raise Invalid({"recovery_code": "refused"})
    accounts.change_lock(unit, staff, locked, Event.RECOVERED)
    sessions.end_all(unit, staff.account)
    backoff.forget_mistakes(unit, staff.account)
    return draw_code(unit, staff, found.seed)


def _find(unit: Unit, sign_in_name: str, code: RecoveryCode) -> Recovery | None:
    """The active account's row, when the name and the code are of one. The code's key is computed whatever the name is."""
    public = code.key().public_key().to_bytes()
    account = accounts.find_credential(unit, sign_in_name).account or bytes(16)
    staff, row = accounts.load_staff(unit, account), unit.session.get(Recovery, account)
    if staff is None or staff.state is not AccountState.ACTIVE or row is None or row.code_public != public:
        return None
    return row


def _is_asked(row: Recovery, now: datetime) -> bool:
    return row.asked is not None and now < row.asked + LASTS


# -- The custodians' part --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecoveryLine:
    """Somebody who asks, as a custodian who can help sees them."""

    account: bytes
    sign_in_name: str
    display_name: str
    asked: datetime
    until: datetime
    released: bool


def asking(unit: Unit, actor: Staff) -> tuple[RecoveryLine, ...]:
    """Those whose half `actor` holds, the oldest first."""
    rows = unit.session.execute(
        select(Recovery, Account)
        .join(RecoveryShare, RecoveryShare.account_id == Recovery.account_id)
        .join(Account, Account.id == Recovery.account_id)
        .where(RecoveryShare.custodian_id == actor.account, Recovery.asked > unit.now - LASTS)
        .order_by(Recovery.asked, Recovery.account_id)
    )
    return tuple(
        RecoveryLine(
            row.account_id,
            account.sign_in_name,
            account.display_name,
            row.asked,
            row.asked + LASTS,
            released=row.released is not None,
        )
        for row, account in rows
        if row.asked is not None
    )


def read_asking(unit: Unit, actor: Staff, account: bytes) -> RecoveryLine:
    """Raises NotFound: nobody asks, or `actor` holds no half."""
    line = next((line for line in asking(unit, actor) if line.account == account), None)
    if line is None:
        raise NotFound
    return line


def release(unit: Unit, actor: Staff, identity_key: PrivateKey, account: bytes) -> None:
    """Hands the custodian's half to the holder of the code. Raises NotFound, Refused when a row is not as the owner signed it."""
    read_asking(unit, actor, account)
    if all(custodian.id != actor.account for custodian in _custodians(unit, account)):
        raise NotFound  # suspended, or a custodian no longer, since their post came
    row, owner = unit.session.get_one(Recovery, account), unit.session.get_one(Account, account)
    if not _holds(unit, row, owner):
        raise Refused("what is stored for a recovery is not what its owner signed")
    half = _unwrap(_shares(unit, account)[actor.account], identity_key, "custodian's half", account, actor.account)
    row.released = _wrap(half, PublicKey.from_bytes(row.code_public), "released half", account, b"")
    unit.enter(Event.RECOVERY_RELEASED, actor, subject=account.hex())


def decline(unit: Unit, actor: Staff, account: bytes) -> None:
    """Nobody asks any more, and what was released is taken back. Raises NotFound."""
    read_asking(unit, actor, account)
    row = unit.session.get_one(Recovery, account)
    row.asked = row.released = None
    unit.enter(Event.RECOVERY_DECLINED, actor, subject=account.hex())


# -- What is stored --------------------------------------------------------------------------------------------------


def digest_of(unit: Unit, row: Recovery) -> str:
    """Hex SHA-256 of what the owner signed and the signature, as the rows say it: what the access log holds."""
    shares = _shares(unit, row.account_id)
    return _digest(_statement(row.account_id, row.code_public, row.code_half, shares), row.signature)


def _shares(unit: Unit, account: bytes) -> dict[bytes, bytes]:
    rows = unit.session.scalars(select(RecoveryShare).where(RecoveryShare.account_id == account))
    return {row.custodian_id: row.half for row in rows}


def _wrapped_to(unit: Unit, account: bytes) -> dict[bytes, bytes | None]:
    rows = unit.session.scalars(select(RecoveryShare).where(RecoveryShare.account_id == account))
    return {row.custodian_id: row.wrapped_to for row in rows}


def _holds(unit: Unit, row: Recovery, owner: Account) -> bool:
    vouching.require(vouching.for_account(unit.secrets, owner), owner.vouched, "an account")
    statement = _statement(row.account_id, row.code_public, row.code_half, _shares(unit, row.account_id))
    try:
        VerifyKey.from_bytes(owner.verify_public).verify(row.signature, statement, DOMAIN)
    except (BadSignature, Malformed):
        return False
    return True


def _statement(account: bytes, code_public: bytes, code_half: bytes, shares: Mapping[bytes, bytes]) -> bytes:
    halves = (encode_parts(id_, hashlib.sha256(shares[id_]).digest()) for id_ in sorted(shares))
    return encode_parts(_LABEL, account, code_public, hashlib.sha256(code_half).digest(), *halves)


def _digest(statement: bytes, signature: bytes) -> str:
    return hashlib.sha256(encode_parts(statement, signature)).hexdigest()


def _wrap(half: SecretKey, recipient: PublicKey, purpose: str, account: bytes, custodian: bytes) -> bytes:
    context = Context(purpose, key_id=half.key_id, record=account + custodian)
    return half.key_id + wrap(half, recipient, context)


def _unwrap(stored: bytes, holder: PrivateKey, purpose: str, account: bytes, custodian: bytes) -> SecretKey:
    context = Context(purpose, key_id=stored[:_KEY_ID], record=account + custodian)
    try:
        return unwrap(stored[_KEY_ID:], holder, context)
    except (CryptoError, ValueError) as error:
        raise Refused("half of a seed that does not open") from error
