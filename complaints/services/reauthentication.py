"""The passphrase, asked for again: before an identity opens, and before keys are handed over.

A session holds no identity key. It comes into being here, outside any unit, and lives to the end of one request.
"""

from complaints.errors import PassphraseRefused
from complaints.policy import Staff
from complaints.services import accounts, backoff
from complaints.services.unit import Unit
from complaints.vocabulary import Event
from crypto import PrivateKey

_OF_IDENTITY = frozenset({"identity"})
"""What a passphrase is asked for before an identity opens."""


def locked_seed(unit: Unit, actor: Staff) -> bytes:
    """What the passphrase is to unlock. Raises PassphraseRefused, "waiting", after too many mistakes: nobody may try for a while."""
    if backoff.is_waiting(unit, actor.account):
        raise PassphraseRefused("waiting")
    return accounts.locked_seed_of(unit, actor.account)


def identity_key(actor: Staff, locked: bytes, passphrase: str, pepper: bytes) -> PrivateKey:
    """One Argon2id run, outside any unit. Raises PassphraseRefused, NotReady under a flood."""
    return accounts.unlock(locked, passphrase, pepper, actor.account).identity()


def enter_mistake(unit: Unit, actor: Staff, case_id: bytes, purpose: str) -> None:
    """The passphrase was wrong: counted as at signing in, and entered, in one unit. `purpose` says what it was asked for.

    Whoever asked for an identity is said to have done so; whoever was to hand keys over is not.
    """
    event = Event.IDENTITY_REFUSED if purpose in _OF_IDENTITY else Event.PASSPHRASE_REFUSED
    if not backoff.is_waiting(unit, actor.account):
        backoff.count_mistake(unit, actor.account)
    unit.enter(event, actor, case=case_id.hex(), subject=purpose, reason="passphrase")


def enter_refusal(unit: Unit, actor: Staff, purpose: str) -> None:
    """The same, for what concerns no case."""
    if not backoff.is_waiting(unit, actor.account):
        backoff.count_mistake(unit, actor.account)
    unit.enter(Event.PASSPHRASE_REFUSED, actor, subject=purpose)
