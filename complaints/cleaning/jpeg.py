"""JPEG, segment by segment (ITU T.81 annex B): the picture is not touched. Kept is what a reader needs to draw it, and how it is turned."""

import struct

from complaints.cleaning import exif
from complaints.cleaning.result import CannotClean, Cleaned
from complaints.vocabulary import Trace

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_KEPT = {
    0xC4,
    0xCC,
    0xDB,
    0xDC,
    0xDD,
    0xDE,
    0xDF,
    *range(0xC0, 0xC4),
    *range(0xC5, 0xC8),
    *range(0xC9, 0xCC),
    *range(0xCD, 0xD0),
}
_TABLE = 0xDB
_FRAMES = _KEPT & {*range(0xC0, 0xD0)} - {0xC4, 0xCC}
_ADOBE = 0xEE  # how its colours are to be read
_PLAIN_JFIF = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"


def clean(data: bytes) -> Cleaned:  # noqa: C901 - one walk, one branch for each kind of segment
    """Raises CannotClean for what is no whole JPEG. What follows the picture's end (another picture, a film, a maker's data) goes."""
    if data[:2] != b"\xff\xd8":
        raise CannotClean("no JPEG")
    found: set[Trace] = set()
    pieces: list[bytes] = []
    orientation, place = 1, 2
    while True:
        marker, body, after = _segment(data, place)
        if marker == _END:
            break
        if marker == _SCAN:
            scan_end = _end_of_scan(data, after)
            pieces.append(data[place:scan_end])
            after = scan_end
        elif marker in _KEPT:
            pieces.append(_write(marker, body))
        elif marker == _ADOBE and body[:5] == b"Adobe":
            pieces.append(_write(marker, body[:12]))
        elif marker == 0xE0 and body[:5] == b"JFIF\0":
            # Thirteen bytes of version and density tell nothing; what follows is a small picture.
            found |= {Trace.PREVIEW} if len(body) > 14 else set()
        else:
            told, turned = _told(marker, body)
            found |= told
            orientation = turned if turned != 1 else orientation
        place = after
    if data[after:].strip(b"\0\r\n"):
        found.add(Trace.PREVIEW if b"\xff\xd8\xff" in data[after:] else Trace.OTHER)
    # A scan says nothing without the frame that gives its size and the tables to decode it: no program draws one.
    if not {_SCAN, _TABLE} <= {piece[1] for piece in pieces} or not any(piece[1] in _FRAMES for piece in pieces):
        raise CannotClean("no picture")
    head = [b"\xff\xd8", _write(0xE0, _PLAIN_JFIF)]
    if any(piece[1] == _ADOBE for piece in pieces):
        head = head[:1]
    turn = exif.only_turned(orientation)
    if turn:
        head.append(_write(0xE1, b"Exif\0\0" + turn))
    return Cleaned(b"".join([*head, *pieces, b"\xff\xd9"]), frozenset(found - _of_plain_turn(found, data, turn)))


def _of_plain_turn(found: set[Trace], data: bytes, turn: bytes) -> set[Trace]:
    """An EXIF block that says how to turn the picture alone need not be taken out."""
    return {Trace.OTHER} if found == {Trace.OTHER} and turn and data.find(b"Exif\0\0" + turn, 0, 200) > 0 else set()


def _segment(data: bytes, place: int) -> tuple[int, bytes, int]:
    """The marker at `place`, what its segment holds, and where the next begins."""
    while data[place : place + 2] == b"\xff\xff":
        place += 1
    if place + 2 > len(data) or data[place] != 0xFF:
        raise CannotClean("a marker is missing")
    marker = data[place + 1]
    if marker in {_START, _END, 0x01} or 0xD0 <= marker <= 0xD7:
        return marker, b"", place + 2
    if place + 4 > len(data):
        raise CannotClean("cut short")
    length = struct.unpack_from(">H", data, place + 2)[0]
    end = place + 2 + length
    if length < 2 or end > len(data):
        raise CannotClean("a segment is longer than the file")
    return marker, data[place + 4 : end], end


def _end_of_scan(data: bytes, place: int) -> int:
    """Where the coded picture ends: at the first marker that is no restart. A byte of 255 in it is followed by 0."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise CannotClean("the picture has no end")
        if data[place + 1] != 0 and not 0xD0 <= data[place + 1] <= 0xD7 and data[place + 1] != 0xFF:
            return place
        place += 1 if data[place + 1] == 0xFF else 2


def _write(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _told(marker: int, body: bytes) -> tuple[set[Trace], int]:
    if marker == 0xE1 and body[:6] == b"Exif\0\0":
        return exif.traces(body[6:])
    if marker == 0xE1 and b"adobe.com/x" in body[:60]:
        return exif.traces_of_xmp(body), 1
    if marker == 0xED:
        return {Trace.PERSON, Trace.WORDS}, 1
    return {Trace.WORDS} if marker == 0xFE else {Trace.OTHER}, 1
