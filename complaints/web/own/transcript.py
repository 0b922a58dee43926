"""What staff wrote down for the reporter: read, then approved or corrected. Both are records that the reporter signs."""

from flask import request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid
from complaints.policy import Action
from complaints.services import mailbox, taken_down
from complaints.services.taken_down import LIMIT
from complaints.services.unit import Unit
from complaints.vocabulary import Locale, ReportField, TranscriptCheck
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.own.blueprint import blueprint
from complaints.web.own.pages import own_page
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.reporter.pages import FormField
from complaints.web.view_models import about_lines, answer_lines

_CHOICES = {
    TranscriptCheck.APPROVED: (_("It is right"), _("Then it counts as your own words.")),
    TranscriptCheck.CORRECTED: (
        _("Something is wrong or missing"),
        _("Write below what. Both stay: what was written, and what you say."),
    ),
}
_PROBLEMS = {
    "outcome": {"missing": _("Choose whether it is right.")},
    "text": {
        "missing": _("Write what is wrong or missing."),
        "too-long": _("This is too long. There is room for %(count)s characters.", count=f"{LIMIT:,}"),
    },
}


def _page(visit: Visit, unit: Unit, problems: dict[str, str] | None = None) -> Reply:
    box = mailbox.read_mailbox(unit, visit.reporter, visit.keys)
    if box.taken_down is None:
        return Redirect("mailbox.case", {"locale": visit.locale})
    wrong = {name: [_PROBLEMS[name][problem]] for name, problem in (problems or {}).items()}
    values = {
        "came": box.taken_down,
        "by": box.taken_down_by,
        "about": about_lines(box.about, box.channel_th if visit.locale is Locale.THAI else box.channel_en),
        "answers": [
            line
            for line in answer_lines(box.answers, box.requests, box.identity_withdrawn)
            if line[0] is not ReportField.LANGUAGE
        ],
        "asked": box.asked,
        "excluded": box.excluded,
        "excluded_words": box.excluded_words,
        "outcome": FormField("outcome", "outcome", request.form.get("outcome", ""), wrong.get("outcome", ())),
        "text": FormField("text", "text", _typed(), wrong.get("text", ())),
        "choices": [{"value": outcome.value, "text": text, "hint": hint} for outcome, (text, hint) in _CHOICES.items()],
        "names": {outcome: text for outcome, (text, _hint) in _CHOICES.items()},
    }
    return own_page(visit, "mailbox/transcript.html", values, 400 if wrong else 200)


def _typed() -> str:
    return request.form.get("text", "").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _again(visit: Visit, error: Invalid | Conflict) -> Reply:
    """Approved already, in another tab: the page then says so."""
    with visit.app.units.writing() as unit:
        return _page(visit, unit, error.problems if isinstance(error, Invalid) else None)


def _unsent(visit: Visit) -> Page:
    return own_page(
        visit, "mailbox/unsent_identity.html", {"typed": [(_("What you wrote"), _typed())]}, 403, other_language=False
    )


@blueprint.get("/transcript")
@guarded(Action.CHECK_TRANSCRIPT, UnitKind.WRITING)
def transcript(visit: Visit, locale: Locale) -> Reply:
    del locale
    return _page(visit, visit.unit)


@blueprint.post("/transcript")
@guarded(Action.CHECK_TRANSCRIPT, UnitKind.WRITING, on_error={Invalid: _again, Conflict: _again}, unsent=_unsent)
def check_transcript(visit: Visit, locale: Locale) -> Redirect:
    outcome = request.form.get("outcome", "")
    if outcome not in set(TranscriptCheck):
        raise Invalid({"outcome": "missing"})
    taken_down.check(visit.unit, visit.reporter, visit.keys, TranscriptCheck(outcome), _typed())
    return Redirect("mailbox.case", {"locale": locale}, notice=_("Thank you. What you said is with us."))
