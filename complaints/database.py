"""The database and its two kinds of transaction: `reading()` and `writing()`.

SQLite lets one writer in at a time. A transaction that reads first and writes later fails under load, whatever the time-out,
so a writer says so from its first statement (BEGIN IMMEDIATE) and waits its turn at a gate, within the process and between processes.
"""

import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.orm import Session

_WRITING = "complaints_writing"
_ONE_STATE = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class Database:
    """One engine and its gate. Safe to share between threads. What a fork takes along must not have been used: see `begin_in_child`."""

    def __init__(self, url: str) -> None:
        self.engine = _make_engine(url)
        self._path = _path(url)
        self._gate = _Gate(self._path)
        # On SQLite every transaction sees one state; on PostgreSQL only those that ask for it.
        self._reading = None if self.engine.dialect.name == "sqlite" else _ONE_STATE

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A short transaction that writes nothing and sees one state of the database; always rolled back."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            if self._reading is not None:
                session.connection(execution_options=self._reading)
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that commits when its block ends, and is rolled back whole when the block raises."""
        with self._gate, Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={_WRITING: True})
            yield session

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Whether this is the only one, of every process on this database, that is at `name`. Does not wait; a crash lets go."""
        if self._path is not None:
            with _holding(self._path.with_name(f"{self._path.name}.{name}")) as held:
                yield held
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
            held = bool(connection.scalar(select(func.pg_try_advisory_lock(number))))
            try:
                yield held
            finally:
                if held:
                    connection.scalar(select(func.pg_advisory_unlock(number)))

    @contextmanager
    def between_writers(self) -> Iterator[DBAPICursor]:
        """A cursor outside any transaction, for what SQLite does in none. Writers of the file wait meanwhile, readers do not."""
        with self._gate:
            connection = self.engine.raw_connection()
            try:
                yield connection.cursor()
            finally:
                connection.close()

    def begin_in_child(self) -> None:
        """After a fork, before the first use: whatever connection the parent may have stays its own, and untouched."""
        self.engine.dispose(close=False)

    def dispose(self) -> None:
        self.engine.dispose()


class _Gate:
    """Lets one writer of a file through at a time. No file (PostgreSQL): lets everyone through."""

    def __init__(self, database: Path | None) -> None:
        self._path = database and database.with_name(f"{database.name}.gate")
        self._thread_lock = threading.Lock()
        self._handle: int | None = None

    def __enter__(self) -> None:
        if self._path is None:
            return
        self._thread_lock.acquire()
        try:
            # Opened at each turn: a handle kept across a fork would share its lock with the child.
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX)
        except BaseException:
            self._release()
            raise

    def __exit__(self, *_: object) -> None:
        if self._path is not None:
            self._release()

    def _release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        self._thread_lock.release()


@contextmanager
def _holding(path: Path) -> Iterator[bool]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def _path(url: str) -> Path | None:
    """SQLite's file; None for a database that is not one."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def _make_engine(url: str) -> Engine:
    # hide_parameters: a failed statement must not carry its values into an exception text or a log.
    if make_url(url).get_backend_name() != "sqlite":
        return _make_postgresql_engine(url)
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_postgresql_engine(url: str) -> Engine:
    """A pool for the threads of one process. A connection is tried before it is used, so that a database that was away is simply back.

    Results come in binary, streamed ones apart: most of what is read is sealed bytes, which would otherwise travel as hexadecimal text.
    """
    import psycopg  # noqa: PLC0415 - an installation on SQLite may be without it

    class BinaryCursor(psycopg.Cursor[Any]):
        def __init__(self, connection: psycopg.Connection[Any], **options: Any) -> None:
            super().__init__(connection, **options)
            self.format = psycopg.pq.Format.BINARY

    return create_engine(
        url,
        hide_parameters=True,
        pool_size=8,
        max_overflow=4,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 5,
            "application_name": "complaints",
            "options": "-c lock_timeout=5s",
            "cursor_factory": BinaryCursor,
        },
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late
    for pragma in (
        "busy_timeout=5000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-1024",  # KiB a connection, and there is one a thread: the operating system keeps the pages as well
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
