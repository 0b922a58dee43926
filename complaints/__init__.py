"""A confidential complaint intake system."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from complaints.config import Secrets, Settings


def create_app(settings: "Settings", secrets: "Secrets | None" = None) -> "Flask":
    """The web application. Imported only when asked for, so that what needs no web (a service, a command) loads none."""
    from complaints.web.application import wire  # noqa: PLC0415

    return wire(settings, secrets)
