"""The program: `complaints`, or `python -m complaints`."""

import sys

from complaints import process

SERVERS = ("serve", "demo")
"""The commands that stay, with other people's words and keys in their memory."""


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in SERVERS:
        process.wipe_what_is_freed()  # before anything is loaded: it begins the program anew
    from complaints.cli import main as commands  # noqa: PLC0415 - the same

    commands()


if __name__ == "__main__":
    main()
