"""The clear side of a case: what staff decided about it, its days, and the notice that its reporter saw. One line of the access log says all of it after each change.

So `complaints check` finds a status, a deadline or an outcome that somebody changed past the system. Not in the line: the day of the
last activity; the day by which the reporter's requests are to be decided, which the entries about these say; and who holds the case, which
the signed acts say.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import update

from complaints.models import Case, CaseloadRow
from complaints.services.unit import Unit
from complaints.vocabulary import CaseStatus

NOTHING_DUE = date.max

FACTS = (
    "reference",
    "channel_id",
    "status",
    "priority",
    "risk",
    "outcome",
    "received",
    "acknowledge_by",
    "acknowledged",
    "feedback_by",
    "feedback_given",
    "closed",
    "notice_version",
)


def line(facts: Mapping[str, object]) -> str:
    """`name=value` for each fact that there is, in one order; ids as hex, days as ISO 8601 has them."""
    return " ".join(f"{name}={_text(facts[name])}" for name in FACTS if facts.get(name) is not None)


def line_of(case: Case) -> str:
    return line({name: getattr(case, name) for name in FACTS})


def read(text: str) -> dict[str, str]:
    """The facts in a line, as texts. Raises ValueError."""
    facts = dict(fact.split("=", 1) for fact in text.split(" "))
    if facts.keys() - set(FACTS):
        raise ValueError("a fact that no case has")
    return facts


def due(case: Case) -> date:
    """The next of a case's deadlines. What the reporter asks about their data is to be decided when the case is closed as well."""
    return min(_handling_due(case), case.answer_by or NOTHING_DUE)


def _handling_due(case: Case) -> date:
    if case.status == CaseStatus.CLOSED:
        return NOTHING_DUE
    if case.acknowledged is None:
        return case.acknowledge_by
    return case.feedback_by if case.feedback_given is None else NOTHING_DUE


def project(unit: Unit, case: Case) -> None:
    """Every reader's line says what the case says."""
    unit.session.execute(
        update(CaseloadRow)
        .where(CaseloadRow.case_id == case.id)
        .values(status=case.status, priority=case.priority, risk=case.risk, due=due(case))
    )


def acknowledge(unit: Unit, case: Case) -> None:
    """The reporter has been answered: what is due next is the outcome."""
    if case.acknowledged is None:
        case.acknowledged = unit.today
        project(unit, case)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else str(value)
