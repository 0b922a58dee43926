"""Who has looked: a page that says it at a glance, and a file for each opening that anybody can check without us."""

import json

from flask_babel import lazy_gettext as _

from complaints.policy import Action
from complaints.services import openings as services
from complaints.vocabulary import Locale, OpeningReason
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.own.blueprint import blueprint
from complaints.web.own.pages import own_page
from complaints.web.replies import Page, Text

REASONS = {
    OpeningReason.CONTACT: _("To contact you"),
    OpeningReason.VERIFY: _("To check what you wrote"),
    OpeningReason.PROTECT: _("To protect you"),
    OpeningReason.CONFLICT: _("To make sure that nobody involved handles your report"),
    OpeningReason.LAW: _("The law requires it"),
}
"""As the reporter reads them; staff read `view_models.WORDS`."""


@blueprint.get("/looked")
@guarded(Action.SEE_OPENINGS, UnitKind.WRITING)
def openings(visit: Visit, locale: Locale) -> Page:
    del locale
    found = services.list_openings(visit.unit, visit.app.units.access_log, visit.reporter, visit.keys)
    return own_page(visit, "mailbox/openings.html", {"found": found, "reasons": REASONS})


@blueprint.get("/looked/<int:position>")
@guarded(Action.SEE_OPENINGS, UnitKind.WRITING)
def proof(visit: Visit, locale: Locale, position: int) -> Text:
    """The proof as a file to keep. Its name says nothing of where it comes from."""
    del locale
    opening = services.prove_opening(visit.unit, visit.app.units.access_log, visit.reporter, visit.keys, position)
    body = json.dumps(opening.proof, ensure_ascii=False, indent=1) + "\n"
    return Text(body, "application/json", filename=f"proof-{position}.json")
