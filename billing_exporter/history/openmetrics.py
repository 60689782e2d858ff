"""OpenMetrics text with times, as ``promtool tsdb create-blocks-from openmetrics`` reads it.

Each series' samples are in the order of time, in whole seconds, and no time comes twice: promtool
drops what is out of order in silence, and takes milliseconds for seconds.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from billing_exporter.history.spans import Span
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.rendering import header

_CHUNK = 1 << 20


class MetricFiles:
    """Writes the lines of each metric to a file of its own, for all of one metric come together.

    Args:
        folder: where the files are.
        metrics: by name.
        step: seconds from one sample to the next.

    Attributes:
        samples: lines with a value.
        series: different label sets.
    """

    def __init__(self, folder: Path, metrics: Mapping[str, Metric], step: int) -> None:
        self.samples = 0
        self.series = 0
        self._folder = folder
        self._metrics = metrics
        self._step = step

    def add(self, organization: str, spans: Iterable[Span]) -> None:
        """Write spans; all of one series come together.

        Args:
            organization: the label of all series, with its name.
            spans: in any order.
        """
        by_metric: dict[str, dict[str, list[Span]]] = {}
        for span in spans:
            by_metric.setdefault(span.metric, {}).setdefault(span.labels, []).append(span)
        for name, series in by_metric.items():
            path = self._folder / name
            lines = [] if path.exists() else [header(self._metrics[name])]
            for labels in sorted(series):
                written = list(
                    _lines(f"{name}{{{organization},{labels}}}", series[labels], self._step)
                )
                self.series += 1
                self.samples += len(written)
                lines += written
            with path.open("ab") as file:
                file.writelines(lines)

    def text(self) -> Iterator[bytes]:
        """Yield the whole text, metric by metric."""
        for path in sorted(self._folder.iterdir()):
            with path.open("rb") as file:
                while piece := file.read(_CHUNK):
                    yield piece
        yield b"# EOF\n"


def _lines(series: str, spans: list[Span], step: int) -> Iterator[bytes]:
    last = -1
    for span in sorted(spans, key=lambda one: one.begin):
        moment = max(span.begin, last + 1)
        while moment < span.end:
            yield f"{series} {span.value} {moment}\n".encode()
            last = moment
            moment += step
        if last < span.end - 1 and span.begin < span.end:
            last = span.end - 1  # no gap before the next value is longer than a step
            yield f"{series} {span.value} {last}\n".encode()
