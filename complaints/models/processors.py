"""Outside processors: who works for the operator, and what they have undertaken (policy 3.3)."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from complaints.models.base import Base, Digest, Id


class ProcessorRow(Base):
    """What the register says of a processor under one version. A row never changes: what is corrected is the next version.

    `meets`: values of `Meets`, in their order, with spaces between. `country`: ISO 3166-1 alpha-2. `undertaking` names the text that they
    signed; it, `signed_by` and `signed` are all there or none of them is.
    """

    __tablename__ = "processor"

    id: Mapped[Id] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    recorded: Mapped[date]
    name_th: Mapped[str]
    name_en: Mapped[str]
    purpose_th: Mapped[str]
    purpose_en: Mapped[str]
    meets: Mapped[str]
    country: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]
    undertaking: Mapped[str]
    signed_by: Mapped[str]
    signed: Mapped[date | None]
    vouched: Mapped[Digest]
    """The server's word for all of the above: the notice names processors."""
