"""A receipt that was never issued, one whose case is gone and one that is mistyped: what each answer tells, and how long it takes."""

import re
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable

import pytest
from flask import Flask

from crypto import Receipt
from tests.cast import Cast, Report
from tests.web.conftest import Browser

SAMPLES = 200


@pytest.fixture
def erased(cast: Cast, stolen: sqlite3.Connection) -> Report:
    """A case of which nothing is left, as an erasure leaves it."""
    report = cast.report()
    stolen.execute("DELETE FROM cases WHERE id = ?", (report.case,))
    return report


def _mistyped(receipt: Receipt) -> str:
    text = receipt.grouped()
    return ("0" if text[0] != "0" else "2") + text[1:]


def _answer(browser: Browser, code: str) -> tuple[int, str, dict[str, str], float]:
    began = time.perf_counter()
    answer = browser.post("/en/inbox", {"code": code})
    took = time.perf_counter() - began
    return answer.status_code, answer.text.replace(code, "CODE"), dict(answer.headers), took


@pytest.fixture
def samples(app: Flask, cast: Cast, erased: Report) -> dict[str, list[tuple[int, str, dict[str, str], float]]]:
    """In turn, so that whatever else the machine does falls on all three alike."""
    for _ in range(20):
        cast.report()
    kinds: dict[str, Callable[[], str]] = {
        "unknown": lambda: Receipt.generate().grouped(),
        "erased": erased.receipt.grouped,
        "mistyped": lambda: _mistyped(Receipt.generate()),
    }
    taken: dict[str, list[tuple[int, str, dict[str, str], float]]] = {kind: [] for kind in kinds}
    for _ in range(SAMPLES):
        for kind, code in kinds.items():
            taken[kind].append(_answer(Browser(app.test_client()), code()))
    return taken


def test_unknown_looks_the_same_as_erased_and_takes_as_long(
    samples: dict[str, list[tuple[int, str, dict[str, str], float]]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every byte is the same. The times overlap: knowing one, nobody could tell which it was."""
    pages = {kind: {(status, _still(text)) for status, text, _, _ in taken} for kind, taken in samples.items()}
    headers = {kind: {_names(header) for _, _, header, _ in taken} for kind, taken in samples.items()}
    assert pages["unknown"] == pages["erased"]
    assert headers["unknown"] == headers["erased"] == headers["mistyped"]
    assert len(pages["unknown"]) == 1
    assert pages["mistyped"].isdisjoint(pages["unknown"])
    times = {kind: sorted(took for *_, took in taken) for kind, taken in samples.items()}
    with capsys.disabled():
        for kind, took in times.items():
            low, middle, high = took[SAMPLES // 10], statistics.median(took), took[-SAMPLES // 10]
            sys.stdout.write(
                f"\n{kind}: {low * 1e3:.2f} to {high * 1e3:.2f} ms (10 %, 90 %), median {middle * 1e3:.2f} ms"
            )
    unknown, erased = times["unknown"], times["erased"]
    spread = unknown[-SAMPLES // 4] - unknown[SAMPLES // 4]
    assert abs(statistics.median(unknown) - statistics.median(erased)) < max(spread, 0.001)


def _still(text: str) -> str:
    """What was typed comes back to be compared; nothing else may differ."""
    return re.sub(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){6}", "CODE", text)


def _names(headers: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in headers.items() if name not in {"Date", "Content-Length"}))
