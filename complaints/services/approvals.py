"""What takes two people. One asks, and a row that does nothing is stored; another, with their own post and passphrase, does it.

A request bears its requester's signature over all that it says, and the access log holds its digest: a row that somebody put there,
changed, or opened again, is refused. It names what it was asked for against (a roster's hash, an account's version), so that it is good for
nothing once that has changed; and it expires.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from complaints.errors import Conflict, Denied, Invalid, NotFound, Refused
from complaints.models import Account, Approval, new_id
from complaints.policy import Staff
from complaints.services import accounts, holdings, log_word, replacement, rosters, second_factors
from complaints.services.rosters import Member, Roster
from complaints.services.unit import Unit
from complaints.vocabulary import AccountState, ApprovalKind, ApprovalState, Duty, Event, Role
from crypto import BadSignature, Malformed, SigningKey, VerifyKey, decode_parts, encode_parts

LASTS = timedelta(days=7)
DOMAIN = "approval"
_LABEL = b"complaints/approval/1"
_NO_DUTY = ""
FOR_ADMINISTRATORS = frozenset({ApprovalKind.ADMINISTRATOR, ApprovalKind.NO_ADMINISTRATOR, ApprovalKind.NO_FACTORS})
"""What another administrator can do as well as a lead."""
WITHOUT_DIGITS = frozenset({ApprovalKind.NO_ADMINISTRATOR, ApprovalKind.NO_FACTORS})
"""Where nobody gets anything sealed to their keys. Whoever waits for a second factor sees no fingerprint to read out, either."""
_PERSON = 7  # which of a statement's parts names them
_HIDDEN = 4
"""Groups of five digits that are read out and typed: 66 bits, which nobody meets by drawing keys of their own."""


@dataclass(frozen=True, slots=True)
class Request:
    """One that holds: signed by an administrator, open, not expired."""

    id: bytes
    kind: ApprovalKind
    subject: bytes
    """A channel, or an account."""
    requester: bytes
    expires: datetime
    digest: str
    against: bytes
    """What it was asked for against: the roster's hash (none: the channel has no roster), or how the account stood (`_standing`)."""
    person: bytes
    """The account that gets something, or loses it."""
    duty: Duty | None
    """For a roster. None: the person leaves."""
    keys: tuple[bytes, bytes, bytes]
    """Their public keys as the requester saw them."""


# -- Asking ----------------------------------------------------------------------------------------------------------


def ask_for_roster(
    unit: Unit, actor: Staff, signing: SigningKey, channel: bytes, person: bytes, duty: Duty | None
) -> bytes:
    """Asks that `person` get this duty on the channel's roster, or leave it. On a channel without a roster: that they lead it.

    Raises NotFound; Invalid: `person` "unknown", "no-investigator", "custodian", "present", `duty` "first-leads", "last-lead".
    """
    if channel not in rosters.channels_by_id(unit):
        raise NotFound
    account = unit.session.get(Account, person)
    if account is None:
        raise Invalid({"person": "unknown"})
    present = rosters.present(unit, channel)
    _check_duty(present, account, duty)
    keys = (account.work_public, account.identity_public, account.verify_public)
    against = present.hash if present else b""
    return _store(unit, actor, signing, ApprovalKind.ROSTER, channel, against, person, duty, keys)


def ask_for_administrator(unit: Unit, actor: Staff, signing: SigningKey, person: bytes) -> bytes:
    """Asks that an account become an administrator's, and nothing else. Raises NotFound; Invalid: `person` "present", "on-roster"; Refused."""
    account = unit.session.get(Account, person)
    if account is None:
        raise NotFound
    if accounts.administers(account):
        raise Invalid({"person": "present"})
    if rosters.is_on_any(unit, person):
        raise Invalid({"person": "on-roster"})
    return _store_about(unit, actor, signing, ApprovalKind.ADMINISTRATOR, account)


def ask_to_take_administrator(unit: Unit, actor: Staff, signing: SigningKey, person: bytes) -> bytes:
    """Asks that an administrator lose the role. Raises NotFound; Invalid: `person` "present" when they do not hold it, "last-administrator"."""
    account = unit.session.get(Account, person)
    if account is None:
        raise NotFound
    if Role.ADMINISTRATOR not in accounts.roles_of(account):
        raise Invalid({"person": "present"})
    if accounts.is_last_administrator(unit, person):
        raise Invalid({"person": "last-administrator"})
    return _store_about(unit, actor, signing, ApprovalKind.NO_ADMINISTRATOR, account)


def ask_for_new_keys(unit: Unit, actor: Staff, signing: SigningKey, person: bytes) -> bytes:
    """Asks that an account get keys anew. Raises NotFound; Invalid: `person` "suspended", or "oneself": who can ask has their keys."""
    account = unit.session.get(Account, person)
    if account is None:
        raise NotFound
    if account.state != AccountState.ACTIVE:
        raise Invalid({"person": "suspended"})
    if person == actor.account:
        raise Invalid({"person": "oneself"})
    return _store_about(unit, actor, signing, ApprovalKind.NEW_KEYS, account)


def ask_for_no_factors(unit: Unit, actor: Staff, signing: SigningKey, person: bytes) -> bytes:
    """Asks that an account's second factors, which are lost, be taken away; its keys and cases stay.

    Raises NotFound; Invalid: `person` "suspended", "oneself": a factor of one's own is removed alone, or "present" when there is none.
    """
    account = unit.session.get(Account, person)
    if account is None:
        raise NotFound
    if account.state != AccountState.ACTIVE:
        raise Invalid({"person": "suspended"})
    if person == actor.account:
        raise Invalid({"person": "oneself"})
    if person not in second_factors.who_has(unit):
        raise Invalid({"person": "present"})
    return _store_about(unit, actor, signing, ApprovalKind.NO_FACTORS, account)


def _store_about(unit: Unit, actor: Staff, signing: SigningKey, kind: ApprovalKind, account: Account) -> bytes:
    """A request about an account as it stands: about nothing but itself."""
    keys = (account.work_public, account.identity_public, account.verify_public)
    return _store(unit, actor, signing, kind, account.id, _standing(unit, kind, account), account.id, None, keys)


def _standing(unit: Unit, kind: ApprovalKind, account: Account) -> bytes:
    """How an account stands: its version (4 bytes); where second factors are to go which these are (32) as well, so that none goes that is newer."""
    version = account.version.to_bytes(4, "big")
    return version + second_factors.digest_of(unit, account.id) if kind is ApprovalKind.NO_FACTORS else version


def ask_for_replacement(unit: Unit, actor: Staff, signing: SigningKey, leaver: bytes, person: bytes) -> bytes:
    """Asks that `person` go on with all cases that `leaver` holds. Raises NotFound; Invalid: `person` "unknown", "no-investigator"."""
    account = unit.session.get(Account, person)
    if unit.session.get(Account, leaver) is None:
        raise NotFound
    if account is None or person == leaver:
        raise Invalid({"person": "unknown"})
    if Role.INVESTIGATOR not in accounts.roles_of(account) or account.state != AccountState.ACTIVE:
        raise Invalid({"person": "no-investigator"})
    keys = (account.work_public, account.identity_public, account.verify_public)
    return _store(unit, actor, signing, ApprovalKind.REPLACEMENT, leaver, b"", person, None, keys)


def fulfil(unit: Unit, actor: Staff, leaver: bytes, person: bytes) -> None:
    """A lead has handed over all that they could: what an administrator proposed so is done when nobody else has to."""
    for request in waiting(unit):
        asked = (request.kind, request.subject, request.person)
        if asked == (ApprovalKind.REPLACEMENT, leaver, person) and not holdings.count(unit, leaver):
            _decide(unit, actor, request.id, ApprovalState.CONFIRMED)
            unit.enter(Event.APPROVAL_CONFIRMED, actor, subject=_subject(request.id), digest=request.digest)


def _check_duty(present: Roster | None, account: Account, duty: Duty | None) -> None:
    roles = accounts.roles_of(account)
    if duty is not None and (Role.INVESTIGATOR not in roles or account.state != AccountState.ACTIVE):
        raise Invalid({"person": "no-investigator"})
    if duty is Duty.LEAD and Role.CUSTODIAN in roles:
        raise Invalid({"person": "custodian"})
    if present is None:
        if duty is not Duty.LEAD:
            raise Invalid({"duty": "first-leads"})
        return
    member = present.member(account.id)
    if (member.duty if member else None) is duty and (
        member is None or rosters.member_of(account, member.duty) == member
    ):
        raise Invalid({"person": "present"})
    leads = {m.account for m in present.members if m.duty is Duty.LEAD}
    if duty is not Duty.LEAD and leads == {account.id}:
        raise Invalid({"duty": "last-lead"})


def _store(
    unit: Unit,
    actor: Staff,
    signing: SigningKey,
    kind: ApprovalKind,
    subject: bytes,
    against: bytes,
    person: bytes,
    duty: Duty | None,
    keys: tuple[bytes, bytes, bytes],
) -> bytes:
    _supersede(unit, actor, kind, subject, person)
    approval, expires = new_id(), unit.now + LASTS
    statement = encode_parts(
        _LABEL,
        approval,
        kind.encode(),
        subject,
        actor.account,
        expires.isoformat().encode(),
        against,
        person,
        (duty.value if duty else _NO_DUTY).encode(),
        *keys,
    )
    unit.session.add(
        Approval(
            id=approval,
            kind=kind.value,
            subject=subject,
            requester=actor.account,
            requested=unit.today,
            expires=expires,
            statement=statement,
            signature=signing.sign(statement, DOMAIN),
            state=ApprovalState.OPEN.value,
        )
    )
    unit.session.flush()
    fields = {"subject": _subject(approval), "digest": _digest(statement), "reason": kind.value}
    unit.enter(Event.APPROVAL_ASKED, actor, **fields)
    return approval


def _supersede(unit: Unit, actor: Staff, kind: ApprovalKind, subject: bytes, person: bytes) -> None:
    """A newer request about the same person takes the place of the older one."""
    rows = unit.session.scalars(
        select(Approval)
        .where(Approval.kind == kind, Approval.subject == subject, Approval.state == ApprovalState.OPEN)
        .where(Approval.requester == actor.account)
    ).all()
    for row in rows:
        if _is_about(row, person):
            _decide(unit, actor, row.id, ApprovalState.DECLINED)
            about = {"subject": _subject(row.id), "digest": _digest(row.statement)}
            unit.enter(Event.APPROVAL_DECLINED, actor, **about)


def _is_about(row: Approval, person: bytes) -> bool:
    try:
        return decode_parts(row.statement)[_PERSON : _PERSON + 1] == [person]
    except Malformed:
        return False


# -- Reading ---------------------------------------------------------------------------------------------------------


def read(unit: Unit, approval: bytes) -> Request:
    """Raises NotFound (none, decided, expired), Refused when it is not what an administrator has signed."""
    row = unit.session.get(Approval, approval)
    if row is None or row.state != ApprovalState.OPEN or row.expires <= unit.now:
        raise NotFound
    return _verified(unit, row)


def read_own(unit: Unit, actor: Staff, approval: bytes) -> Request:
    """One that `actor` made or can do; for everybody else it is not there. Raises NotFound, Refused."""
    request = read(unit, approval)
    if request.requester != actor.account and not may_confirm(unit, actor, request):
        raise NotFound
    return request


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says, decided or not."""

    kind: ApprovalKind
    subject: bytes
    person: bytes
    duty: Duty | None


def said(unit: Unit, ids: Collection[bytes]) -> dict[str, Asked]:
    """By the digest (hex) of each of these requests, what it says. Nothing is verified but by these digests.

    Whoever has the digest from an entry of the log so reads what was signed, or finds nothing.
    """
    statements = unit.session.scalars(select(Approval.statement).where(Approval.id.in_(ids)))
    return {_digest(statement): asked for statement in statements if (asked := _asked(statement)) is not None}


def about(unit: Unit, person: bytes) -> list[str]:
    """As what the log knows the requests that concern this person, decided or not."""
    rows = unit.session.execute(select(Approval.id, Approval.statement).order_by(Approval.id))
    return [
        _subject(id_)
        for id_, statement in rows
        if (asked := _asked(statement)) is not None and person in (asked.person, asked.subject)
    ]


def _asked(statement: bytes) -> Asked | None:
    try:
        _, _, kind, subject, _, _, _, person, duty, *_ = decode_parts(statement)
        return Asked(ApprovalKind(kind.decode()), subject, person, Duty(duty.decode()) if duty else None)
    except (Malformed, ValueError):
        return None


def waiting(unit: Unit) -> Sequence[Request]:
    """All that are open, the oldest first. What does not verify is left out here; whoever asks for it is told."""
    rows = unit.session.scalars(
        select(Approval)
        .where(Approval.state == ApprovalState.OPEN, Approval.expires > unit.now)
        .order_by(Approval.expires, Approval.id)
    )
    requests = []
    for row in rows:
        try:
            requests.append(_verified(unit, row))
        except Refused:
            continue
    return tuple(requests)


def may_confirm(unit: Unit, actor: Staff, request: Request) -> bool:
    """Whether it is `actor` who can do what is asked for. Never whoever asked."""
    if request.requester == actor.account:
        return False
    if request.kind is ApprovalKind.REPLACEMENT:
        return Role.INVESTIGATOR in actor.roles and replacement.count(unit, actor, request.subject) > 0
    if Role.ADMINISTRATOR in actor.roles and request.kind in FOR_ADMINISTRATORS:
        # Whoever loses the role may agree to it.
        return request.person != actor.account or request.kind is ApprovalKind.NO_ADMINISTRATOR
    try:
        return Role.INVESTIGATOR in actor.roles and _leads(unit, actor, request)
    except Refused:
        return False


def _leads(unit: Unit, actor: Staff, request: Request) -> bool:
    """Whether it takes a lead, and `actor` is one: of the roster in question, or for what concerns an account of any. Raises Refused."""
    if request.kind is not ApprovalKind.ROSTER:
        # A second person as well: of two administrators one may be gone, or be the reason.
        return request.person != actor.account and actor.account in rosters.all_leads(unit)
    present = rosters.present(unit, request.subject)
    return present.is_lead(actor.account) if present is not None else _founds(unit, actor, request)


def _founds(unit: Unit, actor: Staff, request: Request) -> bool:
    """Whether `actor` can sign a channel's first roster: for themself, or for another whose digits they hear.

    For the very first channel anybody, for themself alone, and they are pinned; for a later one somebody who leads already, so that no
    administrator can found a channel with a lead of their own making. What says that there was one before lies outside the database. A
    founding that failed after its pin is done again by the same lead. Raises Refused.
    """
    pin, own = unit.secrets.pin_of(request.subject), request.person == actor.account
    if pin is not None and pin != _member(unit, actor).fingerprint:
        return False
    if own and (pin is not None or not unit.secrets.pinned()):
        return True
    return actor.account in rosters.all_leads(unit)


def _member(unit: Unit, actor: Staff) -> Member:
    """As they would lead. Raises Refused when their account was changed past the system."""
    account = unit.session.get_one(Account, actor.account)
    accounts.require_vouched(unit, account)
    return rosters.member_of(account, Duty.LEAD)


def may_be_founded(unit: Unit) -> bool:
    """Whether a further channel can get a lead: while none has one, and then as long as somebody leads who can sign."""
    try:
        return not unit.secrets.pinned() or bool(rosters.all_leads(unit))
    except Refused:
        return False


def is_outdated(unit: Unit, request: Request) -> bool:
    """Whether the roster, the account or its keys are no longer what they were when it was asked: nobody can do it then. Raises Refused."""
    account = unit.session.get(Account, request.person)
    if account is None or (account.work_public, account.identity_public, account.verify_public) != request.keys:
        return True
    if request.kind is ApprovalKind.REPLACEMENT:
        return False
    if request.kind is not ApprovalKind.ROSTER:
        return _standing(unit, request.kind, account) != request.against
    present = rosters.present(unit, request.subject)
    return (present.hash if present else b"") != request.against


def confirmers(unit: Unit, request: Request) -> tuple[str, ...]:
    """The names of all who can do it as things stand; none when nobody can any more."""
    people = (
        Staff(account.id, account.display_name, accounts.roles_of(account))
        for account in unit.session.scalars(
            select(Account).where(Account.state == AccountState.ACTIVE).order_by(Account.display_name, Account.id)
        )
    )
    return tuple(staff.name for staff in people if may_confirm(unit, staff, request))


def _verified(unit: Unit, row: Approval) -> Request:
    requester = unit.session.get(Account, row.requester)
    try:
        parts = decode_parts(row.statement)
        label, approval, kind, subject, asked_by, expires, against, person, duty, *keys = parts
        fits = (label, approval, kind, subject, asked_by, expires) == (
            _LABEL,
            row.id,
            row.kind.encode(),
            row.subject,
            row.requester,
            row.expires.isoformat().encode(),
        )
        if not fits or len(keys) != 3 or requester is None or not accounts.administers(requester):
            raise Refused("a request that no administrator made")
        VerifyKey.from_bytes(requester.verify_public).verify(row.signature, row.statement, DOMAIN)
        wanted = Duty(duty.decode()) if duty else None
    except (Malformed, BadSignature, ValueError) as error:
        raise Refused("a request that nobody signed") from error
    accounts.require_vouched(unit, requester)
    if _told(unit, row.id) != {Event.APPROVAL_ASKED: _digest(row.statement)}:
        raise Refused("a request that the access log does not know, or knows as decided")
    work, identity, verify = keys
    return Request(
        id=row.id,
        kind=ApprovalKind(row.kind),
        subject=row.subject,
        requester=row.requester,
        expires=row.expires,
        digest=_digest(row.statement),
        against=against,
        person=person,
        duty=wanted,
        keys=(work, identity, verify),
    )


def _told(unit: Unit, approval: bytes) -> dict[str | None, str | None]:
    """The events of the log about a request, each with its digest. Raises Refused when one of them is not the log's own."""
    return {told.get("event"): told.get("digest") for told in log_word.every(unit, subject=_subject(approval))}


def _subject(approval: bytes) -> str:
    return f"approval:{approval.hex()}"


def in_halves(fingerprint_text: str) -> tuple[str, str]:
    """A fingerprint's groups that are shown to whoever confirms, and those that they must hear: the last four."""
    groups = fingerprint_text.split()
    return " ".join(groups[:-_HIDDEN]), " ".join(groups[-_HIDDEN:])


def _digest(statement: bytes) -> str:
    return hashlib.sha256(statement).hexdigest()


# -- Doing -----------------------------------------------------------------------------------------------------------


def confirm(unit: Unit, actor: Staff, signing: SigningKey, approval: bytes, read_aloud: str) -> Request:
    """Does what was asked for, but for new keys (`new_keys.confirm`). `read_aloud`: the last twenty digits of the person's fingerprint, heard from themself.

    `signing` is of the confirmer's passphrase, not of their session. Raises NotFound; Denied when it is not theirs to do; Conflict
    when the roster or the account has changed since; Invalid: `digits` "different", and as asking or a change of roles does; Refused.
    """
    request, account = begin(unit, actor, approval)
    member = Member(account.id, request.duty or Duty.MEMBER, *request.keys)
    if request.kind not in WITHOUT_DIGITS:
        require_heard(read_aloud, member.fingerprint)
    if request.kind is ApprovalKind.ROSTER:
        _sign_roster(unit, actor, signing, request, account, member)
    elif request.kind is ApprovalKind.NO_FACTORS:
        _take_factors(unit, actor, request, account)
    else:
        _change_administrator(unit, actor, request, account)
    conclude(unit, actor, request)
    return request


def begin(unit: Unit, actor: Staff, approval: bytes) -> tuple[Request, Account]:
    """What `actor` is to do, and the account it concerns. Raises NotFound, Denied, Conflict when its keys are others by now, Refused."""
    request = read(unit, approval)
    if request.kind is ApprovalKind.REPLACEMENT or not _may_confirm_still(unit, actor, request):
        raise Denied("this request is not yours to confirm")
    account = unit.session.get(Account, request.person)
    if account is None or (account.work_public, account.identity_public, account.verify_public) != request.keys:
        raise Conflict
    accounts.require_vouched(unit, account)
    return request, account


def _may_confirm_still(unit: Unit, actor: Staff, request: Request) -> bool:
    """By their account as it stands now: while the passphrase was tried it may have been suspended, or have lost the role."""
    present = accounts.load_staff(unit, actor.account)
    return present is not None and present.state is AccountState.ACTIVE and may_confirm(unit, present, request)


def require_heard(read_aloud: str, fingerprint_text: str) -> None:
    """Raises Invalid, `digits` "different", unless these are the last twenty digits."""
    if "".join(read_aloud.replace("-", " ").split()) != "".join(in_halves(fingerprint_text)[1].split()):
        raise Invalid({"digits": "different"})


def conclude(unit: Unit, actor: Staff, request: Request) -> None:
    """The request is done, by this person. Raises Conflict when somebody has decided it meanwhile."""
    _decide(unit, actor, request.id, ApprovalState.CONFIRMED)
    unit.enter(Event.APPROVAL_CONFIRMED, actor, subject=_subject(request.id), digest=request.digest)


def _sign_roster(
    unit: Unit, actor: Staff, signing: SigningKey, request: Request, account: Account, member: Member
) -> None:
    present = rosters.present(unit, request.subject)
    if (present.hash if present else b"") != request.against:
        raise Conflict
    _check_duty(present, account, request.duty)
    if present is None and account.id == actor.account:
        rosters.sign_first(unit, actor, signing, request.subject, [member])
        return
    if present is None:
        rosters.sign_first_for(unit, actor, signing, request.subject, _member(unit, actor), member)
        return
    others = [other for other in present.members if other.account != account.id]
    members = others if request.duty is None else [*others, member]
    rosters.sign_next(unit, actor, signing, request.subject, members)


def _change_administrator(unit: Unit, actor: Staff, request: Request, account: Account) -> None:
    if account.version.to_bytes(4, "big") != request.against:
        raise Conflict
    roles = frozenset({Role.ADMINISTRATOR}) if request.kind is ApprovalKind.ADMINISTRATOR else frozenset()
    accounts.change_roles(unit, actor, account.id, roles, account.version, confirmed=True)


def _take_factors(unit: Unit, actor: Staff, request: Request, account: Account) -> None:
    unit.session.refresh(account, with_for_update=True)
    accounts.require_vouched(unit, account)
    if _standing(unit, request.kind, account) != request.against:
        raise Conflict
    second_factors.take_all(unit, actor, account.id)


def decline(unit: Unit, actor: Staff, approval: bytes) -> Request:
    """By whoever could have confirmed it, or taken back by whoever asked. Raises NotFound."""
    request = read_own(unit, actor, approval)
    _decide(unit, actor, approval, ApprovalState.DECLINED)
    unit.enter(Event.APPROVAL_DECLINED, actor, subject=_subject(approval), digest=request.digest)
    return request


def _decide(unit: Unit, actor: Staff, approval: bytes, state: ApprovalState) -> None:
    done = unit.session.execute(
        update(Approval)
        .where(Approval.id == approval, Approval.state == ApprovalState.OPEN)
        .values(state=state.value, confirmer=actor.account, decided=unit.today)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict
