"""What a reporter reaches with their receipt: their own case, and of it what is theirs."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from complaints.errors import Invalid, NotFound, Refused, UploadRefused
from complaints.policy import Reporter
from complaints.services import caseload, mailbox, uploads
from complaints.services.casework import MESSAGE_LIMIT
from complaints.vocabulary import CaseStatus, ReportField
from crypto import Receipt
from tests.cast import NARRATIVE, Report
from tests.stage import CANNOT_WRITE, EVIDENCE, SECOND_DAY, Stage, upload


def open_own_file(stage: Stage, report: Report, file: bytes) -> bytes:
    with stage.units.writing() as unit:
        opened = mailbox.open_own_file(unit, report.reporter, report.keys, file)
    return b"".join(uploads.stream_file(stage.units, opened.id, opened.key, opened.length))


# -- Reading ---------------------------------------------------------------------------------------------------------


def test_a_reporter_reads_what_they_sent_and_what_was_answered(stage: Stage) -> None:
    opened = stage.open_mailbox()
    assert (opened.reference, opened.status) == (stage.assigned.reference, CaseStatus.INVESTIGATING)
    assert opened.answers[ReportField.NARRATIVE] == NARRATIVE
    said = [(line.from_reporter, line.author, line.text) for line in opened.messages]
    assert said == [(False, 2, "CANARY-REPLY"), (True, None, "CANARY-ANSWER"), (True, None, "CANARY-ANSWER again")]
    assert [line.name for line in opened.files] == [stage.file.name]
    assert opened.problems == ()


def test_a_mailbox_holds_no_note_no_reason_and_no_staffs_name(stage: Stage) -> None:
    opened = stage.open_mailbox()
    shown = repr((opened.messages, opened.answers, opened.files, [line.text for line in opened.messages]))
    for hidden in ("CANARY-NOTE", "CANARY-REASON", "Investigator", "CANARY-NAME", "CANARY-EXCLUDED"):
        assert hidden not in shown


def test_a_report_that_nobody_has_opened(stage: Stage) -> None:
    opened = stage.open_mailbox(stage.waiting)
    assert (opened.status, opened.messages) == (CaseStatus.NEW, ())


def test_a_reporter_opens_their_own_files(stage: Stage) -> None:
    assert open_own_file(stage, stage.assigned, stage.file.id) == EVIDENCE


def test_another_reporters_file_is_not_there(stage: Stage) -> None:
    before = stage.contents()
    for file in (stage.other_file.id, bytes(16), stage.assigned.case):
        with pytest.raises(NotFound):
            open_own_file(stage, stage.assigned, file)
    assert stage.contents() == before


def test_a_message_is_no_file(stage: Stage) -> None:
    message = stage.attacker.value("SELECT id FROM record WHERE kind = 'message' ORDER BY number LIMIT 1")
    with pytest.raises(NotFound):
        open_own_file(stage, stage.assigned, message)


def test_what_was_sent_is_in_no_repr(stage: Stage) -> None:
    assert "CANARY" not in repr(stage.open_mailbox())


# -- Whose it is not -------------------------------------------------------------------------------------------------


def test_a_receipt_that_was_never_issued(stage: Stage) -> None:
    with stage.units.reading() as unit:
        assert mailbox.find_case(unit, Receipt.generate()) is None


def test_a_case_that_is_not_there(stage: Stage) -> None:
    with pytest.raises(NotFound), stage.units.writing() as unit:
        mailbox.read_mailbox(unit, Reporter(bytes(16)), stage.assigned.keys)
    with pytest.raises(NotFound), stage.units.writing() as unit:
        mailbox.write_message(unit, Reporter(bytes(16)), stage.assigned.keys, "hello")


def test_another_receipts_keys(stage: Stage) -> None:
    before = stage.contents()
    with pytest.raises(Refused), stage.units.writing() as unit:
        mailbox.read_mailbox(unit, stage.assigned.reporter, stage.waiting.keys)
    with pytest.raises(Refused), stage.units.writing() as unit:
        mailbox.write_message(unit, stage.assigned.reporter, stage.waiting.keys, "hello")
    with pytest.raises(Refused), stage.units.writing() as unit:
        mailbox.open_own_file(unit, stage.assigned.reporter, stage.waiting.keys, stage.file.id)
    assert stage.contents() == before


def test_an_investigators_keys(stage: Stage) -> None:
    with pytest.raises(Refused), stage.units.writing() as unit:
        mailbox.read_mailbox(unit, stage.assigned.reporter, stage.cast.investigator.keys)


# -- Writing ---------------------------------------------------------------------------------------------------------


def test_a_message_reaches_whoever_holds_the_case(stage: Stage) -> None:
    stage.message("one more thing")
    for person in (stage.cast.lead, stage.cast.investigator, stage.cast.second_investigator):
        last = stage.read(person).messages[-1]
        assert (last.from_reporter, last.text, last.day) == (True, "one more thing", SECOND_DAY)
    assert stage.findings() == []


def test_a_message_marks_the_case_unread_for_everybody(stage: Stage) -> None:
    people = (stage.cast.lead, stage.cast.investigator, stage.cast.second_investigator)
    for person in people:
        stage.read(person)
    stage.message("one more thing")
    for person in people:
        with stage.units.reading() as unit:
            line = caseload.find_line(unit, person.actor, stage.assigned.case)
        assert (line.unread, line.activity) == (True, SECOND_DAY)


@pytest.mark.parametrize(
    ("text", "problem"), [("", "missing"), (" \n", "missing"), ("x" * (MESSAGE_LIMIT + 1), "too-long")]
)
def test_a_message_that_cannot_be_taken(stage: Stage, text: str, problem: str) -> None:
    before = stage.contents()
    with pytest.raises(Invalid) as error:
        stage.message(text)
    assert error.value.problems == {"text": problem}
    assert stage.contents() == before


def test_a_message_as_long_as_can_be(stage: Stage) -> None:
    stage.message("ก" * MESSAGE_LIMIT)
    assert stage.open_mailbox().messages[-1].text == "ก" * MESSAGE_LIMIT


def test_messages_from_eight_hands_at_once(stage: Stage) -> None:
    texts = [f"message {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as hands:
        list(hands.map(stage.message, texts))
    opened = stage.open_mailbox()
    assert sorted(line.text for line in opened.messages[3:]) == texts
    assert stage.findings() == []


def test_files_come_with_a_message_or_alone(stage: Stage) -> None:
    file, alone = upload(stage.units, EVIDENCE, "photo.jpg"), upload(stage.units, b"x", "recording.mp3")
    report = stage.assigned
    with stage.units.writing() as unit:
        mailbox.write_message(unit, report.reporter, report.keys, "see the photo", [file])
    with stage.units.writing() as unit:
        mailbox.write_message(unit, report.reporter, report.keys, "", [alone])
    opened = stage.open_mailbox()
    assert [line.name for line in opened.files][1:] == ["photo.jpg", "recording.mp3"]
    assert [(line.text, [file.name for file in line.files]) for line in opened.messages[-2:]] == [
        ("see the photo", ["photo.jpg"]),
        ("", ["recording.mp3"]),
    ]
    assert open_own_file(stage, report, file.id) == EVIDENCE
    assert [line.name for line in stage.read(stage.cast.investigator).files][1:] == ["photo.jpg", "recording.mp3"]
    assert stage.findings() == []


def test_a_file_that_was_sent_already_takes_the_message_with_it(stage: Stage) -> None:
    """All or nothing: neither the words nor the other file are stored."""
    file = upload(stage.units, EVIDENCE, "photo.jpg")
    before = stage.contents()
    with pytest.raises(UploadRefused), stage.units.writing() as unit:
        mailbox.write_message(unit, stage.assigned.reporter, stage.assigned.keys, "words", [file, stage.file])
    assert stage.contents() == before


# -- What the log says -----------------------------------------------------------------------------------------------


def test_what_a_reporter_does_bears_the_day_alone(stage: Stage) -> None:
    """Nothing is entered before the day has ended, and then without a time, an actor or an order."""
    entries, queued = stage.entries(), stage.queued()
    stage.open_mailbox()
    stage.message("one more thing")
    open_own_file(stage, stage.assigned, stage.file.id)
    assert stage.entries() == entries
    caused = [fields for fields in stage.queued() if fields not in queued]
    by_event = {fields["event"]: fields for fields in caused}
    case, day = stage.assigned.case.hex(), SECOND_DAY.isoformat()
    common = {"day": day, "role": "reporter", "case": case}
    assert by_event["mailbox.opened"].items() >= (common | {"event": "mailbox.opened"}).items()
    assert by_event["mailbox.opened"].keys() - common.keys() == {"event", "writes"}  # how far they have read, sealed
    assert by_event["file.opened"] == common | {"event": "file.opened", "subject": f"file:{stage.file.id.hex()}"}
    assert by_event["message.received"].keys() == {"event", "day", "role", "case", "writes"}
    stage.next_day()
    assert [fields for fields in stage.entries()[len(entries) :] if "time" in fields or "actor" in fields] == []


@pytest.mark.usefixtures("on_sqlite")
def test_a_day_in_the_queue_has_no_order(stage: Stage) -> None:
    """Rows are kept by random ids: nothing tells which came first."""
    for _ in range(3):
        stage.open_mailbox()
    (sql,) = stage.attacker.rows("SELECT sql FROM sqlite_master WHERE name = 'log_pending'")[0]
    assert "WITHOUT ROWID" in sql
    columns = [name for _, name, *_ in stage.attacker.rows("PRAGMA table_info(log_pending)")]
    assert columns == ["id", "day", "fields", "signature"]


def test_a_reading_that_cannot_be_entered_opens_nothing(stage: Stage) -> None:
    with stage.units.reading() as unit, pytest.raises(CANNOT_WRITE):
        mailbox.read_mailbox(unit, stage.assigned.reporter, stage.assigned.keys)
