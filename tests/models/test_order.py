"""No number that SQLite gives rows by itself tells in which order reporters' rows came."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, insert, select, text

from complaints import migrate
from complaints.database import Database
from complaints.models import Base, File, FileChunk
from complaints.models.cases import place_of
from complaints.services import erasure
from complaints.services.unit import Units
from complaints.services.uploads import StagedFile, StagedUpload, stream_file

NUMBERED = {
    "account",
    "approval",
    "channel",
    "log_checkpoint",
    "log_entry",
    "notice",
    "notice_page",
    "organisation",
    "processor",
    "published_checkpoint",
    "question",
    "recovery",
    "rehearsal",
    "roster",
    "second_factor",
    "sign_in_backoff",
    "undertaking",
    "undertaking_signature",
}
"""Tables whose rows staff cause, and the log: what reporters cause joins it in random order. A table that is not here has no rowid of SQLite's."""


def staged(units: Units, content: bytes) -> StagedFile:
    upload = StagedUpload(units, "a", "text/plain", 10_000_000)
    upload.write(content)
    return upload.finish()


def by_rowid(path: Path) -> list[bytes]:
    with closing(sqlite3.connect(path)) as thief:
        seen = [file for (file,) in thief.execute("SELECT file_id FROM file_chunk ORDER BY rowid")]
    return list(dict.fromkeys(seen))


def test_no_table_with_reporters_rows_is_numbered_by_sqlite(on_sqlite: None, database: Database) -> None:
    with database.reading() as session:
        listed = session.execute(
            text("SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
        )
        numbered = {name for name, without in listed if not without}
    assert numbered - {"alembic_version", "sqlite_schema"} - NUMBERED == {"file_chunk"}


def test_files_lie_by_their_random_ids(on_sqlite: None, units: Units, tmp_path: Path) -> None:
    """In the file as it is, when it was rewritten, and in a backup."""
    arrived = [staged(units, bytes(80_000)).id for _ in range(12)]
    path, backup = Path(units.database.engine.url.database or ""), tmp_path / "backup.sqlite"
    assert by_rowid(path) == sorted(arrived)
    assert erasure.rewrite(units.database)
    assert by_rowid(path) == sorted(arrived)
    with closing(sqlite3.connect(path)) as owner:
        owner.execute("VACUUM INTO ?", (str(backup),))
    assert by_rowid(backup) == sorted(arrived)


def test_chunks_of_one_file_lie_one_after_the_other(units: Units) -> None:
    file = staged(units, bytes(70 * 65_536))
    with units.reading() as unit:
        places = unit.session.scalars(select(FileChunk.place).order_by(FileChunk.position)).all()
    assert places == [place_of(file.id, position) for position in range(len(places))]
    assert len(places) > 64


@pytest.mark.parametrize("position", [0, 200_000])
def test_every_number_is_one_that_both_databases_hold(position: int) -> None:
    assert place_of(bytes(16), position) == position
    assert place_of(b"\xff" * 16, position) < 2**63


# -- An installation of before --------------------------------------------------------------------------------------


@pytest.fixture
def before(database_url: str) -> Iterator[Database]:
    """At the revision before."""
    database = Database(database_url)
    with database.writing() as session:
        command.upgrade(migrate._config(session.connection()), "0021")
    yield database
    database.dispose()


def chunks(connection: Connection) -> list[tuple[bytes, int, bytes]]:
    rows = connection.execute(select(FileChunk.file_id, FileChunk.position, FileChunk.data))
    return sorted((bytes(file), position, bytes(data)) for file, position, data in rows)


def test_the_files_of_before_are_laid_anew(before: Database, database_url: str) -> None:
    draw = random.Random(3)
    ids = [draw.randbytes(16) for _ in range(12)]
    file, chunk = Base.metadata.tables["file"], "INSERT INTO file_chunk (file_id, position, data) VALUES (:f, :p, :d)"
    with before.writing() as session:
        for id_ in ids:
            session.execute(insert(file).values(id=id_, staged=date(2026, 1, 1), chunks=3, padded_size=3_000))
            for position in (1, 0, 2):
                session.execute(text(chunk), {"f": id_, "p": position, "d": draw.randbytes(1_000)})
        kept = chunks(session.connection())
    migrate.upgrade(database_url)
    with before.reading() as session:
        assert chunks(session.connection()) == kept
        rows = session.execute(select(FileChunk.place, FileChunk.file_id, FileChunk.position)).all()
    assert all(place == place_of(bytes(id_), position) for place, id_, position in rows)
    if before.engine.dialect.name == "sqlite":
        assert by_rowid(Path(before.engine.url.database or "")) == sorted(ids)
    assert migrate.current(database_url) == migrate.head()


def test_a_file_of_before_opens(units: Units, tmp_path: Path) -> None:
    """Sealed by this version, carried back as the version before would hold it, and upgraded."""
    content = random.Random(4).randbytes(200_000)
    file = staged(units, content)
    url = f"sqlite:///{tmp_path / 'before.sqlite'}"
    there = Database(url)
    with units.reading() as unit, there.writing() as session:
        command.upgrade(migrate._config(session.connection()), "0021")
        columns = (File.id, File.staged, File.chunks, File.padded_size, File.digest)
        session.execute(insert(File.__table__), [dict(row._mapping) for row in unit.session.execute(select(*columns))])
        chunk = text("INSERT INTO file_chunk (file_id, position, data) VALUES (:file_id, :position, :data)")
        rows = unit.session.execute(select(FileChunk.file_id, FileChunk.position, FileChunk.data))
        session.execute(chunk, [dict(row._mapping) for row in rows])
    migrate.upgrade(url)
    upgraded = Units(there, units.access_log, units.secrets)
    assert b"".join(stream_file(upgraded, file.id, file.key, file.length)) == content
    more = staged(upgraded, b"another")
    assert b"".join(stream_file(upgraded, more.id, more.key, more.length)) == b"another"
    there.dispose()


def test_what_was_owed_by_a_file_beside_is_owed_by_the_header(on_sqlite: None, before: Database) -> None:
    path = Path(before.engine.url.database or "")
    beside = path.with_name(f"{path.name}.owed")
    beside.touch()
    migrate.upgrade(str(before.engine.url))
    assert not beside.exists()
    with before.reading() as session:
        assert session.execute(text("PRAGMA user_version")).scalar_one() == 1
    assert erasure.settle_owed(before)
    with before.reading() as session:
        assert session.execute(text("PRAGMA user_version")).scalar_one() == 0
