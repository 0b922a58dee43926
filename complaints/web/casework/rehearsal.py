"""The end of a test report: a lead says whether everything of it opens, and it is erased."""

from flask import request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid, NotFound
from complaints.policy import Action
from complaints.services import case_erasure, rehearsals
from complaints.vocabulary import Ending, Event
from complaints.web.casework.cases import case_page
from complaints.web.casework.frame import blueprint
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect

MISSING = {
    Event.FILE_OPENED: _("Open the file of the test report first"),
    Event.IDENTITY_OPENED: _("Open the identity of the test report first"),
}
"""What a lead has left out who says that everything opens."""


def _not_yet(visit: Visit, error: Invalid) -> Page:
    missing = [MISSING[step] for step in rehearsals.STEPS if step in error.problems]
    with visit.app.units.writing() as unit:
        return case_page(visit, unit, rehearsal=missing, status=400)


def _erased_before(visit: Visit, error: Conflict) -> Redirect:
    del visit, error
    return Redirect("casework.list_cases", notice=_("Somebody else was first: this test report is erased already."))


@blueprint.post("/<id:case>/rehearsal")
@guarded(Action.END_REHEARSAL, UnitKind.NONE, on_error={Invalid: _not_yet, Conflict: _erased_before})
def end_rehearsal(visit: Visit, case: bytes) -> Redirect:
    """In a unit of its own, so that what the database's files still hold goes right after the commit."""
    units, wanted = visit.app.units, request.form.get("ending")
    ending = Ending.GIVEN_UP if wanted == Ending.GIVEN_UP else Ending.OPENED
    try:
        with units.writing() as unit:
            files = rehearsals.conclude(unit, visit.staff, visit.keys, case, ending)
    except NotFound:
        with units.reading() as unit:
            if rehearsals.erased_before(unit, visit.staff, case):
                raise Conflict("this test report is erased already") from None
        raise
    case_erasure.settle(units, files)
    if ending is Ending.OPENED:
        return Redirect(
            "casework.list_cases", notice=_("The test report is erased. The set-up page says that it opens.")
        )
    return Redirect("casework.list_cases", notice=_("The test report is erased. Nobody said that it opens."))
