"""A long first sweep: customers are shown as they are read, and a kill loses seconds of it."""

import json
from pathlib import Path

from tools.testkit.components import require
from tools.testkit.processes import environment, serving, simulating, wait_until
from tools.testkit.prometheus_server import running_prometheus
from tools.testkit.scrapes import Scrape, fetch

CUSTOMERS = 900
# The sweep takes more than three minutes at the API's limit; the first customer is there within 15
# seconds. Seconds depend on the machine, so the requests are counted that are sent in that time.
LIMIT = 300  # requests a minute
BURST = 40  # leave at once
FIRST_REQUESTS = BURST + LIMIT * 15 / 60
CUSTOMER = "genesyscloud_billing_trustor_info"
REQUESTS = "sum(genesyscloud_billing_api_requests_total)"


def read_customers(scrape: Scrape) -> set[str]:
    """Return the customers that have numbers."""
    return {row.labels["trustor_id"] for row in scrape.rows("trustor_info")}


def test_a_first_sweep_is_seen_from_its_beginning(tmp_path: Path) -> None:
    """At 300 requests a minute a Prometheus that scrapes each second sees the first of 900
    customers within the requests of 15 seconds, what is still to come is counted, and after kill
    -9 the first scrape shows what was saved.
    """
    folder, targets = tmp_path / "state", tmp_path / "targets.json"
    targets.write_text("[]")
    found = {"files": [str(targets)], "refresh_interval": "1s"}
    job = {"job_name": "exporter-found", "file_sd_configs": [found]}
    state = ("--state.dir", str(folder))
    with simulating("--trustors", str(CUSTOMERS), "--rate-limit", str(LIMIT)) as simulator:
        with (
            running_prometheus(require("prometheus-3"), jobs=[job]) as prometheus,
            serving(environment(simulator), *state) as exporter,
        ):
            targets.write_text(json.dumps([{"targets": [exporter.url.removeprefix("http://")]}]))
            assert fetch(f"{exporter.url}/-/ready").status == 200
            (first,) = prometheus.wait_for(f"min(min_over_time(timestamp({CUSTOMER})[5m:1s]))")
            (asked,) = prometheus.query(REQUESTS, time=first["value"][1])
            assert 0 < float(asked["value"][1]) < FIRST_REQUESTS
            scrape = Scrape.of(exporter.url)
            assert scrape.value("waiting", collector="trustors") == 1
            unread = scrape.value("trustors_without_reading") or 0
            assert 0 < unread < CUSTOMERS
            assert (scrape.value("sweep_remaining", collector="trustors") or 0) > 0
            # The first save may be of the listing alone, what is in the log was read since.
            wait_until(lambda: list(folder.glob("*-trustors.changes")))
            exporter.process.kill()
            exporter.process.wait()
        with serving(environment(simulator), *state) as exporter:
            scrape = Scrape.of(exporter.url)
            assert read_customers(scrape)
            assert scrape.value("restored", collector="trustors") == 1
            assert scrape.value("last_success_timestamp_seconds", collector="trustors") is None
