"""What standard error says when something goes wrong: the day, the kind of fault, and where in the program it was.

Never the time, for a reporter may have been the only one there; never an address, for it names a case or carries an invitation; and
never what a fault says of itself, for it may quote what somebody wrote.
"""

import logging
from traceback import walk_tb
from typing import Any

from flask import Flask
from flask.logging import default_handler
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from complaints import clock
from complaints.web import answers

DATABASE_AWAY = (InterfaceError, OperationalError, PoolTimeout)
"""The database is away, full, or busy beyond its time-out."""


def describe(error: BaseException | None) -> str:
    """Kinds and places, of the error and of those that it came from. Of a database that is away, its kind alone: one line."""
    lines: list[str] = []
    while error is not None:
        if isinstance(error, DATABASE_AWAY):
            return "\n".join([*lines, kind_of(error)])
        lines.append(kind_of(error))
        lines += [f"  {f.f_code.co_filename}:{line}:{f.f_code.co_name}" for f, line in walk_tb(error.__traceback__)]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


def kind_of(error: BaseException) -> str:
    """The name of its class; of a database's error, the database's own name for it."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return str(getattr(error.orig, "sqlite_errorname", type(error.orig).__name__))
    return f"{type(error).__module__}.{type(error).__qualname__}"


class QuietFormatter(logging.Formatter):
    """The day in place of the time, and `describe` in place of a traceback."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s [%(levelname)s] %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        del record, datefmt
        return clock.today().isoformat()

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return describe(ei[1])


class QuietFlask(Flask):
    """Flask, with `describe` for its log, and without the name of a host in redirects of its own."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        default_handler.setFormatter(QuietFormatter())

    def log_exception(self, exc_info: Any) -> None:
        self.logger.error("a request failed: %s", describe(exc_info[1]))

    def handle_http_exception(self, e: HTTPException) -> Any:
        return answers.moved(e) if isinstance(e, RequestRedirect) else super().handle_http_exception(e)
