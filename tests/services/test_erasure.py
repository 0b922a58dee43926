"""Erased rows leave the files: those copies as well that SQLite left behind when it moved rows between pages."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from complaints.database import Database
from complaints.services import erasure, jobs, own_identity
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
    day_is_done(units, tmp_path)
    assert jobs.run(units, tmp_path) is not None
    assert on_disk(path, ERASED) == 0
    assert erasure.settle_owed(units.database)
    assert len(rewritten) == 2


def test_what_is_erased_after_another_has_rewritten_is_owed_again(
    units: Units, cast: Cast, path: Path, tmp_path: Path
) -> None:
    """Of two within a minute the first takes the mark off when the second has committed, and goes on to erase."""
    owe(units)
    assert erasure.settle(units.database)
    assert mark(path) == 0
    erase_many(units.database)
    assert not erasure.settle(units.database)
    assert mark(path) == 1
    day_is_done(units, tmp_path)
    assert jobs.run(units, tmp_path) is not None
    assert on_disk(path, ERASED) == 0


def owe(units: Units) -> None:
    with units.writing() as unit:
        erasure.owe(unit)


def mark(path: Path) -> int:
    with closing(sqlite3.connect(path)) as reader:
        (value,) = reader.execute("PRAGMA user_version").fetchone()
    return int(value)


def day_is_done(units: Units, folder: Path) -> None:
    """The day's rewrite was before."""
    (folder / jobs.CHECKPOINTS_FOLDER).mkdir(exist_ok=True)
    (folder / jobs.CHECKPOINTS_FOLDER / f"{units.today().isoformat()}.txt").touch()


def test_what_a_crash_kept_from_being_done_is_owed(units: Units, cast: Cast, path: Path, tmp_path: Path) -> None:
    """The mark comes with the transaction that erases: there is no moment between them."""
    erase_many(units.database)
    owe(units)
    day_is_done(units, tmp_path)
    assert jobs.run(units, tmp_path) is not None
    assert on_disk(path, ERASED) == 0
    assert mark(path) == 0


def test_what_was_not_erased_after_all_is_not_owed(units: Units, path: Path) -> None:
    def fail() -> None:
        with units.writing() as unit:
            erasure.owe(unit)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert mark(path) == 0


@pytest.mark.parametrize("step", ["_vacuum", "_size"])
def test_a_rewrite_that_did_not_end_leaves_it_owed(
    units: Units, path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(units)
    monkeypatch.setattr(erasure, step, lambda _cursor: False if step == "_vacuum" else 2**40)
    assert not erasure.settle_owed(units.database)
    assert mark(path) == 1


def test_while_somebody_reads_an_earlier_state_it_stays_owed(units: Units, path: Path) -> None:
    owe(units)
    with units.database.reading() as session:
        session.connection().exec_driver_sql("SELECT count(*) FROM cases")
        assert not erasure.settle_owed(units.database)
    assert mark(path) == 1
    assert erasure.settle_owed(units.database)
    assert mark(path) == 0


def test_a_withdrawal_leaves_nothing_on_the_disk_that_bears_its_moment(
    units: Units, cast: Cast, path: Path, tmp_path: Path
) -> None:
    report = cast.report()
    before = {file.name for file in path.parent.iterdir()}
    with units.writing() as unit:
        own_identity.withdraw(unit, report.reporter, report.keys)
    assert mark(path) == 1
    assert {file.name for file in path.parent.iterdir()} == before


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
