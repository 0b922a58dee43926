"""Asking for erasure, objecting, taking a consent back: sent to whoever handles the case, and answered with a reason."""

from flask import request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid
from complaints.policy import Action
from complaints.services import data_requests, mailbox
from complaints.services.mailbox import Mailbox
from complaints.services.unit import Unit
from complaints.vocabulary import DataRequest, Ground, Locale, ReportField
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.own.blueprint import blueprint
from complaints.web.own.pages import own_page
from complaints.web.replies import Page, Redirect
from complaints.web.reporter.pages import FormField

CHOICES = {
    DataRequest.ERASURE: (
        _("Erase everything"),
        _("Your report, messages and files. If a law obliges us to keep something, we tell you which and why."),
    ),
    DataRequest.OBJECTION: (
        _("I object to how my data is used"),
        _("For example that somebody handles it whom you do not trust."),
    ),
    DataRequest.CONSENT: (
        _("I take back my consent to the use of sensitive matters"),
        _(
            "Such as health or religion. From now on they may be used only as far as legal duty and legal claims allow. Your report goes on."
        ),
    ),
}
"""Consent is taken back where it was given; the rest anybody can ask for, again when it was decided."""
NAMES = {kind: text for kind, (text, _hint) in CHOICES.items()}
_PROBLEMS = {
    "missing": _("Choose what you ask for."),
    "too-long": _("This is too long. There is room for 2,000 characters."),
}
_ALWAYS = (DataRequest.ERASURE, DataRequest.OBJECTION)
_TWICE = _("You have asked for this already, and it is not decided yet.")


def _page(visit: Visit, unit: Unit, problems: dict[str, str] | None = None, *, twice: bool = False) -> Page:
    box = mailbox.read_mailbox(unit, visit.reporter, visit.keys)
    wrong = {name: [_PROBLEMS[problem]] for name, problem in (problems or {}).items()}
    if twice:
        wrong["kind"] = [_TWICE]
    # Where something was typed its form stays whole.
    waiting = set() if wrong else {line.kind for line in box.requests if line.decision is None}
    values = {
        "lines": box.requests,
        "kind": FormField("kind", "kind", request.form.get("kind", ""), wrong.get("kind", [])),
        "text": FormField("text", "text", _typed(), wrong.get("text", [])),
        "choices": [
            {"value": kind.value, "text": text, "hint": hint}
            for kind, (text, hint) in CHOICES.items()
            if kind not in waiting and (kind in _ALWAYS or consented(box))
        ],
        "consent": box.answers.get(ReportField.GROUND) == Ground.CONSENT,
        "withdrawn": box.identity_withdrawn,
        "today": unit.today,
        "names": NAMES,
    }
    return own_page(visit, "mailbox/requests.html", values, 400 if wrong else 200)


def consented(box: Mailbox) -> bool:
    """Whether the use of sensitive matters rests on the reporter's consent, which they have not taken back."""
    given = box.answers.get(ReportField.GROUND) == Ground.CONSENT
    return given and data_requests.consent_ended(box.requests) is None


def _typed() -> str:
    return request.form.get("text", "").replace("\r\n", "\n")


def _again(visit: Visit, error: Invalid | Conflict) -> Page:
    with visit.app.units.writing() as unit:
        if isinstance(error, Invalid):
            return _page(visit, unit, error.problems)
        return _page(visit, unit, twice=True)


def _unsent(visit: Visit) -> Page:
    return own_page(
        visit, "mailbox/unsent_identity.html", {"typed": [(_("What you wrote"), _typed())]}, 403, other_language=False
    )


@blueprint.get("/requests")
@guarded(Action.ASK_ABOUT_DATA, UnitKind.WRITING)
def requests(visit: Visit, locale: Locale) -> Page:
    del locale
    return _page(visit, visit.unit)


@blueprint.post("/requests")
@guarded(Action.ASK_ABOUT_DATA, UnitKind.WRITING, on_error={Invalid: _again, Conflict: _again}, unsent=_unsent)
def ask(visit: Visit, locale: Locale) -> Redirect:
    kind = request.form.get("kind", "")
    if kind not in set(DataRequest):
        raise Invalid({"kind": "missing"})
    data_requests.ask(visit.unit, visit.reporter, visit.keys, DataRequest(kind), _typed())
    return Redirect("own.requests", {"locale": locale}, notice=_("Your request is with us. The answer comes here."))
