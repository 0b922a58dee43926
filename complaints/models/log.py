"""The access log's rows: entries, their fields, the tree's stored nodes, a checkpoint for every append, the queue, and an index.

Rows are only ever added: triggers refuse UPDATE and DELETE, save that a field's value and salt may expire together.
"""

from datetime import date

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from complaints.models.base import Base, Blob, Digest, Id

SEARCHABLE = ("event", "case", "actor", "subject", "day", "channel")
"""Names of fields that are looked up by value."""

_SEARCHABLE_ONLY = text("name IN ('event', 'case', 'actor', 'subject', 'day', 'channel') AND value IS NOT NULL")


class LogEntry(Base):
    """One leaf of the tree. `leaf` is RFC 6962's leaf hash over the commitments to the entry's fields."""

    __tablename__ = "log_entry"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leaf: Mapped[Digest]


class LogField(Base):
    """One field of an entry. `commitment` is SHA-256 over salt, name and value, and stays when those expire."""

    __tablename__ = "log_field"
    __table_args__ = (
        Index(
            "ix_log_field_lookup",
            "name",
            "value",
            "entry",
            sqlite_where=_SEARCHABLE_ONLY,
            postgresql_where=_SEARCHABLE_ONLY,
        ),
        {"sqlite_with_rowid": False},
    )

    entry: Mapped[int] = mapped_column(ForeignKey("log_entry.position"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    value: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    commitment: Mapped[Digest]


class LogCase(Base):
    """That an entry which names several cases in one field names this one: an index, so that it is found. What counts is what the entry says."""

    __tablename__ = "log_case"
    __table_args__ = {"sqlite_with_rowid": False}

    about: Mapped[Id] = mapped_column(primary_key=True)
    entry: Mapped[int] = mapped_column(ForeignKey("log_entry.position"), primary_key=True)


class LogNode(Base):
    """A complete subtree's hash. Level 0 is in `log_entry.leaf`; here are the levels above."""

    __tablename__ = "log_node"
    __table_args__ = {"sqlite_with_rowid": False}

    level: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[Digest]


class LogCheckpoint(Base):
    """The signed state of the tree at one size, with its peaks (n x 32 bytes), so that an append reads one row."""

    __tablename__ = "log_checkpoint"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[Digest]
    peaks: Mapped[Blob]
    note: Mapped[str]


class LogPending(Base):
    """An entry that a reporter caused, waiting for its day to end. Random ids and the day alone: no order to read."""

    __tablename__ = "log_pending"
    __table_args__ = {"sqlite_with_rowid": False}

    id: Mapped[Id] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(index=True)
    fields: Mapped[Blob]
    signature: Mapped[Blob]
    """The log's own, over the rest of the row: what nobody queued cannot join the log."""


class PublishedCheckpoint(Base):
    """The checkpoint that was published on a day, for anybody to keep."""

    __tablename__ = "published_checkpoint"

    day: Mapped[date] = mapped_column(primary_key=True)
    size: Mapped[int]
    note: Mapped[str]
