"""What a reporter can do with what is theirs: see who has looked, say anew who they are or no longer, take a copy."""

from complaints.web.own import (
    check_in,
    data,
    first_code,
    identity,
    openings,
    readers,
    receipt,
    requests,
    transcript,
    withdrawal,
)
from complaints.web.own.blueprint import blueprint

__all__ = [
    "blueprint",
    "check_in",
    "data",
    "first_code",
    "identity",
    "openings",
    "readers",
    "receipt",
    "requests",
    "transcript",
    "withdrawal",
]
