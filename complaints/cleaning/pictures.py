"""PNG chunk by chunk (W3C PNG, third edition, §5), GIF block by block (GIF89a): the picture is not touched."""

import struct
import zlib

from complaints.cleaning import exif
from complaints.cleaning.result import CannotClean, Cleaned
from complaints.vocabulary import Trace

_DRAWN = {
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"gAMA",
    b"cHRM",
    b"sRGB",
    b"sBIT",
    b"bKGD",
    b"acTL",
    b"fcTL",
    b"fdAT",
}
_PLAIN = {b"pHYs"}
"""Dots an inch: taken out without a word, for they tell nothing by themselves."""
_TOLD = {b"tIME": Trace.TIME, b"tEXt": Trace.WORDS, b"zTXt": Trace.WORDS, b"iTXt": Trace.WORDS}


def clean(data: bytes) -> Cleaned:
    """Raises CannotClean for what is no whole PNG or GIF."""
    return _png(data) if data[:4] == b"\x89PNG" else _gif(data)


def _png(data: bytes) -> Cleaned:
    kept, found, place, name = [data[:8]], set[Trace](), 8, b""
    while name != b"IEND":
        name, body, end = _chunk(data, place)
        if name in _DRAWN:
            kept.append(data[place:end])
        elif name == b"eXIf":
            found |= exif.traces(body)[0]
        elif name == b"iTXt" and body.startswith(b"XML:com.adobe.xmp"):
            found |= exif.traces_of_xmp(body)
        elif name not in _PLAIN:
            found.add(_TOLD.get(name, Trace.OTHER))
        place = end
    if place < len(data):
        found.add(Trace.OTHER)
    if not {b"IHDR", b"IDAT"} <= {piece[4:8] for piece in kept}:
        raise CannotClean("no picture")
    return Cleaned(b"".join(kept), frozenset(found))


def _chunk(data: bytes, place: int) -> tuple[bytes, bytes, int]:
    """The chunk at `place`: its name, what it holds, and where the next begins."""
    if place + 12 > len(data):
        raise CannotClean("cut short")
    length, name = struct.unpack_from(">I4s", data, place)
    end = place + 12 + length
    if end > len(data):
        raise CannotClean("cut short")
    if zlib.crc32(data[place + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
        raise CannotClean("damaged")
    return name, data[place + 8 : end - 4], end


def _gif(data: bytes) -> Cleaned:
    if data[:3] != b"GIF" or len(data) < 14:
        raise CannotClean("no GIF")
    place = 13 + _colours(data[10])
    kept, found = [data[:place]], set[Trace]()
    while True:
        kind = data[place : place + 1]
        if kind == b";":
            kept.append(b";")
            break
        if kind == b",":
            start = place
            place = _blocks(data, place + 11 + _colours(data[place + 9]))
            kept.append(data[start:place])
        elif kind == b"!":
            start, label = place, data[place + 1]
            place = _blocks(data, place + 2)
            if label == 0xF9 or (
                label == 0xFF and data[start + 3 : start + 14] == b"NETSCAPE2.0" and place - start == 19
            ):
                kept.append(data[start:place])
            else:
                found.add(Trace.WORDS if label in {0x01, 0xFE} else Trace.OTHER)
        else:
            raise CannotClean("a block of a kind that there is not")
    if data[place + 1 :].strip(b"\0"):
        found.add(Trace.OTHER)
    return Cleaned(b"".join(kept), frozenset(found))


def _colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: bytes, place: int) -> int:
    """Where a run of sub-blocks ends."""
    while place < len(data):
        size = data[place]
        place += 1 + size
        if not size:
            return place
    raise CannotClean("cut short")
