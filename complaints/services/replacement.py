"""Replacing somebody by somebody else, on every case of theirs that the actor leads: a new epoch in each, in one post.

A case whose reporter excluded people in words goes to nobody new in this way: whoever assigns it reads these on its own page first.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto

from sqlalchemy import bindparam, func, select

from complaints.errors import Denied, Invalid, Refused
from complaints.models import Base
from complaints.policy import Staff
from complaints.services import accounts, candidates, case_reading, casework, handing_over, rosters
from complaints.services.keys import SessionKeys
from complaints.services.unit import Unit
from complaints.vocabulary import Duty, Event
from crypto import PrivateKey

AT_ONCE = 20
"""Cases that one post hands over at most: each is some ten milliseconds, and others wait meanwhile."""

_LINE = Base.metadata.tables["caseload"]
_OTHER = _LINE.alias("other")
_HELD_BY_BOTH = (
    select(_LINE.c.case_id, _LINE.c.reference)
    .join(_OTHER, (_OTHER.c.case_id == _LINE.c.case_id) & (_OTHER.c.account_id == bindparam("person")))
    .where(_LINE.c.account_id == bindparam("account"), _LINE.c.channel_id.in_(bindparam("channels", expanding=True)))
)
_PAGE = _HELD_BY_BOTH.where(_LINE.c.case_id > bindparam("after")).order_by(_LINE.c.case_id).limit(bindparam("size"))
_COUNT = select(func.count()).select_from(_HELD_BY_BOTH.subquery())


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody on a roster that the actor leads."""

    account: bytes
    name: str
    cases: int
    """How many cases they hold together with the actor, in channels that the actor leads."""


class Came(Enum):
    """What came of handing on one case."""

    DONE = auto()
    REFUSED = auto()
    UNREAD = auto()
    """Its reporter excluded people in words, which are to be read before somebody new gets it."""


@dataclass(frozen=True, slots=True)
class Named:
    """A case, and what people call it."""

    case: bytes
    reference: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """What one post did, in references. `after`: where to go on; empty when no case is left to look at."""

    done: tuple[str, ...]
    refused: tuple[str, ...]
    """Their newcomer may not receive these: excluded by the reporter, recused, not on the roster, or not bound by the undertaking."""
    after: bytes = b""
    unread: tuple[Named, ...] = ()
    """Nobody new gets these before whoever assigns them has read whom their reporters excluded in words."""


def colleagues(unit: Unit, actor: Staff) -> tuple[Colleague, ...]:
    """Everybody whom the actor could replace, or put in their place. From the clear side alone; empty for whoever leads no channel."""
    channels = channels_led(unit, actor)
    members = {m.account for id_ in channels for m in rosters.current(unit, id_).members} - {actor.account}
    names = case_reading.names_of(unit, members)
    return tuple(
        Colleague(account, name, count(unit, actor, account))
        for account, name in sorted(names.items(), key=lambda pair: pair[1])
    )


def count(unit: Unit, actor: Staff, person: bytes) -> int:
    """Cases of this person's that the actor leads and holds."""
    values = {"account": actor.account, "person": person, "channels": channels_led(unit, actor)}
    return unit.run(_COUNT, values).scalar() or 0


def channels_led(unit: Unit, actor: Staff) -> list[bytes]:
    """Ids of the channels on whose roster the actor leads."""
    led = []
    for channel in rosters.channels(unit):
        try:
            roster = rosters.present(unit, channel.id)
        except Refused:
            continue  # said aloud to administrators and by `complaints check`; the other channels go on
        if roster is not None and roster.is_lead(actor.account):
            led.append(channel.id)
    return led


def replace(
    unit: Unit, actor: Staff, keys: SessionKeys, identity_key: PrivateKey, person: bytes, by: bytes, after: bytes = b""
) -> Replaced:
    """Takes `person`'s keys on up to AT_ONCE cases past `after`, and gives `by` what they held. Whoever else holds a case keeps it.

    Raises Invalid: `person` "self" (one recuses oneself), "missing", `by` "same", "missing"; Refused.
    """
    _require_two(unit, actor, person, by)
    values = {"account": actor.account, "person": person, "channels": channels_led(unit, actor), "after": after}
    rows = unit.run(_PAGE, values | {"size": AT_ONCE + 1}).all()
    for row in rows[:AT_ONCE]:  # all of them before anything else is locked, in one order
        casework.take_turns(unit, row.case_id)
    accounts.hold_still(unit)
    came: dict[Came, list[Named]] = {each: [] for each in Came}
    still = {row.case_id for row in unit.run(_PAGE, values | {"size": AT_ONCE + 1})}
    for row in (row for row in rows[:AT_ONCE] if row.case_id in still):  # another lead may have been quicker
        each = hand_on(unit, actor, keys, identity_key, row.case_id, by, leaving={person})
        came[each].append(Named(row.case_id, row.reference))
    done, refused = (tuple(case.reference for case in came[each]) for each in (Came.DONE, Came.REFUSED))
    after = rows[AT_ONCE - 1].case_id if len(rows) > AT_ONCE else b""
    return Replaced(done, refused, after, tuple(came[Came.UNREAD]))


def _require_two(unit: Unit, actor: Staff, person: bytes, by: bytes) -> None:
    known = {colleague.account for colleague in colleagues(unit, actor)}
    if person == actor.account:
        raise Invalid({"person": "self"})
    if person not in known:
        raise Invalid({"person": "missing"})
    if by == person:
        raise Invalid({"by": "same"})
    if by not in known:
        raise Invalid({"by": "missing"})


def hand_on(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    identity_key: PrivateKey,
    case: bytes,
    by: bytes,
    *,
    identity: bool = False,
    again: bool = False,
    leaving: Collection[bytes] = (),
    event: Event = Event.CASE_ASSIGNED,
) -> Came:
    """Gives `by` a case beside whoever holds it, without those `leaving`; the identity if it is so said, or if one of these held it.

    Whoever may not receive this case does not, nor anybody new whom its reporter's words may mean; then the case stays as it is, and
    that is entered as well. `again`: the log's signed tree says that `by` held it until their keys were lost, so they are not new to it.
    """
    opening = casework.fetch_case(unit, actor, keys, case)
    roster = candidates.require_lead(unit, actor, opening)
    beside = candidates.excluded_beside(unit, actor, keys, opening)
    known = {c.account: c for c in candidates.of(unit, opening, roster, beside, read=again)}
    newcomer = known.get(by)
    if newcomer is None or not newcomer.can_be_assigned:
        casework.enter(unit, Event.CASE_OPENED, actor, opening, subject="assignment")
        return Came.UNREAD if newcomer is not None and newcomer.may_receive else Came.REFUSED
    staying = {
        a: c.holds_identity for a, c in known.items() if c.holds_report and c.can_be_assigned and a not in leaving
    }
    before = [newcomer, *(known[account] for account in leaving if account in known)]
    identity = identity or any(person.holds_identity for person in before)
    assigned = {a: held for a, held in staying.items() if not known[a].keeps} | {by: identity}
    if newcomer.duty is Duty.LEAD and newcomer.keeps:
        assigned.pop(by)
    try:
        begun = handing_over.hand_over(
            unit,
            actor,
            keys,
            identity_key,
            opening,
            roster,
            list(known.values()),
            assigned,
            chosen={by},
            leaving=leaving,
        )
    except Denied:
        casework.enter(unit, Event.CASE_OPENED, actor, opening, subject="assignment")
        return Came.REFUSED
    handing_over.enter(unit, event, actor, opening, begun)
    return Came.DONE
