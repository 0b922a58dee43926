"""Who can open the report now. Names stand on this page alone: elsewhere a number stands for each."""

from complaints.policy import Action
from complaints.services import own_readers
from complaints.vocabulary import Locale
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.own.blueprint import blueprint
from complaints.web.own.pages import own_page
from complaints.web.replies import Page


@blueprint.get("/readers")
@guarded(Action.SEE_OPENINGS, UnitKind.WRITING)
def readers(visit: Visit, locale: Locale) -> Page:
    del locale
    found = own_readers.list_readers(visit.unit, visit.reporter, visit.keys)
    return own_page(visit, "mailbox/readers.html", {"found": found})
