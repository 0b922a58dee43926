"""The primitives against what others published: RFC 9180, HPKE-PQ, X-Wing's seed, RFC 5869."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import cryptography_vectors
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM1024P384PrivateKey,
    Suite,
)
from hypothesis import given
from hypothesis import strategies as st

from crypto import PrivateKey, encode_parts
from crypto.suite import HPKE, derive, xwing_expand, xwing_private

# RFC 9180's vectors carry associated data, which the library's public call does not take.
_decrypt_with_aad = openssl.hpke._decrypt_with_aad
_encrypt_with_aad = openssl.hpke._encrypt_with_aad

Vector: TypeAlias = dict[str, Any]

BASE_MODE = 0
XWING = 0x647A
KEMS = {
    0x0010: KEM.P256,
    0x0011: KEM.P384,
    0x0012: KEM.P521,
    0x0020: KEM.X25519,
    0x0041: KEM.MLKEM768,
    0x0042: KEM.MLKEM1024,
    0x0051: KEM.MLKEM1024_P384,
    XWING: KEM.MLKEM768_X25519,
}
KDFS = {
    0x0001: KDF.HKDF_SHA256,
    0x0002: KDF.HKDF_SHA384,
    0x0003: KDF.HKDF_SHA512,
    0x0010: KDF.SHAKE128,
    0x0011: KDF.SHAKE256,
}
AEADS = {0x0001: AEAD.AES_128_GCM, 0x0002: AEAD.AES_256_GCM, 0x0003: AEAD.CHACHA20_POLY1305}
CURVES: dict[int, ec.EllipticCurve] = {0x0010: ec.SECP256R1(), 0x0011: ec.SECP384R1(), 0x0012: ec.SECP521R1()}


def published() -> Iterator[Vector]:
    folder = Path(cryptography_vectors.__file__).parent / "HPKE"
    for name in ("test-vectors.json", "hpke-pq-test-vectors.json"):
        yield from json.loads((folder / name).read_text())


def usable(vector: Vector) -> bool:
    return (
        vector["mode"] == BASE_MODE
        and vector["kem_id"] in KEMS
        and vector["kdf_id"] in KDFS
        and vector["aead_id"] in AEADS
    )


VECTORS = [
    pytest.param(vector, id=f"{vector['kem_id']:04x}-{vector['kdf_id']:04x}-{vector['aead_id']:04x}")
    for vector in published()
    if usable(vector)
]
XWING_VECTORS = [parameter for parameter in VECTORS if parameter.values[0]["kem_id"] == XWING]  # type: ignore[index]


def private_key(kem: int, data: bytes) -> Any:
    if kem in CURVES:
        return ec.derive_private_key(int.from_bytes(data, "big"), CURVES[kem])
    if kem == 0x0020:
        return x25519.X25519PrivateKey.from_private_bytes(data)
    if kem == 0x0041:
        return mlkem.MLKEM768PrivateKey.from_seed_bytes(data)
    if kem == 0x0042:
        return mlkem.MLKEM1024PrivateKey.from_seed_bytes(data)
    if kem == XWING:
        return xwing_private(data)[0]
    # MLKEM1024-P384: SHAKE256 of the seed, as X-Wing does it, with the length of a P-384 scalar at the end.
    expanded = hashlib.shake_256(data).digest(64 + 48)
    scalar = int.from_bytes(expanded[64:], "big")
    return MLKEM1024P384PrivateKey(
        mlkem.MLKEM1024PrivateKey.from_seed_bytes(expanded[:64]), ec.derive_private_key(scalar, ec.SECP384R1())
    )


def suite_of(vector: Vector) -> Suite:
    return Suite(KEMS[vector["kem_id"]], KDFS[vector["kdf_id"]], AEADS[vector["aead_id"]])


def first_message(vector: Vector) -> tuple[bytes, bytes, bytes, bytes]:
    """Return what the recipient is sent (enc ‖ ct), info, aad and plaintext of the vector's first message."""
    message = vector["encryptions"][0]
    sent = bytes.fromhex(vector["enc"]) + bytes.fromhex(message["ct"])
    return sent, bytes.fromhex(vector["info"]), bytes.fromhex(message["aad"]), bytes.fromhex(message["pt"])


def test_the_published_vectors_are_there() -> None:
    """25 base-mode vectors of RFC 9180 and HPKE-PQ name a suite that the library has; two of them are X-Wing's."""
    assert len(VECTORS) == 25
    assert len(XWING_VECTORS) == 2


@pytest.mark.parametrize("vector", VECTORS)
def test_opens_the_published_vector(vector: Vector) -> None:
    sent, info, aad, plaintext = first_message(vector)
    key = private_key(vector["kem_id"], bytes.fromhex(vector["skRm"]))
    assert _decrypt_with_aad(suite_of(vector), sent, key, info, aad) == plaintext


@pytest.mark.parametrize("vector", VECTORS)
def test_the_published_vector_is_bound_to_its_info(vector: Vector) -> None:
    sent, info, aad, _ = first_message(vector)
    key = private_key(vector["kem_id"], bytes.fromhex(vector["skRm"]))
    with pytest.raises(InvalidTag):
        _decrypt_with_aad(suite_of(vector), sent, key, info + b"\0", aad)


@pytest.mark.parametrize("vector", XWING_VECTORS)
def test_the_published_xwing_seed_gives_the_published_public_key(vector: Vector) -> None:
    key = PrivateKey.from_seed(bytes.fromhex(vector["skRm"]))
    assert key.public_key().to_bytes() == bytes.fromhex(vector["pkRm"])


def test_our_suite_says_no_associated_data_as_the_empty_string() -> None:
    """The public call takes no `aad`; it must be what RFC 9180 calls the empty one, or no other library opens it."""
    key, _ = xwing_private(b"\x07" * 32)
    assert _decrypt_with_aad(HPKE, HPKE.encrypt(b"x", key.public_key(), info=b"i"), key, b"i", b"") == b"x"
    assert HPKE.decrypt(_encrypt_with_aad(HPKE, b"x", key.public_key(), b"i", b""), key, info=b"i") == b"x"


@given(st.binary(min_size=32, max_size=32))
def test_an_xwing_seed_expands_by_shake256(seed: bytes) -> None:
    mlkem_seed, x25519_key = xwing_expand(seed)
    assert mlkem_seed + x25519_key == hashlib.shake_256(seed).digest(96)
    assert (len(mlkem_seed), len(x25519_key)) == (64, 32)


def test_an_xwing_key_is_made_of_both_halves() -> None:
    mlkem_seed, x25519_key = xwing_expand(b"\x09" * 32)
    halves = MLKEM768X25519PrivateKey(
        mlkem.MLKEM768PrivateKey.from_seed_bytes(mlkem_seed), x25519.X25519PrivateKey.from_private_bytes(x25519_key)
    )
    sealed = HPKE.encrypt(b"x", halves.public_key(), info=b"")
    assert HPKE.decrypt(sealed, xwing_private(b"\x09" * 32)[0], info=b"") == b"x"


def test_derive_is_hkdf_of_rfc_5869() -> None:
    """Written out with HMAC: extract with a salt of zeros, then the one block of expand."""
    secret, info = b"\x0b" * 32, encode_parts(b"label", b"one", b"two")
    extracted = hmac_sha256(bytes(32), secret)
    assert derive(secret, b"label", b"one", b"two") == hmac_sha256(extracted, info + b"\x01")


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    block = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + data).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()
