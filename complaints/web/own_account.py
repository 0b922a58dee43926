"""What every member of the staff sees of themself: their keys' fingerprint, the undertaking."""

from flask import Blueprint, request
from flask_babel import lazy_gettext as _

from complaints.errors import Invalid, NotFound
from complaints.policy import Action, Staff, Verdict, decide
from complaints.services import accounts, backoff, recovery, reminders, second_factors, sessions, undertakings
from complaints.services.unit import Unit
from complaints.vocabulary import Event
from complaints.web.forms.people import AddressForm, show
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.passphrase_again import account_seed
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.sign_in import place
from crypto import AccountSeed

blueprint = Blueprint("own_account", __name__)


@blueprint.get("/staff/account")
@guarded(Action.SEE_OWN_ACCOUNT, UnitKind.READING)
def overview(visit: Visit) -> Reply:
    unit, actor = visit.unit, visit.staff
    values = {
        "factors": second_factors.of_account(unit, actor),
        "recovery": recovery.prepared(unit, actor),
        "sessions": sessions.list_own(unit, visit.opened) if visit.opened else (),
        "account": accounts.read_account(unit, actor.account),
        "address": reminders.address_of(unit, actor),
        "reminds": bool(visit.app.settings.mail_server),
        "signs": decide(actor, Action.SIGN_UNDERTAKING) is Verdict.ALLOWED and undertakings.newest(unit),
        "signed": actor.account in undertakings.who_signed(unit),
    }
    return Page("people/own_account.html", values)


# -- Where reminders go ----------------------------------------------------------------------------------------------


@blueprint.get("/staff/account/address")
@guarded(Action.CHANGE_ADDRESS, UnitKind.READING)
def address(visit: Visit) -> Reply:
    return _address_page(AddressForm(email=reminders.address_of(visit.unit, visit.staff)))


def _address_page(form: AddressForm, status: int = 200) -> Page:
    return Page("people/own_address.html", {"form": form}, status)


def _unlock(visit: Visit) -> AccountSeed:
    return account_seed(visit, request.form.get("passphrase"), "address")


def _not_changed(visit: Visit, error: Invalid) -> Page:
    del visit
    return _address_page(show(AddressForm(request.form), error.problems), 400)


@blueprint.post("/staff/account/address")
@guarded(Action.CHANGE_ADDRESS, UnitKind.WRITING, prepare=_unlock, on_error={Invalid: _not_changed})
def change_address(visit: Visit) -> Reply:
    reminders.change_address(visit.unit, visit.staff, AddressForm(request.form).email.data or "")
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    return Redirect("own_account.overview", notice=_("Saved."))


# -- The undertaking -------------------------------------------------------------------------------------------------


def awaits_undertaking(unit: Unit, actor: Staff) -> bool:
    """Whether nothing is sealed to the actor before they have signed the newest undertaking."""
    newest = undertakings.newest(unit)
    signs = decide(actor, Action.SIGN_UNDERTAKING) is Verdict.ALLOWED
    return signs and newest is not None and actor.account not in undertakings.who_signed(unit)


@blueprint.get("/staff/undertaking")
@guarded(Action.SIGN_UNDERTAKING, UnitKind.READING)
def undertaking(visit: Visit) -> Reply:
    return _page(visit.unit, visit)


def _page(unit: Unit, visit: Visit, *, missing: bool = False) -> Page:
    values = {
        "newest": undertakings.newest(unit),
        "signed": visit.staff.account in undertakings.who_signed(unit),
        "own": undertakings.signatures(unit, visit.staff.account),
        "missing": missing,
    }
    return Page("people/undertaking.html", values, 400 if missing else 200)


def _not_signed(visit: Visit, error: Invalid) -> Page:
    del error
    with visit.app.units.reading() as unit:
        return _page(unit, visit, missing=True)


@blueprint.post("/staff/undertaking")
@guarded(Action.SIGN_UNDERTAKING, UnitKind.WRITING, on_error={Invalid: _not_signed})
def sign(visit: Visit) -> Reply:
    newest = undertakings.newest(visit.unit)
    if newest is None or not request.form.get("agreed") or request.form.get("version") != str(newest.version):
        raise Invalid({"agreed": "missing"})
    if visit.staff.account not in undertakings.who_signed(visit.unit):
        undertakings.sign(visit.unit, visit.staff, visit.keys.signing, newest.version)
    endpoint, values = place(onward) if (onward := request.args.get("next")) else ("own_account.overview", {})
    return Redirect(endpoint, values, notice=_("You have signed the undertaking."))


@blueprint.post("/staff/account/sessions/<lookup>/end")
@guarded(Action.END_SESSIONS, UnitKind.WRITING)
def end_session(visit: Visit, lookup: str) -> Reply:
    try:
        wanted = bytes.fromhex(lookup)
    except ValueError as error:
        raise NotFound from error
    if visit.opened is not None:
        sessions.end_one(visit.unit, visit.opened, wanted)
    visit.unit.enter(Event.SIGNED_OUT, visit.staff)
    return Redirect("own_account.overview", notice=_("That session has ended."))
