"""Invitations: leave to make one account, once, with these roles, for a while.

The invited person's keys come into being in the request that takes the invitation, under a passphrase that nobody else has seen.
An invitation bears its inviter's signature, the founding one the server's own word, and the access log holds the digest of each that
somebody was given: a row that somebody else put there, or put back, makes no account.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from complaints.errors import Invalid, NotFound, Refused
from complaints.models import Account, Invitation
from complaints.policy import Staff
from complaints.services import accounts, log_reading, log_word, organisation, undertakings, vouching
from complaints.services.accounts import NewAccount
from complaints.services.organisation import OrganisationNames
from complaints.services.unit import Unit
from complaints.vocabulary import EXCLUSIVE_ROLES, Event, Locale, Role
from crypto import BadSignature, Malformed, SessionToken, SigningKey, VerifyKey, encode_parts

LASTS = timedelta(days=3)
FOUNDING_LASTS = timedelta(hours=24)
DOMAIN = "invitation"
_LABEL = b"complaints/invitation/1"


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that holds. `founding`: it makes the first administrator, who names the organisation as well."""

    display_name: str
    roles: frozenset[Role]
    inviter: str
    founding: bool


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """One that waits, as administrators see it."""

    lookup: bytes
    display_name: str
    roles: frozenset[Role]
    inviter: str
    expires: datetime


def found(unit: Unit) -> SessionToken | None:
    """A fresh founding invitation, in place of any before; None once there is an account, or has been one."""
    if _is_founded(unit):
        return None
    unit.session.execute(delete(Invitation).where(Invitation.invited_by.is_(None)))
    token = SessionToken.generate()
    roles = frozenset({Role.ADMINISTRATOR})
    expires = unit.now + FOUNDING_LASTS
    word = vouching.for_founding(unit.secrets, _statement(token.lookup(), "", roles, b"", expires))
    _store(unit, token, "", roles, None, expires, word)
    return token


def _is_founded(unit: Unit) -> bool:
    """The log remembers accounts that somebody has taken out of their table."""
    if unit.session.scalar(select(func.count()).select_from(Account)):
        return True
    return bool(log_reading.page(unit.session, event=Event.ACCOUNT_CREATED, size=1).lines)


def invite(unit: Unit, actor: Staff, signing: SigningKey, display_name: str, roles: frozenset[Role]) -> SessionToken:
    """Raises Invalid: `display_name` "missing" or "too-long", `roles` "exclusive" or "two-people". Without a role an account waits for one."""
    name = display_name.strip()
    problems = {} if name else {"display_name": "missing"}
    if len(name) > organisation.NAME_LIMIT:
        problems["display_name"] = "too-long"
    if any(EXCLUSIVE_ROLES[role] & roles for role in roles):
        problems["roles"] = "exclusive"
    elif Role.ADMINISTRATOR in roles and accounts.takes_two(unit):
        problems["roles"] = "two-people"
    if problems:
        raise Invalid(problems)
    _sweep(unit)
    token, expires = SessionToken.generate(), unit.now + LASTS
    statement = _statement(token.lookup(), name, roles, actor.account, expires)
    _store(unit, token, name, roles, actor.account, expires, signing.sign(statement, DOMAIN))
    said = {"subject": _subject(token.lookup()), "digest": _digest(statement)}
    unit.enter(Event.INVITED, actor, reason=f"-> {accounts.roles_text(roles)}", **said)
    return token


def find(unit: Unit, token: SessionToken) -> Invited:
    """Raises NotFound: unknown, used, expired, taken back, not its inviter's own, or not as the access log says."""
    row = unit.session.get(Invitation, token.lookup())
    if row is None or row.expires <= unit.now:
        raise NotFound
    roles = accounts.roles_of(row)
    if row.invited_by is None:
        if roles != {Role.ADMINISTRATOR} or _is_founded(unit) or not is_founding_word(unit, row):
            raise NotFound
        return Invited("", roles, "", founding=True)
    inviter = unit.session.get(Account, row.invited_by)
    if inviter is None or not accounts.administers(inviter) or not _is_signed(row, roles, inviter):
        raise NotFound
    try:
        accounts.require_vouched(unit, inviter)
        administrators = accounts.count_administrators(unit)
    except Refused as error:
        raise NotFound from error  # a stranger is told nothing about the accounts
    if Role.ADMINISTRATOR in roles and administrators > 1:
        raise NotFound  # a link of the first day, and meanwhile there is a second one: from now on it takes two people
    if _told(unit, row.lookup) != {Event.INVITED: digest_of(row)}:
        raise NotFound
    return Invited(row.display_name, roles, inviter.display_name, founding=False)


def _told(unit: Unit, lookup: bytes) -> dict[str | None, str | None]:
    """The events of the log about an invitation, each with its digest; none when one of them is not the log's own."""
    try:
        return {told.get("event"): told.get("digest") for told in log_word.every(unit, subject=_subject(lookup))}
    except Refused:
        return {}


def digest_of(row: Invitation) -> str:
    """Hex SHA-256 of what its inviter signed: what the access log holds."""
    statement = _statement(row.lookup, row.display_name, accounts.roles_of(row), row.invited_by or b"", row.expires)
    return _digest(statement)


def is_founding_word(unit: Unit, row: Invitation) -> bool:
    """Whether the server itself has made this founding invitation."""
    statement = _statement(row.lookup, row.display_name, accounts.roles_of(row), b"", row.expires)
    try:
        vouching.require(vouching.for_founding(unit.secrets, statement), row.signature, "an invitation")
    except Refused:
        return False
    return True


def _subject(lookup: bytes) -> str:
    return f"invitation:{lookup.hex()}"


def _digest(statement: bytes) -> str:
    return hashlib.sha256(statement).hexdigest()


def accept(
    unit: Unit,
    token: SessionToken,
    new: NewAccount,
    *,
    sign_in_name: str,
    display_name: str,
    locale: Locale,
    names: OrganisationNames | None = None,
    undertaking: int | None = None,
) -> Staff:
    """Makes the account and uses the invitation up. `names` with the founding one alone; `undertaking`: the version they sign.

    Raises NotFound as `find`; Invalid as `accounts.store_account`, and `undertaking` "missing".
    """
    invited = find(unit, token)
    used = unit.session.execute(delete(Invitation).where(Invitation.lookup == token.lookup()))
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound
    name = display_name if invited.founding else invited.display_name
    accounts.store_account(unit, new, sign_in_name=sign_in_name, display_name=name, roles=invited.roles, locale=locale)
    staff = Staff(new.id, name.strip(), invited.roles, locale)
    unit.enter(Event.INVITATION_TAKEN, staff, subject=_subject(token.lookup()))
    if invited.founding:
        if names is None:
            raise Invalid({"organisation_th": "missing", "organisation_en": "missing"})
        organisation.name(unit, names)
    newest = undertakings.newest(unit)
    if newest is not None and must_sign(invited.roles):
        if undertaking != newest.version:
            raise Invalid({"undertaking": "missing"})
        undertakings.sign(unit, staff, new.seed.signing(), newest.version)
    return staff


def must_sign(roles: frozenset[Role]) -> bool:
    """Whoever may come to hold a key signs the undertaking with their account."""
    return bool(roles & {Role.INVESTIGATOR, Role.CUSTODIAN})


def list_waiting(unit: Unit) -> Sequence[InvitationLine]:
    """Those that have not expired, the newest first."""
    rows = unit.session.execute(
        select(Invitation, Account.display_name)
        .join(Account, Account.id == Invitation.invited_by)
        .where(Invitation.expires > unit.now)
        .order_by(Invitation.expires.desc(), Invitation.lookup)
    )
    return tuple(
        InvitationLine(row.lookup, row.display_name, accounts.roles_of(row), inviter, row.expires)
        for row, inviter in rows
    )


def take_back(unit: Unit, actor: Staff, lookup: bytes) -> None:
    """Raises NotFound when it is used, expired or gone already."""
    done = unit.session.execute(
        delete(Invitation).where(Invitation.lookup == lookup, Invitation.invited_by.is_not(None))
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound
    unit.enter(Event.INVITATION_TAKEN_BACK, actor, subject=_subject(lookup))


def _store(
    unit: Unit,
    token: SessionToken,
    name: str,
    roles: frozenset[Role],
    inviter: bytes | None,
    expires: datetime,
    signature: bytes,
) -> None:
    row = {
        "lookup": token.lookup(),
        "display_name": name,
        "roles": accounts.roles_text(roles),
        "invited_by": inviter,
        "expires": expires,
        "signature": signature,
    }
    unit.session.execute(insert(Invitation), [row])


def _sweep(unit: Unit) -> None:
    unit.session.execute(delete(Invitation).where(Invitation.expires <= unit.now))


def _statement(lookup: bytes, name: str, roles: frozenset[Role], inviter: bytes, expires: datetime) -> bytes:
    return encode_parts(
        _LABEL, lookup, name.encode(), accounts.roles_text(roles).encode(), inviter, expires.isoformat().encode()
    )


def _is_signed(row: Invitation, roles: frozenset[Role], inviter: Account) -> bool:
    statement = _statement(row.lookup, row.display_name, roles, inviter.id, row.expires)
    try:
        VerifyKey.from_bytes(inviter.verify_public).verify(row.signature, statement, DOMAIN)
    except (BadSignature, Malformed):
        return False
    return True
