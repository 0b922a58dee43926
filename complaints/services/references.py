"""References of cases: drawn, shown, and read back as people type them. One names a case to staff, and opens nothing."""

import secrets

from crypto import readings

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_HALF = 4
_LONGEST = 40
"""Characters that are looked at: more than any way to type one."""


def draw() -> str:
    """Eight random symbols (39 bits), easily told apart when read aloud."""
    return _shown("".join(secrets.choice(ALPHABET) for _ in range(2 * _HALF)))


def read(text: str) -> frozenset[str]:
    """The references that somebody may have typed: none for other words, and seldom more than one.

    Case, hyphens and spaces do not count, and a Thai keyboard that was left on is undone, as for a receipt.
    """
    if len(text) > _LONGEST:
        return frozenset()
    meant = (reading for reading in readings(text) if len(reading) == 2 * _HALF)
    return frozenset(_shown(reading) for reading in meant if set(reading) <= set(ALPHABET))


def _shown(symbols: str) -> str:
    return f"{symbols[:_HALF]}-{symbols[_HALF:]}"
