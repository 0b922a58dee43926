"""Comments on the notice: sealed, from nobody in particular, to those who read them."""

from datetime import date

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from complaints.models.base import Base, Blob, Id


class Comment(Base):
    """A comment as it was sealed. Once it is settled, its words and their keys are gone; that it was there stays."""

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_state", "state", "received"), {"sqlite_with_rowid": False})

    id: Mapped[Id] = mapped_column(primary_key=True)
    received: Mapped[date]
    notice_version: Mapped[int]
    """Of the notice that its writer saw; 0 before one was published."""
    key_id: Mapped[Id]
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str]
    read: Mapped[date | None]
    """The day on which one of its readers first opened it."""
    taken_up_under: Mapped[int | None]
    """The version of the notice at the time when it was taken up: the next one answers it."""


class CommentGrant(Base):
    """A comment's key wrapped to one of those who read comments."""

    __tablename__ = "comment_grant"
    __table_args__ = {"sqlite_with_rowid": False}

    comment_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("comment.id"), primary_key=True)
    account_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("account.id"), primary_key=True)
    envelope: Mapped[Blob]
