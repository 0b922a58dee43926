"""The command line, called in this process."""

import os
from collections.abc import Iterator

import pytest

from tests.cli.shell import Shell


@pytest.fixture(autouse=True)
def _same_umask_afterwards() -> Iterator[None]:
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture
def shell(environment: dict[str, str]) -> Shell:
    return Shell(environment)
