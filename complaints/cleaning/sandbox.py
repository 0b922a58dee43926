"""What the cleaning process gives up before it reads a byte of a stranger's file.

Limits on memory, time, files and processes everywhere; on Linux (x86-64, ARM 64) a seccomp filter as well, under which every system
call but reading, writing what is open, and memory fails: no file, no network, no other process. Where there is no seccomp, no new file
or socket can be opened either (RLIMIT_NOFILE of 0), but root could lift that limit.
"""

import ctypes
import platform
import resource
import struct
import sys

MEMORY = 1024 * 1024 * 1024
SECONDS = 30
"""Of the processor's time."""

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_ALLOW, _FAIL = 0x7FFF0000, 0x00050001  # SECCOMP_RET_ALLOW; SECCOMP_RET_ERRNO with EPERM
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06

_CALLS = {
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 25, 28, 24, 60, 231, 202, 228, 96, 318, 131, 219),
    ),
    "aarch64": (
        0xC00000B7,
        (63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 216, 233, 124, 93, 94, 98, 113, 169, 278, 132, 128),
    ),
}
"""In this order: read, write, close, fstat, lseek, mmap, mprotect, munmap, brk, rt_sigaction, rt_sigprocmask, rt_sigreturn, mremap,
madvise, sched_yield, exit, exit_group, futex, clock_gettime, gettimeofday, getrandom, sigaltstack, restart_syscall."""


def confine() -> bool:
    """Cannot be taken back. Everything that is needed must have been imported. Returns whether the system's calls are filtered."""
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    return sys.platform == "linux" and platform.machine() in _CALLS and _filter_calls(*_CALLS[platform.machine()])


def _filter_calls(architecture: int, allowed: tuple[int, ...]) -> bool:
    count = len(allowed)
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 0, count + 1, architecture), (_LOAD, 0, 0, 0)]
    program += [(_EQUAL, count - place, 0, number) for place, number in enumerate(allowed)]
    program += [(_RETURN, 0, 0, _FAIL), (_RETURN, 0, 0, _ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(prctl(_PR_SET_SECCOMP, _MODE_FILTER, head, 0, 0) == 0)
