"""Somebody who writes to the database past the application: no trigger and no foreign key stands in their way, on either database.

Attacks are written in SQLite's SQL; on PostgreSQL the few words that it lacks are lent to it.
"""

import re
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from psycopg import errors, sql
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

from crypto import commit

WORDS = """
CREATE OR REPLACE FUNCTION zeroblob(n int) RETURNS bytea LANGUAGE sql AS $$ SELECT decode(repeat('00', n), 'hex') $$;
CREATE OR REPLACE FUNCTION randomblob(n int) RETURNS bytea LANGUAGE sql VOLATILE AS
  $$ SELECT substr(string_agg(uuid_send(gen_random_uuid()), ''), 1, n) FROM generate_series(1, n / 16 + 1) $$;
CREATE OR REPLACE FUNCTION replace(b bytea, old text, new text) RETURNS bytea LANGUAGE sql AS
  $$ SELECT convert_to(replace(convert_from(b, 'UTF8'), old, new), 'UTF8') $$;
CREATE OR REPLACE FUNCTION hex(b bytea) RETURNS text LANGUAGE sql AS $$ SELECT upper(encode(b, 'hex')) $$;
CREATE OR REPLACE FUNCTION commitment_of(name text, value bytea, salt bytea) RETURNS bytea LANGUAGE sql AS
  $$ SELECT sha256(salt || int2send(octet_length(name)::int2) || convert_to(name, 'UTF8') || value) $$;
UPDATE pg_cast SET castcontext = 'i' WHERE castsource = 'int4'::regtype AND casttarget = 'bool'::regtype;
"""
_BLOB = re.compile(r"x'([0-9a-f]*)'")
_DROP_TRIGGER = re.compile(r"DROP TRIGGER \w+")
_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
_AS_TEXT = re.compile(r"CAST\((\w+) AS TEXT\)")


class Cursor(Protocol):
    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


class Intruder(Protocol):
    """`?` stands for a value, as in SQLite. Every statement is committed."""

    def execute(self, statement: str, values: Sequence[object] = (), /) -> Cursor: ...

    def executemany(self, statement: str, rows: Iterable[Sequence[object]], /) -> object: ...


class _OnPostgresql:
    def __init__(self, connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
        self._connection = connection
        connection.execute("SET session_replication_role = replica")

    def execute(self, statement: str, values: Sequence[object] = (), /) -> Cursor:
        try:
            return self._connection.execute(_spoken(statement).encode(), values)
        except (errors.DatatypeMismatch, errors.InvalidTextRepresentation, errors.InvalidDatetimeFormat):
            pytest.skip("a column of PostgreSQL's holds values of its own type alone")

    def executemany(self, statement: str, rows: Iterable[Sequence[object]], /) -> object:
        with self._connection.cursor() as cursor:
            cursor.executemany(_spoken(statement).encode(), rows)


def _spoken(statement: str) -> str:
    return lend_words(statement.replace("%", "%%").replace("?", "%s"))


def lend_words(statement: str) -> str:
    """The same in words that PostgreSQL knows, with WORDS in the database. Skips the test where there are none."""
    if "OR REPLACE INTO" in statement:
        pytest.skip("PostgreSQL has no INSERT OR REPLACE")
    if "EXPLAIN QUERY PLAN" in statement:
        pytest.skip("PostgreSQL tells its plans in other words")
    statement = _DROP_TRIGGER.sub("SET LOCAL session_replication_role = replica", statement)
    statement = statement.replace(_TRIGGERS, "SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal")
    return _AS_TEXT.sub(
        r"convert_from(\1, 'UTF8')", _BLOB.sub(r"'\\x\1'::bytea", statement.replace("AS BLOB)", "AS bytea)"))
    )


@contextmanager
def looking(url: str) -> Iterator[Intruder]:
    """Somebody who looks, and leaves everything as it is."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(parsed.database or "", isolation_level=None)) as connection:
            yield connection
    else:
        with psycopg.connect(parsed.set(drivername="postgresql").render_as_string(), autocommit=True) as lent:
            yield _OnPostgresql(lent)


@contextmanager
def intruding(url: str) -> Iterator[Intruder]:
    with looking(url) as intruder:
        if isinstance(intruder, sqlite3.Connection):
            intruder.execute("PRAGMA synchronous=OFF")
            intruder.execute("PRAGMA foreign_keys=OFF")
            for (name,) in intruder.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                intruder.execute(f"DROP TRIGGER {name}")
            intruder.create_function("commitment_of", 3, commit)
        yield intruder


def copy_database(url: str, folder: Path, name: str) -> str:
    """A copy as it stands; returns its address. On SQLite a file of that name in `folder`, on PostgreSQL a database of the same cluster."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        connection = sqlite3.connect(parsed.database or "")
        connection.execute("VACUUM INTO ?", (str(folder / name),))
        connection.close()
        return f"sqlite:///{folder / name}"
    target = f"c{secrets.token_hex(6)}"
    with _of_the_cluster(url) as connection:
        gone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        connection.execute(gone, (parsed.database,))  # idle connections of pools: nobody may use the source meanwhile
        order = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        connection.execute(order.format(sql.Identifier(target), sql.Identifier(parsed.database or "")))
    return parsed.set(database=target).render_as_string()


def drop_database(url: str) -> None:
    """Takes a copy away. A file goes with its folder."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        with _of_the_cluster(url) as connection:
            order = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(order.format(sql.Identifier(parsed.database or "")))


@contextmanager
def _of_the_cluster(url: str) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    whole = make_url(url).set(drivername="postgresql", database="postgres").render_as_string()
    with psycopg.connect(whole, autocommit=True) as connection:
        yield connection


def lend_words_to_sqlalchemy() -> None:
    """So that tests which write SQLite's blobs through SQLAlchemy run on PostgreSQL as well."""

    @event.listens_for(Engine, "before_cursor_execute", retval=True)
    def lend(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> tuple[str, Any]:
        return lend_words(statement), parameters
