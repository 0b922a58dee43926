"""The flow of a case: taken on and assessed, closed with its reasons, taken up again.

Whoever holds the case decides. Each decision names the revision that it was made on: one made on an older state of the case is refused,
and its maker is shown what has changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from complaints.errors import Conflict, Invalid
from complaints.models import Case, new_id
from complaints.policy import Action, Staff
from complaints.services import case_state, caseload, casework, records, rosters, tasks
from complaints.services.casework import Opening
from complaints.services.keyrings import Keyring
from complaints.services.keys import SessionKeys
from complaints.services.records import OpenedRecord
from complaints.services.unit import Unit
from complaints.vocabulary import CaseStatus, CompartmentName, Event, Outcome, Priority, RecordKind, ReportField, Risk

LIMIT = 10_000
"""Characters, of findings, of feedback and of a reason."""

NEXT_STATUSES: dict[CaseStatus, tuple[CaseStatus, ...]] = {
    CaseStatus.NEW: (CaseStatus.TRIAGE, CaseStatus.ACCEPTED, CaseStatus.INVESTIGATING),
    CaseStatus.TRIAGE: (CaseStatus.TRIAGE, CaseStatus.ACCEPTED, CaseStatus.INVESTIGATING),
    CaseStatus.ACCEPTED: (CaseStatus.ACCEPTED, CaseStatus.INVESTIGATING),
    CaseStatus.INVESTIGATING: (CaseStatus.INVESTIGATING,),
    CaseStatus.MERGED: (CaseStatus.MERGED,),
    CaseStatus.CLOSED: (CaseStatus.CLOSED,),
}
"""What can be chosen without closing, reopening or merging: a case only moves on, for its reporter was told."""


@dataclass(frozen=True, slots=True)
class Handling:
    """What staff decide about a case in passing."""

    status: CaseStatus
    priority: Priority
    risk: Risk


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody needs to know who closes a case or takes it up again. `revision` is to come back with the decision."""

    reference: str
    revision: int
    closed: bool
    language: str = ""
    """The one in which the reporter writes."""
    answer_by: date | None = None
    """By when a request of theirs is to be decided: closing decides none."""
    tasks: int = 0
    """How many are still to be done: closing does none."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A case was closed, or taken up again. `told` is what the reporter read; `text` the findings, or the reason."""

    day: date
    author_name: str
    outcome: Outcome | None
    """None: it was taken up again."""
    text: str = field(repr=False)
    told: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What came of a case, as its reporter reads it."""

    day: date
    outcome: Outcome
    text: str = field(repr=False)


def handle(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, wanted: Handling, revision: int) -> bool:
    """Sets status, priority and risk; whether anything changed. Raises NotFound, Invalid (a status that cannot be next), Conflict."""
    opening = _fetch(unit, actor, keys, case_id, revision)
    case = opening.case
    if wanted.status not in NEXT_STATUSES[CaseStatus(case.status)]:
        raise Invalid({"status": "not-next"})
    if Handling(CaseStatus(case.status), Priority(case.priority), Risk(case.risk)) == wanted:
        return False
    taken_on = wanted.status != case.status and wanted.status in {CaseStatus.ACCEPTED, CaseStatus.INVESTIGATING}
    case.status, case.priority, case.risk = wanted.status, wanted.priority, wanted.risk
    if taken_on:
        case_state.acknowledge(unit, case)
    _decided(unit, actor, opening)
    casework.enter(unit, Event.CASE_HANDLED, actor, opening)
    return True


def plan_closing(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> Plan:
    """Raises NotFound, Refused. Looks into the report for its language, so it is entered as an opening."""
    opening = casework.fetch_case(unit, actor, keys, case_id)
    case, language = opening.case, language_of(unit, opening)
    casework.enter(unit, Event.CASE_OPENED, actor, opening, subject=Action.CLOSE_CASE)
    closed, left = case.status == CaseStatus.CLOSED, tasks.left_in(unit, case_id)
    return Plan(case.reference, case.revision, closed, language, case.answer_by, left)


def language_of(unit: Unit, opening: Opening) -> str:
    """The one in which the reporter writes; looks into the report for it. Raises Refused."""
    rows = records.rows_of(unit, opening.case.id, CompartmentName.REPORT, [RecordKind.REPORT])
    sealed = records.sealed_fields(unit, rows)
    opened = [records.open_record(unit, opening.case, opening.report, row, sealed[row.id]) for row in rows[:1]]
    return opened[0].text(ReportField.LANGUAGE) if opened else ""


def plan_reopening(unit: Unit, actor: Staff, case_id: bytes) -> Plan:
    """From the clear side alone: opens nothing. Raises NotFound."""
    line = caseload.find_line(unit, actor, case_id)
    revision = unit.session.get_one(Case, case_id).revision
    return Plan(line.reference, revision, line.status is CaseStatus.CLOSED)


def close(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    case_id: bytes,
    outcome: Outcome,
    *,
    findings: str,
    feedback: str,
    revision: int,
) -> None:
    """Closes the case: findings for those who hold it, feedback for the reporter, both sealed. Raises NotFound, Invalid, Conflict."""
    _require_texts({"findings": findings, "feedback": feedback})
    opening = _fetch(unit, actor, keys, case_id, revision)
    case = opening.case
    if case.status == CaseStatus.CLOSED:
        raise Conflict("the case is closed already")
    told = _seal(opening.report, RecordKind.FEEDBACK, actor, keys, case.id, feedback, outcome=outcome.encode())
    found = _seal(
        opening.internal,
        RecordKind.FINDINGS,
        actor,
        keys,
        case.id,
        findings,
        outcome=outcome.encode(),
        feedback=told.id,
    )
    case.status, case.outcome, case.closed = CaseStatus.CLOSED, outcome, unit.today
    case.feedback_given = unit.today
    case.acknowledged = case.acknowledged or unit.today
    _decided(unit, actor, opening)
    writes = records.store(unit, [told, found])
    casework.enter(unit, Event.CASE_CLOSED, actor, opening, reason=outcome, writes=writes)


def reopen(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, text: str, *, revision: int) -> None:
    """Takes a closed case up again, with a reason that those who hold it read. Feedback is due anew.

    Raises NotFound, Invalid, Conflict (also when it is not closed).
    """
    _require_texts({"text": text})
    opening = _fetch(unit, actor, keys, case_id, revision)
    case = opening.case
    if case.status != CaseStatus.CLOSED:
        raise Conflict("the case is not closed")
    reason = _seal(opening.internal, RecordKind.REOPENING, actor, keys, case.id, text)
    case.status, case.outcome, case.closed = CaseStatus.INVESTIGATING, None, None
    case.feedback_given = None
    case.feedback_by = unit.today + timedelta(days=rosters.channels_by_id(unit)[case.channel_id].feedback_days)
    _decided(unit, actor, opening)
    casework.enter(unit, Event.CASE_REOPENED, actor, opening, writes=records.store(unit, [reason]))


def turns(opened: Sequence[OpenedRecord], names: Mapping[bytes, str]) -> tuple[Turn, ...]:
    """When the case was closed and taken up again, in that order, from the records of both compartments."""
    told = {record.id: record.text("text") for record in opened if record.kind is RecordKind.FEEDBACK}
    return tuple(
        Turn(
            day=record.made,
            author_name=names.get(record.author, ""),
            outcome=Outcome(record.text("outcome")) if record.kind is RecordKind.FINDINGS else None,
            text=record.text("text"),
            told=told.get(record.fields.get("feedback", b""), ""),
        )
        for record in opened
        if record.kind in {RecordKind.FINDINGS, RecordKind.REOPENING}
    )


def feedback_of(opened: Sequence[OpenedRecord]) -> tuple[Feedback, ...]:
    """What the reporter was told came of it, each time the case was closed."""
    return tuple(
        Feedback(record.made, Outcome(record.text("outcome")), record.text("text"))
        for record in opened
        if record.kind is RecordKind.FEEDBACK
    )


def _fetch(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, revision: int) -> Opening:
    casework.take_turns(unit, case_id)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    if opening.case.revision != revision:
        raise Conflict("somebody else has decided about this case meanwhile")
    return opening


def _decided(unit: Unit, actor: Staff, opening: Opening) -> None:
    opening.case.revision += 1
    case_state.project(unit, opening.case)
    casework.touch(unit, opening.case, except_for=actor.account)


def _require_texts(texts: Mapping[str, str]) -> None:
    problems = {name: "missing" for name, text in texts.items() if not text.strip()}
    problems |= {name: "too-long" for name, text in texts.items() if len(text) > LIMIT}
    if problems:
        raise Invalid(problems)


def _seal(
    keyring: Keyring, kind: RecordKind, actor: Staff, keys: SessionKeys, case: bytes, text: str, **fields: bytes
) -> records.SealedRecord:
    return records.seal(
        case,
        new_id(),
        kind,
        {"text": text.encode(), **fields},
        epoch=keyring.newest,
        key=keyring.key,
        author=actor.account,
        signing=keys.signing,
    )
