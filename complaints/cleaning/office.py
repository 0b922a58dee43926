"""Documents of Office (ECMA-376): the archive is written anew from the parts that are known, and these from the words that are known.

From the main part on, relations of known kinds are followed; a part that none of them reaches is left out. What a reader sees and is not
understood (a program, another document, a picture that cannot be cleaned) is a reason to clean nothing.
"""

import codecs
import posixpath
import re
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from lxml import etree

from complaints.cleaning import jpeg, office_markup, pictures
from complaints.cleaning.office_words import RELATIONS, name
from complaints.cleaning.places import LOCAL
from complaints.cleaning.result import Bomb, CannotClean, Cleaned
from complaints.vocabulary import Trace

codecs.lookup("cp437")  # how archives name their parts: loaded now, for later no file can be opened

_UNPACKED = 200 * 1024 * 1024
_RATIO = 200
_PARTS = 10_000
_TYPES = "[Content_Types].xml"
_ROOT = "_rels/.rels"
_TYPE_OF_ANY = "application/vnd.openxmlformats-officedocument."
_WORD, _SHEET, _SLIDES, _DRAWING = "wordprocessingml.", "spreadsheetml.", "presentationml.", "drawingml."
_MAIN = {
    name("w:document"): ("word/document.xml", (f"{_WORD}document.main", f"{_WORD}template.main")),
    name("x:workbook"): ("xl/workbook.xml", (f"{_SHEET}sheet.main", f"{_SHEET}template.main")),
    name("p:presentation"): (
        "ppt/presentation.xml",
        (f"{_SLIDES}presentation.main", f"{_SLIDES}template.main", f"{_SLIDES}slideshow.main"),
    ),
}
"""What a whole document begins with, and the types it may have. Those with programs have others."""
_FOLLOWED = {
    "styles": {name("w:styles"): f"{_WORD}styles", name("x:styleSheet"): f"{_SHEET}styles"},
    "numbering": {name("w:numbering"): f"{_WORD}numbering"},
    "settings": {name("w:settings"): f"{_WORD}settings"},
    "fontTable": {name("w:fonts"): f"{_WORD}fontTable"},
    "footnotes": {name("w:footnotes"): f"{_WORD}footnotes"},
    "endnotes": {name("w:endnotes"): f"{_WORD}endnotes"},
    "header": {name("w:hdr"): f"{_WORD}header"},
    "footer": {name("w:ftr"): f"{_WORD}footer"},
    "theme": {name("a:theme"): "theme"},
    "themeOverride": {name("a:themeOverride"): "themeOverride"},
    "chart": {name("c:chartSpace"): f"{_DRAWING}chart"},
    "chartUserShapes": {name("c:userShapes"): f"{_DRAWING}chartshapes"},
    "diagramData": {name("dgm:dataModel"): f"{_DRAWING}diagramData"},
    "diagramLayout": {name("dgm:layoutDef"): f"{_DRAWING}diagramLayout"},
    "diagramQuickStyle": {name("dgm:styleDef"): f"{_DRAWING}diagramStyle"},
    "diagramColors": {name("dgm:colorsDef"): f"{_DRAWING}diagramColors"},
    "drawing": {name("xdr:wsDr"): "drawing"},
    "worksheet": {name("x:worksheet"): f"{_SHEET}worksheet"},
    "chartsheet": {name("x:chartsheet"): f"{_SHEET}chartsheet"},
    "sharedStrings": {name("x:sst"): f"{_SHEET}sharedStrings"},
    "table": {name("x:table"): f"{_SHEET}table"},
    "externalLink": {name("x:externalLink"): f"{_SHEET}externalLink"},
    "slide": {name("p:sld"): f"{_SLIDES}slide"},
    "slideLayout": {name("p:sldLayout"): f"{_SLIDES}slideLayout"},
    "slideMaster": {name("p:sldMaster"): f"{_SLIDES}slideMaster"},
    "notesSlide": {name("p:notes"): f"{_SLIDES}notesSlide"},
    "notesMaster": {name("p:notesMaster"): f"{_SLIDES}notesMaster"},
    "handoutMaster": {name("p:handoutMaster"): f"{_SLIDES}handoutMaster"},
    "viewProps": {name("p:viewPr"): f"{_SLIDES}viewProps"},
    "presProps": {name("p:presentationPr"): f"{_SLIDES}presProps"},
    "tableStyles": {name("a:tblStyleLst"): f"{_SLIDES}tableStyles"},
}
"""Kinds of relations to parts in XML: what such a part begins with, and its type."""
_PICTURE, _FONT, _LINK, _BOOK = "image", "font", "hyperlink", "externalLinkPath"
_UNSAID = frozenset(
    {
        *("styles", "numbering", "settings", "fontTable", "footnotes", "endnotes", "theme", "themeOverride"),
        *(
            "sharedStrings",
            "presProps",
            "viewProps",
            "tableStyles",
            "slideLayout",
            "slideMaster",
            "notesSlide",
            "notesMaster",
        ),
    }
)
"""Relations that hold without a word in the part. Of the others, those that are left when it is cleaned."""
_SLIDE_OF_NOTES = (name("p:notes"), "slide")
_SEEN = frozenset(
    {
        *("aFChunk", "audio", "cellImage", "chartEx", "control", "ctrlProp", "dialogsheet", "media", "model3d"),
        *("oleObject", "package", "rdRichValue", "richValueRel", "subDocument", "vbaProject", "video", "wordVbaData"),
        *("xlIntlMacrosheet", "xlMacrosheet"),
    }
)
"""Relations to what a reader sees, or runs, and we do not clean."""
_DATA_OF_CHART = "package"
_EXTERNAL_BOOK = "book{}.xlsx"
_LINK_KEPT = re.compile(r"(?i)(https?|mailto|tel):|#")
_LINK_GONE = "about:blank"
_PICTURES = {
    b"\xff\xd8": (jpeg.clean, "jpeg"),
    b"\x89P": (pictures.clean, "png"),
    b"GI": (pictures.clean, "gif"),
}
_FONTS = {
    "odttf": f"{_TYPE_OF_ANY}obfuscatedFont",
    "fntdata": "application/x-fontdata",
    "ttf": "application/x-font-ttf",
}
_USUAL = re.compile(
    r"(word|xl|ppt)/([a-zA-Z]+/)?(styles|numbering|settings|fontTable|footnotes|endnotes|header|footer|theme|themeOverride|chart"
    r"|drawing|data|layout|quickStyle|colors|sheet|sharedStrings|table|externalLink|slide|slideLayout|slideMaster"
    r"|notesSlide|notesMaster|handoutMaster|presProps|viewProps|tableStyles)\d*\.xml"
)
"""What programs call parts. One of another name gets a new one."""
_XML = re.compile(r".*\.(xml|rels|vml)", re.IGNORECASE)
_LEFT_OUT = (
    (re.compile(r"docProps/thumbnail\.\w+"), Trace.PREVIEW),
    (
        re.compile(r"(docProps|package/services/metadata)/.*|xl/(connections|pivotCache/pivotCacheDefinition\d*)\.xml"),
        Trace.PERSON,
    ),
    (re.compile(r"(word|xl|ppt)/(comments|threadedComments|persons|people|commentAuthors|authors).*"), Trace.COMMENTS),
    (re.compile(r"xl/drawings/vmlDrawing\d*\.vml"), Trace.COMMENTS),
    (re.compile(r"xl/revisions/.*|ppt/(changesInfos/.*|revisionInfo\.xml)"), Trace.CHANGES),
    (re.compile(r"_xmlsignatures/.*"), Trace.SIGNATURE),
    (re.compile(r"(word|xl|ppt)/printerSettings/.*"), Trace.DEVICE),
    (re.compile(r"(word|xl|ppt)/embeddings/.*"), Trace.INSIDE),
    (
        re.compile(r"(customXml|customUI|docMetadata|userCustomization|\[trash\])/.*|(word|xl|ppt)/(media|fonts)/.*"),
        Trace.OTHER,
    ),
    (_XML, Trace.OTHER),
)
"""What is told of a part that is left out, by its name. One that is none of these was perhaps meant to be seen, or run."""
_IN_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_IN_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"


def clean(data: bytes) -> Cleaned:
    """Raises Bomb; CannotClean for any other archive as well."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = _unpack(archive)
    document = _Document(parts)
    document.follow()
    document.leave_out()
    return Cleaned(document.packed(), frozenset(document.found or {Trace.OTHER}))


def _unpack(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > _PARTS or total > max(_UNPACKED, _RATIO * packed):
        raise Bomb
    if total > _UNPACKED:
        raise CannotClean("too large when unpacked")
    called = {entry.filename.lower() for entry in entries}
    if not {_TYPES.lower(), _ROOT} <= called:
        raise CannotClean("another archive")
    if len(called) < len(entries):
        raise CannotClean("two parts of one name")
    # zipfile gives no more of an entry than it says it has.
    return {entry.filename: archive.read(entry) for entry in entries}


@dataclass(frozen=True, slots=True)
class _Relation:
    id: str
    kind: str
    """The last word of its type, which says all of it."""
    target: str
    """The name of a part as it came; of an external one, an address."""
    external: bool


@dataclass(slots=True)
class _Part:
    """One that stays, as it will be."""

    name: str
    type: str
    content: bytes = b""
    relations: tuple[_Relation, ...] = ()


class _Document:
    def __init__(self, parts: dict[str, bytes]) -> None:
        self.parts = parts
        self.found: set[Trace] = set()
        self.kept: dict[str, _Part] = {}
        """By the name with which they came, the main one first."""
        self._names = {part.lower(): part for part in parts}

    def follow(self) -> None:
        """Cleans the main part, and every part that is reached from it."""
        main = next((relation.target for relation in self._relations("") if relation.kind == "officeDocument"), None)
        if main not in self.parts:
            raise CannotClean("no document of Office")
        root = office_markup.parse(self.parts[main])
        usual, types = _MAIN.get(root.tag, ("", ()))
        type_ = self._type_as_it_came(main)
        if type_ not in {f"{_TYPE_OF_ANY}{kind}+xml" for kind in types}:
            raise CannotClean("no document of Office, or one with programs")
        self.kept[main] = _Part(usual, type_)
        waiting = self._clean(main, root)
        while waiting:
            relation = waiting.pop()
            if relation.target not in self.kept:
                waiting += self._keep(relation)

    def _type_as_it_came(self, called: str) -> str | None:
        types = office_markup.parse(self.parts[self._names[_TYPES.lower()]])
        by_name = {f"/{called}".lower(): "PartName", called.rpartition(".")[2].lower(): "Extension"}
        for key, attribute in by_name.items():
            for entry in types:
                if entry.get(attribute, "").lower() == key:
                    return str(entry.get("ContentType"))
        return None

    def _relations(self, called: str) -> list[_Relation]:
        folder, _, last = called.rpartition("/")
        place = self._names.get(posixpath.join(folder, "_rels", f"{last}.rels").lower())
        if place is None:
            return []
        relations = []
        for entry in office_markup.parse(self.parts[place]).iter(f"{{{_IN_RELS}}}Relationship"):
            target, external = entry.get("Target", ""), entry.get("TargetMode") == "External"
            if not external:
                inside = posixpath.normpath(posixpath.join("/", folder, unquote(target.partition("#")[0]))).lstrip("/")
                target = self._names.get(inside.lower(), "")
            relations.append(_Relation(entry.get("Id", ""), entry.get("Type", "").rpartition("/")[2], target, external))
        return relations

    def _clean(self, called: str, root: Any) -> list[_Relation]:
        """Cleans one part in XML; returns to which others it still refers."""
        book, chart = (root.tag == name(word) for word in ("x:externalLink", "c:chartSpace"))
        known = []
        for relation in self._relations(called):
            if relation.kind in _SEEN and not (chart and relation.kind == _DATA_OF_CHART):
                raise CannotClean("what is seen lies elsewhere")
            if relation.external:
                known += self._external(relation, book=book)
            elif relation.target and relation.kind in {*_FOLLOWED, _PICTURE, _FONT}:
                known.append(relation)
        used = office_markup.clean(root, {relation.id for relation in known}, self.found)
        part = self.kept[called]
        part.relations = tuple(
            relation
            for relation in known
            if relation.id in used or relation.kind in _UNSAID or (root.tag, relation.kind) == _SLIDE_OF_NOTES
        )
        part.content = office_markup.written(root)
        return [relation for relation in part.relations if not relation.external]

    def _external(self, relation: _Relation, *, book: bool) -> list[_Relation]:
        if LOCAL.search(relation.target):
            self.found.add(Trace.PERSON)
        if book:  # formulas and their cells name it by a number
            return [_Relation(relation.id, _BOOK, _EXTERNAL_BOOK.format(len(self.kept)), external=True)]
        if relation.kind != _LINK:
            return []
        target = relation.target if _LINK_KEPT.match(relation.target) else _LINK_GONE
        return [_Relation(relation.id, _LINK, target, external=True)]

    def _keep(self, relation: _Relation) -> list[_Relation]:
        """Keeps what a relation leads to, when it is of the kind that the relation says; returns to what that refers."""
        called, content = relation.target, self.parts[relation.target]
        if relation.kind == _PICTURE:
            if content[:2] not in _PICTURES:
                raise CannotClean("a picture of a kind we do not clean")
            cleaner, kind = _PICTURES[content[:2]]
            cleaned = cleaner(content)
            self.found |= cleaned.found
            self.kept[called] = _Part(self._new_name("media/image", kind), f"image/{kind}", cleaned.data)
            return []
        if relation.kind == _FONT:
            kind = called.rpartition(".")[2].lower()
            if kind not in _FONTS:
                raise CannotClean("a font of a kind we do not know")
            self.kept[called] = _Part(self._new_name("fonts/font", kind), _FONTS[kind], content)
            return []
        root = office_markup.parse(content)
        if root.tag not in _FOLLOWED[relation.kind]:
            raise CannotClean("a part that is of another kind than is said")
        new = called if _USUAL.fullmatch(called) else self._new_name(f"parts/{relation.kind}", "xml")
        self.kept[called] = _Part(new, f"{_TYPE_OF_ANY}{_FOLLOWED[relation.kind][root.tag]}+xml")
        return self._clean(called, root)

    def _new_name(self, kind: str, ending: str) -> str:
        folder = next(iter(self.kept.values())).name.partition("/")[0]
        return f"{folder}/{kind}{len(self.kept)}.{ending}"

    def leave_out(self) -> None:
        """Says what is not kept. Raises CannotClean when it is of a kind that is not known."""
        own = {_TYPES.lower(), _ROOT}
        rels = {_rels(called).lower() for called in self.kept}
        for called, content in self.parts.items():
            if called in self.kept or called.lower() in own | rels:
                continue
            trace = next((trace for pattern, trace in _LEFT_OUT if pattern.fullmatch(called)), None)
            if trace is None:
                raise CannotClean("a part of a kind we do not know")
            self.found.add(trace)
            if _XML.fullmatch(called) and LOCAL.search(content.decode("latin-1")):
                self.found.add(Trace.PERSON)

    def packed(self) -> bytes:
        main = next(iter(self.kept))
        entrance = (_Relation("rId1", "officeDocument", main, external=False),)
        out = BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for called, content in (
                (_TYPES, self._types()),
                (_ROOT, self._rels("", entrance)),
                *((part.name, part.content) for part in self.kept.values()),
                *(
                    (_rels(part.name), self._rels(part.name, part.relations))
                    for part in self.kept.values()
                    if part.relations
                ),
            ):
                archive.writestr(zipfile.ZipInfo(called), content, zipfile.ZIP_DEFLATED)
        return out.getvalue()

    def _types(self) -> bytes:
        root = etree.Element(f"{{{_IN_TYPES}}}Types", nsmap={None: _IN_TYPES})
        rels = "application/vnd.openxmlformats-package.relationships+xml"
        etree.SubElement(root, f"{{{_IN_TYPES}}}Default", Extension="rels", ContentType=rels)
        etree.SubElement(root, f"{{{_IN_TYPES}}}Default", Extension="xml", ContentType="application/xml")
        endings = {
            part.name.rpartition(".")[2]: part.type for part in self.kept.values() if not part.name.endswith(".xml")
        }
        for ending, type_ in endings.items():
            etree.SubElement(root, f"{{{_IN_TYPES}}}Default", Extension=ending, ContentType=type_)
        for part in self.kept.values():
            if part.name.endswith(".xml"):
                etree.SubElement(root, f"{{{_IN_TYPES}}}Override", PartName=f"/{part.name}", ContentType=part.type)
        return office_markup.written(root)

    def _rels(self, owner: str, relations: tuple[_Relation, ...]) -> bytes:
        root = etree.Element(f"{{{_IN_RELS}}}Relationships", nsmap={None: _IN_RELS})
        for relation in relations:
            entry = etree.SubElement(
                root, f"{{{_IN_RELS}}}Relationship", Id=relation.id, Type=f"{RELATIONS}/{relation.kind}"
            )
            if relation.external:
                entry.set("Target", relation.target)
                entry.set("TargetMode", "External")
            else:
                entry.set(
                    "Target", posixpath.relpath(f"/{self.kept[relation.target].name}", f"/{posixpath.dirname(owner)}")
                )
        return office_markup.written(root)


def _rels(called: str) -> str:
    folder, _, last = called.rpartition("/")
    return posixpath.join(folder, "_rels", f"{last}.rels")
