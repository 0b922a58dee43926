"""Channels as administrators see them: who receives, and whether the roster that says so verifies."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from complaints.errors import Refused
from complaints.models import Account
from complaints.services import rosters, undertakings
from complaints.services.rosters import KnownChannel, Roster
from complaints.services.unit import Unit
from complaints.vocabulary import AccountState, Duty
from crypto import fingerprint


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member of a verified roster. `fingerprint` is of the keys in the roster, to be read aloud to its owner."""

    name: str
    duty: Duty
    fingerprint: str
    signed_undertaking: bool
    receiving_until: date | None
    """The last day on which whoever signed the version before, and not this one, still receives."""
    keys_match: bool
    """Whether the account's own public keys are still the ones in the roster."""
    suspended: bool
    """Whoever is suspended stays on the roster, and receives nothing."""


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """`verified` False: nothing that is stored about the members is believed, so none are listed. `version` 0: no roster yet."""

    id: bytes
    name_th: str
    name_en: str
    fallback_th: str | None
    fallback_en: str | None
    version: int
    verified: bool
    members: tuple[MemberLine, ...]


def list_channels(unit: Unit) -> tuple[ChannelLine, ...]:
    """All channels, in their order."""
    channels = rosters.channels(unit)
    by_id = {channel.id: channel for channel in channels}
    return tuple(_line(unit, channel, by_id.get(channel.fallback_id or b"")) for channel in channels)


def _line(unit: Unit, channel: KnownChannel, fallback: KnownChannel | None) -> ChannelLine:
    roster, verified = _roster(unit, channel.id)
    return ChannelLine(
        id=channel.id,
        name_th=channel.name_th,
        name_en=channel.name_en,
        fallback_th=fallback.name_th if fallback else None,
        fallback_en=fallback.name_en if fallback else None,
        version=roster.version if roster else 0,
        verified=verified,
        members=_members(unit, roster) if roster else (),
    )


def _roster(unit: Unit, channel: bytes) -> tuple[Roster | None, bool]:
    """A channel that never had a roster is not one whose roster is false."""
    try:
        return (rosters.current(unit, channel), True) if rosters.chain(unit, channel) else (None, True)
    except Refused:
        return None, False


def _members(unit: Unit, roster: Roster) -> tuple[MemberLine, ...]:
    ids = [member.account for member in roster.members]
    accounts = {account.id: account for account in unit.session.scalars(select(Account).where(Account.id.in_(ids)))}
    signed, until = undertakings.who_signed(unit), undertakings.receiving_until(unit)
    lines = []
    for member in roster.members:
        account = accounts.get(member.account)
        own = fingerprint(account.work_public, account.identity_public, account.verify_public) if account else None
        lines.append(
            MemberLine(
                name=account.display_name if account else "",
                duty=member.duty,
                fingerprint=member.fingerprint,
                signed_undertaking=member.account in signed,
                receiving_until=until.get(member.account) if member.duty is not Duty.MEMBER else None,
                keys_match=own == member.fingerprint,
                suspended=account is not None and account.state != AccountState.ACTIVE,
            )
        )
    return tuple(lines)
