"""The passphrase, asked for again where no case is concerned: for acts that need more than a session."""

from complaints.errors import Invalid, PassphraseRefused
from complaints.services import accounts, reauthentication
from complaints.web.guard import Visit
from crypto import AccountSeed


def account_seed(visit: Visit, passphrase: str | None, purpose: str) -> AccountSeed:
    """The visitor's seed, for this request. One Argon2id run, so: from `prepare`, never inside a unit.

    Raises Invalid: `passphrase` "missing", "waiting", or "refused" after the mistake was counted and entered.
    """
    if not passphrase:
        raise Invalid({"passphrase": "missing"})
    locked = _locked_seed(visit)
    try:
        seed = accounts.unlock(locked, passphrase, visit.app.secrets.pepper, visit.staff.account)
    except PassphraseRefused as error:
        with visit.app.units.writing() as unit:
            reauthentication.enter_refusal(unit, visit.staff, purpose)
        raise Invalid({"passphrase": "refused"}) from error
    _locked_seed(visit)  # of many tries at once, none counts once the wait has begun
    return seed


def _locked_seed(visit: Visit) -> bytes:
    """Raises Invalid: `passphrase` "waiting"."""
    try:
        with visit.app.units.reading() as unit:
            return reauthentication.locked_seed(unit, visit.staff)
    except PassphraseRefused as error:
        raise Invalid({"passphrase": "waiting"}) from error
