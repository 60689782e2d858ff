"""An exposition in two halves: billing series line by line, and what the exporter says of itself.

Billing has thousands of lines, which the exporter always writes alike: they are compared as text.
"""

from dataclasses import dataclass
from typing import Self

from billing_exporter.metrics import CATALOGUE
from tests.scrapes import Scrape

_COLLECTOR_OF = {metric.name: name for name, metrics in CATALOGUE.items() for metric in metrics}


@dataclass(frozen=True)
class Look:
    """What an exporter shows at a moment.

    Attributes:
        billing: value by series, both as text, by organization and collector.
        own: the rest.
    """

    billing: dict[tuple[str, str], dict[str, str]]
    own: Scrape

    @classmethod
    def of(cls, text: str) -> Self:
        """Take an exposition apart."""
        billing: dict[tuple[str, str], dict[str, str]] = {}
        rest = []
        for line in text.split("\n"):  # other line ends may stand in a label
            metric, _, labels = line.partition("{")
            collector = _COLLECTOR_OF.get(metric)
            if collector is None:
                rest.append(line)
                continue
            organization = labels.removeprefix('organization="').partition('"')[0]
            series, _, value = line.rpartition(" ")
            billing.setdefault((organization, collector), {})[series] = value
        return cls(billing, Scrape("\n".join([*rest, ""])))


def metric_of(series: str) -> str:
    """Return the name of a series' metric."""
    return series.partition("{")[0]
