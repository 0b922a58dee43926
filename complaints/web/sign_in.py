"""Signing in and out, and the place where each role begins."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, current_app, request
from werkzeug.exceptions import HTTPException

from complaints.errors import Invalid, NotReady
from complaints.policy import Action, Staff, Verdict, decide
from complaints.services import accounts, recovery, sessions
from complaints.services.accounts import Credential
from complaints.vocabulary import Event
from complaints.web.forms.sign_in import SignInForm
from complaints.web.frame import NAVIGATION
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect, Reply, Text
from complaints.web.session_interface import Audience, TableSessions
from crypto import AccountSeed

blueprint = Blueprint("sign_in", __name__)

HOME = "sign_in.home"


@blueprint.get("/staff/")
@guarded(Action.SEE_HOME, UnitKind.NONE)
def home(visit: Visit) -> Reply:
    """Each role's own place; a page that says so for whoever has none yet."""
    for action, endpoint, _text in NAVIGATION:
        if decide(visit.actor, action) is Verdict.ALLOWED and endpoint in current_app.view_functions:
            return Redirect(endpoint)
    return Page("sign_in/home.html")


@blueprint.get("/staff/sign-in")
@guarded(Action.SIGN_IN, UnitKind.NONE)
def sign_in(visit: Visit) -> Reply:
    if isinstance(visit.actor, Staff):
        return Redirect(HOME)
    return Page("sign_in/sign_in.html", {"form": SignInForm()})


@dataclass(frozen=True, slots=True)
class _Try:
    credential: Credential
    seed: AccountSeed | None
    onward: tuple[str, dict[str, object]]
    """The page that was asked for before, and its parameters."""


def _try_passphrase(visit: Visit) -> _Try:
    """One Argon2id run, whatever was typed, with no transaction open."""
    form = SignInForm(request.form)
    if not form.validate():
        raise Invalid(dict.fromkeys(form.errors, "missing"))
    with visit.app.units.reading() as unit:
        credential = accounts.find_credential(unit, form.name.data)
    seed = accounts.open_credential(credential, form.passphrase.data, visit.app.secrets.pepper)
    return _Try(credential, seed, place(request.args.get("next", "")))


def _again(status: int, **values: object) -> Page:
    """The form, with the name in it and nothing else that was typed."""
    form = SignInForm(request.form)
    if status == 400:
        form.validate()
    form.code.data = ""
    return Page("sign_in/sign_in.html", {"form": form, **values}, status)


def _missing(_visit: Visit, _error: Invalid) -> Page:
    return _again(400)


def _too_many(_visit: Visit, _error: NotReady) -> Page:
    """Nothing was tried, whoever it was."""
    return _again(503, busy=True)


def _refused() -> Page:
    """The one answer to an unknown name, a wrong passphrase, a suspended account and one that has to wait."""
    return _again(403, refused=True)


@blueprint.post("/staff/sign-in")
@guarded(
    Action.SIGN_IN,
    UnitKind.WRITING,
    prepare=_try_passphrase,
    on_error={Invalid: _missing, NotReady: _too_many},
)
def enter(visit: Visit) -> Reply:
    tried: _Try = visit.prepared
    cookies = cast(TableSessions, current_app.session_interface)
    token = accounts.sign_in(
        visit.unit,
        tried.credential,
        tried.seed,
        device=cookies.device(request),
        paper=SignInForm(request.form).code.data or "",
        waive_factor=visit.app.settings.second_factor_waived,
    )
    if token is None:
        return _refused()
    _renew_recovery(visit, tried)
    if visit.opened is not None:
        sessions.end(visit.unit, visit.opened.token)
    endpoint, values = tried.onward
    chosen = {"lang": visit.locale} if "lang" in request.args else {}
    return Redirect(endpoint, values | chosen, session=token)


def _renew_recovery(visit: Visit, tried: _Try) -> None:
    """Custodians come and go; the seed is at hand now, so those of today get their half, and no others."""
    staff = accounts.load_staff(visit.unit, tried.credential.account or b"")
    if staff is not None and tried.seed is not None:
        recovery.renew(visit.unit, staff, tried.seed)


def place(address: str) -> tuple[str, dict[str, object]]:
    """Where somebody was going when they were asked to sign in: one of our own staff pages, whatever the address says; else home."""
    try:
        parts = urlsplit(address)
    except ValueError:  # its message quotes the address
        return HOME, {}
    if parts.scheme or parts.netloc or Audience.of(parts.path) is not Audience.STAFF:
        return HOME, {}
    try:
        endpoint, values = current_app.url_map.bind("").match(parts.path, "GET")
    except HTTPException:
        return HOME, {}
    if endpoint == "sign_in.sign_in":
        return HOME, {}
    # What `url_for` would take for itself (its options begin with a line) is not a parameter of a page.
    query = {key: value for key, value in parse_qsl(parts.query) if key.isalpha() and key != "endpoint"}
    return endpoint, {**query, **values}


@blueprint.get("/staff/stay")
@guarded(Action.SEE_HOME, UnitKind.NONE)
def stay(visit: Visit) -> Text:
    """Asked for by a page while somebody works in it: to be asked is to be in use."""
    del visit
    return Text("")


@blueprint.post("/staff/sign-out")
@guarded(Action.SIGN_OUT, UnitKind.WRITING)
def sign_out(visit: Visit) -> Redirect:
    if visit.opened is not None:
        sessions.end(visit.unit, visit.opened.token)
    visit.unit.enter(Event.SIGNED_OUT, visit.staff)
    return Redirect("sign_in.sign_in", {"lang": visit.locale}, end_session=True)
