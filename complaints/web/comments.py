"""Comments on the notice, for those who receive them: read, taken up into the next version, settled."""

import re

from flask import Blueprint, request, url_for
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, DomainError, Invalid
from complaints.policy import Action
from complaints.services import comments
from complaints.services.unit import Unit
from complaints.vocabulary import CommentState, Locale
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.reporter.pages import FormField
from complaints.web.view_models import day, words

blueprint = Blueprint("comments", __name__, url_prefix="/staff/comments")

_ID = re.compile(r"[0-9a-f]{32}")
_OPEN = (CommentState.WAITING, CommentState.TAKEN_UP)
_PROBLEMS = {
    "missing": _("Tick the comments first."),
    "changed": _("Somebody else was first. Here is what is left."),
}
_DONE = {
    CommentState.TAKEN_UP: _("Taken up. The next version of the notice says how many comments it answers."),
    CommentState.SETTLED: _("Settled. The words are erased."),
}


def _wanted(text: str | None) -> CommentState:
    return CommentState.TAKEN_UP if text == CommentState.TAKEN_UP else CommentState.WAITING


def _page(visit: Visit, unit: Unit, problem: str = "", status: int = 200) -> Page:
    readers = comments.readers(unit)
    values = {
        "channel": readers.channel.name_th if visit.locale is Locale.THAI else readers.channel.name_en,
        "readers": readers.names,
        "reads": comments.is_reader(unit, visit.staff),
    }
    if values["reads"]:
        wanted = _wanted(request.values.get("state"))
        page = comments.read(unit, visit.staff, visit.keys, wanted)
        chosen = FormField("comments", "comments", [], [_PROBLEMS[problem]] if problem else [])
        values |= {"page": page, "wanted": wanted, "chosen": chosen, "filters": _filters(page, wanted)}
        values["more"] = page.counts.get(wanted, 0) - len(page.lines)
        values["items"] = [
            {
                "value": line.id.hex(),
                "text": line.text if line.text is not None else _("This comment was altered and does not open."),
                "hint": _("%(day)s · on version %(number)s", day=day(line.received), number=line.notice_version),
            }
            for line in page.lines
        ]
    return Page("comments/list.html", values, status)


def _filters(page: comments.CommentPage, wanted: CommentState) -> list[dict[str, object]]:
    return [
        {
            "text": words(state),
            "count": page.counts.get(state, 0),
            "href": url_for("comments.list_comments", state=state.value),
            "current": state is wanted,
        }
        for state in _OPEN
    ]


@blueprint.get("")
@guarded(Action.READ_COMMENTS, UnitKind.WRITING)
def list_comments(visit: Visit) -> Reply:
    return _page(visit, visit.unit)


def _again(visit: Visit, error: DomainError) -> Page:
    missing = isinstance(error, Invalid)
    with visit.app.units.writing() as unit:
        return _page(visit, unit, "missing" if missing else "changed", 400 if missing else 409)


@blueprint.post("")
@guarded(Action.DECIDE_COMMENTS, UnitKind.WRITING, on_error={Invalid: _again, Conflict: _again})
def decide(visit: Visit) -> Reply:
    chosen = {bytes.fromhex(value) for value in request.form.getlist("comments") if _ID.fullmatch(value)}
    if not chosen:
        raise Invalid({"comments": "missing"})
    state = CommentState.TAKEN_UP if request.form.get("do") == CommentState.TAKEN_UP else CommentState.SETTLED
    comments.decide(visit.unit, visit.staff, chosen, state)
    shown = _wanted(request.form.get("state"))
    return Redirect("comments.list_comments", {"state": shown.value}, notice=_DONE[state])
