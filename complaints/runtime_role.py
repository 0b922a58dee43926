"""The database role that the application runs as: it adds to the access log, and can neither change nor delete what is there (PostgreSQL).

The tables belong to another role, which `complaints database upgrade` runs as. Triggers alone would not do: an owner drops them.
"""

from sqlalchemy import Connection, text

from complaints import migrate
from complaints.database import Database
from complaints.errors import NotReady
from complaints.models import Base

_ONLY_GROWS = frozenset({"log_entry", "log_field", "log_case", "log_node", "log_checkpoint", "roster", "processor"})
_QUEUE = frozenset({"log_pending"})


def grant(database_url: str, role: str) -> None:
    """Gives `role` what the application needs, and takes away everything else. Raises NotReady when that would not bind it."""
    database = Database(database_url)
    try:
        if database.engine.dialect.name != "postgresql":
            raise NotReady("roles are PostgreSQL's: on SQLite whoever opens the file can do anything")
        with database.writing() as session:
            connection = session.connection()
            _require_bound(connection, role)
            quoted = database.engine.dialect.identifier_preparer.quote(role)
            for table in Base.metadata.sorted_tables:
                connection.execute(text(f"REVOKE ALL ON {table.name} FROM {quoted}"))
                connection.execute(text(f"GRANT {_rights(table.name)} ON {table.name} TO {quoted}"))
            connection.execute(text(f"GRANT SELECT ON {migrate.REVISION_TABLE} TO {quoted}"))
            connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {quoted}"))
    finally:
        database.dispose()


def _rights(table: str) -> str:
    if table in _ONLY_GROWS:
        return "SELECT, INSERT"
    return "SELECT, INSERT, DELETE" if table in _QUEUE else "SELECT, INSERT, UPDATE, DELETE"


def _require_bound(connection: Connection, role: str) -> None:
    """Whoever is a superuser, owns the tables, or may become their owner, is bound by no grant."""
    known = connection.execute(
        text(
            "SELECT r.rolsuper OR pg_has_role(r.oid, c.relowner, 'MEMBER') FROM pg_roles r, pg_class c"
            " WHERE r.rolname = :role AND c.oid = 'log_entry'::regclass"
        ),
        {"role": role},
    ).scalar()
    if known is None:
        raise NotReady(f"there is no role {role}: CREATE ROLE it first, with LOGIN and nothing else")
    if known:
        raise NotReady(f"{role} owns the tables or is a superuser: the application needs a role of its own")
