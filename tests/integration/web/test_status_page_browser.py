"""The status page in a real browser."""

from collections.abc import Iterator
from gzip import compress
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from billing_exporter.httpd.server import WebServer
from billing_exporter.web.routes import Routes
from billing_exporter.web.status_page import Status
from tests.unit.web.statuses import BUSY, collector, status
from tools.testkit.components import require

Scheme = Literal["light", "dark"]

ARGUMENTS = [
    "--no-sandbox",  # containers have none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CONTRASTS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const luminance = (color) => {
    canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => {
      const c = byte / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backdrop = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return color === 'rgba(0, 0, 0, 0)' ? backdrop(element.parentElement) : color;
  };
  return ['h1', 'p', 'nav a', '.summary li', 'th', '.state', 'small', 'footer p'].flatMap((name) =>
    [...document.querySelectorAll(name)].map((element) => {
      const [a, b] = [getComputedStyle(element).color, backdrop(element)].map(luminance);
      return [name, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
    }));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the browser once."""
    path = require("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def world() -> list[Status]:
    """Return a place for the status to show."""
    return [BUSY]


@pytest.fixture
def server(world: list[Status]) -> Iterator[WebServer]:
    """Serve the page."""
    site = Routes(
        scrape=lambda _, gzip: [compress(b"x 1\n") if gzip else b"x 1\n"],
        status=lambda: world[-1],
    )
    server = WebServer("127.0.0.1:0", site)
    server.start()
    yield server
    server.stop()


def open_page(
    browser: Browser, server: WebServer, scheme: Scheme = "light", width: int = 1280
) -> Page:
    """Open the status page, and fail where the browser complains."""
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(server.url)
    assert complaints == []
    return page


@pytest.mark.parametrize("width", [320, 390, 768, 929, 1280, 1920])
def test_it_fits(browser: Browser, server: WebServer, world: list[Status], width: int) -> None:
    """At every width, nothing is wider than the window, also not one long word."""
    world.append(status(*BUSY.collectors, collector("w" * 200, state="failing", reason="r" * 300)))
    page = open_page(browser, server, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(
        "[...document.querySelectorAll('td div')].every(e => e.scrollWidth <= e.clientWidth)"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_can_be_read(browser: Browser, server: WebServer, scheme: Scheme, width: int) -> None:
    """Text stands out from its background by 4.5 to 1 at least, in light and dark."""
    page = open_page(browser, server, scheme, width)
    contrasts = page.evaluate(CONTRASTS)
    assert {name for name, _ in contrasts} >= {"h1", ".state", "small"}
    assert [pair for pair in contrasts if pair[1] < 4.5] == []


def test_dark_is_dark(browser: Browser, server: WebServer) -> None:
    """The page follows the reader's color scheme."""
    colors = {
        open_page(browser, server, scheme).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert len(colors) == 2


def test_hostile_names_do_nothing(browser: Browser, server: WebServer, world: list[Status]) -> None:
    """Names with markup are shown as they are, and nothing in them runs."""
    name = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    world.append(status(collector(name)))
    page = open_page(browser, server)
    assert page.title() == "Genesys Cloud Billing Exporter"
    assert page.locator("td").first.inner_text() == name


def test_the_links_lead_somewhere(browser: Browser, server: WebServer) -> None:
    """Every link on the page has an answer."""
    page = open_page(browser, server)
    links = page.eval_on_selector_all("a", "links => links.map(link => link.href)")
    assert len(links) == 3
    assert [page.request.get(link).status for link in links] == [200, 200, 200]
