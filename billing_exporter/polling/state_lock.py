"""Lock of a state directory, because two exporters would undo each other's saves."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic, sleep

from billing_exporter.polling.background_writer import within

log = logging.getLogger(__name__)

_FILE = ".lock"
# A pod or service that is replaced may take so long to end.
WAIT_SECONDS = 5.0
_PAUSE_SECONDS = 0.1
_DISK_SECONDS = 10.0


class StateInUseError(OSError):
    """Another process holds the state directory."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder while the block runs; the system lets go of it when the process ends.

    A folder that cannot be locked, because the disk refuses or hangs, is used without a lock.

    Raises:
        StateInUseError: another process holds it.
    """
    descriptor = None
    try:
        descriptor = within(_DISK_SECONDS, partial(_opened, folder))
        _take(descriptor, folder)
    except StateInUseError:
        raise
    except OSError as error:
        reason = "the disk hangs" if isinstance(error, TimeoutError) else error.strerror
        log.warning("the state directory cannot be locked: %s", reason)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _opened(folder: Path) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    how = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return os.open(folder / _FILE, how, 0o600)


def _take(descriptor: int, folder: Path) -> None:
    until = monotonic() + WAIT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() >= until:
                os.close(descriptor)
                raise StateInUseError(
                    f"{folder} is in use by another exporter: give each its own --state.dir"
                ) from None
            sleep(_PAUSE_SECONDS)
        else:
            return
