"""Read marks: how far each reader has read the conversation. Sealed and signed like whatever else is said in a case.

A mark is one record for each reader, whose words are replaced when they read further. Nothing of it stands in the clear but that it
was renewed on a day on which the log says that the case was opened anyway.
"""

from collections.abc import Iterable, Sequence

from complaints.models import Case, new_id
from complaints.services import casework, keyrings, records
from complaints.services.keyrings import Keyring
from complaints.services.keys import SessionKeys
from complaints.services.records import OpenedRecord
from complaints.services.unit import Unit
from complaints.vocabulary import RecordKind

_NUMBER = "number"


def read_up_to(opened: Iterable[OpenedRecord], *, by_reporter: bool, case: bytes) -> int:
    """The number of the last message that the reporter has read, or that anybody else has; 0 for none."""
    marks = (record for record in opened if record.kind is RecordKind.READ_MARK)
    return max((_number(mark) for mark in marks if (mark.author == case) == by_reporter), default=0)


def renew(
    unit: Unit, case: Case, keyring: Keyring, reader: bytes, keys: SessionKeys, opened: Sequence[OpenedRecord]
) -> str:
    """Moves the reader's mark to the newest message of others. Returns the `writes` line; empty when nothing there is new to them."""
    newest = max((r.number for r in opened if r.kind is RecordKind.MESSAGE and r.author != reader), default=0)
    own = [r for r in opened if r.kind is RecordKind.READ_MARK and r.author == reader]
    if newest <= max(map(_number, own), default=0):
        return ""
    casework.take_turns(unit, case.id)
    if keyrings.newest_epochs(unit, case.id).get(keyring.compartment) != keyring.newest:
        return ""  # handed over this very moment: nothing is sealed under the old key
    marks = records.rows_of(unit, case.id, keyring.compartment, [RecordKind.READ_MARK])
    row = next((row for row in marks if row.author == reader), None)
    if row is not None and row.id not in {mark.id for mark in own}:
        return ""  # one that was altered stays as it is found; one that has just been made is good enough
    sealed = records.seal(
        case.id,
        row.id if row else new_id(),
        RecordKind.READ_MARK,
        {_NUMBER: newest.to_bytes(4, "big")},
        epoch=keyring.newest,
        key=keyring.key,
        author=reader,
        signing=keys.signing,
        revision=row.revision + 1 if row else 1,
    )
    return records.replace(unit, row, sealed) if row else records.store(unit, [sealed])


def _number(mark: OpenedRecord) -> int:
    return int.from_bytes(mark.fields[_NUMBER], "big")
