"""Films, sound and pictures in boxes (ISO/IEC 14496-12): MP4, QuickTime, 3GP, M4A, HEIC, AVIF. Overwritten in place, so that every offset holds.

What no player needs becomes an empty box of the same length; dates become none; every track beside picture and sound (where a telephone
was at each second, subtitles) is emptied with its samples. What a camera writes into the coded picture itself stays, and so do bytes
amid a film's samples that no track claims.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from complaints.cleaning import exif
from complaints.cleaning.result import CannotClean, Cleaned
from complaints.vocabulary import Trace

_INSIDE = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex", b"moof", b"traf"}
_DATES = {b"mvhd", b"tkhd", b"mdhd"}
_HEARD_AND_SEEN = {b"vide", b"soun"}
"""Not the tracks of text: drones and cameras in cars write there where they are at each second."""
_PLAIN = {
    *(b"ftyp", b"styp", b"mdat", b"wide", b"sidx", b"mfra"),
    *(b"tref", b"tapt", b"elst", b"elng", b"vmhd", b"smhd", b"nmhd", b"gmhd", b"mehd", b"trex"),
    *(b"stts", b"ctts", b"cslg", b"stss", b"stps", b"stsc", b"stsz", b"stz2", b"stco", b"co64"),
    *(b"sdtp", b"sbgp", b"sgpd"),
    *(b"mfhd", b"tfhd", b"tfdt", b"trun"),
}
"""What a player needs. Every other box is emptied, known or not."""
_TOLD = (
    ((b"\xa9xyz", b"location", b"loci", b"GPS"), Trace.POSITION),
    ((b"\xa9mak", b"\xa9mod", b"quicktime.make", b"quicktime.model", b"Exif", b"GoPr"), Trace.DEVICE),
    ((b"\xa9day", b"creationdate", b"yrrc"), Trace.TIME),
    ((b"\xa9ART", b"\xa9aut", b"auth", b"artist", b"perf", b"cprt"), Trace.PERSON),
    ((b"\xa9too", b"\xa9swr", b"software", b"encoder", b"\xa9enc"), Trace.PROGRAM),
    ((b"\xa9nam", b"\xa9cmt", b"desc", b"titl", b"dscp"), Trace.WORDS),
    ((b"covr",), Trace.PREVIEW),
)
_PICTURES = {b"heic", b"heix", b"mif1", b"msf1", b"avif"}
_ITEMS = {b"hvc1", b"av01", b"grid", b"iden", b"iovl", b"tmap"}
"""The items that are drawn."""
_OF_ITEMS = {b"pitm", b"iloc", b"iinf", b"iref", b"iprp", b"idat", b"grpl", b"hdlr"}
_PROPERTIES = {
    *(b"hvcC", b"av1C", b"ispe", b"pixi", b"colr", b"irot", b"imir", b"clap", b"pasp", b"auxC"),
    *(b"clli", b"mdcv", b"cclv", b"a1op", b"a1lx", b"lsel"),
}
_NO_EXIF = b"\0\0\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"
"""What stands in for EXIF: readers refuse a picture whose EXIF does not begin as EXIF does."""


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    body: int
    end: int


def clean(data: bytes) -> Cleaned:
    """Raises CannotClean for what is cut short, or built in a way we do not know."""
    work, found = bytearray(data), set[Trace]()
    top = list(_boxes(work, 0, len(work)))
    if not top or top[0].kind != b"ftyp":
        raise CannotClean("no file of boxes")
    if bytes(work[top[0].body : top[0].body + 4]) in _PICTURES:
        _picture(work, top, found)
    else:
        if not any(box.kind == b"moov" for box in top):
            raise CannotClean("no film")
        _empty(work, top, found)
    if work != data and not found:
        found.add(Trace.OTHER)
    return Cleaned(bytes(work), frozenset(found))


def _boxes(work: bytearray, start: int, end: int) -> Iterator[_Box]:
    while start < end:
        if start + 8 > end:
            if any(work[start:end]):
                raise CannotClean("a box is cut short")
            return
        size, kind = struct.unpack_from(">I4s", work, start)
        body = start + 8
        if size == 1:
            size, body = struct.unpack_from(">Q", work, start + 8)[0], start + 16
        size = size or end - start
        if size < body - start or start + size > end:
            raise CannotClean("a box is longer than what holds it")
        yield _Box(kind, start, body, start + size)
        start += size


def _empty(work: bytearray, boxes: list[_Box], found: set[Trace]) -> None:
    for box in boxes:
        if box.kind == b"trak" and _handler(work, box) not in _HEARD_AND_SEEN:
            found |= _told(bytes(work[box.body : box.end])) | {Trace.OTHER}
            _empty_samples(work, box)
            _blank(work, box)
        elif box.kind in _INSIDE:
            if box.kind == b"moov":
                _no_data_in_fragments(work, box)
            _empty(work, list(_boxes(work, box.body, box.end)), found)
        elif box.kind in _DATES:
            _no_date(work, box, found)
        elif box.kind == b"hdlr":
            _no_name(work, box)
        elif box.kind == b"stsd":
            _no_compressor(work, box)
        elif box.kind == b"dinf":
            _no_places(work, box)
        elif box.kind not in _PLAIN:
            _take_out(work, box, found)


def _no_data_in_fragments(work: bytearray, film: _Box) -> None:
    inside = list(_boxes(work, film.body, film.end))
    data = any(box.kind == b"trak" and _handler(work, box) not in _HEARD_AND_SEEN for box in inside)
    if data and any(box.kind == b"mvex" for box in inside):
        raise CannotClean("samples of data in fragments")


def _take_out(work: bytearray, box: _Box, found: set[Trace]) -> None:
    body = bytes(work[box.body : box.end])
    if any(body):
        found |= _told(body) or {Trace.OTHER}
    _blank(work, box)


def _told(body: bytes) -> set[Trace]:
    return {trace for names, trace in _TOLD if any(name in body for name in names)}


def _blank(work: bytearray, box: _Box) -> None:
    work[box.start + 4 : box.start + 8] = b"free"
    work[box.body : box.end] = bytes(box.end - box.body)


def _no_date(work: bytearray, box: _Box, found: set[Trace]) -> None:
    length = 16 if work[box.body] == 1 else 8
    dates = slice(box.body + 4, box.body + 4 + length)
    if any(work[dates]):
        found.add(Trace.TIME)
        work[dates] = bytes(length)


def _no_name(work: bytearray, box: _Box) -> None:
    """The name of a track's kind: it often names the device or program, and no player reads it."""
    work[box.body + 24 : box.end] = bytes(max(0, box.end - box.body - 24))


def _no_compressor(work: bytearray, box: _Box) -> None:
    for entry in _boxes(work, box.body + 8, box.end):
        if entry.kind in {b"avc1", b"avc3", b"hvc1", b"hev1", b"mp4v", b"av01", b"vp09", b"jpeg", b"apcn"}:
            work[entry.body + 42 : entry.body + 74] = bytes(32)


def _no_places(work: bytearray, box: _Box) -> None:
    """Where the samples lie, beside this file: it may be a path on the computer that made it."""
    for table in _boxes(work, box.body, box.end):
        for entry in _boxes(work, table.body + 8, table.end) if table.kind == b"dref" else ():
            work[entry.body + 4 : entry.end] = bytes(max(0, entry.end - entry.body - 4))


def _find(work: bytearray, box: _Box, *path: bytes) -> _Box | None:
    for name in path:
        inner = next((inner for inner in _boxes(work, box.body, box.end) if inner.kind == name), None)
        if inner is None:
            return None
        box = inner
    return box


def _handler(work: bytearray, track: _Box) -> bytes:
    handler = _find(work, track, b"mdia", b"hdlr")
    return bytes(work[handler.body + 8 : handler.body + 12]) if handler else b""


def _numbers(work: bytearray, box: _Box, layout: str, at: int = 4) -> list[tuple[int, ...]]:
    """The rows of a table: a count, then that many."""
    count, size = struct.unpack_from(">I", work, box.body + at)[0], struct.calcsize(f">{layout}")
    first = box.body + at + 4
    if first + count * size > box.end:
        raise CannotClean("a table is longer than its box")
    return [struct.unpack_from(f">{layout}", work, first + number * size) for number in range(count)]


def _empty_samples(work: bytearray, track: _Box) -> None:
    table = _find(work, track, b"mdia", b"minf", b"stbl")
    places = table and (_find(work, table, b"stco") or _find(work, table, b"co64"))
    runs, sizes = (table and _find(work, table, name) for name in (b"stsc", b"stsz"))
    if not (places and runs and sizes):
        raise CannotClean("a track whose samples cannot be found")
    offsets = [row[0] for row in _numbers(work, places, "I" if places.kind == b"stco" else "Q")]
    fixed, count = struct.unpack_from(">II", work, sizes.body + 4)
    lengths = [fixed] * min(count, 10_000_000) if fixed else [row[0] for row in _numbers(work, sizes, "I", 8)]
    chunks = _numbers(work, runs, "III")
    taken = 0
    for number, offset in enumerate(offsets, start=1):
        samples = next((row[1] for row in reversed(chunks) if row[0] <= number), 0)
        length = sum(lengths[taken : taken + samples])
        taken += samples
        if offset + length > len(work):
            raise CannotClean("a sample beyond the end")
        work[offset : offset + length] = bytes(length)
    if taken < len(lengths):
        raise CannotClean("samples that are in no chunk")


def _picture(work: bytearray, top: list[_Box], found: set[Trace]) -> None:
    """What no drawn item needs is overwritten where it lies; the drawn items are not touched."""
    meta = next((box for box in top if box.kind == b"meta"), None)
    inside = list(_boxes(work, meta.body + 4, meta.end)) if meta else []
    parts = {box.kind: box for box in inside}
    if not {b"iinf", b"iloc", b"pitm"} <= parts.keys() or any(box.kind == b"moov" for box in top):
        raise CannotClean("no still picture of items")
    kinds = _items(work, parts[b"iinf"])
    places = _locations(work, parts[b"iloc"], parts.get(b"idat"))
    main = parts[b"pitm"]
    if kinds.get(int.from_bytes(work[main.body + 4 : main.end], "big")) not in _ITEMS:
        raise CannotClean("a picture of a kind we do not know")
    for item, all_of in places.items():
        if kinds.get(item) not in _ITEMS:
            found |= _told_by_item(kinds.get(item), b"".join(bytes(work[start:end]) for start, end in all_of))
    _keep_drawn(
        work, [*top, *inside], [place for item in places if kinds.get(item) in _ITEMS for place in places[item]]
    )
    _keep_what_draws(work, [*top, *inside], found)
    for item, all_of in places.items():
        if kinds.get(item) == b"Exif" and all_of and all_of[0][1] - all_of[0][0] >= len(_NO_EXIF):
            work[all_of[0][0] : all_of[0][0] + len(_NO_EXIF)] = _NO_EXIF


def _keep_what_draws(work: bytearray, boxes: list[_Box], found: set[Trace]) -> None:
    for box in boxes:
        if box.kind == b"iprp":
            _no_descriptions(work, box, found)
        elif box.kind == b"hdlr":
            _no_name(work, box)
        elif box.kind not in _OF_ITEMS | {b"ftyp", b"meta", b"mdat"}:
            _take_out(work, box, found)


def _keep_drawn(work: bytearray, boxes: list[_Box], drawn: list[tuple[int, int]]) -> None:
    for box in boxes:
        if box.kind in {b"mdat", b"idat"}:
            empty = bytearray(box.end - box.body)
            for item_start, item_end in drawn:
                start, end = max(item_start, box.body), min(item_end, box.end)
                if start < end:
                    empty[start - box.body : end - box.body] = work[start:end]
            work[box.body : box.end] = empty


def _no_descriptions(work: bytearray, box: _Box, found: set[Trace]) -> None:
    for table in _boxes(work, box.body, box.end):
        for entry in _boxes(work, table.body, table.end) if table.kind == b"ipco" else ():
            if entry.kind not in _PROPERTIES:
                _take_out(work, entry, found)


def _told_by_item(kind: bytes | None, body: bytes) -> set[Trace]:
    if not any(body) or body.rstrip(b"\0") == _NO_EXIF.rstrip(b"\0"):
        return set()
    if kind == b"Exif":
        return exif.traces(body[4 + int.from_bytes(body[:4], "big") :])[0]
    return exif.traces_of_xmp(body)


def _items(work: bytearray, box: _Box) -> dict[int, bytes]:
    """The kind of each item by its number; their names are emptied."""
    start = box.body + (6 if work[box.body] == 0 else 8)
    kinds = {}
    for entry in _boxes(work, start, box.end):
        version = work[entry.body]
        if entry.kind != b"infe" or version < 2:
            raise CannotClean("an old list of items")
        wide = version > 2
        at = entry.body + (10 if wide else 8)
        kinds[struct.unpack_from(">I" if wide else ">H", work, entry.body + 4)[0]] = bytes(work[at : at + 4])
        work[at + 4 : entry.end] = bytes(entry.end - at - 4)
    return kinds


def _locations(work: bytearray, box: _Box, data: _Box | None) -> dict[int, list[tuple[int, int]]]:
    """Where each item begins and ends, in one part or more."""
    version, sizes = work[box.body], struct.unpack_from(">H", work, box.body + 4)[0]
    offset_size, length_size, base_size, index_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    place = box.body + 6

    def take(size: int) -> int:
        nonlocal place
        if place + size > box.end:
            raise CannotClean("a list of places is cut short")
        place += size
        return int.from_bytes(work[place - size : place], "big")

    wide = 4 if version == 2 else 2
    located: dict[int, list[tuple[int, int]]] = {}
    for _ in range(take(wide)):
        item = take(wide)
        method = take(2) & 15 if version else 0
        take(2)
        base = take(base_size)
        if method > 1 or (method == 1 and data is None):
            raise CannotClean("items kept in another way")
        if method == 1 and data is not None:
            base += data.body
        located[item] = []
        for _part in range(take(2)):
            if version and index_size:
                take(index_size)
            start = base + take(offset_size)
            length = take(length_size)
            if not length or start + length > len(work):
                raise CannotClean("an item beyond the end")
            located[item].append((start, start + length))
    return located
