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


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc keeps what is freed, and can be told to give it back"
)
def test_what_nothing_is_kept_on_goes_back_to_the_system() -> None:
    program = """
from complaints import process

process.wipe_what_is_freed()


def resident():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * 4096


kept = [bytes(5_000) for _ in range(10_000)]
kept = kept[-1:]  # on the top of the heap: what lies below stays
before = resident()
process.give_back()
print(before - resident() > 40_000_000)
"""
    assert run(program) == "True"


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


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no niceness of its own")
def test_what_gives_way_does_so_alone() -> None:
    """The thread that runs it, and those that it begins; whoever waits for it stays as it was."""
    program = """
import os, threading
from complaints import process


def niceness(found):
    found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))


def act():
    found = []
    niceness(found)
    begun = threading.Thread(target=niceness, args=(found,))
    begun.start()
    begun.join()
    return found


before = []
niceness(before)
print(*process.giving_way(act), *process.giving_way(act))
niceness(before)
print(*before)
"""
    within, outside = run(program).splitlines()
    before, after = outside.split()
    assert before == after
    assert {int(one) > int(before) for one in within.split()} == {True}


def test_what_fails_while_it_gives_way_fails_for_whoever_waits() -> None:
    program = """
from complaints import process

try:
    process.giving_way(lambda: 1 / 0)
except ZeroDivisionError:
    print("raised")
"""
    assert run(program) == "raised"
