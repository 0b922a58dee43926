"""The receipt asked back on the page itself: read as the server reads it, a Thai keyboard that was left on included."""

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
    wrong = visitor.find("#ask-back").get_attribute("data-wrong") or ""
    for typed in (symbols[:-1].translate(plain), symbols[::-1].translate(plain), "ก", ""):
        visitor.find("#typed").fill(typed)
        visitor.find("#ask-back button").click()
        expect(visitor.find("#asked-back strong"), typed).to_have_text(wrong)
