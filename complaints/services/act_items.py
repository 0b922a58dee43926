"""What an act may say: the epochs it begins, the keys it wraps, what it ends, and who goes on with the case. One item each, canonical.

The statement that is signed (`acts.sign`) holds them one after the other.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from complaints.errors import Refused
from complaints.vocabulary import CompartmentName
from crypto import AccountSeed, Context, Malformed, PublicKey, SecretKey, decode_parts, encode_parts, seal_field, wrap

EPOCH, WITHDRAWN, LEFT = b"epoch", b"withdrawn", b"left"
"""The labels of items with a compartment and the number of its epoch: `numbers` reads them."""
_RECEIPT, _MOVED = b"receipt", b"moved"

PublicKeys = tuple[bytes, bytes, bytes]
"""Work, identity and verify key."""


def public_keys_of(seed: AccountSeed) -> PublicKeys:
    work, identity, verify = seed.work().public_key(), seed.identity().public_key(), seed.signing().verify_key()
    return work.to_bytes(), identity.to_bytes(), verify.to_bytes()


def case_id_of(receipt_hash: bytes, reporter: PublicKeys) -> bytes:
    """A case's id: the first 16 bytes of SHA-256 over what its row says of the reporter, so that nothing of it can be swapped.

    Not even a public key that is used late: a lead wraps the next epoch to it, on the row's word.
    """
    return hashlib.sha256(encode_parts(b"complaints/case/1", receipt_hash, *reporter)).digest()[:16]


@dataclass(frozen=True, slots=True)
class KnownReporter:
    """Everything that a case's row says of its reporter: the hash of their receipt, and their public keys."""

    receipt_hash: bytes
    keys: PublicKeys

    @property
    def verify(self) -> bytes:
        return self.keys[2]


class Item(Protocol):
    def item(self) -> bytes:
        """Its bytes in the statement, as `encode_parts` makes them: a label first."""
        ...


def numbers(items: Iterable[bytes], *labels: bytes) -> list[tuple[CompartmentName, int]]:
    """Of the items with these labels, each compartment and the number of its epoch. Raises ValueError, Malformed."""
    parts = (decode_parts(item) for item in items)
    return [(CompartmentName(part[1].decode()), int.from_bytes(part[2], "big")) for part in parts if part[0] in labels]


@dataclass(frozen=True, slots=True)
class Epoch:
    """A compartment's new key, as stored: its id, and the key before it sealed under it (None for the first)."""

    compartment: CompartmentName
    number: int
    key_id: bytes
    previous_key: bytes | None

    def item(self) -> bytes:
        previous = hashlib.sha256(self.previous_key).digest() if self.previous_key is not None else b""
        return encode_parts(EPOCH, self.compartment.encode(), _u32(self.number), self.key_id, previous)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """One grant, as stored. `recipient` is an account's id, or the case's own: the reporter."""

    compartment: CompartmentName
    epoch: int
    key_id: bytes
    recipient: bytes
    envelope: bytes

    def item(self) -> bytes:
        digest = hashlib.sha256(self.envelope).digest()
        return encode_parts(b"grant", self.compartment.encode(), _u32(self.epoch), self.key_id, self.recipient, digest)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Says that a compartment's epochs up to `last` are no more: its keys, its grants and all that was sealed under them."""

    compartment: CompartmentName
    last: int

    def item(self) -> bytes:
        return encode_parts(WITHDRAWN, self.compartment.encode(), _u32(self.last))


@dataclass(frozen=True, slots=True)
class Left:
    """Says that whoever makes the act gives up what they hold of a compartment, up to this epoch."""

    compartment: CompartmentName
    epoch: int

    def item(self) -> bytes:
        return encode_parts(LEFT, self.compartment.encode(), _u32(self.epoch))


@dataclass(frozen=True, slots=True)
class Moved:
    """Says that the case goes from one channel to another, with this epoch of `report`. Signed by a lead of the first.

    `roster`: hash of the second's, to whose members the keys were wrapped.
    """

    origin: bytes
    target: bytes
    report_epoch: int
    roster: bytes

    def item(self) -> bytes:
        return encode_parts(_MOVED, self.origin, self.target, _u32(self.report_epoch), self.roster)

    @classmethod
    def among(cls, items: Iterable[bytes]) -> "Moved":
        """The one that a move's act names. Raises Refused."""
        found = [parts[1:] for parts in map(decode_parts, items) if parts[0] == _MOVED]
        if len(found) != 1 or len(found[0]) != 4:
            raise Refused("a move that does not say from where to where")
        origin, target, epoch, roster = found[0]
        return cls(origin, target, int.from_bytes(epoch, "big"), roster)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Says that a reporter goes on under another receipt, from these epochs on. Signed with the key that `before` names."""

    before: KnownReporter
    after: KnownReporter
    report_epoch: int
    identity_epoch: int
    """The next one, where there is no identity to begin it for."""

    def item(self) -> bytes:
        told = (self.before.receipt_hash, *self.before.keys, self.after.receipt_hash, *self.after.keys)
        return encode_parts(_RECEIPT, *told, _u32(self.report_epoch), _u32(self.identity_epoch))

    @classmethod
    def among(cls, items: Iterable[bytes]) -> "Exchange":
        """The one that an act names. Raises ValueError, Malformed."""
        found = [parts[1:] for parts in map(decode_parts, items) if parts[0] == _RECEIPT]
        if len(found) != 1 or len(found[0]) != 10:
            raise Malformed("not an exchange of receipts, or not one")
        told = found[0]
        before = KnownReporter(told[0], (told[1], told[2], told[3]))
        after = KnownReporter(told[4], (told[5], told[6], told[7]))
        return cls(before, after, int.from_bytes(told[8], "big"), int.from_bytes(told[9], "big"))


def grant_context(case: bytes, compartment: CompartmentName, epoch: int, key_id: bytes, recipient: bytes) -> Context:
    return Context("grant", case, compartment, key_id, recipient, "", epoch)


def previous_key_context(case: bytes, compartment: CompartmentName, epoch: int, key_id: bytes) -> Context:
    return Context("previous key", case, compartment, key_id, b"", "", epoch)


def wrap_grant(
    case: bytes, compartment: CompartmentName, epoch: int, key: SecretKey, recipient: bytes, public: bytes
) -> Wrapped:
    """A compartment key wrapped to one recipient's public key (1216 bytes)."""
    context = grant_context(case, compartment, epoch, key.key_id, recipient)
    return Wrapped(compartment, epoch, key.key_id, recipient, wrap(key, PublicKey.from_bytes(public), context))


def next_epoch(
    case: bytes, compartment: CompartmentName, number: int, key: SecretKey, previous: SecretKey | None
) -> Epoch:
    """The epoch that `key` begins. The previous key is sealed under the new one, so whoever holds the newest reads all before it."""
    sealed = None
    if previous is not None:
        sealed = seal_field(previous.export(), key, previous_key_context(case, compartment, number, key.key_id))
    return Epoch(compartment, number, key.key_id, sealed)


def _u32(number: int) -> bytes:
    try:
        return number.to_bytes(4, "big")
    except OverflowError as error:
        raise Refused("a number that no epoch has") from error
