"""A new tracking code in exchange for the old: shown first, to be kept, and only then exchanged."""

from flask import request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid
from complaints.policy import Action, Reporter
from complaints.services import own_receipt, sessions
from complaints.services.keys import SessionKeys
from complaints.vocabulary import Locale
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.own.blueprint import blueprint
from complaints.web.own.pages import own_page
from complaints.web.own.receipt_again import Again, ask_again, code_field, open_from_page, seal_for_page
from complaints.web.replies import Page, Redirect
from complaints.web.reporter.pages import Card, FormField
from crypto import Mistyped, PrivateKey, Receipt

EXCHANGED = _("Your code is exchanged. From now on the new one alone opens your report.")
_NOT_KEPT = _("Tick the box once you have kept the new code.")


def _page(visit: Visit, error: Invalid | None = None) -> Page:
    problem = error.problems.get("code") if error else None
    return own_page(visit, "mailbox/receipt.html", {"code": code_field(problem)}, 400 if error else 200)


@blueprint.get("/code")
@guarded(Action.CHANGE_RECEIPT, UnitKind.NONE)
def receipt(visit: Visit, locale: Locale) -> Page:
    del locale
    return _page(visit)


@blueprint.post("/code")
@guarded(Action.CHANGE_RECEIPT, UnitKind.NONE, prepare=ask_again, on_error={Invalid: _page})
def new_receipt(visit: Visit, locale: Locale) -> Page:
    """Draws the new code, and shows it. Nothing is exchanged yet: whoever closes this page keeps the old one."""
    del locale
    again: Again = visit.prepared
    return _new_page(visit, Receipt.generate(), again.seed.identity())


def _new_page(visit: Visit, fresh: Receipt, key: PrivateKey, *, not_kept: bool = False) -> Page:
    values = {
        "card": Card(fresh),
        "sealed": seal_for_page(visit, key),
        "kept": FormField("kept", "kept", [], [_NOT_KEPT] if not_kept else []),
    }
    return own_page(visit, "mailbox/new_receipt.html", values, 400 if not_kept else 200, other_language=False)


def _begin_again(visit: Visit, error: Conflict) -> Page:
    """A code that is somebody's already was none of ours: the page draws another."""
    del error
    return _page(visit, Invalid({"page": "expired"}))


def _take(visit: Visit) -> tuple[Receipt, PrivateKey]:
    key = open_from_page(visit, request.form.get("sealed", ""))
    try:
        fresh = Receipt.parse(request.form.get("fresh", ""))
    except Mistyped:
        fresh = None
    if key is None or fresh is None:
        raise Invalid({"page": "expired"})
    return fresh, key


@blueprint.post("/code/exchange")
@guarded(Action.CHANGE_RECEIPT, UnitKind.WRITING, prepare=_take, on_error={Invalid: _page, Conflict: _begin_again})
def exchange(visit: Visit, locale: Locale) -> Page | Redirect:
    """Every session of the case ends, this one too; one under the new code takes its place."""
    fresh, key = visit.prepared
    if "yes" not in request.form.getlist("kept"):
        return _new_page(visit, fresh, key, not_kept=True)
    own_receipt.exchange(visit.unit, visit.reporter, visit.keys, key, fresh)
    token = sessions.begin(visit.unit, Reporter(visit.reporter.case), SessionKeys.of(fresh.seed()))
    return Redirect("mailbox.case", {"locale": locale}, session=token, notice=EXCHANGED)


@blueprint.get("/code/exchange")
@guarded(Action.CHANGE_RECEIPT, UnitKind.NONE)
def exchange_again(visit: Visit, locale: Locale) -> Redirect:
    """Somebody asks for the address of a page that only comes as an answer."""
    del visit
    return Redirect("own.receipt", {"locale": locale})
