"""The dashboards as the chart holds them: named tokens stand for what values decide.

``"@threshold.NAME@"`` stands for a threshold of the alerts. Where the dashboard has a bare number
the token is a JSON string, so that every file of the chart is valid JSON. ``@suffix@`` ends each
identity that Grafana knows (uid, tag) and ``@title@`` each title.
"""

import re

from tools.alert_rules import thresholds
from tools.dashboards.pages import FAMILY, TAG
from tools.dashboards.rendering import files as dashboard_files
from tools.dashboards.thresholds import instead

SUFFIX, TITLE = "@suffix@", "@title@"
_FIRST = 700001  # numbers from here on stand for thresholds; no dashboard holds one
_IDENTITY = re.compile(rf'(?<=["/]){TAG}(?:-[a-z]+)?(?=["?])')
_TITLE = re.compile(rf'(?<="){FAMILY} / [^"]+(?=")')


def token(name: str) -> str:
    """Return the token of a threshold."""
    return f"@threshold.{name}@"


def files() -> dict[str, str]:
    """Return name -> text of each dashboard with its tokens.

    Raises:
        ValueError: A dashboard holds a number that should stand for a threshold.
    """
    stands_for = {one.name: _FIRST + index for index, one in enumerate(thresholds())}
    plain = dashboard_files()
    with instead(stands_for):
        built = dashboard_files()
    for name, text in plain.items():
        _check(name, text, stands_for)
    return {name: _with_tokens(text, stands_for) for name, text in built.items()}


def _check(name: str, text: str, stands_for: dict[str, int]) -> None:
    for number in stands_for.values():
        if str(number) in text:
            raise ValueError(f"{name} holds {number}, which stands for a threshold")


def _with_tokens(text: str, stands_for: dict[str, int]) -> str:
    for name, number in stands_for.items():
        bare = re.compile(rf"(?<=: )(-?){number}(?=,?$)", re.MULTILINE)
        text = bare.sub(rf'"\1{token(name)}"', text)
        text = text.replace(str(number), token(name))
    text = _IDENTITY.sub(rf"\g<0>{SUFFIX}", text)
    return _TITLE.sub(rf"\g<0>{TITLE}", text)
