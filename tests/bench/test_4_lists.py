"""Lists and search, for a reader of 1 % and one of 60 % of the cases, as the organisation grows. Runs after the requests: it fills the database."""

import time
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from complaints import clock
from complaints.models import CaseloadRow
from complaints.services import intake, search
from crypto import Receipt
from tests.bench.conftest import FULL
from tests.bench.figures import Crowd, Figure, Meter, Run, with_times
from tests.bench.filling import fill
from tests.installed import Installed
from tests.served import Answer, Browser, Served

pytestmark = pytest.mark.bench

SIZES = (1_000, 100_000, 1_000_000) if FULL else (1_000,)
SEARCHED = 1_000
"""Cases that can be opened, all of which one reader holds."""
POSTS = 5 if FULL else 2
"""Of a search that would take hours: each takes what the ones before it took."""
ABSENT = "เปลวแดดระยิบ"
"""What nobody wrote: a search for it looks through everything."""
REQUESTS = 200 if FULL else 100
SEARCH = "/staff/cases/search"
VIEWS = {
    "by status": "status=investigating",
    "unread, by deadline": "unread=1&order=due",
    "of high priority, which none is: a whole window": "priority=high",
}


def test_search_to_its_end(run: Run, bench: Installed, server: Served, meter: Meter) -> None:
    """Through every case that the channel's lead holds, post after post, as somebody does who presses the button until there is none."""
    _receive(bench, SEARCHED - _held_by_lead(bench))
    with Browser(server.port, bench.cookie(bench.cast.lead)) as browser:
        held, times = _held_by_lead(bench), []
        with meter.watching(f"search to its end, {held:,} cases held", held, unit="cases") as figure:
            page = browser.get(SEARCH)
            while page is not None:
                started = time.perf_counter()
                page = _look(browser, page)
                times.append(time.perf_counter() - started)
                page = page if 'name="after"' in page.text else None
    figure.more = {"posts": len(times)}
    run.add(with_times(figure, times))


def _held_by_lead(bench: Installed) -> int:
    with bench.units.reading() as unit:
        own = select(func.count()).where(CaseloadRow.account_id == bench.cast.lead.account)
        return unit.session.scalar(own) or 0


def _receive(bench: Installed, count: int) -> None:
    """Reports of some length, sealed as ever, and stored many at a time."""
    draft = bench.cast.draft(narrative=dict(bench.answers())["narrative"])
    with bench.units.reading() as unit:
        sealed = [intake.prepare(unit, draft, Receipt.generate()) for _ in range(count)]
    with bench.units.writing() as unit:
        for report in sealed:
            intake.receive(unit, report)


def _look(browser: Browser, page: Answer) -> Answer:
    """Presses the button: the first, or the one that goes on."""
    carried = [(name, page.value(name)) for name in ("after", "looked", "found") if f'name="{name}"' in page.text]
    return browser.post(SEARCH, [("csrf_token", page.value("csrf_token")), ("terms", ABSENT), *carried])


@pytest.fixture(scope="module")
def newest(bench: Installed) -> None:
    """As many cases as the first posts open, which both readers investigate, newer than all that lists are filled with."""
    few, many = bench.cast.unassigned, bench.cast.second_investigator
    for _ in range(search.AT_ONCE * POSTS):
        bench.cast.assign(bench.cast.report(), {few: False, many: False})


@pytest.mark.parametrize("cases", SIZES)
@pytest.mark.usefixtures("newest")
def test_list_pages(run: Run, bench: Installed, server: Served, meter: Meter, cases: int) -> None:
    few, many = bench.cast.unassigned, bench.cast.second_investigator
    there = SIZES[SIZES.index(cases) - 1] if cases != SIZES[0] else 0
    fill(
        bench.database.engine,
        bench.cast.channel,
        {few.account: 0.01, many.account: 0.6},
        cases - there,
        clock.today() - timedelta(days=1),
    )
    for person, share in ((few, "1 %"), (many, "60 %")):
        for clients in (1, 4, 16) if person is many else (1,):
            with Crowd(server, bench.cookie(person)) as crowd:
                pages = crowd.each(lambda browser: browser.get("/staff/cases"), REQUESTS)
                run.add(meter.measure(f"list, {cases:,} cases, reader of {share}", pages, clients=clients))
        for name, query in VIEWS.items():
            with Crowd(server, bench.cookie(person)) as crowd:
                pages = crowd.each(partial(_see, query=query), REQUESTS)
                run.add(meter.measure(f"list {name}, {cases:,} cases, reader of {share}", pages))

        with Browser(server.port, bench.cookie(person)) as browser:
            pages, times = [browser.get(SEARCH)], []
            for _ in range(POSTS):
                started = time.perf_counter()
                pages.append(_look(browser, pages[-1]))
                times.append(time.perf_counter() - started)
        figure = Figure(f"first posts of a search, {cases:,} cases, reader of {share}", unit="posts", count=POSTS)
        figure.more = {"cases looked through": pages[-1].value("looked")}
        run.add(with_times(figure, times))


def _see(browser: Browser, query: str) -> None:
    browser.get(f"/staff/cases?{query}")
