"""Labels of each metric, from the declarations of the exporter."""

from itertools import chain

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.metrics.family import PREFIX
from billing_exporter.metrics.finance import BILL
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
    labels = {}
    for metric in (*chain.from_iterable(CATALOGUE.values()), *QUALITY, *BILL, *OWN):
        parts = _HISTOGRAM_PARTS if metric.kind == "histogram" else {"": ()}
        for suffix, more in parts.items():
            labels[metric.full_name + suffix] = (*metric.all_labels, *more)
    return labels


LABELS = _all_labels()
"""Full name of each series that a scrape shows -> its labels."""
