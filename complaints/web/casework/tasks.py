"""Tasks of a case: set for somebody who holds it, and said to be done."""

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid
from complaints.policy import Action
from complaints.services import tasks
from complaints.services.questions import read_day
from complaints.web.casework.cases import case_page, unsent
from complaints.web.casework.frame import blueprint
from complaints.web.forms.casework import TaskForm
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect, Reply

DAY_PROBLEMS = {
    "missing": _("Choose a day"),
    "past": _("Choose today or a later day. Its year is of the common era (2026) or the Buddhist era (2569)"),
    "too-far": _("Choose a day within two years. Its year is of the common era (2026) or the Buddhist era (2569)"),
}
_PROBLEMS = {
    "text": {"missing": _("Write what is to be done"), "too-long": _("Write at most 500 characters")},
    "due": DAY_PROBLEMS,
    "account": {"not-a-holder": _("Choose somebody who can open this case")},
}


def _again(visit: Visit, error: Invalid) -> Page:
    form = TaskForm(request.form)
    for name, problem in error.problems.items():
        form[name].errors = [_PROBLEMS[name][problem]]
    with visit.app.units.writing() as unit:
        return case_page(visit, unit, task=form, status=400)


def _unsent(visit: Visit) -> Reply:
    return unsent("task", TaskForm(request.form), visit)


@blueprint.post("/<id:case>/tasks")
@guarded(Action.HANDLE_TASKS, UnitKind.WRITING, on_error={Invalid: _again}, unsent=_unsent)
def set_task(visit: Visit, case: bytes) -> Reply:
    form = TaskForm(request.form)
    tasks.set_task(
        visit.unit,
        visit.staff,
        visit.keys,
        case,
        text=form.text.data or "",
        account=_account(form.account.data or ""),
        due=read_day(form.due.data or ""),
    )
    return Redirect("casework.read_case", {"case": case, "wrote": "task", "_anchor": "task-set"})


def _done_before(visit: Visit, _error: Conflict) -> Reply:
    notice = gettext("Somebody had marked this task as done already.")
    return Redirect("casework.read_case", {"case": visit.values["case"], "_anchor": "tasks"}, notice=notice)


@blueprint.post("/<id:case>/tasks/<id:task>")
@guarded(Action.HANDLE_TASKS, UnitKind.WRITING, on_error={Conflict: _done_before})
def end_task(visit: Visit, case: bytes, task: bytes) -> Reply:
    tasks.end_task(visit.unit, visit.staff, visit.keys, case, task)
    return Redirect("casework.read_case", {"case": case, "wrote": "task-done", "_anchor": "task-set"})


def _account(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
