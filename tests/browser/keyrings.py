"""The keys of an installation's people and of one case, got as their owners would get them: to look for them where they must not be."""

from collections.abc import Iterator

from sqlalchemy import select

from complaints.database import Database
from complaints.models import Account, Case
from complaints.services import accounts, keyrings
from complaints.services.access_log import AccessLog
from complaints.services.unit import Unit, Units
from complaints.vocabulary import CompartmentName
from crypto import AccountSeed, Receipt
from tests.browser.site import INVESTIGATOR, LEAD, PASSPHRASES, Site


def keys_of(site: Site, receipt_text: str) -> dict[str, bytes]:
    secrets = site.secrets()
    database = Database(f"sqlite:///{site.database_file}")
    receipt = Receipt.parse(receipt_text)
    try:
        with Units(database, AccessLog(site.origin, secrets.log_key), secrets).reading() as unit:
            seeds = dict(_seeds(unit, secrets.pepper))
            compartments = dict(_compartments(unit, receipt, seeds[LEAD]))
    finally:
        database.dispose()
    return {
        "the log's own key": secrets.log_key.export_seed(),
        **{f"{part} of {name}": key for name, seed in seeds.items() for part, key in _parts(seed)},
        **{f"{part} of the reporter": key for part, key in _parts(receipt.seed())},
        **compartments,
    }


def _seeds(unit: Unit, pepper: bytes) -> Iterator[tuple[str, AccountSeed]]:
    for name in (LEAD, INVESTIGATOR):
        row = unit.session.execute(select(Account.id, Account.seed_locked).where(Account.sign_in_name == name)).one()
        yield name, accounts.unlock(row.seed_locked, PASSPHRASES[name], pepper, row.id)


def _parts(seed: AccountSeed) -> Iterator[tuple[str, bytes]]:
    yield "account seed", seed.export()
    yield "work key", seed.work().export_seed()
    yield "identity key", seed.identity().export_seed()
    yield "signing key", seed.signing().export_seed()


def _compartments(unit: Unit, receipt: Receipt, lead: AccountSeed) -> Iterator[tuple[str, bytes]]:
    case = unit.session.scalars(select(Case).where(Case.receipt_hash == receipt.lookup_hash())).one()
    account = unit.session.scalars(select(Account.id).where(Account.sign_in_name == LEAD)).one()
    for compartment in CompartmentName:
        holder = lead.identity() if compartment is CompartmentName.IDENTITY else lead.work()
        keyring = keyrings.open_keyring(unit, case, compartment, account, holder)
        assert keyring is not None
        for epoch, key in keyring.keys.items():
            yield f"key of {compartment}, epoch {epoch}", key.export()
