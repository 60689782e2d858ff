"""The allocator gives back what threads and large answers leave behind."""

import ctypes
import subprocess
import sys
from typing import NamedTuple

import pytest

from billing_exporter.malloc import return_memory

# Four threads at once hold large blocks, and leave a small one that outlives them, as polls do.
PROGRAM = """
import ctypes, resource, sys, threading
from pathlib import Path
from billing_exporter.malloc import return_memory

def pages():
    return int(Path("/proc/self/statm").read_text().split()[1])

def work(size):
    blocks = [bytearray(size) for _ in range(8)]
    together.wait()
    kept.append(bytes(1000))

if sys.argv[1] == "returning":
    return_memory()
before = pages()
kept, together = [], threading.Barrier(4)
for size in (1, 2, 4, 8, 16, 3):
    threads = [threading.Thread(target=work, args=(size << 20,)) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print((pages() - before) * resource.getpagesize() // (1 << 20), flush=True)
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fdopen(1, b"w")))
libc.fflush(None)
"""


class Left(NamedTuple):
    """What a process is left with after its work."""

    grown: int  # MiB
    arenas: int


def left(how: str) -> Left:
    """Let a process work like an exporter, its allocator set to be ``returning`` or ``usual``."""
    command = [sys.executable, "-c", PROGRAM, how]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    grown, _, arenas = done.stdout.partition("\n")
    return Left(int(grown), arenas.count("<heap nr="))


def test_memory_goes_back() -> None:
    """After large blocks in many threads a process is as large as before and has one arena; of one
    whose allocator is left alone neither is true.
    """
    returning, usual = left("returning"), left("usual")
    assert returning.grown <= 2
    assert returning.arenas == 1
    assert usual.grown > 50
    assert usual.arenas > 1


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no glibc nothing happens."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    return_memory()
