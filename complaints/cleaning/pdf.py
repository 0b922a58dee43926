"""PDF, written anew from the keys that are known: what describes it, earlier versions, comments, files inside and programs go; the pages stay.

What goes out is always the file that was written anew: bytes that nothing leads to, before, after and between what is in use, are in no copy.
Of what is drawn, comments, the properties of what is marked and pictures amid the drawing are looked at; all else stays as it is.
"""

import re
import warnings
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import pikepdf

from complaints.cleaning import jpeg
from complaints.cleaning.pdf_words import (
    ACTION,
    ANY_NAME,
    COLOUR,
    DEST,
    KEPT,
    NOTES,
    OF_STREAMS,
    PAGE,
    PAGE_OR_PAGES,
    SEEN,
    STATES,
    VALUE,
    WORDS,
)
from complaints.cleaning.places import LOCAL
from complaints.cleaning.result import CannotClean, Cleaned
from complaints.vocabulary import Trace

_DESCRIPTION = {
    "/Author": Trace.PERSON,
    "/Creator": Trace.PROGRAM,
    "/Producer": Trace.PROGRAM,
    "/CreationDate": Trace.TIME,
    "/ModDate": Trace.TIME,
}
_TOLD = {
    **dict.fromkeys(("/LastModified", "/M"), Trace.TIME),
    **dict.fromkeys(("/T", "/Threads", "/CreatorInfo", "/User"), Trace.PERSON),
    **dict.fromkeys(("/Contents", "/Alt", "/TU", "/E"), Trace.WORDS),
    **dict.fromkeys(("/AA", "/JavaScript", "/EmbeddedFiles", "/AF", "/OpenAction", "/Collection", "/JS"), Trace.INSIDE),
    **dict.fromkeys(("/Perms", "/DSS", "/V", "/SigFlags"), Trace.SIGNATURE),
    "/Thumb": Trace.PREVIEW,
    "/Creator": Trace.PROGRAM,
}
"""What is told of a key that is not kept; of others, that there was something."""
_COMMENTS = {
    "/Text",
    "/FreeText",
    "/Popup",
    "/Stamp",
    "/Highlight",
    "/Underline",
    "/StrikeOut",
    "/Squiggly",
    "/Caret",
    "/Ink",
}
_COMMENTS |= {"/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Redact"}
_LINK, _WIDGET, _SIGNED = "/Link", "/Widget", "/Sig"
_OF_TRAILER = frozenset(
    {
        "/Root",
        "/Size",
        "/ID",
        "/Info",
        "/Encrypt",
        "/Prev",
        "/XRefStm",
        *("/Type", "/W", "/Index", "/Filter", "/Length", "/DecodeParms"),
    }
)
_OF_THE_FILE = frozenset({"/XRef", "/ObjStm"})
_LEADS = frozenset({"/URI", "/GoToR", "/GoToE", "/Thread"})
"""What a link does that leads somewhere else."""
_WITHIN = frozenset({"/GoTo", "/Named"})
_TARGET = re.compile(r"(?i)(https?|mailto|tel):")
_DRAWN = frozenset({"glyph", "drawing", "pattern"})
_LOOKED_AT = (b"%", b"<<", b"BI")
"""Without one of these there is in what is drawn no comment, no property and no picture."""
_FILTERS = frozenset(
    {
        *("/ASCIIHexDecode", "/AHx", "/ASCII85Decode", "/A85", "/LZWDecode", "/LZW", "/FlateDecode", "/Fl"),
        *("/RunLengthDecode", "/RL", "/CCITTFaxDecode", "/CCF", "/JBIG2Decode"),
    }
)
"""How a stream may be packed. As a JPEG it is looked at."""
_JPEG = frozenset({"/DCTDecode", "/DCT"})
_DEPTH, _STRINGS_DEPTH = 50, 2


def clean(data: bytes) -> Cleaned:
    """Raises CannotClean for what asks for a password, holds a form of another kind (XFA), or a picture that cannot be cleaned.

    Something is always found, as in a document of Office: nobody can say of the bytes as they came that they hide nothing.
    """
    found: set[Trace] = set()
    if data.count(b"%%EOF") > 1 and b"/Prev" in data:
        found.add(Trace.CHANGES)
    # What is cut or damaged is not mended in silence: the copy would lack pages, and nobody be told.
    with pikepdf.open(BytesIO(data), attempt_recovery=False) as document:
        if not document.pages:
            raise CannotClean("no page")
        if "/XFA" in document.Root.get("/AcroForm", pikepdf.Dictionary()):
            raise CannotClean("a form of another kind")
        _describe_nothing(document, found)
        _Document(document, found).clean()
        out = BytesIO()
        # The document's number would be made from its old one and the time.
        # What is packed is packed anew: behind what a reader unpacks there may be more.
        modes = pikepdf.ObjectStreamMode.generate
        document.save(out, static_id=True, object_stream_mode=modes, recompress_flate=True)
    return Cleaned(out.getvalue(), frozenset(found or {Trace.OTHER}))


def _describe_nothing(document: pikepdf.Pdf, found: set[Trace]) -> None:
    if "/Info" in document.trailer:
        found |= {_DESCRIPTION.get(str(name), Trace.WORDS) for name in dict(document.trailer.Info.items())}
        del document.trailer["/Info"]
    for name in set(document.trailer.keys()) - _OF_TRAILER:
        del document.trailer[name]
        found.add(Trace.OTHER)


class _Document:
    """Goes from its root to whatever is reached by keys that are kept."""

    def __init__(self, document: pikepdf.Pdf, found: set[Trace]) -> None:
        self.document, self.found = document, found
        self.pages = {page.obj.objgen for page in document.pages}
        self.met: set[tuple[tuple[int, int], str]] = set()
        self.waiting: list[tuple[Any, str]] = []

        self.drawings: dict[tuple[int, int], Any] = {}

    def clean(self) -> None:
        # The pages first: what is read aloud refers to what is on them.
        for page in self.document.pages:
            self._meet(page.obj, "leaf")
            self._walk()
        self._meet(self.document.Root, "catalog")
        self._walk()
        reached = {place for place, _kind in self.met}
        for thing in self.document.objects:
            if (
                isinstance(thing, pikepdf.Dictionary | pikepdf.Stream)
                and thing.objgen not in reached
                and not _of_the_file(thing)
            ):
                self.found.add(Trace.OTHER)
        self._clean_contents()

    def _walk(self) -> None:
        while self.waiting:
            thing, kind = self.waiting.pop()
            keys = KEPT[kind] | OF_STREAMS if isinstance(thing, pikepdf.Stream) else KEPT[kind]
            for name, value in list(thing.items()):
                inner = keys.get(name) or keys.get(ANY_NAME)
                if inner is None or not self._stays(value, inner, 0):
                    self._note(name, value)
                    del thing[name]
            if isinstance(thing, pikepdf.Stream):
                _clean_packed(thing, self.found)
                if kind in _DRAWN and thing.get("/Subtype") != "/Image":
                    self.drawings[thing.objgen] = thing

    def _meet(self, thing: Any, kind: str) -> None:
        if thing.is_indirect:
            if (thing.objgen, kind) in self.met:
                return
            self.met.add((thing.objgen, kind))
        self.waiting.append((thing, kind))

    def _stays(self, value: Any, kind: str, depth: int) -> bool:
        """Whether what a key holds is kept. What is in it waits to be looked at."""
        if depth > _DEPTH:
            raise CannotClean("nested too deeply")
        if isinstance(value, pikepdf.Array):
            if kind == NOTES:
                self._notes(value)
                return True
            if not len(value):
                return True
            kept = [self._stays(item, kind, depth + 1) for item in value]
            if kind in {VALUE, WORDS} or (kind == DEST and (depth > 0 or self._is_page(value[0]))):
                return all(kept)
            for number, stays in enumerate(kept):
                if not stays:
                    value[number] = None
            return True
        if not isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
            return self._is_said(value, kind)
        return self._holds(value, kind)

    def _is_said(self, value: Any, kind: str) -> bool:
        """Whether a string may be in the copy: a place on somebody's computer only where a reader sees it."""
        if kind in {WORDS, COLOUR} or not isinstance(value, pikepdf.String) or not LOCAL.search(str(value)):
            return True
        if kind != VALUE:
            raise CannotClean("a name that others refer to names a place")
        return False

    def _holds(self, thing: Any, kind: str) -> bool:
        if kind in {VALUE, WORDS}:
            return False
        if kind == PAGE or (kind == DEST and self._is_page(thing)):
            return thing.objgen in self.pages
        if kind == SEEN:
            return any((thing.objgen, seen) in self.met for seen in ("note", "field", "drawing"))
        if kind == ACTION and not self._leads_somewhere_known(thing):
            return False
        if kind == PAGE_OR_PAGES:
            kind = "nodes" if "/Kids" in thing else "leaf"
            if kind == "leaf" and thing.objgen not in self.pages:
                return False
        elif kind == STATES:
            kind = "drawing" if isinstance(thing, pikepdf.Stream) else "appearances"
        elif kind == "element" and thing.get("/Type") == "/StructTreeRoot":
            kind = "structure"
        elif kind == ACTION and thing.get("/S") == "/URI":
            kind = "link-out"
        self._meet(thing, {ACTION: "link", DEST: "place"}.get(kind, kind))
        return True

    def _is_page(self, thing: Any) -> bool:
        """Perhaps one that is shown no more."""
        return isinstance(thing, pikepdf.Dictionary) and (thing.objgen in self.pages or thing.get("/Type") == "/Page")

    def _leads_somewhere_known(self, action: Any) -> bool:
        kind = str(action.get("/S", ""))
        return kind in _WITHIN or (kind == "/URI" and bool(_TARGET.match(str(action.get("/URI", "")))))

    def _notes(self, notes: Any) -> None:
        """Links and fields stay; comments, signatures and all else that lies on a page go."""
        for number in reversed(range(len(notes))):
            note: Any = notes[number]
            kind = str(note.get("/Subtype", "")) if isinstance(note, pikepdf.Dictionary) else ""
            signed = kind == _WIDGET and _SIGNED in {note.get("/FT"), note.get("/Parent", {}).get("/FT")}
            if kind == _LINK:
                self._meet(note, "note")
            elif kind == _WIDGET and not signed:
                self._meet(note, "field")
            else:
                if kind == _WIDGET:
                    self.found.add(Trace.SIGNATURE)
                elif kind in _COMMENTS:
                    self.found |= {Trace.COMMENTS, *({Trace.PERSON} if "/T" in note else ())}
                else:
                    self.found.add(Trace.INSIDE)
                del notes[number]

    def _clean_contents(self) -> None:
        """The drawings: of a page one, perhaps in pieces that are nothing without each other."""
        for page in self.document.pages:
            contents: Any = page.obj.get("/Contents")
            written = self._written(contents if isinstance(contents, pikepdf.Array) else [contents])
            if written is not None:
                page.obj["/Contents"] = self.document.make_stream(written)
        for drawing in self.drawings.values():
            written = self._written([drawing])
            if written is not None:
                drawing.write(written)

    def _written(self, pieces: Iterable[Any]) -> bytes | None:
        """A drawing without what is not seen; None when there is nothing in it to look at. Damage in it is not mended in silence."""
        whole = b"\n".join(piece.read_bytes() for piece in pieces if isinstance(piece, pikepdf.Stream))
        if not any(mark in whole for mark in _LOOKED_AT):
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            steps: list[Any] = list(pikepdf.parse_content_stream(self.document.make_stream(whole)))
        for number, step in enumerate(steps):
            if isinstance(step, pikepdf.ContentStreamInlineImage):
                _clean_amid(step.iimage)
            elif any(isinstance(operand, pikepdf.Dictionary) for operand in step.operands):
                operands = [self._marked(operand) for operand in step.operands]
                steps[number] = pikepdf.ContentStreamInstruction(operands, step.operator)
        return pikepdf.unparse_content_stream(steps)

    def _marked(self, operand: Any) -> Any:
        if isinstance(operand, pikepdf.Dictionary):
            for name, value in list(operand.items()):
                if name not in KEPT["marked"] or not self._stays(value, VALUE, 0):
                    self._note(name, value)
                    del operand[name]
        return operand

    def _note(self, name: str, value: Any) -> None:
        runs = name == "/A" and isinstance(value, pikepdf.Dictionary) and str(value.get("/S", "")) not in _LEADS
        self.found.add(Trace.INSIDE if runs else _TOLD.get(name, Trace.OTHER))
        if any(LOCAL.search(words) for words in _strings(value, 0)):
            self.found.add(Trace.PERSON)


def _strings(value: Any, depth: int) -> list[str]:
    if isinstance(value, pikepdf.String):
        return [str(value)]
    if depth > _STRINGS_DEPTH or not isinstance(value, pikepdf.Dictionary | pikepdf.Array):
        return []
    inner = [item for _name, item in value.items()] if isinstance(value, pikepdf.Dictionary) else list(value)
    return [words for item in inner for words in _strings(item, depth + 1)]


def _of_the_file(thing: Any) -> bool:
    """Whether it says where the others lie."""
    return str(thing.get("/Type", "")) in _OF_THE_FILE or "/Linearized" in thing


def _clean_amid(picture: Any) -> None:
    """Raises CannotClean for a picture amid a drawing that is a file of its own, or says more than a picture must."""
    _only_known(picture.obj, "inline")
    if not _FILTERS.issuperset(picture.filters):
        raise CannotClean("a picture of a kind we do not clean")


def _only_known(thing: Any, kind: str) -> None:
    for name, value in thing.items():
        waiting, inner = [value], KEPT[kind].get(name)
        while waiting:
            item = waiting.pop()
            if isinstance(item, pikepdf.Array):
                waiting += list(item)
            elif isinstance(item, pikepdf.Dictionary) and inner in KEPT:
                _only_known(item, inner)
            elif inner is None or (isinstance(item, pikepdf.Dictionary | pikepdf.String) and inner != COLOUR):
                raise CannotClean("a picture that says more")


def _clean_packed(stream: Any, found: set[Trace]) -> None:
    """Raises CannotClean for what is packed in a way that is not known. Whatever it is used for, a JPEG is one."""
    filters = stream.get("/Filter", pikepdf.Array())
    names = [str(name) for name in (filters if isinstance(filters, pikepdf.Array) else [filters])]
    if len(names) == 1 and names[0] in _JPEG:
        cleaned = jpeg.clean(stream.read_raw_bytes())
        if cleaned.found:
            stream.write(cleaned.data, filter=pikepdf.Name.DCTDecode, decode_parms=stream.get("/DecodeParms"))
            found |= cleaned.found
    elif not _FILTERS.issuperset(names):
        raise CannotClean("packed in a way we do not know")
