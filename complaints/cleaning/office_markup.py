"""One part of a document of Office: what `office_words` names is kept, tracked changes are taken as accepted, and all else goes.

Raises CannotClean where something would be lost that a reader sees: another document, a program, markup of a kind nobody says may be ignored.
"""

import re
from collections.abc import Container
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
_IN_FIELDS = names("w:t w:drawing w:pict w:fldSimple m:t")
_RUNS, _LOOKS = names("w:r m:r"), names("w:rPr m:rPr")
_FIELDS_OPEN = 50
_ANOTHER = "\0"  # in no XML
_KIND = re.compile(r"\s*(=|[A-Za-z]+(?![A-Za-z\0]))")  # what another field shows is no end of a word
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
    """Raises CannotClean when it would be read as something else: what is moved among prefixes with two senses may get another's."""
    part = bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
    here, there = (whole.iter(etree.Element) for whole in (root, parse(part)))
    if any((one.tag, one.keys()) != (other.tag, other.keys()) for one, other in zip(here, there, strict=True)):
        raise CannotClean("prefixes with two senses")
    return part


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

    def _children(self, element: Any) -> list[Any]:
        """Those that stay. What is in an element that is opened takes its place."""
        kept = []
        waiting = list(reversed(element))
        while waiting:
            child = waiting.pop()
            if child.tag in _OPENED or (child.tag == _SIMPLE_FIELD and not self._is_plain(child)):
                if child.tag in _CHANGES:
                    self.found.add(Trace.CHANGES)
                waiting += reversed(_opened(child, list(child)))
            elif child.tag in KEPT:
                kept.append(child)
            elif child.tag == _ALTERNATES:
                choice = self._choice(child)
                if choice is not None:
                    kept += self._children(choice)
                else:
                    waiting += reversed(_opened(child, self._fallback(child)))
            else:
                self._drop(child)
        return kept

    def _is_plain(self, simple: Any) -> bool:
        return _plain(simple.get(_SIMPLE_INSTRUCTION, ""), self.found)

    def _choice(self, element: Any) -> Any:
        """As a reader does (ECMA-376 part 3, §10): the first choice whose namespaces are known, alone. None: what is there to fall back on."""
        for choice in element.iterchildren(_CHOICE):
            prefixes, spaces = choice.get("Requires", "").split(), choice.nsmap
            if prefixes and all(spaces.get(prefix) in NAMESPACES for prefix in prefixes):
                self.prefixes |= set(prefixes)
                for other in list(element):
                    if other is not choice:
                        element.remove(other)
                for holder, kept in ((element, {}), (choice, {"Requires": " ".join(prefixes)})):
                    holder.attrib.clear()
                    holder.attrib.update(kept)
                return choice
        return None

    def _fallback(self, element: Any) -> list[Any]:
        fallback = element.find(_FALLBACK)
        for other in element:
            if other is not fallback:
                self._note(other)
        return [] if fallback is None else list(fallback)

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


def _opened(element: Any, inside: list[Any]) -> list[Any]:
    """What is in an element takes its place: one after the other, for to look for a place among many takes long."""
    for inner in inside:
        element.addprevious(inner)
    _take_out(element)
    return inside


# -- Fields of Word -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Field:
    """One that is open. Until its result begins it asks: what stands in it is its code, and not seen."""

    marks: list[Any]
    within_result: bool
    """Whether it stands in the result of a field that is itself in the code of another: nothing of it stays."""
    code: list[Any] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """Its instruction, with `_ANOTHER` for each field in it."""
    asking: bool = True
    other: bool = False
    """Whether anything but words of an instruction and plain fields is its code."""

    def take_out(self) -> None:
        for element in self.marks + self.code:
            _take_out(element)


class _Fields:
    """Takes a part's fields in their order. One that is not plain becomes the text it shows, and nothing of its code stays."""

    def __init__(self, found: set[Trace]) -> None:
        self.found = found
        self.open: list[_Field] = []

    def mark(self, element: Any) -> None:
        kind, top = element.get(_FIELD_KIND), self.open[-1] if self.open else None
        if kind == "begin":
            if len(self.open) == _FIELDS_OPEN:
                raise CannotClean("fields nested too deeply")
            asked = any(around.asking for around in self.open)
            self.open.append(_Field([element], within_result=asked and top is not None and not top.asking))
        elif kind == "separate" and top and top.asking:
            top.marks.append(element)
            top.asking = False
        elif kind == "end" and top:
            top.marks.append(element)
            self._end(self.open.pop())
        else:
            _take_out(element)

    def _end(self, ended: _Field) -> None:
        around = self.open[-1] if self.open else None
        stays = not (ended.within_result or ended.other) and _plain("".join(ended.words), self.found)
        if not stays:
            ended.take_out()
        if around and around.asking:
            around.words.append(_ANOTHER)
            around.other |= not stays
            around.code += ended.marks + ended.code

    def instruct(self, element: Any) -> None:
        if self.open and self.open[-1].asking:
            self.open[-1].words.append(element.text or "")
            self.open[-1].code.append(element)
        else:
            _take_out(element)

    def content(self, element: Any) -> None:
        """What a field in code shows goes: it would be read as code."""
        if self.open and self.open[-1].asking:
            self.open[-1].code.append(element)
            self.open[-1].other = True
        elif any(around.asking for around in self.open):
            _take_out(element)

    def leave(self) -> None:
        """Those that never end. Raises CannotClean where nobody can say what is code and what is seen."""
        for left in self.open:
            if left.asking and (left.other or _ANOTHER in left.words):
                raise CannotClean("a field without an end")
            left.take_out()


def _clean_fields(root: Any, found: set[Trace]) -> None:
    if next(root.iter(_FIELD, _INSTRUCTION), None) is None:
        return
    fields = _Fields(found)
    for element in list(root.iter(etree.Element)):
        if element.tag == _FIELD:
            fields.mark(element)
        elif element.tag == _INSTRUCTION:
            fields.instruct(element)
        elif _is_content(element):
            fields.content(element)
    fields.leave()


def _is_content(element: Any) -> bool:
    if element.tag in _IN_FIELDS:
        return True
    parent = element.getparent()
    return parent is not None and parent.tag in _RUNS and element.tag not in _LOOKS


def _plain(instruction: str, found: set[Trace]) -> bool:
    if LOCAL.search(instruction):
        found.add(Trace.PERSON)
        return False
    word = _KIND.match(instruction)
    kind = word[1].upper() if word else ""
    return kind in _PLAIN_FIELDS and (kind != _LINK or bool(_PLAIN_LINK.match(instruction)))
