"""A message: words, files, or both, from either side. Sealed in one transaction, so that nobody reads the words without the files."""

from collections.abc import Sequence

from complaints.errors import Invalid
from complaints.models import new_id
from complaints.services import intake, records, uploads
from complaints.services.keyrings import Keyring
from complaints.services.keys import SessionKeys
from complaints.services.records import SealedRecord
from complaints.services.unit import Unit
from complaints.services.uploads import StagedFile
from complaints.vocabulary import RecordKind

LIMIT = 10_000
"""Characters."""
BELONGS_TO = "message"
"""Field of a file's record: the id of the message that it came with. A file that came with the report has none."""


def seal(
    case: bytes, keyring: Keyring, author: bytes, keys: SessionKeys, text: str, files: Sequence[StagedFile] = ()
) -> list[SealedRecord]:
    """The files' records, then the message's own. Raises Invalid when there are neither words nor files, or over 10,000 characters."""
    if not text.strip() and not files:
        raise Invalid({"text": "missing"})
    if len(text) > LIMIT:
        raise Invalid({"text": "too-long"})
    message, kind = new_id(), RecordKind.FILE if author == case else RecordKind.ENCLOSURE
    parts = [(staged.id, kind, intake.file_fields(staged) | {BELONGS_TO: message}) for staged in files] + [
        (message, RecordKind.MESSAGE, {"text": text.encode()})
    ]
    return [
        records.seal(
            case, id_, kind, fields, epoch=keyring.newest, key=keyring.key, author=author, signing=keys.signing
        )
        for id_, kind, fields in parts
    ]


def store(unit: Unit, case: bytes, sealed: Sequence[SealedRecord], files: Sequence[StagedFile] = ()) -> str:
    """Returns what the access log's `writes` is to say. Raises UploadRefused for a file that waited too long."""
    for staged in files:
        uploads.claim(unit, staged, case)
    writes = (records.store(unit, sealed), records.claimed_file_digests(unit, [staged.id for staged in files]))
    return "\n".join(filter(None, writes))
