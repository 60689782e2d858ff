"""The one place that builds every part, joins them, and starts and stops them in order."""

import logging
import random
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from billing_exporter import __version__
from billing_exporter.collectors import configured
from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.config import Organization, Settings
from billing_exporter.exposition import Exposition
from billing_exporter.genesys import Account, BillingApi, Interrupted
from billing_exporter.metrics import CATALOGUE
from billing_exporter.polling import SUCCESS, Loop, Poller, Target
from billing_exporter.telemetry import ApiObserver, Telemetry
from billing_exporter.web.negotiation import Format
from billing_exporter.web.pages import CollectorStatus, State, Status
from billing_exporter.web.server import WebServer
from billing_exporter.web.site import Site

log = logging.getLogger(__name__)

# First polls begin within this time, so that many loops do not ask at once.
START_SPREAD_SECONDS = 5.0
# A poll that is in a request when the program stops gets this long to notice.
STOP_SECONDS = 3.0


def utc_now() -> datetime:
    """Return the time of the machine."""
    return datetime.now(UTC)


def connect(
    organization: Organization,
    telemetry: Telemetry | None = None,
    stop: threading.Event | None = None,
) -> BillingApi:
    """Return the client for an organization; it connects when it is first asked."""
    api_url, login_url = organization.hosts()
    account = Account(
        api_url=api_url,
        login_url=login_url,
        client_id=organization.client_id,
        client_secret=organization.secret,
    )
    if telemetry is None:
        return BillingApi(account, stop=stop)
    return BillingApi(account, observer=ApiObserver(telemetry, organization.name), stop=stop)


class Exporter:
    """The exporter of all configured organizations, without its web server."""

    def __init__(
        self,
        settings: Settings,
        *,
        now: Callable[[], datetime] = utc_now,
        process_metrics: bool = True,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self.telemetry = Telemetry(process=process_metrics)
        self.exposition = Exposition(CATALOGUE)
        self.started = now()
        self._now = now
        self._stop = threading.Event()
        self._loops: list[Loop] = []
        self._apis: list[BillingApi] = []
        self.pollers = [
            Poller(
                target,
                self.exposition,
                self.telemetry,
                now=now,
                progress=partial(progress, target.collector.name) if progress else None,
            )
            for organization in settings.organizations
            for target in self._targets(organization)
        ]
        self.telemetry.configured(utc_now())

    def start(self, *, spread: float = START_SPREAD_SECONDS) -> None:
        """Begin to poll; first polls are spread over ``spread`` seconds."""
        for poller in self.pollers:
            delay = random.uniform(0, spread)  # noqa: S311 - no secret
            loop = Loop(poller, delay=delay, stop=self._stop)
            self._loops.append(loop)
            loop.start()

    def stop(self) -> None:
        """End all polls, also those that wait for the API."""
        self._stop.set()
        for loop in self._loops:
            loop.join(STOP_SECONDS)
        for api in self._apis:
            api.close()

    def interrupt(self) -> None:
        """Make polls that are under way end soon; may be called by a signal handler."""
        self._stop.set()

    def poll_once(self) -> None:
        """Poll everything once, collectors side by side.

        Raises:
            Interrupted: ``interrupt`` was called meanwhile.
        """
        threads = [threading.Thread(target=_quietly, args=(poller,)) for poller in self.pollers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._stop.is_set():
            raise Interrupted

    def failed(self) -> bool:
        """Tell whether a collector failed; one that nobody listed may lack its permission."""
        return any(
            poller.state.outcome != SUCCESS
            and (poller.target.listed or poller.state.outcome != "forbidden")
            for poller in self.pollers
        )

    def scrape(self, form: Format, gzip: bool) -> Sequence[bytes]:
        """Return the exposition: kept bytes, and the live part about the exporter."""
        live = self.telemetry.live(openmetrics=form is Format.OPENMETRICS)
        return self.exposition.body.pieces(live, gzip=gzip)

    def waiting_for(self) -> list[str]:
        """Name the collectors that have had no outcome yet."""
        return [
            f"{poller.target.organization} {poller.target.collector.name}"
            for poller in self.pollers
            if poller.state.outcome is None
        ]

    def status(self, telemetry_path: str) -> Status:
        """Return what the status page shows."""
        collectors = tuple(_status_of(poller) for poller in self.pollers)
        return Status(__version__, self.started, self._now(), collectors, telemetry_path)

    def _targets(self, organization: Organization) -> Iterator[Target]:
        api = connect(organization, self.telemetry, self._stop)
        self._apis.append(api)
        listed = organization.collectors is not EVERY_COLLECTOR
        for collector, settings in configured(organization.collectors):
            yield Target(organization.name, collector, settings, api, listed)


def _quietly(poller: Poller) -> None:
    try:
        poller.poll()
    except Interrupted:
        log.info("interrupted", extra={"collector": poller.target.collector.name})


def _status_of(poller: Poller) -> CollectorStatus:
    state, target = poller.state, poller.target
    words: dict[str | None, State] = {None: "waiting", SUCCESS: "ok"}
    reading = state.reading
    return CollectorStatus(
        organization=target.organization,
        collector=target.collector.name,
        state=words.get(state.outcome, "failing"),
        reason="" if state.outcome in words else str(state.outcome),
        last_success=reading.at if reading else None,
        last_attempt=state.attempted,
        next_poll=state.next_poll,
        duration_seconds=state.seconds,
        series=reading.series if reading else 0,
    )


def site_of(exporter: Exporter, telemetry_path: str) -> Site:
    """Return the pages of an exporter.

    Raises:
        ValueError: the path cannot be that of the metrics.
    """
    return Site(
        scrape=exporter.scrape,
        waiting_for=exporter.waiting_for,
        status=lambda: exporter.status(telemetry_path),
        telemetry_path=telemetry_path,
    )


def serving(exporter: Exporter, address: str, telemetry_path: str) -> WebServer:
    """Return the server of an exporter, not yet started.

    Raises:
        ValueError: address or path cannot be read.
    """
    return WebServer(address, site_of(exporter, telemetry_path))


@contextmanager
def interruptible(exporter: Exporter) -> Iterator[None]:
    """Let SIGTERM and SIGINT end the polls of the block soon, and close the clients after it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: exporter.interrupt())
    try:
        yield
    finally:
        exporter.stop()


def serve(
    exporter: Exporter,
    server: WebServer,
    *,
    spread: float = START_SPREAD_SECONDS,
    started: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve and poll until SIGTERM or SIGINT.

    Args:
        exporter: what polls.
        server: what serves it.
        spread: seconds over which the first polls begin.
        started: is told the URL once the server listens.

    Raises:
        OSError: the address cannot be listened on.
    """
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    exporter.start(spread=spread)
    log.info("serving", extra={"url": server.url, "version": __version__})
    started(server.url)
    ended.wait()
    log.info("stopping")
    server.stop()
    exporter.stop()
    log.info("stopped")
