"""Founds the demonstration's installation: people, channels, rosters, and a dozen cases that came and were handled day by day."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from complaints import clock
from complaints.config import Secrets
from complaints.database import Database
from complaints.demo.people import (
    CHANNELS,
    COMMENTS,
    HARASSMENT_ASKS,
    NOTICE_EN,
    NOTICE_TH,
    PEOPLE,
    PROCESSORS,
    UNDERTAKING_EN,
    UNDERTAKING_TH,
)
from complaints.demo.stories import STORIES, Story
from complaints.models import Case, new_id
from complaints.policy import Reporter, Staff
from complaints.services import (
    accounts,
    assignment,
    case_erasure,
    case_flow,
    case_reading,
    casework,
    channels,
    comments,
    identity,
    intake,
    linking,
    mailbox,
    merging,
    organisation,
    processors,
    questions,
    rehearsals,
    rosters,
    undertakings,
    uploads,
)
from complaints.services.access_log import AccessLog
from complaints.services.accounts import NewAccount
from complaints.services.case_flow import Handling
from complaints.services.keys import SessionKeys
from complaints.services.report_draft import ReportDraft, TakenDownBy
from complaints.services.rosters import Member
from complaints.services.unit import Unit, Units
from complaints.vocabulary import CaseStatus, Ending, Locale, OpeningReason, Priority, ReportField, Risk, Role
from crypto import Receipt

RECEIPTS_FILE = "demo-receipts.json"
"""Kept so that a second start can print a receipt again. A real installation keeps no receipt anywhere."""


@dataclass(frozen=True, slots=True)
class _Person:
    actor: Staff
    new: NewAccount

    @property
    def keys(self) -> SessionKeys:
        return SessionKeys.of(self.new.seed)


class _Calendar:
    """The day that the founding has got to: cases came and were handled over the last weeks."""

    def __init__(self, day: date) -> None:
        self.day = day

    def today(self) -> date:
        return self.day

    def now(self) -> datetime:
        return datetime.combine(self.day, time(3, 30), UTC)


def is_founded(data_dir: Path) -> bool:
    return (data_dir / RECEIPTS_FILE).exists()


def receipts(data_dir: Path) -> list[str]:
    """The receipts of the founding's reports, the most told one first."""
    kept = json.loads((data_dir / RECEIPTS_FILE).read_text("ascii"))
    return [str(receipt) for receipt in kept]


def found(database: Database, access_log: AccessLog, secrets: Secrets, data_dir: Path) -> None:
    """Fills an empty, migrated database. Real keys, real seals, real entries: the same services as everywhere."""
    calendar = _Calendar(clock.today() - timedelta(days=max(story.days_ago for story in STORIES) + 1))
    units = Units(database, access_log, secrets, today=calendar.today, now=calendar.now)
    people = {person.sign_in_name: _draft(person.passphrase, secrets) for person in PEOPLE}
    cast = _found_people(units, people)
    channel_ids = _found_channels(units, cast)
    _rehearse(units, cast, channel_ids["corruption"], cast["malee"])
    kept = []
    told: dict[str, bytes] = {}
    for story in STORIES:
        calendar.day = max(calendar.day, clock.today() - timedelta(days=story.days_ago))
        case, receipt = _tell(units, cast, channel_ids, story)
        _relate(units, cast, story, case, told)
        told[story.name] = case
        kept.append(receipt.grouped())
    _comment(units)
    # Written last: an interrupted founding is begun again from an empty folder.
    (data_dir / RECEIPTS_FILE).write_text(json.dumps(kept, indent=1), "ascii")


def _comment(units: Units) -> None:
    for text in COMMENTS:
        with units.reading() as unit:
            sealed = comments.seal(unit, new_id(), text)
        with units.writing() as unit:
            comments.receive(unit, sealed)


def _draft(passphrase: str, secrets: Secrets) -> NewAccount:
    return accounts.draft_account(passphrase, secrets.pepper)


def _found_people(units: Units, drafts: dict[str, NewAccount]) -> dict[str, _Person]:
    cast = {}
    with units.writing() as unit:
        for person in PEOPLE:
            new = drafts[person.sign_in_name]
            roles = frozenset({person.role})
            accounts.store_account(
                unit,
                new,
                sign_in_name=person.sign_in_name,
                display_name=person.display_name,
                roles=roles,
                locale=Locale.THAI,
            )
            cast[person.sign_in_name] = _Person(Staff(new.id, person.display_name, roles), new)
        administrator = next(p.actor for p in cast.values() if Role.ADMINISTRATOR in p.actor.roles)
        undertakings.publish_next(unit, administrator, text_th=UNDERTAKING_TH, text_en=UNDERTAKING_EN)
        for member in cast.values():
            if member.actor.roles & {Role.INVESTIGATOR, Role.CUSTODIAN}:
                undertakings.sign(unit, member.actor, member.keys.signing, 1)
    return cast


def _found_channels(units: Units, cast: dict[str, _Person]) -> dict[str, bytes]:
    ids: dict[str, bytes] = {}
    administrator = next(p.actor for p in cast.values() if Role.ADMINISTRATOR in p.actor.roles)
    with units.writing() as unit:
        organisation.publish_notice(unit, administrator, text_th=NOTICE_TH, text_en=NOTICE_EN)
        for said in PROCESSORS:
            processors.add(unit, administrator, said)
        for position, channel in enumerate(CHANNELS, start=1):
            ids[channel.code] = channels.create_channel(
                unit,
                administrator,
                code=channel.code,
                name_th=channel.name_th,
                name_en=channel.name_en,
                position=position,
            )
        first, second = ids.values()
        for wording in HARASSMENT_ASKS:
            questions.add(unit, administrator, second, wording)
        channels.set_fallback(unit, first, second)
        channels.set_fallback(unit, second, first)
        for channel in CHANNELS:
            lead = cast[channel.roster[0][0]]
            members = [Member.of_seed(cast[name].new.id, duty, cast[name].new.seed) for name, duty in channel.roster]
            rosters.sign_first(unit, lead.actor, lead.keys.signing, ids[channel.code], members)
    return ids


def _rehearse(units: Units, cast: dict[str, _Person], channel: bytes, lead: _Person) -> None:
    """A test report that was opened whole and erased, as the set-up page and the log tell it. The other channel was never tried."""
    administrator = next(p.actor for p in cast.values() if Role.ADMINISTRATOR in p.actor.roles)
    file = rehearsals.stage_file(units, 1_000_000)
    with units.reading() as unit:
        test = rehearsals.prepare(unit, administrator, channel, file, Locale.THAI)
    with units.writing() as unit:
        rehearsals.begin(unit, test)
    with units.writing() as unit:
        case_reading.read_case(unit, lead.actor, lead.keys, test.case)
        casework.open_file(unit, lead.actor, lead.keys, test.case, file.id)
        identity.open_identity(
            *(unit, lead.actor, lead.keys, lead.new.seed.identity(), test.case),
            *(OpeningReason.VERIFY, "ทดสอบการเปิดเรื่องของช่องทาง"),
        )
    with units.writing() as unit:
        files = rehearsals.conclude(unit, lead.actor, lead.keys, test.case, Ending.OPENED)
    case_erasure.settle(units, files)


def _tell(units: Units, cast: dict[str, _Person], channel_ids: dict[str, bytes], story: Story) -> tuple[bytes, Receipt]:
    receipt = Receipt.generate()
    staged: tuple[uploads.StagedFile, ...] = ()
    if story.file is not None:
        name, media_type, text = story.file
        upload = uploads.StagedUpload(units, name, media_type, 1_000_000)
        upload.write(text.encode())
        staged = (upload.finish(),)
    draft = ReportDraft(
        channel=channel_ids[story.channel],
        answers={
            ReportField.NARRATIVE: story.narrative,
            ReportField.WHEN: story.when,
            ReportField.WHERE: story.where,
            ReportField.PEOPLE: story.people,
        },
        identity=story.identity,
        excluded=frozenset(cast[name].actor.account for name in story.excluded),
        excluded_words=story.excluded_words,
        files=staged,
        locale=story.locale,
    )
    with units.reading() as unit:
        by = TakenDownBy(cast[story.taken_down[0]].actor, story.taken_down[1]) if story.taken_down else None
        sealed = intake.prepare(unit, draft, receipt, by)
    with units.writing() as unit:
        intake.receive(unit, sealed)
    _handle(units, cast, story, sealed.case, receipt)
    return sealed.case, receipt


def _lead_name(story: Story) -> str:
    return "malee" if story.channel == "corruption" else "wipa"


def _lead_of(cast: dict[str, _Person], story: Story) -> _Person:
    return cast[_lead_name(story)]


def _relate(units: Units, cast: dict[str, _Person], story: Story, case: bytes, told: dict[str, bytes]) -> None:
    lead = _lead_of(cast, story)
    if story.linked is not None:
        name, reason = story.linked
        with units.writing() as unit:
            linking.link(unit, lead.actor, lead.keys, case, told[name], reason, told[name])
    if story.merged is not None:
        name, reason, words = story.merged
        with units.writing() as unit:
            wanted = merging.Wanted(told[name], reason, words, told[name])
            merging.merge(unit, lead.actor, lead.keys, case, wanted, _revision(unit, case))


def _handle(units: Units, cast: dict[str, _Person], story: Story, case: bytes, receipt: Receipt) -> None:
    lead = _lead_of(cast, story)
    if story.status is CaseStatus.NEW:
        return
    with units.writing() as unit:
        case_reading.read_case(unit, lead.actor, lead.keys, case)
    if story.assigned:
        with units.writing() as unit:
            chosen = {cast[name].actor.account: with_identity for name, with_identity in story.assigned.items()}
            assignment.assign(unit, lead.actor, lead.keys, lead.new.seed.identity(), case, chosen, 1)
    elif story.status is CaseStatus.ACCEPTED:
        with units.writing() as unit:
            taken_on = Handling(CaseStatus.ACCEPTED, Priority.NORMAL, Risk.LOW)
            case_flow.handle(unit, lead.actor, lead.keys, case, taken_on, _revision(unit, case))
    for author, text in story.conversation:
        _read(units, cast, case, receipt, author)
        with units.writing() as unit:
            _say(unit, cast, case, receipt, author, text)
    for author, text in story.notes:
        _read(units, cast, case, receipt, author)
        with units.writing() as unit:
            casework.write_note(unit, cast[author].actor, cast[author].keys, case, text)
    if story.identity_opened is not None:
        name, reason, words = story.identity_opened
        reader = cast[name]
        with units.writing() as unit:
            identity.open_identity(unit, reader.actor, reader.keys, reader.new.seed.identity(), case, reason, words)
    if story.closed is not None:
        outcome, findings, feedback = story.closed
        _read(units, cast, case, receipt, _lead_name(story))
        with units.writing() as unit:
            revision = _revision(unit, case)
            case_flow.close(
                *(unit, lead.actor, lead.keys, case, outcome), findings=findings, feedback=feedback, revision=revision
            )


def _revision(unit: Unit, case: bytes) -> int:
    return unit.session.get_one(Case, case).revision


def _read(units: Units, cast: dict[str, _Person], case: bytes, receipt: Receipt, reader: str) -> None:
    """Whoever writes, notes or decides has read what there is: the other side's messages are marked so, and the opening is entered."""
    with units.writing() as unit:
        if reader == "reporter":
            mailbox.read_mailbox(unit, Reporter(case), SessionKeys.of(receipt.seed()))
        else:
            case_reading.read_case(unit, cast[reader].actor, cast[reader].keys, case)


def _say(unit: Unit, cast: dict[str, _Person], case: bytes, receipt: Receipt, author: str, text: str) -> None:
    if author == "reporter":
        mailbox.write_message(unit, Reporter(case), SessionKeys.of(receipt.seed()), text)
    else:
        casework.reply(unit, cast[author].actor, cast[author].keys, case, text)
