"""Proofs of single entries: a file that shows some fields of one entry, hides the rest, and verifies without any database.

The file is JSON, `complaints/log-proof/1`: hashes and salts in lower-case hexadecimal, values as text. Whoever checks it needs the
log's key from somewhere else; the one in the file is the file's own word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from complaints.errors import NotFound, Refused
from complaints.models import LogEntry, LogField, LogNode
from complaints.services.access_log import FIELDS, AccessLog
from crypto import (
    SALT,
    BadProof,
    BadSignature,
    CryptoError,
    Malformed,
    VerifyKey,
    checkpoint,
    commit,
    entry_data,
    merkle,
)

FORMAT = "complaints/log-proof/1"

_KEYS = {"format", "verifier_key", "checkpoint", "position", "proof", "commitments", "disclosed"}
_DISCLOSED_KEYS = {"number", "name", "value", "salt"}


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof shows: fields of the entry at `position` in a log of `size` entries.

    `key_given`: it was checked against a key from elsewhere. Otherwise the key is the file's own word, and anybody could have made it.
    """

    fields: dict[str, str]
    position: int
    size: int
    verifier_key: str
    key_given: bool


def prove_entry(session: Session, log: AccessLog, position: int, disclose: Sequence[str]) -> dict[str, Any]:
    """The proof that the newest checkpoint covers the entry at `position`, showing the fields named in `disclose`, if it has them.

    Raises NotFound when there is no such entry, ValueError for a name that no field has, Refused when what is stored does not verify
    (a field to be shown that has expired included).
    """
    if not set(disclose) <= set(FIELDS):
        raise ValueError("the access log has no such field")
    latest = log.latest(session)
    if latest is None or not 0 <= position < latest.size:
        raise NotFound("the access log has no such entry")
    rows = session.scalars(select(LogField).where(LogField.entry == position).order_by(LogField.number)).all()
    path = merkle.inclusion_proof(position, latest.size, lambda level, index: _read_node(session, level, index))
    origin = latest.note.partition("\n")[0]
    document = {
        "format": FORMAT,
        "verifier_key": checkpoint.verifier_key(origin, log.verify_key),
        "checkpoint": latest.note,
        "position": position,
        "proof": [node.hex() for node in path],
        "commitments": [row.commitment.hex() for row in rows],
        "disclosed": [_disclosed(row) for row in rows if row.name in disclose],
    }
    try:
        verify_proof(document, log.verifier_key)
    except CryptoError as error:
        raise Refused("the access log's entry does not verify") from error
    return document


def verify_proof(document: object, key: str | None = None) -> Proven:
    """Checks a proof, given as its JSON was read. `key`: the log's verifier key, as whoever checks had it from elsewhere.

    Pure. Raises Malformed when it is no such file, BadSignature when the key did not sign the checkpoint, BadProof when the entry is
    not under it or a shown field is not what the entry commits to.
    """
    parts = _object(document, _KEYS)
    if parts["format"] != FORMAT:
        raise Malformed(f"not a proof of the format {FORMAT}")
    own_key = _text(parts["verifier_key"])
    note = _text(parts["checkpoint"])
    origin, verify_key = checkpoint.parse_verifier_key(own_key)
    if key is not None and verify_key != _key_alone(key):
        raise BadSignature("the proof was made with another key than the given one")
    signed = checkpoint.verify(note, origin, verify_key)
    commitments = [_bytes(item, merkle.HASH) for item in _list(parts["commitments"])]
    path = [_bytes(item, merkle.HASH) for item in _list(parts["proof"])]
    fields = _disclosures(_list(parts["disclosed"]), commitments)
    position = _number(parts["position"])
    merkle.verify_inclusion(merkle.leaf_hash(entry_data(commitments)), position, signed.size, path, signed.root)
    return Proven(fields, position, signed.size, own_key, key_given=key is not None)


def _disclosed(row: LogField) -> dict[str, Any]:
    if row.value is None or row.salt is None:
        raise Refused("a field to be shown has expired")
    return {"number": row.number, "name": row.name, "value": row.value.decode(), "salt": row.salt.hex()}


def _read_node(session: Session, level: int, index: int) -> bytes:
    if level == 0:
        node = session.scalar(select(LogEntry.leaf).where(LogEntry.position == index))
    else:
        node = session.scalar(select(LogNode.hash).where(LogNode.level == level, LogNode.position == index))
    if node is None:
        raise Refused("a node of the access log's tree is missing")
    return node


def _key_alone(verifier_key: str) -> VerifyKey:
    # Without its name: a log whose site has moved signs under another, with the same key.
    return checkpoint.parse_verifier_key(verifier_key.strip())[1]


def _disclosures(items: Sequence[object], commitments: Sequence[bytes]) -> dict[str, str]:
    fields: dict[str, str] = {}
    numbers = []
    for item in items:
        parts = _object(item, _DISCLOSED_KEYS)
        number, name, value = _number(parts["number"]), _text(parts["name"]), _text(parts["value"])
        if number >= len(commitments) or name not in FIELDS or name in fields:
            raise Malformed("a shown field is not one of the entry's")
        if commit(name, _encoded(value), _bytes(parts["salt"], SALT)) != commitments[number]:
            raise BadProof(f"the shown field {name} is not what the entry commits to")
        fields[name] = value
        numbers.append(number)
    if any(first >= second for first, second in pairwise(numbers)):
        raise Malformed("the shown fields are not in the entry's order")
    return fields


def _object(value: object, keys: set[str]) -> Mapping[str, object]:
    if not isinstance(value, dict) or value.keys() != keys:
        raise Malformed("not a proof: keys are missing, or unknown ones are there")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > 255:
        raise Malformed("not a proof: a list is missing or too long")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Malformed("not a proof: a number is missing")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Malformed("not a proof: a text is missing")
    return value


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Malformed("not a proof: a text is not Unicode") from None


def _bytes(value: object, length: int) -> bytes:
    text = _text(value)
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise Malformed("not a proof: broken hexadecimal digits") from None
    if data.hex() != text or len(data) != length:
        raise Malformed(f"not a proof: {length} bytes in lower-case hexadecimal digits are missing")
    return data
