"""What EXIF, IPTC and XMP tell, by kind; and how a picture is to be turned. Nothing else of them is kept."""

import re
import struct

from complaints.vocabulary import Trace

_GPS, _EXIF, _ORIENTATION = 0x8825, 0x8769, 0x0112
_TAGS = {
    **dict.fromkeys((0x010F, 0x0110, 0x927C, 0xA430 + 1, 0xA432, 0xA433, 0xA434, 0xA435, 0xC62F, 0x013C), Trace.DEVICE),
    **dict.fromkeys((0x0132, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9290, 0x9291, 0x9292), Trace.TIME),
    **dict.fromkeys((0x013B, 0x8298, 0x9C9D, 0xA430), Trace.PERSON),
    0x0131: Trace.PROGRAM,
    **dict.fromkeys((0x010D, 0x010E, 0x9286, 0x9C9B, 0x9C9C, 0x9C9E, 0x9C9F), Trace.WORDS),
}
_XMP = (
    (rb"GPS(Latitude|Longitude)|Location|City", Trace.POSITION),
    (rb"tiff:(Make|Model)|SerialNumber|aux:", Trace.DEVICE),
    (rb"(Create|Modify|Metadata)Date|DateCreated|history|when=", Trace.TIME),
    (rb"dc:creator|dc:rights|Author|Owner", Trace.PERSON),
    (rb"CreatorTool|softwareAgent|pdf:Producer", Trace.PROGRAM),
    (rb"dc:(title|description|subject)|Keywords|Headline", Trace.WORDS),
)
_TURNS = range(2, 9)
_DEPTH = 4


def traces(tiff: bytes) -> tuple[set[Trace], int]:
    """What an EXIF block (from its byte order on) tells, and the picture's orientation, 1 when it says none."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return {Trace.OTHER}, 1
    found: set[Trace] = set()
    turned = [1]
    first = struct.unpack_from(f"{order}I", tiff, 4)[0]
    following = _directory(tiff, order, first, found, turned, 0)
    if following:
        found.add(Trace.PREVIEW)
    return found or {Trace.OTHER}, turned[0]


def _directory(tiff: bytes, order: str, start: int, found: set[Trace], turned: list[int], depth: int) -> int:
    """Reads one directory; returns where the next one is said to be. What lies beyond the end is not there."""
    if depth >= _DEPTH or start + 2 > len(tiff):
        return 0
    count = struct.unpack_from(f"{order}H", tiff, start)[0]
    for place in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        tag, _kind, _number, value = struct.unpack_from(f"{order}HHII", tiff, place)
        if tag == _GPS:
            found.add(Trace.POSITION)
        elif tag == _EXIF:
            _directory(tiff, order, value, found, turned, depth + 1)
        elif tag == _ORIENTATION:
            turned[0] = struct.unpack_from(f"{order}H", tiff, place + 8)[0]
        elif tag in _TAGS:
            found.add(_TAGS[tag])
    end = start + 2 + 12 * count
    return int(struct.unpack_from(f"{order}I", tiff, end)[0]) if end + 4 <= len(tiff) else 0


def traces_of_xmp(packet: bytes) -> set[Trace]:
    return {trace for pattern, trace in _XMP if re.search(pattern, packet)} or {Trace.OTHER}


def only_turned(orientation: int) -> bytes:
    """An EXIF block that says how to turn the picture, and nothing else; empty when it need not be turned."""
    if orientation not in _TURNS:
        return b""
    return b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, _ORIENTATION, 3, 1, orientation, 0, 0)
