"""A code on paper, as its owner types it and as it is stored."""

import hashlib

from crypto import encode_parts


def digest_of(account: bytes, typed: str) -> bytes:
    """SHA-256 of the code (80 bits, drawn by us) and whose it is: 32 bytes. Case, spaces, dashes and letters for digits make no difference."""
    code = "".join(typed.upper().replace("-", " ").split()).translate(str.maketrans("OIL", "011"))
    return hashlib.sha256(encode_parts(b"complaints/paper-code/1", account, code.encode())).digest()
