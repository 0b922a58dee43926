"""PDF, written anew: what describes it, earlier versions, comments, files inside and programs go; the pages stay."""

from io import BytesIO
from typing import Any

import pikepdf

from complaints.cleaning import jpeg
from complaints.cleaning.result import CannotClean, Cleaned
from complaints.vocabulary import Trace

_DESCRIPTION = {
    "/Author": Trace.PERSON,
    "/Creator": Trace.PROGRAM,
    "/Producer": Trace.PROGRAM,
    "/CreationDate": Trace.TIME,
    "/ModDate": Trace.TIME,
}
_ON_ANYTHING = {
    "/Metadata": Trace.OTHER,
    "/PieceInfo": Trace.OTHER,
    "/LastModified": Trace.TIME,
    "/Thumb": Trace.PREVIEW,
    "/AA": Trace.INSIDE,
    "/JavaScript": Trace.INSIDE,
    "/EmbeddedFiles": Trace.INSIDE,
    "/AF": Trace.INSIDE,
}
_ON_ROOT = {
    "/OpenAction": Trace.INSIDE,
    "/Perms": Trace.SIGNATURE,
    "/DSS": Trace.SIGNATURE,
    "/Collection": Trace.INSIDE,
}
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
_INSIDE = {"/FileAttachment", "/Sound", "/Movie", "/Screen", "/RichMedia", "/3D"}
_DEPTH = 50
_WIDGET, _SIGNED = "/Widget", "/Sig"


def clean(data: bytes) -> Cleaned:
    """Raises CannotClean for what asks for a password, holds a form of another kind (XFA), or a picture that cannot be cleaned."""
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
        for page in document.pages:
            _without_comments(page.obj, found)
        for thing in document.objects:
            _without(thing, found, 0)
            if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Image":
                _clean_picture(thing, found)
        out = BytesIO()
        # The document's number would be made from its old one and the time.
        document.save(out, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return Cleaned(out.getvalue(), frozenset(found))


def _take(thing: Any, names: dict[str, Trace], found: set[Trace]) -> None:
    for name, trace in names.items():
        if name in thing:
            del thing[name]
            found.add(trace)


def _without(thing: Any, found: set[Trace], depth: int) -> None:
    """Of an object, and of what lies directly in it: what it refers to is an object of its own."""
    if depth > _DEPTH:
        raise CannotClean("nested too deeply")
    if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        _take(thing, _ON_ANYTHING, found)
        inner = [value for _name, value in thing.items()]
    else:
        inner = list(thing) if isinstance(thing, pikepdf.Array) else []
    for value in inner:
        if isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect:
            _without(value, found, depth + 1)


def _describe_nothing(document: pikepdf.Pdf, found: set[Trace]) -> None:
    if "/Info" in document.trailer:
        found |= {_DESCRIPTION.get(str(name), Trace.WORDS) for name in dict(document.trailer.Info.items())}
        del document.trailer["/Info"]
    _take(document.Root, _ON_ROOT, found)
    for field in _fields(document.Root.get("/AcroForm", pikepdf.Dictionary()).get("/Fields", pikepdf.Array())):
        if field.get("/FT") == _SIGNED and "/V" in field:
            del field["/V"]
            found.add(Trace.SIGNATURE)


def _fields(fields: Any, depth: int = 0) -> list[Any]:
    some = list(fields)
    return some + [child for field in some if depth < 20 for child in _fields(field.get("/Kids", []), depth + 1)]


def _without_comments(page: Any, found: set[Trace]) -> None:
    if "/Annots" not in page:
        return
    kept = []
    for note in page.Annots:
        kind = str(note.get("/Subtype", ""))
        if kind in _COMMENTS:
            found |= {Trace.COMMENTS, *({Trace.PERSON} if "/T" in note else ())}
        elif kind in _INSIDE:
            found.add(Trace.INSIDE)
        elif kind == _WIDGET and (note.get("/FT") == _SIGNED or note.get("/Parent", {}).get("/FT") == _SIGNED):
            found.add(Trace.SIGNATURE)
        else:
            for name in ("/M", "/NM"):
                if name in note:
                    del note[name]
            if note.get("/A", {}).get("/S") in {"/JavaScript", "/Launch"}:
                del note["/A"]
                found.add(Trace.INSIDE)
            kept.append(note)
    page.Annots = pikepdf.Array(kept)


def _clean_picture(picture: Any, found: set[Trace]) -> None:
    filters = picture.get("/Filter", pikepdf.Array())
    names = [str(filters)] if isinstance(filters, pikepdf.Name) else [str(name) for name in filters]
    if "/JPXDecode" in names:
        raise CannotClean("a picture of a kind we do not clean")
    if names == ["/DCTDecode"]:
        cleaned = jpeg.clean(picture.read_raw_bytes())
        if cleaned.found:
            picture.write(cleaned.data, filter=pikepdf.Name.DCTDecode, decode_parms=picture.get("/DecodeParms"))
            found |= cleaned.found
    elif "/DCTDecode" in names:
        raise CannotClean("a picture within another wrapping")
