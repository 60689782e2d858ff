"""Failure of a command, as the operator reads it."""


class CommandError(Exception):
    """Ends the command with exit status 1; the message goes to standard error."""
