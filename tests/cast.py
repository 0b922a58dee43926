"""The fixed cast of every test: a reporter, two assigned investigators, one who is not, a lead, an administrator, a custodian, an auditor.

Their keys are drawn and locked once a session (an Argon2id run is 0.2 s each); every test founds its own database with them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from complaints.policy import Reporter, Staff
from complaints.services import accounts, assignment, channels, intake, mailbox, rosters, undertakings
from complaints.services.accounts import NewAccount
from complaints.services.keys import SessionKeys
from complaints.services.report_draft import ReportDraft
from complaints.services.rosters import Member
from complaints.services.unit import Unit, Units
from complaints.services.uploads import StagedFile
from complaints.vocabulary import Duty, IdentityField, Locale, ReportField, Role
from crypto import PrivateKey, Receipt

PEPPER = bytes(range(32))
"""The cast's seeds are locked under this, so a test's secrets carry it too."""

CANARIES: dict[IdentityField, str] = {
    IdentityField.NAME: "สมหญิง ใจกล้า-CANARY-NAME",
    IdentityField.ADDRESS: "99/1 ซอยทดสอบ-CANARY-ADDRESS",
    IdentityField.WORKPLACE: "CANARY-WORKPLACE warehouse 7",
    IdentityField.PHONE: "081-CANARY-PHONE",
    IdentityField.EMAIL: "canary-email@example.org",
    IdentityField.LINE_ID: "canary-line",
    IdentityField.OTHER: "CANARY-OTHER badge 4411",
    IdentityField.BEHALF_NAME: "สมชาย-CANARY-BEHALF",
    IdentityField.BEHALF_CONTACT: "CANARY-BEHALF-CONTACT by the market",
    IdentityField.WITNESSES: "CANARY-WITNESSES the night guard",
}
NARRATIVE = "หัวหน้าแก้ใบเสร็จ CANARY-NARRATIVE every month"


@dataclass(frozen=True, eq=False)  # each drawn once, so each is only itself
class Person:
    """Somebody of the staff, with everything they know."""

    name: str
    display_name: str
    passphrase: str
    new: NewAccount
    roles: frozenset[Role]

    @property
    def account(self) -> bytes:
        return self.new.id

    @property
    def actor(self) -> Staff:
        return Staff(self.new.id, self.display_name, self.roles, Locale.THAI)

    @property
    def keys(self) -> SessionKeys:
        return SessionKeys.of(self.new.seed)

    @property
    def identity_key(self) -> PrivateKey:
        return self.new.seed.identity()

    def member(self, duty: Duty) -> Member:
        return Member.of_seed(self.account, duty, self.new.seed)


@cache
def person(name: str, *roles: Role) -> Person:
    """Drawn once a session."""
    passphrase = f"{name} correct horse battery staple"
    new = accounts.draft_account(passphrase, PEPPER)
    return Person(name, f"{name.replace('-', ' ').title()}", passphrase, new, frozenset(roles))


@dataclass(frozen=True)
class Report:
    """A received report and what its reporter knows."""

    case: bytes
    receipt: Receipt
    reference: str

    @property
    def reporter(self) -> Reporter:
        return Reporter(self.case)

    @property
    def keys(self) -> SessionKeys:
        return SessionKeys.of(self.receipt.seed())


@dataclass(frozen=True)
class Cast:
    """An installation with two channels: `channel`, whose lead is `lead`, and `fallback`, whose lead is `other_lead`."""

    units: Units
    lead: Person
    other_lead: Person
    investigator: Person
    second_investigator: Person
    unassigned: Person
    triage: Person
    administrator: Person
    custodian: Person
    auditor: Person
    channel: bytes
    fallback: bytes

    @property
    def staff(self) -> tuple[Person, ...]:
        return (
            self.lead,
            self.other_lead,
            self.investigator,
            self.second_investigator,
            self.unassigned,
            self.triage,
            self.administrator,
            self.custodian,
            self.auditor,
        )

    def draft(
        self,
        *,
        narrative: str = NARRATIVE,
        identity: Mapping[IdentityField, str] = CANARIES,
        excluded: Iterable[Person] = (),
        files: tuple[StagedFile, ...] = (),
        channel: bytes | None = None,
        excluded_words: str = "CANARY-EXCLUDED the accountant",
    ) -> ReportDraft:
        return ReportDraft(
            channel=channel or self.channel,
            answers={ReportField.NARRATIVE: narrative},
            identity=identity,
            excluded=frozenset(p.account for p in excluded),
            excluded_words=excluded_words,
            files=files,
        )

    def report(self, draft: ReportDraft | None = None) -> Report:
        """A report as it is received: sealed, stored, found again by its receipt."""
        receipt = Receipt.generate()
        with self.units.reading() as unit:
            sealed = intake.prepare(unit, draft or self.draft(), receipt)
        with self.units.writing() as unit:
            received = intake.receive(unit, sealed)
        with self.units.reading() as unit:
            case = mailbox.find_case(unit, receipt)
        assert case is not None
        return Report(case, receipt, received.reference)

    def assign(self, report: Report, chosen: Mapping[Person, bool] | None = None, *, epoch: int = 1) -> None:
        """The lead assigns: by default `investigator` with the identity and `second_investigator` without."""
        if chosen is None:
            chosen = {self.investigator: True, self.second_investigator: False}
        with self.units.writing() as unit:
            assignment.assign(
                unit,
                self.lead.actor,
                self.lead.keys,
                self.lead.identity_key,
                report.case,
                {p.account: identity for p, identity in chosen.items()},
                epoch,
            )


def found(units: Units) -> Cast:
    """The cast in an empty database: accounts, undertaking signed by all who may come to hold a key, two channels with signed rosters."""
    investigator = Role.INVESTIGATOR
    cast = Cast(
        units=units,
        lead=person("lead", investigator),
        other_lead=person("other-lead", investigator),
        investigator=person("investigator", investigator),
        second_investigator=person("second-investigator", investigator),
        unassigned=person("unassigned", investigator),
        triage=person("triage", investigator),
        administrator=person("administrator", Role.ADMINISTRATOR),
        custodian=person("custodian", Role.CUSTODIAN),
        auditor=person("auditor", Role.AUDITOR),
        channel=b"",
        fallback=b"",
    )
    with units.writing() as unit:
        for someone in cast.staff:
            accounts.store_account(
                unit,
                someone.new,
                sign_in_name=someone.name,
                display_name=someone.display_name,
                roles=someone.roles,
                locale=Locale.THAI,
            )
        undertakings.publish_next(
            unit, cast.administrator.actor, text_th="ข้าพเจ้าจะรักษาความลับ", text_en="I keep the confidence."
        )
        for someone in (*cast.staff[:6], cast.custodian):
            undertakings.sign(unit, someone.actor, someone.keys.signing, 1)
        fallback = _channel(unit, cast.administrator, "fallback", 2)
        channel = _channel(unit, cast.administrator, "corruption", 1)
        channels.set_fallback(unit, channel, fallback)
    with units.writing() as unit:
        sign_first(unit, cast.other_lead, fallback, [(cast.other_lead, Duty.LEAD)])
        sign_first(
            unit,
            cast.lead,
            channel,
            [
                (cast.lead, Duty.LEAD),
                (cast.triage, Duty.TRIAGE),
                (cast.investigator, Duty.MEMBER),
                (cast.second_investigator, Duty.MEMBER),
                (cast.unassigned, Duty.MEMBER),
            ],
        )
    return Cast(**{**cast.__dict__, "channel": channel, "fallback": fallback})


def sign_first(unit: Unit, lead: Person, channel: bytes, members: Iterable[tuple[Person, Duty]]) -> None:
    rosters.sign_first(unit, lead.actor, lead.keys.signing, channel, [p.member(duty) for p, duty in members])


def _channel(unit: Unit, administrator: Person, code: str, position: int) -> bytes:
    return channels.create_channel(
        unit, administrator.actor, code=code, name_th=f"ช่องทาง {code}", name_en=f"Channel {code}", position=position
    )
