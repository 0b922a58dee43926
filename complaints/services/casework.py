"""Casework: reaching a case and writing in it. Everything is entered in the log in the same transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import bindparam, insert, or_, select, update

from complaints.cleaning import kinds
from complaints.errors import Failure, Invalid, NotFound
from complaints.models import Base, Case, CaseloadRow, new_id
from complaints.policy import Staff
from complaints.services import case_state, keyrings, messages, records
from complaints.services.keyrings import Keyring
from complaints.services.keys import SessionKeys
from complaints.services.records import OpenedRecord
from complaints.services.unit import Unit
from complaints.services.uploads import StagedFile
from complaints.vocabulary import Cleaning, CompartmentName, Event, RecordKind, Trace
from crypto import SecretKey

MESSAGE_LIMIT = messages.LIMIT

_TABLES = Base.metadata.tables
_RECORD, _LINE, _PSEUDONYM = _TABLES["record"], _TABLES["caseload"], _TABLES["pseudonym"]
_FIND_RECORD = select(_RECORD).where(_RECORD.c.id == bindparam("record"))
_NUMBERS = select(_PSEUDONYM.c.account_id, _PSEUDONYM.c.number).where(_PSEUDONYM.c.case_id == bindparam("case"))
_INSERT_NUMBER = insert(_PSEUDONYM)
_LOCK = select(_TABLES["cases"].c.id).where(_TABLES["cases"].c.id == bindparam("case")).with_for_update()
_MARK_READ = (
    update(_LINE)
    .where(_LINE.c.case_id == bindparam("case"), _LINE.c.account_id == bindparam("account"), _LINE.c.unread)
    .values(unread=False)
)


@dataclass(frozen=True, slots=True)
class FileLine:
    id: bytes
    name: str = field(repr=False)
    media_type: str
    length: int
    author: bytes
    """An account's id, or the case's own id: the reporter."""
    message: bytes
    """The message that it came with; empty when it came with the report."""
    cleaning: Cleaning = Cleaning.UNTOLD
    found: tuple[Trace, ...] = ()
    original: bytes = b""
    """The file as it was sent, in `identity`, when this is its clean copy. See `reporters_files` for one that is gone."""

    @property
    def unreadable(self) -> bool:
        """It cannot be opened as what its name says, and may be damaged."""
        return kinds.belies_its_name(self.name, self.media_type)


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that may now be streamed: its key, and what its record says of it."""

    id: bytes
    key: SecretKey = field(repr=False)
    name: str = field(repr=False)
    media_type: str
    length: int


def file_line(record: OpenedRecord) -> FileLine:
    length = int.from_bytes(record.fields["length"], "big")
    message = record.fields.get(messages.BELONGS_TO, b"")
    cleaning, letters = record.text("cleaning"), record.text("found")
    return FileLine(
        record.id,
        record.text("name"),
        record.text("type"),
        length,
        record.author,
        message,
        Cleaning(cleaning) if cleaning in set(Cleaning) else Cleaning.UNTOLD,
        tuple(trace for trace in Trace if trace in letters),
        record.fields.get("twin", b""),
    )


def reporters_files(unit: Unit, case: Case, opened: Sequence[OpenedRecord]) -> tuple[FileLine, ...]:
    """The reporter's files, whatever they came with. None names an original that went with the identity."""
    there = set(_originals(unit, case))
    lines = (file_line(record) for record in opened if record.kind is RecordKind.FILE)
    return tuple(line if line.original in there else replace(line, original=b"") for line in lines)


def kept_apart(unit: Unit, case: Case, files: Sequence[FileLine]) -> tuple[bytes, ...]:
    """Originals of which there is no clean copy among these files."""
    copied = {line.original for line in files}
    return tuple(original for original in _originals(unit, case) if original not in copied)


def _originals(unit: Unit, case: Case) -> list[bytes]:
    return [row.id for row in records.rows_of(unit, case.id, CompartmentName.IDENTITY, [RecordKind.ORIGINAL])]


def files_by_message(opened: Sequence[OpenedRecord]) -> dict[bytes, tuple[FileLine, ...]]:
    """The files that came with each message. One that names somebody else's message came with none."""
    files: dict[bytes, tuple[FileLine, ...]] = {}
    authors = {record.id: record.author for record in opened if record.kind is RecordKind.MESSAGE}
    for line in (file_line(record) for record in opened if record.kind in records.FILES):
        if authors.get(line.message) == line.author:
            files[line.message] = (*files.get(line.message, ()), line)
    return files


@dataclass(frozen=True, slots=True)
class Opening:
    """A case that the actor may read, with the keys their grants give."""

    case: Case
    report: Keyring
    internal: Keyring
    pseudonym: int
    state: str
    """As the access log has it, when the case was fetched."""


def fetch_case(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> Opening:
    """Fetches and authorises in one step: without a grant the case does not exist. Raises NotFound, Refused."""
    case = unit.session.get(Case, case_id)
    report = internal = None
    if case is not None:
        report = keyrings.open_keyring(unit, case, CompartmentName.REPORT, actor.account, keys.work)
        internal = keyrings.open_keyring(unit, case, CompartmentName.INTERNAL, actor.account, keys.work)
    if case is None or report is None or internal is None:
        raise not_found(actor, case_id)
    return Opening(case, report, internal, pseudonym_of(unit, case.id, actor.account), case_state.line_of(case))


def not_found(actor: Staff, case_id: bytes) -> NotFound:
    """The same answer for a case that is not there and one that is not theirs; the attempt is entered."""
    fields = {"actor": actor.account.hex(), "role": " ".join(sorted(actor.roles)), "subject": f"case:{case_id.hex()}"}
    return NotFound(failure=Failure(Event.DENIED, fields))


def reply(
    unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, text: str, files: Sequence[StagedFile] = ()
) -> None:
    """Writes to the reporter: words, files or both. Raises NotFound, Invalid, UploadRefused for a file that waited too long."""
    take_turns(unit, case_id)
    opening = fetch_case(unit, actor, keys, case_id)
    sealed = messages.seal(opening.case.id, opening.report, actor.account, keys, text, files)
    writes = messages.store(unit, opening.case.id, sealed, files)
    touch(unit, opening.case, except_for=actor.account)
    case_state.acknowledge(unit, opening.case)
    enter(unit, Event.MESSAGE_SENT, actor, opening, writes=writes)


def write_note(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, text: str) -> None:
    """Writes a note that investigators alone read. Raises NotFound, Invalid."""
    take_turns(unit, case_id)
    opening = fetch_case(unit, actor, keys, case_id)
    sealed = seal_text(opening.case.id, RecordKind.NOTE, opening.internal, actor.account, keys, text)
    writes = records.store(unit, [sealed])
    touch(unit, opening.case, except_for=actor.account)
    enter(unit, Event.NOTE_WRITTEN, actor, opening, writes=writes)


def seal_text(
    case: bytes, kind: RecordKind, keyring: Keyring, author: bytes, keys: SessionKeys, text: str
) -> records.SealedRecord:
    """Words of a kind of their own. Raises Invalid when they are empty or over 10,000 characters."""
    if not text.strip():
        raise Invalid({"text": "missing"})
    if len(text) > MESSAGE_LIMIT:
        raise Invalid({"text": "too-long"})
    return records.seal(
        case,
        new_id(),
        kind,
        {"text": text.encode()},
        epoch=keyring.newest,
        key=keyring.key,
        author=author,
        signing=keys.signing,
    )


def open_file(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, file_id: bytes) -> OpenedFile:
    """A file of the case, ready to be streamed after the commit; the opening is entered. Raises NotFound, Refused."""
    opening = fetch_case(unit, actor, keys, case_id)
    opened = open_file_record(unit, opening.case, opening.report, file_id)
    if opened is None:
        raise not_found(actor, case_id)
    enter(unit, Event.FILE_OPENED, actor, opening, subject=f"file:{file_id.hex()}")
    return opened


def open_file_record(
    unit: Unit, case: Case, keyring: Keyring, file_id: bytes, kinds: Collection[str] = records.FILES
) -> OpenedFile | None:
    """The particulars of one of the case's files, of either side; None when it has no such file."""
    row = unit.run(_FIND_RECORD, {"record": file_id}).first()
    if row is None or row.case_id != case.id or row.kind not in kinds:
        return None
    record = records.open_record(unit, case, keyring, row, records.sealed_fields(unit, [row])[row.id])
    line = file_line(record)
    return OpenedFile(line.id, SecretKey.from_bytes(record.fields["key"]), line.name, line.media_type, line.length)


def enter(unit: Unit, event: Event, actor: Staff, opening: Opening, **fields: str) -> None:
    """Has the log say what the actor did in this case, under their pseudonym there, and what became of its clear side by it."""
    state = case_state.line_of(opening.case)
    unit.enter(
        event,
        actor,
        case=opening.case.id.hex(),
        channel=opening.case.channel_id.hex(),
        pseudonym=str(opening.pseudonym),
        **{name: value for name, value in fields.items() if value},
        **({"state": state} if state != opening.state else {}),
    )


def pseudonym_of(unit: Unit, case: bytes, account: bytes) -> int:
    """The number by which the case's reporter knows this reader; given at first need, never again to another."""
    number = _numbers(unit, case).get(account)
    if number is None:
        take_turns(unit, case)
        numbers = _numbers(unit, case)
        number = numbers.get(account, max(numbers.values(), default=0) + 1)
        if account not in numbers:
            unit.run(_INSERT_NUMBER, {"case_id": case, "number": number, "account_id": account})
    return number


def _numbers(unit: Unit, case: bytes) -> dict[bytes, int]:
    return {row.account_id: row.number for row in unit.run(_NUMBERS, {"case": case})}


def take_turns(unit: Unit, case: bytes) -> None:
    """Until this unit ends, nobody else who takes turns works on the case. On SQLite all writers do already.

    Whoever seals takes their turn before they open their keys: what is written after a hand-over is then under its new ones. What the
    unit has read before is read anew: whoever had their turn meanwhile may have changed it.
    """
    unit.run(_LOCK, {"case": case})
    unit.read_anew()


def take_turns_on_all(unit: Unit, cases: Iterable[bytes]) -> None:
    """The same on several cases, in one order for everybody, so that no two wait for each other."""
    for case in sorted(set(cases)):
        take_turns(unit, case)


def mark_read(unit: Unit, actor: Staff, case: bytes) -> None:
    unit.run(_MARK_READ, {"case": case, "account": actor.account})


def touch(unit: Unit, case: Case, *, except_for: bytes | None = None) -> None:
    """Something was written today: every reader's line shows it, and says unread to all but the writer."""
    case.activity = unit.today
    unread = or_(CaseloadRow.unread, CaseloadRow.account_id != except_for) if except_for else True
    unit.session.execute(
        update(CaseloadRow).where(CaseloadRow.case_id == case.id).values(activity=unit.today, unread=unread)
    )
