"""Handing over: a new epoch in each compartment of a case, for whoever holds it from now on.

Its keys are wrapped to them and to the reporter; whoever is left out reads nothing that is written afterwards. What they could open
before, they could have copied.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select

from complaints.errors import Denied
from complaints.models import Case, CaseloadRow, Departure, Grant
from complaints.policy import Staff
from complaints.services import act_items, acts, case_reading, case_state, casework, keyrings, records
from complaints.services.candidates import Candidate
from complaints.services.casework import Opening
from complaints.services.identity import opened_originals, opened_records
from complaints.services.keyrings import Keyring
from complaints.services.keys import SessionKeys
from complaints.services.rosters import Member, Roster
from complaints.services.unit import Unit
from complaints.vocabulary import ActKind, CompartmentName, Event
from crypto import PrivateKey, SecretKey

TAKEN_BACK = "taken-back"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to whom the new keys are wrapped."""

    member: Member
    identity: bool
    chosen: bool
    """Named to investigate; a lead who keeps their keys is not."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What an assignment changed, in names. Those left out could have copied what they could open before."""

    assigned: tuple[str, ...]
    with_identity: tuple[str, ...]
    """Those of `assigned` who hold the identity too."""
    left_out: tuple[str, ...]
    """Held a key before, and hold none now."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An epoch that began, with what the log is to say of it."""

    changed: HandedOver
    readers: str
    """Everybody who holds the case from now on."""
    left: str
    """Whoever held it before and does not any more; empty when there is nobody."""
    act: acts.Act = field(repr=False)
    writes: str = field(repr=False)


def hand_over(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    identity_key: PrivateKey,
    opening: Opening,
    roster: Roster,
    known: Sequence[Candidate],
    assigned: Mapping[bytes, bool],
    *,
    chosen: Collection[bytes],
    leaving: Collection[bytes] = (),
) -> Begun:
    """A new epoch of everything for the leads who keep the case and for `assigned`; nobody else has a key from then on.

    `chosen`: of these, who is named to investigate it now. `leaving`: leads who do not keep it. The caller has taken their turn, and
    enters what comes back. Raises Denied, Refused.
    """
    case = opening.case
    identity = open_identity(unit, actor, identity_key, opening)
    if identity is None:
        assigned = dict.fromkeys(assigned, False)
    readers = _readers(roster, known, assigned, chosen, leaving)
    if all(reader.member.account != actor.account for reader in readers):
        raise Denied("a lead who may not receive a case cannot hand it over: nobody could after them")
    before = case_reading.holders(unit, case)
    act, writes = begin_epochs(unit, actor, keys, opening, identity, roster, readers)
    case.revision += 1
    case.activity = unit.today
    project(unit, case, readers)
    staying = {reader.member.account for reader in readers}
    names = case_reading.names_of(unit, assigned)
    changed = HandedOver(
        assigned=tuple(sorted(names.values())),
        with_identity=tuple(sorted(name for account, name in names.items() if assigned[account])),
        left_out=tuple(holder.name for holder in before if holder.account not in staying),
    )
    return Begun(
        changed,
        readers=said_to_hold(readers),
        left=said_to_leave((holder.account for holder in before), readers),
        act=act,
        writes=writes,
    )


def _readers(
    roster: Roster,
    known: Sequence[Candidate],
    assigned: Mapping[bytes, bool],
    chosen: Collection[bytes],
    leaving: Collection[bytes],
) -> list[Reader]:
    """The leads who hold the case now, and the assigned. The reporter's exclusions and the undertaking are checked again."""
    by_account = {candidate.account: candidate for candidate in known}
    readers = []
    for member in roster.members:
        candidate = by_account.get(member.account)
        keeps = candidate is not None and candidate.keeps and candidate.can_be_assigned
        if candidate is not None and keeps and member.account not in leaving:
            readers.append(Reader(member, identity=candidate.holds_identity, chosen=False))
        elif member.account in assigned:
            if candidate is None or not candidate.can_be_assigned:
                raise Denied("somebody chosen may not receive this case")
            readers.append(Reader(member, identity=assigned[member.account], chosen=member.account in chosen))
    if not assigned.keys() <= {reader.member.account for reader in readers}:
        raise Denied("somebody chosen is not on the channel's roster")
    return readers


def open_identity(unit: Unit, actor: Staff, identity_key: PrivateKey, opening: Opening) -> Keyring | None:
    """The identity's keys, to be handed on; None where its reporter has withdrawn it. Raises Denied for whoever does not hold it, Refused."""
    keyring = keyrings.open_keyring(unit, opening.case, CompartmentName.IDENTITY, actor.account, identity_key)
    if keyring is None and keyrings.standing_withdrawal(unit, opening.case) is None:
        raise Denied("handing over needs a lead who holds the identity")
    return keyring


def begin_epochs(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    opening: Opening,
    identity: Keyring | None,
    roster: Roster,
    readers: Sequence[Reader],
    there: Roster | None = None,
) -> tuple[acts.Act, str]:
    """New keys of everything for these readers and the reporter, and no other grant. The act that brings them, and what was written beside.

    `identity`: as `open_identity` gives it. `there`: the roster of the channel to which the case goes with them.
    """
    act, fresh = _sign(actor, keys, opening, identity, roster, readers, there)
    _take_grants(unit, opening.case.id, readers)
    acts.store(unit, act)
    writes = reseal_identity(unit, opening.case, identity, fresh[CompartmentName.IDENTITY]) if identity else ""
    return act, writes


def _sign(
    actor: Staff,
    keys: SessionKeys,
    opening: Opening,
    identity: Keyring | None,
    roster: Roster,
    readers: Sequence[Reader],
    there: Roster | None,
) -> tuple[acts.Act, dict[CompartmentName, SecretKey]]:
    case = opening.case
    epochs, grants, fresh = [], [], {}
    for keyring in (opening.report, opening.internal, *([identity] if identity else [])):
        name, number = keyring.compartment, keyring.newest + 1
        key = fresh[name] = SecretKey.generate()
        epochs.append(act_items.next_epoch(case.id, name, number, key, keyring.key))
        grants += [act_items.wrap_grant(case.id, name, number, key, *to) for to in _recipients(case, name, readers)]
    kind = ActKind.MOVED if there else ActKind.ASSIGNMENT
    also = [act_items.Moved(case.channel_id, there.channel, opening.report.newest + 1, there.hash)] if there else []
    act = acts.sign(case.id, kind, actor.account, keys.signing, roster.hash, epochs, grants, also)
    return act, fresh


def _recipients(case: Case, compartment: CompartmentName, readers: Sequence[Reader]) -> list[tuple[bytes, bytes]]:
    """To whom a compartment's key is wrapped, and under which public key. The reporter gets none to `internal`."""
    if compartment is CompartmentName.IDENTITY:
        named = [(reader.member.account, reader.member.identity) for reader in readers if reader.identity]
        return [*named, (case.id, case.reporter_identity_public)]
    staff = [(reader.member.account, reader.member.work) for reader in readers]
    return staff if compartment is CompartmentName.INTERNAL else [*staff, (case.id, case.reporter_work_public)]


def _take_grants(unit: Unit, case: bytes, readers: Sequence[Reader]) -> None:
    """Every older grant goes: whoever stays reads the epochs before through the newest key. Nothing is left to renew."""
    unit.session.execute(delete(Departure).where(Departure.case_id == case))
    unit.session.execute(delete(Grant).where(Grant.case_id == case))
    acts.read_anew(unit, case)
    staying = [reader.member.account for reader in readers]
    unit.session.execute(delete(CaseloadRow).where(CaseloadRow.case_id == case, CaseloadRow.account_id.not_in(staying)))


def reseal_identity(unit: Unit, case: Case, identity: Keyring, key: SecretKey) -> str:
    """Identity fields are sealed again under the new key, for they are small: an old key opens none of them.

    Of original files it is what says their keys: whoever opened one before could have copied it anyway.
    """
    writes = []
    for row, opened in [*opened_records(unit, case, identity), *opened_originals(unit, case, identity)]:
        fresh = records.reseal(opened, case.id, epoch=identity.newest + 1, key=key, revision=row.revision + 1)
        writes.append(records.replace(unit, row, fresh))
    return "\n".join(writes)


def project(unit: Unit, case: Case, readers: Sequence[Reader]) -> None:
    present = set(unit.session.scalars(select(CaseloadRow.account_id).where(CaseloadRow.case_id == case.id)))
    rows = [
        {
            "account_id": reader.member.account,
            "case_id": case.id,
            "reference": case.reference,
            "channel_id": case.channel_id,
            "status": case.status,
            "priority": case.priority,
            "risk": case.risk,
            "received": case.received,
            "due": case_state.due(case),
            "activity": unit.today,
            "unread": True,
            "holds_identity": reader.identity,
            "mine": False,
        }
        for reader in readers
        if reader.member.account not in present
    ]
    if rows:
        unit.session.execute(insert(CaseloadRow), rows)
    for reader in readers:
        row = unit.session.get(CaseloadRow, (reader.member.account, case.id))
        if row is not None:
            row.holds_identity = reader.identity
            row.mine = row.mine or reader.chosen
            row.channel_id = case.channel_id
            row.activity = unit.today
    case_state.project(unit, case)


def said_to_hold(readers: Sequence[Reader]) -> str:
    """For the log: who holds the case from now on, and who of them the identity."""
    return " ".join(sorted(f"{r.member.account.hex()}{'+identity' if r.identity else ''}" for r in readers))


def said_to_leave(before: Iterable[bytes], readers: Sequence[Reader]) -> str:
    """For the log: those of `before` who are not among the readers any more."""
    staying = {reader.member.account for reader in readers}
    return " ".join(sorted(f"left:{account.hex()}" for account in before if account not in staying))


def enter(unit: Unit, event: Event, actor: Staff, opening: Opening, begun: Begun, *, taken_back: bool = False) -> None:
    """Has the log say who holds the case from now on and who does not any more, and by which act. `taken_back`: nobody got it."""
    act, reason = begun.act, " ".join(word for word in (TAKEN_BACK if taken_back else "", begun.left) if word)
    fields = {"subject": begun.readers, "act": act.id.hex(), "digest": act.digest, "writes": begun.writes}
    casework.enter(unit, event, actor, opening, **fields, **({"reason": reason} if reason else {}))
