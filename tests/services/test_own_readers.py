"""Who can open a report now, as its reporter reads it; and somebody who plants a key."""

import pytest

from complaints.errors import Refused
from complaints.services import own_readers
from complaints.services.own_readers import Reader, Readers
from complaints.vocabulary import CompartmentName, Event
from tests.cast import Report
from tests.services.test_hostile_database import copy_grant
from tests.stage import Stage


def read(stage: Stage, report: Report) -> Readers:
    with stage.units.writing() as unit:
        return own_readers.list_readers(unit, report.reporter, report.keys)


def test_each_who_holds_a_key_with_what_it_opens(stage: Stage) -> None:
    cast = stage.cast
    found = read(stage, stage.assigned)
    assert {(reader.name, reader.opens_identity) for reader in found.readers} == {
        (cast.lead.display_name, True),
        (cast.investigator.display_name, True),
        (cast.second_investigator.display_name, False),
    }
    assert [reader.name for reader in found.readers] == sorted(reader.name for reader in found.readers)
    assert all(reader.verified for reader in found.readers)


def test_whoever_was_kept_out_is_named(stage: Stage) -> None:
    report = stage.cast.report(stage.cast.draft(excluded=(stage.cast.triage,)))
    found = read(stage, report)
    assert found.excluded == (stage.cast.triage.display_name,)
    assert stage.cast.triage.display_name not in {reader.name for reader in found.readers}


def test_the_looking_is_entered_by_the_day(stage: Stage) -> None:
    read(stage, stage.assigned)
    looked = [fields for fields in stage.queued() if fields.get("subject") == "readers"]
    assert [(fields["event"], fields["case"]) for fields in looked] == [
        (Event.MAILBOX_OPENED, stage.assigned.case.hex())
    ]
    assert "time" not in looked[0]


def test_another_receipt_reads_nothing(stage: Stage) -> None:
    with pytest.raises(Refused), stage.units.writing() as unit:
        own_readers.list_readers(unit, stage.assigned.reporter, stage.waiting.keys)


def test_a_planted_key_is_not_verified(stage: Stage) -> None:
    copy_grant(stage, stage.assigned, CompartmentName.REPORT)
    planted = Reader(stage.cast.unassigned.display_name, opens_identity=False, verified=False)
    assert planted in read(stage, stage.assigned).readers
