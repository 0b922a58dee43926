"""Running the other process: a document goes in by one pipe, its PDF comes out by another. Nothing of either touches a disk."""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping

from complaints.errors import NotReady

WAIT_SECONDS = 60
"""How long a document waits for its turn, and how long its setting may take."""

_turns = threading.BoundedSemaphore(1)  # one at a time in each server process: memory stays bounded


def set_case(document: Mapping[str, object]) -> bytes:
    """The PDF of `language`, `title`, `mark` (on every page) and `sections`, each with `title`, `lines` of label and text, and `nothing`.

    Raises NotReady when too many are waiting, or it cannot be set.
    """
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise NotReady("Too many documents are being made at once. Try again in a minute.")
    try:
        # No environment: whatever happens in there finds no setting, and typst begins one thread beside its own.
        done = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", "-m", "complaints.typesetting"],
            input=json.dumps(document).encode(),
            capture_output=True,
            timeout=WAIT_SECONDS,
            cwd="/",
            env={"RAYON_NUM_THREADS": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotReady("The document could not be made.") from error
    finally:
        _turns.release()
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF-"):
        raise NotReady("The document could not be made.")
    return done.stdout
