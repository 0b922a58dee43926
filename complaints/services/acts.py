"""Acts: what makes grants. One statement over every epoch and envelope an act brings, signed once by its maker.

HPKE does not say who sealed. Without this, whoever writes to the database could plant a key of their own as a case's newest epoch
and read what is written next. A reader therefore believes an epoch or a grant only when an act of the reporter (at intake, or of their
own identity later) or of a lead on the channel's verified roster names it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, insert, select

from complaints.errors import Refused
from complaints.models import ActRow, Base, Case, new_id
from complaints.services import act_items, rosters, vouching
from complaints.services.act_items import Epoch, Exchange, Item, KnownReporter, Moved, Wrapped, case_id_of
from complaints.services.unit import AnyRow, Unit
from complaints.vocabulary import ActKind, CompartmentName, Duty
from crypto import BadSignature, Malformed, SigningKey, VerifyKey, decode_parts, encode_parts

_LABEL = b"complaints/act/1"
DOMAIN = "act"

_TABLES = Base.metadata.tables
_ACT = _TABLES["act"]
_INSERT_ACT, _INSERT_EPOCHS, _INSERT_GRANTS = insert(_ACT), insert(_TABLES["compartment"]), insert(_TABLES["grants"])
_OF_CASE = select(_ACT).where(_ACT.c.case_id == bindparam("case")).order_by(_ACT.c.made, _ACT.c.id)
INTAKES = frozenset({ActKind.INTAKE, ActKind.TAKEN_DOWN, ActKind.REHEARSAL})
"""Those with which a case begins."""
_REPORTERS_OWN = INTAKES | {ActKind.IDENTITY_WITHDRAWN, ActKind.IDENTITY_GIVEN, ActKind.RECEIPT_CHANGED}


@dataclass(frozen=True, slots=True)
class Stay:
    """A channel that a case is or was in, and the first epoch of `report` that it had there."""

    channel: bytes
    report_epoch: int = 1


@dataclass(frozen=True, slots=True)
class Tenure:
    """A reporter's keys, and the first epoch of each compartment that they may sign for."""

    reporter: KnownReporter
    report_epoch: int = 1
    identity_epoch: int = 1

    def first(self, compartment: CompartmentName) -> int:
        return self.identity_epoch if compartment is CompartmentName.IDENTITY else self.report_epoch


@dataclass(frozen=True, slots=True)
class Act:
    """A signed act with everything it brings."""

    id: bytes
    case: bytes
    kind: ActKind
    maker: bytes
    epochs: tuple[Epoch, ...]
    grants: tuple[Wrapped, ...]
    statement: bytes
    signature: bytes

    @property
    def digest(self) -> str:
        """Hex SHA-256 of statement and signature: what the access log holds."""
        return digest_of(self.statement, self.signature)


def digest_of(statement: bytes, signature: bytes) -> str:
    return hashlib.sha256(encode_parts(statement, signature)).hexdigest()


def sign(
    case: bytes,
    kind: ActKind,
    maker: bytes,
    signing: SigningKey,
    roster: bytes,
    epochs: Sequence[Epoch] = (),
    grants: Sequence[Wrapped] = (),
    also: Sequence[Item] = (),
) -> Act:
    """The act over these epochs and grants, and what it says besides. `roster` is the hash of the roster they were wrapped to (32 bytes)."""
    act_id = new_id()
    items: list[Item] = [*epochs, *grants, *also]
    statement = encode_parts(_LABEL, act_id, case, kind.encode(), maker, roster, *(one.item() for one in items))
    return Act(act_id, case, kind, maker, tuple(epochs), tuple(grants), statement, signing.sign(statement, DOMAIN))


def store(unit: Unit, act: Act) -> None:
    """Inserts the act, its epochs and its grants. The caller enters it in the log with `act` and `digest`."""
    unit.run(
        _INSERT_ACT,
        {
            "id": act.id,
            "case_id": act.case,
            "kind": act.kind,
            "maker": act.maker,
            "made": unit.today,
            "statement": act.statement,
            "signature": act.signature,
            "vouched": vouching.for_act(unit.secrets, act.id, act.digest),
        },
    )
    epochs = [
        {
            "case_id": act.case,
            "name": epoch.compartment,
            "epoch": epoch.number,
            "key_id": epoch.key_id,
            "previous_key": epoch.previous_key,
            "act_id": act.id,
        }
        for epoch in act.epochs
    ]
    grants = [
        {
            "case_id": act.case,
            "recipient": grant.recipient,
            "compartment": grant.compartment,
            "epoch": grant.epoch,
            "act_id": act.id,
            "envelope": grant.envelope,
        }
        for grant in act.grants
    ]
    if epochs:
        unit.run(_INSERT_EPOCHS, epochs)
    if grants:
        unit.run(_INSERT_GRANTS, grants)
    read_anew(unit, act.case)


def read_anew(unit: Unit, case: bytes) -> None:
    """A case's acts, epochs and grants may be others by now, and what follows from them: something of them was written."""
    unit.forget_of(case)


def _of_case(unit: Unit, case: bytes) -> Sequence[AnyRow]:
    """A case's acts, the first one first, unverified. All are read at once: they are few, and most of them are asked for."""
    return unit.once(("acts", case), lambda: unit.run(_OF_CASE, {"case": case}).all())


def _of_kinds(unit: Unit, case: bytes, *kinds: ActKind) -> list[AnyRow]:
    return [row for row in _of_case(unit, case) if row.kind in kinds]


@dataclass(frozen=True, slots=True)
class VerifiedAct:
    """An act whose signature and maker hold; says whether it brought a given epoch or grant."""

    kind: ActKind
    made: date
    maker: bytes
    roster: bytes
    """Hash of the roster under which it was made."""
    items: frozenset[bytes]

    @property
    def wrapped_to(self) -> bytes:
        """Hash of the roster whose members' keys its grants are wrapped to."""
        return Moved.among(self.items).roster if self.kind is ActKind.MOVED else self.roster

    @property
    def withdrawn(self) -> int:
        """The last epoch of `identity` that the act says is no more; 0 when it says nothing of the kind."""
        return max((number for _, number in act_items.numbers(self.items, act_items.WITHDRAWN)), default=0)

    @property
    def left(self) -> dict[CompartmentName, int]:
        """What its maker gave up, by compartment: the last epoch."""
        return dict(act_items.numbers(self.items, act_items.LEFT))

    def require(self, item: bytes) -> None:
        """Raises Refused when the act does not name this."""
        if item not in self.items:
            raise Refused("a key that its act does not name")


def verified(unit: Unit, case: Case, act_id: bytes) -> VerifiedAct:
    """The act, when it was made by who makes acts of its kind: the reporter, or a lead of the roster it names, one of the channel's.

    Raises Refused.
    """
    return unit.once(("act", case.id, act_id), lambda: _verified(unit, case, act_id))


def _verified(unit: Unit, case: Case, act_id: bytes) -> VerifiedAct:
    row = next((row for row in _of_case(unit, case.id) if row.id == act_id), None)
    if row is None:
        raise Refused("an act that is not there")
    return verify_row(unit, case, row)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The newest withdrawal of an identity: no epoch up to `last` counts any more. `made` is its day."""

    last: int
    made: date


def withdrawal_of(unit: Unit, case: Case) -> Withdrawal | None:
    """The reporter's newest withdrawal of their identity; None without one. Raises Refused for one that is not theirs."""
    found = [verify_row(unit, case, row) for row in _of_kinds(unit, case.id, ActKind.IDENTITY_WITHDRAWN)]
    return max((Withdrawal(act.withdrawn, act.made) for act in found), key=lambda one: one.last, default=None)


def recusals_of(unit: Unit, case: Case) -> tuple[VerifiedAct, ...]:
    """Everybody who gave up their keys to this case of their own accord, the first one first. Raises Refused."""

    def find() -> tuple[VerifiedAct, ...]:
        return tuple(verify_row(unit, case, row) for row in _of_kinds(unit, case.id, ActKind.RECUSAL))

    return unit.once(("recusals", case.id), find)


def left_at(unit: Unit, case: Case, compartment: CompartmentName, epoch: int) -> frozenset[bytes]:
    """Who gave up a compartment at this epoch: whatever grant of theirs is there was put back."""
    return frozenset(act.maker for act in recusals_of(unit, case) if act.left.get(compartment, 0) >= epoch)


def verify_row(unit: Unit, case: Case, row: ActRow | AnyRow) -> VerifiedAct:
    """As `verified`, for a row at hand."""
    try:
        label, act_id, case_id, kind, maker, roster, *items = decode_parts(row.statement)
    except (Malformed, ValueError) as error:
        raise Refused("an act that cannot be read") from error
    if (label, act_id, case_id, kind, maker) != (_LABEL, row.id, case.id, row.kind.encode(), row.maker):
        raise Refused("an act that says something else than its row")
    word = vouching.for_act(unit.secrets, row.id, digest_of(row.statement, row.signature))
    vouching.require(word, row.vouched, "an act")
    try:
        VerifyKey.from_bytes(_maker_key(unit, case, ActKind(row.kind), maker, roster, items)).verify(
            row.signature, row.statement, DOMAIN
        )
    except (BadSignature, ValueError) as error:
        raise Refused("an act whose signature does not hold") from error
    return VerifiedAct(ActKind(row.kind), row.made, maker, roster, frozenset(items))


def _maker_key(
    unit: Unit, case: Case, kind: ActKind, maker: bytes, roster_hash: bytes, items: Sequence[bytes]
) -> bytes:
    # For an intake as well: a case that was moved past the system would be another channel's leads' to hand over.
    channels = _channels_for(unit, case, kind, items)
    known = (roster for channel in channels for roster in rosters.chain(unit, channel))
    roster = next((roster for roster in known if roster.hash == roster_hash), None)
    if roster is None:
        raise Refused("an act under no roster of its channel")
    if kind in _REPORTERS_OWN:
        tenures = reporters(unit, case)
        if maker != case.id:
            raise Refused(f"an {kind} that the reporter did not make")
        return _reporters_key(tenures, kind, items)
    member = roster.member(maker)
    if member is None or (member.duty is not Duty.LEAD and kind is not ActKind.RECUSAL):
        raise Refused("an act by somebody who did not lead")
    return member.verify


def _channels_for(unit: Unit, case: Case, kind: ActKind, items: Sequence[bytes]) -> Sequence[bytes]:
    """Of which channels an act's roster may be: those the case was in when its epochs began."""
    if kind is ActKind.MOVED:
        return (Moved.among(items).origin,)
    there = stays(unit, case)
    if kind in INTAKES:
        return (there[0].channel,)
    if kind in _REPORTERS_OWN:
        return [stay.channel for stay in there]
    told = act_items.numbers(items, act_items.EPOCH, act_items.LEFT)
    epochs = [number for compartment, number in told if compartment is CompartmentName.REPORT]
    return ([stay.channel for stay in there if stay.report_epoch <= max(epochs, default=0)] or [there[0].channel])[-1:]


def stays(unit: Unit, case: Case) -> tuple[Stay, ...]:
    """The channels that a case was in, the first one first, as signed moves say. Raises Refused when they do not lead to the one in its row."""
    return unit.once(("stays", case.id, case.channel_id), lambda: _stays(unit, case))


def _stays(unit: Unit, case: Case) -> tuple[Stay, ...]:
    rows = _of_kinds(unit, case.id, ActKind.MOVED)
    moves = sorted((_moved(unit, case, row) for row in rows), key=lambda move: move.report_epoch)
    there = [Stay(moves[0].origin if moves else case.channel_id)]
    for move in moves:
        if move.origin != there[-1].channel or move.report_epoch <= there[-1].report_epoch:
            raise Refused("moves that do not follow from each other")
        there.append(Stay(move.target, move.report_epoch))
    if there[-1].channel != case.channel_id:
        raise Refused("a case in a channel that no move leads to")
    return tuple(there)


def _moved(unit: Unit, case: Case, row: AnyRow) -> Moved:
    return Moved.among(verify_row(unit, case, row).items)


def _reporters_key(tenures: Sequence[Tenure], kind: ActKind, items: Sequence[bytes]) -> bytes:
    """Which of the reporter's keys an act of theirs must be signed with: none that was exchanged before the epochs it concerns."""
    if kind in INTAKES:
        return tenures[0].reporter.verify
    if kind is ActKind.RECEIPT_CHANGED:
        before = Exchange.among(items).before
        return next((tenure.reporter.verify for tenure in tenures if tenure.reporter == before), b"")
    told = act_items.numbers(items, act_items.EPOCH, act_items.WITHDRAWN)
    newest = max((number for _, number in told), default=0)
    return tenure_at(tenures, CompartmentName.IDENTITY, newest).reporter.verify


def tenure_at(tenures: Sequence[Tenure], compartment: CompartmentName, epoch: int) -> Tenure:
    """Whose keys count for an epoch of a compartment."""
    return [tenure for tenure in tenures if tenure.first(compartment) <= max(epoch, 1)][-1]


def reporters(unit: Unit, case: Case) -> tuple[Tenure, ...]:
    """The reporter's keys from the first, which the case's id names, through every exchange of receipts to those in its row.

    Each exchange is signed with the keys it replaces. Raises Refused when the row names keys that they do not lead to: of somebody
    else, or of a receipt that was given up.
    """
    return unit.once(("reporters", case.id, case.receipt_hash), lambda: _reporters(unit, case))


def is_one_time(unit: Unit, case: Case) -> bool:
    """Whether staff took the report down, and its first receipt, which they know, is still the one that counts.

    Whoever changes the act's kind in its row makes it one that does not verify: the case then opens for nobody.
    """
    return bool(_of_kinds(unit, case.id, ActKind.TAKEN_DOWN)) and len(reporters(unit, case)) == 1


def was_taken_down(unit: Unit, case: Case) -> bool:
    """Whether staff took the report down, exchanged since or not. Raises Refused when the act with which the case began is not there."""
    return beginning(unit, case).kind is ActKind.TAKEN_DOWN


def is_rehearsal(unit: Unit, case: Case) -> bool:
    """Whether the case is a test: it began as one, and nothing that began otherwise ever becomes one. Raises Refused as `beginning` does.

    The kind stands in the statement that the reporter's first key signed, of which the case's id is the hash; the key of a real report
    is its reporter's alone.
    """
    return beginning(unit, case).kind is ActKind.REHEARSAL


def beginning(unit: Unit, case: Case) -> VerifiedAct:
    """The act with which the case began, verified. Raises Refused when there is none, or more than one."""

    def find() -> VerifiedAct:
        beginnings = _of_kinds(unit, case.id, *INTAKES)
        if len(beginnings) != 1:
            raise Refused("a case that did not begin once")
        return verified(unit, case, beginnings[0].id)

    return unit.once(("beginning", case.id), find)


def beginning_as_logged(unit: Unit, case: Case) -> tuple[str, str]:
    """Id and digest of that act, both hex, as the access log has to tell them. Raises Refused as `beginning` does."""
    beginning(unit, case)
    (row,) = _of_kinds(unit, case.id, *INTAKES)
    return row.id.hex(), digest_of(row.statement, row.signature)


def _reporters(unit: Unit, case: Case) -> tuple[Tenure, ...]:
    swapped = Refused("the reporter's keys or receipt were swapped")
    present = known_reporter(case)
    exchanges = [_verified_exchange(unit, case, row) for row in _of_kinds(unit, case.id, ActKind.RECEIPT_CHANGED)]
    first = next((e.before for e in exchanges if case_id_of(e.before.receipt_hash, e.before.keys) == case.id), present)
    if case_id_of(first.receipt_hash, first.keys) != case.id:
        raise swapped
    tenures = [Tenure(first)]
    while exchanges:
        following = [e for e in exchanges if e.before == tenures[-1].reporter]
        if len(following) != 1:
            raise swapped
        (exchange,) = following
        exchanges.remove(exchange)
        tenures.append(Tenure(exchange.after, exchange.report_epoch, exchange.identity_epoch))
    if tenures[-1].reporter != present:
        raise swapped
    return tuple(tenures)


def _verified_exchange(unit: Unit, case: Case, row: AnyRow) -> Exchange:
    word = vouching.for_act(unit.secrets, row.id, digest_of(row.statement, row.signature))
    vouching.require(word, row.vouched, "an act")
    try:
        label, act_id, case_id, kind, maker, _roster, *items = decode_parts(row.statement)
        if (label, act_id, case_id, kind, maker) != (_LABEL, row.id, case.id, row.kind.encode(), case.id):
            raise Refused("an act that says something else than its row")
        exchange = Exchange.among(items)
        VerifyKey.from_bytes(exchange.before.verify).verify(row.signature, row.statement, DOMAIN)
    except (Malformed, BadSignature, ValueError) as error:
        raise Refused("an exchange of receipts that does not verify") from error
    return exchange


def known_reporter(case: Case) -> KnownReporter:
    """What the row says, unverified."""
    keys = (case.reporter_work_public, case.reporter_identity_public, case.reporter_verify_public)
    return KnownReporter(case.receipt_hash, keys)


def require_reporter(unit: Unit, case: Case) -> None:
    """Raises Refused when the row names another reporter than the one who sent the report, or gave up that receipt; or a channel to which
    nobody moved the case.
    """
    reporters(unit, case)
    stays(unit, case)
