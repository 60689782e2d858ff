"""Errors of a configuration, in the words of the operator who has to fix it."""

import difflib
import re
from collections.abc import Iterable

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to fix; its text is one line.

    `file` is the path as the operator gave it, or `environment`. `line` counts from 1; 0 says
    that the error has no line of its own. `setting` is a path such as
    `organizations[0].collectors.usage.interval`, or empty for the file as a whole.
    """

    file: str
    line: int = 0
    setting: str = ""
    message: str

    def __str__(self) -> str:
        """Return `config.yml:12: organizations[0].name: what would be right`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.setting, self.message) if part)


class ConfigError(Exception):
    """The configuration cannot be used; carries every error, never a secret."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the errors in the order of the file's lines."""
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(map(str, self.problems)))


def showable(key: str) -> str:
    """Return a key as it may be shown: one that looks like no setting may hold a secret."""
    return key if re.fullmatch("[A-Za-z0-9_-]{1,40}", key) else "?"


def unknown_setting(key: str, known: Iterable[str]) -> str:
    """Return that a key is unknown, and which known one was probably meant."""
    names = tuple(known)
    word, colon, _ = key.partition(":")
    if colon and word in names:
        return f"unknown setting; a space must follow the colon: `{word}: ...`"
    closest = difflib.get_close_matches(key.lower()[:40], names, n=1)
    if closest:
        return f"unknown setting; did you mean `{closest[0]}`?"
    return "unknown setting; known here: " + ", ".join(names)


def join(path: str, key: str) -> str:
    """Return the path of a key below a path."""
    return f"{path}.{showable(key)}" if path else showable(key)
