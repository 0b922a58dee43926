"""The demonstration's installation, founded for these tests and served as it is shipped, with everything below one folder."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy

from complaints.config import Secrets
from complaints.database import Database
from complaints.demo import installation
from complaints.demo.people import PEOPLE
from complaints.services.access_log import AccessLog
from tests.served import ROOT, Served, free_port

PASSPHRASES: Mapping[str, str] = {person.sign_in_name: person.passphrase for person in PEOPLE}
LEAD, INVESTIGATOR, TRIAGE, UNASSIGNED = "malee", "thana", "preecha", "suda"
OTHER_LEAD = "wipa"
ADMINISTRATOR, CUSTODIAN, AUDITOR = "anan", "kamon", "rattana"

FILE_LIMIT_MIB = 24
"""Of one file: low, so that too large a file is soon made."""


class Recorded(Served):
    """As `Served`, with whatever the server says kept in `<HOME>/server.log`."""

    def start(self) -> None:
        command = [sys.executable, "-m", "complaints"]
        with (Path(self.environment["HOME"]) / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "serve", "--port", str(self.port), "--workers", str(self.workers)],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_it_answers()


@dataclass(frozen=True)
class Site:
    """A running installation. `folder` holds its data, its home, its temporary folder and its log: everything it can write."""

    folder: Path
    served: Served
    receipts: tuple[str, ...]
    """Of the reports that were founded, the most told one first."""

    @property
    def origin(self) -> str:
        return self.served.environment["COMPLAINTS_ORIGIN"]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def database_file(self) -> Path:
        return self.data / "complaints.sqlite"

    def cases(self) -> int:
        """How many reports have been received."""
        with closing(sqlite3.connect(f"file:{self.database_file}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM cases").fetchone()[0])

    def log(self) -> str:
        return (self.folder / "home" / "server.log").read_text("utf-8")

    def secrets(self) -> Secrets:
        return Secrets.load(self.data / "secrets")


@contextmanager
def serving(folder: Path, migrated_file: Path, *, founded: bool = True) -> Iterator[Site]:
    """Founds the demonstration in `folder` and serves it on a free port of 127.0.0.1 until the block ends.

    Not `founded`: there is nobody to receive a report.
    """
    port = free_port()
    environment = _environment(folder, port)
    data = Path(environment["COMPLAINTS_DATA_DIR"])
    for name in ("data", "home", "tmp"):
        (folder / name).mkdir(mode=0o700)
    copy(migrated_file, data / "complaints.sqlite")
    secrets = Secrets.create(data / "secrets")
    receipts = _found(data, AccessLog(environment["COMPLAINTS_ORIGIN"], secrets.log_key), secrets) if founded else ()
    with Recorded(environment, port) as served:
        yield Site(folder, served, receipts)


def _found(data: Path, access_log: AccessLog, secrets: Secrets) -> tuple[str, ...]:
    database = Database(f"sqlite:///{data / 'complaints.sqlite'}")
    try:
        installation.found(database, access_log, secrets, data)
    finally:
        database.dispose()
    receipts = tuple(installation.receipts(data))
    (data / installation.RECEIPTS_FILE).unlink()  # the demonstration's own; an installation keeps none
    return receipts


def _environment(folder: Path, port: int) -> dict[str, str]:
    return {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "COMPLAINTS_DATA_DIR": str(folder / "data"),
        "COMPLAINTS_ORIGIN": f"http://localhost:{port}",
        "COMPLAINTS_ORGANISATION_TH": "บริษัท ตัวอย่าง จำกัด",
        "COMPLAINTS_ORGANISATION_EN": "Example Company Limited",
        "COMPLAINTS_FILE_LIMIT_MIB": str(FILE_LIMIT_MIB),
        "COMPLAINTS_WAIVE_SECOND_FACTOR": "yes",
    }
