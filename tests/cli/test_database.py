"""`complaints database upgrade`: a new installation, a second run, and a database whose secrets are gone."""

from complaints import migrate
from complaints.config import Secrets, Settings
from tests.cli.shell import Shell
from tests.intruder import intruding


def test_a_new_installation_gets_tables_and_secrets(shell: Shell, settings: Settings) -> None:
    result = shell("database", "upgrade")
    assert result.exit_code == 0
    assert migrate.current(settings.database_url) == migrate.head()
    Secrets.load(settings.secrets_dir)
    assert f"The database is at revision {migrate.head()}.\n" in result.stdout


def test_a_second_upgrade_changes_nothing(shell: Shell, settings: Settings) -> None:
    shell("database", "upgrade")
    before = {path.name: path.read_bytes() for path in settings.secrets_dir.iterdir()}
    result = shell("database", "upgrade")
    assert result.stdout == f"The database is at revision {migrate.head()} already.\n"
    assert {path.name: path.read_bytes() for path in settings.secrets_dir.iterdir()} == before


def test_a_database_never_gets_other_secrets(shell: Shell, settings: Settings) -> None:
    shell("database", "upgrade")
    (settings.secrets_dir / "pepper.key").unlink()
    result = shell("database", "upgrade")
    assert result.exit_code == 2
    assert result.stderr == "Error: secrets/pepper.key cannot be read\n"
    assert not (settings.secrets_dir / "pepper.key").exists()


def test_secrets_that_are_there_already_are_kept(shell: Shell, settings: Settings) -> None:
    kept = Secrets.create(settings.secrets_dir)
    assert shell("database", "upgrade").exit_code == 0
    assert Secrets.load(settings.secrets_dir).pepper == kept.pepper


def test_a_database_of_a_newer_version_is_left_alone(shell: Shell, settings: Settings) -> None:
    shell("database", "upgrade")
    set_revision(settings, "9999")
    result = shell("database", "upgrade")
    assert result.exit_code == 2
    assert result.stderr == "Error: the database is at revision 9999, which this version does not know\n"
    assert migrate.current(settings.database_url) == "9999"


def test_commands_refuse_a_database_at_another_revision(shell: Shell, settings: Settings) -> None:
    shell("database", "upgrade")
    set_revision(settings, "9999")
    result = shell("log", "verify")
    assert result.exit_code == 2
    assert "is at revision 9999" in result.stderr


def set_revision(settings: Settings, revision: str) -> None:
    with intruding(settings.database_url) as intruder:
        intruder.execute("UPDATE alembic_version SET version_num = ?", (revision,))
