"""New keys for an account whose passphrase and code are lost; and to which key of a custodian's a half was wrapped."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "new_keys",
        sa.Column("approval_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("work_public", sa.LargeBinary(), nullable=True),
        sa.Column("identity_public", sa.LargeBinary(), nullable=True),
        sa.Column("verify_public", sa.LargeBinary(), nullable=True),
        sa.Column("seed_locked", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_new_keys_approval_id_approval")),
        sa.PrimaryKeyConstraint("approval_id", name=op.f("pk_new_keys")),
        sa.UniqueConstraint("lookup", name=op.f("uq_new_keys_lookup")),
        sqlite_with_rowid=False,
    )
    op.add_column("recovery_share", sa.Column("wrapped_to", sa.LargeBinary(length=32), nullable=True))
