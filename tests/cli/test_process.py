"""What a serving process does to itself. Each is tried in a process of its own."""

import os
import platform
import subprocess
import sys

import pytest


def run(program: str, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        check=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    return result.stdout.strip()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to overwrite what is freed")
@pytest.mark.parametrize("size", [34, 400, 5_000, 300_000])
def test_what_is_freed_is_overwritten(size: int) -> None:
    """Objects of every size: those that Python would keep in its own arenas, those that glibc would cache, large ones."""
    program = """
import hashlib, os, sys
from complaints import process

process.wipe_what_is_freed()
size = int(sys.argv[1])
word = os.urandom(size)
address, mark = id(word) + bytes.__basicsize__ - 1, hashlib.sha256(word).digest()


def there():
    with open("/proc/self/mem", "rb", 0) as memory:
        memory.seek(address)
        try:
            return hashlib.sha256(memory.read(size)).digest() == mark
        except OSError:  # given back to the system
            return False


before = there()
del word
print(before, there())
"""
    assert run(program, str(size)) == "True False"


def test_the_program_keeps_its_arguments_and_its_settings() -> None:
    program = """
import os, sys
from complaints import process

process.wipe_what_is_freed()
print(sys.argv[1:], os.environ["GLIBC_TUNABLES"].startswith("glibc.malloc.arena_max=8:"))
"""
    result = subprocess.run(
        [sys.executable, "-c", program, "serve", "--port", "1"],
        capture_output=True,
        check=True,
        text=True,
        env={"PATH": os.environ["PATH"], "GLIBC_TUNABLES": "glibc.malloc.arena_max=8"},
    )
    assert result.stdout.strip() == "['serve', '--port', '1'] True"


def test_nobody_else_sees_into_it() -> None:
    program = """
import ctypes, resource
from complaints import process

process.harden()
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))
"""
    assert run(program) == "0 (0, 0)"
