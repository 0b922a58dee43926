"""A new receipt for the old: the case goes on for everybody, the old receipt opens nothing, and nobody slips in between."""

from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from complaints.errors import DomainError, Refused
from complaints.models import Case, SessionRow
from complaints.services import act_items, acts, keyrings, mailbox, own_identity, own_receipt, records, sessions
from complaints.services.act_items import Exchange, KnownReporter
from complaints.services.keys import SessionKeys
from complaints.vocabulary import ActKind, CompartmentName, Duty, Event, IdentityField, RecordKind
from crypto import Receipt, SigningKey
from tests.cast import CANARIES, NARRATIVE, Report
from tests.stage import Stage


def exchange(stage: Stage, report: Report | None = None) -> Report:
    """Returns the report as its reporter knows it from then on."""
    report = report or stage.assigned
    fresh = Receipt.generate()
    with stage.units.writing() as unit:
        own_receipt.exchange(unit, report.reporter, report.keys, report.receipt.seed().identity(), fresh)
    return Report(report.case, fresh, report.reference)


def finds(stage: Stage, receipt: Receipt) -> bytes | None:
    with stage.units.reading() as unit:
        return mailbox.find_case(unit, receipt)


def identity_of(stage: Stage, report: Report) -> dict[IdentityField, str]:
    with stage.units.writing() as unit:
        return own_identity.see(unit, report.reporter, report.keys, report.receipt.seed().identity()).fields


def test_the_new_receipt_opens_everything(stage: Stage) -> None:
    new = exchange(stage)
    assert finds(stage, new.receipt) == stage.assigned.case
    opened = stage.open_mailbox(new)
    assert NARRATIVE in opened.answers.values()
    assert [line.text for line in opened.messages] == ["CANARY-REPLY", "CANARY-ANSWER", "CANARY-ANSWER again"]
    assert opened.problems == ()
    assert identity_of(stage, new) == CANARIES
    assert stage.findings() == []


def test_the_old_receipt_opens_nothing_any_more(stage: Stage) -> None:
    old = stage.assigned
    exchange(stage)
    assert finds(stage, old.receipt) is None
    attempts = [
        lambda: stage.open_mailbox(old),
        lambda: stage.message("with the old keys", old),
        lambda: identity_of(stage, old),
        lambda: exchange(stage, old),
    ]
    before = stage.contents()
    for attempt in attempts:
        with pytest.raises(DomainError):
            attempt()
    assert stage.contents() == before


def test_no_grant_that_is_left_opens_with_the_old_keys(stage: Stage) -> None:
    """Not even for somebody who has the whole database and the old receipt."""
    old = stage.assigned
    exchange(stage)
    seed = old.receipt.seed()
    with stage.units.reading() as unit:
        case = unit.session.get_one(Case, old.case)
        for compartment, key in (
            (CompartmentName.REPORT, seed.work()),
            (CompartmentName.IDENTITY, seed.identity()),
        ):
            with pytest.raises(Refused):
                keyrings.open_keyring(unit, case, compartment, case.id, key)


def test_the_case_goes_on_for_everybody(stage: Stage) -> None:
    new = exchange(stage)
    for person in (stage.cast.lead, stage.cast.investigator, stage.cast.second_investigator):
        assert stage.read(person).problems == ()
    assert stage.open_identity(stage.cast.investigator).fields == CANARIES
    stage.reply(stage.cast.investigator, "we go on")
    stage.message("so do I", new)
    stage.cast.assign(stage.assigned, {stage.cast.unassigned: True}, epoch=3)
    assert stage.read(stage.cast.unassigned).messages[-1].text == "so do I"
    assert stage.open_mailbox(new).messages[-2].text == "we go on"
    assert identity_of(stage, new) == CANARIES
    stage.next_day()
    assert stage.findings() == []


def test_before_anybody_was_assigned(stage: Stage) -> None:
    new = exchange(stage, stage.waiting)
    assert stage.open_mailbox(new).problems == ()
    stage.cast.assign(stage.waiting, {stage.cast.unassigned: True}, epoch=2)
    assert stage.open_identity(stage.cast.unassigned, stage.waiting).fields == CANARIES
    assert stage.findings() == []


def test_again_and_again_with_changes_of_the_identity_between(stage: Stage) -> None:
    report = exchange(stage)
    with stage.units.writing() as unit:
        key = report.receipt.seed().identity()
        own_identity.give(unit, report.reporter, report.keys, key, {IdentityField.NAME: "second"})
    report = exchange(stage, report)
    assert identity_of(stage, report)[IdentityField.NAME] == "second"
    with stage.units.writing() as unit:
        own_identity.withdraw(unit, report.reporter, report.keys)
    report = exchange(stage, report)
    with stage.units.writing() as unit:
        key = report.receipt.seed().identity()
        own_identity.give(unit, report.reporter, report.keys, key, {IdentityField.NAME: "third"})
    report = exchange(stage, report)
    assert identity_of(stage, report)[IdentityField.NAME] == "third"
    assert stage.open_identity(stage.cast.lead).fields[IdentityField.NAME] == "third"
    stage.next_day()
    assert stage.findings() == []


def test_every_session_of_the_case_ends(stage: Stage) -> None:
    with stage.units.writing() as unit:
        sessions.begin(unit, stage.assigned.reporter, stage.assigned.keys)
        sessions.begin(unit, stage.waiting.reporter, stage.waiting.keys)
    exchange(stage)
    with stage.units.reading() as unit:
        assert unit.session.scalars(select(SessionRow.case_id)).all() == [stage.waiting.case]


def test_it_is_entered_by_the_day_and_names_no_receipt(stage: Stage) -> None:
    entries = stage.entries()
    new = exchange(stage)
    assert stage.entries() == entries
    (entry,) = [fields for fields in stage.queued() if fields["event"] == Event.RECEIPT_CHANGED]
    assert entry.keys() == {"event", "day", "role", "case", "act", "digest", "writes"}
    assert new.receipt.lookup_hash().hex() not in repr(entry)


def test_whoever_left_the_roster_and_holds_a_key_holds_it_still(stage: Stage) -> None:
    """An exchange changes nobody's access: that is an assignment's business."""
    cast = stage.cast
    stage.next_roster((cast.lead, Duty.LEAD), (cast.investigator, Duty.MEMBER))
    exchange(stage)
    assert stage.read(cast.second_investigator).problems == ()
    assert stage.read(cast.investigator).problems == ()
    assert stage.findings() == []


# -- Attacks ---------------------------------------------------------------------------------------------------------


@dataclass
class Thief:
    """Somebody who saw the old receipt, and writes to the database."""

    stage: Stage
    old: Report
    own: Receipt

    def rename(self, receipt: Receipt) -> None:
        work, identity, verify = act_items.public_keys_of(receipt.seed())
        self.stage.attacker.run(
            "UPDATE cases SET receipt_hash = ?, reporter_work_public = ?, reporter_identity_public = ?,"
            " reporter_verify_public = ? WHERE id = ?",
            receipt.lookup_hash(),
            work,
            identity,
            verify,
            self.old.case,
        )

    def plant_exchange(self, before: Receipt, signing: SigningKey) -> None:
        def known(receipt: Receipt) -> KnownReporter:
            return KnownReporter(receipt.lookup_hash(), act_items.public_keys_of(receipt.seed()))

        change = Exchange(known(before), known(self.own), 3, 3)
        case = self.old.case
        act = acts.sign(case, ActKind.RECEIPT_CHANGED, case, signing, bytes(32), also=[change])
        with self.stage.units.writing() as unit:
            acts.store(unit, act)


@pytest.fixture
def thief(stage: Stage) -> Thief:
    return Thief(stage, stage.assigned, Receipt.generate())


def refused_for_everybody(stage: Stage, receipt: Receipt) -> None:
    assert finds(stage, receipt) is None
    for person in (stage.cast.lead, stage.cast.investigator):
        with pytest.raises(Refused):
            stage.read(person)
    with pytest.raises(Refused):
        stage.cast.assign(stage.assigned, epoch=3)
    assert any(area in {"case", "act"} for area, _ in stage.findings())


def test_a_swapped_key_is_refused(thief: Thief) -> None:
    thief.rename(thief.own)
    refused_for_everybody(thief.stage, thief.own)


def test_a_swapped_key_after_an_exchange_is_refused(thief: Thief) -> None:
    exchange(thief.stage)
    thief.rename(thief.own)
    refused_for_everybody(thief.stage, thief.own)


def test_the_old_receipt_put_back_is_refused(thief: Thief) -> None:
    exchange(thief.stage)
    thief.rename(thief.old.receipt)
    refused_for_everybody(thief.stage, thief.old.receipt)


def test_an_exchange_signed_with_a_key_of_the_thiefs_own_is_refused(thief: Thief) -> None:
    thief.plant_exchange(thief.old.receipt, SigningKey.generate())
    thief.rename(thief.own)
    refused_for_everybody(thief.stage, thief.own)


def test_a_second_exchange_of_the_old_receipt_is_refused(thief: Thief) -> None:
    """The thief has the old key, and signs as its owner did."""
    exchange(thief.stage)
    thief.plant_exchange(thief.old.receipt, thief.old.keys.signing)
    thief.rename(thief.own)
    refused_for_everybody(thief.stage, thief.own)


def test_an_exchange_that_the_server_never_stored_is_refused(thief: Thief) -> None:
    """Rightly signed, by somebody who has the receipt and writes to the database: the server's word is missing."""
    thief.plant_exchange(thief.old.receipt, thief.old.keys.signing)
    thief.stage.attacker.run("UPDATE act SET vouched = zeroblob(32) WHERE kind = 'receipt-changed'")
    thief.rename(thief.own)
    refused_for_everybody(thief.stage, thief.own)


def test_an_exchange_taken_out_of_the_chain_is_refused(thief: Thief) -> None:
    new = exchange(thief.stage)
    thief.stage.attacker.run("DELETE FROM act WHERE kind = 'receipt-changed'")
    refused_for_everybody(thief.stage, new.receipt)


def test_a_message_signed_with_the_old_key_under_the_new_epoch_is_refused(thief: Thief) -> None:
    """By somebody who saw the old receipt, with the help of somebody who holds the new key."""
    stage, case = thief.stage, thief.old.case
    new = exchange(stage)
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        row = unit.session.get_one(Case, case)
        keyring = keyrings.open_keyring(unit, row, CompartmentName.REPORT, lead.account, lead.keys.work)
        assert keyring is not None
        forged = records.seal(
            case,
            bytes(range(16)),
            RecordKind.MESSAGE,
            {"text": b"forged"},
            epoch=keyring.newest,
            key=keyring.key,
            author=case,
            signing=thief.old.keys.signing,
        )
        records.store(unit, [forged])
    assert "forged" not in [line.text for line in stage.open_mailbox(new).messages]
    assert any(problem.startswith("message") for problem in stage.read(lead).problems)


def test_an_identity_begun_anew_with_the_old_key_is_refused(thief: Thief) -> None:
    """Withdrawn and given again in the reporter's name, under a key that the thief knows."""
    stage = thief.stage
    new = exchange(stage)
    old_keys = SessionKeys.of(thief.old.receipt.seed())
    with stage.units.writing() as unit:
        own_identity.withdraw(unit, new.reporter, new.keys)
    with stage.units.writing() as unit:
        case = unit.session.get_one(Case, new.case)
        own_identity._begin_anew(unit, case, old_keys)
    with pytest.raises(Refused):
        stage.open_identity(stage.cast.lead)
    with pytest.raises(Refused):
        identity_of(stage, new)


def test_nothing_is_exchanged_with_another_receipts_keys(stage: Stage) -> None:
    before = stage.contents()
    assigned, waiting = stage.assigned, stage.waiting
    for keys, seed in ((waiting.keys, assigned.receipt.seed()), (assigned.keys, waiting.receipt.seed())):
        with pytest.raises(Refused), stage.units.writing() as unit:
            own_receipt.exchange(unit, assigned.reporter, keys, seed.identity(), Receipt.generate())
    assert stage.contents() == before


def test_the_sessions_of_nobody_else_end(stage: Stage) -> None:
    exchange(stage)
    with stage.units.reading() as unit:
        assert unit.session.scalar(select(func.count()).select_from(SessionRow)) == 0
