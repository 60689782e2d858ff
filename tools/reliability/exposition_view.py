"""An exposition in two halves: billing series line by line, and what the exporter says of itself.

Billing has thousands of lines, which the exporter always writes alike: they are compared as text.
Whether they are right for everybody is judged elsewhere, by the reference parser.
"""

import re
from dataclasses import dataclass
from typing import Self

from billing_exporter.collectors.registry import REGISTRY
from tools.testkit.scrapes import Row, Scrape

_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")

# Forecasts hang on earlier readings too: they are not compared with the answers of one poll.
_COLLECTOR_OF = {
    metric.name: name for name, each in REGISTRY.items() for metric in each.collector.metrics
}


class QuickScrape(Scrape):
    """A scrape that is read by two regular expressions, a hundred times as fast."""

    def __init__(self, text: str) -> None:
        """Read lines that the exporter wrote."""
        self.text = text
        self._rows: dict[str, list[Row]] = {}
        for line in text.split("\n"):
            if line and not line.startswith("#"):
                series, _, value = line.rpartition(" ")
                name, _, labels = series.partition("{")
                found = {key: _unescaped(given) for key, given in _LABEL.findall(labels)}
                self._rows.setdefault(name, []).append(Row(name, found, float(value)))


@dataclass(frozen=True)
class Look:
    """What an exporter shows at a moment.

    Attributes:
        billing: value by series, both as text, by organization and collector.
        own: the rest.
    """

    billing: dict[tuple[str, str], dict[str, str]]
    own: QuickScrape

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
        return cls(billing, QuickScrape("\n".join([*rest, ""])))


def metric_of(series: str) -> str:
    """Return the name of a series' metric."""
    return series.partition("{")[0]


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: {"n": "\n"}.get(match[1], match[1]), text)
