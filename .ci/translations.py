"""Fails when a text of the pages has no Thai, has a stale one, or has one marked fuzzy; says which."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "complaints" / "translations" / "th" / "LC_MESSAGES" / "messages.po"


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        template = Path(scratch) / "messages.pot"
        extract = [sys.executable, "-m", "babel.messages.frontend", "--quiet", "extract"]
        options = ["--mapping", "pyproject.toml", "--keywords", "lazy_gettext", "--output", str(template), "."]
        subprocess.run([*extract, *options], cwd=ROOT, check=True)
        with template.open("rb") as source:
            wanted = {message.id for message in read_po(source) if message.id}
    with CATALOGUE.open("rb") as source:
        catalogue = [message for message in read_po(source, locale="th") if message.id]
    complete = {message.id for message in catalogue if message.string and not message.fuzzy}
    problems = [f"no Thai: {text!r}" for text in sorted(map(str, wanted - complete))]
    problems += [f"not used any more: {text!r}" for text in sorted(map(str, complete - wanted))]
    problems += [f"fuzzy: {message.id!r}" for message in catalogue if message.fuzzy]
    print("\n".join(problems) or f"{len(wanted)} texts, each in Thai and English")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
