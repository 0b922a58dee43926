"""Tables on a phone: each row a card, where what is too long to stand beside its label has the whole line below it."""

import pytest

from tests.browser.conftest import NewVisitor
from tests.browser.visitor import Device

_PLACES = """() => [...document.querySelectorAll("main .stacked td")].map(cell => {
    const words = document.createRange();
    words.selectNodeContents(cell);
    const text = words.getBoundingClientRect(), card = cell.getBoundingClientRect();
    return {beside: text.left - card.left, below: text.top - card.top};
})"""


@pytest.mark.parametrize("language", ["th", "en"])
def test_the_cookies_purpose_is_not_squeezed_beside_its_label(visitors: NewVisitor, language: str) -> None:
    visitor = visitors(Device(language, javascript=False, width=360))
    visitor.go(f"/{language}/cookies")
    visitor.look()
    cells = visitor.evaluate(_PLACES)
    assert len(cells) == 2
    for cell in cells:
        assert abs(cell["beside"]) < 1, cell
        assert cell["below"] > 10, cell
