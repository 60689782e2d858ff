"""Metric families of billing data, and how a collector declares its own.

All are gauges: amounts and quantities can fall by credits and corrections.
"""

from dataclasses import dataclass

PREFIX = "genesyscloud_billing_"
# What no name is long enough for is cut, so that one answer cannot fill a Prometheus server.
LONGEST_LABEL = 256


@dataclass(frozen=True, eq=False, slots=True)
class Metric:
    """One metric family.

    Attributes:
        name: the full name.
        help: what it is, its unit, where it is polled from.
        labels: the label names beyond ``organization``, in the order they are written.
        additive: whether two rows with the same labels add up. Prices, times and states do not:
            there two rows must agree, or neither is shown.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    additive: bool


class Subject:
    """Metrics of one collector, in the order they are declared.

    Args:
        source: what they are polled from, as HELP says it.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._metrics: list[Metric] = []

    def total(self, name: str, labels: tuple[str, ...], text: str) -> Metric:
        """Declare a quantity or an amount: rows with the same labels add up."""
        return self._declare(name, labels, text, additive=True)

    def fact(self, name: str, labels: tuple[str, ...], text: str) -> Metric:
        """Declare a price, a time or a state: rows with the same labels must agree."""
        return self._declare(name, labels, text, additive=False)

    def metrics(self) -> tuple[Metric, ...]:
        """Return what was declared so far."""
        return tuple(self._metrics)

    def _declare(self, name: str, labels: tuple[str, ...], text: str, *, additive: bool) -> Metric:
        help_ = f"{text} Polled from {self._source}."
        metric = Metric(PREFIX + name, help_, labels, additive)
        self._metrics.append(metric)
        return metric
