"""Documents of Office hold what is known and nothing else: where a name was, it is gone; what was seen is still there."""

import re
import subprocess
import sys
import zipfile
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from complaints.cleaning import office, office_markup
from complaints.cleaning.office_words import KEPT, NAMESPACES, VOCABULARY, name
from complaints.cleaning.places import LOCAL
from complaints.cleaning.result import CannotClean
from complaints.vocabulary import Trace
from tests.cleaning.copies import cleaned, parts, unpacked
from tests.evidence import OF_OFFICE, letter, photo, relations, slides, table, told

MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
PATH = r"C:\Users\SECRET-AUTHOR\Desktop"
W, X, A, P, C, R, V = (
    f'xmlns:{prefix}="{VOCABULARY[prefix].namespace if prefix != "r" else OF_OFFICE}"' for prefix in "wxapcrv"
)
EXTENSION = "<extLst><ext uri='{1}'><who xmlns='urn:more' name='SECRET-AUTHOR'/></ext></extLst>"
CHANGES = (
    '<pc:chgInfo xmlns:pc="http://schemas.microsoft.com/office/powerpoint/2013/main/command">'
    '<pc:docChgLst><pc:chgData name="SECRET-AUTHOR" userId="SECRET-EDITOR"/></pc:docChgLst></pc:chgInfo>'
)
SHEETS = "<sheets><sheet name='Sheet1' sheetId='1' r:id='r1'/></sheets>"


def settings_of_word(inside: str) -> dict[str, str]:
    return {"word/settings.xml": f"<w:settings {W} {R}>{inside}</w:settings>"}


LEAKS = {
    "the workbook's folder": (
        lambda: table(
            photo(),
            workbook=f"<mc:AlternateContent xmlns:mc='{MC}'><mc:Choice Requires='x15' "
            "xmlns:x15='http://schemas.microsoft.com/office/spreadsheetml/2010/11/main'>"
            f"<x15ac:absPath url='{PATH}' xmlns:x15ac='http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac'/>"
            f"</mc:Choice></mc:AlternateContent>{SHEETS}",
        ),
        Trace.PERSON,
    ),
    "who refreshed a pivot table": (
        lambda: table(
            photo(),
            ("pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml"),
            workbook=f"{SHEETS}<pivotCaches><pivotCache cacheId='1' r:id='r3'/></pivotCaches>",
            **{
                "xl/pivotCache/pivotCacheDefinition1.xml": f"<x:pivotCacheDefinition {X} refreshedBy='SECRET-AUTHOR'/>",
                "xl/pivotCache/pivotCacheRecords1.xml": "<x>SECRET-NOTE</x>",
            },
        ),
        Trace.PERSON,
    ),
    "a view of the workbook's own": (
        lambda: table(
            photo(), workbook=f"{SHEETS}<customWorkbookViews><customWorkbookView name='SECRET-AUTHOR'/></customWorkbookViews>"
        ),
        Trace.PERSON,
    ),
    "where a table's data come from": (
        lambda: table(
            photo(),
            ("connections", "connections.xml"),
            **{"xl/connections.xml": f"<x:connections {X}><x:connection odcFile='{PATH}'/></x:connections>"},
        ),
        Trace.PERSON,
    ),
    "a link to another workbook": (
        lambda: table(
            photo(),
            ("externalLink", "externalLinks/externalLink1.xml"),
            workbook=f"{SHEETS}<externalReferences><externalReference r:id='r3'/></externalReferences>",
            **{
                "xl/externalLinks/externalLink1.xml": f"<x:externalLink {X} {R}><x:externalBook r:id='r1'>"
                "<x:sheetNames><x:sheetName val='Sheet1'/></x:sheetNames><x:sheetDataSet><x:v>SECRET-NOTE</x:v></x:sheetDataSet>"
                "</x:externalBook></x:externalLink>",
                "xl/externalLinks/_rels/externalLink1.xml.rels": relations(("externalLinkPath", f"file:///{PATH}", "elsewhere")),
            },
        ),
        Trace.PERSON,
    ),
    "a formula that opens a file": (
        lambda: table(photo(), sheet=f'<x:dataValidations {X}><x:dataValidation><x:formula1>"{PATH}"</x:formula1>'
                      "</x:dataValidation></x:dataValidations>"),
        Trace.PERSON,
    ),
    "who may edit a sheet": (
        lambda: table(photo(), sheet="<protectedRanges><protectedRange name='SECRET-AUTHOR'/></protectedRanges>"),
        Trace.OTHER,
    ),
    "who changed slides": (
        lambda: slides(photo(), **{"ppt/changesInfos/changesInfo1.xml": CHANGES}),
        Trace.CHANGES,
    ),
    "what a slide's picture shows": (
        lambda: slides(photo(), shapes=f"<p:sp><p:nvSpPr><p:cNvPr id='9' name='SECRET-TITLE' descr='{PATH}'/></p:nvSpPr></p:sp>"),
        Trace.WORDS,
    ),
    "tags on a slide": (
        lambda: slides(
            photo(),
            ("tags", "../tags/tag1.xml"),
            shapes="<p:custDataLst><p:tags r:id='r3' xmlns:r='urn:x'/></p:custDataLst>",
            **{"ppt/tags/tag1.xml": f"<p:tagLst {P}><p:tag name='WHO' val='SECRET-AUTHOR'/></p:tagLst>"},
        ),
        Trace.OTHER,
    ),
    "variables of a letter": (
        lambda: letter(photo(), **settings_of_word("<w:docVars><w:docVar w:name='who' w:val='SECRET-AUTHOR'/></w:docVars>")),
        Trace.OTHER,
    ),
    "where a serial letter gets its names": (
        lambda: letter(
            photo(),
            **settings_of_word(
                f"<w:mailMerge><w:query w:val='SELECT * FROM {PATH}'/><w:dataSource r:id='r1'/></w:mailMerge>"
                "<w:attachedTemplate r:id='r2'/>"
            ),
            **{
                "word/_rels/settings.xml.rels": relations(
                    ("mailMergeSource", f"file:///{PATH}\\people.xlsx", "elsewhere"),
                    ("attachedTemplate", f"file:///{PATH}\\Normal.dotm", "elsewhere"),
                )
            },
        ),
        Trace.PERSON,
    ),
    "where a picture came from": (lambda: letter(photo()), Trace.WORDS),
    "who may edit a paragraph": (
        lambda: letter(photo(), body="<w:p><w:permStart w:id='1' w:ed='SECRET-AUTHOR'/><w:permEnd w:id='1'/></w:p>"),
        Trace.PERSON,
    ),
    "a drawing's own archive": (
        lambda: letter(
            photo(),
            body=f"<w:p><w:r><w:pict><v:shape {V} id='SECRET-TITLE' alt='SECRET-NOTE' o:gfxdata='SECRET-AUTHOR' "
            f"xmlns:o='{VOCABULARY['o'].namespace}' style='width:9pt'/></w:pict></w:r></w:p>",
        ),
        Trace.WORDS,
    ),
    "a link to a folder": (
        lambda: letter(
            photo(), ("hyperlink", f"file:///{PATH}", "elsewhere"), body=f"<w:p><w:hyperlink {R} r:id='r4' w:tooltip='SECRET-NOTE'/></w:p>"
        ),
        Trace.PERSON,
    ),
    "a field that includes a file": (
        lambda: letter(
            photo(),
            body="<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>INCLUDETEXT &quot;C:\\\\Users\\\\SECRET-</w:instrText></w:r>"
            "<w:r><w:instrText>AUTHOR\\\\a.docx&quot;</w:instrText></w:r><w:r><w:fldChar w:fldCharType='separate'/></w:r>"
            "<w:r><w:t>Kept result.</w:t></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r></w:p>",
        ),
        Trace.PERSON,
    ),
    "extensions": (lambda: table(photo(), sheet=EXTENSION), Trace.PERSON),
    "a part that nothing reaches": (
        lambda: letter(photo(), **{"word/glossary/document.xml": f"<w:document {W}>SECRET-AUTHOR</w:document>"}),
        Trace.OTHER,
    ),
    "the name of a part": (
        lambda: letter(
            photo(), ("header", "SECRET-AUTHOR.xml"), body=f"<w:sectPr><w:headerReference {R} r:id='r4'/></w:sectPr>",
            **{"word/SECRET-AUTHOR.xml": f"<w:hdr {W}/>"},
        ),
        Trace.OTHER,
    ),
}  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS)
def test_what_names_somebody_is_gone(leak: str) -> None:
    make, trace = LEAKS[leak]
    original = make()
    assert {b"SECRET-AUTHOR", b"SECRET-EDITOR"} <= set(told(unpacked(original)))
    copy, found = cleaned(original)
    inside = unpacked(copy)
    assert told(copy + inside) == []
    for mark in (b"Users", b"SECRET", b"urn:more"):
        assert mark not in inside, mark
    assert trace in found or trace is Trace.OTHER
    assert {name for name in parts(copy) if not re.fullmatch(r"[\w/.\[\]]+", name)} == set()


@pytest.mark.parametrize(
    ("words", "local"),
    [
        (r"C:\Users\name\a.xlsx", True),
        ("d:/data/a.xlsx", True),
        (r"\\server\share", True),
        ("file:///tmp/a", True),
        ("/Users/name/a", True),
        ("'/home/name/a'", True),
        ("https://example.org/home/a", False),
        ("https://example.org/Users/a", False),
        ("mailto:a@example.org", False),
        ("A:A", False),
        ("Profile: a/b", False),
        ("3:4/5", False),
    ],
)
def test_places_on_a_computer_are_known(words: str, local: bool) -> None:
    assert bool(LOCAL.search(words)) is local


# -- What is seen ---------------------------------------------------------------------------------------------------


def only_picture(data: bytes) -> bytes:
    (picture,) = (part for name, part in parts(data).items() if "/media/" in name)
    return picture


@pytest.mark.parametrize("make", [letter, table, slides])
def test_pictures_keep_every_pixel(make: object) -> None:
    original = make(photo())  # type: ignore[operator]
    picture = only_picture(cleaned(original)[0])
    assert Image.open(BytesIO(picture)).tobytes() == Image.open(BytesIO(photo())).tobytes()


def test_a_letter_keeps_its_words_tables_notes_headers_lists_and_links() -> None:
    original = letter(
        photo(),
        ("header", "header1.xml"),
        ("footnotes", "footnotes.xml"),
        ("numbering", "numbering.xml"),
        ("styles", "styles.xml"),
        ("hyperlink", "https://example.org/a", "elsewhere"),
        body=f"""<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid><w:gridCol w:w="99"/></w:tblGrid><w:tr><w:tc><w:p>
        <w:r><w:t>In a table.</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
        <w:p><w:pPr><w:pStyle w:val="Heading1"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>
        <w:r><w:footnoteReference w:id="2"/></w:r><w:hyperlink {R} r:id="r8"><w:r><w:t>A link.</w:t></w:r></w:hyperlink></w:p>
        <w:sdt><w:sdtPr><w:alias w:val="SECRET-TITLE"/><w:dataBinding w:xpath="SECRET-NOTE"/></w:sdtPr><w:sdtContent><w:p><w:r>
        <w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>
        <w:customXml w:element="SECRET-NOTE"><w:p><w:r><w:t>In other XML.</w:t></w:r></w:p></w:customXml>
        <w:sectPr><w:headerReference {R} w:type="default" r:id="r4"/></w:sectPr>""",
        **{
            "word/header1.xml": f"<w:hdr {W}><w:p><w:r><w:t>At the head.</w:t></w:r></w:p></w:hdr>",
            "word/footnotes.xml": f"<w:footnotes {W}><w:footnote w:id='2'><w:p><w:r><w:t>At the foot.</w:t></w:r></w:p></w:footnote></w:footnotes>",
            "word/numbering.xml": f"<w:numbering {W}><w:abstractNum w:abstractNumId='0'><w:lvl w:ilvl='0'><w:lvlText w:val='Clause %1'/></w:lvl>"
            "</w:abstractNum><w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num></w:numbering>",
            "word/styles.xml": f"<w:styles {W}><w:style w:type='paragraph' w:styleId='Heading1'><w:name w:val='heading 1'/></w:style></w:styles>",
        },
    )
    copy, _ = cleaned(original)
    inside = parts(copy)
    assert told(copy + unpacked(copy)) == []
    document = inside["word/document.xml"].decode()
    for words in (
        "In a table.",
        "A link.",
        "In a control.",
        "In other XML.",
        '<w:pStyle w:val="Heading1"/>',
        "<w:tbl>",
        "<w:footnoteReference",
    ):
        assert words in document, words
    assert b"At the head." in inside["word/header1.xml"]
    assert b"At the foot." in inside["word/footnotes.xml"]
    assert b"Clause %1" in inside["word/numbering.xml"]
    assert b"heading 1" in inside["word/styles.xml"]
    related = inside["word/_rels/document.xml.rels"].decode()
    for target in (
        "header1.xml",
        "footnotes.xml",
        "numbering.xml",
        "styles.xml",
        "https://example.org/a",
        "media/image",
    ):
        assert target in related, target
    assert every_reference_holds(copy)


WPS = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"


def test_a_box_of_text_is_kept_in_the_form_that_is_known() -> None:
    box = f"""<w:p><w:r><mc:AlternateContent xmlns:mc="{MC}"><mc:Choice Requires="shape" xmlns:shape="{WPS}"><shape:wsp><shape:txbx>
    <w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent></shape:txbx></shape:wsp></mc:Choice>
    <mc:Fallback><w:pict><v:shape {V} alt="SECRET-NOTE"/></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"""
    newer = f"""<w:p><w:r><mc:AlternateContent xmlns:mc="{MC}"><mc:Choice Requires="n" xmlns:n="urn:newer"><n:a who="SECRET-AUTHOR"/></mc:Choice>
    <mc:Fallback><w:t>Fallen back.</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>"""
    copy, _ = cleaned(letter(photo(), body=box + newer))
    document = parts(copy)["word/document.xml"]
    assert told(unpacked(copy)) == []
    assert b"In a box." in document
    assert b'Requires="shape"' in document
    assert b"Fallen back." in document
    assert b"urn:newer" not in document
    etree.fromstring(document)


def field(instruction: str, result: str) -> str:
    return (
        f"<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>{escape(instruction)}</w:instrText></w:r>"
        f"<w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>{result}</w:t></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>"
    )


@pytest.mark.parametrize(
    ("instruction", "stays"),
    [
        ("PAGE", True),
        (' HYPERLINK "https://example.org" ', True),
        (r' HYPERLINK \l "_Toc1" ', True),
        (" =SUM(ABOVE)", True),
        ("AUTHOR", False),
        ("FILENAME \\p", False),
        (r' HYPERLINK "\\server\SECRET-AUTHOR" ', False),
        ("", False),
    ],
)
def test_fields_stay_when_they_are_reckoned_from_the_document(instruction: str, stays: bool) -> None:
    simple = f"<w:fldSimple w:instr='{escape(instruction)}'><w:r><w:t>Simple result.</w:t></w:r></w:fldSimple>"
    copy, _ = cleaned(letter(photo(), body=f"<w:p>{field(instruction, 'A result.')}{simple}</w:p>"))
    document = parts(copy)["word/document.xml"]
    assert b"A result." in document
    assert b"Simple result." in document
    assert (b"fldChar" in document, b"instrText" in document, b"fldSimple" in document) == (stays,) * 3


def test_a_field_within_a_field_that_goes_shows_nothing_new() -> None:
    inner = field("MERGEFIELD who", "SECRET-AUTHOR")
    outer = (
        f"<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>IF </w:instrText></w:r>{inner}"
        "<w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>Seen.</w:t></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>"
    )
    copy, _ = cleaned(letter(photo(), body=f"<w:p>{outer}</w:p>"))
    assert told(unpacked(copy)) == []
    assert b"Seen." in parts(copy)["word/document.xml"]


def run(inside: str) -> str:
    return f"<w:r>{inside}</w:r>"


def mark(kind: str) -> str:
    return run(f"<w:fldChar w:fldCharType='{kind}'/>")


def asks(words: str) -> str:
    return run(f"<w:instrText>{escape(words)}</w:instrText>")


def shows(words: str) -> str:
    return run(f"<w:t>{escape(words)}</w:t>")


def whole(*code: str) -> str:
    return mark("begin") + "".join(code) + mark("separate") + shows("Seen.") + mark("end")


def simple(instruction: str, result: str) -> str:
    return f"<w:fldSimple w:instr='{escape(instruction)}'>{shows(result)}</w:fldSimple>"


CODE = ' INCLUDEPICTURE "https://evil.example/who.png" \\d '


@pytest.mark.parametrize(
    "code",
    [
        (shows(CODE), asks("= 1")),
        (asks("= 1"), shows(CODE)),
        (run("<w:sym w:font='Symbol' w:char='0049'/>"), asks("= 1")),
        (run("<w:tab/>"), asks("= 1")),
        (simple("QUOTE evil.example", "evil.example"), asks("= 1")),
        (simple("PAGE", "evil.example"), asks("= 1")),
        (f"<w:ins w:author='SECRET-AUTHOR'>{shows(CODE)}</w:ins>", asks("= 1")),
        (field("QUOTE evil.example", "evil.example"), asks("= 1")),
        (field("REF evil.example", "DDEAUTO cmd"), asks(" x")),
        (asks("REF"), field("REF evil.example", "x")),
        (asks("= "), mark("begin"), shows(CODE), asks("PAGE"), mark("end")),
        (asks("= "), whole(asks("PAGE "), mark("begin"), asks("AUTHOR"), mark("end"))),
        (asks("IF "), mark("begin"), asks("PAGE"), mark("separate"), field("REF evil.example", "x"), mark("end")),
    ],
    ids=[
        *("text before", "text behind", "a sign", "a tab", "a simple field", "a simple plain field", "inserted text", "a field"),
        *("a field alone", "a field that ends a word", "text in a field", "a field in a field in it", "a field in its result"),
    ],
)  # fmt: skip
def test_a_field_whose_code_is_more_than_an_instruction_becomes_its_text(code: tuple[str, ...]) -> None:
    copy, _ = cleaned(letter(photo(), body=f"<w:p>{shows('Before.')}{whole(*code)}{shows('Behind.')}</w:p>"))
    document = parts(copy)["word/document.xml"]
    assert b"evil.example" not in document
    assert b"cmd" not in document
    assert not re.search(rb"fldChar|instrText|fldSimple", document)
    assert re.findall(rb"Before\.|Seen\.|Behind\.", document) == [b"Before.", b"Seen.", b"Behind."]


def test_a_plain_field_in_an_instruction_stays_without_what_it_showed() -> None:
    copy, _ = cleaned(letter(photo(), body=f"<w:p>{whole(asks('= '), field('PAGE', 'DDEAUTO'), asks(' + 1'))}</w:p>"))
    document = parts(copy)["word/document.xml"]
    assert document.count(b"fldChar ") == 6
    assert re.findall(rb"instrText[^>]*>([^<]+)<", document) == [b"= ", b"PAGE", b" + 1"]
    assert b"DDEAUTO" not in document
    assert b"Seen." in document


@pytest.mark.parametrize(
    "stray", [asks("AUTHOR"), mark("separate"), mark("end"), mark("other"), mark("begin"), mark("begin") + asks("PAGE")]
)
def test_what_belongs_to_no_field_goes_and_nothing_else(stray: str) -> None:
    copy, _ = cleaned(letter(photo(), body=f"<w:p>{shows('Before.')}</w:p><w:p>{field('PAGE', 'Seen.')}{stray}</w:p>"))
    document = parts(copy)["word/document.xml"]
    assert document.count(b"fldChar ") == 3
    assert document.count(b"instrText>") == 2
    assert b"Before." in document
    assert b"Seen." in document


@pytest.mark.parametrize("after", [shows("Perhaps seen."), field("PAGE", "1")])
def test_what_follows_a_field_without_an_end_is_not_dropped_in_silence(after: str) -> None:
    with pytest.raises(CannotClean):
        cleaned(letter(photo(), body=f"<w:p>{mark('begin')}{asks('PAGE')}{after}</w:p>"))


@pytest.mark.parametrize("part", [mark("begin"), mark("begin") + asks("PAGE") + mark("separate")])
def test_fields_nested_without_end_are_not_called_clean(part: str) -> None:
    with pytest.raises(CannotClean):
        cleaned(letter(photo(), body=f"<w:p>{part * 20_000}</w:p>"))


@pytest.mark.parametrize(
    "part",
    [
        f"<w:ins w:author='SECRET-AUTHOR'>{shows('x')}</w:ins>",
        simple("AUTHOR", "x"),
        f"<mc:AlternateContent xmlns:mc='{MC}'><mc:Fallback>{shows('x')}</mc:Fallback></mc:AlternateContent>",
        field("AUTHOR", "x"),
        shows("x") + asks("AUTHOR"),
    ],
    ids=["inserted", "simple fields", "alternates", "fields", "strays"],
)
def test_however_many_stand_side_by_side_they_are_cleaned(part: str) -> None:
    """Within the time that the process has: work that grows faster than the document would take minutes."""
    copy, _ = cleaned(letter(photo(), body=f"<w:p>{part * 50_000}{shows('Seen.')}</w:p>"))
    document = parts(copy)["word/document.xml"]
    assert document.count(b"<w:t>x</w:t>") == 50_000
    assert told(document) == []
    assert not re.search(rb"w:ins|w:fld|AUTHOR|Fallback", document)


def test_what_is_opened_stands_where_it_stood() -> None:
    inserted = f"<w:ins>{shows('b')}<w:smartTag>{shows('c')}{simple('AUTHOR', 'd')}</w:smartTag>{shows('e')}</w:ins>"
    copy, _ = cleaned(letter(photo(), body=f"<w:p>{shows('a')}{inserted}{simple('PAGE', 'f')}{shows('g')}</w:p>"))
    assert re.findall(rb">([a-g])</w:t>", parts(copy)["word/document.xml"]) == [
        b"a",
        b"b",
        b"c",
        b"d",
        b"e",
        b"f",
        b"g",
    ]


CHART = f"""<c:chartSpace {C} {A} {R}><c:chart><c:plotArea><c:barChart><c:ser><c:idx val="0"/><c:tx><c:strRef><c:f>[Secret.xlsx]Sheet1!$A$1</c:f>
<c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>Overtime</c:v></c:pt></c:strCache></c:strRef></c:tx><c:val><c:numRef><c:f>Sheet1!$B$2</c:f>
<c:numCache><c:formatCode>0.0</c:formatCode><c:ptCount val="1"/><c:pt idx="0"><c:v>17.5</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser>
</c:barChart></c:plotArea></c:chart><c:externalData r:id="r1"/></c:chartSpace>"""


def test_a_chart_keeps_what_it_shows_and_not_the_table_behind_it() -> None:
    frame = f"""<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="5" name="Chart"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/>
    <a:graphic {A}><a:graphicData uri="{VOCABULARY["c"].namespace}"><c:chart {C} {R} r:id="r3"/></a:graphicData></a:graphic></p:graphicFrame>"""
    original = slides(
        photo(),
        ("chart", "../charts/chart1.xml"),
        shapes=frame,
        **{
            "ppt/charts/chart1.xml": CHART,
            "ppt/charts/_rels/chart1.xml.rels": relations(("package", "../embeddings/book.xlsx")),
            "ppt/embeddings/book.xlsx": b"SECRET-NOTE",
        },
    )
    copy, found = cleaned(original)
    chart = parts(copy)["ppt/charts/chart1.xml"]
    assert told(copy + unpacked(copy)) == []
    for kept in (b"Overtime", b"17.5", b"0.0", b"<c:f>Sheet1!$A$1</c:f>"):
        assert kept in chart, kept
    assert b"externalData" not in chart
    assert Trace.INSIDE in found
    assert every_reference_holds(copy)


def test_a_formula_of_brackets_takes_no_long_time() -> None:
    script = "from complaints.cleaning.office_markup import _BOOK; print(_BOOK.sub('', '[' * 300_000))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=10)
    assert done.stdout == b"\n"


def test_a_table_keeps_formulas_names_formats_and_strings() -> None:
    original = table(
        photo(),
        ("styles", "styles.xml"),
        ("sharedStrings", "sharedStrings.xml"),
        workbook=f"{SHEETS}<definedNames><definedName name='Total' comment='SECRET-NOTE'>Sheet1!$A$1</definedName></definedNames>",
        sheet="<mergeCells count='1'><mergeCell ref='A1:B1'/></mergeCells><conditionalFormatting sqref='A1'><cfRule type='expression' dxfId='0' "
        "priority='1'><formula>A1&gt;9</formula></cfRule></conditionalFormatting>",
        **{
            "xl/styles.xml": f"<x:styleSheet {X}><x:numFmts count='1'><x:numFmt numFmtId='164' formatCode='0.0\\\\ &quot;a:/&quot;'/></x:numFmts></x:styleSheet>",
            "xl/sharedStrings.xml": f"<x:sst {X}><x:si><x:r><x:rPr><x:b/></x:rPr><x:t>Rich</x:t></x:r></x:si></x:sst>",
        },
    )
    copy, _ = cleaned(original)
    inside = parts(copy)
    sheet, workbook = inside["xl/worksheets/sheet1.xml"], inside["xl/workbook.xml"]
    assert told(copy + unpacked(copy)) == []
    for kept in (b"<f>A2*2</f>", b"<v>40000</v>", b"A1:B1", b"<formula>A1&gt;9</formula>", b"<drawing"):
        assert kept in sheet, kept
    assert b'<definedName name="Total">Sheet1!$A$1</definedName>' in workbook
    assert b'name="Sheet1"' in workbook
    assert b"0.0\\\\" in inside["xl/styles.xml"]
    assert b"<x:t>Rich</x:t>" in inside["xl/sharedStrings.xml"]
    assert every_reference_holds(copy)


def test_a_cell_keeps_its_value_when_its_formula_names_a_folder() -> None:
    sheet = f'<x:worksheet {X}><x:sheetData><x:row><x:c><x:f>HYPERLINK("{PATH}")</x:f><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    copy, found = cleaned(table(photo(), **{"xl/worksheets/sheet1.xml": sheet}))
    assert b"<x:c><x:v>7</x:v></x:c>" in parts(copy)["xl/worksheets/sheet1.xml"]
    assert Trace.PERSON in found


def every_reference_holds(data: bytes) -> bool:
    """Whether each relation leads to a part, each reference to a relation, and each part has a type: or programs offer to repair it."""
    inside = parts(data)
    types = inside["[Content_Types].xml"].decode()
    for called, part in inside.items():
        folder, _, last = called.rpartition("/")
        rels = inside.get(f"{folder}/_rels/{last}.rels".lstrip("/"))
        ids = {entry.get("Id") for entry in etree.fromstring(rels)} if rels else set()
        if called.endswith(".rels"):
            above = folder.rpartition("_rels")[0].strip("/")
            for entry in etree.fromstring(part):
                target = entry.get("Target", "")
                if entry.get("TargetMode") != "External":
                    depth, path = target.count("../"), above.split("/") if above else []
                    assert "/".join([*path[: len(path) - depth], target.replace("../", "")]) in inside, target
        elif called.endswith(".xml") and called != "[Content_Types].xml":
            assert f'PartName="/{called}"' in types
            for element in etree.fromstring(part).iter():
                assert {value for key, value in element.attrib.items() if key.startswith(f"{{{OF_OFFICE}}}")} <= ids
    return True


# -- What is not understood -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: letter(photo(), body="<n:a xmlns:n='urn:newer'>Words that are seen.</n:a>"),
        lambda: letter(photo(), body="<w:p><w:r><w:object/></w:r></w:p>"),
        lambda: letter(photo(), ("aFChunk", "chunk.html"), body="<w:altChunk/>"),
        lambda: letter(photo(), ("vbaProject", "vbaProject.bin"), **{"word/vbaProject.bin": b"program"}),
        lambda: letter(photo(), ("header", "header1.xml"), body=f"<w:sectPr><w:headerReference {R} r:id='r4'/></w:sectPr>",
                       **{"word/header1.xml": f"<w:ftr {W}/>"}),
        lambda: letter(b"\xd7\xcd\xc6\x9a a metafile"),
        lambda: letter(photo(), **{"word/more.bin": b"?"}),
        lambda: letter(photo(), **{"WORD/document.xml": f"<w:document {W}/>"}),
        lambda: letter(photo(), **{"word/document.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}),
        lambda: letter(photo(), **{"word/document.xml": "<w:document xmlns:w='http://purl.oclc.org/ooxml/wordprocessingml/main'/>"}),
        lambda: table(photo(), ("rdRichValue", "richData/rdrichvalue.xml"), **{"xl/richData/rdrichvalue.xml": "<x/>"}),
        lambda: table(photo(), sheet="<oleObjects><oleObject progId='Package'/></oleObjects>"),
        lambda: slides(photo(), ("video", "../media/film.mp4"), **{"ppt/media/film.mp4": b"film"}),
        lambda: slides(photo(), shapes="<p:contentPart/>"),
    ],
    ids=[
        "markup of a kind nobody knows",
        "another document",
        "a piece of HTML",
        "a program",
        "a footer said to be a header",
        "a metafile",
        "a part of a kind nobody knows",
        "two parts of one name",
        "a document type",
        "the strict vocabulary",
        "pictures in cells",
        "a package in a sheet",
        "a film",
        "ink",
    ],
)  # fmt: skip
def test_what_is_seen_and_not_understood_is_not_called_clean(make: object) -> None:
    with pytest.raises(CannotClean):
        cleaned(make())  # type: ignore[operator]


def test_macros_are_not_called_clean_by_their_type() -> None:
    original = parts(letter(photo()))
    types = original["[Content_Types].xml"].replace(
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for called, part in {**original, "[Content_Types].xml": types}.items():
            archive.writestr(called, part)
    with pytest.raises(CannotClean):
        cleaned(out.getvalue())


# -- The words that are kept ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word",
    [
        *("w:comment", "w:docVar", "w:rsid", "w:sdtPr", "w:mailMerge", "w:attachedTemplate", "w:permStart", "x:customWorkbookView"),
        *("x:fileSharing", "x:fileVersion", "x:connection", "x:protectedRange", "x:extLst", "x:pivotCache", "p:extLst", "p:tag"),
        *("p:custData", "p:cmAuthor", "a:extLst", "c:externalData", "c:extLst", "wps:extLst"),
    ],
)  # fmt: skip
def test_words_that_name_somebody_are_not_on_the_list(word: str) -> None:
    assert name(word) not in KEPT


def test_attributes_that_name_somebody_are_on_no_list() -> None:
    locals_ = {etree.QName(key).localname for attributes in KEPT.values() for key in attributes}
    assert locals_.isdisjoint(
        {"author", "initials", "date", "userId", "userName", "refreshedBy", "lastModifiedBy", "descr", "title", "tooltip", "alt", "href",
         "gfxdata", "codeName", "macro", "comment", "link", "rsidR", "paraId", "uid", "url"}
    )  # fmt: skip
    assert not any("microsoft" in key and "schemas-microsoft-com" not in key for keys in KEPT.values() for key in keys)


words = st.sampled_from(
    [*sorted(KEPT)[::7], "{urn:foreign}who", name("w:docVar"), name("w:ins"), name("w:rPrChange"), f"{{{MC}}}AlternateContent",
                         f"{{{MC}}}Choice", f"{{{MC}}}Fallback", name("w:fldChar"), name("w:instrText"), name("w:t")]
)  # fmt: skip
attributes = st.dictionaries(
    st.sampled_from([name("w:author"), name("w:val"), name("w:fldCharType"), "name", "descr", "id", "Requires", "refreshedBy", "{urn:foreign}who",
                     f"{{{OF_OFFICE}}}id", f"{{{MC}}}Ignorable"]),
    st.sampled_from(["begin", "separate", "end", "r1", "r9", "wps", "f", PATH, "x"]),
    max_size=3,
)  # fmt: skip


def _element(tag: str, keys: dict[str, str], text: str, children: list[str]) -> str:
    """As text, in which every element gives the same few prefixes a sense of its own."""
    spaces, attributes = [f'xmlns:f="urn:foreign" xmlns:wps="{WPS}" xmlns:e="{etree.QName(tag).namespace}"'], []
    for number, (key, value) in enumerate(keys.items()):
        prefix = ""
        if etree.QName(key).namespace:
            prefix = f"a{number}:"
            spaces.append(f'xmlns:a{number}="{etree.QName(key).namespace}"')
        attributes.append(f"{prefix}{etree.QName(key).localname}={quoteattr(value)}")
    called = f"e:{etree.QName(tag).localname}"
    return f"<{called} {' '.join(spaces + attributes)}>{escape(text)}{''.join(children)}</{called}>"


trees = st.recursive(
    st.builds(_element, words, attributes, st.sampled_from(["", "words", PATH]), st.just([])),
    lambda children: st.builds(_element, words, attributes, st.just(""), st.lists(children, max_size=4)),
    max_leaves=25,
)


CANVAS = "{http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas}bg"
SHADOWED = _element(CANVAS, {name("w:author"): "x"}, "", [_element(name("w:alignTablesRowByRow"), {}, "", [])])


@example([_element(name("w:ins"), {}, "", []), SHADOWED])
@example([_element(name("w:ins"), {}, "", [SHADOWED])])
@given(st.lists(trees, max_size=4))
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_part_only_what_is_listed_comes_out(inside: list[str]) -> None:
    whole = _element(name("w:document"), {f"{{{MC}}}Ignorable": "f"}, "", inside)
    root = office_markup.parse(whole.encode())
    try:
        used = office_markup.clean(root, {"r1"}, set())
        again = etree.fromstring(office_markup.written(root))
    except CannotClean as error:
        assert str(error) in {"a field without an end", "prefixes with two senses"}  # noqa: PT017 - all else comes out
        return
    for element in again.iter():
        if etree.QName(element).namespace == MC:
            assert etree.QName(element).localname in {"AlternateContent", "Choice"}
            assert set(element.attrib) <= {"Requires"}
            assert all(element.nsmap[prefix] in NAMESPACES for prefix in element.get("Requires", "").split())
        else:
            assert set(element.attrib) <= KEPT[element.tag]
        assert {value for key, value in element.attrib.items() if key.startswith(f"{{{OF_OFFICE}}}")} <= used <= {"r1"}
        assert not any(PATH in value for value in element.attrib.values())
    assert "urn:foreign" not in etree.tostring(again).decode()
    assert office_markup.clean(again, {"r1"}, set()) <= used


def test_what_is_clean_stays_as_it_is() -> None:
    once = office.clean(letter(photo())).data
    assert parts(office.clean(once).data) == parts(once)
