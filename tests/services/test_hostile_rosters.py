"""Somebody who can write to the database attacks those who receive: rosters, accounts, undertakings.

One named tampering a test. Each is refused where it would be believed, or shown by the check, or both.
"""

import pytest

from complaints.errors import NoRecipient, Refused
from complaints.models import Account
from complaints.services import accounts, act_items, channels, intake, rosters, routing, undertakings
from complaints.services.accounts import Credential
from complaints.services.log_verification import verify
from complaints.services.rosters import Roster
from complaints.vocabulary import Duty, Role
from crypto import AccountSeed, Receipt, SigningKey
from tests.cast import Person
from tests.stage import SECOND_DAY, Stage

# -- Rosters: who receives -------------------------------------------------------------------------------------------


def put_roster(stage: Stage, roster: Roster, signer: bytes, signing: SigningKey) -> None:
    """Signed by whoever it may be, and stored as the application would."""
    canonical = roster.canonical()
    stage.attacker.run(
        "INSERT OR REPLACE INTO roster (channel_id, version, canonical, signer, signature) VALUES (?, ?, ?, ?, ?)",
        stage.cast.channel,
        roster.version,
        canonical,
        signer,
        signing.sign(canonical, rosters.DOMAIN),
    )


def no_report_is_sealed(stage: Stage, words: str) -> None:
    """Intake refuses the roster, offers the channel no more, and the check says why."""
    with stage.units.reading() as unit:
        assert stage.cast.channel not in {offer.id for offer in routing.channels_offered(unit)}
        with pytest.raises(Refused, match=words):
            intake.prepare(unit, stage.cast.draft(), Receipt.generate())
    stage.shows("roster", words)


def attacker_as_lead(stage: Stage) -> tuple[rosters.Member, AccountSeed]:
    seed = AccountSeed.generate()
    return rosters.Member.of_seed(stage.cast.unassigned.account, Duty.LEAD, seed), seed


def test_a_planted_roster_member(stage: Stage) -> None:
    planted, _ = attacker_as_lead(stage)
    roster = stage.stored_roster()
    canonical = Roster(roster.channel, 1, b"", (*roster.members, planted)).canonical()
    stage.attacker.run("UPDATE roster SET canonical = ? WHERE channel_id = ?", canonical, stage.cast.channel)
    no_report_is_sealed(stage, "roster version 1 does not verify")


def test_a_public_key_swapped_on_the_roster(stage: Stage) -> None:
    planted, _ = attacker_as_lead(stage)
    roster = stage.stored_roster()
    members = [m if m.account != planted.account else planted for m in roster.members]
    canonical = Roster(roster.channel, 1, b"", tuple(members)).canonical()
    stage.attacker.run("UPDATE roster SET canonical = ? WHERE channel_id = ?", canonical, stage.cast.channel)
    no_report_is_sealed(stage, "roster version 1 does not verify")


def test_a_roster_signed_by_a_triage_member(stage: Stage) -> None:
    triage, (planted, _) = stage.cast.triage, attacker_as_lead(stage)
    roster = stage.stored_roster()
    put_roster(stage, Roster(roster.channel, 2, roster.hash, (planted,)), triage.account, triage.keys.signing)
    no_report_is_sealed(stage, "roster version 2 does not follow")


def test_a_roster_signed_by_somebody_who_leads_by_it_alone(stage: Stage) -> None:
    planted, seed = attacker_as_lead(stage)
    roster = stage.stored_roster()
    put_roster(stage, Roster(roster.channel, 2, roster.hash, (planted,)), planted.account, seed.signing())
    no_report_is_sealed(stage, "roster version 2 does not follow")


def test_a_roster_signed_with_another_key_in_the_leads_name(stage: Stage) -> None:
    planted, seed = attacker_as_lead(stage)
    roster = stage.stored_roster()
    put_roster(stage, Roster(roster.channel, 2, roster.hash, (planted,)), stage.cast.lead.account, seed.signing())
    no_report_is_sealed(stage, "roster version 2 does not verify")


def test_a_first_roster_of_the_attackers_own(stage: Stage) -> None:
    planted, seed = attacker_as_lead(stage)
    put_roster(stage, Roster(stage.cast.channel, 1, b"", (planted,)), planted.account, seed.signing())
    no_report_is_sealed(stage, "not signed by the pinned lead")


def test_another_channels_roster(stage: Stage) -> None:
    canonical, signer, signature = stage.attacker.rows(
        "SELECT canonical, signer, signature FROM roster WHERE channel_id = ?", stage.cast.fallback
    )[0]
    stage.attacker.run(
        "UPDATE roster SET canonical = ?, signer = ?, signature = ? WHERE channel_id = ?",
        canonical,
        signer,
        signature,
        stage.cast.channel,
    )
    no_report_is_sealed(stage, "roster version 1 does not follow")


def test_a_roster_version_put_back(stage: Stage) -> None:
    stage.next_roster((stage.cast.lead, Duty.LEAD))
    assert stage.findings() == []
    stage.attacker.run("DELETE FROM roster WHERE version = 2")
    no_report_is_sealed(stage, "not the one that the access log holds")


def test_a_roster_version_put_back_with_the_logs_word_for_it(stage: Stage) -> None:
    older = stage.stored_roster().hash.hex().encode()
    stage.next_roster((stage.cast.lead, Duty.LEAD))
    newer = stage.stored_roster(2).hash.hex().encode()
    stage.attacker.run("DELETE FROM roster WHERE version = 2")
    stage.attacker.run("UPDATE log_field SET value = ? WHERE name = 'digest' AND value = ?", older, newer)
    with stage.units.reading() as unit:
        (problem,) = verify(unit.session, stage.access_log).problems
    assert "its field digest is not what was committed to" in problem


def test_all_rosters_deleted(stage: Stage) -> None:
    stage.attacker.run("DELETE FROM roster WHERE channel_id = ?", stage.cast.channel)
    no_report_is_sealed(stage, "this channel has no roster")


# -- Accounts --------------------------------------------------------------------------------------------------------


def swap_account_key(stage: Stage, column: str, seed: AccountSeed, person: Person) -> None:
    public = dict(zip(("work_public", "identity_public", "verify_public"), act_items.public_keys_of(seed), strict=True))
    stage.attacker.run(f"UPDATE account SET {column} = ? WHERE id = ?", public[column], person.account)


@pytest.mark.parametrize("column", ["work_public", "identity_public", "verify_public"])
def test_an_accounts_public_key_swapped(stage: Stage, column: str) -> None:
    swap_account_key(stage, column, AccountSeed.generate(), stage.cast.lead)
    stage.shows("account", "the public keys of lead are not those on the roster")
    lead = stage.cast.lead.new
    with pytest.raises(Refused, match="public keys are not its own"), stage.units.writing() as unit:
        accounts.sign_in(unit, Credential(lead.id, lead.locked), lead.seed)


@pytest.mark.parametrize("column", ["work_public", "identity_public"])
def test_an_accounts_public_key_swapped_before_a_report_comes(stage: Stage, column: str) -> None:
    """What is wrapped is wrapped to the roster's keys, whatever an account says; and an account that lies stops the intake."""
    swap_account_key(stage, column, AccountSeed.generate(), stage.cast.lead)
    before = stage.contents()
    with pytest.raises(Refused, match="changed past the system"):
        stage.cast.report()
    assert stage.contents() == before


def test_a_forged_undertaking(stage: Stage) -> None:
    """A signature that is not the account's own binds nobody: nothing is sealed to them."""
    stage.attacker.run("DELETE FROM undertaking_signature WHERE account_id = ?", stage.cast.lead.account)
    statement = undertakings.statement_of(1, "ข้าพเจ้าจะรักษาความลับ", "I keep the confidence.")
    forged = SigningKey.generate().sign(statement, "undertaking")
    stage.attacker.insert("undertaking_signature", (1, stage.cast.lead.account, SECOND_DAY.isoformat(), forged))
    with stage.units.reading() as unit:
        assert stage.cast.lead.account not in undertakings.who_signed(unit)
        assert routing.recipients_after(unit, stage.cast.draft()).is_fallback


def test_an_undertaking_forged_under_a_key_that_was_swapped(stage: Stage) -> None:
    """Not refused: the account's own row says which key signs for it. The check holds that row against the roster."""
    lead, seed = stage.cast.lead, AccountSeed.generate()
    stage.attacker.run("DELETE FROM undertaking_signature WHERE account_id = ?", lead.account)
    swap_account_key(stage, "verify_public", seed, lead)
    statement = undertakings.statement_of(1, "ข้าพเจ้าจะรักษาความลับ", "I keep the confidence.")
    forged = seed.signing().sign(statement, "undertaking")
    stage.attacker.insert("undertaking_signature", (1, lead.account, SECOND_DAY.isoformat(), forged))
    stage.shows("account", "the public keys of lead are not those on the roster")


def test_an_undertaking_whose_text_was_changed(stage: Stage) -> None:
    """Whoever signed it signed other words."""
    stage.attacker.run("UPDATE undertaking SET text_en = 'I may tell my friends.'")
    with stage.units.reading() as unit, pytest.raises(NoRecipient):
        routing.recipients_after(unit, stage.cast.draft())


@pytest.mark.parametrize(("who", "role"), [("lead", Role.AUDITOR), ("custodian", Role.ADMINISTRATOR)])
def test_an_account_given_a_role_that_nobody_gave(stage: Stage, who: str, role: Role) -> None:
    person: Person = getattr(stage.cast, who)
    stage.attacker.run("UPDATE account SET roles = ? WHERE id = ?", role.value, person.account)
    stage.shows("account", f"{person.name} has other roles than the log says")


def test_a_planted_account(stage: Stage) -> None:
    """With another's keys and passphrase under a new name; it stands on no roster."""
    ((_id, _name, *rest),) = stage.attacker.rows("SELECT * FROM account WHERE id = ?", stage.cast.lead.account)
    stage.attacker.insert("account", (bytes(16), "planted", *rest))
    stage.shows("account", "planted is in no log entry")


def test_an_account_deleted(stage: Stage) -> None:
    stage.attacker.run("DELETE FROM account WHERE id = ?", stage.cast.triage.account)
    stage.shows("roster", f"account {stage.cast.triage.account.hex()} is not there")
    with stage.units.reading() as unit:
        assert unit.session.get(Account, stage.cast.triage.account) is None
        assert stage.cast.triage.account not in {
            recipient.account for recipient in routing.recipients_after(unit, stage.cast.draft()).triage
        }


@pytest.mark.parametrize("column", ["sign_in_name", "display_name"])
def test_an_account_renamed(stage: Stage, column: str) -> None:
    """A reporter excludes people by their names."""
    stage.attacker.run(f"UPDATE account SET {column} = 'somebody else' WHERE id = ?", stage.cast.lead.account)
    stage.shows("account", "was changed past the system")


def test_an_undertakings_signature_deleted(stage: Stage) -> None:
    """Nothing is sealed to whoever has not signed: so a reader is kept away."""
    stage.attacker.run("DELETE FROM undertaking_signature WHERE account_id = ?", stage.cast.triage.account)
    stage.shows("undertaking", f"account {stage.cast.triage.account.hex()}'s signature under version 1 is in the log")


def test_a_channel_deleted(stage: Stage) -> None:
    """One that has no case yet: no other row misses it."""
    admin = stage.cast.administrator
    with stage.units.writing() as unit:
        channel = channels.create_channel(unit, admin.actor, code="new", name_th="ใหม่", name_en="New", position=9)
    stage.attacker.run("DELETE FROM channel WHERE id = ?", channel)
    stage.shows("channel", f"channel {channel.hex()} is in the log and not in the database")
