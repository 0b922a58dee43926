"""Handing over again what somebody held under keys that are lost: a list, and each case with new keys for everybody who holds it.

The list is the access log's: cases whose grants lapsed, as `new_keys` entered it, and about which no lead has decided since. Only what
the log's signed tree has counts as lapsed: rows that somebody put beside it give nobody a key, nor a place in the list. A row that says
that somebody decided counts without that, for all that it does is to withhold. Whoever the reporter excluded, or who has not signed the
undertaking with their new keys, gets none. Whom a reporter excluded in words need not be read again: nobody gets more than they held.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import and_, bindparam, or_, select

from complaints.errors import NotFound, Refused
from complaints.models import Base, Case
from complaints.models.base import ID_BYTES
from complaints.policy import Staff
from complaints.services import (
    accounts,
    case_reading,
    casework,
    keyrings,
    log_reading,
    log_word,
    new_keys,
    replacement,
    undertakings,
)
from complaints.services.keys import SessionKeys
from complaints.services.replacement import AT_ONCE, Came, Replaced
from complaints.services.unit import AnyRow, Unit
from complaints.vocabulary import CompartmentName, Event
from crypto import PrivateKey

_LINE = Base.metadata.tables["caseload"]
_HELD = select(_LINE.c.case_id, _LINE.c.reference, _LINE.c.channel_id).where(
    _LINE.c.account_id == bindparam("account"), _LINE.c.case_id.in_(bindparam("cases", expanding=True))
)
_LOG = Base.metadata.tables["log_field"]
_EVENT, _ABOUT, _HOLDERS = _LOG.alias(), _LOG.alias(), _LOG.alias()
_LAPSED = (
    select(_EVENT.c.entry, _ABOUT.c.name, _ABOUT.c.value)
    .select_from(_EVENT)
    .join(_ABOUT, and_(_ABOUT.c.entry == _EVENT.c.entry, or_(_ABOUT.c.name == "case", _ABOUT.c.name == "subject")))
    .where(log_reading.holds(_EVENT.c, "event", Event.KEYS_LAPSED.encode()))
    .order_by(_EVENT.c.entry)
)
_DECIDED = frozenset({Event.CASE_ASSIGNED, Event.CASE_MOVED, Event.KEYS_HANDED_AGAIN})
"""What a lead does about who holds a case. The last of these is about whom it was handed to, and nobody else who waits."""
_DECISIONS = (
    select(_ABOUT.c.value, _ABOUT.c.entry, _EVENT.c.value, _HOLDERS.c.value)
    .select_from(_ABOUT)
    .join(_EVENT, and_(_EVENT.c.entry == _ABOUT.c.entry, _EVENT.c.name == "event"))
    .outerjoin(_HOLDERS, and_(_HOLDERS.c.entry == _ABOUT.c.entry, _HOLDERS.c.name == "subject"))
    .where(
        _ABOUT.c.name == "case",
        _ABOUT.c.value.in_(bindparam("cases", expanding=True)),
        _EVENT.c.value.in_([event.encode() for event in _DECIDED]),
    )
)


@dataclass(frozen=True, slots=True)
class Owed:
    """Somebody whose keys were lost, and what `actor` can hand over to them again: case to reference."""

    account: bytes
    name: str
    ready: bool
    """They have signed the undertaking with their new keys."""
    cases: Mapping[bytes, str] = field(repr=False)


def owed(unit: Unit, actor: Staff) -> tuple[Owed, ...]:
    """Everybody who waits for cases that `actor` holds in channels they lead, by name. Opens nothing. Raises Refused."""
    lapsed = _lapsed(unit)
    if not lapsed:
        return ()
    led = set(replacement.channels_led(unit, actor))
    cases = {case for case, _account in lapsed}
    mine = {row.case_id: row for row in _held(unit, actor.account, cases) if row.channel_id in led}
    waiting = {about: entry for about, entry in lapsed.items() if about[0] in mine and about[1] != actor.account}
    decided = _decided_since(unit, waiting)
    open_ = {about: entry for about, entry in waiting.items() if about not in decided}
    told = log_word.credible(unit, open_.values())
    by_person: dict[bytes, dict[bytes, str]] = defaultdict(dict)
    for (case, account), entry in open_.items():
        if entry in told and _tells_of(told[entry], case, account):
            by_person[account][case] = mine[case].reference
    names, ready = case_reading.names_of(unit, by_person), undertakings.who_signed(unit)
    people = [Owed(account, names[account], account in ready, held) for account, held in by_person.items()]
    return tuple(sorted(people, key=lambda one: one.name))


def hand_over(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    identity_key: PrivateKey,
    person: bytes,
    after: bytes = b"",
) -> Replaced:
    """Up to AT_ONCE of the cases past `after`, each by an act of its own, as much of each as was held before.

    Raises NotFound when nothing waits for this person, Refused.
    """
    due = sorted(case for case in _waiting(unit, actor, person).cases if case > after)
    for case in due[:AT_ONCE]:  # all of them before anything else is locked, in one order
        casework.take_turns(unit, case)
    accounts.hold_still(unit)
    done: list[str] = []
    refused: list[str] = []
    waiting, lapsed = _waiting(unit, actor, person), _lapsed(unit)
    for case in (case for case in due[:AT_ONCE] if case in waiting.cases):  # another lead may have been quicker
        identity = _held_identity(unit, lapsed[case, person], case, person)
        event = Event.KEYS_HANDED_AGAIN
        came = replacement.hand_on(
            unit, actor, keys, identity_key, case, person, identity=identity, again=True, event=event
        )
        (done if came is Came.DONE else refused).append(waiting.cases[case])
    return Replaced(tuple(done), tuple(refused), due[AT_ONCE - 1] if len(due) > AT_ONCE else b"")


def _waiting(unit: Unit, actor: Staff, person: bytes) -> Owed:
    """Raises NotFound, Refused."""
    waiting = next((one for one in owed(unit, actor) if one.account == person), None)
    if waiting is None:
        raise NotFound
    return waiting


def _held_identity(unit: Unit, entry: int, case: bytes, account: bytes) -> bool:
    """Whether the identity, as its reporter has given it since they last withdrew it, was among what this entry says was lost.

    Raises Refused when the log does not say so of them.
    """
    told = log_word.at(unit, [entry])[entry]
    if not _tells_of(told, case, account):
        raise Refused("an entry that tells of other keys")
    identity = CompartmentName.IDENTITY
    first = keyrings.first_epoch(unit, unit.session.get_one(Case, case), identity)
    return new_keys.read_lapsed(told["reason"]).get(identity, 0) >= first


def _tells_of(told: Mapping[str, str], case: bytes, account: bytes) -> bool:
    wanted = (Event.KEYS_LAPSED, case.hex(), account.hex())
    return (told.get("event"), told.get("case"), told.get("subject")) == wanted


def _lapsed(unit: Unit) -> dict[tuple[bytes, bytes], int]:
    """Case and account, to the newest entry that says that the account's keys to it were lost. Nothing is verified here.

    A row that does not name a case and an account is none of ours: it keeps nobody from their work.
    """
    entries: dict[int, dict[str, bytes]] = defaultdict(dict)
    for entry, name, value in unit.run(_LAPSED):
        entries[entry][name] = value
    found = {}
    for entry, told in entries.items():
        with suppress(AttributeError, KeyError, ValueError):
            found[_id(told["case"]), _id(told["subject"])] = entry
    return found


def _id(value: bytes) -> bytes:
    """Raises ValueError."""
    id_ = bytes.fromhex(value.decode("ascii"))
    if len(id_) != ID_BYTES:
        raise ValueError("an id is of another length")
    return id_


def _held(unit: Unit, account: bytes, cases: Collection[bytes]) -> list[AnyRow]:
    return list(unit.run(_HELD, {"account": account, "cases": list(cases)}))


def _decided_since(unit: Unit, lapsed: Mapping[tuple[bytes, bytes], int]) -> set[tuple[bytes, bytes]]:
    """Of these, about whom a lead has decided since their keys lapsed."""
    decisions: dict[bytes, list[tuple[int, bytes, bytes]]] = defaultdict(list)
    cases = {case.hex().encode() for case, _account in lapsed}
    for case, at, event, holders in unit.run(_DECISIONS, {"cases": list(cases)}):
        decisions[case].append((at, event, holders or b""))
    return {
        (case, account)
        for (case, account), entry in lapsed.items()
        if any(
            at > entry and (event != Event.KEYS_HANDED_AGAIN.encode() or account.hex().encode() in holders)
            for at, event, holders in decisions[case.hex().encode()]
        )
    }
