"""What is erased is gone from the database's files as well, once this has run."""

import sqlite3
import time

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPICursor

from complaints.database import Database
from complaints.services.unit import Unit

REWRITTEN_AT_ONCE = 128 * 1024 * 1024
"""Bytes of database that are rewritten in under two seconds, less than a writer waits. A larger one is rewritten at night."""


SETTLED_EVERY = 60.0
"""Seconds between two rewrites that one process does at once. Somebody who gives and withdraws in a loop makes no more work than that."""

_settled: dict[str, float] = {}
"""When this process last rewrote a database, by its address. In memory alone: on a disk it would tell when a reporter was here."""


def owe(unit: Unit) -> None:
    """What this transaction erases is to leave the files as well. The mark is there when the transaction is, and until it is done.

    It stands in the header of SQLite's file, and says only that something is owed: a file or a row of its own would tell when it came.
    """
    _mark(unit.session.connection())


def _mark(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA user_version = 1")


def settle(database: Database) -> bool:
    """Has SQLite drop every trace of erased rows from its files. After the commit. True when none is left; else the next jobs do it.

    `secure_delete` overwrites a row where it last lay, and not where it lay before its page was rearranged: those copies go when the
    file is rewritten. False for a file larger than `REWRITTEN_AT_ONCE`, when others kept it from finishing, and within `SETTLED_EVERY` of
    the last time; then it is marked as owed, for another's rewrite may have taken the mark off since `owe`.
    PostgreSQL keeps erased rows until it vacuums, and its write-ahead log until that is recycled: as backups do.
    """
    address, now = str(database.engine.url), time.monotonic()
    early = now - _settled.get(address, -SETTLED_EVERY) < SETTLED_EVERY
    if not early and _rewrite(database, REWRITTEN_AT_ONCE):
        _settled[address] = now
        return True
    with database.writing() as session:
        _mark(session.connection())
    return False


def settle_owed(database: Database) -> bool:
    """What `settle` has left to do, or a crash before it, for the jobs. True when nothing is owed any more."""
    return not _is_owed(database) or _rewrite(database, REWRITTEN_AT_ONCE)


def rewrite(database: Database) -> bool:
    """The same for a file of any size, which writers may have to wait for: at night.

    Rows come to lie by their random ids. Which pages were added last, and so which rows arrived in which order, is not to be told.
    """
    return _rewrite(database, None)


def _rewrite(database: Database, limit: int | None) -> bool:
    if database.engine.dialect.name != "sqlite":
        return True
    with database.between_writers() as cursor:
        rewritten = (limit is None or _size(cursor) <= limit) and _vacuum(cursor)
        busy, _written, _carried = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        done = rewritten and not busy
        if done:
            cursor.execute("PRAGMA user_version = 0")  # last: after a crash it is owed still
    return done


def _is_owed(database: Database) -> bool:
    if database.engine.dialect.name != "sqlite":
        return False
    with database.reading() as session:
        return bool(session.connection().exec_driver_sql("PRAGMA user_version").scalar_one())


def _size(cursor: DBAPICursor) -> int:
    (pages,) = cursor.execute("PRAGMA page_count").fetchone()
    (size,) = cursor.execute("PRAGMA page_size").fetchone()
    return int(pages * size)


def _vacuum(cursor: DBAPICursor) -> bool:
    """False when somebody else's program writes, or there is no room for a second copy."""
    # What lies in the temporary file is sealed; in memory it would have to lie whole.
    cursor.execute("PRAGMA temp_store=FILE")
    try:
        cursor.execute("VACUUM")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}:
            raise
        return False
    finally:
        cursor.execute("PRAGMA temp_store=MEMORY")
    return True
