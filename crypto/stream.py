"""Sealed files: chunks of 64 KiB that cannot be reordered, dropped, swapped or cut (the STREAM construction).

Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015, §7.
Memory is flat: one chunk is held at a time. The file is padded with zeros to Padmé of its length (floor 4096); the
true length is not in the stream and is sealed beside it.
"""

from collections.abc import Iterator

from crypto.context import Context
from crypto.errors import CannotOpen, Malformed, Truncated
from crypto.keys import SecretKey
from crypto.padding import padme
from crypto.secret import Secret
from crypto.suite import AESGCM, TAG, InvalidTag

CHUNK = 65536
FLOOR = 4096
SEALED_CHUNK = 1 + CHUNK + TAG
_VERSION = b"\x01"
_LABEL = b"complaints/stream/1"
_COUNTER = 11
_SHORTEST = 1 + 1 + TAG


def padded_length(length: int) -> int:
    """Return how many bytes are sealed for a file of `length` bytes: Padmé, at least 4096."""
    return padme(max(length, FLOOR))


def _cipher(key: SecretKey, context: Context) -> AESGCM:
    return AESGCM(key.derive(_LABEL, context.encode()))


def _nonce(index: int, last: bool) -> bytes:
    return index.to_bytes(_COUNTER, "big") + (b"\x01" if last else b"\x00")


class SealingStream(Secret):
    """Seals one file, as it arrives.

    Each sealed chunk is version 0x01 (1) ‖ ciphertext (65536; the last 1 to 65536) ‖ tag (16). The AES key is HKDF(key,
    label and context); the nonce is the chunk's number (11 bytes big-endian) ‖ 0x01 for the last chunk, else 0x00.
    Precondition: a key and context seal one stream, ever. A second one under both would repeat nonces, which
    gives away both files: take a new key, or a new `context.record`, for every attempt.
    """

    __slots__ = ("_buffer", "_chunks", "_cipher", "_length", "_padded")

    def __init__(self, key: SecretKey, context: Context) -> None:
        self._cipher = _cipher(key, context)
        self._buffer = bytearray()
        self._chunks = 0
        self._length = 0
        self._padded: int | None = None

    @property
    def length(self) -> int:
        """True bytes taken so far, without padding."""
        return self._length

    @property
    def chunks(self) -> int:
        """Chunks given out so far."""
        return self._chunks

    @property
    def padded_length(self) -> int:
        """Bytes sealed in all; `ValueError` before `finish`."""
        if self._padded is None:
            raise ValueError("the stream is not finished")
        return self._padded

    def update(self, data: bytes) -> list[bytes]:
        """Take more of the file; return the sealed chunks that are now known not to be the last, perhaps none.

        `ValueError` after `finish`.
        """
        if self._padded is not None:
            raise ValueError("the stream is finished")
        self._length += len(data)
        sealed: list[bytes] = []
        with memoryview(data) as view:
            taken = 0
            # A full buffer waits for one more byte, for it may be the end of the file and then carries the last flag.
            while len(self._buffer) + len(view) - taken > CHUNK:
                room = CHUNK - len(self._buffer)
                self._buffer += view[taken : taken + room]
                taken += room
                sealed.append(self._seal(last=False))
            self._buffer += view[taken:]
        return sealed

    def finish(self) -> Iterator[bytes]:
        """End the file; return the sealed chunks that are left, made one by one as they are taken. At least one.

        `ValueError` if it was called before.
        """
        if self._padded is not None:
            raise ValueError("the stream is finished")
        self._padded = padded_length(self._length)
        return self._rest(self._padded - self._length)

    def _rest(self, padding: int) -> Iterator[bytes]:
        while True:
            zeros = min(padding, CHUNK - len(self._buffer))
            self._buffer += bytes(zeros)
            padding -= zeros
            yield self._seal(last=not padding)
            if not padding:
                return

    def _seal(self, last: bool) -> bytes:
        sealed = _VERSION + self._cipher.encrypt(_nonce(self._chunks, last), self._buffer, None)
        self._buffer.clear()
        self._chunks += 1
        return sealed


class OpeningStream(Secret):
    """Opens one file, chunk by chunk, in the stored order and with the stored boundaries.

    `length` is the true length, from its own sealed field: it says how many chunks there are and how long each is,
    so nothing about the file's end is believed from what is stored. Plaintext comes out before the end is seen;
    whoever uses it calls `finish`, and says so when that raises.
    """

    __slots__ = ("_chunks", "_cipher", "_index", "_left", "_padding")

    def __init__(self, key: SecretKey, context: Context, length: int) -> None:
        if length < 0:
            raise ValueError("a length is not negative")
        self._cipher = _cipher(key, context)
        padded = padded_length(length)
        self._chunks = -(-padded // CHUNK)
        self._index = 0
        self._left = length
        self._padding = padded - length

    def update(self, sealed_chunk: bytes) -> bytes:
        """Return the plaintext of the next chunk without its padding (empty when it is all padding).

        Raises `Malformed` if it cannot be a chunk (length, version); `CannotOpen` if it is not the next chunk of this
        file: another's, reordered, changed, after the last one, or not as long as `length` makes it.
        """
        if not _SHORTEST <= len(sealed_chunk) <= SEALED_CHUNK:
            raise Malformed("a sealed chunk is 18 to 65553 bytes")
        if sealed_chunk[:1] != _VERSION:
            raise Malformed("a sealed chunk of an unknown version")
        # After the last chunk nothing opens: the flag is off again, and no byte is left to come.
        last = self._index == self._chunks - 1
        with memoryview(sealed_chunk) as view:
            try:
                plaintext = self._cipher.decrypt(_nonce(self._index, last), view[1:], None)
            except InvalidTag:
                raise CannotOpen("this is not the next chunk of this file") from None
        if len(plaintext) != min(self._left + self._padding, CHUNK):
            raise CannotOpen("the chunk is not as long as the file's length makes it")
        return self._advance(plaintext)

    def finish(self) -> None:
        """Return if the whole file came out; raise `Truncated` if chunks are missing at its end."""
        if self._index != self._chunks:
            raise Truncated("the file ends before its last chunk")

    def _advance(self, plaintext: bytes) -> bytes:
        taken = min(self._left, len(plaintext))
        padding = len(plaintext) - taken
        if plaintext.count(0, taken) != padding:
            raise CannotOpen("the file's padding is broken")
        self._left -= taken
        self._padding -= padding
        self._index += 1
        return plaintext[:taken]
