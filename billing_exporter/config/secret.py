"""A value that no message, log line or page can show by accident."""

import codecs
from pathlib import Path

_LARGEST = 64 * 1024


class Secret:
    """Text that shows itself only to who calls `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self._text = text

    def reveal(self) -> str:
        """Return the secret text."""
        return self._text

    def __repr__(self) -> str:
        """Return the same for every secret."""
        return "<secret>"

    def __eq__(self, other: object) -> bool:
        """Return whether the other is a secret of the same text."""
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        """Hash by text, as equality asks for."""
        return hash(self._text)


def read_secret(path: str) -> str:
    """Return the text of a secret's file without line ends around it and a byte order mark.

    Raises:
        OSError: The file cannot be read, is empty, too large, not text or of several lines; the
            message names it.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise OSError(f"cannot read {path}: {error.strerror or 'failed'}") from None
    except ValueError:
        raise OSError("a file's name cannot hold a NUL character") from None
    if len(content) > _LARGEST:
        raise OSError(f"{path} is larger than a secret may be, 64 KiB")
    text = _decoded(path, content).strip("\r\n")
    if not text.strip():
        raise OSError(f"{path} is empty")
    if "\n" in text or "\r" in text:
        raise OSError(f"{path} has several lines; a secret is one")
    return text


def _decoded(path: str, content: bytes) -> str:
    # Editors and shells of Windows write UTF-16 or a byte order mark.
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise OSError(f"{path} is not UTF-8 text") from None
