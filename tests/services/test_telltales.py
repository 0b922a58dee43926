"""What in a story may tell who wrote it is found, and what is nobody's is not."""

import pytest

from complaints.services.telltales import is_national_id, telltales
from complaints.vocabulary import IdentityField, ReportField, Telltale

NAMED = {
    IdentityField.NAME: "นางสาวสมหญิง ใจกล้า",
    IdentityField.PHONE: "+1 (555) 010-7788",
    IdentityField.OTHER: "badge 44117",
}
VALID_ID = "1101700230708"


def kinds(text: str, identity: dict[IdentityField, str] | None = None) -> set[Telltale]:
    return set(telltales({ReportField.NARRATIVE: text}, identity or {}))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("เขาบอกว่าสมหญิงเป็นคนทำ", Telltale.NAME),
        ("ลายเซ็นของสมหญิง ใจกล้า", Telltale.NAME),
        ("ผมชื่อเอก ทำงานที่นี่", Telltale.NAME),
        ("My name is known to them", Telltale.NAME),
        ("โทร 081 234 5678", Telltale.PHONE),
        ("โทร ๐๘๑-๒๓๔-๕๖๗๘", Telltale.PHONE),
        ("02-123-4567 at the office", Telltale.PHONE),
        ("+66 81 234 5678", Telltale.PHONE),
        ("call 1 555 010 7788", Telltale.PHONE),
        ("write to somying@example.org", Telltale.EMAIL),
        (f"เลขบัตร {VALID_ID}", Telltale.NATIONAL_ID),
        ("1-1017-00230-70-8", Telltale.NATIONAL_ID),
        ("รหัสพนักงาน A1234", Telltale.EMPLOYEE_NUMBER),
        ("I am employee no. 4411", Telltale.EMPLOYEE_NUMBER),
        ("บนบัตรมีเลข 44117", Telltale.EMPLOYEE_NUMBER),
    ],
)
def test_what_tells_who_wrote_it_is_found(text: str, kind: Telltale) -> None:
    assert kind in kinds(text, NAMED)


@pytest.mark.parametrize(
    "text",
    [
        "หัวหน้าแก้ใบเสร็จทุกเดือน ยอด 125,000 บาท",
        "ใบเสร็จเลขที่ 00412 วันที่ 4 มี.ค. 2569",
        f"{VALID_ID[:-1]}9",
        "12:30 on 4/5/2026, order 20260405-11",
        "the employees of the warehouse, all 20 of them",
        "",
    ],
)
def test_what_is_nobodys_is_left_alone(text: str) -> None:
    assert kinds(text, NAMED) == set()


def test_a_name_inside_another_word_is_no_name() -> None:
    assert kinds("a promising start", {IdentityField.NAME: "Mr Romi"}) == set()


def test_a_name_is_looked_for_as_it_was_typed_and_is_no_pattern() -> None:
    assert kinds("aaaa", {IdentityField.NAME: ".*.*"}) == set()


def test_every_answer_that_is_written_is_looked_at_and_the_first_place_is_told() -> None:
    answers = {
        ReportField.WHERE: "ask 081 234 5678",
        ReportField.ELSEWHERE: "ask 081 234 5678",
        ReportField.WAY: "named",
    }
    assert telltales(answers, {}) == {Telltale.PHONE: ReportField.WHERE}


@pytest.mark.parametrize(("known_by", "told"), [("few", True), ("some", False), ("", False)])
def test_when_few_know_of_it_that_is_told(known_by: str, told: bool) -> None:
    assert (Telltale.FEW_KNOW in telltales({ReportField.KNOWN_BY: known_by}, {})) is told


def test_the_check_digit_decides_what_a_national_id_is() -> None:
    assert [digit for digit in "0123456789" if is_national_id(VALID_ID[:-1] + digit)] == [VALID_ID[-1]]
    assert not is_national_id(VALID_ID[1:])


def test_a_long_story_without_an_end_is_looked_through_at_once() -> None:
    """Each pattern goes over the text once: no story keeps the server busy."""
    for unit in ("1 ", "a.", "รหัสพนักงาน", "0" * 7 + "-", "x@"):
        text = unit * (20_000 // len(unit))
        assert kinds(text, NAMED) == set()


def test_no_pattern_is_made_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """`re` keeps what it compiles: the name would stay in memory long after its report was sealed."""

    def compiles(pattern: str, *_: object) -> None:
        assert "Canaryname" not in pattern

    monkeypatch.setattr("re.search", compiles)
    monkeypatch.setattr("re.compile", compiles)
    assert kinds("It was Canaryname.", {IdentityField.NAME: "Canaryname Smith"}) == {Telltale.NAME}
    assert kinds("Canarynames are common.", {IdentityField.NAME: "Canaryname Smith"}) == set()
