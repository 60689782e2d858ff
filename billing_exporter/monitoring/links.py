"""Links of alerts: the addresses that rules leave to who installs them."""

import re
from urllib.parse import urlsplit

_RUNBOOK = re.compile(r"^( *runbook_url: )(?=docs/)", re.MULTILINE)
_DASHBOARD = re.compile(r"^( *dashboard_url: )(?=d/)", re.MULTILINE)
# What could end a value of YAML, or begin something else in a template.
_UNFIT = re.compile(r"""[\s"'#{}\\]""")


def base_of(url: str) -> str:
    """Return an address without a slash at its end.

    Raises:
        ValueError: it is none that links could begin with.
    """
    expected = "expected a URL such as https://git.example.com/team/exporter"
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(expected) from None
    if parts.scheme not in {"http", "https"} or not parts.netloc or _UNFIT.search(url):
        raise ValueError(expected)
    return url.rstrip("/")


def with_links(text: str, *, runbooks: str = "", dashboards: str = "") -> str:
    """Return a file of rules whose links begin with some addresses; an empty one leaves them.

    >>> with_links("  runbook_url: docs/runbooks/A.md", runbooks="https://example.com/x")
    '  runbook_url: https://example.com/x/docs/runbooks/A.md'
    """
    for pattern, base in ((_RUNBOOK, runbooks), (_DASHBOARD, dashboards)):
        if base:
            text = pattern.sub(lambda found, base=base: f"{found[1]}{base}/", text)  # type: ignore[misc] # mypy infers no default
    return text
