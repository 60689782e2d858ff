"""The one place that builds every part, joins them, and starts and stops them in order."""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from billing_exporter import __version__
from billing_exporter.collectors import WHOLE, Shard
from billing_exporter.config import Settings
from billing_exporter.exporter import START_SPREAD_SECONDS, Exporter, Reloader, utc_now
from billing_exporter.httpd.server import WebServer
from billing_exporter.malloc import without_collection
from billing_exporter.signals import Signals
from billing_exporter.telemetry.catalogue import ABORTED, HANDSHAKES
from billing_exporter.web.access_control import AccessControl
from billing_exporter.web.page_routes import PageRoutes
from billing_exporter.web.protection import Protection
from billing_exporter.web.route_prefix import NO_PREFIX, Prefix, PrefixedRoutes
from billing_exporter.web.routes import HEALTH_PATHS, Routes

log = logging.getLogger(__name__)

# A start with many saved readings that are rendered again takes longer than Kubernetes waits for
# a sign of life; one that is soon done leaves who connects meanwhile waiting for a moment.
LISTEN_SECONDS = 5.0
# How soon a changed configuration is noticed.
_WATCH_SECONDS = 5.0


@dataclass(frozen=True)
class App:
    """All parts of a running exporter, joined; ``restore`` shows what was saved."""

    exporter: Exporter
    server: WebServer
    reload: Callable[[], str | None]
    restore: Callable[[], None]


def build(
    settings: Settings,
    *,
    address: str | Sequence[str],
    telemetry_path: str = "/metrics",
    prefix: Prefix = NO_PREFIX,
    listener: socket.socket | None = None,
    read_settings: Callable[[], Settings] | None = None,
    protection: Callable[[], Protection] = Protection,
    protect_health: bool = False,
    pages: bool = True,
    now: Callable[[], datetime] = utc_now,
    state: Path | None = None,
    redact: Callable[[str], None] = lambda _: None,
    shard: Shard = WHOLE,
    restored: bool = True,
) -> App:
    """Return the exporter and its web server, joined but not started.

    Args:
        settings: what is polled.
        address: where to listen, ``host:port`` or ``:port``; one place or several.
        telemetry_path: path of the metrics.
        prefix: what stands before all paths.
        listener: listens already, in the place of the address.
        read_settings: reads the configuration again for a reload; None where there is none.
        protection: returns the current TLS and authentication settings, by default none.
        protect_health: whether health endpoints ask for a password as well.
        pages: whether pages and their JSON are served.
        now: the time that readings get, UTC.
        state: folder where readings are kept over restarts, if they are.
        redact: receives each secret before it is used, so that no log shows it.
        shard: which part of the customers is polled.
        restored: whether what was saved is restored here, or by ``serve``.

    Raises:
        ValueError: address or path cannot be read.
    """
    exporter = Exporter(
        settings, now=now, state=state, redact=redact, shard=shard, restored=restored
    )
    reload = Reloader(exporter, read_settings or (lambda: settings)).reload
    routes = Routes(
        scrape=exporter.scrape,
        pages=PageRoutes(exporter.views(), telemetry_path=telemetry_path, version=__version__)
        if pages
        else None,
        telemetry_path=telemetry_path,
        reload=reload if read_settings else None,
        is_restored=lambda: exporter.is_restored,
    )
    guarded = AccessControl(routes, protection, open_paths=() if protect_health else HEALTH_PATHS)
    site = PrefixedRoutes(guarded, prefix)
    server = WebServer(address, site, tls=lambda: protection().tls, listener=listener)
    exporter.telemetry.follow(ABORTED, lambda: server.aborted)
    exporter.telemetry.follow(HANDSHAKES, lambda: server.failed_handshakes)
    restore = partial(exporter.change, settings) if not restored else lambda: None
    return App(exporter, server, reload, restore)


@contextmanager
def listening(server: WebServer, seconds: float = LISTEN_SECONDS) -> Iterator[None]:
    """Let a server listen from the end of the block on, or sooner where that takes too long.

    Raises:
        OSError: the address cannot be listened on.
    """
    starting, errors = threading.Lock(), list[OSError]()

    def start() -> None:
        with starting:
            if not (server.is_started or errors):
                try:
                    server.start()
                except OSError as error:
                    errors.append(error)

    timer = threading.Timer(seconds, start)
    timer.name, timer.daemon = "listen", True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    start()
    for error in errors:
        raise error


def serve(
    app: App,
    *,
    spread: float = START_SPREAD_SECONDS,
    started: Callable[[str], None] = lambda _: None,
    changed: Callable[[], bool] = lambda: False,
    beside: AbstractContextManager[object] | None = None,
) -> None:
    """Serve and poll until SIGTERM or SIGINT; SIGHUP and a changed configuration reload.

    SIGTERM and SIGINT end the process at once while saved readings are restored.

    Args:
        app: what is served.
        spread: seconds over which the first polls begin.
        started: receives the URL once the server listens.
        changed: reports, when it is asked now and then, that the configuration has changed.
        beside: is entered when what was saved is restored, and left at the end.

    Raises:
        OSError: the address cannot be listened on.
    """
    with Signals(signal.SIGHUP) as signals:
        with listening(app.server), without_collection():
            app.restore()
        signals.take(signal.SIGTERM, signal.SIGINT)
        with beside or nullcontext():
            app.exporter.start(spread=spread)
            log.info("serving", extra={"url": app.server.url, "version": __version__})
            started(app.server.url)
            while (received := signals.wait(_WATCH_SECONDS)) in {None, int(signal.SIGHUP)}:
                if received is not None or changed():
                    app.reload()
            log.info("stopping")
            app.server.stop()
            app.exporter.stop()
            log.info("stopped")
