"""Text for a terminal: what could steer it is escaped, and no character ends the program.

Names of customers come from the API. On a terminal an escape sequence in one could rewrite lines,
and a direction mark could reorder them. In a pipe or a file text stays as it is.
"""

import io
import json
import re
import sys
import unicodedata
from typing import TextIO

_KEPT = "\n\t"
# Control characters, format characters such as direction marks, separators of lines and
# paragraphs, and halves of characters.
_STEERING = {"Cc", "Cf", "Zl", "Zp", "Cs"}
_PRINTABLE_ASCII = re.compile(r"[\n\t -~]*")


def escaped(text: str) -> str:
    """Return the text with each control character escaped, as JSON writes it."""
    if _PRINTABLE_ASCII.fullmatch(text):
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _STEERING:
        return character
    # JSON does not escape DEL.
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]


class TerminalOutput(io.TextIOWrapper):
    """Standard output of a terminal, escaped."""

    def write(self, text: str, /) -> int:
        """Write text."""
        super().write(escaped(text))
        return len(text)


def protect_terminal() -> None:
    """Let standard output and errors never fail over a character, and never steer a terminal."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if sys.stdout.isatty() and isinstance(sys.stdout, io.TextIOWrapper):
        encoding, buffer = sys.stdout.encoding, sys.stdout.detach()
        sys.stdout = TerminalOutput(
            buffer, encoding=encoding, errors="backslashreplace", line_buffering=True
        )


def write_bytes(stream: TextIO, text: bytes) -> None:
    """Write UTF-8: to a file or a pipe the very bytes, to a terminal what is safe there."""
    if isinstance(stream, io.TextIOWrapper) and not isinstance(stream, TerminalOutput):
        stream.flush()
        stream.buffer.write(text)
    else:
        stream.write(text.decode())
