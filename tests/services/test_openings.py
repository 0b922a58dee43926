"""Who has looked: every opening with its proof, and nothing of the entry beyond what a reporter is to see."""

import copy
import json

import pytest

from complaints.errors import NotFound, Refused
from complaints.policy import Reporter
from complaints.services import openings
from complaints.services.keys import SessionKeys
from complaints.services.log_proofs import verify_proof
from complaints.services.openings import Openings, ProvenOpening
from complaints.vocabulary import Event, OpeningReason, Role
from crypto import BadProof
from tests.cast import Report
from tests.stage import SECOND_DAY, Stage


def listed(stage: Stage, report: Report | None = None, keys: SessionKeys | None = None) -> Openings:
    report = report or stage.assigned
    with stage.units.writing() as unit:
        return openings.list_openings(unit, stage.access_log, report.reporter, keys or report.keys)


def proved(stage: Stage, position: int, report: Report | None = None) -> ProvenOpening:
    report = report or stage.assigned
    with stage.units.writing() as unit:
        return openings.prove_opening(unit, stage.access_log, report.reporter, report.keys, position)


def position_of(stage: Stage, event: Event) -> int:
    return int(
        stage.attacker.value("SELECT max(entry) FROM log_field WHERE name = 'event' AND value = ?", event.encode())
    )


def test_each_opening_is_listed_the_newest_first(stage: Stage) -> None:
    stage.open_identity(stage.cast.lead)
    found = listed(stage).openings
    assert [(o.day, o.roles, o.pseudonym, o.reason) for o in found] == [
        (SECOND_DAY, (Role.INVESTIGATOR,), 1, OpeningReason.CONTACT),
        (SECOND_DAY, (Role.INVESTIGATOR,), 2, OpeningReason.CONTACT),
    ]


def test_a_person_has_the_same_number_in_every_opening_and_reply(stage: Stage) -> None:
    for _ in range(2):
        stage.open_identity(stage.cast.investigator)
    assert {o.pseudonym for o in listed(stage).openings} == {2}
    assert {line.author for line in stage.open_mailbox().messages if not line.from_reporter} == {2}


def test_what_nobody_opened_is_an_empty_list(stage: Stage) -> None:
    found = listed(stage, stage.waiting)
    assert (found.openings, found.more) == ((), False)


def test_an_opening_of_another_case_is_not_listed(stage: Stage) -> None:
    stage.open_identity(stage.cast.lead, stage.waiting)
    assert len(listed(stage).openings) == 1
    assert len(listed(stage, stage.waiting).openings) == 1


def test_a_proof_holds_with_no_database(stage: Stage) -> None:
    (opening,) = listed(stage).openings
    document = json.loads(json.dumps(opening.proof))
    proven = verify_proof(document, stage.access_log.verifier_key)
    assert proven.fields == {
        "event": "identity.opened",
        "day": SECOND_DAY.isoformat(),
        "role": "investigator",
        "pseudonym": "2",
        "case": stage.assigned.case.hex(),
        "reason": "contact",
    }


def test_a_proof_tells_neither_who_nor_at_what_time(stage: Stage) -> None:
    (opening,) = listed(stage).openings
    text = json.dumps(opening.proof)
    assert stage.cast.investigator.account.hex() not in text
    assert "T03:30Z" not in text
    assert {item["name"] for item in opening.proof["disclosed"]} == set(openings.SHOWN)


@pytest.mark.parametrize("name", openings.SHOWN)
def test_a_proof_with_another_value_says_which(stage: Stage, name: str) -> None:
    (opening,) = listed(stage).openings
    forged = copy.deepcopy(opening.proof)
    (item,) = [item for item in forged["disclosed"] if item["name"] == name]
    item["value"] = "x" + item["value"]
    with pytest.raises(BadProof, match=name):
        verify_proof(forged)


def test_an_entry_that_is_no_opening_is_not_proved(stage: Stage) -> None:
    with pytest.raises(NotFound):
        proved(stage, position_of(stage, Event.CASE_OPENED))


def test_an_opening_of_another_case_is_not_proved(stage: Stage) -> None:
    with pytest.raises(NotFound):
        proved(stage, position_of(stage, Event.IDENTITY_OPENED), stage.waiting)


@pytest.mark.parametrize("position", [-1, 10**6, 2**63, 10**30])
def test_an_entry_that_is_not_there(stage: Stage, position: int) -> None:
    with pytest.raises(NotFound):
        proved(stage, position)


@pytest.mark.parametrize(
    "change",
    [
        "log_field SET value = CAST('law' AS BLOB) WHERE name = 'reason' AND value = CAST('contact' AS BLOB)",
        "log_field SET value = CAST('7' AS BLOB) WHERE name = 'pseudonym' AND value = CAST('2' AS BLOB)",
        "log_field SET value = CAST('2026-03-01' AS BLOB) WHERE name = 'day'",
        "log_field SET value = NULL, salt = NULL WHERE name = 'reason' AND value = CAST('contact' AS BLOB)",
        "log_checkpoint SET note = 'forged'",
    ],
    ids=["reason", "number", "day", "expired", "checkpoint"],
)
def test_an_entry_that_was_changed_is_refused_aloud(stage: Stage, change: str) -> None:
    stage.attacker.run(f"UPDATE {change}")
    with pytest.raises(Refused):
        listed(stage)


def test_a_session_whose_keys_do_not_open_the_case_learns_nothing(stage: Stage) -> None:
    with pytest.raises(Refused):
        listed(stage, keys=stage.waiting.keys)


def test_a_case_that_is_not_there(stage: Stage) -> None:
    with pytest.raises(NotFound), stage.units.writing() as unit:
        openings.list_openings(unit, stage.access_log, Reporter(bytes(16)), stage.assigned.keys)


def test_looking_is_queued_by_the_day(stage: Stage) -> None:
    queued = stage.queued()
    listed(stage)
    (entry,) = [fields for fields in stage.queued() if fields not in queued]
    assert entry == {
        "event": "mailbox.opened",
        "day": SECOND_DAY.isoformat(),
        "role": "reporter",
        "case": stage.assigned.case.hex(),
        "subject": "openings",
    }
