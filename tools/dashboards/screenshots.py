"""Draws the dashboards with Grafana's components and takes their pictures for the README.

``python -m tools.dashboards.screenshots`` needs npm, Chromium, Prometheus and promtool. It lets
months of the demo's world pass in minutes, serves the viewer, and fails when a panel is empty or
in error. A picture shows what the queries, units and sizes come to; Grafana itself adds its own
frame, and may draw details otherwise.
"""

import argparse
import functools
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, sync_playwright

from tools.dashboards.demo_months import Past, Programs, watched
from tools.dashboards.pages import PAGES
from tools.paths import ROOT
from tools.testkit.components import find

_VIEWER = Path(__file__).parent / "viewer"
_BUILT = _VIEWER / "dist" / "index.html"
_IMAGES = ROOT / "docs" / "images"
_LAPTOP_WIDTH = 1366  # pixels
_SHOWN_HEIGHT = 1400  # pixels of each dashboard; all of it would be too tall for a page
_NOTE = "Data: months of the demo's world."
_MOST_BYTES = 300_000
_PATIENCE_MILLISECONDS = 60_000
_DARK = "overview"


def main() -> int:
    """Take all pictures and say what is wrong; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.dashboards.screenshots", description=__doc__
    )
    parser.add_argument("--days", type=int, default=100, help="how much of the demo's past to show")
    parser.add_argument("--prometheus", help="URL of one that has watched a demo already")
    parser.add_argument("--only", choices=[page.slug for page in PAGES], help="one dashboard")
    parser.add_argument("--whole", action="store_true", help="all of each, in both themes")
    parser.add_argument("--folder", type=Path, default=_IMAGES, help="where the pictures go")
    options = parser.parse_args()
    _build_viewer()
    options.folder.mkdir(parents=True, exist_ok=True)
    slugs = [options.only] if options.only else [page.slug for page in PAGES]
    with _watching(options.prometheus, options.days) as prometheus:
        shown = None if options.whole else _SHOWN_HEIGHT
        problems = _take_all(prometheus, slugs, options.folder, shown)
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if problems else 0


def _build_viewer() -> None:
    """Install the viewer's packages where they are not, and build it where its source changed."""
    if not (_VIEWER / "node_modules").is_dir():
        flags = ("--ignore-scripts", "--legacy-peer-deps", "--no-package-lock", "--no-audit")
        _run("npm", "install", *flags)
    newest = max(path.stat().st_mtime for path in (_VIEWER / "src").iterdir())
    if _BUILT.is_file() and _BUILT.stat().st_mtime > newest:
        return
    _run("npm", "run", "build", "--silent", "--", "--logLevel", "error")


def _run(*command: str) -> None:
    subprocess.run(command, cwd=_VIEWER, check=True)


@contextmanager
def _watching(prometheus: str | None, days: int) -> Iterator[str]:
    """Give the URL of a Prometheus that has watched the demo for some days."""
    if prometheus:
        yield prometheus
        return
    server, promtool = find("prometheus-3"), find("promtool-3")
    if server is None or promtool is None:
        raise SystemExit(
            "missing: python -m tools.testkit.components fetch prometheus-3 promtool-3"
        )
    with watched(Programs(server, promtool), Past(days=days)) as watching:
        yield watching.url


def _take_all(prometheus: str, slugs: Sequence[str], folder: Path, shown: int | None) -> list[str]:
    """Take a picture of each dashboard, and of some or all in the dark; list what is wrong."""
    wanted = [(slug, "light") for slug in slugs]
    wanted += [(slug, "dark") for slug in slugs if shown is None or slug == _DARK]
    chromium = find("chromium")
    with _serving(ROOT) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(chromium) if chromium else None,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        problems: list[str] = []
        for slug, theme in wanted:
            parameters = {
                "dashboard": slug,
                "theme": theme,
                "prometheus": prometheus,
                "note": _NOTE,
            }
            name = f"dashboard-{slug}{'' if theme == 'light' else f'-{theme}'}.png"
            address = f"{url}/{_BUILT.relative_to(ROOT)}?{urlencode(parameters)}"
            problems += [
                f"{name}: {text}" for text in _take(browser, address, folder / name, shown)
            ]
        browser.close()
    return problems


def _take(browser: Browser, address: str, picture: Path, shown: int | None) -> Sequence[str]:
    """Take one picture, of that height; list the panels that are empty or in error."""
    page = browser.new_page(viewport={"width": _LAPTOP_WIDTH, "height": 900})
    page.goto(address)
    page.wait_for_function(
        "window.drawn.done >= window.drawn.expected", timeout=_PATIENCE_MILLISECONDS
    )
    # Tables draw only the rows in sight.
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": _LAPTOP_WIDTH, "height": height})
    page.wait_for_timeout(1500)  # the drawing itself goes on after the last answer
    page.set_viewport_size({"width": _LAPTOP_WIDTH, "height": min(height, shown or height)})
    page.screenshot(path=picture)
    found = page.evaluate("Object.entries(window.drawn.problems).map(([k, v]) => `${k}: ${v}`)")
    page.close()
    size = picture.stat().st_size
    large = [f"{size} bytes, more than {_MOST_BYTES}"] if shown and size > _MOST_BYTES else []
    sys.stdout.write(f"{picture} {size} bytes\n")
    return [*map(str, found), *large]


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Return nothing."""


if __name__ == "__main__":
    sys.exit(main())
