"""The access log as it is written: the tree against a slow transcription of RFC 6962, the queue, many writers, the triggers."""

import hashlib
import itertools
import random
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from complaints.config import Settings
from complaints.database import Database
from complaints.errors import Refused
from complaints.models import LogCheckpoint, LogEntry, LogField, LogNode, LogPending
from complaints.services import access_log as module
from complaints.services.access_log import FIELDS, AccessLog, Entry
from complaints.services.log_verification import verify
from complaints.services.unit import Units
from complaints.vocabulary import Event
from crypto import SigningKey, checkpoint

DAY = date(2026, 11, 22)
NEXT_DAY = DAY + timedelta(days=1)


def opened(number: int) -> Entry:
    return Entry(Event.CASE_OPENED, {"day": DAY.isoformat(), "case": f"{number:032x}"})


def write(database: Database, log: AccessLog, entries: Sequence[Entry], today: date = DAY) -> None:
    with database.writing() as session:
        log.append(session, entries, today)


def queue(database: Database, log: AccessLog, numbers: Sequence[int], day: date = DAY) -> None:
    with database.writing() as session:
        log.queue(session, [opened(number) for number in numbers], day)


def cases(session: Session) -> list[int]:
    """The number of each entry's case, in the log's order."""
    values = session.scalars(select(LogField.value).where(LogField.name == "case").order_by(LogField.entry))
    return [int(value, 16) for value in values if value is not None]


# -- The oracle: RFC 6962 §2.1, word for word, over data that only the stored values and salts make -------------------------------------


def tree_hash(data: Sequence[bytes]) -> bytes:
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return hashlib.sha256(b"\x01" + tree_hash(data[:k]) + tree_hash(data[k:])).digest()


def stored_data(session: Session) -> list[bytes]:
    """Each entry's leaf data, made anew."""
    rows = session.scalars(select(LogField).order_by(LogField.entry, LogField.number))
    data = []
    for _, fields in itertools.groupby(rows, key=lambda row: row.entry):
        commitments = []
        for row in fields:
            assert row.value is not None
            assert row.salt is not None
            name = row.name.encode()
            length = bytes([len(name) >> 8, len(name) & 255])
            commitments.append(hashlib.sha256(row.salt + length + name + row.value).digest())
        data.append(b"\x01" + bytes([len(commitments)]) + b"".join(commitments))
    return data


def test_every_stored_hash_is_the_one_of_the_standard(database: Database, access_log: AccessLog) -> None:
    for number in range(34):
        write(database, access_log, [opened(number)])
    with database.reading() as session:
        data = stored_data(session)
        assert [row.leaf for row in session.scalars(select(LogEntry).order_by(LogEntry.position))] == [
            tree_hash([item]) for item in data
        ]
        checkpoints = session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size)).all()
        assert [row.root for row in checkpoints] == [tree_hash(data[:size]) for size in range(1, 35)]
        nodes = {(row.level, row.position): row.hash for row in session.scalars(select(LogNode))}
    assert nodes == {
        (level, index): tree_hash(data[index << level : (index + 1) << level])
        for level in range(1, 6)
        for index in range(34 >> level)
    }


def test_every_entry_has_a_checkpoint_signed_over_its_tree(database: Database, access_log: AccessLog) -> None:
    write(database, access_log, [opened(number) for number in range(9)])
    with database.reading() as session:
        data = stored_data(session)
        notes = session.scalars(select(LogCheckpoint.note).order_by(LogCheckpoint.size)).all()
    origin, key = checkpoint.parse_verifier_key(access_log.verifier_key)
    signed = [checkpoint.verify(note, origin, key) for note in notes]
    assert [(item.size, item.root) for item in signed] == [(size, tree_hash(data[:size])) for size in range(1, 10)]


def test_entries_written_together_make_the_tree_that_they_make_one_by_one(
    database: Database, access_log: AccessLog
) -> None:
    for numbers in ([0], [1, 2, 3], [], [4, 5], [6, 7, 8, 9, 10, 11]):
        write(database, access_log, [opened(number) for number in numbers])
    with database.reading() as session:
        assert cases(session) == list(range(12))
        assert verify(session, access_log).problems == ()
        assert session.scalars(select(LogCheckpoint.root).where(LogCheckpoint.size == 12)).one() == tree_hash(
            stored_data(session)
        )


def test_an_append_of_nothing_writes_nothing(database: Database, access_log: AccessLog) -> None:
    write(database, access_log, [])
    with database.reading() as session:
        assert access_log.latest(session) is None
        assert session.scalars(select(LogCheckpoint)).all() == []


def test_the_latest_checkpoint_is_of_the_last_entry(database: Database, access_log: AccessLog) -> None:
    write(database, access_log, [opened(1), opened(2)])
    with database.reading() as session:
        latest = access_log.latest(session)
        assert latest is not None
        assert latest.size == 2
        assert latest.root == tree_hash(stored_data(session))
        assert access_log.read_note(latest.note).root == latest.root


# -- Entries ----------------------------------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(FIELDS[1:]), unique=True))
def test_fields_are_committed_to_in_one_order_whatever_order_they_come_in(names: list[str]) -> None:
    entry = Entry(Event.DENIED, {name: name.upper() for name in names})
    present = ["event", *(name for name in FIELDS[1:] if name in names)]
    assert [name for name, _ in entry.named()] == present
    assert dict(entry.named()) == {"event": b"access.denied"} | {name: name.upper().encode() for name in names}


@pytest.mark.parametrize("name", ["address", "Event", "event", "browser", ""])
def test_a_field_that_the_log_does_not_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="has no field"):
        Entry(Event.DENIED, {name: "198.51.100.7"})


def test_equal_values_are_committed_to_differently(database: Database, access_log: AccessLog) -> None:
    write(database, access_log, [opened(1), opened(1)])
    with database.reading() as session:
        commitments = session.scalars(select(LogField.commitment)).all()
        salts = session.scalars(select(LogField.salt)).all()
    assert len(set(commitments)) == len(commitments) == 6
    assert len(set(salts)) == 6


# -- The queue --------------------------------------------------------------------------------------------------------------------------


def test_queued_entries_join_when_their_day_has_ended(database: Database, access_log: AccessLog) -> None:
    queue(database, access_log, [1, 2, 3])
    write(database, access_log, [opened(10)], today=DAY)
    with database.reading() as session:
        assert cases(session) == [10]
    write(database, access_log, [opened(11)], today=NEXT_DAY)
    with database.reading() as session:
        joined = cases(session)
        assert sorted(joined) == [1, 2, 3, 10, 11]
        assert joined[0] == 10
        assert joined[-1] == 11
        assert session.scalars(select(LogPending)).all() == []
        assert verify(session, access_log).problems == ()


def test_queued_entries_join_in_the_order_of_their_random_ids(
    database: Database, access_log: AccessLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = [number.to_bytes(16, "big") for number in range(40)]
    random.Random(6962).shuffle(drawn)
    ids = iter(drawn)
    monkeypatch.setattr(module, "new_id", lambda: next(ids))
    queue(database, access_log, range(40))
    with database.writing() as session:
        assert access_log.settle(session, NEXT_DAY) == 40
        assert cases(session) == [drawn.index(id_) for id_ in sorted(drawn)]


def test_what_a_reporter_causes_bears_the_day_alone(units: Units) -> None:
    with units.writing() as unit:
        unit.enter_later(Event.MAILBOX_OPENED, case="ab" * 16)
    with units.database.writing() as session:
        units.access_log.settle(session, date.max)
        names = session.scalars(select(LogField.name).order_by(LogField.number)).all()
    assert names == ["event", "day", "case", "queued"]


def test_an_append_takes_along_a_bounded_number_of_queued_entries(database: Database, access_log: AccessLog) -> None:
    queue(database, access_log, range(300))
    write(database, access_log, [opened(1000)], today=NEXT_DAY)
    with database.reading() as session:
        assert len(cases(session)) == module.SETTLED_AN_APPEND + 1
    write(database, access_log, [], today=NEXT_DAY)
    with database.reading() as session:
        assert len(cases(session)) == 301
        assert verify(session, access_log).problems == ()


@pytest.mark.parametrize(("limit", "settled"), [(None, 300), (1, 1), (256, 256), (257, 257), (400, 300)])
def test_settling_takes_as_many_as_it_is_told(
    database: Database, access_log: AccessLog, limit: int | None, settled: int
) -> None:
    queue(database, access_log, range(300))
    with database.writing() as session:
        assert access_log.settle(session, NEXT_DAY, limit) == settled
        assert len(cases(session)) == settled


def test_settling_leaves_the_present_day_alone(database: Database, access_log: AccessLog) -> None:
    queue(database, access_log, [1], day=DAY)
    queue(database, access_log, [2], day=NEXT_DAY)
    with database.writing() as session:
        assert access_log.settle(session, NEXT_DAY) == 1
        assert cases(session) == [1]


QUEUE_FORGERIES = {
    "fields changed": "UPDATE log_pending SET fields = CAST(replace(fields, '01\"', '02\"') AS BLOB)",
    "day changed": "UPDATE log_pending SET day = '2026-11-20'",
    "id changed": "UPDATE log_pending SET id = zeroblob(16)",
    "signature changed": "UPDATE log_pending SET signature = zeroblob(64)",
    "signature cut": "UPDATE log_pending SET signature = x''",
    "row planted": "INSERT INTO log_pending SELECT zeroblob(16), day, fields, signature FROM log_pending",
}


@pytest.mark.parametrize("statement", QUEUE_FORGERIES.values(), ids=QUEUE_FORGERIES.keys())
def test_what_nobody_queued_does_not_join_the_log(database: Database, access_log: AccessLog, statement: str) -> None:
    queue(database, access_log, [1])
    with database.writing() as session:
        session.execute(text("DROP TRIGGER log_pending_refuses_update"))
        assert session.execute(text(statement)).rowcount == 1
    with pytest.raises(Refused, match="not as it was queued"):
        write(database, access_log, [], today=NEXT_DAY)
    with database.reading() as session:
        assert cases(session) == []
        assert "a queued entry" in verify(session, access_log).problems[0]


# -- What it grows on -------------------------------------------------------------------------------------------------------------------

HEAD_FORGERIES = {
    "peaks changed": "UPDATE log_checkpoint SET peaks = zeroblob(64) WHERE size = 3",
    "peaks cut": "UPDATE log_checkpoint SET peaks = substr(peaks, 1, 32) WHERE size = 3",
    "peaks not hashes": "UPDATE log_checkpoint SET peaks = substr(peaks, 1, 40) WHERE size = 3",
    "size changed": "UPDATE log_checkpoint SET size = 9 WHERE size = 3",
    "older peaks and note": "UPDATE log_checkpoint SET peaks = (SELECT peaks FROM log_checkpoint WHERE size = 2),"
    " note = (SELECT note FROM log_checkpoint WHERE size = 2) WHERE size = 3",
    "note changed": "UPDATE log_checkpoint SET note = replace(note, 'report', 'repart') WHERE size = 3",
    "note emptied": "UPDATE log_checkpoint SET note = '' WHERE size = 3",
}


@pytest.mark.parametrize("statement", HEAD_FORGERIES.values(), ids=HEAD_FORGERIES.keys())
def test_nothing_is_signed_on_top_of_a_forged_end(database: Database, access_log: AccessLog, statement: str) -> None:
    write(database, access_log, [opened(1), opened(2), opened(3)])
    with database.writing() as session:
        session.execute(text("DROP TRIGGER log_checkpoint_refuses_update"))
        session.execute(text(statement))
    with pytest.raises(Refused, match="newest checkpoint"):
        write(database, access_log, [opened(4)])


def test_another_key_does_not_continue_the_log(database: Database, access_log: AccessLog) -> None:
    write(database, access_log, [opened(1)])
    with pytest.raises(Refused, match="newest checkpoint does not verify"):
        write(database, AccessLog("https://report.example.org", SigningKey.generate()), [opened(2)])


def test_a_log_whose_site_has_moved_goes_on_and_still_verifies(database: Database, settings: Settings) -> None:
    key = SigningKey.generate()
    write(database, AccessLog("https://report.example.org", key), [opened(1)])
    moved = AccessLog("http://127.0.0.1:8001", key)
    write(database, moved, [opened(2)])
    with database.reading() as session:
        notes = session.scalars(select(LogCheckpoint.note).order_by(LogCheckpoint.size)).all()
        assert [note.partition("\n")[0] for note in notes] == [
            "report.example.org/access-log",
            "127.0.0.1:8001/access-log",
        ]
        assert verify(session, moved, checkpoint=notes[0]).problems == ()


# -- Many writers -----------------------------------------------------------------------------------------------------------------------

WRITER = """
import sys
from complaints.config import Secrets
from complaints.database import Database
from complaints.services.access_log import AccessLog
from complaints.services.unit import Units
from complaints.vocabulary import Event
from pathlib import Path
folder, start = Path(sys.argv[1]), int(sys.argv[2])
secrets = Secrets.load(folder / "secrets")
log = AccessLog("https://report.example.org", secrets.log_key)
units = Units(Database(sys.argv[3]), log, secrets)
print("ready", flush=True)
sys.stdin.readline()
for number in range(start, start + 40):
    with units.writing() as unit:
        unit.enter(Event.CASE_OPENED, case=f"{number:032x}")
"""


def check_that_all_are_there(units: Units, numbers: Sequence[int]) -> None:
    with units.database.reading() as session:
        assert sorted(cases(session)) == list(numbers)
        assert session.scalars(select(LogEntry.position).order_by(LogEntry.position)).all() == list(range(len(numbers)))
        found = verify(session, units.access_log)
    assert found.problems == ()
    assert found.size == len(numbers)


def test_threads_append_without_a_gap(units: Units) -> None:
    def enter(number: int) -> None:
        with units.writing() as unit:
            unit.enter(Event.CASE_OPENED, case=f"{number:032x}")

    with ThreadPoolExecutor(max_workers=6) as pool:
        list(pool.map(enter, range(60)))
    check_that_all_are_there(units, range(60))


def test_processes_append_without_a_gap(units: Units, settings: Settings) -> None:
    repository = Path(__file__).parents[2]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(settings.data_dir), str(start), settings.database_url],
            cwd=repository,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for start in (0, 40)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.communicate("go\n", timeout=60)
        assert writer.returncode == 0
    check_that_all_are_there(units, range(80))


def test_an_entry_and_what_it_tells_of_are_written_together_or_not_at_all(units: Units) -> None:
    def interrupted() -> None:
        with units.writing() as unit:
            unit.enter(Event.CASE_OPENED, case="ab" * 16)
            unit.enter_later(Event.MAILBOX_OPENED, case="ab" * 16)
            raise KeyError("interrupted")

    with pytest.raises(KeyError):
        interrupted()
    with units.database.reading() as session:
        assert units.access_log.latest(session) is None
        assert session.scalars(select(LogPending)).all() == []


# -- The triggers -----------------------------------------------------------------------------------------------------------------------

REFUSED = {
    "change an entry": "UPDATE log_entry SET leaf = zeroblob(32) WHERE position = 0",
    "delete an entry": "DELETE FROM log_entry WHERE position = 1",
    "replace an entry": "INSERT OR REPLACE INTO log_entry SELECT position, zeroblob(32) FROM log_entry WHERE position = 1",
    "change a value": "UPDATE log_field SET value = x'00' WHERE name = 'case'",
    "change a salt": "UPDATE log_field SET salt = zeroblob(16) WHERE name = 'case'",
    "change a commitment": "UPDATE log_field SET commitment = zeroblob(32) WHERE name = 'case'",
    "rename a field": "UPDATE log_field SET name = 'actor' WHERE name = 'case'",
    "renumber a field": "UPDATE log_field SET number = 9 WHERE name = 'case'",
    "move a field": "UPDATE log_field SET entry = 0 WHERE entry = 1 AND name = 'case'",
    "expire a value without its salt": "UPDATE log_field SET value = NULL WHERE name = 'case'",
    "expire a salt without its value": "UPDATE log_field SET salt = NULL WHERE name = 'case'",
    "expire and rename": "UPDATE log_field SET value = NULL, salt = NULL, name = 'actor' WHERE name = 'case'",
    "expire and change the commitment": "UPDATE log_field SET value = NULL, salt = NULL, commitment = zeroblob(32)",
    "delete a field": "DELETE FROM log_field WHERE name = 'case'",
    "replace a field": "INSERT OR REPLACE INTO log_field SELECT * FROM log_field WHERE name = 'case'",
    "upsert a field": "INSERT INTO log_field SELECT * FROM log_field WHERE entry = 0"
    " ON CONFLICT (entry, number) DO UPDATE SET value = x'00'",
    "change a node": "UPDATE log_node SET hash = zeroblob(32)",
    "delete a node": "DELETE FROM log_node",
    "replace a node": "INSERT OR REPLACE INTO log_node VALUES (1, 0, zeroblob(32))",
    "change a checkpoint": "UPDATE log_checkpoint SET note = ''",
    "delete a checkpoint": "DELETE FROM log_checkpoint WHERE size = 2",
    "replace a checkpoint": "INSERT OR REPLACE INTO log_checkpoint SELECT size, root, peaks, '' FROM log_checkpoint",
    "change a queued entry": "UPDATE log_pending SET day = '2026-01-01'",
    "replace a queued entry": "INSERT OR REPLACE INTO log_pending SELECT id, day, x'', x'' FROM log_pending",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED.keys())
def test_the_database_refuses_to(database: Database, access_log: AccessLog, statement: str) -> None:
    write(database, access_log, [opened(1), opened(2)])
    queue(database, access_log, [3])
    with pytest.raises(IntegrityError, match="the access log only grows"), database.writing() as session:
        session.execute(text(statement))


def test_the_database_lets_a_value_and_its_salt_expire_together(database: Database, access_log: AccessLog) -> None:
    write(database, access_log, [opened(1), opened(2)])
    with database.writing() as session:
        expire = "UPDATE log_field SET value = NULL, salt = NULL WHERE entry = 0 AND name = 'case'"
        assert session.execute(text(expire)).rowcount == 1
    with database.reading() as session:
        assert cases(session) == [2]


def test_the_database_does_not_let_an_expired_value_come_back(database: Database, access_log: AccessLog) -> None:
    write(database, access_log, [opened(1)])
    with database.writing() as session:
        session.execute(text("UPDATE log_field SET value = NULL, salt = NULL"))
    with pytest.raises(IntegrityError, match="the access log only grows"), database.writing() as session:
        session.execute(text("UPDATE log_field SET value = x'00', salt = zeroblob(16)"))
