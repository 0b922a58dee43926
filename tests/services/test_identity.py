"""Who the reporter is: opened by whoever was given it, with a reason, and never before it is entered."""

import pytest

from complaints.errors import Denied, DomainError, Invalid, NotFound, Refused
from complaints.services import identity
from complaints.services.identity import WORDS_LIMIT, OpenedIdentity
from complaints.vocabulary import Event, IdentityField, OpeningReason
from crypto import PrivateKey
from tests.cast import CANARIES, Person, Report
from tests.stage import CANNOT_WRITE, SECOND_DAY, Stage


def open_identity(
    stage: Stage,
    person: Person,
    *,
    report: Report | None = None,
    key: PrivateKey | None = None,
    reason: OpeningReason = OpeningReason.VERIFY,
    words: str = "to check the receipts",
) -> OpenedIdentity:
    with stage.units.writing() as unit:
        return identity.open_identity(
            unit,
            person.actor,
            person.keys,
            key or person.identity_key,
            (report or stage.assigned).case,
            reason,
            words,
        )


def refused(stage: Stage, error: type[DomainError], person: Person, **given: object) -> DomainError:
    """Nothing is opened, and nothing stored: neither words nor an entry that says it was."""
    before = stage.contents()
    with pytest.raises(error) as caught:
        open_identity(stage, person, **given)  # type: ignore[arg-type]
    assert stage.contents() == before
    return caught.value


@pytest.mark.parametrize("who", ["lead", "investigator"])
def test_whoever_holds_it_sees_every_field(stage: Stage, who: str) -> None:
    opened = open_identity(stage, getattr(stage.cast, who))
    assert (opened.reference, opened.fields, opened.given) == (stage.assigned.reference, CANARIES, True)


def test_an_anonymous_reporter_has_every_field_and_gave_none(stage: Stage) -> None:
    report = stage.cast.report(stage.cast.draft(identity={}))
    opened = open_identity(stage, stage.cast.lead, report=report)
    assert opened.fields == dict.fromkeys(IdentityField, "")
    assert not opened.given


def test_a_name_is_in_no_repr(stage: Stage) -> None:
    assert "CANARY" not in repr(open_identity(stage, stage.cast.lead))


def test_the_reasons_kind_is_entered_and_its_words_are_sealed(stage: Stage) -> None:
    investigator = stage.cast.investigator
    open_identity(stage, investigator, reason=OpeningReason.PROTECT, words="CANARY-WORDS somebody threatens them")
    entry = stage.entries(Event.IDENTITY_OPENED)[-1]
    assert entry["reason"] == "protect"
    assert (entry["actor"], entry["case"]) == (investigator.account.hex(), stage.assigned.case.hex())
    assert (entry["day"], entry["time"]) == (SECOND_DAY.isoformat(), "2026-03-03T03:30Z")
    assert entry["pseudonym"] == "2"
    record = stage.attacker.value(
        "SELECT id FROM record WHERE kind = 'opening-reason' AND case_id = ? ORDER BY number DESC LIMIT 1",
        stage.assigned.case,
    )
    assert entry["subject"] == f"record:{record.hex()}"
    files = list(stage.attacker.path.parent.glob("complaints.sqlite*"))
    assert len(files) > 1  # the write-ahead log is where it would be
    assert not any(b"CANARY-WORDS" in file.read_bytes() for file in files)
    assert stage.findings() == []


def test_each_opening_is_entered(stage: Stage) -> None:
    before = len(stage.entries(Event.IDENTITY_OPENED))
    for _ in range(3):
        open_identity(stage, stage.cast.lead)
    assert len(stage.entries(Event.IDENTITY_OPENED)) == before + 3


def test_an_opening_that_cannot_be_entered_opens_nothing(stage: Stage) -> None:
    """A unit that cannot write to the log: the call itself fails."""
    lead = stage.cast.lead
    with stage.units.reading() as unit, pytest.raises(CANNOT_WRITE):
        identity.open_identity(
            unit, lead.actor, lead.keys, lead.identity_key, stage.assigned.case, OpeningReason.LAW, "words"
        )


def test_an_opening_whose_entry_is_refused_leaves_with_nothing(stage: Stage) -> None:
    """The log's newest checkpoint is not its own: the unit fails before anything could be shown, and no words are kept."""
    stage.attacker.run("UPDATE log_checkpoint SET note = 'forged' WHERE size = (SELECT max(size) FROM log_checkpoint)")
    refused(stage, Refused, stage.cast.lead)


def test_an_investigator_without_the_identity(stage: Stage) -> None:
    """They know the case, so they are told no; and the log is told that they tried."""
    second = stage.cast.second_investigator
    error = refused(stage, Denied, second)
    assert error.failure is not None
    assert error.failure.event is Event.IDENTITY_REFUSED
    assert error.failure.fields == {
        "actor": second.account.hex(),
        "role": "investigator",
        "case": stage.assigned.case.hex(),
        "reason": "no-grant",
    }


def test_a_triage_member_before_assignment(stage: Stage) -> None:
    refused(stage, Denied, stage.cast.triage, report=stage.waiting)


@pytest.mark.parametrize("who", ["unassigned", "triage", "other_lead", "administrator", "custodian", "auditor"])
def test_whoever_has_no_grant_to_the_case(stage: Stage, who: str) -> None:
    """For them there is no such case: the same answer as for one that is not there."""
    error = refused(stage, NotFound, getattr(stage.cast, who))
    assert error.failure is not None
    assert error.failure.event is Event.DENIED


def test_a_case_that_is_not_there(stage: Stage) -> None:
    nowhere = Report(bytes(16), stage.assigned.receipt, "")
    refused(stage, NotFound, stage.cast.lead, report=nowhere)


@pytest.mark.parametrize(
    ("words", "problem"), [("", "missing"), (" \n", "missing"), ("x" * (WORDS_LIMIT + 1), "too-long")]
)
def test_words_that_cannot_be_taken(stage: Stage, words: str, problem: str) -> None:
    error = refused(stage, Invalid, stage.cast.lead, words=words)
    assert isinstance(error, Invalid)
    assert error.problems == {"words": problem}


def test_words_as_long_as_can_be(stage: Stage) -> None:
    assert open_identity(stage, stage.cast.lead, words="ก" * WORDS_LIMIT).given


def test_somebody_elses_identity_key(stage: Stage) -> None:
    refused(stage, Refused, stage.cast.lead, key=stage.cast.investigator.identity_key)


def test_the_work_key_does_not_open_it(stage: Stage) -> None:
    """What a session holds is not enough."""
    refused(stage, Refused, stage.cast.lead, key=stage.cast.lead.keys.work)


def test_the_reporters_words_stay_with_the_reporter(stage: Stage) -> None:
    """Nothing of an opening's reason is in the mailbox, nor the identity itself."""
    open_identity(stage, stage.cast.lead, words="CANARY-WORDS")
    opened = stage.open_mailbox()
    shown = [line.text for line in opened.messages] + list(opened.answers.values())
    assert not any("CANARY-WORDS" in text or "CANARY-NAME" in text for text in shown)
