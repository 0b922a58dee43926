"""Accounts: one answer and one price for every failed sign-in, gentle waits, and roles that cannot be combined or run out."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select, text

from complaints.config import Settings
from complaints.errors import Conflict, Invalid, NotFound, NotReady, PassphraseRefused, Refused
from complaints.models import Account, SessionRow, SignInBackoff
from complaints.services import accounts, backoff, log_reading, sessions
from complaints.services.accounts import Credential
from complaints.services.unit import Units
from complaints.vocabulary import AccountState, Event, Locale, Role
from crypto import AccountSeed, SessionToken
from tests.cast import PEPPER, Cast, Person

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with time_machine.travel(moment, tick=False):
        yield


@pytest.fixture
def no_argon2(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    """Unlocks by looking the passphrase up: for tests of what happens around it."""
    known = {(someone.new.locked, someone.passphrase): someone.new.seed for someone in cast.staff}

    def open_credential(credential: Credential, passphrase: str, _pepper: bytes) -> AccountSeed | None:
        return known.get((credential.locked, passphrase))

    monkeypatch.setattr(accounts, "open_credential", open_credential)


def try_sign_in(units: Units, name: str, passphrase: str) -> SessionToken | None:
    with units.reading() as unit:
        credential = accounts.find_credential(unit, name)
    seed = accounts.open_credential(credential, passphrase, PEPPER)
    with units.writing() as unit:
        return accounts.sign_in(unit, credential, seed)


def entries(units: Units, event: Event) -> list[dict[str, str | None]]:
    with units.reading() as unit:
        return [line.fields for line in log_reading.page(unit.session, event=event).lines]


# -- Signing in ------------------------------------------------------------------------------------------------------


def test_the_right_passphrase_opens_the_accounts_own_seed(units: Units, cast: Cast) -> None:
    with units.reading() as unit:
        credential = accounts.find_credential(unit, cast.lead.name)
    seed = accounts.open_credential(credential, cast.lead.passphrase, PEPPER)
    assert seed is not None
    assert seed.export() == cast.lead.new.seed.export()


def test_an_unknown_name_costs_one_run_and_opens_nothing(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[bytes] = []
    unlock = accounts.unlock_seed
    monkeypatch.setattr(accounts, "unlock_seed", lambda locked, *rest: runs.append(locked) or unlock(locked, *rest))
    with units.reading() as unit:
        credential = accounts.find_credential(unit, "nobody")
    assert credential.account is None
    assert accounts.open_credential(credential, "nobody correct horse", PEPPER) is None
    assert [len(locked) for locked in runs] == [78]


def test_what_was_typed_as_a_name_is_not_kept_with_the_statement(units: Units) -> None:
    with units.reading() as unit:
        accounts.find_credential(unit, "canary-passphrase")
    kept = units.database.engine._compiled_cache
    assert kept
    values = [bound.value for compiled in kept.values() for bound in compiled.cache_key.bindparams]
    assert "canary-passphrase" not in values


@pytest.mark.parametrize("typed", ["LEAD", " lead ", "ｌｅａｄ", "Lead\u00a0"])
def test_a_name_is_found_however_it_is_typed(units: Units, cast: Cast, typed: str) -> None:
    with units.reading() as unit:
        assert accounts.find_credential(unit, typed).account == cast.lead.account


def test_signing_in_is_entered_and_begins_a_session(units: Units, cast: Cast, no_argon2: None) -> None:
    token = try_sign_in(units, "lead", cast.lead.passphrase)
    assert token is not None
    with units.reading() as unit:
        opened = sessions.find(unit, token, unit.now)
    assert opened is not None
    assert opened.account == cast.lead.account
    assert [entry["actor"] for entry in entries(units, Event.SIGNED_IN)] == [cast.lead.account.hex()]


def test_a_wrong_passphrase_is_refused_counted_and_entered(units: Units, cast: Cast, no_argon2: None) -> None:
    assert try_sign_in(units, "lead", "wrong") is None
    (entry,) = entries(units, Event.SIGN_IN_FAILED)
    assert entry["subject"] == cast.lead.account.hex()
    with units.reading() as unit:
        assert unit.session.get_one(SignInBackoff, (cast.lead.account, backoff.STRANGERS)).failures == 1
        assert unit.session.scalar(select(func.count()).select_from(SessionRow)) == 0


def test_of_an_unknown_name_nothing_is_kept(units: Units, settings: Settings, cast: Cast, no_argon2: None) -> None:
    name = "my secret passphrase, typed into the wrong field"
    before = len(entries(units, Event.SIGN_IN_FAILED))
    assert try_sign_in(units, name, "x") is None
    assert len(entries(units, Event.SIGN_IN_FAILED)) == before
    with units.reading() as unit:
        for model in (SignInBackoff, SessionRow):
            assert unit.session.scalar(select(func.count()).select_from(model)) == 0
    assert name.encode() not in _bytes_on_disk(settings)


def _bytes_on_disk(settings: Settings) -> bytes:
    return b"".join(path.read_bytes() for path in settings.data_dir.glob("complaints.sqlite*"))


def test_a_suspended_account_is_refused_like_a_wrong_passphrase(units: Units, cast: Cast, no_argon2: None) -> None:
    with units.writing() as unit:
        unit.session.get_one(Account, cast.lead.account).state = AccountState.SUSPENDED
    assert try_sign_in(units, "lead", cast.lead.passphrase) is None
    assert len(entries(units, Event.SIGN_IN_FAILED)) == 1


def test_a_passphrase_that_was_changed_while_it_was_tried_is_a_mistake(
    units: Units, cast: Cast, no_argon2: None
) -> None:
    """Argon2id takes its time, and the credential was read before it."""
    lead = cast.lead
    with units.reading() as unit:
        credential = accounts.find_credential(unit, lead.name)
    with units.writing() as unit:
        accounts.change_lock(unit, lead.actor, accounts.locked_seed_of(unit, cast.triage.account))
    with units.writing() as unit:
        assert accounts.sign_in(unit, credential, lead.new.seed) is None
    (entry,) = entries(units, Event.SIGN_IN_FAILED)
    assert entry["subject"] == lead.account.hex()


def test_four_mistakes_are_free(units: Units, cast: Cast, no_argon2: None) -> None:
    with at(NOON):
        for _ in range(4):
            assert try_sign_in(units, "lead", "wrong") is None
        assert try_sign_in(units, "lead", cast.lead.passphrase) is not None


def test_after_the_fifth_even_the_right_passphrase_waits_a_minute(units: Units, cast: Cast, no_argon2: None) -> None:
    with at(NOON):
        for _ in range(5):
            try_sign_in(units, "lead", "wrong")
        assert try_sign_in(units, "lead", cast.lead.passphrase) is None
    with at(NOON + timedelta(minutes=1)):
        assert try_sign_in(units, "lead", cast.lead.passphrase) is not None


def test_waits_double_up_to_five_minutes(units: Units, cast: Cast, no_argon2: None) -> None:
    moment, waits = NOON, []
    for _ in range(10):
        with at(moment):
            try_sign_in(units, "lead", "wrong")
            with units.reading() as unit:
                until = unit.session.get_one(SignInBackoff, (cast.lead.account, backoff.STRANGERS)).waits_until
        waits.append((until - moment) // timedelta(minutes=1))
        moment = max(moment, until)
    assert waits == [0, 0, 0, 0, 1, 2, 4, 5, 5, 5]


def test_tries_while_waiting_are_neither_counted_nor_entered(units: Units, cast: Cast, no_argon2: None) -> None:
    with at(NOON):
        for _ in range(8):
            try_sign_in(units, "lead", "wrong")
        with units.reading() as unit:
            counted = unit.session.get_one(SignInBackoff, (cast.lead.account, backoff.STRANGERS))
        assert (counted.failures, counted.waits_until) == (5, NOON + timedelta(minutes=1))
        assert len(entries(units, Event.SIGN_IN_FAILED)) == 5


def test_one_who_waits_keeps_nobody_else_waiting(units: Units, cast: Cast, no_argon2: None) -> None:
    with at(NOON):
        for _ in range(5):
            try_sign_in(units, "lead", "wrong")
        assert try_sign_in(units, "auditor", cast.auditor.passphrase) is not None


def test_success_forgets_earlier_mistakes(units: Units, cast: Cast, no_argon2: None) -> None:
    with at(NOON):
        for _ in range(4):
            try_sign_in(units, "lead", "wrong")
        assert try_sign_in(units, "lead", cast.lead.passphrase) is not None
        for _ in range(4):
            try_sign_in(units, "lead", "wrong")
        assert try_sign_in(units, "lead", cast.lead.passphrase) is not None


@pytest.mark.parametrize("column", ["work_public", "identity_public", "verify_public"])
def test_a_swapped_public_key_is_said_aloud_when_its_owner_signs_in(
    units: Units, cast: Cast, no_argon2: None, column: str
) -> None:
    with units.database.writing() as session:
        session.connection().execute(
            text(f"UPDATE account SET {column} = (SELECT {column} FROM account WHERE id = :theirs) WHERE id = :own"),
            {"theirs": cast.unassigned.account, "own": cast.lead.account},
        )
    with pytest.raises(Refused):
        try_sign_in(units, "lead", cast.lead.passphrase)


def test_a_seed_moved_to_another_account_does_not_unlock(units: Units, cast: Cast) -> None:
    with units.reading() as unit:
        locked = accounts.locked_seed_of(unit, cast.lead.account)
    with pytest.raises(PassphraseRefused):
        accounts.unlock(locked, cast.lead.passphrase, PEPPER, cast.unassigned.account)


def test_the_passphrase_asked_for_again_gives_the_seed(units: Units, cast: Cast) -> None:
    with units.reading() as unit:
        locked = accounts.locked_seed_of(unit, cast.lead.account)
    assert (
        accounts.unlock(locked, cast.lead.passphrase, PEPPER, cast.lead.account).export() == cast.lead.new.seed.export()
    )


def test_a_flood_is_told_to_wait_and_runs_nothing(units: Units, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_argon2", threading.BoundedSemaphore(1))
    monkeypatch.setattr(accounts, "_PATIENCE", 0.01)
    monkeypatch.setattr(accounts, "unlock_seed", None)
    accounts._argon2.acquire()
    with pytest.raises(NotReady):
        accounts.open_credential(Credential(None, bytes(78)), "x", PEPPER)


# -- New accounts ----------------------------------------------------------------------------------------------------


def store(units: Units, cast: Cast, **changes: object) -> None:
    values = {"sign_in_name": "new", "display_name": "New", "roles": frozenset(), "locale": Locale.ENGLISH} | changes
    new = accounts.NewAccount(bytes(range(16)), cast.lead.new.seed, cast.lead.new.locked)
    with units.writing() as unit:
        accounts.store_account(unit, new, **values)  # type: ignore[arg-type]


def test_fourteen_characters_are_too_few() -> None:
    with pytest.raises(Invalid) as error:
        accounts.draft_account("x" * 14, PEPPER)
    assert error.value.problems == {"passphrase": "too-short"}


@pytest.mark.parametrize("name", ["lead", "LEAD", "ｌｅａｄ"])
def test_a_name_that_reads_alike_is_taken(units: Units, cast: Cast, name: str) -> None:
    with pytest.raises(Invalid) as error:
        store(units, cast, sign_in_name=name)
    assert error.value.problems == {"sign_in_name": "taken"}


def test_roles_that_exclude_each_other_are_refused_from_the_start(units: Units, cast: Cast) -> None:
    with pytest.raises(Invalid) as error:
        store(units, cast, roles=frozenset({Role.ADMINISTRATOR, Role.INVESTIGATOR}))
    assert error.value.problems == {"roles": "exclusive"}


def test_names_are_needed(units: Units, cast: Cast) -> None:
    with pytest.raises(Invalid) as error:
        store(units, cast, sign_in_name=" ", display_name="")
    assert error.value.problems == {"sign_in_name": "missing", "display_name": "missing"}


def test_a_new_account_is_entered(units: Units, cast: Cast) -> None:
    store(units, cast, roles=frozenset({Role.AUDITOR}))
    newest = entries(units, Event.ACCOUNT_CREATED)[0]
    assert (newest["subject"], newest["reason"]) == (bytes(range(16)).hex(), "-> auditor")


# -- Roles -----------------------------------------------------------------------------------------------------------


def change(units: Units, actor: Person, of: Person, *roles: Role, version: int = 1) -> None:
    with units.writing() as unit:
        accounts.change_roles(unit, actor.actor, of.account, frozenset(roles), version)


def roles_now(units: Units, person: Person) -> frozenset[Role]:
    with units.reading() as unit:
        return accounts.read_account(unit, person.account).roles


def test_roles_change_and_the_log_says_from_what_to_what(units: Units, cast: Cast) -> None:
    change(units, cast.administrator, cast.unassigned, Role.CUSTODIAN, Role.INVESTIGATOR)
    assert roles_now(units, cast.unassigned) == {Role.CUSTODIAN, Role.INVESTIGATOR}
    (entry,) = entries(units, Event.ROLES_CHANGED)
    assert entry["actor"] == cast.administrator.account.hex()
    assert entry["subject"] == cast.unassigned.account.hex()
    assert entry["reason"] == "investigator -> custodian investigator"


def test_a_changed_account_is_signed_out_everywhere(units: Units, cast: Cast) -> None:
    with units.writing() as unit:
        token = sessions.begin(unit, cast.unassigned.actor, cast.unassigned.keys)
    change(units, cast.administrator, cast.unassigned)
    with units.reading() as unit:
        assert sessions.find(unit, token, unit.now) is None


def test_roles_that_stay_the_same_change_nothing(units: Units, cast: Cast) -> None:
    change(units, cast.administrator, cast.unassigned, Role.INVESTIGATOR)
    assert entries(units, Event.ROLES_CHANGED) == []


EXCLUSIVE = [
    (Role.ADMINISTRATOR, Role.INVESTIGATOR),
    (Role.ADMINISTRATOR, Role.CUSTODIAN),
    (Role.ADMINISTRATOR, Role.AUDITOR),
    (Role.AUDITOR, Role.INVESTIGATOR),
    (Role.AUDITOR, Role.CUSTODIAN),
]


@pytest.mark.parametrize("roles", EXCLUSIVE)
def test_roles_that_exclude_each_other_are_refused(units: Units, cast: Cast, roles: tuple[Role, Role]) -> None:
    with pytest.raises(Invalid) as error:
        change(units, cast.administrator, cast.unassigned, *roles)
    assert error.value.problems == {"roles": "exclusive"}
    assert roles_now(units, cast.unassigned) == {Role.INVESTIGATOR}


def test_the_last_administrator_keeps_the_role(units: Units, cast: Cast) -> None:
    with pytest.raises(Invalid) as error:
        change(units, cast.administrator, cast.administrator)
    assert error.value.problems == {"roles": "last-administrator"}
    assert roles_now(units, cast.administrator) == {Role.ADMINISTRATOR}


def make_second(units: Units, cast: Cast) -> None:
    """The auditor becomes an administrator, by two people."""
    with units.writing() as unit:
        roles = frozenset({Role.ADMINISTRATOR})
        accounts.change_roles(unit, cast.administrator.actor, cast.auditor.account, roles, 1, confirmed=True)


def test_one_person_makes_no_administrator_where_there_is_a_lead(units: Units, cast: Cast) -> None:
    with pytest.raises(Invalid) as error:
        change(units, cast.administrator, cast.auditor, Role.ADMINISTRATOR)
    assert error.value.problems == {"roles": "two-people"}


@pytest.mark.usefixtures("before_any_lead")
def test_before_there_is_a_lead_the_first_makes_the_second_and_no_third(units: Units, cast: Cast) -> None:
    change(units, cast.administrator, cast.auditor, Role.ADMINISTRATOR)
    with pytest.raises(Invalid) as error:
        change(units, cast.administrator, cast.unassigned, Role.ADMINISTRATOR)
    assert error.value.problems == {"roles": "two-people"}


def test_of_two_administrators_one_may_go(units: Units, cast: Cast) -> None:
    make_second(units, cast)
    with pytest.raises(Invalid):
        change(units, cast.auditor, cast.administrator)
    change(units, cast.administrator, cast.administrator)
    assert roles_now(units, cast.administrator) == frozenset()


def test_two_who_lay_down_the_role_at_once_leave_one(units: Units, cast: Cast) -> None:
    make_second(units, cast)
    together = threading.Barrier(2)
    outcomes: list[object] = []

    def take(actor: Person, of: Person, version: int) -> Callable[[], None]:
        def act() -> None:
            together.wait()
            try:
                change(units, actor, of, version=version)
                outcomes.append("taken")
            except Invalid:
                outcomes.append("denied")

        return act

    threads = [
        threading.Thread(target=take(cast.administrator, cast.administrator, 1)),
        threading.Thread(target=take(cast.auditor, cast.auditor, 2)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["denied", "taken"]
    left = [person for person in (cast.administrator, cast.auditor) if roles_now(units, person)]
    assert len(left) == 1


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(units: Units, cast: Cast) -> None:
    change(units, cast.administrator, cast.unassigned, Role.CUSTODIAN)
    with pytest.raises(Conflict):
        change(units, cast.administrator, cast.unassigned, Role.INVESTIGATOR, version=1)
    assert roles_now(units, cast.unassigned) == {Role.CUSTODIAN}


def test_no_such_account(units: Units, cast: Cast) -> None:
    with pytest.raises(NotFound), units.writing() as unit:
        accounts.change_roles(unit, cast.administrator.actor, bytes(16), frozenset(), 1)


# -- Known devices ---------------------------------------------------------------------------------------------------


@pytest.fixture
def device(units: Units, cast: Cast) -> SessionToken:
    """The lead's own."""
    with at(NOON), units.writing() as unit:
        return backoff.remember_device(unit, cast.lead.account)


def try_from(units: Units, device: SessionToken | None, name: str, passphrase: str) -> SessionToken | None:
    with units.reading() as unit:
        credential = accounts.find_credential(unit, name)
    seed = accounts.open_credential(credential, passphrase, PEPPER)
    with units.writing() as unit:
        return accounts.sign_in(unit, credential, seed, device=device)


def test_a_stranger_who_tries_on_and_on_never_keeps_the_owner_out(
    units: Units, cast: Cast, no_argon2: None, device: SessionToken
) -> None:
    for minute in range(30):
        with at(NOON + timedelta(minutes=minute)):
            for _ in range(10):
                assert try_from(units, None, "lead", "wrong") is None
            assert try_from(units, None, "lead", cast.lead.passphrase) is None
            assert try_from(units, device, "lead", cast.lead.passphrase) is not None
            with units.reading() as unit:
                assert not backoff.is_waiting(unit, cast.lead.account)


def test_a_known_device_waits_for_its_own_mistakes(
    units: Units, cast: Cast, no_argon2: None, device: SessionToken
) -> None:
    with at(NOON):
        for _ in range(5):
            assert try_from(units, device, "lead", "wrong") is None
        assert try_from(units, device, "lead", cast.lead.passphrase) is None
        assert try_from(units, None, "lead", cast.lead.passphrase) is not None


def test_anothers_device_is_a_strangers(units: Units, cast: Cast, no_argon2: None, device: SessionToken) -> None:
    with at(NOON):
        for _ in range(5):
            try_from(units, None, "auditor", "wrong")
        assert try_from(units, device, "auditor", cast.auditor.passphrase) is None


@pytest.mark.parametrize("days", [181, 400])
def test_a_device_is_known_for_a_while(
    units: Units, cast: Cast, no_argon2: None, device: SessionToken, days: int
) -> None:
    with at(NOON + timedelta(days=days)):
        for _ in range(5):
            try_from(units, None, "lead", "wrong")
        assert try_from(units, device, "lead", cast.lead.passphrase) is None


def test_a_forgotten_device_is_a_strangers(units: Units, cast: Cast, no_argon2: None, device: SessionToken) -> None:
    with at(NOON):
        with units.writing() as unit:
            backoff.forget_devices(unit, cast.lead.account)
        for _ in range(5):
            try_from(units, None, "lead", "wrong")
        assert try_from(units, device, "lead", cast.lead.passphrase) is None


def test_a_flood_of_sign_ins_is_turned_away_at_once_and_leaves_the_signed_in_their_lane(
    monkeypatch: pytest.MonkeyPatch, cast: Cast
) -> None:
    monkeypatch.setattr(accounts, "_strangers", threading.BoundedSemaphore(1))
    locked = cast.lead.new.locked
    with accounts._strangers:
        began = time.monotonic()
        with pytest.raises(NotReady):
            accounts.open_credential(accounts.Credential(None, accounts._DECOY), "any passphrase", PEPPER)
        assert time.monotonic() - began < accounts._PATIENCE / 2
        accounts.unlock(locked, cast.lead.passphrase, PEPPER, cast.lead.account)
