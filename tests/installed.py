"""An installation for servers that run beside the tests: the cast's, in a folder and a database of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from complaints import migrate
from complaints.config import Secrets, Settings
from complaints.database import Database
from complaints.services import sessions
from complaints.services.access_log import AccessLog
from complaints.services.unit import Units
from complaints.vocabulary import IdentityField
from tests.cast import CANARIES, NARRATIVE, PEPPER, Cast, Person, found
from tests.served import Answer, Form

FILE_LIMIT_MIB = 1100


@dataclass(frozen=True)
class Installed:
    """As seen from beside its servers."""

    settings: Settings
    environment: dict[str, str]
    database: Database
    units: Units
    cast: Cast

    def cookie(self, person: Person) -> str:
        """A session of theirs, without the price of their passphrase."""
        with self.units.writing() as unit:
            token = sessions.begin(unit, person.actor, person.keys)
        return f"__Host-staff={token.text()}"

    def answers(self) -> list[tuple[str, str]]:
        """A report of some length, with an identity, as the form sends it."""
        story = f"{NARRATIVE} " + "เรื่องนี้เกิดขึ้นทุกเดือนตั้งแต่ต้นปี มีหลายคนในแผนกรู้เรื่อง " * 30
        identity = [(name.value, CANARIES[name]) for name in IdentityField]
        return [
            ("receipt", ""),
            ("channel", self.cast.channel.hex()),
            ("narrative", story),
            ("when", "มกราคม"),
            *identity,
        ]


def to_send(form: Form, checked: Answer) -> list[tuple[str, str]]:
    """What the check page has its Send button post."""
    carried = [(name, checked.value(name)) for name in ("receipt", "shown")]
    staged = [("staged", value) for value in checked.values("staged")]
    return [*carried, *staged, ("declared", "1"), *(pair for pair in form if pair[0] != "receipt")]


@contextmanager
def installed(folder: Path, port: int, database_url: str = "") -> Iterator[Installed]:
    """Founds it: on SQLite in the folder, or on the empty database that is given."""
    settings = Settings(
        data_dir=folder,
        origin=f"http://127.0.0.1:{port}",
        organisation_th="องค์กรตัวอย่าง",
        organisation_en="Example Organisation",
        database_url=database_url or f"sqlite:///{folder / 'complaints.sqlite'}",
    )
    _write_pepper(settings.secrets_dir)
    secrets = Secrets.create(settings.secrets_dir)
    migrate.upgrade(settings.database_url)
    database = Database(settings.database_url)
    units = Units(database, AccessLog(settings.origin, secrets.log_key), secrets)
    try:
        yield Installed(settings, environment_of(settings), database, units, found(units))
    finally:
        database.dispose()


def environment_of(settings: Settings) -> dict[str, str]:
    """What a process of its own is told of an installation."""
    return {
        "COMPLAINTS_DATA_DIR": str(settings.data_dir),
        "COMPLAINTS_ORIGIN": settings.origin,
        "COMPLAINTS_ORGANISATION_TH": settings.organisation_th,
        "COMPLAINTS_ORGANISATION_EN": settings.organisation_en,
        "COMPLAINTS_DATABASE_URL": settings.database_url,
        "COMPLAINTS_FILE_LIMIT_MIB": str(FILE_LIMIT_MIB),
        "COMPLAINTS_REPORT_LIMIT_MIB": str(FILE_LIMIT_MIB),
    }


def _write_pepper(folder: Path) -> None:
    """The cast's seeds are locked under this one."""
    folder.mkdir(mode=0o700)
    path = folder / "pepper.key"
    path.touch(mode=0o600)
    path.write_text(PEPPER.hex(), "ascii")
