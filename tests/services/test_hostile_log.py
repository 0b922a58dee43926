"""Somebody who can write to the database attacks the access log as far as the check reads it, and the check itself.

The log's own tree is attacked in `test_access_log_verification.py`.
"""

import pytest

from complaints.errors import Refused
from complaints.services import own_identity
from complaints.services.log_verification import verify
from tests.stage import THIRD_DAY, Stage

# -- The access log, and what waits to join it -----------------------------------------------------------------------


def test_a_forged_queued_entry(stage: Stage) -> None:
    """It joins no log: nothing more is signed until somebody has looked."""
    stage.attacker.insert(
        "log_pending", (bytes(16), "2026-03-02", b'{"day":"2026-03-02","event":"mailbox.opened"}', bytes(64))
    )
    stage.shows("log", f"queued entry {bytes(16).hex()} is not as it was queued")
    with pytest.raises(Refused, match="not as it was queued"):
        stage.read(stage.cast.lead)
    with pytest.raises(Refused, match="not as it was queued"):
        stage.next_day()


def test_a_queued_entry_changed(stage: Stage) -> None:
    queued = stage.attacker.value("SELECT fields FROM log_pending LIMIT 1")
    assert b"message.received" in queued
    stage.attacker.run("UPDATE log_pending SET fields = ?", queued.replace(b"message.received", b"mailbox.opened"))
    stage.shows("log", "is not as it was queued")
    stage.shows("record", "is in no log entry")


def test_a_queued_entry_moved_to_another_day(stage: Stage) -> None:
    stage.attacker.run("UPDATE log_pending SET day = '2026-03-01'")
    stage.shows("log", "is not as it was queued")


def test_a_queued_entry_of_a_report_deleted(stage: Stage) -> None:
    report = stage.cast.report()
    stage.attacker.run("DELETE FROM log_pending WHERE CAST(fields AS TEXT) LIKE '%report.received%'")
    stage.shows("case", f"case {report.reference} is in no log entry")


def test_a_queued_entry_of_a_message_deleted(stage: Stage) -> None:
    stage.attacker.run("DELETE FROM log_pending WHERE CAST(fields AS TEXT) LIKE '%message.received%'")
    stage.shows("record", "is in no log entry")


def test_what_the_log_says_was_written_changed(stage: Stage) -> None:
    entry = stage.attacker.value("SELECT max(entry) FROM log_field WHERE name = 'event' AND value = ?", b"note.written")
    value = stage.attacker.value("SELECT value FROM log_field WHERE name = 'writes' AND entry = ?", entry)
    forged = value[:-4] + (b"0000" if value[-4:] != b"0000" else b"1111")
    stage.attacker.run("UPDATE log_field SET value = ? WHERE name = 'writes' AND entry = ?", forged, entry)
    stage.shows("record", "is not what was written")
    with stage.units.reading() as unit:
        (problem,) = verify(unit.session, stage.access_log).problems
    assert "its field writes is not what was committed to" in problem


def test_what_the_log_says_made_nonsense_of(stage: Stage) -> None:
    """The check does not stop at what it cannot read."""
    stage.attacker.run("UPDATE log_field SET value = ? WHERE name = 'writes'", b"\xff no line of ours")
    stage.shows("log", "cannot be read")
    stage.shows("record", "is in no log entry")


def test_a_queued_entry_put_back_after_it_had_joined(stage: Stage) -> None:
    """Rightly signed, and said twice."""
    ((id_, day, fields, signature),) = stage.attacker.rows(
        "SELECT * FROM log_pending WHERE CAST(fields AS TEXT) LIKE '%message.received%' LIMIT 1"
    )
    stage.next_day()
    assert stage.findings() == []
    stage.attacker.insert("log_pending", (id_, day, fields, signature))
    stage.shows("log", "is entered twice")
    stage.next_day()
    stage.shows("log", "is entered twice")


def test_whoever_opened_an_identity_blanked(stage: Stage) -> None:
    """As a field that expires would be, which the tree allows: nothing here lets one expire yet."""
    entry = stage.attacker.value(
        "SELECT max(entry) FROM log_field WHERE name = 'event' AND value = ?", b"identity.opened"
    )
    stage.attacker.run("UPDATE log_field SET value = NULL, salt = NULL WHERE entry = ? AND name = 'actor'", entry)
    with stage.units.reading() as unit:
        assert verify(unit.session, stage.access_log).problems == ()
    stage.shows("log", f"entry {entry} was blanked in part")


# -- The numbers by which a reporter knows readers -------------------------------------------------------------------


def test_two_readers_numbers_swapped(stage: Stage) -> None:
    """The reporter would take one's words for the other's."""
    case, people = stage.assigned.case, (stage.cast.investigator, stage.cast.second_investigator)
    rows = [[case, person.account] for person in people]
    first, second = (
        stage.attacker.value("SELECT number FROM pseudonym WHERE case_id = ? AND account_id = ?", *row) for row in rows
    )
    for account, number in ((rows[0], 99), (rows[1], first), (rows[0], second)):
        stage.attacker.run("UPDATE pseudonym SET number = ? WHERE case_id = ? AND account_id = ?", number, *account)
    for person in people:
        stage.read(person)
        stage.shows("pseudonym", f"the reporter knows {person.account.hex()} by another number")


def test_a_readers_number_taken_away(stage: Stage) -> None:
    """They are given another at their next step: shown before and after."""
    reader = stage.cast.investigator
    stage.attacker.run("DELETE FROM pseudonym WHERE account_id = ?", reader.account)
    stage.shows("pseudonym", f"the reporter knows {reader.account.hex()} by another number")
    stage.read(reader)
    stage.shows("pseudonym", f"the reporter knows {reader.account.hex()} by another number")


@pytest.mark.parametrize("settled", [False, True], ids=["that day", "when it has ended"])
@pytest.mark.parametrize("kind", ["assignment", "intake", "identity-withdrawn"])
def test_an_act_of_another_day(stage: Stage, kind: str, settled: bool) -> None:
    """Since when somebody holds a key is said by the day of its act. What a reporter did joins the log later, and bears its day."""
    with stage.units.writing() as unit:
        own_identity.withdraw(unit, stage.waiting.reporter, stage.waiting.keys)
    if settled:
        stage.next_day()
    assert stage.findings() == []
    stage.attacker.run("UPDATE act SET made = '2020-01-01' WHERE kind = ?", kind)
    stage.shows("act", "bears another day than in the log")


# -- Rows of no shape at all: the check names them and goes on -------------------------------------------------------


@pytest.mark.parametrize(
    ("area", "words", "statement"),
    [
        ("case", "a row cannot be read", "UPDATE cases SET received = 'never' WHERE id = ?"),
        ("case", "a row cannot be read", "UPDATE act SET statement = 'text' WHERE case_id = ?"),
        ("grant", "is in no act", "UPDATE grants SET epoch = 'many' WHERE case_id = ?"),
        ("epoch", "is in no act", "UPDATE compartment SET previous_key = 'text' WHERE case_id = ?"),
        ("record", "a row cannot be read", "UPDATE record SET epoch = -1 WHERE case_id = ?"),
        ("record", "a row cannot be read", "UPDATE record SET made = 'never' WHERE case_id = ?"),
        ("file", "a row cannot be read", "UPDATE file SET digest = 'text' WHERE case_id = ?"),
    ],
)
@pytest.mark.usefixtures("on_sqlite")
def test_a_row_of_no_shape(stage: Stage, area: str, words: str, statement: str) -> None:
    """SQLite takes any type in any column. What follows in other areas is examined all the same."""
    stage.attacker.run(statement, stage.assigned.case)
    stage.attacker.run("DELETE FROM file WHERE case_id = ?", stage.waiting.case)
    stage.shows(area, words)
    if area != "file":
        stage.shows("file", f"file {stage.other_file.id.hex()} is in the log and not in the database")


def test_an_entry_that_writes_nothing_queued_again_after_it_joined(stage: Stage) -> None:
    """That the reporter came back once more would be a lie, and nothing that was written would show it."""
    stage.open_mailbox()
    stage.open_mailbox()
    query = "SELECT id, day, fields, signature FROM log_pending WHERE CAST(fields AS TEXT) LIKE '%mailbox.opened%'"
    row = next(row for row in stage.attacker.rows(query) if b"writes" not in row[2])
    stage.next_day()
    assert stage.findings() == []
    stage.attacker.insert("log_pending", row)
    stage.shows("log", f"what was queued as {row[0].hex()} is entered twice")
    with stage.database.writing() as session:
        stage.access_log.settle(session, THIRD_DAY)
    stage.shows("log", f"what was queued as {row[0].hex()} is entered twice")
