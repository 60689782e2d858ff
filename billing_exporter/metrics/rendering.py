"""Rendering of samples as lines of the Prometheus text format.

Gauges read the same in the text format and in OpenMetrics, so the same lines serve both.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples, escaped


@dataclass(frozen=True, slots=True)
class Rendered:
    """A part of a reading as text.

    Attributes:
        lines: the sample lines by metric, each ending in a newline.
        series: how many lines there are.
    """

    lines: Mapping[Metric, bytes]
    series: int


def render(samples: Samples, organization: str) -> Rendered:
    """Write the lines of the samples; the same samples in any order give the same bytes."""
    lines = {}
    head = f'{{organization="{escaped(organization)}"'
    for metric, family in samples.families.items():
        if not family:  # all its facts were in conflict
            continue
        if metric.labels:
            start = f"{metric.name}{head},"
            rows = [f"{start}{text}}} {value!s}\n" for text, value in family.items()]
            rows.sort()
        else:
            rows = [f"{metric.name}{head}}} {value!s}\n" for value in family.values()]
        lines[metric] = "".join(rows).encode()
    return Rendered(lines, len(samples))


def header(metric: Metric) -> bytes:
    """Write the HELP and TYPE lines of a metric."""
    text = metric.help.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f"# HELP {metric.name} {text}\n# TYPE {metric.name} gauge\n".encode()
