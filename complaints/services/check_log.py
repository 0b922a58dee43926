"""What the access log, and the queue before it, say was written: what `complaints check` holds the database against."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from heapq import merge
from itertools import groupby
from operator import itemgetter

from sqlalchemy import and_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from complaints.errors import DomainError, Refused
from complaints.models import LogCase, LogField, LogPending
from complaints.services import channels, data_requests, log_reading, new_keys
from complaints.services.access_log import AccessLog, cases_among
from complaints.vocabulary import AccountState, Ending, Event
from crypto import CryptoError

BLOCK = 500

UNREADABLE = (
    ArithmeticError,
    AttributeError,
    CryptoError,
    DomainError,
    LookupError,
    SQLAlchemyError,
    TypeError,
    ValueError,
)
"""What reading a row can raise when somebody has left anything at all there: SQLite takes any type in any column."""

_OF_REQUESTS = {Event.APPROVAL_ASKED, Event.APPROVAL_CONFIRMED, Event.APPROVAL_DECLINED}

_OF_INVITATIONS = {Event.INVITED, Event.INVITATION_TAKEN, Event.INVITATION_TAKEN_BACK}

_OF_STATES = {
    Event.ACCOUNT_CREATED: AccountState.ACTIVE,
    Event.ACCOUNT_SUSPENDED: AccountState.SUSPENDED,
    Event.ACCOUNT_REINSTATED: AccountState.ACTIVE,
}
_OF_LOCKS = {Event.ACCOUNT_CREATED, Event.PASSPHRASE_CHANGED, Event.RECOVERED, Event.KEYS_RENEWED}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit: where, and what. Ids in hex; no content, for there is none to be had."""

    area: str
    what: str


@dataclass
class Logged:
    """What the access log, and the queue before it, say was written."""

    acts: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Act id to its digest, and its day."""
    records: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Record id to newest revision and its digest."""
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    """File id to chunk count and digest."""
    erased: dict[str, int] = field(default_factory=dict)
    """Record id to the revision it had when its reporter withdrew it."""
    cases: set[str] = field(default_factory=set)
    erased_cases: set[str] = field(default_factory=set)
    """Ids of cases of which an entry says that they were erased whole. Not believed before it is proven: see `check_erased`."""
    tests: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Case id of a test report to its channel, its day, and the hash of the roster that it was sealed to."""
    tests_opened: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Channel id to the day on which a lead last said that everything of a test opens, who, and the roster it had been sealed to."""
    case_states: dict[str, str] = field(default_factory=dict)
    """Case id to its clear side, as it was last said."""
    roles: dict[str, str] = field(default_factory=dict)
    """Account id to its roles, as they were last given."""
    states: dict[str, str] = field(default_factory=dict)
    """Account id to its state."""
    deadlines: dict[str, str] = field(default_factory=dict)
    """Channel id to its days to acknowledge and to give feedback."""
    questions: dict[str, str] = field(default_factory=dict)
    """Question id to the digest of what it asks."""
    retired: set[str] = field(default_factory=set)
    """Ids of questions that are asked no more."""
    processors: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Processor id to the digests of what the register said of it, version by version."""
    texts: dict[str, str] = field(default_factory=dict)
    """Version of the undertaking to the digest of its texts."""
    signed: set[tuple[str, str]] = field(default_factory=set)
    """Versions of the undertaking, each with the account that signed it."""
    notices: dict[str, str | None] = field(default_factory=dict)
    """Version of the notice to the digest of its texts; None where an entry of an older program does not say it."""
    notice_pages: dict[str, str] = field(default_factory=dict)
    """Version of the notice to the digest of the whole of it."""
    locks: dict[str, str] = field(default_factory=dict)
    """Account id to the SHA-256 of its locked seed."""
    recoveries: dict[str, str] = field(default_factory=dict)
    """Account id to the digest of what its owner last prepared for a lost passphrase."""
    lapsed: dict[str, dict[tuple[str, str], int]] = field(default_factory=lambda: defaultdict(dict))
    """Case id to account id and compartment, to the epoch up to which grants ended with keys that were lost."""
    pseudonyms: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """Case id to account id to the number under which the account first did something there."""
    invitations: dict[str, dict[str, str | None]] = field(default_factory=dict)
    """Invitation's lookup to the events about it, each with its digest."""
    comments: dict[str, str] = field(default_factory=dict)
    """Comment id to the digest of what was stored."""
    comment_states: dict[str, str] = field(default_factory=dict)
    """Comment id to what was decided about it."""
    comments_read: set[str] = field(default_factory=set)
    tasks: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Task id to its case, whose it is, and its day."""
    tasks_done: dict[str, str] = field(default_factory=dict)
    """Task id to the day on which somebody said that it is done."""
    data_requests: dict[str, dict[str, date]] = field(default_factory=lambda: defaultdict(dict))
    """Case id to record id of each request about the reporter's data, to the day by which it is to be decided."""
    data_decided: set[str] = field(default_factory=set)
    """Record ids of those that were decided."""
    requests: dict[str, dict[str, str]] = field(default_factory=dict)
    """Approval id to the events about it, each with its digest."""
    queued: set[str] = field(default_factory=set)
    """Ids of the rows in which entries waited for their day to end, and of those that still do."""
    repeated: set[str] = field(default_factory=set)
    """What is said to have been written twice: a queued entry that had joined the log was queued again."""

    def take(self, fields: Mapping[str, str]) -> None:
        event = fields.get("event")
        self._take_account(event, fields)
        self._take_queued(fields.get("queued"))
        if event in {Event.REPORT_RECEIVED, Event.REPORT_TAKEN_DOWN, Event.REPORT_REHEARSED}:
            self.cases.add(fields["case"])
        self._take_test(event, fields)
        if "state" in fields:
            self._take_case_state(fields)
        self._take_settings(event, fields)
        self._take_comments(event, fields)
        if event in _OF_REQUESTS:
            self.requests.setdefault(fields["subject"].partition(":")[2], {})[str(event)] = fields["digest"]
        if event in _OF_INVITATIONS and "subject" in fields:
            about = self.invitations.setdefault(fields["subject"].partition(":")[2], {})
            about[str(event)] = fields.get("digest")
        self._take_task(event, fields)
        self._take_data_request(event, fields)
        if "act" in fields:
            self.acts[fields["act"]] = (fields["digest"], fields["day"])
        if "pseudonym" in fields:
            self.pseudonyms[fields["case"]].setdefault(fields["actor"], fields["pseudonym"])
        for line in filter(None, fields.get("writes", "").split("\n")):
            self._take_write(*line.split(":"))

    def _take_test(self, event: str | None, fields: Mapping[str, str]) -> None:
        if event == Event.REPORT_REHEARSED:
            self.tests[fields["case"]] = (fields["channel"], fields["day"], fields["reason"])
        if event == Event.CASE_ERASED:
            self.erased_cases.add(fields["case"])
            if fields["reason"] == Ending.OPENED and fields["case"] in self.tests:
                channel, _begun, roster = self.tests[fields["case"]]
                self.tests_opened[channel] = (fields["day"], fields["actor"], roster)

    def forget(self, acts: Iterable[str], records: Collection[str], files: Iterable[str]) -> None:
        """What an erased case had brought is to be gone. A task bears its record's id."""
        tables = (
            (self.acts, acts),
            (self.records, records),
            (self.files, files),
            (self.tasks, records),
            (self.tasks_done, records),
        )
        for known, ids in tables:
            for id_ in ids:
                known.pop(id_, None)

    def _take_settings(self, event: str | None, fields: Mapping[str, str]) -> None:
        if event == Event.UNDERTAKING_PUBLISHED:
            self.texts[fields["subject"]] = fields["digest"]
        if event == Event.UNDERTAKING_SIGNED:
            self.signed.add((fields["subject"], fields["actor"]))
        if event in {Event.NOTICE_PUBLISHED, Event.NOTICE_RENEWED}:
            self.notices[fields["subject"]] = fields.get("digest")
        if event == Event.NOTICE_KEPT:
            self.notice_pages[fields["subject"]] = fields["digest"]
        if event == Event.QUESTION_ADDED:
            self.questions[fields["subject"].partition(":")[2]] = fields["digest"]
        if event == Event.QUESTION_RETIRED:
            self.retired.add(fields["subject"].partition(":")[2])
        if event in {Event.PROCESSOR_ADDED, Event.PROCESSOR_CHANGED}:
            self.processors[fields["subject"].partition(":")[2]].append(fields["digest"])
        if event == Event.CHANNEL_CREATED:
            days = channels.deadlines_text(channels.ACKNOWLEDGE_DAYS, channels.FEEDBACK_DAYS)
            self.deadlines[fields["subject"].partition(":")[2]] = days
        if event == Event.DEADLINES_CHANGED:
            self.deadlines[fields["subject"].partition(":")[2]] = fields["reason"].rpartition("->")[2].strip()

    def _take_comments(self, event: str | None, fields: Mapping[str, str]) -> None:
        """What is decided of a comment on the day it came is logged before its own entry, which joins when that day has ended."""
        ids = [word.partition(":")[2] for word in fields.get("subject", "").split() if word.startswith("comment:")]
        if event == Event.COMMENT_RECEIVED:
            self.comments[ids[0]] = fields["digest"]
        elif event == Event.COMMENT_READ:
            self.comments_read.update(ids)
        elif event == Event.COMMENT_DECIDED:
            self.comment_states |= dict.fromkeys(ids, fields["reason"])

    def _take_account(self, event: str | None, fields: Mapping[str, str]) -> None:
        if event in {Event.ACCOUNT_CREATED, Event.ROLES_CHANGED}:
            self.roles[fields["subject"]] = fields["reason"].rpartition("->")[2].strip()
        if event in _OF_STATES:
            self.states[fields["subject"]] = _OF_STATES[Event(event)]
        if event in _OF_LOCKS and "digest" in fields:
            self.locks[fields["subject"]] = fields["digest"]
        if event == Event.RECOVERY_PREPARED:
            self.recoveries[fields["actor"]] = fields["digest"]
        if event == Event.KEYS_RENEWED:
            self.recoveries.pop(fields["subject"], None)
        if event == Event.KEYS_LAPSED:
            for compartment, epoch in new_keys.read_lapsed(fields["reason"]).items():
                self.lapsed[fields["case"]][fields["subject"], compartment] = epoch

    def _take_task(self, event: str | None, fields: Mapping[str, str]) -> None:
        if event == Event.TASK_SET:
            task = fields["writes"].split(":")[1]
            self.tasks[task] = (fields["case"], fields["subject"], fields["reason"])
        if event == Event.TASK_DONE:
            self.tasks_done[fields["subject"].partition(":")[2]] = fields["day"]

    def _take_data_request(self, event: str | None, fields: Mapping[str, str]) -> None:
        """What is decided on the day it was asked is logged before its own entry, which joins when that day has ended."""
        if event == Event.DATA_REQUESTED:
            record = fields["writes"].split(":")[1]
            last = date.fromisoformat(fields["day"]) + data_requests.ANSWERED_WITHIN
            self.data_requests[fields["case"]][record] = last
        if event == Event.DATA_DECIDED:
            self.data_decided.add(fields["subject"].partition(":")[2])

    def answer_by(self, case: str) -> date | None:
        """By when the first of a case's requests is to be decided that is not."""
        asked = self.data_requests[case]
        return min((last for record, last in asked.items() if record not in self.data_decided), default=None)

    def _take_queued(self, row: str | None) -> None:
        if row in self.queued:
            self.repeated.add(f"what was queued as {row}")
        elif row is not None:
            self.queued.add(row)

    def _take_case_state(self, fields: Mapping[str, str]) -> None:
        """A report's own entry joins the log when its day has ended: what staff did meanwhile is newer."""
        if fields["event"] != Event.REPORT_RECEIVED or fields["case"] not in self.case_states:
            self.case_states[fields["case"]] = fields["state"]

    def _take_write(self, kind: str, name: str, number: str, digest: str) -> None:
        if kind == "erased":
            self.erased[name] = int(number)
            return
        known = self.records if kind == "record" else self.files
        if known.get(name) == (int(number), digest):
            self.repeated.add(f"{kind} {name}")
        elif name not in known or int(number) >= known[name][0]:
            known[name] = (int(number), digest)


def of_index(session: Session) -> Iterator[Finding]:
    """What finds an entry by one of several cases that it names must say what the entry says."""
    event, subject = aliased(LogField), aliased(LogField)
    named = (
        select(event.entry, subject.value)
        .join(subject, and_(subject.entry == event.entry, subject.name == "subject"))
        .where(log_reading.holds(event, "event", Event.CASES_SEARCHED.encode()))
        .order_by(event.entry)
        .execution_options(yield_per=BLOCK)
    )
    found = select(LogCase.entry, LogCase.about).order_by(LogCase.entry).execution_options(yield_per=BLOCK)
    told = ((entry, None if value is None else _cases_in(value)) for entry, value in session.execute(named))
    indexed = (
        (entry, frozenset(about for _, about in rows))
        for entry, rows in groupby(session.execute(found), lambda row: row.entry)
    )
    for entry, both in groupby(merge(told, indexed, key=itemgetter(0)), itemgetter(0)):
        says = [cases for _, cases in both]
        if None in says:
            continue  # what it named has expired
        if len(says) != 2 or says[0] != says[1]:
            yield Finding("log", f"entry {entry} is not found by the cases that it names")


def _cases_in(value: bytes) -> frozenset[bytes]:
    try:
        return cases_among(Event.CASES_SEARCHED, value.decode())
    except ValueError:
        return frozenset()


def read_log(session: Session, access_log: AccessLog, logged: Logged) -> Iterator[Finding]:
    names = (
        "event",
        "day",
        "actor",
        "pseudonym",
        "case",
        "channel",
        "subject",
        "reason",
        "act",
        "digest",
        "writes",
        "queued",
        "state",
    )
    rows = session.execute(
        select(LogField.entry, LogField.name, LogField.value)
        .where(LogField.name.in_(names), LogField.value.is_not(None))
        .order_by(LogField.entry, LogField.number)
        .execution_options(yield_per=BLOCK)
    )
    for position, fields in groupby(rows, lambda row: row.entry):
        try:
            logged.take({name: (value or b"").decode() for _, name, value in fields})
        except UNREADABLE as error:
            yield Finding("log", f"entry {position} cannot be read ({type(error).__name__})")
    for row in session.execute(select(LogPending.id, LogPending.day, LogPending.fields, LogPending.signature)):
        try:
            queued = access_log.read_queued(row.id, row.day, row.fields, row.signature)
        except Refused:
            yield Finding("log", f"queued entry {row.id.hex()} is not as it was queued")
            continue
        logged.take({"event": queued.event, **queued.fields, "queued": row.id.hex()})
    for what in sorted(logged.repeated):
        yield Finding("log", f"{what} is entered twice")
    for position in session.scalars(select(LogField.entry).where(LogField.value.is_(None)).distinct()):
        yield Finding("log", f"entry {position} was blanked in part, and nothing here lets a field expire yet")
