"""What every table shares: the declarative base, the identifier type, constraint names."""

import secrets
from datetime import UTC, datetime
from typing import Annotated

from sqlalchemy import DateTime, Dialect, LargeBinary, MetaData
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

ID_BYTES = 16

Id = Annotated[bytes, mapped_column(LargeBinary(ID_BYTES))]
"""16 bytes: random, or derived from a key, so that no identifier tells an order or a count."""

Digest = Annotated[bytes, mapped_column(LargeBinary(32))]
Blob = Annotated[bytes, mapped_column(LargeBinary)]


def new_id() -> bytes:
    """16 random bytes."""
    return secrets.token_bytes(ID_BYTES)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware in the program and stored as bare UTC, so that no database's time zone has a say."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UtcDateTime}
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
