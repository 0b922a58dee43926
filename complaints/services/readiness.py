"""What an installation still lacks before it can receive a report, and what is unwise to go without."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from complaints.errors import Refused
from complaints.models import Account
from complaints.services import (
    accounts,
    invitations,
    organisation,
    processors,
    rehearsals,
    rosters,
    routing,
    undertakings,
)
from complaints.services.processors import Processor
from complaints.services.rehearsals import Standing
from complaints.services.rosters import KnownChannel
from complaints.services.unit import Unit
from complaints.vocabulary import AccountState, Duty, Role


class Fallback(StrEnum):
    """Where reports of a channel go whose reporter excludes all its leads, and what is missing there."""

    STANDS = "stands"
    NONE = "none"
    SILENT = "silent"
    """It receives nothing itself."""
    SAME_LEADS = "same-leads"
    """Whoever leads it leads this channel as well."""


@dataclass(frozen=True, slots=True)
class ChannelReadiness:
    """`lead`: somebody leads it by a roster that verifies. `receives`: and may hold keys.

    `rehearsal`: how it stands with its test reports; None when the mark of one was changed past the system.
    """

    id: bytes
    name_th: str
    name_en: str
    verifies: bool
    lead: bool
    receives: bool
    fallback: Fallback
    rehearsal: Standing | None

    @property
    def rehearsed(self) -> bool:
        """A lead has opened a test report whole."""
        return self.rehearsal is not None and self.rehearsal.opened is not None


@dataclass(frozen=True, slots=True)
class Readiness:
    """Where the set-up has got to. `receives`: a report sent now would reach somebody who can open it."""

    notice: bool
    undertaking: bool
    second_administrator: bool
    investigator: bool
    auditor: bool
    custodian: bool
    """Without one no printed recovery code is good for anything."""
    invited: frozenset[Role]
    """Roles that somebody has by an invitation that waits."""
    channels: tuple[ChannelReadiness, ...]
    receives: bool
    processors: tuple[Processor, ...] | None
    """Who works for the operator now; None when the register was changed past the system."""

    @property
    def complete(self) -> bool:
        always = (self.notice, self.undertaking, self.second_administrator, self.investigator, self.auditor)
        stands = [c.receives and c.fallback is Fallback.STANDS and c.rehearsed for c in self.channels]
        return all(always) and self.custodian and bool(stands) and all(stands) and not self.processors_lacking

    @property
    def processors_lacking(self) -> bool:
        """Whether somebody works for the operator without an undertaking, or nobody knows."""
        return self.processors is None or any(one.lacks_undertaking for one in self.processors)


def examine(unit: Unit) -> Readiness:
    """From what stands now."""
    active = [
        accounts.roles_of(account)
        for account in unit.session.scalars(select(Account).where(Account.state == AccountState.ACTIVE))
    ]
    offered = {offer.id for offer in routing.channels_offered(unit)}
    return Readiness(
        notice=organisation.notice(unit) is not None,
        undertaking=undertakings.newest(unit) is not None,
        second_administrator=sum(Role.ADMINISTRATOR in roles for roles in active) > 1,
        investigator=any(Role.INVESTIGATOR in roles for roles in active),
        auditor=any(Role.AUDITOR in roles for roles in active),
        custodian=any(Role.CUSTODIAN in roles for roles in active),
        invited=frozenset(role for line in invitations.list_waiting(unit) for role in line.roles),
        channels=tuple(_channel(unit, channel, offered) for channel in rosters.channels(unit)),
        receives=bool(offered),
        processors=_processors(unit),
    )


def _processors(unit: Unit) -> tuple[Processor, ...] | None:
    try:
        return tuple(processors.current(unit))
    except Refused:
        return None


def _channel(unit: Unit, channel: KnownChannel, offered: set[bytes]) -> ChannelReadiness:
    leads, verifies = _leads(unit, channel.id)
    return ChannelReadiness(
        id=channel.id,
        name_th=channel.name_th,
        name_en=channel.name_en,
        verifies=verifies,
        lead=bool(leads),
        receives=channel.id in offered,
        fallback=_fallback(unit, channel, leads, offered),
        rehearsal=_rehearsal(unit, channel.id),
    )


def _fallback(unit: Unit, channel: KnownChannel, leads: frozenset[bytes], offered: set[bytes]) -> Fallback:
    if channel.fallback_id is None:
        return Fallback.NONE
    if channel.fallback_id not in offered:
        return Fallback.SILENT
    elsewhere, _ = _leads(unit, channel.fallback_id)
    return Fallback.STANDS if elsewhere - leads else Fallback.SAME_LEADS


def _rehearsal(unit: Unit, channel: bytes) -> Standing | None:
    try:
        return rehearsals.standing(unit, channel)
    except Refused:
        return None


def _leads(unit: Unit, channel: bytes) -> tuple[frozenset[bytes], bool]:
    try:
        roster = rosters.present(unit, channel)
    except Refused:
        return frozenset(), False
    members = roster.members if roster else ()
    return frozenset(member.account for member in members if member.duty is Duty.LEAD), True
