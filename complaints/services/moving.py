"""Moving a case to another channel: its new leads get the keys from an old lead's hands, and everybody else loses theirs.

The move is an act that a lead of the channel signs, and names both channels; readers follow these acts from the channel of the intake to the
one in the case's row, so that nobody moves a case by writing to the database. The reporter's exclusions hold there as well, and they are told.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from complaints.errors import Conflict, Denied, Invalid
from complaints.policy import Staff
from complaints.services import (
    accounts,
    acts,
    candidates,
    case_reading,
    case_state,
    casework,
    handing_over,
    messages,
    records,
    rosters,
)
from complaints.services.candidates import Candidate
from complaints.services.casework import Opening
from complaints.services.handing_over import Reader
from complaints.services.keys import SessionKeys
from complaints.services.rosters import KnownChannel, Roster
from complaints.services.unit import Unit
from complaints.vocabulary import CaseStatus, Duty, Event, RecordKind, ReportField
from crypto import PrivateKey

_BEFORE = frozenset({CaseStatus.NEW, CaseStatus.TRIAGE})


@dataclass(frozen=True, slots=True)
class Destination:
    """A channel that the case could go to. `receivers`: who would hold it; without a lead among them it cannot go there."""

    channel: KnownChannel
    receivers: tuple[str, ...]
    possible: bool


@dataclass(frozen=True, slots=True)
class Plan:
    reference: str
    revision: int
    """To come back with the choice."""
    closed: bool
    language: str
    """The one in which the reporter writes."""
    destinations: tuple[Destination, ...]
    excluded_words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Move:
    """What a lead decided. `reason` is for those who receive the case; `told` is sent to the reporter."""

    target: bytes
    reason: str = field(repr=False)
    told: str = field(repr=False)


def plan(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> Plan:
    """Where a case could go. Raises NotFound, Denied for whoever is not a lead, and for a test report. Looks into the report, so it is entered as an opening."""
    opening = casework.fetch_case(unit, actor, keys, case_id)
    _require_movable(unit, actor, opening)
    case = opening.case
    opened, _problems = records.open_all(unit, case, opening.report)
    casework.enter(unit, Event.CASE_OPENED, actor, opening, subject="moving")
    language = next((r.text(ReportField.LANGUAGE) for r in opened if r.kind is RecordKind.REPORT), "")
    words = next((r.text("words") for r in opened if r.kind is RecordKind.EXCLUSIONS), "")
    others = [channel for channel in rosters.channels(unit) if channel.id != case.channel_id]
    beside = candidates.excluded_beside(unit, actor, keys, opening)
    found = tuple(_destination(unit, opening, channel, beside) for channel in others if rosters.chain(unit, channel.id))
    return Plan(case.reference, case.revision, case.status == CaseStatus.CLOSED, language, found, words)


def _destination(unit: Unit, opening: Opening, channel: KnownChannel, beside: Collection[bytes]) -> Destination:
    receivers = _receivers(unit, opening, rosters.current(unit, channel.id), beside)
    possible = any(person.duty is Duty.LEAD for person in receivers)
    return Destination(channel, tuple(sorted(person.name for person in receivers)), possible)


def _receivers(unit: Unit, opening: Opening, roster: Roster, beside: Collection[bytes]) -> Sequence[Candidate]:
    """Those who receive the channel's reports, but for whom the reporter excluded, who left this case, or who may not."""
    known = candidates.of(unit, opening, roster, beside, read=True)
    return [person for person in known if person.duty is not Duty.MEMBER and person.can_be_assigned]


def move(
    unit: Unit, actor: Staff, keys: SessionKeys, identity_key: PrivateKey, case_id: bytes, wanted: Move, revision: int
) -> KnownChannel:
    """Moves it; where to. The actor's own keys go too, unless they receive reports there.

    Raises NotFound; Denied (not a lead, a test report, no key to the identity, nobody there who may lead it); Invalid: `target`, `reason`, `told`; Conflict (decided
    about meanwhile, or closed); Refused.
    """
    casework.take_turns(unit, case_id)
    accounts.hold_still(unit)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    case = opening.case
    roster = _require_movable(unit, actor, opening)
    if case.revision != revision or case.status == CaseStatus.CLOSED:
        raise Conflict("somebody else has decided about this case meanwhile")
    channel = rosters.channels_by_id(unit).get(wanted.target)
    if channel is None or wanted.target == case.channel_id or not rosters.chain(unit, wanted.target):
        raise Invalid({"target": "unknown"})
    there = rosters.current(unit, wanted.target)
    beside = candidates.excluded_beside(unit, actor, keys, opening)
    receivers = {person.account: person for person in _receivers(unit, opening, there, beside)}
    if not any(person.duty is Duty.LEAD for person in receivers.values()):
        raise Denied("nobody in that channel may lead this case")
    before = [holder.account for holder in case_reading.holders(unit, case)]
    written = _write(unit, opening, actor, keys, wanted)
    identity = handing_over.open_identity(unit, actor, identity_key, opening)
    readers = [
        Reader(member, identity=identity is not None and member.duty is Duty.LEAD, chosen=False)
        for member in there.members
        if member.account in receivers
    ]
    act, writes = handing_over.begin_epochs(unit, actor, keys, opening, identity, roster, readers, there)
    _settle(unit, opening, channel)
    handing_over.project(unit, case, readers)
    casework.touch(unit, case)
    fields = {"subject": handing_over.said_to_hold(readers), "act": act.id.hex(), "digest": act.digest}
    fields |= {"writes": "\n".join(filter(None, (written, writes)))}
    left = handing_over.said_to_leave(before, readers)
    casework.enter(unit, Event.CASE_MOVED, actor, opening, **fields, **({"reason": left} if left else {}))
    return channel


def _require_movable(unit: Unit, actor: Staff, opening: Opening) -> Roster:
    """The roster of the case's channel. A test report tries that channel's leads: what others open of it says nothing of them."""
    roster = candidates.require_lead(unit, actor, opening)
    if acts.is_rehearsal(unit, opening.case):
        raise Denied("a test report stays in its channel")
    return roster


def _write(unit: Unit, opening: Opening, actor: Staff, keys: SessionKeys, wanted: Move) -> str:
    """The reason and the message, under the keys that there are: whoever gets the next reads them too."""
    problems = {name: "missing" for name in ("reason", "told") if not getattr(wanted, name).strip()}
    if problems:
        raise Invalid(problems)
    case = opening.case.id
    reason = casework.seal_text(case, RecordKind.MOVING, opening.internal, actor.account, keys, wanted.reason)
    told = messages.seal(case, opening.report, actor.account, keys, wanted.told)
    return records.store(unit, [reason, *told])


def _settle(unit: Unit, opening: Opening, channel: KnownChannel) -> None:
    """The case is where it goes: it waits there to be looked at, under that channel's deadlines, counted from the day on which it was received."""
    case = opening.case
    case.channel_id = channel.id
    case.status = CaseStatus.TRIAGE if case.status in _BEFORE else CaseStatus.ACCEPTED
    if case.acknowledged is None:
        case.acknowledge_by = case.received + timedelta(days=channel.acknowledge_days)
    if case.feedback_given is None:
        case.feedback_by = case.received + timedelta(days=channel.feedback_days)
    case_state.acknowledge(unit, case)
    case.revision += 1
    case.activity = unit.today
