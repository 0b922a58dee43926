"""Padmé: lengths that say little (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", 2019, §4)."""


def padme(length: int) -> int:
    """Return the padded length for `length` bytes (0 or more): at most 12 % more, from O(log log length) bits of it.

    A length keeps as many significant bits as its exponent has, and is rounded up in the rest.
    """
    if length < 0:
        raise ValueError("a length is not negative")
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask
