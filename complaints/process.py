"""What a process that holds keys does to itself before it holds any: nobody dumps it, nothing it creates is read by others, and what it
frees is overwritten. And how it does what is long without keeping others waiting.
"""

import ctypes
import os
import resource
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

_PR_SET_DUMPABLE = 4
_TUNABLES = "glibc.malloc.perturb=170:glibc.malloc.tcache_count=0"
"""Every block is filled with one byte the moment it is freed; the cache that would put that off is off."""


def wipe_what_is_freed() -> None:
    """Has everything overwritten that this program frees: Python's objects, and what the libraries below it take. Linux with glibc; elsewhere
    nothing happens.

    Both Python and glibc are told at their start alone, so this begins the program anew, in the same process, unless it was begun so.
    It costs up to a tenth of the processor's time in a request (docs/decisions/0009-what-is-freed-is-overwritten.md), and leaves what still lives, and the
    stacks.
    """
    try:
        glibc = bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (OSError, ValueError):  # another C library
        glibc = False
    present = os.environ.get("GLIBC_TUNABLES", "")
    if not glibc or (os.environ.get("PYTHONMALLOC") == "malloc" and _TUNABLES in present):
        return
    tunables = f"{present}:{_TUNABLES}" if present else _TUNABLES
    os.execve(  # noqa: S606 - this very program, with the arguments that it was given
        sys.executable, sys.orig_argv, {**os.environ, "PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": tunables}
    )


def harden() -> None:
    """No core files, no `/proc` or ptrace access for processes of the same user, and a closed umask. On Linux; elsewhere without the second.

    Not protected: root, and swap (operators encrypt it).
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (AttributeError, OSError):  # no prctl on this system
        return


def give_back() -> None:
    """Gives the pages that nothing is kept on any more back to the system. Linux with glibc, which by itself keeps most; elsewhere nothing happens."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


_GIVES_WAY = 10
"""Of 20 steps of niceness. Beside one thread that has work to do it still gets a tenth of a core."""


def giving_way(act: Callable[[], T]) -> T:
    """Does what is long and needs no Python meanwhile, in a thread that gets a core when nobody else wants it, as do the threads that it
    begins. On Linux; elsewhere it takes its share like any other.

    A thread of its own for each, since one that has given way may not come back: that is for root alone.
    """
    with ThreadPoolExecutor(1, initializer=_give_way) as one:
        return one.submit(act).result()


def _give_way() -> None:
    if sys.platform != "linux":  # where a thread's niceness is its own
        return
    own = threading.get_native_id()
    with suppress(PermissionError):  # whoever runs the server may have forbidden it
        os.setpriority(os.PRIO_PROCESS, own, min(os.getpriority(os.PRIO_PROCESS, own) + _GIVES_WAY, 19))
