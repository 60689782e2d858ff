"""Scrapes of a server on this machine, read by the reference parser."""

import gzip
import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import Any

from prometheus_client import Metric
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.samples import Sample

from billing_exporter.collectors.registry import CATALOGUE, REGISTRY
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.metrics.family import Metric as Catalogued
from billing_exporter.metrics.rendering import Rendered
from tools.testkit.processes import wait_until

ALL_WELL = dict.fromkeys(REGISTRY, "success")
"""The outcomes of an organization of which everything can be read."""

_TIMEOUT_SECONDS = 30.0
_BILLING = {metric.name for metrics in CATALOGUE.values() for metric in metrics}
# A proxy that the environment names has no business between a test and its own machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answer:
    """An HTTP answer of whatever status."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, unpacked where it came packed."""
        packed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


def fetch(url: str, **headers: str) -> Answer:
    """GET a URL; an underscore in the name of a header stands for its hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return _answer(urllib.request.Request(url, headers=named))


def steer(simulator: str, call: str, payload: Any = None) -> Any:
    """Make a control call of a simulator: GET, or POST where there is something to say."""
    body = None if payload is None else json.dumps(payload).encode()
    answer = _answer(urllib.request.Request(f"{simulator}/_simulator/{call}", body))
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


def time_of(simulator: str) -> datetime:
    """Ask a simulator for its time."""
    return datetime.fromisoformat(steer(simulator, "clock")["now"])


def wait_until_polled(exporter: str) -> None:
    """Wait until each collector of an exporter has had its first outcome."""
    wait_until(lambda: has_polled(fetch(f"{exporter}/metrics").text))


def has_polled(exposition: str) -> bool:
    """Return True if no collector of an exposition waits for its first outcome."""
    lines = exposition.splitlines()
    waiting = [line for line in lines if line.startswith("genesyscloud_billing_waiting{")]
    return bool(waiting) and all(line.endswith((" 0", " 0.0")) for line in waiting)


def billing_text(exposition: Exposition) -> str:
    """Return what a scrape of an exposition in this process reads, without the live part."""
    return b"".join(exposition.body.pieces(b"", gzip=False)).decode()


def rendered_text(metrics: Sequence[Catalogued], parts: Mapping[str, Rendered]) -> str:
    """Return what a scrape reads of one collector's rendered parts."""
    exposition = Exposition({"collector": metrics})
    exposition.publish("collector", "acme", parts)
    return billing_text(exposition)


def samples_of(text: str, *, openmetrics: bool = False) -> list[Sample]:
    """Return the samples that the reference parser of a format reads.

    Raises:
        ValueError: the text is no exposition.
    """
    families: Iterable[Metric] = parse_openmetrics(text) if openmetrics else parse_text(text)
    return [sample for family in families for sample in family.samples]


@dataclass(frozen=True)
class Row:
    """One series and its value."""

    name: str
    labels: dict[str, str]
    value: float


class Scrape:
    """An exposition in the text format, as the reference parser reads it."""

    def __init__(self, text: str) -> None:
        """Read it; ValueError where it is no exposition."""
        self.text = text
        self._rows: dict[str, list[Row]] = {}
        for sample in samples_of(text):
            row = Row(sample.name, sample.labels, sample.value)
            self._rows.setdefault(sample.name, []).append(row)

    @classmethod
    def of(cls, exporter: str) -> "Scrape":
        """Scrape an exporter at its URL."""
        answer = fetch(f"{exporter}/metrics")
        assert answer.status == 200, answer.text
        return cls(answer.text)

    def rows(self, name: str, **labels: str) -> Iterator[Row]:
        """Yield the series of a metric, without its prefix, that have these labels."""
        for row in self._rows.get(f"genesyscloud_billing_{name}", []):
            if labels.items() <= row.labels.items():
                yield row

    def billing(self, organization: str) -> Iterator[Row]:
        """Yield the billing series of an organization: all but those about the exporter."""
        for name in self._rows.keys() & _BILLING:
            yield from (r for r in self._rows[name] if r.labels["organization"] == organization)

    def values(self, name: str, *keys: str, **labels: str) -> dict[tuple[str, ...], float]:
        """Return the values of a metric by the labels of these names; none may share them."""
        rows = list(self.rows(name, **labels))
        values = {tuple(row.labels[key] for key in keys): row.value for row in rows}
        assert len(values) == len(rows), f"{name} has several series for some {keys}"
        return values

    def value(self, name: str, **labels: str) -> float | None:
        """Return the value of the one series that fits, None where there is none."""
        return self.values(name, **labels).get(())

    def outcomes(self, organization: str) -> dict[str, str]:
        """Return success or the reason of the failure by collector, of an organization."""
        up = self.values("up", "collector", organization=organization)
        reasons = {
            row.labels["collector"]: row.labels["reason"]
            for row in self.rows("poll_failure", organization=organization)
        }
        for (collector,), value in up.items():
            assert (value == 0) == (collector in reasons), f"{collector}: up {value:g}, {reasons}"
        return {collector: reasons.get(collector, "success") for (collector,) in up}


def _answer(request: urllib.request.Request) -> Answer:
    try:
        with _opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())
