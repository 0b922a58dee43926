"""A year's counts over HTTP: for the auditor alone, as tables, pictures and a file; the file is entered."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import update

from complaints import clock
from complaints.models import Case, Channel
from complaints.services import vouching
from complaints.services.unit import Units
from complaints.vocabulary import Event
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log

SignIn = Callable[[Person], Browser]
PAGE = "/staff/statistics"
LAST_YEAR = clock.today().year - 1


@pytest.fixture
def counted(cast: Cast, units: Units) -> None:
    """Six reports of June last year, and two of July."""
    for number in range(8):
        report = cast.report()
        with units.database.writing() as session:
            received = date(LAST_YEAR, 6 if number < 6 else 7, 4)
            session.execute(update(Case).where(Case.id == report.case).values(received=received))


@pytest.fixture
def auditor(cast: Cast, signed_in: SignIn) -> Browser:
    return signed_in(cast.auditor)


@pytest.mark.usefixtures("counted")
def test_tables_and_pictures(auditor: Browser) -> None:
    page = auditor.get(f"{PAGE}/{LAST_YEAR}?lang=en").text
    by_month = page.partition("By month")[2].partition("</section>")[0]
    assert by_month.count("withheld") >= 2  # two in July are few, and six less than the total of eight
    assert f"June {LAST_YEAR}" in by_month
    assert "chart" not in by_month, "a picture of what is withheld and of nothing"
    assert page.count('<div class="chart__rows" role="img"') == 2
    assert "Channel corruption · 8" in page
    heads = re.findall(r"<thead.*?<th [^>]*>([^<]*)<", page, re.DOTALL)
    assert heads == ["Month", "Channel", "Outcome"]


@pytest.mark.usefixtures("counted")
def test_the_file_says_the_same_and_is_entered(auditor: Browser, log: Log) -> None:
    answer = auditor.get(f"{PAGE}/{LAST_YEAR}.csv?lang=en")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert f"statistics-{LAST_YEAR}.csv" in answer.headers["Content-Disposition"]
    lines = {tuple(line[:2]): line[2:] for line in csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))}
    assert lines["By channel", "Channel corruption"][0] == "8"
    assert lines["By month", f"June {LAST_YEAR}"] == ["withheld"] * 7
    assert lines["By month", f"May {LAST_YEAR}"] == ["0"] * 7
    assert lines["Total", ""][0] == "8"
    (entry,) = log.entries(Event.STATISTICS_TAKEN)
    assert entry["reason"] == str(LAST_YEAR)


@pytest.mark.usefixtures("counted")
def test_a_name_is_no_formula_in_a_spreadsheet(auditor: Browser, units: Units) -> None:
    with units.writing() as unit:
        channel = unit.session.query(Channel).filter_by(code="corruption").one()
        channel.name_en = "=1+1"
        channel.vouched = vouching.for_channel(unit.secrets, channel)
    assert ",'=1+1,8," in auditor.get(f"{PAGE}/{LAST_YEAR}.csv?lang=en").text


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("year", [LAST_YEAR - 1, 0, 99999])
def test_a_year_of_which_nothing_is_counted(auditor: Browser, log: Log, year: int) -> None:
    assert auditor.get(f"{PAGE}/{year}").status_code == 404
    assert auditor.get(f"{PAGE}/{year}.csv").status_code == 404
    assert log.entries(Event.STATISTICS_TAKEN) == []


def test_before_there_is_anything_to_count(auditor: Browser) -> None:
    page = auditor.get(f"{PAGE}?lang=en")
    assert (page.status_code, "nothing to count yet" in page.text) == (200, True)


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("name", ["lead", "investigator", "administrator", "custodian"])
def test_for_auditors_alone(cast: Cast, signed_in: SignIn, name: str) -> None:
    browser = signed_in(getattr(cast, name))
    for path in (PAGE, f"{PAGE}/{LAST_YEAR}", f"{PAGE}/{LAST_YEAR}.csv"):
        assert browser.get(path).status_code == 403


def test_strangers_sign_in_first(browser: Browser) -> None:
    assert browser.get(PAGE).status_code == 303
