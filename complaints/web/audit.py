"""The access log for those who audit: read it, verify it, keep a checkpoint of it elsewhere."""

import threading
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, request, url_for
from sqlalchemy.exc import IntegrityError

from complaints.errors import Invalid, NotReady, Refused
from complaints.policy import Action
from complaints.services import audit
from complaints.services.access_log import AccessLog
from complaints.services.audit import GROUPS, AuditPage, Filter, Group
from complaints.services.log_reading import WINDOW, LogLine
from complaints.services.log_verification import Verification, verify
from complaints.services.unit import Unit
from complaints.vocabulary import Locale
from complaints.web.audit_terms import GROUP_WORDS, MEANINGS
from complaints.web.audit_words import EntryView, entry_view
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


def _form(unit: Unit, visit: Visit) -> SearchForm:
    name = 0 if visit.locale is Locale.THAI else 1
    channels = [(id_, names[name]) for id_, names in audit.channels(unit).items()]
    return SearchForm.of(request.args, audit.people(unit).items(), channels)


def _begin_reading(visit: Visit) -> _Search:
    """Has the log say who reads it, and what they look for, before anything of it is fetched."""
    with visit.app.units.reading() as unit:
        form = _form(unit, visit)
        if not form.validate():
            raise Invalid(dict.fromkeys(form.errors, "unknown"))
        case = audit.find_case(unit, form.case.data) if form.case.data else None
    if form.case.data and case is None:
        raise Invalid({"case": "unknown"})
    first, last = form.days
    wanted = Filter(form.kind, case, form.person.data or None, form.channel.data or None, first, last)
    _enter_reading(visit, wanted)
    return _Search(wanted, request.args.get("before", type=int))


def _enter_reading(visit: Visit, wanted: Filter) -> None:
    with visit.app.units.reading() as unit:
        entered = audit.is_entered(unit, visit.staff, wanted)
    if not entered:
        with visit.app.units.writing() as unit:
            audit.enter_reading(unit, visit.staff, wanted)


def _nothing_found(visit: Visit, error: Invalid) -> Page:
    with visit.app.units.reading() as unit:
        form = _form(unit, visit)
        form.validate()
        if "case" in error.problems:
            form.case.errors = [str(SearchForm.UNKNOWN_CASE)]
        return _log_page(visit, unit, form, status=400)


@blueprint.get("/staff/log")
@guarded(Action.READ_LOG, UnitKind.READING, prepare=_begin_reading, on_error={Invalid: _nothing_found})
def read_log(visit: Visit) -> Page:
    search: _Search = visit.prepared
    page = audit.read_page(visit.unit, search.wanted, search.before)
    return _log_page(visit, visit.unit, _form(visit.unit, visit), page, search)


def _log_page(
    visit: Visit,
    unit: Unit,
    form: SearchForm,
    page: AuditPage | None = None,
    search: _Search | None = None,
    status: int = 200,
) -> Page:
    kept: dict[str, Any] = {field.name: request.args[field.name] for field in form if request.args.get(field.name)}
    verified = audit.last_verification(unit)
    return Page(
        "audit/log.html",
        {
            "form": form,
            "rows": _rows(page, visit.locale) if page else [],
            "searched": bool(kept),
            "cut": page.cut if page else False,
            "window": WINDOW,
            "newest": url_for("audit.read_log", **kept) if search and search.before is not None else None,
            "older": url_for("audit.read_log", **kept, before=page.older) if page and page.older is not None else None,
            "older_number": page.older if page else None,
            "groups": [(*GROUP_WORDS[group], [(words(e), MEANINGS[e]) for e in GROUPS[group]]) for group in Group],
            "verified": verified,
            "verifier": audit.people(unit).get(verified.by, verified.by) if verified else "",
        },
        status,
    )


def _rows(page: AuditPage, locale: Locale) -> list[tuple[EntryView, list[EntryView]]]:
    """Entries that follow one another and say the same but for their time share a row: the newest of them, and those before it."""
    alike = (list(lines) for _said, lines in groupby(page.lines, _said))
    views = ([entry_view(line, page.names, locale) for line in lines] for lines in alike)
    return [(newest, before) for newest, *before in views]


def _said(line: LogLine) -> dict[str, str | None] | int:
    """What an entry says beside its time; of one in which something has expired nobody knows, so it is like no other."""
    said = {name: value for name, value in line.fields.items() if name != "time"}
    return line.position if None in said.values() else said


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
            found = verify(session, log, checkpoint=note or None)
    finally:
        _verifying.release()
    _enter_verification(visit, found)
    return found


def _enter_verification(visit: Visit, found: Verification) -> None:
    """A log that can no longer be signed on top of says nothing of it; whoever verified it is told all the same."""
    try:
        with visit.app.units.writing() as unit:
            audit.enter_verification(unit, visit.staff, found)
    except (Refused, IntegrityError):
        if not found.problems:
            raise


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
