"""Contact details that may be mistyped are asked about; those that only look unusual are not."""

import pytest

from complaints.services.contact_doubts import doubts
from complaints.vocabulary import Doubt, IdentityField

EMAIL, PHONE = IdentityField.EMAIL, IdentityField.PHONE


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("somying.example.org", Doubt.NO_AT),
        ("ไม่มีอีเมล", Doubt.NO_AT),
        ("som ying@example.org", Doubt.SPACE),
        ("somying @example.org", Doubt.SPACE),
        ("somying@ example.org", Doubt.SPACE),
        ("somying@example. org", Doubt.SPACE),
        ("som\u00a0ying@example.org", Doubt.SPACE),
        ("somying@example.org or ask", Doubt.SPACE),
        ("somying@gmail,com", Doubt.COMMA),
        ("som,ying@example.org", Doubt.COMMA),
        ("somying@example.org, suda", Doubt.COMMA),
        ("som;ying@example.org", Doubt.COMMA),
        ("somying@@example.org", Doubt.TWO_ATS),
        ("somying@example@org.th", Doubt.TWO_ATS),
        ("somying@", Doubt.HALF),
        ("@gmail.com", Doubt.HALF),
        ("@", Doubt.HALF),
        ("somying@.com", Doubt.HALF),
        ("somying@..", Doubt.HALF),
        ("somying@example.org, suda@", Doubt.HALF),
        ("somying@gmail..com", Doubt.TWO_DOTS),
        ("som..ying@example.org", Doubt.TWO_DOTS),
        ("somying@gmail", Doubt.NO_ENDING),
        ("somying@gmail.", Doubt.NO_ENDING),
        ("somying@example.org suda@gmail", Doubt.NO_ENDING),
    ],
)
def test_an_address_that_may_be_mistyped_is_asked_about(text: str, kind: Doubt) -> None:
    assert doubts({EMAIL: text}) == {kind: EMAIL}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "somying@example.org",
        " somying@example.org ",
        "a@example.org, b@example.org;",
        "a@example.org b@example.org",
        "somying＠example．org",
        "somying@example.org.",
        "som.ying+x@mail.example.co.th",
    ],
)
def test_an_address_that_may_be_right_is_not(text: str) -> None:
    assert doubts({EMAIL: text}) == {}


@pytest.mark.parametrize(
    "text",
    [
        "081 234 567",
        "๐๘๑-๒๓๔-๕๖๗",
        "02 123 456",
        "+66 81 234 567",
        "+66 (0)81 234 567",
        "66 2 123 456",
        "0812",
        "053-12345",
    ],
)
def test_a_thai_number_with_too_few_digits_is_asked_about(text: str) -> None:
    assert doubts({PHONE: text}) == {Doubt.FEW_DIGITS: PHONE}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "081 234 5678",
        "๐๘๑-๒๓๔-๕๖๗๘",
        "02 123 4567",
        "053-123-456",
        "+66 81 234 5678",
        "+66 (0)81 234 5678",
        "081 234 5678 (โทรหลัง 08.00)",
        "02 123 4567 ต่อ 012",
        "+1 (555) 010-77",
        "0049 30 1234",
        "1669",
        "ไม่มี",
    ],
)
def test_a_number_that_may_be_right_is_not(text: str) -> None:
    assert doubts({PHONE: text}) == {}


def test_both_are_asked_about_and_no_other_field() -> None:
    given = {EMAIL: "somying", PHONE: "081", IdentityField.OTHER: "no @ and 081", IdentityField.BEHALF_CONTACT: "081"}
    assert doubts(given) == {Doubt.NO_AT: EMAIL, Doubt.FEW_DIGITS: PHONE}
