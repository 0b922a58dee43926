"""Reading a case: everything of it but the identity, opened for one reader, after the opening is entered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import bindparam, select

from complaints.errors import Refused
from complaints.models import Base, Case
from complaints.policy import Staff
from complaints.services import (
    acts,
    case_flow,
    case_links,
    case_state,
    casework,
    data_requests,
    identity_requests,
    keyrings,
    questions,
    read_marks,
    records,
    rehearsals,
    rosters,
    taken_down,
    tasks,
    withdrawals,
)
from complaints.services.case_flow import Turn
from complaints.services.case_links import RelatedLine
from complaints.services.casework import FileLine, Opening
from complaints.services.data_requests import RequestLine
from complaints.services.identity_requests import IdentityRequest
from complaints.services.keys import SessionKeys
from complaints.services.questions import Answer
from complaints.services.records import OpenedRecord
from complaints.services.report_draft import UNSURE
from complaints.services.taken_down import TakenDown
from complaints.services.tasks import TaskLine
from complaints.services.unit import Unit
from complaints.services.withdrawals import WithdrawalLine
from complaints.vocabulary import (
    ASKED,
    CaseStatus,
    CompartmentName,
    Duty,
    Event,
    Outcome,
    Priority,
    RecordKind,
    ReportField,
    Risk,
)

_TABLES = Base.metadata.tables
_ACT, _GRANT = _TABLES["act"], _TABLES["grants"]
_HOLDINGS = (
    select(_GRANT.c.recipient, _GRANT.c.compartment, _GRANT.c.epoch, _ACT.c.made, _ACT.c.maker)
    .join(_ACT, _ACT.c.id == _GRANT.c.act_id)
    .where(_GRANT.c.case_id == bindparam("case"), _GRANT.c.recipient != bindparam("case"))
    .order_by(_ACT.c.made, _GRANT.c.epoch)
)


@dataclass(frozen=True, slots=True)
class MessageLine:
    from_reporter: bool
    author_name: str
    day: date
    text: str = field(repr=False)
    read: bool
    """By the reporter, when it is not their own."""
    files: tuple[FileLine, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoteLine:
    """`moving`: it says why the case went to another channel."""

    author_name: str
    day: date
    text: str = field(repr=False)
    moving: bool = False


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds keys of the case. `from_name` is None where the reporter gave them."""

    account: bytes
    name: str
    duty: Duty | None
    compartments: frozenset[CompartmentName]
    since: date
    from_name: str | None
    verified: bool
    """Each of these keys is one that a signed act brought."""


@dataclass(frozen=True, slots=True)
class Departed:
    """Somebody who gave up their keys. `waiting`: new keys have not begun since."""

    name: str
    day: date
    reason: str = field(repr=False)
    waiting: bool


@dataclass(frozen=True, slots=True)
class About:
    """What the reporter said that it is about: the names of the channel they chose, both empty where they were not sure.

    It stays their answer whoever handles the case: the fallback, when they excluded every lead, or the channel it is moved to.
    """

    name_th: str
    name_en: str
    elsewhere: bool
    """Another channel handles it."""


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """Everything of a case but the identity, opened for one reader."""

    id: bytes
    reference: str
    channel_th: str
    channel_en: str
    status: CaseStatus
    priority: Priority
    risk: Risk
    outcome: Outcome | None
    received: date
    acknowledge_by: date
    acknowledged: date | None
    feedback_by: date
    feedback_given: date | None
    closed: date | None
    revision: int
    """To come back with each decision about the case."""
    turns: tuple[Turn, ...]
    """When it was closed and taken up again."""
    notice_version: int
    """Of the notice that its reporter could read; 0 before one was published."""
    about: About | None = field(repr=False)
    """None where that record does not verify."""
    answers: dict[ReportField, str] = field(repr=False)
    asked: tuple[Answer, ...] = field(repr=False)
    """What the channel's own questions were answered with."""
    excluded: tuple[str, ...] = field(repr=False)
    excluded_words: str = field(repr=False)
    messages: tuple[MessageLine, ...] = field(repr=False)
    notes: tuple[NoteLine, ...] = field(repr=False)
    tasks: tuple[TaskLine, ...] = field(repr=False)
    files: tuple[FileLine, ...] = field(repr=False)
    """The reporter's, whatever they came with."""
    kept_apart: tuple[bytes, ...]
    """Files of which there is no clean copy, and which those alone open who may open the identity."""
    withdrawals: tuple[WithdrawalLine, ...]
    """What went with the identity, each time the reporter withdrew it and files did."""
    requests: tuple[RequestLine, ...]
    rehearsed: frozenset[Event] | None
    """Of a test report what the reader has opened of it, of `rehearsals.STEPS`; None of a real one."""
    taken_down: TakenDown | None
    """How it came, when staff took it down for its reporter."""
    taken_down_by: str
    holders: tuple[Holder, ...]
    departed: tuple[Departed, ...]
    related: tuple[RelatedLine, ...]
    """Cases that belong together with it."""
    asks: tuple[IdentityRequest, ...]
    """Who asks for the identity and has not got it."""
    holds_identity: bool
    identity_withdrawn: date | None
    """The day the reporter withdrew who they are, when nobody holds it since."""
    is_lead: bool
    epoch: int
    problems: tuple[str, ...]
    """What could not be shown, said aloud: see `records.open_all`."""


def read_case(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> OpenedCase:
    """The case, opened for this actor; the opening is entered. Raises NotFound, Refused (the keys themselves do not verify)."""
    opening = casework.fetch_case(unit, actor, keys, case_id)
    if opening.case.status == CaseStatus.NEW:
        # Whoever opens it first changes it, and somebody may be deciding about it.
        casework.take_turns(unit, case_id)
        opening = casework.fetch_case(unit, actor, keys, case_id)
    case = opening.case
    opened, problems = records.open_all(unit, case, opening.report)
    internal, internal_problems = records.open_all(unit, case, opening.internal)
    if case.status == CaseStatus.NEW:
        case.status = CaseStatus.TRIAGE
        case_state.project(unit, case)
    casework.mark_read(unit, actor, case.id)
    mark = read_marks.renew(unit, case, opening.report, actor.account, keys, opened)
    casework.enter(unit, Event.CASE_OPENED, actor, opening, writes=mark)
    return _present(unit, actor, keys, opening, [*opened, *internal], [*problems, *internal_problems])


def _present(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    opening: Opening,
    opened: Sequence[OpenedRecord],
    problems: Sequence[str],
) -> OpenedCase:
    case = opening.case
    channel = rosters.channels_by_id(unit)[case.channel_id]
    by_kind: dict[RecordKind, list[OpenedRecord]] = {kind: [] for kind in RecordKind}
    for record in opened:
        by_kind[record.kind].append(record)
    people = holders(unit, case)  # first: most of those who are named in it are among them, and known then
    names = names_of(unit, ({record.author for record in opened} | tasks.people_of(opened)) - {case.id})
    report = by_kind[RecordKind.REPORT][:1]
    exclusions = by_kind[RecordKind.EXCLUSIONS][:1]
    came = taken_down.of_case(unit, case, opened)
    read = read_marks.read_up_to(opened, by_reporter=True, case=case.id)
    roster = rosters.current(unit, case.channel_id)
    sent = casework.files_by_message(opened)
    files = casework.reporters_files(unit, case, opened)
    with_identity = {holder.account for holder in people if CompartmentName.IDENTITY in holder.compartments}
    withdrawn = keyrings.standing_withdrawal(unit, case)
    return OpenedCase(
        id=case.id,
        reference=case.reference,
        channel_th=channel.name_th,
        channel_en=channel.name_en,
        status=CaseStatus(case.status),
        priority=Priority(case.priority),
        risk=Risk(case.risk),
        outcome=Outcome(case.outcome) if case.outcome else None,
        received=case.received,
        acknowledge_by=case.acknowledge_by,
        acknowledged=case.acknowledged,
        feedback_by=case.feedback_by,
        feedback_given=case.feedback_given,
        closed=case.closed,
        revision=case.revision,
        turns=case_flow.turns(opened, names),
        notice_version=case.notice_version,
        about=about_of(unit, case, exclusions[0]) if exclusions else None,
        answers={name: report[0].text(name) for name in ReportField} if report else {},
        asked=questions.decode(report[0].fields.get(ASKED, b"")) if report else (),
        excluded=excluded_names_of(unit, exclusions[0]) if exclusions else (),
        excluded_words=exclusions[0].text("words") if exclusions else "",
        messages=tuple(
            MessageLine(
                r.author == case.id,
                names.get(r.author, ""),
                r.made,
                r.text("text"),
                r.author == case.id or r.number <= read,
                sent.get(r.id, ()),
            )
            for r in by_kind[RecordKind.MESSAGE]
        ),
        notes=tuple(
            NoteLine(names.get(r.author, ""), r.made, r.text("text"), r.kind is RecordKind.MOVING)
            for r in opened
            if r.kind in {RecordKind.NOTE, RecordKind.MOVING}
        ),
        tasks=tasks.lines_of(opened, names),
        files=files,
        kept_apart=casework.kept_apart(unit, case, files),
        withdrawals=withdrawals.lines_of(opened),
        requests=data_requests.lines_of(opened),
        rehearsed=rehearsals.steps_done(unit, actor, case.id) if acts.is_rehearsal(unit, case) else None,
        taken_down=came,
        taken_down_by=names_of(unit, [came.by]).get(came.by, "") if came else "",
        departed=_departed(unit, opening, by_kind[RecordKind.RECUSAL], names),
        related=case_links.lines_of(unit, actor, keys, case, opened, names),
        holders=people,
        asks=identity_requests.lines_of(opened, names, with_identity, actor.account),
        holds_identity=actor.account in with_identity,
        identity_withdrawn=withdrawn.made if withdrawn else None,
        is_lead=roster.is_lead(actor.account),
        epoch=opening.report.newest,
        problems=tuple(problems),
    )


def _departed(
    unit: Unit, opening: Opening, reasons: Sequence[OpenedRecord], names: Mapping[bytes, str]
) -> tuple[Departed, ...]:
    waiting = acts.left_at(unit, opening.case, CompartmentName.INTERNAL, opening.internal.newest)
    return tuple(Departed(names.get(r.author, ""), r.made, r.text("text"), r.author in waiting) for r in reasons)


def excluded_accounts(record: OpenedRecord) -> frozenset[bytes]:
    """Accounts the reporter excluded: 16 bytes each, one after the other."""
    joined = record.fields["accounts"]
    return frozenset(joined[start : start + 16] for start in range(0, len(joined), 16))


def about_of(unit: Unit, case: Case, record: OpenedRecord) -> About:
    """From the record of exclusions. One that is silent is older than the answer: then the case's own channel had been chosen."""
    said = record.fields.get("asked-channel", b"")
    if said == UNSURE:
        return About("", "", elsewhere=False)
    channels = rosters.channels_by_id(unit)
    channel = channels.get(said) or channels[case.channel_id]
    return About(channel.name_th, channel.name_en, elsewhere=channel.id != case.channel_id)


def excluded_names_of(unit: Unit, record: OpenedRecord) -> tuple[str, ...]:
    return tuple(sorted(names_of(unit, excluded_accounts(record)).values()))


def names_of(unit: Unit, accounts: Collection[bytes]) -> dict[bytes, str]:
    """Display names of the accounts that are there."""
    return {account: row.display_name for account, row in rosters.accounts_known(unit, accounts).items()}


def holders(unit: Unit, case: Case) -> tuple[Holder, ...]:
    """Who holds which keys of the newest epochs, since when, from whose hands. The reporter is not listed."""
    rows = unit.run(_HOLDINGS, {"case": case.id}).all()
    newest = keyrings.newest_epochs(unit, case.id)
    names = names_of(unit, {row.recipient for row in rows} | {row.maker for row in rows})
    roster = rosters.current(unit, case.channel_id)
    first = {row.recipient: row for row in reversed(rows)}
    brought = {name: _brought_by_acts(unit, case, name) for name in newest if name in set(CompartmentName)}
    found = []
    for recipient, row in first.items():
        held = frozenset(
            CompartmentName(r.compartment)
            for r in rows
            if r.recipient == recipient and newest.get(r.compartment) == r.epoch
        )
        member = roster.member(recipient)
        if held:
            from_name = None if row.maker == case.id else names.get(row.maker, "")
            duty = member.duty if member else None
            verified = all(recipient in brought[name] for name in held)
            found.append(Holder(recipient, names.get(recipient, ""), duty, held, row.made, from_name, verified))
    return tuple(sorted(found, key=lambda holder: (holder.duty is not Duty.LEAD, holder.name)))


def _brought_by_acts(unit: Unit, case: Case, name: str) -> frozenset[bytes]:
    """Whom the signed acts name; nobody, when one row of the compartment does not verify: which of them is true then, who knows."""
    try:
        return keyrings.recipients(unit, case, CompartmentName(name))
    except Refused:
        return frozenset()
