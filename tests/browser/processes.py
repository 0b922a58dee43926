"""What a running server lets anybody see who is root on its machine: its command line, its open files, its memory."""

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_MAP = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ (\S+) \S+ *(.*)")
_PIECE = 16 * 1024 * 1024


class Watch:
    """Looks again and again, while something goes on, at what processes show of themselves."""

    def __init__(self, pids: Callable[[], list[int]]) -> None:
        self._pids = pids
        self._over = threading.Event()
        self.seen: set[bytes] = set()
        """Command lines, environments, and the contents of files that have no name any more."""
        self.files: set[str] = set()
        """The paths of all files that were open to be written."""

    def look(self) -> None:
        for pid in self._pids():
            process = Path(f"/proc/{pid}")
            self.seen |= {(process / name).read_bytes() for name in ("cmdline", "environ")}
            for handle in list((process / "fd").iterdir()):
                self._note(handle)

    def _note(self, handle: Path) -> None:
        try:
            target = str(handle.readlink())
            if target.endswith(" (deleted)"):
                self.seen.add(handle.read_bytes())
            elif target.startswith("/") and not target.startswith("/dev/") and _is_written(handle):
                self.files.add(target)
        except OSError:  # closed meanwhile
            return

    def _run(self) -> None:
        while not self._over.wait(0.02):
            self.look()

    @contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()


def _is_written(handle: Path) -> bool:
    flags = re.search(r"^flags:\s+(\d+)", (handle.parents[1] / "fdinfo" / handle.name).read_text("ascii"), re.MULTILINE)
    return flags is not None and int(flags[1], 8) & (os.O_WRONLY | os.O_RDWR) != 0


def count_in_memory(pid: int, patterns: Mapping[str, bytes]) -> dict[str, int]:
    """How often each pattern lies in what the process can write to: heaps, stacks, its own copies of files. For root alone."""
    counts = dict.fromkeys(patterns, 0)
    for region in _regions(pid):
        for name, pattern in patterns.items():
            counts[name] += region.count(pattern)
    return counts


def _regions(pid: int) -> Iterator[bytes]:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines():
            match = _MAP.match(line)
            if match is not None and "rw" in match[3] and not match[5].startswith(("[v", "/dev/")):
                start, end = int(match[1], 16), int(match[2], 16)
                yield b"".join(_pages(memory.fileno(), start, end))


def _pages(handle: int, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        piece = os.pread(handle, min(_PIECE, end - start), start)
        if not piece:
            return
        yield piece
        start += len(piece)
