"""Bad input of every kind, end to end: it fails what it concerns, by name, and nothing else.

One exporter polls many organizations, each of a simulator with a fault of its own.
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from billing_exporter.collectors.settings import settings_types
from billing_exporter.simulator import Options, Simulator
from tools.testkit.components import require
from tools.testkit.processes import Program, serving
from tools.testkit.prometheus_server import running_prometheus
from tools.testkit.scrapes import ALL_WELL, Scrape, wait_until_polled
from tools.testkit.truth import Truth

CONTRACTS = "get_billing_contracts"
INVOICES = "get_billing_contracts_invoices"
TRUSTORS = "get_orgauthorization_trustors"
ELSEWHERE = "127.0.0.2"


@dataclass(frozen=True, kw_only=True)
class Bad:
    """Bad input that fails a collector: its name is that of the organization.

    Attributes:
        fault: The simulator's fault; ``{elsewhere}`` stands for another host.
        collector: What fails.
        reason: The reason that the metric gives.
        says: What the one line about it says.
    """

    name: str
    fault: str
    collector: str = "invoices"
    reason: str = "unexpected_answer"
    says: str


FAILING = (
    Bad(name="html", fault=f"html:{INVOICES}", says="is there a proxy in between?"),
    Bad(name="truncated", fault=f"truncated:{INVOICES}", says="the answer is not JSON"),
    Bad(name="cut", fault=f"cut:{INVOICES}", reason="unreachable", says="the answer was cut off"),
    Bad(name="huge", fault=f"hugebody:{INVOICES}:mb=68", says="larger than 67108864 bytes"),
    Bad(name="endless", fault=f"endless:{INVOICES}", says="the cursor of the next page repeats"),
    Bad(
        name="redirected",
        fault=f"redirect:{TRUSTORS}:host={{elsewhere}}",
        collector="trustors",
        says="a redirect, which is not followed",
    ),
    Bad(
        name="forbidden-invoices",
        fault=f"forbidden:{INVOICES}",
        reason="forbidden",
        says="billing:subscription:view",
    ),
    Bad(
        name="forbidden-trustors",
        fault=f"forbidden:{TRUSTORS}:permission=authorization:orgTrustor:view",
        collector="trustors",
        reason="forbidden",
        says="authorization:orgTrustor:view",
    ),
    Bad(name="bare-nan", fault=f"nan:{INVOICES}", says="the answer is not JSON"),
)
# Bad input that the exporter lives with, by the name of the organization.
BEARABLE = {
    "healthy": (),
    "foreign": ("foreign_next:*:host={elsewhere}",),
    "thousands": ("thousands:*:step=3",),
    "empty": ("empty_strings:*:step=3",),
    "absent": ("nulls:*:step=3",),
    "objects": ("wrong_types:*:step=3",),
    "unknown-enum": ("unknown_enum",),
    "unknown-keys": ("unknown_keys",),
    "older-keys": ("renamed_keys",),
    "future-keys": ("renamed_keys:spelling=future",),
    "weird-names": ("weird_names",),
    "duplicates": ("duplicate_rows",),
    "revoked": (f"revoked:{INVOICES}:times=1",),
}
# All collectors; one closed period of each is as good as a year of them.
COLLECTORS = ", ".join(
    f"{name}: {{history: 1}}" if "history" in settings.__struct_fields__ else f"{name}: {{}}"
    for name, settings in settings_types().items()
)
# Who asks, and what the line says, where the login refuses.
REFUSED = {
    "wrong-secret": ("demo", "wrong", "the client secret is wrong"),
    "unknown-client": ("other", "demo", "not known in this region: check client_id and region"),
}
Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass
class Listener:
    """Another host, which should hear nothing."""

    url: str
    heard: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class World:
    """What the tests look at, once every poll has had its outcome."""

    exporter: Program
    urls: Mapping[str, str]
    elsewhere: Listener
    scrape: Scrape

    def billing(self, organization: str) -> dict[Key, float]:
        """Return the billing series of an organization and their values."""
        return {
            (row.name, tuple(sorted(row.labels.items()))): row.value
            for row in self.scrape.billing(organization)
        }


@contextmanager
def listening() -> Iterator[Listener]:
    """Listen on another host and remember what comes."""
    with socket.create_server((ELSEWHERE, 0)) as server:
        listener = Listener(f"http://{ELSEWHERE}:{server.getsockname()[1]}")

        def listen() -> None:
            while True:
                client, _ = server.accept()
                with client:
                    client.settimeout(5)
                    listener.heard.append(client.recv(65536))
                if listener.heard[-1] == b"end":
                    return

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield listener
        finally:
            with socket.create_connection(server.getsockname()) as last:
                last.sendall(b"end")
            thread.join()


def simulated(faults: tuple[str, ...]) -> Simulator:
    """Return a small simulator with faults."""
    options = Options(address="127.0.0.1:0", trustors=3, in_progress=0, rate_limit=0, faults=faults)
    return Simulator(options)


def entry(name: str, url: str, who: tuple[str, str] = ("demo", "demo")) -> str:
    """Return an organization of the configuration."""
    client, secret = who
    return (
        f"  - {{name: {name}, api_url: '{url}', client_id: {client}, client_secret: {secret}, "
        f"collectors: {{{COLLECTORS}}}}}"
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All organizations, polled once."""
    every = BEARABLE | {bad.name: (bad.fault,) for bad in FAILING}
    with ExitStack() as stack:
        elsewhere = stack.enter_context(listening())
        urls = {}
        for name, faults in every.items():
            given = tuple(fault.replace("{elsewhere}", elsewhere.url) for fault in faults)
            urls[name] = stack.enter_context(simulated(given)).url
        entries = [entry(name, url) for name, url in urls.items()]
        for name, (client, secret, _) in REFUSED.items():
            entries.append(entry(name, urls["healthy"], (client, secret)))
        file: Path = tmp_path_factory.mktemp("configuration") / "exporter.yml"
        file.write_text("\n".join(["organizations:", *entries]))
        exporter = stack.enter_context(serving(None, "--config.file", str(file)))
        wait_until_polled(exporter.url)
        yield World(exporter, urls, elsewhere, Scrape.of(exporter.url))


@pytest.mark.parametrize("bad", FAILING, ids=lambda bad: bad.name)
def test_one_collector_fails(world: World, bad: Bad) -> None:
    """One collector is down with its reason, one line says why, and the others are as ever."""
    assert world.scrape.outcomes(bad.name) == ALL_WELL | {bad.collector: bad.reason}
    lines = world.exporter.lines(f"organization={bad.name} ", "poll failed")
    assert len(lines) == 1
    assert bad.says in lines[0]
    assert f"collector={bad.collector}" in lines[0]
    assert f"reason={bad.reason}" in lines[0]
    series = world.scrape.values("series", "collector", organization=bad.name)
    healthy = world.scrape.values("series", "collector", organization="healthy")
    assert series == {key: count for key, count in healthy.items() if key != (bad.collector,)}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_credentials(world: World, name: str) -> None:
    """Nothing can be polled, and one line says which setting to look at."""
    assert world.scrape.outcomes(name) == dict.fromkeys(ALL_WELL, "unauthorized")
    lines = world.exporter.lines(f"organization={name} ", "poll failed")
    assert len(lines) == 1
    assert REFUSED[name][2] in lines[0]


@pytest.mark.parametrize("name", BEARABLE)
def test_all_collectors_bear_it(world: World, name: str) -> None:
    """Odd content fails no poll, and is no reason to say that one failed."""
    assert world.scrape.outcomes(name) == ALL_WELL
    assert world.exporter.lines(f"organization={name} ", "level=error") == []
    assert world.exporter.lines(f"organization={name} ", "poll failed") == []


@pytest.mark.parametrize("name", ["foreign", "unknown-keys", "revoked"])
def test_as_if_nothing_were(world: World, name: str) -> None:
    """Foreign links, unknown keys and a revoked token change nothing in what is exposed."""
    expected = {
        (metric, tuple((key, name if key == "organization" else text) for key, text in labels)): v
        for (metric, labels), v in world.billing("healthy").items()
    }
    found = world.billing(name)
    changed = {key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)}
    assert all(metric.endswith("_last_success_timestamp_seconds") for metric, _ in changed)


def test_no_token_leaves_for_another_host(world: World) -> None:
    """Neither a redirect nor a link to another host is followed: it gets no request at all."""
    assert world.elsewhere.heard == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("thousands", "not_a_number"),
        ("objects", "not_a_number"),
        ("empty", "missing"),
        ("absent", "missing"),
    ],
)
def test_numbers_that_cannot_be_read(world: World, name: str, reason: str) -> None:
    """A number that cannot be read is counted and has no sample; the others are as they were."""
    dropped = world.scrape.values(
        "rows_dropped_total", "collector", organization=name, reason=reason
    )
    healthy = world.scrape.values(
        "rows_dropped_total", "collector", organization="healthy", reason=reason
    )
    for key in (("usage",), ("invoices",), ("contracts",), ("trustors",)):
        assert dropped[key] > healthy.get(key, 0)
    metric, labels = "usage_quantity", ("charge",)
    as_ever = world.scrape.values(metric, *labels, organization="healthy")
    found = world.scrape.values(metric, *labels, organization=name)
    assert len(as_ever) - len(found) == dropped["usage",]
    assert found.items() < as_ever.items()


def test_unknown_enumerations(world: World) -> None:
    """A value that nobody knows is exposed as the API gave it."""
    name, unknown = "unknown-enum", "FROM_THE_FUTURE"
    info = world.scrape.rows("trustor_info", organization=name)
    assert {row.labels["subscription"] for row in info} == {unknown}
    invoices = world.scrape.rows("invoices", organization=name)
    assert {row.labels["payment_status"] for row in invoices if row.value} == {unknown}
    assert "outdated_sdk_version" not in world.scrape.text


def test_older_keys(world: World) -> None:
    """The keys that SDK 236 knew give the same quantities, whole as they were then."""
    keys = "contract", "period", "sku"
    for metric in ("charge_prepaid_quantity", "charge_actual_quantity"):
        healthy = world.scrape.values(metric, *keys, organization="healthy")
        older = world.scrape.values(metric, *keys, organization="older-keys")
        assert older == {key: int(value) for key, value in healthy.items()}


def test_keys_that_are_renamed_once_more(world: World) -> None:
    """A quantity under a key that nobody knows is missing, and the unknown key is counted."""
    name = "future-keys"
    found = world.scrape.values("api_oddities_total", "endpoint", organization=name)
    assert found["get_billing_contract_billingperiod",] > 0
    dropped = world.scrape.values("rows_dropped_total", "collector", "reason", organization=name)
    assert dropped["contracts", "missing"] > 0
    assert not world.scrape.values("charge_actual_quantity", "sku", organization=name)
    assert world.scrape.values("wallet_balance", "contract", "period", "wallet", organization=name)


def test_duplicate_rows(world: World) -> None:
    """The same invoice or trustor listed twice counts once; rows of one series are added up."""
    name = "duplicates"
    merged = world.scrape.values("rows_merged_total", "collector", organization=name)
    assert merged["usage",] > 0
    assert merged["contracts",] > 0
    assert merged["trustors",] > 0
    for metric in ("invoices", "invoices_amount"):
        keys = "currency", "payment_status"
        once = world.scrape.values(metric, *keys, organization="healthy")
        assert world.scrape.values(metric, *keys, organization=name) == once
    usage = world.scrape.values("usage_quantity", "charge", organization=name)
    as_ever = world.scrape.values("usage_quantity", "charge", organization="healthy")
    doubled = {key for key, value in usage.items() if value != as_ever[key]}
    assert [usage[key] for key in doubled] == [2 * as_ever[key] for key in doubled]
    assert len(doubled) == 1


@pytest.mark.parametrize("component", ["prometheus-2", "prometheus-3"])
def test_weird_names(world: World, component: str) -> None:
    """A name with quotes, a backslash and a newline is the same name in Prometheus."""
    truth = Truth(world.urls["weird-names"])
    names = {trustor["organization"]["name"] for trustor in truth.trustors}
    truth.close()
    assert all(set('"\\\n') <= set(name) for name in names)
    address = world.exporter.url.removeprefix("http://")
    query = 'genesyscloud_billing_trustor_status{organization="weird-names"} == 1'
    with running_prometheus(require(component), targets=[address]) as prometheus:
        rows = prometheus.wait_for(query)
    assert {row["metric"]["trustor"] for row in rows} == names
