"""Who has looked: every opening of a reporter's identity, and of a file as they sent it, that the access log knows, each with a proof that
needs no database.

A proof shows the event, the day, the role, the number by which the reporter knows the person, the case and the reason's kind; name,
time and all else of the entry stay hidden. It proves that what is listed is in the log. That nothing is missing from the list it
cannot prove: that rests on an auditor's verification of the whole log.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from complaints.errors import NotFound, Refused
from complaints.policy import Reporter
from complaints.services import log_reading, own_case
from complaints.services.access_log import AccessLog
from complaints.services.keys import SessionKeys
from complaints.services.log_proofs import prove_entry, verify_proof
from complaints.services.unit import Unit
from complaints.vocabulary import Event, OpeningReason, Role

SHOWN = ("event", "day", "role", "pseudonym", "case", "reason")
"""The fields that a reporter sees of an entry, and that its proof discloses."""

_PROVED = {Event.IDENTITY_OPENED, Event.ORIGINAL_OPENED, Event.REPORT_TAKEN_DOWN}

LISTED = 200
"""Openings that a page lists, the newest first. A case with more is beyond anything that was meant to happen."""


@dataclass(frozen=True, slots=True)
class ProvenOpening:
    """One opening, as its proof shows it. The proof was verified when this was made."""

    position: int
    day: date
    roles: tuple[Role, ...]
    pseudonym: int
    reason: OpeningReason | None
    """None for the entry of whoever took the report down: they were told, and opened nothing."""
    proof: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Openings:
    """What the log says. `size`: how many entries it had under the checkpoint by which each opening is proved."""

    openings: tuple[ProvenOpening, ...]
    originals: tuple[ProvenOpening, ...]
    """Openings of files as they were sent. They are sealed where the identity is, and may tell who made them."""
    taken_down: tuple[ProvenOpening, ...]
    """The entry of whoever took the report down, where staff did."""
    more: bool
    more_originals: bool
    case: str
    size: int
    verifier_key: str

    @property
    def all(self) -> tuple[ProvenOpening, ...]:
        """Everything that has a proof."""
        return (*self.openings, *self.originals, *self.taken_down)


def list_openings(unit: Unit, log: AccessLog, reporter: Reporter, keys: SessionKeys) -> Openings:
    """Every opening of this reporter's identity and files, the newest first, each proved. Raises NotFound, Refused for one that is not."""
    own_case.fetch(unit, reporter, keys)  # the session's own word is not enough: its key must open the case
    case = reporter.case.hex()
    page = log_reading.page(unit.session, event=Event.IDENTITY_OPENED, case=case, size=LISTED)
    files = log_reading.page(unit.session, event=Event.ORIGINAL_OPENED, case=case, size=LISTED)
    told = log_reading.page(unit.session, event=Event.REPORT_TAKEN_DOWN, case=case, size=1)
    latest = log.latest(unit.session)
    unit.enter_later(Event.MAILBOX_OPENED, role="reporter", case=case, subject="openings")
    return Openings(
        openings=tuple(_prove(unit, log, reporter, line.position) for line in page.lines),
        originals=tuple(_prove(unit, log, reporter, line.position) for line in files.lines),
        taken_down=tuple(_prove(unit, log, reporter, line.position) for line in told.lines),
        more=page.older is not None,
        more_originals=files.older is not None,
        case=case,
        size=latest.size if latest is not None else 0,
        verifier_key=log.verifier_key,
    )


def prove_opening(unit: Unit, log: AccessLog, reporter: Reporter, keys: SessionKeys, position: int) -> ProvenOpening:
    """One of them alone. Raises NotFound for an entry that is no opening of this reporter's identity or files."""
    own_case.fetch(unit, reporter, keys)
    unit.enter_later(Event.MAILBOX_OPENED, role="reporter", case=reporter.case.hex(), subject="openings")
    return _prove(unit, log, reporter, position)


def _prove(unit: Unit, log: AccessLog, reporter: Reporter, position: int) -> ProvenOpening:
    proof = prove_entry(unit.session, log, position, SHOWN)
    shown = verify_proof(proof, log.verifier_key).fields
    event = shown.get("event")
    if event not in _PROVED or shown.get("case") != reporter.case.hex():
        raise NotFound
    try:
        return ProvenOpening(
            position=position,
            day=date.fromisoformat(shown["day"]),
            roles=tuple(Role(role) for role in shown["role"].split()),
            pseudonym=int(shown["pseudonym"]),
            reason=OpeningReason(shown["reason"]) if event != Event.REPORT_TAKEN_DOWN else None,
            proof=proof,
        )
    except (LookupError, ValueError) as error:
        raise Refused("an opening in the access log that is not as openings are entered") from error
