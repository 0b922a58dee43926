"""Documents of Office (ECMA-376): the archive is written anew. Comments go, tracked changes are taken as accepted, nothing names an author.

A part of a kind that is not known here (a program, another document, a picture that cannot be cleaned) is a reason to clean nothing.
"""

import codecs
import posixpath
import re
import zipfile
from io import BytesIO
from typing import Any

from lxml import etree

from complaints.cleaning import jpeg, pictures
from complaints.cleaning.result import Bomb, CannotClean, Cleaned
from complaints.vocabulary import Trace

codecs.lookup("cp437")  # how archives name their parts: loaded now, for later no file can be opened

_UNPACKED = 200 * 1024 * 1024
_RATIO = 200
_PARTS = 10_000
_TYPES = "[Content_Types].xml"
_MAIN = re.compile(r"(word/document|xl/workbook|ppt/presentation)\.xml")
_DROPPED = (
    (re.compile(r"docProps/thumbnail\.\w+"), Trace.PREVIEW),
    (re.compile(r"docProps/.*"), Trace.PERSON),
    (re.compile(r"(word|xl|ppt)/(comments|threadedComments|persons|people|commentAuthors|authors).*"), Trace.COMMENTS),
    (re.compile(r"xl/drawings/vmlDrawing\d*\.vml"), Trace.COMMENTS),
    (re.compile(r"xl/revisions/.*"), Trace.CHANGES),
    (re.compile(r"customXml/.*|_xmlsignatures/.*|docMetadata/.*"), Trace.OTHER),
    (re.compile(r"(word|xl|ppt)/printerSettings/.*"), Trace.DEVICE),
)
_KEPT = re.compile(r"(.*\.(xml|rels)|word/fonts/[^/]+\.odttf|ppt/fonts/[^/]+\.fntdata)", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_GONE = {
    _W + name
    for name in ("del", "moveFrom", "commentRangeStart", "commentRangeEnd", "commentReference", "rsids", "cellDel")
}
_GONE |= {
    _W + name for name in ("moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart", "moveToRangeEnd", "cellIns")
}
_OPENED = {_W + name for name in ("ins", "moveTo")}
_PICTURES = {b"\xff\xd8": jpeg.clean, b"\x89P": pictures.clean, b"GI": pictures.clean}
_NAMES = {"author", "initials", "userId", "lastModifiedBy", "userName", "lastEdited", "lowestEdited", "rupBuild"}


def clean(data: bytes) -> Cleaned:
    """Raises Bomb; CannotClean for any other archive as well."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = _unpack(archive)
    if not any(_MAIN.fullmatch(name) for name in parts) or _TYPES not in parts:
        raise CannotClean("no document of Office")
    found: set[Trace] = set()
    dropped = {name: trace for name in parts for pattern, trace in _DROPPED if pattern.fullmatch(name)}
    found |= set(dropped.values())
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            if name not in dropped:
                archive.writestr(zipfile.ZipInfo(name), _part(name, part, dropped.keys(), found), zipfile.ZIP_DEFLATED)
    return Cleaned(out.getvalue(), frozenset(found or {Trace.OTHER}))


def _unpack(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > _PARTS or total > max(_UNPACKED, _RATIO * packed):
        raise Bomb
    if total > _UNPACKED:
        raise CannotClean("too large when unpacked")
    if not any(_MAIN.fullmatch(entry.filename) for entry in entries):
        raise CannotClean("another archive")
    # zipfile gives no more of an entry than it says it has.
    return {entry.filename: archive.read(entry) for entry in entries}


def _part(name: str, part: bytes, dropped: Any, found: set[Trace]) -> bytes:
    if "/media/" in name:
        cleaner = _PICTURES.get(part[:2])
        if cleaner is None:
            raise CannotClean("a picture of a kind we do not clean")
        cleaned = cleaner(part)
        found |= cleaned.found
        return cleaned.data
    if not _KEPT.fullmatch(name):
        raise CannotClean("a part of a kind we do not know")
    if not name.lower().endswith((".xml", ".rels")):
        return part
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(part, parser)
    if root.getroottree().docinfo.doctype:
        raise CannotClean("a document type")
    if name == _TYPES:
        _forget(root, {f"/{gone}" for gone in dropped}, "PartName", "/")
    elif name.endswith(".rels"):
        base = posixpath.dirname(posixpath.dirname(name))
        _forget(root, {f"/{gone}" for gone in dropped}, "Target", f"/{base}")
    else:
        _without_people(root, found)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _forget(root: Any, gone: set[str], attribute: str, base: str) -> None:
    for element in list(root):
        if element.get("TargetMode") == "External":
            if re.match(r"(?i)file:|\\\\|[a-z]:", element.get(attribute, "")):
                element.set(attribute, "about:blank")  # a template's folder bears its owner's name
        elif posixpath.normpath(posixpath.join(base, element.get(attribute, ""))) in gone:
            root.remove(element)


def _without_people(root: Any, found: set[Trace]) -> None:
    for element in list(root.iter(etree.Element)):
        local = etree.QName(element).localname
        if element.tag in _GONE or element.tag.endswith("PrChange"):
            _note(local, found)
            _take_out(element, keep=False)
        elif element.tag in _OPENED:
            found.add(Trace.CHANGES)
            _take_out(element, keep=True)
        elif local == "legacyDrawing":
            _take_out(element, keep=False)
        else:
            for key in list(element.attrib):
                plain = etree.QName(key).localname
                if plain.startswith("rsid") or plain in _NAMES:
                    del element.attrib[key]


def _note(local: str, found: set[Trace]) -> None:
    if local != "rsids":
        found.add(Trace.COMMENTS if local.startswith("comment") else Trace.CHANGES)


def _take_out(element: Any, *, keep: bool) -> None:
    """Removes an element; `keep`: what is in it takes its place."""
    parent = element.getparent()
    if parent is None:
        return
    place = parent.index(element)
    if keep:
        for number, child in enumerate(list(element)):
            parent.insert(place + number, child)
    parent.remove(element)
