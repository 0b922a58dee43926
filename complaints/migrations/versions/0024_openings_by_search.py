"""An entry that names several cases, as a search does, is found by each of them: an index beside the log, filled from what its entries say."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FIELD = sa.table("log_field", sa.column("entry"), sa.column("name"), sa.column("value", sa.LargeBinary()))
_CASE = sa.table("log_case", sa.column("about", sa.LargeBinary()), sa.column("entry"))
_REFUSED = "the access log only grows"


def upgrade() -> None:
    op.create_table(
        "log_case",
        sa.Column("about", sa.LargeBinary(length=16), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["log_entry.position"], name=op.f("fk_log_case_entry_log_entry")),
        sa.PrimaryKeyConstraint("about", "entry", name=op.f("pk_log_case")),
        sqlite_with_rowid=False,
    )
    fill(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def fill(connection: sa.Connection) -> None:
    """From the entries of searches that there are. What somebody left there that names no case is passed over."""
    event = _FIELD.alias("event")
    named = sa.select(_FIELD.c.entry, _FIELD.c.value).join(event, event.c.entry == _FIELD.c.entry)
    named = named.where(event.c.name == "event", event.c.value == b"cases.searched", _FIELD.c.name == "subject")
    for entry, value in connection.execute(named).all():
        rows = [{"about": case, "entry": entry} for case in sorted(set(_cases_in(value or b"")))]
        if rows:
            connection.execute(sa.insert(_CASE), rows)


def _cases_in(value: bytes) -> Iterator[bytes]:
    for word in bytes(value).split():
        digits = word.removeprefix(b"case:")
        if len(digits) == 32 and not digits.strip(b"0123456789abcdef"):
            yield bytes.fromhex(digits.decode())


def _guard_on_sqlite() -> None:
    taken = "WHEN EXISTS (SELECT 1 FROM log_case WHERE about = NEW.about AND entry = NEW.entry)"
    for name, occasion in (
        ("update", "BEFORE UPDATE ON log_case"),
        ("replace", f"BEFORE INSERT ON log_case {taken}"),
        ("delete", "BEFORE DELETE ON log_case"),
    ):
        op.execute(f"CREATE TRIGGER log_case_refuses_{name} {occasion} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END")


def _guard_on_postgresql() -> None:
    for name, scope in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
        occasion = f"BEFORE {name.upper()} ON log_case FOR EACH {scope}"
        op.execute(f"CREATE TRIGGER log_case_refuses_{name} {occasion} EXECUTE FUNCTION refuse_log_change()")
