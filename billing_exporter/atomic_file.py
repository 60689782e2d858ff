"""Files that readers see whole, and other outputs: the old content until the new is complete."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

_USUAL_MODE = 0o644
_MOST_LINKS = 40  # as Linux follows


def write_output(path: Path, pieces: Iterable[bytes]) -> None:
    """Write the pieces where an operator wants them.

    A regular file is replaced all at once. What is there and is none (a pipe, a device such as
    /dev/null), or is a descriptor of the process (/dev/stdout), takes the pieces as they come.

    Raises:
        OSError: It cannot be written.
    """
    if is_stream(path):
        with path.open("ab") as file:  # not "wb", which empties a file that a shell appends to
            file.writelines(pieces)
    else:
        replace_file(path, pieces)


def is_stream(path: Path) -> bool:
    """Return whether what is at a path takes bytes as they come and cannot be replaced."""
    return _is_descriptor(path) or (path.exists() and not path.is_file())


def replace_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write the pieces to a file in place of what it holds, all at once.

    Raises:
        OSError: It cannot be written, or is no regular file; the old content stays.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise OSError(f"{path} is not a regular file")
    mode = target.stat().st_mode & 0o777 if target.exists() else _USUAL_MODE
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _is_descriptor(path: Path) -> bool:
    """Return whether a path is, or links to, an open descriptor of this process."""
    descriptors = Path("/proc/self/fd").resolve()
    for _ in range(_MOST_LINKS):
        if path.parent.resolve() == descriptors:
            return True
        if not path.is_symlink():
            return False
        path = path.parent / path.readlink()
    return False
