"""Asking a lead for the identity, and a lead's saying no. To say yes a lead assigns."""

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid
from complaints.policy import Action
from complaints.services import identity_requests
from complaints.web.casework.cases import case_page, unsent
from complaints.web.casework.frame import blueprint
from complaints.web.forms.casework import AskForm
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect, Reply

_PROBLEMS = {
    "missing": _("Write the reason"),
    "too-long": _("Write at most 2,000 characters"),
}


def _again(visit: Visit, error: Invalid) -> Page:
    form = AskForm(request.form)
    form.text.errors = [_PROBLEMS[error.problems["text"]]]
    with visit.app.units.writing() as unit:
        return case_page(visit, unit, ask=form, about=visit.values.get("asked", b""), status=400)


def _answered_before(visit: Visit, _error: Conflict) -> Reply:
    notice = gettext("Nothing was sent: this was asked or answered already. Below is the case as it is now.")
    return Redirect("casework.read_case", {"case": visit.values["case"], "_anchor": "identity"}, notice=notice)


def _unsent_ask(visit: Visit) -> Reply:
    return unsent("ask", AskForm(request.form), visit)


@blueprint.post("/<id:case>/identity/requests")
@guarded(
    Action.ASK_FOR_IDENTITY,
    UnitKind.WRITING,
    on_error={Invalid: _again, Conflict: _answered_before},
    unsent=_unsent_ask,
)
def ask_for_identity(visit: Visit, case: bytes) -> Reply:
    text = AskForm(request.form).text.data or ""
    identity_requests.ask(visit.unit, visit.staff, visit.keys, case, text)
    notice = gettext("Sent. The leads of this channel see it when they open the case.")
    return Redirect("casework.read_case", {"case": case}, notice=notice)


@blueprint.post("/<id:case>/identity/requests/<id:asked>")
@guarded(Action.DECLINE_IDENTITY, UnitKind.WRITING, on_error={Invalid: _again, Conflict: _answered_before})
def decline_identity(visit: Visit, case: bytes, asked: bytes) -> Reply:
    text = AskForm(request.form).text.data or ""
    identity_requests.decline(visit.unit, visit.staff, visit.keys, case, asked, text)
    return Redirect("casework.read_case", {"case": case}, notice=gettext("Declined, with your reason."))
