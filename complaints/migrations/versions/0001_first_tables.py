"""The first tables, and the triggers that let the access log only grow."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _create_accounts()
    _create_channels()
    _create_cases()
    _create_records()
    _create_sessions()
    _create_log()
    if op.get_bind().dialect.name == "postgresql":
        _guard_log_on_postgresql()
    else:
        _guard_log_on_sqlite()


def _create_accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sign_in_name", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("created", sa.Date(), nullable=False),
        sa.Column("work_public", sa.LargeBinary(), nullable=False),
        sa.Column("identity_public", sa.LargeBinary(), nullable=False),
        sa.Column("verify_public", sa.LargeBinary(), nullable=False),
        sa.Column("seed_locked", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("vouched", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_account_sign_in_name")),
    )
    op.create_table(
        "sign_in_backoff",
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("waits_until", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_backoff_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_sign_in_backoff")),
    )


def _create_channels() -> None:
    op.create_table(
        "channel",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_th", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fallback_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("acknowledge_days", sa.Integer(), nullable=False),
        sa.Column("feedback_days", sa.Integer(), nullable=False),
        sa.Column("vouched", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["fallback_id"], ["channel.id"], name=op.f("fk_channel_fallback_id_channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("code", name=op.f("uq_channel_code")),
    )
    op.create_table(
        "roster",
        sa.Column("channel_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.Column("signer", sa.LargeBinary(length=16), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_roster_channel_id_channel")),
        sa.PrimaryKeyConstraint("channel_id", "version", name=op.f("pk_roster")),
    )
    op.create_table(
        "undertaking",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published", sa.Date(), nullable=False),
        sa.Column("text_th", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_undertaking")),
    )
    op.create_table(
        "undertaking_signature",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("signed", sa.Date(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_undertaking_signature_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["undertaking.version"], name=op.f("fk_undertaking_signature_version_undertaking")
        ),
        sa.PrimaryKeyConstraint("version", "account_id", name=op.f("pk_undertaking_signature")),
    )


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("channel_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("acknowledge_by", sa.Date(), nullable=False),
        sa.Column("feedback_by", sa.Date(), nullable=False),
        sa.Column("activity", sa.Date(), nullable=False),
        sa.Column("notice_version", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("receipt_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("reporter_work_public", sa.LargeBinary(), nullable=False),
        sa.Column("reporter_identity_public", sa.LargeBinary(), nullable=False),
        sa.Column("reporter_verify_public", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_cases_channel_id_channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("receipt_hash", name=op.f("uq_cases_receipt_hash")),
        sa.UniqueConstraint("reference", name=op.f("uq_cases_reference")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "act",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("maker", sa.LargeBinary(length=16), nullable=False),
        sa.Column("made", sa.Date(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("vouched", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_act_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_act_case_id"), "act", ["case_id"], unique=False)
    op.create_table(
        "compartment",
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("previous_key", sa.LargeBinary(), nullable=True),
        sa.Column("act_id", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_compartment_act_id_act")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_compartment_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "name", "epoch", name=op.f("pk_compartment")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "grants",
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("recipient", sa.LargeBinary(length=16), nullable=False),
        sa.Column("compartment", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_grants_act_id_act")),
        sa.ForeignKeyConstraint(
            ["case_id", "compartment", "epoch"],
            ["compartment.case_id", "compartment.name", "compartment.epoch"],
            name=op.f("fk_grants_case_id_compartment_epoch_compartment"),
        ),
        sa.PrimaryKeyConstraint("case_id", "recipient", "compartment", "epoch", name=op.f("pk_grants")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "caseload",
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("channel_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("activity", sa.Date(), nullable=False),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.Column("holds_identity", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_caseload_account_id_account")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_caseload_case_id_cases")),
        sa.PrimaryKeyConstraint("account_id", "case_id", name=op.f("pk_caseload")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_caseload_page", "caseload", ["account_id", "received", "case_id"], unique=False)
    op.create_index("ix_caseload_status", "caseload", ["account_id", "status", "received", "case_id"], unique=False)
    op.create_table(
        "pseudonym",
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_pseudonym_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_pseudonym")),
        sqlite_with_rowid=False,
    )


def _create_records() -> None:
    op.create_table(
        "record",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("compartment", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("author", sa.LargeBinary(length=16), nullable=False),
        sa.Column("made", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_record_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_record_case", "record", ["case_id", "number"], unique=True)
    op.create_table(
        "sealed_field",
        sa.Column("record_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_sealed_field_record_id_record")),
        sa.PrimaryKeyConstraint("record_id", "revision", "name", name=op.f("pk_sealed_field")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "file",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("staged", sa.Date(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("padded_size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_file_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_file_case_id"), "file", ["case_id"], unique=False)
    op.create_table(
        "file_chunk",
        sa.Column("file_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_file_chunk_file_id_file")),
        sa.PrimaryKeyConstraint("file_id", "position", name=op.f("pk_file_chunk")),
    )


def _create_sessions() -> None:
    op.create_table(
        "session",
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("seeds", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("last_seen", sa.DateTime(), nullable=True),
        sa.Column("expires", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_session_account_id_account")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_session_case_id_cases")),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_session")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_session_account_id"), "session", ["account_id"], unique=False)


def _create_log() -> None:
    op.create_table(
        "log_entry",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_log_entry")),
    )
    op.create_table(
        "log_field",
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["log_entry.position"], name=op.f("fk_log_field_entry_log_entry")),
        sa.PrimaryKeyConstraint("entry", "number", name=op.f("pk_log_field")),
        sqlite_with_rowid=False,
    )
    searchable = sa.text("name IN ('event', 'case', 'actor', 'subject') AND value IS NOT NULL")
    op.create_index(
        "ix_log_field_lookup",
        "log_field",
        ["name", "value", "entry"],
        unique=False,
        sqlite_where=searchable,
        postgresql_where=searchable,
    )
    op.create_table(
        "log_node",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_log_node")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("peaks", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoint")),
    )
    op.create_table(
        "log_pending",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_pending")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_log_pending_day"), "log_pending", ["day"], unique=False)


_ONLY_EXPIRES = (
    "NEW.value IS NULL AND NEW.salt IS NULL AND NEW.entry = OLD.entry AND NEW.number = OLD.number"
    " AND NEW.name = OLD.name AND NEW.commitment = OLD.commitment"
)
"""The one change a row of log_field may undergo: its value and salt go, together, and nothing else moves."""

_KEYS = {
    "log_entry": "position = NEW.position",
    "log_field": "entry = NEW.entry AND number = NEW.number",
    "log_node": "level = NEW.level AND position = NEW.position",
    "log_checkpoint": "size = NEW.size",
    "log_pending": "id = NEW.id",
}


def _guard_log_on_sqlite() -> None:
    for table, same_key in _KEYS.items():
        changes = f"WHEN NOT ({_ONLY_EXPIRES})" if table == "log_field" else ""
        _refuse_on_sqlite(f"{table}_refuses_update", f"BEFORE UPDATE ON {table} {changes}")
        # INSERT OR REPLACE deletes the row that stands in its way, and no trigger on DELETE hears of it.
        taken = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same_key})"  # noqa: S608 - the names above
        _refuse_on_sqlite(f"{table}_refuses_replace", f"BEFORE INSERT ON {table} {taken}")
        if table != "log_pending":
            _refuse_on_sqlite(f"{table}_refuses_delete", f"BEFORE DELETE ON {table}")


def _refuse_on_sqlite(name: str, occasion: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {occasion} BEGIN SELECT RAISE(ABORT, 'the access log only grows'); END")


def _guard_log_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the access log only grows' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in _KEYS:
        changes = f"WHEN (NOT ({_ONLY_EXPIRES}))" if table == "log_field" else ""
        _refuse_on_postgresql(f"{table}_refuses_update", f"BEFORE UPDATE ON {table} FOR EACH ROW {changes}")
        if table != "log_pending":
            _refuse_on_postgresql(f"{table}_refuses_delete", f"BEFORE DELETE ON {table} FOR EACH ROW")
            _refuse_on_postgresql(f"{table}_refuses_truncate", f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT")


def _refuse_on_postgresql(name: str, occasion: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {occasion} EXECUTE FUNCTION refuse_log_change()")
