"""Pages of an exporter with many customers: the first view after a change, and later ones.

Counted is what a request costs between its parsing and its bytes. A reading changes with each
customer that a sweep reads, so first views are not rare.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from http import HTTPStatus
from statistics import median
from typing import cast

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.collectors.settings import TrustorsSettings
from billing_exporter.collectors.trustor_overview import TrustorState
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.genesys import BillingApi
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.polling.poller import Poller
from billing_exporter.polling.reading import Reading, Shown
from billing_exporter.polling.target import Target
from billing_exporter.summaries import Account, Money, Overage, Summary
from billing_exporter.telemetry.telemetry import Telemetry
from billing_exporter.views import Source
from billing_exporter.web.page_routes import PageRoutes
from tools.bench.measure import cost_of
from tools.bench.report import Aim, Finding
from tools.bench.scale import Scale
from tools.bench.world import identifier

_NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
_VIEWS = {
    "overview": ("/", ""),
    "customers": ("/customers", ""),
    "customers by overage": ("/customers", "sort=overage"),
    "search of customers": ("/customers", "search=77"),
}
_MILLISECONDS = 1000
_AIM = Aim(value=50)


def reading(customers: int) -> Reading:
    """Return a reading of many customers in three currencies, one in twenty not read."""
    shown: dict[str, Shown] = {}
    for number in range(customers):
        key = identifier(number)
        is_read = number % 20 != 0
        state = TrustorState(
            key,
            f"Customer {number}",
            "ok" if is_read else "forbidden",
            read_at=_NOW,
            error="" if is_read else "HTTP 403",
        )
        shown[f"state {key}"] = _shown(state)
        if is_read:
            shown[f"trustor {key}"] = _shown(_account(key, number))
            shown[f"history {key}"] = _shown(None)
    return Reading(None, _NOW, shown)


def _shown(summary: Summary | None) -> Shown:
    return Shown(None, 100, {}, 0, 0, summary)


def _account(key: str, number: int) -> Account:
    currency = ("EUR", "USD", "GBP")[number % 3]
    amount = Decimal(number * 7919 % 100_000) / 100
    so_far = 5 * amount + 1000
    money = Money(
        currency, so_far, amount, so_far * 2, so_far * 2 - 50, so_far * 2 + 70, so_far * 2 - 9
    )
    overages = tuple(
        Overage(
            f"charge {place}", "minutes", currency, amount / (place + 1), amount, Decimal("0.1")
        )
        for place in range(4)
    )
    period = date(2026, 11, 1), date(2026, 11, 30)
    return Account("customer", key, f"Customer {number}", *period, (money,), overages)


class Pages:
    """The routes of an exporter, and the reading that they show.

    Args:
        customers: how many there are.
    """

    def __init__(self, customers: int) -> None:
        settings = TrustorsSettings()
        telemetry = Telemetry(process=False)
        api = cast("BillingApi", None)  # no page asks it
        target = Target("acme", TrustorsCollector(settings), settings, api, listed=True)
        self._poller = Poller(target, Exposition(CATALOGUE), telemetry, now=lambda: _NOW)
        source = Source("0", lambda: (self._poller,), telemetry, lambda: _NOW, lambda: 60.0)
        self._routes = PageRoutes(source, telemetry_path="/metrics", version="0")
        self._reading = reading(customers)
        self.change()

    def change(self) -> None:
        """Take another reading, as after each customer of a sweep."""
        self._poller.state = self._poller.state.succeed(replace(self._reading))

    def answer(self, name: str) -> str:
        """Return the page of a view.

        Raises:
            RuntimeError: it is not answered, so its cost would say nothing.
        """
        path, query = _VIEWS[name]
        answer = self._routes.answers[path](query)
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{path}: {answer.status}")
        return b"".join(answer.body).decode()


def findings(scale: Scale) -> Iterator[Finding]:
    """Measure each view of the most customers: after a change, and again."""
    customers = scale.customers[-1]
    pages = Pages(customers)

    def milliseconds(name: str, *, changed: bool) -> float:
        found = []
        for _ in range(scale.rounds):
            if changed:
                pages.change()
            found.append(cost_of(_view(pages, name)).cpu * _MILLISECONDS)
        return median(found)

    for name in _VIEWS:
        what = f"{name}, {customers:,} customers"
        yield Finding(f"{what}: CPU, first view", "ms", milliseconds(name, changed=True), aim=_AIM)
        yield Finding(f"{what}: CPU, again", "ms", milliseconds(name, changed=False), aim=_AIM)


def _view(pages: Pages, name: str) -> Callable[[], object]:
    return lambda: pages.answer(name)
