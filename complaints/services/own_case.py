"""A reporter's own case: reached by their key, as anybody reaches a case by theirs."""

from complaints.errors import NotFound
from complaints.models import Case
from complaints.policy import Reporter
from complaints.services import acts, keyrings
from complaints.services.keyrings import Keyring
from complaints.services.keys import SessionKeys
from complaints.services.unit import Unit
from complaints.vocabulary import CompartmentName


def fetch(unit: Unit, reporter: Reporter, keys: SessionKeys, *, to_exchange: bool = False) -> tuple[Case, Keyring]:
    """The reporter's own case with its `report` keys: what the session says is believed once its key opens it.

    `to_exchange`: also with a receipt that staff know, which opens the case for nothing else. Raises NotFound, Refused.
    """
    case = unit.session.get(Case, reporter.case)
    keyring = None
    if case is not None:
        keyring = keyrings.open_keyring(unit, case, CompartmentName.REPORT, case.id, keys.work)
    if case is None or keyring is None or (not to_exchange and acts.is_one_time(unit, case)):
        raise NotFound
    return case, keyring
