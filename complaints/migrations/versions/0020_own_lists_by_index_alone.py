"""What is mine and what is unread is counted from its index alone: SQLite asks the condition again of each line, so the index holds its column."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for name in ("mine", "unread"):
        op.drop_index(f"ix_caseload_{name}", table_name="caseload")
        op.create_index(
            f"ix_caseload_{name}",
            "caseload",
            ["account_id", "received", "case_id", name],
            sqlite_where=sa.text(f"{name} = 1"),
            postgresql_where=sa.text(name),
        )
