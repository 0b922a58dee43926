"""Two servers behind nginx on one PostgreSQL: one dies, and nobody notices. Slow clients wait in nginx, and nothing lies on a disk."""

import os
import random
import signal
import socket
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select

from complaints.models import Case
from complaints.services import mailbox
from crypto import Receipt
from tests.installed import to_send
from tests.postgresql import Cluster
from tests.served import Browser
from tests.server.conftest import Proxied
from tests.server.reporters import KILLS, Reporters, require_whole

pytestmark = pytest.mark.server

SLOW_CLIENTS = 200


def test_one_dies_between_check_and_send(proxied: Proxied) -> None:
    form = proxied.installed.answers()
    for dying in proxied.servers:
        with Browser(proxied.port) as browser:
            checked = browser.post_parts("/th/form/check", form)
            dying.kill()
            sent = browser.post_parts("/th/form/send", to_send(form, checked))
        receipt = Receipt.parse(checked.value("receipt"))
        assert receipt.grouped() in sent.text
        with proxied.installed.units.reading() as unit:
            assert mailbox.find_case(unit, receipt) is not None
        dying.start()


def test_servers_die_while_reports_are_being_sent(proxied: Proxied) -> None:
    """Whatever had arrived of a report when its server died: the other one takes it, and it is there once."""
    chance, pause = random.Random(3), threading.Event()
    with Reporters(proxied.installed, proxied.port) as reporters:
        for number in range(KILLS):
            reporters.wait_for_others(
                8
            )  # nobody is on their way any more who found the other one dead: nginx asks each but once
            pause.wait(chance.random() * 0.1)
            dying = proxied.servers[number % 2]
            dying.kill()
            dying.start()
        reporters.wait_for_others(1)
    assert reporters.failures == []
    require_whole(proxied.installed, reporters.shown)


def test_a_report_that_hangs_in_a_dying_server_is_sent_to_the_other(proxied: Proxied) -> None:
    """Two reports on their way: one of the servers has its own, and stands still, until it is killed."""
    form, answers = proxied.installed.answers(), []
    with ExitStack() as browsers:
        both = [browsers.enter_context(Browser(proxied.port)) for _ in range(2)]
        forms = [to_send(form, browser.post_parts("/th/form/check", form)) for browser in both]
        dying = proxied.servers[0]
        for pid in dying.pids():
            os.kill(pid, signal.SIGSTOP)
        sending = [
            threading.Thread(target=lambda b=browser, f=filled: answers.append(b.post_parts("/th/form/send", f)))
            for browser, filled in zip(both, forms, strict=True)
        ]
        for thread in sending:
            thread.start()
        sending[0].join(2)
        sending[1].join(2)
        assert len(answers) == 1, "the server that stands still was asked by neither or by both"
        dying.kill()
        for thread in sending:
            thread.join()
    assert len(answers) == 2
    with proxied.installed.units.reading() as unit:
        assert unit.session.scalar(select(func.count()).select_from(Case)) == 2


def test_one_dies_in_a_staff_session(proxied: Proxied) -> None:
    report = proxied.installed.cast.report()
    lead = proxied.installed.cast.lead
    address = f"/staff/cases/{report.case.hex()}"
    with Browser(proxied.port, proxied.installed.cookie(lead)) as browser:
        for dying in proxied.servers:
            page = browser.get(address)
            dying.kill()
            note = [("csrf_token", page.value("csrf_token")), ("text", f"after {dying.port} was gone")]
            browser.post(f"{address}/notes", note, expect=303)
            assert f"after {dying.port} was gone" in browser.get(address).text
            dying.start()


def test_stopping_lets_what_is_being_answered_be_answered(proxied: Proxied) -> None:
    """The server is told to stop in the middle of an upload: it takes it in, answers, and ends well."""
    server, form = proxied.servers[0], proxied.installed.answers()
    told = threading.Event()

    def tell() -> None:
        told.set()
        os.kill(server.pid, signal.SIGTERM)

    with Browser(server.port) as browser:
        browser.origin = f"http://127.0.0.1:{proxied.port}"
        checked = browser.upload("/th/form/check", form, 20_000_000, bytes(64 * 1024), halfway=tell)
    assert told.is_set()
    assert checked.values("staged")
    assert server.stop() == 0


def test_slow_clients_wait_in_nginx(proxied: Proxied) -> None:
    """Half of them dribble their headers, half their bodies; everybody else is served."""
    with ExitStack() as clients:
        for number in range(SLOW_CLIENTS):
            client = clients.enter_context(socket.create_connection(("127.0.0.1", proxied.port)))
            client.sendall(b"POST /th/form/check HTTP/1.1\r\nHost: x\r\n")
            if number % 2:
                client.sendall(b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n--x")
        with Browser(proxied.port) as browser:
            for _ in range(50):
                browser.get("/th/form")
                browser.post_parts("/th/form/check", proxied.installed.answers())


def test_no_file_of_nginx_or_postgresql_holds_a_word(proxied: Proxied, postgres: Cluster) -> None:
    form = proxied.installed.answers()
    content = b"CANARY-EVIDENCE " * 4096
    with Browser(proxied.port) as browser:
        checked = browser.upload("/th/form/check", form, 8_000_000, content)
        browser.post_parts("/th/form/send", to_send(form, checked))
    with postgres.connected() as connection:
        connection.execute("CHECKPOINT")
    words = ("CANARY", "สมหญิง", "evidence.bin")
    canaries = [encoded for word in words for encoded in (word.encode(), word.encode("utf-16-le"))]
    looked_at = [path for folder in (proxied.folder, postgres.folder) for path in folder.rglob("*") if path.is_file()]
    assert len(looked_at) > 100
    assert [path for path in looked_at if _holds(path, canaries)] == []


def _holds(path: Path, canaries: list[bytes]) -> bool:
    content = path.read_bytes()
    return any(canary in content for canary in canaries)
