"""The form, its check page and sending: nothing typed is lost, nothing is sent that was not shown, nothing is sent twice."""

import re
from html import unescape

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from complaints.errors import Conflict
from complaints.models import Case, CaseloadRow, File, Record, SealedField
from complaints.policy import Reporter
from complaints.services import intake, mailbox, own_identity, own_receipt, rosters
from complaints.services.keys import SessionKeys
from complaints.services.unit import Units
from complaints.vocabulary import (
    CHOICES,
    OF_THE_OTHER,
    Duty,
    IdentityField,
    Knowledge,
    KnownBy,
    Priority,
    ReportField,
    Way,
)
from complaints.web.reporter.fragments import HOLE
from complaints.web.whole_words import JOINER
from crypto import Receipt
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.forms import PageForm
from tests.web.ladder import SignedIn

FULL = {
    "narrative": "หัวหน้าแก้ใบเสร็จ\r\nทุกเดือน <b>\"จริง\"</b> & 'อื่น'",
    "when": "every Friday",
    "where": "คลังสินค้า 7",
    "people": "ผู้จัดการ",
    "excluded_words": "the accountant",
    "name": "สมหญิง ใจกล้า",
    "address": "99/1\r\nซอยทดสอบ",
    "workplace": "warehouse",
    "phone": "081 234 5678",
    "email": "somying@example.org",
    "line__id": "somying",
    "other": "badge 4411",
    "witnesses": "ลุงยาม",
    "elsewhere": "told the chief, nothing came of it",
    "fear__words": "กลัวถูกย้าย",
    "behalf__name": "สมชาย ใจงาม",
    "behalf__contact": "by the stall\r\nat the market",
}
PICKED = {
    "way": "behalf",
    "link": "seller",
    "knowledge": "heard",
    "ongoing": "yes",
    "known__by": "some",
    "fear": "punished",
}


def blank(browser: Browser, locale: str = "en") -> PageForm:
    return PageForm.on(browser, browser.get(f"/{locale}/form"))


def checked(browser: Browser, **values: str) -> PageForm:
    """A form that has come to its check page, with the declaration ticked."""
    answer = blank(browser).fill(narrative="It happened.", **values).post("/en/form/check")
    assert answer.status_code == 200, answer.text
    return PageForm.on(browser, answer).fill(declared="y")


def receipt_on(answer: TestResponse) -> Receipt:
    found = re.search(r'id="receipt">([^<]+)<', answer.text)
    assert found, answer.text
    return Receipt.parse(found[1])


def shown_step(answer: TestResponse) -> str:
    (step,) = re.findall(r'<section class="step step--shown" id="(s\d+)"', answer.text)
    return str(step)


def cases(units: Units) -> int:
    with units.reading() as unit:
        return unit.session.scalar(select(func.count()).select_from(Case)) or 0


def rows(units: Units) -> int:
    """Everything that sending a report would leave behind."""
    with units.reading() as unit:
        counted = (select(func.count()).select_from(table) for table in (Case, Record, SealedField, File))
        return sum(unit.session.scalar(statement) or 0 for statement in counted)


def read(units: Units, receipt: Receipt) -> mailbox.Mailbox:
    with units.writing() as unit:
        case = mailbox.find_case(unit, receipt)
        assert case is not None
        return mailbox.read_mailbox(unit, mailbox.Reporter(case), SessionKeys.of(receipt.seed()))


# -- Checking -------------------------------------------------------------------------------------------------------


def test_every_form_draws_a_receipt_of_its_own(browser: Browser) -> None:
    assert blank(browser)["receipt"] != blank(browser)["receipt"]


def test_the_check_page_shows_every_answer_and_keeps_it_in_the_form(browser: Browser) -> None:
    form = blank(browser).fill(**FULL)
    answer = form.post("/en/form/check")
    assert answer.status_code == 200
    assert shown_step(answer) == "s16"
    summary = unescape(answer.text.partition('id="s16"')[2])
    for name, text in FULL.items():
        assert text.replace("\r\n", "\n") in summary, name
    kept = PageForm.on(browser, answer)
    for name, text in FULL.items():
        assert kept[name.replace("__", "-")] == text, name
    assert kept["receipt"] == form["receipt"]


def test_what_was_typed_is_never_markup(browser: Browser) -> None:
    nasty = "</textarea><script>alert(1)</script>"
    answer = blank(browser).fill(narrative=nasty, name='"><script>alert(1)</script>').post("/en/form/check")
    assert "<script>alert" not in answer.text
    assert PageForm.on(browser, answer)["narrative"] == nasty


def test_the_mark_for_a_hole_in_an_answer_is_an_answer(browser: Browser) -> None:
    answer = blank(browser).fill(narrative=f"a{HOLE}b", name=f"{HOLE}{HOLE}").post("/en/form/check")
    kept = PageForm.on(browser, answer)
    assert (kept["narrative"], kept["name"]) == (f"a{HOLE}b", f"{HOLE}{HOLE}")


def test_no_answer_stays_behind_in_the_next_reporters_form(browser: Browser) -> None:
    blank(browser).fill(**FULL).post("/en/form/check")
    text = unescape(browser.get("/en/form").text)
    for answer in FULL.values():
        assert answer.split("\r\n")[0] not in text


def test_the_check_page_says_who_receives_it(browser: Browser, cast: Cast) -> None:
    answer = blank(browser).fill(narrative="x", channel=cast.channel.hex()).post("/en/form/check")
    summary = answer.text.partition('id="s16"')[2]
    assert cast.lead.display_name in summary
    assert cast.triage.display_name in summary
    assert cast.other_lead.display_name not in summary


def test_whoever_is_excluded_is_named_as_excluded_and_receives_nothing(
    browser: Browser, cast: Cast, units: Units
) -> None:
    form = checked(browser, channel=cast.channel.hex(), excluded=cast.triage.account.hex())
    assert form.values["excluded"] == [cast.triage.account.hex()]
    answer = form.post("/en/form/send")
    with units.reading() as unit:
        case = mailbox.find_case(unit, receipt_on(answer))
        readers = set(unit.session.scalars(select(CaseloadRow.account_id).where(CaseloadRow.case_id == case)))
    assert readers == {cast.lead.account}


def test_before_anything_is_excluded_it_is_said_who_stands_in_for_the_leads(browser: Browser, cast: Cast) -> None:
    page = unescape(browser.get("/en/form").text).partition('id="s2"')[2].partition('id="s3"')[0]
    first, _, second = page.partition("Channel fallback")
    assert f"it goes to {cast.other_lead.display_name} instead" in first
    assert "instead" not in second
    assert "Anonymous, without your name" in page
    assert "Confidential, with your name" in page


def test_without_a_lead_it_goes_to_the_fallback_and_says_so(browser: Browser, cast: Cast) -> None:
    answer = (
        blank(browser)
        .fill(narrative="x", channel=cast.channel.hex(), excluded=cast.lead.account.hex())
        .post("/en/form/check")
    )
    summary = answer.text.partition('id="s16"')[2]
    lead, other = cast.lead.display_name, cast.other_lead.display_name
    assert f"Channel corruption\n(It goes to {other} instead: you do not want {lead} to see it.)" in unescape(summary)
    assert re.search(r"Handled by</dt>\s*<dd[^>]*>Channel fallback<", summary)


def test_what_was_chosen_stays_the_reporters_answer_whoever_handles_it(
    browser: Browser, cast: Cast, units: Units, signed_in: SignedIn
) -> None:
    form = checked(browser, channel=cast.channel.hex(), excluded=cast.lead.account.hex())
    given = receipt_on(form.post("/en/form/send"))
    with units.reading() as unit:
        case = mailbox.find_case(unit, given)
        assert case is not None
    browser.post("/en/inbox", {"code": given.grouped()})
    for page in (browser.get("/en/inbox/case"), signed_in(cast.other_lead).get(f"/staff/cases/{case.hex()}?lang=en")):
        assert re.search(r"It is about</dt>\s*<dd[^>]*>(<span[^>]*>)?Channel corruption<", page.text)
        assert re.search(r"Handled by</dt>\s*<dd[^>]*>(<span[^>]*>)?Channel fallback<", page.text)


def test_whoever_is_not_sure_is_not_said_to_have_chosen(browser: Browser) -> None:
    browser.post("/en/inbox", {"code": receipt_on(checked(browser).post("/en/form/send")).grouped()})
    page = browser.get("/en/inbox/case").text
    assert re.search(r"It is about</dt>\s*<dd[^>]*><span[^>]*>Not sure<", page)
    assert re.search(r"Handled by</dt>\s*<dd[^>]*><span[^>]*>Channel corruption<", page)


def test_what_identifies_and_is_too_long_is_not_sent_into_the_report(browser: Browser) -> None:
    answer = blank(browser).fill(narrative="x", address="ก" * 700).post("/en/form/check")
    assert "room for about 680 Thai letters. Put the rest into “Anything else" in answer.text
    assert "what happened" not in answer.text.partition('id="address-error"')[2].partition("</p>")[0]


def test_a_note_on_others_is_not_shown_as_if_it_kept_a_key_from_them(browser: Browser, cast: Cast) -> None:
    excluded = {"excluded": cast.triage.account.hex(), "excluded_words": "the chief's wife"}
    page = unescape(blank(browser).fill(narrative="x", **excluded).post("/en/form/check").text)
    ticked, _, note = page.partition("Get no key, because you ticked them")[2].partition("Your note on others")
    assert cast.triage.display_name in ticked
    assert "the chief's wife" not in ticked
    assert "the chief's wife" in note


def test_when_nobody_is_left_the_form_says_so_and_names_others(browser: Browser, cast: Cast) -> None:
    form = blank(browser).fill(narrative="my words", channel=cast.channel.hex())
    form.values["excluded"] = [cast.lead.account.hex(), cast.other_lead.account.hex()]
    answer = form.post("/en/form/check")
    assert answer.status_code == 400
    assert shown_step(answer) == "s10"
    assert "1205" in answer.text
    kept = PageForm.on(browser, answer)
    assert kept["narrative"] == "my words"
    assert set(kept.values["excluded"]) == set(form.values["excluded"])


def test_whoever_may_be_given_the_case_later_is_named_and_can_be_excluded(browser: Browser, cast: Cast) -> None:
    page = unescape(browser.get("/en/form").text)
    name, value = cast.investigator.display_name, cast.investigator.account.hex()
    assert re.search(f"Later, a lead may give the case to: [^<]*{name}", page)
    assert re.search(f'name="excluded"[^>]* value="{value}"', page)
    assert f"{name} (may be given the case later)" in page
    form = checked(browser, channel=cast.channel.hex(), excluded=value)
    assert form.values["excluded"] == [value]
    summary = form.post("/en/form/check").text.partition("Get no key, because you ticked them")[2]
    assert name in summary.partition("</dd>")[0]


def test_somebody_excluded_who_is_no_longer_offered_stays_excluded(browser: Browser) -> None:
    stranger = bytes(range(16)).hex()
    answer = blank(browser).fill(narrative="x", excluded=stranger).post("/en/form/check")
    assert PageForm.on(browser, answer).values["excluded"] == [stranger]


@pytest.mark.parametrize(
    ("field", "value", "step"),
    [
        ("narrative", "  \r\n ", "s6"),
        ("narrative", "ก" * 20_001, "s6"),
        ("when", "x" * 5_001, "s7"),
        ("people", "x" * 5_001, "s9"),
        ("excluded_words", "x" * 5_001, "s10"),
        ("name", "ก" * 683, "s15"),
        ("line__id", "x" * 2_048, "s15"),
        ("channel", bytes(16).hex(), "s5"),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field_and_nothing_else_is_lost(
    browser: Browser, field: str, value: str, step: str
) -> None:
    form = blank(browser).fill(**FULL).fill(**{field: value})
    answer = form.post("/en/form/check")
    assert answer.status_code == 400
    assert shown_step(answer) == step
    name = field.replace("__", "-")
    assert f'<a href="#{name}">' in answer.text
    assert f'id="{name}-error"' in answer.text
    kept = PageForm.on(browser, answer)
    for other, text in FULL.items():
        if other != field:
            assert kept[other.replace("__", "-")] == text
    if field != "channel":
        assert kept[name].strip() == value.strip()


def test_several_problems_show_at_the_first_step_that_has_one(browser: Browser) -> None:
    answer = blank(browser).fill(narrative="", when="x" * 5_001, name="x" * 2_048).post("/en/form/check")
    assert shown_step(answer) == "s6"
    assert re.findall(r'<li><a href="(#[^"]+)">', answer.text.partition("error-summary__list")[2])[:3] == [
        "#narrative",
        "#when",
        "#name",
    ]


def test_another_language_keeps_everything(browser: Browser, cast: Cast) -> None:
    form = blank(browser).fill(**FULL, channel=cast.fallback.hex(), excluded=cast.triage.account.hex())
    answer = form.post("/th/form/change")
    assert 'lang="th"' in answer.text
    assert PageForm.on(browser, answer).values == form.values


def test_another_language_keeps_the_check_page(browser: Browser) -> None:
    answer = checked(browser).post("/th/form/change")
    assert shown_step(answer) == "s16"
    assert 'lang="th"' in answer.text


def test_not_sure_goes_to_the_first_channel(browser: Browser, cast: Cast) -> None:
    answer = blank(browser).fill(narrative="x").post("/en/form/check")
    assert cast.lead.display_name in answer.text.partition('id="s16"')[2]


def test_what_was_chosen_is_shown_in_words_and_kept(browser: Browser) -> None:
    form = blank(browser).fill(narrative="x", **PICKED)
    form.values["knowledge"] = ["saw", "heard"]
    answer = form.post("/en/form/check")
    summary = unescape(answer.text.partition('id="s16"')[2])
    for words in (
        "On behalf of someone else",
        "Seller",
        "Saw it, Heard of it",
        "Four to ten",
        "being punished already",
    ):
        assert words in summary
    kept = PageForm.on(browser, answer)
    for name in ("way", "link", "knowledge", "ongoing", "known-by", "fear"):
        assert kept.values[name] == form.values[name], name


def test_another_language_keeps_what_was_chosen(browser: Browser) -> None:
    form = blank(browser).fill(**PICKED)
    assert PageForm.on(browser, form.post("/th/form/change")).values == form.values


def test_a_choice_that_there_is_not_is_as_if_nothing_was_chosen(browser: Browser) -> None:
    answer = blank(browser).fill(narrative="x", way="nonsense", link="<b>").post("/en/form/check")
    assert answer.status_code == 200
    assert not {"way", "link"} & set(PageForm.on(browser, answer).values)


OWN = frozenset(IdentityField) - OF_THE_OTHER - {IdentityField.WITNESSES}


@pytest.mark.parametrize(
    ("way", "sealed"),
    [
        (Way.ANONYMOUS, frozenset({IdentityField.WITNESSES})),
        (Way.NAMED, OWN | {IdentityField.WITNESSES}),
        (Way.BEHALF, frozenset(IdentityField)),
        (None, frozenset(IdentityField)),
    ],
)
def test_the_way_decides_which_names_are_shown_and_sealed_and_none_is_lost(
    browser: Browser, units: Units, way: Way | None, sealed: frozenset[IdentityField]
) -> None:
    form = blank(browser).fill(**{**FULL, **({"way": way.value} if way else {})})
    answer = form.post("/en/form/check")
    summary = unescape(answer.text.partition('id="s16"')[2])
    texts = {name: FULL[name.value.replace("-", "__")].replace("\r\n", "\n") for name in IdentityField}
    assert {name for name, text in texts.items() if text in summary} == sealed
    kept = PageForm.on(browser, answer)
    assert [kept[name.value] for name in IdentityField] == [FULL[n.value.replace("-", "__")] for n in IdentityField]
    receipt = receipt_on(kept.fill(declared="y").post("/en/form/send"))
    with units.writing() as unit:
        case = mailbox.find_case(unit, receipt)
        assert case is not None
        seed = receipt.seed()
        seen = own_identity.see(unit, mailbox.Reporter(case), SessionKeys.of(seed), seed.identity())
    assert seen.fields == {name: texts[name] if name in sealed else "" for name in IdentityField}


def test_what_was_chosen_is_what_the_receipt_opens(browser: Browser, units: Units) -> None:
    form = checked(browser, **PICKED)
    answers = read(units, receipt_on(form.post("/en/form/send"))).answers
    assert answers[ReportField.WAY] == Way.BEHALF
    assert answers[ReportField.KNOWLEDGE] == Knowledge.HEARD
    assert answers[ReportField.KNOWN_BY] == KnownBy.SOME


@pytest.mark.parametrize(
    ("fear", "priority"),
    [("", Priority.NORMAL), ("no", Priority.NORMAL), ("afraid", Priority.HIGH), ("punished", Priority.HIGH)],
)
def test_fear_raises_the_priority(browser: Browser, units: Units, fear: str, priority: Priority) -> None:
    checked(browser, fear=fear).post("/en/form/send")
    with units.reading() as unit:
        assert unit.session.scalars(select(Case.priority)).all() == [priority]
        assert set(unit.session.scalars(select(CaseloadRow.priority))) == {priority}


# -- What may tell who wrote it -------------------------------------------------------------------------------------


def test_the_check_page_warns_of_what_may_tell_who_wrote_it_and_nothing_is_kept_of_that(
    browser: Browser, units: Units, caplog: pytest.LogCaptureFixture
) -> None:
    before = rows(units)
    with caplog.at_level("DEBUG"):
        answer = blank(browser).fill(narrative="Call 081 234 5678", known__by="few").post("/en/form/check")
    warning = unescape(answer.text.partition('id="telltales-title"')[2].partition("</ul>")[0])
    assert "A telephone number" in warning
    assert 'href="#narrative"' in warning
    assert "Three or fewer people know of it" in warning
    assert 'href="#known-by"' in warning
    assert not [
        record.getMessage()
        for record in caplog.records
        if "081" in record.getMessage() or "telltale" in record.getMessage()
    ]
    assert rows(units) == before
    again = blank(browser).fill(narrative="It happened.").post("/en/form/check")
    assert 'id="telltales-title"' not in again.text


def doubted(answer: TestResponse) -> str:
    assert shown_step(answer) == "s16", "the check page comes, whatever is doubted"
    return unescape(answer.text.partition('id="doubts-title"')[2].partition("</ul>")[0])


def test_the_check_page_asks_about_contact_details_that_may_be_mistyped_and_keeps_nothing_of_that(
    browser: Browser, units: Units, caplog: pytest.LogCaptureFixture
) -> None:
    before = rows(units)
    given = {"way": "named", "email": "somying.example.org", "phone": "081 234 567"}
    with caplog.at_level("DEBUG"):
        answer = blank(browser).fill(narrative="It happened.", **given).post("/en/form/check")
    question = doubted(answer)
    assert '<a class="govuk-link" href="#email">E-mail</a>: There is no @ in it' in question
    assert '<a class="govuk-link" href="#phone">Telephone</a>: It has fewer digits' in question
    told = [record.getMessage() for record in caplog.records]
    assert not [line for line in told if "somying" in line or "234 567" in line or "doubt" in line]
    assert rows(units) == before


def test_what_is_doubted_is_sent_as_it_is(browser: Browser, units: Units, cast: Cast) -> None:
    form = checked(browser, way="named", email="my brother has one", phone="0812")
    receipt = receipt_on(form.post("/en/form/send"))
    with units.writing() as unit:
        case = mailbox.find_case(unit, receipt)
        assert case is not None
        seed = receipt.seed()
        seen = own_identity.see(unit, Reporter(case), SessionKeys.of(seed), seed.identity())
    assert (seen.fields[IdentityField.EMAIL], seen.fields[IdentityField.PHONE]) == ("my brother has one", "0812")


@pytest.mark.parametrize(
    "given",
    [
        {"way": "named", "email": "somying@example.org", "phone": "081 234 5678"},
        {"way": "named"},
        {"way": "anonymous", "email": "somying", "phone": "081"},
    ],
)
def test_nothing_is_asked_where_there_is_nothing_to_doubt_or_nothing_is_sent(
    browser: Browser, given: dict[str, str]
) -> None:
    assert doubted(blank(browser).fill(narrative="It happened.", **given).post("/en/form/check")) == ""


def test_the_question_is_asked_in_thai_as_well(browser: Browser) -> None:
    form = blank(browser, "th").fill(narrative="เกิดขึ้นจริง", way="named", email="สมหญิง ที่ไลน์")
    question = doubted(form.post("/th/form/check")).replace(JOINER, "")
    assert "ข้อมูลนี้ถูกต้องไหม" in question
    assert "ไม่มีเครื่องหมาย @" in question


@pytest.mark.parametrize(("language", "words"), [("en", "in step 11."), ("th", "ในขั้นที่ 11")])
def test_whoever_names_people_is_told_by_its_number_where_witnesses_stand(
    browser: Browser, language: str, words: str
) -> None:
    text = browser.get(f"/{language}/form").text.replace(JOINER, "")
    step = text.partition('id="s9"')[2].partition('id="s10"')[0]
    assert words in step
    assert 'id="witnesses"' in text.partition('id="s11"')[2].partition('id="s12"')[0]


def test_a_name_that_stays_behind_is_warned_of_as_well(browser: Browser) -> None:
    form = blank(browser).fill(narrative="They blame Somying for it", name="Somying Jaikla", way="anonymous")
    assert "What seems to be your name" in form.post("/en/form/check").text


@pytest.mark.parametrize(
    ("ticked", "ground"),
    [
        ({}, ""),
        ({"ground": "consent"}, ""),
        ({"sensitive": "health"}, "legal"),
        ({"sensitive": "health", "ground": "consent"}, "consent"),
    ],
)
def test_the_ground_for_sensitive_matters_is_sealed_with_them(
    browser: Browser, units: Units, ticked: dict[str, str], ground: str
) -> None:
    form = checked(browser, **ticked)
    answers = read(units, receipt_on(form.post("/en/form/send"))).answers
    assert (answers[ReportField.SENSITIVE], answers[ReportField.GROUND]) == (ticked.get("sensitive", ""), ground)


# -- Sending --------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(browser: Browser) -> tuple[PageForm, TestResponse]:
    form = checked(browser, **{name: text for name, text in FULL.items() if name != "narrative"})
    return form, form.post("/en/form/send")


def test_what_was_sent_is_what_the_receipt_opens(sent: tuple[PageForm, TestResponse], units: Units) -> None:
    form, answer = sent
    assert answer.status_code == 200
    receipt = receipt_on(answer)
    assert receipt == Receipt.parse(form["receipt"])
    box = read(units, receipt)
    assert box.answers == {
        **dict.fromkeys(CHOICES, ""),
        ReportField.NARRATIVE: "It happened.",
        ReportField.WHEN: FULL["when"],
        ReportField.WHERE: FULL["where"],
        ReportField.PEOPLE: FULL["people"],
        ReportField.ELSEWHERE: FULL["elsewhere"],
        ReportField.FEAR_WORDS: FULL["fear__words"],
        ReportField.LANGUAGE: "en",
    }


def test_the_identity_is_sealed_field_by_field_as_it_was_given(
    browser: Browser, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = []
    prepare = intake.prepare
    monkeypatch.setattr(
        intake, "prepare", lambda unit, draft, receipt: drafts.append(draft) or prepare(unit, draft, receipt)
    )
    checked(browser, **{name: text for name, text in FULL.items() if name != "narrative"}).post("/en/form/send")
    (draft,) = drafts
    for part in IdentityField:
        assert draft.identity[part] == FULL[part.value.replace("-", "__")].replace("\r\n", "\n")
    assert draft.excluded_words == FULL["excluded_words"]


def test_the_receipt_page_gives_the_code_its_picture_and_the_days(sent: tuple[PageForm, TestResponse]) -> None:
    _, answer = sent
    assert receipt_on(answer).grouped() in answer.text
    assert re.search(r'<svg[^>]*class="qr"', answer.text)
    assert "style=" not in answer.text
    assert len(re.findall(r"By \d{1,2} \w+ 20\d\d we tell you", answer.text)) == 2


def told_who_received(answer: TestResponse) -> str:
    """What the receipt page says of who received it: on the screen, never on paper."""
    found = re.search(r'<section id="who-received" class="no-print">(.*?)</section>', answer.text, re.DOTALL)
    assert found, answer.text
    return unescape(found[1])


def test_the_receipt_page_names_who_got_keys(sent: tuple[PageForm, TestResponse], cast: Cast, units: Units) -> None:
    _, answer = sent
    told = told_who_received(answer)
    with_name, without = told.split("Reads the report, not your name")
    assert cast.lead.display_name in with_name.partition("if you gave it, your name")[2]
    assert cast.triage.display_name in without
    named = {person.account for person in cast.staff if f">{person.display_name}<" in told}
    assert named == readers_of(units, receipt_on(answer)) == {cast.lead.account, cast.triage.account}
    assert "you ticked" not in told
    names = (cast.lead.display_name, cast.triage.display_name)
    assert not any(name in answer.text.replace(told, "") for name in names)


def test_the_receipt_page_says_that_nobody_who_was_ticked_is_among_them(browser: Browser, cast: Cast) -> None:
    out = cast.triage
    told = told_who_received(checked(browser, excluded=out.account.hex()).post("/en/form/send"))
    assert "Nobody whom you ticked as somebody who must not see it is among them." in told
    assert cast.lead.display_name in told
    assert out.display_name not in told


def test_the_receipt_page_names_those_who_received_it_instead(browser: Browser, cast: Cast, units: Units) -> None:
    form = checked(browser, channel=cast.channel.hex(), excluded=cast.lead.account.hex())
    answer = form.post("/en/form/send")
    told = told_who_received(answer)
    assert "Handled by" in told
    assert {person.account for person in cast.staff if f">{person.display_name}<" in told} == {cast.other_lead.account}
    assert readers_of(units, receipt_on(answer)) == {cast.other_lead.account}


def test_of_a_report_that_was_there_already_no_page_guesses_who_received_it(
    sent: tuple[PageForm, TestResponse], browser: Browser, cast: Cast
) -> None:
    form, first = sent
    for answer in (form.post("/en/form/send"), compared(browser, first, "x")):
        told = told_who_received(answer)
        assert "Open your report with the code: there you see at any time, by name, who can open it." in told
        assert not any(person.display_name in answer.text for person in cast.staff)


def test_of_two_posts_at_once_the_second_names_nobody(
    browser: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = checked(browser)
    receipt_on(form.post("/en/form/send"))
    looks = iter([None])  # before it is sealed the first one is not seen yet
    seen = intake.earlier_with
    monkeypatch.setattr(intake, "earlier_with", lambda *at: next(looks, seen(*at)))
    answer = form.post("/en/form/send")
    assert "We have this report already" in answer.text
    assert not any(person.display_name in answer.text for person in cast.staff)


def test_sending_sets_no_cookie_and_puts_nothing_in_an_address(sent: tuple[PageForm, TestResponse]) -> None:
    form, answer = sent
    assert "Set-Cookie" not in answer.headers
    assert form["receipt"] not in "".join(re.findall(r'(?:href|action)="([^"]*)"', answer.text))


def test_without_the_declaration_nothing_is_stored(browser: Browser, units: Units) -> None:
    form = checked(browser, name="Somying")
    del form.values["declared"]
    before = rows(units)
    answer = form.post("/en/form/send")
    assert answer.status_code == 400
    assert shown_step(answer) == "s16"
    assert '<a href="#declared">' in answer.text
    assert rows(units) == before
    assert PageForm.on(browser, answer)["name"] == "Somying"


@pytest.mark.parametrize("field", ["narrative", "when", "name", "excluded_words", "excluded", "channel"])
def test_what_the_check_page_did_not_show_is_shown_before_it_is_sent(
    browser: Browser, cast: Cast, units: Units, field: str
) -> None:
    form = checked(browser)
    value = {"channel": cast.fallback.hex(), "excluded": cast.triage.account.hex()}.get(field, "changed since")
    answer = form.fill(**{field: value}).post("/en/form/send")
    assert cases(units) == 0
    assert "Something was changed" in answer.text
    again = PageForm.on(browser, answer)
    assert "declared" not in again.values
    receipt_on(again.fill(declared="y").post("/en/form/send"))
    assert cases(units) == 1


def readers_of(units: Units, receipt: Receipt) -> set[bytes]:
    with units.reading() as unit:
        case = mailbox.find_case(unit, receipt)
        return set(unit.session.scalars(select(CaseloadRow.account_id).where(CaseloadRow.case_id == case)))


def next_roster(cast: Cast, triage: Duty) -> None:
    members = [cast.lead.member(Duty.LEAD), cast.triage.member(triage), cast.investigator.member(Duty.MEMBER)]
    with cast.units.writing() as unit:
        rosters.sign_next(unit, cast.lead.actor, cast.lead.keys.signing, cast.channel, members)


def test_when_somebody_else_would_receive_it_by_now_they_are_shown_before_it_is_sent(
    browser: Browser, cast: Cast, units: Units
) -> None:
    form = checked(browser, channel=cast.channel.hex())
    next_roster(cast, triage=Duty.LEAD)
    answer = form.post("/en/form/send")
    assert cases(units) == 0
    assert "Something was changed" in answer.text
    receipt = receipt_on(PageForm.on(browser, answer).fill(declared="y").post("/en/form/send"))
    assert readers_of(units, receipt) == {cast.lead.account, cast.triage.account}


def test_when_it_would_go_to_the_fallback_by_now_that_is_shown_before_it_is_sent(
    browser: Browser, cast: Cast, units: Units
) -> None:
    next_roster(cast, triage=Duty.LEAD)
    form = checked(browser, channel=cast.channel.hex(), excluded=cast.lead.account.hex())
    next_roster(cast, triage=Duty.MEMBER)
    answer = form.post("/en/form/send")
    assert cases(units) == 0
    assert "Something was changed" in answer.text
    assert f"(It goes to {cast.other_lead.display_name} instead" in answer.text
    receipt = receipt_on(PageForm.on(browser, answer).fill(declared="y").post("/en/form/send"))
    assert readers_of(units, receipt) == {cast.other_lead.account}


def test_sending_straight_from_the_form_shows_the_check_page_first(browser: Browser, units: Units) -> None:
    answer = blank(browser).fill(narrative="x", declared="y").post("/en/form/send")
    assert shown_step(answer) == "s16"
    assert cases(units) == 0


def test_sending_twice_makes_one_report_and_shows_the_same_receipt(
    sent: tuple[PageForm, TestResponse], units: Units
) -> None:
    form, first = sent
    second = form.post("/en/form/send")
    assert receipt_on(second) == receipt_on(first)
    assert "We have this report already" in second.text
    assert "We have this report already" not in first.text
    assert cases(units) == 1


def test_sending_again_after_the_code_was_exchanged_makes_no_second_report(
    sent: tuple[PageForm, TestResponse], units: Units
) -> None:
    form, first = sent
    receipt = receipt_on(first)
    with units.reading() as unit:
        case = mailbox.find_case(unit, receipt)
    assert case is not None
    seed = receipt.seed()
    with units.writing() as unit:
        own_receipt.exchange(unit, Reporter(case), SessionKeys.of(seed), seed.identity(), Receipt.generate())
    again = form.post("/en/form/send")
    assert again.status_code == 409
    assert "This report is with us already" in again.text
    assert receipt.grouped() not in again.text
    assert cases(units) == 1


def test_going_back_to_the_first_form_makes_no_second_report(browser: Browser, units: Units) -> None:
    first = blank(browser).fill(narrative="It happened.")
    form = PageForm.on(browser, first.post("/en/form/check")).fill(declared="y")
    receipt = receipt_on(form.post("/en/form/send"))
    again = PageForm.on(browser, first.fill(narrative="It happened otherwise.").post("/en/form/check"))
    answer = again.fill(declared="y").post("/en/form/send")
    assert receipt_on(answer) == receipt
    assert "that was not sent" in answer.text
    assert cases(units) == 1
    assert read(units, receipt).answers[ReportField.NARRATIVE] == "It happened."


def test_a_new_form_makes_a_new_report(browser: Browser, units: Units) -> None:
    first, second = (receipt_on(checked(browser).post("/en/form/send")) for _ in range(2))
    assert first != second
    assert cases(units) == 2


def test_when_the_recipients_change_meanwhile_the_check_page_comes_back(
    browser: Browser, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Conflict("the recipients have just changed")

    form = checked(browser, name="Somying")
    with monkeypatch.context() as patch:
        patch.setattr(intake, "receive", refuse)
        answer = form.post("/en/form/send")
    assert "Something was changed" in answer.text
    again = PageForm.on(browser, answer)
    assert again["name"] == "Somying"
    receipt_on(again.fill(declared="y").post("/en/form/send"))
    assert cases(units) == 1


def test_a_receipt_that_was_damaged_in_the_form_is_drawn_anew(browser: Browser) -> None:
    answer = blank(browser).fill(narrative="x", receipt="not a receipt").post("/en/form/check")
    Receipt.parse(PageForm.on(browser, answer)["receipt"])


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_send_a_report(browser: Browser, units: Units, headers: dict[str, str]) -> None:
    form = checked(browser)
    assert browser.post("/en/form/send", form.values, headers=headers).status_code == 403
    assert cases(units) == 0


# -- Asked back ------------------------------------------------------------------------------------------------------


def compared(browser: Browser, answer: TestResponse, typed: str) -> TestResponse:
    return browser.post("/en/form/compare", {"receipt": receipt_on(answer).text(), "typed": typed})


def test_what_was_written_down_is_compared_with_the_receipt(
    browser: Browser, sent: tuple[PageForm, TestResponse], units: Units
) -> None:
    _, answer = sent
    receipt = receipt_on(answer)
    before = rows(units)
    right = compared(browser, answer, receipt.grouped().lower().replace("-", " "))
    assert "You wrote it down correctly.</strong>" in right.text
    symbols = receipt.text()
    first, altered = symbols[0], ("8" if symbols[9] != "8" else "9")
    told = {
        "no sign of it: ?!": "Compare it with the one above",
        ("1" if first != "1" else "2") + symbols[1:]: "It first differs in group 1:",
        symbols[:9] + altered + symbols[10:]: "It first differs in group 3:",
        symbols[:-1]: "It first differs in group 7:",
        symbols + "0": "It first differs in group 7:",
    }
    for typed, said in told.items():
        wrong = compared(browser, answer, typed)
        shown = wrong.text.partition('id="asked-back">')[2].partition("</p>")[0]
        assert f"That is not your code. {said}" in shown
        assert not [group for group in receipt.grouped().split("-") if group in shown]
        assert receipt_on(wrong) == receipt
        assert "Set-Cookie" not in wrong.headers
    assert rows(units) == before


@pytest.mark.parametrize("typed", ["", "  "])
def test_an_empty_field_is_no_wrong_code(browser: Browser, sent: tuple[PageForm, TestResponse], typed: str) -> None:
    shown = compared(browser, sent[1], typed).text.partition('id="asked-back">')[2].partition("</p>")[0]
    assert "Type the code from your note first." in shown
    assert "not your code" not in shown


def test_who_received_it_is_not_promised_where_it_is_not_told(
    browser: Browser, sent: tuple[PageForm, TestResponse]
) -> None:
    assert "Who received it</h2>" in sent[1].text
    again = compared(browser, sent[1], "x").text
    assert "Who received it</h2>" not in again
    assert "Who received your report stands only on the first page after sending." in again


@pytest.mark.parametrize("receipt", ["", "nonsense", "0" * 28])  # zeros alone pass the check, and open nothing
def test_a_receipt_of_no_report_is_compared_with_nothing(browser: Browser, receipt: str) -> None:
    assert browser.post("/en/form/compare", {"receipt": receipt, "typed": receipt}).status_code == 404
    assert browser.get("/en/form/compare").status_code == 303
