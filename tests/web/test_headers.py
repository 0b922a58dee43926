"""The security headers, on every rule, on errors and on files; and what of a request never gets in."""

from collections.abc import Callable

import pytest
from flask import Flask, request

from complaints.config import Settings
from complaints.web import headers
from tests.cast import Cast, Person
from tests.web.conftest import Browser
from tests.web.test_other_sites import concrete

EXPECTED = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=63072000",
}


def every_rule(app: Flask) -> list[tuple[str, str]]:
    return [
        (method, concrete(rule.rule))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


def test_every_rule_answers_with_every_header(app: Flask, browser: Browser) -> None:
    for method, path in every_rule(app):
        response = browser.get(path) if method == "GET" else browser.post(path)
        sent = {name: response.headers.get(name) for name in EXPECTED}
        assert sent == EXPECTED, path
        assert "camera=()" in response.headers["Permissions-Policy"], path
        assert "Server" not in response.headers, path


def test_no_feature_is_named_that_browsers_complain_of(browser: Browser) -> None:
    named = {part.partition("=")[0] for part in browser.get("/staff/sign-in").headers["Permissions-Policy"].split(", ")}
    assert not named & {"bluetooth", "web-share"}


@pytest.mark.parametrize("person", ["investigator", "administrator", "auditor", "custodian"])
def test_no_page_is_stored_by_anybody(
    app: Flask, cast: Cast, signed_in: Callable[[Person], Browser], person: str
) -> None:
    browser = signed_in(getattr(cast, person))
    for method, path in every_rule(app):
        response = browser.get(path) if method == "GET" else browser.post(path)
        assert response.headers["Cache-Control"] == "no-store", path


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/staff/nowhere", 404), ("/static/x/nowhere", 404)])
def test_errors_have_them_too(browser: Browser, path: str, status: int) -> None:
    response = browser.get(path)
    assert response.status_code == status
    assert response.headers["Content-Security-Policy"] == EXPECTED["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"


def test_a_fault_of_ours_has_them_too(app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_values: object) -> None:
        raise RuntimeError("CANARY")

    monkeypatch.setitem(app.view_functions, "sign_in.sign_in", fail)
    response = browser.get("/staff/sign-in")
    assert response.status_code == 500
    assert response.headers["Content-Security-Policy"] == EXPECTED["Content-Security-Policy"]
    assert "CANARY" not in response.text
    assert "Traceback" not in response.text


def test_a_static_file_may_be_kept_for_good(app: Flask, browser: Browser) -> None:
    digest = app.extensions["complaints"].static_digest
    response = browser.get(f"/static/{digest}/site.css")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.mimetype == "text/css"
    response.close()


def test_under_an_old_digest_it_is_not_to_be_kept(browser: Browser) -> None:
    response = browser.get("/static/0123456789abcdef/site.css")
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-cache")
    response.close()


@pytest.mark.parametrize(
    ("asked", "location"), [("/th", "/th/"), ("/th?x=1", "/th/?x=1"), ("/th//notice", "/th/notice")]
)
def test_a_redirect_of_the_router_names_no_host(browser: Browser, asked: str, location: str) -> None:
    response = browser.client.get(asked, base_url="https://evil.example")
    assert (response.status_code, response.headers["Location"]) == (308, location)
    assert "https:" not in response.text


@pytest.mark.parametrize("path", ["../config.py", "..%2fconfig.py", "js/../../config.py", "%2e%2e/config.py"])
def test_nothing_but_static_files_is_a_static_file(browser: Browser, path: str) -> None:
    assert browser.get(f"/static/x/{path}").status_code == 404


def test_plain_http_promises_no_strict_transport(settings: Settings) -> None:
    sent: list[tuple[str, str]] = []

    def application(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [])
        return []

    layer = headers.SecureHeaders(application, https=False)
    layer({"PATH_INFO": "/"}, lambda _status, pairs: sent.extend(pairs))
    assert "Strict-Transport-Security" not in dict(sent)


def test_nothing_that_tells_visitors_apart_gets_in(
    app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, object] = {}
    view = app.view_functions["sign_in.sign_in"]

    def look(**values: object) -> object:
        seen.update(request.environ)
        return view(**values)

    look.guard = view.guard  # type: ignore[attr-defined]
    monkeypatch.setitem(app.view_functions, "sign_in.sign_in", look)
    strangers = {"X-Forwarded-For": "192.0.2.7", "X-Real-IP": "192.0.2.7", "Forwarded": "for=192.0.2.7"}
    browser.get(
        "/staff/sign-in", headers={**strangers, "User-Agent": "CANARY"}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert "PATH_INFO" in seen
    assert not [name for name, value in seen.items() if "192.0.2.7" in str(value) or "CANARY" in str(value)]
