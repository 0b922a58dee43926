"""Every security header, from one place: a layer round the whole application, so that no answer leaves without them."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STATIC_PREFIX = "/static/"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_FEATURES = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "clipboard-read",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)

_OUR_OWN = ("publickey-credentials-create=(self)", "publickey-credentials-get=(self)")
"""Passkeys of the staff."""

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # `no-referrer` would make browsers send `Origin: null` with a form, and our own check refuse it.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join([*(f"{feature}=()" for feature in _FEATURES), *_OUR_OWN]),
}

UNREAD = (
    "REMOTE_ADDR",
    "REMOTE_HOST",
    "REMOTE_PORT",
    "HTTP_FORWARDED",
    "HTTP_USER_AGENT",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_REAL_IP",
)
"""What would tell one visitor from another. Taken away before the application sees a request, so that nothing in it can keep it."""

STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=63072000"}


class SecureHeaders:
    """WSGI layer. Sets the headers on pages, errors, redirects and static files alike; says nothing of the server.

    What comes in loses the visitor's address and browser. A file to keep is boxed in, should a browser show it all the same.
    Whatever is not a static file that was found is `no-store`, whoever made the answer and whatever it asked for.
    """

    def __init__(self, application: "WSGIApplication", *, https: bool) -> None:
        self._application = application
        self._headers = SECURITY_HEADERS | (STRICT_TRANSPORT if https else {})

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        for name in UNREAD:
            environ.pop(name, None)
        static = environ.get("PATH_INFO", "").startswith(STATIC_PREFIX)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:
            answer = Headers(headers)
            answer.remove("Server")
            for name, value in self._headers.items():
                answer[name] = value
            if answer.get("Content-Disposition", "").startswith("attachment"):
                answer["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; sandbox"
            if not (static and status.startswith(("200", "206", "304"))):
                answer["Cache-Control"] = "no-store"
            return start_response(status, answer.to_wsgi_list(), *rest)

        return self._application(environ, start)
