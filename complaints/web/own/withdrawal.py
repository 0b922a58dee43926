"""The reporter withdraws their name: told what that does, then what goes with it, and only then done. Files are decided one by one."""

from datetime import date

from flask import request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid, NotFound, Refused
from complaints.policy import Action
from complaints.services import erasure, own_identity, uploads
from complaints.services.casework import FileLine
from complaints.services.own_identity import Choice, Leaving
from complaints.services.unit import Unit
from complaints.vocabulary import Locale
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.own.blueprint import blueprint
from complaints.web.own.identity import code_again, standing_page, take_key
from complaints.web.own.pages import own_page
from complaints.web.own.receipt_again import Again, ask_again, seal_for_page
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.reporter.pages import FormField
from crypto import PrivateKey

_UNDECIDED = _("Choose what becomes of this file.")
_ERASE, _KEEP = "erase", "report"


@blueprint.get("/identity/withdraw")
@guarded(Action.WITHDRAW_IDENTITY, UnitKind.READING)
def withdraw_effect(visit: Visit, locale: Locale) -> Reply:
    page = standing_page(visit, visit.unit, "mailbox/withdraw.html")
    return Redirect("own.identity", {"locale": locale}) if page.values["standing"].withdrawn else page


def _withdrawn_before(visit: Visit, _error: Conflict) -> Redirect:
    return Redirect("own.identity", {"locale": visit.locale})


def _unreadable(visit: Visit, _error: Refused | NotFound) -> Page:
    """Somebody changed what is sealed there. It can be erased all the same, and nothing of it be kept."""
    again: Again = visit.prepared
    return _leaving_page(visit, again.seed.identity(), None)


@blueprint.post("/identity/withdraw")
@guarded(
    Action.WITHDRAW_IDENTITY,
    UnitKind.WRITING,
    prepare=ask_again,
    on_error={
        Invalid: lambda visit, error: code_again("mailbox/withdraw.html", visit, error),
        Conflict: _withdrawn_before,
        Refused: _unreadable,
        NotFound: _unreadable,
    },
)
def leaving(visit: Visit, locale: Locale) -> Page:
    """What goes with the name. Nothing is done yet."""
    del locale
    again: Again = visit.prepared
    return _read_leaving(visit, visit.unit, again.seed.identity())


def _read_leaving(visit: Visit, unit: Unit, key: PrivateKey, problems: dict[str, str] | None = None) -> Page:
    return _leaving_page(visit, key, own_identity.leaving(unit, visit.reporter, visit.keys, key), problems)


def _leaving_page(
    visit: Visit, key: PrivateKey, leaving: Leaving | None, problems: dict[str, str] | None = None
) -> Page:
    """`leaving`: None when it cannot be read."""
    found = leaving or Leaving()
    values = {
        "sealed": seal_for_page(visit, key),
        "readable": leaving is not None,
        "files": [(_choice(file, problems or {}), file) for file in found.files],
        "copied": found.copied,
        "asked": [answer.wording(visit.locale) for answer in found.asked],
    }
    return own_page(visit, "mailbox/leaving.html", values, 400 if problems else 200, other_language=False)


def _choice(file: FileLine, problems: dict[str, str]) -> FormField:
    name = _field(file.id.hex())
    return FormField(name, name, request.form.get(name, ""), [_UNDECIDED] if file.id.hex() in problems else [])


def _field(file: str) -> str:
    return f"file-{file}"


def _chosen() -> dict[bytes, bool]:
    """What the page says of each file; nothing of one for which it says neither."""
    choices = {name.removeprefix("file-"): value for name, value in request.form.items() if name.startswith("file-")}
    return {_id(file): value == _KEEP for file, value in choices.items() if value in {_ERASE, _KEEP}}


def _id(file: str) -> bytes:
    try:
        return bytes.fromhex(file)
    except ValueError:
        raise NotFound from None


def _begin_again(visit: Visit, error: Invalid) -> Page | Redirect:
    if "sealed" in error.problems:
        return Redirect("own.withdraw_effect", {"locale": visit.locale})
    with visit.app.units.writing() as unit:
        return _read_leaving(visit, unit, visit.prepared, error.problems)


@blueprint.post("/identity/withdraw/now")
@guarded(
    Action.WITHDRAW_IDENTITY,
    UnitKind.NONE,
    prepare=take_key,
    on_error={Invalid: _begin_again, Conflict: _withdrawn_before},
)
def withdraw(visit: Visit, locale: Locale) -> Redirect:
    """In a unit of its own, so that what the database's files still hold goes right after the commit."""
    choice = None if "unread" in request.form else Choice(visit.prepared, _chosen())
    with visit.app.units.writing() as unit:
        own_identity.withdraw(unit, visit.reporter, visit.keys, choice)
    uploads.sweep(visit.app.units, date.min)  # the originals, which nobody has any more
    erasure.settle(visit.app.units.database)
    return Redirect(
        "own.identity", {"locale": locale}, notice=_("Your name is withdrawn. Nobody can open it any more.")
    )


@blueprint.get("/identity/withdraw/now")
@guarded(Action.WITHDRAW_IDENTITY, UnitKind.NONE)
def withdraw_again(visit: Visit, locale: Locale) -> Redirect:
    """Somebody asks for the address of what is only posted."""
    del visit
    return Redirect("own.withdraw_effect", {"locale": locale})
