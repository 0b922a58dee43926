"""The demonstration's history is one that could have happened: whoever answers has read what they answer."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import select

from complaints.config import Secrets, Settings
from complaints.database import Database
from complaints.demo import installation
from complaints.demo.people import PEOPLE, DemoPerson
from complaints.models import Account, CaseloadRow
from complaints.policy import Reporter
from complaints.services import accounts, case_reading, mailbox
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.keys import SessionKeys
from complaints.services.unit import Unit, Units
from crypto import Receipt

LEADS = ("malee", "wipa")
Line = case_reading.MessageLine | mailbox.MessageLine


def unread_but_answered(lines: Sequence[Line], from_reporter: bool) -> list[Line]:
    """Messages of one side, as it sees them, that the other answered and never read."""
    last = max((n for n, line in enumerate(lines) if line.from_reporter != from_reporter), default=-1)
    return [line for line in lines[:last] if line.from_reporter == from_reporter and not line.read]


@pytest.fixture
def founded(database: Database, access_log: AccessLog, secrets: Secrets, settings: Settings, units: Units) -> Units:
    installation.found(database, access_log, secrets, settings.data_dir)
    return units


class NothingKept(Exception):
    """Ends a unit that only looked."""


@contextmanager
def looking(units: Units) -> Iterator[Unit]:
    """Opening a case marks what is in it as read, and would change what is looked at next."""
    with suppress(NothingKept), units.writing() as unit:
        yield unit
        raise NothingKept


def test_whoever_answers_has_read(founded: Units, access_log: AccessLog, secrets: Secrets, settings: Settings) -> None:
    with founded.reading() as unit:
        assert list(examine(unit, access_log)) == []
    with looking(founded) as unit:
        reporters = list(seen_by_reporters(unit, installation.receipts(settings.data_dir)))
    leads: list[Sequence[Line]] = []
    for person in PEOPLE:
        if person.sign_in_name in LEADS:
            with looking(founded) as unit:
                leads += seen_by(unit, person, secrets.pepper)
    for from_reporter, conversations in ((True, reporters), (False, leads)):
        assert not [line for lines in conversations for line in unread_but_answered(lines, from_reporter)]
        own = [line for lines in conversations for line in lines if line.from_reporter == from_reporter]
        assert len([line for line in own if line.read]) >= 2


def seen_by_reporters(unit: Unit, receipts: Iterable[str]) -> Iterator[Sequence[Line]]:
    for receipt in map(Receipt.parse, receipts):
        case = mailbox.find_case(unit, receipt)
        assert case is not None
        if not mailbox.is_one_time(unit, case):
            yield mailbox.read_mailbox(unit, Reporter(case), SessionKeys.of(receipt.seed())).messages


def seen_by(unit: Unit, person: DemoPerson, pepper: bytes) -> Iterator[Sequence[Line]]:
    account = unit.session.scalars(select(Account.id).where(Account.sign_in_name == person.sign_in_name)).one()
    actor = accounts.load_staff(unit, account)
    assert actor is not None
    keys = SessionKeys.of(accounts.unlock(accounts.locked_seed_of(unit, account), person.passphrase, pepper, account))
    for case in unit.session.scalars(select(CaseloadRow.case_id).where(CaseloadRow.account_id == account)).all():
        yield case_reading.read_case(unit, actor, keys, case).messages
