"""A channel's own questions: written once, vouched for, in the log; their answers sealed with the words that were asked."""

from dataclasses import replace
from datetime import date

import pytest

from complaints.errors import Conflict, Invalid, NotFound, Refused
from complaints.services import case_reading, intake, own_identity, questions, report_draft
from complaints.services.questions import Answer, Question, Wording
from complaints.services.report_draft import ReportDraft
from complaints.vocabulary import (
    ASKED_FIELD_SIZE,
    CompartmentName,
    Event,
    IdentityField,
    Locale,
    QuestionKind,
    ReportField,
    Way,
)
from crypto import Receipt
from tests.cast import Report
from tests.stage import Stage

HOW_MUCH = Wording(
    QuestionKind.NUMBER, CompartmentName.REPORT, False, "เท่าไร", "How much?", "เพื่อรู้จำนวน", "To know how much."
)
WHICH = Wording(
    QuestionKind.CHOICE,
    CompartmentName.REPORT,
    True,
    "ที่ไหน",
    "Which shop?",
    "เพื่อไปดู",
    "To look there.",
    "ร้านแรก\nร้านสอง",
    "the first\nthe second",
)
BADGE = Wording(
    QuestionKind.TEXT, CompartmentName.IDENTITY, False, "รหัสพนักงาน", "Badge?", "เพื่อคุ้มครอง", "To protect you."
)
SINCE = replace(HOW_MUCH, kind=QuestionKind.DATE, wording_th="ตั้งแต่เมื่อใด", wording_en="Since when?")


def add(stage: Stage, *wordings: Wording) -> list[bytes]:
    with stage.units.writing() as unit:
        return [questions.add(unit, stage.cast.administrator.actor, stage.cast.channel, asked) for asked in wordings]


def retire(stage: Stage, question: bytes) -> None:
    with stage.units.writing() as unit:
        questions.retire(unit, stage.cast.administrator.actor, stage.cast.channel, question)


def asked(stage: Stage, way: str = "", channel: bytes | None = None) -> list[Question]:
    with stage.units.reading() as unit:
        return report_draft.asked_of(unit, channel or stage.cast.channel, way)


def draft(stage: Stage, texts: dict[bytes, str], way: str = "", **more: object) -> ReportDraft:
    plain = stage.cast.draft(**more)  # type: ignore[arg-type]
    return replace(plain, asked=texts, answers={**plain.answers, ReportField.WAY: way})


def seen(answers: tuple[Answer, ...], locale: Locale = Locale.ENGLISH) -> list[tuple[str, str]]:
    return [(answer.wording(locale), answer.text(locale)) for answer in answers]


# -- Written and retired ---------------------------------------------------------------------------------------------


def test_they_are_asked_in_order_of_their_channel_alone(stage: Stage) -> None:
    add(stage, HOW_MUCH, WHICH, BADGE)
    assert [question.wording_en for question in asked(stage)] == ["How much?", "Which shop?", "Badge?"]
    assert asked(stage, channel=stage.cast.fallback) == []
    assert [question.wording_en for question in asked(stage, Way.ANONYMOUS)] == ["How much?", "Which shop?"]


def test_one_that_is_retired_is_asked_no_more_and_only_once_retired(stage: Stage) -> None:
    first, second = add(stage, HOW_MUCH, WHICH)
    retire(stage, first)
    assert [question.id for question in asked(stage)] == [second]
    with pytest.raises(Conflict):
        retire(stage, first)
    with stage.units.writing() as unit, pytest.raises(NotFound):
        questions.retire(unit, stage.cast.administrator.actor, stage.cast.fallback, second)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"wording_th": ""}, {"wording_th": "missing"}),
        ({"purpose_en": ""}, {"purpose_en": "missing"}),
        ({"wording_en": "x" * 151}, {"wording_en": "too-long"}),
        ({"purpose_th": "x" * 301}, {"purpose_th": "too-long"}),
        ({"choices_th": "one", "choices_en": "one"}, {"choices_th": "few"}),
        ({"choices_en": "the first"}, {"choices_en": "uneven"}),
        ({"choices_th": "x\n" * 13, "choices_en": "x\n" * 13}, {"choices_th": "too-many"}),
        ({"choices_en": f"x\n{'y' * 151}"}, {"choices_en": "too-long"}),
    ],
)
def test_what_makes_no_sense_is_not_asked(stage: Stage, wrong: dict[str, str], problem: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        add(stage, replace(WHICH, **wrong))  # type: ignore[arg-type]
    assert caught.value.problems == problem
    assert asked(stage) == []


@pytest.mark.parametrize(("wording", "most"), [(HOW_MUCH, 10), (BADGE, 3)])
def test_there_are_never_too_many(stage: Stage, wording: Wording, most: int) -> None:
    first, *_ = add(stage, *[wording] * most)
    with pytest.raises(Invalid):
        add(stage, wording)
    retire(stage, first)
    add(stage, wording)


def test_the_log_says_who_added_and_retired_them(stage: Stage) -> None:
    (question,) = add(stage, HOW_MUCH)
    retire(stage, question)
    added, retired = stage.entries(Event.QUESTION_ADDED) + stage.entries(Event.QUESTION_RETIRED)
    assert added["actor"] == stage.cast.administrator.account.hex()
    assert added["subject"] == retired["subject"] == f"question:{question.hex()}"
    assert added["digest"] == retired["digest"]
    assert stage.findings() == []


# -- Whoever writes to the database ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"), [("wording_th", "ใครบอกคุณ"), ("compartment", "report"), ("required", True), ("position", 9)]
)
def test_a_question_changed_past_the_system_is_asked_of_nobody(stage: Stage, column: str, value: object) -> None:
    add(stage, BADGE)
    stage.attacker.run(f"UPDATE question SET {column} = ?", value)
    with pytest.raises(Refused, match="a question that was changed"):
        asked(stage)
    stage.shows("question", "is not what the log says was added")


def test_a_question_brought_back_is_refused(stage: Stage) -> None:
    (question,) = add(stage, BADGE)
    before = stage.attacker.copy("asked.sqlite")
    retire(stage, question)
    stage.attacker.run("UPDATE question SET retired = NULL")
    with pytest.raises(Refused):
        asked(stage)
    stage.attacker.put_back(before, "question", "id = ?", question)
    stage.shows("question", "whether it is still asked is not what the log says")


def test_a_question_taken_away_shows(stage: Stage) -> None:
    add(stage, BADGE)
    stage.attacker.run("DELETE FROM question")
    stage.shows("question", "is in the log and not in the database")


# -- Answers ---------------------------------------------------------------------------------------------------------


def test_answers_are_sealed_where_the_question_says(stage: Stage) -> None:
    much, which, badge, since = add(stage, HOW_MUCH, WHICH, BADGE, SINCE)
    texts = {much: "40000", which: "2", badge: "CANARY-BADGE", since: "27/3/2569"}
    report = stage.cast.report(draft(stage, texts))
    told = [("How much?", "40000"), ("Which shop?", "the second"), ("Since when?", "2026-03-27")]
    assert seen(stage.read(stage.cast.lead, report).asked) == told
    assert seen(stage.open_mailbox(report).asked, Locale.THAI)[1] == ("ที่ไหน", "ร้านสอง")
    assert seen(stage.open_identity(stage.cast.lead, report).asked) == [("Badge?", "CANARY-BADGE")]
    assert "CANARY" not in repr(stage.open_identity(stage.cast.lead, report).asked)


def test_a_question_retired_later_leaves_its_answers(stage: Stage) -> None:
    (much,) = add(stage, HOW_MUCH)
    report = stage.cast.report(draft(stage, {much: "7"}))
    retire(stage, much)
    assert seen(stage.read(stage.cast.lead, report).asked) == [("How much?", "7")]


def test_nothing_is_sealed_of_what_is_not_asked(stage: Stage) -> None:
    much, badge = add(stage, HOW_MUCH, BADGE)
    retire(stage, much)
    report = stage.cast.report(draft(stage, {much: "7", badge: "4411", bytes(16): "x"}, Way.ANONYMOUS))
    assert stage.read(stage.cast.lead, report).asked == ()
    assert stage.open_identity(stage.cast.lead, report).asked == ()


def test_neither_asking_nor_answering_shows_in_what_is_stored(stage: Stage) -> None:
    """Where a report went to the fallback, the size of an answer must not tell which channel was asked."""
    plain = stage.cast.report()
    much, badge = add(stage, HOW_MUCH, BADGE)
    asking = stage.cast.report(draft(stage, {much: "7", badge: "y" * 300}))
    query = "SELECT f.name, length(f.value) FROM sealed_field f JOIN record r ON r.id = f.record_id WHERE r.case_id = ?"
    sizes = [
        sorted(row for row in stage.attacker.rows(query, report.case) if row[0] == "asked")
        for report in (plain, asking)
    ]
    assert sizes[0] == sizes[1] == [("asked", ASKED_FIELD_SIZE + 29)] * 2


def test_what_is_too_long_is_named_and_nothing_is_stored(stage: Stage) -> None:
    (badge,) = add(stage, BADGE)
    with pytest.raises(Invalid) as caught, stage.units.reading() as unit:
        intake.prepare(unit, draft(stage, {badge: "ก" * 500}), Receipt.generate())
    assert caught.value.problems == {f"q-{badge.hex()}": "too-long"}


def test_the_longest_answers_about_people_fit_together(stage: Stage) -> None:
    wording = replace(BADGE, wording_th="ก" * 150, wording_en="x" * 150)
    ids = add(stage, wording, wording, wording)
    room = questions.SHARE - len(Answer(ids[0], QuestionKind.TEXT, "ก" * 150, "x" * 150, "", "").to_bytes())
    report = stage.cast.report(draft(stage, dict.fromkeys(ids, "y" * room)))
    assert [len(text) for _, text in seen(stage.open_identity(stage.cast.lead, report).asked)] == [room] * 3


def test_answers_outlive_an_assignment_and_are_the_reporters_to_correct(stage: Stage) -> None:
    much, badge, since = add(stage, HOW_MUCH, BADGE, replace(SINCE, compartment=CompartmentName.IDENTITY))
    report = stage.cast.report(draft(stage, {much: "7", badge: "4411", since: "1/2/2026"}))
    stage.cast.assign(report)
    give(stage, report, {badge: "4412", since: "1/2/2569"})
    opened = stage.open_identity(stage.cast.investigator, report)
    assert seen(opened.asked) == [("Badge?", "4412"), ("Since when?", "2026-02-01")]
    assert [answer.kind for answer in opened.asked] == [QuestionKind.TEXT, QuestionKind.DATE]
    give(stage, report, {badge: ""})
    assert seen(stage.open_identity(stage.cast.investigator, report).asked) == [("Since when?", "2026-02-01")]
    assert seen(stage.read(stage.cast.investigator, report).asked) == [("How much?", "7")]
    with pytest.raises(Invalid):
        give(stage, report, {since: "y" * 2000})


def give(stage: Stage, report: Report, texts: dict[bytes, str]) -> None:
    key = report.receipt.seed().identity()
    with stage.units.writing() as unit:
        own_identity.give(unit, report.reporter, report.keys, key, {IdentityField.NAME: "new"}, texts)


def test_a_withdrawal_takes_the_answers_about_people(stage: Stage) -> None:
    (badge,) = add(stage, BADGE)
    report = stage.cast.report(draft(stage, {badge: "4411"}))
    with stage.units.writing() as unit:
        own_identity.withdraw(unit, report.reporter, report.keys)
    with stage.units.writing() as unit:
        assert own_identity.see(unit, report.reporter, report.keys, report.receipt.seed().identity()).asked == ()


@pytest.mark.parametrize("data", [b"\x02", b"\x01", b"\x01\x00\x00\x00\x01\x00\x00\x00\x02ab", b"\x01\xff\xff\xff\xff"])
def test_bytes_that_are_no_answers_are_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        questions.decode(data)


def test_answers_come_back_as_they_were_encoded() -> None:
    answers = (
        Answer(b"q" * 16, QuestionKind.CHOICE, "ไทย", "English", "ร้านสอง", "the second"),
        Answer(b"r" * 16, QuestionKind.TEXT, "ไทย", "English", "same\nwords", "same\nwords"),
    )
    assert questions.decode(questions.encode(answers)) == answers
    assert questions.decode(questions.encode([])) == ()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("27/3/2569", date(2026, 3, 27)),
        ("27-3-2026", date(2026, 3, 27)),
        (" ๒๗ / ๓ / ๒๕๖๙ ", date(2026, 3, 27)),
        ("2026-03-27", date(2026, 3, 27)),
        ("29/2/2568", None),
        ("27/3/69", None),
        ("last spring", None),
        ("1/2", None),
        ("²/3/2026", None),
        ("99/99/9999", None),
    ],
)
def test_days_as_people_write_them(text: str, day: date | None) -> None:
    assert questions.read_day(text) == day


def test_a_channel_that_is_not_there_asks_nothing(stage: Stage) -> None:
    with stage.units.writing() as unit, pytest.raises(NotFound):
        questions.add(unit, stage.cast.administrator.actor, bytes(16), HOW_MUCH)
    with stage.units.reading() as unit:
        assert questions.asked_now(unit) == []


def test_exclusions_and_answers_reach_whoever_reads(stage: Stage) -> None:
    """The answers of a report that went to the fallback are there, and opened as any."""
    (much,) = add(stage, HOW_MUCH)
    report = stage.cast.report(draft(stage, {much: "7"}, excluded=(stage.cast.lead,)))
    with stage.units.writing() as unit:
        lead = stage.cast.other_lead
        opened = case_reading.read_case(unit, lead.actor, lead.keys, report.case)
    assert seen(opened.asked) == [("How much?", "7")]
