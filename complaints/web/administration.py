"""Accounts, their roles, and the channels: what administrators see. Nothing here opens anything."""

from flask import Blueprint, request
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import BadRequest

from complaints.errors import Conflict, DomainError, Invalid, Refused
from complaints.policy import Action
from complaints.services import accounts, channel_overview, new_keys, readiness, rosters, second_factors
from complaints.services.accounts import AccountLine
from complaints.services.unit import Unit
from complaints.vocabulary import Role
from complaints.web.forms.administration import RolesForm
from complaints.web.forms.people import problem_words
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect
from complaints.web.view_models import role_choices

blueprint = Blueprint("administration", __name__)


@blueprint.get("/staff/accounts")
@guarded(Action.SEE_ACCOUNTS, UnitKind.READING)
def list_accounts(visit: Visit) -> Page:
    """An administrator begins here, so the page leads to the set-up while that is not done."""
    values = {
        "accounts": accounts.list_accounts(visit.unit),
        "with_factor": second_factors.who_has(visit.unit),
        "ready": readiness.examine(visit.unit),
    }
    return Page("administration/accounts.html", values)


@blueprint.get("/staff/accounts/<id:account>")
@guarded(Action.CHANGE_ROLES, UnitKind.READING)
def read_account(visit: Visit, account: bytes) -> Page:
    line = accounts.read_account(visit.unit, account)
    return _account_page(visit, visit.unit, line, _as_it_stands(line))


def _as_it_stands(line: AccountLine) -> RolesForm:
    return RolesForm(data={"roles": [role.value for role in line.roles], "version": line.version})


def not_asked(visit: Visit, error: Invalid) -> Page:
    """The account's page, with why what was asked about it cannot be."""
    with visit.app.units.reading() as unit:
        line = accounts.read_account(unit, visit.values["account"])
        return _account_page(visit, unit, line, _as_it_stands(line), problem_words(error.problems), 409)


def _read_form(visit: Visit) -> RolesForm:
    del visit
    form = RolesForm(request.form)
    if not form.validate():
        raise BadRequest  # only what nobody's browser sends: an unknown role, no version
    return form


def _not_changed(visit: Visit, error: DomainError) -> Page:
    """The form again, with what stands now; what was chosen is kept unless somebody else has changed the account meanwhile."""
    form: RolesForm = visit.prepared
    with visit.app.units.reading() as unit:
        line = accounts.read_account(unit, visit.values["account"])
        if isinstance(error, Invalid):
            form.roles.errors = [str(RolesForm.PROBLEMS[error.problems["roles"]])]
            return _account_page(visit, unit, line, form, status=400)
        form = _as_it_stands(line)
        form.roles.errors = [str(RolesForm.CHANGED_MEANWHILE)]
        return _account_page(visit, unit, line, form, status=409)


@blueprint.post("/staff/accounts/<id:account>")
@guarded(
    Action.CHANGE_ROLES,
    UnitKind.WRITING,
    prepare=_read_form,
    on_error={Invalid: _not_changed, Conflict: _not_changed},
)
def change_roles(visit: Visit, account: bytes) -> Redirect:
    form: RolesForm = visit.prepared
    roles = frozenset(Role(value) for value in form.roles.data or ())
    accounts.change_roles(visit.unit, visit.staff, account, roles, form.version.data)
    return Redirect(
        "administration.list_accounts",
        notice=_("The roles are changed. The account is signed out everywhere."),
    )


@blueprint.get("/staff/channels")
@guarded(Action.SEE_CHANNELS, UnitKind.READING)
def list_channels(visit: Visit) -> Page:
    return Page("administration/channels.html", {"channels": channel_overview.list_channels(visit.unit)})


def _account_page(
    visit: Visit, unit: Unit, line: AccountLine, form: RolesForm, problem: str = "", status: int = 200
) -> Page:
    values = {
        "account": line,
        "form": form,
        "problem": problem,
        "items": role_choices(asked_for=Role.ADMINISTRATOR not in line.roles and accounts.takes_two(unit)),
        "left": new_keys.rosters_left(unit, line.id),
        "own": line.id == visit.staff.account,
        "has_factor": line.id in second_factors.who_has(unit),
        "waived": visit.app.settings.second_factor_waived,
        "on_roster": _is_on_a_roster(unit, line.id),
        "last": accounts.is_last_administrator(unit, line.id),
    }
    return Page("administration/account.html", values, status)


def _is_on_a_roster(unit: Unit, account: bytes) -> bool:
    """As far as it can be known: where a roster does not verify, whoever asks is told so."""
    try:
        return rosters.is_on_any(unit, account)
    except Refused:
        return False
