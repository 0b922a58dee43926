"""Leaf data of the access log: what a commitment binds, and what it leaves out."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import SALT, commit, entry_data

SALTS = st.binary(min_size=SALT, max_size=SALT)
FIELD = st.tuples(st.text("abcกข", max_size=8), st.binary(max_size=20), SALTS)


@given(FIELD)
def test_has_the_documented_layout(field: tuple[str, bytes, bytes]) -> None:
    name, value, salt = field
    length = len(name.encode()).to_bytes(2, "big")
    assert commit(name, value, salt) == hashlib.sha256(salt + length + name.encode() + value).digest()


@given(FIELD, FIELD)
def test_two_fields_never_share_a_commitment(one: tuple[str, bytes, bytes], other: tuple[str, bytes, bytes]) -> None:
    assert (commit(*one) == commit(*other)) == (one == other)


def test_a_byte_that_moves_from_name_to_value_shows() -> None:
    assert commit("ab", b"c", bytes(SALT)) != commit("a", b"bc", bytes(SALT))


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=12))
def test_entry_is_version_count_and_commitments(commitments: list[bytes]) -> None:
    assert entry_data(commitments) == bytes((1, len(commitments))) + b"".join(commitments)


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_salt_of_another_length_is_a_mistake_of_ours(length: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        commit("event", b"", bytes(length))


def test_a_name_that_two_bytes_cannot_count_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="65535"):
        commit("x" * 65536, b"", bytes(SALT))


def test_more_fields_than_a_byte_counts_is_a_mistake_of_ours() -> None:
    assert entry_data([bytes(32)] * 255)[1] == 255
    with pytest.raises(ValueError, match="255"):
        entry_data([bytes(32)] * 256)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_commitment_of_another_length_is_a_mistake_of_ours(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        entry_data([bytes(32), bytes(length)])
