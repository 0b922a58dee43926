"""The ladder that every endpoint of casework is put to: who may come in, and what everybody else meets, in the same order."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from complaints.policy import Action
from complaints.vocabulary import Event
from tests.cast import Cast, Person, Report
from tests.web.conftest import Browser, Log

SignedIn = Callable[[Person], Browser]
NO_CASE = bytes(range(16))


def without_token(page: str) -> str:
    """A page as it would be at any second: the token against forgery bears the time, and the page says when an unused session ends."""
    page = re.sub(r'(class="idle__until">)[^<]*<', r"\1<", page)
    return re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1", page)


class Ladder:
    """To be subclassed beside a fixture `report`: a case that is open to the lead, and to no `unassigned`."""

    path: ClassVar[str]
    """With `{case}` where the case's id stands."""
    action: ClassVar[Action]
    method: ClassVar[str] = "GET"
    form: ClassVar[dict[str, Any]] = {}
    wrong_methods: ClassVar[tuple[str, ...]] = ("PUT", "PATCH", "DELETE", "OPTIONS")
    keeps_what_was_typed: ClassVar[bool] = False
    has_words: ClassVar[bool] = False
    """Whatever is posted with words in it after the session has ended, they are given back."""

    def at(self, case: bytes | str) -> str:
        return self.path.format(case=case.hex() if isinstance(case, bytes) else case)

    def ask(self, browser: Browser, case: bytes | str, **headers: str) -> Any:
        if self.method == "GET":
            return browser.get(self.at(case), headers=headers)
        token = browser.token_on("/staff/cases") if browser.cookie("__Host-staff") else None
        return browser.post(self.at(case), self.form, token=token, headers=headers)

    def test_a_stranger_is_led_to_the_sign_in(self, browser: Browser, report: Report) -> None:
        answer = (
            browser.get(self.at(report.case)) if self.method == "GET" else browser.post(self.at(report.case), self.form)
        )
        if self.keeps_what_was_typed or self.has_words:
            assert answer.status_code == 403
        else:
            assert answer.status_code == 303
            assert answer.location.startswith("/staff/sign-in")
        assert report.reference not in answer.text

    @pytest.mark.parametrize("name", ["administrator", "auditor", "custodian"])
    def test_another_role_is_told_no_before_anything_is_fetched(
        self, name: str, cast: Cast, signed_in: SignedIn, log: Log, report: Report
    ) -> None:
        person: Person = getattr(cast, name)
        browser = signed_in(person)
        for case in (report.case, NO_CASE):
            answer = browser.get(self.at(case)) if self.method == "GET" else browser.post(self.at(case), self.form)
            assert answer.status_code == 403
            assert report.reference not in answer.text
        denied = log.entries(Event.DENIED)
        assert [entry["actor"] for entry in denied] == [person.account.hex()] * 2
        assert {entry["subject"] for entry in denied} == {self.action.value}
        assert not log.entries(Event.CASE_OPENED)

    def test_a_wrong_method_finds_nothing(self, cast: Cast, signed_in: SignedIn, report: Report) -> None:
        browser = signed_in(cast.lead)
        for method in self.wrong_methods:
            answer = browser.client.open(self.at(report.case), method=method, base_url="https://report.example.org")
            assert answer.status_code == 405, method


class CaseLadder(Ladder):
    """The same, for what concerns one case."""

    def test_an_investigator_without_a_grant_meets_what_a_missing_case_gives(
        self, cast: Cast, signed_in: SignedIn, log: Log, report: Report
    ) -> None:
        browser = signed_in(cast.unassigned)
        theirs, missing = self.ask(browser, report.case), self.ask(browser, NO_CASE)
        assert (theirs.status_code, missing.status_code) == (404, 404)
        assert without_token(theirs.text).replace(report.case.hex(), NO_CASE.hex()) == without_token(missing.text)
        subjects = [entry["subject"] for entry in log.entries(Event.DENIED)]
        assert subjects == [f"case:{NO_CASE.hex()}", f"case:{report.case.hex()}"]

    @pytest.mark.parametrize("wrong", ["0", "zz" * 16, "00" * 15, "00" * 17, "AB" * 16, "%2e%2e"])
    def test_what_is_no_id_is_no_address(self, wrong: str, cast: Cast, signed_in: SignedIn) -> None:
        assert self.ask(signed_in(cast.lead), wrong).status_code == 404


class FormLadder(CaseLadder):
    """The same, for what is posted."""

    method = "POST"
    event: ClassVar[Event]
    """What the log would say, had it been done."""

    def test_a_form_without_its_token_does_nothing(
        self, cast: Cast, signed_in: SignedIn, log: Log, report: Report
    ) -> None:
        answer = signed_in(cast.lead).post(self.at(report.case), self.form)
        assert answer.status_code == (403 if self.keeps_what_was_typed else 400)
        assert not log.entries(self.event)

    def test_a_form_of_another_site_is_refused_unread(
        self, cast: Cast, signed_in: SignedIn, log: Log, report: Report
    ) -> None:
        browser = signed_in(cast.lead)
        token = browser.token_on("/staff/cases")
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            answer = browser.post(self.at(report.case), self.form, token=token, headers=headers)
            assert answer.status_code == 403
            assert "CANARY" not in answer.text
        assert not log.entries(self.event)
