"""The check: examines a database without any key, and says aloud whatever does not fit together.

What the access log, the signed rosters and the signed acts say must be what is stored. Whoever writes to the database can delete or
withhold; here it shows. Not seen: what happened to entries still waiting for their day to end, and a history rewritten whole by the
holder of the log's key (keep checkpoints outside).
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from complaints.errors import Refused
from complaints.models import (
    ActRow,
    Case,
    CaseloadRow,
    Compartment,
    Departure,
    File,
    FileChunk,
    Grant,
    Pseudonym,
    Record,
    SealedField,
)
from complaints.services import act_items, acts, case_state, check_erased, check_people, check_tasks, published, records
from complaints.services.access_log import AccessLog
from complaints.services.check_log import BLOCK, UNREADABLE, Finding, Logged, of_index, read_log
from complaints.services.unit import Unit
from complaints.vocabulary import ActKind, CompartmentName
from crypto import decode_parts


def examine(unit: Unit, access_log: AccessLog) -> Iterator[Finding]:
    """Every finding, area by area. Reads in blocks; opens nothing. The log's own tree is verified apart (`log_verification`)."""
    logged = Logged()
    yield from _as_far_as("log", read_log(unit.session, access_log, logged))
    yield from _as_far_as("log", of_index(unit.session))
    yield from _as_far_as("log", published.examine(unit.session))
    yield from _as_far_as("account", check_people.of_accounts(unit, logged))
    yield from _as_far_as("channel", check_people.of_channels(unit.session, logged))
    yield from _as_far_as("question", check_people.of_questions(unit.session, logged))
    yield from _as_far_as("processor", check_people.of_processors(unit.session, logged))
    yield from _as_far_as("undertaking", check_people.of_undertakings(unit.session, logged))
    yield from _as_far_as("notice", check_people.of_notices(unit.session, logged))
    yield from _as_far_as("recovery", check_people.of_recoveries(unit, logged))
    yield from _as_far_as("account", check_people.of_factors(unit))
    yield from _as_far_as("roster", check_people.of_rosters(unit))
    yield from _as_far_as("invitation", check_people.of_invitations(unit, logged))
    yield from _as_far_as("request", check_people.of_requests(unit.session, logged))
    yield from _as_far_as("comment", check_people.of_comments(unit.session, logged))
    yield from _as_far_as("rehearsal", check_erased.of_rehearsals(unit, logged))
    yield from _as_far_as("case", check_erased.of_erased(unit, logged))
    yield from _as_far_as("case", check_erased.of_parts(unit))
    yield from _as_far_as("case", _cases(unit, logged))
    yield from _as_far_as("task", check_tasks.of_tasks(unit.session, logged))
    yield from _as_far_as("record", _records(unit.session, logged))
    yield from _as_far_as("file", _files(unit.session, logged))


def waiting_first_codes(unit: Unit) -> int:
    """How many reports that staff took down have a first code that was not exchanged yet: nothing wrong, and good to know."""
    exchanged = select(ActRow.case_id).where(ActRow.kind == ActKind.RECEIPT_CHANGED.value)
    waiting = select(func.count()).where(ActRow.kind == ActKind.TAKEN_DOWN.value, ActRow.case_id.not_in(exchanged))
    return unit.session.execute(waiting).scalar_one()


def _as_far_as(area: str, findings: Iterator[Finding], where: str = "") -> Iterator[Finding]:
    """A row that cannot even be read is a finding as well, and ends what it is part of, not the check."""
    try:
        yield from findings
    except UNREADABLE as error:
        yield Finding(
            area, f"{where}a row cannot be read ({type(error).__name__}): what comes after it was not examined"
        )


def _cases(unit: Unit, logged: Logged) -> Iterator[Finding]:
    seen_acts: set[str] = set()
    seen_cases: set[str] = set()
    for case in unit.session.scalars(select(Case).execution_options(yield_per=BLOCK)):
        seen_cases.add(case.id.hex())
        yield from _as_far_as("case", _case(unit, case, logged, seen_acts), f"case {case.reference}: ")
    for missing in sorted(logged.acts.keys() - seen_acts):
        yield Finding("act", f"act {missing} is in the log and not in the database")
    for missing in sorted(logged.cases - seen_cases):
        yield Finding("case", f"case {missing} is in the log and not in the database")


def _case(unit: Unit, case: Case, logged: Logged, seen_acts: set[str]) -> Iterator[Finding]:
    name = f"case {case.reference}"
    try:
        acts.require_reporter(unit, case)
    except Refused as error:
        yield Finding("case", f"{name}: {error}")
    if case.id.hex() not in logged.cases:
        yield Finding("case", f"{name} is in no log entry")
    if logged.case_states.get(case.id.hex(), case_state.line_of(case)) != case_state.line_of(case):
        yield Finding("case", f"{name}: its state or its days are not what the log says")
    if case.answer_by != logged.answer_by(case.id.hex()):
        yield Finding("case", f"{name}: by when its reporter's requests are to be decided is not what the log says")
    yield from _case_acts(unit, case, logged, seen_acts)
    yield from _caseload(unit.session, case)
    yield from _pseudonyms(unit.session, case, logged.pseudonyms[case.id.hex()])


def _case_acts(unit: Unit, case: Case, logged: Logged, seen: set[str]) -> Iterator[Finding]:
    name = f"case {case.reference}"
    verified: dict[bytes, acts.VerifiedAct] = {}
    for row in unit.session.scalars(select(ActRow).where(ActRow.case_id == case.id)):
        seen.add(row.id.hex())
        digest, day = logged.acts.get(row.id.hex(), ("", ""))
        if digest != acts.digest_of(row.statement, row.signature):
            yield Finding("act", f"{name}: act {row.id.hex()} is not the one in the log")
        elif day != row.made.isoformat():
            yield Finding("act", f"{name}: act {row.id.hex()} bears another day than in the log")
        try:
            verified[row.id] = acts.verify_row(unit, case, row)
        except Refused as error:
            yield Finding("act", f"{name}: {error}")
    yield from _epochs(unit.session, case, verified, logged.lapsed[case.id.hex()])
    yield from _departures(unit.session, case, verified)


def _epochs(
    session: Session, case: Case, verified: Mapping[bytes, acts.VerifiedAct], lapsed: Mapping[tuple[str, str], int]
) -> Iterator[Finding]:
    """What the acts brought against the rows there are: neither more, nor less, nor older."""
    name = f"case {case.reference}"
    epochs = {
        (row.name, row.epoch): row for row in session.scalars(select(Compartment).where(Compartment.case_id == case.id))
    }
    brought = {item: act_id for act_id, act in verified.items() for item in act.items}
    newest: Counter[str] = Counter()
    withdrawn: Counter[str] = Counter()
    left = {(act.maker.hex(), name.value): epoch for act in verified.values() for name, epoch in act.left.items()}
    for item in brought:
        kind, compartment, number, *_ = decode_parts(item)
        if kind == b"withdrawn":
            withdrawn[compartment.decode()] = max(withdrawn[compartment.decode()], int.from_bytes(number, "big"))
        elif kind == b"epoch":
            newest[compartment.decode()] = max(newest[compartment.decode()], int.from_bytes(number, "big"))
    stored: set[bytes] = set()
    for row in epochs.values():
        item = _item_of_epoch(row)
        stored.add(item)
        if brought.get(item) != row.act_id:
            yield Finding("epoch", f"{name}: epoch {row.epoch} of {row.name} is in no act")
        elif row.epoch <= withdrawn[row.name]:
            yield Finding("epoch", f"{name}: epoch {row.epoch} of {row.name} was withdrawn and is back")
    for grant in session.scalars(select(Grant).where(Grant.case_id == case.id)):
        item = _item_of_grant(grant, epochs.get((grant.compartment, grant.epoch)))
        stored.add(item)
        gone = max(
            withdrawn[grant.compartment],
            newest[grant.compartment] - 1,
            lapsed.get((grant.recipient.hex(), grant.compartment), 0),
        )
        if wrong := _wrong_with(grant, brought.get(item), gone, left):
            yield Finding("grant", f"{name}: the grant of {grant.compartment} to {grant.recipient.hex()} {wrong}")
    yield from _missing(name, brought.keys() - stored, newest, withdrawn, {**lapsed, **left})


def _wrong_with(grant: Grant, act: bytes | None, gone: int, left: Mapping[tuple[str, str], int]) -> str:
    """`act`: the one that brought it. `gone`: the last epoch of its compartment of which no grant may be left."""
    if act != grant.act_id:
        return "is in no act"
    if grant.epoch <= gone:
        return "was taken and is back"
    return "was given up and is back" if left.get((grant.recipient.hex(), grant.compartment), 0) >= grant.epoch else ""


def _missing(
    name: str,
    items: Iterable[bytes],
    newest: Mapping[str, int],
    withdrawn: Mapping[str, int],
    lapsed: Mapping[tuple[str, str], int],
) -> Iterator[Finding]:
    """What acts brought and is gone. Grants of older epochs are taken when the next begins; what is withdrawn, given up, or lapsed is to be gone."""
    for item in sorted(items):
        kind, compartment, number, *rest = decode_parts(item)
        if kind not in {b"epoch", b"grant"}:
            continue
        of, epoch = compartment.decode(), int.from_bytes(number, "big")
        if epoch <= withdrawn[of]:
            continue
        if kind == b"epoch":
            yield Finding("epoch", f"{name}: epoch {epoch} of {of} is missing")
        elif epoch == newest[of] and epoch > lapsed.get((rest[1].hex(), of), 0):
            yield Finding("grant", f"{name}: the grant of {of} to {rest[1].hex()} is missing")


def _departures(session: Session, case: Case, verified: Mapping[bytes, acts.VerifiedAct]) -> Iterator[Finding]:
    """Whoever left must be waited for until the notes have new keys, and nobody else: leads begin what this table says."""
    newest = session.scalar(
        select(func.max(Compartment.epoch)).where(
            Compartment.case_id == case.id, Compartment.name == CompartmentName.INTERNAL.value
        )
    )
    expected = {act.maker for act in verified.values() if act.left.get(CompartmentName.INTERNAL) == newest}
    stored = set(session.scalars(select(Departure.account_id).where(Departure.case_id == case.id)))
    if stored != expected:
        yield Finding("departure", f"case {case.reference}: who left and waits for new keys is not what the acts say")


def _item_of_epoch(row: Compartment) -> bytes:
    """As an act would name it; empty for what no act can name."""
    try:
        return act_items.Epoch(CompartmentName(row.name), row.epoch, row.key_id, row.previous_key).item()
    except UNREADABLE:
        return b""


def _item_of_grant(row: Grant, epoch: Compartment | None) -> bytes:
    """The same for a grant."""
    key_id = epoch.key_id if epoch is not None else b""
    try:
        return act_items.Wrapped(
            CompartmentName(row.compartment), row.epoch, key_id, row.recipient, row.envelope
        ).item()
    except UNREADABLE:
        return b""


def _caseload(session: Session, case: Case) -> Iterator[Finding]:
    """The projection must say what the grants say: a line for each reader, and for nobody else."""
    name = f"case {case.reference}"
    held: dict[bytes, set[str]] = defaultdict(set)
    for recipient, compartment in session.execute(
        select(Grant.recipient, Grant.compartment).where(Grant.case_id == case.id, Grant.recipient != case.id)
    ):
        held[recipient].add(compartment)
    lines = {row.account_id: row for row in session.scalars(select(CaseloadRow).where(CaseloadRow.case_id == case.id))}
    if held.keys() != lines.keys():
        yield Finding("caseload", f"{name}: its readers' lists and its grants differ")
    for account in held.keys() & lines.keys():
        row = lines[account]
        clear = (row.reference, row.channel_id, row.status, row.priority, row.risk, row.received, row.due)
        said = (case.reference, case.channel_id, case.status, case.priority, case.risk, case.received)
        if clear != (*said, case_state.due(case)):
            yield Finding("caseload", f"{name}: a reader's list says something else than the case")
        if row.holds_identity != (CompartmentName.IDENTITY in held[account]):
            yield Finding("caseload", f"{name}: a reader's list is wrong about who holds the identity")


def _pseudonyms(session: Session, case: Case, logged: Mapping[str, str]) -> Iterator[Finding]:
    """A reporter knows whom they talk to by these numbers alone: swapped, they would put words in another's mouth."""
    rows = session.execute(select(Pseudonym.account_id, Pseudonym.number).where(Pseudonym.case_id == case.id))
    stored = {account.hex(): str(number) for account, number in rows}
    for account in sorted(stored.keys() | logged.keys()):
        if stored.get(account) != logged.get(account):
            yield Finding("pseudonym", f"case {case.reference}: the reporter knows {account} by another number")


def _records(session: Session, logged: Logged) -> Iterator[Finding]:
    seen: set[str] = set()
    for rows in _record_blocks(session):
        values: dict[bytes, dict[int, dict[str, bytes]]] = defaultdict(lambda: defaultdict(dict))
        for field_row in session.scalars(
            select(SealedField).where(SealedField.record_id.in_([row.id for row in rows]))
        ):
            values[field_row.record_id][field_row.revision][field_row.name] = field_row.value
        for row in rows:
            seen.add(row.id.hex())
            where = f"{row.kind} {row.number} of case {row.case_id.hex()}: "
            yield from _as_far_as("record", _record(row, values[row.id], logged), where)
        session.expunge_all()
    for missing in sorted(logged.records.keys() - seen):
        if logged.erased.get(missing, 0) < logged.records[missing][0]:
            yield Finding("record", f"record {missing} is in the log and not in the database")


def _record_blocks(session: Session) -> Iterator[Sequence[Record]]:
    """Every record there is, by id, some hundreds at a time."""
    query = select(Record).order_by(Record.id).limit(BLOCK)
    rows = session.scalars(query).all()
    while rows:
        last = rows[-1].id
        yield rows
        rows = session.scalars(query.where(Record.id > last)).all()


def _record(row: Record, values: Mapping[int, Mapping[str, bytes]], logged: Logged) -> Iterator[Finding]:
    name = f"{row.kind} {row.number} of case {row.case_id.hex()}"
    expected = logged.records.get(row.id.hex())
    if row.id.hex() in logged.erased:
        yield Finding("record", f"{name} was erased and is back")
    elif expected is None:
        yield Finding("record", f"{name} is in no log entry")
    elif expected != (row.revision, records.digest_of(row, row.number, row.made, values.get(row.revision, {}))):
        older = " (an older revision)" if row.revision < expected[0] else ""
        yield Finding("record", f"{name} is not what was written{older}")
    if values.keys() - {row.revision}:
        yield Finding("record", f"{name} has fields of another revision")


def _files(session: Session, logged: Logged) -> Iterator[Finding]:
    seen: set[str] = set()
    rows = session.execute(
        select(File.id, File.chunks, File.digest, File.case_id, Record.case_id)
        .outerjoin(Record, and_(Record.id == File.id, Record.kind.in_(records.WITH_A_FILE)))
        .where(File.case_id.is_not(None))
        .order_by(File.id)
    ).all()
    for file_id, chunks, digest, case_id, case_of_record in rows:
        seen.add(file_id.hex())
        if logged.files.get(file_id.hex()) != (chunks, (digest or b"").hex()):
            yield Finding("file", f"file {file_id.hex()} is not the one in the log")
        if case_id != case_of_record:
            yield Finding("file", f"file {file_id.hex()} is not in the case whose record holds its key")
        if _sealed_in(session, file_id) != (chunks, digest):
            yield Finding("file", f"file {file_id.hex()}: its chunks are not those that were sealed")
    for missing in sorted(logged.files.keys() - seen - logged.erased.keys()):
        yield Finding("file", f"file {missing} is in the log and not in the database")


def _sealed_in(session: Session, file_id: bytes) -> tuple[int, bytes]:
    """How many chunks a file has, and the SHA-256 over them all."""
    count, running = 0, hashlib.sha256()
    for data in session.scalars(
        select(FileChunk.data)
        .where(FileChunk.file_id == file_id)
        .order_by(FileChunk.position)
        .execution_options(yield_per=16)
    ):
        running.update(data)
        count += 1
    return count, running.digest()
