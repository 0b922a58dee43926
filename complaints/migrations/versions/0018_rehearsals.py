"""Test reports: which case is a channel's, and how the last one ended."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "rehearsal",
        sa.Column("channel_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("begun", sa.Date(), nullable=False),
        sa.Column("roster", sa.LargeBinary(length=32), nullable=False),
        sa.Column("opened", sa.Date(), nullable=True),
        sa.Column("opener", sa.LargeBinary(length=16), nullable=True),
        sa.Column("opened_under", sa.LargeBinary(length=32), nullable=True),
        sa.Column("vouched", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_rehearsal_case_id_cases")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_rehearsal_channel_id_channel")),
        sa.ForeignKeyConstraint(["opener"], ["account.id"], name=op.f("fk_rehearsal_opener_account")),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_rehearsal")),
        sa.UniqueConstraint("case_id", name=op.f("uq_rehearsal_case_id")),
    )
