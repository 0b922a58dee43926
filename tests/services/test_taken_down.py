"""A report that staff take down: sealed as any other, its first code good for one exchange, its words checked by the reporter."""

from collections.abc import Callable

import pytest

from complaints.errors import Conflict, Denied, DomainError, Invalid, NotFound, Refused
from complaints.models import Case, new_id
from complaints.services import (
    check,
    data_requests,
    intake,
    keyrings,
    mailbox,
    openings,
    own_case,
    own_identity,
    own_receipt,
    records,
    report_draft,
    taken_down,
)
from complaints.services.report_draft import TakenDownBy
from complaints.vocabulary import (
    CompartmentName,
    DataRequest,
    Event,
    IdentityField,
    RecordKind,
    Source,
    TranscriptCheck,
)
from crypto import Receipt
from tests.cast import NARRATIVE, Person, Report
from tests.stage import Stage

APPROVED, CORRECTED = TranscriptCheck
WORDS = "CANARY-CORRECTION it was Tuesday"


def take_down(
    stage: Stage, person: Person, draft: report_draft.ReportDraft | None = None, source: Source = Source.PHONE
) -> Report:
    """As it is before its code is exchanged."""
    receipt = Receipt.generate()
    with stage.units.reading() as unit:
        sealed = intake.prepare(unit, draft or stage.cast.draft(), receipt, TakenDownBy(person.actor, source))
    with stage.units.writing() as unit:
        received = intake.receive(unit, sealed)
    return Report(sealed.case, receipt, received.reference)


def exchange(stage: Stage, report: Report, fresh: Receipt | None = None) -> Report:
    fresh = fresh or Receipt.generate()
    with stage.units.writing() as unit:
        own_receipt.exchange(unit, report.reporter, report.keys, report.receipt.seed().identity(), fresh)
    return Report(report.case, fresh, report.reference)


def say(stage: Stage, report: Report, outcome: TranscriptCheck, text: str = "") -> None:
    with stage.units.writing() as unit:
        taken_down.check(unit, report.reporter, report.keys, outcome, text)


@pytest.mark.parametrize("source", Source)
def test_readers_are_those_of_any_report_and_are_told_how_it_came(stage: Stage, source: Source) -> None:
    report = take_down(stage, stage.cast.unassigned, source=source)
    for person in (stage.cast.lead, stage.cast.triage):
        opened = stage.read(person, report)
        assert NARRATIVE in opened.answers.values()
        assert opened.taken_down is not None
        assert (opened.taken_down.source, opened.taken_down.one_time) == (source, True)
        assert opened.taken_down_by == stage.cast.unassigned.display_name
    assert stage.findings() == []


def test_whoever_took_it_down_gets_no_key_by_that(stage: Stage) -> None:
    report = take_down(stage, stage.cast.unassigned)
    with pytest.raises(NotFound):
        stage.read(stage.cast.unassigned, report)


def test_exclusions_hold_against_whoever_took_it_down_too(stage: Stage) -> None:
    report = take_down(stage, stage.cast.triage, stage.cast.draft(excluded=[stage.cast.triage]))
    stage.read(stage.cast.lead, report)
    with pytest.raises(NotFound):
        stage.read(stage.cast.triage, report)


def test_the_log_says_who_took_it_down_and_when(stage: Stage) -> None:
    report = take_down(stage, stage.cast.unassigned)
    (entry,) = stage.entries(Event.REPORT_TAKEN_DOWN)
    assert (entry["actor"], entry["case"]) == (stage.cast.unassigned.account.hex(), report.case.hex())
    assert entry["time"]
    assert not [fields for fields in stage.queued() if fields.get("case") == report.case.hex()]


def test_whoever_has_not_signed_the_undertaking_takes_none_down(stage: Stage) -> None:
    stage.unsign(stage.cast.unassigned)
    with stage.units.reading() as unit:
        taken_down.require_able(unit, stage.cast.lead.actor)
        with pytest.raises(Denied):
            taken_down.require_able(unit, stage.cast.unassigned.actor)


# -- The first code --------------------------------------------------------------------------------------------------

Attempt = Callable[[Stage, Report], object]


def _ask(stage: Stage, report: Report) -> None:
    with stage.units.writing() as unit:
        data_requests.ask(unit, report.reporter, report.keys, DataRequest.ERASURE, "")


def _see(stage: Stage, report: Report) -> None:
    with stage.units.writing() as unit:
        own_identity.see(unit, report.reporter, report.keys, report.receipt.seed().identity())


def _withdraw(stage: Stage, report: Report) -> None:
    with stage.units.writing() as unit:
        own_identity.withdraw(unit, report.reporter, report.keys)


def _look(stage: Stage, report: Report) -> None:
    with stage.units.writing() as unit:
        openings.list_openings(unit, stage.access_log, report.reporter, report.keys)


ATTEMPTS: dict[str, Attempt] = {
    "read": lambda stage, report: stage.open_mailbox(report),
    "write": lambda stage, report: stage.message("CANARY in another's name", report),
    "ask": _ask,
    "see the identity": _see,
    "withdraw the identity": _withdraw,
    "see who has looked": _look,
    "approve": lambda stage, report: say(stage, report, APPROVED),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_first_code_opens_nothing(stage: Stage, attempt: str) -> None:
    report = take_down(stage, stage.cast.unassigned)
    before = stage.contents()
    with pytest.raises(NotFound):
        ATTEMPTS[attempt](stage, report)
    assert stage.contents() == before


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_after_the_exchange_the_new_one_opens_everything_and_the_first_nothing(stage: Stage, attempt: str) -> None:
    first = take_down(stage, stage.cast.unassigned)
    own = exchange(stage, first)
    ATTEMPTS[attempt](stage, own)
    with pytest.raises(DomainError):
        ATTEMPTS[attempt](stage, first)
    with stage.units.reading() as unit:
        assert mailbox.find_case(unit, first.receipt) is None
        assert not mailbox.is_one_time(unit, own.case)
    assert stage.findings() == []


def test_of_two_exchanges_of_the_first_code_one_is_done(stage: Stage) -> None:
    first = take_down(stage, stage.cast.unassigned)
    exchange(stage, first)
    with pytest.raises(DomainError):
        exchange(stage, first)


def test_a_fresh_code_that_is_somebodys_is_refused(stage: Stage) -> None:
    """Their own first one as well."""
    first = take_down(stage, stage.cast.unassigned)
    before = stage.contents()
    for taken in (stage.assigned.receipt, first.receipt):
        with pytest.raises(Conflict):
            exchange(stage, first, taken)
    assert stage.contents() == before


def test_readers_keep_their_keys_and_read_what_follows(stage: Stage) -> None:
    own = exchange(stage, take_down(stage, stage.cast.unassigned))
    stage.message("CANARY-AFTER", own)
    opened = stage.read(stage.cast.lead, own)
    assert [line.text for line in opened.messages] == ["CANARY-AFTER"]
    assert opened.taken_down is not None
    assert not opened.taken_down.one_time


def test_nobody_makes_a_first_code_lasting_by_writing_to_the_database(stage: Stage) -> None:
    report = take_down(stage, stage.cast.unassigned)
    stage.attacker.run("UPDATE act SET kind = 'intake' WHERE case_id = ?", report.case)
    with pytest.raises(Refused):
        stage.open_mailbox(report)
    stage.shows("act", "says something else than its row")


def test_the_check_counts_those_that_wait_and_finds_nothing_wrong_in_it(stage: Stage) -> None:
    report = take_down(stage, stage.cast.unassigned)
    with stage.units.reading() as unit:
        assert check.waiting_first_codes(unit) == 1
    exchange(stage, report)
    with stage.units.reading() as unit:
        assert check.waiting_first_codes(unit) == 0
    assert stage.findings() == []


# -- The words -------------------------------------------------------------------------------------------------------


def test_the_reporter_corrects_and_approves_and_readers_see_it(stage: Stage) -> None:
    own = exchange(stage, take_down(stage, stage.cast.unassigned))
    say(stage, own, CORRECTED, WORDS)
    say(stage, own, APPROVED, "not kept with an approval")
    came = stage.read(stage.cast.lead, own).taken_down
    assert came is not None
    assert [(line.outcome, line.text, line.of_this) for line in came.checks] == [
        (CORRECTED, WORDS, True),
        (APPROVED, "", True),
    ]
    assert came.approved
    assert stage.open_mailbox(own).taken_down == came
    with pytest.raises(Conflict):
        say(stage, own, CORRECTED, "too late")
    assert stage.findings() == []


@pytest.mark.parametrize(("text", "problem"), [("", "missing"), (" \n", "missing"), ("x" * 10_001, "too-long")])
def test_a_correction_has_words_that_fit(stage: Stage, text: str, problem: str) -> None:
    own = exchange(stage, take_down(stage, stage.cast.unassigned))
    with pytest.raises(Invalid) as refused:
        say(stage, own, CORRECTED, text)
    assert refused.value.problems == {"text": problem}


def test_a_report_that_its_reporter_sent_has_nothing_to_check(stage: Stage) -> None:
    assert stage.open_mailbox().taken_down is None
    assert stage.read(stage.cast.lead).taken_down is None
    with pytest.raises(NotFound):
        say(stage, stage.assigned, APPROVED)


def test_whoever_took_it_down_cannot_approve_it_with_the_first_code(stage: Stage) -> None:
    """Not even with the first code, its keys, and a hand in the database."""
    report = take_down(stage, stage.cast.unassigned)
    with stage.units.writing() as unit:
        case = unit.session.get_one(Case, report.case)
        _case, keyring = own_case.fetch(unit, report.reporter, report.keys, to_exchange=True)
        forged = records.seal(
            case.id,
            new_id(),
            RecordKind.TRANSCRIPT_CHECK,
            {"outcome": b"approved", "text": b"", "of": b""},
            epoch=keyring.newest,
            key=keyring.key,
            author=case.id,
            signing=report.keys.signing,
        )
        records.store(unit, [forged])
    opened = stage.read(stage.cast.lead, report)
    assert opened.taken_down is not None
    assert opened.taken_down.checks == ()
    assert any(problem.startswith("transcript-check") for problem in opened.problems)
    stage.shows("record", "is in no log entry")


@pytest.mark.parametrize("kind", [RecordKind.MESSAGE, RecordKind.DATA_REQUEST, RecordKind.TRANSCRIPT_CHECK])
def test_the_first_code_signs_nothing_that_the_reporter_says_later(stage: Stage, kind: RecordKind) -> None:
    """Whoever took it down may hold the case as well: with its keys, the first code, and a hand in the database."""
    first = take_down(stage, stage.cast.lead)
    exchange(stage, first)
    with stage.units.writing() as unit:
        case = unit.session.get_one(Case, first.case)
        keyring = keyrings.open_keyring(
            unit, case, CompartmentName.REPORT, stage.cast.lead.account, stage.cast.lead.keys.work
        )
        assert keyring is not None
        fields = {"text": b"I take it all back", "kind": b"erasure", "outcome": b"approved", "of": b""}
        forged = records.seal(
            case.id, new_id(), kind, fields, epoch=1, key=keyring.at(1), author=case.id, signing=first.keys.signing
        )
        records.store(unit, [forged])
    opened = stage.read(stage.cast.lead, first)
    assert (opened.messages, opened.requests) == ((), ())
    assert opened.taken_down is not None
    assert opened.taken_down.checks == ()
    assert [problem.partition(" ")[0] for problem in opened.problems] == [kind.value]


def test_the_first_code_corrects_no_name(stage: Stage) -> None:
    """A lead who took it down knows the first code's keys, and holds the key of the identity."""
    lead = stage.cast.lead
    first = take_down(stage, lead)
    exchange(stage, first)
    with stage.units.writing() as unit:
        case = unit.session.get_one(Case, first.case)
        keyring = keyrings.open_keyring(unit, case, CompartmentName.IDENTITY, lead.account, lead.identity_key)
        assert keyring is not None
        fields = {name.value: b"Somebody else" for name in IdentityField} | {"asked": b""}
        forged = records.seal(
            case.id,
            new_id(),
            RecordKind.IDENTITY,
            fields,
            epoch=keyring.newest,
            key=keyring.key,
            author=case.id,
            signing=first.keys.signing,
            saying=records.Saying(1, 2),
        )
        records.store(unit, [forged])
    with pytest.raises(Refused, match="receipt that staff know"):
        stage.open_identity(lead, first)


def test_an_approval_is_of_the_words_that_were_there(stage: Stage) -> None:
    own = exchange(stage, take_down(stage, stage.cast.unassigned))
    with stage.units.writing() as unit:
        case, keyring = own_case.fetch(unit, own.reporter, own.keys)
        other = records.seal(
            case.id,
            new_id(),
            RecordKind.TRANSCRIPT_CHECK,
            {"outcome": b"approved", "text": b"", "of": bytes(32)},
            epoch=keyring.newest,
            key=keyring.key,
            author=case.id,
            signing=own.keys.signing,
        )
        records.store(unit, [other])
    came = stage.read(stage.cast.lead, own).taken_down
    assert came is not None
    assert not came.approved


# -- Who has looked --------------------------------------------------------------------------------------------------


def test_who_has_looked_names_whoever_wrote_it_down_with_a_proof(stage: Stage) -> None:
    own = exchange(stage, take_down(stage, stage.cast.unassigned))
    with stage.units.writing() as unit:
        found = openings.list_openings(unit, stage.access_log, own.reporter, own.keys)
    assert found.openings == ()
    (entry,) = found.taken_down
    assert (entry.pseudonym, entry.reason) == (1, None)
    with stage.units.writing() as unit:
        openings.prove_opening(unit, stage.access_log, own.reporter, own.keys, entry.position)


def test_numbers_are_given_on_from_there(stage: Stage) -> None:
    own = exchange(stage, take_down(stage, stage.cast.unassigned))
    stage.reply(stage.cast.lead, "CANARY-REPLY", own)
    box = stage.open_mailbox(own)
    assert (box.taken_down_by, box.messages[0].author) == (1, 2)
    assert stage.findings() == []


def test_no_grant_of_the_first_code_is_left(stage: Stage) -> None:
    first = take_down(stage, stage.cast.unassigned)
    exchange(stage, first)
    seed = first.receipt.seed()
    with stage.units.reading() as unit:
        case = unit.session.get_one(Case, first.case)
        for compartment, key in ((CompartmentName.REPORT, seed.work()), (CompartmentName.IDENTITY, seed.identity())):
            with pytest.raises(Refused):
                keyrings.open_keyring(unit, case, compartment, case.id, key)
