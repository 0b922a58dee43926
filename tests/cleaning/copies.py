"""Clean copies by way of the real process, and what is in them."""

import zipfile
from io import BytesIO
from itertools import pairwise

from complaints.cleaning import kinds
from complaints.cleaning.process import cleaning
from complaints.vocabulary import Trace


def cleaned(data: bytes) -> tuple[bytes, set[Trace]]:
    """The clean copy and what was found, in pieces of odd sizes."""
    cuts = [*range(0, len(data), 50_001), len(data)]
    with cleaning(kinds.media_type(data[: kinds.HEAD]), [data[start:end] for start, end in pairwise(cuts)]) as clean:
        return b"".join(clean.pieces) if clean.found else data, set(clean.found)


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unpacked(data: bytes) -> bytes:
    return b"\n".join(name.encode() + b"\n" + part for name, part in parts(data).items())
