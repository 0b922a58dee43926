"""A case's timeline: what the access log says of it, for those who hold the case. From the clear side alone: opens nothing.

What a reporter causes joins the log when its day has ended, under that day alone, so it stands before whatever staff did on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from complaints.policy import Staff
from complaints.services import audit, case_state, caseload
from complaints.services.audit import Filter, Names
from complaints.services.caseload import CaseLine
from complaints.services.log_reading import LogLine
from complaints.services.unit import Unit
from complaints.vocabulary import Event


@dataclass(frozen=True, slots=True)
class Step:
    """An entry. `times`: how often in a row the same person did the same on that day. `changed`: facts of the case that it set, as logged."""

    line: LogLine
    times: int
    changed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Newest first. `older` is what `before` is to be for the page after it; None on the last."""

    case: CaseLine
    steps: tuple[Step, ...]
    names: Names
    older: int | None


def read(unit: Unit, actor: Staff, case_id: bytes, before: int | None = None) -> Timeline:
    """Raises NotFound for whoever has no line for the case."""
    case = caseload.find_line(unit, actor, case_id)
    page = audit.read_page(unit, Filter(case=case_id.hex()), before, alone=True)
    return Timeline(case, tuple(_steps(page.lines)), page.names, page.older)


def _steps(lines: Sequence[LogLine]) -> list[Step]:
    """In the order of time, and what was done over and over told once."""
    known: dict[str, str] = {}
    steps: list[Step] = []
    for line in sorted(lines, key=_moment):
        changed = _changed(known, line.fields.get("state"))
        if steps and not changed and _same(steps[-1].line, line):
            steps[-1] = Step(line, steps[-1].times + 1, steps[-1].changed)
        else:
            steps.append(Step(line, 1, changed))
    return list(reversed(steps))


def _moment(line: LogLine) -> tuple[str, str, bool, int]:
    """By the day first: the time is UTC's, in which a day in Thailand begins the evening before."""
    day, time = (line.fields.get(name) or "" for name in ("day", "time"))
    # Entries of one day join in random order, but nothing can be done to a report before it is there.
    return day, time, line.fields.get("event") != Event.REPORT_RECEIVED, line.position


def _same(one: LogLine, other: LogLine) -> bool:
    return all(
        one.fields.get(name) == other.fields.get(name) for name in ("event", "actor", "day", "subject", "reason")
    )


def _changed(known: dict[str, str], state: str | None) -> tuple[tuple[str, str], ...]:
    """The facts in a state that were otherwise before; `known` is brought up to date. Nothing of the first: it is the whole case."""
    if state is None:
        return ()
    try:
        facts = case_state.read(state)
    except ValueError:
        return ()
    changed = tuple((name, value) for name, value in facts.items() if known and known.get(name) != value)
    known.clear()
    known.update(facts)
    return changed
