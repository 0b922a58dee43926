"""The list of cases: filters, orders and counts, and the view that somebody left it in."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import request, session, url_for
from flask_babel import ngettext

from complaints.policy import Action
from complaints.services import caseload, departures, hand_again, own_labels, rehearsals, rosters, tasks
from complaints.services.caseload import COUNT_CAP, Counts, Cursor, Order, View
from complaints.services.own_labels import OwnLabels
from complaints.vocabulary import CaseStatus, Locale, Priority
from complaints.web.casework.frame import blueprint
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.languages import gettext
from complaints.web.languages import lazy_gettext as _
from complaints.web.own_account import awaits_undertaking
from complaints.web.replies import Page, Reply
from complaints.web.view_models import words

Asked = Mapping[str, str]

NAMES = ("view", "status", "channel", "priority", "overdue", "soon", "unread", "tasks", "label", "order")
"""What an address can say of the view. One that says nothing of it shows as much of the view that was left as hides no new report: `_STAYS`."""
_STAYS = ("order",)
_LEFT = "left"
"""An address that says this shows all of the view that was left: the way back from a case to where somebody was in the list."""
MINE, ALL = "mine", "all"
_KEPT = "cases"
"""Under which name the session, which is sealed, keeps the view."""

_ORDERS = {
    Order.RECEIVED: _("Newest first"),
    Order.DUE: _("Next deadline first"),
    Order.ACTIVITY: _("Latest activity first"),
}


@blueprint.get("")
@guarded(Action.LIST_CASES, UnitKind.READING)
def list_cases(visit: Visit) -> Reply:
    asked = _asked()
    labels = own_labels.of_reader(visit.unit, visit.staff, visit.keys)
    to_do = tasks.cases_due(visit.unit, visit.staff)
    view = _view(asked, labels, to_do)
    page = caseload.list_cases(
        visit.unit,
        visit.staff,
        view,
        after=Cursor.parse(request.args.get("after", "")),
        before=Cursor.parse(request.args.get("before", "")),
    )
    counts = caseload.count_cases(visit.unit, visit.staff)
    values = {
        "page": page,
        "labels": labels.by_case,
        "tests": rehearsals.under_way(visit.unit),
        "statuses": {status: words(status) for status in CaseStatus},
        "tasks": tasks.first_due(visit.unit, visit.staff, [line.id for line in page.lines]) if to_do else {},
        "glance": [*_glance(counts, view), *_glance_at_tasks(to_do, asked, visit.unit.today)],
        "tabs": _tabs(asked, counts, view),
        "fields": _fields(visit, asked, labels),
        "asked": asked,
        "filtered": bool(view.filters),
        "everything": _address({}),
        "back": page.back and _address(asked, before=page.back.text()),
        "onward": page.onward and _address(asked, after=page.onward.text()),
        "order": view.order,
        "window": caseload.WINDOW,
        "today": visit.unit.today,
        "unsigned": awaits_undertaking(visit.unit, visit.staff),
        "renewals": departures.count_waiting(visit.unit, visit.staff),
        "owed": hand_again.owed(visit.unit, visit.staff),
    }
    return Page("casework/list.html", values)


def _asked() -> dict[str, str]:
    """What the address says of the view, else as much of it as stays; from then on the view that is kept."""
    given = {name: request.args[name] for name in NAMES if request.args.get(name)}
    kept = session.get(_KEPT, {})
    if _LEFT in request.args:
        return dict(kept)
    if not any(name in request.args for name in NAMES):
        given = {name: kept[name] for name in _STAYS if name in kept}
    if given != kept:
        session[_KEPT] = given
    return given


def _view(asked: Asked, labels: OwnLabels, to_do: Mapping[bytes, date]) -> View:
    """Whatever is no choice of a filter's is as if it had not been asked for."""
    only = labels.cases(asked["label"]) if "label" in asked else None
    if "tasks" in asked:
        only = [case for case in to_do if only is None or case in only]
    status, priority, order = (asked.get(name, "") for name in ("status", "priority", "order"))
    return View(
        mine=asked.get("view") == MINE,
        status=CaseStatus(status) if status in set(CaseStatus) else None,
        channel=_id(asked.get("channel", "")),
        priority=Priority(priority) if priority in set(Priority) else None,
        overdue="overdue" in asked,
        unread="unread" in asked,
        cases=only,
        soon="soon" in asked,
        order=Order(order) if order in set(Order) else Order.RECEIVED,
    )


def _id(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) or None
    except ValueError:
        return None


def _address(asked: Asked, **more: str | None) -> str:
    """The list with this view. It always says something of it, so that it is never taken for the one that was left."""
    said = {"view": ALL, **asked, **more}
    query = urlencode({name: value for name, value in said.items() if value})
    return f"{url_for('casework.list_cases')}?{query}"


def _narrowed(view: View) -> bool:
    """Whether the view holds back more than a status or a scope does: then the counts of all are not its own."""
    return bool(view.filters.keys() - {"mine", "status"})


def _shown(count: int) -> str:
    return f"{count:,}" if count < COUNT_CAP else f"{COUNT_CAP - 1:,}+"


def _glance(counts: Counts, view: View) -> list[dict[str, Any]]:
    """How things stand, each a way to see just that."""
    lines = (
        (gettext("Unread"), counts.unread, {"unread": "1"}, view.unread),
        (gettext("Overdue"), counts.overdue, {"overdue": "1", "order": Order.DUE.value}, view.overdue),
        (gettext("Due within 7 days"), counts.soon, {"soon": "1", "order": Order.DUE.value}, view.soon),
    )
    return [
        {"text": text, "count": _shown(count), "any": count > 0, "href": _address(asked), "current": current}
        for text, count, asked, current in lines
    ]


def _glance_at_tasks(to_do: Mapping[bytes, date], asked: Asked, today: date) -> list[dict[str, Any]]:
    """Cases in which there is something to do, when there are any; and whether one should have been done by now."""
    if not to_do:
        return []
    late = sum(due < today for due in to_do.values())
    text = gettext("With a task of mine")
    return [
        {
            "text": text,
            "count": _shown(len(to_do)) if len(to_do) < tasks.LISTED else f"{tasks.LISTED}+",
            "late": late and ngettext("%(num)s overdue", "%(num)s overdue", late),
            "any": True,
            "href": _address({"tasks": "1"}),
            "current": "tasks" in asked,
        }
    ]


def _tabs(asked: Asked, counts: Counts, view: View) -> list[dict[str, Any]]:
    """A scope or a status each; the rest of the view stays as it is."""
    capped = any(count >= COUNT_CAP for count in counts.by_status.values())
    total = COUNT_CAP if capped else sum(counts.by_status.values())
    everything = {"view": ALL, "status": None}
    tabs: list[tuple[str, int, dict[str, str | None], bool]] = [
        (gettext("All"), total, everything, not view.mine and view.status is None),
        (gettext("Mine"), counts.mine, {"view": MINE, "status": None}, view.mine),
    ]
    tabs += [
        (words(status), counts.by_status[status], {"view": ALL, "status": status.value}, view.status is status)
        for status in CaseStatus
    ]
    return [
        {
            "text": text,
            "count": "" if _narrowed(view) else _shown(count),
            "href": _address(asked, **said),
            "current": current,
        }
        for text, count, said, current in tabs
    ]


def _fields(visit: Visit, asked: Asked, labels: OwnLabels) -> list[dict[str, Any]]:
    """What can be chosen from: for each its name, its words and its choices."""
    thai = visit.locale is Locale.THAI
    channels = rosters.channels_by_id(visit.unit).values()
    named = [(channel.id.hex(), channel.name_th if thai else channel.name_en) for channel in channels]
    fields: list[tuple[str, str, Iterable[tuple[str, Any]]]] = [
        ("channel", gettext("Channel"), [("", gettext("All channels")), *named]),
        (
            "priority",
            gettext("Priority"),
            [("", gettext("All priorities")), *((p.value, words(p)) for p in Priority)],
        ),
        ("label", gettext("My label"), [("", gettext("All labels")), *labels.by_tag.items()]),
        ("order", gettext("Order"), [(order.value, text) for order, text in _ORDERS.items()]),
    ]
    return [
        {
            "name": name,
            "text": text,
            "choices": [
                {"value": value, "text": said, "chosen": value == asked.get(name, "")} for value, said in items
            ],
        }
        for name, text, items in fields
        if name != "label" or labels.by_tag
    ]
