"""Copies sealed to a public key: only whoever keeps the private key opens them, on a machine that needs nothing else of ours.

A sealed copy is `HEAD` ‖ key id (16) ‖ envelope (1169) ‖ sealed chunks ‖ the sealed field of its true length (93), which stands last since a copy is
sealed as it leaves. Not protected: base-mode HPKE does not say who sealed it; the access log does.
"""

import secrets
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from crypto import (
    CannotOpen,
    Context,
    Malformed,
    OpeningStream,
    PrivateKey,
    PublicKey,
    SealingStream,
    SecretKey,
    open_field,
    padded_length,
    seal_field,
    unwrap,
    wrap,
)

HEAD = b"complaints/export/1\n"
KEY_HEAD = "complaints-export-key-1 "
PUBLIC_HEAD = "complaints-export-public-1 "
_ENVELOPE, _LENGTH, _KEY_ID = 1169, 93, 16
_CHUNK = 65536 + 17


def _context(purpose: str, key: bytes) -> Context:
    return Context(purpose, b"", "", key, b"", "", 0)


def draw_key() -> tuple[str, str]:
    """A new private key and its public key, each as one line of text."""
    seed = secrets.token_bytes(32)
    public = PrivateKey.from_seed(seed).public_key().to_bytes()
    return f"{KEY_HEAD}{seed.hex()}", f"{PUBLIC_HEAD}{public.hex()}"


def read_public(text: str) -> PublicKey:
    """Raises Malformed for what `draw_key` did not print. Line breaks and spaces that a mail put in are overlooked."""
    joined = "".join(text.split())
    try:
        return PublicKey.from_bytes(bytes.fromhex(joined.removeprefix(PUBLIC_HEAD.strip())))
    except ValueError as error:
        raise Malformed("not a public key for sealed copies") from error


def read_private(text: str) -> PrivateKey:
    """Raises Malformed."""
    try:
        return PrivateKey.from_seed(bytes.fromhex(text.strip().removeprefix(KEY_HEAD)))
    except ValueError as error:
        raise Malformed("not a private key for sealed copies") from error


def sealed(pieces: Iterable[bytes], recipient: PublicKey) -> Iterator[bytes]:
    """The copy, sealed as it is made, a chunk at a time."""
    key = SecretKey.generate()
    stream = SealingStream(key, _context("export", key.key_id))
    yield HEAD + key.key_id + wrap(key, recipient, _context("export key", key.key_id))
    for piece in pieces:
        yield from stream.update(piece)
    yield from stream.finish()
    yield seal_field(stream.length.to_bytes(8, "big"), key, _context("export length", key.key_id))


def opened(file: BinaryIO, holder: PrivateKey) -> Iterator[bytes]:
    """The copy again. Raises Malformed, CannotOpen for another's key or a changed copy, Truncated; whatever came out before is not to be kept."""
    size = file.seek(0, 2)
    file.seek(0)
    start = len(HEAD) + _KEY_ID + _ENVELOPE
    if size < start + _LENGTH or file.read(len(HEAD)) != HEAD:
        raise Malformed("not a sealed copy")
    key_id = file.read(_KEY_ID)
    key = unwrap(file.read(_ENVELOPE), holder, _context("export key", key_id))
    file.seek(size - _LENGTH)
    length = int.from_bytes(open_field(file.read(_LENGTH), key, _context("export length", key_id)), "big")
    if size != start + _sealed_length(length) + _LENGTH:
        raise CannotOpen("the copy is not as long as it says")
    stream = OpeningStream(key, _context("export", key_id), length)
    file.seek(start)
    left = size - start - _LENGTH
    while left:
        chunk = file.read(min(_CHUNK, left))
        left -= len(chunk)
        yield stream.update(chunk)
    stream.finish()


def _sealed_length(length: int) -> int:
    padded = padded_length(length)
    return padded + 17 * -(-padded // 65536)
