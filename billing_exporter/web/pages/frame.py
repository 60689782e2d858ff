"""Frame of every page: head, style, navigation, footer, and the headers that are sent with it."""

from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from html import escape
from pathlib import Path

from billing_exporter.web import humanize
from billing_exporter.web.pages.html import address

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_FORBIDDEN = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
REFRESH_SECONDS = 30
"""How soon the overview loads itself again."""

PAGE_HEADERS = (
    (
        "Content-Security-Policy",
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; {_FORBIDDEN}",
    ),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
)
"""The headers to send with a page."""

PRODUCT = "Genesys Cloud Billing Exporter"


def page(
    title: str,
    body: str,
    *,
    telemetry_path: str,
    json_path: str,
    json_query: str = "",
    footer: str = "",
    refresh: bool = False,
) -> str:
    """Return a whole page.

    Args:
        title: of the page, in words of our own.
        body: what it shows, as HTML.
        telemetry_path: of the metrics.
        json_path: where the same is as JSON, relative.
        json_query: of that address.
        footer: its last lines, as HTML.
        refresh: whether it loads itself again.
    """
    again = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">\n' if refresh else ""
    whole = title if title == PRODUCT else f"{title} - {PRODUCT}"
    # Relative, so that links work behind a proxy whatever prefix it adds or takes off.
    metrics = escape(f"./{telemetry_path.lstrip('/')}")
    twin = f"{escape(json_path)}{f'?{escape(json_query)}' if json_query else ''}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{again}<title>{escape(whole)}</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<p class="product"><a href="./">{PRODUCT}</a></p>
<nav aria-label="Pages">
<a href="./">Overview</a>
<a href="{address("customers")}">Customers</a>
<a href="{address("contracts")}">Contracts</a>
<a href="{metrics}">Metrics</a>
<a href="{twin}">JSON</a>
<a href="./-/ready">Readiness</a>
<a href="./-/healthy">Health</a>
</nav>
</header>
<main>
{body}
</main>
<footer>
{footer}
</footer>
</body>
</html>
"""


def as_of(now: datetime, note: str = "") -> str:
    """Return when the page was made."""
    return f"<p>As of {humanize.utc(now)}.{note} Amounts are estimates without tax.</p>"
