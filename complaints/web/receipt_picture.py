"""A receipt as a QR code, drawn in a tenth of the time that a library takes for any text.

In a code of one size, level and mask, every module is a sum modulo 2 of bits of the text: the error correction is linear (ISO/IEC
18004 §7.5). So the code of a receipt is the code of nothing but zeros, with all those modules turned over that bits of the receipt turn. Which
these are is asked of the library once, about texts that nobody's receipt is; of a receipt nothing is kept.
"""

import re
from functools import cache

import segno
from markupsafe import Markup

LETTERS = 34
"""Of a grouped receipt: symbols and dashes."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
"""In the order of their values. Two letters are one number of eleven bits (§7.4.4)."""
_PAIR_BITS = 11
_SIDE = 25
_BORDER = 4
_ROW = _SIDE + 1
"""Modules, and a light one after them, so that no dark stretch goes on in the next row."""
_DARK = re.compile("1+")
_PLACES = [f"M{_BORDER + place % _ROW} {_BORDER + place // _ROW}.5h" for place in range(_ROW * _SIDE)]
_ALL = _SIDE + 2 * _BORDER
_FRAME = (
    f'<svg viewBox="0 0 {_ALL} {_ALL}" class="qr"><path fill="#fff" d="M0 0h{_ALL}v{_ALL}h-{_ALL}z"/><path stroke="#000" d="',
    '"/></svg>',
)


def draw(text: str) -> Markup:
    """SVG without styles or scripts. `text`: LETTERS of the alphabet, whatever they say. Raises ValueError for any other."""
    if len(text) != LETTERS:
        raise ValueError("a grouped receipt has 34 letters")
    modules = f"{_modules(text):0{_ROW * _SIDE}b}"
    lines = [f"{_PLACES[dark.start()]}{dark.end() - dark.start()}" for dark in _DARK.finditer(modules)]
    return Markup("".join(lines).join(_FRAME))  # noqa: S704 - drawn by us, of numbers


def _modules(text: str) -> int:
    """The whole code as one number, row by row, a dark module being 1."""
    modules, turned = learn()
    numbers = [_ALPHABET.index(letter) for letter in text]
    for first, second, changes in zip(numbers[::2], numbers[1::2], turned, strict=True):
        pair = first * len(_ALPHABET) + second
        for bit, change in enumerate(changes):
            if pair >> bit & 1:
                modules ^= change
    return modules


@cache
def learn() -> tuple[int, tuple[tuple[int, ...], ...]]:
    """The code of zeros, and what each bit of each pair of letters turns over in it. Takes 0.1 s; asked for before the first receipt."""
    zeros = "0" * LETTERS
    blank = _by_library(zeros)
    numbers = (1 << bit for bit in range(_PAIR_BITS))
    pairs = [_ALPHABET[number // len(_ALPHABET)] + _ALPHABET[number % len(_ALPHABET)] for number in numbers]
    turned = (
        tuple(_by_library(zeros[:place] + pair + zeros[place + 2 :]) ^ blank for pair in pairs)
        for place in range(0, LETTERS, 2)
    )
    return blank, tuple(turned)


def _by_library(text: str) -> int:
    code = segno.make(text, error="m", version=2, mode="alphanumeric", mask=2, micro=False, boost_error=False)
    return int("".join("".join(map(str, row)) + "0" for row in code.matrix), 2)
