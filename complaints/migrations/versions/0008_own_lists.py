"""What each reader makes of their own list: which cases are theirs, what they call them, and indexes for other orders.

Whoever was given a case by an assignment that somebody else made has it among their own.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("caseload", sa.Column("mine", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("caseload", sa.Column("label", sa.LargeBinary(), nullable=True))
    op.create_index("ix_caseload_due", "caseload", ["account_id", "due", "case_id"])
    op.create_index("ix_caseload_activity", "caseload", ["account_id", "activity", "case_id"])
    for name, on_sqlite, on_postgresql in (
        ("mine", "mine = 1", "mine"),
        ("unread", "unread = 1", "unread"),
        ("label", "label IS NOT NULL", "label IS NOT NULL"),
    ):
        op.create_index(
            f"ix_caseload_{name}",
            "caseload",
            ["account_id", "received", "case_id"],
            sqlite_where=sa.text(on_sqlite),
            postgresql_where=sa.text(on_postgresql),
        )
    caseload, grants, act = (sa.table(name) for name in ("caseload", "grants", "act"))
    for table, columns in (
        (caseload, ("account_id", "case_id", "mine")),
        (grants, ("case_id", "recipient", "act_id")),
        (act, ("id", "kind", "maker")),
    ):
        for column in columns:
            table.append_column(sa.column(column))
    given = (
        sa.select(grants.c.act_id)
        .join(act, act.c.id == grants.c.act_id)
        .where(grants.c.case_id == caseload.c.case_id, grants.c.recipient == caseload.c.account_id)
        .where(act.c.kind == "assignment", act.c.maker != caseload.c.account_id)
    )
    op.execute(sa.update(caseload).where(given.exists()).values(mine=sa.true()))
