"""Words that must be found nowhere, every shape in which they could lie there, and the search for them."""

import gzip
import json
import re
import secrets
import sqlite3
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

_MEMBER = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_MEMBER_SIZE = 1 << 20


@dataclass
class Canaries:
    """Words by name. `text` draws one: Thai round sixteen characters that occur nowhere else, which are what is searched for."""

    words: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return f"ความลับ {self.plain(name)} ของฉัน"

    def plain(self, name: str) -> str:
        """Without Thai round it."""
        self.words[name] = secrets.token_hex(8)
        return self.words[name]

    def add(self, name: str, word: str) -> str:
        """A word that somebody else drew."""
        self.words[name] = word
        return word


@dataclass(frozen=True, order=True)
class Found:
    """`where` something was found, and in which shape."""

    name: str
    shape: str
    where: str


# -- Shapes ----------------------------------------------------------------------------------------------------------


def _aligned(encode: Callable[[bytes], bytes]) -> Iterator[Callable[[bytes], bytes]]:
    """Base64 of a word looks different at each of three places in what surrounds it; its first and last symbols share bits with that."""
    for before in range(3):

        def part(word: bytes, before: int = before) -> bytes:
            start = (before * 8 + 5) // 6
            return encode(bytes(before) + word)[start : (before + len(word)) * 8 // 6]

        yield part


def _escaped(word: bytes) -> bytes:
    return json.dumps(word.decode()).strip('"').encode()


SHAPES: Mapping[str, Callable[[bytes], bytes]] = {
    "utf-8": bytes,
    "utf-16-le": lambda word: word.decode().encode("utf-16-le"),
    "utf-16-be": lambda word: word.decode().encode("utf-16-be"),
    "hex": lambda word: word.hex().encode(),
    "HEX": lambda word: word.hex().upper().encode(),
    "url": lambda word: quote(word, safe="").encode(),
    "url, small": lambda word: re.sub(rb"%..", lambda match: match[0].lower(), quote(word, safe="").encode()),
    "form": lambda word: quote_plus(word).encode(),
    "json": _escaped,
    **{f"base64+{before}": part for before, part in enumerate(_aligned(b64encode))},
    **{f"base64url+{before}": part for before, part in enumerate(_aligned(urlsafe_b64encode))},
}
COMPRESSED: Mapping[str, Callable[[bytes], bytes]] = {"zlib": zlib.compress, "gzip": gzip.compress}


# -- Searching -------------------------------------------------------------------------------------------------------


def search(data: bytes, words: Mapping[str, str], where: str) -> list[Found]:
    """Every word in every shape, compressed members included."""
    found = _search_plain(data, words, where)
    for member in _members(data):
        found += [Found(hit.name, f"compressed {hit.shape}", where) for hit in _search_plain(member, words, where)]
    return found


def _search_plain(data: bytes, words: Mapping[str, str], where: str) -> list[Found]:
    return [
        Found(name, shape, where)
        for name, word in words.items()
        for shape, pattern in patterns(word)
        if pattern in data
    ]


def patterns(word: str) -> list[tuple[str, bytes]]:
    """The shapes of a word that differ from each other."""
    distinct = {make(word.encode()): shape for shape, make in reversed(SHAPES.items())}
    return [(shape, pattern) for pattern, shape in distinct.items()]


def _members(data: bytes) -> Iterator[bytes]:
    """What lies compressed in it. Most of what begins like a member is none, and ends at once."""
    for match in _MEMBER.finditer(data):
        stream = zlib.decompressobj(wbits=47)  # either header
        out = b""
        try:
            out = stream.decompress(data[match.start() : match.start() + 4096], _MEMBER_SIZE)
            if not stream.eof and len(out) > 64:
                out += stream.decompress(data[match.start() + 4096 : match.start() + _MEMBER_SIZE], _MEMBER_SIZE)
        except zlib.error:
            pass
        if out:
            yield out


def search_tree(folder: Path, words: Mapping[str, str]) -> list[Found]:
    """Names and contents of every file below `folder`."""
    found: list[Found] = []
    for path in sorted(folder.rglob("*")):
        where = str(path.relative_to(folder))
        found += search(str(path.name).encode(), words, f"the name of {where}")
        if path.is_file() and not path.is_symlink():
            found += search(path.read_bytes(), words, where)
    return found


def search_rows(database: Path, words: Mapping[str, str]) -> list[Found]:
    """Every value of every row, whole: in the file a long value is cut into pages."""
    found: list[Found] = []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                found += search(b"\n".join(_as_bytes(row)), words, table)
    return found


def _as_bytes(row: Iterable[object]) -> Iterator[bytes]:
    return (value if isinstance(value, bytes) else str(value).encode() for value in row if value is not None)
