"""Suspending an account: first what it holds and whose hands are left, then the act."""

import re

from flask import Blueprint, request
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import BadRequest

from complaints.errors import Conflict, DomainError, Invalid
from complaints.policy import Action
from complaints.services import accounts, approvals, holdings, suspension
from complaints.services.unit import Unit
from complaints.vocabulary import AccountState, Role
from complaints.web.forms.people import number_in
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect, Reply

blueprint = Blueprint("suspension", __name__)

_PROBLEMS = {
    "administrator": _("Two people take the administrator’s role from this account first"),
    "last-holder": _("Nobody else holds a case that this account holds. Hand it over first"),
    "person": _("Choose an active investigator who is to go on with its cases"),
    "changed": _("Somebody else has changed this account. Here is how it stands now"),
}


@blueprint.get("/staff/accounts/<id:account>/suspend")
@guarded(Action.SUSPEND_ACCOUNT, UnitKind.READING)
def look_at(visit: Visit, account: bytes) -> Reply:
    return _page(visit.unit, account)


def _page(unit: Unit, account: bytes, problem: str = "", status: int = 200) -> Page:
    others = (line for line in accounts.list_accounts(unit) if line.id != account)
    values = {
        "newcomers": [line for line in others if Role.INVESTIGATOR in line.roles and line.state == AccountState.ACTIVE],
        "account": accounts.read_account(unit, account),
        "held": holdings.of_account(unit, account),
        "problem": _PROBLEMS.get(problem, ""),
    }
    return Page("administration/suspend.html", values, status)


def _not_done(visit: Visit, error: DomainError) -> Page:
    problem = error.problems["state"] if isinstance(error, Invalid) else "changed"
    with visit.app.units.reading() as unit:
        return _page(unit, visit.values["account"], problem, 409)


def _version(visit: Visit) -> int:
    """The one on the page. Raises BadRequest for what no browser sends."""
    del visit
    version = number_in(request.form.get("version", ""))
    if version is None:
        raise BadRequest
    return version


@blueprint.post("/staff/accounts/<id:account>/suspend")
@guarded(Action.SUSPEND_ACCOUNT, UnitKind.WRITING, prepare=_version, on_error={Invalid: _not_done, Conflict: _not_done})
def suspend(visit: Visit, account: bytes) -> Reply:
    suspension.suspend(visit.unit, visit.staff, account, visit.prepared)
    said = _("The account is suspended, and signed out everywhere.")
    return Redirect("administration.list_accounts", notice=said)


@blueprint.post("/staff/accounts/<id:account>/reinstate")
@guarded(Action.SUSPEND_ACCOUNT, UnitKind.WRITING, prepare=_version, on_error={Conflict: _not_done})
def reinstate(visit: Visit, account: bytes) -> Reply:
    suspension.reinstate(visit.unit, visit.staff, account, visit.prepared)
    said = _("The account can be used again, with the roles and keys it had.")
    return Redirect("administration.list_accounts", notice=said)


def _not_proposed(visit: Visit, error: Invalid) -> Page:
    del error
    with visit.app.units.reading() as unit:
        return _page(unit, visit.values["account"], "person", 400)


@blueprint.post("/staff/accounts/<id:account>/replacement")
@guarded(Action.PROPOSE_REPLACEMENT, UnitKind.WRITING, on_error={Invalid: _not_proposed})
def propose_replacement(visit: Visit, account: bytes) -> Reply:
    """Administrators hold no keys: leads who do are asked, and do it or not."""
    person = request.form.get("person", "")
    chosen = bytes.fromhex(person) if re.fullmatch("[0-9a-f]{32}", person) else b""
    approvals.ask_for_replacement(visit.unit, visit.staff, visit.keys.signing, account, chosen)
    return Redirect("requests.list_requests", notice=_("The proposal waits for the leads who hold these cases."))
