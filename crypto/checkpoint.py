"""Checkpoints of the log: what an outside copy must hold to catch a rewritten history.

C2SP signed-note (c2sp.org/signed-note) and tlog-checkpoint (c2sp.org/tlog-checkpoint), with one Ed25519 key whose name
is the log's origin:

    <origin>
    <size>
    <base64 of the root>

    — <origin> <base64 of key id (4 bytes) ‖ signature (64 bytes)>

Any tool that knows these two formats verifies them.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

from crypto.errors import BadSignature, Malformed
from crypto.signing import VERIFY_KEY, SigningKey, VerifyKey

ROOT = 32
_KEY_HASH = 4
_ED25519 = b"\x01"
_MAX_NOTE = 100_000
_MAX_SIZE = 2**63 - 1
_UNWRITABLE = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # control characters but the newline; half characters
_SIGNATURE_LINE = re.compile(r"— (\S+) (\S+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log at one moment: `size` entries whose Merkle root (32 bytes) is `root`."""

    origin: str
    size: int
    root: bytes


def sign(origin: str, size: int, root: bytes, key: SigningKey) -> str:
    """Return the signed note of the log `origin` at `size` entries.

    The origin is a name such as `example.org/complaints/log`, without spaces or plus signs. `ValueError`: an origin,
    size (0 to 2**63 - 1) or root that cannot be written.
    """
    if not _is_name(origin):
        raise ValueError("an origin is a name without spaces, plus signs and control characters")
    if not 0 <= size <= _MAX_SIZE or len(root) != ROOT:
        raise ValueError("a checkpoint has a size from 0 to 2**63 - 1 and a root of 32 bytes")
    return _sign_note(f"{origin}\n{size}\n{b64encode(root).decode()}\n", origin, key)


def verify(note: str, origin: str, key: VerifyKey) -> Checkpoint:
    """Return what `key` signed as the log `origin`.

    Signatures by others (witnesses) and extension lines are allowed and not looked at. Raises `Malformed` on what is
    not a signed checkpoint; `BadSignature` if it is another log's, or not signed by this key, or changed.
    """
    checkpoint = _parse_text(_open_note(note, origin, key))
    if checkpoint.origin != origin:
        raise BadSignature("the checkpoint is of another log")
    return checkpoint


def verifier_key(origin: str, key: VerifyKey) -> str:
    """Return the log's public key as others write it: `<origin>+<key id, 8 hex digits>+<base64(0x01 ‖ key)>`."""
    if not _is_name(origin):
        raise ValueError("an origin is a name without spaces, plus signs and control characters")
    return f"{origin}+{_key_hash(origin, key).hex()}+{b64encode(_ED25519 + key.to_bytes()).decode()}"


def parse_verifier_key(text: str) -> tuple[str, VerifyKey]:
    """Return the origin and key that `verifier_key` was given; raise `Malformed` on anything else."""
    # The key's base64 may hold a plus sign; the name and the key id cannot.
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise Malformed("a verifier key is <name>+<key id>+<key>")
    name, key_hash, encoded = parts
    data = _strict_base64(encoded)
    if not _is_name(name) or data[:1] != _ED25519 or len(data) != 1 + VERIFY_KEY:
        raise Malformed("not an Ed25519 verifier key")
    key = VerifyKey.from_bytes(data[1:])
    if _key_hash(name, key).hex() != key_hash:
        raise Malformed("the verifier key's id is not its own")
    return name, key


def _key_hash(name: str, key: VerifyKey) -> bytes:
    """Return SHA-256(name ‖ newline ‖ 0x01 ‖ key), first 4 bytes (signed-note, "Signatures")."""
    return sha256(name.encode() + b"\n" + _ED25519 + key.to_bytes()).digest()[:_KEY_HASH]


def _sign_note(text: str, name: str, key: SigningKey) -> str:
    """Return the text, which ends in a newline, as a note signed by `key` under `name`."""
    signature = key._sign_raw(text.encode())  # noqa: SLF001 - notes alone are signed as they stand, without a domain
    line = b64encode(_key_hash(name, key.verify_key()) + signature).decode()
    return f"{text}\n— {name} {line}\n"


def _open_note(note: str, name: str, key: VerifyKey) -> str:
    """Return the signed text, its last newline included; raise `Malformed` or `BadSignature`."""
    text, signatures = _parse_note(note)
    key_hash = _key_hash(name, key)
    ours = [
        signature[_KEY_HASH:] for signer, signature in signatures if (signer, signature[:_KEY_HASH]) == (name, key_hash)
    ]
    if not ours:
        raise BadSignature("the note is not signed by this key")
    for signature in ours:
        key._verify_raw(signature, text.encode())  # noqa: SLF001 - as in _sign_note
    return text


def _is_name(text: str) -> bool:
    # isprintable() refuses control characters, surrogates and every space but the plain one.
    return bool(text) and text.isprintable() and not {" ", "+"} & set(text)


def _strict_base64(text: str) -> bytes:
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        raise Malformed("broken base64") from None
    if b64encode(data).decode() != text:
        raise Malformed("base64 that is not canonical")
    return data


def _parse_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the signed text (its last newline included) and the (name, key id ‖ signature) of each signature line."""
    if len(note) > _MAX_NOTE or not note.endswith("\n"):
        raise Malformed("not a signed note: too long, or its last line is not ended")
    if _UNWRITABLE.search(note):
        raise Malformed("not a signed note: control characters")
    # The signatures follow the last empty line; the text may hold others.
    text, separator, block = note.rpartition("\n\n")
    if not separator:
        raise Malformed("not a signed note: no signatures")
    signatures: list[tuple[str, bytes]] = []
    for line in block[:-1].split("\n"):
        match = _SIGNATURE_LINE.fullmatch(line)
        if match is None or not _is_name(match[1]):
            raise Malformed("not a signed note: a broken signature line")
        signature = _strict_base64(match[2])
        if len(signature) <= _KEY_HASH:
            raise Malformed("not a signed note: a signature without bytes")
        signatures.append((match[1], signature))
    return f"{text}\n", signatures


def _parse_text(text: str) -> Checkpoint:
    lines = text[:-1].split("\n")
    if len(lines) < 3 or "" in lines:
        raise Malformed("not a checkpoint: origin, size and root are missing")
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size) or int(size) > _MAX_SIZE:
        raise Malformed("not a checkpoint: the size is not a number")
    decoded = _strict_base64(root)
    if len(decoded) != ROOT:
        raise Malformed("not a checkpoint: the root is not 32 bytes")
    return Checkpoint(origin, int(size), decoded)
