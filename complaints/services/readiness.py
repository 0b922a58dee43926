"""What an installation still lacks before it can receive a report, and what is unwise to go without."""

from dataclasses import dataclass

from sqlalchemy import select

from complaints.errors import Refused
from complaints.models import Account
from complaints.services import accounts, organisation, processors, rehearsals, rosters, routing
from complaints.services.processors import Processor
from complaints.services.rehearsals import Standing
from complaints.services.rosters import KnownChannel
from complaints.services.unit import Unit
from complaints.vocabulary import AccountState, Duty, Role


@dataclass(frozen=True, slots=True)
class ChannelReadiness:
    """`lead`: somebody leads it by a roster that verifies. `receives`: and may hold keys. `fallback`: to leads of its own.

    `rehearsal`: how it stands with its test reports; None when the mark of one was changed past the system.
    """

    id: bytes
    name_th: str
    name_en: str
    verifies: bool
    lead: bool
    receives: bool
    fallback: bool
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
    channels: tuple[ChannelReadiness, ...]
    receives: bool
    processors: tuple[Processor, ...] | None
    """Who works for the operator now; None when the register was changed past the system."""

    @property
    def complete(self) -> bool:
        always = (self.notice, self.undertaking, self.second_administrator, self.investigator, self.auditor)
        channels = bool(self.channels) and all(c.receives and c.fallback and c.rehearsed for c in self.channels)
        return all(always) and channels and not self.processors_lacking

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
        undertaking=rosters.newest_undertaking(unit) is not None,
        second_administrator=sum(Role.ADMINISTRATOR in roles for roles in active) > 1,
        investigator=any(Role.INVESTIGATOR in roles for roles in active),
        auditor=any(Role.AUDITOR in roles for roles in active),
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
    elsewhere, _ = _leads(unit, channel.fallback_id) if channel.fallback_id else (frozenset(), True)
    return ChannelReadiness(
        id=channel.id,
        name_th=channel.name_th,
        name_en=channel.name_en,
        verifies=verifies,
        lead=bool(leads),
        receives=channel.id in offered,
        fallback=bool(elsewhere - leads) and channel.fallback_id in offered,
        rehearsal=_rehearsal(unit, channel.id),
    )


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
