"""A running site's installation, seen from behind: reports without the form, hands without the mouse, and whether everything is sound."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import select

from complaints.database import Database
from complaints.demo.people import PEOPLE
from complaints.models import CaseloadRow
from complaints.policy import Staff
from complaints.services import accounts, assignment, intake, mailbox, rosters
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.keys import SessionKeys
from complaints.services.log_verification import verify
from complaints.services.report_draft import ReportDraft
from complaints.services.unit import Units
from complaints.vocabulary import IdentityField, Locale, ReportField
from crypto import AccountSeed, Receipt
from tests.browser.site import LEAD, PASSPHRASES, Site
from tests.cast import Report

NAMES: Mapping[str, str] = {person.sign_in_name: person.display_name for person in PEOPLE}


@dataclass(frozen=True)
class Backstage:
    """Works on the site's database beside its server. Keys are unlocked once."""

    units: Units
    access_log: AccessLog
    lead: Staff
    seed: AccountSeed

    def report(
        self,
        narrative: str = "เรื่องที่สองคนเปิดพร้อมกัน",
        *,
        identity: Mapping[IdentityField, str] = MappingProxyType({}),
        locale: Locale = Locale.THAI,
    ) -> Report:
        """One to the demonstration's first channel, which nobody has opened yet."""
        receipt = Receipt.generate()
        with self.units.reading() as unit:
            channel = next(one.id for one in rosters.channels_by_id(unit).values() if one.code == "corruption")
            answers = {ReportField.NARRATIVE: narrative}
            draft = ReportDraft(
                channel, answers, identity, excluded=frozenset(), excluded_words="", files=(), locale=locale
            )
            sealed = intake.prepare(unit, draft, receipt)
        with self.units.writing() as unit:
            received = intake.receive(unit, sealed)
        with self.units.reading() as unit:
            case = mailbox.find_case(unit, receipt)
        assert case is not None
        return Report(case, receipt, received.reference)

    def assign(self, report: Report, *names: str) -> None:
        with self.units.writing() as unit:
            chosen = {self.account(name): False for name in names}
            keys = SessionKeys.of(self.seed)
            assignment.assign(unit, self.lead, keys, self.seed.identity(), report.case, chosen, 1)

    def account(self, name: str) -> bytes:
        with self.units.reading() as unit:
            account = accounts.find_credential(unit, name).account
        assert account is not None
        return account

    def received(self, report: Report) -> list[str]:
        """What the reporter reads."""
        with self.units.writing() as unit:
            return [line.text for line in mailbox.read_mailbox(unit, report.reporter, report.keys).messages]

    def holders(self, report: Report) -> set[str]:
        """By their sign-in names: whoever has the case in their list."""
        held = select(CaseloadRow.account_id).where(CaseloadRow.case_id == report.case)
        with self.units.reading() as unit:
            found = set(unit.session.scalars(held))
        return {name for name in NAMES if self.account(name) in found}

    def is_sound(self) -> None:
        """As `complaints check` sees it: the log verifies, and what is stored is what it says."""
        with self.units.reading() as unit:
            assert verify(unit.session, self.access_log).problems == ()
            assert [finding.what for finding in examine(unit, self.access_log)] == []


@contextmanager
def backstage_of(site: Site) -> Iterator[Backstage]:
    secrets = site.secrets()
    database = Database(f"sqlite:///{site.database_file}")
    access_log = AccessLog(site.origin, secrets.log_key)
    units = Units(database, access_log, secrets)
    try:
        with units.reading() as unit:
            credential = accounts.find_credential(unit, LEAD)
            staff = accounts.load_staff(unit, credential.account or b"")
        seed = accounts.open_credential(credential, PASSPHRASES[LEAD], secrets.pepper)
        assert staff is not None
        assert seed is not None
        yield Backstage(units, access_log, staff, seed)
    finally:
        database.dispose()
