"""`complaints export`: a key, and copies that were sealed to it."""

from pathlib import Path

import pytest

from complaints.services import sealed_copies
from tests.cli.shell import Shell

CONTENT = b"CANARY of a copy" * 10_000


@pytest.fixture
def key(shell: Shell, tmp_path: Path) -> tuple[Path, str]:
    """The private key's file, and the public key."""
    file = tmp_path / "key"
    answer = shell("export", "key", str(file))
    assert answer.exit_code == 0
    return file, answer.output.strip()


@pytest.fixture
def copy(tmp_path: Path, key: tuple[Path, str]) -> Path:
    file = tmp_path / "ABCD-1234.zip.sealed"
    file.write_bytes(b"".join(sealed_copies.sealed([CONTENT], sealed_copies.read_public(key[1]))))
    return file


def test_a_copy_opens_into_a_file_of_its_owners_alone(shell: Shell, key: tuple[Path, str], copy: Path) -> None:
    answer = shell("export", "open", str(copy), "--key", str(key[0]))
    opened = copy.with_suffix("")
    assert answer.exit_code == 0, answer.output
    assert opened.read_bytes() == CONTENT
    assert (opened.stat().st_mode & 0o777, key[0].stat().st_mode & 0o777) == (0o600, 0o600)
    assert key[0].read_text() not in answer.output


def test_nothing_that_is_there_is_written_over(shell: Shell, key: tuple[Path, str], copy: Path) -> None:
    copy.with_suffix("").write_text("mine")
    assert shell("export", "open", str(copy), "--key", str(key[0])).exit_code == 2
    assert copy.with_suffix("").read_text() == "mine"


@pytest.mark.parametrize("wrong", ["key", "copy", "no key"])
def test_what_does_not_open_leaves_nothing(
    wrong: str, shell: Shell, tmp_path: Path, key: tuple[Path, str], copy: Path
) -> None:
    file = key[0]
    if wrong == "key":
        file = tmp_path / "another"
        assert shell("export", "key", str(file)).exit_code == 0
    elif wrong == "copy":
        copy.write_bytes(copy.read_bytes()[:-100_000])
    else:
        file.chmod(0o600)
        file.write_text("nothing of the kind")
    answer = shell("export", "open", str(copy), "--key", str(file))
    assert answer.exit_code == 2
    assert "does not open" in answer.output
    assert not copy.with_suffix("").exists()
