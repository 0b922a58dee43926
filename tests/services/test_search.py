"""Search through everything somebody holds keys for: what is found, what never is, and what the log says of it."""

from importlib import import_module

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError

from complaints.errors import Invalid
from complaints.models import Case
from complaints.services import audit, search, timeline
from complaints.services.audit import Filter
from complaints.services.caseload import Cursor
from complaints.services.search import Batch, plain
from complaints.vocabulary import Event, RecordKind
from tests.cast import CANARIES, Person, Report
from tests.stage import Stage


def look(stage: Stage, text: str, by: Person | None = None, after: Cursor | None = None) -> Batch:
    person = by or stage.cast.lead
    with stage.units.reading() as unit:
        batch = search.look(unit, person.actor, person.keys, search.terms_of(text), after)
    with stage.units.writing() as unit:
        return search.enter(unit, person.actor, batch)


def found(stage: Stage, text: str, by: Person | None = None) -> list[str]:
    return [hit.reference for hit in look(stage, text, by).hits]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CANARY-NARRATIVE", RecordKind.REPORT),
        ("canary-narrative", RecordKind.REPORT),
        ("แก้ใบเสร็จ", RecordKind.REPORT),
        ("บเสร็", RecordKind.REPORT),
        ("CANARY-EXCLUDED accountant", RecordKind.EXCLUSIONS),
        ("CANARY-ANSWER", RecordKind.MESSAGE),
        ("CANARY-NOTE second", RecordKind.NOTE),
        ("หลักฐาน.pdf", RecordKind.FILE),
        ("CANARY-NOTE หัวหน้า", RecordKind.NOTE),
    ],
)
def test_what_stands_in_a_case_is_found(stage: Stage, text: str, kind: RecordKind) -> None:
    hits = [hit for hit in look(stage, text).hits if hit.case == stage.assigned.case]
    assert len(hits) == 1
    assert text != "CANARY-NARRATIVE" or (hits[0].kind, hits[0].term) == (kind, "CANARY-NARRATIVE")


def test_all_words_must_stand_in_the_same_case(stage: Stage) -> None:
    assert found(stage, "another story") == [stage.waiting.reference]
    assert found(stage, "another CANARY-NARRATIVE") == []


@pytest.mark.parametrize("text", list(CANARIES.values()))
def test_an_identity_is_never_found(stage: Stage, text: str) -> None:
    assert found(stage, text.split(maxsplit=1)[0] if "CANARY" in text.split(maxsplit=1)[0] else text) == []


def test_nobody_finds_what_they_hold_no_keys_of(stage: Stage) -> None:
    assert look(stage, "CANARY-NARRATIVE", stage.cast.unassigned) == Batch((), (), (), None)
    assert found(stage, "another story", stage.cast.investigator) == []
    assert found(stage, "CANARY-NARRATIVE", stage.cast.investigator) == [stage.assigned.reference]


def test_one_entry_says_which_cases_were_opened_and_not_what_for(stage: Stage) -> None:
    look(stage, "CANARY-TERM")
    (entry,) = stage.entries(Event.CASES_SEARCHED)
    expected = {f"case:{report.case.hex()}" for report in (stage.assigned, stage.waiting)}
    assert set((entry["subject"] or "").split()) == expected
    assert entry["actor"] == stage.cast.lead.account.hex()
    assert "CANARY-TERM" not in repr(stage.contents())
    assert stage.findings() == []


def by_case(stage: Stage, report: Report) -> list[str | None]:
    with stage.units.reading() as unit:
        page = audit.read_page(unit, Filter(kind=Event.CASES_SEARCHED, case=report.case.hex()))
    return [line.fields["subject"] for line in page.lines]


def test_an_auditor_finds_the_opening_by_each_of_the_cases(stage: Stage) -> None:
    look(stage, "CANARY-TERM")
    look(stage, "CANARY-TERM", stage.cast.triage)
    (of_both, of_one) = [entry["subject"] for entry in stage.entries(Event.CASES_SEARCHED)]
    assert by_case(stage, stage.assigned) == [of_both]
    assert by_case(stage, stage.waiting) == [of_one, of_both]


def test_who_holds_one_of_the_cases_reads_who_opened_it_and_of_no_other(stage: Stage) -> None:
    for _ in range(2):
        look(stage, "CANARY-TERM")
    with stage.units.reading() as unit:
        read = timeline.read(unit, stage.cast.investigator.actor, stage.assigned.case)
    (step,) = [step for step in read.steps if step.line.fields["event"] == Event.CASES_SEARCHED]
    assert (step.times, step.line.fields["actor"]) == (2, stage.cast.lead.account.hex())
    assert stage.waiting.case.hex() not in repr(read)
    assert stage.waiting.reference not in repr(read)


@pytest.mark.parametrize("attack", ["taken away", "planted", "of another"])
def test_an_index_that_says_something_else_than_the_entry_shows(stage: Stage, attack: str) -> None:
    look(stage, "CANARY-TERM")
    stage.note(stage.cast.lead, "later")
    ((entry,),) = stage.attacker.rows("SELECT DISTINCT entry FROM log_case")
    if attack == "taken away":
        stage.attacker.run("DELETE FROM log_case WHERE about = ?", stage.waiting.case)
    elif attack == "planted":
        stage.attacker.insert("log_case", (stage.assigned.case, entry + 1))
    else:
        stage.attacker.run("UPDATE log_case SET about = ? WHERE about = ?", bytes(16), stage.waiting.case)
    shown = entry + 1 if attack == "planted" else entry
    assert stage.findings() == [("log", f"entry {shown} is not found by the cases that it names")]


def test_an_entry_whose_names_have_expired_is_not_called_wrong(stage: Stage) -> None:
    look(stage, "CANARY-TERM")
    ((entry,),) = stage.attacker.rows("SELECT DISTINCT entry FROM log_case")
    expire = "UPDATE log_field SET value = NULL, salt = NULL WHERE entry = ? AND name = 'subject'"
    stage.attacker.run(expire, entry)
    assert [what for area, what in stage.findings() if "found by the cases" in what] == []


@pytest.mark.parametrize("statement", ["UPDATE log_case SET entry = entry", "DELETE FROM log_case"])
def test_the_index_only_grows(stage: Stage, statement: str) -> None:
    look(stage, "CANARY-TERM")
    with pytest.raises(IntegrityError, match="the access log only grows"), stage.database.writing() as session:
        session.execute(sql(statement))


def test_a_log_of_before_is_indexed_when_the_database_is_upgraded(stage: Stage) -> None:
    look(stage, "CANARY-TERM")
    stage.note(stage.cast.lead, "later")
    stage.attacker.run("UPDATE log_field SET value = ? WHERE name = 'subject' AND entry NOT IN"
                       " (SELECT entry FROM log_case)", b"case:nonsense")  # fmt: skip
    before = stage.attacker.rows("SELECT about, entry FROM log_case ORDER BY about")
    stage.attacker.run("DELETE FROM log_case")
    revision = import_module("complaints.migrations.versions.0024_openings_by_search")
    with stage.database.writing() as session:
        revision.fill(session.connection())
    assert stage.attacker.rows("SELECT about, entry FROM log_case ORDER BY about") == before
    assert len(before) == 2


def test_a_case_that_was_taken_meanwhile_is_not_shown(stage: Stage) -> None:
    person = stage.cast.second_investigator
    with stage.units.reading() as unit:
        batch = search.look(unit, person.actor, person.keys, ["canary-narrative"])
    assert len(batch.hits) == 1
    stage.cast.assign(stage.assigned, {stage.cast.investigator: False}, epoch=2)
    with stage.units.writing() as unit:
        assert search.enter(unit, person.actor, batch).hits == ()


def test_a_case_that_does_not_verify_is_named_and_the_others_are_searched(stage: Stage) -> None:
    stage.attacker.run("UPDATE act SET signature = ? WHERE case_id = ?", bytes(64), stage.waiting.case)
    batch = look(stage, "CANARY-NARRATIVE")
    assert batch.closed == (stage.waiting.reference,)
    assert [hit.reference for hit in batch.hits] == [stage.assigned.reference]


def test_it_goes_on_where_it_stopped_and_looks_at_each_case_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SECONDS", 0.0)
    for _ in range(3):
        stage.cast.report()
    seen: list[bytes] = []
    after: Cursor | None = None
    for _ in range(10):
        batch = look(stage, "nothing of the kind", after=after)
        assert len(batch.opened) == 1
        seen += batch.opened
        after = batch.after
        if after is None:
            break
    with stage.units.reading() as unit:
        days = [unit.session.get_one(Case, case).received for case in seen]
    assert len(seen) == len(set(seen)) == 5
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize(
    ("written", "sought"),
    [
        ("น้ำมัน", "น\u0e4d\u0e49\u0e32มัน"),  # nikhahit, tone, sara aa
        ("น้ำมัน", "น\u0e49\u0e4d\u0e32มัน"),
        ("กำ", "ก\u0e4d\u0e32"),
        ("แม่", "เเม่"),
        ("ที่ดิน", "ท\u0e48\u0e35ดิน"),  # the tone typed before its vowel
        ("ผู้", "ผ\u0e49\u0e39"),
        ("เลขที่ ๐๐๔๑๒", "00412"),
        ("เบิก\u200bเงิน", "เบิกเงิน"),
        ("Ｃafé", "Ｃafe\u0301"),
        ("STRASSE", "straße"),
    ],
)
def test_words_are_compared_however_they_were_typed(written: str, sought: str) -> None:
    assert search.terms_of(sought)[0] in plain(written).casefold()


@pytest.mark.parametrize(("written", "sought"), [("ป่า", "ป้า"), ("ขาว", "ข่าว"), ("เก่า", "เก้า")])
def test_a_tone_makes_another_word(written: str, sought: str) -> None:
    assert search.terms_of(sought)[0] not in plain(written)


@pytest.mark.parametrize("text", ["", "  \u200b ", "x" * 201, "a b c d e f g h i"])
def test_what_is_no_search(text: str) -> None:
    with pytest.raises(Invalid):
        search.terms_of(text)


def test_an_entry_about_all_that_one_post_opens_can_be_stored(stage: Stage) -> None:
    """An index of PostgreSQL's takes no value over 2,704 bytes."""
    batch = Batch(tuple(number.to_bytes(16, "big") for number in range(search.AT_ONCE)), (), (), None)
    with stage.units.writing() as unit:
        search.enter(unit, stage.cast.lead.actor, batch)
    (entry,) = stage.entries(Event.CASES_SEARCHED)
    assert len(entry["subject"] or "") < 2_600
