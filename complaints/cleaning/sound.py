"""MP3 without its tags (ID3v2, ID3v1, Lyrics3, APE), FLAC with its stream description and seek table alone. The sound is not touched."""

import struct

from complaints.cleaning.result import CannotClean, Cleaned
from complaints.vocabulary import Trace

_FRAMES = (
    ((b"TPE", b"TCOM", b"TEXT", b"TOWN", b"TCOP", b"TENC"), Trace.PERSON),
    ((b"TSSE", b"TFLT"), Trace.PROGRAM),
    ((b"TDRC", b"TDEN", b"TDTG", b"TYER", b"TDAT", b"TIME", b"TRDA"), Trace.TIME),
    ((b"APIC",), Trace.PREVIEW),
)
_STREAM, _SEEK, _PADDING = 0, 3, 1
_LONGEST_FRAME, _TRIED = 128 * 1024, 16
"""How far from the end a last frame is looked for, and how many places that look like its beginning are tried."""
_FLAC_TOLD = {4: {Trace.PERSON, Trace.WORDS, Trace.PROGRAM}, 6: {Trace.PREVIEW}}


def clean(data: bytes) -> Cleaned:
    """Raises CannotClean when what is left does not begin as sound does."""
    return _flac(data) if data[:4] == b"fLaC" else _mp3(data)


def _mp3(data: bytes) -> Cleaned:
    start, end, found = 0, len(data), set[Trace]()
    while data[start : start + 3] == b"ID3" and start + 10 <= end:
        size = 10 + _synchsafe(data[start + 6 : start + 10]) + (10 if data[start + 5] & 0x10 else 0)
        found |= _told(data[start : start + size])
        start += size
    trimmed = True
    while trimmed:
        before = end
        end = _without_tail(data, start, end)
        trimmed = end < before
        if trimmed:
            found |= {Trace.WORDS, Trace.PERSON}
    sound = data[start:end]
    stripped = sound.lstrip(b"\0")
    if len(stripped) < 4 or stripped[0] != 0xFF or stripped[1] & 0xE6 != 0xE2:
        raise CannotClean("no sound after the tags")
    if any(mark in stripped for mark in (b"ID3\x02", b"ID3\x03", b"ID3\x04", b"APETAGEX", b"LYRICSBEGIN")):
        raise CannotClean("a tag amid the sound")
    return Cleaned(stripped, frozenset(found))


def _synchsafe(four: bytes) -> int:
    return four[0] << 21 | four[1] << 14 | four[2] << 7 | four[3]


def _told(tag: bytes) -> set[Trace]:
    return {trace for names, trace in _FRAMES if any(name in tag for name in names)} | {Trace.WORDS}


def _without_tail(data: bytes, start: int, end: int) -> int:
    if data[max(start, end - 128) : end][:3] == b"TAG":
        return end - 128
    if data[max(start, end - 32) : end][:8] == b"APETAGEX":
        size, _items, flags = struct.unpack_from("<III", data, end - 32 + 12)
        return max(start, int(end - size - (32 if flags & 0x80000000 else 0)))
    if data[max(start, end - 9) : end] == b"LYRICS200":
        begin = data.rfind(b"LYRICSBEGIN", start, end)
        return begin if begin >= 0 else end
    return end


def _flac(data: bytes) -> Cleaned:
    kept, found, place, last = [], set[Trace](), 4, False
    while not last:
        if place + 4 > len(data):
            raise CannotClean("cut short")
        last, kind = bool(data[place] & 0x80), data[place] & 0x7F
        length = int.from_bytes(data[place + 1 : place + 4], "big")
        if place + 4 + length > len(data):
            raise CannotClean("cut short")
        body = data[place + 4 : place + 4 + length]
        if kind in {_STREAM, _SEEK}:
            kept.append((kind, body))
        elif kind != _PADDING or body.strip(b"\0"):
            found |= _FLAC_TOLD.get(kind, {Trace.OTHER})
        place += 4 + length
    if data[place : place + 1] != b"\xff" or not kept:
        raise CannotClean("no sound after the descriptions")
    if not _ends_with_a_frame(data[max(place, len(data) - _LONGEST_FRAME) :]):
        raise CannotClean("something after the sound")
    blocks = [
        bytes([kind | (0x80 if number == len(kept) - 1 else 0)]) + len(body).to_bytes(3, "big") + body
        for number, (kind, body) in enumerate(kept)
    ]
    return Cleaned(b"fLaC" + b"".join(blocks) + data[place:], frozenset(found))


def _ends_with_a_frame(tail: bytes) -> bool:
    """Whether some frame's checksum (RFC 9639 §9.3: CRC-16, polynomial 0x8005) comes out at the very end."""
    begin, tried = len(tail), 0
    while tried < _TRIED and (begin := max(tail.rfind(b"\xff\xf8", 0, begin), tail.rfind(b"\xff\xf9", 0, begin))) >= 0:
        checksum = 0
        for byte in tail[begin:]:
            checksum = (checksum << 8 & 0xFFFF) ^ _CRC[checksum >> 8 ^ byte]
        if checksum == 0:
            return True
        tried += 1
    return False


def _crc(value: int) -> int:
    value <<= 8
    for _ in range(8):
        value = (value << 1 ^ (0x8005 if value & 0x8000 else 0)) & 0xFFFF
    return value


_CRC = [_crc(value) for value in range(256)]
