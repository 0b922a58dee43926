"""A name that nobody has, a wrong passphrase, and an account that may not sign in: what each answer tells, and what each costs.

No time is asserted. A time follows from what is done, so that is compared: runs of Argon2id, statements, rows, commits. The clock's own
word is in the bench (`tests/bench/test_2_sign_in.py`).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from complaints.models import Account
from complaints.services import accounts, backoff, invitations, second_factors
from complaints.services.access_log import Entry
from complaints.services.unit import Units
from complaints.vocabulary import AccountState, Event, Role
from crypto import AccountSeed, WrongPassphrase
from tests.cast import Cast
from tests.web.conftest import Browser

SIGN_IN = "/staff/sign-in"
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
INVITED = "Invited Person"
_VERB = re.compile(r"(INSERT INTO|DELETE FROM|UPDATE|SELECT .*? FROM|SAVEPOINT|BEGIN\b.*|\w+) *(\w*)", re.DOTALL)


@dataclass
class Work:
    """What the server did: the runs of Argon2id, by what they cost, and what the database was asked to do, in order."""

    runs: list[tuple[int, bytes]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)


@pytest.fixture
def work(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """Watches the application. Passphrases are looked up: what a run costs is in its profile, which is noted."""
    work, known = Work(), {(someone.new.locked, someone.passphrase): someone.new.seed for someone in cast.staff}

    def unlock_seed(locked: bytes, passphrase: str, *_: object) -> AccountSeed:
        work.runs.append((len(locked), locked[:2]))
        try:
            return known[locked, passphrase]
        except KeyError:
            raise WrongPassphrase from None

    def note(_c: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool) -> None:
        work.done.append(f"{_kind(statement)} x {len(parameters) if many else 1}")

    monkeypatch.setattr(accounts, "unlock_seed", unlock_seed)
    engine = app.extensions["complaints"].units.database.engine
    event.listen(engine, "before_cursor_execute", note)
    for ending in ("commit", "rollback"):
        event.listen(engine, ending, lambda _c, ending=ending: work.done.append(ending))
    yield work
    event.remove(engine, "before_cursor_execute", note)


def _kind(statement: str) -> str:
    """The verb and the table. To keep what was done since a savepoint, and to take it back, is one step either way."""
    if statement.startswith(("RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")):
        return "END OF SAVEPOINT"
    verb, table = _VERB.match(statement).groups()  # type: ignore[union-attr] # every statement begins with a word
    return f"{verb.split(maxsplit=1)[0]} {table}"


@dataclass(frozen=True)
class Try:
    name: str
    passphrase: str


@pytest.fixture
def tries(cast: Cast, units: Units) -> dict[str, Try]:
    """Everything that does not let anybody in."""
    with units.writing() as unit:
        unit.session.get_one(Account, cast.custodian.account).state = AccountState.SUSPENDED
        signing = cast.administrator.keys.signing
        invitations.invite(unit, cast.administrator.actor, signing, INVITED, frozenset({Role.INVESTIGATOR}))
    with units.writing() as unit:
        for _ in range(backoff.FREE_FAILURES + 1):
            backoff.count_mistake(unit, cast.lead.account, backoff.STRANGERS)
    return {
        "nobody's name": Try("nobody", "x"),
        "a wrong passphrase": Try(cast.triage.name, "x"),
        "suspended": Try(cast.custodian.name, cast.custodian.passphrase),
        "suspended, a wrong passphrase": Try(cast.custodian.name, "x"),
        "invited, and has no account yet": Try(INVITED, "x"),
        "has to wait": Try(cast.lead.name, cast.lead.passphrase),
        "has to wait, a wrong passphrase": Try(cast.lead.name, "x"),
        "a known name, typed otherwise": Try("ＴＲＩＡＧＥ ", "x"),
        "strange characters": Try("o'; -- \" <b>&\x00\x07\u202e\ufdfa ก็ 🜨", "x"),
        "a known name and a zero": Try(f"{cast.triage.name}\x00", "x"),
        "over-long": Try("ชื่อ" * 25_000, "x"),
        "an over-long passphrase": Try(cast.triage.name, "รหัส" * 25_000),
    }


@contextmanager
def at_noon() -> Iterator[None]:
    """The same minute for all of them."""
    with time_machine.travel(NOON, tick=False):
        yield


def answer_to(browser: Browser, tried: Try) -> TestResponse:
    return browser.post(SIGN_IN, asdict(tried))


def what_it_tells(answer: TestResponse, typed: str) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    """Status, page and headers, without the name that was typed, which comes back, and what follows from its length."""
    page, found = re.subn(r'( name="name"[^>]*? value=")([^"]*)"', r'\1"', answer.text)
    assert found == 1
    came_back = unescape(re.search(r' name="name"[^>]*? value="([^"]*)"', answer.text)[1])  # type: ignore[index]
    assert came_back == typed.replace("\x00", "")  # which no form brings
    headers = dict(answer.headers)
    assert int(headers.pop("Content-Length")) == len(answer.data)
    headers.pop("Date", None)
    return answer.status_code, page, tuple(sorted(headers.items()))


def test_every_byte_is_the_same_whatever_was_wrong(app: Flask, tries: dict[str, Try], work: Work) -> None:
    told = {}
    with at_noon():
        for what, tried in tries.items():
            answer = answer_to(Browser(app.test_client()), tried)
            told[what] = what_it_tells(answer, tried.name)
            assert answer.headers.getlist("Set-Cookie") == [], what
    first = told["nobody's name"]
    assert first[0] == 403
    assert [what for what, told_by_it in told.items() if told_by_it != first] == []


def test_the_same_is_done_whatever_was_wrong(app: Flask, units: Units, tries: dict[str, Try], work: Work) -> None:
    """As many runs of Argon2id, as dear ones; the same statements in the same order, on as many rows; as many commits."""
    answer_to(Browser(app.test_client()), tries["nobody's name"])  # what is done once a process is done
    done: dict[str, tuple[list[tuple[int, bytes]], list[str]]] = {}
    with at_noon():
        for what, tried in tries.items():
            _grow_to_an_odd_size(units)
            work.runs.clear(), work.done.clear()
            answer_to(Browser(app.test_client()), tried)
            done[what] = (list(work.runs), list(work.done))
    runs, statements = done["nobody's name"]
    assert runs == [(78, accounts._DECOY[:2])]
    assert statements.count("commit") == 1
    assert {"INSERT log_entry x 1", "INSERT log_checkpoint x 1", "DELETE sign_in_backoff x 1"} <= set(statements)
    for what, work_of_it in done.items():
        assert work_of_it == (runs, statements), what


def test_what_waits_to_join_the_log_waits_whoever_was_tried(
    app: Flask, units: Units, tries: dict[str, Try], work: Work
) -> None:
    """What reporters did the day before is taken along by an access, never by a try: one that is known would be quicker the next time."""
    done, queued = [], text("SELECT count(*) FROM log_pending")
    answer_to(Browser(app.test_client()), tries["nobody's name"])
    for what in ("nobody's name", "a wrong passphrase", "nobody's name", "a wrong passphrase"):
        with at_noon():
            for _time in range(2):  # what is queued is taken along, and counts
                _grow_to_an_odd_size(units)
        with time_machine.travel(NOON - timedelta(days=1), tick=False), units.writing() as unit:
            unit.enter_later(Event.MAILBOX_OPENED, role="reporter")
        with units.reading() as unit:
            waiting = unit.session.scalar(queued)
        with at_noon():
            work.done.clear()
            answer_to(Browser(app.test_client()), tries[what])
            done.append(list(work.done))
        with units.reading() as unit:
            assert unit.session.scalar(queued) == waiting, what
    assert all(one == done[0] for one in done)


def _grow_to_an_odd_size(units: Units) -> None:
    """An entry completes as many nodes of the tree as its place has it: after an odd number of entries, one."""
    with units.writing() as unit:
        latest = units.access_log.latest(unit.session)
        assert latest is not None
        needed = (1 - latest.size) % 4  # at sizes 4n + 1 the next entry completes one node exactly
        unit.entries.extend([Entry(Event.LOG_READ, {"day": unit.today.isoformat()})] * needed)


def test_a_first_mistake_and_a_later_one_do_the_same(
    app: Flask, units: Units, tries: dict[str, Try], work: Work
) -> None:
    done = []
    with at_noon():
        for _ in range(backoff.FREE_FAILURES + 3):
            _grow_to_an_odd_size(units)
            work.done.clear()
            answer_to(Browser(app.test_client()), tries["a wrong passphrase"])
            done.append(list(work.done))
    assert all(one == done[0] for one in done)


@pytest.mark.parametrize(
    "seen_from", ["a device of the owner's", "a device of somebody else's", "no known device", "with a code on paper"]
)
def test_where_it_is_tried_from_makes_no_difference(
    app: Flask, units: Units, cast: Cast, tries: dict[str, Try], work: Work, seen_from: str
) -> None:
    """Neither the cookie of a known device nor a code on paper tells its bearer whether the name is somebody's."""
    owner = {"a device of the owner's": cast.triage, "a device of somebody else's": cast.auditor}.get(seen_from)
    with units.writing() as unit:
        device = backoff.remember_device(unit, owner.account) if owner else None
        codes = second_factors.draw_paper(unit, cast.triage.actor) if seen_from == "with a code on paper" else [""]
    told, done = set(), []
    for what in ("nobody's name", "a wrong passphrase"):
        browser = Browser(app.test_client())
        if device is not None:
            browser.client.set_cookie(
                "__Secure-device", device.text(), domain="report.example.org", path=SIGN_IN, secure=True
            )
        _grow_to_an_odd_size(units)
        work.done.clear()
        answer = browser.post(SIGN_IN, {**asdict(tries[what]), "code": codes[0]})
        told.add(what_it_tells(answer, tries[what].name))
        done.append(list(work.done))
    assert len(told) == 1
    assert done[0] == done[1]
