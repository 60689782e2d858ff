"""The program as a whole: simulator and exporter as processes, under a real Prometheus."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from billing_exporter.collectors.registry import CATALOGUE, REGISTRY
from tools.testkit.components import require
from tools.testkit.processes import Program, serving, simulating
from tools.testkit.prometheus_server import PrometheusServer, running_prometheus
from tools.testkit.scrapes import fetch, wait_until_polled
from tools.testkit.truth import Truth

_CONFIGURATION = """\
organizations:
  - name: demo
    api_url: {url}
    client_id: demo
    client_secret: demo
    collectors: {collectors}
"""
_COLLECTORS = {name: {"lookback": "10y"} if name == "invoices" else {} for name in REGISTRY}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Program]:
    """A simulated Genesys Cloud."""
    with simulating("--in-progress", "1", "--rate-limit", "0") as program:
        yield program


@pytest.fixture(scope="module")
def exporter(simulator: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """An exporter of it, not yet ready."""
    file = tmp_path_factory.mktemp("configuration") / "exporter.yml"
    file.write_text(_CONFIGURATION.format(url=simulator.url, collectors=json.dumps(_COLLECTORS)))
    with serving(None, "--config.file", str(file)) as program:
        yield program


@pytest.fixture(scope="module", params=["prometheus-2", "prometheus-3"])
def prometheus(request: pytest.FixtureRequest, exporter: Program) -> Iterator[PrometheusServer]:
    """A Prometheus that has scraped the exporter since all its first polls succeeded."""
    address = exporter.url.removeprefix("http://")
    with running_prometheus(require(request.param), targets=[address]) as server:
        wait_until_polled(exporter.url)
        server.wait_for(
            "sum(genesyscloud_billing_up)",
            lambda rows: rows and rows[0]["value"][1] == f"{len(REGISTRY)}",
        )
        yield server


@pytest.fixture(scope="module")
def truth(simulator: Program, exporter: Program) -> Iterator[Truth]:
    """What the simulator's API says."""
    began = datetime.now(UTC).date()
    wait_until_polled(exporter.url)
    truth = Truth(simulator.url)
    if truth.today != began:
        pytest.skip("midnight passed: the exporter and the test see different days")
    yield truth
    truth.close()


def found(server: PrometheusServer, query: str, *labels: str) -> dict[tuple[str, ...], float]:
    """Return what Prometheus knows by some labels."""
    return {
        tuple(row["metric"][label] for label in labels): float(row["value"][1])
        for row in server.query(query)
    }


def test_unpaid_amounts(prometheus: PrometheusServer, truth: Truth) -> None:
    """Prometheus has, by currency, the sum of all unpaid invoices."""
    query = "sum by (currency) (genesyscloud_billing_unpaid_amount)"
    expected = {(currency,): float(amount) for currency, amount in truth.unpaid().items()}
    assert len(expected) > 1
    assert found(prometheus, query, "currency") == pytest.approx(expected)


def test_invoice_counts(prometheus: PrometheusServer, truth: Truth) -> None:
    """Prometheus has the number of invoices by currency and payment status."""
    counts = found(prometheus, "genesyscloud_billing_invoices", "currency", "payment_status")
    assert counts == truth.invoice_counts()


def test_usage(prometheus: PrometheusServer, truth: Truth) -> None:
    """Prometheus has the totals and resources of the report on the contract's open period."""
    prefix = "genesyscloud_billing_usage"
    start = found(prometheus, f"{prefix}_period_start_timestamp_seconds")[()]
    end = found(prometheus, f"{prefix}_period_end_timestamp_seconds")[()]
    assert (start, float(int(end))) in truth.open_windows()
    window = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    usages = truth.report(*window)["usages"]
    totals = {(usage["name"],): float(usage["totalUsage"]) for usage in usages}
    resources = {(usage["name"],): len(usage["resources"]) for usage in usages}
    assert found(prometheus, f"{prefix}_quantity", "charge") == totals
    assert found(prometheus, f"{prefix}_resources", "charge") == resources


def test_contract_ends(prometheus: PrometheusServer, truth: Truth) -> None:
    """Prometheus has the last second of every contract."""
    query = "genesyscloud_billing_contract_end_timestamp_seconds"
    ends = {(number,): end for number, end in truth.contract_ends().items()}
    assert found(prometheus, query, "contract") == ends


def test_wallet_balances(prometheus: PrometheusServer, truth: Truth) -> None:
    """Prometheus has the balance of every wallet in its contract's newest period."""
    query = 'genesyscloud_billing_wallet_balance{period="current"}'
    balances = {key: float(balance) for key, balance in truth.wallet_balances().items()}
    assert balances
    assert found(prometheus, query, "contract", "wallet") == balances


def test_trustor_statuses(prometheus: PrometheusServer, truth: Truth) -> None:
    """Prometheus has for each trustor the one status that its answers show."""
    query = "genesyscloud_billing_trustor_status == 1"
    statuses = found(prometheus, query, "trustor", "status")
    expected = truth.trustor_statuses()
    assert set(expected.values()) == {"ok", "disabled", "forbidden", "no_data"}
    assert set(statuses) == set(expected.items())


def test_trustor_usage(prometheus: PrometheusServer, truth: Truth) -> None:
    """Prometheus has every quantity that the trustors used in their newest period."""
    keys = "trustor", "charge", "part_number", "grouping"
    query = 'genesyscloud_billing_trustor_usage_quantity{period="current"} != 0'
    expected = {key: float(value) for key, value in truth.trustor_usage().items()}
    assert len(expected) > 100
    assert found(prometheus, query, *keys) == expected


def test_every_series_arrives(prometheus: PrometheusServer) -> None:
    """Prometheus has as many billing series as the exporter says, and refused no scrape."""
    said = found(prometheus, "sum(genesyscloud_billing_series)")[()]
    names = "|".join(metric.name for metrics in CATALOGUE.values() for metric in metrics)
    assert found(prometheus, f'count({{__name__=~"{names}"}})') == {(): said}
    assert found(prometheus, "min_over_time(up[1m])", "job") == {("exporter",): 1}


def test_gzip_equals_plain(exporter: Program) -> None:
    """A body as Prometheus gets it, packed, says line by line what the plain one says."""
    wait_until_polled(exporter.url)
    packed = fetch(f"{exporter.url}/metrics", Accept_Encoding="gzip")
    plain = fetch(f"{exporter.url}/metrics")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Content-Encoding"] is None
    assert len(packed.body) * 5 < len(plain.body)
    assert _steady(packed.text) == _steady(plain.text)


@pytest.mark.parametrize("component", ["promtool-2", "promtool-3"])
def test_promtool_is_silent(exporter: Program, component: str) -> None:
    """Promtool has nothing to say about what is served, the exporter's own metrics included."""
    program = require(component)
    wait_until_polled(exporter.url)
    text = fetch(f"{exporter.url}/metrics").text
    assert "process_cpu_seconds_total" in text
    checked = subprocess.run(
        [program, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_crowd(exporter: Program) -> None:
    """Hundreds of slow and broken clients do not keep a scrape from being answered whole."""
    wait_until_polled(exporter.url)
    host, _, port = exporter.url.removeprefix("http://").rpartition(":")
    before = fetch(f"{exporter.url}/metrics").text.count("genesyscloud_billing_trustor_")
    starts = (
        b"",
        b"GET /metr",
        b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 20,
        b"\x16\x03\x01\x00",
    )
    with ExitStack() as stack:
        for number in range(300):
            client = stack.enter_context(socket.create_connection((host, int(port))))
            client.sendall(starts[number % len(starts)])
            if number % 50 == 0:
                text = fetch(f"{exporter.url}/metrics", Accept_Encoding="gzip").text
                assert text.count("genesyscloud_billing_trustor_") == before
        assert fetch(f"{exporter.url}/-/healthy").status == 200
        assert fetch(f"{exporter.url}/metrics").text.endswith("\n")


def _steady(text: str) -> list[str]:
    """Return the lines that do not change from one moment to the next."""
    return [line for line in text.splitlines() if not line.startswith("process_")]
