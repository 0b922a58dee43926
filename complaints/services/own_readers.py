"""Who can open a report now, by name, as its reporter may know: those the form named, and whoever a lead has given keys since."""

from dataclasses import dataclass

from complaints.policy import Reporter
from complaints.services import case_reading, own_case, records
from complaints.services.keys import SessionKeys
from complaints.services.unit import Unit
from complaints.vocabulary import CompartmentName, Event, RecordKind


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who holds keys to the report. No number stands here: none of them is told by it from the messages."""

    name: str
    opens_identity: bool
    verified: bool
    """Each of these keys is one that a signed act brought."""


@dataclass(frozen=True, slots=True)
class Readers:
    readers: tuple[Reader, ...]
    excluded: tuple[str, ...]
    """Names of those who get no key, for the reporter excluded them."""


def list_readers(unit: Unit, reporter: Reporter, keys: SessionKeys) -> Readers:
    """By name. Raises NotFound, Refused. The looking is entered, by the day."""
    case, keyring = own_case.fetch(unit, reporter, keys)
    opened, _problems = records.open_all(unit, case, keyring)
    exclusions = next((record for record in opened if record.kind is RecordKind.EXCLUSIONS), None)
    unit.enter_later(Event.MAILBOX_OPENED, role="reporter", case=case.id.hex(), subject="readers")
    found = (
        Reader(holder.name, CompartmentName.IDENTITY in holder.compartments, holder.verified)
        for holder in case_reading.holders(unit, case)
        if CompartmentName.REPORT in holder.compartments
    )
    return Readers(
        tuple(sorted(found, key=lambda reader: reader.name)),
        case_reading.excluded_names_of(unit, exclusions) if exclusions else (),
    )
