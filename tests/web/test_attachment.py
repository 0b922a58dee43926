"""The names of files that strangers sent, as a header and as a name on a disk."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.web.attachment import content_disposition, safe_name


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("photo.jpg", "photo.jpg"),
        ("หลักฐาน น้ำมัน.pdf", "หลักฐาน น้ำมัน.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        (r"C:\Users\me\a.doc", "C__Users_me_a.doc"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u200bhidden\u2066.txt", "hidden.txt"),
        ('quo"te.txt', "quo_te.txt"),
        ("", "file"),
        (" . ", "file"),
        ("\x00\x1f", "file"),
    ],
)
def test_what_would_mislead_is_taken_out(name: str, kept: str) -> None:
    assert safe_name(name) == kept


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_name("ก" * 400 + ".pdf") == "ก" * 146 + ".pdf"
    assert safe_name("ก" * 400) == "ก" * 150
    assert len(safe_name("a." + "b" * 400)) == 150


def test_both_names_are_there() -> None:
    header = content_disposition("หลัก 100%.pdf")
    assert header == (
        "attachment; filename=\"____ 100_.pdf\"; filename*=UTF-8''%E0%B8%AB%E0%B8%A5%E0%B8%B1%E0%B8%81%20100%25.pdf"
    )


@given(st.text(max_size=300))
def test_any_name_makes_one_sound_header(name: str) -> None:
    header = content_disposition(name)
    found = re.fullmatch(
        r"""attachment; filename="([ !#-\[\]-~]+)"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+)""", header
    )
    assert found
    assert unquote(found[2]) == safe_name(name)
    assert len(header) < 2_000
