"""`complaints account create`: the passphrase is asked for, never given as an argument."""

import pytest
from click.testing import CliRunner, Result

from complaints.cli import main
from complaints.config import Secrets, Settings
from complaints.database import Database
from complaints.services import accounts
from complaints.services.access_log import AccessLog
from complaints.services.unit import Units
from complaints.vocabulary import Role
from tests.cli.shell import Shell

PASSPHRASE = "six plain words nobody would guess"


@pytest.fixture
def migrated(shell: Shell) -> Shell:
    assert shell("database", "upgrade").exit_code == 0
    return shell


def create(shell: Shell, *arguments: str, typed: str) -> Result:
    return CliRunner().invoke(main, ["account", "create", *arguments], input=typed, env=shell.environment)


def test_an_account_that_was_made_signs_in(migrated: Shell, settings: Settings) -> None:
    result = create(
        migrated,
        "Boss",
        "--display-name",
        "The boss",
        "--role",
        "administrator",
        "--passphrase-stdin",
        typed=f"{PASSPHRASE}\n",
    )
    assert result.exit_code == 0, result.output
    secrets = Secrets.load(settings.secrets_dir)
    database = Database(settings.database_url)
    units = Units(database, AccessLog(settings.origin, secrets.log_key), secrets)
    with units.reading() as unit:
        credential = accounts.find_credential(unit, "boss")
        (line,) = accounts.list_accounts(unit)
    assert accounts.open_credential(credential, PASSPHRASE, secrets.pepper) is not None
    assert (line.display_name, line.roles) == ("The boss", {Role.ADMINISTRATOR})
    assert line.fingerprint in result.output
    database.dispose()


def test_at_the_prompt_it_is_typed_twice_and_not_shown(migrated: Shell) -> None:
    result = create(migrated, "boss", "--display-name", "Boss", typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert result.exit_code == 0, result.output
    assert PASSPHRASE not in result.output


def test_two_different_ones_make_no_account(migrated: Shell) -> None:
    result = create(migrated, "boss", "--display-name", "Boss", typed=f"{PASSPHRASE}\nanother one altogether\n")
    assert result.exit_code != 0


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (["boss", "--display-name", "Boss"], "short", "15 characters or more"),
        (["boss", "--display-name", " "], PASSPHRASE, "the display name is empty"),
        (
            ["boss", "--display-name", "B", "--role", "auditor", "--role", "custodian"],
            PASSPHRASE,
            "cannot be held together",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(migrated: Shell, arguments: list[str], typed: str, said: str) -> None:
    result = create(migrated, *arguments, "--passphrase-stdin", typed=f"{typed}\n")
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_name_is_taken_once(migrated: Shell) -> None:
    for expected in (0, 1):
        result = create(migrated, "boss", "--display-name", "Boss", "--passphrase-stdin", typed=f"{PASSPHRASE}\n")
        assert result.exit_code == expected


def test_there_is_no_argument_for_a_passphrase(migrated: Shell) -> None:
    result = create(migrated, "boss", "--display-name", "Boss", "--passphrase", PASSPHRASE, typed="")
    assert result.exit_code == 2
