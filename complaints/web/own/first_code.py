"""The first code of a report that staff took down: they know it, so it is exchanged before anything opens. There is no session yet."""

from dataclasses import dataclass, field

from flask import request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid, NotFound
from complaints.policy import Action, Reporter
from complaints.services import mailbox, own_receipt, sessions
from complaints.services.keys import SessionKeys
from complaints.vocabulary import Locale
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.own.blueprint import blueprint
from complaints.web.own.receipt import EXCHANGED
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.reporter.pages import Card, FormField, other, page
from crypto import Mistyped, Receipt

_NOT_KEPT = _("Tick the box once you have kept the new code.")


@dataclass(frozen=True, slots=True)
class _Pair:
    """The code that staff know, and the one that takes its place."""

    first: Receipt = field(repr=False)
    fresh: Receipt = field(repr=False)
    case: bytes
    exchanged: bool
    """The same form came before: the fresh one counts already."""


def first_code_page(visit: Visit, first: Receipt, fresh: Receipt | None = None, *, not_kept: bool = False) -> Page:
    """Shows the new code. Nothing is exchanged yet: whoever closes this page begins again with the first one."""
    values = {
        "first": first.grouped(),
        "card": Card(fresh or Receipt.generate()),
        "kept": FormField("kept", "kept", [], [_NOT_KEPT] if not_kept else []),
    }
    return page(visit, "mailbox/first_code.html", values, 400 if not_kept else 200)


def _recognise(visit: Visit) -> _Pair:
    """Raises NotFound for codes that are not as this page gave them."""
    try:
        first, fresh = (Receipt.parse(request.form.get(name, "")) for name in ("first", "fresh"))
    except Mistyped:
        raise NotFound from None
    with visit.app.units.reading() as unit:
        case = mailbox.find_case(unit, first)
        if case is not None and mailbox.is_one_time(unit, case):
            return _Pair(first, fresh, case, exchanged=False)
        case = mailbox.find_case(unit, fresh)
        if case is None or mailbox.is_one_time(unit, case):
            raise NotFound
    return _Pair(first, fresh, case, exchanged=True)


def _gone(visit: Visit, error: NotFound | Conflict) -> Page:
    """Somebody was quicker with the first code, or it never was one."""
    del error
    return page(visit, "mailbox/first_code_gone.html", {"other": other(visit.locale)}, 409)


@blueprint.post("/first")
@guarded(
    Action.OPEN_MAILBOX,
    UnitKind.WRITING,
    prepare=_recognise,
    on_error={NotFound: _gone, Conflict: _gone, Invalid: _gone},
)
def exchange_first(visit: Visit, locale: Locale) -> Reply:
    pair: _Pair = visit.prepared
    reporter = Reporter(pair.case)
    if not pair.exchanged:
        if "yes" not in request.form.getlist("kept"):
            return first_code_page(visit, pair.first, pair.fresh, not_kept=True)
        seed = pair.first.seed()
        own_receipt.exchange(visit.unit, reporter, SessionKeys.of(seed), seed.identity(), pair.fresh)
    if visit.opened is not None:
        sessions.end(visit.unit, visit.opened.token)
    token = sessions.begin(visit.unit, reporter, SessionKeys.of(pair.fresh.seed()))
    return Redirect("own.transcript", {"locale": locale}, session=token, notice=EXCHANGED)


@blueprint.get("/first")
@guarded(Action.OPEN_MAILBOX, UnitKind.NONE)
def first_again(visit: Visit, locale: Locale) -> Redirect:
    """Somebody asks for the address of a page that only comes as an answer."""
    del visit
    return Redirect("mailbox.code", {"locale": locale})
