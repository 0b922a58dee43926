"""The mailbox: what a reporter reaches with their receipt. Their grants are like anybody's; their entries bear the day alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from complaints.errors import NotFound, Refused
from complaints.models import Case, Channel
from complaints.policy import Reporter
from complaints.services import (
    act_items,
    acts,
    case_flow,
    case_reading,
    casework,
    data_requests,
    keyrings,
    messages,
    own_case,
    questions,
    read_marks,
    records,
    taken_down,
    withdrawals,
)
from complaints.services.case_flow import Feedback
from complaints.services.casework import FileLine, OpenedFile
from complaints.services.data_requests import RequestLine
from complaints.services.keys import SessionKeys
from complaints.services.questions import Answer
from complaints.services.records import OpenedRecord
from complaints.services.taken_down import TakenDown
from complaints.services.unit import Unit
from complaints.services.uploads import StagedFile
from complaints.services.withdrawals import WithdrawalLine
from complaints.vocabulary import ASKED, CaseStatus, Event, RecordKind, ReportField
from crypto import Receipt


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message as the reporter sees it. `author` is the reader's number in this case ("Investigator 2"), None for the reporter."""

    from_reporter: bool
    author: int | None
    day: date
    text: str = field(repr=False)
    read: bool
    """By the other side."""
    files: tuple[FileLine, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A case as its reporter sees it."""

    reference: str
    channel_th: str
    channel_en: str
    status: CaseStatus
    received: date
    acknowledge_by: date
    acknowledged: date | None
    feedback_by: date
    closed: date | None
    notice_version: int
    feedback: tuple[Feedback, ...]
    """What came of it, each time it was closed."""
    about: case_reading.About | None = field(repr=False)
    answers: dict[ReportField, str] = field(repr=False)
    asked: tuple[Answer, ...] = field(repr=False)
    """What the channel's own questions were answered with."""
    excluded: tuple[str, ...] = field(repr=False)
    """Names of those who must not see it."""
    excluded_words: str = field(repr=False)
    messages: tuple[MessageLine, ...] = field(repr=False)
    files: tuple[FileLine, ...] = field(repr=False)
    """The reporter's own, whatever they came with."""
    kept_apart: int
    """How many more of their files lie with their name alone: no clean copy is among `files`."""
    withdrawals: tuple[WithdrawalLine, ...]
    """What went with their name, each time they withdrew it and files did."""
    requests: tuple[RequestLine, ...]
    identity_withdrawn: date | None
    """The day on which they withdrew who they are, while they have not said it again."""
    taken_down: TakenDown | None
    """How it came, when staff took it down."""
    taken_down_by: int | None
    """The number of whoever did."""
    problems: tuple[str, ...]
    """What could not be shown, said aloud: see `records.open_all`."""


def find_case(unit: Unit, receipt: Receipt) -> bytes | None:
    """The case that this receipt opens; None when unknown or erased."""
    lookup = receipt.lookup_hash()
    case = unit.session.scalar(select(Case).where(Case.receipt_hash == lookup))
    if case is None:
        return None
    # The receipt itself names the case, or the last of the receipts that took the place of the one that does: a lookup hash moved to
    # another case finds nothing, and neither does a receipt that was given up.
    try:
        known = acts.reporters(unit, case)[-1].reporter
    except Refused:
        return None
    return case.id if known == act_items.KnownReporter(lookup, act_items.public_keys_of(receipt.seed())) else None


def is_one_time(unit: Unit, case_id: bytes) -> bool:
    """Whether the receipt of a case that was just found is good for nothing but an exchange: staff know it."""
    return acts.is_one_time(unit, unit.session.get_one(Case, case_id))


def read_mailbox(unit: Unit, reporter: Reporter, keys: SessionKeys) -> Mailbox:
    """What was sent and what was answered. Raises NotFound, Refused."""
    case, keyring = own_case.fetch(unit, reporter, keys)
    channel = unit.session.get_one(Channel, case.channel_id)
    opened, problems = records.open_all(unit, case, keyring)
    read = read_marks.read_up_to(opened, by_reporter=False, case=case.id)
    mark = read_marks.renew(unit, case, keyring, case.id, keys, opened)
    unit.enter_later(Event.MAILBOX_OPENED, role="reporter", case=case.id.hex(), **({"writes": mark} if mark else {}))
    sent = casework.files_by_message(opened)
    came = taken_down.of_case(unit, case, opened)
    files = casework.reporters_files(unit, case, opened)
    exclusions = next((record for record in opened if record.kind is RecordKind.EXCLUSIONS), None)
    answers = next((record for record in opened if record.kind is RecordKind.REPORT), None)
    withdrawn = keyrings.standing_withdrawal(unit, case)
    return Mailbox(
        reference=case.reference,
        channel_th=channel.name_th,
        channel_en=channel.name_en,
        status=CaseStatus(case.status),
        received=case.received,
        acknowledge_by=case.acknowledge_by,
        acknowledged=case.acknowledged,
        feedback=case_flow.feedback_of(opened),
        feedback_by=case.feedback_by,
        closed=case.closed,
        notice_version=case.notice_version,
        about=case_reading.about_of(unit, case, exclusions) if exclusions else None,
        answers={name: answers.text(name) for name in ReportField} if answers else {},
        asked=questions.decode(answers.fields.get(ASKED, b"")) if answers else (),
        excluded=case_reading.excluded_names_of(unit, exclusions) if exclusions else (),
        excluded_words=exclusions.text("words") if exclusions else "",
        messages=tuple(
            _message(unit, case, record, read, sent) for record in opened if record.kind is RecordKind.MESSAGE
        ),
        files=files,
        kept_apart=len(casework.kept_apart(unit, case, files)),
        withdrawals=withdrawals.lines_of(opened),
        requests=data_requests.lines_of(opened),
        identity_withdrawn=withdrawn.made if withdrawn else None,
        taken_down=came,
        taken_down_by=casework.pseudonym_of(unit, case.id, came.by) if came else None,
        problems=tuple(problems),
    )


def write_message(
    unit: Unit, reporter: Reporter, keys: SessionKeys, text: str, files: Sequence[StagedFile] = ()
) -> None:
    """Writes to whoever holds the case: words, files or both. Raises NotFound, Invalid, UploadRefused for a file that waited too long."""
    casework.take_turns(unit, reporter.case)
    case, keyring = own_case.fetch(unit, reporter, keys)
    sealed = messages.seal(case.id, keyring, case.id, keys, text, files)
    writes = messages.store(unit, case.id, sealed, files)
    casework.touch(unit, case)
    unit.enter_later(Event.MESSAGE_RECEIVED, role="reporter", case=case.id.hex(), writes=writes)


def open_own_file(unit: Unit, reporter: Reporter, keys: SessionKeys, file_id: bytes) -> OpenedFile:
    """One of the files that the reporter sent or was sent, ready to be streamed after the commit. Raises NotFound, Refused."""
    case, keyring = own_case.fetch(unit, reporter, keys)
    opened = casework.open_file_record(unit, case, keyring, file_id)
    if opened is None:
        raise NotFound
    unit.enter_later(Event.FILE_OPENED, role="reporter", case=case.id.hex(), subject=f"file:{file_id.hex()}")
    return opened


def _message(
    unit: Unit, case: Case, record: OpenedRecord, read: int, sent: Mapping[bytes, tuple[FileLine, ...]]
) -> MessageLine:
    own = record.author == case.id
    author = None if own else casework.pseudonym_of(unit, case.id, record.author)
    return MessageLine(
        own, author, record.made, record.text("text"), not own or record.number <= read, sent.get(record.id, ())
    )
