"""Verification of the access log: everything is computed again from the rows, and the first entry that is wrong is named.

Without a checkpoint kept outside this shows that the rows are as the log's key signed them, and no more: whoever holds that key could
have written another history, and whoever writes to the database could have gone back to an earlier end. A checkpoint kept elsewhere
shows both.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, or_, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from complaints.errors import Refused
from complaints.models import Base
from complaints.services.access_log import FIELDS, AccessLog
from crypto import SALT, Checkpoint, CryptoError, commit, entry_data, merkle

BLOCK = 1024
"""Entries looked at together: bounds the memory, whatever the log's length."""

_TABLES = Base.metadata.tables
_ENTRIES = _TABLES["log_entry"]
_FIELDS = _TABLES["log_field"]
_NODES = _TABLES["log_node"]
_CHECKPOINTS = _TABLES["log_checkpoint"]
_QUEUED = _TABLES["log_pending"]
_RANKS = {name: rank for rank, name in enumerate(FIELDS)}


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found in a log of `size` entries under `root` (as far as it is right).

    `problems`: what is wrong with the first wrong entry, with the given checkpoint, with the queue; empty when all is well. `expired`
    fields can no longer be read; `queued` entries have not joined yet. `anchored`: the log continues the given checkpoint. Otherwise
    the holder of the log's key could have rewritten history, and this says nothing against it.
    """

    size: int
    root: bytes
    expired: int
    queued: int
    anchored: bool
    problems: tuple[str, ...]


def verify(
    session: Session,
    log: AccessLog,
    *,
    checkpoint: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Recomputes the log from its rows. `checkpoint`: a note kept outside. `progress` is told how many entries are done, and of how many."""
    connection = session.connection()
    anchor, unreadable = _read_anchor(log, checkpoint)
    walk = _Walk(connection, log, anchor)
    problems = walk.run(progress)
    astray = [] if anchor is None or problems else _compare(anchor, walk)
    queued, forged = _verify_queue(connection, log)
    return Verification(
        size=walk.size,
        root=merkle.root_of(walk.peaks),
        expired=walk.expired,
        queued=queued,
        anchored=anchor is not None and not problems and not astray,
        problems=(*problems, *unreadable, *astray, *forged),
    )


def _read_anchor(log: AccessLog, note: str | None) -> tuple[Checkpoint | None, list[str]]:
    if note is None:
        return None, []
    try:
        return log.read_note(note), []
    except CryptoError as error:
        return None, [f"the given checkpoint is not this log's: {error}"]


def _compare(anchor: Checkpoint, walk: "_Walk") -> list[str]:
    if anchor.size > walk.size:
        return [
            f"entry {walk.size}: is gone, and all after it: the given checkpoint counts {anchor.size} entries, the log {walk.size}"
        ]
    if anchor.root != walk.anchor_root:
        return [
            f"entries 0 to {anchor.size - 1}: are not those of the given checkpoint: the log's history was rewritten"
        ]
    return []


def _verify_queue(connection: Connection, log: AccessLog) -> tuple[int, list[str]]:
    count = connection.execute(select(func.count()).select_from(_QUEUED)).scalar_one()
    try:
        for row in connection.execute(select(_QUEUED)).yield_per(BLOCK):
            log.read_queued(row.id, row.day, row.fields, row.signature)
    except Refused as error:
        return count, [str(error)]
    except (TypeError, ValueError):  # values that are not even of their columns' types
        return count, ["a queued entry of the access log cannot be read"]
    return count, []


@dataclass
class _Block:
    """The rows of some consecutive entries, as they are stored. Values are unconverted: somebody may have left anything there."""

    leaves: dict[int, Any]
    fields: dict[int, list[Any]]
    nodes: dict[tuple[int, int], Any]
    checkpoints: dict[int, Row[Any]]

    @classmethod
    def read(cls, connection: Connection, start: int, stop: int) -> "_Block":
        """The rows of the entries from `start` up to, but not including, `stop`."""
        within = _ENTRIES.c.position.between(start, stop - 1)
        of_these = _FIELDS.c.entry.between(start, stop - 1)
        sizes = _CHECKPOINTS.c.size.between(start + 1, stop)
        fields = defaultdict(list)
        for row in connection.execute(_raw(_FIELDS).where(of_these).order_by(_FIELDS.c.entry, _FIELDS.c.number)):
            fields[row[0]].append(row)
        return cls(
            leaves={row.position: row.leaf for row in connection.execute(_raw(_ENTRIES).where(within))},
            fields=fields,
            nodes={
                (row.level, row.position): row.hash
                for row in connection.execute(_raw(_NODES).where(_finished(start, stop)))
            },
            checkpoints={row.size: row for row in connection.execute(_raw(_CHECKPOINTS).where(sizes))},
        )


@dataclass
class _Walk:
    """The tree as it grows again, entry by entry."""

    connection: Connection
    log: AccessLog
    anchor: Checkpoint | None
    size: int = 0
    peaks: tuple[bytes, ...] = ()
    expired: int = 0
    fields: int = 0
    anchor_root: bytes = field(default_factory=merkle.empty_root)

    def run(self, progress: Callable[[int, int], None] | None) -> list[str]:
        """Walks to the end, or to the first wrong entry: returns what is wrong with it."""
        counts = self.connection.execute(_COUNTS).one()
        self.expired = counts.expired
        total = max(counts.newest_checkpoint or 0, counts.newest_entry + 1 if counts.newest_entry is not None else 0)
        for start in range(0, total, BLOCK):
            stop = min(start + BLOCK, total)
            block = _Block.read(self.connection, start, stop)
            for position in range(start, stop):
                right = self.size, self.peaks
                problems = [f"entry {position}: {problem}" for problem in self._step(position, block)]
                if problems:
                    self.size, self.peaks = right
                    return problems
            if progress is not None:
                progress(stop, total)
        return self._find_strays(counts)

    def _step(self, position: int, block: _Block) -> Iterator[str]:
        """Checks one entry with all that hangs on it, and grows the tree by it."""
        if position not in block.leaves:
            yield "is missing"
            return
        rows = block.fields.get(position, [])
        wrong = _wrong_fields(rows)
        if wrong is not None:
            yield wrong
            return
        leaf = merkle.leaf_hash(entry_data([row.commitment for row in rows]))
        if block.leaves[position] != leaf:
            yield "its leaf is not the one that its fields commit to"
        tree = merkle.append(self.size, self.peaks, leaf)
        yield from _wrong_nodes(tree, block)
        yield from self._wrong_checkpoint(tree, block)
        self.size, self.peaks = tree.size, tree.peaks
        self.fields += len(rows)
        if self.anchor is not None and self.anchor.size == tree.size:
            self.anchor_root = tree.root

    def _wrong_checkpoint(self, tree: merkle.Appended, block: _Block) -> Iterator[str]:
        row = block.checkpoints.get(tree.size)
        if row is None:
            yield "its checkpoint is missing"
            return
        if row.root != tree.root or row.peaks != b"".join(tree.peaks):
            yield "the tree's root or peaks in its checkpoint are not those of the entries so far"
        try:
            signed = self.log.read_note(str(row.note))
        except CryptoError as error:
            yield f"its checkpoint's note does not verify: {error}"
            return
        if (signed.size, signed.root) != (tree.size, tree.root):
            yield "its checkpoint's note was signed over other entries"

    def _find_strays(self, counts: Any) -> list[str]:
        """Every row that should be there is. Are there others?"""
        nodes = sum(self.size >> level for level in range(1, self.size.bit_length()))
        beyond = or_(_NODES.c.level < 1, ~_finished(0, self.size))
        strays = (
            (counts.entries - self.size, _ENTRIES, _ENTRIES.c.position < 0),
            (counts.fields - self.fields, _FIELDS, ~_FIELDS.c.entry.between(0, self.size - 1)),
            (counts.nodes - nodes, _NODES, beyond),
            (counts.checkpoints - self.size, _CHECKPOINTS, _CHECKPOINTS.c.size < 1),
        )
        return [self._name_stray(table, where, number) for number, table, where in strays if number]

    def _name_stray(self, table: Table, where: ColumnElement[bool], number: int) -> str:
        key = list(table.primary_key.columns)
        row = self.connection.execute(_raw(table).where(where).order_by(*key).limit(1)).first()
        place = ", ".join(f"{column.name} {getattr(row, column.name)!r}" for column in key) if row else "unknown"
        return f"{table.name} holds rows that belong to no entry: {number}, the first at {place}"


def _wrong_fields(rows: list[Any]) -> str | None:
    """What is wrong with an entry's fields; None when they are as they were committed to, or have expired."""
    if not rows:
        return "its fields are missing"
    previous = -1
    for place, (_, number, name, value, salt, commitment) in enumerate(rows):
        if number != place:
            return "its fields are not numbered as they were written: one is missing or was added"
        rank = _RANKS.get(name, -1)
        if rank <= previous or (place == 0 and rank != 0):
            return "its fields do not bear the names, in the order, that an entry has"
        previous = rank
        if not isinstance(commitment, bytes) or len(commitment) != merkle.HASH:
            return f"the commitment to its field {name} is not 32 bytes"
        if value is None and salt is None:
            continue
        readable = isinstance(value, bytes) and isinstance(salt, bytes) and len(salt) == SALT
        if not readable or commit(name, value, salt) != commitment:
            return f"its field {name} is not what was committed to"
    return None


def _wrong_nodes(tree: merkle.Appended, block: _Block) -> Iterator[str]:
    for level, index, node in tree.nodes:
        if level and block.nodes.get((level, index)) != node:
            missing = (level, index) not in block.nodes
            yield f"the tree's node at level {level}, position {index}, which it finishes, is {'missing' if missing else 'another'}"


def _finished(start: int, stop: int) -> ColumnElement[bool]:
    """Which nodes above the leaves are finished by one of the entries from `start` up to, but not including, `stop`."""
    level, position = _NODES.c.level, _NODES.c.position
    return or_(
        *(
            and_(level == height, position.between(start >> height, (stop >> height) - 1))
            for height in range(1, max(stop.bit_length(), 2))
        )
    )


def _raw(table: Table) -> Any:
    """Selects every column as the driver gives it: a value of a wrong type is a finding, not an error."""
    return select(*(type_coerce(column, NullType()).label(column.name) for column in table.columns))


def _count(table: Table, *where: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(table).where(*where).scalar_subquery()


_COUNTS = select(
    select(func.max(_CHECKPOINTS.c.size)).scalar_subquery().label("newest_checkpoint"),
    select(func.max(_ENTRIES.c.position)).scalar_subquery().label("newest_entry"),
    _count(_ENTRIES).label("entries"),
    _count(_FIELDS).label("fields"),
    _count(_FIELDS, _FIELDS.c.value.is_(None)).label("expired"),
    _count(_NODES).label("nodes"),
    _count(_CHECKPOINTS).label("checkpoints"),
)
"""In one statement, so that entries which others append meanwhile are in all of these figures or in none."""
