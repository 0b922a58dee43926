"""Asking the reporter of a closed case, 30, 90, 180 and 365 days later, whether they were made to suffer for what they said.

Nothing is stored to ask: the question stands in the mailbox from its day until the next one's. The answer is a message like any other, whose
first line says which question it answers and how; so neither table nor log tells it from other messages.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from complaints.errors import Conflict, Invalid
from complaints.policy import Reporter
from complaints.services import casework, mailbox, messages
from complaints.services.keys import SessionKeys
from complaints.services.mailbox import Mailbox
from complaints.services.unit import Unit
from complaints.vocabulary import CheckIn, Locale

DAYS = (30, 90, 180, 365)
"""After a case was closed."""
LAST = timedelta(days=2 * DAYS[-1])
"""How long after the closing the last question stands."""

_LINES = {
    Locale.THAI: {
        CheckIn.SAFE: "{days} วันหลังปิดเรื่อง: ไม่มีใครทำอะไรฉันเพราะเรื่องนี้",
        CheckIn.UNSURE: "{days} วันหลังปิดเรื่อง: ไม่แน่ใจว่ามีใครทำอะไรฉันเพราะเรื่องนี้หรือไม่",
        CheckIn.HARMED: "{days} วันหลังปิดเรื่อง: มีคนทำให้ฉันเดือดร้อนเพราะเรื่องนี้",
    },
    Locale.ENGLISH: {
        CheckIn.SAFE: "{days} days after it was closed: nobody has done anything to me because of it.",
        CheckIn.UNSURE: "{days} days after it was closed: I am not sure whether somebody has done something to me because of it.",
        CheckIn.HARMED: "{days} days after it was closed: somebody has made me suffer because of it.",
    },
}


@dataclass(frozen=True, slots=True)
class Answered:
    days: int
    answer: CheckIn
    day: date


@dataclass(frozen=True, slots=True)
class CheckIns:
    """`asked`: the question that stands today and has no answer, in days after the closing; `ahead`: the day of the next one."""

    asked: int | None = None
    ahead: date | None = None
    answered: tuple[Answered, ...] = ()


def of_case(closed: date | None, said: Iterable[tuple[date, str]], today: date) -> CheckIns:
    """`said`: the reporter's messages, each with its day. Nothing is asked while a case is open."""
    if closed is None:
        return CheckIns()
    answered = tuple(found for day, text in said if day >= closed and (found := _read(day, text)))
    passed = [days for days in DAYS if closed + timedelta(days=days) <= today]
    stands = passed[-1] if passed and today < closed + LAST else None
    ahead = next((closed + timedelta(days=days) for days in DAYS if days not in passed), None)
    done = {answer.days for answer in answered}
    return CheckIns(None if stands in done else stands, ahead, answered)


def of_mailbox(box: Mailbox, today: date) -> CheckIns:
    return of_case(box.closed, [(line.day, line.text) for line in box.messages if line.from_reporter], today)


def answer(
    unit: Unit, reporter: Reporter, keys: SessionKeys, days: int, said: CheckIn, words: str, locale: Locale
) -> None:
    """Sends the answer as a message. Raises NotFound, Invalid (too-long), Conflict when this is not asked, or was answered."""
    casework.take_turns(unit, reporter.case)
    box = mailbox.read_mailbox(unit, reporter, keys)
    if days != of_mailbox(box, unit.today).asked:
        raise Conflict("this is not asked any more")
    text = "\n\n".join(filter(None, [_LINES[locale][said].format(days=days), words.strip()]))
    if len(text) > messages.LIMIT:
        raise Invalid({"text": "too-long"})
    mailbox.write_message(unit, reporter, keys, text)


def _read(day: date, text: str) -> Answered | None:
    first = text.partition("\n")[0]
    for days in DAYS:
        for lines in _LINES.values():
            for said, line in lines.items():
                if first == line.format(days=days):
                    return Answered(days, said, day)
    return None
