"""Two transactions at once, the second of which is known to wait for the first."""

from concurrent.futures import Future, wait
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

_WAITING = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = %s)"
)


def until_it_waits(url: str, other: "Future[Any]") -> None:
    """Until `other` waits in the database at `url` for a lock that the caller holds, or has ended.

    SQLite's writers come one at a time anyhow, and wait at a gate where nobody is seen: there it returns at once.
    """
    at = make_url(url)
    if at.get_backend_name() == "sqlite":
        return
    with psycopg.connect(f"host={at.query['host']} user=postgres dbname=postgres", autocommit=True) as connection:
        while not other.done() and connection.execute(_WAITING, [at.database]).fetchone() == (0,):
            wait([other], timeout=0.01)
