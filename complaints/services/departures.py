"""Departures: whoever should not work on a case gives up their keys to it, and a lead begins new ones.

The departure counts at once: their grants are gone, and what a signed act says is believed even if the rows come back. New keys can only be
made by somebody who holds the old ones and stays; until a lead has done so, the case waits among the leads' tasks, and whoever left could
open what is written meanwhile with a copy of the database and the keys they had.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, delete, exists, func, insert, select

from complaints.errors import Denied
from complaints.models import Base, CaseloadRow, Grant
from complaints.policy import Staff
from complaints.services import (
    accounts,
    act_items,
    acts,
    candidates,
    casework,
    handing_over,
    keyrings,
    records,
    rosters,
)
from complaints.services.candidates import Candidate
from complaints.services.casework import Opening
from complaints.services.keys import SessionKeys
from complaints.services.rosters import Roster
from complaints.services.unit import Unit
from complaints.vocabulary import ActKind, Duty, Event, RecordKind
from crypto import PrivateKey

AT_ONCE = 20
"""Cases whose keys one post renews at most."""

_TABLES = Base.metadata.tables
_DEPARTURE, _LINE, _ACCOUNT = _TABLES["departure"], _TABLES["caseload"], _TABLES["account"]
_INSERT = insert(_DEPARTURE)
_HELD_BY_ME = (
    select(_LINE.c.case_id, _LINE.c.reference, _LINE.c.channel_id, _ACCOUNT.c.display_name, _DEPARTURE.c.left)
    .join(_DEPARTURE, _DEPARTURE.c.case_id == _LINE.c.case_id)
    .join(_ACCOUNT, _ACCOUNT.c.id == _DEPARTURE.c.account_id)
    .where(_LINE.c.account_id == bindparam("account"))
)
_WAITING = _HELD_BY_ME.order_by(_DEPARTURE.c.left, _LINE.c.case_id).limit(bindparam("size"))
_MINE = exists().where(_LINE.c.account_id == bindparam("account"), _LINE.c.case_id == _DEPARTURE.c.case_id)
_COUNT = select(func.count()).select_from(_DEPARTURE).where(_MINE)
"""Sought by the few departures there are: a list asks it each time, and a join may walk every line that the reader has."""


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A case that has lost somebody and has no new keys yet."""

    id: bytes
    reference: str
    name: str
    """Of whoever left."""
    left: date
    leads: bool
    """The reader is a lead of its channel, and can begin the keys."""


def recuse(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, reason: str) -> None:
    """The actor gives up what they hold of a case; the reason is sealed for those who stay.

    Raises NotFound; Invalid: `text`; Denied when no other lead could hand the case over after them; Refused.
    """
    casework.take_turns(unit, case_id)
    accounts.hold_still(unit)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    case = opening.case
    roster = rosters.current(unit, case.channel_id)
    if not any(_can_go_on(person, actor) for person in candidates.of(unit, opening, roster)):
        raise Denied("nobody else could hand this case over")
    sealed = casework.seal_text(case.id, RecordKind.RECUSAL, opening.internal, actor.account, keys, reason)
    act = _sign_recusal(unit, opening, actor, keys, roster)
    acts.store(unit, act)
    unit.session.execute(delete(Grant).where(Grant.case_id == case.id, Grant.recipient == actor.account))
    acts.read_anew(unit, case.id)
    unit.session.execute(
        delete(CaseloadRow).where(CaseloadRow.case_id == case.id, CaseloadRow.account_id == actor.account)
    )
    unit.run(_INSERT, {"case_id": case.id, "account_id": actor.account, "left": unit.today})
    case.revision += 1
    casework.touch(unit, case)
    casework.enter(
        unit,
        Event.CASE_RECUSED,
        actor,
        opening,
        act=act.id.hex(),
        digest=act.digest,
        writes=records.store(unit, [sealed]),
    )


def _can_go_on(person: Candidate, leaving: Staff) -> bool:
    return person.duty is Duty.LEAD and person.keeps and person.can_be_assigned and person.account != leaving.account


def _sign_recusal(unit: Unit, opening: Opening, actor: Staff, keys: SessionKeys, roster: Roster) -> acts.Act:
    newest = keyrings.newest_epochs(unit, opening.case.id)
    held = keyrings.compartments_granted(unit, opening.case.id, actor.account)
    left = [act_items.Left(name, newest[name]) for name in sorted(held)]
    return acts.sign(opening.case.id, ActKind.RECUSAL, actor.account, keys.signing, roster.hash, also=left)


def renew_all(unit: Unit, actor: Staff, keys: SessionKeys, identity_key: PrivateKey) -> int:
    """New keys for up to AT_ONCE waiting cases that the actor leads; how many. Raises Denied, Refused: then for none."""
    cases = sorted({line.id for line in waiting(unit, actor) if line.leads})
    for case in cases:
        casework.take_turns(unit, case)
    accounts.hold_still(unit)
    still = {line.id for line in waiting(unit, actor) if line.leads}
    for case in still.intersection(cases):  # another lead may have been quicker
        renew(unit, actor, keys, identity_key, case)
    return len(still.intersection(cases))


def renew(unit: Unit, actor: Staff, keys: SessionKeys, identity_key: PrivateKey, case_id: bytes) -> None:
    """New keys for everybody who holds the case now and may. Nothing else about it changes. Raises NotFound, Denied, Refused."""
    casework.take_turns(unit, case_id)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    roster = candidates.require_lead(unit, actor, opening)
    known = candidates.of(unit, opening, roster)
    staying = {p.account: p.holds_identity for p in known if p.holds_report and p.can_be_assigned and not p.keeps}
    begun = handing_over.hand_over(unit, actor, keys, identity_key, opening, roster, known, staying, chosen=())
    handing_over.enter(unit, Event.CASE_REKEYED, actor, opening, begun)


def waiting(unit: Unit, actor: Staff, size: int = AT_ONCE) -> Sequence[WaitingCase]:
    """Cases of the actor's that wait for new keys, the longest first. From the clear side alone."""
    rows = unit.run(_WAITING, {"account": actor.account, "size": size}).all()
    leads = {id_: rosters.current(unit, id_).is_lead(actor.account) for id_ in {row.channel_id for row in rows}}
    return tuple(
        WaitingCase(row.case_id, row.reference, row.display_name, row.left, leads[row.channel_id]) for row in rows
    )


def count_waiting(unit: Unit, actor: Staff) -> int:
    return unit.run(_COUNT, {"account": actor.account}).scalar() or 0
