"""Records: what is sealed in a case, each with its author's signature sealed inside it.

A record's fields are sealed one by one under its compartment's key. One more field, `signature`, holds the author's Ed25519 signature
over every field's plaintext, so that not even somebody with the compartment key can put words in another's mouth. Where an author
says the same thing again and better (who they are), the signature says as well which time it is, so that an older one cannot stand
in for a newer.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import bindparam, delete, insert, select, update

from complaints.errors import Refused
from complaints.models import Base, Case, Record
from complaints.services import acts, rosters
from complaints.services.keyrings import Keyring
from complaints.services.unit import AnyRow, Unit
from complaints.vocabulary import (
    ASKED,
    ASKED_FIELD_SIZE,
    EXCLUSIONS_FIELD_SIZE,
    IDENTITY_FIELD_SIZE,
    CompartmentName,
    RecordKind,
)
from crypto import (
    BadSignature,
    Context,
    CryptoError,
    SecretKey,
    SigningKey,
    VerifyKey,
    encode_parts,
    open_field,
    seal_field,
)

RecordRow = Record | AnyRow

SIGNATURE = "signature"
DOMAIN = "record"
_ONE_SIZE = {RecordKind.IDENTITY: IDENTITY_FIELD_SIZE, RecordKind.EXCLUSIONS: EXCLUSIONS_FIELD_SIZE}
"""Bytes of each field where not even its padded size may tell anything."""
_SIGNED_ONCE = b"\x01"
"""‖ signature (64)."""
_SIGNED_AGAIN = b"\x02"
"""‖ first epoch (4) ‖ time (4) ‖ signature (64) over both as well."""
_LABEL_AGAIN = b"complaints/record/2"

REPORTERS_OWN = frozenset(
    {
        RecordKind.REPORT,
        RecordKind.EXCLUSIONS,
        RecordKind.IDENTITY,
        RecordKind.FILE,
        RecordKind.ORIGINAL,
        RecordKind.DATA_REQUEST,
        RecordKind.TAKEN_DOWN,
        RecordKind.TRANSCRIPT_CHECK,
        RecordKind.WITHDRAWAL,
    }
)
"""Kinds of records that the reporter alone writes. Messages and read marks are anybody's; the rest never the reporter's."""
_CAME_WITH_THE_REPORT = frozenset(
    {
        RecordKind.REPORT,
        RecordKind.EXCLUSIONS,
        RecordKind.IDENTITY,
        RecordKind.FILE,
        RecordKind.ORIGINAL,
        RecordKind.TAKEN_DOWN,
    }
)
"""All that may bear the signature of a first code that staff know: it opens nothing with which the reporter could have made more."""
_KINDS = frozenset(RecordKind)
_ANYBODYS = frozenset({RecordKind.MESSAGE, RecordKind.READ_MARK})
FILES = frozenset({RecordKind.FILE, RecordKind.ENCLOSURE})
"""Files that whoever reads the report may take."""
WITH_A_FILE = FILES | {RecordKind.ORIGINAL}
"""Kinds of records that hold a file's key; the file bears the record's id."""
_IN_EVERY_CASE = (RecordKind.REPORT, RecordKind.EXCLUSIONS, RecordKind.IDENTITY)

_TABLES = Base.metadata.tables
_CASE, _RECORD, _FIELD, _FILE = (_TABLES[name] for name in ("cases", "record", "sealed_field", "file"))
_COUNT_ON = (
    update(_CASE)
    .where(_CASE.c.id == bindparam("case"))
    .values(records=_CASE.c.records + bindparam("added"))
    .returning(_CASE.c.records)
)
_INSERT_RECORDS, _INSERT_FIELDS = insert(_RECORD), insert(_FIELD)
_FORGET_FIELDS = delete(_FIELD).where(_FIELD.c.record_id == bindparam("record"))
_FORGET_RECORD = delete(_RECORD).where(_RECORD.c.id == bindparam("record"))
_RELEASE_FILE = update(_FILE).where(_FILE.c.id == bindparam("file")).values(case_id=None, digest=None, chunks=-1)
_RENEW = (
    update(_RECORD)
    .where(_RECORD.c.id == bindparam("record"))
    .values(epoch=bindparam("new_epoch"), revision=bindparam("new_revision"))
)
_OF_CASE = select(_RECORD).where(_RECORD.c.case_id == bindparam("case")).order_by(_RECORD.c.number)
_FIELDS = select(_FIELD).where(_FIELD.c.record_id.in_(bindparam("records", expanding=True)))
_FILE_DIGESTS = (
    select(_FILE.c.id, _FILE.c.chunks, _FILE.c.digest)
    .where(_FILE.c.id.in_(bindparam("files", expanding=True)))
    .order_by(_FILE.c.id)
)


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A record as it is stored: nothing of it can be read without the compartment's key."""

    id: bytes
    case: bytes
    compartment: CompartmentName
    epoch: int
    kind: RecordKind
    author: bytes
    revision: int
    fields: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, order=True)
class Saying:
    """Which time an author says something: counted from 1, anew in a compartment that begins with another epoch. Signed by them."""

    first_epoch: int = 1
    time: int = 1

    def to_bytes(self) -> bytes:
        return self.first_epoch.to_bytes(4, "big") + self.time.to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """A record's plaintext. Never leaves a service but inside what it returns."""

    id: bytes
    number: int
    kind: RecordKind
    author: bytes
    made: date
    fields: Mapping[str, bytes] = field(repr=False)
    saying: Saying = Saying()

    def text(self, name: str) -> str:
        return self.fields.get(name, b"").decode("utf-8")


def digest_of(record: SealedRecord | Record, number: int, made: date, fields: Mapping[str, bytes]) -> str:
    """Hex SHA-256 over where a record stands, who wrote it on which day, and every sealed value: what the access log holds of it.

    Its number is among these, for it is the order in which a conversation is read.
    """
    case = record.case if isinstance(record, SealedRecord) else record.case_id
    parts = [
        record.id,
        case,
        record.compartment.encode(),
        record.epoch.to_bytes(4, "big"),
        number.to_bytes(4, "big"),
        made.isoformat().encode(),
        record.kind.encode(),
        record.author,
        record.revision.to_bytes(4, "big"),
    ]
    parts += [encode_parts(name.encode(), fields[name]) for name in sorted(fields)]
    return hashlib.sha256(encode_parts(*parts)).hexdigest()


def _write(record: SealedRecord, number: int, made: date) -> str:
    """What the access log's `writes` field says of a record."""
    return f"record:{record.id.hex()}:{record.revision}:{digest_of(record, number, made, record.fields)}"


def field_context(
    case: bytes, compartment: CompartmentName, key_id: bytes, record: bytes, name: str, revision: int
) -> Context:
    return Context("field", case, compartment, key_id, record, name, revision)


def seal(
    case: bytes,
    record_id: bytes,
    kind: RecordKind,
    fields: Mapping[str, bytes],
    *,
    epoch: int,
    key: SecretKey,
    author: bytes,
    signing: SigningKey,
    saying: Saying | None = None,
    revision: int = 1,
) -> SealedRecord:
    """A record, or with a higher `revision` other words in its place: signed by its author, then every field sealed. Pure."""
    statement = _statement(case, record_id, kind, author, fields, saying)
    signature = (_SIGNED_ONCE if saying is None else _SIGNED_AGAIN + saying.to_bytes()) + signing.sign(
        statement, DOMAIN
    )
    return _seal_signed(
        case, record_id, kind, {**fields, SIGNATURE: signature}, epoch=epoch, key=key, author=author, revision=revision
    )


def reseal(opened: OpenedRecord, case: bytes, *, epoch: int, key: SecretKey, revision: int) -> SealedRecord:
    """The same words and their author's own signature under another key, as a new revision."""
    return _seal_signed(
        case, opened.id, opened.kind, opened.fields, epoch=epoch, key=key, author=opened.author, revision=revision
    )


def _seal_signed(
    case: bytes,
    record_id: bytes,
    kind: RecordKind,
    fields: Mapping[str, bytes],
    *,
    epoch: int,
    key: SecretKey,
    author: bytes,
    revision: int,
) -> SealedRecord:
    compartment = kind.compartment
    sealed = {
        name: seal_field(
            value,
            key,
            field_context(case, compartment, key.key_id, record_id, name, revision),
            size=_size_of(kind, name, value),
        )
        for name, value in fields.items()
    }
    return SealedRecord(record_id, case, compartment, epoch, kind, author, revision, sealed)


def _size_of(kind: RecordKind, name: str, value: bytes) -> int | None:
    """Bytes that a field is padded to; None where its padded length may tell roughly how long it is."""
    if name != ASKED:
        return _ONE_SIZE.get(kind)
    return None if kind is RecordKind.REPORT and len(value) >= ASKED_FIELD_SIZE else ASKED_FIELD_SIZE


def _statement(
    case: bytes, record_id: bytes, kind: RecordKind, author: bytes, fields: Mapping[str, bytes], saying: Saying | None
) -> bytes:
    named = (encode_parts(name.encode(), fields[name]) for name in sorted(fields) if name != SIGNATURE)
    if saying is None:
        return encode_parts(case, record_id, kind.encode(), author, *named)
    return encode_parts(_LABEL_AGAIN, case, record_id, kind.encode(), author, saying.to_bytes(), *named)


def store(unit: Unit, records: Sequence[SealedRecord]) -> str:
    """Inserts new records of one case, numbered after those it has. Returns what the access log's `writes` is to say."""
    if not records:
        return ""
    case = records[0].case
    _forget_rows(unit, case)
    last = unit.run(_COUNT_ON, {"case": case, "added": len(records)}).scalar()
    if last is None:
        raise Refused("a record of a case that is not there")
    numbered = list(enumerate(records, start=last - len(records) + 1))
    unit.run(
        _INSERT_RECORDS,
        [
            {
                "id": record.id,
                "case_id": record.case,
                "number": number,
                "compartment": record.compartment,
                "epoch": record.epoch,
                "kind": record.kind,
                "author": record.author,
                "made": unit.today,
                "revision": record.revision,
            }
            for number, record in numbered
        ],
    )
    _insert_fields(unit, records)
    return "\n".join(_write(record, number, unit.today) for number, record in numbered)


def replace(unit: Unit, row: RecordRow, resealed: SealedRecord) -> str:
    """Puts a resealed revision in place of the one before, whose rows go. Returns the `writes` line."""
    _forget_rows(unit, resealed.case)
    unit.run(_FORGET_FIELDS, {"record": row.id})
    unit.run(_RENEW, {"record": row.id, "new_epoch": resealed.epoch, "new_revision": resealed.revision})
    _insert_fields(unit, [resealed])
    return _write(resealed, row.number, row.made)


def supersede(unit: Unit, row: RecordRow, anew: SealedRecord) -> str:
    """Puts a record of another kind in the place of one of the same id, as a later revision, numbered anew. Returns the `writes` line.

    A file bears the id of the record with its key: so it changes hands without being sealed again. The log knows one record, whose
    newest revision is this one; the earlier put back shows as older.
    """
    if anew.id != row.id or anew.revision <= row.revision:
        raise ValueError("not a later revision of this record")
    unit.run(_FORGET_FIELDS, {"record": row.id})
    unit.run(_FORGET_RECORD, {"record": row.id})
    return store(unit, [anew])


def _insert_fields(unit: Unit, records: Iterable[SealedRecord]) -> None:
    unit.run(
        _INSERT_FIELDS,
        [
            {"record_id": record.id, "revision": record.revision, "name": name, "value": value}
            for record in records
            for name, value in record.fields.items()
        ],
    )


def rows_of(
    unit: Unit, case: bytes, compartment: CompartmentName, kinds: Sequence[RecordKind] | None = None
) -> Sequence[RecordRow]:
    """A compartment's records in the order they were made. Those of all three are read at once: whoever asks for one asks for another."""
    rows = unit.once(_of_case(case), lambda: unit.run(_OF_CASE, {"case": case}).all())
    return [row for row in rows if row.compartment == compartment and (kinds is None or row.kind in kinds)]


def _of_case(case: bytes) -> tuple[str, bytes]:
    return "records", case


def _forget_rows(unit: Unit, case: bytes) -> None:
    """They are about to be others."""
    unit.known.pop(_of_case(case), None)


def sealed_fields(unit: Unit, rows: Sequence[RecordRow]) -> dict[bytes, dict[str, bytes]]:
    """The present revision's sealed fields of each record."""
    present = {row.id: row.revision for row in rows}
    fields: dict[bytes, dict[str, bytes]] = {row.id: {} for row in rows}
    for record_id, revision, name, value in unit.run(_FIELDS, {"records": list(present)}):
        if present[record_id] == revision:
            fields[record_id][name] = value
    return fields


def open_all(unit: Unit, case: Case, keyring: Keyring) -> tuple[list[OpenedRecord], list[str]]:
    """A compartment's records in the order they were made, and what cannot be shown.

    That is "message 5" for a record that does not verify, and "report missing" when there is none of a kind that every case has.
    """
    rows = rows_of(unit, case.id, keyring.compartment)
    sealed = sealed_fields(unit, rows)
    opened, problems = [], []
    for row in rows:
        try:
            opened.append(open_record(unit, case, keyring, row, sealed[row.id]))
        except Refused:
            problems.append(f"{row.kind} {row.number}")
    kinds = {row.kind for row in rows}
    expected = (kind for kind in _IN_EVERY_CASE if kind.compartment == keyring.compartment)
    problems += [f"{kind} missing" for kind in expected if kind not in kinds]
    return opened, problems


def open_record(unit: Unit, case: Case, keyring: Keyring, row: RecordRow, fields: Mapping[str, bytes]) -> OpenedRecord:
    """Opens every field and verifies the author's signature. Raises Refused on anything moved, altered, older, forged or missing."""
    if row.kind not in _KINDS:
        raise Refused("a record of a kind that there is not")
    kind = RecordKind(row.kind)
    if row.case_id != case.id or row.compartment != keyring.compartment or kind.compartment != keyring.compartment:
        raise Refused("a record in the wrong compartment")
    key = keyring.at(row.epoch)
    opened: dict[str, bytes] = {}
    for name, value in fields.items():
        try:
            context = field_context(case.id, keyring.compartment, key.key_id, row.id, name, row.revision)
            opened[name] = open_field(value, key, context)
        except (CryptoError, ValueError) as error:  # ValueError: a revision that no record has
            raise Refused("a field that does not open here") from error
    saying = _require_author(unit, case, row, kind, opened)
    return OpenedRecord(row.id, row.number, kind, row.author, row.made, opened, saying or Saying())


def _read_signature(field: bytes) -> tuple[Saying | None, bytes]:
    """Which time the author says, if they do, and their signature."""
    if field[:1] == _SIGNED_ONCE:
        return None, field[1:]
    if field[:1] == _SIGNED_AGAIN and len(field) > 9:
        return Saying(int.from_bytes(field[1:5], "big"), int.from_bytes(field[5:9], "big")), field[9:]
    raise Refused("a record without its author's signature")


def _require_author(
    unit: Unit, case: Case, row: RecordRow, kind: RecordKind, fields: Mapping[str, bytes]
) -> Saying | None:
    saying, signature = _read_signature(fields.get(SIGNATURE, b""))
    if kind not in _ANYBODYS and (row.author == case.id) != (kind in REPORTERS_OWN):
        raise Refused("a record by somebody whose it cannot be")
    statement = _statement(case.id, row.id, kind, row.author, fields, saying)
    for verify in verify_keys_of(unit, case, row.author, kind.compartment, row.epoch):
        try:
            VerifyKey.from_bytes(verify).verify(signature, statement, DOMAIN)
        except BadSignature:
            continue
        if row.author == case.id and (kind not in _CAME_WITH_THE_REPORT or saying is not None):
            _require_not_first_code(unit, case, verify)
        return saying
    raise Refused("a record that its author did not sign")


def _require_not_first_code(unit: Unit, case: Case, verify: bytes) -> None:
    """What the reporter said later they said under a receipt of their own. Whoever took the report down knows the first one's keys."""
    if verify == acts.reporters(unit, case)[0].reporter.verify and acts.was_taken_down(unit, case):
        raise Refused("a record under the receipt that staff know")


def verify_keys_of(
    unit: Unit, case: Case, author: bytes, compartment: CompartmentName, epoch: int
) -> tuple[bytes, ...]:
    """The keys that may have signed for `author` in an epoch: the reporter's own, or what the channel's verified rosters say of an account.

    An identity is sealed again in each epoch with the signature it had, so any key that the reporter has had may have made it.
    """
    if author == case.id:
        tenures = acts.reporters(unit, case)
        if compartment is CompartmentName.IDENTITY:
            return tuple(tenure.reporter.verify for tenure in tenures)
        return (acts.tenure_at(tenures, compartment, epoch).reporter.verify,)
    there = dict.fromkeys(stay.channel for stay in acts.stays(unit, case))
    members = (roster.member(author) for channel in there for roster in rosters.chain(unit, channel))
    return tuple(dict.fromkeys(member.verify for member in members if member is not None))


def erase(unit: Unit, case: bytes, compartment: CompartmentName) -> str:
    """Removes every record of a compartment, whole. Returns the `writes` lines by which the check knows that this was meant.

    A file whose key was among them is nobody's from then on, and goes with the next sweep.
    """
    rows = rows_of(unit, case, compartment)
    _forget_rows(unit, case)
    for row in rows:
        unit.run(_FORGET_FIELDS, {"record": row.id})
        unit.run(_FORGET_RECORD, {"record": row.id})
        unit.run(_RELEASE_FILE, {"file": row.id})
    return "\n".join(f"erased:{row.id.hex()}:{row.revision}:" for row in rows)


def claimed_file_digests(unit: Unit, ids: Sequence[bytes]) -> str:
    """`writes` lines for files: how many sealed chunks, and the SHA-256 over them all."""
    rows = unit.run(_FILE_DIGESTS, {"files": ids}) if ids else ()
    return "\n".join(f"file:{file_id.hex()}:{chunks}:{(digest or b'').hex()}" for file_id, chunks, digest in rows)
