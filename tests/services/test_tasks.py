"""Tasks: sealed words, a clear day; what lists show of them, and what the check finds when somebody moves one."""

from datetime import date, timedelta

import pytest

from complaints.errors import Conflict, Invalid, NotFound
from complaints.services import tasks
from complaints.services.tasks import LIMIT, TaskLine
from complaints.vocabulary import Event
from tests.cast import Person
from tests.stage import SECOND_DAY, Stage

WORDS = "CANARY-TASK โทรหาปั๊มน้ำมัน"
SOON = SECOND_DAY + timedelta(days=3)


def set_task(
    stage: Stage, by: Person | None = None, *, whose: Person | None = None, text: str = WORDS, due: date | None = SOON
) -> None:
    actor = by or stage.cast.lead
    with stage.units.writing() as unit:
        account = (whose or stage.cast.investigator).account
        tasks.set_task(unit, actor.actor, actor.keys, stage.assigned.case, text=text, account=account, due=due)


def lines(stage: Stage, reader: Person | None = None) -> tuple[TaskLine, ...]:
    return stage.read(reader or stage.cast.lead).tasks


def end(stage: Stage, task: bytes, by: Person | None = None) -> None:
    actor = by or stage.cast.investigator
    with stage.units.writing() as unit:
        tasks.end_task(unit, actor.actor, actor.keys, stage.assigned.case, task)


def due_of(stage: Stage, person: Person) -> dict[bytes, date]:
    with stage.units.reading() as unit:
        found = tasks.cases_due(unit, person.actor)
        assert tasks.first_due(unit, person.actor, [stage.assigned.case, stage.waiting.case]) == found
        return found


def test_those_who_hold_the_case_read_it_and_nobody_else(stage: Stage) -> None:
    set_task(stage)
    for person in (stage.cast.lead, stage.cast.investigator, stage.cast.second_investigator):
        (line,) = lines(stage, person)
        assert (line.text, line.due, line.account) == (WORDS, SOON, stage.cast.investigator.account)
        assert line.done is None
    for table in ("task", "sealed_field", "log_field"):
        assert not [row for row in stage.attacker.rows(f"SELECT * FROM {table}") if b"CANARY-TASK" in str(row).encode()]


def test_it_is_due_on_the_list_of_whose_it_is_until_it_is_done(stage: Stage) -> None:
    set_task(stage, due=SOON + timedelta(days=5))
    set_task(stage, due=SOON)
    assert due_of(stage, stage.cast.investigator) == {stage.assigned.case: SOON}
    assert due_of(stage, stage.cast.lead) == {}
    first, second = lines(stage)
    assert first.due < second.due
    end(stage, first.id)
    assert due_of(stage, stage.cast.investigator) == {stage.assigned.case: second.due}
    assert [line.done for line in lines(stage)] == [None, SECOND_DAY]
    end(stage, second.id, stage.cast.lead)
    assert due_of(stage, stage.cast.investigator) == {}
    assert {line.done_by for line in lines(stage)} == {"Lead", "Investigator"}
    assert stage.findings() == []


def test_what_is_done_is_done_once(stage: Stage) -> None:
    set_task(stage)
    (line,) = lines(stage)
    end(stage, line.id)
    with pytest.raises(Conflict):
        end(stage, line.id, stage.cast.lead)
    assert len(stage.entries(Event.TASK_DONE)) == 1


@pytest.mark.parametrize(
    ("text", "days", "problems"),
    [
        (" \n", 1, {"text": "missing"}),
        ("ก" * (LIMIT + 1), 1, {"text": "too-long"}),
        ("x", None, {"due": "missing"}),
        ("x", -1, {"due": "past"}),
        ("x", 800, {"due": "too-far"}),
        ("", -1, {"text": "missing", "due": "past"}),
    ],
)
def test_what_cannot_be_taken_is_not(stage: Stage, text: str, days: int | None, problems: dict[str, str]) -> None:
    with pytest.raises(Invalid) as error:
        set_task(stage, text=text, due=None if days is None else stage.calendar.day + timedelta(days=days))
    assert error.value.problems == problems
    assert not stage.entries(Event.TASK_SET)


def test_only_somebody_who_holds_the_case_sets_one_ends_one_or_gets_one(stage: Stage) -> None:
    with pytest.raises(Invalid) as error:
        set_task(stage, whose=stage.cast.unassigned)
    assert error.value.problems == {"account": "not-a-holder"}
    with pytest.raises(NotFound):
        set_task(stage, stage.cast.unassigned)
    set_task(stage)
    (line,) = lines(stage)
    with pytest.raises(NotFound):
        end(stage, line.id, stage.cast.unassigned)
    with pytest.raises(NotFound):
        end(stage, stage.waiting.case)


def test_whoever_left_the_case_has_nothing_to_do_in_it_and_the_others_see_that(stage: Stage) -> None:
    set_task(stage)
    stage.cast.assign(stage.assigned, {stage.cast.unassigned: False}, epoch=2)
    assert due_of(stage, stage.cast.investigator) == {}
    (line,) = lines(stage, stage.cast.unassigned)
    assert line.account == stage.cast.investigator.account
    stage.cast.assign(stage.assigned, {stage.cast.investigator: False}, epoch=3)
    assert due_of(stage, stage.cast.investigator) == {stage.assigned.case: SOON}
    assert stage.findings() == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE task SET due = '2030-01-01'",
        "UPDATE task SET done = '2026-03-03'",
        "UPDATE task SET account_id = (SELECT id FROM account WHERE sign_in_name = 'lead')",
        "DELETE FROM task",
    ],
)
def test_a_task_that_was_changed_past_the_system_shows(stage: Stage, change: str) -> None:
    set_task(stage)
    assert stage.findings() == []
    stage.attacker.run(change)
    assert [area for area, _what in stage.findings()] == ["task"]
    (line,) = lines(stage)
    assert (line.due, line.account, line.done) == (SOON, stage.cast.investigator.account, None)


def test_a_task_taken_up_again_past_the_system_shows(stage: Stage) -> None:
    set_task(stage)
    end(stage, lines(stage)[0].id)
    stage.attacker.run("UPDATE task SET done = NULL")
    assert [area for area, _what in stage.findings()] == ["task"]
    assert lines(stage)[0].done == SECOND_DAY
