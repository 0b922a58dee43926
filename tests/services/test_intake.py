"""A report is sealed to those who may receive it, and stored whole or not at all."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from complaints.errors import Conflict, Denied, DomainError, Invalid, NoRecipient, NotFound, Refused, UploadRefused
from complaints.services import caseload, channels, intake, mailbox, routing, taken_down, undertakings, uploads
from complaints.services.intake import SealedReport
from complaints.services.report_draft import ANSWER_LIMIT, EXCLUDED_LIMIT, NARRATIVE_LIMIT, ReportDraft
from complaints.vocabulary import CaseStatus, Duty, IdentityField, Locale, ReportField
from crypto import Receipt
from tests.cast import CANARIES, NARRATIVE, Person, Report
from tests.stage import EVIDENCE, SECOND_DAY, THIRD_DAY, Stage, upload


def sealed(stage: Stage, draft: ReportDraft | None = None, receipt: Receipt | None = None) -> SealedReport:
    with stage.units.reading() as unit:
        return intake.prepare(unit, draft or stage.cast.draft(), receipt or Receipt.generate())


def received(stage: Stage, report: SealedReport) -> intake.Received:
    with stage.units.writing() as unit:
        return intake.receive(unit, report)


def refused(stage: Stage, draft: ReportDraft, error: type[DomainError]) -> DomainError:
    """Nothing of it is stored."""
    before = stage.contents()
    with pytest.raises(error) as caught, stage.units.writing() as unit:
        intake.receive(unit, intake.prepare(unit, draft, Receipt.generate()))
    assert stage.contents() == before
    return caught.value


# -- What comes in ---------------------------------------------------------------------------------------------------


def test_leads_and_triage_members_read_what_was_sent(stage: Stage) -> None:
    report = stage.cast.report()
    for person in (stage.cast.lead, stage.cast.triage):
        opened = stage.read(person, report)
        assert opened.answers[ReportField.NARRATIVE] == NARRATIVE
        assert opened.excluded_words == "CANARY-EXCLUDED the accountant"
        assert opened.problems == ()


def test_every_answer_is_there_also_when_nothing_was_answered(stage: Stage) -> None:
    report = stage.cast.report(replace(stage.cast.draft(), locale=Locale.ENGLISH))
    answers = stage.read(stage.cast.lead, report).answers
    assert answers == dict.fromkeys(ReportField, "") | {ReportField.NARRATIVE: NARRATIVE, ReportField.LANGUAGE: "en"}


def test_leads_hold_the_identity_and_triage_members_do_not(stage: Stage) -> None:
    report = stage.cast.report()
    assert stage.read(stage.cast.lead, report).holds_identity
    assert not stage.read(stage.cast.triage, report).holds_identity


@pytest.mark.parametrize("who", ["investigator", "unassigned", "other_lead", "administrator", "custodian", "auditor"])
def test_nobody_else_holds_a_key(stage: Stage, who: str) -> None:
    with pytest.raises(NotFound):
        stage.read(getattr(stage.cast, who), stage.cast.report())


def test_its_lines_are_on_its_readers_lists(stage: Stage) -> None:
    report = stage.cast.report()
    for person, identity in ((stage.cast.lead, True), (stage.cast.triage, False)):
        with stage.units.reading() as unit:
            line = caseload.find_line(unit, person.actor, report.case)
        assert (line.reference, line.status, line.unread) == (report.reference, CaseStatus.NEW, True)
        assert (line.received, line.due) == (SECOND_DAY, SECOND_DAY + timedelta(days=channels.ACKNOWLEDGE_DAYS))
        assert line.holds_identity is identity


def test_the_reporter_is_told_the_days_to_count_on(stage: Stage) -> None:
    told = received(stage, sealed(stage))
    assert told.acknowledge_by == SECOND_DAY + timedelta(days=channels.ACKNOWLEDGE_DAYS)
    assert told.feedback_by == SECOND_DAY + timedelta(days=channels.FEEDBACK_DAYS)
    assert not told.repeated


def test_a_receipt_opens_its_own_case_and_no_other(stage: Stage) -> None:
    report, other = stage.cast.report(), stage.cast.report()
    with stage.units.reading() as unit:
        assert mailbox.find_case(unit, report.receipt) == report.case
        assert mailbox.find_case(unit, other.receipt) == other.case != report.case
        assert mailbox.find_case(unit, Receipt.generate()) is None


def test_files_come_with_their_report(stage: Stage) -> None:
    staged = upload(stage.units, EVIDENCE)
    report = stage.cast.report(stage.cast.draft(files=(staged,)))
    (line,) = stage.read(stage.cast.lead, report).files
    assert (line.id, line.name, line.length) == (staged.id, staged.name, len(EVIDENCE))
    assert uploads.sweep(stage.units, THIRD_DAY) == 0


def test_the_check_finds_nothing_in_it(stage: Stage) -> None:
    stage.cast.report(stage.cast.draft(files=(upload(stage.units, b"evidence"),)))
    assert stage.findings() == []
    stage.next_day()
    assert stage.findings() == []


# -- An anonymous report and a named one -----------------------------------------------------------------------------


def shape(stage: Stage, report: Report) -> dict[str, list[tuple[int | str, ...]]]:
    """Every stored row that this report brought, each value by its length: what a thief of the database can compare."""
    attacker = stage.attacker
    found = {}
    for table in ("cases", "act", "compartment", "grants", "caseload", "record", "pseudonym"):
        key = "id" if table == "cases" else "case_id"
        found[table] = attacker.rows(f"SELECT * FROM {table} WHERE {key} = ?", report.case)
    found["sealed_field"] = attacker.rows(
        "SELECT sealed_field.* FROM sealed_field JOIN record ON record.id = record_id WHERE case_id = ?", report.case
    )
    found["log_pending"] = attacker.rows(
        "SELECT * FROM log_pending WHERE CAST(fields AS TEXT) LIKE ?", f"%{report.case.hex()}%"
    )
    return {table: sorted(tuple(len(v if isinstance(v, bytes) else str(v)) for v in row if v is not None) for row in rows) for table, rows in found.items()}  # fmt: skip


def lengths(values: Mapping[IdentityField, str]) -> set[int]:
    return {len(value.encode()) for value in values.values()}


@pytest.mark.parametrize(
    "identity",
    [CANARIES, {IdentityField.NAME: "ก"}, dict.fromkeys(IdentityField, "x" * 2047)],
    ids=["everything", "one letter", "as long as can be"],
)
def test_an_anonymous_report_cannot_be_told_from_a_named_one(
    stage: Stage, identity: Mapping[IdentityField, str]
) -> None:
    named = stage.cast.report(stage.cast.draft(identity=identity))
    anonymous = stage.cast.report(stage.cast.draft(identity={}))
    assert shape(stage, named) == shape(stage, anonymous)
    assert shape(stage, named)["log_pending"] != []
    assert stage.open_identity(stage.cast.lead, named).given
    assert not stage.open_identity(stage.cast.lead, anonymous).given


def test_every_identity_field_is_stored_in_one_size(stage: Stage) -> None:
    report = stage.cast.report(stage.cast.draft(identity={IdentityField.NAME: "x" * 2047}))
    rows = stage.attacker.rows(
        "SELECT name, length(value) FROM sealed_field JOIN record ON record.id = record_id"
        " WHERE case_id = ? AND kind = 'identity'",
        report.case,
    )
    assert {name for name, _ in rows} == {*IdentityField, "asked", "signature"}
    assert {length for name, length in rows if name != "asked"} == {2048 + 29}


def test_spaces_alone_are_no_name(stage: Stage) -> None:
    report = stage.cast.report(stage.cast.draft(identity={IdentityField.NAME: "  "}))
    assert not stage.open_identity(stage.cast.lead, report).given


# -- What cannot be taken --------------------------------------------------------------------------------------------


def with_answer(field: ReportField, text: str) -> Callable[[ReportDraft], ReportDraft]:
    return lambda draft: replace(draft, answers={**draft.answers, field: text})


@pytest.mark.parametrize(
    ("spoil", "problems"),
    [
        (with_answer(ReportField.NARRATIVE, ""), {"narrative": "missing"}),
        (with_answer(ReportField.NARRATIVE, " \n"), {"narrative": "missing"}),
        (with_answer(ReportField.NARRATIVE, "x" * (NARRATIVE_LIMIT + 1)), {"narrative": "too-long"}),
        (with_answer(ReportField.WHERE, "x" * (ANSWER_LIMIT + 1)), {"where": "too-long"}),
        (with_answer(ReportField.WAY, "anonymous named"), {"way": "unknown"}),
        (with_answer(ReportField.KNOWLEDGE, "saw dreamt"), {"knowledge": "unknown"}),
        (lambda draft: replace(draft, excluded_words="x" * (EXCLUDED_LIMIT + 1)), {"excluded_words": "too-long"}),
        (lambda draft: replace(draft, identity={IdentityField.NAME: "x" * 2048}), {"name": "too-long"}),
        (lambda draft: replace(draft, identity={IdentityField.ADDRESS: "ก" * 683}), {"address": "too-long"}),
        (lambda draft: replace(draft, channel=bytes(16)), {"channel": "unknown"}),
        (lambda draft: replace(draft, excluded=frozenset({b"short"})), {"excluded": "unknown"}),
        (
            lambda draft: replace(draft, answers={}, identity={IdentityField.OTHER: "x" * 4000}),
            {"narrative": "missing", "other": "too-long"},
        ),
    ],
)
def test_a_draft_that_cannot_be_taken(
    stage: Stage, spoil: Callable[[ReportDraft], ReportDraft], problems: dict[str, str]
) -> None:
    error = refused(stage, spoil(stage.cast.draft()), Invalid)
    assert isinstance(error, Invalid)
    assert error.problems == problems


def test_a_draft_as_long_as_can_be(stage: Stage) -> None:
    draft = replace(
        stage.cast.draft(identity=dict.fromkeys(IdentityField, "ก" * 682)),
        answers={ReportField.NARRATIVE: "ก" * NARRATIVE_LIMIT, ReportField.WHERE: "ก" * ANSWER_LIMIT},
        excluded_words="ก" * EXCLUDED_LIMIT,
    )
    assert stage.read(stage.cast.lead, stage.cast.report(draft)).answers[ReportField.WHERE] == "ก" * ANSWER_LIMIT


def test_a_report_whose_file_was_swept(stage: Stage) -> None:
    staged = upload(stage.units, EVIDENCE)
    uploads.remove_unclaimed(stage.units, staged.id)
    error = refused(stage, stage.cast.draft(files=(staged,)), UploadRefused)
    assert isinstance(error, UploadRefused)
    assert error.reason == "expired"


def test_a_report_that_claims_another_ones_file(stage: Stage) -> None:
    refused(stage, stage.cast.draft(files=(stage.file,)), UploadRefused)


def test_recipients_that_changed_between_check_and_send(stage: Stage) -> None:
    report = sealed(stage)
    stage.next_roster((stage.cast.lead, Duty.LEAD))
    before = stage.contents()
    with pytest.raises(Conflict):
        received(stage, report)
    assert stage.contents() == before
    received(stage, sealed(stage))


def test_a_channel_without_a_roster(stage: Stage) -> None:
    with stage.units.writing() as unit:
        channel = channels.create_channel(
            unit, stage.cast.administrator.actor, code="new", name_th="ใหม่", name_en="New", position=3
        )
    with stage.units.reading() as unit:
        assert channel not in {offer.id for offer in routing.channels_offered(unit)}
    refused(stage, stage.cast.draft(channel=channel), Refused)


# -- Who receives ----------------------------------------------------------------------------------------------------


def recipients(stage: Stage, draft: ReportDraft) -> routing.Recipients:
    with stage.units.reading() as unit:
        return routing.recipients_after(unit, draft)


def accounts_of(people: tuple[routing.Recipient, ...]) -> set[bytes]:
    return {person.account for person in people}


def grants_of(stage: Stage, report: Report) -> set[tuple[bytes, str]]:
    """Recipients and compartments, the reporter's own left out."""
    rows = stage.attacker.rows("SELECT recipient, compartment FROM grants WHERE case_id = ?", report.case)
    return {(recipient, compartment) for recipient, compartment in rows if recipient != report.case}


def grants_to(person: Person, *compartments: str) -> set[tuple[bytes, str]]:
    return {(person.account, compartment) for compartment in compartments}


def test_channels_are_offered_with_those_who_receive(stage: Stage) -> None:
    with stage.units.reading() as unit:
        first, second = routing.channels_offered(unit)
    assert (first.code, second.code) == ("corruption", "fallback")
    assert [(r.display_name, r.duty) for r in first.recipients] == [("Lead", Duty.LEAD), ("Triage", Duty.TRIAGE)]


def test_an_excluded_triage_member_gets_nothing(stage: Stage) -> None:
    report = stage.cast.report(stage.cast.draft(excluded=[stage.cast.triage]))
    assert grants_of(stage, report) == grants_to(stage.cast.lead, "report", "internal", "identity")
    with pytest.raises(NotFound):
        stage.read(stage.cast.triage, report)
    assert stage.read(stage.cast.lead, report).excluded == ("Triage",)


def test_an_excluded_lead_leaves_the_report_to_the_next(stage: Stage) -> None:
    cast = stage.cast
    stage.next_roster((cast.lead, Duty.LEAD), (cast.triage, Duty.LEAD), (cast.unassigned, Duty.TRIAGE))
    report = cast.report(cast.draft(excluded=[cast.lead]))
    assert grants_of(stage, report) == grants_to(cast.triage, "report", "internal", "identity") | grants_to(
        cast.unassigned, "report", "internal"
    )
    with pytest.raises(NotFound):
        stage.read(cast.lead, report)


def test_the_only_lead_excluded_sends_the_report_to_the_fallback(stage: Stage) -> None:
    cast = stage.cast
    draft = cast.draft(excluded=[cast.lead])
    routed = recipients(stage, draft)
    assert (routed.channel, routed.is_fallback) == (cast.fallback, True)
    report = cast.report(draft)
    assert grants_of(stage, report) == grants_to(cast.other_lead, "report", "internal", "identity")
    assert stage.read(cast.other_lead, report).excluded == ("Lead",)
    for person in (cast.lead, cast.triage):
        with pytest.raises(NotFound):
            stage.read(person, report)
    assert stage.findings() == []


def test_exclusions_hold_in_the_fallback_too(stage: Stage) -> None:
    cast = stage.cast
    stage.next_roster((cast.other_lead, Duty.LEAD), (cast.triage, Duty.TRIAGE), channel=cast.fallback)
    report = cast.report(cast.draft(excluded=[cast.lead, cast.triage]))
    assert grants_of(stage, report) == grants_to(cast.other_lead, "report", "internal", "identity")


def test_everybody_excluded(stage: Stage) -> None:
    draft = stage.cast.draft(excluded=[stage.cast.lead, stage.cast.other_lead])
    with pytest.raises(NoRecipient):
        recipients(stage, draft)
    refused(stage, draft, NoRecipient)


def test_a_channel_without_a_fallback(stage: Stage) -> None:
    draft = stage.cast.draft(channel=stage.cast.fallback, excluded=[stage.cast.other_lead])
    refused(stage, draft, NoRecipient)


def test_fallbacks_that_point_at_each_other(stage: Stage) -> None:
    with stage.units.writing() as unit:
        channels.set_fallback(unit, stage.cast.fallback, stage.cast.channel)
    refused(stage, stage.cast.draft(excluded=[stage.cast.lead, stage.cast.other_lead]), NoRecipient)


UNFIT = pytest.mark.parametrize("make_unfit", [Stage.unsign, Stage.suspend, Stage.take_role])


@UNFIT
def test_a_triage_member_who_may_not_receive(stage: Stage, make_unfit: Callable[[Stage, Person], None]) -> None:
    make_unfit(stage, stage.cast.triage)
    assert recipients(stage, stage.cast.draft()).triage == ()
    report = stage.cast.report()
    assert grants_of(stage, report) == grants_to(stage.cast.lead, "report", "internal", "identity")


@UNFIT
def test_a_lead_who_may_not_receive(stage: Stage, make_unfit: Callable[[Stage, Person], None]) -> None:
    make_unfit(stage, stage.cast.lead)
    assert recipients(stage, stage.cast.draft()).channel == stage.cast.fallback
    with stage.units.reading() as unit:
        assert stage.cast.channel not in {offer.id for offer in routing.channels_offered(unit)}
    with pytest.raises(NotFound):
        stage.read(stage.cast.lead, stage.cast.report())


@UNFIT
def test_nobody_who_may_receive(stage: Stage, make_unfit: Callable[[Stage, Person], None]) -> None:
    make_unfit(stage, stage.cast.lead)
    make_unfit(stage, stage.cast.other_lead)
    refused(stage, stage.cast.draft(), NoRecipient)


@pytest.mark.parametrize("versions", [1, 3], ids=["one", "several on one day"])
def test_who_signed_the_undertaking_before_the_newest_receives_for_some_days_yet(stage: Stage, versions: int) -> None:
    """Nobody stops all reports alone by publishing what nobody has signed."""
    for version in range(2, 2 + versions):
        with stage.units.writing() as unit:
            undertakings.publish(unit, version=version, text_th="ใหม่", text_en="New")
    published = stage.calendar.day
    stage.unsign(stage.cast.triage)
    stage.calendar.day = published + undertakings.STILL_RECEIVING
    report = stage.cast.report()
    assert {account for (account,) in grants(stage, report)} == {stage.cast.lead.account, report.case}
    stage.calendar.day = published + undertakings.STILL_RECEIVING + timedelta(days=1)
    refused(stage, stage.cast.draft(), NoRecipient)


def grants(stage: Stage, report: Report) -> list[tuple[object, ...]]:
    return stage.attacker.rows("SELECT DISTINCT recipient FROM grants WHERE case_id = ?", report.case)


def test_they_take_down_no_report_and_are_given_no_case(stage: Stage) -> None:
    with stage.units.writing() as unit:
        undertakings.publish(unit, version=2, text_th="ใหม่", text_en="New")
    with stage.units.reading() as unit, pytest.raises(Denied):
        taken_down.require_able(unit, stage.cast.unassigned.actor)
    with pytest.raises(Denied):
        stage.cast.assign(stage.waiting, {stage.cast.unassigned: False})


def test_whoever_signs_receives_on_as_before(stage: Stage) -> None:
    with stage.units.writing() as unit:
        undertakings.publish(unit, version=2, text_th="ใหม่", text_en="New")
        undertakings.sign(unit, stage.cast.lead.actor, stage.cast.lead.keys.signing, 2)
    with stage.units.reading() as unit:
        until = undertakings.receiving_until(unit)
        assert stage.cast.lead.account not in until
        assert until[stage.cast.triage.account] == stage.calendar.day + undertakings.STILL_RECEIVING
    stage.calendar.day += undertakings.STILL_RECEIVING + timedelta(days=1)
    report = stage.cast.report()
    assert {account for (account,) in grants(stage, report)} == {stage.cast.lead.account, report.case}


# -- Sent twice ------------------------------------------------------------------------------------------------------


def test_the_same_receipt_sent_again(stage: Stage) -> None:
    report = sealed(stage)
    first = received(stage, report)
    before = stage.contents()
    assert received(stage, report) == replace(first, repeated=True)
    assert stage.contents() == before


def test_the_same_receipt_sealed_anew(stage: Stage) -> None:
    """Back, and sent again: the answers are those of the first time, and the reporter is told so."""
    receipt = Receipt.generate()
    first = received(stage, sealed(stage, receipt=receipt))
    before = stage.contents()
    again = received(stage, sealed(stage, stage.cast.draft(narrative="changed"), receipt))
    assert again == replace(first, repeated=True)
    assert stage.contents() == before


def test_the_same_receipt_from_eight_hands_at_once(stage: Stage) -> None:
    receipt = Receipt.generate()
    reports = [sealed(stage, receipt=receipt) for _ in range(8)]
    before = len(stage.attacker.rows("SELECT id FROM cases"))
    with ThreadPoolExecutor(8) as hands:
        answers = list(hands.map(lambda report: received(stage, report), reports))
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 7
    assert len({answer.reference for answer in answers}) == 1
    assert len(stage.attacker.rows("SELECT id FROM cases")) == before + 1
    assert stage.findings() == []


def test_the_same_receipt_stored_by_another_between_look_and_insert(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it happens where writers are not one at a time (PostgreSQL)."""
    report = sealed(stage)
    first = received(stage, report)
    before = stage.contents()
    looks = iter([None, replace(first, repeated=True)])
    monkeypatch.setattr(intake, "earlier_with", lambda *_: next(looks))
    assert received(stage, report) == replace(first, repeated=True)
    assert stage.contents() == before


def test_eight_reports_at_once(stage: Stage) -> None:
    reports = [sealed(stage) for _ in range(8)]
    with ThreadPoolExecutor(8) as hands:
        answers = list(hands.map(lambda report: received(stage, report), reports))
    assert len({answer.reference for answer in answers}) == 8
    assert stage.findings() == []


# -- What the log says -----------------------------------------------------------------------------------------------


def test_a_reports_entry_bears_the_day_alone(stage: Stage) -> None:
    report = stage.cast.report()
    (entry,) = [fields for fields in stage.queued() if fields.get("case") == report.case.hex()]
    assert entry.keys() == {"event", "day", "role", "case", "channel", "act", "digest", "writes", "state"}
    assert (entry["event"], entry["day"], entry["role"]) == ("report.received", SECOND_DAY.isoformat(), "reporter")
    rows = stage.attacker.rows("SELECT id, fields FROM log_pending")
    (row,) = [bytes(row) for row, fields in rows if json.loads(fields).get("case") == report.case.hex()]
    stage.next_day()
    (settled,) = [fields for fields in stage.entries() if fields.get("case") == report.case.hex()]
    assert settled == entry | {"queued": row.hex()}


def test_nothing_of_a_report_is_entered_before_its_day_has_ended(stage: Stage) -> None:
    before = stage.entries()
    stage.cast.report()
    assert stage.entries() == before


def test_a_report_that_was_there_already_is_entered_once(stage: Stage) -> None:
    report = sealed(stage)
    for _ in range(3):
        received(stage, report)
    assert [fields["event"] for fields in stage.queued() if fields.get("case") == report.case.hex()] == [
        "report.received"
    ]
