"""Moves an installation's database to another one: every row of every table, then compared."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, insert, select, update

from complaints.database import Database
from complaints.errors import NotReady, Refused
from complaints.models import Base

_LARGE = 64
"""Rows taken together of a table of 64 KiB blobs: 4 MiB."""
_SMALL = 1_000

Progress = Callable[[str, int, int], None]
"""Told a table's name, how many of its rows are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Copied:
    """One table: so many rows, and 32 bytes that any change to any of them would change, whatever the order they stand in."""

    table: str
    rows: int
    digest: bytes


def copy(source: Database, target: Database, progress: Progress | None = None) -> tuple[Copied, ...]:
    """Copies everything in one transaction of the target, which has this version's tables and no rows. Both are read back and compared.

    Writers of the source wait until it is done, or give up: nothing can be written that the copy would lack. Raises NotReady when the
    target holds anything, Refused when what arrived is not what was sent; the target is then as empty as before.
    """
    tell = progress or (lambda _table, _done, _total: None)
    with source.writing() as outgoing, target.writing() as incoming:
        ours, theirs = outgoing.connection(), incoming.connection()
        _require_empty(theirs)
        sent = tuple(_copy_table(table, ours, theirs, tell) for table in Base.metadata.sorted_tables)
        arrived = tuple(digest_of(table, theirs) for table in Base.metadata.sorted_tables)
        wrong = [there.table for here, there in zip(sent, arrived, strict=True) if here != there]
        if wrong:
            raise Refused(f"what arrived is not what was sent: {', '.join(wrong)}")
        return arrived


def digest_of(table: Table, connection: Connection) -> Copied:
    """The sum of the SHA-256 of every row, modulo 2^256."""
    rows, total = 0, 0
    for row in _rows(table, connection):
        rows += 1
        total += _row_digest(row)
    return _copied(table, rows, total)


def _copy_table(table: Table, ours: Connection, theirs: Connection, tell: Progress) -> Copied:
    count = ours.execute(select(func.count()).select_from(table)).scalar_one()
    own_parents = [column for column in table.columns if any(key.column.table is table for key in column.foreign_keys)]
    rows, total, statement = 0, 0, insert(table)
    waiting: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []

    def store() -> None:
        if waiting:
            theirs.execute(statement, waiting)
            waiting.clear()
            tell(table.name, rows, count)

    for row in _rows(table, ours):
        rows += 1
        total += _row_digest(row)
        values = dict(zip(table.columns.keys(), row, strict=True))
        links += [
            {"key": values["id"], column.name: values[column.name]} for column in own_parents if values[column.name]
        ]
        waiting.append(values | dict.fromkeys((column.name for column in own_parents), None))
        if len(waiting) == _batch(table):
            store()
    store()
    for link in links:  # to rows of the same table, which are all there by now
        change = {name: value for name, value in link.items() if name != "key"}
        theirs.execute(update(table).where(table.c.id == bindparam("key")).values(change), {"key": link["key"]})
    return _copied(table, rows, total)


def _rows(table: Table, connection: Connection) -> Iterator[tuple[Any, ...]]:
    for row in connection.execute(select(table), execution_options={"yield_per": _batch(table)}):
        yield tuple(row)


def _batch(table: Table) -> int:
    return _LARGE if table.name == "file_chunk" else _SMALL


def _copied(table: Table, rows: int, total: int) -> Copied:
    return Copied(table.name, rows, (total % 2**256).to_bytes(32, "big"))


def _row_digest(row: tuple[Any, ...]) -> int:
    digest = hashlib.sha256()
    for value in row:
        kind, data = _encoded(value)
        digest.update(kind + len(data).to_bytes(8, "big") + data)
    return int.from_bytes(digest.digest(), "big")


def _encoded(value: object) -> tuple[bytes, bytes]:
    """A value and its kind, the same from every database."""
    match value:
        case None:
            return b"-", b""
        case bool() | int():
            return b"i", str(int(value)).encode()
        case str():
            return b"s", value.encode()
        case bytes():
            return b"b", value
        case datetime() | date():
            return b"d", value.isoformat().encode()
        case _:
            raise TypeError("no column holds such a value")


def _require_empty(connection: Connection) -> None:
    for table in Base.metadata.sorted_tables:
        if connection.execute(select(func.count()).select_from(table)).scalar_one():
            raise NotReady(f"the target is not empty: its table {table.name} has rows")
