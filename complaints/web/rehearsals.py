"""Test reports, as an administrator sends them from the set-up page, and takes back those that nobody opened. They read nothing by it."""

from flask import Blueprint
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, DomainError, NoRecipient
from complaints.policy import Action
from complaints.services import case_erasure, rehearsals, uploads
from complaints.services.intake import SealedReport
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Redirect

blueprint = Blueprint("rehearsals", __name__, url_prefix="/staff/channels/<id:channel>/rehearsal")


def _seal(visit: Visit) -> SealedReport:
    units = visit.app.units
    file = rehearsals.stage_file(units, visit.app.settings.clean_limit)
    try:
        with units.reading() as unit:
            return rehearsals.prepare(unit, visit.staff, visit.values["channel"], file, visit.locale)
    except DomainError:
        uploads.remove_unclaimed(units, file.id)
        raise


def _back(notice: str) -> Redirect:
    return Redirect("set_up.overview", {"_anchor": "rehearsals"}, notice=notice)


def _waits(visit: Visit, error: Conflict) -> Redirect:
    del visit, error
    return _back(_("Nothing was sent: a test report of this channel waits already, or who receives has just changed."))


def _nobody(visit: Visit, error: NoRecipient) -> Redirect:
    del visit, error
    return _back(_("Nothing was sent: no lead of this channel could open it."))


@blueprint.post("")
@guarded(Action.REHEARSE_CHANNEL, UnitKind.WRITING, prepare=_seal, on_error={Conflict: _waits, NoRecipient: _nobody})
def begin(visit: Visit, channel: bytes) -> Redirect:
    del channel
    rehearsals.begin(visit.unit, visit.prepared)
    return _back(_("The test report is sealed and waits for a lead, in their list of cases."))


def _gone(visit: Visit, error: Conflict) -> Redirect:
    del visit, error
    return _back(_("No test report of this channel waits any more."))


@blueprint.post("/end")
@guarded(Action.REHEARSE_CHANNEL, UnitKind.NONE, on_error={Conflict: _gone})
def give_up(visit: Visit, channel: bytes) -> Redirect:
    """In a unit of its own, so that what the database's files still hold goes right after the commit."""
    units = visit.app.units
    with units.writing() as unit:
        files = rehearsals.give_up(unit, visit.staff, channel)
    case_erasure.settle(units, files)
    return _back(_("The test report is erased. Nobody said that it opens."))
