"""Files that investigators send to the reporter: sealed, signed and entered like whatever else is said in a case."""

import pytest

from complaints.errors import Invalid, NotFound, Refused, UploadRefused
from complaints.models import Case
from complaints.services import casework, mailbox, records, uploads
from complaints.services.uploads import StagedFile
from complaints.vocabulary import Event, RecordKind
from tests.stage import EVIDENCE, Stage, upload


def send(stage: Stage, text: str, *files: StagedFile) -> None:
    person = stage.cast.investigator
    with stage.units.writing() as unit:
        casework.reply(unit, person.actor, person.keys, stage.assigned.case, text, files)


def test_the_reporter_gets_it_with_the_words(stage: Stage) -> None:
    letter = upload(stage.units, EVIDENCE, "คำสั่ง.pdf")
    send(stage, "read this", letter)
    opened = stage.open_mailbox()
    (line,) = opened.messages[-1].files
    assert (opened.messages[-1].text, line.name, line.length) == ("read this", "คำสั่ง.pdf", len(EVIDENCE))
    assert letter.id not in {file.id for file in opened.files}, "these are the reporter's own"
    with stage.units.writing() as unit:
        file = mailbox.open_own_file(unit, stage.assigned.reporter, stage.assigned.keys, line.id)
    assert b"".join(uploads.stream_file(stage.units, file.id, file.key, file.length)) == EVIDENCE
    stage.next_day()
    assert stage.entries(Event.FILE_OPENED)[-1]["subject"] == f"file:{letter.id.hex()}"
    assert stage.findings() == []


def test_others_who_hold_the_case_get_it_too(stage: Stage) -> None:
    letter = upload(stage.units, EVIDENCE, "letter.pdf")
    send(stage, "", letter)
    opened = stage.read(stage.cast.second_investigator)
    assert [file.id for file in opened.messages[-1].files] == [letter.id]
    assert letter.id not in {file.id for file in opened.files}, "evidence is what the reporter sent"


def test_neither_words_nor_a_file(stage: Stage) -> None:
    with pytest.raises(Invalid):
        send(stage, " ")


def test_whoever_does_not_hold_the_case_sends_nothing(stage: Stage) -> None:
    person, letter = stage.cast.unassigned, upload(stage.units, EVIDENCE)
    with pytest.raises(NotFound), stage.units.writing() as unit:
        casework.reply(unit, person.actor, person.keys, stage.assigned.case, "x", [letter])
    with stage.units.reading() as unit:
        uploads.check_staged(unit, letter)


def test_another_cases_file_takes_the_words_with_it(stage: Stage) -> None:
    before = [line.text for line in stage.open_mailbox().messages]
    with pytest.raises(UploadRefused):
        send(stage, "lost", stage.other_file)
    assert [line.text for line in stage.open_mailbox().messages] == before


def test_a_file_that_names_somebody_elses_message_came_with_none(stage: Stage) -> None:
    """An investigator cannot hang a file on the words of another."""
    send(stage, "mine", upload(stage.units, EVIDENCE, "mine.pdf"))
    case = stage.assigned.case
    with stage.units.reading() as unit:
        row = unit.session.get_one(Case, case)
        keyring = casework.fetch_case(unit, stage.cast.investigator.actor, stage.cast.investigator.keys, case).report
        opened, _problems = records.open_all(unit, row, keyring)
    theirs = next(r for r in opened if r.kind is RecordKind.MESSAGE and r.author == case)
    hung = [
        records.OpenedRecord(r.id, r.number, r.kind, r.author, r.made, {**r.fields, "message": theirs.id})
        for r in opened
        if r.kind is RecordKind.ENCLOSURE
    ]
    assert len(hung) == 1
    assert casework.files_by_message([theirs, *hung]) == {}


def test_one_that_was_altered_is_refused(stage: Stage) -> None:
    letter = upload(stage.units, EVIDENCE)
    send(stage, "x", letter)
    stage.attacker.run("UPDATE record SET author = ? WHERE id = ?", stage.assigned.case, letter.id)
    assert any(problem.startswith("enclosure") for problem in stage.open_mailbox().problems)
    with pytest.raises(Refused), stage.units.writing() as unit:
        mailbox.open_own_file(unit, stage.assigned.reporter, stage.assigned.keys, letter.id)
    stage.shows("record", "is not what was written")


def test_one_that_is_gone_shows(stage: Stage) -> None:
    letter = upload(stage.units, EVIDENCE)
    send(stage, "x", letter)
    stage.attacker.run("DELETE FROM sealed_field WHERE record_id = ?", letter.id)
    stage.attacker.run("DELETE FROM record WHERE id = ?", letter.id)
    stage.shows("record", f"record {letter.id.hex()} is in the log and not in the database")
