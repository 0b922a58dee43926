"""`complaints`, called in this process."""

import os

from click.testing import CliRunner, Result

from complaints.cli import main


class Shell:
    """Calls `complaints` with settings of its own and none of this machine's, as on a terminal: what is printed comes unfiltered."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def __call__(self, *arguments: str) -> Result:
        inherited = {name: None for name in os.environ if name.startswith("COMPLAINTS_")}
        return CliRunner().invoke(main, arguments, env=inherited | self.environment, color=True)
