"""Closing several cases at once that nobody has answered or taken on: a flood of nonsense is looked through by its beginnings, each case opened and closed as any is."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import bindparam, select

from complaints.errors import Conflict, Refused
from complaints.models import Base
from complaints.policy import Action, Staff
from complaints.services import case_flow, casework, records, rehearsals, rosters
from complaints.services.keys import SessionKeys
from complaints.services.unit import Unit
from complaints.vocabulary import CaseStatus, CompartmentName, Event, Outcome, Priority, RecordKind, ReportField

PAGE = 20
"""Cases that are shown, and can be closed, at a time."""
BEGINNING = 240
"""Characters of a story that are shown."""
UNTOUCHED = frozenset({CaseStatus.NEW, CaseStatus.TRIAGE})
"""What a case is until somebody takes it on, whether it was read or not. One whose reporter was answered is untouched no more."""

_LINE, _CASE = Base.metadata.tables["caseload"], Base.metadata.tables["cases"]
_FIND = (
    select(_LINE.c.case_id)
    .join(_CASE, _CASE.c.id == _LINE.c.case_id)
    .where(
        _LINE.c.account_id == bindparam("account"),
        _LINE.c.status.in_([status.value for status in UNTOUCHED]),
        _CASE.c.acknowledged.is_(None),
        _CASE.c.answer_by.is_(None),
        _CASE.c.id.not_in(bindparam("tests", expanding=True)),
    )
    .order_by(_LINE.c.received, _LINE.c.case_id)
    .limit(PAGE + 1)
    .offset(bindparam("skip"))
)


@dataclass(frozen=True, slots=True)
class Beginning:
    """How an untouched case begins. `revision` is to come back with the decision."""

    case: bytes
    reference: str
    channel_th: str
    channel_en: str
    received: date
    acknowledge_by: date
    status: CaseStatus
    high: bool
    revision: int
    language: str
    text: str = field(repr=False)


def beginnings(unit: Unit, actor: Staff, keys: SessionKeys, skip: int = 0) -> tuple[list[Beginning], bool]:
    """The actor's untouched cases, the oldest first, and whether there are more. Each is opened, and entered as that.

    One that does not verify is left out: its own page says so aloud.
    """
    values = {"account": actor.account, "skip": skip, "tests": list(rehearsals.under_way(unit))}
    found: Sequence[bytes] = unit.run(_FIND, values).scalars().all()
    begun = []
    for case in found[:PAGE]:
        with suppress(Refused):
            begun.append(_begin(unit, actor, keys, case))
    return begun, len(found) > PAGE


def _begin(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> Beginning:
    opening = casework.fetch_case(unit, actor, keys, case_id)
    case = opening.case
    rows = records.rows_of(unit, case.id, CompartmentName.REPORT, [RecordKind.REPORT])[:1]
    sealed = records.sealed_fields(unit, rows)
    report = [records.open_record(unit, case, opening.report, row, sealed[row.id]) for row in rows]
    channel = rosters.channels_by_id(unit)[case.channel_id]
    casework.enter(unit, Event.CASE_OPENED, actor, opening, subject=Action.CLOSE_SEVERAL)
    story = " ".join(report[0].text(ReportField.NARRATIVE).split()) if report else ""
    return Beginning(
        case.id,
        case.reference,
        channel.name_th,
        channel.name_en,
        case.received,
        case.acknowledge_by,
        CaseStatus(case.status),
        case.priority == Priority.HIGH,
        case.revision,
        report[0].text(ReportField.LANGUAGE) if report else "",
        story if len(story) <= BEGINNING else f"{story[:BEGINNING].rstrip()} …",
    )


def close(
    unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, *, reason: str, feedback: str, revision: int
) -> None:
    """Closes one of them as out of scope. Raises NotFound, Invalid, Conflict: somebody has taken it on or decided meanwhile."""
    casework.take_turns(unit, case_id)
    case = casework.fetch_case(unit, actor, keys, case_id).case
    if case.status not in UNTOUCHED or case.acknowledged is not None or case.answer_by is not None:
        raise Conflict("somebody has taken the case on meanwhile, or its reporter has asked for an answer")
    case_flow.close(
        unit, actor, keys, case_id, Outcome.OUT_OF_SCOPE, findings=reason, feedback=feedback, revision=revision
    )
