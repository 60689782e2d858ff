"""Shards read contracts and invoices for the plan alone: sums are exact."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from billing_exporter.budgets.settings import Budget, Group, Price, Showback
from billing_exporter.collectors import Shard
from billing_exporter.collectors.settings import (
    EVERY_COLLECTOR,
    Collectors,
    ContractsSettings,
    InvoicesSettings,
    TrustorsSettings,
)
from billing_exporter.commands.export_schedule import organizations_of
from billing_exporter.config import Settings
from billing_exporter.exporter import Exporter
from billing_exporter.metrics.family import PREFIX
from billing_exporter.simulator import Options, Simulator
from billing_exporter.web.negotiation import Format
from tools.testkit.organizations import organization_at
from tools.testkit.scrapes import billing_text, steer

SHARDS = 3
GROUPS = (
    Group(to="A", customers=("*Insurance*", "*Bank*", "*Hotels*")),
    Group(split={"B": Decimal(2), "C": Decimal(1)}, charges=("*Minutes*", "GC-170*")),
    Group(to="D", customers=("*",)),
)
BUDGETS = tuple(
    Budget(name=name, amount=Decimal(1), currency="EUR", customers=customers)
    for name, customers in (("customers", ("*",)), ("contracts", None))
)
PLAN = {"budgets": BUDGETS, "showback": (Showback(name="cc", groups=GROUPS),)}
AMOUNTS = tuple(
    PREFIX + name
    for name in (
        *("allocated_estimated_amount", "allocated_forecast_amount", "allocated_invoiced_amount"),
        *("budget_estimated_amount", "budget_forecast_amount", "budget_members"),
    )
)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Simulator]:
    """A simulated partner whose contract covers its customers, and its time stands still."""
    options = Options(
        address="127.0.0.1:0", trustors=9, rate_limit=0, in_progress=0, time_scale=0, seed=3
    )
    with Simulator(options) as simulator:
        yield simulator


def _settings(cloud: Simulator, **plan: object) -> Settings:
    collectors = Collectors(
        invoices=InvoicesSettings(lines="unpaid"),
        contracts=ContractsSettings(history=1),
        trustors=TrustorsSettings(history=1),
    )
    organization = organization_at(cloud.url, collectors)
    return Settings(organizations=(organization,), **plan)  # type: ignore[arg-type] # a plan


def _text(exporter: Exporter) -> str:
    return b"".join(exporter.scrape(Format.TEXT, gzip=False)).decode()


def _amounts(exporter: Exporter) -> dict[str, Decimal]:
    """Return the amounts of the plan, by series."""
    lines = [line.rpartition(" ") for line in _text(exporter).splitlines()]
    return {to: Decimal(value) for to, _, value in lines if to.startswith(AMOUNTS)}


def _polled(settings: Settings, shard: Shard, state: Path | None = None) -> Exporter:
    exporter = Exporter(settings, shard=shard, state=state)
    exporter.poll_once()
    return exporter


def _added_up(parts: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    for part in parts:
        for series, amount in part.items():
            total[series] += amount
    return total


def _families(exporter: Exporter) -> set[str]:
    return {line.partition("{")[0] for line in billing_text(exporter.exposition).splitlines()}


def _wait_for_statements(exporter: Exporter) -> None:
    assert exporter._accountant.flush(10)


def test_shards_together_allocate_what_one_does(cloud: Simulator, tmp_path: Path) -> None:
    """To the last digit, for estimated, forecast and invoiced amounts; so after a restart, and as
    another number of shards on the same folders.

    A shard beside the first one shows nothing of contracts and invoices, and exports none.
    """
    settings = _settings(cloud, **PLAN)
    whole = _polled(settings, Shard())
    expected = _amounts(whole)
    assert {series.partition("{")[0] for series in expected} == set(AMOUNTS)
    shards = [_polled(settings, Shard(i, SHARDS), tmp_path / str(i)) for i in range(SHARDS)]
    parts = [_amounts(shard) for shard in shards]
    assert _added_up(parts) == expected
    assert all(min(part.values()) < 0 for part in parts[1:])  # taken off a contract elsewhere
    plain = _polled(_settings(cloud), Shard(1, SHARDS))
    assert _families(shards[1]) == _families(plain)
    (organization,) = organizations_of(shards[1])
    assert organization.collectors.contracts is None
    assert organization.collectors.invoices is None
    for exporter in (whole, plain, *shards):
        exporter.stop()
    restored = [
        Exporter(settings, shard=Shard(index, SHARDS), state=tmp_path / str(index))
        for index in range(SHARDS)
    ]
    for exporter in restored:
        assert exporter._accountant.flush(10)
    assert [_amounts(exporter) for exporter in restored] == parts
    for exporter in restored:
        exporter.stop()
    fewer = [
        Exporter(settings, shard=Shard(index, 2), state=tmp_path / str(1 - index))
        for index in range(2)
    ]
    # What was read for the plan alone is not enough to be shown.
    assert all(len(exporter.waiting_for()) == len(exporter.pollers) for exporter in fewer)
    for exporter in fewer:
        exporter.poll_once()
    assert _added_up(map(_amounts, fewer)) == expected
    for exporter in fewer:
        exporter.stop()


@pytest.mark.parametrize("listed", [True, False])
def test_what_one_shard_may_not_read_makes_no_sum_wrong(cloud: Simulator, *, listed: bool) -> None:
    """The first shard's client may read what this one's may not: the allocation waits.

    A collector that merely runs by default may be forbidden everywhere, and is not waited for.
    """
    settings = _settings(cloud, **PLAN)
    if not listed:
        every = replace(settings.organizations[0], collectors=EVERY_COLLECTOR)
        settings = replace(settings, organizations=(every,))
    steer(cloud.url, "faults", ["forbidden:get_billing_contracts"])
    exporter = _polled(settings, Shard(1, SHARDS))
    steer(cloud.url, "faults", [])
    waiting = f'{PREFIX}allocation_waiting{{allocation="cc"}} {int(listed)}\n'
    assert waiting in _text(exporter)
    assert any("allocated" in series for series in _amounts(exporter)) != listed
    exporter.stop()


def _lines_asked(exporter: Exporter) -> str:
    """Return how many requests for the lines of an invoice there were."""
    metric = f'{PREFIX}api_requests_total{{endpoint="get_billing_contracts_invoice_lines"'
    (line,) = [line for line in _text(exporter).splitlines() if line.startswith(metric)]
    return line


def test_a_reload_adds_and_removes_what_is_read_for_the_plan(cloud: Simulator) -> None:
    """Contracts and invoices are read from the reload on that adds showback until it goes.

    Meanwhile the allocation waits for them, and budgets do not. For prices invoices are enough.
    """
    exporter = _polled(_settings(cloud, budgets=BUDGETS), Shard(1, SHARDS))
    before = _text(exporter)
    assert [poller.target.collector.name for poller in exporter.pollers] == ["trustors"]
    waiting = f'{PREFIX}allocation_waiting{{allocation="cc"}}'
    exporter.change(_settings(cloud, **PLAN))
    names = [poller.target.collector.name for poller in exporter.pollers]
    assert names == ["trustors", "contracts", "invoices"]
    assert f"{waiting} 1\n" in _text(exporter)
    assert exporter.waiting_for() == ["acme contracts", "acme invoices"]
    exporter.poll_once()
    asked = _lines_asked(exporter)
    exporter.poll_once()
    assert _lines_asked(exporter) == asked  # unpaid ones are not read again, nobody sees them
    assert f"{waiting} 0\n" in _text(exporter)
    assert f'{PREFIX}budget_waiting{{budget="contracts"}} 0\n' in _text(exporter)
    exporter.change(_settings(cloud, budgets=BUDGETS, prices=(Price(markup=Decimal("0.1")),)))
    names = [poller.target.collector.name for poller in exporter.pollers]
    assert names == ["trustors", "invoices"]
    exporter.change(_settings(cloud, budgets=BUDGETS))
    _wait_for_statements(exporter)
    assert waiting not in _text(exporter)
    assert 'collector="contracts"' not in _text(exporter)
    assert _amounts(exporter) == {
        series: Decimal(value)
        for series, _, value in (line.rpartition(" ") for line in before.splitlines())
        if series.startswith(AMOUNTS)
    }
    exporter.stop()
