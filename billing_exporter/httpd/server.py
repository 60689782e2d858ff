"""A small HTTP/1.1 server for a few trusted readers and any number of broken ones.

Each connection has its own thread, and only so many live at a time. Slow and idle clients
lose their place to newer ones, so that they cannot keep a scrape out.
"""

import errno
import logging
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from billing_exporter.httpd.address import address_of, base_url, listen, parse_address
from billing_exporter.httpd.connection import Connection, Handler, Limits
from billing_exporter.httpd.connection_limit import Crowd, connections_for_descriptors
from billing_exporter.httpd.request import RequestError
from billing_exporter.httpd.tls import HandshakeError, Tls

FINISH_SECONDS = 0.4
"""How long answers under way may go on when the server stops."""
CUT_SECONDS = 0.4
"""How long threads may take to end after their connections were cut."""
PAUSE_SECONDS = 1.0
"""How long no client is accepted when the system has no descriptor or thread to give."""
_NO_DESCRIPTOR = {errno.EMFILE, errno.ENFILE}

logger = logging.getLogger(__name__)


class WebServer:
    """Serves a site on one address or several, once, from ``start`` to ``stop``."""

    def __init__(
        self,
        address: str | Sequence[str],
        site: Handler,
        *,
        limits: Limits | None = None,
        tls: Callable[[], Tls | None] = lambda: None,
        listener: socket.socket | None = None,
    ) -> None:
        """Prepare to serve on an address such as ``:10059`` or ``127.0.0.1:0``.

        Args:
            address: Where to listen, one place or several.
            site: What answers.
            limits: What clients are granted, by default as much as descriptors allow.
            tls: Asked for each connection how to secure it; None is in clear.
            listener: Listens already, in the place of the addresses.

        Raises:
            ValueError: The address cannot be read.
        """
        texts = (address,) if isinstance(address, str) else address
        self._addresses = (address_of(listener),) if listener else tuple(map(parse_address, texts))
        self._listeners: list[socket.socket] = [listener] if listener else []
        self._site = site
        self._limits = limits or Limits(connections=connections_for_descriptors())
        self._tls = tls
        self._crowd = Crowd(self._limits.connections)
        self._threads: set[threading.Thread] = set()
        self._stopping = threading.Event()
        self._aborted = 0
        self._failed_handshakes = 0
        self._counting = threading.Lock()
        self._acceptor = threading.Thread(target=self._accept_all, name="web", daemon=True)

    def start(self) -> None:
        """Listen, and answer in threads of its own.

        Raises:
            ListenError: An address cannot be listened on; then none is.
        """
        if not self._listeners:
            self._listen()
        for listener in self._listeners:
            listener.setblocking(False)
        self._wakeup, self._woken = socket.socketpair()
        self._acceptor.start()

    @property
    def is_started(self) -> bool:
        """Whether it listens, or has."""
        return self._acceptor.ident is not None

    def stop(self) -> None:
        """Stop listening, let answers under way finish for a moment, and cut what remains.

        Returns within a second. Does nothing where nothing was started.
        """
        if not self._acceptor.is_alive():
            return
        self._stopping.set()
        self._wakeup.close()
        self._acceptor.join()
        self._woken.close()
        self._close_listeners()
        self._crowd.hurry()
        self._join(FINISH_SECONDS)
        self._crowd.cut()
        self._join(CUT_SECONDS)

    @property
    def port(self) -> int:
        """The first port that the started server listens on, also where any was asked for."""
        return self.ports[0]

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports that the started server listens on, in the order of the addresses."""
        return tuple(listener.getsockname()[1] for listener in self._listeners)

    @property
    def url(self) -> str:
        """Where this machine reaches the started server, without a final slash."""
        return base_url(self._addresses[0], self.port, "https" if self._tls() else "http")

    @property
    def aborted(self) -> int:
        """How many connections were refused, or broke with a request or an answer unfinished."""
        return self._aborted

    @property
    def failed_handshakes(self) -> int:
        """How many of the aborted connections found no agreement on TLS."""
        return self._failed_handshakes

    def _listen(self) -> None:
        """Listen on every address, or on none."""
        try:
            for address in self._addresses:
                self._listeners.append(listen(address))
        except OSError:
            self._close_listeners()
            raise

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            listener.close()

    def _accept_all(self) -> None:
        """Accept clients until the server stops."""
        listeners = {listener.fileno(): listener for listener in self._listeners}
        poll = select.poll()
        for descriptor in (*listeners, self._woken.fileno()):
            poll.register(descriptor, select.POLLIN)
        while not self._stopping.is_set():
            ready = [listeners[number] for number, _ in poll.poll() if number in listeners]
            for listener in ready:
                self._try_to_accept(listener)

    def _try_to_accept(self, listener: socket.socket) -> None:
        """Accept a client, or make room for it and pause."""
        try:
            self._accept(listener)
        except (OSError, RuntimeError) as error:
            logger.warning("cannot accept connections for the moment: %s", error)
            if isinstance(error, OSError) and error.errno in _NO_DESCRIPTOR:
                self._crowd.make_room()
            self._stopping.wait(PAUSE_SECONDS)

    def _accept(self, listener: socket.socket) -> None:
        """Accept a client, if one is still there, and give it a thread.

        Raises:
            OSError: The system has no descriptor left.
            RuntimeError: The system has no thread left.
        """
        try:
            sock, _ = listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        connection = Connection(sock, self._site, self._limits, self._tls)
        self._crowd.enter(connection)
        thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
        try:
            thread.start()
        except RuntimeError:
            self._crowd.leave(connection)
            raise
        self._threads = {thread, *filter(threading.Thread.is_alive, self._threads)}

    def _serve(self, connection: Connection) -> None:
        """Serve a client until it is done, and whatever it does, leave nothing open."""
        try:
            connection.converse(partial(self._crowd.answering, connection))
        except (OSError, RequestError) as error:
            logger.debug("a client was refused or broke off: %s", error)
            with self._counting:
                self._aborted += 1
                self._failed_handshakes += isinstance(error, HandshakeError)
        finally:
            self._crowd.leave(connection)

    def _join(self, seconds: float) -> None:
        """Wait for the threads of the clients, all together no longer than so many seconds."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
