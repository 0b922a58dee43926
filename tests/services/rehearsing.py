"""Test reports, as the tests of several files send, open and end them."""

from complaints.services import case_erasure, casework, rehearsals
from complaints.vocabulary import Ending, Locale
from crypto import Receipt
from tests.cast import Person, Report
from tests.stage import Stage

CLEAN_LIMIT = 1_000_000


def sent(stage: Stage, channel: bytes | None = None) -> Report:
    """By the administrator. Nobody has its receipt: the one here is of no report."""
    file = rehearsals.stage_file(stage.units, CLEAN_LIMIT)
    with stage.units.reading() as unit:
        sealed = rehearsals.prepare(
            unit, stage.cast.administrator.actor, channel or stage.cast.channel, file, Locale.THAI
        )
    with stage.units.writing() as unit:
        rehearsals.begin(unit, sealed)
    reference = stage.attacker.value("SELECT reference FROM cases WHERE id = ?", sealed.case)
    return Report(sealed.case, Receipt.generate(), reference)


def file_of(stage: Stage, test: Report) -> bytes:
    found: bytes = stage.attacker.value("SELECT id FROM file WHERE case_id = ?", test.case)
    return found


def opened(stage: Stage, test: Report, lead: Person | None = None) -> Report:
    """All of it, by one lead."""
    lead = lead or stage.cast.lead
    stage.read(lead, test)
    with stage.units.writing() as unit:
        casework.open_file(unit, lead.actor, lead.keys, test.case, file_of(stage, test))
    stage.open_identity(lead, test)
    return test


def ended(stage: Stage, test: Report, lead: Person | None = None, ending: Ending = Ending.OPENED) -> None:
    lead = lead or stage.cast.lead
    with stage.units.writing() as unit:
        files = rehearsals.conclude(unit, lead.actor, lead.keys, test.case, ending)
    case_erasure.settle(stage.units, files)
