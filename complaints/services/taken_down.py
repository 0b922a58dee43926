"""Reports that staff take down for somebody: by telephone, from a letter, in person.

Such a report is sealed as any other, for the same readers. Its receipt is known to whoever took it down, so it is good for one thing: to be
exchanged for one that the reporter alone knows. Until then it opens nothing else, here; in a stolen database it opens what its reporter
could. The reporter then reads what was written for them, and approves or corrects it: a record that they sign.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from complaints.errors import Conflict, Denied, Invalid, NotFound
from complaints.models import Case, new_id
from complaints.policy import Reporter, Staff
from complaints.services import acts, casework, own_case, records, routing, undertakings
from complaints.services.keys import SessionKeys
from complaints.services.records import SIGNATURE, OpenedRecord
from complaints.services.unit import Unit
from complaints.vocabulary import Event, RecordKind, Source, TranscriptCheck
from crypto import encode_parts

LIMIT = 10_000
"""Characters of a correction."""


@dataclass(frozen=True, slots=True)
class CheckLine:
    """What the reporter said of what was written for them. `of_this`: it is about the report that is there, word for word."""

    outcome: TranscriptCheck
    day: date
    of_this: bool
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TakenDown:
    """How a report came that staff took down. `one_time`: its first receipt, which they know, was not yet exchanged."""

    source: Source
    by: bytes
    day: date
    one_time: bool
    checks: tuple[CheckLine, ...]

    @property
    def approved(self) -> bool:
        return any(line.outcome is TranscriptCheck.APPROVED and line.of_this for line in self.checks)

    @property
    def corrected(self) -> date | None:
        """The day on which the reporter last said what is wrong or missing, if they approved nothing."""
        said = [line.day for line in self.checks if line.outcome is TranscriptCheck.CORRECTED and line.of_this]
        return max(said, default=None) if not self.approved else None


def require_able(unit: Unit, actor: Staff) -> None:
    """Whoever hears a report keeps it to themself: raises Denied for those who have not signed that."""
    if actor.account not in routing.ready_accounts(unit) or not undertakings.is_bound(unit, actor.account):
        raise Denied("sign the undertaking before you take a report down")


def of_case(unit: Unit, case: Case, opened: Sequence[OpenedRecord]) -> TakenDown | None:
    """None for a report that its reporter sent themself."""
    record = next((record for record in opened if record.kind is RecordKind.TAKEN_DOWN), None)
    report = next((record for record in opened if record.kind is RecordKind.REPORT), None)
    if record is None:
        return None
    words = _digest(report) if report else b""
    checks = (
        CheckLine(TranscriptCheck(r.text("outcome")), r.made, r.fields["of"] == words, r.text("text"))
        for r in opened
        if r.kind is RecordKind.TRANSCRIPT_CHECK
    )
    return TakenDown(
        source=Source(record.text("source")),
        by=record.fields["account"],
        day=record.made,
        one_time=acts.is_one_time(unit, case),
        checks=tuple(checks),
    )


def check(unit: Unit, reporter: Reporter, keys: SessionKeys, outcome: TranscriptCheck, text: str) -> None:
    """The reporter approves what was written for them, or says what is wrong. Once approved, it stays so.

    Raises NotFound for a report that they sent themself, Invalid ("missing", "too-long"), Conflict when it is approved already.
    """
    text = text.strip() if outcome is TranscriptCheck.CORRECTED else ""
    if outcome is TranscriptCheck.CORRECTED and not text:
        raise Invalid({"text": "missing"})
    if len(text) > LIMIT:
        raise Invalid({"text": "too-long"})
    casework.take_turns(unit, reporter.case)
    case, keyring = own_case.fetch(unit, reporter, keys)
    opened, _problems = records.open_all(unit, case, keyring)
    found = of_case(unit, case, opened)
    report = next((record for record in opened if record.kind is RecordKind.REPORT), None)
    if found is None or report is None:
        raise NotFound
    if found.approved:
        raise Conflict("it is approved already")
    sealed = records.seal(
        case.id,
        new_id(),
        RecordKind.TRANSCRIPT_CHECK,
        {"outcome": outcome.encode(), "text": text.encode(), "of": _digest(report)},
        epoch=keyring.newest,
        key=keyring.key,
        author=case.id,
        signing=keys.signing,
    )
    writes = records.store(unit, [sealed])
    casework.touch(unit, case)
    unit.enter_later(Event.TRANSCRIPT_CHECKED, role="reporter", case=case.id.hex(), writes=writes)


def _digest(report: OpenedRecord) -> bytes:
    """SHA-256 over the report's words: an approval is of these and no others."""
    named = (encode_parts(name.encode(), report.fields[name]) for name in sorted(report.fields) if name != SIGNATURE)
    return hashlib.sha256(encode_parts(report.id, *named)).digest()
