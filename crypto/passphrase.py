"""Account seeds locked under a passphrase (Argon2id, RFC 9106)."""

import unicodedata
from dataclasses import dataclass
from secrets import token_bytes
from threading import Lock
from typing import Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from crypto.context import Context
from crypto.errors import Malformed, WrongPassphrase
from crypto.keys import AccountSeed
from crypto.suite import AESGCM, KEY, NONCE, TAG, InvalidTag

PEPPER = 32
SALT = 16
LOCKED_SEED = 2 + SALT + NONCE + KEY + TAG  # 78
_VERSION = 0x01


@dataclass(frozen=True, slots=True)
class Profile:
    """What one guess costs. A profile in use never changes; a stronger one gets a new id."""

    id: int  # one byte in the locked seed
    memory: int  # KiB
    iterations: int
    lanes: int


# RFC 9106 §4, second recommended option: 64 MiB, three passes, four lanes.
RFC9106_SECOND: Final = Profile(id=1, memory=64 * 1024, iterations=3, lanes=4)

PROFILES: Final[dict[int, Profile]] = {RFC9106_SECOND.id: RFC9106_SECOND}


# OpenSSL runs the lanes on one pool of threads, as many as the machine has cores; two runs that share it fail, or wait
# for each other for ever.
_one_run = Lock()


def _stretch(passphrase: str, pepper: bytes, salt: bytes, profile: Profile) -> AESGCM:
    # surrogatepass: a stray surrogate is part of a wrong passphrase, not an error that quotes it.
    password = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
    argon2 = Argon2id(
        salt=salt,
        length=KEY,
        iterations=profile.iterations,
        lanes=profile.lanes,
        memory_cost=profile.memory,
        secret=pepper,
    )
    with _one_run:
        stretched = argon2.derive(password)
    return AESGCM(stretched)


def _check_pepper(pepper: bytes) -> None:
    if len(pepper) != PEPPER:
        raise ValueError("a pepper is 32 bytes")


def lock_seed(
    seed: AccountSeed, passphrase: str, pepper: bytes, context: Context, profile: Profile = RFC9106_SECOND
) -> bytes:
    """Return the seed locked under the passphrase, 78 bytes.

    Layout: version 0x01 (1) ‖ profile id (1) ‖ salt (16, random) ‖ nonce (12, random) ‖ AES-256-GCM (48), under
    Argon2id(NFKC of the passphrase as UTF-8, salt, secret = pepper, 32 bytes); the context is the associated data.
    Costs about 180 ms and 64 MiB: never inside a write transaction. The pepper (32 bytes, in a secret file) makes a
    stolen database useless for guessing; with it, only the passphrase's own strength is left.
    `ValueError`: an empty passphrase, a pepper of another length, a profile that is not in `PROFILES`.
    """
    _check_pepper(pepper)
    if not passphrase:
        raise ValueError("the passphrase is empty")
    if PROFILES.get(profile.id) != profile:
        raise ValueError("this profile is not in use")
    salt, nonce = token_bytes(SALT), token_bytes(NONCE)
    locked = _stretch(passphrase, pepper, salt, profile).encrypt(nonce, seed.export(), context.encode())
    return bytes((_VERSION, profile.id)) + salt + nonce + locked


def unlock_seed(locked: bytes, passphrase: str, pepper: bytes, context: Context) -> AccountSeed:
    """Return the seed; costs what locking did.

    Raises `Malformed` on a wrong length, version or profile, before any work; `WrongPassphrase` if it does not open:
    another passphrase, pepper or context, or changed bytes. `ValueError`: a pepper of another length.
    """
    _check_pepper(pepper)
    if len(locked) != LOCKED_SEED:
        raise Malformed("a locked seed is 78 bytes")
    if locked[0] != _VERSION:
        raise Malformed("a locked seed of an unknown version")
    profile = PROFILES.get(locked[1])
    if profile is None:
        raise Malformed("a locked seed of an unknown profile")
    salt, nonce, ciphertext = locked[2 : 2 + SALT], locked[2 + SALT : 2 + SALT + NONCE], locked[2 + SALT + NONCE :]
    try:
        seed = _stretch(passphrase, pepper, salt, profile).decrypt(nonce, ciphertext, context.encode())
    except InvalidTag:
        raise WrongPassphrase("the seed does not unlock") from None
    return AccountSeed.from_bytes(seed)
