"""Comparison of the simulator's facts with what an exporter shows of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from tools.testkit.scrapes import Scrape

_REACHABLE = {"disabled": "disabled", "forbidden": "forbidden", "no_data": "no_data"}
_EXACT_ENOUGH = 1e-12  # a scrape is read in binary floating point
_LAST_SECOND = time(23, 59, 59)

# Metrics by the key of the world's row that they show.
_INVOICES = {
    "invoices": "invoices",
    "invoices_amount": "amount",
    "unpaid_invoices": "unpaid",
    "unpaid_amount": "unpaidAmount",
}
_USAGE = {"usage_quantity": "quantity", "usage_resources": "resources"}
_ITEMS = {
    "plan_item_quantity": "quantity",
    "plan_item_price": "price",
    "plan_item_overage_price": "overagePrice",
    "plan_item_discount_amount": "discount",
}
_CHARGES = {
    "charge_prepaid_quantity": "prepaid",
    "charge_fair_use_quantity": "free",
    "charge_actual_quantity": "actual",
    "charge_overage_quantity": "overage",
    "charge_tokens": "tokens",
    "charge_overage_rate": "rate",
    "charge_overage_amount": "money",
}
_WALLETS = {
    "wallet_starting_balance": "starting",
    "wallet_balance": "ending",
    "wallet_increase": "increase",
    "wallet_decrease": "decrease",
    "wallet_consumption": "consumption",
    "wallet_overage": "overage",
    "wallet_overage_rate": "rate",
    "wallet_overage_amount": "money",
}
_LINES = {"invoice_line_quantity": "quantity", "invoice_line_amount": "amount"}
_TRUSTORS = {"trustor_usage_quantity": "usage", "trustor_prepaid_quantity": "prepaid"}

# Labels by the key of the world's row that they show.
_OF_CHARGE = {"charge": "name", "sku": "sku", "unit": "unit"}
_OF_WALLET = {"wallet": "name", "sku": "sku", "unit": "unit"}
_OF_ITEM = {"contract": "contract", "plan": "plan", "item": "name"}
_OF_LINE = {
    "invoice": "invoice",
    "sku": "sku",
    "product": "product",
    "billed_organization": "organization",
}
_OF_TRUSTOR = {"charge": "name", "part_number": "partNumber", "grouping": "grouping"}

# Every metric whose numbers are compared.
COMPARED = (
    *(*_INVOICES, *_USAGE, *_ITEMS, *_CHARGES, *_WALLETS, *_LINES, *_TRUSTORS),
    "usage_period_start_timestamp_seconds",
    "contract_end_timestamp_seconds",
)


def differences(
    world: Any, scrape: Scrape, organization: str, *, closed: bool = True, usage: bool = True
) -> list[str]:
    """List where a scrape differs from the world, one line for each.

    Args:
        world: the simulator's summary of the moment.
        scrape: an exposition of readings of the same simulated day.
        organization: whose series are compared.
        closed: whether contracts' periods that are closed are compared too. What was first read of
            one is kept, so it is not the truth where that was under a fault.
        usage: whether the own usage is compared too. Where the organization has two contracts, its
            window stays with the period that is known, and the summary takes the newest.
    """
    page = _Page(scrape, {"organization": organization})
    found = (
        *_invoices(world["invoices"], page),
        *_contracts(world["contracts"], page, closed=closed),
        *(_usage(world["usage"], page) if usage else ()),
        *page.differing(_LINES, _OF_LINE, world["lines"]),
        *(line for each in world["trustors"] for line in _trustor(each, page)),
    )
    return list(found)


class _Page:
    """The part of a scrape that has certain labels."""

    def __init__(self, scrape: Scrape, of: Mapping[str, str]) -> None:
        self._scrape = scrape
        self._of = of

    def value(self, metric: str, **labels: str) -> float | None:
        """Return the value of the one series that fits."""
        return self._scrape.value(metric, **self._of, **labels)

    def values(self, metric: str, label: str) -> dict[str, float]:
        """Return the values of a metric by a label."""
        return {
            key: value for (key,), value in self._scrape.values(metric, label, **self._of).items()
        }

    def sum(self, metric: str, **labels: str) -> float:
        """Add up the series that fit."""
        return sum(row.value for row in self._scrape.rows(metric, **self._of, **labels))

    def differing(
        self,
        metrics: Mapping[str, str],
        labels: Mapping[str, str],
        rows: Iterable[Any],
        **narrower: str,
    ) -> Iterator[str]:
        """Compare metrics with rows that add up by these labels; what is not shown is zero."""
        rows = list(rows)
        for metric, key in metrics.items():
            expected: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
            for row in rows:
                if row[key] is not None:
                    expected[tuple(row[name] for name in labels.values())] += Decimal(row[key])
            shown: dict[tuple[str, ...], float] = defaultdict(float)
            for each in self._scrape.rows(metric, **self._of, **narrower):
                shown[tuple(each.labels[name] for name in labels)] += each.value
            for series in expected.keys() | shown.keys():
                what = f"{metric} {' '.join((*series, *narrower.values()))}"
                yield from _differing(what, expected.get(series, 0), shown.get(series, 0))


def _differing(what: str, expected: Decimal | float, shown: float | None) -> Iterator[str]:
    wanted = float(expected)
    if shown is None or abs(shown - wanted) > _EXACT_ENOUGH * max(1.0, abs(wanted)):
        yield f"{what}: {wanted:g} is so, {shown} is shown"


def _seconds(day: str, clock: time) -> float:
    return datetime.combine(date.fromisoformat(day), clock, UTC).timestamp()


def _invoices(world: Any, page: _Page) -> Iterator[str]:
    for currency, truth in world.items():
        for metric, key in _INVOICES.items():
            shown = page.sum(metric, currency=currency)
            yield from _differing(f"{metric} {currency}", Decimal(str(truth[key])), shown)


def _contracts(world: Any, page: _Page, *, closed: bool) -> Iterator[str]:
    ends = page.values("contract_end_timestamp_seconds", "contract")
    items, kept = [], []
    for contract in world:
        name = contract["externalNumber"] or contract["id"]
        end = _seconds(contract["end"], _LAST_SECOND)
        yield from _differing(f"end of contract {name}", end, ends.get(name))
        items += [{**item, "contract": name} for item in contract["items"]]
        kept += [
            ({"contract": name, "period": period}, truth)
            for period, truth in contract["periods"].items()
            if closed or not truth["closed"]
        ]
    yield from page.differing(_ITEMS, _OF_ITEM, items)
    for of, truth in kept:
        yield from _period(of, truth, page)


def _period(of: Mapping[str, str], truth: Any, page: _Page) -> Iterator[str]:
    shown = page.value("contract_period_start_timestamp_seconds", **of)
    start = _seconds(truth["start"], time())
    yield from _differing(f"start of period {' '.join(of.values())}", start, shown)
    yield from page.differing(_CHARGES, _OF_CHARGE, truth["charges"], **of)
    yield from page.differing(_WALLETS, _OF_WALLET, truth["wallets"], **of)


def _usage(world: Any, page: _Page) -> Iterator[str]:
    start = page.value("usage_period_start_timestamp_seconds")
    yield from _differing("start of the own usage", _seconds(world["start"], time()), start)
    yield from page.differing(_USAGE, {"charge": "name"}, world["charges"])


def _trustor(truth: Any, page: _Page) -> Iterator[str]:
    who = truth["id"]
    status = _REACHABLE.get(truth["state"], "ok")
    shown_status = page.value("trustor_status", status=status, trustor_id=who)
    yield from _differing(f"status {status} of {who}", 1, shown_status)
    if status != "ok":
        return
    start = _seconds(truth["period"]["start"], time())
    of = {"trustor_id": who, "period": "current"}
    shown_start = page.value("trustor_period_start_timestamp_seconds", **of)
    yield from _differing(f"period of {who}", start, shown_start)
    yield from page.differing(_TRUSTORS, _OF_TRUSTOR, truth["charges"], **of)
