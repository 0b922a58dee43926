"""What staff decide about a case: risk, outcome, and the days on which its reporter was answered and told.

A case that had been answered so far is known by its readers' lists, on which feedback was next.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("risk", sa.String(), server_default="unassessed", nullable=False))
    op.add_column("cases", sa.Column("acknowledged", sa.Date(), nullable=True))
    op.add_column("cases", sa.Column("feedback_given", sa.Date(), nullable=True))
    op.add_column("cases", sa.Column("closed", sa.Date(), nullable=True))
    op.add_column("cases", sa.Column("outcome", sa.String(), nullable=True))
    op.add_column("cases", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    op.add_column("caseload", sa.Column("risk", sa.String(), server_default="unassessed", nullable=False))
    op.execute(
        "UPDATE cases SET acknowledged = activity WHERE EXISTS"
        " (SELECT 1 FROM caseload WHERE caseload.case_id = cases.id AND caseload.due = cases.feedback_by"
        " AND cases.feedback_by <> cases.acknowledge_by)"
    )
