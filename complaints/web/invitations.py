"""Invitations: an administrator's list of them, and the page behind the link."""

from typing import Any

from flask import Blueprint, request
from flask_babel import lazy_gettext as _

from complaints.errors import Invalid, NotFound
from complaints.policy import Action
from complaints.services import accounts, invitations, passphrases, recovery, undertakings
from complaints.services.accounts import NewAccount
from complaints.services.organisation import OrganisationNames
from complaints.services.unit import Unit
from complaints.vocabulary import Role
from complaints.web.forms.people import AcceptForm, InviteForm, number_in, show
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.view_models import role_choices
from crypto import Malformed, SessionToken, fingerprint

blueprint = Blueprint("invitations", __name__)


# -- The administrators' side ----------------------------------------------------------------------------------------


@blueprint.get("/staff/invitations")
@guarded(Action.INVITE, UnitKind.READING)
def list_waiting(visit: Visit) -> Reply:
    return _list_page(visit.unit, InviteForm())


def _list_page(unit: Unit, form: InviteForm, status: int = 200) -> Page:
    values = {"waiting": invitations.list_waiting(unit), "form": form, "items": role_choices()}
    return Page("people/invitations.html", values, status)


def _not_invited(visit: Visit, error: Invalid) -> Page:
    form = show(InviteForm(request.form), error.problems)
    with visit.app.units.reading() as unit:
        return _list_page(unit, form, 400)


@blueprint.post("/staff/invitations")
@guarded(Action.INVITE, UnitKind.WRITING, on_error={Invalid: _not_invited})
def invite(visit: Visit) -> Reply:
    form = InviteForm(request.form)
    name = (form.display_name.data or "").strip()
    again = any(line.display_name == name for line in invitations.list_waiting(visit.unit))
    roles = frozenset(Role(value) for value in form.roles.data or () if value in set(Role))
    token = invitations.invite(visit.unit, visit.staff, visit.keys.signing, name, roles)
    link = f"{visit.app.settings.origin}/staff/invitation/{token.text()}"
    values = {"link": link, "name": name, "lasts": invitations.LASTS.days, "again": again}
    return Page("people/invited.html", values)


@blueprint.post("/staff/invitations/<lookup>/take-back")
@guarded(Action.INVITE, UnitKind.WRITING)
def take_back(visit: Visit, lookup: str) -> Reply:
    try:
        invitations.take_back(visit.unit, visit.staff, bytes.fromhex(lookup))
    except ValueError as error:
        raise NotFound from error
    return Redirect("invitations.list_waiting", notice=_("The invitation is taken back. Its link leads nowhere."))


# -- Behind the link -------------------------------------------------------------------------------------------------


@blueprint.get("/staff/invitation/<token>")
@guarded(Action.ACCEPT_INVITATION, UnitKind.READING)
def look_at(visit: Visit, token: str) -> Reply:
    return _accept_page(visit.unit, token, AcceptForm(suggestion=passphrases.draw(visit.locale)))


def token_of(text: str) -> SessionToken:
    try:
        return SessionToken.from_text(text)
    except Malformed as error:
        raise NotFound from error


def _accept_page(unit: Unit, token: str, form: AcceptForm, status: int = 200) -> Page:
    invited = invitations.find(unit, token_of(token))
    newest = undertakings.newest(unit) if invitations.must_sign(invited.roles) else None
    text = {"th": newest.text_th, "en": newest.text_en, "version": newest.version} if newest else None
    values = {"token": token, "invited": invited, "form": form, "undertaking": text}
    return Page("people/invitation.html", values, status)


def _draft(visit: Visit) -> NewAccount:
    """Looks at everything that can be wrong first; then one Argon2id run, with no transaction open."""
    form = AcceptForm(request.form)
    with visit.app.units.reading() as unit:
        invited = invitations.find(unit, token_of(visit.values["token"]))
        signs = invitations.must_sign(invited.roles) and undertakings.newest(unit) is not None
    asked = ["sign_in_name", "passphrase"]
    if invited.founding:
        asked += ["organisation_th", "organisation_en", "display_name"]
    problems = {name: "missing" for name in asked if not (form[name].data or "").strip()}
    if signs and not form.undertaking.data:
        problems["undertaking"] = "missing"
    if "passphrase" not in problems:
        problems |= _problems_of_passphrase(form, invited.display_name)
    if problems:
        raise Invalid(problems)
    return accounts.draft_account(form.passphrase.data, visit.app.secrets.pepper)


def _problems_of_passphrase(form: AcceptForm, display_name: str) -> dict[str, str]:
    known = (display_name, *((form[name].data or "") for name in ("sign_in_name", "display_name", "organisation_en")))
    try:
        passphrases.examine(form.passphrase.data, *known)
    except Invalid as error:
        return error.problems
    return {} if form.repeated.data == form.passphrase.data else {"repeated": "different"}


def _not_accepted(visit: Visit, error: Invalid) -> Page:
    form = show(AcceptForm(request.form), error.problems)
    with visit.app.units.reading() as unit:
        return _accept_page(unit, visit.values["token"], form, 400)


@blueprint.post("/staff/invitation/<token>")
@guarded(Action.ACCEPT_INVITATION, UnitKind.WRITING, prepare=_draft, on_error={Invalid: _not_accepted})
def accept(visit: Visit, token: str) -> Reply:
    form, new = AcceptForm(request.form), visit.prepared
    staff = invitations.accept(
        visit.unit,
        token_of(token),
        new,
        sign_in_name=form.sign_in_name.data,
        display_name=form.display_name.data or "",
        locale=visit.locale,
        names=OrganisationNames(form.organisation_th.data or "", form.organisation_en.data or ""),
        undertaking=number_in(form.version.data or "") if form.undertaking.data else None,
    )
    seed = new.seed
    digits = fingerprint(
        seed.work().public_key().to_bytes(),
        seed.identity().public_key().to_bytes(),
        seed.signing().verify_key().to_bytes(),
    )
    values: dict[str, Any] = {
        "fingerprint": digits,
        "administrator": Role.ADMINISTRATOR in staff.roles,
        "code": recovery.draw_code(visit.unit, staff, seed).grouped(),
    }
    return Page("people/accepted.html", values)
