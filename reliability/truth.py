"""What a simulator says is so, against what an exporter shows of it."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from tests.scrapes import Scrape

_REACHABLE = {"disabled": "disabled", "forbidden": "forbidden", "no_data": "no_data"}
_EXACT_ENOUGH = 1e-9  # a scrape is read in binary floating point
_LAST_SECOND = time(23, 59, 59)


def differences(world: Any, scrape: Scrape, organization: str) -> list[str]:
    """List where a scrape differs from the world, one line for each.

    Args:
        world: the simulator's summary of the moment.
        scrape: an exposition of readings of the same simulated day.
        organization: whose series are compared.
    """
    found = (
        *_invoices(world["invoices"], scrape, organization),
        *_contracts(world["contracts"], scrape, organization),
        *(line for each in world["trustors"] for line in _trustor(each, scrape, organization)),
    )
    return list(found)


def _differing(what: str, expected: Decimal | float, shown: float | None) -> Iterator[str]:
    wanted = float(expected)
    if shown is None or abs(shown - wanted) > _EXACT_ENOUGH * max(1.0, abs(wanted)):
        yield f"{what}: {wanted:g} is so, {shown} is shown"


def _sum(scrape: Scrape, name: str, **labels: str) -> float:
    return sum(row.value for row in scrape.rows(name, **labels))


def _invoices(world: Any, scrape: Scrape, organization: str) -> Iterator[str]:
    for currency, truth in world.items():
        of = {"organization": organization, "currency": currency}
        metrics = {
            "invoices": "invoices",
            "invoices_amount": "amount",
            "unpaid_invoices": "unpaid",
            "unpaid_amount": "unpaidAmount",
        }
        for metric, key in metrics.items():
            shown = _sum(scrape, metric, **of)
            yield from _differing(f"{metric} {currency}", Decimal(str(truth[key])), shown)


def _contracts(world: Any, scrape: Scrape, organization: str) -> Iterator[str]:
    metric = "contract_end_timestamp_seconds"
    shown = scrape.values(metric, "contract", organization=organization)
    for contract in world:
        name = contract["externalNumber"] or contract["id"]
        end = datetime.combine(date.fromisoformat(contract["end"]), _LAST_SECOND, UTC)
        yield from _differing(f"end of contract {name}", end.timestamp(), shown.get((name,)))


def _trustor(truth: Any, scrape: Scrape, organization: str) -> Iterator[str]:
    of = {"organization": organization, "trustor_id": truth["id"]}
    status = _REACHABLE.get(truth["state"], "ok")
    shown_status = scrape.value("trustor_status", status=status, **of)
    yield from _differing(f"status {status} of {truth['id']}", 1, shown_status)
    if status != "ok":
        return
    start = datetime.combine(date.fromisoformat(truth["period"]["start"]), time(), UTC)
    shown_start = scrape.value("trustor_period_start_timestamp_seconds", period="current", **of)
    yield from _differing(f"period of {truth['id']}", start.timestamp(), shown_start)
    for metric, key in (
        ("trustor_usage_quantity", "usage"),
        ("trustor_prepaid_quantity", "prepaid"),
    ):
        expected: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        for row in truth["charges"]:
            expected[row["name"], row["partNumber"], row["grouping"]] += Decimal(row[key])
        shown: dict[tuple[str, str, str], float] = defaultdict(float)
        for each in scrape.rows(metric, period="current", **of):
            charge = each.labels["charge"], each.labels["part_number"], each.labels["grouping"]
            shown[charge] += each.value
        for charge in expected.keys() | shown.keys():
            what = f"{metric} {' '.join(charge)} of {truth['id']}"
            yield from _differing(what, expected.get(charge, Decimal(0)), shown.get(charge, 0.0))
