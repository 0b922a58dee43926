"""Drafts of replies, sealed to whoever writes them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "case_id"],
            ["caseload.account_id", "caseload.case_id"],
            name=op.f("fk_draft_account_id_case_id_caseload"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "case_id", name=op.f("pk_draft")),
        sqlite_with_rowid=False,
    )
