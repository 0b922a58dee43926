"""The application on a fresh installation with the cast in it, and browsers for whoever of them signs in."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from complaints import create_app
from complaints.config import Secrets, Settings
from complaints.services import log_reading, sessions
from complaints.services.unit import Units
from complaints.vocabulary import Event
from crypto import SessionToken
from tests.cast import Cast, Person

ORIGIN = "https://report.example.org"


@pytest.fixture
def app(settings: Settings, secrets: Secrets, cast: Cast) -> Iterator[Flask]:
    app = create_app(settings, secrets)
    yield app
    app.extensions["complaints"].units.database.dispose()


@dataclass
class Browser:
    """A browser that sends what browsers send, and knows how to fill in the token of a form."""

    client: FlaskClient

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, base_url=ORIGIN, **options)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, token: str | None = None, **options: Any
    ) -> TestResponse:
        """Posts a form; `token` is what `token_on` found on the page before."""
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **options.pop("headers", {})}
        form = dict(data or {}) | ({"csrf_token": token} if token else {})
        return self.client.post(path, base_url=ORIGIN, data=form, headers=headers, **options)

    def token_on(self, path: str) -> str:
        """The token of the forms on a page."""
        return token_in(self.get(path))

    def give_cookie(self, name: str, token: SessionToken | str) -> None:
        text = token.text() if isinstance(token, SessionToken) else token
        self.client.set_cookie(name, text, domain="report.example.org", secure=True)

    def cookie(self, name: str) -> str | None:
        cookie = self.client.get_cookie(name, domain="report.example.org")
        return cookie.value if cookie else None


def token_in(response: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
    assert found, "the page has no form with a token"
    return unescape(found[1])


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Nobody's yet."""
    return Browser(app.test_client())


@pytest.fixture
def signed_in(app: Flask, units: Units) -> Callable[[Person], Browser]:
    """A browser in which somebody has signed in already, without the price of their passphrase."""

    def sign_in(person: Person) -> Browser:
        with units.writing() as unit:
            token = sessions.begin(unit, person.actor, person.keys)
        browser = Browser(app.test_client())
        browser.give_cookie("__Host-staff", token)
        return browser

    return sign_in


@dataclass(frozen=True)
class Log:
    """What the access log says."""

    units: Units

    def entries(self, event: Event) -> list[dict[str, str | None]]:
        """Entries of one kind, newest first."""
        with self.units.reading() as unit:
            return [line.fields for line in log_reading.page(unit.session, event=event.value).lines]


@pytest.fixture
def log(units: Units) -> Log:
    return Log(units)
