"""A file that readers see whole: the old content until the new one is complete."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

_USUAL_MODE = 0o644


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
