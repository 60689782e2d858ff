"""A running exporter compares the bills of a simulated partner, and finds the wrong ones."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from billing_exporter.collectors.settings import every_collector
from billing_exporter.config import Organization, Secret, Settings
from billing_exporter.exporter import Exporter
from billing_exporter.simulator import Options, Simulator
from billing_exporter.web.negotiation import Format

START = datetime(2026, 11, 28, 12, tzinfo=UTC)
CHARGES = re.compile(r'reconciled_charges\{.*subject="(\w+)",period="(\w+)",state="(\w+)"\} (\d+)')
DIFFERENCE = re.compile(r'reconciliation_difference_amount\{organization=.*cause="(\w+)"\} (.+)')


@pytest.fixture(scope="module")
def cloud() -> Iterator[Simulator]:
    """The default world, whose time stands still."""
    options = Options(
        address="127.0.0.1:0", start=START, time_scale=0, rate_limit=0, in_progress=0, trustors=8
    )
    with Simulator(options) as simulator:
        yield simulator


def _scraped(cloud: Simulator, *faults: str) -> str:
    cloud.service.set_faults(list(faults))
    organization = Organization(
        name="acme",
        api_url=cloud.url,
        login_url=cloud.url,
        client_id="demo",
        client_secret=Secret("demo"),
        collectors=every_collector({}, contracts={"history": 4}, trustors={"history": 4}),
    )
    settings = Settings(organizations=(organization,))
    exporter = Exporter(settings, process_metrics=False, now=lambda: START)
    exporter.poll_once()
    text = b"".join(exporter.scrape(Format.TEXT, gzip=False)).decode()
    exporter.stop()
    return text


def _charges(text: str) -> dict[tuple[str, str], dict[str, int]]:
    found: dict[tuple[str, str], dict[str, int]] = {}
    for subject, period, state, count in CHARGES.findall(text):
        found.setdefault((subject, period), {})[state] = int(count)
    return found


def test_right_bills_agree(cloud: Simulator) -> None:
    """Of contracts and customers, in both spans, nine of ten charges match and none differs."""
    text = _scraped(cloud)
    charges = _charges(text)
    assert len(charges) == 4
    for states in charges.values():
        assert states["matched"] >= 0.9 * sum(states.values()) > 0
        assert states["difference"] == states["only_invoiced"] == states["only_used"] == 0
    assert DIFFERENCE.findall(text) == []
    assert "reconciliation_pending_amount" in text


@pytest.mark.parametrize(
    ("error", "cause"), [("quantity", "quantity"), ("price", "price"), ("twice", "quantity")]
)
def test_wrong_bills_are_found(cloud: Simulator, error: str, cause: str) -> None:
    """A wrong bill shows as a difference of its cause."""
    text = _scraped(cloud, f"wrong_bill:error={error},factor=1.5")
    causes = {cause for cause, amount in DIFFERENCE.findall(text) if float(amount)}
    assert cause in causes
    assert "only_used" not in causes
