"""Where reminders go: given, changed and taken out by the account's owner, with the passphrase again."""

from collections.abc import Callable

import pytest

from complaints.services import reminders
from complaints.services.unit import Units
from complaints.vocabulary import Event
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log

SignIn = Callable[[Person], Browser]
ADDRESS, ACCOUNT = "/staff/account/address", "/staff/account"


def save(browser: Browser, email: str, passphrase: str) -> int:
    form = {"email": email, "passphrase": passphrase}
    return browser.post(ADDRESS, form, token=browser.token_on(ADDRESS)).status_code


def test_it_is_given_shown_and_taken_out(signed_in: SignIn, cast: Cast, units: Units, log: Log) -> None:
    browser, owner = signed_in(cast.lead), cast.lead
    assert "lead@example.org" not in browser.get(ACCOUNT).text
    assert save(browser, " lead@example.org ", owner.passphrase) == 303
    assert "lead@example.org" in browser.get(ACCOUNT).text
    assert save(browser, "", owner.passphrase) == 303
    with units.reading() as unit:
        assert reminders.address_of(unit, owner.actor) == ""
    assert len(log.entries(Event.ADDRESS_CHANGED)) == 2


@pytest.mark.parametrize(("email", "right"), [("lead@example.org", False), ("lead at example", True)])
def test_nothing_changes_without_the_passphrase_or_an_address(
    signed_in: SignIn, cast: Cast, log: Log, email: str, right: bool
) -> None:
    browser = signed_in(cast.lead)
    answer = browser.post(
        f"{ADDRESS}?lang=en",
        {"email": email, "passphrase": cast.lead.passphrase if right else "not the passphrase"},
        token=browser.token_on(ADDRESS),
    )
    assert answer.status_code == 400
    assert f'value="{email}"' in answer.text
    assert not log.entries(Event.ADDRESS_CHANGED)
