"""Checks within budgets, showback and prices, whose values are valid by themselves."""

from collections.abc import Iterator
from typing import Any

from msgspec import UNSET

from billing_exporter.config.cross_checks import Reporter
from billing_exporter.config.yamltree import Mapping, Node, Sequence

_PRICES = ("prepaid", "overage")
_SECTIONS = ("budgets", "showback")


def check_plan(root: Node, value: Any, reporter: Reporter) -> None:
    """Report names that are given twice, groups without a receiver, and prices without a number."""
    if value is UNSET:
        return
    for section in _SECTIONS:
        _check_names(root, value, section, reporter)
    for path, showback, _ in _items(root, value, "showback"):
        groups = showback.entries.get("groups")
        for number, group in enumerate(groups.items if isinstance(groups, Sequence) else ()):
            if isinstance(group, Mapping):
                _check_group(group, f"{path}.groups[{number}]", reporter)
    for path, price, _ in _items(root, value, "prices"):
        _check_price(price, path, reporter)


def _items(root: Node, value: Any, section: str) -> Iterator[tuple[str, Mapping, Any]]:
    listed = root.entries.get(section) if isinstance(root, Mapping) else None
    found = value.get(section, UNSET)
    if not isinstance(listed, Sequence) or found is UNSET:
        return
    for number, (node, item) in enumerate(zip(listed.items, found, strict=True)):
        if isinstance(node, Mapping):
            yield f"{section}[{number}]", node, item


def _check_names(root: Node, value: Any, section: str, reporter: Reporter) -> None:
    first: dict[str, str] = {}
    for path, node, item in _items(root, value, section):
        name = item.get("name", UNSET)
        if name is not UNSET and first.setdefault(name, path) != path:
            message = f"already the name of {first[name]}: each needs its own"
            reporter.report(node.keys["name"], f"{path}.name", message)


def _check_group(node: Mapping, path: str, reporter: Reporter) -> None:
    given = [key for key in ("to", "split") if key in node.entries]
    if not given:
        reporter.report(node.line, f"{path}.to", "required, but missing: give to or split")
    elif len(given) > 1:
        reporter.report(node.keys["split"], f"{path}.split", "give to or split, not both")
    split = node.entries.get("split")
    if isinstance(split, Mapping) and not split.entries:
        reporter.report(node.keys["split"], f"{path}.split", "expected at least one group")


def _check_price(node: Mapping, path: str, reporter: Reporter) -> None:
    given = [key for key in _PRICES if key in node.entries]
    if "markup" in node.entries:
        if given:
            message = "give prices or a markup, not both"
            reporter.report(node.keys[given[0]], f"{path}.{given[0]}", message)
        return
    if not given:
        message = "required, but missing: give prepaid, overage or markup"
        reporter.report(node.line, f"{path}.prepaid", message)
    elif "currency" not in node.entries:
        reporter.report(node.line, f"{path}.currency", "required, but missing: prices need it")
