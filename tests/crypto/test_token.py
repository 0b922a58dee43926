"""Session tokens and what is sealed under them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import CannotOpen, Context, Malformed, SessionToken
from crypto.suite import AESGCM, derive
from tests.crypto.corruptions import CONTEXTS, flip, moved

BASE64URL = string.ascii_letters + string.digits + "-_"
TOKEN = SessionToken(b"\x51" * 32)
PLACE = Context("session seeds")


class TestText:
    @given(st.binary(min_size=32, max_size=32))
    def test_comes_back(self, data: bytes) -> None:
        token = SessionToken(data)
        assert SessionToken.from_text(token.text()) == token
        assert len(token.text()) == 43
        assert set(token.text()) <= set(BASE64URL)

    @given(st.text(BASE64URL, min_size=43, max_size=43))
    def test_one_token_has_one_text(self, text: str) -> None:
        try:
            token = SessionToken.from_text(text)
        except Malformed:
            return
        assert token.text() == text

    @given(st.text(max_size=60))
    def test_any_other_text_is_malformed(self, text: str) -> None:
        with pytest.raises(Malformed):
            SessionToken.from_text(text)

    @pytest.mark.parametrize(
        "broken",
        ["", TOKEN.text()[:-1], TOKEN.text() + "A", TOKEN.text() + "=", TOKEN.text() + "\n", "\ud800" * 43],
        ids=["empty", "one short", "one long", "padded", "line end", "surrogates"],
    )
    def test_wrong_length_or_alphabet(self, broken: str) -> None:
        with pytest.raises(Malformed):
            SessionToken.from_text(broken)

    def test_standard_base64(self) -> None:
        with pytest.raises(Malformed):
            SessionToken.from_text("+/" + TOKEN.text()[2:])

    def test_stray_low_bits(self) -> None:
        with pytest.raises(Malformed):
            SessionToken.from_text("A" * 42 + "B")


class TestLookup:
    def test_is_derived_under_a_label_of_its_own(self) -> None:
        assert TOKEN.lookup() == derive(b"\x51" * 32, b"complaints/session/lookup/1")

    def test_differs_for_two_tokens(self) -> None:
        assert SessionToken.generate().lookup() != SessionToken.generate().lookup()


class TestSealing:
    @given(st.binary(max_size=300))
    def test_any_data_comes_back(self, data: bytes) -> None:
        assert TOKEN.open(TOKEN.seal(data, PLACE), PLACE) == data

    def test_is_never_the_same_twice(self) -> None:
        assert TOKEN.seal(b"x", PLACE) != TOKEN.seal(b"x", PLACE)

    def test_has_the_documented_layout(self) -> None:
        sealed = TOKEN.seal(b"seeds", PLACE)
        cipher = AESGCM(derive(b"\x51" * 32, b"complaints/session/seal/1", PLACE.encode()))
        assert (sealed[0], len(sealed)) == (1, 1 + 12 + 5 + 16)
        assert cipher.decrypt(sealed[1:13], sealed[13:], PLACE.encode()) == b"seeds"

    def test_other_token(self) -> None:
        with pytest.raises(CannotOpen):
            SessionToken.generate().open(TOKEN.seal(b"seeds", PLACE), PLACE)

    def test_lookup_value_does_not_open(self) -> None:
        with pytest.raises(CannotOpen):
            SessionToken(TOKEN.lookup()).open(TOKEN.seal(b"seeds", PLACE), PLACE)

    @pytest.mark.parametrize("name", CONTEXTS)
    def test_moved_to_another_row(self, place: Context, name: str) -> None:
        with pytest.raises(CannotOpen):
            TOKEN.open(TOKEN.seal(b"seeds", place), moved(place, name))

    @pytest.mark.parametrize("position", [1, 12, 13, 17, 18, 33])
    def test_flipped_byte(self, position: int) -> None:
        with pytest.raises(CannotOpen):
            TOKEN.open(flip(TOKEN.seal(b"seeds", PLACE), position), PLACE)

    @pytest.mark.parametrize("version", [0, 2, 255])
    def test_unknown_version(self, version: int) -> None:
        with pytest.raises(Malformed):
            TOKEN.open(bytes((version,)) + TOKEN.seal(b"seeds", PLACE)[1:], PLACE)

    @pytest.mark.parametrize("length", [0, 1, 28])
    def test_too_short(self, length: int) -> None:
        with pytest.raises(Malformed):
            TOKEN.open(b"\x01" * length, PLACE)

    def test_cut(self) -> None:
        with pytest.raises(CannotOpen):
            TOKEN.open(TOKEN.seal(b"seeds", PLACE)[:-1], PLACE)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_token_of_another_length(length: int) -> None:
    with pytest.raises(Malformed):
        SessionToken(bytes(length))
