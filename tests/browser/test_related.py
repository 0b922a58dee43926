"""Two reports of one matter, worked on from a phone: linked, merged and closed together, and each reporter reads their own answer alone."""

import pytest
from playwright.sync_api import expect

from tests.browser import journey
from tests.browser.conftest import NewVisitor
from tests.browser.site import LEAD
from tests.browser.visitor import Device, Visitor

WHY, TOLD = "สถานที่และวันเดียวกัน", "เรากำลังตรวจสอบเรื่องของคุณ และจะแจ้งผลที่นี่"
OF_THE_FIRST, OF_THE_SECOND = "คำตอบถึงผู้แจ้งคนแรก", "คำตอบถึงผู้แจ้งคนที่สอง"


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
@pytest.mark.parametrize("language", ["th", "en"])
def test_a_duplicate_is_merged_and_closed_with_the_case_that_leads(
    visitors: NewVisitor, language: str, javascript: bool
) -> None:
    device = Device(language, javascript, 360)
    lead, first, second = visitors(device), *(visitors(Device(language, True, 360)) for _person in range(2))
    references = [_reference(reporter, journey.send_short(reporter)) for reporter in (first, second)]
    journey.sign_in(lead, LEAD)
    leading, duplicate = (journey.open_case(lead, reference) for reference in references)

    lead.go(f"{duplicate}/link")
    lead.look()
    _write(lead, other=references[0], reason=WHY)
    expect(lead.find("#related")).to_contain_text(references[0])

    lead.go(f"{duplicate}/merge")
    lead.look()
    with lead.expecting(400):
        _write(lead, other=references[0], reason=WHY, told=TOLD)
        expect(lead.find(".govuk-error-summary")).to_be_visible()
    expect(lead.find("#other")).to_have_value(references[0])
    expect(lead.find("#told")).to_have_value(TOLD)
    lead.go(leading)
    lead.find("#handling [name=status]").select_option("accepted")
    lead.find("#handling button[type=submit]").click()
    expect(lead.find("#handling [name=status] [value=triage]")).to_have_count(0)
    lead.go(f"{duplicate}/merge")
    _write(lead, other=references[0], reason=WHY, told=TOLD)
    expect(lead.find("#related form[action$='/unmerge']")).to_be_visible()
    lead.look()

    lead.go(f"{leading}/close?outcome=substantiated")
    lead.look()
    lead.find("#findings").fill("ตรวจแล้ว")
    lead.find("#feedback").fill(OF_THE_FIRST)
    lead.find("textarea[name^=with-][name$=-feedback]").fill(OF_THE_SECOND)
    lead.find("main form[action*='/close'] button[type=submit]").click()
    expect(lead.find("#outcome")).to_be_visible()
    for reporter, told, never in (
        (first, OF_THE_FIRST, (OF_THE_SECOND, TOLD, references[1])),
        (second, OF_THE_SECOND, (OF_THE_FIRST, WHY, references[0])),
    ):
        reporter.go(f"/{language}/inbox/case")
        page = reporter.find("main")
        expect(page).to_contain_text(told)
        for words in never:
            expect(page).not_to_contain_text(words)


def _reference(reporter: Visitor, receipt: str) -> str:
    journey.open_mailbox(reporter, receipt)
    return journey.reference_in(reporter)


def _write(lead: Visitor, **fields: str) -> None:
    for name, text in fields.items():
        lead.find(f"#{name}").fill(text)
    lead.find("main form button[type=submit]").click()
