"""Envelopes: a secret key wrapped to one recipient.

Not protected: HPKE in base mode does not say who wrapped. Whoever can write to the database can make an envelope
that opens; believe one only under its maker's signature.
"""

from crypto.context import Context, encode_parts
from crypto.errors import CannotOpen, Malformed
from crypto.keys import PrivateKey, PublicKey, SecretKey
from crypto.suite import ENCAPSULATED, KEY, TAG

ENVELOPE = 1 + ENCAPSULATED + KEY + TAG  # 1169
_VERSION = b"\x01"
_LABEL = b"complaints/wrap/1"


def wrap_info(context: Context, recipient: PublicKey) -> bytes:
    """Return the HPKE `info` of an envelope: encode_parts(label, context, key id, SHA-256 of the recipient's key)."""
    return encode_parts(_LABEL, context.encode(), context.key_id, recipient.digest)


def wrap(key: SecretKey, recipient: PublicKey, context: Context) -> bytes:
    """Return `key` in an envelope of 1169 bytes that only `recipient` opens, and only in `context`.

    Layout: version 0x01 (1) ‖ enc (1120) ‖ ciphertext and tag (48); RFC 9180 §6.1, base mode. `context.key_id` must
    be the key's own: `ValueError`. A recipient's key that no secret can be agreed with is `Malformed`.
    """
    if context.key_id != key.key_id:
        raise ValueError("the context names another key than the one being wrapped")
    return _VERSION + recipient.hpke_seal(key.export(), wrap_info(context, recipient))


def unwrap(envelope: bytes, holder: PrivateKey, context: Context) -> SecretKey:
    """Return the key in the envelope.

    Raises `Malformed` on a wrong length or version, `CannotOpen` if it was wrapped to another, in another context,
    was changed, or holds another key than `context.key_id` names.
    """
    if len(envelope) != ENVELOPE:
        raise Malformed("an envelope is 1169 bytes")
    if envelope[:1] != _VERSION:
        raise Malformed("an envelope of an unknown version")
    key = SecretKey.from_bytes(holder.hpke_open(envelope[1:], wrap_info(context, holder.public_key())))
    # The sender chose both the key and the context: the id it claims is believed only when it is the key's own.
    if key.key_id != context.key_id:
        raise CannotOpen("the envelope holds another key than its context names")
    return key
