"""What a proxy asks: yes, or 503; never a word more."""

import pytest
from flask import Flask
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tests.web.conftest import Browser


@pytest.mark.parametrize(("path", "said"), [("/health/live", "live\n"), ("/health/ready", "ready\n")])
def test_it_says_yes_to_anybody(browser: Browser, path: str, said: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.text) == (200, said)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("SECRET", {}, Exception("SECRET host")),
        InterfaceError("SECRET", {}, Exception("SECRET host")),
        PoolTimeout("SECRET pool"),
    ],
    ids=["away", "closed", "pool empty"],
)
def test_a_database_that_is_away_is_503_and_no_details(
    app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(app.extensions["complaints"].units.database, "reading", fail)
    for path in ("/health/ready", "/th/form"):
        answer = browser.get(path)
        assert answer.status_code == 503
        assert "SECRET" not in answer.text
    assert browser.get("/health/live").status_code == 200
