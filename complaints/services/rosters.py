"""Rosters: who receives a channel's reports, signed so that whoever writes to the database cannot add a reader.

A roster names its channel, its version, the hash of the version before, and for each member an account, a duty and three public
keys. It is signed by a lead of the version before; the first by a lead whose fingerprint is pinned in the secret files. The access
log holds the hash of every version, and the secret files the newest that this server has seen: an older one put back is refused.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache

from sqlalchemy import bindparam, select

from complaints.errors import Conflict, Denied, Refused
from complaints.models import Account, Base, RosterRow
from complaints.policy import Staff
from complaints.services import log_word, vouching
from complaints.services.unit import AnyRow, Unit
from complaints.vocabulary import Duty, Event
from crypto import AccountSeed, BadSignature, Malformed, SigningKey, VerifyKey, decode_parts, encode_parts, fingerprint

_LABEL = b"complaints/roster/1"
DOMAIN = "roster"


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """A channel as its row says, with the server's word for it. Who receives is what rosters say."""

    id: bytes
    code: str
    name_th: str
    name_en: str
    position: int
    fallback_id: bytes | None
    acknowledge_days: int
    feedback_days: int
    vouched: bytes


_TABLES = Base.metadata.tables
_ACCOUNT, _CHANNEL, _ROSTER = (_TABLES[name] for name in ("account", "channel", "roster"))

_CHANNELS = select(*(_CHANNEL.c[column.name] for column in fields(KnownChannel))).order_by(
    _CHANNEL.c.position, _CHANNEL.c.code
)
_HOLD = select(_CHANNEL.c.id).order_by(_CHANNEL.c.id).with_for_update(read=True)
# Not so strong that a report, which names its channel, would wait for it.
_TURN = select(_CHANNEL.c.id).where(_CHANNEL.c.id == bindparam("channel")).with_for_update(key_share=True)
_VERSIONS = (
    select(_ROSTER.c.canonical, _ROSTER.c.signer, _ROSTER.c.signature)
    .where(_ROSTER.c.channel_id == bindparam("channel"))
    .order_by(_ROSTER.c.version)
)
_ACCOUNTS = select(*(_ACCOUNT.c[name] for name in (*vouching.ACCOUNT_FACTS, "vouched"))).where(
    _ACCOUNT.c.id.in_(bindparam("accounts", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Member:
    """One account on a roster, with the public keys that reports are wrapped to and acts are verified by."""

    account: bytes
    duty: Duty
    work: bytes
    identity: bytes
    verify: bytes

    @classmethod
    def of_seed(cls, account: bytes, duty: Duty, seed: AccountSeed) -> "Member":
        """From the seed itself, where its owner is at hand."""
        public = (seed.work().public_key().to_bytes(), seed.identity().public_key().to_bytes())
        return cls(account, duty, *public, seed.signing().verify_key().to_bytes())

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.work, self.identity, self.verify)


@dataclass(frozen=True)
class Roster:
    """One verified version."""

    channel: bytes
    version: int
    previous: bytes
    members: tuple[Member, ...]

    def canonical(self) -> bytes:
        """The bytes that are signed: parts of label, channel, version (4 B), previous hash (32 B or none), then each member's own parts."""
        members = (encode_parts(m.account, m.duty.encode(), m.work, m.identity, m.verify) for m in self.members)
        return encode_parts(_LABEL, self.channel, self.version.to_bytes(4, "big"), self.previous, *members)

    @cached_property
    def hash(self) -> bytes:
        """SHA-256 of the canonical bytes."""
        return hashlib.sha256(self.canonical()).digest()

    def member(self, account: bytes) -> Member | None:
        return next((m for m in self.members if m.account == account), None)

    def is_lead(self, account: bytes) -> bool:
        member = self.member(account)
        return member is not None and member.duty is Duty.LEAD


def parse(canonical: bytes) -> Roster:
    """The inverse of `Roster.canonical`. Raises Malformed."""
    label, channel, version, previous, *members = _at_least(decode_parts(canonical), 4)
    if label != _LABEL or len(version) != 4:
        raise Malformed("not a roster")
    return Roster(channel, int.from_bytes(version, "big"), previous, tuple(_parse_member(m) for m in members))


def _parse_member(data: bytes) -> Member:
    parts = decode_parts(data)
    if len(parts) != 5:
        raise Malformed("not a roster's member")
    account, duty, work, identity, verify = parts
    try:
        return Member(account, Duty(duty.decode("ascii")), work, identity, verify)
    except ValueError as error:
        raise Malformed("not a roster's duty") from error


def _at_least(parts: list[bytes], count: int) -> list[bytes]:
    if len(parts) < count:
        raise Malformed("too few parts")
    return parts


PublicKeys = tuple[bytes, bytes, bytes]
"""Work, identity and verify key."""

SignedRoster = tuple[bytes, bytes, bytes]
"""Canonical bytes, signer's account, signature: a row as it is stored."""


@lru_cache(maxsize=64)
def verify_chain(channel: bytes, pin: str, rows: tuple[SignedRoster, ...]) -> tuple[Roster, ...]:
    """Every version of a channel's roster in order, each verified against the one before. Pure, hence kept: public data only.

    Raises Refused naming the first version that does not verify.
    """
    chain: list[Roster] = []
    for number, (canonical, signer, signature) in enumerate(rows, start=1):
        try:
            roster = parse(canonical)
            judge = chain[-1] if chain else roster
            lead = judge.member(signer)
            fits = roster.channel == channel and roster.version == number
            follows = roster.previous == (chain[-1].hash if chain else b"")
            if not fits or not follows or lead is None or lead.duty is not Duty.LEAD:
                raise Refused(f"roster version {number} does not follow from the one before")
            if not chain and lead.fingerprint != pin:
                raise Refused("the first roster is not signed by the pinned lead")
            VerifyKey.from_bytes(lead.verify).verify(signature, canonical, DOMAIN)
        except (Malformed, BadSignature) as error:
            raise Refused(f"roster version {number} does not verify") from error
        chain.append(roster)
    return tuple(chain)


def chain(unit: Unit, channel: bytes) -> tuple[Roster, ...]:
    """All versions, verified; empty when the channel has none. Raises Refused."""
    return unit.once(("roster chain", channel), lambda: _chain(unit, channel))


def _chain(unit: Unit, channel: bytes) -> tuple[Roster, ...]:
    rows = unit.run(_VERSIONS, {"channel": channel}).all()
    if not rows:
        return ()
    pin = unit.secrets.pin_of(channel)
    if pin is None:
        raise Refused("no first lead is pinned for this channel")
    return verify_chain(channel, pin, tuple((canonical, signer, signature) for canonical, signer, signature in rows))


def current(unit: Unit, channel: bytes) -> Roster:
    """The newest version. Raises Refused when none is there, one does not verify, or the log knows a newer one."""
    return unit.once(("roster", channel), lambda: _current(unit, channel))


def _current(unit: Unit, channel: bytes) -> Roster:
    versions = chain(unit, channel)
    if not versions:
        raise Refused("this channel has no roster")
    logged = log_word.newest(unit, f"roster:{channel.hex()}")
    if logged is None or logged.get("digest") != versions[-1].hash.hex():
        raise Refused("the newest roster is not the one that the access log holds")
    _require_no_step_back(unit, channel, versions)
    return versions[-1]


def _require_no_step_back(unit: Unit, channel: bytes, versions: Sequence[Roster]) -> None:
    """What this server has seen once it keeps outside the database: an older roster is refused, whatever the tables and the log say.

    The newest is remembered when it is first read, not when it is signed: a transaction that fails leaves nothing to mend.
    """
    newest, head = versions[-1], unit.secrets.head_of(channel)
    if head is not None:
        version, digest = head
        if version > newest.version or versions[version - 1].hash.hex() != digest:
            raise Refused("an older roster was put back")
    if head is None or head[0] < newest.version:
        unit.secrets.advance_head(channel, newest.version, newest.hash.hex())


def present(unit: Unit, channel: bytes) -> Roster | None:
    """As `current`; None when the channel never had one."""
    return current(unit, channel) if chain(unit, channel) else None


def all_leads(unit: Unit) -> frozenset[bytes]:
    """The accounts that lead some channel. Raises Refused when a channel that is pinned has no roster that verifies.

    A founding that failed after its pin has left no roster, nor an entry in the log, nor has this server seen one: it does not count.
    """
    return frozenset(m.account for roster in _all_current(unit) for m in roster.members if m.duty is Duty.LEAD)


def is_on_any(unit: Unit, account: bytes) -> bool:
    """Whether some roster names this account, whatever its duty. Raises Refused as `all_leads`."""
    return any(roster.member(account) for roster in _all_current(unit))


def _all_current(unit: Unit) -> Iterator[Roster]:
    for channel in unit.secrets.pinned():
        if _was_founded(unit, channel):
            yield current(unit, channel)


def _was_founded(unit: Unit, channel: bytes) -> bool:
    if chain(unit, channel) or unit.secrets.head_of(channel) is not None:
        return True
    return log_word.newest(unit, f"roster:{channel.hex()}") is not None


@dataclass(frozen=True, slots=True)
class Change:
    """What a version of a roster made of somebody: `before` and `after` None where they are not on it."""

    account: bytes
    before: Duty | None
    after: Duty | None


def changes(unit: Unit, channels: Collection[bytes]) -> dict[str, tuple[Change, ...]]:
    """By the hash (hex) of each version of these channels' rosters, what it changed. Nothing is verified but by these hashes.

    Whoever has the hash from an entry of the log so reads what was signed, or finds nothing.
    """
    stored = select(RosterRow.canonical).where(RosterRow.channel_id.in_(channels))
    by_hash: dict[bytes, Roster] = {}
    for canonical in unit.session.scalars(stored):
        with suppress(Malformed):
            roster = parse(canonical)
            by_hash[roster.hash] = roster
    return {digest.hex(): tuple(_changes(by_hash.get(r.previous), r)) for digest, r in by_hash.items()}


def versions_about(unit: Unit, account: bytes) -> tuple[str, ...]:
    """The hashes (hex) of all versions of any roster that put this account on it, changed how it stands there, or took it off."""
    channels = unit.session.scalars(select(RosterRow.channel_id).distinct()).all()
    made = changes(unit, channels)
    return tuple(digest for digest, changed in made.items() if any(change.account == account for change in changed))


def _changes(before: Roster | None, after: Roster) -> Iterator[Change]:
    """New keys under the same duty are a change as well."""
    earlier = {member.account: member for member in before.members} if before else {}
    later = {member.account: member for member in after.members}
    for account in earlier | later:
        was, becomes = earlier.get(account), later.get(account)
        if was != becomes:
            yield Change(account, was.duty if was else None, becomes.duty if becomes else None)


def keeping_keys(unit: Unit, channel: bytes, since: Mapping[bytes, bytes]) -> frozenset[bytes]:
    """Which of these accounts have the keys that they had on the roster with the hash given, or on the last before it that named them.

    Not those who got others since, whether on a newer roster or so far on the account alone. Raises Refused for an account that was
    changed past the system.
    """
    present = _keys_of(unit, frozenset(since))
    return frozenset(
        account for account in present if present[account] == _keys_at(unit, channel, since[account], account)
    )


def _keys_at(unit: Unit, channel: bytes, roster_hash: bytes, account: bytes) -> PublicKeys | None:
    named: Member | None = None
    for roster in chain(unit, channel):
        named = roster.member(account) or named
        if roster.hash == roster_hash:
            return None if named is None else (named.work, named.identity, named.verify)
    return None


def _keys_of(unit: Unit, accounts: frozenset[bytes]) -> Mapping[bytes, PublicKeys]:
    """Of those that are there. Each is verified once in a unit. Raises Refused for an account that was changed past the system."""
    verified: dict[bytes, PublicKeys] = unit.once("account keys", dict)
    known = accounts_known(unit, accounts)
    for account in known.keys() - verified.keys():
        row = known[account]
        vouching.require(vouching.for_account(unit.secrets, row), row.vouched, "an account")
        verified[account] = (row.work_public, row.identity_public, row.verify_public)
    return {account: verified[account] for account in known}


def accounts_known(unit: Unit, accounts: Collection[bytes]) -> Mapping[bytes, AnyRow]:
    """Names and keys of those that are there, unverified. Each is read once in a unit, whoever else is asked for with it."""
    read: dict[bytes, AnyRow] = unit.once("accounts", dict)
    if unread := {*accounts} - read.keys():
        read |= {row.id: row for row in unit.run(_ACCOUNTS, {"accounts": list(unread)})}
    return {account: read[account] for account in accounts if account in read}


def sign_first(unit: Unit, signer: Staff, signing: SigningKey, channel: bytes, members: Sequence[Member]) -> Roster:
    """The first version, signed by a lead who is on it, and pinned in the secret files."""
    roster = Roster(channel, 1, b"", tuple(members))
    lead = roster.member(signer.account)
    if lead is None or lead.duty is not Duty.LEAD:
        raise Denied("the first roster is signed by a lead who is on it")
    unit.secrets.pin(channel, lead.fingerprint)
    _store(unit, roster, signer, signing)
    return roster


def hold_still(unit: Unit) -> None:
    """Until this unit ends nobody signs a next roster: a key that is being handed over goes to nobody who is off it by then."""
    unit.run(_HOLD)


def sign_first_for(unit: Unit, signer: Staff, signing: SigningKey, channel: bytes, own: Member, lead: Member) -> Roster:
    """Founds a channel for somebody else: a first version with the signer alone, pinned, and at once the next, with `lead` alone.

    So the chain verifies as any other does, and no report can come between the two. `own`: the signer, as a lead.
    """
    first = sign_first(unit, signer, signing, channel, [own])
    roster = Roster(channel, first.version + 1, first.hash, (lead,))
    _store(unit, roster, signer, signing)
    return roster


def sign_next(unit: Unit, signer: Staff, signing: SigningKey, channel: bytes, members: Sequence[Member]) -> Roster:
    """The next version, signed by a lead of the present one. Raises Denied, Conflict when somebody has signed one meanwhile, Refused."""
    known = current(unit, channel)
    unit.run(_TURN, {"channel": channel})
    unit.read_anew()
    newest = current(unit, channel)
    if newest.hash != known.hash:
        raise Conflict("somebody has signed the next roster meanwhile")
    if not newest.is_lead(signer.account):
        raise Denied("only a lead of the present roster signs the next")
    if not any(member.duty is Duty.LEAD for member in members):
        raise Denied("a roster needs a lead")
    roster = Roster(channel, newest.version + 1, newest.hash, tuple(members))
    _store(unit, roster, signer, signing)
    return roster


def _store(unit: Unit, roster: Roster, signer: Staff, signing: SigningKey) -> None:
    canonical = roster.canonical()
    unit.session.add(
        RosterRow(
            channel_id=roster.channel,
            version=roster.version,
            canonical=canonical,
            signer=signer.account,
            signature=signing.sign(canonical, DOMAIN),
        )
    )
    unit.known.clear()
    unit.enter(
        Event.ROSTER_SIGNED,
        signer,
        channel=roster.channel.hex(),
        subject=f"roster:{roster.channel.hex()}",
        digest=roster.hash.hex(),
    )


def member_of(account: Account | AnyRow, duty: Duty) -> Member:
    """An account as it would stand on a roster."""
    return Member(account.id, duty, account.work_public, account.identity_public, account.verify_public)


def channels(unit: Unit) -> Sequence[KnownChannel]:
    """All channels, in their order."""
    return tuple(channels_by_id(unit).values())


def channels_by_id(unit: Unit) -> Mapping[bytes, KnownChannel]:
    """Raises Refused when a channel was changed past the system: a reporter chooses by its name."""
    return unit.once("channels", lambda: {channel.id: channel for channel in _vouched_channels(unit)})


def _vouched_channels(unit: Unit) -> Iterator[KnownChannel]:
    for row in unit.run(_CHANNELS):
        channel = KnownChannel(*row)
        vouching.require(vouching.for_channel(unit.secrets, channel), channel.vouched, "a channel")
        yield channel
