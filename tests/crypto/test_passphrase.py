"""Seeds locked under a passphrase. Two tests pay for the real profile; the rest use one that costs nothing."""

import unicodedata
from dataclasses import replace
from threading import Thread

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto import (
    PROFILES,
    RFC9106_SECOND,
    AccountSeed,
    Context,
    Malformed,
    Profile,
    WrongPassphrase,
    lock_seed,
    unlock_seed,
)
from crypto.suite import AESGCM
from tests.crypto.corruptions import CONTEXTS, flip, moved

SEED = AccountSeed.from_bytes(b"\x41" * 32)
PEPPER = b"\x42" * 32
PASSPHRASE = "ม้าลาย correct horse"


@pytest.fixture
def locked(place: Context, cheap: Profile) -> bytes:
    return lock_seed(SEED, PASSPHRASE, PEPPER, place, cheap)


def test_rfc_9106_test_vector() -> None:
    """RFC 9106 §5.3: the library's Argon2id, its secret and its lanes mean what the standard says."""
    argon2 = Argon2id(
        salt=b"\x02" * 16, length=32, iterations=3, lanes=4, memory_cost=32, ad=b"\x04" * 12, secret=b"\x03" * 8
    )
    assert argon2.derive(b"\x01" * 32).hex() == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"


def test_the_default_is_the_second_recommendation_of_rfc_9106(place: Context) -> None:
    locked = lock_seed(SEED, PASSPHRASE, PEPPER, place)
    assert (RFC9106_SECOND.memory, RFC9106_SECOND.iterations, RFC9106_SECOND.lanes) == (64 * 1024, 3, 4)
    assert locked[:2] == bytes((1, RFC9106_SECOND.id))
    assert unlock_seed(locked, PASSPHRASE, PEPPER, place) == SEED


def test_only_profiles_that_cost_something_are_known() -> None:
    assert all(profile.memory >= RFC9106_SECOND.memory for profile in PROFILES.values())
    assert all(number == profile.id for number, profile in PROFILES.items())


def test_opens(locked: bytes, place: Context) -> None:
    assert unlock_seed(locked, PASSPHRASE, PEPPER, place) == SEED


def test_has_the_documented_layout(locked: bytes, place: Context, cheap: Profile) -> None:
    assert (len(locked), locked[0], locked[1]) == (78, 1, cheap.id)
    argon2 = Argon2id(salt=locked[2:18], length=32, iterations=1, lanes=4, memory_cost=32, secret=PEPPER)
    password = unicodedata.normalize("NFKC", PASSPHRASE).encode()
    assert AESGCM(argon2.derive(password)).decrypt(locked[18:30], locked[30:], place.encode()) == SEED.export()


def test_is_never_the_same_twice(locked: bytes, place: Context, cheap: Profile) -> None:
    again = lock_seed(SEED, PASSPHRASE, PEPPER, place, cheap)
    assert again[2:18] != locked[2:18]
    assert again[30:] != locked[30:]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(passphrase=st.text(min_size=1, max_size=40))
def test_any_text_is_a_passphrase(place: Context, cheap: Profile, passphrase: str) -> None:
    assert unlock_seed(lock_seed(SEED, passphrase, PEPPER, place, cheap), passphrase, PEPPER, place) == SEED


@pytest.mark.parametrize(
    ("typed", "again"),
    [("น้ำ", unicodedata.normalize("NFKD", "น้ำ")), ("é", "e\u0301"), ("ABC", "\uff21\uff22\uff23")],
    ids=["sara am", "accent", "full width"],
)
def test_one_passphrase_from_two_keyboards(place: Context, cheap: Profile, typed: str, again: str) -> None:
    assert typed != again
    assert unlock_seed(lock_seed(SEED, typed, PEPPER, place, cheap), again, PEPPER, place) == SEED


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE.upper(), PASSPHRASE + " ", "\ud800"])
def test_wrong_passphrase(locked: bytes, place: Context, passphrase: str) -> None:
    with pytest.raises(WrongPassphrase):
        unlock_seed(locked, passphrase, PEPPER, place)


def test_other_pepper(locked: bytes, place: Context) -> None:
    with pytest.raises(WrongPassphrase):
        unlock_seed(locked, PASSPHRASE, b"\x43" * 32, place)


@pytest.mark.parametrize("name", CONTEXTS)
def test_moved_to_another_account(locked: bytes, place: Context, name: str) -> None:
    with pytest.raises(WrongPassphrase):
        unlock_seed(locked, PASSPHRASE, PEPPER, moved(place, name))


@pytest.mark.parametrize("position", [2, 17, 18, 29, 30, 61, 62, 77])
def test_flipped_byte(locked: bytes, place: Context, position: int) -> None:
    """At both ends of the salt, the nonce, the sealed seed and the tag."""
    with pytest.raises(WrongPassphrase):
        unlock_seed(flip(locked, position), PASSPHRASE, PEPPER, place)


@pytest.mark.parametrize("version", [0, 2, 255])
def test_unknown_version(locked: bytes, place: Context, version: int) -> None:
    with pytest.raises(Malformed):
        unlock_seed(bytes((version,)) + locked[1:], PASSPHRASE, PEPPER, place)


@pytest.mark.parametrize("profile", [0, 2, 254])
def test_unknown_profile(locked: bytes, place: Context, profile: int) -> None:
    with pytest.raises(Malformed):
        unlock_seed(locked[:1] + bytes((profile,)) + locked[2:], PASSPHRASE, PEPPER, place)


@pytest.mark.parametrize("change", ["empty", "one byte short", "one byte long"])
def test_wrong_length(locked: bytes, place: Context, change: str) -> None:
    broken = {"empty": b"", "one byte short": locked[:-1], "one byte long": locked + b"\0"}[change]
    with pytest.raises(Malformed):
        unlock_seed(broken, PASSPHRASE, PEPPER, place)


def test_malformed_is_known_before_any_work(place: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("crypto.passphrase.Argon2id")
    with pytest.raises(Malformed):
        unlock_seed(bytes((1, RFC9106_SECOND.id)) + bytes(10), PASSPHRASE, PEPPER, place)


def test_an_empty_passphrase_is_a_mistake_of_ours(place: Context, cheap: Profile) -> None:
    with pytest.raises(ValueError, match="empty"):
        lock_seed(SEED, "", PEPPER, place, cheap)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_pepper_of_another_length_is_a_mistake_of_ours(
    locked: bytes, place: Context, cheap: Profile, length: int
) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        lock_seed(SEED, PASSPHRASE, bytes(length), place, cheap)
    with pytest.raises(ValueError, match="32 bytes"):
        unlock_seed(locked, PASSPHRASE, bytes(length), place)


def test_a_profile_that_could_not_be_read_back_is_a_mistake_of_ours(place: Context) -> None:
    with pytest.raises(ValueError, match="profile"):
        lock_seed(SEED, PASSPHRASE, PEPPER, place, replace(RFC9106_SECOND, iterations=1))


def test_errors_do_not_quote_the_passphrase(locked: bytes, place: Context) -> None:
    with pytest.raises(WrongPassphrase) as error:
        unlock_seed(locked, "my own words", PEPPER, place)
    assert "words" not in repr(error.value)
    assert error.value.__cause__ is None


def test_many_at_once_all_end_well(place: Context, cheap: Profile) -> None:
    """Runs that share OpenSSL's pool of threads fail (with little memory) or wait for each other for ever (with much)."""
    locked = lock_seed(SEED, PASSPHRASE, PEPPER, place, cheap)
    opened: list[AccountSeed] = []

    def unlock() -> None:
        opened.extend(unlock_seed(locked, PASSPHRASE, PEPPER, place) for _ in range(200))

    threads = [Thread(target=unlock, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(opened) == 800
