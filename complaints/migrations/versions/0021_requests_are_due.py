"""A case says by when the reporter's requests about their data are to be decided. What was asked is sealed; that it was, and whether it was decided, the log says."""

from collections.abc import Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_RECORD = sa.table("record", sa.column("id"), sa.column("case_id"), sa.column("kind"), sa.column("made", sa.Date()))
_FIELD = sa.table("log_field", sa.column("entry"), sa.column("name"), sa.column("value", sa.LargeBinary()))
_CASE = sa.table("cases", sa.column("id"), sa.column("answer_by", sa.Date()))
_LINE = sa.table("caseload", sa.column("case_id"), sa.column("due", sa.Date()))


def upgrade() -> None:
    op.add_column("cases", sa.Column("answer_by", sa.Date(), nullable=True))
    fill(op.get_bind())


def fill(connection: sa.Connection) -> None:
    """Requests that are not decided are due 30 days after they were made."""
    event = _FIELD.alias("event")
    decisions = sa.select(_FIELD.c.value).join(event, event.c.entry == _FIELD.c.entry)
    decisions = decisions.where(event.c.name == "event", event.c.value == b"data.decided", _FIELD.c.name == "subject")
    decided = set(connection.scalars(decisions))
    asked = sa.select(_RECORD.c.id, _RECORD.c.case_id, _RECORD.c.made).where(_RECORD.c.kind == "data-request")
    due: dict[bytes, date] = {}
    for id_, case, made in connection.execute(asked):
        if made.year < date.max.year and f"record:{bytes(id_).hex()}".encode() not in decided:
            due[case] = min(made + timedelta(days=30), due.get(case, date.max))
    for case, day in due.items():
        connection.execute(sa.update(_CASE).where(_CASE.c.id == case).values(answer_by=day))
        late = sa.update(_LINE).where(_LINE.c.case_id == case, _LINE.c.due > day)
        connection.execute(late.values(due=day))
