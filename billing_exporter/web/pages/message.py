"""Page that shows what is wrong with an address."""

from html import escape

from billing_exporter.web.pages import frame


def render(text: str, telemetry_path: str) -> str:
    """Return the page."""
    body = f'<h1>Not shown</h1>\n<p class="empty"><bdi>{escape(text)}</bdi></p>'
    return frame.page(
        "Not shown", body, telemetry_path=telemetry_path, json_path="api/v1/openapi.json"
    )
