"""What in a story may tell who wrote it: looked for when the reporter checks their answers, shown to them, and kept nowhere.

Pure: words in, kinds out. Nothing here logs, stores or raises anything that bears a word of theirs. It finds what has a shape, and the
reporter's own particulars where they gave them; that a story alone can point at its teller, no pattern finds.
"""

import re
import unicodedata
from collections.abc import Mapping

from complaints.vocabulary import CHOICES, IdentityField, KnownBy, ReportField, Telltale

_THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_NUMBER = re.compile(r"\+?\d(?:[ .()-]{0,2}\d)*")
"""Digits, perhaps in groups."""
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_SAYS_NAME = re.compile(r"(?:ผม|กระผม|ดิฉัน|ฉัน|หนู|ข้าพเจ้า|เรา)\s*(?:ชื่อ|คือ\s*(?:นาย|นาง|คุณ))|\bmy name is\b", re.IGNORECASE)
_EMPLOYEE = re.compile(
    r"(?:(?:รหัส|เลข|หมายเลข)(?:ประจำตัว)?พนักงาน|\b(?:employee|staff|badge)\b(?: (?:number|no|id)\b\.?)?)"
    r"\s*(?:คือ|is|[:#])?\s*[a-z-]{0,4}\d{2,}",
    re.IGNORECASE,
)
_TITLE = re.compile(r"^(?:นางสาว|นาง|นาย|คุณ|น\.ส\.|mrs?\.?|ms\.?|miss)\s*", re.IGNORECASE)


def telltales(answers: Mapping[ReportField, str], identity: Mapping[IdentityField, str]) -> dict[Telltale, ReportField]:
    """Each kind that was found, and the first answer it stands in."""
    found: dict[Telltale, ReportField] = {}
    for name, text in answers.items():
        if name not in CHOICES:
            for kind in _kinds_in(_plain(text), identity):
                found.setdefault(kind, name)
    if answers.get(ReportField.KNOWN_BY) == KnownBy.FEW:
        found[Telltale.FEW_KNOW] = ReportField.KNOWN_BY
    return found


def is_national_id(digits: str) -> bool:
    """Thirteen digits of which the last checks the others: 11 less the sum of each times 13, 12, … 2, modulo 11, modulo 10."""
    if len(digits) != 13:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(13, 1, -1), strict=False))
    return (11 - total % 11) % 10 == int(digits[12])


def _kinds_in(text: str, identity: Mapping[IdentityField, str]) -> set[Telltale]:
    numbers = {re.sub(r"\D", "", number) for number in _NUMBER.findall(text)}
    kinds = set()
    if _SAYS_NAME.search(text) or _names(text, identity.get(IdentityField.NAME, "")):
        kinds.add(Telltale.NAME)
    if any(_is_phone(number) for number in numbers) or _shared(numbers, identity.get(IdentityField.PHONE, ""), 6):
        kinds.add(Telltale.PHONE)
    if _EMAIL.search(text):
        kinds.add(Telltale.EMAIL)
    if any(is_national_id(number) for number in numbers):
        kinds.add(Telltale.NATIONAL_ID)
    if _EMPLOYEE.search(text) or _shared(numbers, identity.get(IdentityField.OTHER, ""), 4):
        kinds.add(Telltale.EMPLOYEE_NUMBER)
    return kinds


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).translate(_THAI_DIGITS)


def _names(text: str, name: str) -> bool:
    """Whether the text says this name, or a part of it that is long enough to be nobody else's. Thai has no spaces between words."""
    parts = _TITLE.sub("", _plain(name).strip()).split()
    whole = " ".join(parts)
    return any(_says(text, part) for part in {whole, *parts} if len(part) >= (4 if part != whole else 3))


def _says(text: str, part: str) -> bool:
    """Without a pattern: `re` keeps the patterns that it made, and this one would be somebody's name."""
    text, part = text.casefold(), part.casefold()
    place = text.find(part)
    while place >= 0:
        if not part.isascii() or _stands_alone(text, place, place + len(part)):
            return True
        place = text.find(part, place + 1)
    return False


def _stands_alone(text: str, start: int, end: int) -> bool:
    around = text[max(start - 1, 0) : start] + text[end : end + 1]
    return not any(character.isalnum() or character == "_" for character in around)


def _is_phone(digits: str) -> bool:
    """A Thai number, at home (02 123 4567, 081 234 5678) or from abroad (66…)."""
    return bool(re.fullmatch(r"0[2-9]\d{7,8}|66[2-9]\d{7,8}", digits))


def _shared(numbers: set[str], given: str, at_least: int) -> bool:
    """Whether a number of at least so many digits stands in both."""
    own = {re.sub(r"\D", "", number) for number in _NUMBER.findall(_plain(given))}
    return any(len(number) >= at_least for number in own & numbers)
