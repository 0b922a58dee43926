"""Sealing, signing and proving for the complaint system: bytes in, bytes out.

The package knows nothing of the web or the database. Its nouns are a few keys and a `Context`, its verbs come in
pairs: seal and open a field or a file, wrap and unwrap a key, lock and unlock a seed.

A report is sealed under a new key, and the key is wrapped to each person who may read it:

    key = SecretKey.generate()
    where = Context("answer", case=case_id, compartment="report", key_id=key.key_id, record=record_id, field="what")
    sealed = seal_field(text.encode(), key, where)

    grant = Context("grant", case=case_id, compartment="report", key_id=key.key_id, record=account_id)
    envelope = wrap(key, PublicKey.from_bytes(stored), grant)

Its reader, with the seed that their passphrase unlocks, goes back the same way:

    seed = unlock_seed(locked, passphrase, pepper, Context("account seed", record=account_id))
    key = unwrap(envelope, seed.work(), grant)
    text = open_field(sealed, key, where).decode()

A value opens only in the context it was sealed in, so nothing can be moved to another case, record, field or
revision. Reading raises `Malformed` for bytes that cannot be what they should, and `CannotOpen` for all else.

Not protected: who wrapped or sealed something (sign it), when, how often, and the padded length; a value put back
that was once right in the same place (the log shows that). Keys stay in the process's memory until Python reuses it.

`merkle` and `checkpoint` are used under their module's name: merkle.append(...), checkpoint.verify(...).
Byte layouts are in docs/formats.md. A format never changes: a new shape is a new version byte.
"""

from crypto import checkpoint, merkle
from crypto._typed import readings
from crypto.checkpoint import Checkpoint
from crypto.commitment import SALT, commit, entry_data
from crypto.context import Context, decode_parts, encode_parts
from crypto.envelope import unwrap, wrap
from crypto.errors import (
    BadProof,
    BadSignature,
    CannotOpen,
    CryptoError,
    Malformed,
    Mistyped,
    Truncated,
    WrongPassphrase,
)
from crypto.field import open_field, seal_field
from crypto.keys import AccountSeed, PrivateKey, PublicKey, SecretKey, fingerprint
from crypto.merkle import Appended, ReadNode
from crypto.padding import padme
from crypto.passphrase import PROFILES, RFC9106_SECOND, Profile, lock_seed, unlock_seed
from crypto.receipt import Receipt
from crypto.recovery import RecoveryCode, join_seed, split_seed
from crypto.signing import SigningKey, VerifyKey
from crypto.stream import CHUNK, OpeningStream, SealingStream, padded_length
from crypto.token import SessionToken

__all__ = [
    "CHUNK",
    "PROFILES",
    "RFC9106_SECOND",
    "SALT",
    "AccountSeed",
    "Appended",
    "BadProof",
    "BadSignature",
    "CannotOpen",
    "Checkpoint",
    "Context",
    "CryptoError",
    "Malformed",
    "Mistyped",
    "OpeningStream",
    "PrivateKey",
    "Profile",
    "PublicKey",
    "ReadNode",
    "Receipt",
    "RecoveryCode",
    "SealingStream",
    "SecretKey",
    "SessionToken",
    "SigningKey",
    "Truncated",
    "VerifyKey",
    "WrongPassphrase",
    "checkpoint",
    "commit",
    "decode_parts",
    "encode_parts",
    "entry_data",
    "fingerprint",
    "join_seed",
    "lock_seed",
    "merkle",
    "open_field",
    "padded_length",
    "padme",
    "readings",
    "seal_field",
    "split_seed",
    "unlock_seed",
    "unwrap",
    "wrap",
]
