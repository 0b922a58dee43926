"""`complaints serve` refuses to start on what is missing, and serves without saying who or what it is; `complaints routes`."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest
import time_machine
from flask import Flask

from complaints.cli import serving
from complaints.config import Secrets, Settings
from complaints.policy import Action
from tests.cli.shell import Shell


def test_routes_are_every_rule_with_its_action(
    shell: Shell, settings: Settings, new_app: Callable[[Settings], Flask]
) -> None:
    app: Flask = new_app(settings)
    shell.environment = {}
    result = shell("routes")
    assert result.exit_code == 0, result.output
    lines = json.loads(result.stdout)
    assert [line["rule"] for line in lines] == sorted(rule.rule for rule in app.url_map.iter_rules())
    assert {line["action"] for line in lines} == set(Action)
    sign_out = next(line for line in lines if line["rule"] == "/staff/sign-out")
    assert sign_out == {
        "rule": "/staff/sign-out",
        "methods": ["POST"],
        "endpoint": "sign_in.sign_out",
        "action": "sign-out",
        "unit": "writing",
    }


def test_it_does_not_start_without_tables(shell: Shell, secrets: Secrets) -> None:
    result = shell("serve", "--port", "1")
    assert result.exit_code == 2
    assert "run `complaints database upgrade`" in result.stderr


def test_it_does_not_start_without_its_secrets(shell: Shell, settings: Settings) -> None:
    assert shell("database", "upgrade").exit_code == 0
    (settings.secrets_dir / "web.key").unlink()
    result = shell("serve", "--port", "1")
    assert result.exit_code == 2
    assert "secrets/web.key cannot be read" in result.stderr


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def server(shell: Shell, port: int) -> Iterator[subprocess.Popen[str]]:
    assert shell("database", "upgrade").exit_code == 0
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "complaints",
            "serve",
            "--port",
            str(port),
            "--workers",
            "1",
        ],
        env=os.environ | shell.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def _connect(port: int) -> http.client.HTTPConnection:
    """Waits for the server to listen, 30 seconds at most."""
    deadline = time.monotonic() + 30
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.connect()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
        else:
            return connection


class _Client:
    """A client that sends so many bytes each time it is read from."""

    def __init__(self, size: int) -> None:
        self._size = size

    def recv(self, _most: int) -> bytes:
        return bytes(self._size)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Moves the server's own clock too."""
    with time_machine.travel(0, tick=False) as now, patch.object(serving.time, "monotonic", time.time):
        yield now


def test_a_request_that_drips_is_cut_after_a_minute(clock: time_machine.Traveller) -> None:
    dripping = serving.PatientSocket(_Client(1))  # type: ignore[arg-type]
    for _ in range(serving.GRACE_SECONDS):
        clock.shift(1)
        dripping.recv(1)
    clock.shift(1)
    with pytest.raises(TimeoutError):
        dripping.recv(1)


def test_a_slow_upload_is_let_through(clock: time_machine.Traveller) -> None:
    steady = serving.PatientSocket(_Client(serving.SLOWEST))  # type: ignore[arg-type]
    for _ in range(10 * serving.GRACE_SECONDS):
        clock.shift(1)
        assert len(steady.recv(1)) == serving.SLOWEST


def test_a_form_that_was_cut_short_is_not_taken_for_a_whole_one(server: subprocess.Popen[str], port: int) -> None:
    _connect(port).close()
    head = (
        b"POST /staff/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as raw:
        raw.sendall(head + b"name=boss&passphrase=half+of+i")
        raw.shutdown(socket.SHUT_WR)
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_it_serves_and_writes_nothing_down_of_who_came(server: subprocess.Popen[str], port: int) -> None:
    connection = _connect(port)
    connection.request("GET", "/staff/sign-in?CANARY-QUERY", headers={"User-Agent": "CANARY-BROWSER"})
    response = connection.getresponse()
    assert response.status == 200
    assert response.headers["Content-Security-Policy"]
    assert response.headers["Server"] is None
    response.read()
    connection.close()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nBad Header CANARY-HEADER\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    server.send_signal(signal.SIGTERM)
    output, _ = server.communicate(timeout=60)
    assert server.returncode == 0
    assert "a malformed request was refused" in output
    assert "CANARY" not in output
    assert "127.0.0.1:" not in output
    assert not re.search(r"\d\d:\d\d:\d\d", output)
