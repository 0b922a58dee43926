"""Proofs of single entries: what they show holds without a database, what they hide is not in the file, and no byte can be changed."""

import base64
import copy
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from complaints.database import Database
from complaints.errors import NotFound, Refused
from complaints.services.access_log import AccessLog, Entry
from complaints.services.log_proofs import prove_entry, verify_proof
from complaints.vocabulary import Event
from crypto import BadProof, BadSignature, CryptoError, Malformed, SigningKey, checkpoint
from tests.intruder import Intruder

DAY = date(2026, 11, 22)
SHOWN = ["event", "day", "role", "pseudonym"]
HIDDEN = {
    "time": "2026-11-22T09:41Z",
    "actor": "5ec4e7ac705e7ac701",
    "case": "ca5e0c0ffee0ca5e",
    "reason": "สำนวนลับ",
    "digest": "d16e57d16e57",
}
POSITION = 6


def identity_opened() -> Entry:
    shown = {"day": DAY.isoformat(), "role": "investigator", "pseudonym": "ผู้ตรวจสอบ 2"}
    return Entry(Event.IDENTITY_OPENED, shown | HIDDEN)


@pytest.fixture
def log(database: Database, access_log: AccessLog) -> AccessLog:
    """Eleven entries; the one at POSITION tells of an identity opened."""
    others = [Entry(Event.CASE_OPENED, {"case": f"{number:032x}"}) for number in range(10)]
    with database.writing() as session:
        access_log.append(session, [*others[:POSITION], identity_opened(), *others[POSITION:]], DAY)
    return access_log


@pytest.fixture
def document(database: Database, log: AccessLog) -> dict[str, Any]:
    """The proof as its file is read back."""
    with database.reading() as session:
        document = prove_entry(session, log, POSITION, SHOWN)
    read_back: dict[str, Any] = json.loads(json.dumps(document))
    return read_back


def test_what_is_shown_holds_without_the_database(document: dict[str, Any], log: AccessLog) -> None:
    proven = verify_proof(document, log.verifier_key)
    assert proven.fields == {
        "event": "identity.opened",
        "day": "2026-11-22",
        "role": "investigator",
        "pseudonym": "ผู้ตรวจสอบ 2",
    }
    assert (proven.position, proven.size, proven.key_given) == (POSITION, 11, True)


def test_what_is_not_shown_is_not_in_the_file(document: dict[str, Any], database: Database) -> None:
    file = json.dumps(document, ensure_ascii=False)
    for value in HIDDEN.values():
        encoded = value.encode()
        for form in (value, encoded.hex(), base64.b64encode(encoded).decode(), json.dumps(value)[1:-1]):
            assert form not in file
    with database.reading() as session:
        hidden_salts = session.execute(
            text(
                "SELECT hex(salt) FROM log_field WHERE entry = :entry AND name IN ('time', 'actor', 'case', 'reason', 'digest')"
            ),
            {"entry": POSITION},
        ).scalars()
        assert [salt for salt in hidden_salts if salt.lower() in file] == []


def test_every_entry_of_every_size_can_be_proven(database: Database, access_log: AccessLog) -> None:
    for size in range(1, 18):
        with database.writing() as session:
            access_log.append(session, [Entry(Event.CASE_OPENED, {"case": f"{size - 1:032x}"})], DAY)
        with database.reading() as session:
            for position in range(size):
                proven = verify_proof(prove_entry(session, access_log, position, ["case"]), access_log.verifier_key)
                assert proven.fields == {"case": f"{position:032x}"}
                assert (proven.position, proven.size) == (position, size)


@pytest.mark.parametrize("disclose", [[], ["event"], ["writes"], [*SHOWN, *HIDDEN]])
def test_any_choice_of_fields_can_be_shown(database: Database, log: AccessLog, disclose: list[str]) -> None:
    with database.reading() as session:
        proven = verify_proof(prove_entry(session, log, POSITION, disclose), log.verifier_key)
    assert set(proven.fields) == set(disclose) - {"writes"}


def test_without_a_key_the_proof_says_so(document: dict[str, Any], log: AccessLog) -> None:
    proven = verify_proof(document)
    assert not proven.key_given
    assert proven.verifier_key == log.verifier_key


def test_a_key_is_the_same_key_under_the_name_of_another_site(document: dict[str, Any], log: AccessLog) -> None:
    assert verify_proof(document, checkpoint.verifier_key("elsewhere.example/access-log", log.verify_key)).key_given


# -- One corruption each ----------------------------------------------------------------------------------------------------------------


def test_no_byte_of_the_file_can_be_changed(document: dict[str, Any], log: AccessLog) -> None:
    file = json.dumps(document, ensure_ascii=False, indent=1).encode()
    tried = 0
    for place in range(len(file)):
        for flip in (0x01, 0x20, 0x80):
            changed = bytearray(file)
            changed[place] ^= flip
            try:
                read = json.loads(changed.decode())
            except ValueError:
                continue
            if read == document:
                continue  # white space for white space
            tried += 1
            with pytest.raises(CryptoError):
                verify_proof(read, log.verifier_key)
    assert tried > len(file)


def another_key(document: dict[str, Any]) -> None:
    """A whole proof of somebody else's making."""
    key = SigningKey.generate()
    signed = checkpoint.verify(document["checkpoint"], "report.example.org/access-log", own_key(document))
    document["checkpoint"] = checkpoint.sign(signed.origin, signed.size, signed.root, key)
    document["verifier_key"] = checkpoint.verifier_key(signed.origin, key.verify_key())


def own_key(document: dict[str, Any]) -> Any:
    return checkpoint.parse_verifier_key(document["verifier_key"])[1]


def set_to(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


def swap_values(document: dict[str, Any]) -> None:
    first, second = document["disclosed"][0], document["disclosed"][1]
    first["value"], second["value"] = second["value"], first["value"]


def claim_a_hidden_field(document: dict[str, Any]) -> None:
    document["disclosed"].append({"number": 8, "name": "reason", "value": "contact", "salt": "00" * 16})


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], None], type[CryptoError], str]] = {
    "a value": (set_to("disclosed", 1, "value", value="2026-11-21"), BadProof, "the shown field day is not what"),
    "a salt": (set_to("disclosed", 1, "salt", value="00" * 16), BadProof, "the shown field day is not what"),
    "a name": (set_to("disclosed", 1, "name", value="time"), BadProof, "the shown field time is not what"),
    "two values": (swap_values, BadProof, "the shown field event is not what"),
    "a hidden field claimed": (claim_a_hidden_field, BadProof, "the shown field reason is not what"),
    "a number beyond the fields": (set_to("disclosed", 1, "number", value=9), Malformed, "not one of the entry's"),
    "a number below zero": (set_to("disclosed", 1, "number", value=-1), Malformed, "a number is missing"),
    "a number that is a truth": (set_to("disclosed", 1, "number", value=True), Malformed, "a number is missing"),
    "a name that no field has": (set_to("disclosed", 1, "name", value="address"), Malformed, "not one of the entry's"),
    "a name shown twice": (
        lambda document: document["disclosed"].append(document["disclosed"][0]),
        Malformed,
        "not one of the entry's",
    ),
    "the order shown": (lambda document: document["disclosed"].reverse(), Malformed, "not in the entry's order"),
    "a commitment": (set_to("commitments", 2, value="00" * 32), BadProof, "leads to another root"),
    "a commitment left out": (lambda document: document["commitments"].pop(), BadProof, "leads to another root"),
    "commitments without end": (set_to("commitments", value=["00" * 32] * 256), Malformed, "too long"),
    "a hash of the path": (set_to("proof", 0, value="00" * 32), BadProof, "leads to another root"),
    "a hash left out": (lambda document: document["proof"].pop(), BadProof, "too short"),
    "a hash added": (lambda document: document["proof"].append("00" * 32), BadProof, "too long"),
    "a hash in capitals": (
        lambda document: document["proof"].insert(0, document["proof"].pop(0).upper()),
        Malformed,
        "lower-case",
    ),
    "a hash with a space": (
        lambda document: document["proof"].insert(0, document["proof"].pop(0) + " "),
        Malformed,
        "lower-case",
    ),
    "a hash cut": (
        lambda document: document["proof"].insert(0, document["proof"].pop(0)[:-2]),
        Malformed,
        "lower-case",
    ),
    "the position": (set_to("position", value=POSITION + 1), BadProof, "leads to another root"),
    "a position beyond the log": (set_to("position", value=11), BadProof, "no such leaf"),
    "a position that is no integer": (set_to("position", value=6.0), Malformed, "a number is missing"),
    "the format": (set_to("format", value="complaints/log-proof/2"), Malformed, "not a proof of the format"),
    "a text that is not Unicode": (set_to("disclosed", 1, "value", value="\ud800"), Malformed, "not Unicode"),
    "the checkpoint's size": (
        lambda document: document.update(checkpoint=document["checkpoint"].replace("\n11\n", "\n12\n")),
        BadSignature,
        "not this key's over this statement",
    ),
    "the checkpoint's origin": (
        lambda document: document.update(checkpoint=document["checkpoint"].replace("report", "repart")),
        BadSignature,
        "not signed by this key",
    ),
    "the key": (
        set_to("verifier_key", value=checkpoint.verifier_key("a.example", SigningKey.generate().verify_key())),
        BadSignature,
        "another key than the given one",
    ),
    "everything, with a key of one's own": (another_key, BadSignature, "another key than the given one"),
    "a key left out": (lambda document: document.pop("proof"), Malformed, "keys are missing"),
    "a key added": (set_to("note", value=""), Malformed, "unknown ones are there"),
}


@pytest.mark.parametrize(("change", "error", "reason"), CHANGES.values(), ids=CHANGES.keys())
def test_a_proof_fails_and_says_why_after_changing(
    document: dict[str, Any],
    log: AccessLog,
    change: Callable[[dict[str, Any]], None],
    error: type[CryptoError],
    reason: str,
) -> None:
    changed = copy.deepcopy(document)
    change(changed)
    assert json.dumps(changed) != json.dumps(document)
    with pytest.raises(error, match=reason):
        verify_proof(changed, log.verifier_key)


@pytest.mark.parametrize("document", [None, [], "proof", 1, {}, {"format": "complaints/log-proof/1"}])
def test_what_is_no_proof_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        verify_proof(document)


# -- What cannot be proven --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", [-1, 11, 2**40])
def test_an_entry_that_is_not_there_is_not_found(database: Database, log: AccessLog, position: int) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        prove_entry(session, log, position, ["event"])


def test_nothing_is_proven_of_an_empty_log(database: Database, access_log: AccessLog) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        prove_entry(session, access_log, 0, ["event"])


def test_a_field_that_the_log_does_not_have_cannot_be_asked_for(database: Database, log: AccessLog) -> None:
    with database.reading() as session, pytest.raises(ValueError, match="no such field"):
        prove_entry(session, log, POSITION, ["address"])


def test_an_expired_field_stays_hidden_and_the_others_are_still_proven(database: Database, log: AccessLog) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE log_field SET value = NULL, salt = NULL WHERE name = 'reason'"))
    with database.reading() as session:
        assert verify_proof(prove_entry(session, log, POSITION, SHOWN), log.verifier_key).fields.keys() == set(SHOWN)
        with pytest.raises(Refused, match="expired"):
            prove_entry(session, log, POSITION, ["reason"])


STORED_CHANGES = {
    "a value": "UPDATE log_field SET value = x'31' WHERE entry = 6 AND name = 'day'",
    "a commitment": "UPDATE log_field SET commitment = zeroblob(32) WHERE entry = 6 AND name = 'time'",
    "a commitment's length": "UPDATE log_field SET commitment = x'00' WHERE entry = 6 AND name = 'time'",
    "a neighbouring leaf": "UPDATE log_entry SET leaf = zeroblob(32) WHERE position = 7",
    "a neighbouring leaf gone": "DELETE FROM log_entry WHERE position = 7",
    "a node": "UPDATE log_node SET hash = zeroblob(32) WHERE level = 2 AND position = 0",
    "a node gone": "DELETE FROM log_node WHERE level = 2 AND position = 0",
    "the checkpoint": "UPDATE log_checkpoint SET note = (SELECT note FROM log_checkpoint WHERE size = 5) WHERE size = 11",
    "the fields gone": "DELETE FROM log_field WHERE entry = 6",
}


@pytest.mark.parametrize("statement", STORED_CHANGES.values(), ids=STORED_CHANGES.keys())
def test_no_proof_is_handed_out_of_what_does_not_verify(
    database: Database, log: AccessLog, stolen: Intruder, statement: str
) -> None:
    assert stolen.execute(statement).rowcount > 0
    with database.reading() as session, pytest.raises(Refused):
        prove_entry(session, log, POSITION, SHOWN)
