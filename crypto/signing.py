"""Signatures, each in a domain of its own (Ed25519, RFC 8032)."""

from functools import lru_cache
from secrets import token_bytes
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crypto.context import encode_parts
from crypto.errors import BadSignature, Malformed
from crypto.secret import Secret

SIGNATURE = 64
VERIFY_KEY = 32
_SEED = 32
_LABEL = b"complaints/sign/1"
# Staff and log keys come back on every request; the keys of cases come and go.
_PARSED_KEYS = 4096


def _signed_bytes(statement: bytes, domain: str) -> bytes:
    if not domain:
        raise ValueError("a signature has a domain")
    return encode_parts(_LABEL, domain.encode(), statement)


class VerifyKey:
    """The public half of a signing key: 32 bytes. Equal and hashed by its bytes."""

    __slots__ = ("_data", "_key")

    def __init__(self, data: bytes) -> None:
        if len(data) != VERIFY_KEY:
            raise Malformed("a verify key is 32 bytes")
        self._data = data
        self._key = Ed25519PublicKey.from_public_bytes(data)

    @staticmethod
    def from_bytes(data: bytes) -> "VerifyKey":
        """Return the key in 32 bytes; raise `Malformed` on any other length. A key seen before is not parsed again."""
        return _parse_verify_key(bytes(data))

    def to_bytes(self) -> bytes:
        """Return the 32 bytes of the key."""
        return self._data

    def verify(self, signature: bytes, statement: bytes, domain: str) -> None:
        """Return if `signature` is this key's over `statement` in `domain`; raise `BadSignature` if not."""
        self._verify_raw(signature, _signed_bytes(statement, domain))

    def _verify_raw(self, signature: bytes, message: bytes) -> None:
        # For the checkpoint alone: a signed note is signed as it stands, without our domain.
        if len(signature) != SIGNATURE:
            raise BadSignature("a signature is 64 bytes")
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            raise BadSignature("the signature is not this key's over this statement") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerifyKey) and self._data == other._data

    def __hash__(self) -> int:
        return hash(self._data)

    def __repr__(self) -> str:
        return f"VerifyKey({self._data.hex()[:16]}…)"


@lru_cache(maxsize=_PARSED_KEYS)
def _parse_verify_key(data: bytes) -> VerifyKey:
    return VerifyKey(data)


class SigningKey(Secret):
    """An Ed25519 key, made from a 32-byte seed."""

    __slots__ = ("_key", "_seed")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != _SEED:
            raise Malformed("a signing seed is 32 bytes")
        self._seed = bytes(seed)
        self._key = Ed25519PrivateKey.from_private_bytes(self._seed)

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """Return the key of a 32-byte seed; raise `Malformed` on any other length."""
        return cls(seed)

    @classmethod
    def generate(cls) -> Self:
        """Return a new random key."""
        return cls(token_bytes(_SEED))

    def sign(self, statement: bytes, domain: str) -> bytes:
        """Return the 64-byte signature over `statement` in `domain`.

        What is signed is encode_parts(b"complaints/sign/1", domain, statement), so that a signature made for one
        purpose never passes for another.
        """
        return self._sign_raw(_signed_bytes(statement, domain))

    def verify_key(self) -> VerifyKey:
        """Return the public half."""
        return VerifyKey.from_bytes(self._key.public_key().public_bytes_raw())

    def export_seed(self) -> bytes:
        """Return the 32-byte seed, which is the whole secret."""
        return self._seed

    def _sign_raw(self, message: bytes) -> bytes:
        # For the checkpoint alone, see VerifyKey._verify_raw.
        return self._key.sign(message)
