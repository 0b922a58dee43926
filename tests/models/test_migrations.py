"""The migrated schema is the one the models describe, down to names, indexes and tables without rowid."""

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from complaints import migrate
from complaints.database import Database
from complaints.models import Base


def stored_sql(database: Database) -> dict[str, str]:
    """What SQLite keeps of every table and index: its SQL, columns and constraints sorted, since their order means nothing.

    A column that was added later stands in the line of the one before it.
    """
    with database.reading() as session:
        rows = session.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL")
        ).all()
    between = re.compile(r",\s*\n\s*|, (?=[a-z_]+ [A-Z])|\(\s*\n\s*|\s*\n\s*\)")
    return {name: "\n".join(sorted(between.split(sql))) for name, sql in rows}


def test_the_models_have_nothing_that_the_revisions_lack(database: Database) -> None:
    # By a connection without the application's ways: what PostgreSQL says of its indexes is read as text alone.
    engine = create_engine(database.engine.url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_the_revisions_make_the_tables_exactly_as_the_models_would(
    on_sqlite: None, database: Database, tmp_path: Path
) -> None:
    # compare_metadata looks past WITHOUT ROWID, partial indexes and the names of keys.
    from_models = Database(f"sqlite:///{tmp_path / 'from-models.sqlite'}")
    Base.metadata.create_all(from_models.engine)
    expected = stored_sql(from_models)
    from_models.dispose()
    migrated = stored_sql(database)
    del migrated["alembic_version"]
    assert migrated == expected


def test_there_is_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.head()]


def test_an_upgraded_database_is_at_the_head(database: Database) -> None:
    assert migrate.current(str(database.engine.url)) == migrate.head()


def test_a_second_upgrade_changes_nothing(on_sqlite: None, database: Database) -> None:
    before = stored_sql(database)
    migrate.upgrade(str(database.engine.url))
    assert stored_sql(database) == before


def test_a_database_that_is_not_there_has_no_revision_and_is_not_made(tmp_path: Path) -> None:
    assert migrate.current(f"sqlite:///{tmp_path / 'absent.sqlite'}") is None
    assert not list(tmp_path.iterdir())


def test_an_upgrade_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'occupied.sqlite'}"
    database = Database(url)
    with database.writing() as session:
        session.execute(text("CREATE TABLE log_pending (id INTEGER)"))
    with pytest.raises(Exception, match="log_pending already exists"):
        migrate.upgrade(url)
    assert set(stored_sql(database)) == {"log_pending"}
    database.dispose()
