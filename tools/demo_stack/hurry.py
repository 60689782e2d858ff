"""Rules for a clock that runs faster: what takes days in operation shows within minutes.

Only durations change (``for``, ``offset``, ranges): the numbers that decide are those of operation.
"""

import re
from typing import Any

import yaml

from billing_exporter.collectors.durations import Duration

# A range must hold a few scrapes, whatever the clock.
SHORTEST_RANGE_SECONDS = 15
_DURATION = r"(?:[0-9]+(?:ms|[smhdwy]))+"
_IN_EXPRESSION = re.compile(
    rf"(?P<offset>offset\s+)?(?P<time>(?<![\w.]){_DURATION})(?=\s*[\]:)]|\s|$)"
)
_WAITS = ("for", "keep_firing_for")


def hurried(rules: str, scale: float, shortest_wait: float = 1) -> str:
    """Return a file of rules whose durations are ``scale`` times shorter.

    Args:
        rules: the YAML of a rule file.
        scale: how much faster the clock runs, at least 1.
        shortest_wait: seconds that an alert which waits at all waits at least.
    """
    content = yaml.safe_load(rules)
    for group in content["groups"]:
        group["rules"] = [_hurried_rule(rule, scale, shortest_wait) for rule in group["rules"]]
        if "interval" in group:
            group["interval"] = _shorter(group["interval"], scale)
    return yaml.safe_dump(content, sort_keys=False, width=1000)


def _hurried_rule(rule: dict[str, Any], scale: float, shortest_wait: float) -> dict[str, Any]:
    waits = {
        key: _shorter(rule[key], scale, at_least=shortest_wait) for key in _WAITS if key in rule
    }
    return {**rule, **waits, "expr": hurried_expression(rule["expr"], scale)}


def hurried_expression(expression: str, scale: float) -> str:
    """Return a PromQL expression with shorter offsets and ranges."""

    def shorter(match: re.Match[str]) -> str:
        if match["offset"]:
            return match["offset"] + _shorter(match["time"], scale)
        return _shorter(match["time"], scale, at_least=SHORTEST_RANGE_SECONDS)

    return _IN_EXPRESSION.sub(shorter, expression)


def _shorter(duration: str, scale: float, *, at_least: float = 1) -> str:
    return f"{max(at_least, round(Duration(duration).seconds / scale))}s"
