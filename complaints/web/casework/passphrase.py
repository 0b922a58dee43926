"""The passphrase, asked for again in a form: the one road to an identity key."""

from flask_babel import gettext

from complaints.errors import PassphraseRefused
from complaints.services import reauthentication
from complaints.web.guard import Visit
from crypto import PrivateKey


def identity_key(visit: Visit, case_id: bytes, passphrase: str, purpose: str) -> PrivateKey:
    """The visitor's identity key, for this request. One Argon2id run, so: from `prepare`, never inside a unit.

    Raises PassphraseRefused, after the mistake was counted and entered; NotReady under a flood.
    """
    with visit.app.units.reading() as unit:
        locked = reauthentication.locked_seed(unit, visit.staff)
    try:
        key = reauthentication.identity_key(visit.staff, locked, passphrase, visit.app.secrets.pepper)
    except PassphraseRefused:
        with visit.app.units.writing() as unit:
            reauthentication.enter_mistake(unit, visit.staff, case_id, purpose)
        raise
    with visit.app.units.reading() as unit:
        reauthentication.locked_seed(unit, visit.staff)  # of many tries at once, none counts once the wait has begun
    return key


def refusal_text(error: PassphraseRefused) -> str:
    """What the form says beside the passphrase."""
    if str(error) == "waiting":
        return str(gettext("It was mistaken too often. Wait five minutes, then try again"))
    return str(gettext("This is not your passphrase. The attempt is in the access log"))
