"""Somebody with a browser, who notices whatever a page should not do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Locator, Page, Request, expect

TELLING = ("report", "complain", "whistle", "Example", "แจ้ง", "เรื่อง", "ร้อง", "รายงาน", "ตัวอย่าง", "เบาะแส")
"""What no title of a reporter's page may say: it stands in tabs and histories."""

_WIDER = """() => {
    const {scrollWidth, clientWidth} = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const clipped = e => e && (getComputedStyle(e).overflow === "hidden" || clipped(e.parentElement));
    const wide = [...document.querySelectorAll("body *")].filter(
        e => e.getBoundingClientRect().right > clientWidth + 1 && !clipped(e));
    return [`${scrollWidth} > ${clientWidth}`, ...wide.slice(0, 3).map(e => e.outerHTML.slice(0, 160))];
}"""
_STATUS = re.compile(r"status of (\d{3})")


@dataclass(frozen=True)
class Device:
    """What a visitor comes with."""

    language: str
    javascript: bool
    width: int

    def __str__(self) -> str:
        return f"{self.language}-{'js' if self.javascript else 'plain'}-{self.width}"


@dataclass
class Visitor:
    """One browser of its own, with no more than its own cookies. `wrong` collects what must not happen."""

    context: BrowserContext
    origin: str
    device: Device
    page: Page = field(init=False)
    wrong: list[str] = field(default_factory=list)
    _statuses: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.context.on("console", self._note_console)
        self.context.on("weberror", lambda error: self.wrong.append(f"script error: {error.error}"))
        self.context.on("request", self._note_request)

    def _note_console(self, message: ConsoleMessage) -> None:
        status = _STATUS.search(message.text)
        if status and int(status[1]) in self._statuses:
            return
        if message.type == "error" or "Content Security Policy" in message.text:
            self.wrong.append(f"console: {message.text}")

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:", "blob:")):
            self.wrong.append(f"asked elsewhere: {request.url}")

    # -- Going about -------------------------------------------------------------------------------------------------

    @contextmanager
    def expecting(self, status: int) -> Iterator[None]:
        """Within the block an answer of this status is no surprise."""
        self._statuses.add(status)
        yield
        self._statuses.discard(status)

    def go(self, path: str, status: int = 200) -> None:
        with self.expecting(status):
            answer = self.page.goto(self.origin + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}, not {status}"

    def back(self) -> None:
        """The browser's own Back. A page that was the answer to a form is asked for again, as the browser offers to."""
        try:
            # Not until "load": a page that comes out of the back/forward cache was loaded long ago.
            self.page.go_back(wait_until="commit")
        except Error as error:
            if "ERR_CACHE_MISS" not in error.message:
                raise
            self.page.locator("html").wait_for(state="attached")  # the browser's own page, which offers it
            self.page.reload()
        self.page.locator(".site-footer").wait_for(state="attached")  # what stands last: all before it has arrived

    def path(self) -> str:
        return self.page.url.removeprefix(self.origin).partition("#")[0]

    def find(self, selector: str, text: str | None = None) -> Locator:
        return self.page.locator(selector, has_text=text)

    # -- Looking ------------------------------------------------------------------------------------------------------

    def arrive(self) -> None:
        """Waits until the page is there to its end, scripts and all: its beginning can be seen, and read, while the rest is still on its way."""
        expect(self.find(".site-footer")).to_be_attached()
        for _ in range(1_000):  # a page out of the back/forward cache has no "load" that could be waited for
            if self.evaluate("document.readyState") == "complete":
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"{self.page.url} does not arrive")

    def look(self) -> None:
        """The page as it stands does nothing that no page may do."""
        self.arrive()
        self.wrong.extend(f"wider than the screen: {what}" for what in self.evaluate(_WIDER))
        assert not self.wrong, f"{self.page.url}: {self.wrong}"

    def look_as_reporter(self) -> None:
        """As `look`; and nobody who sees this browser's tabs, history or cookies learns what it was used for."""
        self.look()
        title = self.page.title()
        assert title, "a page without a title shows its address"
        assert not [word for word in TELLING if word.casefold() in title.casefold()], title
        assert self.context.cookies() == []

    def evaluate(self, function: str, argument: Any = None) -> Any:
        return self.page.evaluate(function, argument)
