"""Asking for the identity: whoever holds a report without it says why they need it, and a lead hands it over or says why not.

Both are records of `internal`. A request is answered by itself once whoever asked holds the identity; nothing here hands over a key.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from complaints.errors import Conflict, Denied, Failure, Invalid, NotFound
from complaints.models import new_id
from complaints.policy import Staff
from complaints.services import casework, keyrings, records, rosters
from complaints.services.casework import Opening
from complaints.services.keys import SessionKeys
from complaints.services.records import OpenedRecord
from complaints.services.unit import Unit
from complaints.vocabulary import CompartmentName, Event, RecordKind

LIMIT = 2_000
"""Characters, of the reason and of the answer."""


@dataclass(frozen=True, slots=True)
class IdentityRequest:
    """Somebody who holds the report asks for the identity."""

    id: bytes
    account: bytes
    name: str
    day: date
    text: str = field(repr=False)
    declined: date | None
    declined_by: str
    answer: str = field(repr=False)


def lines_of(
    opened: Sequence[OpenedRecord], names: Mapping[bytes, str], holders: Collection[bytes], reader: bytes
) -> tuple[IdentityRequest, ...]:
    """The requests that nobody has answered, and the reader's own last one if it was declined. `holders` hold the identity."""
    declined: dict[bytes, OpenedRecord] = {}
    for record in opened:
        if record.kind is RecordKind.IDENTITY_DECLINED:
            declined.setdefault(record.fields["request"], record)
    last = {r.author: r for r in opened if r.kind is RecordKind.IDENTITY_REQUEST and r.author not in holders}
    return tuple(
        _line(record, declined.get(record.id), names)
        for record in last.values()
        if record.id not in declined or record.author == reader
    )


def _line(record: OpenedRecord, no: OpenedRecord | None, names: Mapping[bytes, str]) -> IdentityRequest:
    return IdentityRequest(
        id=record.id,
        account=record.author,
        name=names.get(record.author, ""),
        day=record.made,
        text=record.text("text"),
        declined=no.made if no else None,
        declined_by=names.get(no.author, "") if no else "",
        answer=no.text("text") if no else "",
    )


def ask(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, text: str) -> None:
    """Raises NotFound, Invalid, Conflict when the actor holds the identity, has asked already, or nobody holds it."""
    _require_text(text)
    casework.take_turns(unit, case_id)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    held = keyrings.compartments_granted(unit, case_id, actor.account)
    there = CompartmentName.IDENTITY in keyrings.newest_epochs(unit, case_id)
    open_ones = {request.account for request in standing(unit, opening, actor)}
    if CompartmentName.IDENTITY in held or not there or actor.account in open_ones:
        raise Conflict("there is nothing to ask for, or it was asked for already")
    _store(unit, actor, keys, opening, Event.IDENTITY_ASKED, RecordKind.IDENTITY_REQUEST, {"text": text.encode()})


def decline(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, request: bytes, text: str) -> None:
    """A lead says why not. Raises NotFound, Denied for whoever is not a lead, Invalid, Conflict when it is answered already."""
    casework.take_turns(unit, case_id)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    if not rosters.current(unit, opening.case.channel_id).is_lead(actor.account):
        fields = {"case": case_id.hex(), "subject": "decline-identity", "reason": "no-lead"}
        raise Denied("only a lead of the channel answers this", failure=Failure(Event.DENIED, fields))
    _require_text(text)
    rows = records.rows_of(unit, case_id, CompartmentName.INTERNAL, [RecordKind.IDENTITY_REQUEST])
    if request not in {row.id for row in rows}:
        raise NotFound
    if request not in {line.id for line in standing(unit, opening, actor)}:
        raise Conflict("it was answered already")
    fields_of = {"request": request, "text": text.encode()}
    _store(unit, actor, keys, opening, Event.IDENTITY_DECLINED, RecordKind.IDENTITY_DECLINED, fields_of)


def standing(unit: Unit, opening: Opening, actor: Staff) -> list[IdentityRequest]:
    """The requests that nobody has answered. What they say is opened for it: the caller enters that."""
    opened, _problems = records.open_all(unit, opening.case, opening.internal)
    authors = {record.author for record in opened if record.kind is RecordKind.IDENTITY_REQUEST}
    holders = {
        account
        for account in authors
        if CompartmentName.IDENTITY in keyrings.compartments_granted(unit, opening.case.id, account)
    }
    return [line for line in lines_of(opened, {}, holders, actor.account) if line.declined is None]


def _require_text(text: str) -> None:
    if not text.strip():
        raise Invalid({"text": "missing"})
    if len(text) > LIMIT:
        raise Invalid({"text": "too-long"})


def _store(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    opening: Opening,
    event: Event,
    kind: RecordKind,
    fields: Mapping[str, bytes],
) -> None:
    sealed = records.seal(
        opening.case.id,
        new_id(),
        kind,
        fields,
        epoch=opening.internal.newest,
        key=opening.internal.key,
        author=actor.account,
        signing=keys.signing,
    )
    writes = records.store(unit, [sealed])
    casework.touch(unit, opening.case, except_for=actor.account)
    casework.enter(unit, event, actor, opening, writes=writes)
