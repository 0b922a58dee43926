"""`complaints serve` on an empty installation: a folder, secret files, tables, and a link; on half of one: nothing."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from complaints import migrate
from complaints.cli import founding, serving
from complaints.config import Secrets, Settings
from tests.cli.shell import Shell

Served = list[Settings]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    """What would have been served."""
    calls: Served = []
    stand_in: Callable[..., None] = lambda settings, **_: calls.append(settings)  # noqa: E731
    monkeypatch.setattr(serving, "run", stand_in)
    return calls


def link_in(output: str) -> str | None:
    found = re.search(r"(https?://\S+)/staff/invitation/[\w-]{43}\n", output)
    return found[1] if found else None


def test_where_nothing_is_set_a_folder_is_made_here(
    shell: Shell, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shell.environment = {}
    result = shell("serve", "--port", "8123")
    assert result.exit_code == 0, result.output
    assert link_in(result.stderr) == "http://localhost:8123"
    folder = tmp_path / founding.HERE
    assert folder.stat().st_mode & 0o077 == 0
    assert Secrets.load(folder / "secrets")
    assert [settings.data_dir for settings in served] == [folder]


def test_each_start_prints_another_link_until_there_is_an_account(shell: Shell, served: Served) -> None:
    first, second = shell("serve"), shell("serve")
    assert link_in(first.stderr)
    assert link_in(second.stderr)
    assert first.stderr.splitlines()[-3:] != second.stderr.splitlines()[-3:]


@pytest.mark.usefixtures("cast")
def test_a_founded_installation_prints_none(shell: Shell, served: Served) -> None:
    assert link_in(shell("serve").stderr) is None
    assert len(served) == 1


def test_tables_without_secrets_are_not_given_new_ones(shell: Shell, served: Served, settings: Settings) -> None:
    migrate.upgrade(settings.database_url)
    result = shell("serve")
    assert result.exit_code == 2
    assert served == []
    assert not settings.secrets_dir.exists()
