"""Somebody who can write to the database attacks what is sealed: answers, identity, messages, notes, files.

One named tampering a test. Each is refused where it would be read, or shown by the check, or both. Some attackers here hold keys: an
assigned investigator has the compartment's key, and still cannot speak for anybody else.
"""

from collections.abc import Mapping

import pytest

from complaints.errors import NotFound, Refused
from complaints.models import Case
from complaints.services import casework, keyrings, records, uploads
from complaints.services.keyrings import Keyring
from complaints.services.records import SealedRecord
from complaints.vocabulary import CompartmentName, IdentityField, RecordKind, ReportField
from crypto import SecretKey, SigningKey
from tests.cast import CANARIES, NARRATIVE, Person, Report
from tests.stage import EVIDENCE, SECOND_DAY, Stage

REPORT, EXCLUSIONS, IDENTITY = RecordKind.REPORT, RecordKind.EXCLUSIONS, RecordKind.IDENTITY
FILE, MESSAGE, NOTE = RecordKind.FILE, RecordKind.MESSAGE, RecordKind.NOTE
FIELD = "record_id = ? AND name = ?"
NOT_WRITTEN = "is not what was written"


# -- What the attacker finds and puts --------------------------------------------------------------------------------


def record_of(stage: Stage, kind: RecordKind, report: Report | None = None, *, last: bool = False) -> bytes:
    """The id of the first, or the last, record of a kind."""
    order = "DESC" if last else "ASC"
    found: bytes = stage.attacker.value(
        f"SELECT id FROM record WHERE case_id = ? AND kind = ? ORDER BY number {order} LIMIT 1",
        (report or stage.assigned).case,
        kind.value,
    )
    return found


def name_of(stage: Stage, record: bytes) -> str:
    """As readers are told of it: "message 5"."""
    ((kind, number),) = stage.attacker.rows("SELECT kind, number FROM record WHERE id = ?", record)
    return f"{kind} {number}"


def delete_record(stage: Stage, record: bytes) -> None:
    stage.attacker.run("DELETE FROM sealed_field WHERE record_id = ?", record)
    stage.attacker.run("DELETE FROM record WHERE id = ?", record)


def keyring_of(stage: Stage, person: Person, compartment: CompartmentName) -> Keyring:
    """What a grant gives its holder, who may be an attacker too."""
    holder = person.identity_key if compartment is CompartmentName.IDENTITY else person.keys.work
    with stage.units.reading() as unit:
        case = unit.session.get_one(Case, stage.assigned.case)
        keyring = keyrings.open_keyring(unit, case, compartment, person.account, holder)
    assert keyring is not None
    return keyring


def forge(
    stage: Stage,
    kind: RecordKind,
    fields: Mapping[str, bytes],
    *,
    author: bytes,
    signing: SigningKey,
    epoch: int = 2,
    key: SecretKey,
    record: bytes = bytes(16),
) -> SealedRecord:
    return records.seal(stage.assigned.case, record, kind, fields, epoch=epoch, key=key, author=author, signing=signing)


def plant(stage: Stage, record: SealedRecord, *, number: int = 99) -> None:
    """Stored as the application would, in place of what had its id."""
    if stage.attacker.rows("SELECT 1 FROM record WHERE id = ?", record.id):
        delete_record(stage, record.id)
    place = (record.id, record.case, number, record.compartment.value, record.epoch, record.kind.value, record.author)
    stage.attacker.insert("record", (*place, SECOND_DAY.isoformat(), record.revision))
    for name, value in record.fields.items():
        stage.attacker.insert("sealed_field", (record.id, record.revision, name, value))


def is_said_aloud(stage: Stage, record: bytes) -> None:
    """The lead reads everything but this record, and is told."""
    name = name_of(stage, record)
    assert stage.read(stage.cast.lead).problems == (name,)
    stage.shows("record", f"{name.partition(' ')[0]} ")


def test_nothing_is_said_of_what_nobody_touched(stage: Stage) -> None:
    opened = stage.read(stage.cast.lead)
    assert opened.problems == ()
    assert opened.answers[ReportField.NARRATIVE] == NARRATIVE
    assert [line.text for line in opened.messages] == ["CANARY-REPLY", "CANARY-ANSWER", "CANARY-ANSWER again"]
    assert [line.text for line in opened.notes] == ["CANARY-NOTE", "CANARY-NOTE of the second"]
    assert stage.open_mailbox().problems == ()
    assert stage.open_identity(stage.cast.investigator).fields == CANARIES
    assert stage.findings() == []


# -- Sealed values moved ---------------------------------------------------------------------------------------------


def test_two_fields_of_a_report_swapped(stage: Stage) -> None:
    report = record_of(stage, REPORT)
    stage.attacker.swap("sealed_field", "value", FIELD, [report, "narrative"], [report, "where"])
    is_said_aloud(stage, report)
    stage.shows("record", NOT_WRITTEN)


def test_two_fields_of_an_identity_swapped(stage: Stage) -> None:
    """All of one size, so that nothing but the seal could tell."""
    identity = record_of(stage, IDENTITY)
    stage.attacker.swap("sealed_field", "value", FIELD, [identity, "name"], [identity, "address"])
    with pytest.raises(Refused, match="does not open here"):
        stage.open_identity(stage.cast.lead)
    stage.shows("record", NOT_WRITTEN)


def test_a_field_moved_to_another_record(stage: Stage) -> None:
    """Two messages of one author: each in the other's place."""
    one, other = record_of(stage, MESSAGE), record_of(stage, MESSAGE, last=True)
    stage.attacker.swap("sealed_field", "value", FIELD, [one, "text"], [other, "text"])
    assert stage.read(stage.cast.lead).problems == (name_of(stage, one), name_of(stage, other))
    assert stage.open_mailbox().problems == (name_of(stage, one), name_of(stage, other))
    stage.shows("record", NOT_WRITTEN)


def test_a_signature_moved_to_another_record(stage: Stage) -> None:
    one, other = record_of(stage, NOTE), record_of(stage, NOTE, last=True)
    stage.attacker.swap("sealed_field", "value", FIELD, [one, "signature"], [other, "signature"])
    assert stage.read(stage.cast.lead).problems == (name_of(stage, one), name_of(stage, other))


def test_a_field_moved_to_another_case(stage: Stage) -> None:
    one, other = record_of(stage, REPORT), record_of(stage, REPORT, stage.waiting)
    stage.attacker.swap("sealed_field", "value", FIELD, [one, "narrative"], [other, "narrative"])
    is_said_aloud(stage, one)
    assert stage.read(stage.cast.lead, stage.waiting).problems == ("report 1",)


def test_an_identity_moved_to_another_case(stage: Stage) -> None:
    one, other = record_of(stage, IDENTITY), record_of(stage, IDENTITY, stage.waiting)
    stage.attacker.run("UPDATE record SET number = 98 WHERE id = ?", one)
    stage.attacker.swap("record", "case_id", "id = ?", [one], [other])
    for report in (stage.assigned, stage.waiting):
        with pytest.raises(Refused):
            stage.open_identity(stage.cast.lead, report)
    stage.shows("record", NOT_WRITTEN)


def test_a_record_moved_to_another_case(stage: Stage) -> None:
    message = record_of(stage, MESSAGE)
    stage.attacker.run("UPDATE record SET case_id = ?, number = 99 WHERE id = ?", stage.waiting.case, message)
    assert stage.read(stage.cast.lead, stage.waiting).problems == ("message 99",)
    stage.shows("record", NOT_WRITTEN)


def test_a_note_moved_to_where_the_reporter_reads(stage: Stage) -> None:
    note = record_of(stage, NOTE)
    stage.attacker.run("UPDATE record SET compartment = 'report', kind = 'message' WHERE id = ?", note)
    name = name_of(stage, note)
    assert name in stage.open_mailbox().problems
    assert "CANARY-NOTE" not in repr([line.text for line in stage.open_mailbox().messages])
    stage.shows("record", NOT_WRITTEN)


def test_an_identity_moved_to_where_investigators_read(stage: Stage) -> None:
    identity = record_of(stage, IDENTITY)
    stage.attacker.run("UPDATE record SET compartment = 'report' WHERE id = ?", identity)
    is_said_aloud(stage, identity)
    with pytest.raises(Refused, match="identity is missing"):
        stage.open_identity(stage.cast.lead)


def test_a_record_moved_to_another_epoch(stage: Stage) -> None:
    message = record_of(stage, MESSAGE)
    stage.attacker.run("UPDATE record SET epoch = 1 WHERE id = ?", message)
    is_said_aloud(stage, message)


def test_a_record_of_an_epoch_that_is_not_there(stage: Stage) -> None:
    message = record_of(stage, MESSAGE)
    stage.attacker.run("UPDATE record SET epoch = 3 WHERE id = ?", message)
    is_said_aloud(stage, message)


@pytest.mark.parametrize("revision", [2, 0, -1])
def test_a_record_of_another_revision(stage: Stage, revision: int) -> None:
    message = record_of(stage, MESSAGE)
    stage.attacker.run("UPDATE record SET revision = ? WHERE id = ?", revision, message)
    stage.attacker.run("UPDATE sealed_field SET revision = ? WHERE record_id = ?", revision, message)
    assert stage.read(stage.cast.lead).problems == (name_of(stage, message),)


def test_a_revision_that_has_no_fields(stage: Stage) -> None:
    message = record_of(stage, MESSAGE)
    stage.attacker.run("UPDATE record SET revision = 2 WHERE id = ?", message)
    is_said_aloud(stage, message)
    stage.shows("record", "has fields of another revision")


@pytest.mark.parametrize("kind", ["note", "report", "no kind there is"])
def test_a_record_of_another_kind(stage: Stage, kind: str) -> None:
    message = record_of(stage, MESSAGE)
    stage.attacker.run("UPDATE record SET kind = ? WHERE id = ?", kind, message)
    is_said_aloud(stage, message)
    stage.shows("record", NOT_WRITTEN)


def test_a_record_copied_under_another_id(stage: Stage) -> None:
    """A reply said once cannot be made to be said twice."""
    message = record_of(stage, MESSAGE)
    ((_id, case, _number, *rest),) = stage.attacker.rows("SELECT * FROM record WHERE id = ?", message)
    stage.attacker.insert("record", (bytes(16), case, 99, *rest))
    for _id, *field in stage.attacker.rows("SELECT * FROM sealed_field WHERE record_id = ?", message):
        stage.attacker.insert("sealed_field", (bytes(16), *field))
    assert stage.read(stage.cast.lead).problems == ("message 99",)
    stage.shows("record", f"message 99 of case {stage.assigned.case.hex()} is in no log entry")


def test_two_messages_in_each_others_place(stage: Stage) -> None:
    """Nothing of either is touched but the order in which they are read: shown, for the log holds it."""
    one, other = record_of(stage, MESSAGE), record_of(stage, MESSAGE, last=True)
    first, second = (stage.attacker.value("SELECT number FROM record WHERE id = ?", each) for each in (one, other))
    for record, number in ((one, -1), (other, first), (one, second)):
        stage.attacker.run("UPDATE record SET number = ? WHERE id = ?", number, record)
    stage.shows("record", f"message {second} of case {stage.assigned.case.hex()} {NOT_WRITTEN}")


def test_a_message_on_another_day(stage: Stage) -> None:
    message = record_of(stage, MESSAGE)
    stage.attacker.run("UPDATE record SET made = '2026-01-01' WHERE id = ?", message)
    stage.shows("record", NOT_WRITTEN)


# -- Sealed values changed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [REPORT, EXCLUSIONS, FILE, MESSAGE, NOTE, RecordKind.OPENING_REASON])
def test_one_bit_of_a_field(stage: Stage, kind: RecordKind) -> None:
    record = record_of(stage, kind)
    name, value = stage.attacker.rows("SELECT name, value FROM sealed_field WHERE record_id = ? LIMIT 1", record)[0]
    changed = value[:-1] + bytes([value[-1] ^ 1])
    stage.attacker.run(f"UPDATE sealed_field SET value = ? WHERE {FIELD}", changed, record, name)
    assert name_of(stage, record) in stage.read(stage.cast.lead).problems
    stage.shows("record", NOT_WRITTEN)


def test_a_field_cut_to_nothing(stage: Stage) -> None:
    message = record_of(stage, MESSAGE)
    stage.attacker.run(f"UPDATE sealed_field SET value = x'' WHERE {FIELD}", message, "text")
    is_said_aloud(stage, message)


def test_a_field_taken_away(stage: Stage) -> None:
    """The people whom a report names, for one."""
    report = record_of(stage, REPORT)
    stage.attacker.run(f"DELETE FROM sealed_field WHERE {FIELD}", report, "people")
    assert name_of(stage, report) in stage.read(stage.cast.lead).problems
    assert stage.open_mailbox().problems == (name_of(stage, report),)
    stage.shows("record", NOT_WRITTEN)


def test_an_identity_field_taken_away(stage: Stage) -> None:
    stage.attacker.run(f"DELETE FROM sealed_field WHERE {FIELD}", record_of(stage, IDENTITY), "phone")
    with pytest.raises(Refused, match="did not sign"):
        stage.open_identity(stage.cast.lead)
    stage.shows("record", NOT_WRITTEN)


def test_a_field_added(stage: Stage) -> None:
    message = record_of(stage, MESSAGE)
    value = stage.attacker.value(f"SELECT value FROM sealed_field WHERE {FIELD}", message, "text")
    stage.attacker.insert("sealed_field", (message, 1, "postscript", value))
    is_said_aloud(stage, message)
    stage.shows("record", NOT_WRITTEN)


def test_a_field_of_an_older_revision_left_beside(stage: Stage) -> None:
    message = record_of(stage, MESSAGE)
    value = stage.attacker.value(f"SELECT value FROM sealed_field WHERE {FIELD}", message, "text")
    stage.attacker.insert("sealed_field", (message, 0, "text", value))
    assert stage.read(stage.cast.lead).problems == ()
    stage.shows("record", "has fields of another revision")


# -- Words put in somebody's mouth -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [MESSAGE, NOTE])
def test_words_sealed_by_somebody_without_the_key(stage: Stage, kind: RecordKind) -> None:
    lead = stage.cast.lead
    forged = forge(
        stage, kind, {"text": b"forged"}, author=lead.account, signing=SigningKey.generate(), key=SecretKey.generate()
    )
    plant(stage, forged)
    is_said_aloud(stage, forged.id)
    stage.shows("record", "is in no log entry")


@pytest.mark.parametrize("kind", [MESSAGE, NOTE])
def test_words_of_a_colleague_forged_by_an_investigator_with_the_key(stage: Stage, kind: RecordKind) -> None:
    attacker, colleague = stage.cast.investigator, stage.cast.second_investigator
    key = keyring_of(stage, attacker, kind.compartment).key
    forged = forge(stage, kind, {"text": b"forged"}, author=colleague.account, signing=attacker.keys.signing, key=key)
    plant(stage, forged)
    is_said_aloud(stage, forged.id)
    stage.shows("record", "is in no log entry")


def test_words_of_the_reporter_forged_by_an_investigator_with_the_key(stage: Stage) -> None:
    attacker = stage.cast.investigator
    key = keyring_of(stage, attacker, CompartmentName.REPORT).key
    forged = forge(
        stage, MESSAGE, {"text": b"I withdraw"}, author=stage.assigned.case, signing=attacker.keys.signing, key=key
    )
    plant(stage, forged)
    is_said_aloud(stage, forged.id)
    assert stage.open_mailbox().problems == (name_of(stage, forged.id),)
    stage.shows("record", "is in no log entry")


def test_an_investigators_own_words_made_the_reporters(stage: Stage) -> None:
    """Rightly sealed and signed, but not by the author whom the row names."""
    reply = record_of(stage, MESSAGE)
    stage.attacker.run("UPDATE record SET author = ? WHERE id = ?", stage.assigned.case, reply)
    is_said_aloud(stage, reply)
    stage.shows("record", NOT_WRITTEN)


def test_the_reporters_words_made_an_investigators(stage: Stage) -> None:
    answer = record_of(stage, MESSAGE, last=True)
    stage.attacker.run("UPDATE record SET author = ? WHERE id = ?", stage.cast.investigator.account, answer)
    assert stage.open_mailbox().problems == (name_of(stage, answer),)


def test_words_of_somebody_who_was_never_on_a_roster(stage: Stage) -> None:
    other = stage.cast.other_lead
    key = keyring_of(stage, stage.cast.investigator, CompartmentName.INTERNAL).key
    forged = forge(stage, NOTE, {"text": b"forged"}, author=other.account, signing=other.keys.signing, key=key)
    plant(stage, forged)
    is_said_aloud(stage, forged.id)


def replace_with_own(stage: Stage, kind: RecordKind, fields: Mapping[str, bytes]) -> bytes:
    """An investigator with every key puts a record of their own in place of the reporter's, rightly signed: with their own key."""
    attacker, original = stage.cast.investigator, record_of(stage, kind)
    number, epoch = stage.attacker.rows("SELECT number, epoch FROM record WHERE id = ?", original)[0]
    key = keyring_of(stage, attacker, kind.compartment).at(epoch)
    forged = forge(
        stage,
        kind,
        fields,
        author=attacker.account,
        signing=attacker.keys.signing,
        key=key,
        epoch=epoch,
        record=original,
    )
    plant(stage, forged, number=number)
    return original


def test_a_report_replaced_by_an_investigators_own(stage: Stage) -> None:
    answers = {name.value: b"nothing happened" for name in ReportField}
    replace_with_own(stage, REPORT, answers)
    opened = stage.read(stage.cast.lead)
    assert opened.problems == ("report 1",)
    assert "nothing happened" not in repr(opened.answers)
    stage.shows("record", NOT_WRITTEN)


def test_exclusions_replaced_by_an_investigators_own(stage: Stage) -> None:
    """Whom the reporter shut out could be let in."""
    replace_with_own(stage, EXCLUSIONS, {"accounts": b"", "words": b"", "asked-channel": b""})
    assert stage.read(stage.cast.lead).problems == ("exclusions 2",)
    with pytest.raises(Refused, match="a record by somebody whose it cannot be"):
        stage.candidates()
    with pytest.raises(Refused, match="a record by somebody whose it cannot be"):
        stage.cast.assign(stage.assigned, epoch=2)
    stage.shows("record", NOT_WRITTEN)


def test_an_identity_replaced_by_an_investigators_own(stage: Stage) -> None:
    replace_with_own(stage, IDENTITY, {name.value: b"somebody else" for name in IdentityField})
    with pytest.raises(Refused, match="a record by somebody whose it cannot be"):
        stage.open_identity(stage.cast.lead)
    stage.shows("record", NOT_WRITTEN)


def test_a_files_particulars_replaced_by_an_investigators_own(stage: Stage) -> None:
    key = SecretKey.generate().export()
    file = replace_with_own(stage, FILE, {"key": key, "name": b"x", "type": b"text/plain", "length": bytes(8)})
    is_said_aloud(stage, file)
    with pytest.raises(Refused, match="a record by somebody whose it cannot be"):
        open_file(stage)


def test_a_message_by_a_former_member_under_a_key_they_kept(stage: Stage) -> None:
    """Not refused: they did sign it, with a key they had. The check shows it: no entry tells of it."""
    triage = stage.cast.triage
    key = keyring_of(stage, stage.cast.lead, CompartmentName.REPORT).at(1)
    forged = forge(
        stage, MESSAGE, {"text": b"late"}, author=triage.account, signing=triage.keys.signing, key=key, epoch=1
    )
    plant(stage, forged)
    stage.shows("record", f"message 99 of case {stage.assigned.case.hex()} is in no log entry")


# -- Withheld, and put back ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [MESSAGE, NOTE, FILE, RecordKind.OPENING_REASON])
def test_a_deleted_record(stage: Stage, kind: RecordKind) -> None:
    record = record_of(stage, kind)
    delete_record(stage, record)
    stage.shows("record", f"record {record.hex()} is in the log and not in the database")


def test_a_deleted_report(stage: Stage) -> None:
    delete_record(stage, record_of(stage, REPORT))
    assert stage.read(stage.cast.lead).problems == ("report missing",)
    assert stage.open_mailbox().problems == ("report missing",)
    stage.shows("record", "is in the log and not in the database")


def test_deleted_exclusions(stage: Stage) -> None:
    """A report that shuts nobody out says so; one that says nothing is not believed."""
    delete_record(stage, record_of(stage, EXCLUSIONS))
    assert stage.read(stage.cast.lead).problems == ("exclusions missing",)
    with pytest.raises(Refused, match="exclusions are missing"):
        stage.cast.assign(stage.assigned, epoch=2)
    stage.shows("record", "is in the log and not in the database")


def test_a_deleted_identity(stage: Stage) -> None:
    """Not taken for a reporter who gave no name."""
    delete_record(stage, record_of(stage, IDENTITY))
    with pytest.raises(Refused, match="identity is missing"):
        stage.open_identity(stage.cast.lead)
    with pytest.raises(Refused, match="identity is missing"):
        stage.cast.assign(stage.assigned, epoch=2)
    stage.shows("record", "is in the log and not in the database")


def test_an_old_revision_of_an_identity_put_back(stage: Stage) -> None:
    identity = record_of(stage, IDENTITY)
    stage.attacker.run("DELETE FROM sealed_field WHERE record_id = ?", identity)
    stage.attacker.put_back(stage.before, "record", "id = ?", identity)
    stage.attacker.put_back(stage.before, "sealed_field", "record_id = ?", identity)
    with pytest.raises(Refused, match="an identity of an earlier epoch"):
        stage.open_identity(stage.cast.lead)
    with pytest.raises(Refused, match="an identity of an earlier epoch"):
        stage.cast.assign(stage.assigned, epoch=2)
    stage.shows("record", "is not what was written (an older revision)")


# -- Files -----------------------------------------------------------------------------------------------------------


def open_file(stage: Stage, report: Report | None = None) -> bytes:
    lead = stage.cast.lead
    file = stage.file if report is None else stage.other_file
    with stage.units.writing() as unit:
        opened = casework.open_file(unit, lead.actor, lead.keys, (report or stage.assigned).case, file.id)
    return b"".join(uploads.stream_file(stage.units, opened.id, opened.key, opened.length))


def file_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused):
        open_file(stage)
    stage.shows("file", f"file {stage.file.id.hex()}")


def test_a_file_that_nobody_touched(stage: Stage) -> None:
    assert open_file(stage) == EVIDENCE
    assert open_file(stage, stage.waiting) == EVIDENCE[::-1]


def chunk(stage: Stage, file: bytes, position: int) -> bytes:
    data: bytes = stage.attacker.value("SELECT data FROM file_chunk WHERE file_id = ? AND position = ?", file, position)
    return data


def put_chunk(stage: Stage, position: int, data: bytes) -> None:
    stage.attacker.run(
        "UPDATE file_chunk SET data = ? WHERE file_id = ? AND position = ?", data, stage.file.id, position
    )


def test_a_chunk_replaced_by_another_files(stage: Stage) -> None:
    put_chunk(stage, 1, chunk(stage, stage.other_file.id, 1))
    file_is_refused(stage)


def test_two_chunks_swapped(stage: Stage) -> None:
    first, second = chunk(stage, stage.file.id, 0), chunk(stage, stage.file.id, 1)
    put_chunk(stage, 0, second)
    put_chunk(stage, 1, first)
    file_is_refused(stage)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_chunk_dropped(stage: Stage, position: int) -> None:
    stage.attacker.run("DELETE FROM file_chunk WHERE file_id = ? AND position = ?", stage.file.id, position)
    file_is_refused(stage)
    stage.shows("file", "its chunks are not those that were sealed")


def test_a_chunk_added(stage: Stage) -> None:
    stage.attacker.insert("file_chunk", (0, stage.file.id, 3, chunk(stage, stage.file.id, 2)))
    file_is_refused(stage)


def test_two_files_chunks_swapped_with_their_digests(stage: Stage) -> None:
    """Each file whole, in the other's place: the digests agree, the log and the seal do not."""
    mine, other = stage.file.id, stage.other_file.id
    for taken, put in ((mine, bytes(16)), (other, mine), (bytes(16), other)):
        stage.attacker.run("UPDATE file_chunk SET file_id = ? WHERE file_id = ?", put, taken)
    stage.attacker.swap("file", "digest", "id = ?", [mine], [other])
    file_is_refused(stage)
    stage.shows("file", "is not the one in the log")


def test_a_file_moved_to_another_case(stage: Stage) -> None:
    stage.attacker.run("UPDATE file SET case_id = ? WHERE id = ?", stage.waiting.case, stage.file.id)
    lead = stage.cast.lead
    with pytest.raises(NotFound), stage.units.writing() as unit:
        casework.open_file(unit, lead.actor, lead.keys, stage.waiting.case, stage.file.id)
    stage.shows("file", f"file {stage.file.id.hex()} is not in the case whose record holds its key")


def test_two_files_particulars_swapped(stage: Stage) -> None:
    mine, other = record_of(stage, FILE), record_of(stage, FILE, stage.waiting)
    for name in ("key", "name"):
        stage.attacker.swap("sealed_field", "value", FIELD, [mine, name], [other, name])
    with pytest.raises(Refused, match="does not open here"):
        open_file(stage)
    stage.shows("record", NOT_WRITTEN)


def test_a_file_unclaimed_so_that_the_sweep_would_take_it(stage: Stage) -> None:
    stage.attacker.run("UPDATE file SET case_id = NULL WHERE id = ?", stage.file.id)
    stage.shows("file", f"file {stage.file.id.hex()} is in the log and not in the database")


def test_a_file_planted(stage: Stage) -> None:
    stage.attacker.insert("file", (bytes(16), stage.assigned.case, "2026-03-02", 0, 0, bytes(32)))
    stage.shows("file", f"file {bytes(16).hex()} is not the one in the log")
