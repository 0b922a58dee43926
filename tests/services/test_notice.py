"""The versions of the notice: numbered, dated, kept, and held to what the log says was published."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from complaints.errors import Invalid, Refused
from complaints.services import organisation
from complaints.vocabulary import Event
from tests.stage import SECOND_DAY, THIRD_DAY, Stage
from tests.waiting import until_it_waits


def publish(stage: Stage, words: str = "who answers") -> int:
    with stage.units.writing() as unit:
        return organisation.publish_notice(unit, stage.cast.administrator.actor, text_th=f"ไทย {words}", text_en=words)


def test_versions_are_numbered_and_dated_and_the_newest_counts(stage: Stage) -> None:
    assert publish(stage) == 1
    stage.calendar.day = THIRD_DAY
    assert publish(stage, "who answers now") == 2
    with stage.units.reading() as unit:
        versions = organisation.notices(unit)
        assert organisation.notice(unit) == versions[0]
    assert [(text.version, text.text_en, text.published) for text in versions] == [
        (2, "who answers now", THIRD_DAY),
        (1, "who answers", SECOND_DAY),
    ]


def test_within_one_unit_a_version_just_published_is_the_newest(stage: Stage) -> None:
    with stage.units.writing() as unit:
        assert organisation.notice(unit) is None
        organisation.publish_notice(unit, stage.cast.administrator.actor, text_th="ก", text_en="a")
        newest = organisation.notice(unit)
    assert newest is not None
    assert newest.version == 1


def test_of_two_who_publish_at_once_both_do(stage: Stage) -> None:
    with ThreadPoolExecutor(1) as pool:
        with stage.units.writing() as unit:
            organisation.publish_notice(unit, stage.cast.administrator.actor, text_th="ก", text_en="a")
            second = pool.submit(publish, stage)
            until_it_waits(stage.attacker.url, second)
        assert second.result() == 2
    assert stage.findings() == []


@pytest.mark.parametrize("text", ["", "  ", "x" * (organisation.TEXT_LIMIT + 1)])
def test_what_cannot_be_a_text_is_not_published(stage: Stage, text: str) -> None:
    before = stage.contents()
    with pytest.raises(Invalid), stage.units.writing() as unit:
        organisation.publish_notice(unit, stage.cast.administrator.actor, text_th="ไทย", text_en=text)
    assert stage.contents() == before


def test_the_check_finds_nothing_in_what_was_published(stage: Stage) -> None:
    publish(stage)
    publish(stage)
    assert stage.findings() == []


@pytest.mark.parametrize("column", ["text_th", "text_en", "published"])
def test_a_version_that_was_changed_shows(stage: Stage, column: str) -> None:
    publish(stage)
    stage.attacker.run(f"UPDATE notice SET {column} = ?", "2026-01-01")
    stage.shows("notice", "version 1 is not what the log says was published")


def test_a_version_that_was_taken_away_or_put_there_shows(stage: Stage) -> None:
    publish(stage)
    stage.attacker.run("UPDATE notice SET version = 7")
    stage.shows("notice", "version 7 is not what the log says was published")
    stage.shows("notice", "version 1 is in the log and not in the database")


def test_another_version_put_under_a_case_shows(stage: Stage) -> None:
    publish(stage)
    report = stage.cast.report()
    assert stage.findings() == []
    stage.attacker.run("UPDATE cases SET notice_version = 7 WHERE id = ?", report.case)
    stage.shows("case", report.reference)


# -- The whole of it -------------------------------------------------------------------------------------------------


def keep(stage: Stage, words: str = "the whole") -> None:
    with stage.units.writing() as unit:
        organisation.keep_page(unit, f"<p>ไทย {words}</p>", f"<p>{words}</p>")


def page(stage: Stage, version: int) -> organisation.KeptPage | None:
    with stage.units.reading() as unit:
        return organisation.page_of(unit, version)


def versions(stage: Stage) -> list[int]:
    with stage.units.reading() as unit:
        return [text.version for text in organisation.notices(unit)]


def test_nothing_is_kept_before_anything_is_published(stage: Stage) -> None:
    before = stage.contents()
    keep(stage)
    assert stage.contents() == before


def test_what_reads_the_same_is_kept_once(stage: Stage) -> None:
    publish(stage)
    keep(stage)
    before = stage.contents()
    keep(stage)
    assert stage.contents() == before
    assert page(stage, 1) == organisation.KeptPage(SECOND_DAY, "<p>ไทย the whole</p>", "<p>the whole</p>")


def test_what_reads_otherwise_is_a_new_version_with_the_operators_words(stage: Stage) -> None:
    publish(stage)
    keep(stage)
    earlier = stage.cast.report()
    stage.calendar.day = THIRD_DAY
    keep(stage, "more is asked")
    with stage.units.reading() as unit:
        newest, first = organisation.notices(unit)
    assert (newest.version, newest.published, newest.text_en) == (2, THIRD_DAY, first.text_en)
    assert [known.page_en for number in (1, 2) if (known := page(stage, number))] == [
        "<p>the whole</p>",
        "<p>more is asked</p>",
    ]
    assert [stage.open_mailbox(report).notice_version for report in (earlier, stage.cast.report())] == [1, 2]
    assert stage.findings() == []
    assert [entry["subject"] for entry in stage.entries(Event.NOTICE_RENEWED)] == ["2"]
    assert [entry["subject"] for entry in stage.entries(Event.NOTICE_KEPT)] == ["1", "2"]


def test_a_page_changed_past_the_system_is_shown_to_nobody(stage: Stage) -> None:
    publish(stage)
    keep(stage)
    stage.attacker.run("UPDATE notice_page SET page_en = ?", "<form action='https://example.org'>")
    with pytest.raises(Refused, match="a notice that was changed"):
        page(stage, 1)
    stage.shows("notice", "the whole of version 1 is not what the log says was kept")


def test_a_page_taken_away_shows(stage: Stage) -> None:
    publish(stage)
    keep(stage)
    stage.attacker.run("DELETE FROM notice_page")
    stage.shows("notice", "the whole of version 1")


@pytest.mark.parametrize(("after", "announced"), [(0, True), (30, True), (31, False)])
def test_a_change_is_announced_for_a_time_and_a_beginning_never(stage: Stage, after: int, announced: bool) -> None:
    publish(stage)
    with stage.units.reading() as unit:
        assert organisation.announced(unit) is None
    publish(stage, "who answers now")
    stage.calendar.day += timedelta(days=after)
    with stage.units.reading() as unit:
        assert (organisation.announced(unit) is not None) is announced


@pytest.mark.parametrize("kept_before", [True, False])
def test_words_put_into_the_database_are_not_kept_as_the_systems_own(stage: Stage, kept_before: bool) -> None:
    """Put back afterwards, they would stand under a version of their own, and the check would find nothing."""
    publish(stage)
    if kept_before:
        keep(stage)
    words = stage.attacker.value("SELECT text_th FROM notice WHERE version = 1")
    stage.attacker.run("UPDATE notice SET text_th = 'CANARY-PLANTED'")
    with pytest.raises(Refused, match="changed past the system"):
        keep(stage, "the whole, otherwise")
    stage.attacker.run("UPDATE notice SET text_th = ?", words)
    assert stage.findings() == []
