"""The other process: `python -I -m complaints.typesetting`. A document comes in as JSON, its PDF goes out; nothing else is ever written.

Everything that lies in a file (typst itself, the typefaces, the template) is read before the document comes. From then on no file can be
opened or written, and memory and time are bounded; threads that typst began before that are bound by the same limits.
"""

import json
import os
from pathlib import Path

import typst

from complaints import process
from complaints.cleaning import sandbox
from complaints.paths import static_dir

_STEP = 1024 * 1024
_PROOF = {
    "language": "th",
    "title": "ก",
    "mark": "A",
    "sections": [{"title": "กA", "lines": [["กA", "กA"]], "nothing": ""}],
}
"""Set first, so that every typeface is in memory."""


def main() -> None:
    template = (Path(__file__).parent / "case.typ").read_bytes()
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[static_dir() / "vendor" / "print"]
    )

    compiler = typst.Compiler(template, font_paths=fonts)

    def set_document(document: str) -> bytes:
        pdf = compiler.compile(template, format="pdf", sys_inputs={"document": document})
        assert isinstance(pdf, bytes)  # noqa: S101 - one document, one file
        return pdf

    set_document(json.dumps(_PROOF))
    process.harden()
    sandbox.confine()
    _write(set_document(_read_all().decode()))
    os._exit(0)


def _read_all() -> bytes:
    pieces = []
    while piece := os.read(0, _STEP):
        pieces.append(piece)
    return b"".join(pieces)


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
