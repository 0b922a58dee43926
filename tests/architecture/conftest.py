"""The application as it is wired, on an installation that nobody opens."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from complaints.config import Settings


@pytest.fixture
def wired(settings: Settings, new_app: Callable[[Settings], Flask]) -> Flask:
    return new_app(settings)


@pytest.fixture
def package() -> Path:
    """The folder of `complaints`."""
    return Path(__file__).parents[2] / "complaints"
