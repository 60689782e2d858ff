"""The collectors of one organization, polled on request, by a clock that never waits."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from billing_exporter.collectors import configured
from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.collectors.settings import (
    Collectors,
    ContractsSettings,
    InvoicesSettings,
    TrustorsSettings,
    UsageSettings,
)
from billing_exporter.genesys import Account, BillingApi
from billing_exporter.genesys.transport import Transport
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.polling.poller import Poller
from billing_exporter.polling.target import Target
from billing_exporter.telemetry.api_observer import ApiObserver
from billing_exporter.telemetry.telemetry import Telemetry
from tools.reliability.exposition_view import Look

NAME = "acme"
# Rows of zeros too, so that whatever is shown later has something to be compared with.
EVERYTHING = Collectors(
    usage=UsageSettings(),
    invoices=InvoicesSettings(),
    contracts=ContractsSettings(history=0),
    trustors=TrustorsSettings(zero_rows=True, concurrency=1, history=0),
)


class HurriedClock:
    """The machine's clock, but who waits finds that the time has passed already.

    Attributes:
        skipped: seconds of waits.
    """

    def __init__(self) -> None:
        self.skipped = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """Return the seconds that passed, those of the waits included."""
        return time.monotonic() + self.skipped

    def wall(self) -> float:
        """Return the seconds since the epoch, those of the waits included."""
        return time.time() + self.skipped

    def wait(self, seconds: float) -> None:
        """Let the time pass at once."""
        if seconds > 0:
            with self._lock:
                self.skipped += seconds


class Branch:
    """All collectors of an organization with all that is behind them, but for the loops.

    Args:
        url: where API and login are.
        now: the time that readings get.
        collectors: what is polled.
        transport: the network, if it is not the usual one.
    """

    def __init__(
        self,
        url: str,
        now: Callable[[], datetime],
        *,
        collectors: Collectors = EVERYTHING,
        transport: Transport | None = None,
    ) -> None:
        self.clock = HurriedClock()
        self.telemetry = Telemetry(process=False)
        self.exposition = Exposition(CATALOGUE)
        self.api = BillingApi(
            Account(url, url, "demo", lambda: "demo"),
            observer=ApiObserver(self.telemetry, NAME),
            clock=self.clock,
            transport=transport,
        )
        self.pollers = {
            collector.name: Poller(
                Target(NAME, collector, settings, self.api, listed=True),
                self.exposition,
                self.telemetry,
                now=now,
            )
            for collector, settings in configured(collectors)
        }

    def poll(self, collectors: Iterable[str] | None = None) -> None:
        """Poll collectors once, one after the other; without names all of them."""
        for collector in self.pollers if collectors is None else collectors:
            self.pollers[collector].poll()

    def look(self) -> Look:
        """Return what a scrape shows."""
        live = self.telemetry.live(openmetrics=False)
        return Look.of(b"".join(self.exposition.body.pieces(live, gzip=False)).decode())

    @contextmanager
    def in_haste(self, seconds: float) -> Iterator[None]:
        """Let one operation take no longer than that."""
        caller = self.api._caller  # noqa: SLF001 - the bound of five minutes is no setting
        usual, caller._seconds = caller._seconds, seconds  # noqa: SLF001 - as above
        try:
            yield
        finally:
            caller._seconds = usual  # noqa: SLF001 - as above

    def let_pass(self, seconds: float) -> None:
        """Let time pass for the client, so that it forgets what it was refused."""
        self.clock.wait(seconds)
