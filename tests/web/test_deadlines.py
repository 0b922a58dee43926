"""A channel's deadlines: administrators set them, never past what the directive allows, and the check knows."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from complaints.models import Case, Channel
from complaints.services import vouching
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.unit import Units
from complaints.vocabulary import Event
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log

SignIn = Callable[[Person], Browser]


def change(browser: Browser, cast: Cast, acknowledge: str, feedback: str) -> int:
    page = f"/staff/channels/{cast.channel.hex()}"
    form = {"acknowledge_days": acknowledge, "feedback_days": feedback}
    return browser.post(f"{page}/deadlines", form, token=browser.token_on(page)).status_code


def test_they_count_for_what_arrives_afterwards(signed_in: SignIn, cast: Cast, units: Units, log: Log) -> None:
    before = cast.report()
    assert change(signed_in(cast.administrator), cast, "๓", " 60 ") == 303
    after = cast.report()
    with units.reading() as unit:
        days = [
            (case.acknowledge_by - case.received, case.feedback_by - case.received)
            for case in (unit.session.get_one(Case, report.case) for report in (before, after))
        ]
    assert days == [(timedelta(7), timedelta(90)), (timedelta(3), timedelta(60))]
    assert [entry["reason"] for entry in log.entries(Event.DEADLINES_CHANGED)] == ["7 90 -> 3 60"]


@pytest.mark.parametrize(
    ("acknowledge", "feedback"),
    [("8", "90"), ("7", "91"), ("0", "9"), ("", ""), ("-1", "9"), ("5", "4"), ("x", "9" * 9)],
)
def test_no_longer_than_allowed(signed_in: SignIn, cast: Cast, log: Log, acknowledge: str, feedback: str) -> None:
    assert change(signed_in(cast.administrator), cast, acknowledge, feedback) == 400
    assert not log.entries(Event.DEADLINES_CHANGED)


@pytest.mark.parametrize("name", ["lead", "custodian", "auditor"])
def test_nobody_else_sets_them(signed_in: SignIn, cast: Cast, log: Log, name: str) -> None:
    browser = signed_in(getattr(cast, name))
    form = {"acknowledge_days": "1", "feedback_days": "1"}
    token = browser.token_on("/staff/account")
    assert browser.post(f"/staff/channels/{cast.channel.hex()}/deadlines", form, token=token).status_code == 403
    assert not log.entries(Event.DEADLINES_CHANGED)


def test_a_channel_that_is_not_there(signed_in: SignIn, cast: Cast) -> None:
    browser = signed_in(cast.administrator)
    form = {"acknowledge_days": "1", "feedback_days": "1"}
    token = browser.token_on("/staff/account")
    assert browser.post(f"/staff/channels/{'0' * 32}/deadlines", form, token=token).status_code == 404


def test_what_the_log_does_not_say_is_found(signed_in: SignIn, cast: Cast, units: Units, access_log: AccessLog) -> None:
    change(signed_in(cast.administrator), cast, "3", "60")
    with units.reading() as unit:
        assert list(examine(unit, access_log)) == []
    with units.writing() as unit:
        row = unit.session.get_one(Channel, cast.channel)
        row.feedback_days = 90
        row.vouched = vouching.for_channel(unit.secrets, row)
    with units.reading() as unit:
        assert [found.area for found in examine(unit, access_log)] == ["channel"]
