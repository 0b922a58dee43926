"""The golden vectors: what was sealed once opens for ever.

A test that fails here means that stored reports would no longer open. The vectors stay; the code changes back.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from crypto import (
    AccountSeed,
    Checkpoint,
    Context,
    OpeningStream,
    PrivateKey,
    Receipt,
    SealingStream,
    SecretKey,
    SessionToken,
    VerifyKey,
    checkpoint,
    commit,
    decode_parts,
    encode_parts,
    entry_data,
    fingerprint,
    merkle,
    open_field,
    padded_length,
    unlock_seed,
    unwrap,
)
from crypto.envelope import wrap_info
from tests.crypto.vectors import make

Vector: TypeAlias = dict[str, Any]

FOLDER = Path(__file__).parent / "vectors"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def read(name: str) -> Vector:
    vector: Vector = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return vector


def from_hex(text: str) -> bytes:
    return bytes.fromhex(text)


def context_of(parts: Vector) -> Context:
    return Context(
        parts["purpose"],
        from_hex(parts["case"]),
        parts["compartment"],
        from_hex(parts["key_id"]),
        from_hex(parts["record"]),
        parts["field"],
        int(parts["revision"]),
    )


def test_every_vector_has_its_test() -> None:
    assert {f"test_{name}" for name in NAMES} <= set(globals())
    assert {maker.__name__ for maker in make.MAKERS} == set(NAMES)


def test_a_vector_that_is_there_is_never_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make, "MAKERS", [make.signature_1])
    (tmp_path / "signature_1.json").write_text("kept")
    assert make.make(tmp_path) == []
    assert (tmp_path / "signature_1.json").read_text() == "kept"
    (tmp_path / "signature_1.json").unlink()
    assert make.make(tmp_path) == ["signature_1.json"]


def test_context_1() -> None:
    vector = read("context_1")
    for parts in vector["contexts"]:
        assert context_of(parts).encode().hex() == parts["encoded"]
    for parts in vector["parts"]:
        decoded = [from_hex(part) for part in parts["parts"]]
        assert encode_parts(*decoded).hex() == parts["encoded"]
        assert decode_parts(from_hex(parts["encoded"])) == decoded


def test_keys_1() -> None:
    vector = read("keys_1")
    seed = AccountSeed.from_bytes(from_hex(vector["account_seed"]))
    work, identity, signing = seed.work(), seed.identity(), seed.signing()
    assert work.export_seed().hex() == vector["work_seed"]
    assert identity.export_seed().hex() == vector["identity_seed"]
    assert signing.export_seed().hex() == vector["signing_seed"]
    public = [work.public_key().to_bytes(), identity.public_key().to_bytes(), signing.verify_key().to_bytes()]
    assert public[0].hex() == vector["work_public"]
    assert identity.public_key().digest.hex() == vector["identity_public_sha256"]
    assert public[2].hex() == vector["verify_key"]
    assert fingerprint(*public) == vector["fingerprint"]
    assert SecretKey.from_bytes(from_hex(vector["secret_key"])).key_id.hex() == vector["key_id"]


def test_envelope_1() -> None:
    vector = read("envelope_1")
    holder = PrivateKey.from_seed(from_hex(vector["holder_seed"]))
    key = unwrap(from_hex(vector["envelope"]), holder, context_of(vector["context"]))
    assert key.export().hex() == vector["key"]


def test_envelope_1_npm() -> None:
    vector = read("envelope_1_npm")
    holder, place = PrivateKey.from_seed(from_hex(vector["holder_seed"])), context_of(vector["context"])
    assert holder.public_key().to_bytes().hex() == vector["holder_public"]
    assert wrap_info(place, holder.public_key()).hex() == vector["info"]
    assert unwrap(from_hex(vector["envelope"]), holder, place).export().hex() == vector["key"]


def test_field_1() -> None:
    vector = read("field_1")
    key, place = SecretKey.from_bytes(from_hex(vector["key"])), context_of(vector["context"])
    assert len(vector["fields"]) == 4
    for field in vector["fields"]:
        assert open_field(from_hex(field["sealed"]), key, place).hex() == field["plaintext"]


def test_stream_1() -> None:
    vector = read("stream_1")
    key, place = SecretKey.from_bytes(from_hex(vector["key"])), context_of(vector["context"])
    for file in vector["files"]:
        content = bytes(position % 251 for position in range(file["length"]))
        sealing = SealingStream(key, place)
        chunks = sealing.update(content) + list(sealing.finish())
        assert padded_length(file["length"]) == file["padded_length"]
        assert [sha256(chunk).hexdigest() for chunk in chunks] == file["chunks_sha256"]
        stored = [from_hex(chunk) for chunk in file.get("chunks", [])] or chunks
        opening = OpeningStream(key, place, file["length"])
        assert b"".join(opening.update(chunk) for chunk in stored) == content
        opening.finish()


def test_locked_seed_1() -> None:
    vector = read("locked_seed_1")
    seed = unlock_seed(
        from_hex(vector["locked"]), vector["passphrase"], from_hex(vector["pepper"]), context_of(vector["context"])
    )
    assert seed.export().hex() == vector["seed"]


def test_token_1() -> None:
    vector = read("token_1")
    token = SessionToken.from_text(vector["text"])
    assert token.lookup().hex() == vector["lookup"]
    assert token.open(from_hex(vector["sealed"]), context_of(vector["context"])).hex() == vector["data"]


def test_receipt_1() -> None:
    vector = read("receipt_1")
    receipt = Receipt.parse(vector["grouped"])
    seed = receipt.seed()
    assert receipt == Receipt.parse(vector["text"])
    assert receipt.lookup().hex() == vector["lookup"]
    assert receipt.lookup_hash().hex() == vector["lookup_hash"]
    assert seed.export().hex() == vector["seed"]
    assert seed.work().public_key().digest.hex() == vector["work_public_sha256"]
    assert seed.identity().public_key().digest.hex() == vector["identity_public_sha256"]
    assert seed.signing().verify_key().to_bytes().hex() == vector["verify_key"]


def test_signature_1() -> None:
    vector = read("signature_1")
    key = VerifyKey.from_bytes(from_hex(vector["verify_key"]))
    key.verify(from_hex(vector["signature"]), from_hex(vector["statement"]), vector["domain"])


def test_log_1() -> None:
    vector = read("log_1")
    peaks: tuple[bytes, ...] = ()
    for index, entry in enumerate(vector["entries"]):
        fields = [(field["name"], from_hex(field["value"]), from_hex(field["salt"])) for field in entry["fields"]]
        data = entry_data([commit(*field) for field in fields])
        assert data.hex() == entry["data"]
        assert merkle.leaf_hash(data).hex() == entry["leaf"]
        appended = merkle.append(index, peaks, merkle.leaf_hash(data))
        peaks = appended.peaks
        assert appended.root.hex() == vector["roots"][index + 1]
    roots = [from_hex(root) for root in vector["roots"]]
    leaf = from_hex(vector["entries"][4]["leaf"])
    merkle.verify_inclusion(leaf, 4, 11, [from_hex(node) for node in vector["inclusion_of_4_in_11"]], roots[11])
    consistency = [from_hex(node) for node in vector["consistency_of_6_with_11"]]
    merkle.verify_consistency(6, 11, roots[6], roots[11], consistency)


def test_checkpoint_1() -> None:
    vector = read("checkpoint_1")
    origin, key = checkpoint.parse_verifier_key(vector["verifier_key"])
    expected = Checkpoint(vector["origin"], vector["size"], from_hex(vector["root"]))
    assert checkpoint.verify(vector["note"], origin, key) == expected
