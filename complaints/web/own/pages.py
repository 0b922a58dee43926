"""What the pages of an open case are made from."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _

from complaints.services.sessions import IDLE
from complaints.vocabulary import Outcome
from complaints.web.replies import Page
from complaints.web.reporter.pages import other, page
from complaints.web.visit import Visit

_WARNED_MINUTES = 5

OUTCOMES = {
    Outcome.SUBSTANTIATED: _("It is as you said"),
    Outcome.PARTLY: _("Part of it is as you said"),
    Outcome.UNSUBSTANTIATED: _("It could not be shown to be so"),
    Outcome.OUT_OF_SCOPE: _("It is not for us to look into"),
    Outcome.REFERRED: _("It was passed on to who is responsible"),
}
"""What came of a report, as its reporter is told."""


def open_frame(visit: Visit) -> dict[str, Any]:
    """Leaving now closes the case behind the reporter; and so does time, of which the page warns `warned` minutes before."""
    return {
        "exit_url": url_for("mailbox.leave_now", locale=visit.locale),
        "idle": {"minutes": int(IDLE.total_seconds()) // 60, "warned": _WARNED_MINUTES},
    }


def own_page(
    visit: Visit, template: str, values: Mapping[str, Any], status: int = 200, *, other_language: bool = True
) -> Page:
    """A page about what is the reporter's own. `other_language`: it can simply be asked for again."""
    frame = open_frame(visit) | {"back_url": url_for("mailbox.case", locale=visit.locale)}
    if other_language:
        frame["other"] = other(visit.locale)
    return page(visit, template, frame | dict(values), status)
