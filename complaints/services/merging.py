"""Duplicates: a case that is looked into together with another, which leads.

Each reporter keeps their own mailbox, exclusions and days, and a right to feedback of their own; they learn nothing of the other report, and
nothing of one case is copied into the other. So a merge is a link of a kind of its own and a status: whoever holds both says it, and when the
leading case is closed, whoever closes it closes with it those of its duplicates that they hold, each with words of its own. The rest are left
as they are, and due, for those who hold them.

There are no chains: a merged case leads none, and one that leads is not merged. What a merge says is believed of the duplicate's own record
alone, for it is the duplicate that is closed by it.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from complaints.errors import Conflict, Invalid, NotFound, Refused
from complaints.policy import Action, Staff
from complaints.services import case_flow, case_links, case_state, caseload, casework, linking, messages, records
from complaints.services.casework import Opening
from complaints.services.keys import SessionKeys
from complaints.services.linking import Pair
from complaints.services.unit import Unit
from complaints.vocabulary import CaseStatus, Event, Outcome, Tie

MAY_LEAD = frozenset({CaseStatus.ACCEPTED, CaseStatus.INVESTIGATING})
"""A case that was taken on: the reporter of its duplicate reads that somebody is looking into theirs."""
AT_ONCE = 20
"""Duplicates that are closed with a case at most: each is some ten milliseconds, and others wait meanwhile. The rest stay due, and are closed one by one."""
MAY_BE_MERGED = frozenset({CaseStatus.NEW, CaseStatus.TRIAGE, CaseStatus.ACCEPTED, CaseStatus.INVESTIGATING})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody decided about a duplicate. `text` is for those who hold both cases; `told` goes to the reporter, or nothing does.

    `read`: see `linking.require_read`.
    """

    leading: bytes | None
    text: str = field(repr=False)
    told: str = field(repr=False)
    read: bytes | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A merged case that can be closed with the one that leads it. `revision` is to come back with the decision."""

    case: bytes
    reference: str
    revision: int
    language: str
    answer_by: date | None
    """See `case_flow.Plan`."""


@dataclass(frozen=True, slots=True)
class ClosingPlan:
    """What is closed with a case. `others`: how many merged cases are not the actor's, and stay as they are; `later`: how many are and stay too."""

    case: case_flow.Plan
    duplicates: tuple[Duplicate, ...]
    others: int
    later: int = 0


@dataclass(frozen=True, slots=True)
class ClosingWords:
    """What is said of one case when it is closed."""

    findings: str = field(repr=False)
    feedback: str = field(repr=False)
    revision: int


# -- Merging ---------------------------------------------------------------------------------------------------------


def merge(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, wanted: Wanted, revision: int) -> str:
    """Has the case looked into together with another; the other's reference.

    Raises NotFound; Invalid: `text`; `other` "unknown", "same", "excluded", "test", "closed", "merged", "not-taken-on", "unread", or "leads" when the
    duplicate leads one itself; Conflict (decided about meanwhile, closed, or merged already); Refused.
    """
    pair = linking.open_pair(unit, actor, keys, case_id, wanted.leading, wanted.text)
    case, leading = pair.this.case, pair.other.case
    if case.revision != revision or case.status not in MAY_BE_MERGED:
        raise Conflict("somebody else has decided about this case meanwhile")
    links = case_links.read(unit, pair.this)
    if problem := _cannot(pair, leads=bool(case_links.led_by(unit, actor, keys, case.id, links))):
        raise Invalid({"other": problem})
    linking.require_read(unit, pair, wanted.read)
    ends = [case_links.seal_end(pair.this, actor, keys, link.id) for link in links if link.tie is Tie.MERGED]
    merged = case_links.seal_link(pair.this, actor, keys, leading.id, Tie.MERGED, wanted.text)
    told = messages.seal(case.id, pair.this.report, actor.account, keys, wanted.told) if wanted.told.strip() else []
    case.status = CaseStatus.MERGED
    case_state.acknowledge(unit, case)
    _decided(unit, actor, pair.this)
    writes = records.store(unit, [*ends, merged, *told])
    casework.enter(unit, Event.CASE_MERGED, actor, pair.this, reason=Tie.MERGED, writes=writes)
    _take_in(unit, actor, keys, pair, wanted.text)
    return leading.reference


def _cannot(pair: Pair, *, leads: bool) -> str:
    """Why the one cannot be looked into with the other; empty when it can."""
    if leads:
        return "leads"
    status = CaseStatus(pair.other.case.status)
    if status in MAY_LEAD:
        return ""
    return status.value if status in {CaseStatus.CLOSED, CaseStatus.MERGED} else "not-taken-on"


def _take_in(unit: Unit, actor: Staff, keys: SessionKeys, pair: Pair, text: str) -> None:
    """The leading case's side. Its revision rises: whoever is closing it sees that there is one more to close."""
    links = case_links.read(unit, pair.other)
    duplicate = pair.this.case.id
    ends = [
        case_links.seal_end(pair.other, actor, keys, link.id)
        for link in links
        if link.other == duplicate and link.tie is Tie.LEADING
    ]
    leads = case_links.seal_link(pair.other, actor, keys, duplicate, Tie.LEADING, text)
    _decided(unit, actor, pair.other)
    writes = records.store(unit, [*ends, leads])
    casework.enter(unit, Event.CASE_MERGED, actor, pair.other, reason=Tie.LEADING, writes=writes)


def unmerge(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, revision: int) -> None:
    """Has a merged case looked into by itself again. The side of a leading case that is not the actor's stays.

    Raises NotFound, Conflict (decided about meanwhile, or not merged), Refused.
    """
    caseload.find_line(unit, actor, case_id)
    named = [one.other for one in case_links.look(unit, actor, keys, case_id) if one.tie is Tie.MERGED]
    casework.take_turns_on_all(unit, [case_id, *named])
    opening = casework.fetch_case(unit, actor, keys, case_id)
    case = opening.case
    if case.revision != revision or case.status != CaseStatus.MERGED:
        raise Conflict("somebody else has decided about this case meanwhile")
    links = [link for link in case_links.read(unit, opening) if link.tie is Tie.MERGED]
    case.status = CaseStatus.INVESTIGATING
    _decided(unit, actor, opening)
    writes = records.store(unit, [case_links.seal_end(opening, actor, keys, link.id) for link in links])
    casework.enter(unit, Event.CASE_UNMERGED, actor, opening, writes=writes)
    for leading in {link.other for link in links}:
        other = linking.fetch_other(unit, actor, keys, leading)
        if other is None:
            continue
        theirs = [link for link in case_links.read(unit, other) if link.other == case_id and link.tie is Tie.LEADING]
        other.case.revision += 1
        case_links.end_all(unit, actor, keys, other, theirs, Event.CASE_UNMERGED)


def _decided(unit: Unit, actor: Staff, opening: Opening) -> None:
    opening.case.revision += 1
    case_state.project(unit, opening.case)
    casework.touch(unit, opening.case, except_for=actor.account)


# -- Closing them with the case that leads ---------------------------------------------------------------------------


def plan_closing(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> ClosingPlan:
    """What is closed with this case. Raises NotFound, Refused. Each of the cases is opened for its reporter's language, and entered as that."""
    plan = case_flow.plan_closing(unit, actor, keys, case_id)
    led, held = _led(unit, actor, keys, case_id)
    opened = _opened(unit, actor, keys, held)
    for _duplicate, opening in opened:
        casework.enter(unit, Event.CASE_OPENED, actor, opening, subject=Action.CLOSE_CASE)
    return ClosingPlan(
        plan, tuple(one for one, _opening in opened), others=led - len(held), later=len(held) - len(opened)
    )


def _led(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> tuple[int, list[bytes]]:
    """How many merged cases this one leads, and which of them open for the actor, by their references."""
    opening = casework.fetch_case(unit, actor, keys, case_id)
    led = case_links.led_by(unit, actor, keys, case_id, case_links.read(unit, opening))
    held = case_links.held_of(unit, actor, keys, led)
    return len(led), sorted(held, key=lambda other: held[other].reference)


def _opened(unit: Unit, actor: Staff, keys: SessionKeys, held: Sequence[bytes]) -> list[tuple[Duplicate, Opening]]:
    """The first of these, without those that do not verify: such a one keeps nobody from closing the case, and its own page says so aloud."""
    found = []
    for other in held[:AT_ONCE]:
        with suppress(NotFound, Refused):
            opening = casework.fetch_case(unit, actor, keys, other)
            language = case_flow.language_of(unit, opening)
            found.append(
                (
                    Duplicate(other, opening.case.reference, opening.case.revision, language, opening.case.answer_by),
                    opening,
                )
            )
    return found


def close(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    case_id: bytes,
    outcome: Outcome,
    words: ClosingWords,
    together: Mapping[bytes, ClosingWords],
) -> None:
    """Closes a case and, with the same outcome, those of its duplicates that the actor holds, AT_ONCE at most: all of them or none.

    Raises NotFound, Invalid; Conflict when somebody has decided about any of them meanwhile, or `together` is not what `plan_closing` has.
    """
    casework.take_turns_on_all(unit, [case_id, *together])
    _count, held = _led(unit, actor, keys, case_id)
    if together.keys() != {one.case for one, _opening in _opened(unit, actor, keys, held)}:
        raise Conflict("its duplicates are others by now")
    case_flow.close(
        *(unit, actor, keys, case_id, outcome),
        findings=words.findings,
        feedback=words.feedback,
        revision=words.revision,
    )
    for other, theirs in sorted(together.items()):
        case_flow.close(
            *(unit, actor, keys, other, outcome),
            findings=theirs.findings,
            feedback=theirs.feedback,
            revision=theirs.revision,
        )
