"""What stands round every page: language, names, who is signed in, where they can go."""

from typing import Any
from urllib.parse import urlencode

from flask import current_app, get_flashed_messages, request, url_for

from complaints import clock
from complaints.policy import Action, Anonymous, Staff, Verdict, decide
from complaints.services.sessions import IDLE
from complaints.vocabulary import Assurance, Locale
from complaints.web.languages import lazy_gettext as _
from complaints.web.session_interface import Audience
from complaints.web.visit import Visit, application, locale_of

NAVIGATION = (
    (Action.LIST_CASES, "casework.list_cases", _("Cases")),
    (Action.TAKE_DOWN, "taking_down.form", _("Take down a report")),
    (Action.READ_COMMENTS, "comments.list_comments", _("Comments")),
    (Action.SEE_ACCOUNTS, "administration.list_accounts", _("Accounts")),
    (Action.SEE_CHANNELS, "administration.list_channels", _("Channels")),
    (Action.SEE_REQUESTS, "requests.list_requests", _("Requests")),
    (Action.SEE_RECOVERIES, "recovery.list_asking", _("Lost passphrases")),
    (Action.SEE_SET_UP, "set_up.overview", _("Set-up")),
    (Action.READ_LOG, "audit.read_log", _("Access log")),
    (Action.SEE_STATISTICS, "statistics.overview", _("Statistics")),
    (Action.SEE_PROCESSORS, "processors.overview", _("Processors")),
)
"""The staff's places: whoever may do the action sees the link, and begins at the first of theirs."""


_WITHOUT_FACTOR = {Assurance.LACKING, Assurance.WAIVED}


def frame(visit: Visit | None) -> dict[str, Any]:
    """The values every template gets. Without a visit (no such address, say) the page is a stranger's."""
    locale = visit.locale if visit else locale_of(None, Anonymous())
    values: dict[str, Any] = {
        "locale": locale.value,
        "organisation": application().organisation(locale),
        "layout": "base.html",
        "notices": get_flashed_messages(),
    }
    if Audience.of(request.path) is Audience.STAFF:
        values |= {"layout": "staff_base.html", "switch_url": _switch_url(locale)}
        if visit is not None and isinstance(visit.actor, Staff):
            values |= _staff_frame(visit.actor)
    else:
        values |= _public_frame(locale)
    return values


def _public_frame(locale: Locale) -> dict[str, Any]:
    """What a page has that says of itself no more: an error. Its address may mean nothing in the other language: the start page does."""
    leave = "mailbox.leave_now" if Audience.of(request.path) is Audience.MAILBOX else "reporter.leave"
    return {
        "exit_url": url_for(leave, locale=locale),
        "home_url": url_for("reporter.home", locale=locale),
        "switch_url": url_for("reporter.home", locale=_other(locale)),
    }


def _staff_frame(actor: Staff) -> dict[str, Any]:
    return {
        "person": actor.name,
        "home_url": url_for("sign_in.home"),
        "factor_url": url_for("second_factor.overview") if actor.assurance in _WITHOUT_FACTOR else None,
        "idle": _idle() if actor.assurance is not Assurance.AWAITED else None,
        "person_url": url_for("own_account.overview"),
        "sign_out_url": url_for("sign_in.sign_out"),
        "navigation": [
            {"text": text, "href": url_for(endpoint), "current": _is_part_of(endpoint)}
            for action, endpoint, text in NAVIGATION
            if endpoint in current_app.view_functions and decide(actor, action) is Verdict.ALLOWED
        ],
    }


def _idle() -> dict[str, Any]:
    """When a session that nobody uses ends, in minutes and on the operator's clock, and how many minutes before it is said aloud."""
    ends = (clock.now() + IDLE).astimezone(clock.OPERATOR_ZONE)
    return {"minutes": int(IDLE.total_seconds()) // 60, "warned": 5, "until": f"{ends:%H:%M}"}


def _is_part_of(endpoint: str) -> bool:
    """Whether the present page lies at or below a place of the menu."""
    place = url_for(endpoint)
    return request.path == place or request.path.startswith(f"{place}/")


def _switch_url(locale: Locale) -> str | None:
    """This page in the other language; none where the page cannot simply be asked for again."""
    if request.url_rule is None or not current_app.url_map.bind("").test(request.path, "GET"):
        return None
    return f"{request.path}?{urlencode({**request.args, 'lang': _other(locale).value})}"


def _other(locale: Locale) -> Locale:
    return Locale.ENGLISH if locale is Locale.THAI else Locale.THAI
