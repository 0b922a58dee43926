"""Running the other process: a file goes in by one pipe, its clean copy comes out by another. Nothing of either touches a disk."""

import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

from complaints.cleaning.result import Bomb, CannotClean
from complaints.vocabulary import Trace

WAIT_SECONDS = 60
"""How long a file waits for its turn, and how long its cleaning may take."""

_turns = threading.BoundedSemaphore(1)  # one at a time in each server process: memory stays bounded whatever is sent
_PIECE = 65536
_LINE = 64


@dataclass(frozen=True, slots=True)
class CleanCopy:
    """What was found; `pieces` is the clean copy, and is empty when nothing was found."""

    found: tuple[Trace, ...]
    pieces: Iterator[bytes] = field(repr=False)


@contextmanager
def cleaning(media_type: str, content: Iterable[bytes]) -> Iterator[CleanCopy]:
    """Has a file cleaned. Raises CannotClean (also when it takes too long, or too much memory), Bomb.

    `pieces` raises CannotClean when the copy breaks off.
    """
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise CannotClean("too many files at once")
    try:
        # No environment and no open file but the pipes: whatever happens in there finds no key.
        child = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", "-m", "complaints.cleaning"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
        )
        alarm = threading.Timer(WAIT_SECONDS, child.kill)
        alarm.start()
        try:
            yield _converse(child, media_type, content)
        finally:
            alarm.cancel()
            child.kill()
            for pipe in (child.stdin, child.stdout):
                _close(pipe)
            child.wait()
    finally:
        _turns.release()


def _converse(child: subprocess.Popen[bytes], media_type: str, content: Iterable[bytes]) -> CleanCopy:
    assert child.stdin and child.stdout  # noqa: S101, PT018 - both were asked for
    try:
        child.stdin.write(f"{media_type}\n".encode())
        for piece in content:
            child.stdin.write(piece)
        child.stdin.close()
    except BrokenPipeError as error:
        raise CannotClean("it ended before it had the file") from error
    word, _, letters = child.stdout.readline(_LINE).decode("ascii", "replace").rstrip("\n").partition(" ")
    if word == "bomb":
        raise Bomb
    if word != "clean" or not set(letters) <= set(Trace):
        raise CannotClean(word)
    return CleanCopy(tuple(trace for trace in Trace if trace in letters), _pieces(child))


def _pieces(child: subprocess.Popen[bytes]) -> Iterator[bytes]:
    assert child.stdout  # noqa: S101
    while piece := child.stdout.read(_PIECE):
        yield piece
    if child.wait() != 0:
        raise CannotClean("it broke off")


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except BrokenPipeError:  # it was killed while something waited to be written
        pass
