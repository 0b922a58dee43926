"""Bringing an account's seed back without its passphrase: two halves, of which each alone is nothing but random.

One half is for whoever has the code that the owner keeps on paper, the other for a custodian. The code gives a pair of keys
rather than a key, so that the halves can be drawn anew when the custodians change, with the paper staying what it is.
"""

from typing import Self

from crypto.keys import AccountSeed, PrivateKey, SecretKey
from crypto.receipt import Receipt
from crypto.secret import Secret
from crypto.suite import derive

_KEY_LABEL = b"complaints/recovery/key/1"


class RecoveryCode(Secret):
    """28 symbols, drawn, checked, grouped and typed back as a receipt is (130 random bits)."""

    __slots__ = ("_symbols",)

    def __init__(self, symbols: Receipt) -> None:
        self._symbols = symbols

    @classmethod
    def generate(cls) -> Self:
        """Return a new random code."""
        return cls(Receipt.generate())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the code that somebody typed; raise `Mistyped` if it cannot have been issued (see `Receipt.parse`)."""
        return cls(Receipt.parse(text))

    def grouped(self) -> str:
        """Return the code as it is shown: 7 groups of 4 with dashes. This exports the secret, for its owner."""
        return self._symbols.grouped()

    def key(self) -> PrivateKey:
        """Return the key that a half is wrapped to: an X-Wing seed, HKDF-SHA256 of the 28 symbols under its own label."""
        return PrivateKey.from_seed(derive(self._symbols.text().encode(), _KEY_LABEL))


def split_seed(seed: AccountSeed) -> tuple[SecretKey, SecretKey]:
    """Return two halves, 32 bytes each: a random one, and that one XOR the seed. Whoever has one knows nothing of the seed."""
    one = SecretKey.generate()
    return one, SecretKey.from_bytes(_xor(one.export(), seed.export()))


def join_seed(one: SecretKey, other: SecretKey) -> AccountSeed:
    """Return the seed of two halves. Of halves that do not belong together: a seed of nobody's."""
    return AccountSeed.from_bytes(_xor(one.export(), other.export()))


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))
