"""Flask's sessions over the session table. Reporters' pages have none at all: nothing is read there, nothing is ever set.

Which cookie counts is told by the address alone. The guard loads the row; what changed is saved after the page is made.
"""

import re
from enum import Enum
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin

from complaints.config import Settings
from complaints.services import backoff, sessions
from complaints.services.sessions import OpenSession
from complaints.services.unit import Unit, Units
from crypto import Malformed, SessionToken

_SIGN_IN = "/staff/sign-in"
_INBOX_PATH = re.compile(r"/(th|en)/inbox(/|$)")


class Audience(Enum):
    """Whose pages an address belongs to; the value is the name of their cookie, if they have one."""

    PUBLIC = None
    MAILBOX = "inbox"
    STAFF = "staff"

    @classmethod
    def of(cls, path: str) -> "Audience":
        if path == "/staff" or path.startswith("/staff/"):
            return cls.STAFF
        return cls.MAILBOX if _INBOX_PATH.match(path) else cls.PUBLIC


class BrowserSession(dict[str, Any], SessionMixin):
    """What the web layer keeps for one visitor. Holds nothing, and takes nothing, unless a live row stands behind it."""

    def __init__(self, token: SessionToken | None) -> None:
        super().__init__()
        self._token = token
        self.opened: OpenSession | None = None
        self.modified = False

    def load(self, unit: Unit) -> OpenSession | None:
        """Finds the row of the visitor's cookie, if it is alive."""
        if self._token is not None:
            self.opened = sessions.find(unit, self._token, unit.now)
        if self.opened is not None:
            super().update(self.opened.data)
        return self.opened

    def become(self, unit: Unit, token: SessionToken) -> None:
        """The visitor has another session from now on: what is kept, is kept there."""
        self.forget()
        self._token = token
        self.load(unit)

    def forget(self) -> None:
        """The row has ended: nothing is written back."""
        self.opened = None
        super().clear()
        self.modified = False

    def __setitem__(self, key: str, value: Any) -> None:
        if self.opened is None:
            raise RuntimeError("there is no session to keep anything in")
        self.modified = True
        super().__setitem__(key, value)

    def pop(self, key: str, *default: Any) -> Any:
        self.modified = self.modified or key in self
        return super().pop(key, *default)


class TableSessions(SessionInterface):
    """Opens a session without touching the database, and writes back only what changed."""

    def __init__(self, settings: Settings, units: Units) -> None:
        self._settings = settings
        self._units = units

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        del app
        return BrowserSession(self._token(request))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        del app, response
        if isinstance(session, BrowserSession) and session.opened is not None and session.modified:
            with self._units.writing() as unit:
                sessions.save(unit, session.opened, dict(session))

    def give(self, response: Response, path: str, token: SessionToken) -> None:
        """Hands the visitor of `path` their cookie: for this browser session, this host and this site alone."""
        response.set_cookie(self._cookie(path), token.text(), secure=self._secure, httponly=True, samesite="Strict")

    def move(self, browser: BrowserSession, token: SessionToken) -> None:
        """What is said to the visitor from here on is kept in the session that they have just been handed."""
        with self._units.reading() as unit:
            browser.become(unit, token)

    def remember(self, response: Response, token: SessionToken) -> None:
        """Hands a member of the staff's browser what it is known by: sent back when somebody signs in, and to no other page."""
        lasting = int(backoff.KNOWN_FOR.total_seconds())
        response.set_cookie(
            self._device, token.text(), lasting, path=_SIGN_IN, secure=self._secure, httponly=True, samesite="Strict"
        )

    def device(self, request: Request) -> SessionToken | None:
        """What the browser that signs in is known by, if it says so."""
        try:
            return SessionToken.from_text(request.cookies.get(self._device, ""))
        except Malformed:
            return None

    @property
    def _device(self) -> str:
        # Not `__Host-`, which would have it sent to reporters' pages as well.
        return "__Secure-device" if self._secure else "device"

    def take_back(self, response: Response, path: str) -> None:
        response.delete_cookie(self._cookie(path), secure=self._secure, httponly=True, samesite="Strict")

    @property
    def _secure(self) -> bool:
        return not self._settings.insecure_loopback

    def _cookie(self, path: str) -> str:
        name = Audience.of(path).value
        if name is None:
            raise RuntimeError("reporters' pages have no cookie")
        return f"__Host-{name}" if self._secure else name

    def _token(self, request: Request) -> SessionToken | None:
        if Audience.of(request.path) is Audience.PUBLIC:
            return None
        try:
            return SessionToken.from_text(request.cookies.get(self._cookie(request.path), ""))
        except Malformed:
            return None
