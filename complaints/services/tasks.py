"""Tasks: what somebody who holds a case is to do by a day.

The words, and with them whose task it is and its day, are one record of `internal`, signed by whoever set it. The table beside it repeats
person and day in clear, so that lists show what is due without a key; the access log says both, and `complaints check` compares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Date, bindparam, func, insert, select, update

from complaints.errors import Conflict, Invalid, NotFound
from complaints.models import Base, new_id
from complaints.policy import Staff
from complaints.services import casework, records
from complaints.services.casework import Opening
from complaints.services.keys import SessionKeys
from complaints.services.records import OpenedRecord
from complaints.services.unit import Unit
from complaints.vocabulary import Event, RecordKind

LIMIT = 500
"""Characters."""
FARTHEST = timedelta(days=2 * 366)
"""No task lies further ahead: a year that was mistyped shows."""
LISTED = 200
"""Cases with open tasks that a list can be narrowed to, those due first."""

_TABLES = Base.metadata.tables
_TASK, _LINE = _TABLES["task"], _TABLES["caseload"]
_HOLDS = select(_LINE.c.case_id).where(_LINE.c.account_id == bindparam("account"), _LINE.c.case_id == bindparam("case"))
_INSERT = insert(_TASK)
_END = update(_TASK).where(_TASK.c.id == bindparam("task"), _TASK.c.done.is_(None)).values(done=bindparam("day"))
_OPEN = (
    (_TASK.c.account_id == bindparam("account")),
    _TASK.c.done.is_(None),
    # A task of somebody who no longer holds the case is for those who do to see, on its page.
    select(_LINE.c.case_id)
    .where(_LINE.c.account_id == _TASK.c.account_id, _LINE.c.case_id == _TASK.c.case_id)
    .exists(),
)
_LEFT = select(func.count()).where(_TASK.c.case_id == bindparam("case"), _TASK.c.done.is_(None))
_FIRST = select(_TASK.c.case_id, func.min(_TASK.c.due).label("due")).where(*_OPEN).group_by(_TASK.c.case_id)
_FIRST_OF = _FIRST.where(_TASK.c.case_id.in_(bindparam("cases", expanding=True)))
_FIRST_BY = (
    _FIRST.where(_TASK.c.due < bindparam("before", type_=Date))
    .order_by(func.min(_TASK.c.due), _TASK.c.case_id)
    .limit(LISTED)
)


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task as those who hold the case see it. `done` is None while it is to be done."""

    id: bytes
    account: bytes
    name: str
    due: date
    author_name: str
    text: str = field(repr=False)
    done: date | None
    done_by: str
    request: bytes = b""
    """What its reporter asks about their data, and this is to do; empty for any other task."""


def lines_of(opened: Sequence[OpenedRecord], names: Mapping[bytes, str]) -> tuple[TaskLine, ...]:
    """The tasks among a case's records: what is to be done first, by its day; then what is done."""
    ends: dict[bytes, OpenedRecord] = {}
    for record in opened:
        if record.kind is RecordKind.TASK_DONE:
            ends.setdefault(record.fields["task"], record)
    lines = [_line(record, ends.get(record.id), names) for record in opened if record.kind is RecordKind.TASK]
    return tuple(sorted(lines, key=lambda line: (line.done is not None, line.due)))


def people_of(opened: Sequence[OpenedRecord]) -> set[bytes]:
    """Whose tasks these are: for the names that `lines_of` needs."""
    return {record.fields["account"] for record in opened if record.kind is RecordKind.TASK}


def _line(record: OpenedRecord, end: OpenedRecord | None, names: Mapping[bytes, str]) -> TaskLine:
    account = record.fields["account"]
    return TaskLine(
        id=record.id,
        account=account,
        name=names.get(account, ""),
        due=date.fromisoformat(record.text("due")),
        author_name=names.get(record.author, ""),
        text=record.text("text"),
        done=end.made if end else None,
        done_by=names.get(end.author, "") if end else "",
        request=record.fields.get("request", b""),
    )


def set_task(
    unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, *, text: str, account: bytes, due: date | None
) -> None:
    """Has somebody who holds the case do something by a day. Raises NotFound, Invalid."""
    casework.take_turns(unit, case_id)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    problems = {"text": "missing"} if not text.strip() else {"text": "too-long"} if len(text) > LIMIT else {}
    if wrong := problem_of_day(unit, due):
        problems["due"] = wrong
    if unit.run(_HOLDS, {"account": account, "case": case_id}).first() is None:
        problems["account"] = "not-a-holder"
    if problems or due is None:
        raise Invalid(problems)
    set_in(unit, actor, keys, opening, text=text, account=account, due=due)


def problem_of_day(unit: Unit, due: date | None) -> str:
    """Why nothing can be due then: "missing", "past" or "too-far"; empty when it can."""
    if due is None:
        return "missing"
    return "past" if due < unit.today else "too-far" if due > unit.today + FARTHEST else ""


def set_in(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    opening: Opening,
    *,
    text: str,
    account: bytes,
    due: date,
    request: bytes = b"",
) -> None:
    """The task alone, in a case that is open and with what `set_task` requires. `request`: what its reporter asks, and was accepted by this."""
    fields = {"text": text.strip().encode(), "account": account, "due": due.isoformat().encode()}
    if request:
        fields["request"] = request
    task, writes = _store(unit, actor, keys, opening, RecordKind.TASK, fields)
    unit.run(_INSERT, {"id": task, "case_id": opening.case.id, "account_id": account, "due": due, "done": None})
    casework.touch(unit, opening.case, except_for=actor.account)
    casework.enter(unit, Event.TASK_SET, actor, opening, subject=account.hex(), reason=due.isoformat(), writes=writes)


def end_task(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, task_id: bytes) -> None:
    """Says that it is done; whoever holds the case may. Raises NotFound, Conflict when somebody has said so already."""
    casework.take_turns(unit, case_id)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    rows = records.rows_of(unit, case_id, opening.internal.compartment, [RecordKind.TASK])
    if task_id not in {row.id for row in rows}:
        raise NotFound
    if unit.run(_END, {"task": task_id, "day": unit.today}).rowcount != 1:
        raise Conflict("somebody has done this meanwhile")
    _record, writes = _store(unit, actor, keys, opening, RecordKind.TASK_DONE, {"task": task_id})
    casework.touch(unit, opening.case, except_for=actor.account)
    casework.enter(unit, Event.TASK_DONE, actor, opening, subject=f"record:{task_id.hex()}", writes=writes)


def left_in(unit: Unit, case_id: bytes) -> int:
    """How much is still to be done in a case, whoever is to do it. From the clear side alone."""
    return int(unit.run(_LEFT, {"case": case_id}).scalar_one())


def first_due(unit: Unit, actor: Staff, cases: Sequence[bytes]) -> dict[bytes, date]:
    """For each of these cases in which the actor has something to do: by when, at the earliest."""
    if not cases:
        return {}
    return {row.case_id: row.due for row in unit.run(_FIRST_OF, {"account": actor.account, "cases": list(cases)})}


def cases_due(unit: Unit, actor: Staff, *, before: date = date.max) -> dict[bytes, date]:
    """The cases in which the actor has something to do before a day, those due first: LISTED of them at most."""
    return {row.case_id: row.due for row in unit.run(_FIRST_BY, {"account": actor.account, "before": before})}


def _store(
    unit: Unit, actor: Staff, keys: SessionKeys, opening: Opening, kind: RecordKind, fields: Mapping[str, bytes]
) -> tuple[bytes, str]:
    sealed = records.seal(
        opening.case.id,
        new_id(),
        kind,
        fields,
        epoch=opening.internal.newest,
        key=opening.internal.key,
        author=actor.account,
        signing=keys.signing,
    )
    return sealed.id, records.store(unit, [sealed])
