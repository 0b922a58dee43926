"""The real server as a process of its own on loopback, what it costs, and a browser that is quick enough to load it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 30
_STOP_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int) -> None:
    """Until somebody listens there."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("nobody listens")


@dataclass
class Served:
    """`complaints serve` on 127.0.0.1, in its own process group. Ends with the block; `kill` ends it as a power cut would."""

    environment: Mapping[str, str]
    port: int
    workers: int = 2
    process: "subprocess.Popen[bytes] | None" = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self.process is not None, "the server is not running"
        return self.process.pid

    def start(self) -> None:
        command = [sys.executable, "-m", "complaints"]
        self.process = subprocess.Popen(
            [*command, "serve", "--port", str(self.port), "--workers", str(self.workers)],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **self.environment},
            stderr=None if os.environ.get("SERVER_ERRORS") else subprocess.DEVNULL,
            start_new_session=True,
        )
        self._wait_until_it_answers()

    def stop(self) -> int:
        """Gracefully: what is being answered is answered. Returns the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """Every process of it at once, with SIGKILL. When it returns, none of them holds the port any more."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_STOP_SECONDS)
        deadline = time.monotonic() + _STOP_SECONDS
        while _listens(self.port):
            assert time.monotonic() < deadline, "a killed worker does not end"
            time.sleep(0.005)

    def pids(self) -> list[int]:
        """The master's and its workers'."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()
        return [self.pid, *map(int, children)]

    def cpu_seconds(self) -> float:
        """User and system time of all its processes so far (`/proc/<pid>/stat`, fields 14 and 15)."""
        return sum(map(cpu_seconds_of, self.pids()))

    def resident_mib(self) -> float:
        """Proportional resident memory of all its processes: what they share is counted once."""
        return sum(_field(pid, "smaps_rollup", "Pss") for pid in self.pids()) / 1024

    def forget_peak(self) -> None:
        for pid in self.pids():
            Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")

    def peak_mib(self) -> float:
        """The sum of each process's highest resident memory since `forget_peak`. More than was ever in use at one moment."""
        return sum(_field(pid, "status", "VmHWM") for pid in self.pids()) / 1024

    def browser(self) -> "Browser":
        return Browser(self.port)

    def _wait_until_it_answers(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the server ended at its start"
            try:
                with Browser(self.port) as browser:
                    browser.get("/th/")
            except (OSError, HTTPException):
                self.process.poll()
                time.sleep(0.02)
            else:
                return
        raise AssertionError("the server does not answer")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    except OSError:  # reset: somebody still had it
        return True
    return True


def cpu_seconds_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def cpu_seconds_of_group(master: int) -> float:
    """Of a process and its children, those that have ended included (fields 16 and 17 of the master's)."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text("ascii").split()
    fields = Path(f"/proc/{master}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / _TICKS + sum(map(cpu_seconds_of, [master, *map(int, children)]))


def _field(pid: int, file: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/{file}").read_text("ascii"), re.MULTILINE)
    assert found, f"/proc/{pid}/{file} has no {name}"
    return int(found[1])


@dataclass(frozen=True)
class Answer:
    """A response, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode()

    def value(self, name: str) -> str:
        """What stands in a form's hidden field."""
        found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', self.text)
        assert found, f"the page has no field {name}"
        return unescape(found[1])

    def values(self, name: str) -> list[str]:
        return [unescape(value) for value in re.findall(rf'name="{re.escape(name)}" value="([^"]*)"', self.text)]


class Browser:
    """One kept connection and one cookie. Any answer that was not expected is an AssertionError: a failing request fails the run."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.cookie = cookie
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def get(self, path: str, *, expect: int | None = 200) -> Answer:
        return self._ask("GET", path, expect=expect)

    def post(self, path: str, form: "Form", *, expect: int | None = 200) -> Answer:
        """As an ordinary form is sent."""
        body = urlencode(form).encode()
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"}, expect=expect)

    def post_parts(self, path: str, form: "Form", *, expect: int | None = 200) -> Answer:
        """As a form that can carry files is sent."""
        body = b"".join(_part(name, value) for name, value in form) + _END
        return self._ask("POST", path, body, {"Content-Type": MULTIPART}, expect=expect)

    def upload(
        self,
        path: str,
        form: "Form",
        length: int,
        block: bytes,
        *,
        expect: int | None = 200,
        halfway: Callable[[], object] = lambda: None,
    ) -> Answer:
        """A form with one file of `length` bytes: `block` over and over, never whole in memory. `halfway` is called then."""
        head = b"".join(_part(name, value) for name, value in form) + _FILE_HEAD
        tail = b"\r\n" + _END

        def pieces() -> Iterator[bytes]:
            yield head
            whole, rest = divmod(length, len(block))
            for number in range(whole):
                if number == whole // 2:
                    halfway()
                yield block
            yield block[:rest]
            yield tail

        size = str(len(head) + length + len(tail))
        return self._ask("POST", path, pieces(), {"Content-Type": MULTIPART, "Content-Length": size}, expect=expect)

    def download(self, path: str, take: Callable[[bytes], object]) -> int:
        """Hands the body on piece by piece; returns its length."""
        response = self._open("GET", path, None, {})
        assert response.status == 200, f"GET {path}: {response.status}"
        length = 0
        while piece := response.read(256 * 1024):
            take(piece)
            length += len(piece)
        return length

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
        *,
        expect: int | None,
    ) -> Answer:
        response = self._open(method, path, body, headers or {})
        answer = Answer(response.status, dict(response.headers), response.read())
        assert expect in {None, answer.status}, f"{method} {path}: {answer.status}, not {expect}"
        return answer

    def _open(self, method: str, path: str, body: Any, headers: dict[str, str]) -> HTTPResponse:
        ours = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"} | headers
        if self.cookie:
            ours["Cookie"] = self.cookie
        try:
            self._connection.request(method, path, body, ours)
            return self._connection.getresponse()
        except (OSError, HTTPException):
            self._connection.close()
            raise


Form = Iterable[tuple[str, str]]

_BOUNDARY = "----------------bench7d1c4f2a9b"
MULTIPART = f"multipart/form-data; boundary={_BOUNDARY}"
_END = f"--{_BOUNDARY}--\r\n".encode()
_FILE_HEAD = (
    f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="evidence.bin"\r\n'
    "Content-Type: application/octet-stream\r\n\r\n"
).encode()


def _part(name: str, value: str) -> bytes:
    return f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
