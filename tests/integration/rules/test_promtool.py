"""promtool, the oldest that is supported and today's, finds the rules right."""

from pathlib import Path

import pytest
import yaml

from tests.integration.rules.rulebook import RULE_FILES, TEST_FILES, groups, promtool, read

BILLING_TESTS = [path for path in TEST_FILES if not path.stem.startswith("exporter")]
PROMTOOLS = ("promtool-2", "promtool-3")


def _promtool(component: str, *arguments: str | Path) -> None:
    done = promtool(component, *arguments)
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


@pytest.mark.parametrize("path", BILLING_TESTS, ids=lambda path: path.stem)
def test_a_second_replica_changes_nothing(path: Path, tmp_path: Path) -> None:
    """Alerts and records about billing are the same when every series is scraped twice."""
    twice = {
        **read(path),
        "rule_files": [str(path.parent / file) for file in read(path)["rule_files"]],
        "tests": [
            {
                **test,
                "input_series": [*test["input_series"], *map(_replicated, test["input_series"])],
            }
            for test in read(path)["tests"]
        ],
    }
    copy = tmp_path / path.name
    copy.write_text(yaml.safe_dump(twice), encoding="utf-8")
    _promtool(PROMTOOLS[-1], "test", "rules", copy)


def _replicated(series: dict[str, str]) -> dict[str, str]:
    return {**series, "series": series["series"].replace("{", '{replica="2",', 1)}
