"""Receipts: all that a reporter keeps, and the only thing that opens their mailbox.

28 symbols in 7 groups of 4, made to be written on paper and typed back by somebody in a hurry on a borrowed keyboard.
26 are random: at 130 bits a receipt needs no slow hash and no lock-out.
"""

from hashlib import sha256
from hmac import compare_digest
from secrets import randbits
from typing import Final, Self

from crypto._typed import MAX_TYPED, readings
from crypto.errors import Mistyped
from crypto.keys import AccountSeed
from crypto.secret import Secret
from crypto.suite import derive

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_SYMBOLS: Final = 26
SYMBOLS: Final = 28
_BITS = 5
_GROUP = 4
_LOOKUP_LABEL = b"complaints/receipt/lookup/1"
_SEED_LABEL = b"complaints/receipt/seed/1"
_VALUES: Final = {symbol: value for value, symbol in enumerate(ALPHABET)}


def _times_alpha(value: int) -> int:
    """Return value · α in GF(32) = GF(2)[α] / (α⁵ + α² + 1)."""
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value


def _syndromes(values: list[int]) -> tuple[int, int]:
    """Return the word, as a polynomial with its first symbol leading, at 1 and at α."""
    at_one = at_alpha = 0
    for value in values:
        at_one ^= value
        at_alpha = _times_alpha(at_alpha) ^ value
    return at_one, at_alpha


def _check_symbols(values: list[int]) -> list[int]:
    """Return the two values that make both syndromes of the 28 symbols zero."""
    at_one, at_alpha = _syndromes([*values, 0, 0])
    # x + y = at_one and αx + y = at_alpha, so (α + 1)x = at_one + at_alpha; the field is small enough to look.
    x = next(x for x in range(1 << _BITS) if x ^ _times_alpha(x) == at_one ^ at_alpha)
    return [x, at_one ^ x]


def _holds(text: str) -> bool:
    if len(text) != SYMBOLS or not _VALUES.keys() >= set(text):
        return False
    return _syndromes([_VALUES[symbol] for symbol in text]) == (0, 0)


def _same_up_to(one: str, other: str) -> int:
    """Return how many symbols they begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (first, second) in pairs if first != second), min(len(one), len(other)))


class Receipt(Secret):
    """26 random symbols of Crockford's base 32 and 2 check symbols.

    The check is the Reed-Solomon code RS(28, 26) over GF(32) with roots 1 and α, whose words differ in three places or
    more: any one or two wrong symbols, and so any two exchanged, are known without asking the database, and anything
    worse is, but for one time in 1024.
    """

    __slots__ = ("_text",)

    def __init__(self, symbols: str) -> None:
        if not _holds(symbols):
            raise Mistyped("the check symbols do not fit")
        self._text = symbols

    @classmethod
    def generate(cls) -> Self:
        """Return a new random receipt."""
        number = randbits(RANDOM_SYMBOLS * _BITS)
        values = [number >> shift & 31 for shift in range(0, RANDOM_SYMBOLS * _BITS, _BITS)]
        return cls("".join(ALPHABET[value] for value in values + _check_symbols(values)))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the receipt that somebody typed; raise `Mistyped` if it cannot have been issued.

        Case, spaces and dashes do not count; O is 0, I and L are 1; full-width forms and Thai digits are read; so is a
        Thai (Kedmanee) keyboard left on, with or without shift. Where such a text can be read in more ways than one,
        the one whose check holds counts; if two do, it is `Mistyped`. At most 200 characters are looked at.
        """
        if len(text) > MAX_TYPED:
            raise Mistyped("too long for a receipt")
        found = {reading for reading in readings(text) if _holds(reading)}
        if len(found) != 1:
            raise Mistyped("the check symbols do not fit")
        return cls(found.pop())

    def first_wrong_group(self, text: str) -> int | None:
        """Return the first group, from 1, in which what somebody typed from their note differs from this receipt.

        Read as `parse` reads it, in the way that stays right longest; a symbol that is missing or one too many counts where
        it shows. Not for a receipt that is right. None when nothing can be read. This is for whoever has the receipt
        before them: to anybody else it would tell how much of a guess is right.
        """
        if len(text) > MAX_TYPED:
            return None
        right = [_same_up_to(reading, self._text) for reading in readings(text) if reading]
        return min(max(right) // _GROUP + 1, SYMBOLS // _GROUP) if right else None

    def text(self) -> str:
        """Return the 28 symbols without dashes. This exports the secret, for a form field."""
        return self._text

    def grouped(self) -> str:
        """Return the receipt as it is shown: 7 groups of 4 with dashes. This exports the secret, for the reporter."""
        return "-".join(self._text[start : start + _GROUP] for start in range(0, SYMBOLS, _GROUP))

    def lookup(self) -> bytes:
        """Return the 32 bytes that the mailbox is found by; store only `lookup_hash()` of them."""
        return derive(self._text.encode(), _LOOKUP_LABEL)

    def lookup_hash(self) -> bytes:
        """Return SHA-256 of `lookup()`, which is what the database holds."""
        return sha256(self.lookup()).digest()

    def seed(self) -> AccountSeed:
        """Return the reporter's seed; like any account's it gives three keys. It is stored nowhere."""
        return AccountSeed.from_bytes(derive(self._text.encode(), _SEED_LABEL))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Receipt) and compare_digest(self._text, other._text)

    __hash__ = None  # type: ignore[assignment]
