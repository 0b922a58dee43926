"""What a person may have meant by what they typed: a receipt read back from any keyboard that was left on.

A Thai keyboard is undone from the raw code points, before any normalisation: NFKC would break sara am in two, and
NFC reorders marks.
"""

import unicodedata
from collections.abc import Mapping
from itertools import product
from typing import Final

MAX_TYPED: Final = 200

# The Kedmanee layout (TIS 820-2538 as Windows, macOS and X11 have it), by the Latin key at the same place.
_KEYS: Final = "1234567890-=qwertyuiop[]asdfghjkl;'zxcvbnm,./"
_PLAIN: Final = "ๅ/-ภถุึคตจขชๆไำพะัีรนยบลฟหกดเ้่าสวงผปแอิืทมใฝ"
_SHIFT: Final = '+๑๒๓๔ู฿๕๖๗๘๙๐"ฎฑธํ๊ณฯญฐ,ฤฆฏโฌ็๋ษศซ.()ฉฮฺ์?ฒฬฦ'

# Crockford's reading: O is 0, I and L are 1, U is nothing. Any other character spoils the reading.
_SYMBOLS: Final = {
    **{symbol: symbol for symbol in "0123456789ABCDEFGHJKMNPQRSTVWXYZ"},
    **{symbol.lower(): symbol for symbol in "ABCDEFGHJKMNPQRSTVWXYZ"},
    **dict.fromkeys("Oo", "0"),
    **dict.fromkeys("IiLl", "1"),
    "-": "",
}
_THAI_KEYS: Final = {
    typed: _SYMBOLS[key]
    for layer in (_PLAIN, _SHIFT)
    for typed, key in zip(layer, _KEYS, strict=True)
    if key in _SYMBOLS
}
_THAI_DIGITS: Final = {thai: str(digit) for digit, thai in enumerate("๐๑๒๓๔๕๖๗๘๙")}
_SARA_AM: Final = "ำ"
_SARA_AM_DECOMPOSED: Final = "ํา"
_DASHES: Final = frozenset("\u02d7\u2043\u2212")


def readings(text: str) -> set[str]:
    """Return the few ways to read `text` as symbols; each is one decision for the whole text, and none may hold.

    Letters tell which keyboard it was. With Thai ones, Thai digits are the shifted keys that make them; with Latin ones
    alone, they are the digits that they show. On the Thai keyboard two questions stay open: whether `-` is a dash
    (put in by a page, or copied) or the 3 key, and whether nikhahit and sara aa are the Y and K keys or a sara am (the
    E key) that was normalised on its way here.
    """
    ways: list[tuple[str, Mapping[str, str]]] = []
    thai = any("ก" <= character <= "\u0e4e" for character in text)
    if not thai:
        ways.append((text, _THAI_DIGITS))
    if thai or not any("A" <= character <= "Z" for character in text.upper()):
        texts = (text, text.replace(_SARA_AM_DECOMPOSED, _SARA_AM))
        ways.extend(product(texts, (_THAI_KEYS, _THAI_KEYS | {"-": ""})))
    read = (_read(typed, keys) for typed, keys in ways)
    return {reading for reading in read if reading is not None}


def _read(text: str, keys: Mapping[str, str]) -> str | None:
    """Return the symbols, or None if a character is no key, symbol, space or dash."""
    symbols: list[str] = []
    for character in text:
        symbol = keys.get(character)
        if symbol is None:
            symbol = _read_latin(character)
        if symbol is None:
            return None
        symbols.append(symbol)
    return "".join(symbols)


def _read_latin(character: str) -> str | None:
    symbol = _SYMBOLS.get(character)
    if symbol is not None:
        return symbol
    # Zs, Zl, Zp: spaces; Cf: zero-width and soft hyphen; Pd: every dash.
    if character.isspace() or unicodedata.category(character) in ("Zs", "Cf", "Pd") or character in _DASHES:
        return ""
    return _SYMBOLS.get(unicodedata.normalize("NFKC", character))
