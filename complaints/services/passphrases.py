"""Passphrases: drawn from a list of words, and looked at before they are taken.

What counts is how many guesses one takes (NIST SP 800-63B-4 §3.1.1.2: a blocklist and what is known of its owner). Nothing is
asked of kinds of characters, and none expires.
"""

import secrets
import unicodedata
from functools import cache
from pathlib import Path

import xkcdpass

from complaints.errors import Invalid
from complaints.paths import static_dir
from complaints.services.accounts import PASSPHRASE_LENGTH
from complaints.vocabulary import Locale

WORDS = 6
"""Of nearly 7,776 in English: 77 bits. Of 4,096 in Thai: 72."""

LONGEST = 1_000
"""Characters. Longer is a mistake of the clipboard's."""

_UNFIT = (
    "badass",
    "crap",
    "deprav",
    "fetish",
    "hardcore",
    "headless",
    "kinky",
    "lewd",
    "molest",
    "nude",
    "nudi",
    "obscen",
    "perv",
    "pimp",
    "raunch",
    "sedat",
    "sex",
    "slut",
    "smut",
    "strangl",
    "suicid",
    "unclothed",
    "undress",
    "violat",
    "virgin",
    "voyeur",
    "kill",
    "murder",
    "corpse",
    "mutila",
    "drugged",
    "drunk",
)
"""How words begin that nobody wants to read in an office; without them six words have 77 bits as before."""

_LOOKED_AT = 72
"""Characters that are looked at: time grows with the square, and what begins well enough ends well enough."""

_HARD = 4
"""Of zxcvbn's scores 0 to 4: more than 10^10 guesses."""


def draw(language: Locale) -> str:
    """Six words, with spaces between: of the EFF's long list in English, of the most used ones that are plain to type in Thai."""
    words = _thai_words() if language is Locale.THAI else _english_words()
    return " ".join(secrets.choice(words) for _ in range(WORDS))


@cache
def _thai_words() -> tuple[str, ...]:
    """As the build chose them: see `hatch_build.py`."""
    words = tuple((static_dir() / "vendor" / "words-th.txt").read_text("utf-8").split())
    if len(set(words)) != 4_096:
        raise RuntimeError("the list of Thai words is not the one that the build makes")
    return words


@cache
def _english_words() -> tuple[str, ...]:
    path = Path(xkcdpass.__file__).with_name("static") / "eff-long"
    words = tuple(path.read_text("ascii").split())
    if len(set(words)) != 7_776:
        raise RuntimeError("the list of words is not the EFF's long one")
    return tuple(word for word in words if not word.startswith(_UNFIT))


def examine(passphrase: str, *known: str) -> None:
    """Raises Invalid: `passphrase` "too-short", "too-long" or "guessable". `known`: names that its owner goes by, and our own."""
    from zxcvbn import zxcvbn  # noqa: PLC0415 - 14 MB of words, for a process in which somebody chooses a passphrase

    text = unicodedata.normalize("NFKC", passphrase)
    if len(text) < PASSPHRASE_LENGTH:
        raise Invalid({"passphrase": "too-short"})
    if len(text) > LONGEST:
        raise Invalid({"passphrase": "too-long"})
    parts = [part for name in known for part in (name, *name.split()) if part]
    if zxcvbn(_without(text, parts)[:_LOOKED_AT], user_inputs=parts)["score"] < _HARD:
        raise Invalid({"passphrase": "guessable"})


def _without(text: str, parts: list[str]) -> str:
    """What remains when the names are taken out: a name in front of a weak secret makes none of it strong."""
    for part in sorted(parts, key=len, reverse=True):
        if len(part) > 3:
            text = text.casefold().replace(part.casefold(), "")
    return text
