"""Who gets a cookie: signed-in staff and reporters with a receipt, on their own pages. Nobody else, ever."""

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.routing import Rule

from complaints.config import Settings
from complaints.policy import POLICY, Action, Anonymous
from complaints.services import accounts, sessions
from complaints.web.guard import guard_of
from complaints.web.session_interface import Audience
from tests.cast import Cast, Person
from tests.web.conftest import Browser
from tests.web.test_headers import every_rule
from tests.web.test_other_sites import concrete


def test_no_page_sets_a_cookie_for_a_stranger(app: Flask, browser: Browser) -> None:
    for method, path in every_rule(app):
        response = browser.get(path) if method == "GET" else browser.post(path)
        assert response.headers.getlist("Set-Cookie") == [], path


def test_no_reporters_page_reads_a_staff_cookie(app: Flask, cast: Cast, signed_in: Callable[[Person], Browser]) -> None:
    browser = signed_in(cast.administrator)
    for method, path in every_rule(app):
        if Audience.of(path) is not Audience.STAFF and method == "GET":
            response = browser.get(path)
            assert "sign-out" not in response.text, path
            assert response.headers.getlist("Set-Cookie") == [], path
            response.close()


def test_a_staff_token_opens_no_mailbox(
    app: Flask, browser: Browser, cast: Cast, signed_in: Callable[[Person], Browser]
) -> None:
    browser.give_cookie("__Host-inbox", str(signed_in(cast.lead).cookie("__Host-staff")))
    assert_nobody(app, browser, Audience.MAILBOX)


def test_a_mailbox_token_opens_no_staff_page(app: Flask, browser: Browser, cast: Cast) -> None:
    report = cast.report()
    with cast.units.writing() as unit:
        browser.give_cookie("__Host-staff", sessions.begin(unit, report.reporter, report.keys))
    assert_nobody(app, browser, Audience.STAFF)


def _action(app: Flask, rule: Rule) -> Action:
    guard = guard_of(app.view_functions[rule.endpoint])
    assert guard is not None
    return guard.action


def assert_nobody(app: Flask, browser: Browser, audience: Audience) -> None:
    """Each page for those with a session leads to where one begins."""
    guarded = [rule for rule in app.url_map.iter_rules() if Audience.of(concrete(rule.rule)) is audience]
    closed = [rule for rule in guarded if Anonymous not in POLICY[_action(app, rule)].actors]
    assert closed
    for rule in closed:
        if "GET" in (rule.methods or ()):
            assert browser.get(concrete(rule.rule)).status_code == 303, rule.rule


@pytest.mark.parametrize(
    ("path", "audience"),
    [
        ("/", Audience.PUBLIC),
        ("/th/", Audience.PUBLIC),
        ("/th/inboxes", Audience.PUBLIC),
        ("/xx/inbox", Audience.PUBLIC),
        ("/staffing", Audience.PUBLIC),
        ("/static/x/staff/", Audience.PUBLIC),
        ("/th/inbox", Audience.MAILBOX),
        ("/en/inbox/case", Audience.MAILBOX),
        ("/staff", Audience.STAFF),
        ("/staff/log", Audience.STAFF),
    ],
)
def test_the_address_alone_says_which_cookie_counts(path: str, audience: Audience) -> None:
    assert Audience.of(path) is audience


@pytest.fixture
def demonstration(settings: Settings, new_app: Callable[[Settings], Flask], cast: Cast) -> Browser:
    """The demonstration on plain http, on this machine."""
    plain = Settings(settings.data_dir, "http://localhost:8000", "ก", "K", settings.database_url, demo=True)
    return Browser(new_app(plain).test_client())


def test_over_plain_loopback_the_demonstration_gives_a_plain_cookie(
    demonstration: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "open_credential", lambda *_: cast.auditor.new.seed)
    response = demonstration.client.post(
        "/staff/sign-in",
        base_url="http://localhost:8000",
        data={"name": "auditor", "passphrase": cast.auditor.passphrase},
        headers={"Origin": "http://localhost:8000"},
    )
    (cookie,) = response.headers.getlist("Set-Cookie")
    name, *attributes = cookie.split("; ")
    assert name.startswith("staff=")
    assert set(attributes) == {"HttpOnly", "Path=/", "SameSite=Strict"}


def test_outside_the_demonstration_plain_http_still_gets_a_secure_one(settings: Settings) -> None:
    plain = Settings(settings.data_dir, "http://localhost:8000", "ก", "K", settings.database_url)
    assert not plain.insecure_loopback
