"""What a run measures: figures, the physical limits of the machine in the same run, and how both are told."""

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.table import Table

from tests.served import ROOT, Browser, Served

OUTPUT = ROOT / "test-output" / "bench"


@dataclass
class Figure:
    """One thing that was measured. Times are milliseconds of wall clock, CPU is milliseconds of the server's an operation."""

    name: str
    unit: str = "requests"
    count: int = 0
    clients: int = 1
    seconds: float = 0.0
    per_second: float = 0.0
    p50: float | None = None
    p95: float | None = None
    worst: float | None = None
    server_cpu: float | None = None
    database_cpu: float | None = None
    pace: float | None = None
    """What a core was worth meanwhile: milliseconds that the same piece of Python took just before and just after, on the average."""
    limit: str = ""
    """What bounds it physically, and the share of that which was reached."""
    share: float | None = None
    more: dict[str, float | str] = field(default_factory=dict)


@dataclass
class Meter:
    """Counts CPU of whatever it is told to watch, and takes the time of operations."""

    server: Callable[[], float]
    database: Callable[[], float] | None = None

    def measure(self, name: str, operations: Sequence[Callable[[], object]], *, clients: int = 1) -> Figure:
        """Runs all operations, each once, `clients` at a time. The first that fails fails the bench."""
        with self.watching(name, len(operations), clients) as figure:
            if clients == 1:
                times = [_timed(operation) for operation in operations]
            else:
                with ThreadPoolExecutor(clients) as pool:
                    times = list(pool.map(_timed, operations))
        return with_times(figure, times)

    @contextmanager
    def watching(self, name: str, count: int, clients: int = 1, unit: str = "requests") -> Iterator[Figure]:
        """For what is measured in one go: `count` operations happen within the block."""
        figure = Figure(name, unit, count, clients)
        pace = _pace()
        server, database = self.server(), self.database() if self.database else None
        started = time.perf_counter()
        yield figure
        figure.seconds = round(time.perf_counter() - started, 4)
        figure.per_second = round(count / figure.seconds, 1)
        figure.server_cpu = round((self.server() - server) * 1000 / count, 3)
        if self.database is not None and database is not None:
            figure.database_cpu = round((self.database() - database) * 1000 / count, 3)
        figure.pace = round((pace + _pace()) / 2, 2)


def _pace() -> float:
    started = time.thread_time()
    sum(number * number for number in range(200_000))
    return (time.thread_time() - started) * 1000


def with_times(figure: Figure, seconds: Sequence[float]) -> Figure:
    times = sorted(moment * 1000 for moment in seconds)
    figure.p50 = round(statistics.median(times), 2)
    figure.p95 = round(times[min(len(times) - 1, int(len(times) * 0.95))], 2)
    figure.worst = round(times[-1], 2)
    return figure


def _timed(operation: Callable[[], object]) -> float:
    started = time.perf_counter()
    operation()
    return time.perf_counter() - started


class Crowd:
    """As many browsers as there are clients at once, each with its own connection, all with the same cookie."""

    def __init__(self, server: Served, cookie: str = "") -> None:
        self._server = server
        self._cookie = cookie
        self._idle: list[Browser] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for browser in self._idle:
            browser.close()

    @contextmanager
    def browser(self) -> Iterator[Browser]:
        browser = self._idle.pop() if self._idle else Browser(self._server.port, self._cookie)
        try:
            yield browser
        except BaseException:
            browser.close()  # what its connection still holds is anyone's guess
            raise
        self._idle.append(browser)

    def each(self, act: Callable[[Browser], object], count: int) -> list[Callable[[], object]]:
        """`count` operations, each by whichever browser is free."""

        def operation() -> None:
            with self.browser() as browser:
                act(browser)

        return [operation] * count


@dataclass
class Run:
    """Everything one run measured, written down as JSON and shown as a table."""

    database: str
    figures: list[Figure] = field(default_factory=list)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def add(self, figure: Figure) -> Figure:
        self.figures.append(figure)
        return figure

    def find(self, name: str) -> Figure | None:
        return next((figure for figure in self.figures if figure.name == name), None)

    def rate(self, name: str) -> float:
        """How many a second, of a limit measured before."""
        found = self.find(name)
        assert found is not None, f"{name} was not measured"
        return found.per_second

    def write(self) -> Path:
        OUTPUT.mkdir(parents=True, exist_ok=True)
        path = OUTPUT / f"{self.started:%Y%m%dT%H%M%SZ}-{self.database}.json"
        content = {"database": self.database, "started": self.started.isoformat(), "machine": _machine()}
        figures = [
            {name: value for name, value in asdict(figure).items() if value not in (None, "", {})}
            for figure in self.figures
        ]
        path.write_text(json.dumps(content | {"figures": figures}, indent=1, ensure_ascii=False), "utf-8")
        return path

    def show(self, console: Console) -> None:
        table = Table(title=f"{self.database}, {self.started:%Y-%m-%d %H:%M} UTC")
        table.add_column("what")
        for heading in (
            "clients",
            "count",
            "a second",
            "p50 ms",
            "p95 ms",
            "worst",
            "CPU ms",
            "DB CPU",
            "pace",
            "share",
        ):
            table.add_column(heading, justify="right")
        table.add_column("of / more")
        for f in self.figures:
            numbers = (f.p50, f.p95, f.worst, f.server_cpu, f.database_cpu, f.pace)
            told = ", ".join(filter(None, [f.limit, *(f"{name} {value}" for name, value in f.more.items())]))
            share = "" if f.share is None else f"{f.share:.0%}"
            cells = ["" if number is None else f"{number:,.2f}" for number in numbers]
            table.add_row(f.name, str(f.clients), f"{f.count:,}", f"{f.per_second:,.1f}", *cells, share, told)
        console.print(table)


def _machine() -> dict[str, str | int | float]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "commit": commit.stdout.strip(),
        "load": round(os.getloadavg()[0], 1),
    }
