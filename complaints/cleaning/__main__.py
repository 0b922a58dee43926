"""The other process: `python -I -m complaints.cleaning`. A media type and a line break come in, then the file until its end.

Out goes one line, `clean` with the letters of what was found, or `cannot`, or `bomb`; after `clean` with letters, the copy. Nothing else
is ever written, and no error says anything of the file.
"""

import importlib
import os
from collections.abc import Callable

from complaints import process
from complaints.cleaning import sandbox
from complaints.cleaning.result import Bomb, Cleaned

_MODULES = {
    "image/jpeg": "jpeg",
    "image/png": "pictures",
    "image/gif": "pictures",
    "image/webp": "riff",
    "audio/wav": "riff",
    "audio/mpeg": "sound",
    "audio/flac": "sound",
    "application/pdf": "pdf",
    "application/zip": "office",
}
_ANY_OTHER = "boxes"
_STEP = 1024 * 1024


def main() -> None:
    kind = _read_line()
    # Everything is loaded while files can still be opened.
    module = importlib.import_module(f"complaints.cleaning.{_MODULES.get(kind, _ANY_OTHER)}")
    clean: Callable[[bytes], Cleaned] = module.clean
    process.harden()
    sandbox.confine()
    _write(*_answer(clean))
    os._exit(0)


def _answer(clean: Callable[[bytes], Cleaned]) -> tuple[bytes, bytes]:
    try:
        cleaned = clean(_read_all())
    except Bomb:
        return b"bomb\n", b""
    except Exception:  # noqa: BLE001 - whatever a stranger's file brings about: it is not cleaned
        return b"cannot\n", b""
    return f"clean {''.join(sorted(cleaned.found))}\n".encode(), cleaned.data if cleaned.found else b""


def _read_line() -> str:
    line = b""
    while not line.endswith(b"\n") and len(line) < 100 and (byte := os.read(0, 1)):
        line += byte
    return line.decode("ascii").strip()


def _read_all() -> bytes:
    pieces = []
    while piece := os.read(0, _STEP):
        pieces.append(piece)
    return b"".join(pieces)


def _write(*parts: bytes) -> None:
    for part in parts:
        view = memoryview(part)
        while view:
            view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
