"""What a stranger wrote into a database or a file reaches nobody's terminal as commands."""

import ast
import json
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import String, Table

import complaints.cli
from complaints.cli.terminal import plain
from complaints.models import Base
from tests.cast import Cast, Report
from tests.cli.shell import Shell
from tests.cli.test_log import proof_file
from tests.intruder import Intruder

CLEAR = "\x1b[2J\x1b[8m"
TEXTS = {
    table: columns
    for table in Base.metadata.sorted_tables
    if (columns := [column.name for column in table.columns if isinstance(column.type, String)])
}


def told(result: Result) -> str:
    """Everything that was printed, none of it a command."""
    text = result.output + result.stderr
    assert all(letter.isprintable() or letter == "\n" for letter in text), ascii(text)
    return text


@pytest.fixture
def report(cast: Cast) -> Report:
    report = cast.report()
    cast.assign(report)
    return report


@pytest.mark.parametrize("line", ["", "kind: file", "ร้องเรียน “ก” · 1,000", "น้ำ"])
def test_words_stay_as_they_are(line: str) -> None:
    assert plain(line) == line


@pytest.mark.parametrize("letter", ["\x1b", "\x9b", "\n", "\r", "\b", "\x07", "\u202e", "\u2028", "\udc9b", "\x7f"])
def test_a_command_is_written_out(letter: str) -> None:
    assert plain(f"ก{letter}").isascii()
    assert plain(f"ก{letter}").isprintable()


@pytest.mark.parametrize("table", TEXTS, ids=str)
def test_the_check_writes_no_column_to_the_terminal_as_it_is(
    shell: Shell, report: Report, stolen: Intruder, table: Table
) -> None:
    assigned = ", ".join(f"{name} = {name} || '{CLEAR}'" for name in TEXTS[table])
    stolen.execute(f"UPDATE {table.name} SET {assigned}")
    told(shell("check"))
    told(shell("log", "verify"))


def test_a_kind_that_clears_the_screen_is_found_and_stands_in_its_line(
    shell: Shell, report: Report, stolen: Intruder
) -> None:
    stolen.execute(
        "UPDATE record SET kind = ?", (f"\x1b[2J\nNothing found: what is stored is what 5 entries say.{CLEAR}",)
    )
    result = shell("check")
    assert result.exit_code == 1
    assert "\\x1b[2J\\n" in told(result)
    assert not [line for line in result.output.splitlines() if line.startswith("Nothing found")]


@pytest.mark.parametrize("command", [("check",), ("log", "verify"), ("log", "checkpoint"), ("jobs", "run")])
def test_a_revision_that_is_a_command_is_told(
    shell: Shell, report: Report, stolen: Intruder, command: tuple[str, ...]
) -> None:
    stolen.execute("UPDATE alembic_version SET version_num = ?", (CLEAR,))
    result = shell(*command)
    assert result.exit_code == 2
    assert "\\x1b[2J" in told(result)


def test_a_strangers_proof_writes_neither_by_its_names_nor_by_what_is_wrong_with_it(
    shell: Shell, report: Report, cast: Cast, tmp_path: Path
) -> None:
    file = proof_file(cast.units, tmp_path)
    proof = json.loads(file.read_text())
    for part in ("format", "verifier_key", "checkpoint"):
        file.write_text(json.dumps(proof | {part: f"{CLEAR}{proof[part]}"}))
        result = shell("log", "verify-proof", str(file))
        assert result.exit_code == 1
        told(result)
    shown = proof["disclosed"]
    file.write_text(json.dumps(proof | {"disclosed": [shown[0] | {"name": CLEAR}, *shown[1:]]}))
    told(shell("log", "verify-proof", str(file)))
    file.write_text(json.dumps({CLEAR: 1}))
    told(shell("log", "verify-proof", str(file)))


def test_a_copy_says_in_plain_words_what_was_wrong_before(
    shell: Shell, report: Report, stolen: Intruder, tmp_path: Path
) -> None:
    stolen.execute("UPDATE record SET kind = ?", (CLEAR,))
    result = shell("database", "copy", "--to", f"sqlite:///{tmp_path / 'copy.sqlite'}")
    assert result.exit_code == 1
    assert "\\x1b[2J" in told(result)


def test_the_name_of_a_file_is_plain(shell: Shell, tmp_path: Path) -> None:
    key, sealed = tmp_path / "key", tmp_path / f"{CLEAR}.sealed"
    shell("export", "key", str(key))
    sealed.write_bytes(b"nothing")
    result = shell("export", "open", str(sealed), "--key", str(key))
    assert result.exit_code == 2
    assert "\\x1b[2J" in told(result)


def test_commands_print_by_one_function() -> None:
    found = []
    for path in sorted(Path(complaints.cli.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                found += [path.name] * (name in {"echo", "secho", "print", "echo_via_pager"})
    assert found == ["terminal.py"]
