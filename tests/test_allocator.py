"""The allocator gives back what threads and large answers leave behind."""

import ctypes
import subprocess
import sys

import pytest

from billing_exporter.allocator import return_memory

# Threads take turns with large blocks and small ones that outlive them, as polls do.
PROGRAM = """
import sys, threading
from pathlib import Path
from billing_exporter.allocator import return_memory
if sys.argv[1] == "returning":
    return_memory()
kept = []
def work(size):
    blocks = [bytearray(size) for _ in range(8)]
    kept.append(bytes(1000))
for size in (1, 2, 4, 8, 16, 3):
    threads = [threading.Thread(target=work, args=(size << 20,)) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
pages = int(Path("/proc/self/statm").read_text().split()[1])
print(pages * 4096 // (1 << 20))
"""


def held(how: str) -> int:
    """Return the MiB that a process holds after work like that of an exporter."""
    command = [sys.executable, "-c", PROGRAM, how]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return int(done.stdout)


def test_memory_goes_back() -> None:
    """After large blocks in many threads a process is as small as before, give or take a few MiB,
    and never larger than one whose allocator is left alone.
    """
    returning = held("returning")
    assert returning < 40
    assert returning <= held("usual") + 8


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no glibc nothing happens."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    return_memory()
