"""Labels of each metric, from the declarations of the exporter."""

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.metrics.family import PREFIX
from billing_exporter.metrics.forecasts import QUALITY
from billing_exporter.telemetry.catalogue import OWN

_HISTOGRAM_PARTS = {"_bucket": ("le",), "_count": (), "_sum": ()}


def labels_of(name: str) -> tuple[str, ...]:
    """Return the labels of a metric, ``organization`` among them.

    Args:
        name: the metric's name without the prefix that all have.

    Raises:
        KeyError: there is no such metric.
    """
    return LABELS[f"{PREFIX}{name}"]


def _all_labels() -> dict[str, tuple[str, ...]]:
    labels = {
        metric.name: ("organization", *metric.labels)
        for metrics in (*CATALOGUE.values(), QUALITY)
        for metric in metrics
    }
    for own in OWN:
        parts = _HISTOGRAM_PARTS if own.kind == "histogram" else {"": ()}
        for suffix, more in parts.items():
            labels[own.shown_as + suffix] = (*own.labels, *more)
    return labels


LABELS = _all_labels()
"""Full name of each series that a scrape shows -> its labels."""
