"""Entries of the access log as RFC 6962 leaf data: a salted commitment to each field.

A field can be shown with its salt, and the rest stay hidden; a field can expire (value and salt are erased) and the
leaf still stands.
"""

from collections.abc import Sequence
from hashlib import sha256

SALT = 16
COMMITMENT = 32
_VERSION = b"\x01"
_MAX_FIELDS = 255
_MAX_NAME = 65535


def commit(name: str, value: bytes, salt: bytes) -> bytes:
    """Return the 32-byte commitment to one field: SHA-256(salt ‖ u16 length of name ‖ name ‖ value), big-endian.

    The salt is 16 random bytes of this field's own: with a salt shared or known, a short value can be guessed.
    `ValueError`: another salt length, a name above 65535 bytes.
    """
    encoded = name.encode()
    if len(salt) != SALT:
        raise ValueError("a salt is 16 bytes")
    if len(encoded) > _MAX_NAME:
        raise ValueError("a field name is at most 65535 bytes")
    return sha256(salt + len(encoded).to_bytes(2, "big") + encoded + value).digest()


def entry_data(commitments: Sequence[bytes]) -> bytes:
    """Return the leaf data of an entry: version 0x01 (1) ‖ count (1) ‖ the commitments in their order (32 each).

    `ValueError`: more than 255, or one that is not 32 bytes.
    """
    if len(commitments) > _MAX_FIELDS:
        raise ValueError("an entry has at most 255 fields")
    if any(len(commitment) != COMMITMENT for commitment in commitments):
        raise ValueError("a commitment is 32 bytes")
    return _VERSION + bytes((len(commitments),)) + b"".join(commitments)
