"""A channel's own questions, as administrators write and retire them."""

from flask import Blueprint, request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid
from complaints.policy import Action
from complaints.services import questions, rosters
from complaints.services.questions import Wording
from complaints.services.unit import Unit
from complaints.vocabulary import CompartmentName, QuestionKind
from complaints.web.forms.people import QuestionForm, show
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect
from complaints.web.reporter import notice_text
from complaints.web.view_models import words

blueprint = Blueprint("questions", __name__, url_prefix="/staff/channels/<id:channel>/questions")


@blueprint.get("")
@guarded(Action.CHANGE_QUESTIONS, UnitKind.READING)
def overview(visit: Visit, channel: bytes) -> Page:
    return _page(visit, visit.unit, channel, QuestionForm(data={"kind": "text", "compartment": "report"}))


def _page(visit: Visit, unit: Unit, channel: bytes, form: QuestionForm, status: int = 200) -> Page:
    every = questions.every(unit, channel)
    known = rosters.channels_by_id(unit)[channel]
    values = {
        "form": form,
        "channel": known,
        "asked": [(question, question.choices(visit.locale)) for question in every if question.retired is None],
        "retired": [question for question in every if question.retired is not None],
        "kinds": [{"value": kind.value, "text": words(kind)} for kind in QuestionKind],
    }
    return Page("people/questions.html", values, status)


def _not_added(visit: Visit, error: Invalid) -> Page:
    with visit.app.units.reading() as unit:
        return _page(visit, unit, visit.values["channel"], show(QuestionForm(request.form), error.problems), 400)


@blueprint.post("")
@guarded(Action.CHANGE_QUESTIONS, UnitKind.WRITING, on_error={Invalid: _not_added})
def add(visit: Visit, channel: bytes) -> Redirect:
    questions.add(visit.unit, visit.staff, channel, _wording(QuestionForm(request.form)))
    notice_text.keep(visit.unit)
    return Redirect("questions.overview", {"channel": channel}, notice=_("The question is asked from now on."))


def _wording(form: QuestionForm) -> Wording:
    """As somebody typed it. A kind or a place that is none of ours is the plainest."""
    kind = QuestionKind(form.kind.data) if form.kind.data in set(QuestionKind) else QuestionKind.TEXT
    apart = form.compartment.data == CompartmentName.IDENTITY
    is_choice = kind is QuestionKind.CHOICE
    return Wording(
        kind=kind,
        compartment=CompartmentName.IDENTITY if apart else CompartmentName.REPORT,
        required=bool(form.required.data),
        wording_th=(form.wording_th.data or "").strip(),
        wording_en=(form.wording_en.data or "").strip(),
        purpose_th=(form.purpose_th.data or "").strip(),
        purpose_en=(form.purpose_en.data or "").strip(),
        choices_th=_lines(form.choices_th.data) if is_choice else "",
        choices_en=_lines(form.choices_en.data) if is_choice else "",
    )


def _lines(text: str | None) -> str:
    return "\n".join(line.strip() for line in (text or "").splitlines() if line.strip())


def _retired_before(visit: Visit, error: Conflict) -> Redirect:
    del error
    return Redirect("questions.overview", {"channel": visit.values["channel"]})


@blueprint.post("/<id:question>/retire")
@guarded(Action.CHANGE_QUESTIONS, UnitKind.WRITING, on_error={Conflict: _retired_before})
def retire(visit: Visit, channel: bytes, question: bytes) -> Redirect:
    questions.retire(visit.unit, visit.staff, channel, question)
    notice_text.keep(visit.unit)
    said = _("The question is asked no more. What was answered stays with the cases.")
    return Redirect("questions.overview", {"channel": channel}, notice=said)
