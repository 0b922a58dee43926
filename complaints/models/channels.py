"""Channels, the signed rosters of those who receive their reports, and the undertakings these people signed."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from complaints.models.base import Base, Blob, Digest, Id


class Organisation(Base):
    """Who runs this installation: one row, with `number` 1."""

    __tablename__ = "organisation"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name_th: Mapped[str]
    name_en: Mapped[str]


class Notice(Base):
    """A version of what the operator adds to the privacy notice: who answers for the data, and how to reach them."""

    __tablename__ = "notice"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    published: Mapped[date]
    text_th: Mapped[str]
    text_en: Mapped[str]


class NoticePage(Base):
    """The whole notice as it reads under a version, in both languages, as HTML: what the program says, what is asked, what the operator adds."""

    __tablename__ = "notice_page"

    version: Mapped[int] = mapped_column(ForeignKey("notice.version"), primary_key=True, autoincrement=False)
    kept: Mapped[date]
    page_th: Mapped[str]
    page_en: Mapped[str]
    vouched: Mapped[Digest]
    """The server's word for all of the above: it is shown as it stands."""


class Channel(Base):
    """A kind of report with its own recipients. `fallback_id` receives when exclusions leave no lead."""

    __tablename__ = "channel"

    id: Mapped[Id] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name_th: Mapped[str]
    name_en: Mapped[str]
    position: Mapped[int]
    fallback_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), ForeignKey("channel.id"))
    acknowledge_days: Mapped[int]
    feedback_days: Mapped[int]
    vouched: Mapped[Digest]
    """The server's word for all of the above: a reporter chooses by these names."""


class RosterRow(Base):
    """One version of a channel's roster, as it was signed. Nothing here is believed before it verifies."""

    __tablename__ = "roster"

    channel_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("channel.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    canonical: Mapped[Blob]
    signer: Mapped[Id]
    signature: Mapped[Blob]


class Undertaking(Base):
    """A version of the confidentiality undertaking (policy 3.4d)."""

    __tablename__ = "undertaking"

    version: Mapped[int] = mapped_column(primary_key=True)
    published: Mapped[date]
    text_th: Mapped[str]
    text_en: Mapped[str]


class UndertakingSignature(Base):
    """Who signed which version when, with the signature of their own key over its text."""

    __tablename__ = "undertaking_signature"

    version: Mapped[int] = mapped_column(ForeignKey("undertaking.version"), primary_key=True)
    account_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("account.id"), primary_key=True)
    signed: Mapped[date]
    signature: Mapped[Blob]


class Approval(Base):
    """What one person has asked for and another may do. Inert: it is the confirmer's own post that acts.

    `statement` says all of it, and bears the requester's signature; the other columns are there to find it by.
    """

    __tablename__ = "approval"

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[Id]
    requester: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("account.id"))
    requested: Mapped[date]
    expires: Mapped[datetime]
    statement: Mapped[Blob]
    signature: Mapped[Blob]
    state: Mapped[str]
    confirmer: Mapped[bytes | None] = mapped_column(LargeBinary(16), ForeignKey("account.id"))
    decided: Mapped[date | None]
