"""What comes of cleaning one file."""

from dataclasses import dataclass, field

from complaints.vocabulary import Trace


class CannotClean(Exception):
    """Not understood well enough to say that nothing is left. The message says why; it quotes nothing of the file."""


class Bomb(Exception):
    """Unpacks into far more than anybody would send."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The clean copy, and what was found and taken out. Nothing found: the same bytes."""

    data: bytes = field(repr=False)
    found: frozenset[Trace]
