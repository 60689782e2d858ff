"""The rules, their tests and what they say, as they are in the repository."""

import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.paths import ROOT
from tools.testkit.components import require

PROMETHEUS = ROOT / "prometheus"
RUNBOOKS = ROOT / "docs" / "runbooks"
RULE_FILES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TEST_FILES = sorted((PROMETHEUS / "tests").glob("*.yml"))

Rule = dict[str, Any]

# A process of seconds has no use for Go's garbage collector, and its threads would only wait for
# each other: a third less processor time.
_SHORT_LIVED = {"GOMAXPROCS": "1", "GOGC": "off", "GOMEMLIMIT": "400MiB"}

# What a template asks: the text of a query, or the format of one that is filled in with labels.
_QUESTION = re.compile(r'(?:printf|query) "((?:[^"\\]|\\.)*)"')


@cache
def read(path: Path) -> Any:
    """Read a YAML file, once for all tests: nobody changes what it holds."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def promtool(component: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a promtool to its end and return its status and output."""
    command = [require(component), *arguments]
    environ = {**os.environ, **_SHORT_LIVED}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environ)


def groups(path: Path) -> dict[str, list[Rule]]:
    """Return the rules of a file by the name of their group."""
    return {group["name"]: group["rules"] for group in read(path)["groups"]}


def rules() -> list[Rule]:
    """List all rules, file by file."""
    return [rule for path in RULE_FILES for group in groups(path).values() for rule in group]


def alerts() -> dict[str, Rule]:
    """Return the alerts by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def records() -> dict[str, Rule]:
    """Return the recording rules by the name that they record."""
    return {rule["record"]: rule for rule in rules() if "record" in rule}


def expectations() -> Iterator[tuple[str, list[Rule]]]:
    """Yield what the rule tests expect: the name of an alert, the alerts that fire."""
    for path in TEST_FILES:
        for test in read(path)["tests"]:
            for case in test.get("alert_rule_test", []):
                yield case["alertname"], case["exp_alerts"]


def queries(template: str) -> list[str]:
    """List the queries that a template of an annotation makes, with ``x`` for each label."""
    texts = [text.replace('\\"', '"') for text in _QUESTION.findall(template)]
    return [text.replace("%q", '"x"') for text in texts if not text.startswith("%.")]


def section(page: str, heading: str) -> str:
    """Return what a page says under a heading of the second level."""
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL
    )
    return found[1].strip() if found else ""
