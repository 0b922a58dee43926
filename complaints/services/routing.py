"""Who receives a report: those on the channel's roster who may, without whom the reporter excludes, or the fallback's in their place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from complaints.errors import Invalid, NoRecipient, Refused
from complaints.models import Base
from complaints.services import rosters, undertakings, vouching
from complaints.services.report_draft import ReportDraft
from complaints.services.rosters import KnownChannel, Member, Roster
from complaints.services.unit import AnyRow, Unit
from complaints.vocabulary import AccountState, Duty, Role

_ACCOUNT = Base.metadata.tables["account"]
_ACTIVE = select(*(_ACCOUNT.c[name] for name in (*vouching.ACCOUNT_FACTS, "vouched"))).where(
    _ACCOUNT.c.state == AccountState.ACTIVE.value
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who would receive a report, as the reporter is shown them."""

    account: bytes
    display_name: str
    duty: Duty


@dataclass(frozen=True, slots=True)
class ChannelOffer:
    """A channel that can receive now."""

    id: bytes
    code: str
    name_th: str
    name_en: str
    recipients: tuple[Recipient, ...]
    members: tuple[Recipient, ...]
    """Those who receive nothing until a lead assigns a case to them: a reporter can exclude them as well."""
    fallback: bytes | None = None
    """Where it goes when every lead is excluded."""


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who receives after exclusions. `leads` get the identity as well."""

    channel: bytes
    name_th: str
    name_en: str
    leads: tuple[Recipient, ...]
    triage: tuple[Recipient, ...]
    is_fallback: bool
    roster: bytes
    """Hash of the roster that says so."""


def channels_offered(unit: Unit) -> Iterator[ChannelOffer]:
    """The channels that can receive, in their order. Each is looked at when it is asked for: whoever needs the first pays for one."""
    return (offer for channel in rosters.channels(unit) if (offer := _offer(unit, channel)))


def offered(unit: Unit, channel: bytes) -> ChannelOffer | None:
    """The channel as a reporter is offered it; None for one that cannot receive now, or is not there."""
    known = rosters.channels_by_id(unit).get(channel)
    return _offer(unit, known) if known else None


def _offer(unit: Unit, channel: KnownChannel) -> ChannelOffer | None:
    """None unless its roster verifies, and a lead on it may receive."""
    try:
        roster = rosters.current(unit, channel.id)
    except Refused:
        return None  # said aloud to administrators and by `complaints check`; a reporter is offered what works
    ready = ready_accounts(unit)
    recipients = _recipients(roster, ready, frozenset())
    if not any(recipient.duty is Duty.LEAD for recipient in recipients):
        return None
    members = tuple(
        Recipient(member.account, ready[member.account].display_name, member.duty)
        for member in roster.members
        if member.duty is Duty.MEMBER and is_ready(member, ready)
    )
    return ChannelOffer(
        channel.id, channel.code, channel.name_th, channel.name_en, recipients, members, channel.fallback_id
    )


def recipients_after(unit: Unit, draft: ReportDraft) -> Recipients:
    """Who would receive this draft: in its channel, or in the fallback when exclusions leave no lead.

    Raises Invalid for a channel that is not there, NoRecipient, Refused.
    """
    return route(unit, draft)[0]


def route(unit: Unit, draft: ReportDraft) -> tuple[Recipients, Roster]:
    """As `recipients_after`, with the roster that says so."""
    channels = rosters.channels_by_id(unit)
    channel = channels.get(draft.channel)
    if channel is None:
        raise Invalid({"channel": "unknown"})
    ready = ready_accounts(unit)
    candidates = [(channel, False)]
    if channel.fallback_id is not None:
        candidates.append((channels[channel.fallback_id], True))
    for candidate, is_fallback in candidates:
        roster = rosters.current(unit, candidate.id)
        people = _recipients(roster, ready, draft.excluded)
        leads = tuple(person for person in people if person.duty is Duty.LEAD)
        if leads:
            triage = tuple(person for person in people if person.duty is Duty.TRIAGE)
            return (
                Recipients(candidate.id, candidate.name_th, candidate.name_en, leads, triage, is_fallback, roster.hash),
                roster,
            )
    raise NoRecipient("nobody is left who may receive this report")


def ready_accounts(unit: Unit) -> dict[bytes, AnyRow]:
    """Accounts that may receive: active, investigators, and bound by the undertaking, or by the one before for some days yet.

    By id, with what the server vouches for.
    """
    return unit.once("ready accounts", lambda: _find_ready_accounts(unit))


def _find_ready_accounts(unit: Unit) -> dict[bytes, AnyRow]:
    signed = undertakings.who_signed(unit) | undertakings.receiving_until(unit).keys()
    ready = {}
    for row in unit.run(_ACTIVE):
        # A reporter excludes people by their names, and a key that was swapped would look like an undertaking not signed.
        vouching.require(vouching.for_account(unit.secrets, row), row.vouched, "an account")
        if row.id in signed and Role.INVESTIGATOR in row.roles.split():
            ready[row.id] = row
    return ready


def _recipients(roster: Roster, ready: Mapping[bytes, AnyRow], excluded: frozenset[bytes]) -> tuple[Recipient, ...]:
    return tuple(
        Recipient(member.account, ready[member.account].display_name, member.duty)
        for member in roster.members
        if member.duty is not Duty.MEMBER and is_ready(member, ready) and member.account not in excluded
    )


def is_ready(member: Member, ready: Mapping[bytes, AnyRow]) -> bool:
    """Whose keys on the roster are not those of the account, which has new ones, could open nothing that is wrapped to them."""
    account = ready.get(member.account)
    return account is not None and rosters.member_of(account, member.duty) == member
