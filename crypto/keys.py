"""The keys of people (X-Wing pairs, account seeds) and of things (compartments, files)."""

from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest
from secrets import token_bytes
from typing import Self

from crypto.context import KEY_ID, encode_parts
from crypto.errors import CannotOpen, Malformed
from crypto.secret import Secret
from crypto.signing import SigningKey
from crypto.suite import (
    HPKE,
    KEY,
    PUBLIC_KEY,
    InvalidTag,
    derive,
    xwing_private,
    xwing_public,
)

_KEY_ID_LABEL = b"complaints/key-id/1"
_WORK_LABEL = b"complaints/account/work/1"
_IDENTITY_LABEL = b"complaints/account/identity/1"
_SIGNING_LABEL = b"complaints/account/signing/1"
_OWN_LABEL = b"complaints/account/own/1"
_FINGERPRINT_LABEL = b"complaints/fingerprint/1"
_FINGERPRINT_GROUPS = 8
_FINGERPRINT_DIGITS = 5
# A parsed key is about 10 kB: a roster's worth many times over, and 5 MB at the most.
_PARSED_KEYS = 512


class SecretKey(Secret):
    """A compartment key or a file key: 32 random bytes. Compared in constant time; not hashable."""

    __slots__ = ("_data", "_key_id")

    def __init__(self, data: bytes) -> None:
        if len(data) != KEY:
            raise Malformed("a secret key is 32 bytes")
        self._data = bytes(data)
        self._key_id: bytes | None = None

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the key in 32 bytes; raise `Malformed` on any other length."""
        return cls(data)

    @classmethod
    def generate(cls) -> Self:
        """Return a new random key."""
        return cls(token_bytes(KEY))

    @property
    def key_id(self) -> bytes:
        """16 bytes that name the key in the clear and commit to it, and so name the epoch.

        The first half of HKDF-SHA256 over the key under a label of its own; it tells nothing else about the key.
        """
        if self._key_id is None:
            self._key_id = derive(self._data, _KEY_ID_LABEL)[:KEY_ID]
        return self._key_id

    def derive(self, label: bytes, *parts: bytes) -> bytes:
        """Return the 32-byte key that seals under this one for one label and context (see `suite.derive`)."""
        return derive(self._data, label, *parts)

    def export(self) -> bytes:
        """Return the 32 bytes of the key."""
        return self._data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretKey) and compare_digest(self._data, other._data)

    __hash__ = None  # type: ignore[assignment]


class PublicKey:
    """Who something is wrapped to: an X-Wing public key, 1216 bytes (ML-KEM-768 ‖ X25519). Equal and hashed by bytes."""

    __slots__ = ("_data", "_key", "digest")

    def __init__(self, data: bytes) -> None:
        if len(data) != PUBLIC_KEY:
            raise Malformed("a public key is 1216 bytes")
        try:
            self._key = xwing_public(data)
        except ValueError:
            raise Malformed("not an ML-KEM-768 and X25519 public key") from None
        self._data = data
        self.digest = sha256(data).digest()

    @staticmethod
    def from_bytes(data: bytes) -> "PublicKey":
        """Return the key in 1216 bytes; raise `Malformed` on another length or if ML-KEM refuses it.

        Recently seen keys are not parsed again (parsing costs 20 µs, and a roster comes back with every report).
        """
        return _parse_public_key(bytes(data))

    def to_bytes(self) -> bytes:
        """Return the 1216 bytes of the key."""
        return self._data

    def hpke_seal(self, secret: bytes, info: bytes) -> bytes:
        """Return enc (1120 bytes) ‖ ciphertext (16 bytes more than `secret`); RFC 9180 §6.1, base mode.

        A key that no secret can be agreed with is `Malformed`. `wrap` is what to call instead.
        """
        try:
            return HPKE.encrypt(secret, self._key, info=info)
        except ValueError:
            raise Malformed("nothing can be sealed to this public key") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self._data == other._data

    def __hash__(self) -> int:
        return hash(self._data)

    def __repr__(self) -> str:
        return f"PublicKey({self.digest.hex()[:16]}…)"


@lru_cache(maxsize=_PARSED_KEYS)
def _parse_public_key(data: bytes) -> PublicKey:
    return PublicKey(data)


class PrivateKey(Secret):
    """What a holder unwraps with: an X-Wing key pair, made from a 32-byte seed."""

    __slots__ = ("_key", "_public", "_seed")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != KEY:
            raise Malformed("a private key's seed is 32 bytes")
        self._seed = bytes(seed)
        self._key, self._public = xwing_private(self._seed)

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """Return the pair of a 32-byte seed; raise `Malformed` on any other length."""
        return cls(seed)

    def public_key(self) -> PublicKey:
        """Return the public half."""
        return PublicKey.from_bytes(self._public)

    def hpke_open(self, sealed: bytes, info: bytes) -> bytes:
        """Return what `hpke_seal` sealed to the public half with the same `info`; raise `CannotOpen` if it does not open.

        `unwrap` is what to call instead.
        """
        try:
            return HPKE.decrypt(sealed, self._key, info=info)
        except InvalidTag:
            raise CannotOpen("this does not open with this key and info") from None

    def own_key(self) -> SecretKey:
        """Return the key under which the holder seals what is for themself alone: derived from the seed, wrapped to nobody."""
        return SecretKey.from_bytes(derive(self._seed, _OWN_LABEL))

    def export_seed(self) -> bytes:
        """Return the 32-byte seed, which is the whole secret."""
        return self._seed


class AccountSeed(Secret):
    """The one secret of a person: 32 bytes, from which their three keys come by HKDF under three labels.

    An account's seed is stored locked under a passphrase; a reporter's comes from the receipt and is stored nowhere.
    None of the three keys leads to the seed or to another of them.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        if len(data) != KEY:
            raise Malformed("an account seed is 32 bytes")
        self._data = bytes(data)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the seed in 32 bytes; raise `Malformed` on any other length."""
        return cls(data)

    @classmethod
    def generate(cls) -> Self:
        """Return a new random seed."""
        return cls(token_bytes(KEY))

    def work(self) -> PrivateKey:
        """Return the key that unwraps `report` and `internal` compartments."""
        return PrivateKey.from_seed(derive(self._data, _WORK_LABEL))

    def identity(self) -> PrivateKey:
        """Return the key that unwraps `identity` compartments; it lives no longer than the request that needs it."""
        return PrivateKey.from_seed(derive(self._data, _IDENTITY_LABEL))

    def signing(self) -> SigningKey:
        """Return the key that signs what this person says."""
        return SigningKey.from_seed(derive(self._data, _SIGNING_LABEL))

    def export(self) -> bytes:
        """Return the 32 bytes of the seed."""
        return self._data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccountSeed) and compare_digest(self._data, other._data)

    __hash__ = None  # type: ignore[assignment]


def fingerprint(*public_parts: bytes) -> str:
    """Return 40 digits, in 8 groups of 5, that two people read aloud to compare public keys.

    SHA-256 over encode_parts(label, *public_parts), reduced modulo 10**40: 132 bits. Whoever wants to pass for
    another must meet one given fingerprint, which takes 2**132 tries: above the 128 bits of everything else here,
    and no digit more to read. (Two key sets of one's own with one fingerprint take 2**66 tries, and gain nothing:
    both are one's own.)
    """
    digits = _FINGERPRINT_GROUPS * _FINGERPRINT_DIGITS
    number = int.from_bytes(sha256(encode_parts(_FINGERPRINT_LABEL, *public_parts)).digest(), "big") % 10**digits
    text = f"{number:0{digits}d}"
    return " ".join(text[start : start + _FINGERPRINT_DIGITS] for start in range(0, digits, _FINGERPRINT_DIGITS))
