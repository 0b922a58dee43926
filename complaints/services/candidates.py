"""Candidates: to whom a lead may give a case, and who may not get it.

Nobody gets a case whom its reporter excluded, who left it of their own accord, who has not signed the undertaking, or who does not
investigate any more with the keys that the roster names. Where a reporter excluded people in words, which name nobody for the program to
compare, nobody new gets the case from whoever has not read them.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from complaints.errors import Denied, Failure, Refused
from complaints.models import Account, Case
from complaints.policy import Staff
from complaints.services import (
    acts,
    case_links,
    case_reading,
    casework,
    keyrings,
    records,
    rosters,
    undertakings,
    vouching,
)
from complaints.services.casework import Opening
from complaints.services.keys import SessionKeys
from complaints.services.records import OpenedRecord
from complaints.services.rosters import Roster
from complaints.services.unit import Unit
from complaints.vocabulary import AccountState, CaseStatus, CompartmentName, Duty, Event, RecordKind, Role

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
    unread: bool
    """Would be new to the case, and whoever gives it to them has not read whom its reporter excluded in words."""

    @property
    def barred_beside(self) -> bool:
        """Would read here that there is the other report. Whoever holds this case has read so already."""
        return self.excluded_beside and not self.holds_report

    @property
    def may_receive(self) -> bool:
        """As far as the program can tell: `unread` is for a person to judge."""
        barred = self.excluded or self.recused or self.barred_beside
        return self.active and self.undertaking_signed and not barred

    @property
    def can_be_assigned(self) -> bool:
        return self.may_receive and not self.unread


def require_lead(unit: Unit, actor: Staff, opening: Opening) -> Roster:
    """The channel's roster, for one of its leads. Raises Denied for everybody else, which is entered."""
    roster = rosters.current(unit, opening.case.channel_id)
    if not roster.is_lead(actor.account):
        fields = {"case": opening.case.id.hex(), "subject": "assign-case", "reason": "no-lead"}
        raise Denied("only a lead of the channel assigns its cases", failure=Failure(Event.DENIED, fields))
    return roster


def of(
    unit: Unit, opening: Opening, roster: Roster, beside: Collection[bytes] = frozenset(), *, read: bool = False
) -> list[Candidate]:
    """Everybody on the roster, leads included; `beside`: see `excluded_beside`. Opens the reporter's exclusions: the caller enters it. Raises Refused.

    `read`: the page on which they are chosen shows whom the reporter excluded in words.
    """
    exclusions = exclusions_of(unit, opening)
    excluded, unread = case_reading.excluded_accounts(exclusions), not read and bool(exclusions.text("words").strip())
    signed = undertakings.who_signed(unit)
    withdrawn = keyrings.standing_withdrawal(unit, opening.case) is not None
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
            unread=unread and CompartmentName.REPORT not in held.get(member.account, frozenset()),
        )
        for member in roster.members
        if member.account in people
    ]


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


def exclusions_of(unit: Unit, opening: Opening) -> OpenedRecord:
    """Whom the reporter excluded, and their words for it. Raises Refused."""
    rows = records.rows_of(unit, opening.case.id, CompartmentName.REPORT, [RecordKind.EXCLUSIONS])
    if len(rows) != 1:
        raise Refused("a case whose exclusions are missing")
    sealed = records.sealed_fields(unit, rows)[rows[0].id]
    return records.open_record(unit, opening.case, opening.report, rows[0], sealed)


def _held(unit: Unit, case: Case) -> dict[bytes, frozenset[CompartmentName]]:
    """Who holds what, by the acts: a lead is about to give the next epoch to those who keep it. Raises Refused for a planted grant."""
    by_compartment = {name: keyrings.recipients(unit, case, name) for name in CompartmentName}
    accounts = frozenset().union(*by_compartment.values()) - {case.id}
    return {
        account: frozenset(name for name, holding in by_compartment.items() if account in holding)
        for account in accounts
    }


def _may_investigate(state: str, roles: str) -> bool:
    return state == AccountState.ACTIVE and Role.INVESTIGATOR in roles.split()
