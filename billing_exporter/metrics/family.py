"""The declaration of metrics, and how a collector declares its own.

Those of billing data are all gauges: amounts and quantities can fall by credits and corrections.
"""

from dataclasses import dataclass
from typing import Literal

PREFIX = "genesyscloud_billing_"
# What no name is long enough for is cut, so that one answer cannot fill a Prometheus server.
LONGEST_LABEL = 256
_COMMON = ("organization",)

Kind = Literal["gauge", "counter", "histogram", "info"]
_SUFFIXES = {"counter": "_total", "info": "_info"}


@dataclass(frozen=True, eq=False, slots=True)
class Metric:
    """One metric family.

    Attributes:
        name: the full name, without the suffix of its kind.
        help: what it is, its unit, where it is polled from.
        labels: the label names beyond ``common``, in the order they are written.
        kind: its type.
        additive: whether two rows with the same labels add up. Prices, times and states do not:
            there two rows must agree, or neither is shown.
        common: the label names that are written before the others, alike for all rows.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    kind: Kind = "gauge"
    additive: bool = False
    common: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """The name of its series in the exposition; a histogram's have further suffixes."""
        return self.name + _SUFFIXES.get(self.kind, "")

    @property
    def all_labels(self) -> tuple[str, ...]:
        """All label names, in the order they are written."""
        return (*self.common, *self.labels)


class Subject:
    """Metrics of one collector, in the order they are declared.

    Args:
        source: what they are polled from, as HELP says it.
        common: labels that all of them have before their own.
    """

    def __init__(self, source: str, common: tuple[str, ...] = _COMMON) -> None:
        self._source = source
        self._common = common
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
        metric = Metric(PREFIX + name, help_, labels, additive=additive, common=self._common)
        self._metrics.append(metric)
        return metric
