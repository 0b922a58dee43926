"""New keys for an account whose passphrase and printed code are both lost.

An administrator asks, and hands over a link that is good once. Behind it the owner draws keys under a passphrase of theirs, which are
nobody's until a lead has heard their fingerprint from the owner and confirmed. What the lost keys opened they would never open again:
these grants end in the same transaction, each with its entry, and whoever holds a case can hand it over to the new keys.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select

from complaints.errors import Conflict, NotFound, Refused
from complaints.models import Account, Approval, Case, CaseloadRow, Grant, NewKeys, SecondFactor
from complaints.policy import Staff
from complaints.services import accounts, acts, approvals, backoff, casework, recovery, rosters, sessions, vouching
from complaints.services.accounts import NewAccount
from complaints.services.approvals import Request
from complaints.services.unit import Unit
from complaints.vocabulary import ApprovalKind, Event
from crypto import SessionToken, SigningKey, fingerprint


@dataclass(frozen=True, slots=True)
class Awaited:
    """An account whose owner may draw new keys. `locked`: the seed that was drawn behind the link; None while none is.

    Whose it is nobody knows yet: its digits are for whoever unlocks it, for somebody else may have had the link first.
    """

    account: bytes
    sign_in_name: str
    display_name: str
    locked: bytes | None = field(repr=False)


# -- Asking, and drawing ---------------------------------------------------------------------------------------------


def ask(unit: Unit, actor: Staff, signing: SigningKey, person: bytes) -> SessionToken:
    """Asks for new keys, and gives the link's token. A request for the same account of before is good for nothing. Raises as `approvals`."""
    earlier = select(Approval.id).where(Approval.kind == ApprovalKind.NEW_KEYS, Approval.subject == person)
    unit.session.execute(delete(NewKeys).where(NewKeys.approval_id.in_(earlier)))
    approval = approvals.ask_for_new_keys(unit, actor, signing, person)
    token = SessionToken.generate()
    unit.session.execute(insert(NewKeys), [{"approval_id": approval, "lookup": token.lookup()}])
    return token


def find(unit: Unit, token: SessionToken) -> Awaited:
    """Raises NotFound: unknown, decided, expired, or not what an administrator asked for."""
    row = unit.session.scalar(select(NewKeys).where(NewKeys.lookup == token.lookup()))
    if row is None:
        raise NotFound
    try:
        request = approvals.read(unit, row.approval_id)
        account = unit.session.get(Account, request.person)
        if request.kind is not ApprovalKind.NEW_KEYS or account is None:
            raise NotFound
        accounts.require_vouched(unit, account)
    except Refused as error:
        raise NotFound from error  # a stranger is told nothing about the accounts
    locked = row.seed_locked if _drawn(row) else None
    return Awaited(account.id, account.sign_in_name, account.display_name, locked)


def draw(unit: Unit, token: SessionToken, new: NewAccount) -> None:
    """Keeps what the owner has drawn, once. Raises NotFound; Conflict when somebody has drawn keys behind this link already."""
    awaited = find(unit, token)
    row = unit.session.scalar(
        select(NewKeys)
        .where(NewKeys.lookup == token.lookup())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or awaited.account != new.id:
        raise NotFound
    if _drawn(row):
        raise Conflict("keys were drawn behind this link already")
    row.work_public, row.identity_public, row.verify_public = accounts.public_keys_of(new.seed)
    row.seed_locked = new.locked
    unit.session.flush()
    unit.enter(Event.KEYS_DRAWN, subject=new.id.hex(), digest=accounts.digest_of_lock(new.locked))


def fingerprint_of(unit: Unit, request: Request) -> str | None:
    """Of the keys that the owner has drawn behind a request's link; None while they have drawn none."""
    keys = _drawn(unit.session.get(NewKeys, request.id))
    return fingerprint(*keys) if keys else None


def _drawn(row: NewKeys | None) -> tuple[bytes, bytes, bytes] | None:
    if row is None or not (row.work_public and row.identity_public and row.verify_public and row.seed_locked):
        return None
    return row.work_public, row.identity_public, row.verify_public


# -- Confirming ------------------------------------------------------------------------------------------------------


def confirm(unit: Unit, actor: Staff, signing: SigningKey, approval: bytes, read_aloud: str) -> Request:
    """The account has the drawn keys from now on, on every roster that `actor` leads as well.

    It is signed out, and has neither second factor nor printed code. `read_aloud`: the last twenty digits of the new fingerprint, heard
    from the owner. Raises NotFound; Denied; Conflict when the account has changed since, or nothing is drawn yet; Invalid: `digits`; Refused.
    """
    request, account = approvals.begin(unit, actor, approval)
    for case in _held(unit, account.id):  # cases before accounts, as whoever hands one over
        casework.take_turns(unit, case)
    unit.session.refresh(account, with_for_update=True)
    accounts.require_vouched(unit, account)
    if account.version.to_bytes(4, "big") != request.against:
        raise Conflict
    row = unit.session.get(NewKeys, request.id)
    keys = _drawn(row)
    if row is None or keys is None or row.seed_locked is None:
        raise Conflict("the owner has drawn no keys yet")
    approvals.require_heard(read_aloud, fingerprint(*keys))
    account.work_public, account.identity_public, account.verify_public = keys
    account.seed_locked = row.seed_locked
    account.version += 1
    account.vouched = vouching.for_account(unit.secrets, account)
    unit.session.delete(row)
    unit.session.flush()
    unit.known.clear()
    _start_anew(unit, account.id)
    said = {"subject": account.id.hex(), "digest": accounts.digest_of_lock(account.seed_locked)}
    unit.enter(Event.KEYS_RENEWED, actor, **said)
    _end_grants(unit, actor, account.id)
    _renew_on_rosters(unit, actor, signing, account)
    approvals.conclude(unit, actor, request)
    return request


def _start_anew(unit: Unit, account: bytes) -> None:
    """What rested on the old keys, or on what the owner had with them, is gone."""
    sessions.end_all(unit, account)
    backoff.forget_devices(unit, account)
    backoff.forget_all_mistakes(unit, account)
    recovery.forget(unit, account)
    unit.session.execute(delete(SecondFactor).where(SecondFactor.account_id == account))


def _end_grants(unit: Unit, actor: Staff, account: bytes) -> None:
    """Nobody can open these any more, so they are taken. Each entry says up to which epochs."""
    for case in _held(unit, account):
        own = (Grant.case_id == case, Grant.recipient == account)
        grants = unit.session.execute(select(Grant.compartment, Grant.epoch).where(*own)).all()
        unit.session.execute(delete(Grant).where(*own))
        acts.read_anew(unit, case)
        unit.enter(
            Event.KEYS_LAPSED,
            actor,
            case=case.hex(),
            channel=unit.session.get_one(Case, case).channel_id.hex(),
            subject=account.hex(),
            reason=lapsed_text({row.compartment: row.epoch for row in grants}),
        )
    unit.session.execute(delete(CaseloadRow).where(CaseloadRow.account_id == account))


def _held(unit: Unit, account: bytes) -> Sequence[bytes]:
    """Every case with a grant, whatever the account's list says, in the order in which others take their turns."""
    return unit.session.scalars(
        select(Grant.case_id).where(Grant.recipient == account).distinct().order_by(Grant.case_id)
    ).all()


def lapsed_text(epochs: dict[str, int]) -> str:
    """As the access log has it: `identity 2 internal 3 report 3`, up to which epoch grants have ended."""
    return " ".join(f"{name} {epochs[name]}" for name in sorted(epochs))


def read_lapsed(text: str) -> dict[str, int]:
    """The inverse. Raises ValueError."""
    parts = text.split()
    return {name: int(epoch) for name, epoch in zip(parts[::2], parts[1::2], strict=True)}


def _renew_on_rosters(unit: Unit, actor: Staff, signing: SigningKey, account: Account) -> None:
    for channel in rosters.channels(unit):
        roster = rosters.present(unit, channel.id)
        member = roster.member(account.id) if roster else None
        if roster is None or member is None or not roster.is_lead(actor.account):
            continue
        renewed = rosters.member_of(account, member.duty)
        members = [renewed if one is member else one for one in roster.members]
        rosters.sign_next(unit, actor, signing, channel.id, members)


@dataclass(frozen=True, slots=True)
class Outdated:
    """A person whose roster in a channel still names other keys than their account has."""

    account: bytes
    name: str
    channel: rosters.KnownChannel


def outdated(unit: Unit) -> list[Outdated]:
    """Everybody to whom nothing is wrapped in a channel before a lead of it signs, by channel. Rosters that do not verify say nothing."""
    found = []
    for channel in rosters.channels(unit):
        roster = _verified(unit, channel.id)
        members = {member.account: member for member in roster.members} if roster else {}
        rows = unit.session.scalars(select(Account).where(Account.id.in_(members)).order_by(Account.display_name))
        found += [
            Outdated(row.id, row.display_name, channel)
            for row in rows
            if members[row.id] != rosters.member_of(row, members[row.id].duty)
        ]
    return found


def rosters_left(unit: Unit, account: bytes) -> Sequence[rosters.KnownChannel]:
    """Channels whose roster still names other keys than the account has: nothing is wrapped to it there before a lead of theirs signs."""
    return [one.channel for one in outdated(unit) if one.account == account]


def rosters_with(
    unit: Unit, actor: Staff, account: bytes
) -> tuple[list[rosters.KnownChannel], list[rosters.KnownChannel]]:
    """The channels on whose rosters the account stands: those whose next roster `actor` signs by confirming its new keys, and the others."""
    signed: list[rosters.KnownChannel] = []
    left: list[rosters.KnownChannel] = []
    for channel in rosters.channels(unit):
        roster = _verified(unit, channel.id)
        if roster is not None and roster.member(account) is not None:
            (signed if roster.is_lead(actor.account) else left).append(channel)
    return signed, left


def leads(unit: Unit, account: bytes) -> bool:
    """Whether the account leads any channel, and so may be the one who confirms. A roster that does not verify names nobody."""
    found = (_verified(unit, channel.id) for channel in rosters.channels(unit))
    return any(roster is not None and roster.is_lead(account) for roster in found)


def _verified(unit: Unit, channel: bytes) -> rosters.Roster | None:
    try:
        return rosters.present(unit, channel)
    except Refused:
        return None
