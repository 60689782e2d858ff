"""Disk access: each file is whole at every moment, and what is no plain file is left alone."""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_TEMPORARY = ".new"


class NoPlainFileError(OSError):
    """A link, a pipe or a folder in the place of a file."""

    def __init__(self) -> None:
        super().__init__(errno.EINVAL, "not a plain file")


def read_file(file: Path) -> bytes:
    """Return the content of a file of ours.

    Raises:
        NoPlainFileError: there is something else.
        OSError: it cannot be read.
    """
    descriptor = _opened(file, os.O_RDONLY)
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read()


def append(file: Path, content: bytes, end: int) -> None:
    """Write after the first ``end`` bytes of a file; what follows them is not kept.

    Raises:
        OSError: it cannot be written; nothing was added.
    """
    descriptor = _opened(file, os.O_WRONLY)
    try:
        os.ftruncate(descriptor, end)
        try:
            _write(descriptor, content, end)
            os.fsync(descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(descriptor, end)
            raise
    finally:
        os.close(descriptor)


def replace_file(file: Path, *content: bytes) -> None:
    """Write a file that is small; see ``stream_file``."""
    stream_file(file, content)


def stream_file(file: Path, content: Iterable[bytes]) -> None:
    """Write so that at every moment the old or the new file is there in full, and survives.

    Whatever has the temporary name is removed and never written to: it may lead elsewhere.
    """
    temporary = file.with_suffix(_TEMPORARY)
    temporary.unlink(missing_ok=True)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.writelines(content)
            opened.flush()
            os.fsync(opened.fileno())
        temporary.replace(file)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _opened(file: Path, how: int) -> int:
    if file.is_symlink():
        raise NoPlainFileError
    descriptor = os.open(file, how | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NoPlainFileError
    return descriptor


def _write(descriptor: int, content: bytes, at: int) -> None:
    left = memoryview(content)
    while left:
        done = os.pwrite(descriptor, left, at)
        left, at = left[done:], at + done
