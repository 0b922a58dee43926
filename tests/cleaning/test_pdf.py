"""A clean PDF holds the keys that are known and nothing else: where a name was, it is gone; the pages are drawn as they were."""

import re
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name

from complaints.cleaning import pdf as pdf_cleaning
from complaints.cleaning.pdf_words import KEPT, OF_STREAMS
from complaints.cleaning.result import CannotClean
from complaints.vocabulary import Trace
from tests.cleaning.copies import cleaned
from tests.evidence import document, photo, told

PATH = "file:///C:/Users/SECRET-AUTHOR/Desktop/list.xlsx"


def sheet() -> pikepdf.Pdf:
    """One page of words in a layer, with a link, a field, a bookmark and tags: nothing of it tells of anybody."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(200, 200))
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="Notes"))
    font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    page.Resources = Dictionary(Font=Dictionary(F1=font), Properties=Dictionary(L1=layer))
    page.Contents = pdf.make_stream(b"/OC /L1 BDC BT /F1 20 Tf 20 100 Td (Kept words.) Tj ET EMC")
    link = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Link,
        Rect=[0, 0, 50, 50],
        A=Dictionary(S=Name.URI, URI="https://example.org/a"),
        P=page.obj,
    )
    look = pdf.make_stream(b"0 0 30 9 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 30, 9])
    field = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        Rect=[60, 0, 90, 9],
        FT=Name.Tx,
        T="amount",
        V="17,500",
        AP=Dictionary(N=look),
        F=4,
    )
    page.Annots = Array([pdf.make_indirect(link), pdf.make_indirect(field)])
    root = pdf.Root
    root.AcroForm = Dictionary(Fields=[page.Annots[1]], DR=Dictionary(Font=Dictionary(F1=font)))
    root.OCProperties = Dictionary(OCGs=[layer], D=Dictionary(ON=[layer], Order=[layer]))
    root.Names = Dictionary(Dests=Dictionary(Names=["top", Array([page.obj, Name.Fit])]))
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("A bookmark", 0))
    tags = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    tags.K = pdf.make_indirect(Dictionary(S=Name.P, P=tags, Pg=page.obj, K=0))
    tags.ParentTree = Dictionary(Nums=[0, Array([tags.K])])
    root.StructTreeRoot, root.MarkInfo, root.Lang = tags, Dictionary(Marked=True), "th"
    return pdf


def saved(pdf: pikepdf.Pdf) -> bytes:
    out = BytesIO()
    pdf.save(out, compress_streams=False)
    return out.getvalue()


def objects(data: bytes) -> bytes:
    """All that is in a PDF, written out."""
    with pikepdf.open(BytesIO(data)) as pdf:
        streams = [bytes(thing.read_bytes()) for thing in pdf.objects if isinstance(thing, pikepdf.Stream)]
        return b"\n".join(
            [
                data,
                *streams,
                *(thing.unparse(resolved=True) for thing in pdf.objects if not isinstance(thing, pikepdf.Stream)),
            ]
        )


def drawn(data: bytes) -> list[tuple[bytes, str]]:
    pages = pypdfium2.PdfDocument(data)
    return [(page.render().to_pil().tobytes(), page.get_textpage().get_text_bounded()) for page in pages]


def test_what_tells_of_nobody_stays_as_it_is_seen() -> None:
    original = saved(sheet())
    copy, found = cleaned(original)
    assert found == {Trace.OTHER}
    assert drawn(copy) == drawn(original)


def link(**more: Any) -> Dictionary:
    return Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], **more)


def with_link(**more: Any) -> Callable[[pikepdf.Pdf], None]:
    return lambda pdf: pdf.pages[0].Annots.append(link(**more))


def a_thread(pdf: pikepdf.Pdf) -> None:
    thread = pdf.make_indirect(Dictionary(Type=Name.Thread, I=Dictionary(Author="SECRET-AUTHOR", Title="SECRET-TITLE")))
    bead = pdf.make_indirect(Dictionary(T=thread, P=pdf.pages[0].obj))
    thread.F, bead.N, bead.V = bead, bead, bead
    pdf.Root.Threads, pdf.pages[0].B = Array([thread]), Array([bead])


def a_page_shown_no_more(pdf: pikepdf.Pdf) -> None:
    old = pdf.make_indirect(Dictionary(Type=Name.Page, Contents=pdf.make_stream(b"BT (SECRET-AUTHOR) Tj ET")))
    pdf.Root.Names.Dests.Names.extend(["old", Array([old, Name.Fit])])


def something_unreached(pdf: pikepdf.Pdf) -> None:
    pdf.make_indirect(Dictionary(Author="SECRET-AUTHOR"))


LEAKS: dict[str, tuple[Callable[[pikepdf.Pdf], Any], Trace]] = {
    "a link to a file": (with_link(A=Dictionary(S=Name.URI, URI=PATH)), Trace.PERSON),
    "a link into another document": (with_link(A=Dictionary(S=Name.GoToR, F=r"C:\Users\SECRET-AUTHOR\a.pdf")), Trace.PERSON),
    "a link that starts a program": (with_link(A=Dictionary(S=Name.Launch, F="SECRET-AUTHOR.exe")), Trace.INSIDE),
    "a link that goes on to another": (
        with_link(A=Dictionary(S=Name.URI, URI="https://example.org", Next=Dictionary(S=Name.URI, URI=PATH))),
        Trace.PERSON,
    ),
    "an address that is not gone to": (with_link(A=Dictionary(S=Name.GoTo, D="top", URI=PATH)), Trace.PERSON),
    "a place behind an address": (with_link(A=Dictionary(S=Name.URI, URI=f"https://example.org/?{PATH}")), Trace.PERSON),
    "what a field is called": (lambda pdf: pdf.pages[0].Annots[1].update({"/T": PATH}), Trace.PERSON),
    "who made a link": (with_link(T="SECRET-AUTHOR"), Trace.PERSON),
    "what a link says": (with_link(Contents="SECRET-AUTHOR"), Trace.WORDS),
    "when a link was made": (with_link(M="D:20261123", NM="SECRET-AUTHOR"), Trace.TIME),
    "what a field says": (lambda pdf: pdf.pages[0].Annots[1].update({"/Contents": "SECRET-AUTHOR"}), Trace.WORDS),
    "what a field asks": (lambda pdf: pdf.pages[0].Annots[1].update({"/TU": "SECRET-AUTHOR"}), Trace.WORDS),
    "an article": (a_thread, Trace.PERSON),
    "where addresses begin": (lambda pdf: pdf.Root.update({"/URI": Dictionary(Base=PATH)}), Trace.PERSON),
    "who made the layers": (lambda pdf: pdf.Root.OCProperties.D.update({"/Creator": "SECRET-AUTHOR"}), Trace.PROGRAM),
    "who made one layer": (
        lambda pdf: pdf.Root.OCProperties.OCGs[0].update({"/Usage": Dictionary(CreatorInfo=Dictionary(Creator="SECRET-AUTHOR"))}),
        Trace.PERSON,
    ),
    "whom a layer is for": (
        lambda pdf: pdf.Root.OCProperties.OCGs[0].update({"/Usage": Dictionary(User=Dictionary(Type=Name.Ind, Name="SECRET-AUTHOR"))}),
        Trace.PERSON,
    ),
    "what a picture shows": (lambda pdf: pdf.Root.StructTreeRoot.K.update({"/Alt": PATH}), Trace.PERSON),
    "a program's own": (lambda pdf: pdf.pages[0].obj.update({"/PieceInfo": Dictionary(X=Dictionary(Private="SECRET-AUTHOR"))}), Trace.OTHER),
    "where a map lies": (lambda pdf: pdf.pages[0].obj.update({"/VP": Array([Dictionary(Name="SECRET-AUTHOR")])}), Trace.OTHER),
    "a key nobody knows": (lambda pdf: pdf.Root.update({"/Somebody": "SECRET-AUTHOR"}), Trace.OTHER),
    "a key of the trailer": (lambda pdf: pdf.trailer.update({"/Somebody": "SECRET-AUTHOR"}), Trace.OTHER),
    "a page that is shown no more": (a_page_shown_no_more, Trace.OTHER),
}  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS)
def test_what_names_somebody_is_gone(leak: str) -> None:
    add, trace = LEAKS[leak]
    pdf = sheet()
    add(pdf)
    original = saved(pdf)
    assert told(objects(original))
    copy, found = cleaned(original)
    assert trace in found
    assert told(objects(copy)) == []
    assert b"Users" not in objects(copy)
    assert drawn(copy) == drawn(original)
    assert cleaned(copy)[1] == {Trace.OTHER}
    with pikepdf.open(BytesIO(copy)) as after:
        first, root = after.pages[0], after.Root
        assert first.Annots[0].A.URI == "https://example.org/a"
        assert str(first.Annots[1].V) == "17,500"
        assert str(root.OCProperties.OCGs[0].Name) == "Notes"
        assert str(root.Outlines.First.Title) == "A bookmark"
        assert root.StructTreeRoot.K.K == 0
        assert root.Names.Dests.Names[1][0].objgen == first.obj.objgen


def test_what_is_left_over_in_a_file_is_found() -> None:
    """An object that nothing leads to stays in a file that is given as it came."""
    pdf = sheet()
    pdf.Root["/Whose"] = pdf.make_indirect(Dictionary(Author="SECRET-AUTHOR"))
    more = re.sub(rb"/Whose \d+ 0 R", lambda key: b" " * len(key[0]), saved(pdf))
    copy, found = cleaned(more)
    assert found == {Trace.OTHER}
    assert told(objects(copy)) == []


def revised(data: bytes) -> bytes:
    """A second version of its page after the first, which has lost the mark of its end."""
    with pikepdf.open(BytesIO(data)) as pdf:
        number = pdf.pages[0].obj.Contents.objgen[0]
        size, root = int(pdf.trailer.Size), pdf.Root.objgen[0]
    before = int(data.rpartition(b"startxref")[2].split()[0])
    first = data.rpartition(b"%%EOF")[0]
    stream = b"/OC /L1 BDC BT /F1 20 Tf 20 100 Td (Other words.) Tj ET EMC"
    thing = b"%d 0 obj\n<</Length %d>>stream\n%b\nendstream endobj\n" % (number, len(stream), stream)
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, len(first))
    end = b"trailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        root,
        before,
        len(first + thing),
    )
    return first + thing + table + end


@pytest.mark.parametrize(
    "change",
    [
        revised,
        lambda data: data + b"% SECRET-AUTHOR\n",
        lambda data: data + b"PK\x03\x04" + b"SECRET-NOTE" * 9,
        lambda data: data.replace(b"%PDF", b"% SECRET-AUTHOR\n%PDF", 1),
        lambda data: data.replace(b"startxref", b"% SECRET-AUTHOR\nstartxref"),
    ],
    ids=["an earlier version", "a comment after it", "a file after it", "a comment before it", "a comment in it"],
)
def test_bytes_that_nothing_leads_to_are_in_no_copy(change: Callable[[bytes], bytes]) -> None:
    pdf = sheet()
    pdf.pages[0].obj.Contents.write(
        b"BT /F1 20 Tf 20 100 Td (SECRET-TITLE) Tj ET" if change is revised else b"0 0 9 9 re f"
    )
    original = change(saved(pdf))
    assert told(original)
    copy, found = cleaned(original)
    assert found
    assert told(objects(copy)) == []
    assert drawn(copy) == drawn(original)


def test_what_is_packed_behind_what_a_reader_unpacks_is_gone() -> None:
    pdf = sheet()
    pdf.pages[0].obj.Contents.write(zlib.compress(b"0 0 9 9 re f") + b"SECRET-AUTHOR", filter=Name.FlateDecode)
    out = BytesIO()
    pdf.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    assert told(out.getvalue())
    copy, _ = cleaned(out.getvalue())
    assert told(copy) == []
    assert drawn(copy) == drawn(out.getvalue())


DRAWN = {
    "a comment": b"% by SECRET-AUTHOR\n",
    "a comment in Thai": "% โดย SECRET-AUTHOR\r".encode(),
    "who is marked": b"/Artifact <</Author (SECRET-AUTHOR)/Type/Pagination>> BDC EMC ",
    "who is marked at a point": b"/P <</MCID 0/Private<</Author (SECRET-AUTHOR)>>>> DP ",
    "where a passage is from": b"/Span <</ActualText (file:///home/SECRET-AUTHOR/x)>> BDC EMC ",
}
WORDS = b"BT /F1 20 Tf 20 100 Td (Kept 50% <<words>>.) Tj ET"


@pytest.mark.parametrize("leak", DRAWN)
@pytest.mark.parametrize("place", ["page", "pieces", "drawing", "look"])
def test_what_stands_in_a_drawing_and_is_not_seen_is_gone(leak: str, place: str) -> None:
    pdf = sheet()
    page = pdf.pages[0]
    inside = DRAWN[leak] + WORDS
    if place == "page":
        page.obj.Contents.write(inside)
    elif place == "pieces":
        page.obj.Contents = Array(
            [pdf.make_stream(piece) for piece in (DRAWN[leak] + b"1 0 0 1", b"0 30 cm " + WORDS, b"% SECRET-NOTE")]
        )
    else:
        look = page.Annots[1].AP.N
        look.write(inside)
        look.Resources, look.BBox = page.Resources, [0, 0, 200, 200]
        if place == "drawing":
            page.Resources.XObject = Dictionary(D=look)
            page.obj.Contents.write(b"/D Do")
            del page.Annots[1]
    original = saved(pdf)
    assert told(objects(original))
    copy, found = cleaned(original)
    assert found
    assert told(objects(copy)) == []
    assert b"(Kept 50% <<words>>.) Tj" in objects(copy)
    assert drawn(copy) == drawn(original)


def test_marks_that_a_reader_aloud_needs_stay() -> None:
    pdf = sheet()
    pdf.pages[0].obj.Contents.write(b"/P <</MCID 0/Lang(th)/ActualText(Words)>> BDC " + WORDS + b" EMC % end")
    copy, _ = cleaned(saved(pdf))
    assert re.search(rb"/P << (/ActualText \(Words\) |/Lang \(th\) |/MCID 0 ){3}>> BDC", objects(copy))


@pytest.mark.parametrize(
    "picture",
    [
        b"BI /W 1 /H 1 /BPC 8 /CS /G /F /DCT ID \xff\xd8SECRET-MAKE\xff\xd9\nEI",
        b"BI /W 1 /H 1 /BPC 8 /CS /G /Filter [/AHx /DCTDecode] ID 00>\nEI",
        b"BI /W 1 /H 1 /BPC 8 /CS /G /Author (SECRET-AUTHOR) ID x\nEI",
        b"BI /W 1 /H 1 /BPC 8 /CS /G /D [[(SECRET-AUTHOR)]] ID x\nEI",
        b"BI /W 1 /H 1 /BPC 8 /CS /G /DP <</Author (SECRET-AUTHOR)>> ID x\nEI",
    ],
    ids=["JPEG", "JPEG in another", "a key nobody knows", "words for numbers", "words for the packing"],
)
def test_a_picture_amid_a_drawing_that_says_more_is_not_called_clean(picture: bytes) -> None:
    pdf = sheet()
    pdf.pages[0].obj.Contents.write(picture)
    with pytest.raises(CannotClean):
        cleaned(saved(pdf))


def test_a_picture_amid_a_drawing_stays() -> None:
    pdf = sheet()
    pdf.pages[0].obj.Contents.write(
        b"q 90 0 0 90 0 0 cm BI /W 2 /H 1 /BPC 8 /CS [/I /RGB 1 <ff000000ff00>] /F /AHx ID 0001>\nEI Q"
    )
    original = saved(pdf)
    copy, _ = cleaned(original)
    assert drawn(copy) == drawn(original)


@pytest.mark.parametrize("filter_", [Name.DCT, Name.DCTDecode, Array([Name.DCT])], ids=["short", "long", "listed"])
@pytest.mark.parametrize("subtype", [Name.Image, Name.Form])
def test_a_photograph_is_one_however_its_packing_is_called(filter_: Any, subtype: Name) -> None:
    with pikepdf.open(BytesIO(document(photo()))) as pdf:
        pdf.pages[0].Resources.XObject.Photo.Filter = filter_
        original = saved(pdf)
        if subtype == Name.Form:  # no drawing is packed as a picture
            pdf.pages[0].Resources.XObject.Photo.Subtype = subtype
            with pytest.raises(CannotClean):
                cleaned(saved(pdf))
            return
    copy, found = cleaned(original)
    assert Trace.POSITION in found
    with pikepdf.open(BytesIO(copy)) as after:
        assert told(after.pages[0].Resources.XObject.Photo.read_raw_bytes()) == []


@pytest.mark.parametrize("filter_", [Name.JPXDecode, Name.Somehow, Array([Name.FlateDecode, Name.DCT])], ids=str)
def test_what_is_packed_in_a_way_nobody_knows_is_not_called_clean(filter_: Any) -> None:
    with pikepdf.open(BytesIO(document(photo()))) as pdf:
        pdf.pages[0].Resources.XObject.Photo.Filter = filter_
        original = saved(pdf)
    with pytest.raises(CannotClean):
        cleaned(original)


def test_a_name_of_a_place_in_the_document_that_is_one_on_a_computer_is_not_called_clean() -> None:
    pdf = sheet()
    pdf.Root.Names.Dests.Names[0] = PATH
    with pytest.raises(CannotClean):
        cleaned(saved(pdf))


def test_what_is_typed_into_a_field_stays_whatever_it_says() -> None:
    pdf = sheet()
    pdf.pages[0].Annots[1].V = PATH
    copy, _ = cleaned(saved(pdf))
    with pikepdf.open(BytesIO(copy)) as after:
        assert str(after.pages[0].Annots[1].V) == PATH


def test_a_photograph_in_it_is_drawn_as_it_was() -> None:
    original = document(photo())
    copy, _ = cleaned(original)
    with pikepdf.open(BytesIO(original)) as before:
        del before.pages[0].Annots
        assert drawn(copy) == drawn(saved(before))


def test_a_document_of_our_own_stays_as_it_is_seen() -> None:
    typst = pytest.importorskip("typst")
    text = '#set document(author: "SECRET-AUTHOR")\n= Heading\nWords, #link("https://example.org")[a link].\n#table(columns: 2)[1][2]\n$ x^2 $'
    original = typst.compile(text.encode())
    copy, found = cleaned(original)
    assert Trace.PERSON in found
    assert told(objects(copy)) == []
    assert drawn(copy) == drawn(original)


# -- The keys that are kept -----------------------------------------------------------------------------------------


def test_every_kind_that_is_named_is_there() -> None:
    special = {"value", "words", "pages", "page", "action", "notes", "dest", "seen", "states"}
    named = {kind for keys in KEPT.values() for kind in keys.values()}
    assert named - special <= KEPT.keys()


@pytest.mark.parametrize(
    "key",
    [
        "Author",
        "Creator",
        "Metadata",
        "PieceInfo",
        "LastModified",
        "NM",
        "Contents2",
        "Alt",
        "TU",
        "Threads",
        "URI2",
        "AF",
        "AA",
    ],
)
def test_keys_that_tell_of_somebody_are_on_no_list(key: str) -> None:
    assert not any(f"/{key}" in keys for keys in [*KEPT.values(), OF_STREAMS])


def test_links_say_neither_who_made_them_nor_when() -> None:
    assert KEPT["note"].keys().isdisjoint({"/T", "/M", "/RC", "/Contents", "/NM"})
    assert KEPT["field"].keys().isdisjoint({"/M", "/RC", "/Contents", "/NM", "/RV", "/DS"})


keys = st.sampled_from(
    [
        *sorted({key for kept in KEPT.values() for key in kept if key != "*"})[::5],
        "/Who",
        "/Author",
        "/Metadata",
        "/A",
        "/Kids",
        "/K",
    ]
)
values = st.recursive(
    st.sampled_from(["SECRET-AUTHOR", 1, True]),
    lambda inner: st.dictionaries(keys, inner, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=12,
)


def _dictionaries(thing: Any, met: set[tuple[int, int]]) -> Iterator[Any]:
    if isinstance(thing, pikepdf.Array):
        for item in thing:
            yield from _dictionaries(item, met)
    elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream) and thing.objgen not in met:
        met |= {thing.objgen} if thing.is_indirect else set()
        yield thing
        for value in thing.values():
            yield from _dictionaries(value, met)


@given(st.dictionaries(keys, values, max_size=6), st.dictionaries(keys, values, max_size=6))
@settings(max_examples=100, deadline=None)
def test_whatever_stands_in_a_document_only_what_is_listed_comes_out(
    root: dict[str, Any], page: dict[str, Any]
) -> None:
    listed = {key for kept in [*KEPT.values(), OF_STREAMS] for key in kept}
    pdf = sheet()
    tree = {"/Type", "/Pages", "/Parent", "/Kids", "/Annots", "/AcroForm", "/Metadata"}  # without these no PDF is saved
    for where, more in ((pdf.Root, root), (pdf.pages[0].obj, page)):
        for key, value in more.items():
            if key not in tree:
                where[key] = value
    copy = pdf_cleaning.clean(saved(pdf)).data
    with pikepdf.open(BytesIO(copy)) as after:
        for thing in _dictionaries(after.Root, set()):
            for key in thing:
                assert key in listed or key in {"/F1", "/L1"} or "/Type" not in thing, key
        assert "/Who" not in after.Root
        assert "/Author" not in after.Root
        assert "/Who" not in after.pages[0].obj
    assert pdf_cleaning.clean(copy).found == {Trace.OTHER}
