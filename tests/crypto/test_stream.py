"""Sealed files: in order, whole, and nobody else's."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import (
    CHUNK,
    CannotOpen,
    Context,
    Malformed,
    OpeningStream,
    SealingStream,
    SecretKey,
    Truncated,
    padded_length,
    padme,
)
from crypto.suite import AESGCM
from tests.crypto.corruptions import CONTEXTS, flip, moved

KEY = SecretKey.from_bytes(b"\x31" * 32)
PLACE = Context("file", record=b"upload-1-16bytes", key_id=KEY.key_id)
LENGTH = 200_000
CHUNKS = 4

LENGTHS = st.one_of(
    st.integers(0, 4 * CHUNK),
    st.sampled_from([edge + step for edge in (4096, CHUNK, 2 * CHUNK, 3 * CHUNK) for step in (-1, 0, 1)]),
)


def content(length: int, seed: int = 0) -> bytes:
    """Bytes of a file: no two neighbouring chunks are alike, and none is all zeros."""
    pattern = bytes((seed + position) % 255 + 1 for position in range(251))
    return (pattern * (length // 251 + 1))[:length]


def seal(data: bytes, key: SecretKey = KEY, place: Context = PLACE) -> list[bytes]:
    stream = SealingStream(key, place)
    return stream.update(data) + list(stream.finish())


def open_all(chunks: Sequence[bytes], length: int, key: SecretKey = KEY, place: Context = PLACE) -> bytes:
    stream = OpeningStream(key, place, length)
    data = b"".join(stream.update(chunk) for chunk in chunks)
    stream.finish()
    return data


class TestSealing:
    @settings(max_examples=60)
    @given(LENGTHS, st.lists(st.integers(0, 4 * CHUNK), max_size=6))
    def test_any_file_comes_back_however_it_arrives(self, length: int, cuts: list[int]) -> None:
        data = content(length)
        stream, chunks = SealingStream(KEY, PLACE), []
        edges = [0, *sorted(cut for cut in cuts if cut < length), length]
        for start, stop in pairwise(edges):
            chunks += stream.update(data[start:stop])
        chunks += stream.finish()
        assert open_all(chunks, length) == data
        assert chunks == seal(data)
        assert (stream.length, stream.chunks, stream.padded_length) == (length, len(chunks), padded_length(length))

    @given(st.integers(0, 2**40))
    def test_padded_length_is_padme_with_a_floor(self, length: int) -> None:
        assert padded_length(length) == max(4096, padme(length))

    @pytest.mark.parametrize("length", [0, 1, 4096])
    def test_a_small_file_is_one_chunk_of_the_floor(self, length: int) -> None:
        (chunk,) = seal(content(length))
        assert len(chunk) == 1 + 4096 + 16

    def test_a_file_of_exactly_one_chunk_is_one_chunk(self) -> None:
        (chunk,) = seal(content(CHUNK))
        assert len(chunk) == 1 + CHUNK + 16

    def test_has_the_documented_layout(self) -> None:
        first, last = seal(content(CHUNK + 1))
        cipher = AESGCM(KEY.derive(b"complaints/stream/1", PLACE.encode()))
        assert (first[0], last[0]) == (1, 1)
        assert cipher.decrypt(bytes(12), first[1:], None) == content(CHUNK)
        padding = padme(CHUNK + 1) - (CHUNK + 1)
        assert cipher.decrypt(bytes(10) + b"\x01\x01", last[1:], None) == content(CHUNK + 1)[CHUNK:] + bytes(padding)

    def test_a_full_chunk_waits_until_it_is_known_not_to_be_the_last(self) -> None:
        stream = SealingStream(KEY, PLACE)
        assert stream.update(content(CHUNK)) == []
        assert len(stream.update(b"x")) == 1

    def test_padding_of_many_chunks_is_made_one_at_a_time(self) -> None:
        length = 5_000_000
        stream = SealingStream(KEY, PLACE)
        chunks = stream.update(content(length))
        rest = stream.finish()
        assert stream.chunks == len(chunks)
        chunks.append(next(rest))
        assert stream.chunks == len(chunks)
        chunks += rest
        assert sum(len(chunk) - 17 for chunk in chunks) == stream.padded_length == padme(length) > length + CHUNK
        assert open_all(chunks, length) == content(length)

    def test_is_bound_to_what_it_is_told_first(self) -> None:
        """`finish` decides on the padding when it is called, not when its chunks are taken."""
        stream = SealingStream(KEY, PLACE)
        stream.update(b"x")
        stream.finish()
        assert stream.padded_length == 4096

    def test_nothing_is_added_after_the_end(self) -> None:
        stream = SealingStream(KEY, PLACE)
        list(stream.finish())
        with pytest.raises(ValueError, match="finished"):
            stream.update(b"x")

    def test_ends_once(self) -> None:
        stream = SealingStream(KEY, PLACE)
        list(stream.finish())
        with pytest.raises(ValueError, match="finished"):
            stream.finish()

    def test_padded_length_is_not_known_before_the_end(self) -> None:
        with pytest.raises(ValueError, match="not finished"):
            _ = SealingStream(KEY, PLACE).padded_length


@pytest.fixture(scope="module")
def chunks() -> list[bytes]:
    return seal(content(LENGTH))


class TestOpening:
    def test_the_file_of_these_tests_opens(self, chunks: list[bytes]) -> None:
        assert len(chunks) == CHUNKS
        assert open_all(chunks, LENGTH) == content(LENGTH)

    def test_swapped_chunks(self, chunks: list[bytes]) -> None:
        with pytest.raises(CannotOpen):
            open_all([chunks[1], chunks[0], *chunks[2:]], LENGTH)

    def test_reversed_chunks(self, chunks: list[bytes]) -> None:
        with pytest.raises(CannotOpen):
            open_all(chunks[::-1], LENGTH)

    def test_repeated_chunk(self, chunks: list[bytes]) -> None:
        with pytest.raises(CannotOpen):
            open_all([chunks[0], chunks[0], *chunks[2:]], LENGTH)

    def test_dropped_first_chunk(self, chunks: list[bytes]) -> None:
        with pytest.raises(CannotOpen):
            open_all(chunks[1:], LENGTH)

    def test_dropped_middle_chunk(self, chunks: list[bytes]) -> None:
        with pytest.raises(CannotOpen):
            open_all([chunks[0], *chunks[2:]], LENGTH)

    def test_dropped_last_chunk(self, chunks: list[bytes]) -> None:
        with pytest.raises(Truncated):
            open_all(chunks[:-1], LENGTH)

    def test_no_chunk_at_all(self) -> None:
        with pytest.raises(Truncated):
            open_all([], 0)

    def test_chunk_after_the_last(self, chunks: list[bytes]) -> None:
        with pytest.raises(CannotOpen):
            open_all([*chunks, chunks[-1]], LENGTH)

    def test_chunk_of_another_file_under_the_same_key(self, chunks: list[bytes]) -> None:
        other = seal(content(LENGTH, seed=7), place=Context("file", record=b"upload-2-16bytes", key_id=KEY.key_id))
        with pytest.raises(CannotOpen):
            open_all([chunks[0], other[1], *chunks[2:]], LENGTH)

    def test_chunk_of_another_key(self, chunks: list[bytes]) -> None:
        other = seal(content(LENGTH), key=SecretKey.from_bytes(b"\x32" * 32))
        with pytest.raises(CannotOpen):
            open_all([chunks[0], other[1], *chunks[2:]], LENGTH)

    @pytest.mark.parametrize("name", CONTEXTS)
    def test_moved_to_another_place(self, key: SecretKey, place: Context, name: str) -> None:
        with pytest.raises(CannotOpen):
            open_all(seal(b"x", key, place), 1, key, moved(place, name))

    @pytest.mark.parametrize("position", [1, 65536, 65537, 65552])
    def test_flipped_byte(self, chunks: list[bytes], position: int) -> None:
        """At both ends of the ciphertext and of the tag."""
        with pytest.raises(CannotOpen):
            open_all([flip(chunks[0], position), *chunks[1:]], LENGTH)

    @pytest.mark.parametrize("version", [0, 2, 255])
    def test_unknown_version(self, chunks: list[bytes], version: int) -> None:
        with pytest.raises(Malformed):
            open_all([bytes((version,)) + chunks[0][1:], *chunks[1:]], LENGTH)

    @pytest.mark.parametrize("length", [0, 17, 65554])
    def test_length_that_no_chunk_has(self, length: int) -> None:
        with pytest.raises(Malformed):
            open_all([b"\x01" * length], LENGTH)

    def test_cut_chunk(self, chunks: list[bytes]) -> None:
        with pytest.raises(CannotOpen):
            open_all([chunks[0][:-1], *chunks[1:]], LENGTH)

    def test_other_boundaries(self, chunks: list[bytes]) -> None:
        with pytest.raises(CannotOpen):
            open_all([chunks[0][:40000], b"\x01" + chunks[0][40000:], *chunks[1:]], LENGTH)

    def test_length_larger_than_what_is_there(self, chunks: list[bytes]) -> None:
        with pytest.raises(CannotOpen):
            open_all(chunks, padded_length(LENGTH) + 1)

    def test_length_of_one_chunk_more(self, chunks: list[bytes]) -> None:
        with pytest.raises(CannotOpen):
            open_all(chunks, LENGTH + CHUNK)

    def test_length_that_cuts_the_file(self, chunks: list[bytes]) -> None:
        with pytest.raises(CannotOpen):
            open_all(chunks, LENGTH - 1)

    def test_length_of_nothing(self) -> None:
        with pytest.raises(CannotOpen):
            open_all(seal(b"content"), 0)

    def test_negative_length_is_a_mistake_of_ours(self) -> None:
        with pytest.raises(ValueError, match="negative"):
            OpeningStream(KEY, PLACE, -1)

    def test_a_refused_chunk_does_not_count(self, chunks: list[bytes]) -> None:
        """Whoever catches the error and goes on with the right chunk still gets the whole file, or an error."""
        stream = OpeningStream(KEY, PLACE, LENGTH)
        with pytest.raises(CannotOpen):
            stream.update(chunks[1])
        assert b"".join(stream.update(chunk) for chunk in chunks) == content(LENGTH)
        stream.finish()

    def test_a_last_chunk_of_another_length_sealed_by_the_keys_holder(self) -> None:
        cipher = AESGCM(KEY.derive(b"complaints/stream/1", PLACE.encode()))
        with pytest.raises(CannotOpen):
            open_all([b"\x01" + cipher.encrypt(bytes(11) + b"\x01", b"x" + bytes(99), None)], 1)
