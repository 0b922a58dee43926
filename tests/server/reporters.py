"""Reporters who send without a pause, and what must hold of what they were shown, whatever was killed meanwhile."""

import os
import threading
import time
from http.client import HTTPException
from typing import Self

from sqlalchemy import func, select

from complaints.models import Case
from complaints.services import mailbox
from complaints.services.check import examine
from complaints.services.log_verification import verify
from crypto import Receipt
from tests.installed import Installed, to_send
from tests.served import Answer, Browser, Form

KILLS = int(os.environ.get("KILLS", "10"))
_PATIENCE = 60  # seconds


class Reporters:
    """Four who send reports without a pause, whatever happens to the server. `shown`: the receipts that they were shown."""

    def __init__(self, there: Installed, port: int) -> None:
        self.shown: list[Receipt] = []
        self.failures: list[AssertionError] = []
        self._there = there
        self._port = port
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._report_on) for _ in range(4)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def wait_for_others(self, count: int) -> None:
        """Until so many more were shown a receipt: a server is killed at its work, not at its start."""
        enough, deadline = len(self.shown) + count, time.monotonic() + _PATIENCE
        while len(self.shown) < enough:
            assert time.monotonic() < deadline, f"nobody was shown a receipt; failures: {self.failures}"
            self._done.wait(0.02)

    def _report_on(self) -> None:
        form = self._there.answers()
        while not self._done.is_set():
            try:
                with Browser(self._port) as browser:
                    checked = self._insist(browser, "/th/form/check", form)
                    self._take(checked, self._insist(browser, "/th/form/send", to_send(form, checked)))
            except AssertionError as error:
                self.failures.append(error)

    def _insist(self, browser: Browser, path: str, form: Form) -> Answer:
        """Whoever's server is gone, or whose answer breaks off, sends the same once more: it may have arrived, and is there once."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return browser.post_parts(path, form)
            except (OSError, HTTPException) as error:
                if time.monotonic() > deadline:
                    raise AssertionError("no server answers") from error
                browser.close()
                time.sleep(0.05)

    def _take(self, checked: Answer, sent: Answer) -> None:
        receipt = Receipt.parse(checked.value("receipt"))
        assert receipt.grouped() in sent.text
        self.shown.append(receipt)


def require_whole(there: Installed, shown: list[Receipt]) -> None:
    """Every receipt that was shown opens, and there is no other report; every row is what the log says; the log is whole."""
    for receipt in shown:
        with there.units.reading() as unit:
            assert mailbox.find_case(unit, receipt) is not None
    with there.units.reading() as unit:
        assert unit.session.scalar(select(func.count()).select_from(Case)) == len(shown)
        assert list(examine(unit, there.units.access_log)) == []
        assert verify(unit.session, there.units.access_log).problems == ()
