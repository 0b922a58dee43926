"""Several untouched cases closed at once, with one reason: each in a transaction of its own, so that what somebody else decided stays."""

import re

from flask import request

from complaints.errors import Conflict, NotFound
from complaints.policy import Action
from complaints.services import bulk_closing
from complaints.services.case_flow import LIMIT
from complaints.services.unit import Unit
from complaints.vocabulary import Locale, Outcome
from complaints.web.casework.frame import blueprint, short_day
from complaints.web.feedback_words import suggested
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.languages import gettext
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.reporter.pages import FormField

_CHOICE = re.compile(r"([0-9a-f]{32}):([0-9]{1,9}):(th|en):([0-9A-Z-]{1,20})")
"""Case, revision, the reporter's language, reference."""
_FURTHEST = 10_000


@blueprint.get("/several")
@guarded(Action.CLOSE_SEVERAL, UnitKind.WRITING)
def several(visit: Visit) -> Page:
    return _page(visit, visit.unit)


def _page(visit: Visit, unit: Unit, problems: dict[str, str] | None = None) -> Page:
    skip = min(request.args.get("skip", 0, type=int), _FURTHEST)
    found, more = bulk_closing.beginnings(unit, visit.staff, visit.keys, max(skip, 0))
    wrong = {name: [text] for name, text in (problems or {}).items()}
    values = {
        "chosen": FormField("chosen", "chosen", request.form.getlist("chosen"), wrong.get("chosen", ())),
        "reason": FormField("reason", "reason", request.form.get("reason", ""), wrong.get("reason", ())),
        "found": [
            {
                "value": f"{line.case.hex()}:{line.revision}:{line.language or visit.locale}:{line.reference}",
                "text": f"{line.reference} · {line.channel_th if visit.locale is Locale.THAI else line.channel_en}"
                f" · {short_day(line.received)}",
                "line": line,
            }
            for line in found
        ],
        "today": unit.today,
        "skip": skip,
        "onward": skip + bulk_closing.PAGE if more else None,
        "told": [suggested(Outcome.OUT_OF_SCOPE, locale) for locale in Locale],
    }
    return Page("casework/several.html", values, 400 if wrong else 200)


@blueprint.post("/several")
@guarded(Action.CLOSE_SEVERAL, UnitKind.NONE)
def close_several(visit: Visit) -> Reply:
    """What somebody else decided meanwhile is left as it is, and named. Who lost a case meanwhile hears so after the rest is closed."""
    chosen = [match.groups() for value in request.form.getlist("chosen") if (match := _CHOICE.fullmatch(value))]
    chosen = chosen[: bulk_closing.PAGE]
    reason = request.form.get("reason", "").replace("\r\n", "\n")
    if problems := _problems(chosen, reason):
        with visit.app.units.writing() as unit:
            return _page(visit, unit, problems)
    left: list[str] = []
    lost: NotFound | None = None
    for case, revision, language, reference in chosen:
        try:
            with visit.app.units.writing() as unit:
                feedback = suggested(Outcome.OUT_OF_SCOPE, Locale(language))
                bulk_closing.close(
                    unit,
                    visit.staff,
                    visit.keys,
                    bytes.fromhex(case),
                    reason=reason,
                    feedback=feedback,
                    revision=int(revision),
                )
        except Conflict:
            left.append(reference)
        except NotFound as error:
            lost = error
    if lost is not None:
        raise lost
    return Redirect("casework.several", notice=_said(len(chosen) - len(left), left))


def _problems(chosen: list[tuple[str, ...]], reason: str) -> dict[str, str]:
    problems = {} if chosen else {"chosen": gettext("Choose the cases to close")}
    if not reason.strip():
        problems["reason"] = gettext("Say why these cases are closed")
    elif len(reason) > LIMIT:
        problems["reason"] = gettext("Write at most 10,000 characters")
    return problems


def _said(closed: int, left: list[str]) -> str:
    said = gettext("Closed: %(count)s.", count=closed)
    if left:
        said += " " + gettext(
            "Left, because something has come up in them meanwhile: %(names)s.", names=", ".join(left)
        )
    return said
