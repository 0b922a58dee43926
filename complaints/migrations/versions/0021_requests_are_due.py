"""A case says by when the reporter's requests about their data are to be decided. Those from before are told on the case's page alone: they are sealed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("answer_by", sa.Date(), nullable=True))
