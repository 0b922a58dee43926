"""Known devices, and mistakes counted apart for each place that tries.

What was counted before is forgotten: it lasts five minutes.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_table("sign_in_backoff")
    op.create_table(
        "sign_in_backoff",
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("waits_until", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_backoff_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "source", name=op.f("pk_sign_in_backoff")),
    )
    op.create_table(
        "known_device",
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_known_device_account_id_account")),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_known_device")),
        sqlite_with_rowid=False,
    )
