"""The role that the application runs as on PostgreSQL: it does its work, and cannot touch what the access log holds."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, ProgrammingError

from complaints import runtime_role
from complaints.config import Settings
from complaints.database import Database
from complaints.errors import NotReady
from complaints.services import case_reading
from complaints.services.unit import Units
from tests.cast import Cast
from tests.postgresql import Cluster


@pytest.fixture
def role(cluster: Cluster | None) -> Iterator[str]:
    """A role that can sign in, and nothing else."""
    if cluster is None:
        pytest.skip("roles are PostgreSQL's")
    name = f"r{secrets.token_hex(6)}"
    with cluster.connected() as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    yield name
    with cluster.connected() as connection:
        connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(name)))


@pytest.fixture
def bound(role: str, settings: Settings, units: Units, cast: Cast) -> Iterator[Units]:
    """The installation, as the application works in it."""
    runtime_role.grant(settings.database_url, role)
    database = Database(str(make_url(settings.database_url).set(username=role)))
    yield Units(database, units.access_log, units.secrets)
    database.dispose()


def test_the_application_does_its_work(bound: Units, cast: Cast) -> None:
    report = replace(cast, units=bound).report()
    with bound.writing() as unit:
        opened = case_reading.read_case(unit, cast.lead.actor, cast.lead.keys, report.case)
    assert opened.problems == ()


@pytest.mark.parametrize("table", ["log_entry", "log_field", "log_case", "log_node", "log_checkpoint", "roster"])
@pytest.mark.parametrize("attack", ["UPDATE {} SET {} = {}", "DELETE FROM {0}", "TRUNCATE {0}", "DROP TABLE {0}"])
def test_it_cannot_touch_what_is_logged(bound: Units, table: str, attack: str) -> None:
    column = {
        "log_entry": "leaf",
        "log_field": "value",
        "log_case": "about",
        "log_node": "hash",
        "log_checkpoint": "note",
    }
    name = column.get(table, "signer")
    with bound.database.engine.connect() as connection, pytest.raises(ProgrammingError, match=r"denied|owner"):
        connection.execute(text(attack.format(table, name, name)))


def test_it_cannot_switch_the_triggers_off(bound: Units) -> None:
    for attack in ("ALTER TABLE log_entry DISABLE TRIGGER ALL", "SET session_replication_role = replica"):
        with bound.database.engine.connect() as connection, pytest.raises(ProgrammingError, match=r"denied|owner"):
            connection.execute(text(attack))


def test_an_owner_is_refused(role: str, settings: Settings, database: Database) -> None:
    with pytest.raises(NotReady, match="a role of its own"):
        runtime_role.grant(settings.database_url, "postgres")


def test_an_unknown_role_is_refused(role: str, settings: Settings, database: Database) -> None:
    with pytest.raises(NotReady, match="there is no role nobody"):
        runtime_role.grant(settings.database_url, "nobody")


def test_on_sqlite_there_are_no_roles(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="roles are PostgreSQL's"):
        runtime_role.grant(f"sqlite:///{tmp_path / 'some.sqlite'}", "anybody")


def test_even_the_owner_meets_the_triggers(role: str, database: Database, cast: Cast) -> None:
    for attack in ("UPDATE log_entry SET leaf = leaf", "DELETE FROM log_checkpoint", "TRUNCATE log_entry CASCADE"):
        with database.engine.connect() as connection, pytest.raises(DBAPIError, match="the access log only grows"):
            connection.execute(text(attack))
