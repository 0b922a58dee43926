"""Contact details that may be mistyped: asked about when the reporter checks their answers, and never in anybody's way.

Pure: words in, kinds out. Nothing here logs, stores or raises anything that bears a word of theirs. Whether anybody reads there or answers
is not known by it; and a field may say in words what no pattern reads, such as when to call.
"""

import re
import unicodedata
from collections.abc import Mapping

from complaints.vocabulary import Doubt, IdentityField

_NUMBER = re.compile(r"\+?\d(?:[ .()-]{0,2}\d)*")
"""Digits of any script, perhaps in groups."""
_THAI = re.compile(r"(?:0|660?)([1-9]\d*)")
"""From home (02 123 4567, 081 234 5678) or from abroad (66…): what follows is the number without its first 0."""
_HOME_DIGITS, _MOBILE_DIGITS = 8, 9
"""Without the first 0."""
_MOBILE = ("6", "8", "9")


def doubts(identity: Mapping[IdentityField, str]) -> dict[Doubt, IdentityField]:
    """Each kind of doubt about what would be sealed, and the field it is about."""
    found: dict[Doubt, IdentityField] = {}
    email = _doubt_of_email(unicodedata.normalize("NFKC", identity.get(IdentityField.EMAIL, "")))
    if email is not None:
        found[email] = IdentityField.EMAIL
    if _has_too_few_digits(identity.get(IdentityField.PHONE, "")):
        found[Doubt.FEW_DIGITS] = IdentityField.PHONE
    return found


def _doubt_of_email(text: str) -> Doubt | None:
    """The first that there is. Several addresses side by side are none to doubt."""
    if not text.strip():
        return None
    if "@" not in text:
        return Doubt.NO_AT
    pieces = [piece.split() for piece in re.split("[,;]", text) if piece.strip()]
    if any(len(words) > 1 and not all(map(_has_both_sides, words)) for words in pieces):
        return Doubt.SPACE
    if any("@" not in word for words in pieces for word in words):
        return Doubt.COMMA
    found = (_doubt_of_address(word) for words in pieces for word in words)
    return next((doubt for doubt in found if doubt is not None), None)


def _has_both_sides(word: str) -> bool:
    before, _at, after = word.partition("@")
    return bool(before and after)


def _doubt_of_address(word: str) -> Doubt | None:
    """Of one that has an @, and neither space nor comma."""
    before, *rest = word.split("@")
    after = rest[-1]
    if len(rest) > 1:
        return Doubt.TWO_ATS
    if not before or not after.strip(".") or after.startswith("."):
        return Doubt.HALF
    if ".." in word:
        return Doubt.TWO_DOTS
    return None if "." in after.rstrip(".") else Doubt.NO_ENDING


def _has_too_few_digits(text: str) -> bool:
    """Of the longest number, if it looks Thai: a shorter one beside it may be an extension or an hour."""
    numbers = ["".join(str(unicodedata.decimal(c)) for c in n if c.isdecimal()) for n in _NUMBER.findall(text)]
    match = _THAI.fullmatch(max(numbers, key=len, default=""))
    if match is None:
        return False
    return len(match[1]) < (_MOBILE_DIGITS if match[1].startswith(_MOBILE) else _HOME_DIGITS)
