"""Where Chromium breaks a Thai line: never inside a compound of ours, on the narrowest of screens."""

from playwright.sync_api import Browser

from complaints.web.whole_words import COMPOUNDS, joined, phrased

_LINES = """words => words.map(word => {
    const place = document.body.appendChild(document.createElement("div"));
    place.textContent = word;
    place.style.width = "1px";
    const range = document.createRange();
    range.selectNodeContents(place);
    return new Set([...range.getClientRects()].map(line => Math.round(line.top))).size;
})"""


def test_a_heading_breaks_between_its_phrases_alone(chromium: Browser) -> None:
    headings = ["เกิดขึ้นเมื่อใด ยังเกิดอยู่หรือไม่", "เคยแจ้งที่อื่นหรือยัง ผลเป็นอย่างไร", "เกิดอะไรขึ้น เล่าด้วยคำพูดของคุณ"]
    page = chromium.new_page()
    page.set_content('<html lang="th"><body></body></html>')
    lines = page.evaluate(_LINES, [phrased(heading) for heading in headings])
    page.close()
    assert lines == [2, 2, 2]


def test_no_compound_is_parted(chromium: Browser) -> None:
    words = [compound.replace("|", "") for compound in COMPOUNDS]
    page = chromium.new_page()
    page.set_content('<html lang="th"><body></body></html>')
    alone, whole = page.evaluate(_LINES, words), page.evaluate(_LINES, [joined(word) for word in words])
    page.close()
    assert set(whole) == {1}, [word for word, lines in zip(words, whole, strict=True) if lines > 1]
    assert alone.count(2) > len(words) / 2, "nothing would have to be joined"
