"""The second factor: given after the passphrase, and added and removed by its owner with the passphrase again."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import segno
from flask import Blueprint, request, session, url_for
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from complaints.errors import Invalid
from complaints.policy import Action
from complaints.services import accounts, backoff, second_factors, sessions
from complaints.services.second_factors import Site
from complaints.services.unit import Unit
from complaints.vocabulary import Assurance, Locale
from complaints.web.forms.people import AuthenticatorForm, GiveForm, PasskeyForm, PassphraseForm, show
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.passphrase_again import account_seed
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.sign_in import HOME, place
from crypto import AccountSeed, SecretKey

blueprint = Blueprint("second_factor", __name__)

_CHALLENGE, _DRAWN = "factor-challenge", "factor-drawn"
_PURPOSE = "second-factor"


def _site(visit: Visit) -> Site:
    origin = visit.app.settings.origin
    return Site(urlsplit(origin).hostname or "", origin, visit.app.organisation(visit.locale))


def _challenge() -> bytes:
    """Good for one answer. Empty when none is outstanding, which nothing answers."""
    return bytes.fromhex(session.pop(_CHALLENGE, ""))


# -- Given, after the passphrase -------------------------------------------------------------------------------------


@blueprint.get("/staff/sign-in/second-factor")
@guarded(Action.GIVE_FACTOR, UnitKind.READING)
def give(visit: Visit) -> Reply:
    if visit.staff.assurance is not Assurance.AWAITED:
        return Redirect(HOME)
    return _give_page(visit.unit, visit, GiveForm())


def _give_page(unit: Unit, visit: Visit, form: GiveForm, *, refused: bool = False) -> Page:
    asked = second_factors.authentication_options(unit, visit.staff, _site(visit))
    if asked is not None:
        session[_CHALLENGE] = asked[1].hex()
    alone = accounts.is_last_administrator(unit, visit.staff.account)
    values = {"form": form, "options": asked[0] if asked else None, "refused": refused, "alone": alone}
    return Page("people/factor_give.html", values, 403 if refused else 200)


@blueprint.post("/staff/sign-in/second-factor")
@guarded(Action.GIVE_FACTOR, UnitKind.WRITING)
def take(visit: Visit) -> Reply:
    """A session that was waiting is replaced by one that opens cases, under a new cookie."""
    form, unit, actor = GiveForm(request.form), visit.unit, visit.staff
    if actor.assurance is not Assurance.AWAITED or visit.opened is None:
        return Redirect(HOME)
    challenge = _challenge()
    source = bytes.fromhex(session.get("source", ""))
    if second_factors.has_to_wait(unit, actor, source) or not _is_right(visit, form, challenge):
        second_factors.refuse(unit, actor, source)
        return _give_page(unit, visit, GiveForm(), refused=True)
    second_factors.forget_refusals(unit, actor, source)
    token = sessions.begin(unit, actor, visit.keys, Assurance.GIVEN)
    sessions.end(unit, visit.opened.token)
    endpoint, values = place(request.args.get("next", ""))
    return Redirect(endpoint, values, session=token, device=backoff.remember_device(unit, actor.account))


def _is_right(visit: Visit, form: GiveForm, challenge: bytes) -> bool:
    if form.passkey.data:
        site = _site(visit)
        return second_factors.give_passkey(visit.unit, visit.staff, site, challenge, form.passkey.data)
    return second_factors.give_code(visit.unit, visit.staff, visit.keys.work, form.code.data or "")


# -- Added and removed -----------------------------------------------------------------------------------------------


@blueprint.get("/staff/account/second-factors")
@guarded(Action.CHANGE_FACTORS, UnitKind.READING)
def overview(visit: Visit) -> Reply:
    values = {
        "factors": second_factors.of_account(visit.unit, visit.staff),
        "paper": second_factors.count_paper(visit.unit, visit.staff),
        "lacking": visit.staff.assurance is Assurance.LACKING,
    }
    return Page("people/factors.html", values)


@dataclass(frozen=True, slots=True)
class _Changed:
    """What a change of factors leaves: this session alone, sure of its owner, who goes on to where they were going."""

    codes: tuple[str, ...]

    def reply(self, visit: Visit, notice: Any) -> Reply:
        if visit.opened is not None:
            sessions.end_others(visit.unit, visit.opened)
            backoff.forget_devices(visit.unit, visit.staff.account)
        backoff.forget_mistakes(visit.unit, visit.staff.account)
        onward = Redirect(*place(request.args.get("next", "")), notice=notice)
        if self.codes:
            address = url_for(onward.endpoint, **onward.values)
            return Page("people/paper_codes.html", {"codes": self.codes, "onward": address})
        return onward if request.args.get("next") else Redirect("second_factor.overview", notice=notice)


def _unlock(visit: Visit) -> AccountSeed:
    return account_seed(visit, request.form.get("passphrase"), _PURPOSE)


def _drawn() -> SecretKey:
    """The secret that the page shows, until it is added: kept in the session, which is sealed."""
    if _DRAWN not in session:
        session[_DRAWN] = SecretKey.generate().export().hex()
    return SecretKey.from_bytes(bytes.fromhex(session[_DRAWN]))


@blueprint.get("/staff/account/second-factors/authenticator")
@guarded(Action.CHANGE_FACTORS, UnitKind.READING)
def authenticator(visit: Visit) -> Reply:
    return _authenticator_page(visit.unit, visit, AuthenticatorForm())


def _authenticator_page(unit: Unit, visit: Visit, form: AuthenticatorForm, status: int = 200) -> Page:
    key = _drawn()
    name = accounts.read_account(unit, visit.staff.account).sign_in_name
    address = second_factors.provisioning_address(key, name, visit.app.organisation(Locale.ENGLISH))
    text = second_factors.secret_text(key)
    picture = segno.make(address, error="m").svg_inline(
        scale=4, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    values = {
        "form": form,
        "picture": Markup(picture),  # noqa: S704 - made by us of letters and digits
        "secret": " ".join(text[i : i + 4] for i in range(0, len(text), 4)),
    }
    return Page("people/factor_authenticator.html", values, status)


def _authenticator_again(visit: Visit, error: Invalid) -> Page:
    form = show(AuthenticatorForm(request.form), error.problems)
    with visit.app.units.reading() as unit:
        return _authenticator_page(unit, visit, form, 400)


@blueprint.post("/staff/account/second-factors/authenticator")
@guarded(Action.CHANGE_FACTORS, UnitKind.WRITING, prepare=_unlock, on_error={Invalid: _authenticator_again})
def add_authenticator(visit: Visit) -> Reply:
    form = AuthenticatorForm(request.form)
    code, label = "".join((form.code.data or "").split()), form.label.data or ""
    codes = second_factors.add_authenticator(visit.unit, visit.staff, _drawn(), label, code)
    session.pop(_DRAWN)
    session["assurance"] = Assurance.GIVEN.value
    return _Changed(codes).reply(visit, _("The authenticator is added. You were signed out everywhere else."))


@blueprint.get("/staff/account/second-factors/passkey")
@guarded(Action.CHANGE_FACTORS, UnitKind.READING)
def passkey(visit: Visit) -> Reply:
    return _passkey_page(visit.unit, visit, PasskeyForm())


def _passkey_page(unit: Unit, visit: Visit, form: PasskeyForm, status: int = 200) -> Page:
    options, challenge = second_factors.registration_options(unit, visit.staff, _site(visit))
    session[_CHALLENGE] = challenge.hex()
    return Page("people/factor_passkey.html", {"form": form, "options": options}, status)


def _passkey_again(visit: Visit, error: Invalid) -> Page:
    form = show(PasskeyForm(request.form), error.problems)
    with visit.app.units.reading() as unit:
        return _passkey_page(unit, visit, form, 400)


@blueprint.post("/staff/account/second-factors/passkey")
@guarded(Action.CHANGE_FACTORS, UnitKind.WRITING, prepare=_unlock, on_error={Invalid: _passkey_again})
def add_passkey(visit: Visit) -> Reply:
    form = PasskeyForm(request.form)
    if not form.passkey.data:
        raise Invalid({"passkey": "missing"})
    codes = second_factors.add_passkey(
        visit.unit, visit.staff, _site(visit), _challenge(), form.passkey.data, form.label.data or ""
    )
    session["assurance"] = Assurance.GIVEN.value
    return _Changed(codes).reply(visit, _("The passkey is added. You were signed out everywhere else."))


@blueprint.get("/staff/account/second-factors/<id:factor>/remove")
@guarded(Action.CHANGE_FACTORS, UnitKind.NONE)
def ask_to_remove(visit: Visit, factor: bytes) -> Reply:
    del visit, factor
    return _passphrase_page(PassphraseForm(), "remove")


@blueprint.get("/staff/account/second-factors/paper")
@guarded(Action.CHANGE_FACTORS, UnitKind.NONE)
def ask_for_paper(visit: Visit) -> Reply:
    del visit
    return _passphrase_page(PassphraseForm(), "paper")


def _passphrase_page(form: PassphraseForm, what: str, status: int = 200) -> Page:
    return Page("people/factor_passphrase.html", {"form": form, "what": what}, status)


def _not_unlocked(visit: Visit, error: Invalid) -> Page:
    what = "remove" if "factor" in visit.values else "paper"
    return _passphrase_page(show(PassphraseForm(), error.problems), what, 400)


@blueprint.post("/staff/account/second-factors/<id:factor>/remove")
@guarded(Action.CHANGE_FACTORS, UnitKind.WRITING, prepare=_unlock, on_error={Invalid: _not_unlocked})
def remove(visit: Visit, factor: bytes) -> Reply:
    second_factors.remove(visit.unit, visit.staff, factor)
    if not second_factors.of_account(visit.unit, visit.staff):
        waived = visit.app.settings.second_factor_waived
        session["assurance"] = (Assurance.WAIVED if waived else Assurance.LACKING).value
    return _Changed(()).reply(visit, _("It is removed. You were signed out everywhere else."))


@blueprint.post("/staff/account/second-factors/paper")
@guarded(Action.CHANGE_FACTORS, UnitKind.WRITING, prepare=_unlock, on_error={Invalid: _not_unlocked})
def draw_paper(visit: Visit) -> Reply:
    if not second_factors.of_account(visit.unit, visit.staff):
        return Redirect("second_factor.overview")
    return _Changed(second_factors.draw_paper(visit.unit, visit.staff)).reply(visit, "")
