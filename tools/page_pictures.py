"""Takes the pictures of the exporter's own pages for the README.

``python -m tools.page_pictures`` needs Chromium. It runs the demo, waits until closed periods are
read, and takes the overview and the customer with the largest overage.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, sync_playwright

from tools.paths import ROOT
from tools.testkit.components import find
from tools.testkit.processes import starting, wait_until
from tools.testkit.scrapes import fetch

_IMAGES = ROOT / "docs" / "images"
_WIDTH = 1366  # pixels of a laptop
_HEIGHTS = {"status-page": 1600, "customer-page": 1020}  # all of a page would be too tall
_MOST_BYTES = 300_000
_PATIENCE_SECONDS = 120


def main() -> int:
    """Take the pictures; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.page_pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=_IMAGES, help="where the pictures go")
    folder = parser.parse_args().folder
    chromium = find("chromium")
    flags = ("--web.listen-address", "127.0.0.1:0")
    with (
        starting("demo", *flags, listening=r"Overview +(http://\S+)/") as demo,
        sync_playwright() as playwright,
    ):
        wait_until(lambda: _is_read(demo.url), _PATIENCE_SECONDS)
        browser = playwright.chromium.launch(
            executable_path=str(chromium) if chromium else None,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        sizes = [
            _take(browser, demo.url + path, folder / f"{name}.png", _HEIGHTS[name])
            for name, path in (("status-page", "/"), ("customer-page", _customer(demo.url)))
        ]
        browser.close()
    return 1 if max(sizes) > _MOST_BYTES else 0


def _get(url: str, path: str) -> Any:
    return json.loads(fetch(f"{url}/api/v1/{path}").text)


def _is_read(url: str) -> bool:
    """Return whether the first polls have ended and the history of a customer is read."""
    collectors = _get(url, "overview")["collectors"]
    if any(one["state"] == "waiting" for one in collectors):
        return False
    return bool(_get(url, _customer(url).removeprefix("/"))["history"])


def _customer(url: str) -> str:
    """Return the address of the customer with the largest overage."""
    first = _get(url, "customers?sort=overage&size=1")["customers"][0]
    query = urlencode({"organization": first["organization"], "id": first["id"]})
    return f"/customer?{query}"


def _take(browser: Browser, address: str, picture: Path, height: int) -> int:
    """Take one picture; return its size in bytes."""
    page = browser.new_page(viewport={"width": _WIDTH, "height": height})
    page.goto(address)
    page.screenshot(path=picture)
    page.close()
    size = picture.stat().st_size
    sys.stdout.write(f"{picture} {size} bytes\n")
    return size


if __name__ == "__main__":
    sys.exit(main())
