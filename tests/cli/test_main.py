"""The command line as a whole: every command loads, and what the operator can put right is said in one line."""

import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from complaints.cli import COMMANDS, main
from complaints.config import Settings
from tests.cli.shell import Shell


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_loads_and_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


def test_an_unknown_command_is_an_error() -> None:
    assert CliRunner().invoke(main, ["tip"]).exit_code == 2


def test_every_missing_setting_is_named_in_one_line(shell: Shell) -> None:
    shell.environment = {}
    result = shell("log", "verify")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: COMPLAINTS_DATA_DIR is missing; COMPLAINTS_ORIGIN is missing")
    assert result.stderr.count("\n") == 1


def test_a_database_without_tables_is_said_in_one_line(shell: Shell, settings: Settings) -> None:
    result = shell("log", "verify")
    assert result.exit_code == 2
    assert result.stderr == "Error: the database has no tables yet: run `complaints database upgrade`\n"
    assert not (settings.data_dir / "complaints.sqlite").exists()


def test_a_database_that_cannot_be_reached_is_said_in_one_line(shell: Shell, settings: Settings) -> None:
    shell.environment["COMPLAINTS_DATABASE_URL"] = f"sqlite:///{settings.data_dir}"
    result = shell("database", "upgrade")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_a_secret_file_that_others_can_read_is_said_in_one_line(shell: Shell, settings: Settings) -> None:
    assert shell("database", "upgrade").exit_code == 0
    (settings.secrets_dir / "log.key").chmod(0o644)
    result = shell("log", "checkpoint")
    assert result.exit_code == 2
    assert result.stderr == "Error: secrets/log.key can be read by others: chmod 600 it\n"


def test_nobody_else_can_read_what_a_command_writes(on_sqlite: None, shell: Shell, settings: Settings) -> None:
    os.umask(0)
    assert shell("database", "upgrade").exit_code == 0
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in settings.data_dir.rglob("*")}
    assert {path.name for path, mode in modes.items() if mode & 0o077} == set()
    assert settings.data_dir / "complaints.sqlite" in modes


def test_a_new_data_folder_is_ones_own(shell: Shell, tmp_path: Path) -> None:
    os.umask(0)
    shell.environment["COMPLAINTS_DATA_DIR"] = str(tmp_path / "new" / "data")
    assert shell("database", "upgrade").exit_code == 0
    assert stat.S_IMODE((tmp_path / "new" / "data").stat().st_mode) == 0o700
