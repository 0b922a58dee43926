"""Tables on a phone: each row a card, where what is too long to stand beside its label has the whole line below it."""

import pytest

from tests.browser import journey
from tests.browser.conftest import NewVisitor
from tests.browser.site import ADMINISTRATOR
from tests.browser.visitor import Device

_PLACES = """() => [...document.querySelectorAll("main .stacked td")].map(cell => {
    const words = document.createRange();
    words.selectNodeContents(cell);
    const text = words.getBoundingClientRect(), card = cell.getBoundingClientRect();
    return {beside: text.left - card.left, below: text.top - card.top};
})"""
_GAPS = """() => [...document.querySelectorAll("main .stacked .govuk-tag + .govuk-tag")].map(tag => {
    const before = tag.previousElementSibling.getBoundingClientRect(), own = tag.getBoundingClientRect();
    return Math.max(own.top - before.bottom, own.left - before.right);
})"""
"""How far apart two tags of one cell are: one below the other, or one beside it."""


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


@pytest.mark.parametrize("language", ["th", "en"])
def test_reasons_short_or_long_begin_below_their_header(visitors: NewVisitor, language: str) -> None:
    visitor = visitors(Device(language, javascript=False, width=360))
    journey.sign_in(visitor, ADMINISTRATOR)
    visitor.go("/staff/set-up")
    cells = visitor.evaluate(_PLACES.replace("td", "td.stacked__prose"))
    assert len(cells) > 5
    for cell in cells:
        assert abs(cell["beside"]) < 1, cell


@pytest.mark.parametrize("language", ["th", "en"])
def test_two_tags_in_a_cell_do_not_touch(visitors: NewVisitor, language: str) -> None:
    visitor = visitors(Device(language, javascript=False, width=360))
    journey.sign_in(visitor, ADMINISTRATOR)
    visitor.go("/staff/accounts")
    gaps = visitor.evaluate(_GAPS)
    assert len(gaps) > 5
    assert min(gaps) > 2
