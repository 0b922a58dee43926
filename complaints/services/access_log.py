"""The access log: who reached what, as a Merkle tree (RFC 6962) that only grows, under signed checkpoints.

An entry is a list of named fields. Its leaf commits to each one apart (`crypto.commitment`), so that a proof shows some fields and
hides the rest, and so that a field can expire while the leaf stands. Every entry brings the tree's finished nodes and a checkpoint
of its own, in the transaction of the access it tells of: after a crash both are there, or neither.

Not protected: a queued entry can be deleted unseen until its day has ended, and without a checkpoint kept outside, whoever holds the
log's key can write another history.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from complaints.errors import Refused
from complaints.models import Base, new_id
from complaints.vocabulary import Event
from crypto import (
    SALT,
    Checkpoint,
    CryptoError,
    SigningKey,
    VerifyKey,
    checkpoint,
    commit,
    encode_parts,
    entry_data,
    merkle,
)

FIELDS = (
    "event",
    "day",
    "time",
    "actor",
    "role",
    "pseudonym",
    "case",
    "channel",
    "subject",
    "reason",
    "act",
    "digest",
    "writes",
    "queued",
    "state",
)
"""Every name a field can have, in the order in which an entry commits to those it has."""

SETTLED_AN_APPEND = 256
"""How many queued entries one append takes along at most, so that no request pays for a whole day."""

# Made once, and against tables rather than mapped classes: every request that writes pays for these.
_TABLES = Base.metadata.tables
_QUEUED = _TABLES["log_pending"]
_CHECKPOINTS = _TABLES["log_checkpoint"]
_NEWEST = select(_CHECKPOINTS).order_by(_CHECKPOINTS.c.size.desc()).limit(1)
_OLDEST_QUEUED = (
    select(_QUEUED)
    .where(_QUEUED.c.day < bindparam("before"))
    .order_by(_QUEUED.c.day, _QUEUED.c.id)
    .limit(bindparam("limit"))
)
_FORGET_QUEUED = delete(_QUEUED).where(_QUEUED.c.id == bindparam("queued"))
_INSERT_QUEUED = insert(_QUEUED)
_INSERT_ENTRIES = insert(_TABLES["log_entry"])
_INSERT_FIELDS = insert(_TABLES["log_field"])
_INSERT_CASES = insert(_TABLES["log_case"])
_INSERT_NODES = insert(_TABLES["log_node"])
_INSERT_CHECKPOINTS = insert(_CHECKPOINTS)

_QUEUE_DOMAIN = "access log queue"
_LOCK_ID = 0x6163_6365_7373_6C67  # "accesslg": an advisory lock's number is any 64 bits that nobody else takes


@dataclass(frozen=True, slots=True)
class Entry:
    """What the log is to say. `fields` are UTF-8 text by names from FIELDS, without "event". Another name is a ValueError."""

    event: Event
    fields: dict[str, str]

    def __post_init__(self) -> None:
        unknown = self.fields.keys() - set(FIELDS[1:])
        if unknown:
            raise ValueError(f"the access log has no field {', '.join(sorted(unknown))}")

    def named(self) -> list[tuple[str, bytes]]:
        """The fields it has, in the order of FIELDS."""
        values = {"event": self.event.value, **self.fields}
        return [(name, values[name].encode()) for name in FIELDS if name in values]


def cases_among(event: str | None, subject: str) -> frozenset[bytes]:
    """The ids of the cases that an entry names in its subject, where its kind says of several that they were opened."""
    if event != Event.CASES_SEARCHED:
        return frozenset()
    return frozenset(bytes.fromhex(word.removeprefix("case:")) for word in subject.split())


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest checkpoint: so many entries under this root (32 bytes), and the signed note that says so (C2SP)."""

    size: int
    root: bytes
    note: str


class AccessLog:
    """One log, known by its key. `origin` is the site's address; a log whose site moves goes on under the new name."""

    def __init__(self, origin: str, key: SigningKey) -> None:
        self.origin = f"{origin.rpartition('://')[2]}/access-log"
        self.verify_key = key.verify_key()
        self._key = key

    @property
    def verifier_key(self) -> str:
        """The log's public key as others keep it (C2SP)."""
        return checkpoint.verifier_key(self.origin, self.verify_key)

    def append(self, session: Session, entries: Sequence[Entry], today: date) -> None:
        """Adds queued entries of days before `today`, as many as SETTLED_AN_APPEND, then `entries`. Last in its transaction.

        Raises Refused when the newest checkpoint or a queued entry is not as this log left it: nothing is signed on top of that.
        """
        self._lock(session)
        self._extend(session, [*self._take_queued(session, today, SETTLED_AN_APPEND), *entries])

    def append_alike(self, session: Session, entry: Entry, *, kept: bool) -> None:
        """Adds `entry` in a savepoint; unless it is `kept`, that is taken back: it lasts as long as an entry, and leaves none.

        It takes nothing along of what is queued: taken back, that would be there to take along the next time, and kept it would not.
        """
        self._lock(session)
        with session.begin_nested() as savepoint:
            self._extend(session, [entry])
            if not kept:
                savepoint.rollback()

    def queue(self, session: Session, entries: Sequence[Entry], day: date) -> None:
        """Keeps entries apart until `day` has ended. Signed, so that what joins the log later is what was queued."""
        rows = []
        for entry in entries:
            id_, fields = new_id(), _canonical(entry)
            signature = self._key.sign(_queued_statement(id_, day, fields), _QUEUE_DOMAIN)
            rows.append({"id": id_, "day": day, "fields": fields, "signature": signature})
        if rows:
            session.connection().execute(_INSERT_QUEUED, rows)

    def settle(self, session: Session, before: date, limit: int | None = None) -> int:
        """Adds queued entries of days before `before`, in random order: all, or `limit` at most. Returns how many. Raises Refused."""
        self._lock(session)
        settled = 0
        while limit is None or settled < limit:
            batch = SETTLED_AN_APPEND if limit is None else min(SETTLED_AN_APPEND, limit - settled)
            entries = self._take_queued(session, before, batch)
            if not entries:
                break
            self._extend(session, entries)
            settled += len(entries)
        return settled

    def latest(self, session: Session) -> Latest | None:
        """The newest checkpoint as it is stored, unverified; None while the log is empty."""
        row = session.connection().execute(_NEWEST).first()
        return None if row is None else Latest(row.size, row.root, row.note)

    def read_note(self, note: str) -> Checkpoint:
        """What a note of this log says. The key is the log's identity, so any name it once signed under is taken.

        Raises BadSignature, Malformed.
        """
        return checkpoint.verify(note, note.partition("\n")[0], self.verify_key)

    def read_queued(self, id_: bytes, day: date, fields: bytes, signature: bytes) -> Entry:
        """The entry in a queued row; raises Refused when the row is not as this log queued it."""
        try:
            self.verify_key.verify(signature, _queued_statement(id_, day, fields), _QUEUE_DOMAIN)
        except CryptoError as error:
            raise Refused("a queued entry of the access log is not as it was queued") from error
        values = json.loads(fields)
        return Entry(Event(values.pop("event")), values)

    def _lock(self, session: Session) -> None:
        # SQLite's writers come one at a time already.
        if session.get_bind().dialect.name == "postgresql":
            session.execute(select(func.pg_advisory_xact_lock(_LOCK_ID)))

    def _take_queued(self, session: Session, before: date, limit: int) -> list[Entry]:
        # Ids are random, so to go by them is to go in random order.
        connection = session.connection()
        rows = connection.execute(_OLDEST_QUEUED, {"before": before, "limit": limit}).all()
        entries = [self._joining(self.read_queued(row.id, row.day, row.fields, row.signature), row.id) for row in rows]
        if rows:
            connection.execute(_FORGET_QUEUED, [{"queued": row.id} for row in rows])
        return entries

    @staticmethod
    def _joining(entry: Entry, queued: bytes) -> Entry:
        """Names the row that it waited in: put back and taken in once more, it shows as the same."""
        return Entry(entry.event, {**entry.fields, "queued": queued.hex()})

    def _extend(self, session: Session, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        size, peaks = signed_head(session, self.verify_key)
        rows = _Rows()
        for entry in entries:
            leaf = rows.add_entry(size, entry)
            tree = merkle.append(size, peaks, leaf)
            rows.add_tree(tree, checkpoint.sign(self.origin, tree.size, tree.root, self._key))
            size, peaks = tree.size, tree.peaks
        rows.store(session.connection())


Head = tuple[int, Sequence[bytes]]
"""A tree's size and peaks (32 bytes each)."""


def signed_head(session: Session, key: VerifyKey) -> Head:
    """The tree's head, which the newest checkpoint must have signed with the log's key. Raises Refused."""
    row = session.connection().execute(_NEWEST).first()
    return (0, ()) if row is None else _verify_head(row.size, row.peaks, row.note, key)


@lru_cache(maxsize=16)
def _verify_head(size: int, joined: bytes, note: str, key: VerifyKey) -> Head:
    """Pure, hence kept: public data only. One that was refused is looked at again."""
    peaks = split_hashes(joined)
    try:
        signed = checkpoint.verify(note, note.partition("\n")[0], key)
    except CryptoError as error:
        raise Refused("the access log's newest checkpoint does not verify") from error
    if (signed.size, signed.root) != (size, merkle.root_of(peaks)) or len(peaks) != size.bit_count():
        raise Refused("the access log's newest checkpoint is not of the tree it stands beside")
    return size, peaks


class _Rows:
    """The rows that new entries come to, table by table."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.fields: list[dict[str, Any]] = []
        self.cases: list[dict[str, Any]] = []
        self.nodes: list[dict[str, Any]] = []
        self.checkpoints: list[dict[str, Any]] = []

    def add_entry(self, position: int, entry: Entry) -> bytes:
        """Returns the leaf's hash."""
        commitments = []
        for number, (name, value) in enumerate(entry.named()):
            salt = secrets.token_bytes(SALT)
            commitment = commit(name, value, salt)
            commitments.append(commitment)
            self.fields.append(
                {
                    "entry": position,
                    "number": number,
                    "name": name,
                    "value": value,
                    "salt": salt,
                    "commitment": commitment,
                }
            )
        leaf = merkle.leaf_hash(entry_data(commitments))
        self.entries.append({"position": position, "leaf": leaf})
        among = cases_among(entry.event, entry.fields.get("subject", ""))
        self.cases += [{"about": case, "entry": position} for case in sorted(among)]
        return leaf

    def add_tree(self, tree: merkle.Appended, note: str) -> None:
        self.nodes += [{"level": level, "position": index, "hash": node} for level, index, node in tree.nodes if level]
        self.checkpoints.append({"size": tree.size, "root": tree.root, "peaks": b"".join(tree.peaks), "note": note})

    def store(self, connection: Connection) -> None:
        connection.execute(_INSERT_ENTRIES, self.entries)
        connection.execute(_INSERT_FIELDS, self.fields)
        if self.cases:
            connection.execute(_INSERT_CASES, self.cases)
        if self.nodes:
            connection.execute(_INSERT_NODES, self.nodes)
        connection.execute(_INSERT_CHECKPOINTS, self.checkpoints)


def split_hashes(joined: bytes) -> tuple[bytes, ...]:
    """The 32-byte hashes that were joined; a length that is no multiple of 32 leaves a shorter last one."""
    return tuple(joined[start : start + 32] for start in range(0, len(joined), 32))


def _canonical(entry: Entry) -> bytes:
    """An entry as JSON with sorted keys, UTF-8, "event" among the fields."""
    fields = {"event": entry.event.value, **entry.fields}
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _queued_statement(id_: bytes, day: date, fields: bytes) -> bytes:
    return encode_parts(id_, day.isoformat().encode(), fields)
