"""The whole notice as it reads under each version."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "notice_page",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kept", sa.Date(), nullable=False),
        sa.Column("page_th", sa.String(), nullable=False),
        sa.Column("page_en", sa.String(), nullable=False),
        sa.Column("vouched", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_notice_page"),
        sa.ForeignKeyConstraint(["version"], ["notice.version"], name="fk_notice_page_version_notice"),
    )
