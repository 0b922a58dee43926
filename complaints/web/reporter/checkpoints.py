"""The access log's checkpoints, for anybody to keep: a page, and each as a file."""

from datetime import date

from flask import request

from complaints.errors import NotFound
from complaints.policy import Action
from complaints.services import published
from complaints.vocabulary import Locale
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Text
from complaints.web.reporter import pages
from complaints.web.reporter.blueprint import blueprint


@blueprint.get("/<locale:locale>/checkpoints")
@guarded(Action.SEE_PUBLIC, UnitKind.READING)
def checkpoints(visit: Visit, locale: Locale) -> Page:
    until = _day(request.args["until"]) if "until" in request.args else None
    shown, older = published.page(visit.unit, until)
    values = {
        "published": shown,
        "older": older.isoformat() if older else None,
        "hour": published.HOUR,
        "verifier_key": visit.app.units.access_log.verifier_key,
        "other": pages.other(locale),
    }
    return pages.page(visit, "reporter/checkpoints.html", values)


@blueprint.get("/checkpoints/<day>.txt")
@guarded(Action.SEE_PUBLIC, UnitKind.READING)
def checkpoint(visit: Visit, day: str) -> Text:
    """Byte for byte what the log's key signed."""
    return Text(published.of_day(visit.unit, _day(day)).note)


def _day(text: str) -> date:
    """Raises NotFound for what is no day as we write it."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise NotFound from error
    if day.isoformat() != text:
        raise NotFound
    return day
