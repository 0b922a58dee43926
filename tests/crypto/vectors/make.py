"""Makes the golden vectors: `python -m tests.crypto.vectors.make`. Run once for each format, when it is frozen.

A file that exists is never written again: a format does not change, and neither does what it must open. A new version
of a format gets a file of its own, and the old one stays.
"""

import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

from crypto import (
    AccountSeed,
    Context,
    Receipt,
    SealingStream,
    SecretKey,
    SessionToken,
    SigningKey,
    checkpoint,
    commit,
    encode_parts,
    entry_data,
    fingerprint,
    lock_seed,
    merkle,
    padded_length,
    seal_field,
    wrap,
)
from tests.crypto import npm

Vector: TypeAlias = dict[str, Any]

FOLDER = Path(__file__).parent

KEY = SecretKey.from_bytes(bytes(range(32)))
SEED = AccountSeed.from_bytes(bytes(range(32, 64)))
CASE = bytes(range(0xC0, 0xD0))
RECORD = bytes(range(0x50, 0x60))
PLACE = Context("field", CASE, "report", KEY.key_id, RECORD, "what", 3)
CONTEXTS = [
    Context("p"),
    PLACE,
    Context("คำตอบ", b"\0", "ตัวตน", b"\xff" * 16, b"", "ชื่อ", 2**64 - 1),
]


def spelled(context: Context) -> Vector:
    return {
        "purpose": context.purpose,
        "case": context.case.hex(),
        "compartment": context.compartment,
        "key_id": context.key_id.hex(),
        "record": context.record.hex(),
        "field": context.field,
        "revision": str(context.revision),
    }


def context_1() -> Vector:
    lists = [[], [b""], [b"ab", b"", b"\0" * 3]]
    return {
        "contexts": [spelled(context) | {"encoded": context.encode().hex()} for context in CONTEXTS],
        "parts": [{"parts": [part.hex() for part in parts], "encoded": encode_parts(*parts).hex()} for parts in lists],
    }


def keys_1() -> Vector:
    work, identity, signing = SEED.work(), SEED.identity(), SEED.signing()
    public = [work.public_key().to_bytes(), identity.public_key().to_bytes(), signing.verify_key().to_bytes()]
    return {
        "account_seed": SEED.export().hex(),
        "work_seed": work.export_seed().hex(),
        "identity_seed": identity.export_seed().hex(),
        "signing_seed": signing.export_seed().hex(),
        "work_public": public[0].hex(),
        "identity_public_sha256": sha256(public[1]).hexdigest(),
        "verify_key": public[2].hex(),
        "fingerprint": fingerprint(*public),
        "secret_key": KEY.export().hex(),
        "key_id": KEY.key_id.hex(),
    }


def envelope_1() -> Vector:
    place = Context("grant", CASE, "report", KEY.key_id, RECORD, "", 1)
    return {
        "holder_seed": SEED.work().export_seed().hex(),
        "context": spelled(place),
        "key": KEY.export().hex(),
        "envelope": wrap(KEY, SEED.work().public_key(), place).hex(),
    }


def envelope_1_npm() -> Vector:
    """Everything here is made by the npm packages: the key pair, the context bytes, the info and the envelope."""
    node, npm_cli = npm.find_node()
    npm.install_packages(node, npm_cli)
    place = Context("grant", CASE, "identity", KEY.key_id, RECORD, "", 2)
    there = spelled(place) | {"caseId": place.case, "keyId": place.key_id, "record": place.record}
    (pair,) = npm.call(node, [["generateKeyPair"]])
    info, envelope = npm.call(
        node,
        [["wrapInfo", there, pair["publicKey"]], ["wrap", KEY.export(), pair["publicKey"], there]],
    )
    return {
        "made_by": "npm hpke 1.1.7 and @panva/hpke-noble 1.0.3",
        "holder_seed": pair["seed"].hex(),
        "holder_public": pair["publicKey"].hex(),
        "context": spelled(place),
        "key": KEY.export().hex(),
        "info": info.hex(),
        "envelope": envelope.hex(),
    }


def field_1() -> Vector:
    values = [(b"", None), ("ถูกข่มขู่".encode(), None), (b"x" * 64, None), (b"name", 256)]
    return {
        "key": KEY.export().hex(),
        "context": spelled(PLACE),
        "fields": [
            {"plaintext": value.hex(), "sealed": seal_field(value, KEY, PLACE, size=size).hex()}
            for value, size in values
        ],
    }


def stream_1() -> Vector:
    place = Context("file", record=RECORD)
    files = []
    for length in (0, 5, 65536, 65537, 200_001):
        stream = SealingStream(KEY, place)
        chunks = stream.update(bytes(position % 251 for position in range(length))) + list(stream.finish())
        files.append(
            {
                "length": length,
                "padded_length": padded_length(length),
                "chunks_sha256": [sha256(chunk).hexdigest() for chunk in chunks],
            }
            | ({"chunks": [chunk.hex() for chunk in chunks]} if length == 5 else {})
        )
    return {
        "content": "byte n of the file is n modulo 251",
        "key": KEY.export().hex(),
        "context": spelled(place),
        "files": files,
    }


def locked_seed_1() -> Vector:
    place = Context("account seed", record=RECORD)
    passphrase, pepper = "น้ำใส correct horse battery", bytes(range(64, 96))
    return {
        "passphrase": passphrase,
        "pepper": pepper.hex(),
        "context": spelled(place),
        "seed": SEED.export().hex(),
        "locked": lock_seed(SEED, passphrase, pepper, place).hex(),
    }


def token_1() -> Vector:
    token, place, data = SessionToken(bytes(range(96, 128))), Context("session seeds", record=RECORD), bytes(64)
    return {
        "text": token.text(),
        "lookup": token.lookup().hex(),
        "context": spelled(place),
        "data": data.hex(),
        "sealed": token.seal(data, place).hex(),
    }


def receipt_1() -> Vector:
    receipt = Receipt.generate()
    seed = receipt.seed()
    return {
        "text": receipt.text(),
        "grouped": receipt.grouped(),
        "lookup": receipt.lookup().hex(),
        "lookup_hash": receipt.lookup_hash().hex(),
        "seed": seed.export().hex(),
        "work_public_sha256": seed.work().public_key().digest.hex(),
        "identity_public_sha256": seed.identity().public_key().digest.hex(),
        "verify_key": seed.signing().verify_key().to_bytes().hex(),
    }


def signature_1() -> Vector:
    key, statement, domain = SEED.signing(), "ถ้อยคำ".encode(), "act"
    return {
        "verify_key": key.verify_key().to_bytes().hex(),
        "statement": statement.hex(),
        "domain": domain,
        "signature": key.sign(statement, domain).hex(),
    }


def log_1() -> Vector:
    entries, nodes, roots = [], {}, [merkle.empty_root()]
    peaks: tuple[bytes, ...] = ()
    for index in range(11):
        fields = [("event", b"opened"), ("day", b"2026-01-02"), ("หมายเหตุ", index.to_bytes(1, "big") * index)]
        salts = [sha256(f"{index} {name}".encode()).digest()[:16] for name, _ in fields]
        commitments = [commit(name, value, salt) for (name, value), salt in zip(fields, salts, strict=True)]
        data = entry_data(commitments)
        appended = merkle.append(index, peaks, merkle.leaf_hash(data))
        peaks = appended.peaks
        nodes.update({(level, place): node for level, place, node in appended.nodes})
        roots.append(appended.root)
        entries.append(
            {
                "fields": [
                    {"name": name, "value": value.hex(), "salt": salt.hex()}
                    for (name, value), salt in zip(fields, salts, strict=True)
                ],
                "data": data.hex(),
                "leaf": merkle.leaf_hash(data).hex(),
            }
        )

    def read_node(level: int, index: int) -> bytes:
        return nodes[level, index]

    return {
        "entries": entries,
        "roots": [root.hex() for root in roots],
        "inclusion_of_4_in_11": [node.hex() for node in merkle.inclusion_proof(4, 11, read_node)],
        "consistency_of_6_with_11": [node.hex() for node in merkle.consistency_proof(6, 11, read_node)],
    }


def checkpoint_1() -> Vector:
    origin, key, root = "report.example.org/log", SigningKey.from_seed(bytes(range(128, 160))), bytes(range(32))
    return {
        "origin": origin,
        "size": 4711,
        "root": root.hex(),
        "verifier_key": checkpoint.verifier_key(origin, key.verify_key()),
        "note": checkpoint.sign(origin, 4711, root, key),
    }


MAKERS: list[Callable[[], Vector]] = [
    context_1,
    keys_1,
    envelope_1,
    envelope_1_npm,
    field_1,
    stream_1,
    locked_seed_1,
    token_1,
    receipt_1,
    signature_1,
    log_1,
    checkpoint_1,
]


def make(folder: Path = FOLDER) -> list[str]:
    """Make the files that are not there yet; return their names."""
    made = []
    for maker in MAKERS:
        path = folder / f"{maker.__name__}.json"
        if path.exists():
            continue
        with path.open("x", encoding="utf-8") as file:
            json.dump(maker(), file, ensure_ascii=False, indent=1)
            file.write("\n")
        made.append(path.name)
    return made


if __name__ == "__main__":
    sys.stdout.write("".join(f"made {name}\n" for name in make()) or "Every vector is there already.\n")
