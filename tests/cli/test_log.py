"""`complaints log`: what it prints, and with which exit status."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from complaints import clock
from complaints.config import Settings
from complaints.services.access_log import Entry
from complaints.services.log_proofs import prove_entry
from complaints.services.unit import Units
from complaints.vocabulary import Event
from tests.cli.shell import Shell
from tests.intruder import intruding

CASE = "ab" * 16


@pytest.fixture
def entered(units: Units) -> Units:
    """A log of three entries."""
    for _ in range(3):
        with units.writing() as unit:
            unit.enter(Event.CASE_OPENED, case=CASE)
    return units


def corrupt(settings: Settings, *statements: str) -> None:
    with intruding(settings.database_url) as intruder:
        for statement in statements:
            intruder.execute(statement)


def proof_file(units: Units, folder: Path) -> Path:
    with units.database.reading() as session:
        document = prove_entry(session, units.access_log, 1, ["event", "day"])
    path = folder / "proof.json"
    path.write_text(json.dumps(document))
    return path


def test_a_sound_log_verifies_and_says_what_that_does_not_show(shell: Shell, entered: Units) -> None:
    result = shell("log", "verify")
    assert result.exit_code == 0
    assert result.stdout.startswith("3 entries verified; root ")
    assert "whoever holds the log's key could have rewritten history" in result.stdout
    assert result.stderr == ""


def test_a_checkpoint_that_was_kept_anchors_the_log(shell: Shell, entered: Units, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(shell("log", "checkpoint").stdout)
    result = shell("log", "verify", "--checkpoint", str(kept))
    assert result.exit_code == 0
    assert "The log continues the given checkpoint.\n" in result.stdout
    assert "rewritten" not in result.stdout


def test_the_first_wrong_entry_is_named(shell: Shell, entered: Units, settings: Settings) -> None:
    corrupt(settings, "UPDATE log_field SET value = x'30' WHERE name = 'case' AND entry >= 1")
    result = shell("log", "verify")
    assert result.exit_code == 1
    assert "NOT as it was written" in result.stdout
    assert "  entry 1: its field case is not what was committed to\n" in result.stdout
    assert "entry 2" not in result.stdout


def test_a_log_that_was_cut_shows_by_the_checkpoint(
    shell: Shell, entered: Units, settings: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(shell("log", "checkpoint").stdout)
    corrupt(
        settings,
        "DELETE FROM log_field WHERE entry = 2",
        "DELETE FROM log_entry WHERE position = 2",
        "DELETE FROM log_checkpoint WHERE size = 3",
    )
    assert shell("log", "verify").exit_code == 0
    result = shell("log", "verify", "--checkpoint", str(kept))
    assert result.exit_code == 1
    assert "  entry 2: is gone, and all after it" in result.stdout


def test_the_checkpoint_is_the_newest_note_and_nothing_else(shell: Shell, entered: Units) -> None:
    with entered.database.reading() as session:
        latest = entered.access_log.latest(session)
    assert latest is not None
    result = shell("log", "checkpoint")
    assert result.stdout == latest.note
    assert entered.access_log.verifier_key in result.stderr


def test_an_empty_log_has_no_checkpoint(shell: Shell, units: Units) -> None:
    result = shell("log", "checkpoint")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "the log is empty" in result.stderr


def test_a_checkpoint_that_does_not_verify_is_not_handed_out(shell: Shell, entered: Units, settings: Settings) -> None:
    corrupt(settings, "UPDATE log_checkpoint SET note = replace(note, 'report', 'repart')")
    result = shell("log", "checkpoint")
    assert result.exit_code == 1
    assert result.stdout == ""


def test_a_proof_is_checked_without_settings(shell: Shell, entered: Units, tmp_path: Path) -> None:
    path = proof_file(entered, tmp_path)
    shell.environment = {}
    result = shell("log", "verify-proof", str(path), "--key", entered.access_log.verifier_key)
    assert result.exit_code == 0
    assert result.stdout.startswith("Entry 1 of a log of 3 entries says:\n  event: case.opened\n  day: ")
    assert CASE not in result.stdout
    assert "the given key" in result.stdout


def test_without_a_key_the_proof_is_said_to_be_its_own_word(shell: Shell, entered: Units, tmp_path: Path) -> None:
    result = shell("log", "verify-proof", str(proof_file(entered, tmp_path)))
    assert result.exit_code == 0
    assert "The key is the file's own word" in result.stdout
    assert entered.access_log.verifier_key in result.stdout


def test_a_proof_that_does_not_hold_says_why(shell: Shell, entered: Units, tmp_path: Path) -> None:
    path = proof_file(entered, tmp_path)
    path.write_text(path.read_text().replace("case.opened", "file.opened"))
    result = shell("log", "verify-proof", str(path))
    assert result.exit_code == 1
    assert result.stderr == "Error: the proof does NOT hold: the shown field event is not what the entry commits to\n"
    assert result.stdout == ""


@pytest.mark.parametrize("text", ["", "{", "[]", '"proof"', "[" * 5000, "{}", "\x00"])
def test_a_file_that_is_no_proof_is_refused_in_one_line(shell: Shell, tmp_path: Path, text: str) -> None:
    path = tmp_path / "proof.json"
    path.write_text(text)
    result = shell("log", "verify-proof", str(path))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_settling_takes_in_the_days_that_have_ended(shell: Shell, units: Units) -> None:
    yesterday = clock.today() - timedelta(days=1)
    with units.database.writing() as session:
        for day in (yesterday, yesterday, clock.today()):
            units.access_log.queue(session, [Entry(Event.MAILBOX_OPENED, {"day": day.isoformat()})], day)
    assert shell("log", "settle").stdout == "2 entries taken in.\n"
    assert shell("log", "settle").stdout == "0 entries taken in.\n"
