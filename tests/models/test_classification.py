"""Every column is classified, and what is sealed or hashed is bytes."""

from sqlalchemy import LargeBinary

from complaints.models import Base
from complaints.models.classification import CLASSIFICATION, Class

COLUMNS = {f"{table.name}.{column.name}": column for table in Base.metadata.sorted_tables for column in table.columns}


def test_every_column_is_classified() -> None:
    assert sorted(COLUMNS.keys() - CLASSIFICATION.keys()) == []


def test_every_classified_column_exists() -> None:
    assert sorted(CLASSIFICATION.keys() - COLUMNS.keys()) == []


def test_what_is_sealed_or_hashed_is_bytes() -> None:
    opaque = [name for name, kind in CLASSIFICATION.items() if kind is not Class.CLEAR]
    assert [name for name in opaque if not isinstance(COLUMNS[name].type, LargeBinary)] == []
