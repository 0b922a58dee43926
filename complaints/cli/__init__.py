"""The command line: `complaints <command>`. Commands are imported when they are called for, so that each starts as fast as it can."""

import os
from importlib import import_module
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from complaints.cli.terminal import plain
from complaints.config import Misconfigured
from complaints.errors import NotReady

COMMANDS = {
    "account": "complaints.cli.account:account",
    "check": "complaints.cli.check:check",
    "demo": "complaints.cli.demonstration:demo",
    "database": "complaints.cli.database:database",
    "export": "complaints.cli.export:export",
    "jobs": "complaints.cli.jobs:jobs",
    "log": "complaints.cli.log:log",
    "routes": "complaints.cli.serving:routes",
    "serve": "complaints.cli.serving:serve",
}
"""Where each command is defined. A line that leads nowhere is an error, not a command less."""


class _Problem(click.ClickException):
    """What the operator can put right: one line on standard error, exit status 2."""

    exit_code = 2


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (Misconfigured, NotReady) as error:
            raise _Problem(plain(str(error))) from error
        except OperationalError as error:
            said = " ".join(str(error.orig).split())
            raise _Problem(plain(f"the database cannot be used: {said}")) from error
        except click.UsageError:
            raise  # these words are the caller's own
        except click.ClickException as error:
            raise click.ClickException(plain(error.message)) from error


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="complaints")
def main() -> None:
    """A confidential complaint intake system. Settings come from COMPLAINTS_* in the environment."""
    os.umask(0o077)  # before anything is created: nobody else reads what this system writes
