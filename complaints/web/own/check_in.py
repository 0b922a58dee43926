"""Some time after a case was closed: whether its reporter was made to suffer for what they said. The answer goes as a message."""

from flask import request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid
from complaints.policy import Action
from complaints.services import check_ins, mailbox
from complaints.services.unit import Unit
from complaints.vocabulary import CheckIn, Locale
from complaints.web.forms.people import number_in
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.own.blueprint import blueprint
from complaints.web.own.pages import own_page
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.reporter.pages import FormField

CHOICES = {
    CheckIn.SAFE: _("No, nobody has done anything to me because of it"),
    CheckIn.UNSURE: _("I am not sure"),
    CheckIn.HARMED: _("Yes, somebody has made me suffer for it"),
}
_PROBLEMS = {
    "said": {"missing": _("Choose an answer.")},
    "text": {"too-long": _("This is too long. Please shorten it.")},
}


def _page(visit: Visit, unit: Unit, problems: dict[str, str] | None = None) -> Reply:
    box = mailbox.read_mailbox(unit, visit.reporter, visit.keys)
    days = check_ins.of_mailbox(box, unit.today).asked
    if days is None:
        return Redirect("mailbox.case", {"locale": visit.locale})
    wrong = {name: [_PROBLEMS[name][problem]] for name, problem in (problems or {}).items()}
    values = {
        "days": days,
        "closed": box.closed,
        "said": FormField("said", "said", request.form.get("said", ""), wrong.get("said", [])),
        "text": FormField("text", "text", _typed(), wrong.get("text", [])),
        "choices": [{"value": value.value, "text": text} for value, text in CHOICES.items()],
    }
    return own_page(visit, "mailbox/check_in.html", values, 400 if wrong else 200)


def _typed() -> str:
    return request.form.get("text", "").replace("\r\n", "\n")


def _again(visit: Visit, error: Invalid) -> Reply:
    with visit.app.units.writing() as unit:
        return _page(visit, unit, error.problems)


def _answered_before(visit: Visit, _error: Conflict) -> Reply:
    return Redirect(
        "mailbox.case",
        {"locale": visit.locale},
        notice=_("This was answered already. You can always write to us below."),
    )


def _unsent(visit: Visit) -> Page:
    typed = [(_("What you wrote"), _typed())]
    return own_page(visit, "mailbox/unsent_identity.html", {"typed": typed}, 403, other_language=False)


@blueprint.get("/check-in")
@guarded(Action.ANSWER_CHECK_IN, UnitKind.WRITING)
def check_in(visit: Visit, locale: Locale) -> Reply:
    del locale
    return _page(visit, visit.unit)


@blueprint.post("/check-in")
@guarded(
    Action.ANSWER_CHECK_IN,
    UnitKind.WRITING,
    on_error={Invalid: _again, Conflict: _answered_before},
    unsent=_unsent,
)
def answer(visit: Visit, locale: Locale) -> Redirect:
    said, days = request.form.get("said", ""), number_in(request.form.get("days", ""))
    if said not in set(CheckIn):
        raise Invalid({"said": "missing"})
    if days is None:
        raise Conflict("this is not asked")
    check_ins.answer(visit.unit, visit.reporter, visit.keys, days, CheckIn(said), _typed(), locale)
    return Redirect("mailbox.case", {"locale": locale}, notice=_("Thank you. Your answer is with us."))
