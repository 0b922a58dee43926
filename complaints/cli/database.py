"""`complaints database`: the schema, the role that the application runs as, and moving to another database."""

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from complaints import migrate, runtime_role, transfer
from complaints.cli.installation import opened
from complaints.cli.terminal import tell
from complaints.config import Misconfigured, Secrets, Settings
from complaints.database import Database
from complaints.services.check import examine
from complaints.services.log_verification import verify
from complaints.services.unit import Units


@click.group()
def database() -> None:
    """The database's tables."""


@database.command()
def upgrade() -> None:
    """Bring the database to this version's tables, creating it and the secret files when there is none.

    The secret files are drawn for a new database only: one that is there already cannot be read with new ones.
    """
    settings = Settings.from_environment()
    before = migrate.current(settings.database_url)
    if before is None:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        Secrets.create(settings.secrets_dir)
        tell(f"Secret files are in {settings.secrets_dir}: back them up, apart from the database.")
    migrate.upgrade(settings.database_url, Secrets.load(settings.secrets_dir).vouch)
    tell(f"The database is at revision {migrate.head()}{' already' if before == migrate.head() else ''}.")


@database.command()
@click.argument("role")
def grant(role: str) -> None:
    """Let the PostgreSQL role ROLE run the application, and nothing more: it cannot change or delete entries of the access log.

    Run this as the tables' owner, after each upgrade.
    """
    settings = Settings.from_environment()
    runtime_role.grant(settings.database_url, role)
    tell(f"{role} may run the application. Give it, and no other, to the server in COMPLAINTS_DATABASE_URL.")


@database.command("copy")
@click.option(
    "--to", "target_url", required=True, metavar="URL", help="An empty database, as COMPLAINTS_DATABASE_URL takes it."
)
def copy_database(target_url: str) -> None:
    """Copy the whole installation's database to another one, and verify what arrived. Stop the server first.

    Nothing is changed here. When it is done, point COMPLAINTS_DATABASE_URL at the copy; the secret files stay.
    """
    if not target_url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise Misconfigured("--to must begin with sqlite:/// or postgresql+psycopg://")
    with opened() as installation:
        if target_url == installation.settings.database_url:
            raise Misconfigured("--to is the database that is copied")
        migrate.upgrade(target_url)
        target = Database(target_url)
        try:
            _copy_with_progress(installation.units.database, target)
            units = Units(target, installation.access_log, installation.secrets)
            with units.reading() as unit:
                found = [*verify(unit.session, installation.access_log).problems]
                found += [f"{finding.area}: {finding.what}" for finding in examine(unit, installation.access_log)]
        finally:
            target.dispose()
    for problem in found:
        tell(problem)
    if found:
        raise click.ClickException("the copy is exact, and so is what was wrong before: see `complaints check`")
    tell("The copy is exact, its access log verifies, and `complaints check` finds nothing.")


def _copy_with_progress(source: Database, target: Database) -> None:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        tasks = {}

        def show(table: str, done: int, total: int) -> None:
            if table not in tasks:
                tasks[table] = progress.add_task(table, total=total)
            progress.update(tasks[table], completed=done)

        copied = transfer.copy(source, target, show)
    for table in copied:
        tell(f"{table.table:24} {table.rows:>12,} rows  {table.digest.hex()[:16]}")
