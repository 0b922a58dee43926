"""Session tokens: 32 random bytes that live only in a cookie, and what is sealed under them."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hmac import compare_digest
from secrets import token_bytes
from typing import Self

from crypto.context import Context
from crypto.errors import CannotOpen, Malformed
from crypto.secret import Secret
from crypto.suite import AESGCM, KEY, NONCE, TAG, InvalidTag, derive

_VERSION = b"\x01"
_LOOKUP_LABEL = b"complaints/session/lookup/1"
_SEAL_LABEL = b"complaints/session/seal/1"
_HEADER = 1 + NONCE
# 43 characters are 258 bits: the last one carries only four of them, and its low two bits are zero.
_TEXT = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)


class SessionToken(Secret):
    """32 random bytes; the database holds neither them nor anything that leads back to them."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        if len(data) != KEY:
            raise Malformed("a session token is 32 bytes")
        self._data = data

    @classmethod
    def generate(cls) -> Self:
        """Return a new random token."""
        return cls(token_bytes(KEY))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the token that `text()` gave; raise `Malformed` on anything that it could not have given."""
        if not _TEXT.fullmatch(text):
            raise Malformed("a session token is 43 characters of base64url")
        return cls(urlsafe_b64decode(f"{text}="))

    def text(self) -> str:
        """Return the token for the cookie: base64url without padding, 43 characters. This exports the secret."""
        return urlsafe_b64encode(self._data).rstrip(b"=").decode()

    def lookup(self) -> bytes:
        """Return the 32 bytes by which the row is found; they tell nothing about what opens it."""
        return derive(self._data, _LOOKUP_LABEL)

    def seal(self, data: bytes, context: Context) -> bytes:
        """Return `data` sealed under the token, to be opened in `context` alone.

        Layout: version 0x01 (1) ‖ nonce (12, random) ‖ AES-256-GCM (length + 16); the key is HKDF(token, label and
        context) and the context is the associated data. Not padded: the length shows.
        """
        encoded = context.encode()
        nonce = token_bytes(NONCE)
        return _VERSION + nonce + AESGCM(derive(self._data, _SEAL_LABEL, encoded)).encrypt(nonce, data, encoded)

    def open(self, sealed: bytes, context: Context) -> bytes:
        """Return the data; raise `Malformed` on a wrong length or version, `CannotOpen` on all else."""
        if len(sealed) < _HEADER + TAG:
            raise Malformed("sealed session data is at least 29 bytes")
        if sealed[:1] != _VERSION:
            raise Malformed("sealed session data of an unknown version")
        encoded = context.encode()
        cipher = AESGCM(derive(self._data, _SEAL_LABEL, encoded))
        try:
            return cipher.decrypt(sealed[1:_HEADER], sealed[_HEADER:], encoded)
        except InvalidTag:
            raise CannotOpen("the session data does not open with this token in this context") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SessionToken) and compare_digest(self._data, other._data)

    __hash__ = None  # type: ignore[assignment]
