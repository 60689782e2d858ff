"""Metrics and rendered parts that tests of the exposition share."""

from collections.abc import Iterable
from decimal import Decimal

from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.rendering import Rendered, render
from billing_exporter.metrics.samples import Samples, labels

ONE = Metric("one", 'A "quoted" back\\slash\nand a line.', ("name",), additive=True)
TWO = Metric("two", "Without labels.", (), additive=False)
OTHER = Metric("other", "Of another collector.", ("name",), additive=True)
SUBJECTS = {"first": (ONE, TWO), "second": (OTHER,)}


def part(
    metric: Metric, names: Iterable[str], organization: str = "acme", value: str = "1"
) -> Rendered:
    """Return a part with a series of one metric for each name."""
    samples = Samples()
    for name in names:
        samples.require(metric, labels(metric.labels, name), Decimal(value))
    return render(samples, organization)
