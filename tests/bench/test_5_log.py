"""The access log: how fast it grows, and how long it takes to compute again."""

import time
from datetime import date

import pytest

from complaints.services.access_log import Entry
from complaints.services.log_verification import verify
from complaints.vocabulary import Event
from tests.bench.conftest import FULL
from tests.bench.figures import Meter, Run
from tests.installed import Installed

pytestmark = pytest.mark.bench

APPENDS = 2_000 if FULL else 500
ENTRIES = 1_000_000 if FULL else 20_000
BATCH = 2_000


def _entry() -> Entry:
    fields = {"day": "2026-11-22", "time": "2026-11-22T08:30Z", "actor": "0" * 32, "role": "investigator"}
    return Entry(Event.CASE_OPENED, {**fields, "pseudonym": "2", "case": "1" * 32, "channel": "2" * 32})


def test_appends(run: Run, bench: Installed) -> None:
    def append() -> None:
        with bench.units.writing() as unit:
            unit.entries.append(_entry())

    figure = run.add(Meter(time.process_time).measure("log append, one a transaction", [append] * APPENDS))
    figure.limit, figure.unit = "durable commits", "entries"
    figure.share = round(figure.per_second / run.rate("limit: durable commits"), 3)


def test_verification(run: Run, bench: Installed) -> None:
    log = bench.units.access_log
    for _ in range(ENTRIES // BATCH):
        with bench.database.writing() as session:
            log.append(session, [_entry() for _ in range(BATCH)], date(2026, 11, 22))
    meter = Meter(time.process_time)
    with bench.units.reading() as unit:
        size = (log.latest(unit.session) or pytest.fail("the log is empty")).size
        with meter.watching("log verification", size, unit="entries") as figure:
            found = verify(unit.session, log)
    assert found.problems == ()
    assert found.size == size
    figure.limit = "verifying each checkpoint's signature"
    figure.share = round(figure.per_second / run.rate("limit: Ed25519 verifications"), 3)
    run.add(figure)
