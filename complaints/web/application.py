"""The web application, wired together. Nothing is decided here."""

from flask import Flask
from werkzeug.exceptions import HTTPException

from complaints.config import Secrets, Settings
from complaints.database import Database
from complaints.paths import static_dir, templates_dir
from complaints.services.access_log import AccessLog
from complaints.services.unit import Units
from complaints.web import (
    administration,
    answers,
    audit,
    body,
    casework,
    comments,
    faults,
    guard,
    headers,
    health,
    invitations,
    languages,
    mailbox,
    new_keys,
    own,
    own_account,
    own_passphrase,
    processors,
    questions,
    recovery,
    rehearsals,
    reporter,
    requests,
    second_factor,
    set_up,
    sign_in,
    signed_in,
    static_files,
    statistics,
    suspension,
    taking_down,
    view_models,
)
from complaints.web.converters import CONVERTERS
from complaints.web.session_interface import TableSessions
from complaints.web.visit import Application

_FORM_LIMIT = 1024 * 1024
"""Bytes of an ordinary form: the longest report, percent-encoded, is half of it. What takes files sets its own limit."""

STAFF = (
    administration,
    audit,
    comments,
    invitations,
    new_keys,
    own_account,
    own_passphrase,
    processors,
    questions,
    recovery,
    rehearsals,
    requests,
    second_factor,
    set_up,
    statistics,
    suspension,
    taking_down,
)


def wire(settings: Settings, secrets: Secrets | None = None) -> Flask:
    """The application, ready to serve. Raises Misconfigured, and Unguarded when any view is not marked with its action."""
    secrets = secrets or Secrets.load(settings.secrets_dir)
    units = Units(Database(settings.database_url), AccessLog(settings.origin, secrets.log_key), secrets)
    app = faults.QuietFlask(__name__, static_folder=None, template_folder=str(templates_dir()))
    app.request_class = body.Request
    app.secret_key = secrets.web_key
    app.config.from_mapping(
        MAX_CONTENT_LENGTH=_FORM_LIMIT,
        MAX_FORM_MEMORY_SIZE=_FORM_LIMIT,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        WTF_CSRF_CHECK_DEFAULT=False,  # the guard checks, after the policy
        WTF_CSRF_SSL_STRICT=False,  # the guard's check of Origin says more than a Referer
        WTF_CSRF_TIME_LIMIT=None,  # a token lasts as long as its session
    )
    app.extensions["complaints"] = Application(settings, units, secrets, static_files.tree_digest(static_dir()))
    app.session_interface = TableSessions(settings, units)
    app.url_map.converters |= CONVERTERS
    languages.install(app)
    signed_in.install(app)
    guard.csrf.init_app(app)
    view_models.install(app)
    app.register_error_handler(HTTPException, lambda error: answers.http_error(None, error))
    for audience in (static_files, health, reporter, mailbox, own, sign_in, casework, *STAFF):
        app.register_blueprint(audience.blueprint)
    guard.refuse_unguarded(app)
    app.wsgi_app = headers.SecureHeaders(app.wsgi_app, https=settings.origin.startswith("https://"))  # type: ignore[method-assign]
    return app
