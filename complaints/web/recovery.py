"""A lost passphrase: its owner comes with the printed code, a custodian lends their half, and the owner chooses a new one."""

from dataclasses import dataclass

from flask import Blueprint, request
from flask_babel import lazy_gettext as _

from complaints.errors import Invalid
from complaints.policy import Action
from complaints.services import accounts, backoff, passphrases, recovery
from complaints.services.recovery import Found
from complaints.services.unit import Unit
from complaints.web.forms.people import FinishForm, PassphraseForm, RecoverForm, show
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.passphrase_again import account_seed
from complaints.web.replies import Page, Redirect, Reply
from crypto import AccountSeed, Mistyped, RecoveryCode

blueprint = Blueprint("recovery", __name__)


# -- The owner, who cannot sign in -----------------------------------------------------------------------------------


@blueprint.get("/staff/recovery")
@guarded(Action.RECOVER, UnitKind.NONE)
def begin(visit: Visit) -> Reply:
    del visit
    return _ask_page(RecoverForm())


def _ask_page(form: RecoverForm, status: int = 200) -> Page:
    return Page("people/recovery_ask.html", {"form": form, "lasts": recovery.LASTS.days}, status)


def _read_code(visit: Visit) -> RecoveryCode:
    """Whether it can be a code at all is told from itself, and by nothing that is stored."""
    del visit
    form = RecoverForm(request.form)
    problems = {name: "missing" for name in ("name", "recovery_code") if not (form[name].data or "").strip()}
    if problems:
        raise Invalid(problems)
    try:
        return RecoveryCode.parse(form.recovery_code.data)
    except Mistyped as error:
        raise Invalid({"recovery_code": "mistyped"}) from error


def _ask_again(visit: Visit, error: Invalid) -> Page:
    del visit
    return _ask_page(show(RecoverForm(request.form), error.problems), 400)


@blueprint.post("/staff/recovery")
@guarded(Action.RECOVER, UnitKind.WRITING, prepare=_read_code, on_error={Invalid: _ask_again})
def ask(visit: Visit) -> Reply:
    """One answer, whether or not name and code are of one account."""
    recovery.ask(visit.unit, RecoverForm(request.form).name.data, visit.prepared)
    return Page("people/recovery_asked.html", {"lasts": recovery.LASTS.days})


@blueprint.get("/staff/recovery/finish")
@guarded(Action.RECOVER, UnitKind.NONE)
def look_at_finish(visit: Visit) -> Reply:
    return _finish_page(FinishForm(suggestion=passphrases.draw(visit.locale)))


def _finish_page(form: FinishForm, status: int = 200) -> Page:
    return Page("people/recovery_finish.html", {"form": form}, status)


@dataclass(frozen=True, slots=True)
class _BroughtBack:
    found: Found
    locked: bytes


def _bring_back(visit: Visit) -> _BroughtBack:
    """The seed, back in this request, and locked under the new passphrase: one Argon2id run, with no transaction open."""
    form, code = FinishForm(request.form), _read_code(visit)
    if not form.passphrase.data:
        raise Invalid({"passphrase": "missing"})
    with visit.app.units.reading() as unit:
        found = recovery.bring_back(unit, form.name.data or "", code)
    passphrases.examine(form.passphrase.data, found.sign_in_name, found.display_name)
    if form.repeated.data != form.passphrase.data:
        raise Invalid({"repeated": "different"})
    return _BroughtBack(found, accounts.lock(found.seed, form.passphrase.data, visit.app.secrets.pepper, found.account))


def _finish_again(visit: Visit, error: Invalid) -> Page:
    del visit
    return _finish_page(show(FinishForm(request.form), error.problems), 400)


@blueprint.post("/staff/recovery/finish")
@guarded(Action.RECOVER, UnitKind.WRITING, prepare=_bring_back, on_error={Invalid: _finish_again})
def finish(visit: Visit) -> Reply:
    brought: _BroughtBack = visit.prepared
    code = recovery.finish(visit.unit, brought.found, brought.locked)
    return Page("people/recovery_code.html", {"code": code.grouped(), "recovered": True})


# -- The custodians --------------------------------------------------------------------------------------------------


@blueprint.get("/staff/recoveries")
@guarded(Action.SEE_RECOVERIES, UnitKind.READING)
def list_asking(visit: Visit) -> Reply:
    return Page("people/recoveries.html", {"lines": recovery.asking(visit.unit, visit.staff)})


@blueprint.get("/staff/recoveries/<id:account>")
@guarded(Action.RELEASE_RECOVERY, UnitKind.READING)
def read(visit: Visit, account: bytes) -> Reply:
    return _page(visit.unit, visit, account, PassphraseForm())


def _page(unit: Unit, visit: Visit, account: bytes, form: PassphraseForm, status: int = 200) -> Page:
    return Page(
        "people/recovery.html", {"line": recovery.read_asking(unit, visit.staff, account), "form": form}, status
    )


def _unlock(visit: Visit) -> AccountSeed:
    with visit.app.units.reading() as unit:
        recovery.read_asking(unit, visit.staff, visit.values["account"])
    return account_seed(visit, request.form.get("passphrase"), "recovery")


def _not_released(visit: Visit, error: Invalid) -> Page:
    form = show(PassphraseForm(), error.problems)
    with visit.app.units.reading() as unit:
        return _page(unit, visit, visit.values["account"], form, 400)


@blueprint.post("/staff/recoveries/<id:account>")
@guarded(Action.RELEASE_RECOVERY, UnitKind.WRITING, prepare=_unlock, on_error={Invalid: _not_released})
def release(visit: Visit, account: bytes) -> Reply:
    seed: AccountSeed = visit.prepared
    recovery.release(visit.unit, visit.staff, seed.identity(), account)
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    return Redirect("recovery.list_asking", notice=_("Your half is handed over. Only the printed code opens it."))


@blueprint.post("/staff/recoveries/<id:account>/decline")
@guarded(Action.RELEASE_RECOVERY, UnitKind.WRITING)
def decline(visit: Visit, account: bytes) -> Reply:
    recovery.decline(visit.unit, visit.staff, account)
    return Redirect("recovery.list_asking", notice=_("The request is declined. Nothing has changed."))
