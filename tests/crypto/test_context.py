"""Context bytes and part lists: one encoding each, and nothing else is read."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import Context, Malformed, decode_parts, encode_parts

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
CONTEXTS = st.builds(
    Context,
    purpose=TEXTS.filter(bool),
    case=st.binary(max_size=18),
    compartment=TEXTS,
    key_id=st.one_of(st.just(b""), st.binary(min_size=16, max_size=16)),
    record=st.binary(max_size=18),
    field=TEXTS,
    revision=st.integers(0, 2**64 - 1),
)
PARTS = st.lists(st.binary(max_size=40), max_size=8)


def read_context(encoded: bytes) -> list[bytes]:
    """Take a context apart as docs/formats.md says, with nothing of the package."""
    assert encoded[0] == 1
    parts, rest = [], encoded[1:]
    while rest:
        length = int.from_bytes(rest[:4], "big")
        parts.append(rest[4 : 4 + length])
        rest = rest[4 + length :]
    return parts


class TestContext:
    @given(CONTEXTS)
    def test_has_the_documented_layout(self, context: Context) -> None:
        assert read_context(context.encode()) == [
            context.purpose.encode(),
            context.case,
            context.compartment.encode(),
            context.key_id,
            context.record,
            context.field.encode(),
            context.revision.to_bytes(8, "big"),
        ]

    @given(CONTEXTS, CONTEXTS)
    def test_two_contexts_never_share_an_encoding(self, one: Context, other: Context) -> None:
        assert (one.encode() == other.encode()) == (one == other)

    def test_a_byte_that_moves_from_one_part_to_the_next_shows(self) -> None:
        assert Context("p", case=b"ab", compartment="c").encode() != Context("p", case=b"a", compartment="bc").encode()

    def test_thai_text_is_utf_8(self) -> None:
        assert "ช่องทาง".encode() in Context("p", compartment="ช่องทาง").encode()

    def test_is_frozen(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            Context("p").field = "other"  # type: ignore[misc]

    def test_refuses_an_empty_purpose(self) -> None:
        with pytest.raises(ValueError, match="purpose"):
            Context("")

    @pytest.mark.parametrize("length", [1, 15, 17, 32])
    def test_refuses_a_key_id_of_another_length(self, length: int) -> None:
        with pytest.raises(ValueError, match="16 bytes"):
            Context("p", key_id=bytes(length))

    @pytest.mark.parametrize("revision", [-1, 2**64])
    def test_refuses_a_revision_that_eight_bytes_do_not_hold(self, revision: int) -> None:
        with pytest.raises(ValueError, match="revision"):
            Context("p", revision=revision)


class TestParts:
    @given(PARTS)
    def test_come_back(self, parts: list[bytes]) -> None:
        assert decode_parts(encode_parts(*parts)) == parts

    @given(PARTS, PARTS)
    def test_two_lists_never_share_an_encoding(self, one: list[bytes], other: list[bytes]) -> None:
        assert (encode_parts(*one) == encode_parts(*other)) == (one == other)

    @given(st.binary(max_size=60))
    def test_any_bytes_are_canonical_or_malformed(self, data: bytes) -> None:
        try:
            parts = decode_parts(data)
        except Malformed:
            return
        assert encode_parts(*parts) == data

    @given(PARTS, st.integers(0, 400))
    def test_a_cut_encoding_is_malformed(self, parts: list[bytes], cut: int) -> None:
        encoded = encode_parts(*parts)
        with pytest.raises(Malformed):
            decode_parts(encoded[: cut % len(encoded)])

    def test_layout(self) -> None:
        assert encode_parts(b"ab", b"") == bytes.fromhex("00000002 00000002 6162 00000000")

    def test_refuses_a_byte_after_the_last_part(self) -> None:
        with pytest.raises(Malformed):
            decode_parts(encode_parts(b"ab") + b"\0")

    def test_refuses_a_count_one_too_small(self) -> None:
        with pytest.raises(Malformed):
            decode_parts(bytes.fromhex("00000001 00000001 61 00000001 62"))

    def test_refuses_a_count_one_too_large(self) -> None:
        with pytest.raises(Malformed):
            decode_parts(bytes.fromhex("00000002 00000001 61"))

    def test_refuses_a_part_longer_than_the_rest(self) -> None:
        with pytest.raises(Malformed):
            decode_parts(bytes.fromhex("00000001 00000003 6162"))

    def test_refuses_a_huge_count_at_once(self) -> None:
        with pytest.raises(Malformed):
            decode_parts(bytes.fromhex("ffffffff") + bytes(100))

    def test_refuses_nothing_at_all(self) -> None:
        with pytest.raises(Malformed):
            decode_parts(b"")
