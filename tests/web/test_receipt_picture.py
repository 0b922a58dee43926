"""A receipt's picture: what a camera reads in it is the receipt."""

import re

import pytest
import segno

from complaints.web import receipt_picture
from crypto import Receipt

MADE_BY_HAND = ["0" * 34, ":" * 34, ("ZZZZ-" * 7)[:34], ("7-" * 17)]


def modules(code: segno.QRCode) -> set[tuple[int, int]]:
    return {(x, y) for y, row in enumerate(code.matrix) for x, module in enumerate(row) if module}


def drawn(picture: str) -> set[tuple[int, int]]:
    """The dark modules, from the lines of the drawing."""
    lines = re.findall(r"M(\d+) (\d+)\.5h(\d+)", picture)
    return {(int(x) - 4 + along, int(y) - 4) for x, y, length in lines for along in range(int(length))}


@pytest.mark.parametrize("text", MADE_BY_HAND)
def test_the_drawing_is_the_librarys_code_module_by_module(text: str) -> None:
    require_the_librarys(text)


def test_receipts_are_drawn_as_the_library_draws_them() -> None:
    for _ in range(20):
        require_the_librarys(Receipt.generate().grouped())


def require_the_librarys(text: str) -> None:
    expected = segno.make(text, error="m", version=2, mode="alphanumeric", mask=2, boost_error=False)
    assert drawn(receipt_picture.draw(text)) == modules(expected)


def test_the_drawing_has_the_light_border_that_cameras_need() -> None:
    picture = receipt_picture.draw(Receipt.generate().grouped())
    assert picture.startswith('<svg viewBox="0 0 33 33" class="qr"><path fill="#fff" d="M0 0h33v33h-33z"/>')
    assert picture.endswith('"/></svg>')


@pytest.mark.parametrize("text", ["", "0" * 33, "0" * 35, "a" * 34, "ก" * 34])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"34 letters|substring not found"):
        receipt_picture.draw(text)
