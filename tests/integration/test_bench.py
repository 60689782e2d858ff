"""The benchmark at its smallest: that it runs and compares like with like, not how fast."""

import dataclasses
import json
import re
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from billing_exporter.genesys.operations import OPERATIONS
from billing_exporter.polling.reading import read
from tools.bench import forecast, measure, pages, world
from tools.bench.__main__ import MEASURES
from tools.bench.contestants import api, client, exporter, partner, partner_api, stock
from tools.bench.contestants.exporter import COLLECTOR, ORGANIZATION
from tools.bench.customers import PERIODS, Customers
from tools.bench.measure import Cost
from tools.bench.pacing import LIMIT, Bucket, Window, sweep
from tools.bench.partner_run import running
from tools.bench.report import Aim, Finding, table
from tools.bench.scale import QUICK
from tools.bench.scraper import Scraper
from tools.testkit.scrapes import billing_text, rendered_text, samples_of

SERIES = 2 * world.SERIES_PER_TRUSTOR


def _samples(text: str) -> set[tuple[str, frozenset[tuple[str, str]], float]]:
    """Read an exposition; leave out what the exporter tells about itself."""
    return {
        (sample.name, frozenset(sample.labels.items()), sample.value)
        for sample in samples_of(text)
        if sample.name.startswith("genesyscloud_billing_trustor")
    }


def _ours(*, changed: int = 0) -> str:
    data = world.trustors(SERIES, changed=changed)
    reading = read(COLLECTOR, ORGANIZATION, data, world.NOW, None)
    return rendered_text(COLLECTOR.metrics, reading.changed)


def test_every_contestant_that_is_named_is_there() -> None:
    """Modules that the benchmark starts by name exist: no import would miss them."""
    files = Path(measure.__file__).parent.glob("*.py")
    named = {
        name
        for file in files
        for name in re.findall(r'"([\w.]*contestants\.\w+)"', file.read_text(encoding="utf-8"))
    }
    assert "tools.bench.contestants.sdk" in named
    assert [name for name in named if find_spec(name) is None] == []


def test_both_expositions_hold_the_same_samples() -> None:
    """The stock gauges and our exporter expose the same samples, as many as were asked for."""
    ours = _samples(_ours())
    assert len(ours) == SERIES + 1  # and how many customers have no reading
    assert _samples(generate_latest(stock.registry(SERIES)).decode()) == ours


def test_a_later_poll_changes_only_what_it_should() -> None:
    """Where one trustor has changed, its numbers differ, and the times of reading do."""
    changed = _samples(_ours(changed=1)) - _samples(_ours())
    names = {name.removeprefix("genesyscloud_billing_trustor_") for name, _, _ in changed}
    assert names == {
        "usage_quantity",
        "overage_quantity",
        "estimated_overage_amount",
        "last_success_timestamp_seconds",
    }


@pytest.mark.parametrize("serving", [exporter.serving, stock.serving])
@pytest.mark.parametrize("gzip", [True, False])
def test_the_scraper_reads_whole_answers(
    serving: Callable[[int], AbstractContextManager[str]], gzip: bool
) -> None:
    """Our server and the stock one answer the same client again and again."""
    with serving(SERIES) as url, closing(Scraper(url, gzip=gzip)) as scraper:
        pieces = []
        size = scraper.scrape(lambda piece: pieces.append(bytes(piece)))
        body = b"".join(pieces)
        assert len(body) == size
        assert body.startswith(b"\x1f\x8b" if gzip else b"# HELP ")
        assert scraper.scrape() > 0


def test_a_refused_scrape_is_an_error() -> None:
    """A status that is no success never counts as a quick scrape."""
    with (
        exporter.serving(SERIES) as url,
        closing(Scraper(f"{url}x", gzip=False)) as scraper,
        pytest.raises(ConnectionError, match="404"),
    ):
        scraper.scrape()


@pytest.mark.parametrize("work", exporter.works(SERIES))
def test_our_exporter_does_its_works(work: str) -> None:
    """Each work of the publishing measure runs."""
    assert measure.cost_of(exporter.works(SERIES)[work]).peak > 0


def test_our_client_reads_every_prepared_answer() -> None:
    """The prepared API gives our client what each work needs, over one connection."""
    with api.serving(api.answers(resources=20, pages=3)) as url:
        works = client.works(url, overviews=3)
        assert works["invoices"]() == 600
        for work in works.values():  # the last one closes the client
            assert measure.cost_of(work).wall >= 0


def test_prepared_answers_are_exactly_the_documented_models() -> None:
    """No prepared answer takes the lenient way of decoding, but the one that is meant to."""
    decoders = {name: operation.decoder for name, operation in OPERATIONS.items()}
    answers = {
        "get_billing_trusteebillingoverview_trustor_org_id": world.overview(1, rows=3),
        "get_billing_reports_billableusage": world.usage_report(20),
        "get_billing_contracts_invoices": world.invoice_pages(2)[0],
        "get_orgauthorization_trustors": world.trustor_listing(2),
        "get_billing_contracts": world.empty_listing(),
    }
    for name, body in answers.items():
        assert decoders[name].decode(body).value == decoders[name].decode_leniently(body).value
        assert decoders[name].decode_leniently(body).unexpected == ()
    assert json.loads(world.overview(1, rows=3, blank=True))["usages"][-1]["usageQuantity"] == ""


@pytest.mark.parametrize("limit", [Bucket, Window])
def test_a_sweep_stays_under_the_limit(limit: Callable[[], Bucket | Window]) -> None:
    """A simulated sweep is never refused and ends close to the bound."""
    result = sweep(600, limit().admits)
    assert result.refused == 0
    assert result.seconds <= 1.05 * result.sent * 60 / LIMIT


def test_limits_refuse_what_is_too_much() -> None:
    """The imitated limits bite, or nothing would be shown by not meeting them."""
    for limit in (Bucket(), Window()):
        admitted = [limit.admits(0.0) for _ in range(LIMIT + 1)]
        assert admitted.count(False) == 1
        assert limit.admits(60.0)


def test_a_worker_answers_with_costs() -> None:
    """A process of its own does work by name and says what it took."""
    with closing(measure.Worker("tools.bench.contestants.exporter", "works", SERIES)) as worker:
        cost = worker.cost("whole")
    assert cost.cpu > 0
    assert cost.peak > 1 << 20


def test_a_broken_worker_is_an_error() -> None:
    """A contestant that ends without a word is not waited for."""
    with pytest.raises(RuntimeError, match="ended with status"):
        measure.Worker("tools.bench.scale")


def test_a_service_tells_its_url() -> None:
    """A serving process is there as long as it is wanted."""
    with (
        measure.service("tools.bench.contestants.api", 20, 1) as url,
        closing(Scraper(f"{url}/api/v2/orgauthorization/trustors", gzip=False)) as scraper,
    ):
        assert scraper.scrape() == len(world.trustor_listing(api.TRUSTORS))


def test_medians_are_of_each_figure() -> None:
    """The median of costs is taken figure by figure."""
    costs = [Cost(1, 30, 5), Cost(2, 10, 7), Cost(9, 20, 6)]
    assert measure.median_cost(costs) == Cost(2, 20, 6)


def test_rounds_alternate() -> None:
    """Everyone is measured once before anyone is measured again."""
    order: list[str] = []
    measured = measure.interleaved(
        {"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2
    )
    assert order == ["a", "b", "a", "b"]
    assert measured == {"a": [None, None], "b": [None, None]}


@pytest.mark.parametrize(
    ("finding", "row"),
    [
        (
            Finding("w", "ms", 2, "x", 100, Aim(ratio=1 / 40)),
            "| w | 2 ms | x | 100 ms | 50 times less | at least 40 times less | yes |",
        ),
        (
            Finding("w", "ms", 3, "x", 1.5, Aim(ratio=1.5)),
            "| w | 3 ms | x | 1.5 ms | 2 times as much | at most 1.5 times as much | no |",
        ),
        (
            Finding("w", "MiB", 44, aim=Aim(value=45)),
            "| w | 44 MiB |  |  |  | at most 45 MiB | yes |",
        ),
        (Finding("w", "s", 1234.5, "x"), "| w | 1,234 s | x |  |  |  |  |"),
    ],
)
def test_a_finding_is_a_row(finding: Finding, row: str) -> None:
    """A row gives both figures, how they compare, and whether the aim is reached."""
    assert table([finding]).splitlines()[-1] == row


def test_the_status_of_a_process_is_read() -> None:
    """Memory is taken from the field that is asked for, and a missing one is an error."""
    status = "Name:\tx\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\n"
    assert measure.memory_in(status, "VmRSS") == 1 << 20
    with pytest.raises(ValueError, match="VmSwap"):
        measure.memory_in(status, "VmSwap")


def test_every_measure_is_known_by_name() -> None:
    """The names that the command line takes are those that the documentation lists."""
    assert list(MEASURES) == [
        "scrape",
        "publish",
        "client",
        "start",
        "pacing",
        "forecast",
        "pages",
        "scale",
    ]


def test_pages_of_many_customers_are_real_answers() -> None:
    """Each view is measured after a change and again; what is measured shows the customers."""
    small = dataclasses.replace(QUICK, rounds=1, customers=(60,))
    found = [finding.what for finding in pages.findings(small)]
    assert len(found) == len(set(found)) == 8
    shown = pages.Pages(60).answer("customers")
    assert "of 60" in shown or "60 customers" in shown


def test_one_customer_of_many_is_published_as_all_are() -> None:
    """The body that is updated holds the lines that one stream of all customers holds."""
    customers = Customers(3, world.NOW.date())
    exposition, parts = partner.published(customers, keep=True)
    text = billing_text(exposition)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert zlib.decompress(partner.one_stream(parts), 31).decode().splitlines() == lines
    works = partner.works(3)
    for work in works.values():
        assert measure.cost_of(work).wall >= 0


def test_the_customers_are_exactly_the_documented_models() -> None:
    """No overview of the many customers takes the lenient way, and each is its own customer's."""
    decoder = OPERATIONS["get_billing_trusteebillingoverview_trustor_org_id"].decoder
    customers = Customers(60, world.NOW.date())
    for number in (0, 59):
        for period in range(PERIODS):
            decoded = decoder.decode(customers.overview(number, period))
            assert decoded.unexpected == ()
            assert decoded.value.organization is not None
            assert decoded.value.organization.id == world.identifier(number)
            assert len(decoded.value.usages) > 100


def test_an_exporter_shows_the_customers(tmp_path: Path) -> None:
    """A scrape counts the customers that an exporter shows; the API notes when each was read."""
    answers = partner_api.answers(Customers(3, datetime.now(UTC).date()))
    with api.serving(answers, 999_999) as url, running(url, tmp_path) as watched:
        watched.wait_for(lambda shown: shown == 3, seconds=60)
        assert watched.peak() > 1 << 20
        assert watched.cpu() > 0
        assert watched.longest_scrape > 0


def test_a_reading_is_forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measured reading has a forecast of each of its charges, and bounds."""
    monkeypatch.setattr(forecast, "WATCHED", 2)
    *_, reading = forecast.readings(1)
    reading.take()
    assert reading.forecaster.results() == {"id-1": {"ok": forecast.CHARGES}}
    milliseconds, seconds, computed = forecast.findings(dataclasses.replace(QUICK, rounds=1))
    assert seconds.ours == pytest.approx(milliseconds.ours * forecast.CUSTOMERS / 1000)
    assert 0 < computed.ours < seconds.ours
