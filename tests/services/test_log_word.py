"""The log's own word: entries that its signed tree has, and none that somebody wrote beside it, changed, or made seem another."""

import hashlib
from collections.abc import Callable

import pytest
from sqlalchemy import event

from complaints.errors import Refused
from complaints.models import Approval, new_id
from complaints.services import approvals, audit, log_reading, log_word, organisation, rosters
from complaints.vocabulary import Duty, Event
from crypto import decode_parts, encode_parts
from tests.services.planting import entry_of, plant, rewrite
from tests.stage import Stage


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """As in a process that has just started."""
    log_word._trees.clear()


def told(stage: Stage, *positions: int) -> dict[int, dict[str, str]]:
    with stage.units.reading() as unit:
        return log_word.at(unit, positions)


def opening(stage: Stage) -> int:
    """The entry of the one identity that was opened."""
    return entry_of(stage.attacker, Event.IDENTITY_OPENED, "case", stage.assigned.case.hex())


def test_every_entry_says_what_it_said_when_it_was_read_unproven(stage: Stage) -> None:
    with stage.units.reading() as unit:
        lines = log_reading.page(unit.session, size=1000).lines
        assert len(lines) > 20
        assert log_word.at(unit, [line.position for line in lines]) == {line.position: line.fields for line in lines}
        for line in lines:
            log_word._trees.clear()
            assert log_word.at(unit, [line.position]) == {line.position: line.fields}


def test_whatever_size_the_tree_grows_to(stage: Stage) -> None:
    first = opening(stage)
    before = told(stage, first)
    for _ in range(9):
        stage.read(stage.cast.investigator)
        log_word._trees.clear()
        assert told(stage, first) == before


def _value(stage: Stage, entry: int) -> None:
    stage.attacker.run("UPDATE log_field SET value = ? WHERE entry = ? AND name = 'reason'", b"law", entry)


def _rewritten(stage: Stage, entry: int) -> None:
    rewrite(stage.attacker, entry, "reason", "law")


def _taken_out(stage: Stage, entry: int) -> None:
    stage.attacker.run("DELETE FROM log_field WHERE entry = ? AND name = 'reason'", entry)


def _renamed(stage: Stage, entry: int) -> None:
    stage.attacker.run("UPDATE log_field SET name = 'digest' WHERE entry = ? AND name = 'reason'", entry)


def _exchanged(stage: Stage, entry: int) -> None:
    """Another entry's fields, whole."""
    stage.attacker.run("UPDATE log_field SET entry = 100000 WHERE entry = ?", entry)
    stage.attacker.run("UPDATE log_field SET entry = ? WHERE entry = ?", entry, entry - 1)


def _nonsense(stage: Stage, entry: int) -> None:
    stage.attacker.run("UPDATE log_field SET commitment = x'00' WHERE entry = ?", entry)


def _value_gone(stage: Stage, entry: int) -> None:
    stage.attacker.run("UPDATE log_field SET value = NULL WHERE entry = ? AND name = 'reason'", entry)


def _gone(stage: Stage, entry: int) -> None:
    stage.attacker.run("DELETE FROM log_field WHERE entry = ?", entry)


CHANGES: list[Callable[[Stage, int], None]] = [
    _value,
    _rewritten,
    _taken_out,
    _renamed,
    _exchanged,
    _nonsense,
    _value_gone,
    _gone,
]


@pytest.mark.parametrize("remembered", [False, True])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_was_changed_is_refused_also_when_it_was_proven_before(
    stage: Stage, change: Callable[[Stage, int], None], remembered: bool
) -> None:
    entry = opening(stage)
    if remembered:
        told(stage, entry)
    change(stage, entry)
    with pytest.raises(Refused):
        told(stage, entry)
    assert opening_is_left_out(stage, entry)


def opening_is_left_out(stage: Stage, entry: int) -> bool:
    """And what stands beside it is not lost with it."""
    with stage.units.reading() as unit:
        return log_word.credible(unit, [0, entry]).keys() == {0}


def test_what_was_planted_is_refused(stage: Stage) -> None:
    planted = plant(stage.attacker, event="identity.opened", case=stage.assigned.case.hex())
    with pytest.raises(Refused, match="beside the access log"):
        told(stage, planted)
    with stage.units.reading() as unit, pytest.raises(Refused):
        log_word.every(unit, case=stage.assigned.case.hex())


def test_what_was_planted_before_the_log_went_on_stops_it(stage: Stage) -> None:
    """It stands where the next entry belongs."""
    plant(stage.attacker, event="identity.opened", case=stage.assigned.case.hex())
    with pytest.raises(Exception, match="log_"):
        stage.read(stage.cast.investigator)


def test_nodes_that_were_changed_prove_nothing(stage: Stage) -> None:
    entry = 0  # below the tallest peak, whatever the log's size: nodes of every level stand beside its way
    stage.attacker.run("UPDATE log_node SET hash = zeroblob(32)")
    with pytest.raises(Refused, match="not the one in the access log's tree"):
        told(stage, entry)
    stage.attacker.run("DELETE FROM log_node")
    with pytest.raises(Refused, match="node of the access log's tree is missing"):
        told(stage, entry)


def test_peaks_that_nobody_signed_prove_nothing(stage: Stage) -> None:
    entry = opening(stage)
    stage.attacker.run("UPDATE log_checkpoint SET peaks = zeroblob(length(peaks))")
    with pytest.raises(Refused, match="newest checkpoint"):
        told(stage, entry)


def test_a_checkpoint_of_another_key_proves_nothing(stage: Stage) -> None:
    entry = opening(stage)
    stage.attacker.run("UPDATE log_checkpoint SET note = ?", "report.example.org/access-log\n1\nAAAA\n\n")
    with pytest.raises(Refused, match="newest checkpoint"):
        told(stage, entry)


def test_a_field_that_has_expired_is_left_out(stage: Stage) -> None:
    entry = opening(stage)
    stage.attacker.run("UPDATE log_field SET value = NULL, salt = NULL WHERE entry = ? AND name = 'actor'", entry)
    assert "actor" not in told(stage, entry)[entry]
    assert told(stage, entry)[entry]["event"] == Event.IDENTITY_OPENED


def test_an_entry_that_was_proven_once_costs_one_look_and_one_at_the_head(stage: Stage) -> None:
    entry, asked = opening(stage), []
    told(stage, entry)
    with stage.units.reading() as unit:
        event.listen(unit.session.connection(), "before_cursor_execute", lambda *call: asked.append(call[2]))
        log_word.at(unit, [entry])
    assert len(asked) == 2


def test_one_refused_among_many_costs_little(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with stage.units.reading() as unit:
        whole = [line.position for line in log_reading.page(unit.session, size=1000).lines]
    planted, looks, look = plant(stage.attacker, event="identity.opened"), [], log_word._at
    monkeypatch.setattr(log_word, "_at", lambda *call: looks.append(call) or look(*call))
    with stage.units.reading() as unit:
        assert log_word.credible(unit, [*whole, planted]).keys() == set(whole)
    assert len(looks) <= 2 * len(whole).bit_length() + 1


def test_more_is_remembered_than_forgotten_only_up_to_a_bound(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_word, "REMEMBERED", 5)
    for position in range(20):
        told(stage, position)
        assert all(len(tree.proven) <= 6 for tree in log_word._trees.values())
    assert log_word._trees


def take_back(stage: Stage, size: int) -> None:
    """The log as it was when it had so many entries: what was there is signed, and so all of it verifies."""
    of_nodes = "((position + 1) << level) > ?"
    stage.attacker.run("DELETE FROM log_checkpoint WHERE size > ?", size)
    stage.attacker.run("DELETE FROM log_field WHERE entry >= ?", size)
    stage.attacker.run("DELETE FROM log_entry WHERE position >= ?", size)
    if stage.attacker.rows(f"SELECT 1 FROM log_node WHERE {of_nodes}", size):
        stage.attacker.run(f"DELETE FROM log_node WHERE {of_nodes}", size)


def size_of(stage: Stage) -> int:
    return int(stage.attacker.value("SELECT max(position) FROM log_entry")) + 1


@pytest.mark.parametrize("further", [1, 2, 5])
def test_what_was_proven_in_a_tree_that_was_taken_back_is_no_entry_of_the_next(stage: Stage, further: int) -> None:
    """A process that goes on has seen both; the log's own key has signed both."""
    position = size_of(stage)
    stage.read(stage.cast.investigator)
    before = told(stage, position)
    fields = stage.attacker.rows("SELECT * FROM log_field WHERE entry = ?", position)
    take_back(stage, position)
    for _ in range(further):
        stage.read(stage.cast.lead)
    stage.attacker.run("DELETE FROM log_field WHERE entry = ?", position)
    for row in fields:
        stage.attacker.insert("log_field", row)
    with pytest.raises(Refused):
        told(stage, position)
    with stage.units.reading() as unit:
        assert log_word.credible(unit, [0, position]).keys() == {0}
    assert before[position]["event"] == Event.CASE_OPENED


def test_a_tree_that_was_taken_back_is_proven_anew_and_one_that_grows_is_not(stage: Stage) -> None:
    size = size_of(stage)
    before = told(stage, *range(size))
    for _ in range(9):
        stage.read(stage.cast.investigator)
        assert told(stage, size) != {}
    remembered = {position for tree in log_word._trees.values() for position, _leaf in tree.proven}
    assert remembered == {*range(size + 1)}
    take_back(stage, size)
    assert told(stage, *range(size)) == before


def test_whoever_reads_an_older_state_meanwhile_reads_what_it_has(stage: Stage) -> None:
    size = size_of(stage)
    with stage.units.reading() as unit:
        log_word.at(unit, [0])
        stage.read(stage.cast.investigator)
        assert told(stage, size)[size]["event"] == Event.CASE_OPENED
        assert log_word.at(unit, [size - 1]).keys() == {size - 1}
        with pytest.raises(Refused):
            log_word.at(unit, [size])
    assert told(stage, size)


def test_pages_and_all_of_them(stage: Stage) -> None:
    case = stage.assigned.case.hex()
    with stage.units.reading() as unit:
        whole = [line.fields for line in log_reading.page(unit.session, case=case, size=1000).lines]
        first, older = log_word.page(unit, case=case, size=3)
        assert first == whole[:3]
        assert log_word.page(unit, case=case, size=3, before=older)[0] == whole[3:6]
        assert log_word.every(unit, case=case) == whole


def test_the_newest_about_a_subject(stage: Stage) -> None:
    subject = f"roster:{stage.cast.channel.hex()}"
    with stage.units.reading() as unit:
        found = log_word.newest(unit, subject)
        assert log_word.newest(unit, "roster:none-such") is None
    assert found is not None
    assert found["digest"] == stage.stored_roster().hash.hex()
    plant(stage.attacker, event="roster.signed", subject=subject, digest="00" * 32)
    with stage.units.reading() as unit, pytest.raises(Refused):
        log_word.newest(unit, subject)


# -- Who relies on it ------------------------------------------------------------------------------------------------


def test_a_request_that_only_planted_rows_know(stage: Stage) -> None:
    """By an administrator who asks past the system, with their own key and a hand in the database."""
    cast, asker = stage.cast, stage.cast.administrator
    with stage.units.writing() as unit:
        approval = approvals.ask_for_roster(
            unit, asker.actor, asker.keys.signing, cast.channel, cast.unassigned.account, Duty.LEAD
        )
        row = unit.session.get_one(Approval, approval)
        label, _id, *others = decode_parts(row.statement)
    planted = new_id()
    statement = encode_parts(label, planted, *others)
    stage.attacker.run(
        "UPDATE approval SET id = ?, statement = ?, signature = ?",
        planted,
        statement,
        asker.keys.signing.sign(statement, approvals.DOMAIN),
    )
    digest = hashlib.sha256(statement).hexdigest()
    plant(stage.attacker, event="approval.asked", subject=f"approval:{planted.hex()}", digest=digest)
    with stage.units.reading() as unit:
        assert approvals.waiting(unit) == ()
        with pytest.raises(Refused):
            approvals.read(unit, planted)


def test_a_decided_request_whose_decision_is_made_its_asking(stage: Stage) -> None:
    cast, asker = stage.cast, stage.cast.administrator
    with stage.units.writing() as unit:
        approval = approvals.ask_for_roster(
            unit, asker.actor, asker.keys.signing, cast.channel, cast.unassigned.account, Duty.TRIAGE
        )
    with stage.units.writing() as unit:
        approvals.decline(unit, asker.actor, approval)
    stage.attacker.run("UPDATE approval SET state = 'open', confirmer = NULL, decided = NULL")
    declined = entry_of(stage.attacker, Event.APPROVAL_DECLINED, "subject", f"approval:{approval.hex()}")
    rewrite(stage.attacker, declined, "event", Event.APPROVAL_ASKED.value)
    with stage.units.reading() as unit, pytest.raises(Refused):
        approvals.read(unit, approval)


def test_an_older_roster_with_a_planted_word_for_it(stage: Stage) -> None:
    """On a server that has not seen the newer one."""
    older = stage.stored_roster()
    with stage.units.writing() as unit:
        lead = stage.cast.lead
        members = [lead.member(Duty.LEAD), stage.cast.unassigned.member(Duty.TRIAGE)]
        rosters.sign_next(unit, lead.actor, lead.keys.signing, stage.cast.channel, members)
    stage.attacker.run("DELETE FROM roster WHERE channel_id = ? AND version = 2", stage.cast.channel)
    subject = f"roster:{stage.cast.channel.hex()}"
    plant(stage.attacker, event="roster.signed", subject=subject, digest=older.hash.hex())
    with stage.units.reading() as unit, pytest.raises(Refused, match="beside the access log"):
        rosters.current(unit, stage.cast.channel)


def test_a_notice_that_only_a_planted_row_calls_published(stage: Stage) -> None:
    with stage.units.writing() as unit:
        organisation.publish_notice(unit, stage.cast.administrator.actor, text_th="ไทย", text_en="who answers")
    stage.attacker.run("UPDATE notice SET text_en = ?", "somebody else answers")
    plant(stage.attacker, event="notice.published", subject="1")
    with stage.units.writing() as unit, pytest.raises(Refused):
        organisation.keep_page(unit, "หน้า", "page")


def test_a_planted_entry_spares_no_auditor_theirs(stage: Stage) -> None:
    auditor, wanted = stage.cast.auditor.actor, audit.Filter(case=stage.assigned.case.hex())
    day = stage.calendar.day.isoformat()
    plant(stage.attacker, event="log.read", day=day, actor=auditor.account.hex(), **wanted.entered)
    with stage.units.reading() as unit:
        assert not audit.is_entered(unit, auditor, wanted)


def test_a_planted_verification_reassures_nobody(stage: Stage) -> None:
    moment = {"time": "2026-03-03T03:30Z", "actor": stage.cast.auditor.account.hex()}
    plant(stage.attacker, event="log.verified", **moment, subject="entries:1", reason="intact")
    with stage.units.reading() as unit:
        assert audit.last_verification(unit) is None
