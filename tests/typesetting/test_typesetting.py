"""A case as PDF: what is copied out of it is what was written, in Thai as well; nothing of it touches a disk; nothing in it runs."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from complaints.errors import NotReady
from complaints.typesetting import process
from complaints.typesetting.process import set_case

MARK = "ลับ สำเนาโดย มาลี ศรีสุข เมื่อ 23 พฤศจิกายน 2569 14:05 น."
THAI = (
    "ผู้แจ้งเล่าว่าน้ำมันรถบรรทุกถูกเบิกซ้ำทั้งหมดตั้งแต่เดือนมีนาคม ไม่ทั่วถึง",
    "กำ น้ำ ซ้ำ ฟ้ำ ค่ำ ปี่ ปู่ ญี่ปุ่น ฐานะ กุฏิ ซื้อ ขึ้น เชื่อ มั่น ครั้ง รั้ว ป้า ฝ้า ปั้น ที่สุด พี่ ก็ เพื่อน สิทธิ์ จันทร์ ศิษย์",
    "English, 1,234.50 and “quotes”",
)


def document(*texts: str, language: str = "th") -> dict[str, Any]:
    lines = [("เกิดอะไรขึ้น", text) for text in texts]
    section = {"title": "เรื่องที่แจ้ง", "lines": lines, "nothing": "ไม่มี"}
    return {"language": language, "title": "เรื่อง AB12-CD34", "mark": MARK, "sections": [section]}


def copied(pdf: bytes) -> list[str]:
    """What a browser copies, page by page."""
    pages = pypdfium2.PdfDocument(pdf)
    return [pages[number].get_textpage().get_text_range() for number in range(len(pages))]


def test_thai_is_copied_as_it_was_written() -> None:
    (page,) = copied(set_case(document(*THAI)))
    lines = [line.rstrip() for line in page.splitlines()]
    for text in THAI:
        assert text in lines or text in page.replace("\r\n", " ").replace("  ", " "), page


@pytest.mark.parametrize("mark", ["", *"่้๊๋์"])
def test_every_consonant_with_what_may_stand_on_and_under_it_is_copied(mark: str) -> None:
    consonants = [chr(code) for code in range(0x0E01, 0x0E2F)]
    clusters = [f"{one}{vowel}{mark}" for one in consonants for vowel in "ัิีึืฺุู"]
    clusters += [f"{one}{mark}ำ" for one in consonants if mark != "์"]
    text = "".join(copied(set_case(document(" ".join(clusters)))))
    missing = [cluster for cluster in clusters if cluster not in text.split()]
    assert missing == []


def test_who_took_it_stands_on_every_page() -> None:
    pages = copied(set_case(document(*["ข้อความ\nสองบรรทัด"] * 300)))
    assert len(pages) > 5
    footer = "".join(MARK.split())
    for number, page in enumerate(pages, start=1):
        assert "".join(page.split()).endswith(f"{footer}{number}/{len(pages)}")


@pytest.mark.parametrize(
    "text",
    ['#read("/etc/hostname")', "#panic()", "$x^2$ *b* _i_ `c` @ref <label>", "= heading\n\n- list", '"; #sys "\\'],
)
def test_what_a_stranger_wrote_is_set_and_does_nothing(text: str) -> None:
    (page,) = copied(set_case(document(text)))
    for line in filter(None, text.split("\n")):
        assert line in page


def test_nothing_in_it_is_active_and_nothing_tells_when_it_was_made() -> None:
    pdf = set_case(document(*THAI))
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert "/OpenAction" not in opened.Root
        assert "/Names" not in opened.Root
        assert "/CreationDate" not in opened.docinfo
    assert b"/JavaScript" not in pdf


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux which files were opened")
def test_no_file_is_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    set_case(document(*THAI))
    assert list(tmp_path.rglob("*")) == []


PROBE = """
import os, sys
import typst
from complaints.cleaning import sandbox
from complaints.paths import static_dir
fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[static_dir() / "vendor" / "print"])
source = b"#read(sys.inputs.at(\\"path\\", default: \\"x\\"))"
compiler = typst.Compiler(b"a", font_paths=fonts, root="/")
compiler.compile(b"a", format="pdf")
sandbox.confine()
try:
    compiler.compile(source, format="pdf", sys_inputs={"path": "/etc/hostname"})
    answer = b"read"
except Exception:
    answer = b"refused"
os.write(1, answer)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the filter of system calls is Linux's")
def test_even_a_template_that_asks_for_a_file_gets_none_there() -> None:
    environment = {"RAYON_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-I", "-c", PROBE], stdout=subprocess.PIPE, check=True, env=environment)
    assert done.stdout == b"refused"


def test_the_process_gets_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    run = subprocess.run

    def watch(arguments: list[str], **options: Any) -> Any:
        seen.update(options, arguments=arguments)
        return run(arguments, **options)

    monkeypatch.setattr(process.subprocess, "run", watch)
    set_case(document("CANARY"))
    assert seen["env"] == {"RAYON_NUM_THREADS": "1"}
    assert "CANARY" not in repr((seen["arguments"], os.environ))


def test_what_cannot_be_set_is_said_and_says_nothing_of_the_words(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotReady) as caught:
        set_case({"language": "th", "title": "CANARY"})
    assert "CANARY" not in str(caught.value)
    assert "CANARY" not in "".join(capfd.readouterr())
