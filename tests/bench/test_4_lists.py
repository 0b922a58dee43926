"""The list of cases, for a reader of 1 % and one of 60 % of them, as the organisation grows. Runs after the requests: it fills the database."""

from functools import partial

import pytest

from complaints import clock
from tests.bench.conftest import FULL
from tests.bench.figures import Crowd, Meter, Run
from tests.bench.filling import fill
from tests.installed import Installed
from tests.served import Browser, Served

pytestmark = pytest.mark.bench

SIZES = (1_000, 100_000, 1_000_000) if FULL else (1_000, 100_000)
REQUESTS = 200 if FULL else 100
VIEWS = {
    "by status": "status=investigating",
    "unread, by deadline": "unread=1&order=due",
    "of high priority, which none is: a whole window": "priority=high",
}


@pytest.mark.parametrize("cases", SIZES)
def test_list_pages(run: Run, bench: Installed, server: Served, meter: Meter, cases: int) -> None:
    few, many = bench.cast.unassigned, bench.cast.second_investigator
    there = SIZES[SIZES.index(cases) - 1] if cases != SIZES[0] else 0
    fill(
        bench.database.engine, bench.cast.channel, {few.account: 0.01, many.account: 0.6}, cases - there, clock.today()
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


def _see(browser: Browser, query: str) -> None:
    browser.get(f"/staff/cases?{query}")
