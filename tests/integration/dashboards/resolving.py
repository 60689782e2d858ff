"""Expressions as Grafana sends them: with the values of variables in their place."""

import re
from collections.abc import Mapping, Sequence

# What Grafana puts in for a range of a minute and a scrape interval of a second.
_BUILT_IN = {"__rate_interval": "15s", "__range": "60s", "__interval": "1s"}
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)|\$\{(\w+)(?::\w+)?\}")
ALL = ".*"
_OF_REGEX = re.compile(r"[$^*{}\[\]+?.()|]")


def resolved(expression: str, chosen: Mapping[str, str]) -> str:
    """Return an expression with every variable replaced.

    Args:
        expression: PromQL with Grafana's variables.
        chosen: variable -> the regular expression of what is chosen.

    Raises:
        KeyError: the expression names a variable that there is not.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return _BUILT_IN.get(name) or chosen[name]

    return _VARIABLE.sub(value, expression)


def several(values: Sequence[str]) -> str:
    """Return what Grafana puts in where these values are chosen, not all.

    It is a regular expression within a string of PromQL, so a backslash stands doubled.
    """
    escaped = [_OF_REGEX.sub(r"\\\\\g<0>", value.replace("\\", "\\" * 4)) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def label_values(query: str) -> tuple[str, str]:
    """Split a variable's ``label_values(series, label)`` into series and label."""
    found = re.fullmatch(r"label_values\((.*), (\w+)\)", query)
    assert found, f"not a query that is understood: {query}"
    return found[1], found[2]
