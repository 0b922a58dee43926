"""A comment on the notice: sent without a name, a code or a cookie, and answered in public alone."""

import re

from flask import request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, DomainError, Invalid, NotReady
from complaints.models import new_id
from complaints.policy import Action
from complaints.services import comments
from complaints.services.comments import LIMIT, SealedComment
from complaints.vocabulary import Locale
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect
from complaints.web.reporter import pages
from complaints.web.reporter.blueprint import blueprint
from complaints.web.reporter.pages import FormField
from complaints.web.reporter.views import notice_page

_ID = re.compile(r"[0-9a-f]{32}")

_PROBLEMS = {
    "missing": _("Write your comment first."),
    "too-long": _("This is too long. There is room for %(count)s characters.", count=f"{LIMIT:,}"),
    "full": _("Too many comments wait to be read just now. Please keep yours, and come back in some days."),
    "nobody": _("Nobody is there yet who could read a comment."),
}


def _typed() -> str:
    return request.form.get("comment", "").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _seal(visit: Visit) -> SealedComment:
    """Under the id that the page drew: the same form again is the same comment."""
    given = request.form.get("id", "")
    with visit.app.units.reading() as unit:
        return comments.seal(unit, bytes.fromhex(given) if _ID.fullmatch(given) else new_id(), _typed())


def _again(visit: Visit, error: DomainError) -> Page:
    problem = {Conflict: "full", NotReady: "nobody"}.get(type(error), "")
    if isinstance(error, Invalid):
        problem = error.problems["comment"]
    field = FormField("comment", "comment", _typed(), [_PROBLEMS[problem]])
    with visit.app.units.reading() as unit:
        return notice_page(visit, unit, field, 400 if isinstance(error, Invalid) else 503)


@blueprint.post("/<locale:locale>/notice/comment")
@guarded(
    Action.COMMENT,
    UnitKind.WRITING,
    prepare=_seal,
    on_error={Invalid: _again, Conflict: _again, NotReady: _again},
)
def comment(visit: Visit, locale: Locale) -> Redirect:
    comments.receive(visit.unit, visit.prepared)
    return Redirect("reporter.comment_sent", {"locale": locale})


@blueprint.get("/<locale:locale>/notice/comment")
@guarded(Action.COMMENT, UnitKind.NONE)
def comment_again(visit: Visit, locale: Locale) -> Redirect:
    """Somebody asks for the address of a page that only comes as an answer."""
    del visit
    return Redirect("reporter.notice", {"locale": locale, "_anchor": "comments"})


@blueprint.get("/<locale:locale>/notice/thanks")
@guarded(Action.COMMENT, UnitKind.NONE)
def comment_sent(visit: Visit, locale: Locale) -> Page:
    return pages.page(visit, "reporter/comment_sent.html", {"other": pages.other(locale)})
