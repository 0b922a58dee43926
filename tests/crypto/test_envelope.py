"""Envelopes: one recipient, one context, one key."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import CannotOpen, Context, Malformed, PrivateKey, PublicKey, SecretKey, encode_parts, unwrap, wrap
from crypto.envelope import wrap_info
from tests.crypto.corruptions import CONTEXTS, flip, moved

HOLDER = PrivateKey.from_seed(b"\x11" * 32)


def test_opens_for_its_recipient(key: SecretKey, holder: PrivateKey, place: Context) -> None:
    assert unwrap(wrap(key, holder.public_key(), place), holder, place) == key


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=20), st.text("กขค/.", max_size=8))
def test_any_key_comes_back(data: bytes, case: bytes, compartment: str) -> None:
    key = SecretKey.from_bytes(data)
    place = Context("grant", case, compartment, key.key_id)
    assert unwrap(wrap(key, HOLDER.public_key(), place), HOLDER, place).export() == data


def test_is_version_one_and_1169_bytes(key: SecretKey, holder: PrivateKey, place: Context) -> None:
    envelope = wrap(key, holder.public_key(), place)
    assert (envelope[0], len(envelope)) == (1, 1169)


def test_is_never_the_same_twice(key: SecretKey, holder: PrivateKey, place: Context) -> None:
    assert wrap(key, holder.public_key(), place) != wrap(key, holder.public_key(), place)


def test_info_has_the_documented_layout(key: SecretKey, holder: PrivateKey, place: Context) -> None:
    recipient = holder.public_key()
    expected = encode_parts(b"complaints/wrap/1", place.encode(), key.key_id, recipient.digest)
    assert wrap_info(place, recipient) == expected


@pytest.mark.parametrize("name", CONTEXTS)
def test_moved_to_another_place(key: SecretKey, holder: PrivateKey, place: Context, name: str) -> None:
    envelope = wrap(key, holder.public_key(), place)
    with pytest.raises(CannotOpen):
        unwrap(envelope, holder, moved(place, name))


def test_other_recipient(key: SecretKey, holder: PrivateKey, stranger: PrivateKey, place: Context) -> None:
    with pytest.raises(CannotOpen):
        unwrap(wrap(key, holder.public_key(), place), stranger, place)


def test_context_without_a_key_id(key: SecretKey, holder: PrivateKey, place: Context) -> None:
    envelope = wrap(key, holder.public_key(), place)
    with pytest.raises(CannotOpen):
        unwrap(envelope, holder, replace(place, key_id=b""))


def test_sender_who_names_another_key(holder: PrivateKey, place: Context) -> None:
    """HPKE lets anyone seal anything to a public key: the key inside must still be the one that the context names."""
    planted = SecretKey.from_bytes(b"\x66" * 32)
    envelope = b"\x01" + holder.public_key().hpke_seal(planted.export(), wrap_info(place, holder.public_key()))
    with pytest.raises(CannotOpen):
        unwrap(envelope, holder, place)


@pytest.mark.parametrize("position", [1, 1088, 1089, 1120, 1121, 1152, 1168])
def test_flipped_byte(key: SecretKey, holder: PrivateKey, place: Context, position: int) -> None:
    """In ML-KEM's ciphertext, X25519's share, the sealed key and the tag."""
    envelope = wrap(key, holder.public_key(), place)
    with pytest.raises(CannotOpen):
        unwrap(flip(envelope, position), holder, place)


def test_share_of_low_order(key: SecretKey, holder: PrivateKey, place: Context) -> None:
    """X25519's share put to zero: no secret can be agreed, and that is a `CannotOpen` like every other."""
    envelope = wrap(key, holder.public_key(), place)
    with pytest.raises(CannotOpen):
        unwrap(envelope[:1089] + bytes(32) + envelope[1121:], holder, place)


@pytest.mark.parametrize("version", [0, 2, 255])
def test_unknown_version(key: SecretKey, holder: PrivateKey, place: Context, version: int) -> None:
    envelope = wrap(key, holder.public_key(), place)
    with pytest.raises(Malformed):
        unwrap(bytes((version,)) + envelope[1:], holder, place)


@pytest.mark.parametrize("change", ["empty", "one byte short", "one byte long"])
def test_wrong_length(key: SecretKey, holder: PrivateKey, place: Context, change: str) -> None:
    envelope = wrap(key, holder.public_key(), place)
    broken = {"empty": b"", "one byte short": envelope[:-1], "one byte long": envelope + b"\0"}[change]
    with pytest.raises(Malformed):
        unwrap(broken, holder, place)


def test_length_is_looked_at_before_any_cryptography(place: Context) -> None:
    with pytest.raises(Malformed):
        unwrap(b"\x01", None, place)  # type: ignore[arg-type]


def test_wrapping_under_another_keys_id_is_a_mistake_of_ours(holder: PrivateKey, place: Context) -> None:
    with pytest.raises(ValueError, match="another key"):
        wrap(SecretKey.from_bytes(b"\x66" * 32), holder.public_key(), place)


def test_wrapping_without_a_key_id_is_a_mistake_of_ours(key: SecretKey, holder: PrivateKey, place: Context) -> None:
    with pytest.raises(ValueError, match="another key"):
        wrap(key, holder.public_key(), replace(place, key_id=b""))


def test_recipient_of_low_order(key: SecretKey, holder: PrivateKey, place: Context) -> None:
    """A public key whose X25519 half is zero parses, and nothing is ever wrapped to it."""
    planted = PublicKey.from_bytes(holder.public_key().to_bytes()[:1184] + bytes(32))
    with pytest.raises(Malformed):
        wrap(key, planted, place)
