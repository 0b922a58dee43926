"""A reader in a process of its own: what it waits for is the server's doing, and not that of whoever loads the server from the bench's process."""

import multiprocessing
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.served import Browser

EVERY = 0.05
"""Seconds between two requests for the same page."""


@contextmanager
def reading(port: int, pages: Mapping[str, str]) -> Iterator[dict[str, list[float]]]:
    """Fetches each page (address: cookie) again and again until the block ends. Yields what then holds how long each took, in seconds."""
    context = multiprocessing.get_context("spawn")
    done, ready, taken = context.Event(), context.Barrier(len(pages) + 1), context.SimpleQueue()
    readers = [context.Process(target=_read, args=(port, *page, done, ready, taken)) for page in pages.items()]
    times: dict[str, list[float]] = {}
    for reader in readers:
        reader.start()
    ready.wait(60)
    try:
        yield times
    finally:
        done.set()
        times |= dict(taken.get() for _ in readers)
        for reader in readers:
            reader.join()
    assert all(times.values()), "somebody got nothing at all"


def _read(port: int, path: str, cookie: str, done: Any, ready: Any, taken: Any) -> None:
    times: list[float] = []
    with Browser(port, cookie) as browser:
        browser.get(path)
        ready.wait(60)
        while not done.wait(EVERY):
            started = time.perf_counter()
            browser.get(path)
            times.append(time.perf_counter() - started)
    taken.put((path, times))
