"""The register of outside processors: versions are added and never changed, vouched for, and in the log."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from complaints.errors import Conflict, Invalid, NotFound, Refused
from complaints.services import processors, readiness
from complaints.services.processors import Particulars, Processor
from complaints.vocabulary import Event, Locale, Meets
from tests.stage import Stage

HOSTING = Particulars(
    name_th="บริษัท ห้องเครื่อง จำกัด",
    name_en="Engine Room Limited",
    purpose_th="ให้เช่าเครื่องแม่ข่าย",
    purpose_en="Rents us the server.",
    meets=(Meets.CIPHERTEXT, Meets.METADATA, Meets.RUNNING),
    country="TH",
    since=date(2025, 1, 1),
    undertaking="NDA-7, second version",
    signed_by="Somsri Rakdee, director",
    signed=date(2024, 12, 20),
)
MAIL = Particulars(
    name_th="ไปรษณีย์ดี",
    name_en="Good Post",
    purpose_th="ส่งอีเมลเตือนเจ้าหน้าที่",
    purpose_en="Sends reminders to staff.",
    meets=(Meets.MAIL,),
    country="SG",
    since=date(2025, 6, 1),
)


def add(stage: Stage, said: Particulars = HOSTING) -> bytes:
    with stage.units.writing() as unit:
        return processors.add(unit, stage.cast.administrator.actor, said)


def change(stage: Stage, processor: bytes, version: int, said: Particulars) -> None:
    with stage.units.writing() as unit:
        processors.change(unit, stage.cast.administrator.actor, processor, version, said)


def register(stage: Stage) -> list[Processor]:
    with stage.units.reading() as unit:
        return processors.register(unit)


# -- Kept ------------------------------------------------------------------------------------------------------------


def test_what_was_said_is_kept_with_its_day(stage: Stage) -> None:
    processor = add(stage)
    (kept,) = register(stage)
    assert (kept.id, kept.version, kept.particulars) == (processor, 1, HOSTING)
    assert kept.recorded == stage.cast.units.today()
    assert (kept.name(Locale.THAI), kept.purpose(Locale.ENGLISH)) == (HOSTING.name_th, HOSTING.purpose_en)
    assert stage.findings() == []


def test_a_change_is_the_next_version_and_the_one_before_stays(stage: Stage) -> None:
    processor = add(stage)
    elsewhere = replace(HOSTING, country="SG")
    change(stage, processor, 1, elsewhere)
    with stage.units.reading() as unit:
        newest, first = processors.history(unit, processor)
    assert (newest.version, newest.particulars) == (2, elsewhere)
    assert (first.version, first.particulars) == (1, HOSTING)
    assert [one.version for one in register(stage)] == [2]
    assert stage.findings() == []


def test_what_is_said_already_is_not_said_again(stage: Stage) -> None:
    processor = add(stage)
    change(stage, processor, 1, HOSTING)
    assert [one.version for one in register(stage)] == [1]
    assert not stage.entries(Event.PROCESSOR_CHANGED)


def test_of_two_at_once_the_second_is_told(stage: Stage) -> None:
    processor = add(stage)
    change(stage, processor, 1, replace(HOSTING, country="SG"))
    with pytest.raises(Conflict):
        change(stage, processor, 1, replace(HOSTING, country="JP"))
    assert [one.country for one in register(stage)] == ["SG"]


def test_each_change_is_in_the_log_with_its_digest(stage: Stage) -> None:
    processor = add(stage)
    change(stage, processor, 1, replace(HOSTING, country="SG"))
    with stage.units.reading() as unit:
        newest, first = processors.history(unit, processor)
    (added,), (changed,) = stage.entries(Event.PROCESSOR_ADDED), stage.entries(Event.PROCESSOR_CHANGED)
    assert added["subject"] == changed["subject"] == f"processor:{processor.hex()}"
    assert added["actor"] == stage.cast.administrator.account.hex()
    assert (added["digest"], changed["digest"]) == (processors.digest_of(first), processors.digest_of(newest))


def test_one_that_is_not_there(stage: Stage) -> None:
    with pytest.raises(NotFound):
        change(stage, bytes(16), 1, HOSTING)


@pytest.mark.parametrize(
    ("wrong", "problems"),
    [
        ({"name_th": ""}, {"name_th": "missing"}),
        ({"purpose_en": "x" * 301}, {"purpose_en": "too-long"}),
        ({"meets": ()}, {"meets": "missing"}),
        ({"country": "Siam"}, {"country": "missing"}),
        ({"since": None}, {"since": "missing"}),
        ({"until": date(2024, 1, 1)}, {"until": "reversed"}),
        ({"until": date(2999, 1, 1)}, {"until": "not-yet"}),
        ({"signed": date(2999, 1, 1)}, {"signed": "not-yet"}),
        ({"signed": None}, {"signed": "missing"}),
        ({"undertaking": "", "signed_by": ""}, {"undertaking": "missing", "signed_by": "missing"}),
    ],
)
def test_what_makes_no_sense_is_not_entered(stage: Stage, wrong: dict[str, object], problems: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        add(stage, replace(HOSTING, **wrong))  # type: ignore[arg-type]
    assert refused.value.problems == problems
    assert register(stage) == []


# -- What is lacking -------------------------------------------------------------------------------------------------


def test_whoever_works_without_an_undertaking_is_lacking_one(stage: Stage) -> None:
    add(stage)
    processor = add(stage, MAIL)
    assert [one.lacks_undertaking for one in register(stage)] == [False, True]
    with stage.units.reading() as unit:
        assert readiness.examine(unit).processors_lacking
    change(stage, processor, 1, replace(MAIL, undertaking="NDA-9", signed_by="Ek", signed=date(2026, 1, 2)))
    with stage.units.reading() as unit:
        assert not readiness.examine(unit).processors_lacking


def test_a_contract_that_ended_stays_in_the_register_and_out_of_the_notice(stage: Stage) -> None:
    processor = add(stage, MAIL)
    add(stage)
    with stage.units.reading() as unit:
        yesterday = unit.today - timedelta(days=1)
    change(stage, processor, 1, replace(MAIL, until=yesterday))
    assert [(one.name_en, one.ended, one.lacks_undertaking) for one in register(stage)] == [
        ("Engine Room Limited", False, False),
        ("Good Post", True, False),
    ]
    with stage.units.reading() as unit:
        assert [one.name_en for one in processors.current(unit)] == ["Engine Room Limited"]


# -- Changed past the system -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name_th", "คนอื่น"),
        ("purpose_en", "Nothing"),
        ("signed_by", "Nobody"),
        ("until", "2026-01-01"),
        ("meets", "mail"),
    ],
)
def test_one_that_was_changed_past_the_system_is_named_to_nobody(stage: Stage, column: str, value: str) -> None:
    add(stage)
    stage.attacker.run(f"UPDATE processor SET {column} = ?", value)
    with pytest.raises(Refused, match="a processor that was changed"):
        register(stage)
    with stage.units.reading() as unit:
        assert readiness.examine(unit).processors is None
    stage.shows("processor", "is not what the log says was entered")


def test_a_version_taken_away_shows(stage: Stage) -> None:
    processor = add(stage, MAIL)
    change(stage, processor, 1, replace(MAIL, country="TH"))
    stage.attacker.run("DELETE FROM processor WHERE version = 2")
    stage.shows("processor", "is not what the log says was entered")


def test_a_processor_taken_away_shows(stage: Stage) -> None:
    add(stage)
    stage.attacker.run("DELETE FROM processor")
    stage.shows("processor", "is in the log and not in the database")
