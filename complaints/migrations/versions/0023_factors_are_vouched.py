"""Second factors bear the server's word, so that nobody plants one. Those that are there are vouched for as they stand."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import context, op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXTS = ("kind", "label")
_BYTES = ("secret", "digest", "credential", "public_key")
_FACTOR = sa.table("second_factor", *map(sa.column, ("id", "account_id", *_TEXTS, *_BYTES, "vouched")))


def upgrade() -> None:
    op.add_column("second_factor", sa.Column("vouched", sa.LargeBinary(32), nullable=True))
    vouch = context.config.attributes.get("vouch")
    if vouch is not None:
        fill(op.get_bind(), vouch)


def fill(connection: sa.Connection, vouch: Callable[..., bytes]) -> None:
    for row in connection.execute(sa.select(_FACTOR)).mappings().all():
        texts = [row[name].encode() for name in _TEXTS]
        word = vouch("second factor", row["id"], row["account_id"], *texts, *(row[name] or b"" for name in _BYTES))
        connection.execute(sa.update(_FACTOR).where(_FACTOR.c.id == row["id"]).values(vouched=word))
