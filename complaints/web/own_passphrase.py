"""One's own passphrase, changed; and the printed code for the day it is lost."""

from dataclasses import dataclass

from flask import Blueprint, request
from flask_babel import lazy_gettext as _

from complaints.errors import Invalid
from complaints.policy import Action
from complaints.services import accounts, backoff, passphrases, recovery, sessions
from complaints.web.forms.people import NewPassphraseForm, PassphraseForm, show
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.passphrase_again import account_seed
from complaints.web.replies import Page, Redirect, Reply
from crypto import AccountSeed

blueprint = Blueprint("own_passphrase", __name__)


@blueprint.get("/staff/account/passphrase")
@guarded(Action.CHANGE_PASSPHRASE, UnitKind.NONE)
def look_at(visit: Visit) -> Reply:
    return _page(NewPassphraseForm(suggestion=passphrases.draw(visit.locale)))


def _page(form: NewPassphraseForm, status: int = 200) -> Page:
    return Page("people/own_passphrase.html", {"form": form}, status)


@dataclass(frozen=True, slots=True)
class _Changed:
    seed: AccountSeed
    locked: bytes


def _lock_anew(visit: Visit) -> _Changed:
    """Two Argon2id runs, with no transaction open; none before the new passphrase is good."""
    form = NewPassphraseForm(request.form)
    with visit.app.units.reading() as unit:
        name = accounts.read_account(unit, visit.staff.account).sign_in_name
    try:
        passphrases.examine(form.chosen.data or "", name, visit.staff.name)
    except Invalid as error:
        raise Invalid({"chosen": error.problems["passphrase"] if form.chosen.data else "missing"}) from error
    if form.repeated.data != form.chosen.data:
        raise Invalid({"repeated": "different"})
    seed = account_seed(visit, form.passphrase.data, "passphrase")
    return _Changed(seed, accounts.lock(seed, form.chosen.data, visit.app.secrets.pepper, visit.staff.account))


def _not_changed(visit: Visit, error: Invalid) -> Page:
    del visit
    return _page(show(NewPassphraseForm(request.form), error.problems), 400)


@blueprint.post("/staff/account/passphrase")
@guarded(Action.CHANGE_PASSPHRASE, UnitKind.WRITING, prepare=_lock_anew, on_error={Invalid: _not_changed})
def change(visit: Visit) -> Reply:
    changed: _Changed = visit.prepared
    accounts.change_lock(visit.unit, visit.staff, changed.locked)
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    if visit.opened is not None:
        sessions.end_others(visit.unit, visit.opened)
    return Redirect(
        "own_account.overview", notice=_("Your passphrase is changed. You were signed out everywhere else.")
    )


# -- The printed code ------------------------------------------------------------------------------------------------


@blueprint.get("/staff/account/recovery-code")
@guarded(Action.DRAW_RECOVERY_CODE, UnitKind.NONE)
def look_at_code(visit: Visit) -> Reply:
    return _code_page(visit, PassphraseForm())


def _code_page(visit: Visit, form: PassphraseForm, status: int = 200) -> Page:
    with visit.app.units.reading() as unit:
        prepared = recovery.prepared(unit, visit.staff)
    return Page("people/recovery_draw.html", {"form": form, "prepared": prepared}, status)


def _unlock(visit: Visit) -> AccountSeed:
    return account_seed(visit, request.form.get("passphrase"), "recovery-code")


def _not_drawn(visit: Visit, error: Invalid) -> Page:
    return _code_page(visit, show(PassphraseForm(), error.problems), 400)


@blueprint.post("/staff/account/recovery-code")
@guarded(Action.DRAW_RECOVERY_CODE, UnitKind.WRITING, prepare=_unlock, on_error={Invalid: _not_drawn})
def draw_code(visit: Visit) -> Reply:
    code = recovery.draw_code(visit.unit, visit.staff, visit.prepared)
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    return Page("people/recovery_code.html", {"code": code.grouped(), "recovered": False})
