"""Copies sealed to a public key: whole with the right key, and with nothing else."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints.services import sealed_copies
from complaints.services.sealed_copies import HEAD
from crypto import CannotOpen, CryptoError, Malformed

PRIVATE, PUBLIC = sealed_copies.draw_key()
CONTENT = bytes(range(256)) * 700


def seal(content: bytes, piece: int = 50_000) -> bytes:
    pieces = (content[start : start + piece] for start in range(0, len(content), piece))
    return b"".join(sealed_copies.sealed(pieces, sealed_copies.read_public(PUBLIC)))


def opened(data: bytes, private: str = PRIVATE) -> bytes:
    return b"".join(sealed_copies.opened(BytesIO(data), sealed_copies.read_private(private)))


SEALED = seal(CONTENT)


@pytest.mark.parametrize("length", [0, 1, 4096, 65_535, 65_536, 65_537, 200_000])
def test_what_was_sealed_comes_out_whole(length: int) -> None:
    content = (CONTENT * 2)[:length]
    assert opened(seal(content)) == content


def test_two_copies_of_the_same_have_nothing_in_common_but_their_head() -> None:
    assert SEALED[len(HEAD) : len(HEAD) + 16] != seal(CONTENT)[len(HEAD) : len(HEAD) + 16]


def test_another_key_opens_nothing() -> None:
    with pytest.raises(CannotOpen):
        opened(SEALED, sealed_copies.draw_key()[0])


@given(place=st.integers(0, len(SEALED) - 1), bit=st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_a_copy_of_which_a_bit_was_changed_does_not_open(place: int, bit: int) -> None:
    changed = bytearray(SEALED)
    changed[place] ^= 1 << bit
    with pytest.raises(CryptoError):
        opened(bytes(changed))


@given(length=st.integers(0, len(SEALED) - 1))
@settings(max_examples=60, deadline=None)
def test_a_copy_that_was_cut_does_not_open(length: int) -> None:
    with pytest.raises(CryptoError):
        opened(SEALED[:length])


def test_chunks_cannot_change_places() -> None:
    start, chunk = len(HEAD) + 16 + 1169, 65_553
    first, second = SEALED[start : start + chunk], SEALED[start + chunk : start + 2 * chunk]
    with pytest.raises(CannotOpen):
        opened(SEALED[:start] + second + first + SEALED[start + 2 * chunk :])


def test_a_public_key_survives_a_mail_that_breaks_its_lines() -> None:
    broken = "\r\n".join(PUBLIC[start : start + 70] for start in range(0, len(PUBLIC), 70))
    assert sealed_copies.read_public(broken).to_bytes() == sealed_copies.read_public(PUBLIC).to_bytes()


@pytest.mark.parametrize(
    "text", ["", "x", PRIVATE, PUBLIC[:-2], PUBLIC + "00", "complaints-export-public-1 zz"], ids=range(6)
)
def test_what_is_no_public_key(text: str) -> None:
    with pytest.raises(Malformed):
        sealed_copies.read_public(text)


@pytest.mark.parametrize("text", ["", "x", PUBLIC, PRIVATE[:-2], PRIVATE + "00"], ids=range(5))
def test_what_is_no_private_key(text: str) -> None:
    with pytest.raises(Malformed):
        sealed_copies.read_private(text)
