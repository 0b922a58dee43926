"""The access log under attack: whoever writes to the database, triggers dropped, leaves something that verification names."""

import base64
import itertools
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from complaints.database import Database
from complaints.services import log_verification
from complaints.services.access_log import AccessLog, Entry
from complaints.services.log_verification import Verification, verify
from complaints.vocabulary import Event
from crypto import SigningKey, checkpoint, merkle
from tests.intruder import Intruder

DAY = date(2026, 11, 22)
SIZE = 20


def opened(number: int) -> Entry:
    return Entry(Event.CASE_OPENED, {"day": DAY.isoformat(), "case": f"{number:032x}"})


def grow(database: Database, log: AccessLog, numbers: range) -> None:
    for number in numbers:
        with database.writing() as session:
            log.append(session, [opened(number)], DAY)


def newest_note(database: Database, log: AccessLog) -> str:
    with database.reading() as session:
        latest = log.latest(session)
    assert latest is not None
    return latest.note


@pytest.fixture
def log(database: Database, access_log: AccessLog) -> AccessLog:
    """A log of SIZE entries."""
    with database.writing() as session:
        access_log.append(session, [opened(number) for number in range(SIZE)], DAY)
    return access_log


def found(database: Database, log: AccessLog, note: str | None = None) -> Verification:
    with database.reading() as session:
        return verify(session, log, checkpoint=note)


# -- What is right ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [1, 3, 8, 1024])
def test_an_untouched_log_verifies_at_every_size(
    database: Database, access_log: AccessLog, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(log_verification, "BLOCK", block)
    assert found(database, access_log) == Verification(0, merkle.empty_root(), 0, 0, anchored=False, problems=())
    for size in range(1, SIZE):
        grow(database, access_log, range(size - 1, size))
        verification = found(database, access_log)
        assert verification.problems == ()
        assert verification.size == size
        assert base64.b64encode(verification.root).decode() == newest_note(database, access_log).split("\n")[2]


def test_progress_is_told_to_the_end(database: Database, log: AccessLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_verification, "BLOCK", 8)
    told: list[tuple[int, int]] = []
    with database.reading() as session:
        verify(session, log, progress=lambda done, total: told.append((done, total)))
    assert told == [(8, 20), (16, 20), (20, 20)]


def test_expired_fields_leave_the_log_verified_and_are_counted(database: Database, log: AccessLog) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE log_field SET value = NULL, salt = NULL WHERE entry < 5 AND name <> 'event'"))
    verification = found(database, log)
    assert verification.problems == ()
    assert verification.expired == 10


def test_the_queue_is_counted(database: Database, log: AccessLog) -> None:
    with database.writing() as session:
        log.queue(session, [opened(1), opened(2)], DAY)
    assert found(database, log).queued == 2


@pytest.mark.parametrize("column", ["id", "day", "fields", "signature"])
def test_a_queued_entry_that_cannot_be_read_is_reported(
    database: Database, log: AccessLog, stolen: Intruder, column: str
) -> None:
    with database.writing() as session:
        log.queue(session, [opened(1)], DAY)
    stolen.execute(f"UPDATE log_pending SET {column} = 'soon'")
    verification = found(database, log)
    assert verification.queued == 1
    assert verification.problems[0].startswith("a queued entry of the access log")


def test_what_is_said_of_a_wrong_log_ends_before_the_wrong_entry(
    database: Database, log: AccessLog, stolen: Intruder
) -> None:
    stolen.execute("UPDATE log_entry SET leaf = zeroblob(32) WHERE position = 7")
    verification = found(database, log)
    (right,) = stolen.execute("SELECT root FROM log_checkpoint WHERE size = 7").fetchone()
    assert (verification.size, verification.root) == (7, right)


# -- One corruption each: (statements, what is reported of the first wrong entry) --------------------------------------------------------

CORRUPTIONS = {
    "a value changed": (
        "UPDATE log_field SET value = CAST('day' AS BLOB) WHERE entry = 7 AND name = 'case'",
        "entry 7: its field case is not what was committed to",
    ),
    "a value made text": (
        "UPDATE log_field SET value = CAST(value AS TEXT) WHERE entry = 7 AND name = 'case'",
        "entry 7: its field case is not what was committed to",
    ),
    "a salt changed": (
        "UPDATE log_field SET salt = zeroblob(16) WHERE entry = 7 AND name = 'case'",
        "entry 7: its field case is not what was committed to",
    ),
    "a salt cut": (
        "UPDATE log_field SET salt = substr(salt, 1, 15) WHERE entry = 7 AND name = 'case'",
        "entry 7: its field case is not what was committed to",
    ),
    "a value gone, its salt there": (
        "UPDATE log_field SET value = NULL WHERE entry = 7 AND name = 'case'",
        "entry 7: its field case is not what was committed to",
    ),
    "a salt gone, its value there": (
        "UPDATE log_field SET salt = NULL WHERE entry = 7 AND name = 'case'",
        "entry 7: its field case is not what was committed to",
    ),
    "a field renamed": (
        "UPDATE log_field SET name = 'actor' WHERE entry = 7 AND name = 'case'",
        "entry 7: its field actor is not what was committed to",
    ),
    "a field renamed to what no entry has": (
        "UPDATE log_field SET name = 'address' WHERE entry = 7 AND name = 'case'",
        "entry 7: its fields do not bear the names",
    ),
    "an expired field renamed to one it has": (
        "UPDATE log_field SET value = NULL, salt = NULL, name = 'day' WHERE entry = 7 AND name = 'case'",
        "entry 7: its fields do not bear the names",
    ),
    "a commitment changed": (
        "UPDATE log_field SET commitment = zeroblob(32) WHERE entry = 7 AND name = 'case'",
        "entry 7: its field case is not what was committed to",
    ),
    "a commitment changed under an expired field": (
        "UPDATE log_field SET value = NULL, salt = NULL, commitment = zeroblob(32) WHERE entry = 7 AND name = 'case'",
        "entry 7: its leaf is not the one that its fields commit to",
    ),
    "a commitment that is none": (
        "UPDATE log_field SET value = NULL, salt = NULL, commitment = x'00' WHERE entry = 7 AND name = 'case'",
        "entry 7: the commitment to its field case is not 32 bytes",
    ),
    "a value changed with its commitment": (
        (
            "UPDATE log_field SET value = x'31', commitment = commitment_of(name, x'31', salt)"
            " WHERE entry = 7 AND name = 'case'"
        ),
        "entry 7: its leaf is not the one that its fields commit to",
    ),
    "a field deleted": (
        "DELETE FROM log_field WHERE entry = 7 AND name = 'day'",
        "entry 7: its fields are not numbered as they were written",
    ),
    "the last field deleted": (
        "DELETE FROM log_field WHERE entry = 7 AND name = 'case'",
        "entry 7: its leaf is not the one that its fields commit to",
    ),
    "all fields deleted": ("DELETE FROM log_field WHERE entry = 7", "entry 7: its fields are missing"),
    "a field inserted": (
        "INSERT INTO log_field SELECT entry, 3, 'reason', value, salt, commitment FROM log_field WHERE entry = 7 AND name = 'case'",
        "entry 7: its field reason is not what was committed to",
    ),
    "a field inserted for no entry": (
        "INSERT INTO log_field SELECT 99, number, name, value, salt, commitment FROM log_field WHERE entry = 7",
        "log_field holds rows that belong to no entry: 3, the first at entry 99, number 0",
    ),
    "a field inserted under a name that is no number": (
        "INSERT INTO log_field SELECT 'last', number, name, value, salt, commitment FROM log_field WHERE entry = 7 AND number = 0",
        "log_field holds rows that belong to no entry: 1, the first at entry 'last', number 0",
    ),
    "a leaf changed": (
        "UPDATE log_entry SET leaf = zeroblob(32) WHERE position = 7",
        "entry 7: its leaf is not the one that its fields commit to",
    ),
    "a leaf made text": (
        "UPDATE log_entry SET leaf = 'leaf' WHERE position = 7",
        "entry 7: its leaf is not the one that its fields commit to",
    ),
    "a node changed": (
        "UPDATE log_node SET hash = zeroblob(32) WHERE level = 3 AND position = 1",
        "entry 15: the tree's node at level 3, position 1, which it finishes, is another",
    ),
    "a node deleted": (
        "DELETE FROM log_node WHERE level = 2 AND position = 0",
        "entry 3: the tree's node at level 2, position 0, which it finishes, is missing",
    ),
    "a node inserted": (
        "INSERT INTO log_node VALUES (3, 2, zeroblob(32))",
        "log_node holds rows that belong to no entry: 1, the first at level 3, position 2",
    ),
    "a node inserted at the level of leaves": (
        "INSERT INTO log_node VALUES (0, 0, zeroblob(32))",
        "log_node holds rows that belong to no entry: 1, the first at level 0, position 0",
    ),
    "a checkpoint's note changed": (
        "UPDATE log_checkpoint SET note = replace(note, 'report.', 'repart.') WHERE size = 12",
        "entry 11: its checkpoint's note does not verify: ",
    ),
    "a checkpoint's note emptied": (
        "UPDATE log_checkpoint SET note = '' WHERE size = 12",
        "entry 11: its checkpoint's note does not verify: ",
    ),
    "a checkpoint's note made older": (
        "UPDATE log_checkpoint SET note = (SELECT note FROM log_checkpoint WHERE size = 11) WHERE size = 12",
        "entry 11: its checkpoint's note was signed over other entries",
    ),
    "a checkpoint's root changed": (
        "UPDATE log_checkpoint SET root = zeroblob(32) WHERE size = 12",
        "entry 11: the tree's root or peaks in its checkpoint are not those of the entries so far",
    ),
    "a checkpoint's peaks changed": (
        "UPDATE log_checkpoint SET peaks = zeroblob(64) WHERE size = 12",
        "entry 11: the tree's root or peaks in its checkpoint are not those of the entries so far",
    ),
    "a checkpoint deleted": ("DELETE FROM log_checkpoint WHERE size = 12", "entry 11: its checkpoint is missing"),
    "the last checkpoint deleted": (
        "DELETE FROM log_checkpoint WHERE size = 20",
        "entry 19: its checkpoint is missing",
    ),
    "all checkpoints deleted": ("DELETE FROM log_checkpoint", "entry 0: its checkpoint is missing"),
    "a checkpoint inserted beyond the end": (
        "INSERT INTO log_checkpoint SELECT 21, root, peaks, note FROM log_checkpoint WHERE size = 20",
        "entry 20: is missing",
    ),
    "a checkpoint inserted before the beginning": (
        "INSERT INTO log_checkpoint SELECT 0, root, peaks, note FROM log_checkpoint WHERE size = 20",
        "log_checkpoint holds rows that belong to no entry: 1, the first at size 0",
    ),
    "the first entry deleted": ("DELETE FROM log_entry WHERE position = 0", "entry 0: is missing"),
    "a middle entry deleted": ("DELETE FROM log_entry WHERE position = 9", "entry 9: is missing"),
    "the last entry deleted": ("DELETE FROM log_entry WHERE position = 19", "entry 19: is missing"),
    "all entries deleted": ("DELETE FROM log_entry", "entry 0: is missing"),
    "an entry inserted at the end": (
        (
            "INSERT INTO log_entry SELECT 20, leaf FROM log_entry WHERE position = 19;"
            "INSERT INTO log_field SELECT 20, number, name, value, salt, commitment FROM log_field WHERE entry = 19"
        ),
        "entry 20: its checkpoint is missing",
    ),
    "an entry inserted far beyond the end": (
        "INSERT INTO log_entry SELECT 2000000000, leaf FROM log_entry WHERE position = 19",
        "entry 20: is missing",
    ),
    "an entry inserted before the beginning": (
        "INSERT INTO log_entry SELECT -1, leaf FROM log_entry WHERE position = 0",
        "log_entry holds rows that belong to no entry: 1, the first at position -1",
    ),
    "an entry inserted in the middle, the rest moved up": (
        (
            "UPDATE log_entry SET position = -position WHERE position >= 9;"
            "UPDATE log_entry SET position = 1 - position WHERE position < 0;"
            "UPDATE log_field SET entry = -entry WHERE entry >= 9;"
            "UPDATE log_field SET entry = 1 - entry WHERE entry < 0;"
            "INSERT INTO log_entry SELECT 9, leaf FROM log_entry WHERE position = 2;"
            "INSERT INTO log_field SELECT 9, number, name, value, salt, commitment FROM log_field WHERE entry = 2"
        ),
        "entry 9: the tree's node at level 1, position 4, which it finishes, is another",
    ),
    "a middle entry deleted, the rest moved down": (
        (
            "DELETE FROM log_entry WHERE position = 9; DELETE FROM log_field WHERE entry = 9;"
            "UPDATE log_entry SET position = position - 1 WHERE position > 9;"
            "UPDATE log_field SET entry = entry - 1 WHERE entry > 9"
        ),
        "entry 9: the tree's node at level 1, position 4, which it finishes, is another",
    ),
    "two entries changing places": (
        (
            "UPDATE log_entry SET position = -1 WHERE position = 4; UPDATE log_entry SET position = 4 WHERE position = 11;"
            "UPDATE log_entry SET position = 11 WHERE position = -1;"
            "UPDATE log_field SET entry = -1 WHERE entry = 4; UPDATE log_field SET entry = 4 WHERE entry = 11;"
            "UPDATE log_field SET entry = 11 WHERE entry = -1"
        ),
        "entry 4: the tree's root or peaks in its checkpoint are not those of the entries so far",
    ),
    "two leaves changing places": (
        "UPDATE log_entry SET leaf = (SELECT leaf FROM log_entry WHERE position = 15 - 4) WHERE position = 4",
        "entry 4: its leaf is not the one that its fields commit to",
    ),
    "the tail cut from the entries alone": (
        "DELETE FROM log_entry WHERE position >= 15; DELETE FROM log_field WHERE entry >= 15",
        "entry 15: is missing",
    ),
    "the tail cut, its nodes left": (
        (
            "DELETE FROM log_entry WHERE position >= 15; DELETE FROM log_field WHERE entry >= 15;"
            "DELETE FROM log_checkpoint WHERE size > 15"
        ),
        "log_node holds rows that belong to no entry: 7, the first at level 1, position 7",
    ),
}


@pytest.mark.parametrize(("statements", "report"), CORRUPTIONS.values(), ids=CORRUPTIONS.keys())
def test_it_reports(database: Database, log: AccessLog, stolen: Intruder, statements: str, report: str) -> None:
    for statement in statements.split(";"):
        assert stolen.execute(statement).rowcount > 0
    problems = found(database, log).problems
    assert problems[0].startswith(report)
    # What is reported is of one entry, not of all that follow from it.
    assert len({problem.partition(":")[0] for problem in problems}) == 1


def test_a_checkpoint_signed_with_another_key_is_reported(database: Database, log: AccessLog, stolen: Intruder) -> None:
    (root,) = stolen.execute("SELECT root FROM log_checkpoint WHERE size = 12").fetchone()
    forged = checkpoint.sign(log.origin, 12, root, SigningKey.generate())
    stolen.execute("UPDATE log_checkpoint SET note = ? WHERE size = 12", (forged,))
    (problem,) = found(database, log).problems
    assert problem.startswith("entry 11: its checkpoint's note does not verify: ")


# -- Consistent rewriting ---------------------------------------------------------------------------------------------------------------


def truncate(stolen: Intruder, size: int) -> None:
    """Takes the log back to an earlier end, in every table."""
    stolen.execute("DELETE FROM log_field WHERE entry >= ?", (size,))
    stolen.execute("DELETE FROM log_entry WHERE position >= ?", (size,))
    stolen.execute("DELETE FROM log_checkpoint WHERE size > ?", (size,))
    stolen.execute("DELETE FROM log_node WHERE ((position + 1) << level) > ?", (size,))


def rebuild(stolen: Intruder) -> None:
    """Computes every leaf, node, root and peak anew from the fields, as somebody would who has no key to sign with."""
    stolen.execute("DELETE FROM log_node")
    rows = stolen.execute("SELECT entry, commitment FROM log_field ORDER BY entry, number").fetchall()
    size, peaks = 0, ()
    for position, fields in itertools.groupby(rows, key=lambda row: row[0]):
        commitments = b"".join(commitment for _, commitment in fields)
        leaf = merkle.leaf_hash(b"\x01" + bytes([len(commitments) // 32]) + commitments)
        tree = merkle.append(size, peaks, leaf)
        size, peaks = tree.size, tree.peaks
        stolen.execute("UPDATE log_entry SET leaf = ? WHERE position = ?", (leaf, position))
        stolen.executemany("INSERT INTO log_node VALUES (?, ?, ?)", [node for node in tree.nodes if node[0]])
        stolen.execute(
            "UPDATE log_checkpoint SET root = ?, peaks = ? WHERE size = ?", (tree.root, b"".join(peaks), size)
        )


def test_rebuilding_what_is_there_changes_nothing(database: Database, log: AccessLog, stolen: Intruder) -> None:
    rebuild(stolen)
    assert found(database, log).problems == ()


def test_a_rewritten_history_without_the_key_is_reported_at_the_entry_that_was_changed(
    database: Database, log: AccessLog, stolen: Intruder
) -> None:
    stolen.execute(
        "UPDATE log_field SET value = x'31', commitment = commitment_of(name, x'31', salt)"
        " WHERE entry = 7 AND name = 'case'"
    )
    rebuild(stolen)
    assert found(database, log).problems == ("entry 7: its checkpoint's note was signed over other entries",)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 19])
def test_a_consistent_truncation_shows_by_an_earlier_checkpoint_and_by_that_alone(
    database: Database, log: AccessLog, stolen: Intruder, size: int
) -> None:
    kept = newest_note(database, log)
    truncate(stolen, size)
    unanchored = found(database, log)
    assert unanchored.problems == ()
    assert unanchored.size == size
    assert not unanchored.anchored
    anchored = found(database, log, kept)
    assert not anchored.anchored
    assert anchored.problems == (
        f"entry {size}: is gone, and all after it: the given checkpoint counts 20 entries, the log {size}",
    )


@pytest.mark.parametrize("kept", [13, 16, 20])
def test_a_log_continued_from_an_earlier_end_shows_by_an_earlier_checkpoint(
    database: Database, log: AccessLog, stolen: Intruder, kept: int
) -> None:
    (note,) = stolen.execute("SELECT note FROM log_checkpoint WHERE size = ?", (kept,)).fetchone()
    truncate(stolen, 12)
    grow(database, log, range(100, 110))
    assert found(database, log).problems == ()
    assert found(database, log, note).problems == (
        f"entries 0 to {kept - 1}: are not those of the given checkpoint: the log's history was rewritten",
    )


def test_a_history_rewritten_by_the_holder_of_the_key_shows_by_an_earlier_checkpoint(
    database: Database, log: AccessLog, stolen: Intruder
) -> None:
    kept = newest_note(database, log)
    truncate(stolen, 0)
    grow(database, log, range(1, SIZE + 1))
    assert found(database, log).problems == ()
    assert found(database, log, kept).problems == (
        "entries 0 to 19: are not those of the given checkpoint: the log's history was rewritten",
    )


# -- The checkpoint that was kept -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 8, SIZE])
def test_a_log_that_grew_continues_every_earlier_checkpoint(
    database: Database, log: AccessLog, stolen: Intruder, size: int
) -> None:
    (note,) = stolen.execute("SELECT note FROM log_checkpoint WHERE size = ?", (size,)).fetchone()
    grow(database, log, range(SIZE, SIZE + 5))
    verification = found(database, log, note)
    assert verification.problems == ()
    assert verification.anchored
    assert verification.size == SIZE + 5


def test_a_wrong_entry_leaves_the_log_unanchored(database: Database, log: AccessLog, stolen: Intruder) -> None:
    stolen.execute("UPDATE log_entry SET leaf = zeroblob(32) WHERE position = 19")
    (note,) = stolen.execute("SELECT note FROM log_checkpoint WHERE size = 3").fetchone()
    assert not found(database, log, note).anchored


def test_another_logs_checkpoint_is_reported(database: Database, log: AccessLog) -> None:
    other = checkpoint.sign(log.origin, 3, bytes(32), SigningKey.generate())
    verification = found(database, log, other)
    (problem,) = verification.problems
    assert problem.startswith("the given checkpoint is not this log's: ")
    assert not verification.anchored


def test_a_file_that_is_no_checkpoint_is_reported(database: Database, log: AccessLog) -> None:
    assert (
        found(database, log, Path(__file__).read_text())
        .problems[0]
        .startswith("the given checkpoint is not this log's")
    )
