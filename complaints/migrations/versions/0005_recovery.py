"""Lost passphrases: halves of seeds, for a printed code and for custodians."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "recovery",
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code_public", sa.LargeBinary(), nullable=False),
        sa.Column("code_half", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("asked", sa.DateTime(), nullable=True),
        sa.Column("released", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recovery_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_recovery")),
    )
    op.create_table(
        "recovery_share",
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("custodian_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("half", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recovery_share_account_id_account")),
        sa.ForeignKeyConstraint(["custodian_id"], ["account.id"], name=op.f("fk_recovery_share_custodian_id_account")),
        sa.PrimaryKeyConstraint("account_id", "custodian_id", name=op.f("pk_recovery_share")),
        sqlite_with_rowid=False,
    )
