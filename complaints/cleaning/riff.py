"""RIFF: WebP pictures and WAV sound, chunk by chunk. What is drawn or heard is not touched."""

import struct

from complaints.cleaning import exif
from complaints.cleaning.result import CannotClean, Cleaned
from complaints.vocabulary import Trace

_KEPT = {
    b"WEBP": {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"},
    b"WAVE": {b"fmt ", b"data", b"fact"},
}
_EXIF_FLAG, _XMP_FLAG, _COLOUR_FLAG = 0x08, 0x04, 0x20


def clean(data: bytes) -> Cleaned:
    """Raises CannotClean for what is no whole RIFF file of these kinds."""
    kind = data[8:12]
    size = struct.unpack_from("<I", data, 4)[0] + 8
    if data[:4] != b"RIFF" or kind not in _KEPT or size > len(data) + 1:
        raise CannotClean("no RIFF file of a kind we know")
    kept, found, place = [], set[Trace](), 12
    while place + 8 <= min(size, len(data)):
        name, length = struct.unpack_from("<4sI", data, place)
        end = place + 8 + length
        if end > len(data):
            raise CannotClean("cut short")
        body = data[place + 8 : end]
        if name in _KEPT[kind]:
            kept.append(_write(name, _without_flags(body) if name == b"VP8X" else body))
        else:
            found |= _told(name, body)
        place = end + length % 2
    if len(data) > size:
        found.add(Trace.OTHER)
    if not kept:
        raise CannotClean("nothing in it")
    inside = kind + b"".join(kept)
    return Cleaned(b"RIFF" + struct.pack("<I", len(inside)) + inside, frozenset(found))


def _write(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _without_flags(body: bytes) -> bytes:
    """What says that there are EXIF, XMP and colour chunks, which there are no more."""
    return bytes([body[0] & ~(_EXIF_FLAG | _XMP_FLAG | _COLOUR_FLAG)]) + body[1:]


def _told(name: bytes, body: bytes) -> set[Trace]:
    if name == b"EXIF":
        return exif.traces(body.removeprefix(b"Exif\0\0"))[0]
    if name == b"XMP ":
        return exif.traces_of_xmp(body)
    if name == b"bext":
        return {Trace.TIME, Trace.DEVICE}
    return {Trace.WORDS} if name in {b"LIST", b"id3 ", b"ID3 "} else {Trace.OTHER}
