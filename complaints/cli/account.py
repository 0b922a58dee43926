"""`complaints account`: the first accounts, which no administrator is there to make yet."""

import sys

import click

from complaints.cli.installation import opened
from complaints.cli.terminal import tell
from complaints.errors import Invalid
from complaints.services import accounts
from complaints.services.accounts import PASSPHRASE_LENGTH
from complaints.vocabulary import Locale, Role

_PROBLEMS = {
    ("passphrase", "too-short"): f"the passphrase needs {PASSPHRASE_LENGTH} characters or more",
    ("sign_in_name", "missing"): "the sign-in name is empty",
    ("sign_in_name", "taken"): "there is an account with this sign-in name already",
    ("display_name", "missing"): "the display name is empty",
    ("roles", "exclusive"): "these roles cannot be held together: an administrator or an auditor holds no other role",
}


@click.group()
def account() -> None:
    """Accounts of the staff."""


@account.command()
@click.argument("name")
@click.option("--display-name", required=True, help="The name that colleagues see.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    help="May be given more than once.",
)
@click.option(
    "--language", default=Locale.THAI.value, show_default=True, type=click.Choice([locale.value for locale in Locale])
)
@click.option("--passphrase-stdin", is_flag=True, help="Read the passphrase from the first line of standard input.")
def create(name: str, display_name: str, roles: tuple[str, ...], language: str, passphrase_stdin: bool) -> None:
    """Make an account that signs in as NAME.

    The passphrase is asked for: it is never an argument, which other users of the machine could read. Nobody can reset it.
    """
    with opened() as installation:
        if passphrase_stdin:
            passphrase = sys.stdin.readline().rstrip("\r\n")
        else:
            passphrase = click.prompt("Passphrase", hide_input=True, confirmation_prompt="The same again")
        try:
            new = accounts.draft_account(passphrase, installation.secrets.pepper)
            with installation.units.writing() as unit:
                accounts.store_account(
                    unit,
                    new,
                    sign_in_name=name,
                    display_name=display_name,
                    roles=frozenset(Role(role) for role in roles),
                    locale=Locale(language),
                )
                line = accounts.read_account(unit, new.id)
        except Invalid as error:
            raise click.ClickException("; ".join(_PROBLEMS[problem] for problem in error.problems.items())) from error
    tell(f"{line.sign_in_name}: account {line.id.hex()}")
    tell(f"Fingerprint of its keys, to be compared by voice: {line.fingerprint}")
