"""What reaches the terminal of whoever runs a command."""

import click


def plain(text: str) -> str:
    """One line, without commands to a terminal: what a database or a file says may be a stranger's. Thai stays as it is."""
    return text if text.isprintable() else ascii(text)


def tell(*lines: str, err: bool = False) -> None:
    """Prints lines, each of them plain: a stranger's line break makes no second one."""
    for line in lines:
        click.echo(plain(line), err=err)
