"""The ways in which something stored is changed behind our back, each with its name."""

from dataclasses import replace

from crypto import Context

CONTEXTS = {
    "other purpose": {"purpose": "message"},
    "other case": {"case": b"case-two-16bytes"},
    "no case": {"case": b""},
    "other compartment": {"compartment": "internal"},
    "other record": {"record": b"record-2-16bytes"},
    "other field": {"field": "who"},
    "older revision": {"revision": 2},
    "other key id": {"key_id": b"another key's id"},
}


def moved(place: Context, name: str) -> Context:
    """Return the place under its named change."""
    return replace(place, **CONTEXTS[name])  # type: ignore[arg-type]


def flip(data: bytes, position: int) -> bytes:
    """Return `data` with the lowest bit of one byte changed."""
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)
