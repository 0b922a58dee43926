"""What an account holds, told from who holds keys and never from what is under them: which cases would miss it, and whose hands are left."""

from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from complaints.errors import Refused
from complaints.models import Account, CaseloadRow, Grant
from complaints.services import rehearsals, rosters
from complaints.services.unit import Unit
from complaints.vocabulary import AccountState, CaseStatus, CompartmentName, Role

SHOWN = 100
"""Cases on one page at most. Those that nobody else holds come first, so that none of them is cut off unseen."""


@dataclass(frozen=True, slots=True)
class HeldCase:
    """`hands`: names of the other leads who hold it and can hand it over. `alone`: nobody else holds all that this account does.

    `identity_alone`: of these, where others hold the rest, and it is the identity that nobody else does.
    """

    reference: str
    channel_th: str
    channel_en: str
    status: CaseStatus
    alone: bool
    identity_alone: bool
    hands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holdings:
    """`cases` are the first SHOWN of `count`. `leads_alone`: channels (Thai, English) whose only active lead this is."""

    cases: tuple[HeldCase, ...]
    count: int
    alone: int
    leads_alone: tuple[tuple[str, str], ...]


def held_alone(unit: Unit, account: bytes) -> frozenset[bytes]:
    """Cases with a compartment that no other active investigator has a grant to. A grant of an older epoch counts for nobody.

    A test report holds nobody back: nothing is lost with it.
    """
    return frozenset(_alone(unit, account))


def _alone(unit: Unit, account: bytes) -> dict[bytes, set[str]]:
    """Each with the compartments in question."""
    other, person = aliased(Grant), aliased(Account)
    somebody_else = exists(
        select(other.case_id)
        .join(person, person.id == other.recipient)
        .where(
            other.case_id == Grant.case_id,
            other.compartment == Grant.compartment,
            other.epoch == Grant.epoch,
            other.recipient != account,
            person.state == AccountState.ACTIVE.value,
            person.roles.contains(Role.INVESTIGATOR.value),
        )
    )
    found: dict[bytes, set[str]] = {}
    own = select(Grant.case_id, Grant.compartment).where(Grant.recipient == account, ~somebody_else)
    for case, compartment in unit.session.execute(own):
        found.setdefault(case, set()).add(compartment)
    tests = rehearsals.under_way(unit)
    return {case: compartments for case, compartments in found.items() if case not in tests}


def count(unit: Unit, account: bytes) -> int:
    """How many cases the account holds keys of."""
    return unit.session.scalar(select(func.count()).where(CaseloadRow.account_id == account)) or 0


def has_another_lead(unit: Unit, account: bytes, case: bytes, channel: bytes) -> bool:
    """Whether another active lead of the channel is known to hold the case. From the clear side alone: leaving a case looks closer."""
    return bool(_active_leads(unit).get(channel, {}).keys() & _holders(unit, [case]).get(case, set()) - {account})


def of_account(unit: Unit, account: bytes) -> Holdings:
    """Everything that stays behind when the account goes."""
    alone = _alone(unit, account)
    rows = unit.session.scalars(
        select(CaseloadRow)
        .where(CaseloadRow.account_id == account)
        .order_by(CaseloadRow.case_id.in_(list(alone)).desc(), CaseloadRow.received, CaseloadRow.case_id)
        .limit(SHOWN)
    ).all()
    channels, leads = rosters.channels_by_id(unit), _active_leads(unit)
    holders = _holders(unit, [row.case_id for row in rows])
    cases = tuple(
        HeldCase(
            reference=row.reference,
            channel_th=channels[row.channel_id].name_th,
            channel_en=channels[row.channel_id].name_en,
            status=CaseStatus(row.status),
            alone=row.case_id in alone,
            identity_alone=alone.get(row.case_id) == {CompartmentName.IDENTITY.value},
            hands=tuple(
                sorted(
                    name
                    for id_, name in leads.get(row.channel_id, {}).items()
                    if id_ != account and id_ in holders.get(row.case_id, set())
                )
            ),
        )
        for row in rows
    )
    only = tuple(
        (channels[id_].name_th, channels[id_].name_en) for id_, those in leads.items() if set(those) == {account}
    )
    return Holdings(cases, count(unit, account), len(alone), only)


def _active_leads(unit: Unit) -> dict[bytes, dict[bytes, str]]:
    """Each channel's leads who could act today, with their names. A roster that does not verify has none."""
    names = {
        row.id: row.display_name
        for row in unit.session.scalars(select(Account).where(Account.state == AccountState.ACTIVE.value))
    }
    found: dict[bytes, dict[bytes, str]] = {}
    for channel in rosters.channels(unit):
        try:
            roster = rosters.present(unit, channel.id)
        except Refused:
            roster = None
        members = roster.members if roster is not None else ()
        found[channel.id] = {
            m.account: names[m.account] for m in members if roster and roster.is_lead(m.account) and m.account in names
        }
    return found


def _holders(unit: Unit, cases: list[bytes]) -> dict[bytes, set[bytes]]:
    found: dict[bytes, set[bytes]] = {}
    rows = select(CaseloadRow.case_id, CaseloadRow.account_id).where(CaseloadRow.case_id.in_(cases))
    for case, account in unit.session.execute(rows):
        found.setdefault(case, set()).add(account)
    return found
