"""What another site makes a browser send is refused before anything else; what carries no token is refused after."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from complaints.services import accounts
from tests.cast import Cast, Person
from tests.web.conftest import Browser

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://report.example.org"},
    {"Origin": "https://report.example.org:444"},
    {"Origin": "https://report.example.org.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def every_post(app: Flask) -> list[str]:
    return sorted(rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ()))


def concrete(rule: str) -> str:
    for part, value in {"<locale:locale>": "th", "<int:": "1"}.items():
        rule = rule.replace(part, value) if part.endswith(">") else rule
    rule = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule)
    while "<" in rule:
        before, _, rest = rule.partition("<")
        rule = f"{before}{'0' * 32}{rest.partition('>')[2]}"
    return rule


@pytest.mark.parametrize("headers", FOREIGN, ids=lambda headers: ",".join(f"{k}={v}" for k, v in headers.items()))
def test_no_form_of_another_site_is_taken(app: Flask, browser: Browser, headers: dict[str, str]) -> None:
    refused = {rule: browser.post(concrete(rule), headers=headers).status_code for rule in every_post(app)}
    assert refused
    assert set(refused.values()) == {403}


def test_it_is_refused_before_its_body_is_read(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "find_credential", None)
    response = browser.post("/staff/sign-in", {"name": "x" * 2_000_000}, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403


def test_what_says_nothing_of_its_origin_is_taken(browser: Browser, cast: Cast) -> None:
    response = browser.client.post(
        "/staff/sign-in",
        base_url="https://report.example.org",
        data={"name": "auditor", "passphrase": cast.auditor.passphrase},
    )
    assert response.status_code == 303


@pytest.mark.parametrize("token", [None, "x", ""])
def test_a_signed_in_form_without_its_token_is_refused(
    cast: Cast, signed_in: Callable[[Person], Browser], token: str | None
) -> None:
    browser = signed_in(cast.auditor)
    data = {} if token is None else {"csrf_token": token}
    assert browser.post("/staff/sign-out", data).status_code == 400
    assert browser.get("/staff/log").status_code == 200


def test_a_token_of_another_session_is_refused(cast: Cast, signed_in: Callable[[Person], Browser]) -> None:
    theirs = signed_in(cast.auditor).token_on("/staff/log")
    assert signed_in(cast.auditor).post("/staff/sign-out", token=theirs).status_code == 400


def test_a_form_that_is_too_large_is_refused(browser: Browser) -> None:
    assert browser.post("/staff/sign-in", {"name": "x" * 2_000_000}).status_code == 413
