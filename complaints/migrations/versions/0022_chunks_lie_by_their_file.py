"""SQLite lays a file's chunks by its random id, not by when they came. A table without rowid would read 64 KiB for each comparison of a search.

That the file is owed a rewrite stands in its header; it was a file beside it, whose own times told when somebody withdrew.
"""

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FILES = sa.text("SELECT DISTINCT file_id FROM file_chunk ORDER BY file_id")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _lay_anew(op.get_bind())
        _take_over_what_is_owed(op.get_bind())
    else:
        _add_place(op.get_bind())


def _lay_anew(connection: sa.Connection) -> None:
    files = connection.scalars(_FILES).all()
    op.rename_table("file_chunk", "file_chunk_before")
    op.create_table(
        "file_chunk",
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_file_chunk_file_id_file")),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_file_chunk")),
        sa.UniqueConstraint("file_id", "position", name=op.f("uq_file_chunk_file_id_position")),
    )
    copy = sa.text(
        "INSERT INTO file_chunk (place, file_id, position, data) SELECT :begin + position, file_id, position, data"
        " FROM file_chunk_before WHERE file_id = :file ORDER BY position"
    )
    for file in files:
        connection.execute(copy, {"file": file, "begin": _begin(file)})
    connection.execute(
        sa.text("DELETE FROM file_chunk_before")
    )  # to drop it full would take as much memory as all files
    op.drop_table("file_chunk_before")


def _take_over_what_is_owed(connection: sa.Connection) -> None:
    beside = Path(f"{connection.engine.url.database}.owed")
    if beside.exists():
        connection.exec_driver_sql("PRAGMA user_version = 1")
        beside.unlink()  # should the upgrade fail after all, the night's rewrite does what was owed


def _add_place(connection: sa.Connection) -> None:
    op.add_column("file_chunk", sa.Column("place", sa.BigInteger(), nullable=True))
    place = sa.text("UPDATE file_chunk SET place = :begin + position WHERE file_id = :file")
    for file in connection.scalars(_FILES).all():
        connection.execute(place, {"file": file, "begin": _begin(file)})
    op.alter_column("file_chunk", "place", nullable=False)
    op.drop_constraint("pk_file_chunk", "file_chunk", type_="primary")
    op.create_primary_key("pk_file_chunk", "file_chunk", ["place"])
    op.create_unique_constraint("uq_file_chunk_file_id_position", "file_chunk", ["file_id", "position"])


def _begin(file: bytes) -> int:
    return int.from_bytes(bytes(file)[:8], "big") >> 2
