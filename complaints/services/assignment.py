"""Assignment: a lead chooses who investigates, and hands over the keys from their own hands.

Every assignment begins a new epoch in each compartment. Its keys are wrapped to the leads who hold the case, to the assigned, and to
the reporter; whoever is left out reads nothing that is written afterwards. What they could open before, they could have copied.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select

from complaints.errors import Conflict, Denied, Failure, Invalid, Refused
from complaints.models import Account, Case, CaseloadRow, Departure, Grant
from complaints.policy import Staff
from complaints.services import (
    accounts,
    acts,
    case_links,
    case_reading,
    case_state,
    casework,
    keyrings,
    records,
    rosters,
    vouching,
)
from complaints.services.casework import Opening
from complaints.services.identity import opened_originals, opened_records
from complaints.services.keyrings import Keyring
from complaints.services.keys import SessionKeys
from complaints.services.records import OpenedRecord
from complaints.services.rosters import Member, Roster
from complaints.services.unit import Unit
from complaints.vocabulary import (
    AccountState,
    ActKind,
    CaseStatus,
    CompartmentName,
    Duty,
    Event,
    RecordKind,
    Role,
)
from crypto import PrivateKey, SecretKey

_HANDED_OVER = frozenset({CaseStatus.INVESTIGATING, CaseStatus.MERGED, CaseStatus.CLOSED})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member of the channel's roster, as a lead sees them when assigning."""

    account: bytes
    name: str
    duty: Duty
    assigned: bool
    holds_report: bool
    holds_identity: bool
    excluded: bool
    excluded_beside: bool
    """By the reporter of a case that belongs together with this one."""
    recused: bool
    """Gave up their keys to this case of their own accord: nobody gives them back."""
    undertaking_signed: bool
    active: bool
    keeps: bool
    """A lead who holds all that is there to be held of the case, and keeps it whoever is assigned."""

    @property
    def barred_beside(self) -> bool:
        """Would read here that there is the other report. Whoever holds this case has read so already."""
        return self.excluded_beside and not self.holds_report

    @property
    def can_be_assigned(self) -> bool:
        barred = self.excluded or self.recused or self.barred_beside
        return self.active and self.undertaking_signed and not barred


@dataclass(frozen=True, slots=True)
class Plan:
    """What a lead chooses from. `epoch` is to come back with the choice, so that two leads cannot undo each other unseen."""

    reference: str
    epoch: int
    leads: tuple[str, ...]
    """Names of those who keep their keys whatever is chosen."""
    candidates: tuple[Candidate, ...]
    """Everybody else on the roster."""
    excluded_words: str = field(repr=False)
    """Who must not see it, as the reporter wrote it: to be read before anything is chosen."""


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


def plan(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> Plan:
    """Who could be assigned, and who is. Raises NotFound, Denied for whoever is not a lead."""
    opening = casework.fetch_case(unit, actor, keys, case_id)
    roster = require_lead(unit, actor, opening)
    # The exclusions are part of the report: seeing them is an opening, and is entered.
    casework.enter(unit, Event.CASE_OPENED, actor, opening, subject="assignment")
    everybody = candidates_of(unit, opening, roster, excluded_beside(unit, actor, keys, opening))
    return Plan(
        reference=opening.case.reference,
        epoch=opening.report.newest,
        leads=tuple(c.name for c in everybody if c.keeps),
        candidates=tuple(c for c in everybody if c.duty is not Duty.LEAD),
        excluded_words=exclusions_of(unit, opening).text("words"),
    )


def excluded_beside(unit: Unit, actor: Staff, keys: SessionKeys, opening: Opening) -> frozenset[bytes]:
    """Whom the reporters excluded of cases that belong together with this one, as far as the actor holds those. Each is entered as an opening.

    Raises Refused when the exclusions of one do not verify: until its link is taken out nobody new gets this case.
    """
    linked = {link.other for link in case_links.read(unit, opening)}
    excluded: frozenset[bytes] = frozenset()
    for other in sorted(case_links.held_of(unit, actor, keys, linked)):
        there = casework.fetch_case(unit, actor, keys, other)
        excluded |= case_reading.excluded_accounts(exclusions_of(unit, there))
        casework.enter(unit, Event.CASE_OPENED, actor, there, subject="assignment")
    return excluded


def candidates_of(
    unit: Unit, opening: Opening, roster: Roster, beside: Collection[bytes] = frozenset()
) -> list[Candidate]:
    """Everybody on the roster, leads included; `beside`: see `excluded_beside`. Opens the reporter's exclusions: the caller enters it. Raises Refused."""
    excluded = case_reading.excluded_accounts(exclusions_of(unit, opening))
    signed = rosters.who_signed_undertaking(unit)
    withdrawn = is_withdrawn(unit, opening)
    recused = {act.maker for act in acts.recusals_of(unit, opening.case)}
    held = _held(unit, opening.case)
    ids = [member.account for member in roster.members]
    rows = unit.session.execute(
        select(*(Account.__table__.c[name] for name in (*vouching.ACCOUNT_FACTS, "vouched"))).where(Account.id.in_(ids))
    ).all()
    for row in rows:  # a lead chooses by name
        vouching.require(vouching.for_account(unit.secrets, row), row.vouched, "an account")
    people = {row.id: row for row in rows}
    return [
        Candidate(
            account=member.account,
            name=people[member.account].display_name,
            duty=member.duty,
            assigned=member.account in held and opening.case.status in _HANDED_OVER,
            holds_report=CompartmentName.REPORT in held.get(member.account, frozenset()),
            holds_identity=CompartmentName.IDENTITY in held.get(member.account, frozenset()),
            excluded=member.account in excluded,
            excluded_beside=member.account in beside,
            recused=member.account in recused,
            undertaking_signed=member.account in signed,
            active=_may_investigate(people[member.account].state, people[member.account].roles)
            and rosters.member_of(people[member.account], member.duty) == member,  # it may have new keys by now
            keeps=member.duty is Duty.LEAD
            and (CompartmentName.REPORT if withdrawn else CompartmentName.IDENTITY)
            in held.get(member.account, frozenset()),
        )
        for member in roster.members
        if member.account in people
    ]


def _held(unit: Unit, case: Case) -> dict[bytes, frozenset[CompartmentName]]:
    """Who holds what, by the acts: a lead is about to give the next epoch to those who keep it. Raises Refused for a planted grant."""
    by_compartment = {name: keyrings.recipients(unit, case, name) for name in CompartmentName}
    accounts = frozenset().union(*by_compartment.values()) - {case.id}
    return {
        account: frozenset(name for name, holding in by_compartment.items() if account in holding)
        for account in accounts
    }


def is_withdrawn(unit: Unit, opening: Opening) -> bool:
    """Whether the reporter has withdrawn who they are, and not said it again. Then nobody holds it, and nothing of it is handed over."""
    withdrawn = acts.withdrawal_of(unit, opening.case)
    return withdrawn is not None and CompartmentName.IDENTITY not in keyrings.newest_epochs(unit, opening.case.id)


def _may_investigate(state: str, roles: str) -> bool:
    return state == AccountState.ACTIVE and Role.INVESTIGATOR in roles.split()


def assign(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    identity_key: PrivateKey,
    case_id: bytes,
    assigned: Mapping[bytes, bool],
    expected_epoch: int,
) -> HandedOver:
    """Assigns accounts (True: with the identity), takes the grants of everybody else but the leads, and begins a new epoch.

    Nobody may be chosen where somebody investigates: then the case goes back to its leads.

    Raises NotFound, Denied (not a lead, or somebody who may not receive this case, the lead included), Invalid (nobody chosen, and
    nobody to take it from), Conflict (somebody assigned it meanwhile), Refused.
    """
    casework.take_turns(unit, case_id)
    accounts.hold_still(unit)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    roster = require_lead(unit, actor, opening)
    if opening.report.newest != expected_epoch:
        raise Conflict("somebody else has assigned this case meanwhile")
    known = candidates_of(unit, opening, roster, excluded_beside(unit, actor, keys, opening))
    if not assigned and not any(person.assigned and not person.keeps for person in known):
        raise Invalid({"assigned": "missing"})
    begun = hand_over(unit, actor, keys, identity_key, opening, roster, known, assigned, chosen=assigned)
    case = opening.case
    if case.status not in {CaseStatus.MERGED, CaseStatus.CLOSED} and assigned:
        case.status = CaseStatus.INVESTIGATING
    case_state.project(unit, case)
    enter_hand_over(unit, Event.CASE_ASSIGNED, actor, opening, begun, taken_back=not assigned)
    return begun.changed


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
    identity = keyrings.open_keyring(unit, case, CompartmentName.IDENTITY, actor.account, identity_key)
    if identity is None:
        if not is_withdrawn(unit, opening):
            raise Denied("handing over needs a lead who holds the identity")
        assigned = dict.fromkeys(assigned, False)
    readers = _readers(roster, known, assigned, chosen, leaving)
    if all(reader.member.account != actor.account for reader in readers):
        raise Denied("a lead who may not receive a case cannot hand it over: nobody could after them")
    before = case_reading.holders(unit, case)
    act, fresh = new_epochs(opening, identity, actor, keys, roster, readers)
    take_grants(unit, case.id, readers)
    acts.store(unit, act)
    writes = reseal_identity(unit, case, identity, fresh[CompartmentName.IDENTITY]) if identity else ""
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
        left=said_to_leave((holder.account for holder in before), readers),
        readers=" ".join(sorted(f"{r.member.account.hex()}{'+identity' if r.identity else ''}" for r in readers)),
        act=act,
        writes=writes,
    )


TAKEN_BACK = "taken-back"


def enter_hand_over(
    unit: Unit, event: Event, actor: Staff, opening: Opening, begun: Begun, *, taken_back: bool = False
) -> None:
    """Has the log say who holds the case from now on and who does not any more, and by which act. `taken_back`: nobody got it."""
    act, reason = begun.act, " ".join(word for word in (TAKEN_BACK if taken_back else "", begun.left) if word)
    fields = {"subject": begun.readers, "act": act.id.hex(), "digest": act.digest, "writes": begun.writes}
    casework.enter(unit, event, actor, opening, **fields, **({"reason": reason} if reason else {}))


@dataclass(frozen=True, slots=True)
class Reader:
    member: Member
    identity: bool
    chosen: bool
    """Named to investigate; a lead who keeps their keys is not."""


def require_lead(unit: Unit, actor: Staff, opening: Opening) -> Roster:
    """The channel's roster, for one of its leads. Raises Denied for everybody else, which is entered."""
    roster = rosters.current(unit, opening.case.channel_id)
    if not roster.is_lead(actor.account):
        fields = {"case": opening.case.id.hex(), "subject": "assign-case", "reason": "no-lead"}
        raise Denied("only a lead of the channel assigns its cases", failure=Failure(Event.DENIED, fields))
    return roster


def exclusions_of(unit: Unit, opening: Opening) -> OpenedRecord:
    """Whom the reporter excluded, and their words for it. Raises Refused."""
    rows = records.rows_of(unit, opening.case.id, CompartmentName.REPORT, [RecordKind.EXCLUSIONS])
    if len(rows) != 1:
        raise Refused("a case whose exclusions are missing")
    sealed = records.sealed_fields(unit, rows)[rows[0].id]
    return records.open_record(unit, opening.case, opening.report, rows[0], sealed)


def _readers(
    roster: Roster,
    candidates: Sequence[Candidate],
    assigned: Mapping[bytes, bool],
    chosen: Collection[bytes],
    leaving: Collection[bytes],
) -> list[Reader]:
    """The leads who hold the case now, and the assigned. The reporter's exclusions and the undertaking are checked again."""
    known = {candidate.account: candidate for candidate in candidates}
    readers = []
    for member in roster.members:
        candidate = known.get(member.account)
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


def new_epochs(
    opening: Opening,
    identity: Keyring | None,
    actor: Staff,
    keys: SessionKeys,
    roster: Roster,
    readers: Sequence[Reader],
    there: Roster | None = None,
) -> tuple[acts.Act, dict[CompartmentName, SecretKey]]:
    """`there`: the roster of the channel to which the case goes with them."""
    case = opening.case
    epochs, grants = [], []
    keyrings_held = [opening.report, opening.internal, *([identity] if identity else [])]
    fresh = {keyring.compartment: SecretKey.generate() for keyring in keyrings_held}
    for keyring in keyrings_held:
        name, number, key = keyring.compartment, keyring.newest + 1, fresh[keyring.compartment]
        epochs.append(acts.next_epoch(case.id, name, number, key, keyring.key))
        for reader in readers:
            if name is not CompartmentName.IDENTITY:
                grants.append(acts.wrap_grant(case.id, name, number, key, reader.member.account, reader.member.work))
            elif reader.identity:
                grants.append(
                    acts.wrap_grant(case.id, name, number, key, reader.member.account, reader.member.identity)
                )
    reporters = {
        CompartmentName.REPORT: case.reporter_work_public,
        CompartmentName.IDENTITY: case.reporter_identity_public,
    }
    for keyring in keyrings_held:
        if keyring.compartment in reporters:
            name, number = keyring.compartment, keyring.newest + 1
            grants.append(acts.wrap_grant(case.id, name, number, fresh[name], case.id, reporters[name]))
    kind = ActKind.MOVED if there else ActKind.ASSIGNMENT
    moved = acts.Moved(case.channel_id, there.channel, opening.report.newest + 1, there.hash) if there else None
    act = acts.sign(case.id, kind, actor.account, keys.signing, roster.hash, epochs, grants, moved=moved)
    return act, fresh


def said_to_leave(before: Iterable[bytes], readers: Sequence[Reader]) -> str:
    """For the log: those of `before` who are not among the readers any more."""
    staying = {reader.member.account for reader in readers}
    return " ".join(sorted(f"left:{account.hex()}" for account in before if account not in staying))


def take_grants(unit: Unit, case: bytes, readers: Sequence[Reader]) -> None:
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
