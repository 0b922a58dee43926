"""Fills a database with as many cases as an organisation could have, as far as lists read them: the projection, and clear metadata.

Written by SQL, for nobody could seal a million reports in a bench. Nothing of these cases can be opened.
"""

import secrets
from collections.abc import Mapping
from datetime import date

from sqlalchemy import Engine, text

from complaints.vocabulary import CaseStatus

_SQLITE = {
    "rows": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)",
    "id": "randomblob(16)",
    "hash": "randomblob(32)",
    "nothing": "x''",
    "day": "date(:today, '-' || (n % 1400) || ' days')",
    "later": "date(:today, '-' || (n % 1400) || ' days', '+7 days')",
    "chosen": "(abs(random()) % 1000) < :permille",
    "true": "1",
    "false": "0",
}
_POSTGRESQL = {
    "rows": "WITH numbers(n) AS (SELECT generate_series(1, CAST(:count AS integer)))",
    "id": "uuid_send(gen_random_uuid())",
    "hash": "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())",
    "nothing": "''::bytea",
    "day": "(CAST(:today AS date) - (n % 1400))",
    "later": "(CAST(:today AS date) - (n % 1400) + 7)",
    "chosen": "random() * 1000 < :permille",
    "true": "true",
    "false": "false",
}


def fill(engine: Engine, channel: bytes, readers: Mapping[bytes, float], count: int, today: date) -> None:
    """Adds `count` cases of the last 1,400 days; each reader (an account) gets lines for about their share of them."""
    words = _SQLITE if engine.dialect.name == "sqlite" else _POSTGRESQL
    batch = f"B{secrets.token_hex(4)}-"
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("COMMIT")  # the pragma has no effect within a transaction
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        values = {"count": count, "channel": channel, "today": today.isoformat(), "batch": batch}
        connection.execute(text(_cases(words)), values)
        for reader, share in readers.items():
            lines = {"reader": reader, "permille": round(share * 1000), "batch": f"{batch}%"}
            connection.execute(text(_lines(words)), lines)
        connection.commit()
        connection.invalidate()  # with its pragma
    if (
        engine.dialect.name == "postgresql"
    ):  # which does it by itself in a minute or two; no installation does it on SQLite
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _cases(words: Mapping[str, str]) -> str:
    statuses = " ".join(f"WHEN {number} THEN '{status}'" for number, status in enumerate(CaseStatus))
    return (
        f"{words['rows']} INSERT INTO cases (id, reference, channel_id, status, priority, received, acknowledge_by,"
        " feedback_by, activity, notice_version, records, receipt_hash,"
        " reporter_work_public, reporter_identity_public, reporter_verify_public)"
        f" SELECT {words['id']}, :batch || n, :channel, CASE n % {len(CaseStatus)} {statuses} END, 'normal',"
        f" {words['day']}, {words['later']}, {words['later']}, {words['day']}, 0, 0, {words['hash']},"
        f" {words['nothing']}, {words['nothing']}, {words['nothing']} FROM numbers"
    )


def _lines(words: Mapping[str, str]) -> str:
    return (
        "INSERT INTO caseload (account_id, case_id, reference, channel_id, status, priority, received, due, activity,"
        " unread, holds_identity) SELECT :reader, id, reference, channel_id, status, priority, received,"
        f" acknowledge_by, activity, {words['true']}, {words['false']} FROM cases"
        f" WHERE reference LIKE :batch AND {words['chosen']} ORDER BY id"
    )
