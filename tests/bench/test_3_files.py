"""Files up and down: how fast, in how much memory, and what others who write notice. And what a browser has to fetch."""

import gzip
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from complaints.models import File
from tests.bench.conftest import FULL
from tests.bench.figures import Figure, Meter, Run, with_times
from tests.cast import Report
from tests.installed import Installed, to_send
from tests.served import Browser, Served

pytestmark = pytest.mark.bench

MB = 1_000_000
SIZES = (100 * MB, 1000 * MB) if FULL else (100 * MB,)


@pytest.mark.parametrize("size", SIZES)
def test_a_file_up_and_down(run: Run, bench: Installed, server: Served, meter: Meter, noise: bytes, size: int) -> None:
    form, name = bench.answers(), f"{size // MB:,} MB"
    report = bench.cast.report()
    server.forget_peak()
    before = server.peak_mib()
    with (
        _others_writing(bench, server, report) as others,
        server.browser() as browser,
        meter.watching(f"upload {name}, beside other writers", size // MB, unit="MB") as figure,
    ):
        checked = browser.upload("/th/form/check", form, size, noise)
    figure.more = {"memory +MiB": round(server.peak_mib() - before, 1)}
    batches = run.find("limit: blobs in, 4 MiB a transaction")
    assert batches is not None
    figure.limit, figure.share = "blobs in", round(figure.per_second * MB / (batches.per_second * 4 * 1024 * 1024), 3)
    run.add(figure)
    run.add(with_times(Figure(f"others open a case meanwhile ({name})", count=len(others)), others))
    with server.browser() as browser:
        browser.post_parts("/th/form/send", to_send(form, checked))
    _download(run, bench, server, meter, size)


def _download(run: Run, bench: Installed, server: Served, meter: Meter, size: int) -> None:
    server.forget_peak()
    before = server.peak_mib()
    with Browser(server.port, bench.cookie(bench.cast.lead)) as browser:
        path = _largest_file(bench)
        with meter.watching(f"download {size // MB:,} MB", size // MB, unit="MB") as figure:
            assert browser.download(path, len) == size
    figure.more = {
        "memory +MiB": round(server.peak_mib() - before, 1),
        "MiB/s": round(size / figure.seconds / 2**20, 1),
    }
    run.add(figure)


def _largest_file(bench: Installed) -> str:
    """The address of the largest file that a report has claimed: the one that was just sent."""
    with bench.units.reading() as unit:
        claimed = select(File.case_id, File.id).where(File.case_id.is_not(None))
        case, file = unit.session.execute(claimed.order_by(File.chunks.desc()).limit(1)).one()
    return f"/staff/cases/{case.hex()}/files/{file.hex()}"


@contextmanager
def _others_writing(bench: Installed, server: Served, report: Report) -> Iterator[list[float]]:
    """The lead opens a case over and over, which writes to the access log. Yields how long each took, in seconds."""
    times: list[float] = []
    done = threading.Event()

    def work() -> None:
        with Browser(server.port, bench.cookie(bench.cast.lead)) as browser:
            while not done.is_set():
                started = time.perf_counter()
                browser.get(f"/staff/cases/{report.case.hex()}")
                times.append(time.perf_counter() - started)
                done.wait(0.05)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield times
    finally:
        done.set()
        thread.join()
    assert times, "nobody else got anything done"


@pytest.mark.parametrize("path", ["/th/", "/th/form", "/th/notice", "/th/inbox", "/staff/sign-in", "/staff/cases"])
def test_page_weight(run: Run, bench: Installed, server: Served, path: str) -> None:
    """The page itself, and everything it links to on this site, as it is and compressed as a proxy may send static files."""
    with Browser(server.port, bench.cookie(bench.cast.lead) if path == "/staff/cases" else "") as browser:
        page = browser.get(path)
        figure = Figure(f"weight of {path}", unit="bytes", count=len(page.body))
        links = re.findall(r'(?:src|href)="(/static/[^"]+\.(?:css|js))"', page.text)
        bodies = {link: browser.get(link).body for link in dict.fromkeys(links)}
    for ending in ("css", "js"):
        found = [body for link, body in bodies.items() if link.endswith(ending)]
        figure.more[ending] = (
            f"{sum(map(len, found)):,} B, {sum(len(gzip.compress(body)) for body in found):,} B zipped"
        )
    figure.more["page zipped"] = f"{len(gzip.compress(page.body)):,} B"
    run.add(figure)


def test_memory(run: Run, server: Served) -> None:
    """What the server has grown to by now."""
    figure = Figure("server's memory after all this", unit="MiB", count=1)
    figure.more = {"MiB": round(server.resident_mib(), 1), "processes": len(server.pids())}
    run.add(figure)
