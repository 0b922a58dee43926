"""Read marks: who has read how far is told to both sides, and to nobody who only has the database."""

from tests.stage import Stage


def reporter_sees(stage: Stage) -> list[bool]:
    return [line.read for line in stage.open_mailbox().messages if line.from_reporter]


def staff_see(stage: Stage) -> list[bool]:
    return [line.read for line in stage.read(stage.cast.investigator).messages if not line.from_reporter]


def marks(stage: Stage) -> list[tuple[bytes, int]]:
    return stage.attacker.rows("SELECT author, revision FROM record WHERE kind = 'read-mark' ORDER BY author")


def test_a_message_is_read_once_somebody_of_the_staff_has_opened_the_case(stage: Stage) -> None:
    assert reporter_sees(stage) == [False, False]
    stage.read(stage.cast.second_investigator)
    assert reporter_sees(stage) == [True, True]
    stage.message("one more")
    assert reporter_sees(stage) == [True, True, False]


def test_a_reply_is_read_once_the_reporter_has_opened_the_mailbox(stage: Stage) -> None:
    assert staff_see(stage) == [False]
    stage.open_mailbox()
    assert staff_see(stage) == [True]
    stage.reply(stage.cast.lead, "a second reply")
    assert staff_see(stage) == [True, False]


def test_nobodys_own_words_are_a_reason_for_a_mark(stage: Stage) -> None:
    stage.message("hello", stage.waiting)
    stage.open_mailbox(stage.waiting)
    assert marks(stage) == []


def test_a_mark_is_renewed_only_by_something_new(stage: Stage) -> None:
    for _ in range(3):
        stage.open_mailbox()
    assert marks(stage) == [(stage.assigned.case, 1)]
    stage.reply(stage.cast.lead, "a second reply")
    for _ in range(2):
        stage.open_mailbox()
    assert marks(stage) == [(stage.assigned.case, 2)]


def test_marks_go_through_an_assignment(stage: Stage) -> None:
    stage.open_mailbox()
    stage.read(stage.cast.investigator)
    stage.cast.assign(stage.assigned, {stage.cast.unassigned: False}, epoch=2)
    assert reporter_sees(stage) == [True, True]
    stage.reply(stage.cast.unassigned, "new here")
    stage.open_mailbox()
    assert [line.read for line in stage.read(stage.cast.unassigned).messages if not line.from_reporter] == [True, True]
    assert stage.findings() == []
    stage.next_day()
    assert stage.findings() == []


def test_how_far_is_sealed(stage: Stage) -> None:
    """All marks are of one length, and the clear side of a record does not change with what was read."""
    stage.open_mailbox()
    stage.read(stage.cast.investigator)
    lengths = stage.attacker.rows(
        "SELECT DISTINCT length(value) FROM sealed_field JOIN record ON record.id = record_id"
        " WHERE kind = 'read-mark' AND name = 'number'"
    )
    assert len(lengths) == 1


def test_a_mark_that_somebody_altered_is_said_aloud(stage: Stage) -> None:
    stage.open_mailbox()
    stage.attacker.run(
        "UPDATE sealed_field SET value = zeroblob(93) WHERE record_id IN (SELECT id FROM record WHERE kind = 'read-mark')"
    )
    assert any(problem.startswith("read-mark") for problem in stage.open_mailbox().problems)
    stage.shows("record", "is not what was written")
