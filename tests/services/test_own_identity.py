"""A reporter's own identity: seen, given later, corrected, withdrawn; and what then is left of it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from complaints.errors import Conflict, Denied, Invalid, NoRecipient, NotFound, Refused
from complaints.services import assignment, casework, erasure, identity, keyrings, own_identity, records
from complaints.services.own_identity import Standing
from complaints.services.records import Saying
from complaints.services.uploads import sweep
from complaints.vocabulary import IDENTITY_FIELD_SIZE, CompartmentName, Event, IdentityField
from crypto import PrivateKey, Receipt
from tests.cast import CANARIES, Report
from tests.stage import SECOND_DAY, THIRD_DAY, Stage

CORRECTED = {**CANARIES, IdentityField.PHONE: "089-CANARY-CORRECTED"}


def key_of(report: Report) -> PrivateKey:
    return report.receipt.seed().identity()


def give(stage: Stage, fields: Mapping[IdentityField, str] = CORRECTED, report: Report | None = None) -> None:
    report = report or stage.assigned
    with stage.units.writing() as unit:
        own_identity.give(unit, report.reporter, report.keys, key_of(report), fields)


def see(stage: Stage, report: Report | None = None) -> dict[IdentityField, str]:
    report = report or stage.assigned
    with stage.units.writing() as unit:
        return own_identity.see(unit, report.reporter, report.keys, key_of(report)).fields


def withdraw(stage: Stage, report: Report | None = None) -> None:
    report = report or stage.assigned
    with stage.units.writing() as unit:
        own_identity.withdraw(unit, report.reporter, report.keys)
    assert erasure.settle(stage.database)


def standing(stage: Stage) -> Standing:
    with stage.units.reading() as unit:
        return own_identity.standing(unit, stage.assigned.reporter, stage.assigned.keys)


@pytest.fixture(autouse=True)
def _rewritten_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "SETTLED_EVERY", 0.0)


# -- Seeing and correcting -------------------------------------------------------------------------------------------


def test_a_reporter_sees_what_they_gave(stage: Stage) -> None:
    assert see(stage) == CANARIES


def test_what_was_given_is_in_no_repr(stage: Stage) -> None:
    with stage.units.writing() as unit:
        seen = own_identity.see(unit, stage.assigned.reporter, stage.assigned.keys, key_of(stage.assigned))
    assert "CANARY" not in repr(seen)


def test_a_correction_is_what_everybody_sees(stage: Stage) -> None:
    give(stage)
    assert see(stage) == CORRECTED
    assert stage.open_identity(stage.cast.investigator).fields == CORRECTED
    assert stage.open_identity(stage.cast.lead).fields == CORRECTED
    assert stage.findings() == []


def test_a_correction_of_a_correction_through_an_assignment(stage: Stage) -> None:
    give(stage)
    stage.cast.assign(stage.assigned, {stage.cast.second_investigator: True}, epoch=2)
    give(stage, {IdentityField.NAME: "third"})
    assert see(stage) == dict.fromkeys(IdentityField, "") | {IdentityField.NAME: "third"}
    assert stage.open_identity(stage.cast.second_investigator).fields[IdentityField.NAME] == "third"
    stage.next_day()
    assert stage.findings() == []


def test_who_gave_nothing_gives_it_later(stage: Stage) -> None:
    report = stage.cast.report(stage.cast.draft(identity={}))
    give(stage, CANARIES, report)
    assert stage.open_identity(stage.cast.lead, report).fields == CANARIES
    assert stage.findings() == []


def test_a_field_too_long(stage: Stage) -> None:
    before = stage.contents()
    with pytest.raises(Invalid) as error:
        give(stage, {IdentityField.NAME: "x" * IDENTITY_FIELD_SIZE})
    assert error.value.problems == {"name": "too-long"}
    assert stage.contents() == before


def test_a_correction_is_as_long_as_what_it_corrects(stage: Stage) -> None:
    give(stage, {})
    lengths = set(
        stage.attacker.rows(
            "SELECT name = 'asked', length(value) FROM sealed_field JOIN record ON record.id = record_id"
            " WHERE compartment = 'identity'"
        )
    )
    assert len(lengths) == 2


def test_an_older_version_in_place_of_the_newer_is_refused(stage: Stage) -> None:
    """Whoever writes to the database and swaps their numbers; and somebody who takes the newest away."""
    give(stage)
    give(stage, {IdentityField.NAME: "third"})
    older, newer = (
        row
        for (row,) in stage.attacker.rows(
            "SELECT id FROM record WHERE kind = 'identity' AND case_id = ? ORDER BY number LIMIT 2", stage.assigned.case
        )
    )
    stage.attacker.run("UPDATE record SET number = number + 1000 WHERE id = ?", older)
    assert stage.open_identity(stage.cast.lead).fields[IdentityField.NAME] == "third"
    stage.attacker.run("DELETE FROM record WHERE id = ?", newer)
    with pytest.raises(Refused, match="version is missing"):
        stage.open_identity(stage.cast.lead)
    stage.shows("record", "is not what was written")


def test_an_old_version_sealed_again_by_somebody_with_the_key_is_refused(stage: Stage) -> None:
    """The signature says which time the reporter said it: at intake, the first."""
    give(stage)
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        case = casework.fetch_case(unit, lead.actor, lead.keys, stage.assigned.case).case
        keyring = keyrings.open_keyring(unit, case, CompartmentName.IDENTITY, lead.account, lead.identity_key)
        assert keyring is not None
        opened = identity.opened_records(unit, case, keyring)
        assert [record.saying for _, record in opened] == [Saying(1, 1), Saying(1, 2)]
        first, (row, newest) = opened[0][1], opened[1]
        forged = replace(first, id=newest.id)
        sealed = records.reseal(forged, case.id, epoch=keyring.newest, key=keyring.key, revision=row.revision)
        records.replace(unit, row, sealed)
    with pytest.raises(Refused):
        stage.open_identity(lead)


def test_the_wrong_keys_neither_see_nor_give(stage: Stage) -> None:
    waiting = stage.waiting
    with pytest.raises(Refused), stage.units.writing() as unit:
        own_identity.see(unit, stage.assigned.reporter, stage.assigned.keys, key_of(waiting))
    with pytest.raises(Refused), stage.units.writing() as unit:
        own_identity.give(unit, stage.assigned.reporter, stage.assigned.keys, key_of(waiting), CORRECTED)
    with pytest.raises(Refused), stage.units.writing() as unit:
        own_identity.withdraw(unit, stage.assigned.reporter, waiting.keys)
    with pytest.raises(Refused), stage.units.writing() as unit:
        own_identity.see(unit, stage.assigned.reporter, stage.assigned.keys, stage.assigned.keys.work)


def test_the_receipt_that_is_asked_again_must_be_this_reports(stage: Stage) -> None:
    with stage.units.reading() as unit:
        own_identity.require_receipt(unit, stage.assigned.reporter, stage.assigned.receipt)
        for receipt in (stage.waiting.receipt, Receipt.generate()):
            with pytest.raises(Invalid):
                own_identity.require_receipt(unit, stage.assigned.reporter, receipt)


# -- Withdrawing -----------------------------------------------------------------------------------------------------


def sealed_under_identity(stage: Stage) -> list[bytes]:
    """Everything of the compartment that its keys seal, or that holds its keys."""
    case = stage.assigned.case
    values = stage.attacker.rows(
        "SELECT value FROM sealed_field JOIN record ON record.id = record_id WHERE compartment = 'identity' AND case_id = ?",
        case,
    )
    values += stage.attacker.rows("SELECT envelope FROM grants WHERE compartment = 'identity' AND case_id = ?", case)
    values += stage.attacker.rows(
        "SELECT previous_key FROM compartment WHERE name = 'identity' AND previous_key IS NOT NULL AND case_id = ?",
        case,
    )
    return [value for (value,) in values]


def pieces_on_disk(stage: Stage, values: list[bytes]) -> int:
    """How many 24-byte pieces of these values any file of the database holds."""
    raw = [file.read_bytes() for file in stage.attacker.path.parent.glob("complaints.sqlite*")]
    pieces = [value[start : start + 24] for value in values for start in range(0, len(value) - 24, 24)]
    return sum(any(piece in data for data in raw) for piece in pieces)


def test_nothing_of_it_is_left_in_the_database_or_its_files(stage: Stage) -> None:
    give(stage)
    values = sealed_under_identity(stage)
    assert len(values) >= 2 * 8 + 3 + 1
    assert pieces_on_disk(stage, values) > 1000
    withdraw(stage)
    assert sealed_under_identity(stage) == []
    assert pieces_on_disk(stage, values) == 0
    assert (
        stage.attacker.rows("SELECT 1 FROM compartment WHERE name = 'identity' AND case_id = ?", stage.assigned.case)
        == []
    )


def test_no_holder_opens_it_with_the_whole_database_and_their_keys(stage: Stage) -> None:
    withdraw(stage)
    for person in (stage.cast.lead, stage.cast.investigator):
        with pytest.raises(Denied):
            stage.open_identity(person)
    assert see(stage) == dict.fromkeys(IdentityField, "")


def test_the_case_goes_on_for_everybody(stage: Stage) -> None:
    withdraw(stage)
    for person in (stage.cast.lead, stage.cast.investigator, stage.cast.second_investigator):
        opened = stage.read(person)
        assert (opened.holds_identity, opened.identity_withdrawn, opened.problems) == (False, SECOND_DAY, ())
    stage.reply(stage.cast.investigator, "we go on")
    stage.message("so do I")
    assert stage.open_mailbox().messages[-1].text == "so do I"
    stage.cast.assign(stage.assigned, {stage.cast.unassigned: True}, epoch=2)
    assert stage.read(stage.cast.unassigned).messages[-1].text == "so do I"
    assert stage.read(stage.cast.lead).is_lead
    stage.next_day()
    assert stage.findings() == []


def test_a_case_nobody_was_assigned_goes_on_too(stage: Stage) -> None:
    withdraw(stage, stage.waiting)
    stage.cast.assign(stage.waiting, {stage.cast.unassigned: True})
    assert not stage.read(stage.cast.unassigned, stage.waiting).holds_identity
    assert stage.findings() == []


def test_how_it_stands_is_told(stage: Stage) -> None:
    assert standing(stage) == Standing(holders=2, withdrawn=None)
    withdraw(stage)
    assert standing(stage) == Standing(holders=0, withdrawn=SECOND_DAY)


def test_it_is_withdrawn_once(stage: Stage) -> None:
    withdraw(stage)
    with pytest.raises(Conflict):
        withdraw(stage)


def test_another_reporters_identity_is_untouched(stage: Stage) -> None:
    withdraw(stage)
    assert see(stage, stage.waiting) == CANARIES
    assert stage.open_identity(stage.cast.lead, stage.waiting).fields == CANARIES


def test_a_withdrawal_is_entered_by_the_day_and_the_check_understands_it(stage: Stage) -> None:
    entries = stage.entries()
    withdraw(stage)
    assert stage.entries() == entries
    assert stage.findings() == []
    (entry,) = [fields for fields in stage.queued() if fields["event"] == Event.IDENTITY_WITHDRAWN]
    assert entry.keys() == {"event", "day", "role", "case", "act", "digest", "writes"}
    stage.next_day()
    assert stage.findings() == []


def test_an_erasure_that_no_entry_tells_of_is_noticed(stage: Stage) -> None:
    case = stage.assigned.case
    for statement in (
        "DELETE FROM grants WHERE compartment = 'identity' AND case_id = ?",
        "DELETE FROM compartment WHERE name = 'identity' AND case_id = ?",
        "DELETE FROM sealed_field WHERE record_id IN (SELECT id FROM record WHERE compartment = 'identity' AND case_id = ?)",
        "DELETE FROM record WHERE compartment = 'identity' AND case_id = ?",
    ):
        stage.attacker.run(statement, case)
    with pytest.raises(Refused):
        stage.open_identity(stage.cast.lead)
    stage.shows("record", "is in the log and not in the database")
    stage.shows("epoch", "of identity is missing")


def test_what_was_withdrawn_and_is_put_back_is_refused_and_noticed(stage: Stage) -> None:
    copy = stage.attacker.copy("evening.sqlite")
    case = stage.assigned.case
    ids = [
        row
        for (row,) in stage.attacker.rows("SELECT id FROM record WHERE compartment = 'identity' AND case_id = ?", case)
    ]
    withdraw(stage)
    stage.attacker.put_back(copy, "compartment", "name = 'identity' AND case_id = ?", case)
    stage.attacker.put_back(copy, "grants", "compartment = 'identity' AND case_id = ?", case)
    for record in ids:
        stage.attacker.put_back(copy, "record", "id = ?", record)
        stage.attacker.put_back(copy, "sealed_field", "record_id = ?", record)
    with pytest.raises(Refused):
        stage.open_identity(stage.cast.lead)
    stage.shows("record", "was erased and is back")
    stage.shows("epoch", "was withdrawn and is back")
    stage.shows("grant", "was taken and is back")


def test_a_withdrawal_that_the_reporter_did_not_make_is_refused(stage: Stage) -> None:
    """Somebody erases the rows, and signs for it with a key of their own."""
    with stage.units.writing() as unit:
        own_identity.withdraw(unit, stage.waiting.reporter, stage.waiting.keys)
    stage.attacker.run("UPDATE act SET case_id = ? WHERE kind = 'identity-withdrawn'", stage.assigned.case)
    with pytest.raises(Refused):
        stage.open_identity(stage.cast.lead)


def test_an_original_goes_with_the_identity(stage: Stage) -> None:
    """A file whose key lay in `identity`: its record goes at once, what nobody can open any more with the next sweep."""
    stage.attacker.run("UPDATE record SET compartment = 'identity' WHERE id = ?", stage.file.id)
    withdraw(stage)
    assert stage.attacker.rows("SELECT 1 FROM record WHERE id = ?", stage.file.id) == []
    sweep(stage.units, THIRD_DAY)
    assert stage.attacker.rows("SELECT 1 FROM file_chunk WHERE file_id = ?", stage.file.id) == []


# -- Giving it again -------------------------------------------------------------------------------------------------


def test_after_a_withdrawal_it_can_be_given_again(stage: Stage) -> None:
    withdraw(stage)
    give(stage)
    assert see(stage) == CORRECTED
    assert stage.open_identity(stage.cast.lead).fields == CORRECTED
    with pytest.raises(Denied):
        stage.open_identity(stage.cast.investigator)
    assert stage.findings() == []


def test_what_was_given_again_is_handed_over_corrected_and_withdrawn_again(stage: Stage) -> None:
    withdraw(stage)
    give(stage, CANARIES)
    stage.cast.assign(stage.assigned, {stage.cast.investigator: True}, epoch=2)
    give(stage)
    assert stage.open_identity(stage.cast.investigator).fields == CORRECTED
    assert stage.findings() == []
    withdraw(stage)
    assert standing(stage).withdrawn == SECOND_DAY
    give(stage, {IdentityField.NAME: "once more"})
    assert see(stage)[IdentityField.NAME] == "once more"
    stage.next_day()
    assert stage.findings() == []


def test_in_one_day_it_is_given_again_so_often_and_withdrawn_always(stage: Stage) -> None:
    for _ in range(own_identity.ANEW_A_DAY):
        withdraw(stage)
        give(stage)
    withdraw(stage)
    before = stage.contents()
    with pytest.raises(Conflict):
        give(stage)
    assert stage.contents() == before
    stage.next_day()
    give(stage)
    assert see(stage) == CORRECTED
    assert stage.findings() == []


def test_a_version_from_before_the_withdrawal_does_not_come_back(stage: Stage) -> None:
    """Sealed again under the new key by somebody who holds it, an old version says that it is of another beginning."""
    lead, saved = stage.cast.lead, []
    with stage.units.writing() as unit:
        case = casework.fetch_case(unit, lead.actor, lead.keys, stage.assigned.case).case
        keyring = keyrings.open_keyring(unit, case, CompartmentName.IDENTITY, lead.account, lead.identity_key)
        assert keyring is not None
        saved = [record for _, record in identity.opened_records(unit, case, keyring)]
    withdraw(stage)
    give(stage)
    with stage.units.writing() as unit:
        case = casework.fetch_case(unit, lead.actor, lead.keys, stage.assigned.case).case
        keyring = keyrings.open_keyring(unit, case, CompartmentName.IDENTITY, lead.account, lead.identity_key)
        assert keyring is not None
        ((row, _),) = identity.opened_records(unit, case, keyring)
        old = records.reseal(saved[0], case.id, epoch=keyring.newest, key=keyring.key, revision=1)
        unit.run(records._FORGET_FIELDS, {"record": row.id})
        unit.run(records._FORGET_RECORD, {"record": row.id})
        records.store(unit, [old])
    with pytest.raises(Refused):
        stage.open_identity(lead)


def test_with_no_lead_left_nothing_is_given(stage: Stage) -> None:
    withdraw(stage)
    stage.suspend(stage.cast.lead)
    before = stage.contents()
    with pytest.raises(NoRecipient):
        give(stage)
    assert stage.contents() == before


def test_the_plan_names_the_lead_who_keeps_the_case(stage: Stage) -> None:
    withdraw(stage)
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        plan = assignment.plan(unit, lead.actor, lead.keys, stage.assigned.case)
    assert plan.leads == (lead.display_name,)


def test_a_case_that_is_not_there(stage: Stage) -> None:
    nowhere = Report(bytes(16), stage.assigned.receipt, "")
    with pytest.raises(NotFound):
        see(stage, nowhere)
    with pytest.raises(NotFound):
        give(stage, CORRECTED, nowhere)
    with pytest.raises(NotFound):
        withdraw(stage, nowhere)
