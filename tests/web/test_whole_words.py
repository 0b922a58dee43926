"""Thai compounds stay on one line: in our own texts, and in nothing that people wrote."""

import pytest
from babel.messages.pofile import read_po

from complaints.paths import translations_dir
from complaints.services.unit import Units
from complaints.web.whole_words import COMPOUNDS, JOINER, joined, phrased
from tests.cast import Cast
from tests.web.conftest import Browser, token_in

WORDS = "คำตอบของคุณอยู่ภายหลัง"


@pytest.mark.parametrize("compound", COMPOUNDS)
def test_a_compound_is_joined_wherever_it_stands(compound: str) -> None:
    whole = compound.replace("|", "")
    assert joined(f"ก่อน{whole}หลัง") == f"ก่อน{compound.replace('|', JOINER)}หลัง"


@pytest.mark.parametrize("text", ["", "Your report", "ก %(count)s ข", "โทร 191", "ผู้ แล้ว"])
def test_nothing_else_is_touched(text: str) -> None:
    assert joined(text) == text


def test_a_prefix_is_joined_to_its_word() -> None:
    assert joined("ผู้ดูแลความลับ") == f"ผู้{JOINER}ดูแลความ{JOINER}ลับ"


def test_what_is_too_long_for_a_line_of_a_heading_breaks_where_words_do() -> None:
    short, long = "ยังเกิดอยู่", "ก" * 23
    assert phrased(f"{short} {long}") == f"ยั{JOINER}ง{JOINER}เ{JOINER}กิ{JOINER}ด{JOINER}อ{JOINER}ยู่ {long}"


def test_every_compound_is_in_our_texts() -> None:
    with (translations_dir() / "th" / "LC_MESSAGES" / "messages.po").open("rb") as source:
        texts = [str(message.string) for message in read_po(source, locale="th")]
    assert not [compound for compound in COMPOUNDS if not any(compound.replace("|", "") in text for text in texts)]


def test_what_a_reporter_wrote_comes_back_as_it_was(browser: Browser, cast: Cast, units: Units) -> None:
    report = cast.report(cast.draft(narrative=WORDS))
    browser.post("/th/inbox", {"code": report.receipt.grouped()})
    page = browser.get("/th/inbox/case")
    assert JOINER in page.text
    assert WORDS in page.text
    kept = browser.post("/th/inbox/case/message", {"text": WORDS + "ก" * 10_000}, token=token_in(page))
    assert kept.status_code == 400
    assert WORDS in kept.text
