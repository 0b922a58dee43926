"""A lost passphrase: the printed code alone, a custodian alone, and both."""

from dataclasses import dataclass

import pytest
import time_machine
from sqlalchemy import text, update

from complaints import clock
from complaints.errors import Invalid, NotFound, Refused
from complaints.models import Account, Recovery, RecoveryShare
from complaints.services import accounts, log_reading, recovery, sessions
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.unit import Units
from complaints.vocabulary import AccountState, Event, Locale, Role
from crypto import PrivateKey, RecoveryCode
from tests.cast import PEPPER, Cast, Person, person

NEW = "tricolor upbeat canister moonlit gravel spiny"


@dataclass(frozen=True)
class Scene:
    """The investigator has printed a code; the cast's custodian holds the other half."""

    units: Units
    owner: Person
    custodian: Person
    code: RecoveryCode

    def ask(self, code: RecoveryCode | None = None, name: str | None = None) -> None:
        with self.units.writing() as unit:
            recovery.ask(unit, name or self.owner.name, code or self.code)

    def release(self, key: PrivateKey | None = None, by: Person | None = None) -> None:
        by = by or self.custodian
        with self.units.writing() as unit:
            recovery.release(unit, by.actor, key or by.identity_key, self.owner.account)

    def bring_back(self, code: RecoveryCode | None = None, name: str | None = None) -> recovery.Found:
        with self.units.reading() as unit:
            return recovery.bring_back(unit, name or self.owner.name, code or self.code)

    def asking(self, by: Person | None = None) -> tuple[recovery.RecoveryLine, ...]:
        with self.units.reading() as unit:
            return recovery.asking(unit, (by or self.custodian).actor)

    def sign_in_again(self) -> None:
        with self.units.writing() as unit:
            recovery.renew(unit, self.owner.actor, self.owner.new.seed)

    def holders(self) -> set[bytes]:
        with self.units.reading() as unit:
            return {row.custodian_id for row in unit.session.query(RecoveryShare)}


@pytest.fixture
def scene(units: Units, cast: Cast) -> Scene:
    with units.writing() as unit:
        code = recovery.draw_code(unit, cast.investigator.actor, cast.investigator.new.seed)
    return Scene(units, cast.investigator, cast.custodian, code)


def newcomer(units: Units) -> Person:
    """One custodian more."""
    someone = person("second-custodian", Role.CUSTODIAN)
    with units.writing() as unit:
        accounts.store_account(
            unit,
            someone.new,
            sign_in_name=someone.name,
            display_name=someone.display_name,
            roles=someone.roles,
            locale=Locale.THAI,
        )
    return someone


def refused(scene: Scene, code: RecoveryCode | None = None, name: str | None = None) -> None:
    with pytest.raises(Invalid) as error:
        scene.bring_back(code, name)
    assert error.value.problems == {"recovery_code": "refused"}


# -- Code alone, custodian alone, both -------------------------------------------------------------------------------


def test_code_and_custodian_together_bring_the_same_seed_back(scene: Scene) -> None:
    scene.ask()
    scene.release()
    assert scene.bring_back().seed == scene.owner.new.seed


def test_the_code_alone_opens_nothing(scene: Scene) -> None:
    refused(scene)
    scene.ask()
    refused(scene)
    with scene.units.reading() as unit:
        row = unit.session.get_one(Recovery, scene.owner.account)
        (share,) = unit.session.query(RecoveryShare)
        key = scene.code.key()
        with pytest.raises(Refused):
            recovery._unwrap(share.half, key, "custodian's half", scene.owner.account, scene.custodian.account)
        half = recovery._unwrap(row.code_half, key, "recovery code's half", scene.owner.account, b"")
    assert half.export() != scene.owner.new.seed.export()


def test_a_custodian_alone_opens_nothing(scene: Scene) -> None:
    with pytest.raises(NotFound):
        scene.release()
    with scene.units.reading() as unit:
        row = unit.session.get_one(Recovery, scene.owner.account)
        (share,) = unit.session.query(RecoveryShare)
        key = scene.custodian.identity_key
        with pytest.raises(Refused):
            recovery._unwrap(row.code_half, key, "recovery code's half", scene.owner.account, b"")
        half = recovery._unwrap(share.half, key, "custodian's half", scene.owner.account, scene.custodian.account)
    assert half.export() != scene.owner.new.seed.export()


def test_a_custodian_who_asks_with_another_code_gets_nothing(scene: Scene) -> None:
    other = RecoveryCode.generate()
    scene.ask(other)
    assert scene.asking() == ()
    scene.ask()
    scene.release()
    refused(scene, other)


def test_an_unknown_name_is_answered_as_a_wrong_code(scene: Scene) -> None:
    scene.ask(name="nobody")
    scene.ask(name="lead")
    assert scene.asking() == ()
    refused(scene, name="nobody")
    refused(scene, name="lead")


def test_a_custodians_session_is_not_enough(scene: Scene) -> None:
    """The half is wrapped to the identity key, which no session holds."""
    scene.ask()
    with pytest.raises(Refused):
        scene.release(scene.custodian.keys.work)


def test_whoever_holds_no_half_sees_nobody(scene: Scene) -> None:
    scene.ask()
    stranger = newcomer(scene.units)
    assert scene.asking(stranger) == ()
    with pytest.raises(NotFound):
        scene.release(by=stranger)


# -- Finishing -------------------------------------------------------------------------------------------------------


def finish(scene: Scene) -> RecoveryCode:
    found = scene.bring_back()
    locked = accounts.lock(found.seed, NEW, PEPPER, found.account)
    with scene.units.writing() as unit:
        return recovery.finish(unit, found, locked)


def test_the_new_passphrase_unlocks_the_old_keys_and_sessions_end(scene: Scene) -> None:
    with scene.units.writing() as unit:
        token = sessions.begin(unit, scene.owner.actor, scene.owner.keys)
    scene.ask()
    scene.release()
    finish(scene)
    with scene.units.reading() as unit:
        assert sessions.find(unit, token, unit.now) is None
        credential = accounts.find_credential(unit, scene.owner.name)
    assert accounts.open_credential(credential, NEW, PEPPER) == scene.owner.new.seed
    assert accounts.open_credential(credential, scene.owner.passphrase, PEPPER) is None


def test_a_used_code_is_worth_nothing_and_the_new_one_works(scene: Scene) -> None:
    scene.ask()
    scene.release()
    fresh = finish(scene)
    scene.ask()
    assert scene.asking() == ()
    scene.ask(fresh)
    scene.release()
    assert scene.bring_back(fresh).seed == scene.owner.new.seed


def test_of_two_who_finish_at_once_one_is_late(scene: Scene) -> None:
    scene.ask()
    scene.release()
    found = scene.bring_back()
    with scene.units.writing() as unit:
        recovery.finish(unit, found, scene.owner.new.locked)
    with pytest.raises(Invalid), scene.units.writing() as unit:
        recovery.finish(unit, found, scene.owner.new.locked)


def test_after_a_week_it_is_too_late(scene: Scene) -> None:
    scene.ask()
    scene.release()
    with time_machine.travel(clock.now() + recovery.LASTS, tick=False):
        assert scene.asking() == ()
        refused(scene)


def test_what_was_confirmed_can_be_taken_back(scene: Scene) -> None:
    scene.ask()
    scene.release()
    with scene.units.writing() as unit:
        recovery.decline(unit, scene.custodian.actor, scene.owner.account)
    refused(scene)


def test_a_suspended_account_is_not_brought_back(scene: Scene) -> None:
    scene.ask()
    scene.release()
    with scene.units.writing() as unit:
        account = unit.session.get_one(Account, scene.owner.account)
        account.state = AccountState.SUSPENDED
        account.vouched = accounts.vouching.for_account(unit.secrets, account)
    refused(scene)


def test_each_step_is_in_the_log(scene: Scene) -> None:
    scene.ask()
    scene.release()
    finish(scene)
    with scene.units.reading() as unit:
        said = [
            (line.fields["event"], line.fields.get("actor"))
            for line in reversed(log_reading.page(unit.session).lines)
            if str(line.fields["event"]).startswith("recovery.")
        ]
    owner, custodian = scene.owner.account.hex(), scene.custodian.account.hex()
    assert said == [
        (Event.RECOVERY_PREPARED, owner),
        (Event.RECOVERY_ASKED, None),
        (Event.RECOVERY_RELEASED, custodian),
        (Event.RECOVERED, owner),
        (Event.RECOVERY_PREPARED, owner),
    ]


# -- Custodians come and go ------------------------------------------------------------------------------------------


def test_a_removed_custodian_has_no_half_after_the_owners_next_sign_in(scene: Scene, cast: Cast) -> None:
    second = newcomer(scene.units)
    with scene.units.reading() as unit:
        (before,) = (row.half for row in unit.session.query(RecoveryShare))
    with scene.units.writing() as unit:
        accounts.change_roles(unit, cast.administrator.actor, cast.custodian.account, frozenset(), 1)
    scene.sign_in_again()
    assert scene.holders() == {second.account}
    scene.ask()
    scene.release(by=second)
    assert scene.bring_back().seed == scene.owner.new.seed
    # The half that the removed one had fits the code's half no more.
    with scene.units.reading() as unit:
        row = unit.session.get_one(Recovery, scene.owner.account)
        old = recovery._unwrap(
            before, cast.custodian.identity_key, "custodian's half", scene.owner.account, cast.custodian.account
        )
        new = recovery._unwrap(row.code_half, scene.code.key(), "recovery code's half", scene.owner.account, b"")
    assert recovery.join_seed(old, new) != scene.owner.new.seed


def test_who_is_a_custodian_no_longer_releases_nothing(scene: Scene, cast: Cast) -> None:
    """Their request came while they still were, and the owner has not signed in since."""
    scene.ask()
    with scene.units.writing() as unit:
        accounts.change_roles(unit, cast.administrator.actor, cast.custodian.account, frozenset(), 1)
    assert scene.holders() == {cast.custodian.account}
    with pytest.raises(NotFound):
        scene.release()
    refused(scene)


def test_nothing_is_drawn_anew_while_the_custodians_are_the_same(scene: Scene) -> None:
    with scene.units.reading() as unit:
        before = unit.session.get_one(Recovery, scene.owner.account).code_half
    scene.sign_in_again()
    with scene.units.reading() as unit:
        assert unit.session.get_one(Recovery, scene.owner.account).code_half == before


def test_a_custodian_cannot_help_themself(units: Units, cast: Cast) -> None:
    with units.writing() as unit:
        recovery.draw_code(unit, cast.custodian.actor, cast.custodian.new.seed)
        assert unit.session.query(RecoveryShare).count() == 0


# -- Somebody who can write to the database --------------------------------------------------------------------------


def test_a_swapped_codes_key_gets_no_half(scene: Scene, access_log: AccessLog) -> None:
    thief = RecoveryCode.generate()
    with scene.units.writing() as unit:
        public = thief.key().public_key().to_bytes()
        unit.session.execute(update(Recovery).values(code_public=public))
    scene.ask(thief)
    with pytest.raises(Refused):
        scene.release()
    scene.sign_in_again()
    with scene.units.reading() as unit:
        prepared = recovery.prepared(unit, scene.owner.actor)
        assert prepared is not None
        assert not prepared.holds
        assert [found.area for found in examine(unit, access_log)] == ["recovery"]


@pytest.mark.parametrize("attack", ["DELETE FROM recovery_share", "UPDATE recovery SET code_half = signature"])
def test_what_was_changed_is_shown(scene: Scene, access_log: AccessLog, attack: str) -> None:
    with scene.units.reading() as unit:
        assert list(examine(unit, access_log)) == []
    with scene.units.database.writing() as session:
        session.execute(text(attack))
    with scene.units.reading() as unit:
        assert [found.area for found in examine(unit, access_log)] == ["recovery"]


def test_an_older_passphrase_put_back_is_shown(scene: Scene, access_log: AccessLog) -> None:
    with scene.units.writing() as unit:
        accounts.change_lock(
            unit, scene.owner.actor, accounts.lock(scene.owner.new.seed, NEW, PEPPER, scene.owner.account)
        )
    with scene.units.reading() as unit:
        assert list(examine(unit, access_log)) == []
    with scene.units.writing() as unit:
        unit.session.get_one(Account, scene.owner.account).seed_locked = scene.owner.new.locked
    with scene.units.reading() as unit:
        assert "another passphrase" in next(found.what for found in examine(unit, access_log))
