"""Plain text of samples that are few and no part of a reading."""

from collections.abc import Iterable

from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples, escaped


def written(every: Iterable[tuple[str | None, Samples]]) -> bytes:
    """Write samples with their HELP and TYPE lines, each metric's together.

    Args:
        every: samples, each with the organization of all of them, or None for a metric that has
            no such label.
    """
    lines: dict[Metric, list[str]] = {}
    for organization, samples in every:
        head = [] if organization is None else [f'organization="{escaped(organization)}"']
        for metric, family in samples.families.items():
            for text, value in family.items():
                labels = ",".join([*head, text] if text else head)
                line = f"{metric.name}{{{labels}}} {value!s}\n"
                lines.setdefault(metric, []).append(line)
    pieces = []
    for metric in sorted(lines, key=lambda one: one.name):
        pieces.append(f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} gauge\n")
        pieces.extend(sorted(lines[metric]))
    return "".join(pieces).encode()
