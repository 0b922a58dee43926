"""References of cases, as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.services.references import ALPHABET, draw, read

REFERENCE = "BHG9-TWSQ"


@pytest.mark.parametrize(
    "typed",
    ["BHG9-TWSQ", "bhg9-twsq", "BHG9TWSQ", " bhg9 twsq ", "BHG9–TWSQ", "bh g9 tw sq", "ิ้เตะไหๆ", "ิ้เต-ะไหๆ"],
)
def test_the_same_reference_however_it_was_typed(typed: str) -> None:
    assert REFERENCE in read(typed)


@pytest.mark.parametrize("typed", ["", "-", "BHG9", "BHG9-TWSQ-X", "BHG0-TWSQ", "ใบเสร็จ", "ทุจริต!", "B" * 41, "0" * 32])
def test_other_words_are_no_reference(typed: str) -> None:
    assert read(typed) == frozenset()


@given(symbols=st.text(ALPHABET, min_size=8, max_size=8))
def test_whatever_is_drawn_is_read_back_alone(symbols: str) -> None:
    shown = f"{symbols[:4]}-{symbols[4:]}"
    for typed in (shown, symbols, symbols.lower(), shown.lower()):
        assert shown in read(typed)
        if any(symbol.isalpha() for symbol in symbols):
            assert read(typed) == {shown}


def test_what_is_drawn_is_of_that_shape() -> None:
    drawn = [draw() for _ in range(50)]
    assert all(reference in read(reference) for reference in drawn)
    assert len(set(drawn)) == len(drawn)
