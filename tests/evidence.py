"""Files that tell who made them, made for tests: what they tell is in `SECRETS`, which no clean copy may hold."""

import struct
import wave
import zipfile
from base64 import b64decode
from fractions import Fraction
from io import BytesIO

import av
import pikepdf
from PIL import Image

SECRETS = tuple(
    f"SECRET-{word}".encode()
    for word in (
        "MAKE",
        "MODEL",
        "ARTIST",
        "AUTHOR",
        "TITLE",
        "COMMENT",
        "DELETED",
        "REVISER",
        "EDITOR",
        "COMPANY",
        "NOTE",
    )
)
LATITUDE = struct.pack(">6I", 13, 1, 45, 1, 2239, 100)
"""13° 45′ 22.39″, as EXIF writes it."""


def told(data: bytes) -> list[bytes]:
    """What of the secrets is in these bytes as they lie, or in UTF-16."""
    shapes = [
        (secret, shape)
        for secret in SECRETS
        for shape in (secret, secret.decode().encode("utf-16-be"), secret.decode().encode("utf-16-le"))
    ]
    return [secret for secret, shape in shapes if shape in data] + ([LATITUDE] if LATITUDE in data else [])


def photo() -> bytes:
    """With a position, a device, a name, a date, a comment, turned by a quarter, and something after its end."""
    picture = Image.effect_mandelbrot((320, 200), (-2, -1, 1, 1), 50).convert("RGB")
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B], exif[0x0112] = "SECRET-MAKE", "SECRET-MODEL", "SECRET-ARTIST", 6
    exif[0x0132] = "2026:11:23 10:00:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (13.0, 45.0, 22.39), 3: "E", 4: (100.0, 30.0, 6.0)})
    out = BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=b"SECRET-COMMENT", quality=80)
    return out.getvalue() + b"\xff\xd8\xff\xe1SECRET-NOTE"


def document(picture: bytes) -> bytes:
    """A PDF by an author, with a comment and a photograph that tells more."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    image = pdf.make_stream(picture, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=320, Height=200)
    image.Filter, image.ColorSpace, image.BitsPerComponent = pikepdf.Name.DCTDecode, pikepdf.Name.DeviceRGB, 8
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Photo=image))
    page.Contents = pdf.make_stream(b"q 320 0 0 200 0 0 cm /Photo Do Q")
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Text,
        T="SECRET-REVISER",
        Contents="SECRET-NOTE",
        Rect=[0, 0, 9, 9],
    )
    page.Annots = pikepdf.Array([pdf.make_indirect(note)])
    pdf.docinfo["/Author"], pdf.docinfo["/Title"] = "SECRET-AUTHOR", "SECRET-TITLE"
    pdf.attachments["SECRET-NOTE.txt"] = b"SECRET-NOTE"
    pdf.Root.Metadata = pdf.make_stream(b"<x:xmpmeta><dc:creator>SECRET-AUTHOR</dc:creator></x:xmpmeta>")
    out = BytesIO()
    pdf.save(out, compress_streams=False)
    return out.getvalue()


def signed_document() -> bytes:
    """A PDF of one page with a digital signature, which names its signer."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    signature = pikepdf.Dictionary(Type=pikepdf.Name.Sig, Name="SECRET-SIGNER", Contents=b"\x30\x00")
    field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, T="Signature1", V=pdf.make_indirect(signature))
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([pdf.make_indirect(field)]), SigFlags=3)
    out = BytesIO()
    pdf.save(out, compress_streams=False)
    return out.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_BY = 'w:author="SECRET-REVISER" w:date="2026-11-23T10:00:00Z"'
_DRAWN = f"""<wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><wp:extent cx="3200" cy="2000"/>
<wp:docPr id="1" name="SECRET-TITLE.jpg" descr="C:\\Users\\SECRET-AUTHOR\\Pictures\\1.jpg"/><a:graphic {_A}><a:graphicData
uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">
<pic:nvPicPr><pic:cNvPr id="1" name="SECRET-TITLE.jpg"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip {_R} r:embed="r2"/></pic:blipFill>
<pic:spPr/></pic:pic></a:graphicData></a:graphic></wp:inline>"""
_BODY = f"""<w:document {_W}><w:body><w:p w:rsidR="00AB12CD"><w:commentRangeStart w:id="1"/><w:r><w:t>Kept words.</w:t></w:r>
<w:commentRangeEnd w:id="1"/><w:r><w:commentReference w:id="1"/></w:r>
<w:ins w:id="2" {_BY}><w:r><w:t>Inserted words.</w:t></w:r></w:ins>
<w:del w:id="3" {_BY}><w:r><w:delText>SECRET-DELETED</w:delText></w:r></w:del>
<w:moveFrom w:id="4" {_BY}><w:r><w:t>SECRET-DELETED</w:t></w:r></w:moveFrom>
<w:r><w:rPr><w:b/><w:rPrChange w:id="5" {_BY}><w:rPr/></w:rPrChange></w:rPr><w:t>Bold words.</w:t></w:r>
<w:r><w:drawing>{_DRAWN}</w:drawing></w:r></w:p>{{}}</w:body></w:document>"""
OF_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def relations(*rows: tuple[str, str] | tuple[str, str, str]) -> str:
    """What a part refers to, as r1, r2, ...: kinds and targets; a third word says that the target lies elsewhere."""
    where = ("Internal", "External")
    entries = "".join(
        f'<Relationship Id="r{number}" Type="{OF_OFFICE}/{row[0]}" Target="{row[1]}" TargetMode="{where[len(row) - 2]}"/>'
        for number, row in enumerate(rows, start=1)
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{entries}</Relationships>'
    )


def _package(main: str, kind: str, parts: dict[str, str | bytes]) -> bytes:
    """The parts of a document with what says which is the main one, and who wrote it."""
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="jpeg" ContentType="image/jpeg"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/></Types>'
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        whole = {
            "[Content_Types].xml": types,
            "_rels/.rels": relations(("officeDocument", main), ("core-properties", "docProps/core.xml")),
            "docProps/core.xml": "<core><creator>SECRET-AUTHOR</creator><lastModifiedBy>SECRET-EDITOR</lastModifiedBy></core>",
            "docProps/app.xml": "<app><Company>SECRET-COMPANY</Company></app>",
            **parts,
        }
        for name, part in whole.items():
            archive.writestr(name, part)
    return out.getvalue()


def letter(picture: bytes, *rows: tuple[str, str] | tuple[str, str, str], body: str = "", **more: str | bytes) -> bytes:
    """A DOCX with comments, tracked changes, authors and a photograph.

    `rows`: relations from r4 on; `body`: paragraphs after the first; `more`: parts beside these, or instead of them.
    """
    return _package(
        "word/document.xml",
        "wordprocessingml.document",
        {
            "word/_rels/document.xml.rels": relations(
                ("comments", "comments.xml"), ("image", "media/image1.jpeg"), ("settings", "settings.xml"), *rows
            ),
            "word/document.xml": _BODY.format(body),
            "word/comments.xml": f"<w:comments {_W}><w:comment w:id='1' {_BY}><w:p><w:r><w:t>SECRET-COMMENT</w:t></w:r></w:p></w:comment></w:comments>",
            "word/settings.xml": f"<w:settings {_W}><w:rsids><w:rsid w:val='00AB12CD'/></w:rsids></w:settings>",
            "word/media/image1.jpeg": picture,
            **more,
        },
    )


_X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_PLACED = f"""<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" {_A} {_R}><xdr:oneCellAnchor>
<xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>2</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext cx="9" cy="9"/>
<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="SECRET-TITLE.jpg"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed="r1"/>
</xdr:blipFill><xdr:spPr/></xdr:pic><xdr:clientData/></xdr:oneCellAnchor></xdr:wsDr>"""


def table(
    picture: bytes,
    *rows: tuple[str, str] | tuple[str, str, str],
    workbook: str = "<sheets><sheet name='Sheet1' sheetId='1' r:id='r1'/></sheets>",
    sheet: str = "",
    **more: str | bytes,
) -> bytes:
    """An XLSX with a note and a threaded comment beside a cell, authors, a printer, a link to a folder, and a photograph.

    `rows`: the workbook's relations from r3 on; `workbook`, `sheet`: more of what stands in them; `more`: parts beside these, or instead.
    """
    link = "file:///C:/Users/SECRET-AUTHOR/ledger.xlsx"
    return _package(
        "xl/workbook.xml",
        "spreadsheetml.sheet",
        {
            "xl/workbook.xml": f"<workbook {_X} {_R}><fileVersion lastEdited='7' rupBuild='SECRET-MODEL'/>{workbook}</workbook>",
            "xl/_rels/workbook.xml.rels": relations(
                ("worksheet", "worksheets/sheet1.xml"), ("person", "persons/person.xml"), *rows
            ),
            "xl/worksheets/sheet1.xml": f"<worksheet {_X} {_R}><sheetData><row r='1'><c r='A1'><f>A2*2</f><v>40000</v></c></row></sheetData>"
            f"{sheet}<hyperlinks><hyperlink ref='A1' r:id='r3'/></hyperlinks><drawing r:id='r4'/><legacyDrawing r:id='r5'/></worksheet>",
            "xl/worksheets/_rels/sheet1.xml.rels": relations(
                ("comments", "../comments1.xml"),
                ("printerSettings", "../printerSettings/printerSettings1.bin"),
                ("hyperlink", link, "elsewhere"),
                ("drawing", "../drawings/drawing1.xml"),
                ("vmlDrawing", "../drawings/vmlDrawing1.vml"),
            ),
            "xl/comments1.xml": f"<comments {_X}><authors><author>SECRET-REVISER</author></authors><text>SECRET-COMMENT</text></comments>",
            "xl/threadedComments/threadedComment1.xml": "<x><text>SECRET-COMMENT</text></x>",
            "xl/persons/person.xml": "<personList><person displayName='SECRET-REVISER'/></personList>",
            "xl/drawings/drawing1.xml": _PLACED,
            "xl/drawings/_rels/drawing1.xml.rels": relations(("image", "../media/image1.jpeg")),
            "xl/drawings/vmlDrawing1.vml": "<xml>SECRET-NOTE</xml>",
            "xl/printerSettings/printerSettings1.bin": b"SECRET-MAKE",
            "xl/media/image1.jpeg": picture,
            **more,
        },
    )


_P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
_SHOWN = f"""<p:sp><p:nvSpPr><p:cNvPr id="2" name="Title 1"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr {_A}/><a:p {_A}><a:r>
<a:t>Kept words.</a:t></a:r></a:p></p:txBody></p:sp><p:pic><p:nvPicPr><p:cNvPr id="3" name="SECRET-TITLE.jpg"/><p:cNvPicPr/><p:nvPr/>
</p:nvPicPr><p:blipFill><a:blip {_A} {_R} r:embed="r2"/></p:blipFill><p:spPr/></p:pic>"""


def slides(
    picture: bytes, *rows: tuple[str, str] | tuple[str, str, str], shapes: str = "", **more: str | bytes
) -> bytes:
    """A PPTX with a comment, its author, and a photograph.

    `rows`: the slide's relations from r3 on; `shapes`: more of them; `more`: parts beside these, or instead.
    """
    return _package(
        "ppt/presentation.xml",
        "presentationml.presentation",
        {
            "ppt/presentation.xml": f"<p:presentation {_P} {_R}><p:sldIdLst><p:sldId id='256' r:id='r1'/></p:sldIdLst></p:presentation>",
            "ppt/_rels/presentation.xml.rels": relations(
                ("slide", "slides/slide1.xml"), ("commentAuthors", "commentAuthors.xml")
            ),
            "ppt/slides/slide1.xml": f"<p:sld {_P}><p:cSld><p:spTree>{_SHOWN}{shapes}</p:spTree></p:cSld></p:sld>",
            "ppt/slides/_rels/slide1.xml.rels": relations(
                ("comments", "../comments/comment1.xml"), ("image", "../media/image1.jpeg"), *rows
            ),
            "ppt/comments/comment1.xml": f"<p:cmLst {_P}><p:text>SECRET-COMMENT</p:text></p:cmLst>",
            "ppt/commentAuthors.xml": f"<p:cmAuthorLst {_P}><p:cmAuthor name='SECRET-REVISER'/></p:cmAuthorLst>",
            "ppt/media/image1.jpeg": picture,
            **more,
        },
    )


def telephone_film() -> bytes:
    """A 3GP of ten pictures and a tone, as older telephones make them, with its maker and where it was."""
    out = BytesIO()
    with av.open(out, "w", format="3gp") as container:
        container.metadata.update({"title": "SECRET-TITLE", "artist": "SECRET-ARTIST", "comment": "SECRET-COMMENT"})
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(10):
            frame = av.VideoFrame.from_image(Image.new("RGB", (64, 48), (shade * 20, 90, 30)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    loci = box(b"loci", bytes(4) + b"\x15\xc7SECRET-NOTE\0\0" + bytes(12) + b"earth\0\0")
    return _with_user_data(out.getvalue(), loci + box(b"auth", bytes(4) + b"\x15\xc7SECRET-AUTHOR\0"))


def memo() -> bytes:
    """An M4A as a telephone's recorder writes it: half a second of a tone, with who made it, where, on what."""
    out = BytesIO()
    with av.open(out, "w", format="ipod") as container:
        container.metadata.update({"title": "SECRET-TITLE", "artist": "SECRET-ARTIST", "comment": "SECRET-COMMENT"})
        stream = container.add_stream("aac", rate=44100, layout="mono")
        for number in range(20):
            samples = struct.pack("<1024f", *(0.3 if (number + n) % 100 < 50 else -0.3 for n in range(1024)))
            frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            frame.planes[0].update(samples)
            frame.sample_rate, frame.pts = 44100, number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return _with_user_data(out.getvalue(), box(b"\xa9too", b"SECRET-MODEL"))


def _with_user_data(data: bytes, more: bytes) -> bytes:
    """With one more box of user data at the end of `moov`, which stands last, so that no offset changes."""
    start = data.rindex(b"moov") - 4
    (size,) = struct.unpack_from(">I", data, start)
    assert start + size == len(data)
    added = box(b"udta", more)
    return data[:start] + struct.pack(">I", size + len(added)) + data[start + 4 :] + added


def sound(data: bytes) -> list[bytes]:
    """Every block of samples, as it is heard."""
    with av.open(BytesIO(data)) as container:
        return [bytes(frame.planes[0]) for frame in container.decode(audio=0)]


def film() -> bytes:
    """An MP4 of ten pictures with the device that made it, where and when."""
    out = BytesIO()
    with av.open(out, "w", format="mp4", options={"movflags": "use_metadata_tags"}) as container:
        container.metadata.update(
            {
                "com.apple.quicktime.make": "SECRET-MAKE",
                "com.apple.quicktime.model": "SECRET-MODEL",
                "location": "SECRET-NOTE",
                "title": "SECRET-TITLE",
                "creation_time": "2026-11-23T10:00:00Z",
            }
        )
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(10):
            frame = av.VideoFrame.from_image(Image.new("RGB", (64, 48), (shade * 20, 90, 30)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def frames(data: bytes) -> list[bytes]:
    """Every picture of a film, as it is shown."""
    with av.open(BytesIO(data)) as container:
        return [bytes(frame.planes[0]) for frame in container.decode(video=0)]


# -- Pictures in boxes ----------------------------------------------------------------------------------------------

XMP = b"<x:xmpmeta><dc:creator>SECRET-AUTHOR</dc:creator><dc:title>SECRET-TITLE</dc:title></x:xmpmeta>"


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B] = "SECRET-MAKE", "SECRET-MODEL", "SECRET-ARTIST"
    exif.get_ifd(0x8825).update({1: "N", 2: (13.0, 45.0, 22.39), 3: "E", 4: (100.0, 30.0, 6.0)})
    return exif.tobytes()


def avif() -> bytes:
    out = BytesIO()
    picture = Image.effect_mandelbrot((64, 48), (-2, -1, 1, 1), 50).convert("RGB")
    picture.save(out, "AVIF", exif=_exif(), xmp=XMP)
    return out.getvalue()


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


# One picture of 64 by 64 in HEVC, as x265 codes it: what sets up its decoder (`hvcC`), and its sample. Kept, for the coder fails now and then.
HEVC_SETUP = b64decode(
    "AAAAdWh2Y0MBAWAAAACQAAAAAAAe8AD8/fj4AAAPA6AAAQAYQAEMAf//AWAAAAMAkAAAAwAAAwAelZgJoQABAChCAQEBYAAAAwCQAAADAAADAB"
    "6gIIEFllZpJMrmgIAAAAMAgAAAAwCEogABAAdEAcFytCJA"
)
HEVC_SAMPLE = b64decode(
    "AAACyygBrxOAeR8nIQlDj8Be/IiQE+CNF1t+hrBP9Pv/9QNrspfA9VEiNupPgfKPbZXpcakRVK5gx5Mxwu7V/PlTCLsERxzQQWyYtlzDjquGu9"
    "89wFSDcyJJJXG+JdM7Lzyl+jDy+qimYiYE9IKW/0wmO485gVZDjoOqdMsmc0gJpl5B4k5iXw4dmwvA3dBD7YA6/KOuWxDE5VrInW4KzJAjGQV4"
    "AfK1QQP29Feyb/vkT04P9wfniKNMKrZ5gAcX6VcyRZHGZDorPsl7piznRjz1vHDwPkfgAWnnfInziiG+RbmYy74q2muROYYhseXyToto/P5wC8"
    "gCsdUCFybbk2til+TYjZqQHzFzjvpnHRvHezXE6vaW+K3o5klv1ruDXM1EqN6OTcN7SrFSIaDLk4MBoWkUkmQ52q+eYI1in8tmwCaW4eF/Sw18"
    "sWt5n96T60Uz5fQRUB2AiO1hiS+c6/U2lIRnxCHP3J25zJVtdT8HZMl25SepSGkcZi+kMLEqxo9QZZGYnuJTLEOP3o3vOZuQ/FWCRRs+XKHdwg"
    "T7pL8U/v2I8gALotTdCM4MlcCBjng1AvNQq+GNwZzj96Hr9JUuYNBms6eTHyarHSVmWxPdbncNi/vmQWRp5H72+arPzcYfnQXwlDLL3S4G2dz7"
    "PXH1wPU8Zp6Nxy9FECOYq5jbdlDunBND4hdc4zFTkh2NMlxGkMUYJBMnK18N1vvwAR6A98TLvhA8qfqabrL2QleStoRr0oYYL1pqqYU226pyS7"
    "BW6R5ESLEWHrhECpZBgqJgoSGKvau/tblNl/whXGYhXkeBTWavcqRI4bmm1z0bBd8+XHnCtCTXI2Lb2h5U+5p/UVtbkKhpSrReJECd60q2krbT"
    "BKp/7ySFSP1J4aIDSoUZvldaQyL/sG+xkbBSCVfIZDoXRXbERdqmHPAAncIwx2lPTwyw44WLe98h9YA="
)


def heic(*, kind_of_item: bytes = b"hvc1", method_of_exif: int = 0) -> bytes:
    """A HEIC as telephones lay it out: the coded picture and its EXIF in `mdat`, XMP in `idat`, words in a property,
    and bytes that no item claims.
    """
    setup, sample = HEVC_SETUP, HEVC_SAMPLE
    exif = b"\0\0\0\x06Exif\0\0" + _exif().removeprefix(b"Exif\0\0")
    entries = [
        box(b"infe", b"\2\0\0\0\0\1\0\0", kind_of_item, b"SECRET-NOTE\0"),
        box(b"infe", b"\2\0\0\1\0\2\0\0Exif", b"\0"),
        box(b"infe", b"\2\0\0\1\0\3\0\0mime", b"\0application/rdf+xml\0"),
    ]
    properties = box(
        b"ipco",
        setup,
        box(b"ispe", bytes(4), struct.pack(">II", 64, 64)),
        box(b"udes", bytes(4), b"th\0SECRET-TITLE\0SECRET-COMMENT\0\0"),
    )
    used = box(b"ipma", bytes(4), struct.pack(">IHBBBB", 1, 1, 3, 0x81, 2, 3))

    def whole(start: int) -> bytes:
        row = struct.Struct(">HHHHII").pack
        iloc = box(
            b"iloc",
            b"\1\0\0\0\x44\0\0\3",
            row(1, 0, 0, 1, start, len(sample)),
            row(2, method_of_exif, 0, 1, start + len(sample), len(exif)),
            row(3, 1, 0, 1, 0, len(XMP)),
        )
        meta = box(
            b"meta",
            bytes(4),
            box(b"hdlr", bytes(8), b"pict", bytes(12), b"SECRET-EDITOR\0"),
            box(b"pitm", bytes(4), b"\0\1"),
            box(b"iinf", bytes(4), struct.pack(">H", 3), *entries),
            box(
                b"iref",
                bytes(4),
                box(b"cdsc", struct.pack(">HHH", 2, 1, 1)),
                box(b"cdsc", struct.pack(">HHH", 3, 1, 1)),
            ),
            box(b"iprp", properties, used),
            box(b"idat", XMP),
            iloc,
        )
        head = box(b"ftyp", b"heic\0\0\0\0mif1heic") + meta
        return head + box(b"mdat", sample, exif, b"SECRET-REVISER") + box(b"SEFH", b"SECRET-COMPANY")

    return whole(whole(0).index(sample))


# -- Sound ----------------------------------------------------------------------------------------------------------

SAMPLES = struct.pack("<4000h", *(number * 7919 % 20000 - 10000 for number in range(4000)))


def wav() -> bytes:
    """With a recorder's description, words, a position in a chunk nobody knows, and something after its end."""
    out = BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(SAMPLES)
    told_first = [(b"bext", b"SECRET-MAKE".ljust(602, b"\0")), (b"iXML", b"<x>SECRET-NOTE</x>")]
    told_last = [(b"LIST", b"INFOIART\x0e\0\0\0SECRET-ARTIST"), (b"id3 ", b"SECRET-TITLE"), (b"odd ", b"SECRET-EDITOR")]
    first, last = (
        b"".join(name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for name, body in chunks)
        for chunks in (told_first, told_last)
    )
    inside = b"WAVE" + first + out.getvalue()[12:] + last
    return b"RIFF" + struct.pack("<I", len(inside)) + inside + b"SECRET-COMPANY"


def flac() -> bytes:
    """With tags, a cover, and a block of some program."""
    out = BytesIO()
    with av.open(out, "w", format="flac") as container:
        container.metadata.update({"artist": "SECRET-ARTIST", "title": "SECRET-TITLE", "comment": "SECRET-COMMENT"})
        stream = container.add_stream("flac", rate=8000, layout="mono", format="s16")
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(SAMPLES) // 2)
        frame.sample_rate = 8000
        frame.planes[0].update(SAMPLES)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    data = out.getvalue()
    cover = b"\x06" + (40).to_bytes(3, "big") + b"SECRET-NOTE".ljust(40, b"\0")
    program = b"\x02" + (20).to_bytes(3, "big") + b"SECRET-MAKE".ljust(20, b"\0")
    description = 4 + 4 + 34
    return data[:description] + cover + program + data[description:]


def heard(data: bytes) -> bytes:
    """Every sample of a sound."""
    with av.open(BytesIO(data)) as container:
        return b"".join(
            bytes(frame.planes[0])[: frame.samples * frame.format.bytes] for frame in container.decode(audio=0)
        )


# -- Films with more than picture and sound -------------------------------------------------------------------------


def film_with_data(*, handler: bytes = b"meta", fragments: bool = False) -> bytes:
    """A QuickTime film with sound, and a track whose samples tell where it was at each moment, laid between them."""
    out, places = BytesIO(), b"SECRET-NOTE+13.7562+100.5018/ SECRET-MODEL".ljust(80, b" ")
    options = {"movflags": "frag_keyframe+empty_moov"} if fragments else {}
    with av.open(out, "w", format="mov", options=options) as container:
        picture = container.add_stream("mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        tracks = [container.add_stream("pcm_s16be", rate=8000, layout="mono", format="s16") for _ in range(2)]
        for number in range(10):
            container.mux(picture.encode(av.VideoFrame.from_image(Image.new("RGB", (64, 48), (number * 20, 90, 30)))))
            for track, samples in zip(tracks, (SAMPLES[:1600], _swapped(places * 20)), strict=True):
                frame = av.AudioFrame(format="s16", layout="mono", samples=800)
                frame.sample_rate, frame.pts, frame.time_base = 8000, number * 800, Fraction(1, 8000)
                frame.planes[0].update(samples)
                container.mux(track.encode(frame))
        for stream in (picture, *tracks):
            container.mux(stream.encode())
    data = out.getvalue()
    last = data.rindex(b"mhlrsoun")
    return data[: last + 4] + handler + data[last + 8 :]


def _swapped(data: bytes) -> bytes:
    """Samples as this computer holds them, so that the film holds these bytes."""
    return struct.pack(f"<{len(data) // 2}H", *struct.unpack(f">{len(data) // 2}H", data))
