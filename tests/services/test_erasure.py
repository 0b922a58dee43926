"""Erased rows leave the files: those copies as well that SQLite left behind when it moved rows between pages."""

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from complaints.database import Database
from complaints.services import erasure, jobs
from complaints.services.unit import Units
from tests.cast import Cast

ERASED = b"CANARY-ERASED"
KEPT = b"CANARY-KEPT"
ROWS = 4_000

pytestmark = pytest.mark.usefixtures("on_sqlite")


@pytest.fixture
def path(units: Units) -> Path:
    return Path(units.database.engine.url.database or "")


def on_disk(path: Path, canary: bytes) -> int:
    return sum(file.read_bytes().count(canary) for file in path.parent.glob(f"{path.name}*"))


def erase_many(database: Database) -> None:
    """Rows with random ids, added in one go and erased in another: their pages are rearranged many times."""
    draw = random.Random(1)
    rows = [(draw.randbytes(16), (KEPT if number % 50 == 0 else ERASED) + draw.randbytes(80)) for number in range(ROWS)]
    with database.writing() as session:
        run = session.connection().exec_driver_sql
        run("CREATE TABLE some (id BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
        run("INSERT INTO some VALUES (?, ?)", rows)
    with database.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM some WHERE substr(value, 1, 13) = ?", (ERASED,))


def test_nothing_erased_is_left(units: Units, path: Path) -> None:
    erase_many(units.database)
    assert on_disk(path, ERASED) > 0
    assert erasure.settle(units.database)
    assert on_disk(path, ERASED) == 0
    assert on_disk(path, KEPT) == ROWS // 50


def test_what_is_too_large_to_be_rewritten_at_once_waits_for_the_night(
    units: Units, cast: Cast, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "REWRITTEN_AT_ONCE", 4096)
    erase_many(units.database)
    assert not erasure.settle(units.database)
    assert on_disk(path, ERASED) > 0
    assert jobs.run(units, tmp_path) is not None
    assert on_disk(path, ERASED) == 0


def test_of_many_withdrawals_one_a_minute_is_rewritten_at_once_and_the_rest_by_the_jobs(
    units: Units, cast: Cast, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewritten: list[int | None] = []
    vacuum = erasure._rewrite
    monkeypatch.setattr(erasure, "_rewrite", lambda database, limit: rewritten.append(limit) or vacuum(database, limit))
    assert erasure.settle(units.database)
    erase_many(units.database)
    assert [erasure.settle(units.database) for _ in range(20)] == [False] * 20
    assert len(rewritten) == 1
    assert on_disk(path, ERASED) > 0
    owed = path.with_name(f"{path.name}.owed")
    assert (owed.stat().st_mtime, owed.stat().st_size) == (0, 0), "when somebody withdrew is nobody's to read"
    (tmp_path / jobs.CHECKPOINTS_FOLDER).mkdir(exist_ok=True)
    (tmp_path / jobs.CHECKPOINTS_FOLDER / f"{units.today().isoformat()}.txt").touch()  # the day's rewrite is done
    assert jobs.run(units, tmp_path) is not None
    assert on_disk(path, ERASED) == 0
    assert not owed.exists()
    assert erasure.settle_owed(units.database)
    assert len(rewritten) == 2


@pytest.mark.parametrize("rewrite", [erasure.settle, erasure.rewrite])
def test_one_who_reads_an_earlier_state_keeps_it(units: Units, path: Path, rewrite: Callable[[Database], bool]) -> None:
    erase_many(units.database)
    with units.database.reading() as session:
        before = session.connection().exec_driver_sql("SELECT count(*) FROM some").scalar_one()
        assert not rewrite(units.database)
        assert session.connection().exec_driver_sql("SELECT count(*) FROM some").scalar_one() == before
    assert rewrite(units.database)
    assert on_disk(path, ERASED) == 0


def test_rows_lie_by_their_ids_whenever_they_came(units: Units, path: Path) -> None:
    """Pages in which rows lie by arrival order, until they are rewritten. (Inner nodes of the tree hold rows too: not all are in line.)"""
    with units.database.writing() as session:
        session.connection().exec_driver_sql("CREATE TABLE some (id BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
    draw = random.Random(2)
    ids = [b"CANARY" + draw.randbytes(10) for _ in range(500)]
    for one in ids:
        with units.database.writing() as session:
            session.connection().exec_driver_sql("INSERT INTO some VALUES (?, ?)", (one, bytes(1500)))
    before = in_line(path, ids)
    assert erasure.rewrite(units.database)
    assert before < 0.75
    assert in_line(path, ids) > 0.85


def in_line(path: Path, ids: list[bytes]) -> float:
    """Of all neighbours by id, the share whose pages follow each other as well."""
    data = b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*"), reverse=True))
    pages = [data.index(one) // 4096 for one in sorted(ids)]
    return sum(later >= earlier for earlier, later in pairwise(pages)) / len(pages)
