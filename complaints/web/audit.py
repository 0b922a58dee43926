"""The access log for those who audit: read it, verify it, keep a checkpoint of it elsewhere."""

import threading
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request, url_for

from complaints.errors import Invalid, NotReady
from complaints.policy import Action
from complaints.services import audit
from complaints.services.access_log import AccessLog
from complaints.services.audit import AuditPage, Filter
from complaints.services.log_verification import Verification, verify
from complaints.vocabulary import Event
from complaints.web.audit_words import MEANINGS, entry_view
from complaints.web.forms.audit import SearchForm, VerifyForm
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Text
from complaints.web.view_models import words
from crypto import CryptoError

blueprint = Blueprint("audit", __name__)

_verifying = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for. `before`: only entries below this position."""

    wanted: Filter
    before: int | None


def _begin_reading(visit: Visit) -> _Search:
    """Has the log say who reads it, and what they look for, before anything of it is fetched."""
    form = SearchForm.of(request.args)
    if not form.validate():
        raise Invalid(dict.fromkeys(form.errors, "unknown"))
    with visit.app.units.reading() as unit:
        case = audit.find_case(unit, form.case.data) if form.case.data else None
    if form.case.data and case is None:
        raise Invalid({"case": "unknown"})
    wanted = Filter(Event(form.event.data) if form.event.data else None, case)
    _enter_reading(visit, wanted)
    return _Search(wanted, request.args.get("before", type=int))


def _enter_reading(visit: Visit, wanted: Filter) -> None:
    with visit.app.units.reading() as unit:
        entered = audit.is_entered(unit, visit.staff, wanted)
    if not entered:
        with visit.app.units.writing() as unit:
            audit.enter_reading(unit, visit.staff, wanted)


def _nothing_found(_visit: Visit, error: Invalid) -> Page:
    form = SearchForm.of(request.args)
    form.validate()
    if "case" in error.problems:
        form.case.errors = [str(SearchForm.UNKNOWN_CASE)]
    return _log_page(form, status=400)


@blueprint.get("/staff/log")
@guarded(Action.READ_LOG, UnitKind.READING, prepare=_begin_reading, on_error={Invalid: _nothing_found})
def read_log(visit: Visit) -> Page:
    search: _Search = visit.prepared
    page = audit.read_page(visit.unit, search.wanted, search.before)
    return _log_page(SearchForm.of(request.args), visit, page, search)


def _log_page(
    form: SearchForm,
    visit: Visit | None = None,
    page: AuditPage | None = None,
    search: _Search | None = None,
    status: int = 200,
) -> Page:
    entries = [entry_view(line, page.names, visit.locale) for line in page.lines] if page and visit else []
    kept: dict[str, Any] = {name: request.args[name] for name in ("event", "case") if request.args.get(name)}
    return Page(
        "audit/log.html",
        {
            "form": form,
            "entries": entries,
            "searched": bool(kept),
            "newest": url_for("audit.read_log", **kept) if search and search.before is not None else None,
            "older": url_for("audit.read_log", **kept, before=page.older) if page and page.older is not None else None,
            "meanings": [(words(event), meaning) for event, meaning in MEANINGS.items()],
        },
        status,
    )


@blueprint.get("/staff/log/<int:position>")
@guarded(Action.READ_LOG, UnitKind.READING, prepare=lambda visit: _enter_reading(visit, Filter()))
def read_entry(visit: Visit, position: int) -> Page:
    page = audit.read_entry(visit.unit, position)
    return Page("audit/entry.html", {"entry": entry_view(page.lines[0], page.names, visit.locale)})


@blueprint.get("/staff/log/checkpoint")
@guarded(Action.TAKE_CHECKPOINT, UnitKind.READING)
def take_checkpoint(visit: Visit) -> Text:
    """The newest signed note, byte for byte, to be kept where nobody who runs this system can change it."""
    latest = visit.app.units.access_log.latest(visit.unit.session)
    if latest is None:
        raise NotReady("The access log has no entry yet.")
    return Text(latest.note, filename=f"checkpoint-{latest.size}.txt")


@blueprint.get("/staff/log/verification")
@guarded(Action.VERIFY_LOG, UnitKind.NONE)
def ask_verification(visit: Visit) -> Page:
    return _verification_page(visit, VerifyForm(), None)


def _verify(visit: Visit) -> Verification:
    """Outside any unit of the view's, and one at a time: a long log takes seconds of one core."""
    log = visit.app.units.access_log
    form = VerifyForm(request.form)
    note = (form.checkpoint.data or "").replace("\r\n", "\n").strip()
    note = f"{note}\n" if note else ""
    if not form.validate() or (note and not _is_note(log, note)):
        raise Invalid({"checkpoint": "not-ours"})
    if not _verifying.acquire(blocking=False):
        raise NotReady("Somebody else is verifying the log at this moment. Try again in a minute.")
    try:
        with visit.app.units.database.reading() as session:
            return verify(session, log, checkpoint=note or None)
    finally:
        _verifying.release()


def _is_note(log: AccessLog, note: str) -> bool:
    try:
        log.read_note(note)
    except CryptoError:
        return False
    return True


def _not_a_checkpoint(visit: Visit, _error: Invalid) -> Page:
    form = VerifyForm(request.form)
    form.checkpoint.errors = [str(VerifyForm.NOT_OURS)]
    return _verification_page(visit, form, None, 400)


@blueprint.post("/staff/log/verification")
@guarded(Action.VERIFY_LOG, UnitKind.NONE, prepare=_verify, on_error={Invalid: _not_a_checkpoint})
def verify_log(visit: Visit) -> Page:
    return _verification_page(visit, VerifyForm(request.form), visit.prepared)


def _verification_page(visit: Visit, form: VerifyForm, found: Verification | None, status: int = 200) -> Page:
    key = visit.app.units.access_log.verifier_key
    return Page("audit/verification.html", {"form": form, "found": found, "verifier_key": key}, status)
