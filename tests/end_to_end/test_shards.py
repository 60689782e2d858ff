"""Three exporters that share one configuration say together what one says, and no more.

Each has an OAuth client of its own. What they ask for is more than the API lets one client ask.
"""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tools.paths import ROOT
from tools.testkit.components import require
from tools.testkit.processes import Program, clean_environment, serving, simulating
from tools.testkit.prometheus_server import PrometheusServer, Row, running_prometheus
from tools.testkit.scrapes import steer, wait_until_polled

SHARDS = 3
CLIENTS = [f"shard-{index}" for index in range(SHARDS)]
LIMIT = 60  # requests a minute and client; each shard needs about 35, few enough not to be spaced
WORLD = ("--trustors", "40", "--seed", "3", "--in-progress", "0")
CONFIGURATION = """\
organizations:
  - name: demo
    api_url: ${API_URL}
    client_id: ${CLIENT_ID}
    client_secret: ${CLIENT_SECRET}
    collectors:
      {usage: {}, invoices: {lines: none}, contracts: {history: 0}, trustors: {history: 0}}
"""
RULES = sorted((ROOT / "prometheus" / "rules").glob("records_*.yml"))
SUMS = (
    "sum(genesyscloud_billing_trustor_usage_quantity{job='%s'})",
    "sum(genesyscloud_billing_trustor_estimated_overage_amount{job='%s',currency='EUR'})",
    "sum(genesyscloud_billing_unpaid_amount{job='%s',currency='USD'})",
    "sum(genesyscloud_billing_usage_quantity{job='%s'})",
    "count(genesyscloud_billing_trustor_status{job='%s'} == 1)",
    "sum(genesyscloud_billing_wallet_balance{job='%s'})",
)


def _job(name: str, urls: list[str]) -> dict[str, object]:
    targets = [url.removeprefix("http://") for url in urls]
    return {"job_name": name, "static_configs": [{"targets": targets}]}


def _environment(simulator: Program, client: str) -> dict[str, str]:
    return clean_environment(API_URL=simulator.url, CLIENT_ID=client, CLIENT_SECRET="demo")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, PrometheusServer]]:
    """A simulator with three shards, and a Prometheus that has scraped them; the URL and it.

    Prometheus has also scraped one whole exporter, of the same world but in a simulator without a
    limit, because one client could not ask for all of it at once. Its rules have been evaluated
    since: before, they may have seen a part of the shards.
    """
    file = tmp_path_factory.mktemp("shards") / "config.yml"
    file.write_text(CONFIGURATION)
    configured = ("--config.file", str(file))
    known = [f"--client={client}:demo" for client in CLIENTS]
    with ExitStack() as stack:
        unlimited = stack.enter_context(simulating(*WORLD, "--rate-limit", "0"))
        simulator = stack.enter_context(simulating(*WORLD, "--rate-limit", str(LIMIT), *known))
        whole = stack.enter_context(serving(_environment(unlimited, "demo"), *configured))
        shard_of = ("--shard.count", str(SHARDS), "--shard.index")
        shards = [
            stack.enter_context(
                serving(_environment(simulator, client), *configured, *shard_of, str(index))
            )
            for index, client in enumerate(CLIENTS)
        ]
        urls = [program.url for program in shards]
        for url in (whole.url, *urls):
            wait_until_polled(url)
        server = stack.enter_context(
            running_prometheus(
                require("prometheus-3"),
                jobs=[_job("whole", [whole.url]), _job("shards", urls)],
                rules=RULES,
            )
        )
        rows = server.wait_for("count(up) == 4 and sum(up) == 4")
        all_scraped = rows[0]["value"][0]
        server.wait_for(
            f"timestamp(organization_trustor_currency:estimated_overage_amount:sum) > {all_scraped}"
        )
        yield simulator.url, server


def _value(rows: list[Row]) -> float:
    (row,) = rows
    return float(row["value"][1])


@pytest.mark.parametrize("expression", SUMS)
def test_sums_are_those_of_one(chain: tuple[str, PrometheusServer], expression: str) -> None:
    """Over all shards each quantity, amount and count is what one exporter shows."""
    _, prometheus = chain
    one, all_shards = (_value(prometheus.query(expression % job)) for job in ("whole", "shards"))
    assert all_shards == pytest.approx(one)
    assert one > 0


def test_rules_count_nothing_twice(chain: tuple[str, PrometheusServer]) -> None:
    """With the whole exporter and the shards side by side, the recorded sums are those of one."""
    _, prometheus = chain
    recorded = "sum(organization_trustor_currency:estimated_overage_amount:sum{currency='EUR'})"
    direct = (
        "sum(max by (trustor_id, charge, part_number, grouping, unit) "
        "(genesyscloud_billing_trustor_estimated_overage_amount"
        "{job='whole',period='current',currency='EUR'}))"
    )
    assert _value(prometheus.query(recorded)) == pytest.approx(_value(prometheus.query(direct)))


def test_every_shard_has_customers(chain: tuple[str, PrometheusServer]) -> None:
    """Forty customers leave none of three shards without work."""
    _, prometheus = chain
    per_shard = "count by (instance) (genesyscloud_billing_trustor_status{job='shards'} == 1)"
    rows = prometheus.query(per_shard)
    assert len(rows) == SHARDS


def test_every_shard_tells_which_it_is(chain: tuple[str, PrometheusServer]) -> None:
    """Each shard shows its index and their number; a whole exporter is the first of one."""
    _, prometheus = chain
    for job, count in (("shards", SHARDS), ("whole", 1)):
        rows = prometheus.query(f"genesyscloud_billing_exporter_shard_index{{job='{job}'}}")
        assert sorted(float(row["value"][1]) for row in rows) == list(range(count))
        rows = prometheus.query(f"genesyscloud_billing_exporter_shards{{job='{job}'}}")
        assert {float(row["value"][1]) for row in rows} == {count}


def test_no_client_meets_its_limit(chain: tuple[str, PrometheusServer]) -> None:
    """The shards asked for more than one client may, each less than its own may, none in vain."""
    simulator, _ = chain
    loads = steer(simulator, "clients")
    assert sorted(loads) == CLIENTS
    assert sum(load["most"] for load in loads.values()) > LIMIT
    assert all(load["most"] <= LIMIT for load in loads.values())
    assert [load["declined"] for load in loads.values()] == [0] * SHARDS
