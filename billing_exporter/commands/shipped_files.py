"""Files that a command writes from the package into a folder, and the addresses in them."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from billing_exporter.atomic_file import replace_file
from billing_exporter.commands.errors import CommandError
from billing_exporter.monitoring.links import base_of
from billing_exporter.monitoring.shipped import files


def base_url(text: str) -> str:
    """Return an address that links begin with, for a flag.

    Raises:
        ArgumentTypeError: it is none; the message says what would be right.
    """
    try:
        return base_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}, got {text}") from None


def shipped(kind: str) -> dict[str, str]:
    """Return the text of the files of a kind by name.

    Raises:
        CommandError: the installation has none.
    """
    try:
        return files(kind)
    except OSError as error:
        raise CommandError(f"billing-exporter: {error}") from None


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files and print their paths; each is replaced as a whole.

    Raises:
        CommandError: a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            replace_file(folder / name, [text.encode()])
            print(folder / name)
    except OSError as error:
        where, why = error.filename or folder, error.strerror or error
        raise CommandError(f"billing-exporter: {where} cannot be written: {why}") from None
