"""Brings a database to the schema this version works with. Needs no alembic.ini: the revisions travel inside the package.

A database only moves forward: what a revision did is undone by restoring a backup, never by a downgrade that would drop sealed data.
Alembic is loaded where revisions are run: a server asks at its start which revision it finds, and would carry Alembic's 12 MB for good.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, String, column, func, inspect, select, table
from sqlalchemy.engine import make_url

from complaints.database import Database
from complaints.errors import NotReady

if TYPE_CHECKING:
    from alembic.config import Config

REVISION_TABLE = "alembic_version"
_LOCK_ID = 0x7363_6865_6D61_7570  # "schemaup": two upgrades of one PostgreSQL wait for each other
_SCRIPTS = Path(__file__).resolve().parent / "migrations"
_REVISION = select(column("version_num", String)).select_from(table(REVISION_TABLE))


def upgrade(database_url: str, vouch: Callable[..., bytes] | None = None) -> None:
    """Runs every revision that is missing, in one transaction, behind the gate that all writers wait at: all of them or none.

    `vouch` (`Secrets.vouch`): for what is stored already and is to bear the server's word from now on. A new database has nothing yet.
    Raises NotReady when the database is at a revision that this version does not know.
    """
    from alembic import command  # noqa: PLC0415 - see above

    with _opened(database_url) as database, database.writing() as session:
        config = _config(session.connection())
        config.attributes["vouch"] = vouch
        if database.engine.dialect.name == "postgresql":
            session.execute(select(func.pg_advisory_xact_lock(_LOCK_ID)))
        revision = _revision_of(session.connection())
        if revision is not None and revision not in _revisions():
            raise NotReady(f"the database is at revision {revision}, which this version does not know")
        command.upgrade(config, "head")


def current(database_url: str) -> str | None:
    """The revision the database is at; None when it has none, or is not there. Creates nothing."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return None
    with _opened(database_url) as database, database.reading() as session:
        return _revision_of(session.connection())


def head() -> str:
    """The revision this version works with."""
    return _revisions()[-1]


def draft(message: str) -> None:
    """Writes a new revision from what the models say and the last revision does not. For whoever changes a model; read it, then keep it."""
    from alembic import command  # noqa: PLC0415 - see above

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/draft.sqlite"
        upgrade(url)
        with _opened(url) as database, database.writing() as session:
            number = f"{int(head()) + 1:04}"
            command.revision(_config(session.connection()), message, autogenerate=True, rev_id=number)


def _revision_of(connection: Connection) -> str | None:
    there = inspect(connection).has_table(REVISION_TABLE)
    return connection.scalars(_REVISION).one_or_none() if there else None


def _revisions() -> list[str]:
    """In their order: one line without branches, each file named after its number."""
    return sorted(path.name.partition("_")[0] for path in (_SCRIPTS / "versions").glob("[0-9]*.py"))


@contextmanager
def _opened(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    try:
        yield database
    finally:
        database.dispose()


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


if __name__ == "__main__":
    draft(" ".join(sys.argv[1:]))
