"""The receipt asked back on the page itself: read as the server reads it, a Thai keyboard that was left on included."""

import pytest
from playwright.sync_api import expect

from crypto import Receipt
from crypto._typed import _KEYS, _PLAIN, _SHIFT
from tests.browser import journey
from tests.browser.conftest import NewVisitor
from tests.browser.visitor import Device


def test_what_a_thai_keyboard_makes_of_it_is_right(visitors: NewVisitor) -> None:
    visitor = visitors(Device("th", javascript=True, width=360))
    receipt = journey.send_short(visitor)
    plain, shifted = (str.maketrans(_KEYS, layer) for layer in (_PLAIN, _SHIFT))
    symbols = receipt.replace("-", "").lower()
    ways = {
        "as shown": receipt,
        "small, spaced": receipt.lower().replace("-", " "),
        "without shift": symbols.translate(plain),
        "with its dashes": receipt.lower().translate(plain),
        "with shift": symbols.translate(shifted),
        "sara am taken apart": symbols.translate(plain).replace("\u0e33", "\u0e4d\u0e32"),
    }
    right = visitor.find("#ask-back").get_attribute("data-right") or ""
    for way, typed in ways.items():
        assert Receipt.parse(typed) == Receipt.parse(receipt), way
        visitor.find("#typed").fill(typed)
        visitor.find("#ask-back button").click()
        expect(visitor.find("#asked-back strong"), way).to_have_text(right)
    wrong, group = (visitor.find("#ask-back").get_attribute(f"data-{name}") or "" for name in ("wrong", "group"))
    altered = symbols[:9] + ("y" if symbols[9] != "y" else "x") + symbols[10:]
    tried = {
        "one sign missing": (symbols[:-1].translate(plain), 7),
        "another sign": (altered, 3),
        "another sign, without shift": (altered.translate(plain), 3),
        "another sign, with shift": (altered.translate(shifted), 3),
        "one sign too many": (symbols[:4] + altered[9] + symbols[4:], None),
        "too long": (symbols + "x", 7),
        "backwards": (symbols[::-1].translate(plain), None),
        "one sign": ("ก", None),
    }
    for way, (typed, number) in tried.items():
        found = Receipt.parse(receipt).first_wrong_group(typed)
        assert found is not None, way
        assert number in {None, found}, way
        visitor.find("#typed").fill(typed)
        visitor.find("#ask-back button").click()
        expect(visitor.find("#asked-back strong"), way).to_have_text(group.replace("{}", str(found)))
    none = visitor.find("#ask-back").get_attribute("data-none") or ""
    for typed, told in (("", none), ("ฃ", wrong), ("  ", none)):
        visitor.find("#typed").fill(typed)
        visitor.find("#ask-back button").click()
        expect(visitor.find("#asked-back strong"), typed).to_have_text(told)


@pytest.mark.parametrize("language", ["th", "en"])
def test_the_answer_and_its_field_stand_below_the_button_that_stays_on_top(visitors: NewVisitor, language: str) -> None:
    visitor = visitors(Device(language, javascript=False, width=360))
    journey.send_short(visitor)
    visitor.find("#ask-back button").click()
    expect(visitor.find("#asked-back strong")).to_be_visible()
    button = visitor.find(".govuk-exit-this-page__button").bounding_box()
    field = visitor.find("#typed").bounding_box()
    assert button
    assert field
    assert button["y"] >= 0
    assert field["y"] > button["y"] + button["height"]
