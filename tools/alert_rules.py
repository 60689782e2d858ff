"""Alerts and their thresholds, as the files of rules define them."""

import re
from dataclasses import dataclass
from functools import cache

import yaml

from tools.paths import RULES

FILE = RULES / "thresholds.yml"
_RECORD = re.compile(r"^genesyscloud_billing:threshold_(\w+):value$")
_EXPRESSION = re.compile(r"^vector\(([0-9.]+)\)$")


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """One number that decides whether an alert fires.

    Attributes:
        name: what the chart and the dashboards call it, a part of the recorded series' name.
        description: the comment above its rule.
        default: the number, as written.
    """

    name: str
    description: str
    default: str


@cache
def thresholds() -> tuple[Threshold, ...]:
    """Read the thresholds in the order of the file.

    Raises:
        ValueError: a rule of the file is no threshold.
    """
    found = []
    for comment, block in _commented(FILE.read_text()):
        (rule,) = yaml.safe_load(block)
        if "labels" in rule:
            continue  # for one currency, beside the default
        name, number = _RECORD.match(rule["record"]), _EXPRESSION.match(rule["expr"])
        if not name or not number:
            raise ValueError(f"{FILE.name}: {rule['record']} is no threshold")
        found.append(Threshold(name=name[1], description=comment, default=number[1]))
    return tuple(found)


def alerts() -> list[str]:
    """Read the names of the alerts, in the order of their files."""
    files = (yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yml")))
    rules = (rule for file in files for group in file["groups"] for rule in group["rules"])
    return [rule["alert"] for rule in rules if "alert" in rule]


def _commented(text: str) -> list[tuple[str, str]]:
    """Split the file's rules, each with its comment in one line."""
    rule = re.compile(r"((?:^ +#.*\n)*)(^ +- record:.*\n(?:^ +\w.*\n?)*)", re.MULTILINE)
    return [
        (" ".join(line.strip(" #") for line in comment.splitlines()), block)
        for comment, block in rule.findall(text)
    ]
