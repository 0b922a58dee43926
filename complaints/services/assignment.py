"""Assignment: a lead chooses who investigates, and hands over the keys from their own hands.

Every assignment begins a new epoch in each compartment. Its keys are wrapped to the leads who hold the case, to the assigned, and to
the reporter; whoever is left out reads nothing that is written afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from complaints.errors import Conflict, Invalid
from complaints.policy import Staff
from complaints.services import accounts, candidates, case_state, casework, handing_over, identity_requests
from complaints.services.candidates import Candidate
from complaints.services.handing_over import HandedOver
from complaints.services.keys import SessionKeys
from complaints.services.unit import Unit
from complaints.vocabulary import CaseStatus, Event
from crypto import PrivateKey


@dataclass(frozen=True, slots=True)
class Plan:
    """What a lead chooses from. `epoch` is to come back with the choice, so that two leads cannot undo each other unseen."""

    reference: str
    epoch: int
    leads: tuple[str, ...]
    """Names of those who keep their keys whatever is chosen."""
    candidates: tuple[Candidate, ...]
    """Everybody else on the roster, a lead among them who does not hold all of it, or may not have it again as things stand."""
    asking: frozenset[bytes]
    """Accounts that ask for the identity, and wait for an answer."""
    excluded_words: str = field(repr=False)
    """Who must not see it, as the reporter wrote it: to be read before anything is chosen."""


def plan(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> Plan:
    """Who could be assigned, and who is. Raises NotFound, Denied for whoever is not a lead."""
    opening = casework.fetch_case(unit, actor, keys, case_id)
    roster = candidates.require_lead(unit, actor, opening)
    # The exclusions are part of the report: seeing them is an opening, and is entered.
    casework.enter(unit, Event.CASE_OPENED, actor, opening, subject="assignment")
    beside = candidates.excluded_beside(unit, actor, keys, opening)
    everybody = candidates.of(unit, opening, roster, beside, read=True)
    return Plan(
        reference=opening.case.reference,
        epoch=opening.report.newest,
        leads=tuple(c.name for c in everybody if c.keeps and c.can_be_assigned),
        candidates=tuple(c for c in everybody if not (c.keeps and c.can_be_assigned)),
        asking=frozenset(request.account for request in identity_requests.standing(unit, opening, actor)),
        excluded_words=candidates.exclusions_of(unit, opening).text("words"),
    )


def assign(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    identity_key: PrivateKey,
    case_id: bytes,
    assigned: Mapping[bytes, bool],
    expected_epoch: int,
) -> HandedOver:
    """Assigns accounts (True: with the identity), takes the grants of everybody else but the leads, and begins a new epoch.

    Nobody may be chosen where somebody investigates: then the case goes back to its leads.

    Raises NotFound, Denied (not a lead, or somebody who may not receive this case, the lead included), Invalid (nobody chosen, and
    nobody to take it from), Conflict (somebody assigned it meanwhile), Refused.
    """
    casework.take_turns(unit, case_id)
    accounts.hold_still(unit)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    roster = candidates.require_lead(unit, actor, opening)
    if opening.report.newest != expected_epoch:
        raise Conflict("somebody else has assigned this case meanwhile")
    beside = candidates.excluded_beside(unit, actor, keys, opening)
    known = candidates.of(unit, opening, roster, beside, read=True)
    if not assigned and not any(person.assigned and not person.keeps for person in known):
        raise Invalid({"assigned": "missing"})
    begun = handing_over.hand_over(unit, actor, keys, identity_key, opening, roster, known, assigned, chosen=assigned)
    case = opening.case
    if case.status not in {CaseStatus.MERGED, CaseStatus.CLOSED} and assigned:
        case.status = CaseStatus.INVESTIGATING
    case_state.project(unit, case)
    handing_over.enter(unit, Event.CASE_ASSIGNED, actor, opening, begun, taken_back=not assigned)
    return begun.changed
