"""How a file that somebody sent is named when it is kept (RFC 6266)."""

import unicodedata
from urllib.parse import quote

_LONGEST = 150
"""Characters: percent-encoded Thai is nine bytes a letter, and a header line has its limits."""

_UNRESERVED = "!#$&+-.^_`|~"  # attr-char (RFC 5987 §3.2.1), beside letters and digits


def content_disposition(name: str) -> str:
    """`attachment`, with the name twice: in ASCII for what knows no better, and whole in UTF-8.

    The name is a stranger's. What would break the header, name a folder, or turn the order of letters so that a program
    looks like a picture (bidirectional controls) is taken out.
    """
    plain = safe_name(name)
    fallback = "".join(letter if letter.isascii() and letter not in '"%' else "_" for letter in plain)
    return f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(plain, safe=_UNRESERVED)}"


def safe_name(name: str) -> str:
    """The name without folders, control and format characters; `file` when nothing is left. Keeps the ending of a long one."""
    visible = (letter for letter in name if not unicodedata.category(letter).startswith("C"))
    cleaned = "".join("_" if letter in '/\\:*?"<>|' else letter for letter in visible).strip(" .")
    if len(cleaned) > _LONGEST:
        stem, dot, ending = cleaned.rpartition(".")
        tail = f"{dot}{ending}" if dot and len(ending) <= 10 else ""
        cleaned = f"{(stem if tail else cleaned)[: _LONGEST - len(tail)]}{tail}"
    return cleaned or "file"
