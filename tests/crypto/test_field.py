"""Sealed fields and the padding that blurs their length."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import CannotOpen, Context, Malformed, SecretKey, open_field, padme, seal_field
from crypto.suite import AESGCM
from tests.crypto.corruptions import CONTEXTS, flip, moved

KEY = SecretKey.from_bytes(b"\x21" * 32)
PLACE = Context("answer", key_id=KEY.key_id)


class TestSealing:
    @given(st.binary(max_size=3000))
    def test_any_value_comes_back(self, plaintext: bytes) -> None:
        assert open_field(seal_field(plaintext, KEY, PLACE), KEY, PLACE) == plaintext

    @given(st.binary(max_size=40), st.integers(41, 200))
    def test_any_value_comes_back_from_a_fixed_size(self, plaintext: bytes, size: int) -> None:
        sealed = seal_field(plaintext, KEY, PLACE, size=size)
        assert len(sealed) == 1 + 12 + size + 16
        assert open_field(sealed, KEY, PLACE) == plaintext

    @pytest.mark.parametrize("plaintext", [b"", b"\0", b"\x80", b"\x80\0\0", b"\0" * 63, b"\x80" * 64])
    def test_values_that_look_like_padding_come_back(self, plaintext: bytes) -> None:
        assert open_field(seal_field(plaintext, KEY, PLACE), KEY, PLACE) == plaintext

    def test_is_never_the_same_twice(self) -> None:
        assert seal_field(b"x", KEY, PLACE) != seal_field(b"x", KEY, PLACE)

    def test_has_the_documented_layout(self) -> None:
        sealed = seal_field(b"abc", KEY, PLACE)
        cipher = AESGCM(KEY.derive(b"complaints/field/1", PLACE.encode()))
        assert sealed[0] == 1
        assert cipher.decrypt(sealed[1:13], sealed[13:], PLACE.encode()) == b"abc\x80" + bytes(60)

    def test_an_empty_value_looks_like_any_short_one(self) -> None:
        assert len(seal_field(b"", KEY, PLACE)) == len(seal_field(b"n" * 63, KEY, PLACE)) == 1 + 12 + 64 + 16

    def test_a_value_that_fills_the_floor_takes_the_next_size(self) -> None:
        assert len(seal_field(b"n" * 64, KEY, PLACE)) == 1 + 12 + padme(65) + 16

    def test_a_value_that_just_fits_its_size(self) -> None:
        assert open_field(seal_field(b"n" * 9, KEY, PLACE, size=10), KEY, PLACE) == b"n" * 9

    @pytest.mark.parametrize("size", [0, 9])
    def test_a_value_that_does_not_fit_is_not_quoted(self, size: int) -> None:
        with pytest.raises(ValueError, match="does not fit") as error:
            seal_field(b"confident", KEY, PLACE, size=size)
        assert "confident" not in str(error.value)


class TestOpening:
    @pytest.mark.parametrize("name", CONTEXTS)
    def test_moved_to_another_place(self, key: SecretKey, place: Context, name: str) -> None:
        sealed = seal_field(b"secret", key, place)
        with pytest.raises(CannotOpen):
            open_field(sealed, key, moved(place, name))

    def test_other_key(self, key: SecretKey, place: Context) -> None:
        with pytest.raises(CannotOpen):
            open_field(seal_field(b"secret", key, place), SecretKey.generate(), place)

    @pytest.mark.parametrize("position", [1, 12, 13, 76, 77, 92])
    def test_flipped_byte(self, key: SecretKey, place: Context, position: int) -> None:
        """In the nonce, the value, its padding and the tag."""
        sealed = seal_field(b"secret", key, place)
        with pytest.raises(CannotOpen):
            open_field(flip(sealed, position), key, place)

    def test_cut(self, key: SecretKey, place: Context) -> None:
        with pytest.raises(CannotOpen):
            open_field(seal_field(b"secret", key, place)[:-1], key, place)

    def test_extended(self, key: SecretKey, place: Context) -> None:
        with pytest.raises(CannotOpen):
            open_field(seal_field(b"secret", key, place) + b"\0", key, place)

    @pytest.mark.parametrize("version", [0, 2, 255])
    def test_unknown_version(self, key: SecretKey, place: Context, version: int) -> None:
        with pytest.raises(Malformed):
            open_field(bytes((version,)) + seal_field(b"secret", key, place)[1:], key, place)

    @pytest.mark.parametrize("length", [0, 1, 29])
    def test_too_short(self, key: SecretKey, place: Context, length: int) -> None:
        with pytest.raises(Malformed):
            open_field(b"\x01" * length, key, place)

    @pytest.mark.parametrize("padded", [b"\0" * 64, b"no mark", b"\x81\0"])
    def test_padding_without_its_mark(self, padded: bytes) -> None:
        """Only the key's holder can seal this; it is refused all the same."""
        encoded = PLACE.encode()
        cipher = AESGCM(KEY.derive(b"complaints/field/1", encoded))
        with pytest.raises(CannotOpen):
            open_field(b"\x01" + bytes(12) + cipher.encrypt(bytes(12), padded, encoded), KEY, PLACE)


class TestPadme:
    @given(st.integers(0, 2**40))
    def test_never_shrinks_and_never_adds_an_eighth(self, length: int) -> None:
        assert length <= padme(length) <= length + length // 8 + 1

    @given(st.integers(0, 2**40))
    def test_is_a_fixed_point(self, length: int) -> None:
        assert padme(padme(length)) == padme(length)

    @given(st.integers(0, 2**30), st.integers(0, 2**30))
    def test_keeps_order(self, one: int, other: int) -> None:
        assert (padme(one) <= padme(other)) or one > other

    @given(st.integers(2, 2**40))
    def test_is_the_paper_s_algorithm(self, length: int) -> None:
        """Algorithm 1, with its logarithms."""
        exponent = math.floor(math.log2(length))
        bits = math.floor(math.log2(exponent)) + 1 if exponent else 0
        low = exponent - bits
        mask = (1 << low) - 1 if low > 0 else 0
        assert padme(length) == (length + mask) & ~mask

    def test_few_sizes_are_left(self) -> None:
        assert len({padme(length) for length in range(64, 100_000)}) < 200

    def test_a_negative_length_is_a_mistake_of_ours(self) -> None:
        with pytest.raises(ValueError, match="negative"):
            padme(-1)
