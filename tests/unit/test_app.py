"""The exporter joined together in this process: its life, its pages, its organizations."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest

from billing_exporter.app import build
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import Collectors, ContractsSettings, TrustorsSettings
from billing_exporter.collectors.trustor_overview import TrustorData, expose_trustor
from billing_exporter.config import Organization, Settings
from billing_exporter.exporter import Exporter
from billing_exporter.metrics.samples import Samples
from billing_exporter.simulator import Options, Simulator
from tools.testkit.organizations import organization_at
from tools.testkit.processes import wait_until
from tools.testkit.scrapes import ALL_WELL, Scrape, billing_text, fetch, wait_until_polled

pytestmark = pytest.mark.slow

INVOICES = "get_billing_contracts_invoices"


@dataclass(frozen=True)
class Running:
    """An exporter and where it serves."""

    exporter: Exporter
    url: str


@contextmanager
def simulated(*faults: str, seed: int = 1, port: int = 0, trustors: int = 2) -> Iterator[Simulator]:
    """Run a small simulator."""
    options = Options(
        address=f"127.0.0.1:{port}",
        seed=seed,
        trustors=trustors,
        in_progress=0,
        rate_limit=0,
        faults=faults,
    )
    with Simulator(options) as simulator:
        yield simulator


@contextmanager
def running(*organizations: Organization, polling: bool = True) -> Iterator[Running]:
    """Serve an exporter of some organizations, and poll by default."""
    app = build(Settings(organizations=organizations), address="127.0.0.1:0")
    exporter, server = app.exporter, app.server
    server.start()
    if polling:
        exporter.start(spread=0)
    try:
        yield Running(exporter, server.url)
    finally:
        server.stop()
        exporter.stop()


@pytest.fixture(scope="module")
def several() -> Iterator[Running]:
    """An exporter of a healthy organization, another one, and one that fails in part."""
    with (
        simulated() as one,
        simulated(seed=2) as two,
        simulated(f"forbidden:{INVOICES}") as three,
        running(
            organization_at(one.url, name="one"),
            organization_at(two.url, name="two"),
            organization_at(three.url, name="three"),
        ) as together,
    ):
        wait_until_polled(together.url)
        yield together


def test_nothing_is_left_running() -> None:
    """After it has stopped, none of its threads lives, whatever it did."""
    before = set(threading.enumerate())
    with simulated() as simulator, running(organization_at(simulator.url, name="one")) as exporter:
        wait_until_polled(exporter.url)
        assert set(threading.enumerate()) - before
    wait_until(lambda: set(threading.enumerate()) <= before)


def test_waiting_until_all_first_outcomes() -> None:
    """It is ready at once, and a gauge tells which collectors have not had an outcome yet."""
    faults = "forbidden:get_orgauthorization_trustors", f"html:{INVOICES}"
    with (
        simulated(*faults) as simulator,
        running(organization_at(simulator.url, name="one"), polling=False) as exporter,
    ):
        assert fetch(f"{exporter.url}/-/ready").status == 200
        assert fetch(f"{exporter.url}/-/healthy").status == 200
        assert _waiting(exporter.url) == sorted(ALL_WELL)
        for poller in exporter.exporter.pollers[1:]:
            poller.poll()
        assert _waiting(exporter.url) == ["usage"]
        exporter.exporter.pollers[0].poll()
        assert _waiting(exporter.url) == []


def test_what_was_read_is_shown_while_a_customer_hangs() -> None:
    """In the middle of a sweep all customers that were read are shown, though no other comes."""
    hangs = TrustorsSettings(timeout=Duration("1h"))
    with (
        simulated("slow_trustor:seconds=600,trustor=0", trustors=8) as simulator,
        running(organization_at(simulator.url, Collectors(trustors=hangs), name="one")) as exporter,
    ):
        wait_until(lambda: Scrape.of(exporter.url).value("trustors_without_reading") == 1)
        scrape = Scrape.of(exporter.url)
        assert len([*scrape.rows("trustor_info")]) == 7
        assert scrape.value("sweep_remaining") == 1
        assert _waiting(exporter.url) == ["trustors"]


def test_an_end_in_the_middle_of_a_sweep_leaves_the_next_start_nothing_to_render(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the sweep had shown is kept ready to be served, and served before anything is asked."""
    rendered: list[str] = []

    def expose(part: TrustorData) -> Samples:
        rendered.append(part.id)
        return expose_trustor(part)

    monkeypatch.setattr("billing_exporter.collectors.trustors.expose_trustor", expose)
    hangs = TrustorsSettings(timeout=Duration("1h"))
    with simulated("slow_trustor:seconds=600,trustor=0", trustors=8) as simulator:
        organization = organization_at(simulator.url, Collectors(trustors=hangs), name="one")
        settings = Settings(organizations=(organization,))
        first = Exporter(settings, state=tmp_path)
        first.start(spread=0)
        (poller,) = first.pollers
        wait_until(lambda: poller.state.reading is not None and len(rendered) == 7)
        first.stop()
    shown = _of_customers(first)
    assert sum(line.startswith("genesyscloud_billing_trustor_info{") for line in shown) == 7
    rendered.clear()
    second = Exporter(settings, state=tmp_path)
    assert _of_customers(second) == shown
    assert rendered == []


def _of_customers(exporter: Exporter) -> list[str]:
    """Return the lines about customers; what is compared and budgeted comes a moment later."""
    lines = billing_text(exporter.exposition).splitlines()
    return [line for line in lines if line.startswith("genesyscloud_billing_trustor_")]


def _waiting(url: str) -> list[str]:
    """Return the collectors that have had no outcome yet."""
    rows = Scrape.of(url).rows("waiting", organization="one")
    return sorted(row.labels["collector"] for row in rows if row.value)


def test_organizations_are_kept_apart(several: Running) -> None:
    """Each organization has the series of its own world, as if it were alone."""
    with simulated(seed=2) as alone, running(organization_at(alone.url, name="two")) as exporter:
        wait_until_polled(exporter.url)
        expected = _billing(Scrape.of(exporter.url), "two")
    scrape = Scrape.of(several.url)
    assert _billing(scrape, "two") == expected
    assert _billing(scrape, "one") != expected


def test_one_failure_is_nobody_elses(several: Running) -> None:
    """A collector that fails costs neither its neighbours nor other organizations anything."""
    scrape = Scrape.of(several.url)
    assert scrape.outcomes("one") == ALL_WELL
    assert scrape.outcomes("two") == ALL_WELL
    assert scrape.outcomes("three") == ALL_WELL | {"invoices": "forbidden"}
    assert not list(scrape.rows("invoices", organization="three"))
    assert list(scrape.rows("usage_quantity", organization="three"))


def test_families_are_whole(several: Running) -> None:
    """The series of a metric stand together under one HELP and one TYPE, of all organizations."""
    lines = Scrape.of(several.url).text.splitlines()
    names = [line.split("{")[0].split(" ")[0] for line in lines if not line.startswith("#")]
    runs = [name for name, _ in groupby(names) if not name.endswith(("_bucket", "_sum", "_count"))]
    assert len(runs) == len(set(runs))
    heads = [line.split(" ")[2] for line in lines if line.startswith("# HELP")]
    assert len(heads) == len(set(heads))
    assert heads == [line.split(" ")[2] for line in lines if line.startswith("# TYPE")]
    of_usage = [line for line in lines if line.startswith("genesyscloud_billing_usage_quantity{")]
    assert {line.split('"')[1] for line in of_usage} == {"one", "two", "three"}


def test_the_overview_adds_up_to_the_metrics(several: Running) -> None:
    """Money and unpaid amounts of the page are the sums of the series, by currency."""
    scrape = Scrape.of(several.url)
    shown = json.loads(fetch(f"{several.url}/api/v1/overview").text)
    sums: dict[tuple[str, str, str], float] = defaultdict(float)
    for kind in ("prepaid", "overage"):
        name = f"trustor_estimated_{kind}_amount"
        for row in scrape.rows(name, period="current"):
            sums["so_far", row.labels["organization"], row.labels["currency"]] += row.value
    for row in scrape.rows("unpaid_amount"):
        if row.labels["overdue"] != "credit":
            sums["unpaid", row.labels["organization"], row.labels["currency"]] += row.value
    found = {
        ("so_far", one["organization"], one["amounts"]["currency"]): one["amounts"]["so_far"]
        for one in shown["totals"]
        if one["of"] == "customers"
    }
    found |= {
        ("unpaid", one["organization"], one["currency"]): one["amount"] for one in shown["unpaid"]
    }
    assert {key for key, value in sums.items() if value} == set(found)
    assert {key: float(value) for key, value in found.items()} == pytest.approx(
        {key: sums[key] for key in found}
    )


def test_overview(several: Running) -> None:
    """The page shows each collector's state, what fails first, why and what to do."""
    page = fetch(f"{several.url}/")
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    collectors = page.text.split('<section id="collectors"')[1]
    rows = collectors.split("<tbody>")[1].split("</tbody>")[0].split("<tr")[1:]
    assert len(rows) == 12
    assert 'class="failing"' in rows[0]
    for part in ("three", "lacks the permission billing:subscription:view", "Add the permission"):
        assert part in rows[0]
    assert all('class="ok"' in row for row in rows[1:])


@pytest.mark.parametrize(
    ("accept", "content_type", "end"),
    [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8", "\n"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text", "# EOF\n"),
    ],
)
def test_negotiation(several: Running, accept: str, content_type: str, end: str) -> None:
    """The form is what the client accepts, packed where it says so; both say the same."""
    url = f"{several.url}/metrics"
    plain = fetch(url, Accept=accept)
    packed = fetch(url, Accept=accept, Accept_Encoding="gzip")
    assert plain.headers["Content-Type"].startswith(content_type)
    assert packed.headers["Content-Type"] == plain.headers["Content-Type"]
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.text.endswith(end)
    billing = "genesyscloud_billing_usage_quantity{"
    assert packed.text.count(billing) == plain.text.count(billing) > 0
    assert packed.text.endswith(end)


def test_last_reading_stays_while_the_api_is_gone() -> None:
    """An API that goes away leaves the series with their age, and ``up`` 0; then it is as ever."""
    often = Collectors(contracts=ContractsSettings(interval=Duration("100ms")))
    with simulated() as simulator:
        port = int(simulator.url.rpartition(":")[2])
        with running(organization_at(simulator.url, often, name="one")) as exporter:
            wait_until_polled(exporter.url)
            good = Scrape.of(exporter.url)
            simulator.stop()
            wait_until(lambda: Scrape.of(exporter.url).value("up") == 0)
            gone = Scrape.of(exporter.url)
            assert gone.outcomes("one") == {"contracts": "unreachable"}
            assert _billing(gone, "one") == _billing(good, "one")
            read = "last_success_timestamp_seconds"
            assert gone.value(read) == Scrape.of(exporter.url).value(read)
            with simulated(port=port):
                wait_until(lambda: Scrape.of(exporter.url).value("up") == 1)
                back = Scrape.of(exporter.url)
            assert (back.value(read) or 0) > (gone.value(read) or 0)
            assert back.outcomes("one") == {"contracts": "success"}
            assert _billing(back, "one") == _billing(good, "one")


def _billing(scrape: Scrape, name: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return the billing series of an organization, without the times of reading."""
    return {
        (row.name, tuple(sorted(row.labels.values()))): row.value
        for row in scrape.billing(name)
        if not row.name.endswith("_last_success_timestamp_seconds")
    }
