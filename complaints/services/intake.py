"""Intake: a report is sealed to those who may receive it (services/routing.py), and stored whole or not at all.

All cryptography happens in `prepare`, before the transaction; `receive` stores the result in one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from complaints.errors import AlreadyReceived, Conflict
from complaints.models import Base, Case, new_id
from complaints.policy import Staff
from complaints.services import (
    act_items,
    acts,
    case_state,
    organisation,
    questions,
    records,
    references,
    report_draft,
    rosters,
    routing,
    uploads,
)
from complaints.services.report_draft import ReportDraft, TakenDownBy
from complaints.services.rosters import Member
from complaints.services.routing import Recipients
from complaints.services.unit import Unit
from complaints.services.uploads import StagedFile
from complaints.vocabulary import (
    ASKED,
    ActKind,
    CaseStatus,
    CompartmentName,
    Duty,
    Event,
    IdentityField,
    Priority,
    RecordKind,
    ReportField,
    Risk,
)
from crypto import AccountSeed, Receipt, SecretKey

_TABLES = Base.metadata.tables
_ACCOUNT, _CASE, _CASELOAD = _TABLES["account"], _TABLES["cases"], _TABLES["caseload"]
_WITH_RECEIPT = select(_CASE.c.reference, _CASE.c.acknowledge_by, _CASE.c.feedback_by).where(
    _CASE.c.receipt_hash == bindparam("receipt_hash")
)
_INSERT_CASE, _INSERT_LINES, _INSERT_NUMBER = insert(_CASE), insert(_CASELOAD), insert(_TABLES["pseudonym"])


@dataclass(frozen=True, slots=True)
class Received:
    """A report that is safely stored. `repeated`: it was there already."""

    reference: str
    acknowledge_by: date
    feedback_by: date
    repeated: bool


@dataclass(frozen=True, slots=True)
class SealedReport:
    """A whole report, sealed: what `receive` stores. `recipients`: whom it is sealed to, as its reporter is shown them."""

    case: bytes
    recipients: Recipients
    channel: bytes
    roster: bytes
    receipt_hash: bytes
    reporter_keys: act_items.PublicKeys
    act: acts.Act
    records: tuple[records.SealedRecord, ...]
    files: tuple[StagedFile, ...] = field(repr=False)
    readers: tuple[Member, ...] = ()
    priority: Priority = Priority.NORMAL
    notice_version: int = 0
    taken_down: TakenDownBy | None = None
    rehearsed_by: Staff | None = None


def prepare(
    unit: Unit,
    draft: ReportDraft,
    receipt: Receipt,
    taken_down: TakenDownBy | None = None,
    rehearsed_by: Staff | None = None,
) -> SealedReport:
    """Seals the report to its recipients and to the reporter. Reads only. Raises Invalid, NoRecipient, Refused.

    `taken_down`: by staff, who know the receipt: it will have to be exchanged. `rehearsed_by`: it is a test, for good.
    """
    report_draft.validate(unit, draft)
    routed, roster = routing.route(unit, draft)
    seed, lookup = receipt.seed(), receipt.lookup_hash()
    public = act_items.public_keys_of(seed)
    case = act_items.case_id_of(lookup, public)
    readers = tuple(m for m in roster.members if m.account in {r.account for r in (*routed.leads, *routed.triage)})
    keys = {name: SecretKey.generate() for name in CompartmentName}
    epochs = [act_items.next_epoch(case, name, 1, key, None) for name, key in keys.items()]
    kind = ActKind.REHEARSAL if rehearsed_by else ActKind.TAKEN_DOWN if taken_down else ActKind.INTAKE
    act = acts.sign(case, kind, case, seed.signing(), roster.hash, epochs, _grants(case, keys, readers, public))
    return SealedReport(
        case=case,
        recipients=routed,
        channel=routed.channel,
        roster=roster.hash,
        receipt_hash=lookup,
        reporter_keys=public,
        act=act,
        records=_seal_records(case, seed, keys, draft, _answers_asked(unit, draft), taken_down),
        files=draft.files,
        readers=readers,
        priority=draft.priority,
        notice_version=notice_version(unit),
        taken_down=taken_down,
        rehearsed_by=rehearsed_by,
    )


def notice_version(unit: Unit) -> int:
    """The version of the notice that is shown now; 0 before one is published."""
    newest = organisation.notice(unit)
    return newest.version if newest else 0


def receive(unit: Unit, sealed: SealedReport) -> Received:
    """Stores the report whole. The same receipt again: stores nothing, says so.

    Raises AlreadyReceived when its receipt was exchanged since, Conflict when the roster has just changed, UploadRefused when a file was swept or came with another report.
    """
    earlier = earlier_with(unit, sealed.receipt_hash)
    if earlier is not None:
        return earlier
    if rosters.current(unit, sealed.channel).hash != sealed.roster:
        raise Conflict("the recipients have just changed")
    reference = references.draw()
    row = _case_row(unit, sealed, reference)
    try:
        with unit.attempting():
            unit.run(_INSERT_CASE, row)
    except IntegrityError:
        # Two sends of the same form at once: the other one was first.
        earlier = earlier_with(unit, sealed.receipt_hash)
        if earlier is None and unit.session.get(Case, sealed.case) is not None:
            raise AlreadyReceived("its receipt was exchanged since") from None
        if earlier is None:
            raise
        return earlier
    acts.store(unit, sealed.act)
    # Before the records, which bear the files' ids: a file that is another report's is refused for what it is.
    for staged in sealed.files:
        uploads.claim(unit, staged, sealed.case)
    writes = [
        records.store(unit, sealed.records),
        records.claimed_file_digests(unit, [staged.id for staged in sealed.files]),
    ]
    _project(unit, sealed, reference)
    _enter(unit, sealed, writes="\n".join(filter(None, writes)), state=case_state.line(row))
    return Received(reference, *_deadlines(unit, sealed), repeated=False)


def _enter(unit: Unit, sealed: SealedReport, **fields: str) -> None:
    """A reporter's entry bears the day alone. Whoever takes a report down is staff at work, and the first whom its reporter knows by number.

    So is whoever sends a test, whose entry says to which roster: the act that says so as well goes with the test.
    """
    fields |= {
        "case": sealed.case.hex(),
        "channel": sealed.channel.hex(),
        "act": sealed.act.id.hex(),
        "digest": sealed.act.digest,
    }
    if sealed.rehearsed_by is not None:
        unit.enter(Event.REPORT_REHEARSED, sealed.rehearsed_by, reason=sealed.roster.hex(), **fields)
        return
    if sealed.taken_down is None:
        unit.enter_later(Event.REPORT_RECEIVED, role="reporter", **fields)
        return
    staff = sealed.taken_down.staff
    unit.run(_INSERT_NUMBER, {"case_id": sealed.case, "number": 1, "account_id": staff.account})
    unit.enter(Event.REPORT_TAKEN_DOWN, staff, pseudonym="1", **fields)


def earlier_with(unit: Unit, receipt_hash: bytes) -> Received | None:
    """The report that was received with this receipt before; None when there is none."""
    row = unit.run(_WITH_RECEIPT, {"receipt_hash": receipt_hash}).first()
    return None if row is None else Received(row.reference, row.acknowledge_by, row.feedback_by, repeated=True)


def _grants(
    case: bytes,
    keys: Mapping[CompartmentName, SecretKey],
    readers: Sequence[Member],
    reporter: act_items.PublicKeys,
) -> list[act_items.Wrapped]:
    report, internal, identity = CompartmentName.REPORT, CompartmentName.INTERNAL, CompartmentName.IDENTITY
    grants = [
        act_items.wrap_grant(case, report, 1, keys[report], case, reporter[0]),
        act_items.wrap_grant(case, identity, 1, keys[identity], case, reporter[1]),
    ]
    for member in readers:
        grants.append(act_items.wrap_grant(case, report, 1, keys[report], member.account, member.work))
        grants.append(act_items.wrap_grant(case, internal, 1, keys[internal], member.account, member.work))
        if member.duty is Duty.LEAD:
            grants.append(act_items.wrap_grant(case, identity, 1, keys[identity], member.account, member.identity))
    return grants


def _answers_asked(unit: Unit, draft: ReportDraft) -> dict[CompartmentName, bytes]:
    """The answers to the channel's own questions, as they are sealed in either compartment."""
    asked = draft.asked_of(unit)
    return {
        name: questions.encode(questions.given([q for q in asked if q.compartment == name], draft.asked))
        for name in (CompartmentName.REPORT, CompartmentName.IDENTITY)
    }


def _seal_records(
    case: bytes,
    seed: AccountSeed,
    keys: Mapping[CompartmentName, SecretKey],
    draft: ReportDraft,
    asked: Mapping[CompartmentName, bytes],
    taken_down: TakenDownBy | None,
) -> tuple[records.SealedRecord, ...]:
    signing = seed.signing()

    def seal(kind: RecordKind, fields: Mapping[str, bytes], record_id: bytes | None = None) -> records.SealedRecord:
        return records.seal(
            case, record_id or new_id(), kind, fields, epoch=1, key=keys[kind.compartment], author=case, signing=signing
        )

    given = draft.answers_to_seal
    answers = {name.value: given.get(name, "").encode() for name in ReportField}
    answers |= {ReportField.LANGUAGE.value: draft.locale.encode(), ASKED: asked[CompartmentName.REPORT]}
    people = draft.identity_to_seal
    identity = {name.value: people.get(name, "").strip().encode() for name in IdentityField}
    identity[ASKED] = asked[CompartmentName.IDENTITY]
    excluded = {
        "accounts": b"".join(sorted(draft.excluded)),
        "words": draft.excluded_words.encode(),
        "asked-channel": draft.about_to_seal,
    }
    return (
        seal(RecordKind.REPORT, answers),
        seal(RecordKind.EXCLUSIONS, excluded),
        seal(RecordKind.IDENTITY, identity),
        *(seal(RecordKind.TAKEN_DOWN, fields) for fields in _how_it_came(taken_down)),
        *(seal(staged.kind, file_fields(staged), staged.id) for staged in draft.files),
    )


def _how_it_came(taken_down: TakenDownBy | None) -> Iterator[dict[str, bytes]]:
    if taken_down is not None:
        yield {"source": taken_down.source.encode(), "account": taken_down.staff.account}


def file_fields(staged: StagedFile) -> dict[str, bytes]:
    return {
        "key": staged.key.export(),
        "name": staged.name.encode(),
        "type": staged.media_type.encode(),
        "length": staged.length.to_bytes(8, "big"),
        "cleaning": staged.cleaning.encode(),
        "found": "".join(staged.found).encode(),
        "twin": staged.twin,
    }


def _deadlines(unit: Unit, sealed: SealedReport) -> tuple[date, date]:
    """The days by which the reporter is answered, and is told what came of it. Nobody waits for an answer to a test."""
    if sealed.rehearsed_by is not None:
        return case_state.NOTHING_DUE, case_state.NOTHING_DUE
    channel = rosters.channels_by_id(unit)[sealed.channel]
    return unit.today + timedelta(days=channel.acknowledge_days), unit.today + timedelta(days=channel.feedback_days)


def _case_row(unit: Unit, sealed: SealedReport, reference: str) -> dict[str, object]:
    acknowledge_by, feedback_by = _deadlines(unit, sealed)
    work, identity, verify = sealed.reporter_keys
    return {
        "id": sealed.case,
        "reference": reference,
        "channel_id": sealed.channel,
        "status": CaseStatus.NEW,
        "priority": sealed.priority,
        "risk": Risk.UNASSESSED,
        "received": unit.today,
        "acknowledge_by": acknowledge_by,
        "feedback_by": feedback_by,
        "activity": unit.today,
        "notice_version": sealed.notice_version,
        "records": 0,
        "receipt_hash": sealed.receipt_hash,
        "reporter_work_public": work,
        "reporter_identity_public": identity,
        "reporter_verify_public": verify,
    }


def _project(unit: Unit, sealed: SealedReport, reference: str) -> None:
    acknowledge_by, _ = _deadlines(unit, sealed)
    unit.run(
        _INSERT_LINES,
        [
            {
                "account_id": member.account,
                "case_id": sealed.case,
                "reference": reference,
                "channel_id": sealed.channel,
                "status": CaseStatus.NEW,
                "priority": sealed.priority,
                "risk": Risk.UNASSESSED,
                "received": unit.today,
                "due": acknowledge_by,
                "activity": unit.today,
                "unread": True,
                "holds_identity": member.duty is Duty.LEAD,
            }
            for member in sealed.readers
        ],
    )
