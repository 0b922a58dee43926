"""A copy of everything that is the reporter's: what they sent, what was written both ways, who they are, who has looked."""

from dataclasses import dataclass, field

from complaints.models import Case
from complaints.policy import Reporter
from complaints.services import case_reading, casework, keyrings, mailbox, openings, own_case, own_identity, records
from complaints.services.access_log import AccessLog
from complaints.services.casework import OpenedFile
from complaints.services.keys import SessionKeys
from complaints.services.mailbox import Mailbox
from complaints.services.openings import Openings
from complaints.services.own_identity import OwnIdentity
from complaints.services.unit import Unit
from complaints.vocabulary import CompartmentName, Event, RecordKind
from crypto import PrivateKey


@dataclass(frozen=True, slots=True)
class OwnData:
    """Everything. `files`, of both sides, can be streamed after the commit; staff are in it by their numbers alone."""

    box: Mailbox = field(repr=False)
    identity: OwnIdentity = field(repr=False)
    excluded: tuple[str, ...] = field(repr=False)
    excluded_words: str = field(repr=False)
    openings: Openings
    files: tuple[OpenedFile, ...] = field(repr=False)
    originals: tuple[OpenedFile, ...] = field(repr=False)
    """As they were sent, where others read a clean copy or none."""


def collect(unit: Unit, log: AccessLog, reporter: Reporter, keys: SessionKeys, identity_key: PrivateKey) -> OwnData:
    """Raises NotFound, Refused. The taking is entered, by the day, beside what it opens."""
    case, keyring = own_case.fetch(unit, reporter, keys)
    box = mailbox.read_mailbox(unit, reporter, keys)
    opened, _problems = records.open_all(unit, case, keyring)
    exclusions = [record for record in opened if record.kind is RecordKind.EXCLUSIONS][:1]
    sent = (line.id for lines in (box.files, *(message.files for message in box.messages)) for line in lines)
    files = (casework.open_file_record(unit, case, keyring, file) for file in dict.fromkeys(sent))
    unit.enter_later(Event.DATA_TAKEN, role="reporter", case=case.id.hex())
    return OwnData(
        box=box,
        identity=own_identity.see(unit, reporter, keys, identity_key),
        excluded=case_reading.excluded_names_of(unit, exclusions[0]) if exclusions else (),
        excluded_words=exclusions[0].text("words") if exclusions else "",
        openings=openings.list_openings(unit, log, reporter, keys),
        files=tuple(file for file in files if file is not None),
        originals=_originals(unit, case, identity_key),
    )


def _originals(unit: Unit, case: Case, identity_key: PrivateKey) -> tuple[OpenedFile, ...]:
    keyring = keyrings.open_keyring(unit, case, CompartmentName.IDENTITY, case.id, identity_key)
    rows = records.rows_of(unit, case.id, CompartmentName.IDENTITY, [RecordKind.ORIGINAL]) if keyring else ()
    opened = (casework.open_file_record(unit, case, keyring, row.id, {RecordKind.ORIGINAL}) for row in rows if keyring)
    return tuple(file for file in opened if file is not None)
