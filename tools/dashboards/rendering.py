"""Dashboards as the text of their files."""

import json
from collections.abc import Mapping
from typing import Any

from tools.dashboards import contracts, customers, forecast, health, invoices, overview, truth
from tools.dashboards.sdk import JSONEncoder, dashboard

_PAGES = (overview, customers, forecast, invoices, contracts, truth, health)


def files() -> Mapping[str, str]:
    """Return the name and the text of each dashboard's file."""
    return {f"{page.PAGE.slug}.json": text_of(page.dashboard()) for page in _PAGES}


def text_of(board: dashboard.Dashboard) -> str:
    """Return a dashboard as JSON with a stable order of keys."""
    plain = json.loads(json.dumps(board, cls=JSONEncoder))
    return json.dumps(_in_sight(plain), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _in_sight(plain: dict[str, Any]) -> dict[str, Any]:
    """Take out the place of links and annotations.

    The library always writes the one place it knows, which hides them in a menu.
    """
    for each in (*plain["links"], *plain["annotations"]["list"]):
        del each["placement"]
    return plain
