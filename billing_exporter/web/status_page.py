"""Status page at ``/``: frozen records in, escaped HTML out.

The page needs no script and no other file. Its policy allows nothing but its own style, so
that text from elsewhere, such as an organization's name, can do no harm even unescaped.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Literal

from billing_exporter.web import humanize

State = Literal["waiting", "ok", "failing"]
Say = Callable[[datetime, datetime], str]

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_FORBIDDEN = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_REFRESH_SECONDS = 30
_ATTENTION_FIRST: tuple[State, ...] = ("failing", "waiting", "ok")
_COLUMNS = ("Organization", "Collector", "State", "Last success", "Next poll", "Took", "Series")

PAGE_HEADERS = (
    (
        "Content-Security-Policy",
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; {_FORBIDDEN}",
    ),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
)
"""The headers to send with the page."""


@dataclass(frozen=True)
class CollectorStatus:
    """How one collector of one organization fares. Moments are aware datetimes."""

    organization: str
    collector: str
    state: State
    reason: str
    """Why it fails or waits; empty where there is nothing to say."""
    last_success: datetime | None
    last_attempt: datetime | None
    next_poll: datetime | None
    duration_seconds: float | None
    """How long the last attempt took."""
    series: int
    """How many series its latest reading exposes."""


@dataclass(frozen=True)
class Status:
    """What the page shows. Moments are aware datetimes."""

    version: str
    started: datetime
    now: datetime
    collectors: tuple[CollectorStatus, ...]
    telemetry_path: str
    base: str = ""
    """The path that links begin with, such as that of a reverse proxy."""


def render_page(status: Status) -> str:
    """Return the status page as HTML; collectors that need attention come first."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="{_REFRESH_SECONDS}">
<title>Genesys Cloud Billing Exporter</title>
<style>{_STYLE}</style>
</head>
<body>
{_header(status)}
<main>
{_summary(status.collectors)}
{_table(status)}
</main>
{_footer(status)}
</body>
</html>
"""


def _header(status: Status) -> str:
    """Return what this is and where to go."""
    # Relative where no prefix is known, so that links work behind a proxy that strips one.
    base, metrics = escape(status.base or "."), escape(status.telemetry_path)
    return f"""<header>
<h1>Genesys Cloud Billing Exporter</h1>
<p>Usage, invoices, contracts and customers from the Genesys Cloud Billing API, as Prometheus
metrics. Each collector polls on its own schedule; a scrape reads the latest result and never
waits for the API.</p>
<nav aria-label="Pages">
<a class="first" href="{base}{metrics}">Metrics <code>{metrics}</code></a>
<a href="{base}/-/ready">Readiness</a>
<a href="{base}/-/healthy">Health</a>
</nav>
</header>"""


def _summary(collectors: Iterable[CollectorStatus]) -> str:
    """Return the number of collectors in each state that occurs."""
    states = Counter(collector.state for collector in collectors)
    items = (
        f'<li class="{state}"><strong>{states[state]:,}</strong> {state}</li>'
        for state in _ATTENTION_FIRST
        if states[state]
    )
    return f'<ul class="summary" aria-label="Collectors by state">{"".join(items)}</ul>'


def _table(status: Status) -> str:
    """Return a row for every collector, or that there is none."""
    if not status.collectors:
        return '<p class="empty">No collector is configured.</p>'
    heads = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    ranked = sorted(status.collectors, key=lambda c: _ATTENTION_FIRST.index(c.state))
    rows = "\n".join(_row(collector, status.now) for collector in ranked)
    return f"""<table>
<caption>Collectors</caption>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>"""


def _row(collector: CollectorStatus, now: datetime) -> str:
    """Return the row of one collector; each cell carries its column's name for narrow screens."""
    took = collector.duration_seconds
    cells = (
        escape(collector.organization),
        escape(collector.collector),
        _state(collector, now),
        _moment(collector.last_success, humanize.since, now, "never"),
        _moment(collector.next_poll, humanize.until, now, "not planned"),
        _faint("unknown") if took is None else humanize.duration(took),
        f"{collector.series:,}",
    )
    named = zip(_COLUMNS, cells, strict=True)
    tds = "".join(f'<td data-column="{name}"><div>{cell}</div></td>' for name, cell in named)
    return f'<tr class="{collector.state}">{tds}</tr>'


def _state(collector: CollectorStatus, now: datetime) -> str:
    """Return the state, and what is known about it."""
    badge = f'<span class="state {collector.state}">{collector.state}</span>'
    reason = f'<span class="reason">{escape(collector.reason)}</span>' if collector.reason else ""
    if collector.state != "failing" or collector.last_attempt is None:
        return f"{badge} {reason}"
    return f"{badge} {reason} {_faint('tried ' + humanize.since(collector.last_attempt, now))}"


def _moment(moment: datetime | None, say: Say, now: datetime, unknown: str) -> str:
    """Return a moment as it is said relative to now, and in UTC."""
    if moment is None:
        return _faint(unknown)
    exact = _faint(humanize.utc(moment))
    return f'<time datetime="{moment.isoformat()}">{say(moment, now)} {exact}</time>'


def _faint(text: str) -> str:
    """Return text that is second to what stands beside it."""
    return f"<small>{escape(text)}</small>"


def _footer(status: Status) -> str:
    """Return what is known about the process, and where the metrics are explained."""
    series = sum(collector.series for collector in status.collectors)
    return f"""<footer>
<p>Version {escape(status.version)}, running for {humanize.span(_age(status))}, {series:,} series.
As of {humanize.utc(status.now)}; the page renews itself every {_REFRESH_SECONDS} seconds.</p>
<p><code>billing-exporter metrics</code> explains every metric,
<code>billing-exporter schema</code> every setting.</p>
</footer>"""


def _age(status: Status) -> float:
    """Return for how many seconds the process has run."""
    return (status.now - status.started).total_seconds()
