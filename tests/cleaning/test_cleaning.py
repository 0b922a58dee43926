"""Clean copies hold nothing of what their originals tell, and still show what they showed. All by way of the real process."""

import os
import subprocess
import sys
import wave
from collections.abc import Callable
from io import BytesIO

import av
import pikepdf
import pytest
from PIL import Image

from complaints.cleaning import kinds
from complaints.cleaning.result import Bomb, CannotClean
from complaints.vocabulary import Trace
from tests.cleaning.copies import cleaned, unpacked
from tests.evidence import (
    LATITUDE,
    SAMPLES,
    SECRETS,
    avif,
    box,
    document,
    film,
    film_with_data,
    flac,
    frames,
    heard,
    heic,
    letter,
    memo,
    photo,
    slides,
    sound,
    table,
    telephone_film,
    told,
    wav,
)


def test_a_photograph_keeps_its_picture_and_how_it_is_turned() -> None:
    original = photo()
    assert {b"SECRET-MAKE", b"SECRET-ARTIST", b"SECRET-COMMENT", b"SECRET-NOTE", LATITUDE} <= set(told(original))
    copy, found = cleaned(original)
    assert told(copy) == []
    assert {Trace.POSITION, Trace.DEVICE, Trace.PERSON, Trace.TIME, Trace.WORDS} <= found
    before, after = Image.open(BytesIO(original)), Image.open(BytesIO(copy))
    assert before.tobytes() == after.tobytes()
    assert dict(after.getexif()) == {0x0112: 6}


def test_what_is_clean_is_found_clean() -> None:
    copy, _ = cleaned(photo())
    assert cleaned(copy) == (copy, set())


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_pictures_of_other_kinds(kind: str) -> None:
    exif, out = Image.Exif(), BytesIO()
    exif[0x010F] = "SECRET-MAKE"
    more = {"comment": b"SECRET-MAKE"} if kind == "GIF" else {"exif": exif}
    picture = Image.effect_mandelbrot((64, 64), (-2, -1, 1, 1), 50).convert("P" if kind == "GIF" else "RGB")
    picture.save(out, kind, **more)
    original = out.getvalue()
    assert told(original)
    copy, found = cleaned(original)
    assert told(copy) == []
    assert found & {Trace.DEVICE, Trace.WORDS}
    assert Image.open(BytesIO(copy)).convert("RGB").tobytes() == Image.open(BytesIO(original)).convert("RGB").tobytes()


def test_a_pdf_and_the_photograph_in_it() -> None:
    original = document(photo())
    assert {b"SECRET-AUTHOR", b"SECRET-NOTE", b"SECRET-MAKE", LATITUDE} <= set(told(original))
    copy, found = cleaned(original)
    with pikepdf.open(BytesIO(copy)) as pdf:
        objects = [bytes(thing.read_raw_bytes()) if isinstance(thing, pikepdf.Stream) else b"" for thing in pdf.objects]
        everything = [
            *objects,
            *(thing.unparse(resolved=True) for thing in pdf.objects if not isinstance(thing, pikepdf.Stream)),
        ]
        assert told(b"\n".join([copy, *everything])) == []
        assert len(pdf.pages) == 1
        picture = pikepdf.PdfImage(pdf.pages[0].Resources.XObject.Photo).as_pil_image()
    assert picture.tobytes() == Image.open(BytesIO(photo())).tobytes()
    assert {Trace.PERSON, Trace.COMMENTS, Trace.INSIDE, Trace.POSITION} <= found


def test_a_letter_with_comments_and_tracked_changes() -> None:
    original = letter(photo())
    assert {b"SECRET-COMMENT", b"SECRET-DELETED", b"SECRET-REVISER", b"SECRET-COMPANY"} <= set(told(unpacked(original)))
    copy, found = cleaned(original)
    inside = unpacked(copy)
    assert told(copy + inside) == []
    for mark in (b"w:ins", b"w:del", b"comment", b"rsid", b"w:author", b"2026-11-23", b"docProps"):
        assert mark not in inside, mark
    for kept in (b"Kept words.", b"Inserted words.", b"Bold words."):
        assert kept in inside
    assert {Trace.COMMENTS, Trace.CHANGES, Trace.PERSON, Trace.POSITION} <= found


def test_a_table_with_notes_persons_and_a_printer() -> None:
    original = table(photo())
    assert {b"SECRET-COMMENT", b"SECRET-REVISER", b"SECRET-MAKE", b"SECRET-NOTE", b"SECRET-MODEL"} <= set(
        told(unpacked(original))
    )
    copy, found = cleaned(original)
    inside = unpacked(copy)
    assert told(copy + inside) == []
    for mark in (b"comment", b"person", b"legacyDrawing", b"printerSettings", b"docProps", b"Users"):
        assert mark not in inside, mark
    assert b"<v>40000</v>" in inside.replace(b"ns0:", b"")
    assert {Trace.COMMENTS, Trace.PERSON, Trace.POSITION, Trace.DEVICE} <= found


def test_slides_with_a_comment() -> None:
    original = slides(photo())
    assert {b"SECRET-COMMENT", b"SECRET-REVISER", b"SECRET-AUTHOR", b"SECRET-MAKE"} <= set(told(unpacked(original)))
    copy, found = cleaned(original)
    inside = unpacked(copy)
    assert told(copy + inside) == []
    assert b"comment" not in inside
    assert b"Kept words." in inside
    assert {Trace.COMMENTS, Trace.PERSON, Trace.POSITION} <= found


def test_a_film_of_an_older_telephone() -> None:
    original = telephone_film()
    assert kinds.media_type(original[: kinds.HEAD]) == "video/3gpp"
    assert {b"SECRET-TITLE", b"SECRET-NOTE", b"SECRET-AUTHOR"} <= set(told(original))
    copy, found = cleaned(original)
    assert told(copy) == []
    assert frames(copy) == frames(original) != []
    assert {Trace.POSITION, Trace.WORDS} <= found


def test_a_spoken_memo_of_a_telephone() -> None:
    original = memo()
    assert kinds.media_type(original[: kinds.HEAD]) == "audio/mp4"
    assert {b"SECRET-TITLE", b"SECRET-ARTIST", b"SECRET-MODEL"} <= set(told(original))
    copy, found = cleaned(original)
    assert told(copy) == []
    assert sound(copy) == sound(original) != []
    assert {Trace.PERSON, Trace.WORDS, Trace.PROGRAM} <= found


def test_a_film_keeps_every_picture() -> None:
    original = film()
    assert {b"SECRET-MAKE", b"SECRET-MODEL", b"SECRET-TITLE"} <= set(told(original))
    copy, found = cleaned(original)
    assert told(copy) == []
    assert frames(copy) == frames(original) != []
    with av.open(BytesIO(copy)) as container:
        assert not {"creation_time", "title", "com.apple.quicktime.make"} & container.metadata.keys()
    assert {Trace.DEVICE, Trace.TIME} <= found


def test_sound_without_its_tags() -> None:
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    tag = b"ID3\x03\0\0\0\0\0\x17TPE1\0\0\0\x0d\0\0\0SECRET-ARTIS"
    copy, found = cleaned(tag + frame * 20 + b"TAGSECRET-TITLE".ljust(128, b"\0"))
    assert copy == frame * 20
    assert Trace.PERSON in found


def test_wav_keeps_every_sample() -> None:
    original = wav()
    assert {f"SECRET-{word}".encode() for word in ("MAKE", "NOTE", "ARTIST", "TITLE", "EDITOR", "COMPANY")} <= set(
        told(original)
    )
    copy, found = cleaned(original)
    assert told(copy) == []
    with wave.open(BytesIO(copy)) as sound:
        assert (sound.getframerate(), sound.readframes(sound.getnframes())) == (8000, SAMPLES)
    assert {Trace.DEVICE, Trace.TIME, Trace.WORDS, Trace.OTHER} <= found
    assert cleaned(copy) == (copy, set())


def test_flac_keeps_every_sample() -> None:
    original = flac()
    assert {f"SECRET-{word}".encode() for word in ("ARTIST", "TITLE", "COMMENT", "NOTE", "MAKE")} <= set(told(original))
    copy, found = cleaned(original)
    assert told(copy) == []
    assert heard(copy) == heard(original) == SAMPLES
    assert {Trace.PERSON, Trace.WORDS, Trace.PREVIEW} <= found
    assert cleaned(copy) == (copy, set())


def test_avif_keeps_every_pixel() -> None:
    original = avif()
    assert {b"SECRET-MAKE", b"SECRET-ARTIST", b"SECRET-AUTHOR", b"SECRET-TITLE", LATITUDE} <= set(told(original))
    copy, found = cleaned(original)
    assert told(copy) == []
    before, after = Image.open(BytesIO(original)), Image.open(BytesIO(copy))
    assert before.tobytes() == after.tobytes()
    assert dict(after.getexif()) == {}
    assert {Trace.POSITION, Trace.DEVICE, Trace.PERSON, Trace.WORDS} <= found
    assert cleaned(copy) == (copy, set())


def test_heic_keeps_every_pixel() -> None:
    original = heic()
    words = ("MAKE", "MODEL", "ARTIST", "AUTHOR", "TITLE", "NOTE", "COMMENT", "EDITOR", "REVISER", "COMPANY")
    assert {LATITUDE, *(f"SECRET-{word}".encode() for word in words)} <= set(told(original))
    copy, found = cleaned(original)
    assert told(copy) == []
    assert len(copy) == len(original)
    assert frames(copy) == frames(original) != []
    assert {Trace.POSITION, Trace.DEVICE, Trace.PERSON, Trace.WORDS} <= found
    assert cleaned(copy) == (copy, set())


@pytest.mark.parametrize("handler", [b"meta", b"text", b"sbtl", b"tmcd"])
def test_a_film_loses_its_tracks_of_data(handler: bytes) -> None:
    original = film_with_data(handler=handler)
    assert {b"SECRET-NOTE", b"SECRET-MODEL"} <= set(told(original))
    assert b"+13.7562+100.5018" in original
    copy, found = cleaned(original)
    assert told(copy) == []
    assert b"13.7562" not in copy
    assert frames(copy) == frames(original) != []
    assert heard(copy) == heard(original) == SAMPLES[:1600] * 10
    assert Trace.OTHER in found
    assert cleaned(copy) == (copy, set())


@pytest.mark.parametrize("place", ["top", "film"])
def test_a_film_loses_boxes_nobody_knows(place: str) -> None:
    more = box(b"XyZ1", b"SECRET-COMPANY")
    original = film()
    if place == "top":
        original += more
    else:  # at the end of `moov`, which is the last box of this film
        at = original.rindex(b"moov") - 4
        original = original[:at] + box(b"moov", original[at + 8 :] + more)
    assert b"SECRET-COMPANY" in told(original)
    copy, _ = cleaned(original)
    assert told(copy) == []
    assert frames(copy) == frames(original) != []


# -- What is not cleaned --------------------------------------------------------------------------------------------


def png() -> bytes:
    out = BytesIO()
    Image.effect_mandelbrot((64, 64), (-2, -1, 1, 1), 50).save(out, "PNG")
    return out.getvalue()


def damaged(data: bytes) -> bytes:
    """One byte in the middle is another."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


@pytest.mark.parametrize(
    "make",
    [
        lambda: photo()[:2000],
        lambda: document(photo())[:300],
        lambda: letter(photo(), **{"word/vbaProject.bin": b"program"}),
        lambda: film()[:400],
        lambda: document(photo())[:-200],
        lambda: damaged(png()),
        lambda: png()[:-12],
        lambda: photo()[:2] + b"\xff\xda\0\x02 no frame \xff\xd9",
        lambda: b"%PDF-1.7 nothing",
        lambda: film_with_data(fragments=True),
        lambda: flac() + b"SECRET-NOTE",
        lambda: flac()[:-1],
        lambda: wav()[:2000],
        lambda: avif()[:-1],
        lambda: heic(kind_of_item=b"jpeg"),
        lambda: heic(method_of_exif=2),
    ],
    ids=[
        "cut photograph",
        "cut document",
        "program in a letter",
        "cut film",
        "document without its end",
        "damaged PNG",
        "PNG without its end",
        "JPEG without a frame",
        "no document",
        "data in fragments",
        "words after FLAC",
        "cut FLAC",
        "cut WAV",
        "cut AVIF",
        "HEIC of an unknown kind",
        "HEIC with EXIF elsewhere",
    ],
)
def test_what_is_not_understood_is_not_called_clean(make: Callable[[], bytes]) -> None:
    with pytest.raises(CannotClean):
        cleaned(make())


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(Bomb):
        cleaned(letter(photo(), **{"word/more.xml": bytes(300 * 1024 * 1024)}))


# -- The process ----------------------------------------------------------------------------------------------------


PROBE = """
import os, socket, sys
from complaints.cleaning import sandbox
filtered = sandbox.confine()
def refused(act):
    try:
        act()
    except OSError:
        return True
    return False
answers = [refused(lambda: open("/etc/hostname")), refused(socket.socket), refused(os.fork), refused(lambda: os.kill(os.getppid(), 0)),
           refused(lambda: os.open("/tmp/x", os.O_CREAT | os.O_WRONLY))]
try:
    bytes(2 * 1024 ** 3)
    answers.append(False)
except MemoryError:
    answers.append(True)
os.write(1, repr((filtered, answers)).encode())
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the filter of system calls is Linux's")
def test_no_file_network_process_or_flood_of_memory_in_there() -> None:
    done = subprocess.run([sys.executable, "-I", "-c", PROBE], stdout=subprocess.PIPE, check=True, env={})
    assert done.stdout == repr((True, [True] * 6)).encode()


def test_it_gets_no_environment_and_no_file_but_its_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}
    begin = subprocess.Popen

    def watch(arguments: list[str], **options: object) -> object:
        seen.update(options, arguments=arguments)
        return begin(arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", watch)
    cleaned(photo())
    assert seen["env"] == {}
    assert seen.get("close_fds", True) is True
    assert seen["arguments"] == [sys.executable, "-I", "-X", "utf8", "-m", "complaints.cleaning"]
    assert not any(secret.decode() in repr(os.environ) for secret in SECRETS)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("ข้อความ".encode(), "text/plain"),
        ("ข้อความ".encode("tis-620"), "text/plain"),
        (("ก" * kinds.HEAD).encode()[: kinds.HEAD], "text/plain"),
        (b"\x00\x01\x02\x03", kinds.UNKNOWN),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\xef\xbb\xbfNotes with the mark of UTF-8", "text/plain"),
        (b"Date: 3 May\nPlace: the office\n", "text/plain"),
        (b"X-ray: a broken arm\n", "text/plain"),
        (b"From the start I knew.", "text/plain"),
        (b"See <https://example.org> and <mailto:a@example.org>; 3 < 4.", "text/plain"),
        (b"999 baht", "text/plain"),
        (b"From: the office\n to the market\nI walked.", "text/plain"),
    ],
)
def test_what_a_file_is_says_its_content(head: bytes, kind: str) -> None:
    assert kinds.media_type(head) == kind


@pytest.mark.parametrize(
    "before", [b"", b"\xef\xbb\xbf", b"\r\n \t", b"\n\xef\xbb\xbf"], ids=["bare", "mark", "blank", "both"]
)
@pytest.mark.parametrize(
    "text",
    [
        b"<html xmlns:o='urn:schemas-microsoft-com:office:office'><o:Author>SECRET-AUTHOR</o:Author></html>",
        b"<!DOCTYPE html>\n<title>SECRET-TITLE</title>",
        b"Saved from the web <meta name='author' content='SECRET-AUTHOR'>",
        b"<?xml version='1.0'?><office:document/>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><metadata>SECRET-AUTHOR</metadata></svg>",
        b"<!-- SECRET-NOTE --><svg/>",
        b"From: SECRET-AUTHOR <a@example.org>\r\nTo: b@example.org\r\n\r\nWords.",
        b"Received: from [10.0.0.1] by example.org",
        b"Subject: Words\n that go on\nX-Mailer: SECRET-MODEL\n\nWords.",
        b"Subject: Words\r\n\tthat go on\r\n and on\r\nReceived: by SECRET-MODEL\r\n\r\nWords.",
        b"From a@example.org Mon Nov 23 10:00:00 2026\n",
        b"%!PS-Adobe-3.0\n%%For: SECRET-AUTHOR\n",
        b"{\\rtf1{\\info{\\author SECRET-AUTHOR}}}",
        b"BEGIN:VCALENDAR\nORGANIZER;CN=SECRET-AUTHOR",
        b"%FDF-1.2\n",
        b"ISO-10303-21;\nHEADER;",
        b"  0\nSECTION\n  2\nHEADER\n  9\n$LASTSAVEDBY\n",
    ],
    ids=[
        *(
            "HTML of Word",
            "HTML",
            "HTML after words",
            "XML",
            "SVG",
            "SVG after a note",
            "a letter",
            "a letter as it came",
            "a letter with a fold",
            "a letter with folds",
        ),
        *("a mailbox", "PostScript", "RTF", "a calendar", "FDF", "STEP", "DXF"),
    ],
)
def test_text_that_tells_more_than_it_shows_is_not_plain(before: bytes, text: bytes) -> None:
    kind = kinds.media_type(before + text)
    assert kind not in {kinds.TEXT, kinds.UNKNOWN}
    assert kind not in kinds.CLEANED


_READ_ALL = """
import itertools
from complaints.cleaning import kinds
begins = [b"", b"from: x", b"From x", b"arc-", b"<", b"0 ", b"received", b"%PDF", b"999"]
steps = [b"\\r\\n y", b"\\n\\r", b"\\r", b"\\n\\t", b" ", b"-", b"<", b"<o:", b"a", b"0", b"x-", b"%PDF", b"from: x\\r\\n y\\r\\n", b"\\xe0\\xb8"]
for begin, step, end in itertools.product(begins, steps, [b"", b"\\r\\nz", b"\\0"]):
    head = begin + step * kinds.HEAD
    kinds.media_type(head[: kinds.HEAD - len(end)] + end)
"""


def test_no_head_takes_long_to_read() -> None:
    """It is read where requests are answered: whoever sends it must not hold up all others."""
    subprocess.run([sys.executable, "-c", _READ_ALL], check=True, timeout=20)


def test_a_pdf_is_one_whatever_stands_before_it() -> None:
    assert kinds.media_type(b"\xef\xbb\xbf\n words %PDF-1.7") == "application/pdf"


@pytest.mark.parametrize(
    ("name", "head", "belied"),
    [
        ("broken.jpg", b"ten bytes!", True),
        ("broken.jpg", b"\x00\x01\x02", True),
        ("photo.JPG", b"\x89PNG\r\n\x1a\n", False),
        ("scan.pdf", b"\xff\xd8\xff\xe0", True),
        ("scan.pdf", b"%PDF-1.7", False),
        ("letter.docx", b"text", True),
        ("letter.docx", b"PK\x03\x04", False),
        ("letter.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", False),
        ("letter.doc", b"{\\rtf1", False),
        ("letter.doc", b"text", True),
        ("voice.m4a", b"text", True),
        ("voice.aac", b"\xff\xf1\x50\x80", False),
        ("film.mp4", b"\0\0\0\x18ftypisom", False),
        ("notes.txt", b"text", False),
        ("jpg", b"text", True),
        ("", b"text", False),
    ],
)
def test_a_name_that_claims_what_the_content_is_not(name: str, head: bytes, belied: bool) -> None:
    assert kinds.belies_its_name(name, kinds.media_type(head)) is belied


@pytest.mark.parametrize(
    ("name", "head"), [("photo.jpg", b"MZ\x90\0"), ("a.EXE", b"x"), ("x", b"\x7fELF"), ("x.js", b"x")]
)
def test_programs_are_known(name: str, head: bytes) -> None:
    assert kinds.is_program(name, head)
