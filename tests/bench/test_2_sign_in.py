"""Signing in: whether an answer's time tells a name that is somebody's, and what everybody else notices while many sign in at once."""

import random
import statistics
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from complaints.services import backoff
from tests.bench.conftest import FULL
from tests.bench.figures import Figure, Meter, Run, with_times
from tests.bench.reading import reading
from tests.installed import Installed
from tests.served import Served

pytestmark = pytest.mark.bench

SIGN_IN = "/staff/sign-in"
SAMPLES = 200 if FULL else 30
"""Of each kind. A short run tells a difference that anybody would notice, and no smaller one."""
SPLITS = 400
AT_ONCE, ROUNDS = 50, 4 if FULL else 2
WATCHED = ("/th/", "/th/form", "/staff/cases", "/health/ready")
QUIET = 2.0
"""Seconds in which pages are read while nobody signs in, to compare with."""


# -- What a time tells -----------------------------------------------------------------------------------------------


def test_what_the_time_tells_of_a_name(run: Run, bench: Installed, server: Served) -> None:
    """In turn, so that whatever else the machine does falls on all kinds alike; each from a connection that is open already."""
    known = bench.cast.triage
    forms = {
        "nobody's name": [("name", "nobody"), ("passphrase", "x")],
        "a wrong passphrase": [("name", known.name), ("passphrase", "x")],
        "an account that has to wait": [("name", bench.cast.custodian.name), ("passphrase", "x")],
    }
    taken: dict[str, list[float]] = {kind: [] for kind in forms}
    with server.browser() as browser:
        browser.get(SIGN_IN)
        for _ in range(SAMPLES):
            _set_back(bench)
            for kind in random.sample(list(forms), len(forms)):
                started = time.perf_counter()
                browser.post(SIGN_IN, forms[kind], expect=403)
                taken[kind].append(time.perf_counter() - started)
    unknown = taken["nobody's name"]
    low, high = _noise_of(unknown)
    for kind, times in taken.items():
        figure = with_times(Figure(f"refused: {kind}", count=len(times), seconds=round(sum(times), 3)), times)
        figure.per_second = round(len(times) / sum(times), 1)
        if times is not unknown:
            told = f"{_chance_to_be_slower(times, unknown):.3f}"
            figure.more = {
                "slower than nobody's, of all pairs": told,
                "halves of nobody's, 95 %": f"{low:.3f}-{high:.3f}",
            }
        run.add(figure)


def _set_back(bench: Installed) -> None:
    """One account has made no mistake yet, the other waits: each sample is what its name says."""
    triage, custodian = bench.cast.triage.account, bench.cast.custodian.account
    with bench.units.writing() as unit:
        backoff.forget_all_mistakes(unit, triage)
        backoff.forget_all_mistakes(unit, custodian)
        for _ in range(backoff.FREE_FAILURES + 1):
            backoff.count_mistake(unit, custodian, backoff.STRANGERS)


def _chance_to_be_slower(times: Sequence[float], others: Sequence[float]) -> float:
    """Of all pairs, in how many the first is the slower one (the area under the curve that tells them apart). 0.5: nothing is told."""
    won = sum((a > b) + (a == b) / 2 for a in times for b in others)
    return won / (len(times) * len(others))


def _noise_of(times: list[float]) -> tuple[float, float]:
    """Between what the same figure lies for two halves of one group, which have nothing to tell, in 95 of 100 divisions."""
    halves, found = list(times), []
    for _ in range(SPLITS):
        random.shuffle(halves)
        found.append(_chance_to_be_slower(halves[::2], halves[1::2]))
    cuts = statistics.quantiles(found, n=40)
    return cuts[0], cuts[-1]


# -- Many at once ----------------------------------------------------------------------------------------------------


def test_others_while_many_sign_in(run: Run, bench: Installed, server: Served, meter: Meter) -> None:
    """Fifty at once, over and over, half of them with the right passphrase; meanwhile others read pages, as before."""
    pages = {path: bench.cookie(bench.cast.lead) if path.startswith("/staff/") else "" for path in WATCHED}
    with reading(server.port, pages) as quiet:
        time.sleep(QUIET)
    right = [("name", bench.cast.lead.name), ("passphrase", bench.cast.lead.passphrase)]
    wrong = [("name", "nobody"), ("passphrase", "x")]
    answers: dict[int, list[float]] = {}
    server.forget_peak()
    before = server.peak_mib()
    with reading(server.port, pages) as busy, meter.watching("", AT_ONCE * ROUNDS, AT_ONCE) as figure:
        for _ in range(ROUNDS):
            _sign_in_at_once(server, [right, wrong] * (AT_ONCE // 2), answers)
    assert answers.keys() <= {303, 403, 503}
    assert answers.keys() & {303, 403}, "nobody was let in, nor told that they are not"
    served = [took for status in (303, 403) for took in answers.get(status, [])]
    figure.name = f"sign in, {AT_ONCE} at once"
    figure.more = {"served": len(served), "answered 503": len(answers.get(503, []))}
    figure.more |= {"memory +MiB": round(server.peak_mib() - before, 1)}
    run.add(with_times(figure, served))
    for when, read in (("before", quiet), (f"while {AT_ONCE} sign in at once", busy)):
        for path, times in read.items():
            run.add(with_times(Figure(f"GET {path} {when}", count=len(times)), times))
        together = [took for times in read.values() for took in times]
        run.add(with_times(Figure(f"all of these {when}", count=len(together)), together))


def _sign_in_at_once(server: Served, forms: list[list[tuple[str, str]]], answers: dict[int, list[float]]) -> None:
    """Each in a browser of its own, whose connection is open; all set off together. Notes what each was answered, and after how long."""
    ready = threading.Barrier(len(forms))

    def act(form: list[tuple[str, str]]) -> tuple[int, float]:
        with server.browser() as browser:
            browser.get("/health/live")
            ready.wait()
            started = time.perf_counter()
            status = browser.post(SIGN_IN, form, expect=None).status
            return status, time.perf_counter() - started

    with ThreadPoolExecutor(len(forms)) as pool:
        for status, took in pool.map(act, forms):
            answers.setdefault(status, []).append(took)
