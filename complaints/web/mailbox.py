"""The mailbox: a reporter comes back with their receipt, reads what was answered, and writes again.

The receipt is asked for once; then one session cookie stands for it, whose row holds no key that the cookie does not open.
There is no quota: at 130 bits guessing is hopeless, and a quota by address would shut out everybody behind one.
"""

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import lazy_gettext as _

from complaints.errors import Invalid, UploadRefused
from complaints.policy import Action, Reporter
from complaints.services import check_ins, mailbox, sessions
from complaints.services.casework import MESSAGE_LIMIT
from complaints.services.exhibits import to_send_with_message
from complaints.services.keys import SessionKeys
from complaints.services.mailbox import Mailbox
from complaints.services.unit import Unit
from complaints.services.uploads import stream_file
from complaints.vocabulary import CaseStatus, Locale, ReportField, Way
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.outgoing import Outgoing, receive, words_alone
from complaints.web.own.first_code import first_code_page
from complaints.web.own.pages import OUTCOMES, open_frame
from complaints.web.own.receipt_again import PROBLEMS, mistake_in, read_code
from complaints.web.own.requests import NAMES
from complaints.web.replies import Download, Page, Redirect, Reply, Text
from complaints.web.reporter.pages import FormField, other, page
from complaints.web.view_models import about_lines, answer_lines, day
from crypto import Mistyped, Receipt

blueprint = Blueprint("mailbox", __name__, url_prefix="/<locale:locale>/inbox")

_CODE_PROBLEMS = {
    **{name: PROBLEMS[name] for name in ("missing", "short", "long", "mistyped", "altered")},
    "cookies": _(
        "This browser refuses cookies, so your report cannot be opened. Your code is right: allow cookies for this website, and type it again. They go when you leave."
    ),
    "unknown": _(
        "We know no report with this code. It is typed as a code should be: perhaps you have changed it for a new one, or it is for another website."
    ),
}

_TEXT_PROBLEMS = {
    "missing": _("Write something first."),
    "too-long": _("This is too long. There is room for %(count)s characters.", count=f"{MESSAGE_LIMIT:,}"),
}

STATES = {
    CaseStatus.NEW: _("It has arrived. We have not begun to look into it yet."),
    CaseStatus.TRIAGE: _("It has been opened and is being read."),
    CaseStatus.ACCEPTED: _("We have taken it on. Next, somebody looks into it."),
    CaseStatus.INVESTIGATING: _("Somebody is looking into it."),
    CaseStatus.MERGED: _(
        "Somebody is looking into it."
    ),  # word for word: that there is another report is not theirs to know
    CaseStatus.CLOSED: _("It is closed."),
}


_OPENED = "opened"
"""Comes in the address to which a right code leads: whoever gets there without the cookie has a browser that refuses it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A receipt that opens a case, and the keys it gives."""

    case: bytes
    keys: SessionKeys = field(repr=False)
    one_time: Receipt | None = field(default=None, repr=False)
    """The receipt itself, when staff know it: it opens nothing before it is exchanged."""


def _code_page(visit: Visit, typed: str = "", problem: str | None = None) -> Page:
    errors = [_CODE_PROBLEMS[problem]] if problem else []
    values = {"other": other(visit.locale), "code": FormField("code", "code", typed, errors)}
    return page(visit, "mailbox/code.html", values, 400 if problem else 200)


@blueprint.get("")
@guarded(Action.OPEN_MAILBOX, UnitKind.NONE)
def code(visit: Visit, locale: Locale) -> Reply:
    if isinstance(visit.actor, Reporter):
        return Redirect("mailbox.case", {"locale": locale})
    return _code_page(visit, problem="cookies" if _OPENED in request.args else None)


def _recognise(visit: Visit) -> Known:
    """Raises Invalid: `mistyped` is known from the code alone, without asking the database."""
    typed = request.form.get("code", "")
    if not typed.strip():
        raise Invalid({"code": "missing"})
    try:
        receipt = read_code(typed)
    except Mistyped:
        raise Invalid({"code": mistake_in(typed)}) from None
    with visit.app.units.reading() as unit:
        case_id = mailbox.find_case(unit, receipt)
        if case_id is None:
            raise Invalid({"code": "unknown"})
        one_time = receipt if mailbox.is_one_time(unit, case_id) else None
    return Known(case_id, SessionKeys.of(receipt.seed()), one_time)


def _ask_again(visit: Visit, error: Invalid) -> Page:
    return _code_page(visit, request.form.get("code", "")[:200], error.problems["code"])


@blueprint.post("")
@guarded(Action.OPEN_MAILBOX, UnitKind.WRITING, prepare=_recognise, on_error={Invalid: _ask_again})
def open_case(visit: Visit, locale: Locale) -> Reply:
    known: Known = visit.prepared
    if known.one_time is not None:
        return first_code_page(visit, known.one_time)
    if visit.opened is not None:
        sessions.end(visit.unit, visit.opened.token)
    token = sessions.begin(visit.unit, Reporter(known.case), known.keys)
    return Redirect("mailbox.code", {"locale": locale, _OPENED: "yes"}, session=token)


def _case_page(visit: Visit, unit: Unit, outgoing: Outgoing | None = None, problem: str | None = None) -> Page:
    outgoing = outgoing or Outgoing()
    box = mailbox.read_mailbox(unit, visit.reporter, visit.keys)
    wrong = [_TEXT_PROBLEMS[problem]] if problem else []
    values = {
        "other": other(visit.locale),
        "box": box,
        "about": about_lines(box.about, box.channel_th if visit.locale is Locale.THAI else box.channel_en),
        "state": _state(box),
        "outcomes": OUTCOMES,
        "next_day": _next_day(unit, box),
        "check_ins": check_ins.of_mailbox(box, unit.today),
        "answers": [
            line
            for line in answer_lines(box.answers, box.requests, box.identity_withdrawn)
            if line[0] is not ReportField.LANGUAGE
        ],
        "anonymous": box.answers.get(ReportField.WAY) == Way.ANONYMOUS,
        "names": NAMES,
        "today": unit.today,
        "message": FormField("text", "text", outgoing.text, wrong),
    }
    values |= outgoing.fields(visit, "files")
    bad = wrong or outgoing.posted.refused
    return page(visit, "mailbox/case.html", open_frame(visit) | values, 400 if bad else 200)


def _state(box: Mailbox) -> Any:
    if box.feedback and box.status is not CaseStatus.CLOSED:
        return _("We have taken it up again.")
    return STATES[box.status]


def _next_day(unit: Unit, box: Mailbox) -> Any:
    """What the reporter can count on next, with its day; that somebody took it on is the first promise kept."""
    if box.status is CaseStatus.CLOSED:
        return _("You can still read everything here, and write to us.")
    if box.acknowledged is None and box.acknowledge_by >= unit.today:
        if box.status is not CaseStatus.NEW:  # that somebody reads it stands right above
            return _("By %(day)s we take it on, or write to you here.", day=day(box.acknowledge_by))
        return _("By %(day)s we tell you that we have read it.", day=day(box.acknowledge_by))
    if box.feedback_by >= unit.today:
        return _("By %(day)s we tell you what came of it.", day=day(box.feedback_by))
    return _(
        "We promised to tell you by %(day)s what came of it, and are late. Write to us below.", day=day(box.feedback_by)
    )


@blueprint.get("/case")
@guarded(Action.USE_MAILBOX, UnitKind.WRITING)
def case(visit: Visit, locale: Locale) -> Page:
    del locale
    return _case_page(visit, visit.unit)


def _keep_words(visit: Visit, error: Invalid) -> Page:
    with visit.app.units.writing() as unit:
        return _case_page(visit, unit, visit.prepared, error.problems["text"])


def _file_gone(visit: Visit, error: UploadRefused) -> Page:
    with visit.app.units.writing() as unit:
        return _case_page(visit, unit, visit.prepared.without_files(error))


def _unsent(visit: Visit) -> Page:
    """The session of this form has ended, or is another one: the words go back into the page, and nowhere else."""
    values = {
        "message": FormField("text", "text", words_alone(visit)),
        "is_open": isinstance(visit.actor, Reporter),
        "exit_url": url_for("mailbox.leave_now", locale=visit.locale),
    }
    return page(visit, "mailbox/unsent.html", values, 403)


@blueprint.get("/case/message")
@guarded(Action.USE_MAILBOX, UnitKind.NONE)
def case_again(visit: Visit, locale: Locale) -> Redirect:
    """Somebody asks for the address of a page that only comes as an answer."""
    del visit
    return Redirect("mailbox.case", {"locale": locale})


@blueprint.post("/case/message")
@guarded(
    Action.USE_MAILBOX,
    UnitKind.WRITING,
    prepare=receive,
    on_error={Invalid: _keep_words, UploadRefused: _file_gone},
    unsent=_unsent,
    takes_files=True,
)
def write(visit: Visit, locale: Locale) -> Reply:
    outgoing: Outgoing = visit.prepared
    if outgoing.held:
        return _case_page(visit, visit.unit, outgoing)
    files = to_send_with_message(outgoing.posted.files)
    mailbox.write_message(visit.unit, visit.reporter, visit.keys, outgoing.text, files)
    return Redirect("mailbox.case", {"locale": locale}, notice=_("Your message is with us."))


@blueprint.get("/case/stay")
@guarded(Action.USE_MAILBOX, UnitKind.NONE)
def stay(visit: Visit, locale: Locale) -> Text:
    """Asked for by the page while somebody types in it: to be asked is to be in use."""
    del visit, locale
    return Text("")


@blueprint.get("/case/file/<id:file>")
@guarded(Action.USE_MAILBOX, UnitKind.WRITING)
def own_file(visit: Visit, locale: Locale, file: bytes) -> Download:
    del locale
    opened = mailbox.open_own_file(visit.unit, visit.reporter, visit.keys, file)
    units = visit.app.units
    return Download(
        opened.name,
        opened.length,
        lambda: stream_file(units, opened.id, opened.key, opened.length),
    )


@blueprint.post("/leave")
@guarded(Action.USE_MAILBOX, UnitKind.WRITING)
def leave(visit: Visit, locale: Locale) -> Redirect:
    if visit.opened is not None:
        sessions.end(visit.unit, visit.opened.token)
    return Redirect("mailbox.code", {"locale": locale}, end_session=True)


@blueprint.get("/exit")
@guarded(Action.OPEN_MAILBOX, UnitKind.WRITING)
def leave_now(visit: Visit, locale: Locale) -> Redirect:
    """The case is closed behind whoever leaves in a hurry: nobody finds it open on this device."""
    if visit.opened is not None:
        sessions.end(visit.unit, visit.opened.token)
    return Redirect("reporter.leave", {"locale": locale}, end_session=visit.opened is not None)
