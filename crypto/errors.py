"""What can go wrong when something sealed is read back.

Every error of this package is a `CryptoError`. Its message says what was being done and never holds
plaintext, key bytes or what a person typed. Wrong use by the calling code (a context that is missing a part,
an impossible size) is a `ValueError` or a `TypeError` instead: no input from outside can cause it.
"""


class CryptoError(Exception):
    """Something read from outside is not what it claims to be."""


class Malformed(CryptoError):
    """Wrong length, unknown version or broken encoding; known before any cryptography is done."""


class CannotOpen(CryptoError):
    """The shape is right and it does not open: another key, another context, or changed bytes.

    These are one error on purpose: whoever changed a value learns nothing from the difference.
    """


class Truncated(CryptoError):
    """A stream ended before its last chunk."""


class WrongPassphrase(CryptoError):
    """The passphrase (or the pepper, or the owner) is not the one that the seed was locked with."""


class Mistyped(CryptoError):
    """A receipt that cannot have been issued: the check symbols tell, without asking the database."""


class BadSignature(CryptoError):
    """The signature is not that key's over this statement in this domain."""


class BadProof(CryptoError):
    """The Merkle proof does not lead to the root."""
