"""The organisation, the operator's part of the notice, invitations, and requests that a second person confirms."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "organisation",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name_th", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_organisation")),
    )
    op.create_table(
        "notice",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published", sa.Date(), nullable=False),
        sa.Column("text_th", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_notice")),
    )
    op.create_table(
        "invitation",
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("invited_by", sa.LargeBinary(length=16), nullable=True),
        sa.Column("expires", sa.DateTime(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["invited_by"], ["account.id"], name=op.f("fk_invitation_invited_by_account")),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_invitation")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=16), nullable=False),
        sa.Column("requester", sa.LargeBinary(length=16), nullable=False),
        sa.Column("requested", sa.Date(), nullable=False),
        sa.Column("expires", sa.DateTime(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("confirmer", sa.LargeBinary(length=16), nullable=True),
        sa.Column("decided", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["confirmer"], ["account.id"], name=op.f("fk_approval_confirmer_account")),
        sa.ForeignKeyConstraint(["requester"], ["account.id"], name=op.f("fk_approval_requester_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
