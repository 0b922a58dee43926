"""`complaints database copy`: to SQLite from whatever the tests run on, and to PostgreSQL when they run on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update

from complaints import migrate, transfer
from complaints.database import Database
from complaints.errors import NotReady, Refused
from complaints.models import Base, Channel
from complaints.services import case_reading, mailbox
from complaints.services.log_verification import verify
from complaints.services.unit import Units
from complaints.services.uploads import StagedUpload, stream_file
from tests.cast import Cast
from tests.cli.shell import Shell
from tests.postgresql import Cluster

CONTENT = bytes(range(256)) * 1_000


@pytest.fixture(params=["sqlite", "the tests' own"])
def target_url(request: pytest.FixtureRequest, tmp_path: Path, cluster: Cluster | None) -> Iterator[str]:
    """An empty database, not migrated."""
    if request.param == "sqlite" or cluster is None:
        yield f"sqlite:///{tmp_path / f'target-{len(request.param)}.sqlite'}"
        return
    name = cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def target(target_url: str) -> Iterator[Database]:
    migrate.upgrade(target_url)
    database = Database(target_url)
    yield database
    database.dispose()


def test_an_installation_goes_on_in_its_copy(units: Units, cast: Cast, target: Database) -> None:
    arriving = StagedUpload(units, "evidence.bin", "application/octet-stream", 1_000_000)
    arriving.write(CONTENT)
    staged = arriving.finish()
    report = cast.report(cast.draft(files=(staged,)))
    cast.assign(report)
    copied = transfer.copy(units.database, target)
    assert {table.table: table.rows for table in copied if table.table in {"cases", "file", "channel"}} == {
        "cases": 1,
        "file": 1,
        "channel": 2,
    }
    there = Units(target, units.access_log, units.secrets)
    with there.writing() as unit:
        opened = case_reading.read_case(unit, cast.investigator.actor, cast.investigator.keys, report.case)
        assert opened.problems == ()
        assert mailbox.find_case(unit, report.receipt) == report.case
    assert b"".join(stream_file(there, staged.id, staged.key, staged.length)) == CONTENT
    with there.reading() as unit:
        assert verify(unit.session, units.access_log).problems == ()


def test_nothing_is_changed_in_the_source(units: Units, cast: Cast, target: Database) -> None:
    cast.report()
    with units.database.reading() as session:
        before = [transfer.digest_of(table, session.connection()) for table in Base.metadata.sorted_tables]
    transfer.copy(units.database, target)
    with units.database.reading() as session:
        assert before == [transfer.digest_of(table, session.connection()) for table in Base.metadata.sorted_tables]


def test_a_target_with_rows_is_left_alone(units: Units, cast: Cast, target: Database) -> None:
    transfer.copy(units.database, target)
    with pytest.raises(NotReady, match="the target is not empty"):
        transfer.copy(units.database, target)


def test_what_arrives_changed_is_refused_and_leaves_nothing(units: Units, cast: Cast, target: Database) -> None:
    """A trigger in the target that spoils one column."""
    if target.engine.dialect.name != "sqlite":
        pytest.skip("the spoiling trigger is written in SQLite's SQL")
    with target.writing() as session:
        session.execute(
            text(
                "CREATE TRIGGER spoil AFTER INSERT ON channel BEGIN"
                " UPDATE channel SET name_en = 'another' WHERE id = NEW.id; END"
            )
        )
    with pytest.raises(Refused, match="what arrived is not what was sent: channel"):
        transfer.copy(units.database, target)
    with target.reading() as session:
        assert session.scalars(select(Channel.id)).all() == []


@pytest.mark.parametrize("change", ["a value", "a row"])
def test_the_digest_tells_any_change(units: Units, cast: Cast, change: str) -> None:
    table = Base.metadata.tables["channel"]
    with units.database.writing() as session:
        connection = session.connection()
        before = transfer.digest_of(table, connection)
        if change == "a value":
            connection.execute(update(table).where(table.c.id == cast.channel).values(position=77))
        else:
            connection.execute(
                insert(table).values(
                    id=bytes(16),
                    code="x",
                    name_th="",
                    name_en="",
                    position=9,
                    acknowledge_days=1,
                    feedback_days=1,
                    vouched=bytes(32),
                )
            )
        assert transfer.digest_of(table, connection).digest != before.digest


def test_the_command_copies_verifies_and_says_so(shell: Shell, units: Units, cast: Cast, target_url: str) -> None:
    cast.report()
    result = shell("database", "copy", "--to", target_url)
    assert result.exit_code == 0, result.output
    assert "The copy is exact, its access log verifies, and `complaints check` finds nothing." in result.stdout


def test_the_command_takes_no_other_kind_of_address(shell: Shell, units: Units, cast: Cast) -> None:
    result = shell("database", "copy", "--to", "mysql://localhost/x")
    assert result.exit_code == 2
    assert "--to must begin with" in result.stderr
