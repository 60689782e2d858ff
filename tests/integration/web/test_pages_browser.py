"""The pages in a real browser: one browser and one server for all of them."""

from collections.abc import Iterator
from gzip import compress
from typing import Literal

import msgspec
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from billing_exporter.httpd.server import WebServer
from billing_exporter.web.routes import Routes
from tests.unit.web.exporters import (
    ACCOUNT,
    OVERVIEW,
    Shown,
    contracts,
    customer,
    listing,
    overage,
    routes,
)
from tools.testkit.components import require

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

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
  const names = ['h1', 'h2', 'h3', 'p', 'a', '.summary li', 'th', 'td', 'dt', 'dd', '.state',
    'small', '.unit', 'footer p', 'button', 'figcaption'];
  return names.flatMap((name) =>
    [...document.querySelectorAll(name)].map((element) => {
      const [a, b] = [getComputedStyle(element).color, backdrop(element)].map(luminance);
      return [name, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
    }));
}"""


TOO_WIDE = """[...document.querySelectorAll('td div, dd, li, h1, p, h3')]
  .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.slice(0, 60))"""
PATHS = ("/", "/customers", "/contracts", "/customer?organization=acme&id=id-Ahorn")
LONG = "w" * 200
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
replace = msgspec.structs.replace


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the browser once."""
    path = require("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[WebServer, Shown]]:
    """Serve the pages once; what they show can be set."""
    shown = Shown()
    site = Routes(
        scrape=lambda _, gzip: [compress(b"x 1\n") if gzip else b"x 1\n"], pages=routes(shown)
    )
    server = WebServer("127.0.0.1:0", site)
    server.start()
    yield server, shown
    server.stop()


@pytest.fixture
def server(running: tuple[WebServer, Shown]) -> WebServer:
    """The server, with pages of ordinary names."""
    server, shown = running
    show(shown, None)
    return server


def show(shown: Shown, name: str | None) -> None:
    """Show an ordinary exporter, or one where everything has a name."""
    known = Shown()
    if name is not None:
        failing = customer(name, "error", error=name, id="id-Ahorn")
        known.overview_ = replace(
            OVERVIEW,
            organizations=(name, "acme"),
            attention=(replace(OVERVIEW.attention[0], organization=name, text=name),),
            totals=(replace(OVERVIEW.totals[0], organization=name),),
            unpaid=(replace(OVERVIEW.unpaid[0], organization=name),),
            overages=(overage(name, name),),
            failing_customers=(failing,),
            collectors=(replace(OVERVIEW.collectors[0], organization=name, error=name),),
        )
        known.listed = listing(failing, customer(name), search=name)
        contract = replace(
            OVERVIEW.contracts[0], organization=name, contract=name, end_customer=name
        )
        known.contracts_listed = contracts(contract, OVERVIEW.contracts[0], search=name, pages=3)
        charge = replace(ACCOUNT.charges[0], charge=name, sku=name)
        known.account = replace(ACCOUNT, name=name, customer=failing, charges=(charge,))
    shown.overview_, shown.listed, shown.account = known.overview_, known.listed, known.account
    shown.contracts_listed = known.contracts_listed


def open_page(browser: Browser, server: WebServer, path: str) -> Page:
    """Open a page, and fail where the browser complains."""
    page = browser.new_page(viewport={"width": 1440, "height": 800})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{server.url}{path}")
    assert complaints == []
    return page


@pytest.mark.parametrize("name", [None, LONG])
def test_they_fit(browser: Browser, running: tuple[WebServer, Shown], name: str | None) -> None:
    """At every width nothing is wider than the window or its cell, also not one long word."""
    server, shown = running
    show(shown, name)
    for path in PATHS:
        page = open_page(browser, server, path)
        for width in (1440, 768, 390):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.evaluate(TOO_WIDE) == [], (path, width)
        page.close()


def test_they_can_be_read(browser: Browser, server: WebServer) -> None:
    """Text stands out from its background by 4.5 to 1 at least, in light and in dark."""
    seen, backgrounds = set(), set()
    for path in PATHS:
        page = open_page(browser, server, path)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            contrasts = page.evaluate(CONTRASTS)
            seen |= {name for name, _ in contrasts}
            assert [pair for pair in contrasts if pair[1] < 4.5] == [], (path, scheme)
            backgrounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.close()
    assert seen >= {"h1", ".state", "small", ".unit", "button", "figcaption"}
    assert len(backgrounds) == 2, "dark is dark"


def test_hostile_names_do_nothing(browser: Browser, running: tuple[WebServer, Shown]) -> None:
    """Names with markup are shown as they are, and nothing in them runs."""
    server, shown = running
    show(shown, HOSTILE)
    for path in PATHS:
        page = open_page(browser, server, path)
        assert page.title().endswith("Genesys Cloud Billing Exporter")
        assert HOSTILE in page.locator("body").inner_text()
        page.close()


def test_the_links_lead_somewhere(browser: Browser, server: WebServer) -> None:
    """Every link on every page has an answer."""
    links = set()
    for path in PATHS:
        page = open_page(browser, server, path)
        links |= set(page.eval_on_selector_all("a", "links => links.map(link => link.href)"))
    others = ("Birke", "Cedar", "C-7")
    known = {link for link in links if not any(other in link for other in others)}
    assert len(known) > 10
    assert {link: page.request.get(link).status for link in known} == dict.fromkeys(known, 200)


def test_a_search(browser: Browser, running: tuple[WebServer, Shown]) -> None:
    """Who types a name and presses Enter gets the list of customers with it."""
    server, shown = running
    show(shown, None)
    page = open_page(browser, server, "/")
    page.fill("#search", "Küsten & Co")
    page.press("#search", "Enter")
    page.wait_for_url("**/customers?*")
    assert shown.asked is not None
    assert shown.asked.search == "Küsten & Co"
