"""promtool, the oldest that is supported and today's, finds the rules right."""

import subprocess
from pathlib import Path

import pytest

from tests.components import require
from tests.rules.rulebook import RULE_FILES, TEST_FILES, groups, read

PROMTOOLS = ("promtool-2", "promtool-3")


def _promtool(component: str, *arguments: str | Path) -> None:
    command = [require(component), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("component", PROMTOOLS)
def test_rules_load(component: str) -> None:
    """Every rule loads, and no two are the same."""
    _promtool(component, "check", "rules", "--lint=all", "--lint-fatal", *RULE_FILES)


@pytest.mark.parametrize("component", PROMTOOLS)
@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_rules_do_what_they_should(component: str, path: Path) -> None:
    """Alerts fire, stay silent and say what the rule tests expect."""
    _promtool(component, "test", "rules", path)


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_groups_are_evaluated_in_order(path: Path) -> None:
    """A rule test names all groups that it loads in the order in which they build on each other."""
    test = read(path)
    loaded = [name for file in test["rule_files"] for name in groups(path.parent / file)]
    assert test["group_eval_order"] == loaded
