"""A long first sweep: customers are shown as they are read, and a kill loses seconds of it."""

import time
from pathlib import Path

from tools.testkit.processes import environment, serving, simulating, wait_until
from tools.testkit.scrapes import Scrape, fetch

CUSTOMERS = 900
# The sweep takes more than three minutes at the API's limit; the first customer is soon there.
FIRST_SECONDS = 15.0


def read_customers(scrape: Scrape) -> set[str]:
    """Return the customers that have numbers."""
    return {row.labels["trustor_id"] for row in scrape.rows("trustor_info")}


def has_saved_customers(folder: Path) -> bool:
    """Return True if the state of the sweep has numbers of a customer."""
    return any(b'"numbers":{"' in file.read_bytes() for file in folder.glob("*-trustors.reading"))


def test_a_first_sweep_is_seen_from_its_beginning(tmp_path: Path) -> None:
    """At 300 requests a minute the first of 900 customers is shown within seconds of the start,
    what is still to come is counted, and after kill -9 the first scrape shows what was saved.
    """
    state = ("--state.dir", str(tmp_path / "state"))
    with simulating("--trustors", str(CUSTOMERS), "--rate-limit", "300") as simulator:
        with serving(environment(simulator), *state) as exporter:
            assert fetch(f"{exporter.url}/-/ready").status == 200
            start = time.monotonic()
            wait_until(lambda: read_customers(Scrape.of(exporter.url)))
            assert time.monotonic() - start < FIRST_SECONDS
            scrape = Scrape.of(exporter.url)
            assert scrape.value("waiting", collector="trustors") == 1
            unread = scrape.value("trustors_without_reading") or 0
            assert 0 < unread < CUSTOMERS
            assert (scrape.value("sweep_remaining", collector="trustors") or 0) > 0
            wait_until(lambda: has_saved_customers(tmp_path / "state"))
            exporter.process.kill()
            exporter.process.wait()
        with serving(environment(simulator), *state) as exporter:
            scrape = Scrape.of(exporter.url)
            assert read_customers(scrape)
            assert scrape.value("restored", collector="trustors") == 1
            assert scrape.value("last_success_timestamp_seconds", collector="trustors") is None
