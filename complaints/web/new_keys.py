"""New keys for an account whose passphrase and code are lost: the administrator's request, and the page behind the link."""

from flask import Blueprint, request

from complaints.errors import Conflict, DomainError, Invalid
from complaints.policy import Action
from complaints.services import accounts, approvals, holdings, new_keys, passphrases
from complaints.services.accounts import Credential, NewAccount
from complaints.services.unit import Unit
from complaints.web.forms.people import NewKeysForm, problem_words, show
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.invitations import token_of
from complaints.web.replies import Page, Reply
from crypto import AccountSeed, fingerprint

blueprint = Blueprint("new_keys", __name__)


# -- The administrators' side ----------------------------------------------------------------------------------------


@blueprint.get("/staff/accounts/<id:account>/new-keys")
@guarded(Action.ASK_FOR_NEW_KEYS, UnitKind.READING)
def look_at(visit: Visit, account: bytes) -> Reply:
    return _page(visit.unit, account)


def _page(unit: Unit, account: bytes, problem: str = "", status: int = 200) -> Page:
    values = {
        "account": accounts.read_account(unit, account),
        "held": holdings.of_account(unit, account),
        "problem": problem,
    }
    return Page("administration/new_keys.html", values, status)


def _not_asked(visit: Visit, error: Invalid) -> Page:
    with visit.app.units.reading() as unit:
        return _page(unit, visit.values["account"], problem_words(error.problems), 409)


@blueprint.post("/staff/accounts/<id:account>/new-keys")
@guarded(Action.ASK_FOR_NEW_KEYS, UnitKind.WRITING, on_error={Invalid: _not_asked})
def ask(visit: Visit, account: bytes) -> Reply:
    name = accounts.read_account(visit.unit, account).display_name
    token = new_keys.ask(visit.unit, visit.staff, visit.keys.signing, account)
    link = f"{visit.app.settings.origin}/staff/new-keys/{token.text()}"
    return Page("people/new_keys_link.html", {"link": link, "name": name, "lasts": approvals.LASTS.days})


# -- Behind the link -------------------------------------------------------------------------------------------------


@blueprint.get("/staff/new-keys/<token>")
@guarded(Action.DRAW_NEW_KEYS, UnitKind.READING)
def look_behind(visit: Visit, token: str) -> Reply:
    return _draw_page(visit.unit, token, NewKeysForm(suggestion=passphrases.draw(visit.locale)))


def _draw_page(unit: Unit, token: str, form: NewKeysForm, status: int = 200) -> Page:
    awaited = new_keys.find(unit, token_of(token))
    return Page("people/new_keys.html", {"token": token, "form": form, "awaited": awaited}, status)


def _prepare(visit: Visit) -> NewAccount | AccountSeed:
    """What is drawn, or was drawn before. One Argon2id run, with no transaction open; none before link and passphrase are good."""
    form = NewKeysForm(request.form)
    with visit.app.units.reading() as unit:
        awaited = new_keys.find(unit, token_of(visit.values["token"]))
    if not form.passphrase.data:
        raise Invalid({"passphrase": "missing"})
    if awaited.locked is not None:
        return _unlock(visit, awaited.account, awaited.locked, form.passphrase.data)
    passphrases.examine(form.passphrase.data, awaited.sign_in_name, awaited.display_name)
    if form.repeated.data != form.passphrase.data:
        raise Invalid({"repeated": "different"})
    return accounts.draft_account(form.passphrase.data, visit.app.secrets.pepper, awaited.account)


def _unlock(visit: Visit, account: bytes, locked: bytes, passphrase: str) -> AccountSeed:
    """The seed that was drawn behind the link, for whoever drew it."""
    seed = accounts.open_credential(Credential(account, locked), passphrase, visit.app.secrets.pepper)
    if seed is None:
        raise Invalid({"passphrase": "not-drawn-with"})
    return seed


def _not_drawn(visit: Visit, error: DomainError) -> Page:
    """What is wrong beside its field; or, where keys were drawn meanwhile, that they were."""
    form = NewKeysForm(request.form)
    if isinstance(error, Invalid):
        show(form, error.problems)
    with visit.app.units.reading() as unit:
        return _draw_page(unit, visit.values["token"], form, 400 if isinstance(error, Invalid) else 409)


@blueprint.post("/staff/new-keys/<token>")
@guarded(Action.DRAW_NEW_KEYS, UnitKind.WRITING, prepare=_prepare, on_error={Invalid: _not_drawn, Conflict: _not_drawn})
def draw(visit: Visit, token: str) -> Reply:
    """The digits come from the seed at hand, never from the database: there they could be somebody else's."""
    if isinstance(visit.prepared, NewAccount):
        new_keys.draw(visit.unit, token_of(token), visit.prepared)
        seed = visit.prepared.seed
    else:
        seed = visit.prepared
    digits = fingerprint(*accounts.public_keys_of(seed))
    return Page("people/new_keys.html", {"token": token, "form": NewKeysForm(), "digits": digits})
