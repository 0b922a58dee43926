"""The access log is looked up by day and by channel as well. An index alone: no row of the log is touched."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    searchable = sa.text("name IN ('event', 'case', 'actor', 'subject', 'day', 'channel') AND value IS NOT NULL")
    op.drop_index("ix_log_field_lookup", table_name="log_field")
    op.create_index(
        "ix_log_field_lookup",
        "log_field",
        ["name", "value", "entry"],
        unique=False,
        sqlite_where=searchable,
        postgresql_where=searchable,
    )
