"""Answering what a reporter asks about their data: accepted or refused, and always with the reason that they read."""

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid
from complaints.policy import Action
from complaints.services import data_requests
from complaints.services.data_requests import Work
from complaints.services.questions import read_day
from complaints.services.unit import Unit
from complaints.vocabulary import DataDecision
from complaints.web.casework.frame import blueprint
from complaints.web.casework.tasks import DAY_PROBLEMS
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect
from complaints.web.reporter.pages import FormField

_OUTCOMES = {DataDecision.ACCEPTED: _("Accept"), DataDecision.REFUSED: _("Refuse")}
_PROBLEMS = {
    "outcome": {"missing": _("Choose whether you accept or refuse")},
    "text": {"missing": _("Write the reason"), "too-long": _("Write at most 2,000 characters")},
    "by": DAY_PROBLEMS,
}
_SAID = {
    DataDecision.ACCEPTED: _("Answered. What is to be done now is a task of yours, below."),
    DataDecision.REFUSED: _("Answered. The reporter reads it with their tracking code."),
}


def _page(visit: Visit, unit: Unit, problems: dict[str, str] | None = None, *, conflict: bool = False) -> Page:
    case, request_id = visit.values["case"], visit.values["request_id"]
    line = data_requests.find(unit, visit.staff, visit.keys, case, request_id)
    wrong = {name: [_PROBLEMS[name][problem]] for name, problem in (problems or {}).items()}
    values = {
        "case_id": case,
        "line": line,
        "conflict": conflict,
        "outcome": FormField("outcome", "outcome", request.form.get("outcome", ""), wrong.get("outcome", [])),
        "text": FormField("text", "text", request.form.get("text", ""), wrong.get("text", [])),
        "by": FormField("by", "by", request.form.get("by", ""), wrong.get("by", [])),
        "today": unit.today,
        "choices": [{"value": outcome.value, "text": text} for outcome, text in _OUTCOMES.items()],
    }
    return Page("casework/data_request.html", values, 409 if conflict else 400 if wrong else 200)


def _again(visit: Visit, error: Invalid | Conflict) -> Page:
    with visit.app.units.writing() as unit:
        if isinstance(error, Invalid):
            return _page(visit, unit, error.problems)
        return _page(visit, unit, conflict=True)


@blueprint.get("/<id:case>/requests/<id:request_id>")
@guarded(Action.DECIDE_ABOUT_DATA, UnitKind.WRITING)
def data_request(visit: Visit, case: bytes, request_id: bytes) -> Page:
    del case, request_id
    return _page(visit, visit.unit)


@blueprint.post("/<id:case>/requests/<id:request_id>")
@guarded(Action.DECIDE_ABOUT_DATA, UnitKind.WRITING, on_error={Invalid: _again, Conflict: _again})
def decide(visit: Visit, case: bytes, request_id: bytes) -> Redirect:
    outcome = request.form.get("outcome", "")
    if outcome not in set(DataDecision):
        raise Invalid({"outcome": "missing"})
    text = request.form.get("text", "").replace("\r\n", "\n")
    decision = DataDecision(outcome)
    work = Work(gettext("Do what was agreed about the reporter’s data."), read_day(request.form.get("by", "")))
    data_requests.decide(visit.unit, visit.staff, visit.keys, case, request_id, decision, text, work)
    return Redirect("casework.read_case", {"case": case}, notice=_SAID[decision])
