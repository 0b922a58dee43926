"""An empty installation made ready: its folder, its secret files, its tables, and the link that founds it."""

from pathlib import Path

from complaints import migrate
from complaints.cli.terminal import tell
from complaints.config import Secrets, Settings
from complaints.database import Database
from complaints.services import invitations
from complaints.services.access_log import AccessLog
from complaints.services.unit import Units

HERE = "complaints-data"
"""The folder that is made where nothing is set."""


def settings_for(environment_is_silent: bool, port: int) -> Settings:
    """What the environment says; a folder beside, on http://localhost, where it says nothing at all."""
    if not environment_is_silent:
        return Settings.from_environment()
    return Settings.on_this_machine(Path(HERE).absolute(), port)


def make_ready(settings: Settings) -> None:
    """Draws the secret files and makes the tables where there is neither. Half of an installation is left as it is: something is lost."""
    if settings.secrets_dir.exists() or migrate.current(settings.database_url) is not None:
        return
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    Secrets.create(settings.secrets_dir)
    migrate.upgrade(settings.database_url)
    tell(f"A new installation, in {settings.data_dir}. Its secret files, in secrets/, cannot be drawn again.", err=True)


def say_how_to_found(settings: Settings) -> None:
    """Prints the link that makes the first administrator, while there is no account. A new one at each start."""
    secrets = Secrets.load(settings.secrets_dir)
    database = Database(settings.database_url)
    try:
        units = Units(database, AccessLog(settings.origin, secrets.log_key), secrets)
        with units.writing() as unit:
            token = invitations.found(unit)
    finally:
        database.dispose()
    if settings.second_factor_waived:
        tell("For trying out alone: accounts without a second factor may open cases here.", err=True)
    if token is not None:
        hours = int(invitations.FOUNDING_LASTS.total_seconds() // 3600)
        tell(
            "",
            f"Nobody has set this installation up yet. This link does, once, within {hours} hours:",
            "",
            f"  {settings.origin}/staff/invitation/{token.text()}",
            "",
            err=True,
        )
