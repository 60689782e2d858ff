"""A poller over a small honest collector whose polls are scripted, and what it can be asked."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from billing_exporter.collectors import Collector, Poll
from billing_exporter.collectors.ledger import NoLedger
from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.collectors.settings import CollectorSettings, UsageSettings
from billing_exporter.genesys import BillingApi
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.metrics.family import PREFIX
from billing_exporter.metrics.samples import Samples, labels
from billing_exporter.polling.keep import Keep
from billing_exporter.polling.poller import Poller
from billing_exporter.polling.target import Target
from billing_exporter.telemetry.telemetry import Telemetry
from tools.testkit.recorded_api import billing_api
from tools.testkit.scrapes import billing_text, samples_of

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

Act = Callable[[Poll[Any]], int]


class Number(msgspec.Struct, frozen=True):
    """What a scripted poll fetches."""

    value: int


class Scripted:
    """A collector that does one act for each poll and exposes the number it returns."""

    name = "usage"
    metrics = catalogue.USAGE_METRICS
    data = Number

    def __init__(self, *acts: int | Exception | Act) -> None:
        self.polls: list[Poll[Number]] = []
        self._acts: Iterator[int | Exception | Act] = iter(acts)

    def fetch(self, poll: Poll[Number]) -> Number:
        """Do what comes next in the script."""
        self.polls.append(poll)
        act = next(self._acts)
        if isinstance(act, Exception):
            raise act
        return Number(act if isinstance(act, int) else act(poll))

    def fresh(self, data: Number, now: datetime) -> Number:  # noqa: ARG002 - no details
        """A number has no details."""
        return data

    def parts(self, data: Number) -> dict[str, Number]:
        """A number is one part."""
        return {"number": data}

    def expose(self, part: Number) -> Samples:
        """Expose the number as the usage of a charge; a value that is missing is counted."""
        samples = Samples()
        of_charge = labels(("charge",), "CX 3")
        samples.require(catalogue.USAGE_QUANTITY, of_charge, part.value)
        samples.require(catalogue.USAGE_RESOURCES, of_charge, None)
        return samples


class NotedLedger(NoLedger):
    """A ledger that keeps what it is told of readings."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    def published(self, collector: str, *, is_whole: bool = True) -> None:
        """Note it."""
        self.noted.append(f"{collector} published{'' if is_whole else ' in part'}")

    def expired(self, collector: str) -> None:
        """Note it."""
        self.noted.append(f"{collector} expired")

    def refused(self, collector: str) -> None:
        """Note it."""
        self.noted.append(f"{collector} refused")


class PollerHarness:
    """A poller with its exposition, telemetry, ledger and clock.

    Attributes:
        now: the time, which passes as asked.
    """

    def __init__(
        self,
        *acts: int | Exception | Act,
        collector: Collector[Any, Any] | None = None,
        settings: CollectorSettings | None = None,
        api: BillingApi | None = None,
        listed: bool = True,
        progress: Callable[[int, int], None] | None = None,
        keep: Keep | None = None,
    ) -> None:
        self.now = START
        self.collector = Scripted(*acts)
        self.exposition = Exposition(CATALOGUE)
        self.telemetry = Telemetry(process=False)
        self.ledger = NotedLedger()
        target = Target(
            "acme",
            collector or self.collector,
            settings or UsageSettings(),
            api or billing_api(),
            listed=listed,
        )
        self.poller = Poller(
            target,
            self.exposition,
            self.telemetry,
            now=lambda: self.now,
            progress=progress,
            keep=keep,
            ledger=self.ledger,
        )

    def poll(self, **later: float) -> None:
        """Let time pass and poll."""
        self.now += timedelta(**later)
        self.poller.poll()

    def shown(self) -> list[int]:
        """Return the number that is exposed, if there is one."""
        return [int(sample.value) for sample in samples_of(billing_text(self.exposition))]

    def reported(self, metric: str) -> dict[str, float]:
        """Return the values of a metric about the exporter by reason, outcome or collector."""
        text = self.telemetry.live(openmetrics=False).decode()
        return {
            _distinction(sample.labels): sample.value
            for sample in samples_of(text)
            if sample.name == f"{PREFIX}{metric}"
        }


def _distinction(given: dict[str, str]) -> str:
    return given.get("reason") or given.get("outcome") or given["collector"]
