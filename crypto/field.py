"""Sealed fields: a small value under a compartment key, bound to its place, its length blurred."""

from secrets import token_bytes

from crypto.context import Context
from crypto.errors import CannotOpen, Malformed
from crypto.keys import SecretKey
from crypto.padding import padme
from crypto.suite import AESGCM, NONCE, TAG, InvalidTag

FLOOR = 64
_VERSION = b"\x01"
_LABEL = b"complaints/field/1"
_MARK = b"\x80"
_HEADER = 1 + NONCE
_SHORTEST = _HEADER + 1 + TAG


def _pad(plaintext: bytes, size: int | None) -> bytes:
    needed = len(plaintext) + 1
    if size is None:
        size = padme(max(needed, FLOOR))
    elif needed > size:
        raise ValueError(f"the value does not fit: at most {size - 1} bytes")
    return (plaintext + _MARK).ljust(size, b"\0")


def _unpad(padded: bytes) -> bytes:
    stripped = padded.rstrip(b"\0")
    if not stripped.endswith(_MARK):
        raise CannotOpen("the field's padding is broken")
    return stripped[:-1]


def seal_field(plaintext: bytes, key: SecretKey, context: Context, *, size: int | None = None) -> bytes:
    """Return `plaintext` sealed under `key`, to be opened in `context` alone.

    Layout: version 0x01 (1) ‖ nonce (12, random) ‖ AES-256-GCM(plaintext ‖ 0x80 ‖ 0x00…) (padded length + 16). The AES
    key is HKDF(key, label and context), and the context is the associated data too. Padded to Padmé with a floor of
    64 bytes, or to exactly `size` bytes when given: then at most size - 1 bytes fit (`ValueError`).
    Not hidden: the padded length, and that a value was sealed again.
    """
    encoded = context.encode()
    nonce = token_bytes(NONCE)
    return _VERSION + nonce + AESGCM(key.derive(_LABEL, encoded)).encrypt(nonce, _pad(plaintext, size), encoded)


def open_field(sealed: bytes, key: SecretKey, context: Context) -> bytes:
    """Return the plaintext; raise `Malformed` on a wrong length or version, `CannotOpen` on all else."""
    if len(sealed) < _SHORTEST:
        raise Malformed("a sealed field is at least 30 bytes")
    if sealed[:1] != _VERSION:
        raise Malformed("a sealed field of an unknown version")
    encoded = context.encode()
    try:
        padded = AESGCM(key.derive(_LABEL, encoded)).decrypt(sealed[1:_HEADER], sealed[_HEADER:], encoded)
    except InvalidTag:
        raise CannotOpen("the field does not open with this key in this context") from None
    return _unpad(padded)
