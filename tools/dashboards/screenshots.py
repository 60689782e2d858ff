"""Draws the dashboards with Grafana's components and takes their pictures for the README.

``python -m tools.dashboards.screenshots`` needs npm, Chromium and Prometheus. It runs the demo
with a fast clock under a Prometheus that holds the recording rules, serves the viewer, and fails
when a panel is empty or in error. A picture shows what the queries, units and sizes come to;
Grafana itself adds its own frame, and may draw details otherwise.
"""

import argparse
import functools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, sync_playwright

from tools.dashboards.pages import PAGES
from tools.paths import ROOT, RULES
from tools.testkit.components import find
from tools.testkit.processes import starting
from tools.testkit.prometheus_server import running_prometheus

_HERE = Path(__file__).parent
_VIEWER = _HERE / "viewer"
_IMAGES = ROOT / "docs" / "images"
_RULES = sorted(RULES.glob("*.yml"))
_LAPTOP_WIDTH = 1366  # pixels
_SHOWN_HEIGHT = 1400  # pixels of each dashboard; all of it would be too tall for a page
_DAYS_PER_MINUTE = 12
_NOTE = f"The demo's clock makes {_DAYS_PER_MINUTE} days pass in a minute."
_MOST_BYTES = 300_000
_PATIENCE_MILLISECONDS = 60_000
_DARK = "overview"


def main() -> int:
    """Take all pictures and say what is wrong; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.dashboards.screenshots", description=__doc__
    )
    parser.add_argument("--minutes", type=float, default=4, help="how long to watch the demo first")
    parser.add_argument("--prometheus", help="URL of one that has watched a demo already")
    parser.add_argument("--whole", action="store_true", help="all of each, in both themes")
    parser.add_argument("--folder", type=Path, default=_IMAGES, help="where the pictures go")
    options = parser.parse_args()
    _build_viewer()
    options.folder.mkdir(parents=True, exist_ok=True)
    with _watching(options.prometheus, options.minutes) as prometheus:
        shown = None if options.whole else _SHOWN_HEIGHT
        problems = _take_all(prometheus, options.minutes, options.folder, shown)
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if problems else 0


def _build_viewer() -> None:
    """Install the viewer's packages where they are not, and build it."""
    if not (_VIEWER / "node_modules").is_dir():
        flags = ("--ignore-scripts", "--legacy-peer-deps", "--no-package-lock", "--no-audit")
        _run("npm", "install", *flags)
    _run("npm", "run", "build", "--silent", "--", "--logLevel", "error")


def _run(*command: str) -> None:
    subprocess.run(command, cwd=_VIEWER, check=True)


@contextmanager
def _watching(prometheus: str | None, minutes: float) -> Iterator[str]:
    """Give the URL of a Prometheus that has watched the demo for some minutes."""
    if prometheus:
        yield prometheus
        return
    program = find("prometheus-3")
    if program is None:
        raise SystemExit(
            "Prometheus is missing: python -m tools.testkit.components fetch prometheus-3"
        )
    scale = f"{_DAYS_PER_MINUTE * 1440}"
    flags = ("--web.listen-address", "127.0.0.1:0", "--time-scale", scale)
    with starting("demo", *flags, listening=r"Overview +(http://\S+)/") as demo:
        targets = [demo.url.removeprefix("http://")]
        with running_prometheus(program, targets=targets, rules=_RULES) as server:
            time.sleep(minutes * 60)
            yield server.url


def _take_all(prometheus: str, minutes: float, folder: Path, shown: int | None) -> list[str]:
    """Take a picture of each dashboard, and of some or all in the dark; list what is wrong."""
    slugs = [page.slug for page in PAGES]
    wanted = [(slug, "light") for slug in slugs]
    wanted += [(slug, "dark") for slug in slugs if shown is None or slug == _DARK]
    chromium = find("chromium")
    with _serving(_HERE) as url, sync_playwright() as playwright:
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
                "minutes": f"{minutes:g}",
                "note": _NOTE,
            }
            name = f"dashboard-{slug}{'' if theme == 'light' else f'-{theme}'}.png"
            address = f"{url}/viewer/dist/index.html?{urlencode(parameters)}"
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
