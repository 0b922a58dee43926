"""Taking a case away: everything that its reader may read, in one copy that says who took it and when. The entry commits before it leaves."""

from dataclasses import dataclass, field
from datetime import datetime

from complaints.policy import Staff
from complaints.services import case_reading, casework
from complaints.services import identity as identities
from complaints.services.case_reading import OpenedCase
from complaints.services.casework import OpenedFile
from complaints.services.identity import OpenedIdentity
from complaints.services.keys import SessionKeys
from complaints.services.unit import Unit
from complaints.vocabulary import Event, OpeningReason
from crypto import PrivateKey


@dataclass(frozen=True, slots=True)
class WithIdentity:
    """What it takes to have the identity in the copy: the key that a passphrase brought, and the reason."""

    key: PrivateKey = field(repr=False)
    reason: OpeningReason
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Copy:
    """A case for one reader. `files`, of both sides, can be streamed after the commit; originals are not among them."""

    case: OpenedCase = field(repr=False)
    identity: OpenedIdentity | None = field(repr=False)
    files: tuple[OpenedFile, ...] = field(repr=False)
    taker: str
    taken: datetime


def take(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, wanted: WithIdentity | None = None) -> Copy:
    """Opens all of it, and enters that it was taken. Raises NotFound, Refused; with the identity as `open_identity` does."""
    identity = None
    if wanted is not None:
        identity = identities.open_identity(unit, actor, keys, wanted.key, case_id, wanted.reason, wanted.words)
    case = case_reading.read_case(unit, actor, keys, case_id)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    sent = (line.id for lines in (case.files, *(message.files for message in case.messages)) for line in lines)
    files = (casework.open_file_record(unit, opening.case, opening.report, id_) for id_ in dict.fromkeys(sent))
    reason = "with-identity" if identity else "without-identity"
    casework.enter(unit, Event.CASE_EXPORTED, actor, opening, reason=reason)
    return Copy(case, identity, tuple(file for file in files if file is not None), actor.name, unit.now)
