"""How often a passphrase was mistaken, and who has to wait for it.

Mistakes are counted apart for strangers, for each device that an account is known on, for each of its codes on paper, for those who are
signed in already, and once more for strangers and for each device among those who have yet to give the second factor. So a stranger who
tries on and on makes strangers wait, and never the owner at their own machine, nor at work in their session, nor on a new machine with a
code on paper beside the passphrase.
"""

from datetime import timedelta

from sqlalchemy import bindparam, delete, insert, select

from complaints.models import Base, KnownDevice, SecondFactor, SignInBackoff
from complaints.services import paper_codes
from complaints.services.unit import Unit
from crypto import SessionToken

FREE_FAILURES = 4
"""How often a passphrase may be mistaken before whoever mistook it waits."""

LONGEST_WAIT = timedelta(minutes=5)

KNOWN_FOR = timedelta(days=180)
"""How long a device is known after it was last signed in from."""

STRANGERS = b""
SIGNED_IN = b"signed in"
SECOND_FACTOR = b"second factor"
"""Before the source of a second factor's mistakes."""

_ACCOUNT, _COUNTED = Base.metadata.tables["account"], Base.metadata.tables["sign_in_backoff"]
_OWN = (_COUNTED.c.account_id == bindparam("account"), _COUNTED.c.source == bindparam("place"))
_HOLD = select(_ACCOUNT.c.id).where(_ACCOUNT.c.id == bindparam("account")).with_for_update()
_FAILURES = select(_COUNTED.c.failures).where(*_OWN)
_FORGET = delete(_COUNTED).where(*_OWN)
_NEW = ("place", _COUNTED.c.source), ("failures", _COUNTED.c.failures), ("waits_until", _COUNTED.c.waits_until)
_COUNT = insert(_COUNTED).from_select(
    ["account_id", *(column.name for _, column in _NEW)],
    select(_ACCOUNT.c.id, *(bindparam(name, type_=column.type) for name, column in _NEW)).where(
        _ACCOUNT.c.id == bindparam("account")
    ),
)


def remember_device(unit: Unit, account_id: bytes) -> SessionToken:
    """Makes a browser known to an account; its token goes into the cookie and nowhere else. Forgets devices that have expired."""
    token = SessionToken.generate()
    unit.session.execute(delete(KnownDevice).where(KnownDevice.expires < unit.today))
    row = {"lookup": token.lookup(), "account_id": account_id, "expires": unit.today + KNOWN_FOR}
    unit.session.execute(insert(KnownDevice), [row])
    return token


def forget_devices(unit: Unit, account_id: bytes) -> None:
    """From now on every browser is a stranger's to this account."""
    unit.session.execute(delete(KnownDevice).where(KnownDevice.account_id == account_id))


def source_of(unit: Unit, account_id: bytes | None, device: SessionToken | None, paper: str = "") -> bytes:
    """Under what a try to sign in counts. Two queries, whoever tries, whatever they bring, and whether there is such an account or not.

    `paper`: a code on paper, perhaps. It says who tries, and is not used up by it: nothing opens without the passphrase.
    """
    account = account_id or bytes(16)
    lookup = device.lookup() if device else bytes(32)
    known = unit.session.scalar(
        select(KnownDevice.lookup).where(
            KnownDevice.lookup == lookup, KnownDevice.account_id == account, KnownDevice.expires >= unit.today
        )
    )
    code = unit.session.scalar(
        select(SecondFactor.digest).where(
            SecondFactor.account_id == account, SecondFactor.digest == paper_codes.digest_of(account, paper)
        )
    )
    return known or code or STRANGERS


def count_mistake(unit: Unit, account_id: bytes, source: bytes = SIGNED_IN) -> None:
    """One more mistaken passphrase. Callers ask `is_waiting` first.

    The same statements run whether it is the first or not, and whether there is such an account or not: then nothing is kept.
    """
    own = {"account": account_id, "place": source}
    unit.run(_HOLD, {"account": account_id})  # two mistakes at once wait for one another, so that both count
    failures = (unit.run(_FAILURES, own).scalar() or 0) + 1
    unit.run(_FORGET, own)
    unit.run(_COUNT, own | {"failures": failures, "waits_until": unit.now + _wait_after(failures)})


def forget_mistakes(unit: Unit, account_id: bytes, source: bytes = SIGNED_IN) -> None:
    """The passphrase was right."""
    own = (SignInBackoff.account_id == account_id, SignInBackoff.source == source)
    unit.session.execute(delete(SignInBackoff).where(*own))


def forget_all_mistakes(unit: Unit, account_id: bytes) -> None:
    """Wherever they were made: the account has another passphrase by now, and other keys."""
    unit.session.execute(delete(SignInBackoff).where(SignInBackoff.account_id == account_id))


def is_waiting(unit: Unit, account_id: bytes, source: bytes = SIGNED_IN) -> bool:
    """Whether the account's passphrase was mistaken there so often that it may not be tried for now."""
    waits_until = unit.session.scalar(
        select(SignInBackoff.waits_until).where(SignInBackoff.account_id == account_id, SignInBackoff.source == source)
    )
    return waits_until is not None and waits_until > unit.now


def _wait_after(failures: int) -> timedelta:
    """None at first; then one minute, doubling, up to LONGEST_WAIT."""
    over = failures - FREE_FAILURES
    return min(LONGEST_WAIT, timedelta(minutes=2 ** min(over - 1, 8))) if over > 0 else timedelta()
