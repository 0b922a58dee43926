"""Replies made into responses. Nothing else in the package renders, and the guard alone answers with this."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, cast

from flask import (
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_from_directory,
    session,
    url_for,
)
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from complaints.errors import (
    Conflict,
    Denied,
    DomainError,
    Invalid,
    NoRecipient,
    NotFound,
    NotReady,
    Refused,
    UploadRefused,
)
from complaints.paths import static_dir
from complaints.services.sealed_copies import sealed
from complaints.web.archive import zipped
from complaints.web.attachment import content_disposition
from complaints.web.frame import frame
from complaints.web.replies import Archive, Asset, Download, Page, Redirect, Reply, Text
from complaints.web.session_interface import BrowserSession, TableSessions
from complaints.web.visit import Visit

_STATUS: dict[type[DomainError], int] = {
    NotFound: 404,
    Denied: 403,
    Conflict: 409,
    Refused: 500,
    Invalid: 400,
    UploadRefused: 400,
    NoRecipient: 409,
    NotReady: 503,
}

_LASTING = "public, max-age=31536000, immutable"
_KEPT_HEADERS = {"Allow", "Retry-After"}
_TEMPLATES = {400, 403, 404, 409, 413, 429, 500, 503}

_REASONS: dict[str, Any] = {
    "Too many people are signing in at once. Try again in a minute.": _(
        "Too many people are signing in at once. Try again in a minute."
    ),
    "Somebody else is verifying the log at this moment. Try again in a minute.": _(
        "Somebody else is verifying the log at this moment. Try again in a minute."
    ),
    "Too many documents are being made at once. Try again in a minute.": _(
        "Too many documents are being made at once. Try again in a minute."
    ),
    "The document could not be made.": _("The document could not be made."),
    "The access log has no entry yet.": _("The access log has no entry yet."),
    "sign the undertaking before you take a report down": _("Sign the undertaking before you take a report down."),
    "only a lead of the channel ends a test report": _("Only a lead of the channel ends a test report."),
    "only a test report ends this way": _("Only a test report ends this way. Nothing was erased."),
    "a test report stays in its channel": _("A test report stays in the channel that it tries."),
    "only a lead of the channel assigns its cases": _("Only a lead of the channel assigns its cases."),
}
"""What an error page says beyond its status: the reasons that reach one, as they are raised, and as people read them."""


def answer(visit: Visit | None, reply: Reply) -> Response:
    """The response for a reply. The unit behind it has committed."""
    match reply:
        case Page():
            body = render_template(reply.template, **{**frame(visit), **reply.values})
            return Response(body, reply.status, mimetype="text/html")
        case Redirect():
            return _redirect(reply)
        case Download():
            return _download(reply)
        case Archive():
            return _archive(visit, reply)
        case Text():
            response = Response(reply.body, reply.status, mimetype=reply.media_type)
            if reply.filename is not None:
                response.headers["Content-Disposition"] = content_disposition(reply.filename)
            return response
        case Asset():
            response = send_from_directory(static_dir(), reply.path)
            response.headers["Cache-Control"] = _LASTING if reply.lasting else "no-cache"
            return response


def text_to_keep(template: str, values: Mapping[str, Any]) -> str:
    """What is stored, not sent: public words alone, so that it need not wait for a commit."""
    return render_template(template, **values)


def error_page(error: DomainError) -> Page:
    """What a domain error says when its view has nothing of its own to say."""
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    if isinstance(error, Refused):
        return Page("errors/refused.html", status=status)
    return _error_page(status, _REASONS.get(str(error)))


def http_error(visit: Visit | None, error: HTTPException) -> Response:
    """The page for what went wrong with the request itself."""
    response = answer(visit, _error_page(error.code or 500))
    response.headers.extend(
        [(name, value) for name, value in error.get_headers(request.environ) if name in _KEPT_HEADERS]
    )
    return response


def moved(error: RequestRedirect) -> Response:
    """The router's own redirect, to this host, whatever the request called it."""
    path = error.new_url.partition("://")[2].partition("/")[2]
    return cast(Response, redirect(f"/{path.lstrip('/')}", error.code))


def _error_page(status: int, reason: Any = None) -> Page:
    """An address that takes other methods only is, to whoever tried it, no page at all."""
    shown = 404 if status == 405 else status if status in _TEMPLATES else 500 if status >= 500 else 400
    return Page(f"errors/{shown}.html", {"reason": reason}, status)


def _redirect(reply: Redirect) -> Response:
    cookies = cast(TableSessions, current_app.session_interface)
    browser = cast(BrowserSession, session._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
    if reply.session is not None and reply.notice:
        cookies.move(browser, reply.session)
    if reply.notice and not reply.end_session:
        flash(str(reply.notice))
    response = cast(Response, redirect(url_for(reply.endpoint, **reply.values), reply.code))
    if reply.end_session:
        browser.forget()
        cookies.take_back(response, request.path)
    if reply.session is not None:
        if not reply.notice:
            browser.forget()
        cookies.give(response, request.path, reply.session)
    if reply.device is not None:
        cookies.remember(response, reply.device)
    return response


def _archive(visit: Visit | None, reply: Archive) -> Response:
    page = render_template(reply.template, **{**frame(visit), **reply.values}).encode()
    whole = zipped([*reply.before, (reply.page_name, lambda: iter((page,))), *reply.files])
    pieces: Iterator[bytes] = chain((next(whole),), whole)
    kind, name = "application/zip", reply.name
    if reply.seal_to is not None:
        pieces, kind, name = sealed(pieces, reply.seal_to), "application/octet-stream", f"{name}.sealed"
    response = Response(pieces, mimetype=kind)
    response.headers["Content-Disposition"] = content_disposition(name)
    return response


def _download(reply: Download) -> Response:
    """The first chunk is asked for before anything leaves, so that a file that does not verify gets a page that says so."""
    chunks: Iterator[bytes] = reply.chunks()
    first = next(chunks, b"")
    response = Response(chain((first,), chunks), mimetype="application/octet-stream")
    response.content_length = reply.length
    response.headers["Content-Disposition"] = content_disposition(reply.name)
    return response
