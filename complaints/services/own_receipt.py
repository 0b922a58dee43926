"""A new receipt in exchange for the old, for a receipt that somebody may have seen.

The reporter's new keys are signed with the old. New epochs of `report` and `identity` begin, wrapped to everybody who holds them and to
the new keys, so that the old receipt opens nothing that is in the live database. What it opened before, somebody could have copied.
"""

from itertools import pairwise

from sqlalchemy import bindparam, delete, select, update

from complaints.errors import Conflict
from complaints.models import Base, Case
from complaints.policy import Reporter
from complaints.services import act_items, acts, casework, handing_over, keyrings, own_case, rosters
from complaints.services.keyrings import Keyring
from complaints.services.keys import SessionKeys
from complaints.services.rosters import Member, Roster
from complaints.services.unit import Unit
from complaints.vocabulary import ActKind, CompartmentName, Event
from crypto import PrivateKey, Receipt, SecretKey

_TABLES = Base.metadata.tables
_CASE, _GRANT, _SESSION = (_TABLES[name] for name in ("cases", "grants", "session"))
_RENEWED = (CompartmentName.REPORT, CompartmentName.IDENTITY)
_TAKE_GRANTS = delete(_GRANT).where(
    _GRANT.c.case_id == bindparam("case"), _GRANT.c.compartment.in_([name.value for name in _RENEWED])
)
_END_SESSIONS = delete(_SESSION).where(_SESSION.c.case_id == bindparam("case"))
_TAKEN = select(_CASE.c.id).where(_CASE.c.receipt_hash == bindparam("receipt_hash"))
_RENAME = (
    update(_CASE)
    .where(_CASE.c.id == bindparam("case"))
    .values(
        receipt_hash=bindparam("receipt_hash"),
        reporter_work_public=bindparam("work"),
        reporter_identity_public=bindparam("identity"),
        reporter_verify_public=bindparam("verify"),
    )
)


def exchange(unit: Unit, reporter: Reporter, keys: SessionKeys, identity_key: PrivateKey, fresh: Receipt) -> None:
    """From this transaction on the fresh receipt opens the case, and the old one opens nothing. Every session of the case ends.

    `keys` and `identity_key` are the old receipt's. What is done already, with this very pair, is not done again. Raises NotFound,
    Refused; Conflict for a fresh receipt that is somebody's already, and when the old one was exchanged for another meanwhile.
    """
    casework.take_turns(unit, reporter.case)
    after = act_items.KnownReporter(fresh.lookup_hash(), act_items.public_keys_of(fresh.seed()))
    if _is_done(unit, reporter, keys, after):
        return
    case, report = own_case.fetch(unit, reporter, keys, to_exchange=True)
    identity = keyrings.open_keyring(unit, case, CompartmentName.IDENTITY, case.id, identity_key)
    roster = rosters.current(unit, case.channel_id)
    readers = _readers(unit, case)
    if unit.run(_TAKEN, {"receipt_hash": after.receipt_hash}).first() is not None:
        raise Conflict("this receipt is somebody's already")
    act, new_keys = _sign(unit, case, keys, roster, readers, (report, identity), after)
    unit.run(_TAKE_GRANTS, {"case": case.id})
    acts.store(unit, act)
    _rename(unit, case, after)  # whoever reads the case from here on finds the reporter whom the act names
    writes = handing_over.reseal_identity(unit, case, identity, new_keys[CompartmentName.IDENTITY]) if identity else ""
    casework.touch(unit, case)
    unit.run(_END_SESSIONS, {"case": case.id})
    unit.enter_later(
        Event.RECEIPT_CHANGED,
        role="reporter",
        case=reporter.case.hex(),
        act=act.id.hex(),
        digest=act.digest,
        **({"writes": writes} if writes else {}),
    )


def _is_done(unit: Unit, reporter: Reporter, keys: SessionKeys, after: act_items.KnownReporter) -> bool:
    """Whether the receipt with these keys was exchanged for this one. Raises Conflict when it was for another; Refused."""
    case = unit.session.get(Case, reporter.case)
    chain = [tenure.reporter for tenure in acts.reporters(unit, case)] if case else []
    own = keys.signing.verify_key().to_bytes()
    following = next((later for earlier, later in pairwise(chain) if earlier.verify == own), None)
    if following is not None and (following != after or after != chain[-1]):
        raise Conflict("this receipt was exchanged for another meanwhile")
    return following is not None


def _rename(unit: Unit, case: Case, after: act_items.KnownReporter) -> None:
    work, identity, verify = after.keys
    keys = {"work": work, "identity": identity, "verify": verify}
    unit.session.flush()
    unit.run(_RENAME, {"case": case.id, "receipt_hash": after.receipt_hash, **keys})
    unit.session.expire(case)


def _readers(unit: Unit, case: Case) -> dict[bytes, tuple[Member, frozenset[CompartmentName]]]:
    """Who holds what of the case now, with the keys that the newest roster they stand on gives them: an exchange changes no access.

    Raises Refused when a grant is in no act.
    """
    holding = {name: keyrings.recipients(unit, case, name) for name in _RENEWED}
    readers: dict[bytes, tuple[Member, frozenset[CompartmentName]]] = {}
    for roster in reversed(rosters.chain(unit, case.channel_id)):
        for member in roster.members:
            if member.account not in readers:
                held = frozenset(name for name, accounts in holding.items() if member.account in accounts)
                readers[member.account] = (member, held)
    return readers


def _sign(
    unit: Unit,
    case: Case,
    keys: SessionKeys,
    roster: Roster,
    readers: dict[bytes, tuple[Member, frozenset[CompartmentName]]],
    held: tuple[Keyring, Keyring | None],
    after: act_items.KnownReporter,
) -> tuple[acts.Act, dict[CompartmentName, SecretKey]]:
    report, identity = held
    new_keys: dict[CompartmentName, SecretKey] = {}
    epochs, grants = [], []
    for keyring in (keyring for keyring in held if keyring is not None):
        name, number = keyring.compartment, keyring.newest + 1
        key = new_keys[name] = SecretKey.generate()
        epochs.append(act_items.next_epoch(case.id, name, number, key, keyring.key))
        for member, compartments in readers.values():
            if name in compartments:
                public = member.identity if name is CompartmentName.IDENTITY else member.work
                grants.append(act_items.wrap_grant(case.id, name, number, key, member.account, public))
        own = after.keys[1] if name is CompartmentName.IDENTITY else after.keys[0]
        grants.append(act_items.wrap_grant(case.id, name, number, key, case.id, own))
    following = identity.newest + 1 if identity else keyrings.first_epoch(unit, case, CompartmentName.IDENTITY)
    change = act_items.Exchange(acts.known_reporter(case), after, report.newest + 1, following)
    act = acts.sign(case.id, ActKind.RECEIPT_CHANGED, case.id, keys.signing, roster.hash, epochs, grants, [change])
    return act, new_keys
