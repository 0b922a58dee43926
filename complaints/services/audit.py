"""The access log as an auditor reads it: entries with the names behind their ids. Reading is itself entered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from sqlalchemy import func, select

from complaints.errors import NotFound
from complaints.models import Account, Case, Channel, LogEntry, ProcessorRow
from complaints.models.base import ID_BYTES
from complaints.policy import Staff
from complaints.services import approvals, case_state, invitations, log_reading, log_word, references, rosters
from complaints.services.approvals import Asked
from complaints.services.log_reading import LogLine, Wanted
from complaints.services.log_verification import Verification
from complaints.services.rosters import Change
from complaints.services.unit import Unit
from complaints.vocabulary import Event


class Group(StrEnum):
    """Kinds of entry that belong together for whoever reads the log. What is searched for is logged, so a value keeps its meaning."""

    IDENTITY = "identities"
    READING = "reading"
    WORK = "work"
    KEYS = "keys"
    REPORTERS = "reporters"
    REFUSED = "refused"
    SIGNING_IN = "signing-in"
    PEOPLE = "people"
    ARRANGEMENTS = "arrangements"
    LOG = "log"


GROUPS: Mapping[Group, tuple[Event, ...]] = {
    Group.IDENTITY: (
        Event.IDENTITY_OPENED,
        Event.ORIGINAL_OPENED,
        Event.IDENTITY_REFUSED,
        Event.IDENTITY_ASKED,
        Event.IDENTITY_DECLINED,
    ),
    Group.READING: (
        Event.CASE_OPENED,
        Event.FILE_OPENED,
        Event.CASES_SEARCHED,
        Event.CASE_EXPORTED,
        Event.COMMENT_READ,
    ),
    Group.WORK: (
        Event.REPORT_TAKEN_DOWN,
        Event.MESSAGE_SENT,
        Event.NOTE_WRITTEN,
        Event.CASE_HANDLED,
        Event.CASE_CLOSED,
        Event.CASE_REOPENED,
        Event.CASE_ERASED,
        Event.CASE_LINKED,
        Event.CASE_UNLINKED,
        Event.CASE_MERGED,
        Event.CASE_UNMERGED,
        Event.TASK_SET,
        Event.TASK_DONE,
        Event.DATA_DECIDED,
        Event.COMMENT_DECIDED,
    ),
    Group.KEYS: (
        Event.CASE_ASSIGNED,
        Event.CASE_MOVED,
        Event.CASE_RECUSED,
        Event.CASE_REKEYED,
        Event.KEYS_LAPSED,
        Event.KEYS_HANDED_AGAIN,
        Event.ROSTER_SIGNED,
    ),
    Group.REPORTERS: (
        Event.REPORT_RECEIVED,
        Event.TRANSCRIPT_CHECKED,
        Event.MAILBOX_OPENED,
        Event.MESSAGE_RECEIVED,
        Event.IDENTITY_SEEN,
        Event.IDENTITY_GIVEN,
        Event.IDENTITY_WITHDRAWN,
        Event.RECEIPT_CHANGED,
        Event.DATA_REQUESTED,
        Event.DATA_TAKEN,
        Event.COMMENT_RECEIVED,
    ),
    Group.REFUSED: (
        Event.DENIED,
        Event.SIGN_IN_FAILED,
        Event.FACTOR_REFUSED,
        Event.PASSPHRASE_REFUSED,
    ),
    Group.SIGNING_IN: (
        Event.SIGNED_IN,
        Event.SIGNED_OUT,
        Event.FACTOR_GIVEN,
        Event.FACTOR_ADDED,
        Event.FACTOR_REMOVED,
        Event.PASSPHRASE_CHANGED,
        Event.ADDRESS_CHANGED,
        Event.RECOVERY_PREPARED,
        Event.RECOVERY_ASKED,
        Event.RECOVERY_RELEASED,
        Event.RECOVERY_DECLINED,
        Event.RECOVERED,
    ),
    Group.PEOPLE: (
        Event.INVITED,
        Event.INVITATION_TAKEN,
        Event.INVITATION_TAKEN_BACK,
        Event.ACCOUNT_CREATED,
        Event.ACCOUNT_SUSPENDED,
        Event.ACCOUNT_REINSTATED,
        Event.ROLES_CHANGED,
        Event.KEYS_DRAWN,
        Event.KEYS_RENEWED,
        Event.FACTORS_TAKEN,
        Event.APPROVAL_ASKED,
        Event.APPROVAL_CONFIRMED,
        Event.APPROVAL_DECLINED,
        Event.UNDERTAKING_SIGNED,
    ),
    Group.ARRANGEMENTS: (
        Event.CHANNEL_CREATED,
        Event.CHANNEL_CHANGED,
        Event.DEADLINES_CHANGED,
        Event.REPORT_REHEARSED,
        Event.QUESTION_ADDED,
        Event.QUESTION_RETIRED,
        Event.PROCESSOR_ADDED,
        Event.PROCESSOR_CHANGED,
        Event.UNDERTAKING_PUBLISHED,
        Event.NOTICE_PUBLISHED,
        Event.NOTICE_RENEWED,
        Event.NOTICE_KEPT,
    ),
    Group.LOG: (Event.LOG_READ, Event.LOG_VERIFIED, Event.STATISTICS_TAKEN),
}
"""Each kind stands in one group."""

INTACT, WRONG = "intact", "wrong"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries: of one kind or group of kinds, about one case, by or about one person, of one channel, of these days. An id is hex, as the log has it."""

    kind: Event | Group | None = None
    case: str | None = None
    person: str | None = None
    channel: str | None = None
    first: date | None = None
    last: date | None = None

    def wanted(self, also: Sequence[str] = (), versions: tuple[str, ...] = ()) -> Wanted:
        """`also`: what else the log calls the person by, beside their id. `versions`: hashes of the rosters' versions that concern them."""
        events = GROUPS[self.kind] if isinstance(self.kind, Group) else (self.kind,) if self.kind else ()
        values = {"case": self.case, "channel": self.channel}
        fields = {name: (value,) for name, value in values.items() if value}
        person = (self.person,) if self.person else ()
        either = {"actor": person, "subject": (*person, *also), log_reading.AMONG: person} if person else {}
        either |= {log_reading.ROSTER: versions} if versions else {}
        return Wanted(fields | ({"event": events} if events else {}), self.first, self.last, either)

    @property
    def entered(self) -> dict[str, str]:
        """How the log says what was looked for: kind and days as its reason, the person as what it concerned."""
        days = f"{self.first or ''}..{self.last or ''}" if self.first or self.last else ""
        reason = " ".join(word for word in (self.kind or "", days) if word)
        fields = {"case": self.case, "channel": self.channel, "subject": self.person, "reason": reason}
        return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class Names:
    """What ids (hex) stand for: clear metadata that is stored apart from the log. Nothing in the log vouches for a name."""

    accounts: dict[str, str]
    cases: dict[str, str]
    channels: dict[str, tuple[str, str]]
    """In Thai and in English."""
    processors: dict[str, tuple[str, str]]
    """As they are called now, in Thai and in English."""
    erased: dict[str, str]
    """References of test reports that are erased, as entries of the log's tree tell them."""
    requests: dict[str, Asked]
    """What a request says, by the digest that its entries hold: what is stored and has another digest is not here."""
    invitations: dict[str, str]
    """Whom an invitation that waits, or that was taken, was for."""
    rosters: dict[str, tuple[Change, ...]]
    """What a version of a roster changed, by its hash, which its entry holds."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first. `older` is what `before` is to be for the next page; None on the last.

    `cut`: the looking stopped at `older` before the page was full. There may be more.
    """

    lines: tuple[LogLine, ...]
    names: Names
    older: int | None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Verified:
    """What the log says of its last verification: of `size` entries, by whom (hex), and whether all was well. `since`: entries that came after those."""

    position: int
    moment: datetime
    by: str
    size: int
    intact: bool
    since: int


def find_case(unit: Unit, text: str) -> str | None:
    """The id (hex) of the case with this reference, or with this id as the log shows it; None when there is none."""
    wanted = text.strip()
    by_reference = unit.session.scalar(select(Case.id).where(Case.reference.in_(references.read(wanted))))
    if by_reference is not None:
        return by_reference.hex()
    id_ = _plain_id(wanted)
    return id_.hex() if id_ is not None else None


def people(unit: Unit) -> dict[str, str]:
    """Everybody who can have acted, by id (hex), sorted by name. Who bears another's name is told from them by how their id begins."""
    rows = unit.session.execute(
        select(Account.id, Account.display_name).order_by(Account.display_name, Account.id)
    ).all()
    names = [name for _id, name in rows]
    return {id_.hex(): name if names.count(name) == 1 else f"{name} ({id_.hex()[:8]})" for id_, name in rows}


def channels(unit: Unit) -> dict[str, tuple[str, str]]:
    """All channels by id (hex), in their order: their names in Thai and in English, as they are stored."""
    rows = unit.session.execute(
        select(Channel.id, Channel.name_th, Channel.name_en).order_by(Channel.position, Channel.code)
    )
    return {id_.hex(): (thai, english) for id_, thai, english in rows}


def enter_reading(unit: Unit, actor: Staff, wanted: Filter) -> None:
    """Has the log say that `actor` reads it, and what they look for."""
    unit.enter(Event.LOG_READ, actor, **wanted.entered)


def is_entered(unit: Unit, actor: Staff, wanted: Filter) -> bool:
    """Whether the log says already that `actor` reads this today: once a day and search is enough, or reading would fill the log.

    A row that somebody put beside the log spares nobody their entry.
    """
    read = log_reading.page(
        unit.session, event=Event.LOG_READ.value, actor=actor.account.hex(), case=wanted.case, size=log_reading.PAGE
    )
    said = ("case", "channel", "subject", "reason")
    today = [line.position for line in read.lines if line.fields.get("day") == unit.today.isoformat()]
    return any(
        {name: told[name] for name in said if name in told} == wanted.entered
        for told in log_word.credible(unit, today).values()
    )


def read_page(unit: Unit, wanted: Filter, before: int | None = None, *, alone: bool = False) -> AuditPage:
    """Entries of positions below `before`, newest first. `alone`: for whoever holds one case, without which others an entry names beside it."""
    person = _plain_id(wanted.person) if wanted.person else None
    also = approvals.about(unit, person) if person else ()
    versions = rosters.versions_about(unit, person) if person else ()
    page = log_reading.search(unit.session, wanted.wanted(also, versions), before=before)
    lines = tuple(_without_cases(line) for line in page.lines) if alone else page.lines
    return AuditPage(lines, _names(unit, lines), page.older, page.cut)


def _without_cases(line: LogLine) -> LogLine:
    if line.fields.get("event") != Event.CASES_SEARCHED:
        return line
    return LogLine(line.position, {name: value for name, value in line.fields.items() if name != "subject"})


def enter_verification(unit: Unit, actor: Staff, found: Verification) -> None:
    """Has the log say that `actor` verified it, and what came of it."""
    said = WRONG if found.problems else INTACT
    unit.enter(Event.LOG_VERIFIED, actor, subject=f"entries:{found.size}", reason=said, digest=found.root.hex())


def last_verification(unit: Unit) -> Verified | None:
    """Nothing here vouches for it beyond the log itself: whoever holds its key could have entered it. None before the first.

    None as well when the newest row that says so is not the log's own.
    """
    lines = log_reading.page(unit.session, event=Event.LOG_VERIFIED, size=1).lines
    newest = unit.session.scalar(select(func.max(LogEntry.position)))
    fields = log_word.credible(unit, [line.position for line in lines])
    if not fields or newest is None:
        return None
    ((position, told),) = fields.items()
    try:
        moment = datetime.strptime(told["time"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
        size = int(told["subject"].removeprefix("entries:"))
    except (KeyError, ValueError):  # expired, or not as it is entered
        return None
    return Verified(position, moment, told.get("actor", ""), size, told.get("reason") == INTACT, newest + 1 - size)


def read_entry(unit: Unit, position: int) -> AuditPage:
    """The one entry at `position`. Raises NotFound."""
    page = log_reading.page(unit.session, before=position + 1, size=1)
    if not page.lines or page.lines[0].position != position:
        raise NotFound
    return AuditPage(page.lines, _names(unit, page.lines), None)


def _names(unit: Unit, lines: Sequence[LogLine]) -> Names:
    """One look-up a table, for the ids of a whole page."""
    requests = approvals.said(unit, _ids_of(lines, "approval"))
    waiting, takers = _invited(unit, lines)
    signed = rosters.changes(unit, _ids_of(lines, "roster"))
    changed = {line.fields.get("digest") or "" for line in lines} & signed.keys()
    ids = {
        id_
        for line in lines
        for name in ("actor", "subject", "case", "channel", "reason")
        for word in (line.fields.get(name) or "").split()
        if (id_ := _id(word))
    }
    ids |= {id_ for asked in requests.values() for id_ in (asked.subject, asked.person)}
    ids |= {change.account for digest in changed for change in signed[digest]}
    ids |= {id_ for taker in takers.values() if (id_ := _id(taker))}
    accounts = {
        id_.hex(): name
        for id_, name in unit.session.execute(select(Account.id, Account.display_name).where(Account.id.in_(ids)))
    }
    cases = unit.session.execute(select(Case.id, Case.reference).where(Case.id.in_(ids)))
    channels = unit.session.execute(select(Channel.id, Channel.name_th, Channel.name_en).where(Channel.id.in_(ids)))
    there = {id_.hex(): reference for id_, reference in cases}
    gone = {line.fields.get("case") or "" for line in lines} - there.keys()
    processors = unit.session.execute(
        select(ProcessorRow.id, ProcessorRow.name_th, ProcessorRow.name_en)
        .where(ProcessorRow.id.in_(ids))
        .order_by(ProcessorRow.version)
    )
    return Names(
        accounts=accounts,
        cases=there,
        erased=_erased(unit, [case for case in gone if _id(case)]),
        channels={id_.hex(): (thai, english) for id_, thai, english in channels},
        processors={id_.hex(): (thai, english) for id_, thai, english in processors},
        requests=requests,
        invitations=waiting | {lookup: accounts[one] for lookup, one in takers.items() if one in accounts},
        rosters={digest: signed[digest] for digest in changed},
    )


def _ids_of(lines: Sequence[LogLine], kind: str) -> set[bytes]:
    """What entries concern that is of this kind (`kind:id`)."""
    subjects = {line.fields.get("subject") or "" for line in lines}
    return {id_ for text in subjects if text.startswith(f"{kind}:") and (id_ := _id(text))}


def _invited(unit: Unit, lines: Sequence[LogLine]) -> tuple[dict[str, str], dict[str, str]]:
    """Of the invitations that these entries are about, by what stands for each in the log: names on those that wait, and who took the others (ids)."""
    subjects = {text for line in lines if (text := line.fields.get("subject") or "").startswith("invitation:")}
    waiting = {line.lookup.hex(): line.display_name for line in invitations.list_waiting(unit)} if subjects else {}
    takers = {
        subject.removeprefix("invitation:"): line.fields.get("actor") or ""
        for subject in subjects
        for line in log_reading.page(unit.session, event=Event.INVITATION_TAKEN, subject=subject, size=1).lines
    }
    return waiting, takers


def _erased(unit: Unit, cases: Sequence[str]) -> dict[str, str]:
    """Those that began as a test and were erased, with the reference that their first entry gave them.

    Only entries of the tree count: a row that somebody wrote beside it explains no case that is missing.
    """
    rows = {
        (case, event): line.position
        for case in cases
        for event in (Event.REPORT_REHEARSED, Event.CASE_ERASED)
        for line in log_reading.page(unit.session, event=event, case=case, size=1).lines
    }
    told = log_word.credible(unit, rows.values())
    proven = {about: told[position] for about, position in rows.items() if position in told}
    found = {}
    for case in cases:
        begun, ended = (proven.get((case, event)) for event in (Event.REPORT_REHEARSED, Event.CASE_ERASED))
        if begun and ended and "state" in begun:  # which may have expired
            found[case] = case_state.read(begun["state"]).get("reference", "")
    return found


def _id(text: str) -> bytes | None:
    """The id in a word of a field: 32 hexadecimal digits, between others perhaps (`roster:…`, `…+identity`); None for anything else."""
    return _plain_id(text.rpartition(":")[2].partition("+")[0])


def _plain_id(digits: str) -> bytes | None:
    try:
        id_ = bytes.fromhex(digits)
    except ValueError:
        return None
    return id_ if len(id_) == ID_BYTES and len(digits) == 2 * ID_BYTES else None
