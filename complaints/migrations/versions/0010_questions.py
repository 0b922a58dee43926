"""Questions that a channel asks beside those of every report."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "question",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("channel_id", sa.LargeBinary(16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("compartment", sa.String(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("wording_th", sa.String(), nullable=False),
        sa.Column("wording_en", sa.String(), nullable=False),
        sa.Column("purpose_th", sa.String(), nullable=False),
        sa.Column("purpose_en", sa.String(), nullable=False),
        sa.Column("choices_th", sa.String(), nullable=False),
        sa.Column("choices_en", sa.String(), nullable=False),
        sa.Column("added", sa.Date(), nullable=False),
        sa.Column("retired", sa.Date(), nullable=True),
        sa.Column("vouched", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_question"),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name="fk_question_channel_id_channel"),
    )
