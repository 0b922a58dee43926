"""What most commands work on: the installation that the environment describes, ready to use."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from complaints import migrate
from complaints.config import Secrets, Settings
from complaints.database import Database
from complaints.errors import NotReady
from complaints.services.access_log import AccessLog
from complaints.services.unit import Units


@dataclass(frozen=True, slots=True)
class Installation:
    settings: Settings
    secrets: Secrets
    units: Units

    @property
    def access_log(self) -> AccessLog:
        return self.units.access_log


@contextmanager
def opened() -> Iterator[Installation]:
    """Raises Misconfigured for a setting or secret file that is missing or wrong, NotReady when the database is not at this version's revision."""
    settings = Settings.from_environment()
    require_head(settings)
    secrets = Secrets.load(settings.secrets_dir)
    database = Database(settings.database_url)
    try:
        yield Installation(settings, secrets, Units(database, AccessLog(settings.origin, secrets.log_key), secrets))
    finally:
        database.dispose()


def require_head(settings: Settings) -> None:
    """Raises NotReady when the database is not at this version's revision."""
    revision = migrate.current(settings.database_url)
    if revision != migrate.head():
        state = "has no tables yet" if revision is None else f"is at revision {revision}, not {migrate.head()}"
        raise NotReady(f"the database {state}: run `complaints database upgrade`")
