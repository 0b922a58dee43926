"""Keyrings: the keys a grant gives, opened and verified. Whoever has no grant for a compartment's newest epoch has no key to it."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select

from complaints.errors import Refused
from complaints.models import Base, Case
from complaints.services import act_items, acts, rosters
from complaints.services.acts import VerifiedAct, Withdrawal
from complaints.services.unit import AnyRow, Unit
from complaints.vocabulary import ActKind, CompartmentName
from crypto import CryptoError, PrivateKey, SecretKey, open_field, unwrap

_TABLES = Base.metadata.tables
_EPOCH, _GRANT = _TABLES["compartment"], _TABLES["grants"]
_EPOCHS = select(_EPOCH).where(_EPOCH.c.case_id == bindparam("case")).order_by(_EPOCH.c.epoch.desc())
_GRANTS = select(_GRANT).where(_GRANT.c.case_id == bindparam("case"))


@dataclass(frozen=True, slots=True)
class Keyring:
    """A compartment's keys by epoch, newest included."""

    compartment: CompartmentName
    newest: int
    keys: dict[int, SecretKey] = field(repr=False)

    @property
    def key(self) -> SecretKey:
        """The newest epoch's: what is written next is sealed under this."""
        return self.keys[self.newest]

    def at(self, epoch: int) -> SecretKey:
        """Raises Refused for an epoch that the case never had."""
        if epoch not in self.keys:
            raise Refused("a record of an epoch that the case never had")
        return self.keys[epoch]

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("keys are not pickled")


def compartments_granted(unit: Unit, case: bytes, recipient: bytes) -> frozenset[CompartmentName]:
    """The compartments whose newest epoch was granted to `recipient`, as the rows say. Opens nothing, verifies nothing: to show, not to act on."""
    newest = newest_epochs(unit, case)
    return frozenset(
        name for name in CompartmentName if name in newest and _grant_of(unit, case, name, newest[name], recipient)
    )


def recipients(unit: Unit, case: Case, compartment: CompartmentName) -> frozenset[bytes]:
    """Whom acts name as recipients of the compartment's newest epoch: for whoever begins the next one for those who hold this one.

    Whose keys are others by now holds nothing: what was wrapped to lost keys, and was put back, is not renewed for the new ones.
    Opens nothing. Raises Refused when any row does not verify: a grant that somebody planted would become a true one.
    """
    epochs = _epochs(unit, case.id, compartment)
    if not epochs:
        return frozenset()
    newest = epochs[0]
    acts.require_reporter(unit, case)
    first = first_epoch(unit, case, compartment)
    if newest.epoch < first:
        raise Refused("an epoch that was withdrawn is back")
    grants = _grants(unit, case.id, compartment, newest.epoch)
    named = {grant.recipient: _require_named(unit, case, newest, grant, first) for grant in grants}
    since = {recipient: act.wrapped_to for recipient, act in named.items() if recipient != case.id}
    holding = rosters.keeping_keys(unit, case.channel_id, since) | (named.keys() & {case.id})
    return holding - acts.left_at(unit, case, compartment, newest.epoch)


def open_keyring(
    unit: Unit, case: Case, compartment: CompartmentName, recipient: bytes, holder: PrivateKey
) -> Keyring | None:
    """Every key of the compartment, from the recipient's grant for its newest epoch back to the first.

    None without such a grant, and for whoever gave theirs up: for `identity` also when the reporter has withdrawn it. Raises Refused when a row does not verify: a case
    of another reporter's, an epoch or grant that no act names, an act by nobody with the right, a key that is not the one its epoch
    commits to, an envelope moved from elsewhere, an epoch that was withdrawn and is back.
    """
    epochs = _epochs(unit, case.id, compartment)
    first = first_epoch(unit, case, compartment)
    if not epochs:
        if first > 1:
            return None
        raise Refused("a case without this compartment")
    if epochs[-1].epoch != first:
        raise Refused("the first epoch is missing, or one that was withdrawn is back")
    newest = epochs[0]
    grant = _grant_of(unit, case.id, compartment, newest.epoch, recipient)
    if grant is None or recipient in acts.left_at(unit, case, compartment, newest.epoch):
        return None
    acts.require_reporter(unit, case)
    _require_named(unit, case, newest, grant, first)
    context = act_items.grant_context(case.id, compartment, newest.epoch, newest.key_id, recipient)
    try:
        key = unwrap(grant.envelope, holder, context)
    except CryptoError as error:
        raise Refused("a grant that does not open") from error
    return Keyring(compartment, newest.epoch, _walk_back(case.id, compartment, epochs, key))


def first_epoch(unit: Unit, case: Case, compartment: CompartmentName) -> int:
    """The epoch with which a compartment begins: 1, or the one after those of `identity` that the reporter has withdrawn."""
    withdrawn = acts.withdrawal_of(unit, case) if compartment is CompartmentName.IDENTITY else None
    return 1 if withdrawn is None else withdrawn.last + 1


def standing_withdrawal(unit: Unit, case: Case) -> Withdrawal | None:
    """The withdrawal of who the reporter is, while they have not said it again: nobody holds it, and nothing of it is handed over. Raises Refused."""
    return None if CompartmentName.IDENTITY in newest_epochs(unit, case.id) else acts.withdrawal_of(unit, case)


def _require_named(unit: Unit, case: Case, newest: AnyRow, grant: AnyRow, first: int) -> VerifiedAct:
    """The act that brought the grant. Raises Refused."""
    act = acts.verified(unit, case, newest.act_id)
    begins = acts.INTAKES if first == 1 else {ActKind.IDENTITY_GIVEN}
    if act.kind not in (
        begins if newest.epoch == first else {ActKind.ASSIGNMENT, ActKind.MOVED, ActKind.RECEIPT_CHANGED}
    ):
        raise Refused("the reporter begins the first epoch, and a lead every later one")
    compartment = CompartmentName(newest.name)
    act.require(act_items.Epoch(compartment, newest.epoch, newest.key_id, newest.previous_key).item())
    granted = act_items.Wrapped(compartment, grant.epoch, newest.key_id, grant.recipient, grant.envelope)
    granting = act if grant.act_id == newest.act_id else acts.verified(unit, case, grant.act_id)
    if granting.kind is ActKind.RECUSAL:
        raise Refused("a grant under an act that brings none")
    granting.require(granted.item())
    return granting


def _walk_back(
    case: bytes, compartment: CompartmentName, epochs: Sequence[AnyRow], key: SecretKey
) -> dict[int, SecretKey]:
    keys = {epochs[0].epoch: key}
    for newer, older in itertools.pairwise(epochs):
        if older.epoch != newer.epoch - 1 or newer.previous_key is None:
            raise Refused("an epoch is missing")
        context = act_items.previous_key_context(case, compartment, newer.epoch, newer.key_id)
        try:
            key = SecretKey.from_bytes(open_field(newer.previous_key, key, context))
        except CryptoError as error:
            raise Refused("an earlier epoch's key that does not open") from error
        if key.key_id != older.key_id:
            raise Refused("an earlier epoch's key that is not its own")
        keys[older.epoch] = key
    return keys


def newest_epochs(unit: Unit, case: bytes) -> dict[str, int]:
    """Each compartment's newest epoch, by the names that compartments have: somebody may have stored others."""
    return {name: epochs[0].epoch for name in CompartmentName if (epochs := _epochs(unit, case, name))}


def _epochs(unit: Unit, case: bytes, compartment: CompartmentName) -> list[AnyRow]:
    """A compartment's epochs, the newest one first, unverified. Those of all three are read at once: whoever asks for one asks for another."""
    rows = unit.once(("epochs", case), lambda: unit.run(_EPOCHS, {"case": case}).all())
    return [row for row in rows if row.name == compartment]


def _grants(unit: Unit, case: bytes, compartment: CompartmentName, epoch: int) -> list[AnyRow]:
    """An epoch's grants, unverified. All of a case are read at once: those of earlier epochs are gone when a lead has begun the next."""
    rows = unit.once(("grants", case), lambda: unit.run(_GRANTS, {"case": case}).all())
    return [row for row in rows if row.compartment == compartment and row.epoch == epoch]


def _grant_of(unit: Unit, case: bytes, compartment: CompartmentName, epoch: int, recipient: bytes) -> AnyRow | None:
    return next((row for row in _grants(unit, case, compartment, epoch) if row.recipient == recipient), None)
