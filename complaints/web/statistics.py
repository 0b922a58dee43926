"""A year's counts for those who audit: tables, a picture of each, and a file. Small counts are withheld before anything gets here."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask_babel import lazy_gettext as _

from complaints.errors import NotFound
from complaints.policy import Action
from complaints.services import statistics
from complaints.services.statistics import Shown, Statistics
from complaints.vocabulary import Event, Locale, Outcome
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.languages import gettext
from complaints.web.replies import Page, Text
from complaints.web.view_models import month, words

blueprint = Blueprint("statistics", __name__)

_BY_MONTH, _BY_CHANNEL, _BY_OUTCOME = _("By month"), _("By channel"), _("By outcome")
_COLUMNS = (
    _("Reports received"),
    _("Acknowledged in time"),
    _("Acknowledged late, or overdue"),
    _("Acknowledgement not due yet"),
    _("Feedback in time"),
    _("Feedback late, or overdue"),
    _("Feedback not due yet"),
)
_WITHHELD = _("withheld")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a picture: as long as what was received (per cent of the longest), the part acknowledged in time darker."""

    label: str
    received: int | None
    in_time: int | None
    length: float
    dark: float


@dataclass(frozen=True, slots=True)
class Table:
    """`head`: what its lines are. `rows`: a label and seven cells each, in words; `lines` the same in three cells, for the page."""

    title: str
    head: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    lines: tuple[tuple[str, str, str, str], ...]
    bars: tuple[Bar, ...]


@blueprint.get("/staff/statistics")
@guarded(Action.SEE_STATISTICS, UnitKind.READING)
def overview(visit: Visit) -> Page:
    years = statistics.years(visit.unit)
    return _page(visit, years, years[0]) if years else Page("audit/statistics.html", {"years": (), "counted": None})


@blueprint.get("/staff/statistics/<int:year>")
@guarded(Action.SEE_STATISTICS, UnitKind.READING)
def of_year(visit: Visit, year: int) -> Page:
    return _page(visit, _years_with(visit, year), year)


def _years_with(visit: Visit, year: int) -> tuple[int, ...]:
    """Raises NotFound for a year of which nothing is counted."""
    years = statistics.years(visit.unit)
    if year not in years:
        raise NotFound
    return years


def _page(visit: Visit, years: tuple[int, ...], year: int) -> Page:
    counted = statistics.of_year(visit.unit, year)
    values: dict[str, Any] = {
        "years": years,
        "counted": counted,
        "columns": [str(column) for column in _COLUMNS],
        "tables": _tables(counted, visit.locale),
        "total": _table("", "", [("", counted.total)]).lines[0][1:],
    }
    return Page("audit/statistics.html", values)


@blueprint.get("/staff/statistics/<int:year>.csv")
@guarded(Action.SEE_STATISTICS, UnitKind.WRITING)
def take(visit: Visit, year: int) -> Text:
    """As on the page. Begins with a byte order mark, by which spreadsheets know Thai."""
    _years_with(visit, year)
    counted = statistics.of_year(visit.unit, year)
    visit.unit.enter(Event.STATISTICS_TAKEN, visit.staff, reason=str(year))
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([gettext("Table"), gettext("Line"), *_COLUMNS])
    for table in _tables(counted, visit.locale):
        writer.writerows([table.title, _no_formula(label), *cells] for label, cells in table.rows)
    writer.writerow([gettext("Total"), "", *_cells(counted.total)])
    return Text(f"\ufeff{file.getvalue()}", "text/csv", filename=f"statistics-{year}.csv")


def _tables(counted: Statistics, locale: Locale) -> tuple[Table, ...]:
    thai = locale is Locale.THAI
    return (
        _table(_BY_MONTH, _("Month"), [(month(counted.year, number), shown) for number, shown in counted.months]),
        _table(
            _BY_CHANNEL,
            _("Channel"),
            [(name_th if thai else name_en, shown) for name_th, name_en, shown in counted.channels],
        ),
        _table(_BY_OUTCOME, _("Outcome"), [(_outcome(outcome), shown) for outcome, shown in counted.outcomes]),
    )


def _outcome(outcome: Outcome | None) -> str:
    return words(outcome) if outcome else gettext("Not closed")


def _table(title: Any, head: Any, lines: Iterable[tuple[str, Shown]]) -> Table:
    lines = list(lines)
    longest = max((shown.received or 0 for _label, shown in lines), default=0) or 1
    bars = []
    for label, shown in lines:
        in_time = shown.acknowledged[0] if shown.acknowledged else None
        length, dark = 100 * (shown.received or 0) / longest, 100 * (in_time or 0) / longest
        bars.append(Bar(label, shown.received, in_time, round(length, 1), round(dark, 1)))
    rows = tuple((label, _cells(shown)) for label, shown in lines)
    short = tuple((label, cells[0], _together(cells[1:4]), _together(cells[4:7])) for label, cells in rows)
    return Table(str(title), str(head), rows, short, tuple(bars))


def _together(cells: tuple[str, ...]) -> str:
    """Three parts side by side; one word where they are withheld, for that they are together."""
    return " · ".join(dict.fromkeys(cells)) if str(_WITHHELD) in cells else " · ".join(cells)


def _cells(shown: Shown) -> tuple[str, ...]:
    nothing = (None, None, None)
    counts = (shown.received, *(shown.acknowledged or nothing), *(shown.answered or nothing))
    return tuple(str(_WITHHELD) if count is None else f"{count:,}" for count in counts)


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
