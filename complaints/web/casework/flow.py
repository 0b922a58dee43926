"""The flow of a case: what staff decide about it in passing, closing it with its reasons, taking it up again."""

import re
from typing import Any

from flask import request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, DomainError, Invalid
from complaints.policy import Action
from complaints.services import case_flow, merging
from complaints.services.case_flow import Handling
from complaints.services.merging import ClosingPlan, ClosingWords, Duplicate
from complaints.services.unit import Unit
from complaints.vocabulary import CaseStatus, Locale, Outcome, Priority, ReportField, Risk
from complaints.web.casework.cases import case_page, unsent
from complaints.web.casework.frame import blueprint
from complaints.web.feedback_words import suggested
from complaints.web.forms.casework import CloseForm, DuplicateForm, HandlingForm, ReopenForm
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.view_models import answered, words

_DUPLICATE = re.compile("with-([0-9a-f]{32})-revision")

OUTCOME_HINTS = {
    Outcome.SUBSTANTIATED: _("What was reported is true."),
    Outcome.PARTLY: _("Some of what was reported is true."),
    Outcome.UNSUBSTANTIATED: _("What was reported could not be shown to be true."),
    Outcome.OUT_OF_SCOPE: _("It is not for us. The reporter is told kindly, and told who can help."),
    Outcome.REFERRED: _("Somebody else is responsible, and takes it on."),
}


# -- In passing ------------------------------------------------------------------------------------------------------


def _changed_meanwhile(visit: Visit, error: DomainError) -> Page:
    """Nothing was saved: the case as it is now, with what was chosen still chosen where that can still be."""
    form = HandlingForm(request.form)
    with visit.app.units.writing() as unit:
        return case_page(visit, unit, handling=form, conflict=isinstance(error, Conflict), status=409)


@blueprint.post("/<id:case>/handling")
@guarded(Action.HANDLE_CASE, UnitKind.WRITING, on_error={Conflict: _changed_meanwhile, Invalid: _changed_meanwhile})
def handle(visit: Visit, case: bytes) -> Reply:
    form = HandlingForm(request.form)
    if not form.validate():
        return case_page(visit, visit.unit, handling=form, status=400)
    wanted = Handling(CaseStatus(form.status.data), Priority(form.priority.data), Risk(form.risk.data))
    changed = case_flow.handle(visit.unit, visit.staff, visit.keys, case, wanted, form.revision.data)
    notice = _("Saved, and entered in the access log.") if changed else _("Nothing has changed.")
    return Redirect("casework.read_case", {"case": case}, notice=notice)


# -- Closing ---------------------------------------------------------------------------------------------------------


def _wanted_outcome() -> Outcome | None:
    wanted = request.values.get("outcome", "")
    return Outcome(wanted) if wanted in set(Outcome) else None


@blueprint.get("/<id:case>/close")
@guarded(Action.CLOSE_CASE, UnitKind.WRITING)
def closing(visit: Visit, case: bytes) -> Reply:
    """First the outcome, then the words: those for the reporter are begun in the reporter's language."""
    del case
    return _closing_page(visit, visit.unit)


def _closing_page(visit: Visit, unit: Unit, form: CloseForm | None = None, *, conflict: bool = False) -> Reply:
    case_id, outcome = visit.values["case"], _wanted_outcome()
    everything = merging.plan_closing(unit, visit.staff, visit.keys, case_id)
    plan = everything.case
    if plan.closed and form is None:
        return Redirect("casework.read_case", {"case": case_id, "_anchor": "outcome"})
    values: dict[str, Any] = {
        "plan": plan,
        "case_id": case_id,
        "conflict": conflict,
        "others": everything.others,
        "later": everything.later,
        "together": [one.reference for one in everything.duplicates],
    }
    if outcome is None:
        choices = [{"value": o.value, "text": words(o), "hint": OUTCOME_HINTS[o]} for o in Outcome]
        return Page("casework/close_outcome.html", values | {"choices": choices})
    status = 409 if conflict else 400 if form is not None else 200
    duplicates, lost = _duplicate_forms(visit, everything, outcome, sent=form is not None)
    if form is None:
        form = CloseForm(data={"feedback": suggested(outcome, _language(visit, plan.language))})
    values |= {
        "form": form,
        "duplicates": duplicates,
        "lost": lost,
        "outcome": outcome,
        "language": answered(ReportField.LANGUAGE, plan.language),
    }
    return Page("casework/close.html", values, status)


def _language(visit: Visit, language: str) -> Locale:
    return Locale(language) if language in set(Locale) else visit.locale


# -- Duplicates that are closed with it ------------------------------------------------------------------------------


def _sent_duplicates() -> dict[bytes, DuplicateForm]:
    """What the form says of each duplicate that its page knew."""
    named = (_DUPLICATE.fullmatch(name) for name in request.form)
    cases = dict.fromkeys(match[1] for match in named if match)
    return {bytes.fromhex(case): DuplicateForm(request.form, prefix=f"with-{case}-") for case in cases}


def _duplicate_forms(
    visit: Visit, plan: ClosingPlan, outcome: Outcome, *, sent: bool
) -> tuple[list[dict[str, Any]], list[DuplicateForm]]:
    """A form for each, as it was typed or begun; and those that were typed for a case that is not closed with it any more."""
    typed = _sent_duplicates() if sent else {}
    for form in typed.values():
        form.validate()
    forms = [
        {
            "duplicate": one,
            "language": answered(ReportField.LANGUAGE, one.language),
            "form": typed.pop(one.case, None) or _begun(visit, one, outcome),
        }
        for one in plan.duplicates
    ]
    return forms, list(typed.values())


def _begun(visit: Visit, duplicate: Duplicate, outcome: Outcome) -> DuplicateForm:
    """Its feedback begins as every feedback with this outcome does, in its own reporter's language; its findings say nothing of the other case."""
    words_of_both = {
        "findings": gettext("Looked into together with the case that leads. What was found stands there."),
        "feedback": suggested(outcome, _language(visit, duplicate.language)),
    }
    return DuplicateForm(data=words_of_both, prefix=f"with-{duplicate.case.hex()}-")


def _closing_again(visit: Visit, error: DomainError) -> Reply:
    """The form again, with every word as it was typed."""
    with visit.app.units.writing() as unit:
        return _closing_page(visit, unit, CloseForm(request.form), conflict=isinstance(error, Conflict))


def _unsent_closing(visit: Visit) -> Reply:
    return unsent("closing", CloseForm(request.form), visit, _sent_duplicates().values())


@blueprint.post("/<id:case>/close")
@guarded(
    Action.CLOSE_CASE,
    UnitKind.WRITING,
    on_error={Conflict: _closing_again},
    unsent=_unsent_closing,
)
def close(visit: Visit, case: bytes) -> Reply:
    form, outcome, duplicates = CloseForm(request.form), _wanted_outcome(), _sent_duplicates()
    forms: list[CloseForm | DuplicateForm] = [form, *duplicates.values()]
    valid = [one.validate() for one in forms]
    if not all(valid) or outcome is None:
        return _closing_page(visit, visit.unit, form)
    together = {other: _words(one) for other, one in duplicates.items()}
    merging.close(visit.unit, visit.staff, visit.keys, case, outcome, _words(form), together)
    notice = gettext("Closed. The reporter reads the feedback with their tracking code.")
    if together:
        notice = ngettext(
            "Closed, and %(num)s merged case with it. Each reporter reads the feedback with their tracking code.",
            "Closed, and %(num)s merged cases with it. Each reporter reads the feedback with their tracking code.",
            len(together),
        )
    return Redirect("casework.read_case", {"case": case}, notice=notice)


def _words(form: CloseForm | DuplicateForm) -> ClosingWords:
    return ClosingWords(form.findings.data, form.feedback.data, form.revision.data)


# -- Taking it up again ----------------------------------------------------------------------------------------------


@blueprint.get("/<id:case>/reopen")
@guarded(Action.REOPEN_CASE, UnitKind.READING)
def reopening(visit: Visit, case: bytes) -> Reply:
    del case
    return _reopening_page(visit, visit.unit)


def _reopening_page(visit: Visit, unit: Unit, form: ReopenForm | None = None, *, conflict: bool = False) -> Reply:
    plan = case_flow.plan_reopening(unit, visit.staff, visit.values["case"])
    if not plan.closed and form is None:
        return Redirect("casework.read_case", {"case": visit.values["case"]})
    values = {"plan": plan, "case_id": visit.values["case"], "form": form or ReopenForm(), "conflict": conflict}
    return Page("casework/reopen.html", values, 409 if conflict else 400 if form is not None else 200)


def _reopening_again(visit: Visit, error: DomainError) -> Reply:
    del error
    with visit.app.units.reading() as unit:
        return _reopening_page(visit, unit, ReopenForm(request.form), conflict=True)


def _unsent_reopening(visit: Visit) -> Reply:
    return unsent("reopening", ReopenForm(request.form), visit)


@blueprint.post("/<id:case>/reopen")
@guarded(
    Action.REOPEN_CASE,
    UnitKind.WRITING,
    on_error={Conflict: _reopening_again},
    unsent=_unsent_reopening,
)
def reopen(visit: Visit, case: bytes) -> Reply:
    form = ReopenForm(request.form)
    if not form.validate():
        return _reopening_page(visit, visit.unit, form)
    case_flow.reopen(visit.unit, visit.staff, visit.keys, case, form.text.data, revision=form.revision.data)
    return Redirect("casework.read_case", {"case": case}, notice=_("Reopened. Feedback is due anew."))
