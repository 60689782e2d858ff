"""Connections that a watchdog can close, from the look-up of the host's name on.

A name is looked up in a thread of its own, because a look-up that hangs cannot be interrupted. All
who need the same name wait for the same look-up, so that no more than one hangs.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from http import HTTPStatus
from http.client import HTTPResponse, parse_headers
from typing import Any, TypeAlias

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.poolmanager import PoolManager

from billing_exporter.genesys.watchdog import current_call

_Found: TypeAlias = list[tuple[Any, Any, int, str, Any]]


class Resolver:
    """Looks host names up, each at most once at a time."""

    def __init__(self) -> None:
        """Look nothing up yet."""
        self._lock = threading.Lock()
        self._running: dict[tuple[str, int], Future[_Found]] = {}

    def addresses(self, host: str, port: int, seconds: float) -> _Found:
        """Return the addresses of a host as `socket.getaddrinfo` does.

        Raises:
            socket.gaierror: There is no such name.
            TimeoutError: The look-up takes longer than that.
        """
        if _is_address(host):
            return _look_up(host, port)
        with self._lock:
            look_up = self._running.get((host, port))
            if look_up is None:
                look_up = self._running[host, port] = Future()
                threading.Thread(target=self._run, args=(host, port, look_up), daemon=True).start()
        return look_up.result(seconds)

    def _run(self, host: str, port: int, look_up: Future[_Found]) -> None:
        try:
            look_up.set_result(_look_up(host, port))
        except (OSError, UnicodeError) as error:
            look_up.set_exception(error)
        finally:
            with self._lock:
                del self._running[host, port]


_resolver = Resolver()


class _FinalResponse(HTTPResponse):
    """A response without the interim ones before it: not 100 alone, also 103 Early Hints.

    A server may send any number of them; the watchdog bounds the time that they take.
    """

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc] # no public one
            is_interim = HTTPStatus.CONTINUE <= status < HTTPStatus.OK
            if not is_interim or status == HTTPStatus.SWITCHING_PROTOCOLS:
                return version, status, reason
            parse_headers(self.fp)


class _Watched(HTTPConnection):
    """A connection that shows its socket to the call that uses it."""

    response_class = _FinalResponse

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:  # one that was kept
            current_call.get().use(self.sock)
        super().request(*args, **kwargs)

    def _new_conn(self) -> socket.socket:
        try:
            return _connect(self)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "no connection in time") from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error


class _WatchedTls(_Watched, HTTPSConnection):
    """The same over TLS; the handshake is watched too."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


def watch(manager: PoolManager) -> None:
    """Let all connections of a manager be watched."""
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def _connect(connection: HTTPConnection) -> socket.socket:
    """Connect to the first address of the host that answers; each gets its share of the time."""
    until = time.monotonic() + float(connection.timeout or 0)
    host = connection._dns_host.strip("[]")  # noqa: SLF001 - `host` is without a final dot
    found = _resolver.addresses(host, connection.port, until - time.monotonic())
    failure = OSError("the name has no address")
    for tried, (family, kind, protocol, _, address) in enumerate(found):
        share = (until - time.monotonic()) / (len(found) - tried)
        sock = socket.socket(family, kind, protocol)
        try:
            _open(sock, address, share, connection.socket_options or ())
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


def _open(sock: socket.socket, address: Any, seconds: float, options: Sequence[Any]) -> None:
    if seconds <= 0:
        raise TimeoutError
    for option in options:
        sock.setsockopt(*option)
    sock.settimeout(seconds)
    current_call.get().use(sock)
    sock.connect(address)


def _look_up(host: str, port: int) -> _Found:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
