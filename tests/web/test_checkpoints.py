"""The published checkpoints: for anybody, without a cookie, byte for byte."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from complaints.models import PublishedCheckpoint
from complaints.services import published
from complaints.services.unit import Units
from tests.cast import Cast
from tests.web.conftest import Browser

DAY = date(2026, 3, 2)


@pytest.fixture
def note(cast: Cast, units: Units) -> str:
    with units.writing() as unit:
        latest = units.access_log.latest(unit.session)
        assert latest is not None
        rows = [{"day": DAY - timedelta(number), "size": latest.size, "note": latest.note} for number in range(61)]
        unit.session.execute(insert(PublishedCheckpoint), rows)
    return latest.note


@pytest.mark.parametrize("language", ["th", "en"])
def test_a_page_for_anybody_with_each_day_as_a_file(browser: Browser, note: str, units: Units, language: str) -> None:
    page = browser.get(f"/{language}/checkpoints")
    assert page.status_code == 200
    assert page.headers.getlist("Set-Cookie") == []
    assert page.text.count("/checkpoints/20") == published.PAGE
    assert units.access_log.verifier_key in page.text.replace("&#43;", "+")
    file = browser.get("/checkpoints/2026-03-02.txt")
    assert (file.status_code, file.mimetype, file.text) == (200, "text/plain", note)
    assert file.headers.getlist("Set-Cookie") == []


def test_older_ones_follow(browser: Browser, note: str) -> None:
    assert "until=2026-01-01" in browser.get("/th/checkpoints").text
    assert browser.get("/th/checkpoints?until=2026-01-01").text.count("/checkpoints/20") == 1


def test_before_the_first_it_says_so(browser: Browser) -> None:
    assert "None has been published yet" in browser.get("/en/checkpoints").text


@pytest.mark.parametrize("path", ["2026-03-03", "20260302", "2026-W10-1", "x", "2026-13-01", "..%2f.."])
def test_a_day_that_is_none(browser: Browser, note: str, path: str) -> None:
    assert browser.get(f"/checkpoints/{path}.txt").status_code == 404
    expected = 200 if path == "2026-03-03" else 404
    assert browser.get(f"/th/checkpoints?until={path}").status_code == expected


@pytest.mark.parametrize("page", ["/th/notice", "/en/notice"])
def test_the_notice_leads_there(browser: Browser, page: str) -> None:
    assert f"{page[:3]}/checkpoints" in browser.get(page).text
