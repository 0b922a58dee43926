"""What a file is, by its first bytes. Names and what a browser says are not believed."""

import re

HEAD = 4096
"""Bytes that are enough to tell."""

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"OggS", "application/ogg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
)
_BLANK = b"\xef\xbb\xbf \t\r\n\x0c"
"""What may stand before anything: the mark of UTF-8, and space."""
_OF_POST = re.compile(
    rb"(?i)(received|return-path|delivered-to|message-id|mime-version|dkim-signature|authentication-results|arc-[\w-]+):"
)
_OF_LETTERS = re.compile(rb"(?i)(from|to|cc|bcc|date|subject|reply-to|sender|content-[\w-]+|thread-[\w-]+|x-[\w-]+):")
"""One alone may begin anybody's note."""
_TELLING = (
    (re.compile(rb"(?s).{0,1024}?%PDF-"), "application/pdf"),  # readers look for it that far
    (re.compile(rb"%FDF-"), "application/vnd.fdf"),
    (re.compile(rb"%!"), "application/postscript"),
    (re.compile(rb"\{\\rtf"), "application/rtf"),
    (re.compile(rb"<\?xml"), "application/xml"),
    (re.compile(rb"(?i)<svg\b"), "image/svg+xml"),
    (re.compile(rb"(?is)<[!?/a-z]|.*<(!doctype|html|head|body|meta|svg|[ovwx]:\w+)\b"), "text/html"),
    (re.compile(rb"BEGIN:V"), "text/calendar"),
    (re.compile(rb"ISO-10303-21"), "model/step"),
    (re.compile(rb"0\s+SECTION\s|999\r?\n"), "image/vnd.dxf"),
    (re.compile(rb"From \S+ +(- )?[A-Z][a-z]{2} [A-Z][a-z]{2} +\d"), "application/mbox"),
)
"""Text that tells more than a reader sees: how it begins, after what is blank. It is shown as a page, a letter or a drawing, without what
stands at its head. This runs where requests are answered, on bytes of anybody's making: each pattern reads a head in one way only."""
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
    b"msf1": "image/heic",
    b"avif": "image/avif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
    b"3gp6": "video/3gpp",
}
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xfe\xed\xfa\xcf",
    b"#!/",
    b"L\x00\x00\x00\x01\x14\x02\x00",
)
_PROGRAM_ENDINGS = frozenset(
    {
        "apk",
        "app",
        "bat",
        "cmd",
        "com",
        "cpl",
        "dll",
        "exe",
        "hta",
        "jar",
        "js",
        "jse",
        "lnk",
        "msc",
        "msi",
        "ps1",
        "reg",
        "scr",
        "sh",
        "vbe",
        "vbs",
        "wsf",
    }
)
_ZIP, _OLE = "application/zip", "application/x-ole-storage"
_CLAIMS = {
    **dict.fromkeys(("jpg", "jpeg", "jfif", "png", "gif", "webp", "heic", "heif", "avif"), ("image/",)),
    "pdf": ("application/pdf",),
    **dict.fromkeys(("docx", "xlsx", "pptx"), (_ZIP, _OLE)),  # one with a passphrase is wrapped in the other
    **dict.fromkeys(("mp4", "m4v", "mov", "3gp", "m4a", "mp3", "wav", "flac"), ("audio/", "video/", "application/ogg")),
}
"""What files with these endings begin like, whichever of their family they are: telephones often give a picture another's ending."""
_CLAIMS_OF_MANY_KINDS = frozenset(
    {"aac", "amr", "avi", "bmp", "doc", "mkv", "mpg", "ogg", "opus", "ppt", "tif", "tiff", "webm", "wma", "wmv", "xls"}
)
"""Endings of files that are never text, and may begin in ways that are not known here."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

CLEANED = frozenset(
    {
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "image/heic",
        "image/avif",
        "application/pdf",
        "application/zip",
        "audio/mpeg",
        "audio/flac",
        "audio/wav",
        "video/mp4",
        "video/quicktime",
        "video/3gpp",
        "audio/mp4",
    }
)
"""What the other process knows to clean; of ZIP files, the documents of Office."""


def media_type(head: bytes) -> str:
    """By the first `HEAD` bytes, or by all of a shorter file."""
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return _telling(head.lstrip(_BLANK)) or (TEXT if _is_text(head) else UNKNOWN)


def is_program(name: str, head: bytes) -> bool:
    """Whether opening the file would run it, on one computer or another."""
    return head.startswith(_PROGRAMS) or name.rpartition(".")[2].lower() in _PROGRAM_ENDINGS


def belies_its_name(name: str, kind: str) -> bool:
    """Whether the name claims a picture, a film, sound, a PDF or a document of Office, and the content is none: nobody can open it as such."""
    ending = name.rpartition(".")[2].lower()
    if ending in _CLAIMS_OF_MANY_KINDS:
        return kind == TEXT
    return ending in _CLAIMS and not kind.startswith(_CLAIMS[ending])


def _telling(shown: bytes) -> str | None:
    telling = next((kind for begins, kind in _TELLING if begins.match(shown)), None)
    return telling or ("message/rfc822" if _is_letter(shown) else None)


def _is_letter(shown: bytes) -> bool:
    """Whether it begins with a header of post, or with two headers of a letter. A line that begins with space goes on with the one before."""
    first, *others = shown.split(b"\n")
    if _OF_POST.match(first):
        return True
    second = next((line for line in others if not line.startswith((b" ", b"\t"))), b"")
    return bool(_OF_LETTERS.match(first) and (_OF_LETTERS.match(second) or _OF_POST.match(second)))


def _is_text(head: bytes) -> bool:
    """UTF-8, perhaps cut within a character, or Thai as Windows wrote it (TIS-620), without control characters."""
    if _CONTROL.search(head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end == len(head) == HEAD or len(head) - error.start < 4:
            return True
        try:
            head.decode("tis-620")
        except UnicodeDecodeError:
            return False
    return True
