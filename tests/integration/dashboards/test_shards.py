"""What the dashboards show when shards have different parts of the work, asked of promtool."""

from pathlib import Path

import pytest
import yaml

from tests.integration.dashboards.boards import BOARDS, RULES, Json, panels
from tests.integration.dashboards.resolving import ALL, resolved
from tests.integration.rules.rulebook import promtool
from tools.dashboards.polls import late
from tools.dashboards.queries import Scope

_CHOSEN = {"job": ALL, "organization": ALL, "currency": ALL}
_NOW = "1d"  # in seconds 86400: the clock of promtool starts with 0
# What each of three shards tells of its trustors. The second failed; the third is late.
_TOLD = {
    "up": (1, 0, 0),
    "last_success_timestamp_seconds": (86_000, 80_000, 40_000),
    "poll_interval_seconds": (3600, 3600, 3600),
    "poll_duration_seconds": (10, 30, 20),
    "series": (1000, 1000, 1000),
    "api_rate_limit_used": (30, 270, 60),
    "api_rate_limit_allowed": (300, 300, 300),
}
_PER_ORGANIZATION = {"api_rate_limit_used", "api_rate_limit_allowed"}
_COLLECTOR = '{organization="acme", collector="trustors"}'


def _series() -> list[dict[str, str]]:
    """Return three shards, and the first one's reading of the organization's own invoices."""
    shown = []
    for name, values in _TOLD.items():
        collector = "" if name in _PER_ORGANIZATION else ',collector="trustors"'
        for index, value in enumerate(values):
            labels = f'job="billing",instance="{index}:10059",organization="acme"{collector}'
            shown.append((f"genesyscloud_billing_{name}{{{labels}}}", value))
    own = 'job="billing",instance="0:10059",organization="acme",collector="invoices"'
    shown += [
        (f"genesyscloud_billing_up{{{own}}}", 1),
        (f"genesyscloud_billing_series{{{own}}}", 50),
    ]
    for index, reason in ((1, "unavailable"), (2, "rate_limited")):
        labels = (
            f'job="billing",instance="{index}:10059",organization="acme",'
            f'collector="trustors",reason="{reason}"'
        )
        shown.append((f"genesyscloud_billing_poll_failure{{{labels}}}", 1))
    return [{"series": series, "values": f"{value}x30"} for series, value in shown]


def _asked(board: str, title: str, query: int = 0) -> str:
    (panel,) = (each for each in panels(BOARDS[board]) if each["title"] == title)
    expression: str = panel["targets"][query]["expr"]
    return expression


def _case(expression: str, answers: dict[str, float]) -> Json:
    return {
        "expr": resolved(expression, _CHOSEN),
        "eval_time": _NOW,
        "exp_samples": [{"labels": labels, "value": value} for labels, value in answers.items()],
    }


# Three readings are 400, 6400 and 46400 seconds old; the alert allows 21600.
_ANSWERS: dict[str, tuple[str, dict[str, float]]] = {
    "collectors failing": (_asked("health", "Collectors failing"), {"{}": 1}),
    "readings late": (_asked("health", "Readings late"), {"{}": 1}),
    "late": (late(Scope(())), {_COLLECTOR: 46_400 / 21_600}),
    "billing series": (_asked("health", "Billing series"), {"{}": 3050}),
    "billing series by collector": (
        _asked("health", "Billing series by collector"),
        {_COLLECTOR: 3000, '{organization="acme", collector="invoices"}': 50},
    ),
    "up": (
        _asked("health", "Collectors"),
        {_COLLECTOR: 0, '{organization="acme", collector="invoices"}': 1},
    ),
    "one reason": (
        f"count by (organization, collector) ({_asked('health', 'Collectors', 1)})",
        {_COLLECTOR: 1, '{organization="acme", collector="invoices"}': 1},
    ),
    "age": (_asked("health", "Age of the readings"), {_COLLECTOR: 46_400}),
    "duration": (_asked("health", "Duration of polls"), {_COLLECTOR: 30}),
    "budget used": (_asked("health", "API budget used"), {"{}": 0.9}),
    "budget": (
        _asked("health", "API budget used, over time"),
        {
            f'{{job="billing", instance="{index}:10059", organization="acme"}}': share
            for index, share in enumerate((0.1, 0.9, 0.2))
        },
    ),
    "oldest data": (_asked("overview", "Oldest data"), {"{}": 46_400}),
}


def _promtool(folder: Path, cases: list[Json]) -> None:
    test = {
        "rule_files": [str(path) for path in RULES if path.stem == "thresholds"],
        "evaluation_interval": _NOW,
        "tests": [{"interval": "1h", "input_series": _series(), "promql_expr_test": cases}],
    }
    path = folder / "shards.yml"
    path.write_text(yaml.safe_dump(test), encoding="utf-8")
    done = promtool("promtool-3", "test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", _ANSWERS)
def test_three_shards(name: str, tmp_path: Path) -> None:
    """A state and an age are the worst of all shards, a count is their sum, a budget each one's."""
    _promtool(tmp_path, [_case(*_ANSWERS[name])])
