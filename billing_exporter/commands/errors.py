"""Failures of a command, as the operator reads them."""

import difflib
from collections.abc import Iterable


class CommandError(Exception):
    """Ends the command; the message goes to standard error.

    Attributes:
        status: exit status of the command.
    """

    status = 1


class UsageError(CommandError):
    """Ends the command because it was called wrongly: the same call can never succeed."""

    status = 2


def near(word: str, known: Iterable[str]) -> str:
    """Return which known word was probably meant, as the end of a sentence.

    >>> near("serv", ("serve", "once"))
    '; did you mean serve?'
    """
    closest = difflib.get_close_matches(word[:40], tuple(known), n=1)
    return f"; did you mean {closest[0]}?" if closest else ""
