"""The one choice of primitives, in one place.

HPKE base mode (RFC 9180) with the KEM MLKEM768-X25519 (X-Wing, 0x647a), HKDF-SHA256 and AES-256-GCM; HKDF-SHA256
(RFC 5869) for every derived key; AES-256-GCM for everything sealed under one. There is nothing to negotiate: a
second suite would be a new version byte of each format.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.context import encode_parts

KEY: Final = 32
NONCE: Final = 12
TAG: Final = 16
ENCAPSULATED: Final = 1120
PUBLIC_KEY: Final = 1216
_MLKEM_SEED: Final = 64
_MLKEM_PUBLIC: Final = 1184
_SHA256: Final = hashes.SHA256()

HPKE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

__all__ = [
    "AESGCM",
    "ENCAPSULATED",
    "HPKE",
    "KEY",
    "NONCE",
    "PUBLIC_KEY",
    "TAG",
    "InvalidTag",
    "derive",
    "xwing_expand",
    "xwing_private",
    "xwing_public",
    "xwing_public_bytes",
]


def derive(secret: bytes, label: bytes, *parts: bytes) -> bytes:
    """Return 32 bytes of HKDF-SHA256 (no salt) over `secret`, for one purpose.

    info = encode_parts(label, *parts), so two labels, or two lists of parts, never share a key. `secret` is
    uniformly random, or has far more than 128 bits of entropy (a receipt): nothing here slows a guess down.
    """
    return HKDF(_SHA256, KEY, None, encode_parts(label, *parts)).derive(secret)


def xwing_expand(seed: bytes) -> tuple[bytes, bytes]:
    """Return the ML-KEM seed (64 bytes) and the X25519 private key (32 bytes) of a 32-byte X-Wing seed.

    SHAKE256(seed, 96), as draft-connolly-cfrg-xwing-kem §5.2 says.
    """
    shake = hashes.Hash(hashes.SHAKE256(_MLKEM_SEED + KEY))
    shake.update(seed)
    expanded = shake.finalize()
    return expanded[:_MLKEM_SEED], expanded[_MLKEM_SEED:]


def xwing_private(seed: bytes) -> tuple[MLKEM768X25519PrivateKey, bytes]:
    """Return the private key of a 32-byte X-Wing seed, and the 1216 bytes of its public key."""
    mlkem_seed, x25519_private = xwing_expand(seed)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(mlkem_seed)
    x25519 = X25519PrivateKey.from_private_bytes(x25519_private)
    public = xwing_public_bytes(mlkem.public_key(), x25519.public_key())
    return MLKEM768X25519PrivateKey(mlkem, x25519), public


def xwing_public_bytes(mlkem: MLKEM768PublicKey, x25519: X25519PublicKey) -> bytes:
    """Return the 1216 bytes of a public key: ML-KEM-768 (1184) ‖ X25519 (32)."""
    return mlkem.public_bytes_raw() + x25519.public_bytes_raw()


def xwing_public(data: bytes) -> MLKEM768X25519PublicKey:
    """Return the public key in 1216 bytes; raise the library's `ValueError` if ML-KEM refuses them (FIPS 203 §7.2)."""
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(data[:_MLKEM_PUBLIC]),
        X25519PublicKey.from_public_bytes(data[_MLKEM_PUBLIC:]),
    )
