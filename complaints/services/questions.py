"""Questions that a channel asks beside those of every report: administrators add and retire them, reporters answer them or not.

A question never changes, so that what somebody answered stays what they were asked. An answer is sealed with the wording of its
question, in the record of the compartment that the question names.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from hashlib import sha256

from sqlalchemy import select

from complaints.errors import Conflict, Invalid, NotFound, Refused
from complaints.models import Base, Channel, QuestionRow, new_id
from complaints.policy import Staff
from complaints.services import organisation, vouching
from complaints.services.unit import Unit
from complaints.vocabulary import CompartmentName, Event, Locale, QuestionKind
from crypto import Malformed, decode_parts, encode_parts

WORDING_LIMIT = 150
PURPOSE_LIMIT = 300
CHOICES_LIMIT = 12
LIMITS = {CompartmentName.REPORT: 10, CompartmentName.IDENTITY: 3}
"""Questions that a channel asks at a time; those of `identity` share a field of one size."""
SHARE = 1_300
"""Bytes of an answer with its wording: three fit into a field of `ASKED_FIELD_SIZE`, with room to spare."""

DECLINED = "-"
"""The choice of whoever would rather not say."""
_FIELD = re.compile(r"q-([0-9a-f]{32})")
_VERSION = b"\x01"
_BUDDHIST_ERA = 543
_QUESTION = Base.metadata.tables["question"]


@dataclass(frozen=True, slots=True)
class Wording:
    """What an administrator asks, and what for. `choices_th`, `choices_en`: as many of one as of the other; none unless to choose from."""

    kind: QuestionKind
    compartment: CompartmentName
    required: bool
    wording_th: str
    wording_en: str
    purpose_th: str
    purpose_en: str
    choices_th: str = ""
    choices_en: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as its row says, with the server's word for it."""

    id: bytes
    channel_id: bytes
    position: int
    kind: str
    compartment: str
    required: bool
    wording_th: str
    wording_en: str
    purpose_th: str
    purpose_en: str
    choices_th: str
    choices_en: str
    added: date
    retired: date | None
    vouched: bytes

    def wording(self, locale: Locale) -> str:
        return self.wording_th if locale == Locale.THAI else self.wording_en

    def purpose(self, locale: Locale) -> str:
        return self.purpose_th if locale == Locale.THAI else self.purpose_en

    def choices(self, locale: Locale) -> list[str]:
        return (self.choices_th if locale == Locale.THAI else self.choices_en).splitlines()


_ALL = select(*(_QUESTION.c[column.name] for column in fields(Question))).order_by(_QUESTION.c.position)


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered, with what they were asked. A date is in ISO form if it could be read as one."""

    question: bytes
    kind: QuestionKind
    wording_th: str = field(repr=False)
    wording_en: str = field(repr=False)
    text_th: str = field(repr=False)
    text_en: str = field(repr=False)

    def wording(self, locale: Locale) -> str:
        return self.wording_th if locale == Locale.THAI else self.wording_en

    def text(self, locale: Locale) -> str:
        return self.text_th if locale == Locale.THAI else self.text_en

    def typed(self, locale: Locale) -> str:
        """As somebody could have typed it, to be corrected."""
        day = read_day(self.text_th) if self.kind is QuestionKind.DATE else None
        if day is None:
            return self.text(locale)
        return f"{day.day}/{day.month}/{day.year + (_BUDDHIST_ERA if locale == Locale.THAI else 0)}"

    def to_bytes(self) -> bytes:
        texts = (self.kind, self.wording_th, self.wording_en, self.text_th)
        other = b"" if self.text_en == self.text_th else self.text_en.encode()
        return encode_parts(self.question, *(text.encode() for text in texts), other)


def every(unit: Unit, channel: bytes) -> list[Question]:
    """A channel's questions in the order they are asked, the retired ones too. Raises NotFound, Refused."""
    if unit.session.get(Channel, channel) is None:
        raise NotFound
    return [question for question in _questions(unit) if question.channel_id == channel]


def asked_now(unit: Unit) -> list[Question]:
    """Of all channels. Raises Refused when one was changed past the system."""
    return [question for question in _questions(unit) if question.retired is None]


def of_channel(unit: Unit, channel: bytes | None) -> list[Question]:
    """Those that a report to this channel is asked."""
    return [question for question in asked_now(unit) if question.channel_id == channel]


def _questions(unit: Unit) -> Sequence[Question]:
    return unit.once("questions", lambda: _find(unit))


def _find(unit: Unit) -> Sequence[Question]:
    found = [Question(*row) for row in unit.run(_ALL)]
    for question in found:
        vouching.require(_word(unit, question), question.vouched, "a question")
    return found


def add(unit: Unit, actor: Staff, channel: bytes, asked: Wording) -> bytes:
    """Asked last of its channel's, from now on. Raises NotFound, Invalid ("missing", "too-long", "too-many", "few", "uneven")."""
    present = every(unit, channel)
    _require_sense(asked, [question for question in present if question.retired is None])
    row = QuestionRow(
        id=new_id(),
        channel_id=channel,
        position=max((question.position for question in present), default=0) + 1,
        added=unit.today,
        retired=None,
        **{column.name: getattr(asked, column.name) for column in fields(Wording)},
    )
    row.vouched = _word(unit, row)
    unit.session.add(row)
    unit.session.flush()
    unit.known.clear()
    _enter(unit, Event.QUESTION_ADDED, actor, row)
    return row.id


def retire(unit: Unit, actor: Staff, channel: bytes, question: bytes) -> None:
    """It is asked no more; what was answered stays. Raises NotFound, Conflict when it is retired already."""
    if all(known.id != question for known in every(unit, channel)):
        raise NotFound
    row = unit.session.get_one(QuestionRow, question)
    if row.retired is not None:
        raise Conflict("the question is retired already")
    row.retired = unit.today
    row.vouched = _word(unit, row)
    unit.session.flush()
    unit.known.clear()
    _enter(unit, Event.QUESTION_RETIRED, actor, row)


def _enter(unit: Unit, event: Event, actor: Staff, row: QuestionRow) -> None:
    subject = f"question:{row.id.hex()}"
    unit.enter(event, actor, channel=row.channel_id.hex(), subject=subject, digest=digest_of(row))


def _word(unit: Unit, row: Question | QuestionRow) -> bytes:
    return vouching.for_question(unit.secrets, row.id, digest_of(row), row.retired)


def digest_of(row: Question | QuestionRow) -> str:
    """Hex SHA-256 over everything that a question says: what the access log holds of it. Whether it is retired, another entry tells."""
    said = [str(getattr(row, name)).encode() for name in ("position", "required", *_TEXTS)]
    return sha256(encode_parts(row.id, row.channel_id, row.added.isoformat().encode(), *said)).hexdigest()


_TEXTS = ("kind", "compartment", "wording_th", "wording_en", "purpose_th", "purpose_en", "choices_th", "choices_en")


def _require_sense(asked: Wording, present: Sequence[Question]) -> None:
    wordings = {"wording_th": asked.wording_th, "wording_en": asked.wording_en}
    organisation.check_texts(wordings, WORDING_LIMIT)
    organisation.check_texts({"purpose_th": asked.purpose_th, "purpose_en": asked.purpose_en}, PURPOSE_LIMIT)
    thai, english = asked.choices_th.splitlines(), asked.choices_en.splitlines()
    if asked.kind is QuestionKind.CHOICE:
        if len(thai) < 2:
            raise Invalid({"choices_th": "few"})
        if len(thai) != len(english):
            raise Invalid({"choices_en": "uneven"})
        organisation.check_texts({"choices_th": max(thai, key=len), "choices_en": max(english, key=len)}, WORDING_LIMIT)
        if len(thai) > CHOICES_LIMIT:
            raise Invalid({"choices_th": "too-many"})
    if sum(question.compartment == asked.compartment for question in present) >= LIMITS[asked.compartment]:
        raise Invalid({"compartment": "too-many"})


# -- Answers ---------------------------------------------------------------------------------------------------------


def given(asked: Iterable[Question], texts: Mapping[bytes, str]) -> list[Answer]:
    """The answers to these questions, for those that were answered. `texts`: by question; of a choice its number, from 1."""
    return [_answer(question, texts[question.id]) for question in asked if is_answered(question, texts)]


def field_of(question: bytes) -> str:
    """The name under which a form brings the answer, and a problem with it is told."""
    return f"q-{question.hex()}"


def question_of(name: str) -> bytes:
    """The question that such a field belongs to; empty for any other name."""
    found = _FIELD.fullmatch(name)
    return bytes.fromhex(found[1]) if found else b""


def wordings(unit: Unit, names: Iterable[str], locale: Locale) -> dict[str, str]:
    """What is asked in these fields of a form, retired or not; only of questions that there are."""
    known = {field_of(question.id): question.wording(locale) for question in _questions(unit)}
    return {name: known[name] for name in names if name in known}


def is_answered(question: Question, texts: Mapping[bytes, str]) -> bool:
    text = texts.get(question.id, "").strip()
    if question.kind == QuestionKind.CHOICE:
        return text in {str(number) for number in range(1, len(question.choices_th.splitlines()) + 1)}
    return bool(text)


def is_declined(question: Question, texts: Mapping[bytes, str]) -> bool:
    """Whether somebody chose not to say: nothing is sealed of that, and nobody asks again."""
    return question.kind == QuestionKind.CHOICE and texts.get(question.id) == DECLINED


def is_readable(question: Question, text: str) -> bool:
    """Whether what was typed is what was asked for: a day, or words for one; a number. Whatever else stands there is kept as written."""
    if question.kind == QuestionKind.DATE:
        return read_day(text) is not None or any(symbol.isalpha() for symbol in text)
    if question.kind == QuestionKind.NUMBER:
        return text.strip().replace(",", "").replace(".", "", 1).isdecimal()
    return True


def too_long(asked: Iterable[Question], texts: Mapping[bytes, str]) -> list[bytes]:
    """The questions whose answers do not fit into their share of what is sealed."""
    longest = {CompartmentName.REPORT: 4 * SHARE, CompartmentName.IDENTITY: SHARE}
    return [
        question.id
        for question in asked
        if is_answered(question, texts)
        and len(_answer(question, texts[question.id]).to_bytes()) > longest[CompartmentName(question.compartment)]
    ]


def _answer(question: Question, text: str) -> Answer:
    th = en = text.strip()
    if question.kind == QuestionKind.CHOICE:
        number = int(th) - 1
        th, en = question.choices(Locale.THAI)[number], question.choices(Locale.ENGLISH)[number]
    elif question.kind == QuestionKind.DATE and (day := read_day(th)):
        th = en = day.isoformat()
    return Answer(question.id, QuestionKind(question.kind), question.wording_th, question.wording_en, th, en)


def read_day(text: str) -> date | None:
    """A day as people write it, day first, in either era and in any digits: `27/3/2569`, `27-3-2026`. None for anything else."""
    numbers = text.strip().replace("-", "/").replace(".", "/").split("/")
    if len(numbers) != 3 or not all(number.strip().isdecimal() and len(number.strip()) <= 4 for number in numbers):
        return None
    day, month, year = (int(number) for number in numbers)
    if day > 31:
        day, year = year, day
    try:
        return date(year - _BUDDHIST_ERA if year > 2400 else year, month, day) if year > 1800 else None
    except ValueError:
        return None


def encode(answers: Iterable[Answer]) -> bytes:
    """As they are sealed: 0x01 ‖ parts(answer…). Nothing where nothing was answered."""
    parts = [answer.to_bytes() for answer in answers]
    return _VERSION + encode_parts(*parts) if parts else b""


def decode(data: bytes) -> tuple[Answer, ...]:
    """Raises Refused for what `encode` never wrote."""
    if not data:
        return ()
    if data[:1] != _VERSION:
        raise Refused("answers of an unknown version")
    try:
        return tuple(_decoded(part) for part in decode_parts(data[1:]))
    except (Malformed, ValueError) as error:
        raise Refused("answers that cannot be read") from error


def corrected(answers: Iterable[Answer], texts: Mapping[bytes, str]) -> list[Answer]:
    """With other texts, by question, where there are some: as words, whatever was asked for. An empty one takes the answer away."""
    changed = (_corrected(answer, texts.get(answer.question)) for answer in answers)
    return [answer for answer in changed if answer.text_th]


def _corrected(answer: Answer, text: str | None) -> Answer:
    if text is None or text in {answer.typed(locale) for locale in Locale}:
        return answer
    return replace(answer, kind=QuestionKind.TEXT, text_th=text.strip(), text_en=text.strip())


def _decoded(part: bytes) -> Answer:
    question, *texts = decode_parts(part)
    kind, wording_th, wording_en, text_th, text_en = (text.decode() for text in texts)
    return Answer(question, QuestionKind(kind), wording_th, wording_en, text_th, text_en or text_th)
