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
    """Several addresses side by side are none to doubt."""
    parts = re.split(r"[\s,;]+", text.strip())
    if parts == [""]:
        return None
    if "@" not in text:
        return Doubt.NO_AT
    whole = all(before and after for before, _at, after in (part.partition("@") for part in parts if part))
    return None if whole else Doubt.SPACE


def _has_too_few_digits(text: str) -> bool:
    """Of the longest number, if it looks Thai: a shorter one beside it may be an extension or an hour."""
    numbers = ["".join(str(unicodedata.decimal(c)) for c in n if c.isdecimal()) for n in _NUMBER.findall(text)]
    match = _THAI.fullmatch(max(numbers, key=len, default=""))
    if match is None:
        return False
    return len(match[1]) < (_MOBILE_DIGITS if match[1].startswith(_MOBILE) else _HOME_DIGITS)
