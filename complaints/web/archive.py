"""ZIP files made as they leave: nothing of them is ever on a disk of ours, and memory stays flat."""

from collections.abc import Callable, Iterable, Iterator
from typing import IO, cast
from zipfile import ZIP_STORED, ZipFile, ZipInfo

Files = Iterable[tuple[str, Callable[[], Iterator[bytes]]]]


class _Sink:
    """Where the ZIP is written to, a piece at a time. Cannot be wound back, so sizes follow each file's data."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def zipped(files: Files) -> Iterator[bytes]:
    """The ZIP of these files, in pieces. They are stored as they are; every one bears the same day, of 1980, which tells nothing.

    A file that raises ends the ZIP where it is: a reader then finds it broken, and never whole with something missing.
    """
    sink = _Sink()
    archive = ZipFile(cast("IO[bytes]", sink), "w", ZIP_STORED)
    for name, chunks in files:
        info = ZipInfo(name)
        info.external_attr = 0o600 << 16
        with archive.open(info, "w", force_zip64=True) as member:
            for piece in chunks():
                member.write(piece)
                if taken := sink.take():
                    yield taken
    archive.close()
    yield sink.take()
