"""The exporter of all configured organizations, without its web server."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from billing_exporter import __version__
from billing_exporter.accounts.books import Books
from billing_exporter.accounts.ledger import Stores
from billing_exporter.accounts.records import ACCOUNTS, BILLS, INDEXES
from billing_exporter.collectors import WHOLE, Shard
from billing_exporter.collectors.registry import CATALOGUE, per_customer
from billing_exporter.config import ConfigError, Organization, Settings
from billing_exporter.forecasting.forecasts import Forecasts
from billing_exporter.forecasting.store import CODEC as FORECASTS
from billing_exporter.genesys import Interrupted
from billing_exporter.httpd.response import Body
from billing_exporter.metrics.deflated import Latest
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.metrics.finance import BILL, SECTION
from billing_exporter.polling.background_writer import BackgroundWriter, BoundedReader
from billing_exporter.polling.organization import OrganizationPollers, Shared, remove
from billing_exporter.polling.poller import Poller
from billing_exporter.polling.reading_store import StateDirectory
from billing_exporter.polling.set_back import WatchedClock
from billing_exporter.polling.state import SUCCESS
from billing_exporter.state_files.disk import replace_file
from billing_exporter.state_files.store import Place
from billing_exporter.telemetry.telemetry import Telemetry
from billing_exporter.views import Source
from billing_exporter.web.negotiation import Format

log = logging.getLogger(__name__)

# First polls begin within this time, so that many loops do not ask at once.
START_SPREAD_SECONDS = 5.0
# Polls that are in a request when the program stops get this long, all together, to notice.
STOP_SECONDS = 3.0
# So long the end and a reload wait for the disk.
SAVE_SECONDS = 3.0
# How soon an interrupted `poll_once` notices that it is.
_LOOK_SECONDS = 0.1


def utc_now() -> datetime:
    """Return the time of the machine."""
    return datetime.now(UTC)


class Exporter:
    """The exporter of all configured organizations, without its web server."""

    def __init__(
        self,
        settings: Settings,
        *,
        now: Callable[[], datetime] = utc_now,
        process_metrics: bool = True,
        progress: Callable[[str, int, int], None] | None = None,
        state: Path | None = None,
        redact: Callable[[str], None] = lambda _: None,
        shard: Shard = WHOLE,
        restored: bool = True,
    ) -> None:
        """Join what organizations share, and restore what was saved of them.

        Args:
            settings: what is polled.
            now: the time that readings get, UTC.
            process_metrics: whether there are metrics about the process.
            progress: receives how far each poll is.
            state: folder where readings are kept over restarts, if they are.
            redact: receives each secret before it is used, so that no log shows it.
            shard: which part of the customers is polled.
            restored: whether ``change`` is called here, or by who builds the exporter.
        """
        self.is_restored = False
        self.telemetry = Telemetry(process=process_metrics, per_customer=per_customer())
        self.telemetry.sharded(shard.index, shard.count)
        self.exposition = Exposition({**CATALOGUE, SECTION: BILL})
        self._summaries = Latest()
        self._started = monotonic()  # real seconds, whatever clock readings have
        self._now = now = WatchedClock(now)
        self._changing = threading.Lock()
        self._stopped = threading.Event()
        self._spread: float | None = None
        kept = StateDirectory(state, self.telemetry.state_failed) if state else None
        self._forecast_writer = BackgroundWriter()
        self._accountant = BackgroundWriter()
        submit = self._forecast_writer.submit
        place = Place(state, replace_file, self.telemetry.state_failed, submit, BoundedReader())
        self._forecasts = Forecasts(place.store(FORECASTS, "forecasts"))
        stores = Stores(
            place.store(ACCOUNTS, "accounts"),
            place.store(BILLS, "accounts"),
            place.store(INDEXES, "accounts"),
        )
        self._books = Books(stores, self._accountant, self.exposition.update, now, shard)
        self._shared = Shared(
            self.exposition,
            self.telemetry,
            now,
            state=kept,
            progress=progress,
            redact=redact,
            shard=shard,
            forecasts=self._forecasts,
            books=self._books,
        )
        self._organizations: tuple[OrganizationPollers, ...] = ()
        self.telemetry.follow_overdue(
            lambda: ((poller.key, poller.overdue()) for poller in self.pollers)
        )
        if restored:
            self.change(settings)

    @property
    def pollers(self) -> tuple[Poller, ...]:
        """The pollers of all organizations, in the order of the configuration."""
        return tuple(poller for each in self._organizations for poller in each.pollers)

    def change(self, settings: Settings) -> None:
        """Apply a configuration; what it leaves as it is goes on without a pause."""
        with self._changing:
            before = {each.organization.name: each for each in self._organizations}
            wanted = {organization.name for organization in settings.organizations}
            for name in before.keys() - wanted:
                before[name].stop()
                remove(before[name].pollers)
                self.telemetry.remove_organization(name)
                self._forecasts.keep_only(name, ())
            tolerances = {each.name: each.tolerance for each in settings.organizations}
            self._books.configure(tolerances, settings.plan())
            # A statement reads a file for each customer: what is saved is shown before.
            with self._accountant.paused():
                self._organizations = tuple(
                    self._pollers_of(organization, before.get(organization.name))
                    for organization in settings.organizations
                )
            if self._shared.state is not None:
                known = {poller.key for poller in self.pollers}
                self._shared.state.set_aside_others_soon(known, SAVE_SECONDS)
            if self._spread is not None:
                self._start_all(self._spread)
        self.telemetry.configured(utc_now())
        self.is_restored = True

    def start(self, *, spread: float = START_SPREAD_SECONDS) -> None:
        """Begin to poll; first polls are spread over ``spread`` seconds."""
        with self._changing:
            self._spread = spread
            self._start_all(spread)

    def stop(self) -> None:
        """End all polls; one whose request hangs is left to end with the process."""
        self.interrupt()
        with self._changing:
            until = monotonic() + STOP_SECONDS
            for each in self._organizations:
                each.stop(max(0.0, until - monotonic()))
            for poller in self.pollers:
                poller.save()
            is_saved = self._forecast_writer.flush(SAVE_SECONDS)
            if self._shared.state is not None:
                is_saved = self._shared.state.flush(SAVE_SECONDS if is_saved else 0) and is_saved
            if not is_saved:
                log.warning("the disk hangs: the last readings are not saved")
            elif self._shared.state is not None:
                for poller in self.pollers:
                    poller.save_lines()
                # A start renders again what is not saved by then.
                self._shared.state.flush(SAVE_SECONDS)

    def interrupt(self) -> None:
        """Make polls that are under way end soon; may be called by a signal handler."""
        self._stopped.set()
        for each in self._organizations:
            each.interrupt()

    def poll_once(self) -> None:
        """Poll everything once, collectors side by side.

        Raises:
            Interrupted: ``interrupt`` was called meanwhile.
        """
        threads = [
            threading.Thread(target=_quietly, args=(poller,), daemon=True)
            for poller in self.pollers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive() and not self._stopped.is_set():
                thread.join(_LOOK_SECONDS)
        while not (self._stopped.is_set() or self._accountant.flush(_LOOK_SECONDS)):
            pass
        if self._stopped.is_set():
            raise Interrupted

    def failed(self) -> bool:
        """Return True where a collector failed, or none succeeded.

        One that nobody listed may lack its permission.
        """
        outcomes = [(poller.state.outcome, poller.target.listed) for poller in self.pollers]
        return all(outcome != SUCCESS for outcome, _ in outcomes) or any(
            outcome != SUCCESS and (listed or outcome != "forbidden")
            for outcome, listed in outcomes
        )

    def scrape(self, form: Format, gzip: bool) -> Body:
        """Return the exposition: kept bytes, and the live part about the exporter."""
        kept, live = self.telemetry.live_parts(openmetrics=form is Format.OPENMETRICS)
        summaries = self._summaries.of(self._forecasts.text() + self._books.text())
        return self.exposition.body.pieces(live, gzip=gzip, kept=(kept, summaries))

    def waiting_for(self) -> list[str]:
        """Name the collectors that have had no outcome yet."""
        return [
            f"{poller.target.organization} {poller.target.collector.name}"
            for poller in self.pollers
            if poller.state.is_waiting
        ]

    def views(self) -> Source:
        """Return what pages show."""
        return Source(
            __version__,
            lambda: self.pollers,
            self.telemetry,
            self._now,
            lambda: monotonic() - self._started,
            planned=self._books.planned,
            differing=self._books.worst,
        )

    def _pollers_of(
        self, organization: Organization, before: OrganizationPollers | None
    ) -> OrganizationPollers:
        if before is None:
            return OrganizationPollers(organization, self._shared)
        if before.serves(organization):
            before.change(organization)
            return before
        before.stop()
        if before.organization.hosts() != organization.hosts():
            # Elsewhere an organization of the same name is another one: what the new one shows, its
            # interval for one, must not be removed with the old one.
            remove(before.pollers)
            return OrganizationPollers(organization, self._shared)
        after = OrganizationPollers(organization, self._shared, before.pollers)
        remove(before.pollers, but=after.pollers)
        return after

    def _start_all(self, spread: float) -> None:
        for each in self._organizations:
            each.start(spread)


class Reloader:
    """Reads the configuration again and applies it, one call at a time."""

    def __init__(self, exporter: Exporter, read: Callable[[], Settings]) -> None:
        self._exporter = exporter
        self._read = read
        self._lock = threading.Lock()

    def reload(self) -> str | None:
        """Apply the configuration; return its errors where it has any and nothing changed."""
        with self._lock:
            try:
                settings = self._read()
            except ConfigError as error:
                self._exporter.telemetry.misconfigured()
                log.error("the configuration has errors, nothing changed: %s", error)  # noqa: TRY400 - no fault of ours
                return str(error)
            self._exporter.change(settings)
            log.info("configuration reloaded")
            return None


def _quietly(poller: Poller) -> None:
    try:
        poller.poll()
    except Interrupted:
        log.info("interrupted", extra={"collector": poller.target.collector.name})


@contextmanager
def interruptible(exporter: Exporter) -> Iterator[None]:
    """Let SIGTERM and SIGINT end the polls of the block soon, and close the clients after it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: exporter.interrupt())
    try:
        yield
    finally:
        exporter.stop()
