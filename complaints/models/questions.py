"""Questions that a channel asks beside those of every report."""

from datetime import date

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from complaints.models.base import Base, Digest, Id


class QuestionRow(Base):
    """One question, in both languages. It never changes: it is retired, and another is asked in its place.

    `choices_th` and `choices_en`: one a line, in the same order; empty for every other kind.
    """

    __tablename__ = "question"

    id: Mapped[Id] = mapped_column(primary_key=True)
    channel_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("channel.id"))
    position: Mapped[int]
    kind: Mapped[str]
    compartment: Mapped[str]
    required: Mapped[bool]
    wording_th: Mapped[str]
    wording_en: Mapped[str]
    purpose_th: Mapped[str]
    purpose_en: Mapped[str]
    choices_th: Mapped[str]
    choices_en: Mapped[str]
    added: Mapped[date]
    retired: Mapped[date | None]
    vouched: Mapped[Digest]
    """The server's word for all of the above: a reporter answers because of what stands here."""
