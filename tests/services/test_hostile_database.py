"""Somebody who can write to the database attacks the keys: the reporter's, acts, epochs, grants, and what lists say of them.

One named tampering a test. Each is refused where it would be believed, or shown by the check, or both.
"""

import hashlib
from collections.abc import Sequence

import pytest

from complaints.errors import Denied, NotFound, Refused
from complaints.models import Case
from complaints.services import act_items, acts, caseload, keyrings, mailbox, own_identity, own_receipt, vouching
from complaints.services.act_items import Epoch, Wrapped
from complaints.vocabulary import ActKind, CaseStatus, CompartmentName, Duty, IdentityField
from crypto import AccountSeed, Receipt, SecretKey, SigningKey, decode_parts, encode_parts
from tests.cast import Person, Report
from tests.stage import SECOND_DAY, Stage

REPORT, INTERNAL, IDENTITY = CompartmentName.REPORT, CompartmentName.INTERNAL, CompartmentName.IDENTITY
WRAPPED_TO = "case_id = ? AND recipient = ? AND compartment = ? AND epoch = ?"


# -- The reporter's keys ---------------------------------------------------------------------------------------------


def nothing_of_the_case_opens(stage: Stage, report: Report) -> None:
    with pytest.raises(Refused):
        stage.read(stage.cast.lead, report)
    with pytest.raises(Refused):
        stage.open_mailbox(report)
    with pytest.raises(Refused):
        stage.open_identity(stage.cast.lead, report)


def plant_reporter_key(stage: Stage, column: str, report: Report, seed: AccountSeed) -> None:
    public = dict(
        zip(
            ("reporter_work_public", "reporter_identity_public", "reporter_verify_public"),
            act_items.public_keys_of(seed),
            strict=True,
        )
    )
    stage.attacker.run(f"UPDATE cases SET {column} = ? WHERE id = ?", public[column], report.case)


@pytest.mark.parametrize("column", ["reporter_work_public", "reporter_identity_public", "reporter_verify_public"])
@pytest.mark.parametrize("which", ["waiting", "assigned"])
def test_a_reporters_public_key_swapped(stage: Stage, column: str, which: str) -> None:
    report: Report = getattr(stage, which)
    plant_reporter_key(stage, column, report, AccountSeed.generate())
    stage.shows("case", f"case {report.reference}: the reporter's keys or receipt were swapped")
    nothing_of_the_case_opens(stage, report)


@pytest.mark.parametrize("column", ["reporter_work_public", "reporter_identity_public"])
def test_a_reporters_public_key_swapped_before_the_case_is_assigned(stage: Stage, column: str) -> None:
    """A lead would wrap the next epoch to the attacker."""
    plant_reporter_key(stage, column, stage.waiting, AccountSeed.generate())
    grants = stage.attacker.rows("SELECT * FROM grants")
    with pytest.raises(Refused, match="the reporter's keys"):
        stage.cast.assign(stage.waiting)
    assert stage.attacker.rows("SELECT * FROM grants") == grants


def test_a_case_taken_over_by_a_reporter_of_the_attackers_own(stage: Stage) -> None:
    """All of a reporter's keys swapped, and an intake signed with them that gives the lead keys which the attacker knows."""
    receipt, report, lead = Receipt.generate(), stage.waiting, stage.cast.lead
    seed = receipt.seed()
    for column in ("reporter_work_public", "reporter_identity_public", "reporter_verify_public"):
        plant_reporter_key(stage, column, report, seed)
    key = SecretKey.generate()
    epoch = Epoch(REPORT, 1, key.key_id, None)
    grant = act_items.wrap_grant(report.case, REPORT, 1, key, lead.account, lead.member(Duty.LEAD).work)
    plant_act(stage, report, report.case, seed.signing(), epoch, [grant], kind=ActKind.INTAKE)
    nothing_of_the_case_opens(stage, report)
    stage.shows("case", "the reporter's keys or receipt were swapped")


def test_a_receipt_moved_to_another_case(stage: Stage) -> None:
    hash_of_waiting = stage.waiting.receipt.lookup_hash()
    stage.attacker.run("UPDATE cases SET receipt_hash = ? WHERE id = ?", bytes(32), stage.waiting.case)
    stage.attacker.run("UPDATE cases SET receipt_hash = ? WHERE id = ?", hash_of_waiting, stage.assigned.case)
    with stage.units.reading() as unit:
        assert mailbox.find_case(unit, stage.waiting.receipt) is None
        assert mailbox.find_case(unit, stage.assigned.receipt) is None
    for report in (stage.waiting, stage.assigned):
        stage.shows("case", f"case {report.reference}: the reporter's keys or receipt were swapped")


# -- Cases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["waiting", "assigned"])
def test_a_case_moved_to_another_channel(stage: Stage, which: str) -> None:
    report: Report = getattr(stage, which)
    stage.attacker.run("UPDATE cases SET channel_id = ? WHERE id = ?", stage.cast.fallback, report.case)
    stage.attacker.run("UPDATE caseload SET channel_id = ? WHERE case_id = ?", stage.cast.fallback, report.case)
    nothing_of_the_case_opens(stage, report)
    stage.shows("act", f"case {report.reference}: an act under no roster of its channel")


def delete_case(stage: Stage, report: Report) -> None:
    attacker = stage.attacker
    attacker.run("DELETE FROM sealed_field WHERE record_id IN (SELECT id FROM record WHERE case_id = ?)", report.case)
    for table in ("record", "grants", "compartment", "act", "caseload"):
        attacker.run(f"DELETE FROM {table} WHERE case_id = ?", report.case)
    attacker.run("DELETE FROM cases WHERE id = ?", report.case)


def test_a_deleted_case(stage: Stage) -> None:
    delete_case(stage, stage.waiting)
    with pytest.raises(NotFound):
        stage.read(stage.cast.lead, stage.waiting)
    with stage.units.reading() as unit:
        assert mailbox.find_case(unit, stage.waiting.receipt) is None
    stage.shows("case", f"case {stage.waiting.case.hex()} is in the log and not in the database")
    stage.shows("record", "is in the log and not in the database")


def test_a_case_under_another_reference(stage: Stage) -> None:
    """On a reader's list alone: the list then says something else than the case."""
    stage.attacker.run("UPDATE caseload SET reference = 'AAAA-AAAA' WHERE case_id = ?", stage.waiting.case)
    stage.shows("caseload", "a reader's list says something else than the case")


# -- Acts ------------------------------------------------------------------------------------------------------------


def newest_act(stage: Stage, report: Report) -> bytes:
    act: bytes = stage.attacker.value(
        "SELECT act_id FROM compartment WHERE case_id = ? AND name = 'report' ORDER BY epoch DESC LIMIT 1", report.case
    )
    return act


def act_is_refused(stage: Stage, report: Report, words: str) -> None:
    with pytest.raises(Refused, match=words):
        stage.read(stage.cast.lead, report)
    with pytest.raises(Refused, match=words):
        stage.open_mailbox(report)
    stage.shows("act", words)


@pytest.mark.parametrize("which", ["waiting", "assigned"])
def test_an_act_that_says_more(stage: Stage, which: str) -> None:
    report: Report = getattr(stage, which)
    act = newest_act(stage, report)
    parts = decode_parts(stage.attacker.value("SELECT statement FROM act WHERE id = ?", act))
    stage.attacker.run("UPDATE act SET statement = ? WHERE id = ?", encode_parts(*parts, b"one more grant"), act)
    act_is_refused(stage, report, "changed past the system")
    stage.shows("act", "is not the one in the log")


def test_an_act_that_cannot_be_read(stage: Stage) -> None:
    stage.attacker.run("UPDATE act SET statement = ? WHERE id = ?", b"\xff" * 40, newest_act(stage, stage.assigned))
    act_is_refused(stage, stage.assigned, "cannot be read")


def test_an_acts_signature_swapped_with_anothers(stage: Stage) -> None:
    one, other = newest_act(stage, stage.assigned), newest_act(stage, stage.waiting)
    stage.attacker.swap("act", "signature", "id = ?", [one], [other])
    for report in (stage.assigned, stage.waiting):
        act_is_refused(stage, report, "changed past the system")


def test_an_act_in_another_makers_name(stage: Stage) -> None:
    act = newest_act(stage, stage.assigned)
    stage.attacker.run("UPDATE act SET maker = ? WHERE id = ?", stage.cast.triage.account, act)
    act_is_refused(stage, stage.assigned, "says something else than its row")


@pytest.mark.parametrize("kind", ["intake", "no kind there is"])
def test_an_act_of_another_kind(stage: Stage, kind: str) -> None:
    act = newest_act(stage, stage.assigned)
    stage.attacker.run("UPDATE act SET kind = ? WHERE id = ?", kind, act)
    act_is_refused(stage, stage.assigned, "says something else than its row")


def test_an_act_moved_to_another_case(stage: Stage) -> None:
    act = newest_act(stage, stage.waiting)
    stage.attacker.run("UPDATE act SET case_id = ? WHERE id = ?", stage.assigned.case, act)
    with pytest.raises(Refused, match="an act that is not there"):
        stage.read(stage.cast.lead, stage.waiting)
    stage.shows("act", f"case {stage.assigned.reference}: an act that says something else than its row")


def test_two_cases_acts_in_each_others_place(stage: Stage) -> None:
    one, other = newest_act(stage, stage.assigned), newest_act(stage, stage.waiting)
    stage.attacker.swap("act", "case_id", "id = ?", [one], [other])
    for report in (stage.assigned, stage.waiting):
        with pytest.raises(Refused, match="an act that is not there"):
            stage.read(stage.cast.lead, report)
    stage.shows("act", "an act that says something else than its row")


def test_a_deleted_act(stage: Stage) -> None:
    act = newest_act(stage, stage.assigned)
    stage.attacker.run("DELETE FROM act WHERE id = ?", act)
    with pytest.raises(Refused, match="an act that is not there"):
        stage.read(stage.cast.lead)
    stage.shows("act", f"act {act.hex()} is in the log and not in the database")
    stage.shows("grant", "is in no act")


# -- Epochs ----------------------------------------------------------------------------------------------------------


def plant_act(
    stage: Stage,
    report: Report,
    maker: bytes,
    signing: SigningKey,
    epoch: Epoch | None,
    grants: Sequence[Wrapped],
    *,
    kind: ActKind = ActKind.ASSIGNMENT,
    roster: bytes | None = None,
    vouched: bool = True,
) -> bytes:
    """An act with an epoch and grants, stored as the application would. Rows that stand in the way are replaced.

    `vouched`: by somebody who has the secret files as well, so that what else refuses the act is tried.
    """
    roster = roster or stage.stored_roster().hash
    act = acts.sign(report.case, kind, maker, signing, roster, [epoch] if epoch else [], grants)
    word = vouching.for_act(stage.units.secrets, act.id, act.digest) if vouched else bytes(32)
    stage.attacker.insert(
        "act", (act.id, report.case, kind.value, maker, SECOND_DAY.isoformat(), act.statement, act.signature, word)
    )
    if epoch is not None:
        stage.attacker.run(
            "INSERT OR REPLACE INTO compartment (case_id, name, epoch, key_id, previous_key, act_id) VALUES (?, ?, ?, ?, ?, ?)",
            *(report.case, epoch.compartment.value, epoch.number, epoch.key_id, epoch.previous_key, act.id),
        )
    for grant in grants:
        plant_grant(stage, report, grant, act.id)
    return act.id


def plant_grant(stage: Stage, report: Report, grant: Wrapped, act: bytes) -> None:
    stage.attacker.run(
        "INSERT OR REPLACE INTO grants (case_id, recipient, compartment, epoch, act_id, envelope) VALUES (?, ?, ?, ?, ?, ?)",
        *(report.case, grant.recipient, grant.compartment.value, grant.epoch, act, grant.envelope),
    )


def readers_of(stage: Stage) -> dict[bytes, bytes]:
    """Who could be given a forged epoch's key, and their work key: everybody, the attacker's victims and the reporter."""
    cast = stage.cast
    people = (cast.lead, cast.investigator, cast.second_investigator, cast.unassigned, cast.triage)
    return {person.account: person.member(Duty.MEMBER).work for person in people} | {
        stage.assigned.case: act_items.public_keys_of(stage.assigned.receipt.seed())[0]
    }


def forge_epoch(
    stage: Stage,
    maker: bytes,
    signing: SigningKey,
    *,
    previous: SecretKey | None = None,
    kind: ActKind = ActKind.ASSIGNMENT,
    roster: bytes | None = None,
) -> SecretKey:
    """Epoch 3 of `report` under a key that the attacker knows, wrapped to everybody. Returns that key."""
    key, case = SecretKey.generate(), stage.assigned.case
    epoch = act_items.next_epoch(case, REPORT, 3, key, previous or SecretKey.generate())
    grants = [
        act_items.wrap_grant(case, REPORT, 3, key, reader, public) for reader, public in readers_of(stage).items()
    ]
    plant_act(stage, stage.assigned, maker, signing, epoch, grants, kind=kind, roster=roster)
    return key


def present_key(stage: Stage, compartment: CompartmentName = REPORT) -> SecretKey:
    """The newest key of a compartment, as its lead holds it: an attacker who was one could have copied it."""
    with stage.units.reading() as unit:
        case = unit.session.get_one(Case, stage.assigned.case)
        lead = stage.cast.lead
        holder = lead.identity_key if compartment is IDENTITY else lead.keys.work
        keyring = keyrings.open_keyring(unit, case, compartment, lead.account, holder)
    assert keyring is not None
    return keyring.key


def forged_epoch_is_refused(stage: Stage, words: str) -> None:
    """Nobody reads or writes under it, and nobody it was given to has got in."""
    for person in (stage.cast.lead, stage.cast.investigator, stage.cast.unassigned):
        with pytest.raises(Refused, match=words):
            stage.read(person)
    with pytest.raises(Refused, match=words):
        stage.reply(stage.cast.lead, "under a forged key")
    with pytest.raises(Refused, match=words):
        stage.message("under a forged key")
    stage.shows("act", "is not the one in the log")


def test_an_epoch_forged_with_a_key_of_the_attackers_own_in_the_leads_name(stage: Stage) -> None:
    forge_epoch(stage, stage.cast.lead.account, SigningKey.generate(), previous=present_key(stage))
    forged_epoch_is_refused(stage, "signature does not hold")


def test_an_epoch_forged_by_a_triage_member(stage: Stage) -> None:
    triage = stage.cast.triage
    forge_epoch(stage, triage.account, triage.keys.signing, previous=present_key(stage))
    forged_epoch_is_refused(stage, "who did not lead")


def test_an_epoch_forged_by_an_assigned_investigator(stage: Stage) -> None:
    investigator = stage.cast.investigator
    forge_epoch(stage, investigator.account, investigator.keys.signing, previous=present_key(stage))
    forged_epoch_is_refused(stage, "who did not lead")


def test_an_epoch_forged_by_another_channels_lead(stage: Stage) -> None:
    other = stage.cast.other_lead
    forge_epoch(stage, other.account, other.keys.signing, previous=present_key(stage))
    forged_epoch_is_refused(stage, "who did not lead")


def test_an_epoch_forged_by_another_channels_lead_under_that_channels_roster(stage: Stage) -> None:
    other = stage.cast.other_lead
    canonical = stage.attacker.value("SELECT canonical FROM roster WHERE channel_id = ?", stage.cast.fallback)
    theirs = hashlib.sha256(canonical).digest()
    forge_epoch(stage, other.account, other.keys.signing, previous=present_key(stage), roster=theirs)
    forged_epoch_is_refused(stage, "under no roster of its channel")


def test_an_epoch_forged_with_the_reporters_own_key(stage: Stage) -> None:
    """The reporter begins the first epoch and no other."""
    signing = stage.assigned.keys.signing
    forge_epoch(stage, stage.assigned.case, signing, previous=present_key(stage), kind=ActKind.INTAKE)
    forged_epoch_is_refused(stage, "the reporter begins the first epoch")


def test_an_epoch_forged_as_an_intake_by_a_lead(stage: Stage) -> None:
    lead = stage.cast.lead
    forge_epoch(stage, lead.account, lead.keys.signing, previous=present_key(stage), kind=ActKind.INTAKE)
    forged_epoch_is_refused(stage, "an intake that the reporter did not make")


def test_an_epoch_signed_by_a_lead_who_never_held_the_case(stage: Stage) -> None:
    """An excluded lead can sign, and cannot seal the key before under the new one."""
    lead = stage.cast.lead
    forge_epoch(stage, lead.account, lead.keys.signing)
    forged_epoch_is_refused(stage, "an earlier epoch's key that is not its own")


def test_an_epoch_signed_by_a_former_lead_with_a_key_they_kept(stage: Stage) -> None:
    """Not refused: somebody who led when the roster they name was new, and holds the case. The check shows it: no entry tells of it."""
    lead, kept = stage.cast.lead, present_key(stage)
    stage.next_roster((stage.cast.other_lead, Duty.LEAD), (stage.cast.investigator, Duty.MEMBER))
    forge_epoch(stage, lead.account, lead.keys.signing, previous=kept)
    stage.shows("act", "is not the one in the log")


def test_a_deleted_epoch_with_the_grants_before_it_put_back(stage: Stage) -> None:
    """The whole assignment undone. Nothing is left that would not verify; the log remembers."""
    attacker, case = stage.attacker, stage.assigned.case
    for table in ("act", "compartment", "grants", "caseload"):
        attacker.put_back(stage.before, table, "case_id = ?", case)
    stage.shows("act", "is in the log and not in the database")
    with pytest.raises(Refused):
        stage.open_identity(stage.cast.lead)


def test_an_epochs_key_id_changed(stage: Stage) -> None:
    stage.attacker.run(
        "UPDATE compartment SET key_id = ? WHERE case_id = ? AND epoch = 2", bytes(16), stage.assigned.case
    )
    with pytest.raises(Refused, match="a key that its act does not name"):
        stage.read(stage.cast.lead)
    stage.shows("epoch", "epoch 2 of report is in no act")


def test_an_earlier_epochs_key_id_changed(stage: Stage) -> None:
    stage.attacker.run(
        "UPDATE compartment SET key_id = ? WHERE case_id = ? AND epoch = 1", bytes(16), stage.assigned.case
    )
    with pytest.raises(Refused, match="an earlier epoch's key that is not its own"):
        stage.read(stage.cast.lead)
    stage.shows("epoch", "epoch 1 of report is in no act")


def test_an_earlier_epochs_key_replaced(stage: Stage) -> None:
    forged = act_items.next_epoch(stage.assigned.case, REPORT, 2, present_key(stage), SecretKey.generate()).previous_key
    stage.attacker.run(
        "UPDATE compartment SET previous_key = ? WHERE case_id = ? AND name = 'report' AND epoch = 2",
        *(forged, stage.assigned.case),
    )
    with pytest.raises(Refused, match="a key that its act does not name"):
        stage.read(stage.cast.investigator)
    stage.shows("epoch", "epoch 2 of report is in no act")


def test_two_compartments_earlier_keys_swapped(stage: Stage) -> None:
    case = stage.assigned.case
    stage.attacker.swap(
        "compartment", "previous_key", "case_id = ? AND name = ? AND epoch = 2", [case, "report"], [case, "internal"]
    )
    with pytest.raises(Refused, match="a key that its act does not name"):
        stage.read(stage.cast.investigator)
    stage.shows("epoch", "epoch 2 of internal is in no act")


def test_an_earlier_epoch_deleted(stage: Stage) -> None:
    stage.attacker.run("DELETE FROM compartment WHERE case_id = ? AND epoch = 1", stage.assigned.case)
    with pytest.raises(Refused, match="epoch is missing"):
        stage.read(stage.cast.lead)
    stage.shows("epoch", "epoch 1 of report is missing")


def test_an_epoch_deleted_from_the_middle(stage: Stage) -> None:
    stage.cast.assign(stage.assigned, epoch=2)
    stage.attacker.run("DELETE FROM compartment WHERE case_id = ? AND epoch = 2", stage.assigned.case)
    with pytest.raises(Refused, match="an epoch is missing"):
        stage.read(stage.cast.lead)
    stage.shows("epoch", "epoch 2 of report is missing")


def test_a_key_before_the_last_replaced(stage: Stage) -> None:
    """No longer named by the newest act, and sealed under a key that the attacker has not."""
    forged = act_items.next_epoch(
        stage.assigned.case, REPORT, 2, SecretKey.generate(), SecretKey.generate()
    ).previous_key
    stage.cast.assign(stage.assigned, epoch=2)
    stage.attacker.run(
        "UPDATE compartment SET previous_key = ? WHERE case_id = ? AND name = 'report' AND epoch = 2",
        *(forged, stage.assigned.case),
    )
    with pytest.raises(Refused, match="an earlier epoch's key that does not open"):
        stage.read(stage.cast.lead)
    stage.shows("epoch", "epoch 2 of report is in no act")


@pytest.mark.parametrize("number", [3, 0, -1, 2**31 - 1])
def test_an_epoch_moved_to_another_number(stage: Stage, number: int) -> None:
    for table in ("compartment", "grants"):
        stage.attacker.run(f"UPDATE {table} SET epoch = ? WHERE case_id = ? AND epoch = 2", number, stage.assigned.case)
    with pytest.raises((Refused, NotFound)):
        stage.read(stage.cast.lead)
    stage.shows("epoch", "epoch 2 of report is missing")


def test_an_epoch_moved_to_another_case(stage: Stage) -> None:
    """Into the waiting case, as its newest: under keys that the assigned case's investigators hold."""
    for table in ("compartment", "grants"):
        stage.attacker.run(
            f"UPDATE {table} SET case_id = ? WHERE case_id = ? AND epoch = 2", stage.waiting.case, stage.assigned.case
        )
    with pytest.raises(Refused, match="an act that is not there"):
        stage.read(stage.cast.investigator, stage.waiting)
    stage.shows("epoch", f"case {stage.waiting.reference}: epoch 2 of report is in no act")


def test_an_epoch_moved_to_another_compartment(stage: Stage) -> None:
    case = stage.assigned.case
    stage.attacker.swap(
        "compartment", "key_id", "case_id = ? AND name = ? AND epoch = 2", [case, "report"], [case, "identity"]
    )
    with pytest.raises(Refused, match="a key that its act does not name"):
        stage.read(stage.cast.investigator)
    stage.shows("epoch", "epoch 2 of identity is in no act")


def test_a_compartment_that_no_case_has(stage: Stage) -> None:
    act = newest_act(stage, stage.assigned)
    stage.attacker.insert("compartment", (stage.assigned.case, "archive", 1, bytes(16), None, act))
    stage.attacker.insert("grants", (stage.assigned.case, stage.cast.unassigned.account, "archive", 1, act, b"key"))
    assert stage.read(stage.cast.lead).problems == ()
    stage.shows("epoch", "epoch 1 of archive is in no act")
    stage.shows("grant", "is in no act")


def test_the_identity_compartment_deleted(stage: Stage) -> None:
    stage.attacker.run("DELETE FROM compartment WHERE case_id = ? AND name = 'identity'", stage.assigned.case)
    with pytest.raises(Refused, match="a case without this compartment"):
        stage.open_identity(stage.cast.lead)
    assert not stage.read(stage.cast.lead).holds_identity
    stage.shows("epoch", "epoch 2 of identity is missing")


# -- Grants ----------------------------------------------------------------------------------------------------------


def test_a_grant_moved_to_another_recipient(stage: Stage) -> None:
    stage.attacker.run(
        "UPDATE grants SET recipient = ? WHERE case_id = ? AND recipient = ?",
        *(stage.cast.unassigned.account, stage.assigned.case, stage.cast.second_investigator.account),
    )
    with pytest.raises(Refused, match="a key that its act does not name"):
        stage.read(stage.cast.unassigned)
    with pytest.raises(NotFound):
        stage.read(stage.cast.second_investigator)
    stage.shows("grant", f"the grant of report to {stage.cast.unassigned.account.hex()} is in no act")


def test_two_recipients_envelopes_swapped(stage: Stage) -> None:
    case, one, other = stage.assigned.case, stage.cast.investigator, stage.cast.second_investigator
    stage.attacker.swap(
        "grants", "envelope", WRAPPED_TO, [case, one.account, "report", 2], [case, other.account, "report", 2]
    )
    for person in (one, other):
        with pytest.raises(Refused, match="a key that its act does not name"):
            stage.read(person)
    stage.shows("grant", "is in no act")


def test_two_compartments_grants_swapped(stage: Stage) -> None:
    case, person = stage.assigned.case, stage.cast.investigator.account
    stage.attacker.swap("grants", "envelope", WRAPPED_TO, [case, person, "report", 2], [case, person, "internal", 2])
    with pytest.raises(Refused, match="a key that its act does not name"):
        stage.read(stage.cast.investigator)
    stage.shows("grant", f"the grant of internal to {person.hex()} is in no act")


def test_a_grant_moved_to_another_case(stage: Stage) -> None:
    """Into the waiting case, where the investigator holds nothing."""
    rows = stage.attacker.rows(
        "SELECT * FROM grants WHERE case_id = ? AND recipient = ?", stage.assigned.case, stage.cast.investigator.account
    )
    for _case, recipient, compartment, _epoch, act, envelope in rows:
        stage.attacker.insert("grants", (stage.waiting.case, recipient, compartment, 1, act, envelope))
    with pytest.raises(Refused):
        stage.read(stage.cast.investigator, stage.waiting)
    stage.shows("grant", f"case {stage.waiting.reference}: the grant of report to")
    stage.shows("caseload", f"case {stage.waiting.reference}: its readers' lists and its grants differ")


def test_a_grant_moved_to_another_epoch(stage: Stage) -> None:
    """The key of the first epoch, which a triage member had, put back as if it were of the second."""
    for row in stage.before.rows(
        "SELECT * FROM grants WHERE case_id = ? AND recipient = ?", stage.assigned.case, stage.cast.triage.account
    ):
        case, recipient, compartment, _epoch, act, envelope = row
        stage.attacker.insert("grants", (case, recipient, compartment, 2, act, envelope))
    with pytest.raises(Refused, match="a key that its act does not name"):
        stage.read(stage.cast.triage)
    stage.shows("grant", f"the grant of report to {stage.cast.triage.account.hex()} is in no act")


def test_an_identity_grant_copied_to_somebody_without_one(stage: Stage) -> None:
    envelope, act = stage.attacker.rows(
        f"SELECT envelope, act_id FROM grants WHERE {WRAPPED_TO}",
        stage.assigned.case,
        stage.cast.investigator.account,
        "identity",
        2,
    )[0]
    second = stage.cast.second_investigator
    stage.attacker.insert("grants", (stage.assigned.case, second.account, "identity", 2, act, envelope))
    with pytest.raises(Refused, match="a key that its act does not name"):
        stage.open_identity(second)
    stage.shows("grant", f"the grant of identity to {second.account.hex()} is in no act")


def forged_grant(stage: Stage, person: Person) -> Wrapped:
    """The right key, wrapped to somebody to whom no lead gave it: an assigned investigator could make this."""
    key = present_key(stage)
    return act_items.wrap_grant(stage.assigned.case, REPORT, 2, key, person.account, person.member(Duty.MEMBER).work)


def test_a_forged_grant_under_an_act_that_does_not_name_it(stage: Stage) -> None:
    outsider = stage.cast.unassigned
    plant_grant(stage, stage.assigned, forged_grant(stage, outsider), newest_act(stage, stage.assigned))
    with pytest.raises(Refused, match="a key that its act does not name"):
        stage.read(outsider)
    stage.shows("grant", f"the grant of report to {outsider.account.hex()} is in no act")


@pytest.mark.parametrize("who", ["investigator", "triage", "other_lead"])
def test_a_forged_grant_under_an_act_of_somebody_who_is_no_lead(stage: Stage, who: str) -> None:
    maker: Person = getattr(stage.cast, who)
    grant = forged_grant(stage, stage.cast.unassigned)
    plant_act(stage, stage.assigned, maker.account, maker.keys.signing, None, [grant])
    with pytest.raises(Refused, match="who did not lead"):
        stage.read(stage.cast.unassigned)
    stage.shows("act", "by somebody who did not lead")


def test_a_grant_to_the_reporter_taken_by_the_attacker(stage: Stage) -> None:
    """Wrapped to another key than the reporter's: the reporter is locked out, aloud, and the check shows it."""
    key = present_key(stage)
    stranger = AccountSeed.generate().work().public_key().to_bytes()
    grant = act_items.wrap_grant(stage.assigned.case, REPORT, 2, key, stage.assigned.case, stranger)
    plant_grant(stage, stage.assigned, grant, newest_act(stage, stage.assigned))
    with pytest.raises(Refused, match="a key that its act does not name"):
        stage.open_mailbox()
    stage.shows("grant", f"the grant of report to {stage.assigned.case.hex()} is in no act")


def test_a_revoked_grant_put_back(stage: Stage) -> None:
    attacker, triage = stage.attacker, stage.cast.triage
    attacker.put_back(stage.before, "grants", "case_id = ? AND recipient = ?", stage.assigned.case, triage.account)
    attacker.put_back(stage.before, "caseload", "case_id = ? AND account_id = ?", stage.assigned.case, triage.account)
    with pytest.raises(NotFound):
        stage.read(triage)
    stage.shows("grant", f"the grant of report to {triage.account.hex()} was taken and is back")


def test_a_deleted_grant(stage: Stage) -> None:
    stage.attacker.run(
        "DELETE FROM grants WHERE case_id = ? AND recipient = ?", stage.assigned.case, stage.cast.investigator.account
    )
    with pytest.raises(NotFound):
        stage.read(stage.cast.investigator)
    stage.shows("grant", f"the grant of report to {stage.cast.investigator.account.hex()} is missing")
    stage.shows("caseload", "its readers' lists and its grants differ")


# -- The caseload ----------------------------------------------------------------------------------------------------


def caseload_of(stage: Stage, person: Person) -> set[bytes]:
    with stage.units.reading() as unit:
        return {line.id for line in caseload.list_cases(unit, person.actor).lines}


def test_a_caseload_line_added(stage: Stage) -> None:
    (line,) = stage.attacker.rows(
        "SELECT * FROM caseload WHERE account_id = ? AND case_id = ?", stage.cast.lead.account, stage.assigned.case
    )
    stage.attacker.insert("caseload", (stage.cast.unassigned.account, *line[1:]))
    assert caseload_of(stage, stage.cast.unassigned) == {stage.assigned.case}
    with pytest.raises(NotFound):
        stage.read(stage.cast.unassigned)
    stage.shows("caseload", f"case {stage.assigned.reference}: its readers' lists and its grants differ")


def test_a_caseload_line_removed(stage: Stage) -> None:
    stage.attacker.run(
        "DELETE FROM caseload WHERE account_id = ? AND case_id = ?", stage.cast.lead.account, stage.waiting.case
    )
    stage.shows("caseload", f"case {stage.waiting.reference}: its readers' lists and its grants differ")


def test_a_caseload_line_that_promises_the_identity(stage: Stage) -> None:
    second = stage.cast.second_investigator
    stage.attacker.run("UPDATE caseload SET holds_identity = 1 WHERE account_id = ?", second.account)
    with pytest.raises(Denied):
        stage.open_identity(second)
    stage.shows("caseload", "a reader's list is wrong about who holds the identity")


@pytest.mark.parametrize(
    ("column", "value"), [("status", CaseStatus.NEW.value), ("priority", "high"), ("received", "2020-01-01")]
)
def test_a_caseload_line_that_says_something_else(stage: Stage, column: str, value: str) -> None:
    stage.attacker.run(f"UPDATE caseload SET {column} = ? WHERE case_id = ?", value, stage.assigned.case)
    stage.shows("caseload", "a reader's list says something else than the case")


# -- A planted grant becomes no true one: whoever begins an epoch begins it for those whom acts name -----------------


def copy_grant(stage: Stage, report: Report, compartment: CompartmentName) -> None:
    """The lead's newest grant once more, for somebody on the roster who holds nothing of this case."""
    grants = stage.attacker.rows(
        "SELECT epoch, envelope, act_id FROM grants WHERE case_id = ? AND recipient = ? AND compartment = ?"
        " ORDER BY epoch DESC",
        *(report.case, stage.cast.lead.account, compartment.value),
    )
    epoch, envelope, act = grants[0]
    plant_grant(stage, report, Wrapped(compartment, epoch, b"", stage.cast.unassigned.account, envelope), act)


@pytest.mark.parametrize("compartment", [REPORT, IDENTITY])
def test_a_planted_grant_is_not_carried_into_an_exchange_of_receipts(
    stage: Stage, compartment: CompartmentName
) -> None:
    report = stage.assigned
    copy_grant(stage, report, compartment)
    before = stage.contents()
    with stage.units.writing() as unit, pytest.raises(Refused, match="its act does not name"):
        own_receipt.exchange(unit, report.reporter, report.keys, report.receipt.seed().identity(), Receipt.generate())
    assert stage.contents() == before


def test_a_planted_grant_is_not_carried_into_an_identity_given_again(stage: Stage) -> None:
    report = stage.assigned
    with stage.units.writing() as unit:
        own_identity.withdraw(unit, report.reporter, report.keys)
    copy_grant(stage, report, REPORT)
    given = {IdentityField.NAME: "CANARY-NAME"}
    with stage.units.writing() as unit, pytest.raises(Refused, match="its act does not name"):
        own_identity.give(unit, report.reporter, report.keys, report.receipt.seed().identity(), given)


@pytest.mark.parametrize("compartment", [REPORT, IDENTITY])
def test_a_planted_grant_is_not_carried_into_an_assignment(stage: Stage, compartment: CompartmentName) -> None:
    copy_grant(stage, stage.assigned, compartment)
    with pytest.raises(Refused, match="its act does not name"):
        stage.cast.assign(stage.assigned, epoch=2)
