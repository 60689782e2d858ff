"""Metric families whose text is kept: a scrape writes only the series that changed.

The interface and the text are those of prometheus-client's metrics, which write every series at
every scrape.
"""

import threading
from bisect import bisect_left
from collections.abc import Mapping
from functools import lru_cache
from itertools import accumulate

from prometheus_client.utils import floatToGoString

from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import escaped

Values = tuple[str, ...]

_TEXT_KINDS = {"info": "gauge"}
_INFINITE = float("inf")


@lru_cache(maxsize=128)
def header(name: str, kind: str, text: str, *, openmetrics: bool) -> str:
    """Return the HELP and TYPE lines of a family; the name is without a suffix."""
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    if openmetrics:
        text = text.replace('"', '\\"')
    else:
        name += {"counter": "_total", "info": "_info"}.get(kind, "")
        kind = _TEXT_KINDS.get(kind, kind)
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"


def line(name: str, labels: Mapping[str, str], value: float) -> str:
    """Return the line of one series."""
    pairs = ",".join(f'{key}="{escaped(labels[key])}"' for key in sorted(labels))
    return f"{name}{{{pairs}}} {go_number(value)}\n" if pairs else f"{name} {go_number(value)}\n"


class Family:
    """The series of one metric. Every method may be called from any thread.

    A metric without labels has one series from the start.

    Attributes:
        version: how often the text has changed.
    """

    def __init__(self, metric: Metric, buckets: tuple[float, ...] = ()) -> None:
        """Start without values.

        Args:
            metric: what the family is.
            buckets: the upper bounds of a histogram, without infinity.
        """
        self._metric = metric
        self._lock = threading.Lock()
        self._bounds = (*buckets, _INFINITE)
        self._values: dict[Values, list[float]] = {}
        self._lines: dict[Values, str] = {}
        self._changed: set[Values] = set()
        self._body: str | None = None
        self.version = 0
        self._headers = {
            form: header(metric.name, metric.kind, metric.help, openmetrics=form)
            for form in (False, True)
        }
        if not metric.labels:
            self.inc(0)

    def labels(self, *values: str, **named: str) -> "Series":
        """Return the series with these label values, in their order or by name.

        Raises:
            ValueError: a value is missing or too many.
        """
        names = self._metric.labels
        fits = named.keys() == set(names) and not values if named else len(values) == len(names)
        if not fits:
            raise ValueError(f"{self._metric.name} has the labels {names}")
        return Series(self, tuple(named[name] for name in names) if named else values)

    def set(self, value: float) -> None:
        """Set the value of a metric without labels."""
        self.labels().set(value)

    def inc(self, amount: float = 1) -> None:
        """Increase the value of a metric without labels."""
        self.labels().inc(amount)

    def replace(self, given: Mapping[Values, float]) -> None:
        """Set all series of a gauge; those that are not given are removed."""
        for values in self.values().keys() - given.keys():
            self.remove_by_labels(dict(zip(self._metric.labels, values, strict=True)))
        for values, value in given.items():
            self.labels(*values).set(value)

    def remove_by_labels(self, given: Mapping[str, str]) -> None:
        """Remove all series that have these values among their labels."""
        wanted = [(self._metric.labels.index(name), value) for name, value in given.items()]
        with self._lock:
            for values in list(self._values):
                if all(values[at] == value for at, value in wanted):
                    del self._values[values]
                    self._lines.pop(values, None)
                    self._changed.discard(values)
                    self._body = None
                    self.version += 1

    def values(self) -> dict[Values, float]:
        """Return the value of each series, the sum of a histogram's, by its label values."""
        with self._lock:
            return {values: numbers[0] for values, numbers in self._values.items()}

    def text(self, *, openmetrics: bool) -> str:
        """Return the family as it is now."""
        with self._lock:
            for values in self._changed:
                self._lines[values] = self._written(values)
            self._changed.clear()
            if self._body is None:
                self._body = "".join(self._lines[values] for values in self._values)
            return self._headers[openmetrics] + self._body

    def record(self, values: Values, numbers: Mapping[int, float], *, add: bool) -> None:
        """Set or increase numbers of a series, all at once.

        Args:
            values: of the labels.
            numbers: by position: 0 is the value or the sum, the others are buckets.
            add: whether to increase.
        """
        with self._lock:
            known = self._values.get(values)
            if known is None:
                buckets = len(self._bounds) if self._metric.kind == "histogram" else 0
                known = self._values[values] = [0.0] * (1 + buckets)
            before = [*known]
            for at, number in numbers.items():
                known[at] = known[at] + number if add else number
            if known == before and values in self._lines:
                return
            self._changed.add(values)
            self._body = None
            self.version += 1

    def bucket_of(self, value: float) -> int:
        """Return the position of the bucket of a histogram that counts a value."""
        return 1 + bisect_left(self._bounds, value)

    def _written(self, values: Values) -> str:
        metric, name = self._metric, self._metric.full_name
        labels = dict(zip(metric.labels, values, strict=True))
        total, *buckets = self._values[values]
        if metric.kind != "histogram":
            return line(name, labels, total)
        counts = list(accumulate(buckets))
        lines = [
            line(f"{name}_bucket", labels | {"le": go_number(bound)}, count)
            for bound, count in zip(self._bounds, counts, strict=True)
        ]
        count = line(f"{name}_count", labels, counts[-1])
        return "".join((*lines, count, line(f"{name}_sum", labels, total)))


class Series:
    """One series of a family."""

    def __init__(self, family: Family, values: Values) -> None:
        """Refer to the series; it begins with its first value."""
        self._family = family
        self._values = values

    def set(self, value: float) -> None:
        """Set the value of a gauge."""
        self._family.record(self._values, {0: value}, add=False)

    def inc(self, amount: float = 1) -> None:
        """Increase the value of a counter."""
        self._family.record(self._values, {0: amount}, add=True)

    def observe(self, value: float) -> None:
        """Count a value in its bucket of a histogram."""
        numbers = {0: value, self._family.bucket_of(value): 1}
        self._family.record(self._values, numbers, add=True)


def go_number(value: float) -> str:
    """Return a value as Prometheus' own programs write it."""
    written: str = floatToGoString(value)  # type: ignore[no-untyped-call]  # it ships no type
    return written
