"""What a reporter asks about their data, and how it was decided (policy 6.2). Both sealed in `report`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from complaints.errors import Conflict, Invalid, NotFound
from complaints.models import new_id
from complaints.policy import Reporter, Staff
from complaints.services import case_state, casework, own_case, records, tasks
from complaints.services.keys import SessionKeys
from complaints.services.records import OpenedRecord
from complaints.services.unit import Unit
from complaints.vocabulary import DataDecision, DataRequest, Event, RecordKind

LIMIT = 2_000
"""Characters, of what is asked and of the answer's reason."""

ANSWERED_WITHIN = timedelta(days=30)
"""What the law gives for a request to see one's data (PDPA s. 30); we promise the same for every request."""


@dataclass(frozen=True, slots=True)
class DecisionLine:
    outcome: DataDecision
    day: date
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done about what was accepted, and by when: a task of whoever accepts."""

    text: str = field(repr=False)
    due: date | None


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request, with its decision once there is one."""

    id: bytes
    kind: DataRequest
    day: date
    text: str = field(repr=False)
    decision: DecisionLine | None

    @property
    def answer_by(self) -> date:
        return self.day + ANSWERED_WITHIN


def lines_of(opened: Sequence[OpenedRecord]) -> tuple[RequestLine, ...]:
    """The requests among a case's records, in the order they were made. The first decision of each counts."""
    decisions: dict[bytes, DecisionLine] = {}
    for record in _of_kind(opened, RecordKind.DATA_DECISION):
        decision = DecisionLine(DataDecision(record.text("outcome")), record.made, record.text("text"))
        decisions.setdefault(record.fields["request"], decision)
    return tuple(
        RequestLine(r.id, DataRequest(r.text("kind")), r.made, r.text("text"), decisions.get(r.id))
        for r in _of_kind(opened, RecordKind.DATA_REQUEST)
    )


def consent_ended(lines: Iterable[RequestLine]) -> date | None:
    """The day on which the reporter took back their consent to the use of sensitive matters. It needs nobody's yes: from then on it is no ground."""
    return min((line.day for line in lines if line.kind is DataRequest.CONSENT), default=None)


def ask(unit: Unit, reporter: Reporter, keys: SessionKeys, kind: DataRequest, text: str) -> None:
    """Asks whoever holds the case, for whom it is due within ANSWERED_WITHIN. Raises NotFound, Invalid (too-long), Conflict while the same is undecided."""
    if len(text) > LIMIT:
        raise Invalid({"text": "too-long"})
    casework.take_turns(unit, reporter.case)
    case, keyring = own_case.fetch(unit, reporter, keys)
    opened, _problems = records.open_all(unit, case, keyring)
    lines = lines_of(opened)
    if any(line.kind is kind and line.decision is None for line in lines):
        raise Conflict("the same was asked already, and is not decided yet")
    sealed = records.seal(
        case.id,
        new_id(),
        RecordKind.DATA_REQUEST,
        {"kind": kind.encode(), "text": text.strip().encode()},
        epoch=keyring.newest,
        key=keyring.key,
        author=case.id,
        signing=keys.signing,
    )
    writes = records.store(unit, [sealed])
    last = unit.today + ANSWERED_WITHIN
    case.answer_by = min(last, _first_due(lines) or last)
    case_state.project(unit, case)
    casework.touch(unit, case)
    unit.enter_later(Event.DATA_REQUESTED, role="reporter", case=case.id.hex(), writes=writes)


def find(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, request_id: bytes) -> RequestLine:
    """One request of a case, to be decided; seeing it is an opening, and is entered. Raises NotFound."""
    opening = casework.fetch_case(unit, actor, keys, case_id)
    opened, _problems = records.open_all(unit, opening.case, opening.report)
    line = next((line for line in lines_of(opened) if line.id == request_id), None)
    if line is None:
        raise NotFound
    casework.enter(unit, Event.CASE_OPENED, actor, opening)
    return line


def decide(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    case_id: bytes,
    request_id: bytes,
    outcome: DataDecision,
    text: str,
    work: Work,
) -> None:
    """Accepts or refuses, with the reason that the reporter reads. Raises NotFound, Invalid, Conflict when it is decided already.

    To accept does nothing by itself, so `work` becomes a task in the same transaction; of a refusal it is not read. The outcome is entered
    in the log; the reason is sealed.
    """
    accepted = outcome is DataDecision.ACCEPTED
    problems = {"text": "missing"} if not text.strip() else {"text": "too-long"} if len(text) > LIMIT else {}
    if accepted and (wrong := tasks.problem_of_day(unit, work.due)):
        problems["by"] = wrong
    if problems:
        raise Invalid(problems)
    casework.take_turns(unit, case_id)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    opened, _problems = records.open_all(unit, opening.case, opening.report)
    lines = lines_of(opened)
    line = next((line for line in lines if line.id == request_id), None)
    if line is None:
        raise NotFound
    if line.decision is not None:
        raise Conflict("somebody has decided this meanwhile")
    sealed = records.seal(
        case_id,
        new_id(),
        RecordKind.DATA_DECISION,
        {"request": request_id, "outcome": outcome.encode(), "text": text.strip().encode()},
        epoch=opening.report.newest,
        key=opening.report.key,
        author=actor.account,
        signing=keys.signing,
    )
    writes = records.store(unit, [sealed])
    opening.case.answer_by = _first_due(other for other in lines if other is not line)
    case_state.project(unit, opening.case)
    casework.touch(unit, opening.case, except_for=actor.account)
    casework.enter(
        unit, Event.DATA_DECIDED, actor, opening, reason=outcome, subject=f"record:{request_id.hex()}", writes=writes
    )
    if accepted and work.due is not None:
        to = actor.account
        tasks.set_in(unit, actor, keys, opening, text=work.text, account=to, due=work.due, request=request_id)


def _first_due(lines: Iterable[RequestLine]) -> date | None:
    return min((line.answer_by for line in lines if line.decision is None), default=None)


def _of_kind(opened: Iterable[OpenedRecord], kind: RecordKind) -> list[OpenedRecord]:
    return [record for record in opened if record.kind is kind]
