"""Checks between settings that are valid by themselves."""

from pathlib import Path
from typing import Any, Protocol

from msgspec import UNSET

from billing_exporter.config.secret import read_secret
from billing_exporter.config.yamltree import Mapping, Node, Sequence

EITHER = (("region", "api_url"), ("client_secret", "client_secret_file"))
"""Pairs of an organization's settings of which exactly one is given."""


class Reporter(Protocol):
    """Where errors go, and what the operator calls a setting."""

    def report(self, line: int, setting: str, message: str) -> None:
        """Take one error; line 0 is no line."""

    def word(self, setting: str) -> str:
        """Return the operator's name of an organization's setting."""


def check_organizations(root: Node, value: Any, folder: Path, reporter: Reporter) -> None:
    """Report what is wrong within and between the organizations.

    `value` is what a `Checker` made of `root`. A secret's file is looked for from `folder`, and
    its place is written into `value`.
    """
    listed = root.entries.get("organizations") if isinstance(root, Mapping) else None
    if not isinstance(listed, Sequence) or value["organizations"] is UNSET:
        return
    first: dict[str, str] = {}
    pairs = zip(listed.items, value["organizations"], strict=True)
    for index, (node, item) in enumerate(pairs):
        if isinstance(node, Mapping):
            path = f"organizations[{index}]"
            check_organization(node, item, folder, reporter, f"{path}.")
            _check_name(node, item, reporter, path, first)


def check_organization(
    node: Mapping, value: dict[str, Any], folder: Path, reporter: Reporter, path: str = ""
) -> None:
    """Report what is wrong within one organization; `path` is empty or ends with a dot."""
    for pair in EITHER:
        _check_either(node, pair, reporter, path)
    if "login_url" in node.entries and "api_url" not in node.entries:
        message = f"needs {reporter.word('api_url')} beside it"
        reporter.report(node.keys["login_url"], f"{path}login_url", message)
    collectors = node.entries.get("collectors")
    if isinstance(collectors, Mapping) and not collectors.entries:
        message = "expected at least one collector; without this key all run"
        reporter.report(node.keys["collectors"], f"{path}collectors", message)
    if value.get("client_secret_file", UNSET) is not UNSET:
        value["client_secret_file"] = str(folder / value["client_secret_file"])
        _check_secret_file(node, value, reporter, path)


def _check_either(node: Mapping, pair: tuple[str, str], reporter: Reporter, path: str) -> None:
    given = [key for key in pair if key in node.entries]
    words = " or ".join(map(reporter.word, pair))
    if not given:
        reporter.report(node.line, f"{path}{pair[0]}", f"required, but missing: give {words}")
    elif len(given) > 1:
        reporter.report(node.keys[given[1]], f"{path}{given[1]}", f"give {words}, not both")


def _check_secret_file(node: Mapping, value: dict[str, Any], reporter: Reporter, path: str) -> None:
    try:
        read_secret(value["client_secret_file"])
    except OSError as error:
        line = node.keys["client_secret_file"]
        reporter.report(line, f"{path}client_secret_file", str(error))


def _check_name(
    node: Mapping, value: dict[str, Any], reporter: Reporter, path: str, first: dict[str, str]
) -> None:
    name = value.get("name", UNSET)
    if name is not UNSET and first.setdefault(name, path) != path:
        message = f"already the name of {first[name]}: each needs its own"
        reporter.report(node.keys["name"], f"{path}.name", message)
