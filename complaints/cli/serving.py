"""`complaints serve` and `complaints routes`: the web application on gunicorn, with nothing kept of who comes."""

import gc
import json
import logging
import os
import socket
import struct
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http import unreader, wsgi
from gunicorn.workers.gthread import ThreadWorker

from complaints import create_app, process
from complaints.cli import founding
from complaints.cli.installation import require_head
from complaints.cli.terminal import tell
from complaints.config import Secrets, Settings
from complaints.errors import NotReady, Refused
from complaints.services import jobs
from complaints.services.reminders import Post
from complaints.services.unit import Units
from complaints.vocabulary import Locale
from complaints.web import faults, receipt_picture
from complaints.web.guard import guard_of
from complaints.web.languages import gettext
from complaints.web.reporter import notice_text
from complaints.web.visit import Application
from crypto import SigningKey

WORKERS = 2
THREADS = 8
STALL_SECONDS = 20
"""How long a connection may say nothing in the middle of a request, or take nothing of an answer."""

GRACE_SECONDS = 60
SLOWEST = 4096
"""A request has a minute, and a second more for each so many bytes that it brings: enough for a weak signal."""

JOBS_SECONDS = 600
"""How often each worker looks whether scheduled work is due."""

_BODY_STEP = 65536


class QuietLogger(Logger):
    """As gunicorn's, with the day alone, and without what strangers send: a request would be quoted, a stalled one fill pages."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(faults.QuietFormatter())

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        super().warning(
            "a malformed request was refused" if msg.startswith("Invalid request") else msg, *args, **kwargs
        )

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        if isinstance(sys.exc_info()[1], BlockingIOError | TimeoutError):
            self.debug("a connection stalled")
        elif str(msg).startswith("Error handling request"):
            super().exception("a request failed")
        else:
            super().exception(msg, *args, **kwargs)


class Worker(ThreadWorker):
    """As gunicorn's with threads, cutting stalled connections, writing down no address, and keeping nothing of what is over."""

    _untidy = False
    _tidied = 0.0

    def finish_request(self, conn: Any, fs: Any) -> None:
        super().finish_request(conn, fs)
        self._untidy = True

    def notify(self) -> None:
        """Called at every turn, once a second at least. Frees what requests left behind in circles and caches: what is freed is wiped."""
        super().notify()
        if self._untidy and time.monotonic() - self._tidied >= 1:
            self._untidy = False
            urllib.parse.clear_cache()  # type: ignore[attr-defined] # the addresses that were asked for
            gc.collect()
            process.give_back()
            self._tidied = time.monotonic()

    def enqueue_req(self, conn: Any) -> None:
        # The kernel's own time-outs: gunicorn puts the socket's back to none before it reads.
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            conn.sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", STALL_SECONDS, 0))
        conn.init = partial(_init, conn)
        super().enqueue_req(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        del addr  # it would be written to the log
        super().handle_error(req, client, None, exc)


def _init(conn: Any) -> None:
    """As a connection's own `init`, which gunicorn calls before each request; then its clock begins."""
    type(conn).init(conn)
    conn.parser.unreader.sock = PatientSocket(conn.sock)


class PatientSocket:
    """What a request is read from. Raises TimeoutError when, all in all, it has come too slowly."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._began = time.monotonic()
        self._received = 0

    def recv(self, size: int) -> bytes:
        data = self._socket.recv(size)
        self._received += len(data)
        if time.monotonic() - self._began > GRACE_SECONDS + self._received / SLOWEST:
            raise TimeoutError
        return data


class _Server(BaseApplication):
    """One application, made once, so that the workers share the memory it takes. Its database has no connection before a worker opens one."""

    def __init__(self, settings: Settings, app: Flask, options: dict[str, Any]) -> None:
        self._settings = settings
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        application: Application = self._app.extensions["complaints"]
        units, post = application.units, Post.of(self._settings, application.secrets)
        units.database.begin_in_child()
        # A timer in every worker, for one may be gone: whoever comes first does the work, the others find nothing to do.
        threading.Thread(target=_work, args=(units, self._settings, post), daemon=True).start()
        return self._app


def _ready(settings: Settings) -> Flask:
    """The application with all that it would load at its first pages, set apart from what the collector looks through.

    A page of memory is shared until somebody writes to it, and a collection writes to every object that it looks at.
    """
    app = create_app(settings)
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    for locale in Locale:
        with app.test_request_context(f"/{locale}/"):
            gettext("Form")  # brings the language's catalogue
    receipt_picture.learn()
    _keep_notice(app)
    gc.collect()
    gc.freeze()
    return app


def _keep_notice(app: Flask) -> None:
    """What the notice says may have changed with the program. No connection is left open for the workers to share."""
    units: Units = app.extensions["complaints"].units
    try:
        with app.app_context(), units.writing() as unit:
            notice_text.keep(unit)
    except Refused as error:  # reports are taken all the same, and `complaints check` says what is wrong
        logging.getLogger("gunicorn.error").warning("the notice is not kept: %s", error)
    units.database.dispose()


def _work(units: Units, settings: Settings, post: Post | None) -> None:
    """Does what is due, now and then. A database that is away is tried again at the next turn."""
    while True:
        try:
            jobs.run(units, settings.data_dir, post)
        except Exception:  # nothing here may end the timer
            logging.getLogger("gunicorn.error").exception("scheduled work failed; it is tried again")
        time.sleep(JOBS_SECONDS)


def require_free(host: str, port: int) -> None:
    """Raises NotReady when something else listens there already: one line, before anything slow is done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise NotReady(f"cannot listen on {host}, port {port}: {error.strerror}. Choose another port.") from error


def run(settings: Settings, *, host: str, port: int, workers: int = WORKERS) -> None:
    """Serves until it is stopped. Raises Misconfigured or NotReady before the first connection, not at it."""
    require_free(host, port)
    require_head(settings)
    Secrets.load(settings.secrets_dir)
    process.harden()
    unreader.SocketUnreader.max_body_chunk = _BODY_STEP  # larger steps are copied over and over
    wsgi.Response.default_headers = _without_server(wsgi.Response.default_headers)
    _Server(
        settings,
        _ready(settings),
        {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers,
            "threads": THREADS,
            "worker_class": "complaints.cli.serving.Worker",
            "logger_class": "complaints.cli.serving.QuietLogger",
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108 - an empty file, for its times
            "loglevel": "warning",
            "accesslog": None,
            "control_socket_disable": True,
        },
    ).run()


def _without_server(default_headers: Callable[[Any], list[str]]) -> Callable[[Any], list[str]]:
    """The headers gunicorn adds but the one that names it."""

    def quiet(response: Any) -> list[str]:
        return [header for header in default_headers(response) if not header.startswith("Server:")]

    return quiet


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen. Strangers come through a proxy that speaks TLS.",
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers",
    default=WORKERS,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes, of eight threads each.",
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the web application. On an empty installation, print the link that sets it up.

    Without any COMPLAINTS_… setting: a folder of its own, on http://localhost.
    """
    silent = not any(name.startswith("COMPLAINTS_") for name in os.environ)
    settings = founding.settings_for(silent, port)
    founding.make_ready(settings)
    require_head(settings)
    founding.say_how_to_found(settings)
    tell(f"Serving {settings.origin} on {host}, port {port}. Stop with Ctrl-C.", err=True)
    run(settings, host=host, port=port, workers=workers)


@click.command()
def routes() -> None:
    """Print every address rule, its methods and the policy action that guards it, as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(*_nowhere(Path(folder)))
    lines = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        guard = guard_of(app.view_functions[rule.endpoint])
        lines.append(
            {
                "rule": rule.rule,
                "methods": sorted(rule.methods or ()),
                "endpoint": rule.endpoint,
                "action": guard.action.value if guard else None,
                "unit": guard.unit.value if guard else None,
            }
        )
    tell(*json.dumps(lines, indent=1).split("\n"))


def _nowhere(folder: Path) -> tuple[Settings, Secrets]:
    """An installation that is never opened: the rules are the same for all."""
    settings = Settings(folder, "https://localhost", "", "", f"sqlite:///{folder / 'none.sqlite'}")
    return settings, Secrets(SigningKey.generate(), os.urandom(32), os.urandom(32), folder)
