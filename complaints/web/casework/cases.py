"""A case: reading it, writing in it, taking its files, and what its reader makes of it for themself."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import partial
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import Form

from complaints.errors import UploadRefused
from complaints.policy import Action, Staff
from complaints.services import case_flow, case_reading, casework, check_ins, own_drafts, own_labels, uploads
from complaints.services.case_reading import OpenedCase
from complaints.services.exhibits import to_send_to_reporter
from complaints.services.own_labels import OwnMark
from complaints.services.unit import Unit
from complaints.vocabulary import CompartmentName, Duty, Locale, Priority, ReportField, Risk
from complaints.web.casework.frame import blueprint, problem_text
from complaints.web.casework.phrases import PHRASES, put_in
from complaints.web.forms.casework import AskForm, HandlingForm, NoteForm, OwnForm, ReplyForm, TaskForm
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.outgoing import Outgoing, receive, words_alone
from complaints.web.replies import Download, Page, Redirect, Reply
from complaints.web.view_models import about_lines, answer_lines, answered, words

_COMPARTMENTS = (CompartmentName.REPORT, CompartmentName.INTERNAL, CompartmentName.IDENTITY)


# -- A case ----------------------------------------------------------------------------------------------------------


@blueprint.get("/<id:case>")
@guarded(Action.READ_CASE, UnitKind.WRITING)
def read_case(visit: Visit, case: bytes) -> Reply:
    del case
    return case_page(visit, visit.unit)


def case_page(
    visit: Visit,
    unit: Unit,
    *,
    reply: Any = None,
    outgoing: Outgoing | None = None,
    note: Any = None,
    handling: HandlingForm | None = None,
    own: OwnForm | None = None,
    task: TaskForm | None = None,
    ask: AskForm | None = None,
    about: bytes = b"",
    rehearsal: Sequence[Any] = (),
    conflict: bool = False,
    status: int = 200,
) -> Page:
    """The case as it stands, with a form that was sent back, if one was. Enters the opening.

    `ask`: of the request for the identity that `about` names, or of a new one. `rehearsal`: what was not opened yet of a test. `conflict`: what was decided in `handling` was decided on an older state of the case, and nothing was saved.
    """
    keys = visit.keys  # each asking unseals them anew
    case = case_reading.read_case(unit, visit.staff, keys, visit.values["case"])
    draft = own_drafts.read(unit, visit.staff, keys, case.id)
    if outgoing is not None and outgoing.wanted == "phrase":
        reply = ReplyForm(data={"text": put_in(outgoing.text, outgoing.phrase, _language_of(case, visit.locale))})
    if handling is not None and conflict:
        handling.keep_changes((case.status, case.priority, case.risk))
    mark = own_labels.mark_of(unit, visit.staff, keys, case.id)
    values = {
        "case": case,
        "rehearsal_errors": [{"text": text, "href": "#rehearsal"} for text in rehearsal],
        "label": mark.label,
        "check_ins": check_ins.of_case(
            case.closed, [(line.day, line.text) for line in case.messages if line.from_reporter], unit.today
        ),
        "ask": AskForm() if about or ask is None else ask,
        "answers": {request.id: _answer(request.id, ask if about == request.id else None) for request in case.asks},
        "about": about,
        "task": task or TaskForm(data={"account": visit.staff.account.hex()}),
        "me": visit.staff.account,
        "holders": [{"value": holder.account.hex(), "text": holder.name} for holder in case.holders],
        "own": own or OwnForm(data={"mine": mark.mine, "label": mark.label}),
        "subject": about_lines(case.about, case.channel_th if visit.locale is Locale.THAI else case.channel_en),
        "details": [
            line
            for line in answer_lines(case.answers, case.requests, case.identity_withdrawn)
            if line[0] is not ReportField.NARRATIVE
        ],
        "problems": [problem_text(problem) for problem in case.problems],
        "leads": [holder.name for holder in case.holders if holder.duty is Duty.LEAD],
        "compartments": _COMPARTMENTS,
        "reply": reply or ReplyForm(data={"text": draft}),
        "drafted": bool(draft) and reply is None,
        "phrases": PHRASES,
        "language": answered(ReportField.LANGUAGE, case.answers.get(ReportField.LANGUAGE, "")),
        "note_form": note or NoteForm(),
        "handling": handling
        or HandlingForm(data={"status": case.status, "priority": case.priority, "risk": case.risk}),
        "statuses": _choices(case_flow.NEXT_STATUSES[case.status]),
        "priorities": _choices(Priority),
        "risks": _choices(Risk),
        "conflict": conflict,
        "wrote": request.args.get("wrote"),
        "today": unit.today,
    }
    values |= (outgoing or Outgoing()).fields(visit, "reply-files")
    return Page("casework/case.html", values, status)


def _language_of(case: OpenedCase, otherwise: Locale) -> Locale:
    """In which the reporter writes, as far as they said so."""
    language = case.answers.get(ReportField.LANGUAGE, "")
    return Locale(language) if language in set(Locale) else otherwise


def _answer(request: bytes, form: AskForm | None) -> AskForm:
    """To one of several requests on the page: its field has a name of its own there."""
    form = form or AskForm()
    form.text.id = f"answer-{request.hex()}"
    return form


def _choices(values: Iterable[StrEnum]) -> list[dict[str, str]]:
    return [{"value": value.value, "text": words(value)} for value in values]


# -- Writing in it ---------------------------------------------------------------------------------------------------


def unsent(kind: str, form: Form, visit: Visit, more: Iterable[Form] = ()) -> Reply:
    """The session of this form has ended, or there is an undertaking to sign first: what was typed goes back into the page, and nowhere else.

    `more`: for cases that are closed with this one.
    """
    signed_in = isinstance(visit.actor, Staff)
    values = {"kind": kind, "form": form, "more": list(more), "signed_in": signed_in}
    values |= {"unbound": signed_in and not visit.staff.bound}
    return Page("casework/unsent.html", values | {"case_id": visit.values["case"]}, 403)


def _unsent_reply(visit: Visit) -> Reply:
    return unsent("reply", ReplyForm(text=words_alone(visit)), visit)


def _unsent_note(visit: Visit) -> Reply:
    return unsent("note", NoteForm(request.form), visit)


def _file_gone(visit: Visit, error: UploadRefused) -> Page:
    outgoing = visit.prepared.without_files(error)
    with visit.app.units.writing() as unit:
        return case_page(visit, unit, reply=_reply_form(outgoing), outgoing=outgoing, status=400)


def _reply_form(outgoing: Outgoing) -> ReplyForm:
    form = ReplyForm(MultiDict({"text": outgoing.text}))
    form.with_files = bool(outgoing.posted.files)
    return form


@blueprint.post("/<id:case>/messages")
@guarded(
    Action.WRITE_MESSAGE,
    UnitKind.WRITING,
    prepare=receive,
    on_error={UploadRefused: _file_gone},
    unsent=_unsent_reply,
    takes_files=True,
)
def reply(visit: Visit, case: bytes) -> Reply:
    outgoing: Outgoing = visit.prepared
    form = _reply_form(outgoing)
    if outgoing.wanted == "phrase":
        return case_page(visit, visit.unit, outgoing=outgoing)
    if outgoing.wanted == "draft" and len(outgoing.text) <= casework.MESSAGE_LIMIT:
        casework.fetch_case(visit.unit, visit.staff, visit.keys, case)
        own_drafts.keep(visit.unit, visit.staff, visit.keys, case, outgoing.text)
        return Redirect("casework.read_case", {"case": case, "wrote": "draft", "_anchor": "sent"})
    if outgoing.held:
        return case_page(
            visit, visit.unit, reply=form, outgoing=outgoing, status=400 if outgoing.posted.refused else 200
        )
    files = to_send_to_reporter(outgoing.posted.files)
    form.with_files = bool(files)
    if not form.validate():
        return case_page(visit, visit.unit, reply=form, outgoing=outgoing, status=400)
    casework.reply(visit.unit, visit.staff, visit.keys, case, outgoing.text, files)
    own_drafts.drop(visit.unit, visit.staff, case)
    return Redirect("casework.read_case", {"case": case, "wrote": "reply", "_anchor": "sent"})


@blueprint.post("/<id:case>/notes")
@guarded(Action.WRITE_NOTE, UnitKind.WRITING, unsent=_unsent_note)
def write_note(visit: Visit, case: bytes) -> Reply:
    form = NoteForm(request.form)
    if not form.validate():
        return case_page(visit, visit.unit, note=form, status=400)
    casework.write_note(visit.unit, visit.staff, visit.keys, case, form.text.data)
    return Redirect("casework.read_case", {"case": case, "wrote": "note", "_anchor": "saved"})


# -- For oneself -----------------------------------------------------------------------------------------------------


@blueprint.post("/<id:case>/own")
@guarded(Action.ARRANGE_CASES, UnitKind.WRITING)
def mark_own(visit: Visit, case: bytes) -> Reply:
    form = OwnForm(request.form)
    if not form.validate():
        return case_page(visit, visit.unit, own=form, status=400)
    wanted = OwnMark(form.mine.data, form.label.data or "")
    own_labels.mark(visit.unit, visit.staff, visit.keys, case, wanted)
    return Redirect("casework.read_case", {"case": case}, notice=_("Saved in your own list."))


# -- Its files -------------------------------------------------------------------------------------------------------


@blueprint.get("/<id:case>/files/<id:file>")
@guarded(Action.READ_FILE, UnitKind.WRITING)
def download_file(visit: Visit, case: bytes, file: bytes) -> Reply:
    """Always to be kept, never to be shown: a browser told the type that a stranger gave would run what they sent."""
    opened = casework.open_file(visit.unit, visit.staff, visit.keys, case, file)
    chunks = partial(uploads.stream_file, visit.app.units, opened.id, opened.key, opened.length)
    return Download(opened.name, opened.length, chunks)
