"""Opening an identity: with a reason, the passphrase again, and an entry that commits before anything leaves."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from complaints.errors import Denied, Failure, Invalid, Refused
from complaints.models import Case
from complaints.policy import Staff
from complaints.services import casework, keyrings, questions, records
from complaints.services.casework import OpenedFile, Opening
from complaints.services.keyrings import Keyring
from complaints.services.keys import SessionKeys
from complaints.services.questions import Answer
from complaints.services.records import OpenedRecord, RecordRow
from complaints.services.unit import Unit
from complaints.vocabulary import ASKED, CompartmentName, Event, IdentityField, OpeningReason, RecordKind
from crypto import PrivateKey

WORDS_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class OpenedIdentity:
    """Who the reporter is. Shown once, in the answer to the request that opened it."""

    reference: str
    fields: dict[IdentityField, str] = field(repr=False)
    asked: tuple[Answer, ...] = field(repr=False)
    """What the channel's own questions about people were answered with."""

    @property
    def given(self) -> bool:
        """Whether the reporter gave anything at all."""
        return any(self.fields.values()) or bool(self.asked)


def open_identity(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    identity_key: PrivateKey,
    case_id: bytes,
    reason: OpeningReason,
    words: str,
) -> OpenedIdentity:
    """Opens every identity field. The reason's kind is entered in the log; its words are sealed in `internal`.

    Raises NotFound without any grant to the case, Denied without one to its identity (also when the reporter has withdrawn it),
    Invalid without words, Refused.
    """
    casework.take_turns(unit, case_id)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    case = opening.case
    keyring = _keyring(unit, actor, opening, identity_key)
    newest = current(opened_records(unit, case, keyring))
    _state(unit, Event.IDENTITY_OPENED, actor, keys, opening, reason, words)
    asked = questions.decode(newest.fields.get(ASKED, b""))
    return OpenedIdentity(case.reference, {name: newest.text(name) for name in IdentityField}, asked)


def _keyring(unit: Unit, actor: Staff, opening: Opening, identity_key: PrivateKey) -> Keyring:
    """Raises Denied without a grant."""
    keyring = keyrings.open_keyring(unit, opening.case, CompartmentName.IDENTITY, actor.account, identity_key)
    if keyring is None:
        raise Denied("no key to this identity was given to you", failure=_refused(actor, opening, "no-grant"))
    return keyring


def _state(
    unit: Unit, event: Event, actor: Staff, keys: SessionKeys, opening: Opening, reason: OpeningReason, words: str
) -> None:
    """Enters an opening under its reason's kind, and seals the words for it. Raises Invalid."""
    if not words.strip():
        raise Invalid({"words": "missing"})
    if len(words) > WORDS_LIMIT:
        raise Invalid({"words": "too-long"})
    stated = casework.seal_text(
        opening.case.id, RecordKind.OPENING_REASON, opening.internal, actor.account, keys, f"{reason}\n{words}"
    )
    writes = records.store(unit, [stated])
    casework.enter(unit, event, actor, opening, reason=reason, subject=f"record:{stated.id.hex()}", writes=writes)


def opened_records(unit: Unit, case: Case, keyring: Keyring) -> list[tuple[RecordRow, OpenedRecord]]:
    """Every identity record of the case, opened, the oldest first; never none.

    Raises Refused for one that does not verify; when there is none, for a reporter who gives no name has sealed that as well; and
    for one of an earlier epoch, which somebody put back: each assignment seals them all again.
    """
    rows = records.rows_of(unit, case.id, CompartmentName.IDENTITY, [RecordKind.IDENTITY])
    if not rows:
        raise Refused("a case whose identity is missing")
    if any(row.epoch != keyring.newest for row in rows):
        raise Refused("an identity of an earlier epoch")
    sealed = records.sealed_fields(unit, rows)
    opened = [(row, records.open_record(unit, case, keyring, row, sealed[row.id])) for row in rows]
    first = min(keyring.keys)
    said = sorted(record.saying for _, record in opened)
    if said != [records.Saying(first, time) for time in range(1, len(opened) + 1)]:
        raise Refused("an identity of which a version is missing, or an older one is back")
    return opened


def current(opened: Sequence[tuple[RecordRow, OpenedRecord]]) -> OpenedRecord:
    """What the reporter said last. Every earlier version stays sealed, and is never shown."""
    return max((record for _, record in opened), key=lambda record: record.saying)


def opened_originals(unit: Unit, case: Case, keyring: Keyring) -> list[tuple[RecordRow, OpenedRecord]]:
    """What says of each original file its key and name, opened, the oldest first. Raises Refused for one that does not verify."""
    rows = records.rows_of(unit, case.id, CompartmentName.IDENTITY, [RecordKind.ORIGINAL])
    if any(row.epoch != keyring.newest for row in rows):
        raise Refused("an original of an earlier epoch")
    sealed = records.sealed_fields(unit, rows)
    return [(row, records.open_record(unit, case, keyring, row, sealed[row.id])) for row in rows]


def open_original(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    identity_key: PrivateKey,
    case_id: bytes,
    file_id: bytes,
    reason: OpeningReason,
    words: str,
) -> OpenedFile:
    """A file as it was sent, ready to be streamed after the commit. It may tell who the reporter is, so it takes what opening that takes.

    Raises NotFound, Denied, Invalid, Refused as `open_identity` does; NotFound also for a file that is no original of the case.
    """
    casework.take_turns(unit, case_id)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    keyring = _keyring(unit, actor, opening, identity_key)
    _state(unit, Event.ORIGINAL_OPENED, actor, keys, opening, reason, words)
    opened = casework.open_file_record(unit, opening.case, keyring, file_id, {RecordKind.ORIGINAL})
    if opened is None:
        raise casework.not_found(actor, case_id)
    casework.enter(unit, Event.FILE_OPENED, actor, opening, subject=f"file:{file_id.hex()}")
    return opened


def _refused(actor: Staff, opening: Opening, reason: str) -> Failure:
    return Failure(
        Event.IDENTITY_REFUSED,
        {
            "actor": actor.account.hex(),
            "role": " ".join(sorted(actor.roles)),
            "case": opening.case.id.hex(),
            "reason": reason,
        },
    )
