"""What a sealed value is, whose it is and where it belongs, as bytes that cannot be confused.

Everything sealed is bound to its context: moved to another case, record, field or revision, it does not open.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from crypto.errors import Malformed

KEY_ID = 16
_VERSION = b"\x01"
_U32 = 4
_LENGTHS = tuple(length.to_bytes(_U32, "big") for length in range(4096))
"""Nearly every prefix, made once: a report has a thousand."""
_MAX_REVISION = 2**64 - 1


def _prefixed(parts: Iterable[bytes]) -> bytes:
    pieces: list[bytes] = []
    for part in parts:
        length = len(part)
        pieces.append(_LENGTHS[length] if length < len(_LENGTHS) else length.to_bytes(_U32, "big"))
        pieces.append(part)
    return b"".join(pieces)


def encode_parts(*parts: bytes) -> bytes:
    """Return the one encoding of a list of byte strings: two lists never share one.

    Layout: u32 count, then each part as u32 length and its bytes; integers big-endian.
    """
    return len(parts).to_bytes(_U32, "big") + _prefixed(parts)


def decode_parts(data: bytes) -> list[bytes]:
    """Return the parts that `encode_parts` was given; raise `Malformed` for any other bytes."""
    count = int.from_bytes(data[:_U32], "big")
    # Every part takes at least its length prefix, so a lying count is refused before any work.
    if len(data) < _U32 or count > (len(data) - _U32) // _U32:
        raise Malformed("encoded parts: the count does not fit the length")
    parts: list[bytes] = []
    position = _U32
    for _ in range(count):
        start = position + _U32
        length = int.from_bytes(data[position:start], "big")
        position = start + length
        if position > len(data):
            raise Malformed("encoded parts: a part is cut short")
        parts.append(bytes(data[start:position]))
    if position != len(data):
        raise Malformed("encoded parts: bytes follow the last part")
    return parts


@dataclass(frozen=True, slots=True)
class Context:
    """The place of a sealed value. Equal contexts, and only they, have equal encodings.

    `purpose` says what kind of thing is sealed and is never empty; the rest is as precise as the thing allows.
    `key_id` names the epoch (`SecretKey.key_id`, 16 bytes, or empty). `revision` is 0 to 2**64 - 1.
    Nothing in a context is secret: it is authenticated, not hidden. Raises `ValueError` on construction.
    """

    purpose: str
    case: bytes = b""
    compartment: str = ""
    key_id: bytes = b""
    record: bytes = b""
    field: str = ""
    revision: int = 0

    def __post_init__(self) -> None:
        if not self.purpose:
            raise ValueError("a context has a purpose")
        if self.key_id and len(self.key_id) != KEY_ID:
            raise ValueError("a key id is 16 bytes")
        if not 0 <= self.revision <= _MAX_REVISION:
            raise ValueError("a revision is 0 to 2**64 - 1")

    def encode(self) -> bytes:
        """Return the context bytes.

        Layout: 0x01, then the seven attributes in their order, each as u32 big-endian length and bytes: text as
        UTF-8, `revision` as eight bytes big-endian.
        """
        return _VERSION + _prefixed(
            (
                self.purpose.encode(),
                self.case,
                self.compartment.encode(),
                self.key_id,
                self.record,
                self.field.encode(),
                self.revision.to_bytes(8, "big"),
            )
        )
