"""Cases: their compartments and grants, what is sealed in them, and the projection that lists are read from."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from complaints.models.base import Base, Blob, Digest, Id


class Case(Base):
    """The handling of one report. Its id is the hash of the receipt's hash and the reporter's public keys: none can be swapped."""

    __tablename__ = "cases"
    __table_args__ = {"sqlite_with_rowid": False}

    id: Mapped[Id] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    channel_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("channel.id"))
    status: Mapped[str]
    priority: Mapped[str]
    risk: Mapped[str] = mapped_column(server_default="unassessed")
    received: Mapped[date]
    acknowledge_by: Mapped[date]
    acknowledged: Mapped[date | None]
    """The day on which the reporter was first answered, or could read that somebody took the case on."""
    feedback_by: Mapped[date]
    feedback_given: Mapped[date | None]
    closed: Mapped[date | None]
    answer_by: Mapped[date | None]
    """By when the first of the reporter's requests about their data is to be decided that is not."""
    outcome: Mapped[str | None]
    """Of a closed case."""
    revision: Mapped[int] = mapped_column(server_default="0")
    """Rises with each decision about the case, so that two people cannot undo each other's unseen."""
    activity: Mapped[date]
    notice_version: Mapped[int]
    records: Mapped[int]
    """How many records the case has had: the next one's number. Raised first, so that two writers queue here."""
    receipt_hash: Mapped[Digest] = mapped_column(unique=True)
    reporter_work_public: Mapped[Blob]
    reporter_identity_public: Mapped[Blob]
    reporter_verify_public: Mapped[Blob]


class ActRow(Base):
    """What made grants: a statement over every envelope, signed once by its maker (an account, or the reporter)."""

    __tablename__ = "act"
    __table_args__ = {"sqlite_with_rowid": False}

    id: Mapped[Id] = mapped_column(primary_key=True)
    case_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("cases.id"), index=True)
    kind: Mapped[str]
    maker: Mapped[Id]
    """An account's id, or the case's own id: the reporter."""
    made: Mapped[date]
    statement: Mapped[Blob]
    signature: Mapped[Blob]
    vouched: Mapped[Digest]
    """The server's word that it stored this act, so that nobody's key alone makes one later."""


class Compartment(Base):
    """One epoch of one compartment. `previous_key` is the key of the epoch before, sealed under this one's."""

    __tablename__ = "compartment"
    __table_args__ = {"sqlite_with_rowid": False}

    case_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("cases.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[Id]
    previous_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    act_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("act.id"))


class Grant(Base):
    """A compartment key wrapped to one recipient. Access is this row and nothing else."""

    __tablename__ = "grants"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "compartment", "epoch"], ["compartment.case_id", "compartment.name", "compartment.epoch"]
        ),
        {"sqlite_with_rowid": False},
    )

    case_id: Mapped[Id] = mapped_column(primary_key=True)
    recipient: Mapped[Id] = mapped_column(primary_key=True)
    """An account's id, or the case's own id: the reporter."""
    compartment: Mapped[str] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    act_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("act.id"))
    envelope: Mapped[Blob]


def _few(name: str, on_sqlite: str, on_postgresql: str, *asked_again: str) -> Index:
    """An index of the lines that are so, newest first: they are few where a reader's cases are many.

    The condition stands as each database's queries say it, for SQLite takes such an index only when they repeat it. SQLite then asks it
    of each line again: of the index alone where that holds the column too, and otherwise of the table, row by row.
    """
    columns = ("account_id", "received", "case_id", *asked_again)
    return Index(f"ix_caseload_{name}", *columns, sqlite_where=text(on_sqlite), postgresql_where=text(on_postgresql))


class CaseloadRow(Base):
    """One reader's line for one case: what lists are read from, never the grants."""

    __tablename__ = "caseload"
    __table_args__ = (
        Index("ix_caseload_page", "account_id", "received", "case_id"),
        Index("ix_caseload_status", "account_id", "status", "received", "case_id"),
        Index("ix_caseload_due", "account_id", "due", "case_id"),
        Index("ix_caseload_activity", "account_id", "activity", "case_id"),
        _few("mine", "mine = 1", "mine", "mine"),
        _few("unread", "unread = 1", "unread", "unread"),
        _few("label", "label IS NOT NULL", "label IS NOT NULL"),
        {"sqlite_with_rowid": False},
    )

    account_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("account.id"), primary_key=True)
    case_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("cases.id"), primary_key=True)
    reference: Mapped[str]
    channel_id: Mapped[Id]
    status: Mapped[str]
    priority: Mapped[str]
    risk: Mapped[str] = mapped_column(server_default="unassessed")
    received: Mapped[date]
    due: Mapped[date]
    """The next of the case's deadlines; the end of time when nothing is due."""
    activity: Mapped[date]
    unread: Mapped[bool]
    holds_identity: Mapped[bool]
    mine: Mapped[bool] = mapped_column(server_default=false())
    """The reader was chosen for it, or put it among their own cases themself."""
    label: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What the reader calls it, sealed to themself alone."""


class Draft(Base):
    """A reply that its writer has not sent yet, sealed to themself alone. Goes with their line for the case."""

    __tablename__ = "draft"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "case_id"], ["caseload.account_id", "caseload.case_id"], ondelete="CASCADE"
        ),
        {"sqlite_with_rowid": False},
    )

    account_id: Mapped[Id] = mapped_column(primary_key=True)
    case_id: Mapped[Id] = mapped_column(primary_key=True)
    value: Mapped[Blob]


class Task(Base):
    """The clear side of something to be done in a case: by whom and by when. What it is lies in the record with the same id."""

    __tablename__ = "task"
    __table_args__ = (
        Index(
            "ix_task_open",
            "account_id",
            "due",
            "case_id",
            sqlite_where=text("done IS NULL"),
            postgresql_where=text("done IS NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    case_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("cases.id"))
    account_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("account.id"))
    due: Mapped[date]
    done: Mapped[date | None]


class Pseudonym(Base):
    """The number by which a case's reporter knows one reader: "Investigator 2". Never used again for another."""

    __tablename__ = "pseudonym"
    __table_args__ = {"sqlite_with_rowid": False}

    case_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[Id]


class Departure(Base):
    """Somebody gave up their keys, and the case has no new ones yet: what its leads see that they still have to do."""

    __tablename__ = "departure"
    __table_args__ = {"sqlite_with_rowid": False}

    case_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("cases.id"), primary_key=True)
    account_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("account.id"), primary_key=True)
    left: Mapped[date]


class Rehearsal(Base):
    """How it stands with a channel's test reports. What makes a case a test is its first act; this is for lists, and for the set-up page."""

    __tablename__ = "rehearsal"

    channel_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("channel.id"), primary_key=True)
    case_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), ForeignKey("cases.id"), unique=True)
    """The test that is under way; none when the last one is erased."""
    begun: Mapped[date]
    roster: Mapped[Digest]
    """Hash of the roster to which the last one was sealed."""
    opened: Mapped[date | None]
    """The day on which a lead last said that everything opens."""
    opener: Mapped[bytes | None] = mapped_column(LargeBinary(16), ForeignKey("account.id"))
    opened_under: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Hash of the roster to which that one had been sealed."""
    vouched: Mapped[Digest]
    """The server's word for all of the above: no real case is marked a test by an UPDATE."""


class Record(Base):
    """Something sealed in a case: the answers, the identity, a message, a note, a file's particulars."""

    __tablename__ = "record"
    __table_args__ = (Index("ix_record_case", "case_id", "number", unique=True), {"sqlite_with_rowid": False})

    id: Mapped[Id] = mapped_column(primary_key=True)
    case_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("cases.id"))
    number: Mapped[int]
    compartment: Mapped[str]
    epoch: Mapped[int]
    kind: Mapped[str]
    author: Mapped[Id]
    """An account's id, or the case's own id: the reporter."""
    made: Mapped[date]
    revision: Mapped[int]


class SealedField(Base):
    """One field of one revision of a record."""

    __tablename__ = "sealed_field"
    __table_args__ = {"sqlite_with_rowid": False}

    record_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("record.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Blob]


class File(Base):
    """A sealed file. Until its report claims it, its case is empty, and nobody has its key.

    A claimed file's key, name, type and length are the fields of the record with the same id.
    """

    __tablename__ = "file"
    __table_args__ = {"sqlite_with_rowid": False}

    id: Mapped[Id] = mapped_column(primary_key=True)
    case_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), ForeignKey("cases.id"), index=True)
    staged: Mapped[date]
    chunks: Mapped[int]
    padded_size: Mapped[int]
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """SHA-256 over every sealed chunk in order; none while chunks are still arriving."""


def place_of(file_id: bytes, position: int) -> int:
    """The number by which SQLite lays a chunk: the first 62 bits of its file's random id, and its position added."""
    return (int.from_bytes(file_id[:8], "big") >> 2) + position


def _place(context: DefaultExecutionContext) -> int:
    values = context.current_parameters or {}
    return place_of(values["file_id"], values["position"])


class FileChunk(Base):
    """64 KiB of a file, sealed. The position is bound into the seal, so chunks cannot be swapped.

    Without a number of ours SQLite would give each row the next one, which tells for good in which order files came; without any number
    it would read whole chunks to find one.
    """

    __tablename__ = "file_chunk"
    __table_args__ = (UniqueConstraint("file_id", "position"),)

    place: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False, default=_place
    )
    file_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("file.id"))
    position: Mapped[int]
    data: Mapped[Blob]
