"""The manners of every object that holds a key."""

from typing import Never


class Secret:
    """Holds key material: its `repr` shows none of it, and it refuses to be pickled or copied.

    Raw bytes leave through the one exporting method of each class, which a search can find. Not promised: Python
    cannot wipe memory, so the bytes stay in the process until the memory is used again.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: redacted>"

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError(f"{type(self).__name__} holds a key and is never pickled")

    def __copy__(self) -> Never:
        raise TypeError(f"{type(self).__name__} holds a key and is never copied")

    def __deepcopy__(self, memo: object) -> Never:
        raise TypeError(f"{type(self).__name__} holds a key and is never copied")
