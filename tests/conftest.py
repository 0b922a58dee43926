"""What every test can ask for: an empty, migrated database in a folder of its own, its secrets, its access log, its units of work."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from complaints import create_app, migrate
from complaints.config import Secrets, Settings
from complaints.database import Database
from complaints.services.access_log import AccessLog
from complaints.services.unit import Units
from tests.cast import PEPPER, Cast, found
from tests.intruder import WORDS, Intruder, drop_database, intruding, lend_words_to_sqlalchemy
from tests.postgresql import Cluster, running
from tests.stage import Stage, build, copied

ORIGIN = "https://report.example.org"
ON_POSTGRESQL = os.environ.get("COMPLAINTS_TEST_DATABASE") == "postgresql"

if ON_POSTGRESQL:
    lend_words_to_sqlalchemy()


class CompiledOnce(BytecodeCache):
    """What templates compile to, for all the applications of this process: each test makes one, and compiling is most of what a page costs it."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", Flask.jinja_options | {"bytecode_cache": CompiledOnce()})
        yield


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest revision: migrated once, copied by every test."""
    path = tmp_path_factory.mktemp("template") / "complaints.sqlite"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def on_sqlite() -> None:
    """For tests about SQLite's own file."""
    if ON_POSTGRESQL:
        pytest.skip("this is about SQLite's own file")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster | None]:
    """The PostgreSQL that `COMPLAINTS_TEST_DATABASE=postgresql` has the tests run on; None for SQLite."""
    if not ON_POSTGRESQL:
        yield None
        return
    with running(words=WORDS) as cluster:
        yield cluster


@dataclass(frozen=True)
class Founded:
    """An installation with the cast in it, for tests to copy. `database`: a file's path, or the name of a database of the cluster."""

    database: str
    secrets: Path
    cast: Cast


@pytest.fixture(scope="session")
def _founded(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, cluster: Cluster | None) -> Founded:
    folder = tmp_path_factory.mktemp("founded")
    secrets = _drawn(folder / "secrets")
    name = str(shutil.copy(migrated_file, folder)) if cluster is None else cluster.create_migrated()
    database = Database(f"sqlite:///{name}" if cluster is None else cluster.url(name))
    cast = found(Units(database, AccessLog(ORIGIN, secrets.log_key), secrets))
    database.dispose()
    return Founded(name, secrets.directory, cast)


def _drawn(directory: Path) -> Secrets:
    """Fresh keys, but for the pepper under which the cast's seeds are locked."""
    directory.mkdir(mode=0o700)
    pepper = directory / "pepper.key"
    pepper.touch(mode=0o600)
    pepper.write_text(PEPPER.hex(), "ascii")
    return Secrets.create(directory)


@pytest.fixture
def founded(request: pytest.FixtureRequest) -> Founded | None:
    """Whose copy this test begins with, if it asks for the cast as it is."""
    return request.getfixturevalue("_founded") if "_founded" in request.fixturenames else None


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, cluster: Cluster | None, founded: Founded | None
) -> Iterator[str]:
    """A database of this test's own that has no tables before somebody asks for `database`: on SQLite, not even a file."""
    if cluster is None:
        yield f"sqlite:///{tmp_path / 'complaints.sqlite'}"
        return
    if founded:
        name = cluster.create(founded.database)
    else:
        name = cluster.create_migrated() if "database" in request.fixturenames else cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(
        data_dir=tmp_path,
        origin=ORIGIN,
        organisation_th="องค์กรตัวอย่าง",
        organisation_en="Example Organisation",
        database_url=database_url,
    )


@pytest.fixture
def database(
    settings: Settings, migrated_file: Path, cluster: Cluster | None, founded: Founded | None
) -> Iterator[Database]:
    """Migrated, and empty but for the cast."""
    if cluster is None:
        shutil.copy(founded.database if founded else migrated_file, settings.data_dir / "complaints.sqlite")
    database = Database(settings.database_url)
    yield database
    database.dispose()


@pytest.fixture
def secrets(settings: Settings, founded: Founded | None) -> Secrets:
    """This test's own; with the cast, those under which it was founded."""
    if founded is None:
        return _drawn(settings.secrets_dir)
    shutil.copytree(founded.secrets, settings.secrets_dir)
    return Secrets.load(settings.secrets_dir)


@pytest.fixture
def access_log(settings: Settings, secrets: Secrets) -> AccessLog:
    return AccessLog(settings.origin, secrets.log_key)


@pytest.fixture
def units(database: Database, access_log: AccessLog, secrets: Secrets) -> Units:
    return Units(database, access_log, secrets)


@pytest.fixture
def cast(_founded: Founded, units: Units) -> Cast:
    """The fixed cast, in this test's own database."""
    return replace(_founded.cast, units=units)


@pytest.fixture
def before_any_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is pinned: as on the first day, when there are administrators and nobody who leads."""
    monkeypatch.setattr(Secrets, "pinned", lambda _secrets: frozenset())


@pytest.fixture
def new_app(secrets: Secrets) -> Iterator[Callable[[Settings], Flask]]:
    """Applications, whose connections end with the test."""
    made: list[Flask] = []

    def make(settings: Settings) -> Flask:
        made.append(create_app(settings, secrets))
        return made[-1]

    yield make
    for app in made:
        app.extensions["complaints"].units.database.dispose()


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    """The variables that say what `settings` says."""
    return {
        "COMPLAINTS_DATA_DIR": str(settings.data_dir),
        "COMPLAINTS_ORIGIN": settings.origin,
        "COMPLAINTS_ORGANISATION_TH": settings.organisation_th,
        "COMPLAINTS_ORGANISATION_EN": settings.organisation_en,
        "COMPLAINTS_DATABASE_URL": settings.database_url,
    }


@pytest.fixture
def stolen(database: Database, settings: Settings) -> Iterator[Intruder]:
    """The database in the hands of somebody who writes to it as they please. `commitment_of` as in crypto."""
    with intruding(settings.database_url) as intruder:
        yield intruder


@pytest.fixture(scope="session")
def _played(
    tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, cluster: Cluster | None
) -> tuple[Stage, Secrets]:
    folder = tmp_path_factory.mktemp("stage")
    secrets = Secrets.create(folder / "secrets")
    if cluster is None:
        shutil.copy(migrated_file, folder / "played.sqlite")
        url = f"sqlite:///{folder / 'played.sqlite'}"
    else:
        url = cluster.url(cluster.create_migrated())
    played = build(folder, url, secrets)
    played.database.dispose()
    return played, secrets


@pytest.fixture
def stage(_played: tuple[Stage, Secrets], tmp_path: Path) -> Iterator[Stage]:
    """An installation in the middle of its work, to be attacked: a copy of this test's own."""
    played, secrets = _played
    shutil.copytree(secrets.directory, tmp_path / "stage-secrets")
    own = copied(played, tmp_path, Secrets.load(tmp_path / "stage-secrets"))
    yield own
    own.database.dispose()
    drop_database(own.attacker.url)
    drop_database(own.before.url)
