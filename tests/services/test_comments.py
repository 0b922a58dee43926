"""Comments on the notice: sealed to those who receive reports, read through the log, answered by a version of the notice."""

import pytest

from complaints.errors import Conflict, Denied, Invalid, NotFound, NotReady
from complaints.models import new_id
from complaints.services import comments, organisation
from complaints.services.comments import CommentPage
from complaints.vocabulary import CommentState, Event
from tests.cast import Person
from tests.stage import THIRD_DAY, Stage

WORDS = "CANARY-COMMENT ข้อ 3.2 อ่านไม่เข้าใจ"
WAITING, TAKEN_UP, SETTLED = CommentState


def send(stage: Stage, words: str = WORDS, comment: bytes | None = None) -> bytes:
    comment = comment or new_id()
    with stage.units.reading() as unit:
        sealed = comments.seal(unit, comment, words)
    with stage.units.writing() as unit:
        comments.receive(unit, sealed)
    return comment


def read(stage: Stage, person: Person, state: CommentState = WAITING) -> CommentPage:
    with stage.units.writing() as unit:
        return comments.read(unit, person.actor, person.keys, state)


def decide(stage: Stage, person: Person, state: CommentState, *ids: bytes) -> int:
    with stage.units.writing() as unit:
        return comments.decide(unit, person.actor, ids, state)


def publish(stage: Stage) -> None:
    with stage.units.writing() as unit:
        organisation.publish_notice(unit, stage.cast.administrator.actor, text_th="ก", text_en="a")


def public(stage: Stage) -> comments.PublicCount:
    with stage.units.reading() as unit:
        return comments.public_count(unit)


def test_those_who_receive_reports_of_the_channel_that_stands_in_read_it(stage: Stage) -> None:
    comment = send(stage)
    (line,) = read(stage, stage.cast.other_lead).lines
    assert (line.id, line.text, line.notice_version) == (comment, WORDS, 0)
    assert stage.findings() == []


@pytest.mark.parametrize("name", ["lead", "investigator", "unassigned", "triage", "administrator", "auditor"])
def test_nobody_else_does(stage: Stage, name: str) -> None:
    comment = send(stage)
    person = getattr(stage.cast, name)
    with pytest.raises(Denied):
        read(stage, person)
    with pytest.raises(Denied):
        decide(stage, person, SETTLED, comment)


def test_its_words_are_nowhere_in_the_database(stage: Stage) -> None:
    send(stage)
    stage.database.dispose()
    held = stage.attacker.path.read_bytes()
    wal = stage.attacker.path.with_name(stage.attacker.path.name + "-wal")
    held += wal.read_bytes() if wal.exists() else b""
    assert b"CANARY-COMMENT" not in held
    assert "อ่านไม่เข้าใจ".encode() not in held


def test_reading_is_entered_and_counted_in_public(stage: Stage) -> None:
    comment = send(stage)
    assert public(stage).read == 0, "that one has arrived is nobody's to see"
    read(stage, stage.cast.other_lead)
    assert public(stage).read == 1
    (entry,) = stage.entries(Event.COMMENT_READ)
    assert entry["subject"] == f"comment:{comment.hex()}"
    assert entry["actor"] == stage.cast.other_lead.account.hex()


def test_what_is_taken_up_is_answered_by_the_next_version(stage: Stage) -> None:
    publish(stage)
    first, second = send(stage), send(stage, "another")
    assert decide(stage, stage.cast.other_lead, TAKEN_UP, first, second) == 2
    assert public(stage).taken_up == {2: 2}
    assert read(stage, stage.cast.other_lead).lines == ()
    assert len(read(stage, stage.cast.other_lead, TAKEN_UP).lines) == 2
    publish(stage)
    third = send(stage)
    decide(stage, stage.cast.other_lead, TAKEN_UP, third)
    assert public(stage).taken_up == {2: 2, 3: 1}
    decide(stage, stage.cast.other_lead, SETTLED, first, second, third)
    assert public(stage).taken_up == {2: 2, 3: 1}
    assert stage.findings() == []


def test_what_is_settled_is_erased_with_its_keys(stage: Stage) -> None:
    comment = send(stage)
    decide(stage, stage.cast.other_lead, SETTLED, comment)
    assert stage.attacker.rows("SELECT text FROM comment") == [(None,)]
    assert stage.attacker.rows("SELECT * FROM comment_grant") == []
    assert stage.findings() == []
    stage.calendar.day = THIRD_DAY
    with stage.units.writing() as unit:
        stage.access_log.settle(unit.session, unit.today)
    assert stage.findings() == [], "the entry of its arrival joins the log after that of its end"


def test_of_two_who_decide_at_once_the_second_is_told(stage: Stage) -> None:
    first, second = send(stage), send(stage)
    decide(stage, stage.cast.other_lead, SETTLED, first)
    with pytest.raises(Conflict):
        decide(stage, stage.cast.other_lead, SETTLED, first)
    assert decide(stage, stage.cast.other_lead, SETTLED, first, second) == 1
    with pytest.raises(NotFound):
        decide(stage, stage.cast.other_lead, SETTLED, new_id())


def test_the_same_form_again_is_the_same_comment(stage: Stage) -> None:
    comment = send(stage)
    send(stage, "something else", comment)
    assert [line.text for line in read(stage, stage.cast.other_lead).lines] == [WORDS]
    assert stage.findings() == []


@pytest.mark.parametrize(("words", "problem"), [("", "missing"), (" \n ", "missing"), ("ก" * 4_001, "too-long")])
def test_what_is_no_comment_is_not_taken(stage: Stage, words: str, problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        send(stage, words)
    assert refused.value.problems == {"comment": problem}


def test_no_more_wait_than_there_is_room_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comments, "WAITING_LIMIT", 2)
    first, _second = send(stage), send(stage)
    with pytest.raises(Conflict):
        send(stage)
    decide(stage, stage.cast.other_lead, SETTLED, first)
    send(stage)
    assert len(read(stage, stage.cast.other_lead).lines) == 2


def test_a_page_opens_a_few_and_says_how_many_there_are(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comments, "PAGE_SIZE", 2)
    for _ in range(3):
        send(stage)
    page = read(stage, stage.cast.other_lead)
    assert (len(page.lines), page.counts[WAITING]) == (2, 3)
    (entry,) = stage.entries(Event.COMMENT_READ)
    assert len((entry["subject"] or "").split()) == 2


def test_where_nobody_can_receive_a_report_nobody_can_read_a_comment(stage: Stage) -> None:
    stage.attacker.run("DELETE FROM undertaking_signature")
    with pytest.raises(NotReady):
        send(stage)


@pytest.mark.parametrize(
    ("statement", "value", "words"),
    [
        ("UPDATE comment SET text = ?", b"\x01", "is not what was received"),
        ("UPDATE comment SET received = ?", "2026-01-01", "is not what was received"),
        ("UPDATE comment SET notice_version = ?", 7, "is not what was received"),
        ("DELETE FROM comment_grant WHERE account_id <> ?", b"", "is not what was received"),
        ("UPDATE comment SET state = ?", "settled", "what was decided of it"),
        ("UPDATE comment SET read = ?", None, "whether it was read"),
        ("DELETE FROM comment WHERE state = ?", "waiting", "is in the log and not in the database"),
    ],
)
def test_the_check_shows_what_was_altered(stage: Stage, statement: str, value: object, words: str) -> None:
    send(stage)
    read(stage, stage.cast.other_lead)
    stage.attacker.run(statement, value)
    stage.shows("comment", words)


def test_the_check_shows_what_was_erased_and_is_back(stage: Stage) -> None:
    comment = send(stage)
    before = stage.attacker.copy("with-comment")
    decide(stage, stage.cast.other_lead, SETTLED, comment)
    text = before.value("SELECT text FROM comment")
    stage.attacker.run("UPDATE comment SET text = ?", text)
    stage.shows("comment", "was erased and is back")


def test_words_that_were_altered_are_not_shown(stage: Stage) -> None:
    send(stage)
    stage.attacker.run("UPDATE comment SET text = ?", b"\x01\x02")
    (line,) = read(stage, stage.cast.other_lead).lines
    assert line.text is None
