"""Files that lie with a name when it is withdrawn: named first, decided one by one, and told of afterwards."""

from dataclasses import replace

import pytest

from complaints.errors import Conflict, Invalid, NotFound, Refused
from complaints.services import casework, mailbox, own_data, own_identity, own_receipt, uploads
from complaints.services.own_identity import Choice, Leaving
from complaints.services.uploads import StagedFile
from complaints.services.withdrawals import WithdrawalLine
from complaints.vocabulary import Cleaning, CompartmentName, Event, RecordKind
from crypto import PrivateKey, Receipt
from tests.cast import Report
from tests.stage import SECOND_DAY, THIRD_DAY, Stage, upload

VOICE, INVOICE, PHOTO = b"CANARY-VOICE" * 9000, b"CANARY-INVOICE", b"CANARY-PHOTO"


def apart(stage: Stage, content: bytes, name: str) -> StagedFile:
    return replace(upload(stage.units, content, name), kind=RecordKind.ORIGINAL, cleaning=Cleaning.NOT)


@pytest.fixture
def files(stage: Stage) -> dict[str, StagedFile]:
    """Two that could not be cleaned, and a photograph with its clean copy."""
    copy = upload(stage.units, b"clean", "photo.jpg")
    original = replace(upload(stage.units, PHOTO, "photo.jpg"), kind=RecordKind.ORIGINAL, twin=copy.id)
    return {
        "voice": apart(stage, VOICE, "voice.m4a"),
        "invoice": apart(stage, INVOICE, "invoice.bin"),
        "copy": replace(copy, cleaning=Cleaning.CLEANED, twin=original.id),
        "original": original,
    }


@pytest.fixture
def report(stage: Stage, files: dict[str, StagedFile]) -> Report:
    return stage.cast.report(stage.cast.draft(files=tuple(files.values())))


def key_of(report: Report) -> PrivateKey:
    return report.receipt.seed().identity()


def leaving(stage: Stage, report: Report, key: PrivateKey | None = None) -> Leaving:
    with stage.units.writing() as unit:
        return own_identity.leaving(unit, report.reporter, report.keys, key or key_of(report))


def withdraw(stage: Stage, report: Report, kept: dict[bytes, bool] | None) -> None:
    choice = None if kept is None else Choice(key_of(report), kept)
    with stage.units.writing() as unit:
        own_identity.withdraw(unit, report.reporter, report.keys, choice)


def content(stage: Stage, report: Report, file: bytes) -> bytes:
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        opened = casework.open_file(unit, lead.actor, lead.keys, report.case, file)
    return b"".join(uploads.stream_file(stage.units, opened.id, opened.key, opened.length))


def events(stage: Stage, report: Report) -> list[str]:
    return [fields["event"] for fields in stage.queued() if fields["case"] == report.case.hex()]


def test_what_goes_is_named_before_it_goes(stage: Stage, files: dict[str, StagedFile], report: Report) -> None:
    found = leaving(stage, report)
    assert [line.name for line in found.files] == ["voice.m4a", "invoice.bin"]
    assert [(line.id, line.name) for line in found.copied] == [(files["original"].id, "photo.jpg")]
    assert Event.IDENTITY_SEEN in events(stage, report)
    assert "voice" not in repr(found)


def test_it_is_read_with_the_receipt_alone(stage: Stage, report: Report) -> None:
    with pytest.raises(Refused):
        leaving(stage, report, key_of(stage.waiting))
    with pytest.raises(Refused):
        leaving(stage, report, report.keys.work)


def test_each_file_is_decided(stage: Stage, files: dict[str, StagedFile], report: Report) -> None:
    before = stage.contents()
    with pytest.raises(Invalid) as error:
        withdraw(stage, report, {files["voice"].id: True, files["original"].id: False})
    assert error.value.problems == {files["invoice"].id.hex(): "missing"}
    assert stage.contents() == before


def test_what_is_kept_goes_to_everybody_who_reads_the_report(
    stage: Stage, files: dict[str, StagedFile], report: Report
) -> None:
    stage.cast.assign(report, {stage.cast.second_investigator: False})
    withdraw(stage, report, {files["voice"].id: True, files["invoice"].id: False})
    for person in (stage.cast.lead, stage.cast.second_investigator):
        opened = stage.read(person, report)
        assert {line.name: line.cleaning for line in opened.files} == {
            "photo.jpg": Cleaning.CLEANED,
            "voice.m4a": Cleaning.NOT,
        }
        assert opened.kept_apart == ()
        assert opened.withdrawals == (WithdrawalLine(SECOND_DAY, gone=1, copied=1, handed=1),)
        assert opened.problems == ()
    assert content(stage, report, files["voice"].id) == VOICE
    assert stage.findings() == []


def test_what_was_kept_stays_and_the_rest_is_swept(stage: Stage, files: dict[str, StagedFile], report: Report) -> None:
    withdraw(stage, report, {files["voice"].id: True, files["invoice"].id: False})
    assert uploads.sweep(stage.units, THIRD_DAY) == 2
    assert content(stage, report, files["voice"].id) == VOICE
    with pytest.raises(NotFound):
        content(stage, report, files["invoice"].id)
    stage.next_day()
    assert stage.findings() == []


def test_no_line_leads_to_an_original_that_is_gone(stage: Stage, files: dict[str, StagedFile], report: Report) -> None:
    (line,) = stage.read(stage.cast.lead, report).files
    assert line.original == files["original"].id
    withdraw(stage, report, {files["voice"].id: False, files["invoice"].id: False})
    with stage.units.writing() as unit:
        box = mailbox.read_mailbox(unit, report.reporter, report.keys)
    assert [line.original for line in box.files] == [b""]
    assert (box.kept_apart, box.withdrawals) == (0, (WithdrawalLine(SECOND_DAY, gone=2, copied=1, handed=0),))
    assert [line.original for line in stage.read(stage.cast.lead, report).files] == [b""]


def test_the_reporter_finds_it_with_their_files_and_in_their_copy(
    stage: Stage, files: dict[str, StagedFile], report: Report
) -> None:
    withdraw(stage, report, {files["voice"].id: True, files["invoice"].id: False})
    with stage.units.writing() as unit:
        copy = own_data.collect(unit, stage.units.access_log, report.reporter, report.keys, key_of(report))
    assert sorted(file.name for file in copy.files) == ["photo.jpg", "voice.m4a"]
    assert copy.originals == ()


def test_without_a_choice_nothing_is_opened_and_all_of_it_goes(stage: Stage, report: Report) -> None:
    """Also when somebody has spoiled what lies there, so that nobody can read it any more."""
    stage.attacker.run(
        "UPDATE sealed_field SET value = ? WHERE record_id IN"
        " (SELECT id FROM record WHERE compartment = 'identity' AND case_id = ?)",
        *(b"spoiled", report.case),
    )
    with pytest.raises(Refused):
        leaving(stage, report)
    withdraw(stage, report, None)
    assert stage.read(stage.cast.lead, report).withdrawals == (WithdrawalLine(SECOND_DAY, gone=2, copied=1, handed=0),)


def test_who_sent_no_such_file_leaves_no_line(stage: Stage) -> None:
    withdraw(stage, stage.assigned, {})
    assert stage.open_mailbox().withdrawals == ()


def test_after_a_withdrawal_nothing_is_leaving(stage: Stage, report: Report) -> None:
    withdraw(stage, report, None)
    with pytest.raises(Conflict):
        leaving(stage, report)


def test_it_is_withdrawn_after_an_assignment_and_an_exchange(
    stage: Stage, files: dict[str, StagedFile], report: Report
) -> None:
    """Both seal the originals again, the exchange under another signature than the reporter has now."""
    stage.cast.assign(report, {stage.cast.investigator: True})
    fresh = Receipt.generate()
    with stage.units.writing() as unit:
        own_receipt.exchange(unit, report.reporter, report.keys, key_of(report), fresh)
    withdraw(stage, replace(report, receipt=fresh), {files["voice"].id: True, files["invoice"].id: True})
    assert content(stage, report, files["invoice"].id) == INVOICE
    assert stage.read(stage.cast.investigator, report).problems == ()
    stage.next_day()
    assert stage.findings() == []


def test_an_own_original_is_taken_with_the_receipt(stage: Stage, files: dict[str, StagedFile], report: Report) -> None:
    with stage.units.writing() as unit:
        opened = own_identity.open_original(unit, report.reporter, report.keys, key_of(report), files["voice"].id)
    assert b"".join(uploads.stream_file(stage.units, opened.id, opened.key, opened.length)) == VOICE
    assert Event.FILE_OPENED in events(stage, report)
    for other in (files["copy"].id, stage.file.id):
        with pytest.raises(NotFound), stage.units.writing() as unit:
            own_identity.open_original(unit, report.reporter, report.keys, key_of(report), other)
    withdraw(stage, report, None)
    with pytest.raises(NotFound), stage.units.writing() as unit:
        own_identity.open_original(unit, report.reporter, report.keys, key_of(report), files["voice"].id)


# -- Somebody who writes to the database -----------------------------------------------------------------------------


def test_an_original_put_back_over_what_was_handed_over_is_noticed(
    stage: Stage, files: dict[str, StagedFile], report: Report
) -> None:
    copy = stage.attacker.copy("evening.sqlite")
    withdraw(stage, report, {files["voice"].id: True, files["invoice"].id: False})
    file = files["voice"].id
    stage.attacker.run("DELETE FROM sealed_field WHERE record_id = ?", file)
    stage.attacker.run("DELETE FROM record WHERE id = ?", file)
    stage.attacker.put_back(copy, "record", "id = ?", file)
    stage.attacker.put_back(copy, "sealed_field", "record_id = ?", file)
    stage.shows("record", "(an older revision)")


def test_a_record_that_only_says_it_was_handed_over_is_refused(
    stage: Stage, files: dict[str, StagedFile], report: Report
) -> None:
    """The row of an original moved into the report: its key is not of that compartment, and the signature says what it is."""
    file = files["voice"].id
    stage.attacker.run(
        "UPDATE record SET kind = 'file', compartment = ? WHERE id = ?", CompartmentName.REPORT.value, file
    )
    opened = stage.read(stage.cast.lead, report)
    assert "voice.m4a" not in {line.name for line in opened.files}
    assert len(opened.problems) == 1
    with pytest.raises(Refused):
        content(stage, report, file)


def test_how_many_went_nobody_takes_away_unnoticed(stage: Stage, report: Report) -> None:
    withdraw(stage, report, None)
    stage.attacker.run("DELETE FROM record WHERE kind = 'withdrawal'")
    stage.shows("record", "is in the log and not in the database")
