"""One part of a document of Office: what `office_words` names is kept, tracked changes are taken as accepted, and all else goes.

Raises CannotClean where something would be lost that a reader sees: another document, a program, markup of a kind nobody says may be ignored.
"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from complaints.cleaning.office_words import KEPT, NAMESPACES, RELATIONS, VOCABULARY, name, names
from complaints.cleaning.places import LOCAL
from complaints.cleaning.result import CannotClean
from complaints.vocabulary import Trace

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_ALTERNATES, _CHOICE, _FALLBACK, _IGNORABLE = (
    _MC + word for word in ("AlternateContent", "Choice", "Fallback", "Ignorable")
)
_RELATION = f"{{{RELATIONS}}}"
_OPENED = names("w:ins w:moveTo w:customXml w:smartTag")
"""What stands in them takes their place."""
_CHANGES = names("w:ins w:moveTo w:del w:moveFrom w:cellIns w:cellDel w:cellMerge w:numberingChange")
_TOLD = {
    **dict.fromkeys(names("w:commentRangeStart w:commentRangeEnd w:commentReference"), Trace.COMMENTS),
    **dict.fromkeys(names("x:customWorkbookViews x:fileSharing w:permStart"), Trace.PERSON),
    **dict.fromkeys(names("w:tblCaption w:tblDescription w:alias"), Trace.WORDS),
}
_TOLD_BY_ATTRIBUTE = {
    **dict.fromkeys(("author", "initials", "userId", "userName", "refreshedBy", "lastModifiedBy"), Trace.PERSON),
    **dict.fromkeys(("descr", "title", "alt"), Trace.WORDS),
}
_SEEN = names(
    "w:altChunk w:contentPart w:control w:movie w:object w:objectEmbed w:objectLink w:subDoc x:controls x:oleObjects "
    "x:ddeLink x:oleLink p:controls p:oleObj p:contentPart wpg:contentPart xdr:contentPart o:OLEObject o:ink"
)
"""What is seen and is not in this part alone: it cannot be dropped in silence."""
_NEVER_SEEN = frozenset(
    {
        "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "http://schemas.openxmlformats.org/schemaLibrary/2006/main",
    }
)
_WITHOUT_RELATION = names("w:hyperlink x:pageSetup c:pageSetup")
"""They say something without what they refer to. All others are nothing without it."""
_NEVER_EMPTY = names("x:hyperlinks x:tableParts x:externalReferences x:definedNames")
_TEXT = names(
    "w:t w:instrText a:t a:tableStyleId m:t x:t x:v x:f x:formula x:formula1 x:formula2 x:definedName x:calculatedColumnFormula "
    "x:totalsRowFormula x:oddHeader x:oddFooter x:evenHeader x:evenFooter x:firstHeader x:firstFooter c:v c:f c:formatCode c:name "
    "c:separator c:oddHeader c:oddFooter c:evenHeader c:evenFooter c:firstHeader c:firstFooter wp:align wp:posOffset xdr:col xdr:colOff "
    "xdr:row xdr:rowOff cdr:x cdr:y p:attrName"
)
_FORMULAS = names("x:f x:formula x:formula1 x:formula2 x:definedName x:calculatedColumnFormula x:totalsRowFormula c:f")
_CHART_FORMULA = name("c:f")
_BOOK = re.compile(r"\[(?!\d+\])[^\]]*(\]|\Z)")  # one without an end has the rest
_NAMED = {
    **dict.fromkeys(names("wp:docPr pic:cNvPr a:cNvPr p:cNvPr xdr:cNvPr cdr:cNvPr wps:cNvPr wpg:cNvPr"), "Object"),
    **dict.fromkeys(names("a:theme a:clrScheme a:fontScheme a:fmtScheme"), "Theme"),
}
"""What must have a name, and is given this one: pictures have those of their files, themes those of whoever made them."""
_FORMAT = "formatCode"  # of numbers, in which backslashes have a sense of their own
_SHAPED = {
    **{(link, "action"): re.compile(r"ppaction://(noaction|hlinksldjump|hlinkshowjump\?jump=\w+)")
       for link in names("a:hlinkClick a:hlinkHover a:hlinkMouseOver")},
    **{(shape, attribute): re.compile(r"#?_x0000_[a-z]+\d+(_\d+)*")
       for shape in names("v:shapetype v:shape v:arc v:line v:rect v:oval v:roundrect v:polyline v:curve v:group v:image v:background")
       for attribute in ("id", "type")},
}  # fmt: skip
"""Attributes that are kept when they have this form."""

_FIELD, _INSTRUCTION, _SIMPLE_FIELD = name("w:fldChar"), name("w:instrText"), name("w:fldSimple")
_FIELD_KIND, _SIMPLE_INSTRUCTION = name("w:fldCharType"), name("w:instr")
_MARKS = {_FIELD, _INSTRUCTION}
_IN_FIELDS = (
    _FIELD,
    _INSTRUCTION,
    name("w:t"),
    name("w:tab"),
    name("w:br"),
    name("w:sym"),
    name("w:drawing"),
    name("w:pict"),
)
_PLAIN_FIELDS = frozenset(
    {
        *(
            "=",
            "EQ",
            "FORMCHECKBOX",
            "FORMDROPDOWN",
            "FORMTEXT",
            "HYPERLINK",
            "INDEX",
            "LISTNUM",
            "NOTEREF",
            "NUMPAGES",
            "PAGE",
        ),
        *("PAGEREF", "REF", "SECTION", "SECTIONPAGES", "SEQ", "STYLEREF", "SYMBOL", "TC", "TOA", "TOC", "XE"),
    }
)
"""Those that are reckoned from the document itself. Of others (who wrote it, what its file is called) what they show now stays as text."""
_LINK = "HYPERLINK"
_PLAIN_LINK = re.compile(r'(?i)\s*HYPERLINK\s+("?(https?|mailto|tel):|\\l\b)')


def parse(part: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(part, parser)
    if root.getroottree().docinfo.doctype:
        raise CannotClean("a document type")
    return root


def written(root: Any) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def clean(root: Any, relations: Container[str], found: set[Trace]) -> set[str]:
    """Cleans a part in place. `relations`: the ids of what it may refer to; returned are those to which it still does."""
    return _Part(root, relations, found).clean()


class _Part:
    def __init__(self, root: Any, relations: Container[str], found: set[Trace]) -> None:
        self.root, self.relations, self.found = root, relations, found
        self.used: set[str] = set()
        self.ignorable: set[str] = set()
        self.prefixes: set[str] = set()

    def clean(self) -> set[str]:
        if self.root.tag not in KEPT:
            raise CannotClean("a part of a kind we do not know")
        waiting = [self.root]
        while waiting:
            element = waiting.pop()
            if self._attributes(element):
                self._text(element)
                waiting += self._children(element)
        for container in [*self.root.iter(*_NEVER_EMPTY)]:
            if not len(container) and container is not self.root:
                _take_out(container)
        if self.root.tag.startswith(f"{{{VOCABULARY['w'].namespace}}}"):
            _clean_fields(self.root, self.found)
        etree.cleanup_namespaces(self.root, keep_ns_prefixes=sorted(self.prefixes))
        return self.used

    def _attributes(self, element: Any) -> bool:
        """Whether the element stays: many are nothing without what they refer to."""
        tag, allowed = element.tag, KEPT.get(element.tag, frozenset())
        refers: set[str] = set()
        for key, value in element.attrib.items():
            if key not in allowed:
                if key == _IGNORABLE:
                    self.ignorable |= {element.nsmap.get(prefix, "") for prefix in value.split()}
                self._note_attribute(key, value)
                del element.attrib[key]
            elif key.startswith(_RELATION) and value:
                if value in self.relations:
                    refers.add(value)
                elif tag in _WITHOUT_RELATION:
                    del element.attrib[key]
                else:
                    _take_out(element)
                    return False
            elif key == "name" and tag in _NAMED:
                element.set(key, _NAMED[tag])
            elif (key != _FORMAT and LOCAL.search(value)) or (
                (tag, key) in _SHAPED and not _SHAPED[tag, key].fullmatch(value)
            ):
                self._note_attribute(key, value)
                del element.attrib[key]
        self.used |= refers
        return True

    def _note_attribute(self, key: str, value: str) -> None:
        trace = _TOLD_BY_ATTRIBUTE.get(etree.QName(key).localname) if value else None
        if trace:
            self.found.add(trace)
        if LOCAL.search(value):
            self.found.add(Trace.PERSON)

    def _text(self, element: Any) -> None:
        if element.text and element.tag not in _TEXT and element.text.strip():
            element.text = None
        if element.tail and element.tail.strip():
            element.tail = None
        if element.tag in _FORMULAS and element.text:
            if element.tag == _CHART_FORMULA:
                element.text = _BOOK.sub("", element.text)
            if LOCAL.search(element.text):
                self.found.add(Trace.PERSON)
                if element.tag == _CHART_FORMULA:
                    element.text = ""
                else:
                    _take_out(element)

    def _children(self, element: Any) -> Iterator[Any]:
        """Those that stay."""
        waiting = list(element)
        while waiting:
            child = waiting.pop()
            if child.tag in KEPT:
                yield child
            elif child.tag in _OPENED:
                if child.tag in _CHANGES:
                    self.found.add(Trace.CHANGES)
                waiting += _opened(child)
            elif child.tag == _ALTERNATES:
                waiting += self._alternates(child)
            else:
                self._drop(child)

    def _alternates(self, element: Any) -> list[Any]:
        """As a reader does (ECMA-376 part 3, §10): the first choice whose namespaces are known, or else what is there to fall back on."""
        for choice in element.iterchildren(_CHOICE):
            prefixes = choice.get("Requires", "").split()
            if prefixes and all(choice.nsmap.get(prefix) in NAMESPACES for prefix in prefixes):
                self.prefixes |= set(prefixes)
                for other in list(element):
                    if other is not choice:
                        element.remove(other)
                for holder, kept in ((element, {}), (choice, {"Requires": " ".join(prefixes)})):
                    holder.attrib.clear()
                    holder.attrib.update(kept)
                return list(choice)
        fallback = element.find(_FALLBACK)
        for other in list(element):
            if other is not fallback:
                self._note(other)
                element.remove(other)
        return [inner for opened in _opened(element) for inner in _opened(opened)]

    def _drop(self, element: Any) -> None:
        namespace = etree.QName(element).namespace
        if element.tag in _SEEN:
            raise CannotClean("what is seen lies elsewhere")
        if namespace not in NAMESPACES | self.ignorable | _NEVER_SEEN:
            raise CannotClean("markup of a kind we do not know")
        self._note(element)
        _take_out(element)

    def _note(self, element: Any) -> None:
        if element.tag in _CHANGES or element.tag.endswith("PrChange"):
            self.found.add(Trace.CHANGES)
        elif element.tag in _TOLD:
            self.found.add(_TOLD[element.tag])
        for inner in element.iter(etree.Element):
            for key, value in inner.attrib.items():
                self._note_attribute(key, value)


def _take_out(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _opened(element: Any) -> list[Any]:
    """What is in an element takes its place."""
    parent, inside = element.getparent(), list(element)
    place = parent.index(element)
    parent[place : place + 1] = inside
    return inside


# -- Fields of Word -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Field:
    """One that is open: its marks, and all that stands before its result."""

    marks: list[Any]
    before: list[Any] = field(default_factory=list)
    asking: bool = True

    def instruction(self) -> str:
        return "".join(element.text or "" for element in self.before if element.tag == _INSTRUCTION)

    def take_out(self) -> None:
        for element in self.marks + self.before:
            _take_out(element)


def _clean_fields(root: Any, found: set[Trace]) -> None:
    for simple in list(root.iter(_SIMPLE_FIELD)):
        if not _plain(simple.get(_SIMPLE_INSTRUCTION, ""), found):
            _opened(simple)
    fields: list[_Field] = []
    for element in list(root.iter(*_IN_FIELDS)):
        kind = element.get(_FIELD_KIND) if element.tag == _FIELD else None
        own = fields[-1] if fields and kind in {"separate", "end"} else None
        for around in fields:
            if around.asking and around is not own:
                around.before.append(element)
        if own is not None:
            own.marks.append(element)
            own.asking = False
            if kind == "end" and not _plain(fields.pop().instruction(), found):
                own.take_out()
        elif kind == "begin" or (
            element.tag in _MARKS and not fields
        ):  # one without a beginning is taken out at the end
            fields.append(_Field([element]))
    for left in fields:
        left.take_out()


def _plain(instruction: str, found: set[Trace]) -> bool:
    if LOCAL.search(instruction):
        found.add(Trace.PERSON)
        return False
    word = re.match(r"\s*(=|[A-Za-z]*)", instruction)
    kind = word[1].upper() if word else ""
    return kind in _PLAIN_FIELDS and (kind != _LINK or bool(_PLAIN_LINK.match(instruction)))
