"""Flask-Login, told who is signed in by the guard alone.

Its own protection would hash the visitor's address and browser into the session: it is off, and the function that would
read them is replaced, so that not even a later switch can bring it back.
"""

from flask import Flask, Request, g
from flask_login import LoginManager, UserMixin

from complaints.policy import Staff


class SignedIn(UserMixin):
    """`current_user` for templates and extensions. Holds no key."""

    def __init__(self, staff: Staff) -> None:
        self.staff = staff

    def get_id(self) -> str:
        return self.staff.account.hex()


def install(app: Flask) -> None:
    login = LoginManager()
    login.session_protection = None
    login._session_identifier_generator = str  # noqa: SLF001 - an empty text: there is no public name for it
    login.request_loader(_from_guard)
    login.init_app(app)


def _from_guard(request: Request) -> SignedIn | None:
    del request
    actor = g.get("actor")
    return SignedIn(actor) if isinstance(actor, Staff) else None
