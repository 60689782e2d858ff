"""Command line ``billing-exporter``: command names, their modules, errors as exit status.

Only the module of the command that runs is imported, so that ``--help`` answers at once.
"""

import argparse
import errno
import os
import sys
from collections.abc import Iterable, Sequence
from pkgutil import resolve_name
from typing import Any, NoReturn, Protocol, cast

from billing_exporter import __version__
from billing_exporter.commands.errors import CommandError, near
from billing_exporter.commands.terminal import escaped, protect_terminal

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}

COMMANDS = {
    "serve": "Poll the API and serve the metrics until SIGTERM or SIGINT.",
    "demo": "Run a simulated Genesys Cloud and the exporter against it.",
    "simulate": "Run the simulated Genesys Cloud alone.",
    "check": "Read the configuration and report every error with file and line.",
    "doctor": "Report for each organization and operation what works, and what to change where.",
    "once": "Poll everything once and print the exposition; 1 if a collector failed.",
    "export": "Write FOCUS datasets or a statement, a file per dataset and billing period.",
    "backfill": "Write the past of closed billing periods as OpenMetrics, for promtool.",
    "reconcile": "Compare what was used with what was invoiced, down to the SKU; 1 if it differs.",
    "api": "Call one operation of the API and print its JSON as the API sent it.",
    "health": "Ask a running exporter whether it is well; 1 if it is not.",
    "rules": "Write the recording and alert rules for Prometheus, with links of your own.",
    "dashboards": "Write the dashboards for Grafana.",
    "metrics": "Print the reference of all metrics (Markdown).",
    "schema": "Print the JSON Schema of the configuration file.",
}
"""Name and summary of each command; its module in ``commands`` has the same name."""

_DESCRIPTION = """\
Prometheus exporter for the Genesys Cloud Billing API: billable usage, invoices, contracts, and the
billing overviews of a partner's customers.
"""

_EPILOG = """\
first steps:
  billing-exporter demo                           see it work, with a simulated Genesys Cloud
  billing-exporter check --config.file c.yml      find every error in a configuration
  billing-exporter doctor --config.file c.yml     try each operation of the API
  billing-exporter serve --config.file c.yml      poll, and serve /metrics on port 10059

Without --config.file one organization is taken from the environment: GENESYSCLOUD_REGION,
GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET.

exit status: 0 success; 1 failure, with the reason on standard error; 2 wrong usage
"""


class Command(Protocol):
    """Module of one command."""

    EXAMPLES: str
    """Shown at the end of its help."""

    def add_flags(self, parser: argparse.ArgumentParser) -> None:
        """Add the flags of the command to its parser."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Run the command and return its exit status.

        Raises:
            CommandError: it failed, for a reason that the operator can read.
        """


def command(name: str) -> Command:
    """Return the module of a command."""
    return cast("Command", resolve_name(f"{__package__}.commands.{name}"))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    protect_terminal()
    words = sys.argv[1:] if argv is None else argv
    named = [word for word in words[:1] if word in COMMANDS]
    arguments = parser(named).parse_args(words)
    try:
        return _run(arguments)
    except CommandError as error:
        print(escaped(str(error)), file=sys.stderr)
        return error.status
    except BrokenPipeError:
        _drop_output()  # its reader has closed it
        return 1
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:
            raise
        _drop_output()
        print(f"billing-exporter: the output cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + 2


def _run(arguments: argparse.Namespace) -> int:
    status = command(arguments.command).run(arguments)
    # What is still buffered would fail at exit, where nothing can catch it.
    sys.stdout.flush()
    return status


def _drop_output() -> None:
    """Let nothing more be written: a second error at exit helps nobody."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser(complete: Iterable[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """Return the parser; ``command`` in what it parses is the name of the command.

    Args:
        complete: names of the commands whose flags are added; their modules are imported.
    """
    root = _Parser(prog="billing-exporter", description=_DESCRIPTION, epilog=_EPILOG)
    root.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        of_command = commands.add_parser(name, help=summary, description=summary)
        root.of_commands[name] = of_command
        if name in complete:
            of_command.epilog = command(name).EXAMPLES
            command(name).add_flags(of_command)
    return root


class _Parser(argparse.ArgumentParser):
    """Parser that keeps the lines of its texts and takes no abbreviated flags.

    Attributes:
        of_commands: parsers of the commands by their names.
    """

    def __init__(self, **settings: object) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **settings)  # type: ignore[arg-type]  # argparse's own
        self.of_commands: dict[str, _Parser] = {}

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse all words, or end the program with what is wrong, and what was probably meant."""
        words = sys.argv[1:] if args is None else list(args)
        flag = words[0].partition("=")[0] if words else ""
        if flag.startswith("-") and flag not in self._option_string_actions and self.of_commands:
            self.error(f"a command comes first, then its flags: COMMAND {escaped(flag)} ...")
        found, left = self.parse_known_args(words, namespace)
        if left:
            self.of_commands.get(found.command, self).refuse(left)
        return found

    def refuse(self, left: Sequence[str]) -> NoReturn:
        """End the program because some words mean nothing to the command."""
        flags = [word.partition("=")[0] for word in left if word.startswith("-")]
        if not flags:
            self.error(f"unexpected argument: {escaped(' '.join(left))}")
        self.error(f"unknown flag {escaped(flags[0])}{near(flags[0], self._option_string_actions)}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = list(map(str, action.choices))
        text = f"{escaped(str(value))!r} is none of {', '.join(known)}{near(str(value), known)}"
        raise argparse.ArgumentError(action, text)
