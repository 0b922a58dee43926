"""A channel's own questions on the web: administrators write them; reporters meet them once, and are held up by none."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from sqlalchemy import select

from complaints.models import Case
from complaints.services import case_reading, identity, questions
from complaints.services.unit import Units
from complaints.vocabulary import Event, OpeningReason
from tests.cast import Cast, Person, Report
from tests.services.test_questions import BADGE, HOW_MUCH, SINCE, WHICH, seen
from tests.web.conftest import Browser, Log
from tests.web.forms import PageForm
from tests.web.test_reporter_form import blank, cases, read, receipt_on, shown_step

SignIn = Callable[[Person], Browser]
TYPED = {
    "wording_th": "เท่าไร",
    "wording_en": "How much?",
    "purpose_th": "เพื่อรู้จำนวน",
    "purpose_en": "To know how much.",
    "kind": "choice",
    "choices_th": "น้อย\r\n\r\n มาก ",
    "choices_en": "little\r\nmuch",
    "compartment": "identity",
    "required": "y",
}


@pytest.fixture
def asked(cast: Cast) -> dict[str, str]:
    """The fields of a channel's questions, by what they are about."""
    with cast.units.writing() as unit:
        return {
            name: questions.field_of(questions.add(unit, cast.administrator.actor, cast.channel, wording))
            for name, wording in {
                "much": HOW_MUCH,
                "which": WHICH,
                "since": replace(SINCE, required=True),
                "badge": BADGE,
            }.items()
        }


def begun(browser: Browser, cast: Cast, **values: str) -> PageForm:
    return blank(browser).fill(narrative="It happened.", channel=cast.channel.hex(), **values)


def again(browser: Browser, form: PageForm, **values: str) -> PageForm:
    """The same form after another press of “Check your answers”."""
    answer = form.fill(**values).post("/en/form/check")
    return PageForm.on(browser, answer)


# -- On the form -----------------------------------------------------------------------------------------------------


def test_they_are_asked_once_the_channel_is_known_and_before_the_check(
    browser: Browser, cast: Cast, asked: dict[str, str]
) -> None:
    first = begun(browser, cast).post("/en/form/check")
    assert (first.status_code, shown_step(first)) == (200, "s16")
    text = unescape(first.text)
    assert "Step 15 of 16, continued" in text
    for name, wording in (("much", HOW_MUCH), ("which", WHICH), ("since", SINCE), ("badge", BADGE)):
        assert f'name="{asked[name]}"' in text
        assert wording.wording_en in text
        assert wording.purpose_en in text
    assert "error-message" not in text
    assert "Send the report" not in text


def test_what_is_required_is_asked_again_once_and_then_goes_without(
    browser: Browser, cast: Cast, units: Units, asked: dict[str, str]
) -> None:
    form = PageForm.on(browser, begun(browser, cast).post("/en/form/check"))
    second = form.post("/en/form/check")
    assert (second.status_code, shown_step(second)) == (400, "s16")
    assert second.text.count("This would help us most") == 4, "of two questions, each in the summary and at its place"
    third = PageForm.on(browser, second).post("/en/form/check")
    assert (third.status_code, shown_step(third)) == (200, "s17")
    receipt = receipt_on(PageForm.on(browser, third).fill(declared="y").post("/en/form/send"))
    assert read(units, receipt).asked == ()


def test_what_cannot_be_read_is_asked_again_once_and_then_kept_as_words(
    browser: Browser, cast: Cast, units: Units, asked: dict[str, str]
) -> None:
    form = PageForm.on(browser, begun(browser, cast).post("/en/form/check"))
    typed = {asked["much"]: "a lot", asked["which"]: "1", asked["since"]: "31/2/2026"}
    second = form.fill(**typed).post("/en/form/check")
    assert second.status_code == 400
    assert "as a number" in second.text
    assert "as a day" in second.text
    third = PageForm.on(browser, second).post("/en/form/check")
    assert (third.status_code, shown_step(third)) == (200, "s17")
    receipt = receipt_on(PageForm.on(browser, third).fill(declared="y").post("/en/form/send"))
    told = [("How much?", "a lot"), ("Which shop?", "the first"), ("Since when?", "31/2/2026")]
    assert seen(read(units, receipt).asked) == told


def test_whoever_would_rather_not_say_is_not_asked_again(
    browser: Browser, cast: Cast, units: Units, asked: dict[str, str]
) -> None:
    form = PageForm.on(browser, begun(browser, cast).post("/en/form/check"))
    answer = form.fill(**{asked["which"]: "-", asked["since"]: "last spring"}).post("/en/form/check")
    assert (answer.status_code, shown_step(answer)) == (200, "s17")
    receipt = receipt_on(PageForm.on(browser, answer).fill(declared="y").post("/en/form/send"))
    assert seen(read(units, receipt).asked) == [("Since when?", "last spring")]


def test_answers_are_on_the_check_page_in_the_mailbox_and_on_the_case(
    browser: Browser, cast: Cast, asked: dict[str, str], units: Units
) -> None:
    form = PageForm.on(browser, begun(browser, cast, way="named").post("/en/form/check"))
    typed = {asked["much"]: "40,000", asked["which"]: "2", asked["since"]: "27/3/2569", asked["badge"]: "CANARY-BADGE"}
    answer = form.fill(**typed).post("/en/form/check")
    summary = unescape(answer.text.partition('id="s17"')[2])
    for text in ("40,000", "the second", "27 March 2026", "CANARY-BADGE"):
        assert text in summary
    assert f'href="#{asked["much"]}"' in summary
    receipt = receipt_on(PageForm.on(browser, answer).fill(declared="y").post("/en/form/send"))
    browser.post("/en/inbox", {"code": receipt.grouped()})
    box = unescape(browser.get("/en/inbox/case").text)
    assert "27 March 2026" in box
    assert "CANARY-BADGE" not in box
    with units.writing() as unit:
        report = Report(case_of(units), receipt, "")
        lead = cast.lead
        opened = case_reading.read_case(unit, lead.actor, lead.keys, report.case)
        person = identity.open_identity(
            unit, lead.actor, lead.keys, lead.identity_key, report.case, OpeningReason.CONTACT, "words"
        )
    assert [text for _, text in seen(opened.asked)] == ["40,000", "the second", "2026-03-27"]
    assert [text for _, text in seen(person.asked)] == ["CANARY-BADGE"]


def case_of(units: Units) -> bytes:
    with units.reading() as unit:
        return unit.session.scalars(select(Case.id)).one()


def test_the_staff_pages_show_them(
    browser: Browser, cast: Cast, signed_in: SignIn, asked: dict[str, str], units: Units
) -> None:
    form = PageForm.on(browser, begun(browser, cast, way="named").post("/en/form/check"))
    typed = {
        asked["much"]: "7",
        asked["which"]: "2",
        asked["since"]: "<b>soon</b>",
        asked["badge"]: "CANARY-BADGE",
    }
    checked = PageForm.on(browser, form.fill(**typed).post("/en/form/check"))
    receipt_on(checked.fill(declared="y").post("/en/form/send"))
    staff = signed_in(cast.lead)
    page = staff.get(f"/staff/cases/{case_of(units).hex()}?lang=th").text
    assert "&lt;b&gt;soon&lt;/b&gt;" in page
    assert "ร้านสอง" in page
    assert "CANARY-BADGE" not in page


def test_whoever_stays_anonymous_is_not_asked_who_they_are(
    browser: Browser, cast: Cast, asked: dict[str, str], units: Units
) -> None:
    form = PageForm.on(browser, begun(browser, cast, way="named").post("/en/form/check"))
    form.fill(**{asked["badge"]: "CANARY-BADGE", asked["which"]: "1", asked["since"]: "1/1/2026"})
    answer = form.fill(way="anonymous").post("/en/form/check")
    assert shown_step(answer) == "s17"
    assert BADGE.wording_en not in unescape(answer.text)
    kept = PageForm.on(browser, answer)
    assert kept[asked["badge"]] == "CANARY-BADGE", "it comes back when they choose another way"
    receipt_on(kept.fill(declared="y").post("/en/form/send"))
    with units.writing() as unit:
        lead = cast.lead
        opened = identity.open_identity(
            unit, lead.actor, lead.keys, lead.identity_key, case_of(units), OpeningReason.CONTACT, "words"
        )
    assert opened.asked == ()


def test_another_channel_keeps_the_answers_and_asks_its_own(
    browser: Browser, cast: Cast, asked: dict[str, str]
) -> None:
    form = PageForm.on(browser, begun(browser, cast).post("/en/form/check")).fill(**{asked["much"]: "7"})
    other = form.fill(channel=cast.fallback.hex()).post("/en/form/check")
    assert shown_step(other) == "s16"
    assert "Step 16 of 16" in other.text
    assert HOW_MUCH.wording_en not in unescape(other.text)
    back = PageForm.on(browser, other).fill(channel=cast.channel.hex()).post("/en/form/check")
    assert PageForm.on(browser, back)[asked["much"]] == "7"


def test_whoever_is_not_sure_is_asked_nothing_more(browser: Browser, asked: dict[str, str]) -> None:
    answer = blank(browser).fill(narrative="It happened.").post("/en/form/check")
    assert "Step 16 of 16" in answer.text
    assert asked["much"] not in answer.text


def test_the_other_language_keeps_answers_and_asks_nothing_anew(
    browser: Browser, cast: Cast, asked: dict[str, str]
) -> None:
    form = PageForm.on(browser, begun(browser, cast).post("/en/form/check")).fill(**{asked["much"]: "7"})
    answer = form.post("/th/form/change")
    assert PageForm.on(browser, answer)[asked["much"]] == "7"
    assert HOW_MUCH.wording_th in answer.text
    assert "error-message" not in answer.text


def test_a_question_retired_meanwhile_is_told_before_anything_is_sent(
    browser: Browser, cast: Cast, units: Units, asked: dict[str, str]
) -> None:
    form = PageForm.on(browser, begun(browser, cast).post("/en/form/check"))
    form.fill(**{asked["much"]: "7", asked["which"]: "1", asked["since"]: "1/1/2026"})
    checked = PageForm.on(browser, form.post("/en/form/check")).fill(declared="y")
    with units.writing() as unit:
        questions.retire(unit, cast.administrator.actor, cast.channel, questions.question_of(asked["much"]))
    answer = checked.post("/en/form/send")
    assert "Something was changed" in answer.text
    assert cases(units) == 0


def test_a_question_added_meanwhile_is_asked_before_anything_is_sent(
    browser: Browser, cast: Cast, units: Units
) -> None:
    checked = PageForm.on(browser, begun(browser, cast).post("/en/form/check")).fill(declared="y")
    with units.writing() as unit:
        questions.add(unit, cast.administrator.actor, cast.channel, HOW_MUCH)
    answer = checked.post("/en/form/send")
    assert shown_step(answer) == "s16"
    assert HOW_MUCH.wording_en in answer.text
    assert cases(units) == 0


def test_nonsense_in_its_fields_is_as_if_left_out(browser: Browser, cast: Cast, asked: dict[str, str]) -> None:
    form = begun(browser, cast)
    form.values |= {"q-zz": ["x"], "q-": ["x"], "asked": ["x", "0" * 32], "again": ["'"], asked["which"]: ["3"]}
    answer = form.post("/en/form/check")
    assert answer.status_code == 200
    assert shown_step(answer) == "s16"


@pytest.mark.parametrize("language", ["th", "en"])
def test_the_notice_tells_of_them_with_their_purpose(
    browser: Browser, cast: Cast, asked: dict[str, str], language: str
) -> None:
    page = unescape(browser.get(f"/{language}/notice").text)
    for wording in (HOW_MUCH, WHICH, BADGE):
        assert getattr(wording, f"wording_{language}") in page
        assert getattr(wording, f"purpose_{language}") in page
    with cast.units.writing() as unit:
        questions.retire(unit, cast.administrator.actor, cast.channel, questions.question_of(asked["badge"]))
    assert getattr(BADGE, f"wording_{language}") not in unescape(browser.get(f"/{language}/notice").text)


def test_the_reporter_sees_and_corrects_what_is_sealed_with_the_name(
    browser: Browser, cast: Cast, asked: dict[str, str], units: Units
) -> None:
    form = PageForm.on(browser, begun(browser, cast, way="named").post("/en/form/check"))
    form.fill(**{asked["badge"]: "4411", asked["which"]: "1", asked["since"]: "1/1/2026"})
    receipt = receipt_on(PageForm.on(browser, form.post("/en/form/check")).fill(declared="y").post("/en/form/send"))
    browser.post("/en/inbox", {"code": receipt.grouped()})
    where = "/en/inbox/case/identity"
    page = browser.post(where, {"code": receipt.grouped()}, token=browser.token_on(where)).text
    assert BADGE.wording_en in page
    assert 'value="4411"' in page
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed
    given = {"sealed": unescape(sealed[1]), asked["badge"]: "y" * 2000}
    too_long = browser.post(f"{where}/change", given, token=browser.token_on(where))
    assert too_long.status_code == 400
    assert BADGE.wording_en in too_long.text
    answer = browser.post(f"{where}/change", {**given, asked["badge"]: "4412"}, token=browser.token_on(where))
    assert answer.status_code == 303
    with units.writing() as unit:
        lead = cast.lead
        opened = identity.open_identity(
            unit, lead.actor, lead.keys, lead.identity_key, case_of(units), OpeningReason.CONTACT, "words"
        )
    assert seen(opened.asked) == [("Badge?", "4412")]


# -- Written by administrators ---------------------------------------------------------------------------------------


def page_of(cast: Cast) -> str:
    return f"/staff/channels/{cast.channel.hex()}/questions"


def test_an_administrator_adds_and_retires(signed_in: SignIn, cast: Cast, log: Log, units: Units) -> None:
    browser, page = signed_in(cast.administrator), page_of(cast)
    assert "asks nothing of its own" in browser.get(f"{page}?lang=en").text
    assert browser.post(page, TYPED, token=browser.token_on(page)).status_code == 303
    with units.reading() as unit:
        (question,) = questions.of_channel(unit, cast.channel)
    assert (question.choices_th, question.choices_en, question.required) == ("น้อย\nมาก", "little\nmuch", True)
    shown = browser.get(f"{page}?lang=en").text
    assert "How much?" in shown
    assert "little · much" in shown
    assert browser.post(f"{page}/{question.id.hex()}/retire", token=browser.token_on(page)).status_code == 303
    assert browser.post(f"{page}/{question.id.hex()}/retire", token=browser.token_on(page)).status_code == 303
    assert "Asked no more" in browser.get(f"{page}?lang=en").text
    assert [len(log.entries(event)) for event in (Event.QUESTION_ADDED, Event.QUESTION_RETIRED)] == [1, 1]


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(signed_in: SignIn, cast: Cast, units: Units) -> None:
    browser, page = signed_in(cast.administrator), page_of(cast)
    answer = browser.post(f"{page}?lang=en", {**TYPED, "wording_en": ""}, token=browser.token_on(page))
    assert answer.status_code == 400
    assert "Write the question in English" in answer.text
    assert "เพื่อรู้จำนวน" in answer.text
    with units.reading() as unit:
        assert questions.every(unit, cast.channel) == []


@pytest.mark.parametrize("name", ["lead", "custodian", "auditor"])
def test_nobody_else_may(signed_in: SignIn, cast: Cast, units: Units, asked: dict[str, str], name: str) -> None:
    browser, page = signed_in(getattr(cast, name)), page_of(cast)
    token = browser.token_on("/staff/account")
    question = questions.question_of(asked["much"]).hex()
    assert browser.get(page).status_code == 403
    assert browser.post(page, TYPED, token=token).status_code == 403
    assert browser.post(f"{page}/{question}/retire", token=token).status_code == 403
    with units.reading() as unit:
        assert len(questions.of_channel(unit, cast.channel)) == len(asked)


def test_a_channel_or_question_that_is_not_there(signed_in: SignIn, cast: Cast) -> None:
    browser = signed_in(cast.administrator)
    token = browser.token_on("/staff/account")
    assert browser.get(f"/staff/channels/{'0' * 32}/questions").status_code == 404
    assert browser.post(f"/staff/channels/{'0' * 32}/questions", TYPED, token=token).status_code == 404
    assert browser.post(f"{page_of(cast)}/{'0' * 32}/retire", token=token).status_code == 404
    assert browser.get(f"{page_of(cast)}/{'0' * 32}/retire").status_code == 405


def test_a_stranger_signs_in_first(browser: Browser, cast: Cast) -> None:
    assert browser.get(page_of(cast)).status_code == 303
