"""The status page as text; how it looks is the business of the test in a browser."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.web.status_page import PAGE_HEADERS, render_page
from tests.unit.web.statuses import BUSY, collector, status


class Page(HTMLParser):
    """What a browser would make of the page: its elements, and the text of its cells."""

    def __init__(self, html: str) -> None:
        """Read the page."""
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        """Add text to the latest cell."""
        if self.cells:
            self.cells[-1] += data


def test_who_needs_attention_comes_first() -> None:
    """Failing collectors come first, then those that wait, then the rest as they were given."""
    cells = Page(render_page(BUSY)).cells
    assert cells[1::7] == ["contracts", "trustors", "usage", "invoices"]


def test_a_row_tells_all() -> None:
    """A row has state and reason, the ages in words and in UTC, and the sizes."""
    cells = Page(render_page(BUSY)).cells[:7]
    assert [" ".join(cell.split()) for cell in cells[:6]] == [
        "acme",
        "contracts",
        "failing forbidden tried 1 minute ago",
        "1 day ago 2026-02-28 11:00:30 UTC",
        "in 5 hours 2026-03-01 17:00:30 UTC",
        "420 ms",
    ]


def test_what_never_was_is_said() -> None:
    """A collector before its first poll shows no time that was not."""
    page = Page(render_page(status(collector(state="waiting", last_success=None))))
    assert page.cells[2:4] == ["waiting ", "never"]
    assert page.cells[5] == "unknown"


def test_no_collector() -> None:
    """Without collectors, the page says so."""
    assert "No collector is configured." in render_page(status())


@given(st.text(), st.text())
def test_foreign_text_stays_text(organization: str, reason: str) -> None:
    """Whatever an organization is called, the page has the same elements, and shows the name."""
    plain = Page(render_page(status(collector(reason="x", state="failing"))))
    hostile = Page(
        render_page(status(collector(organization, reason=f"x{reason}", state="failing")))
    )
    assert hostile.tags == plain.tags
    assert hostile.cells[0] == organization


def test_the_telemetry_path_is_escaped() -> None:
    """A path with quotes cannot leave its attribute."""
    page = render_page(status(telemetry_path='/"><script>'))
    assert "<script" not in page


def test_the_policy_allows_the_style_and_nothing_else() -> None:
    """The style on the page is the one that the policy names; nothing else is loaded or run."""
    page = render_page(BUSY)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = b64encode(sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in dict(PAGE_HEADERS)["Content-Security-Policy"]
    assert not re.search(r"<script|<link|<img|\bstyle=|\bsrc=|url\(|@import", page)
