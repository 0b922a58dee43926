"""The keys and places that these tests share."""

import pytest
from hypothesis import settings

from crypto import PROFILES, AccountSeed, Context, PrivateKey, Profile, SecretKey

# The first use of a primitive is slow on a busy machine, and that is no failure.
settings.register_profile("crypto", deadline=None)
settings.load_profile("crypto")


@pytest.fixture
def key() -> SecretKey:
    return SecretKey.from_bytes(bytes(range(32)))


@pytest.fixture
def place(key: SecretKey) -> Context:
    """Where the value under test belongs: every part is set, so that each can be changed."""
    return Context("answer", b"case-one-16bytes", "report", key.key_id, b"record-1-16bytes", "what", 3)


@pytest.fixture(scope="session")
def holder() -> PrivateKey:
    return AccountSeed.from_bytes(b"\x01" * 32).work()


@pytest.fixture(scope="session")
def stranger() -> PrivateKey:
    return AccountSeed.from_bytes(b"\x02" * 32).work()


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A profile that costs nothing, known while the test runs; the real one is 180 ms a time."""
    profile = Profile(id=0xFF, memory=32, iterations=1, lanes=4)
    monkeypatch.setitem(PROFILES, profile.id, profile)
    return profile
