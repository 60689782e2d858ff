"""One request out, one answer's bytes in, within bounds of time and size.

It follows no redirect, keeps no cookie and tries nothing twice. Connections are kept, and shared by
all threads. At the deadline a watchdog closes the connection, wherever the request then waits.
"""

import os
import ssl
import threading
import zlib
from collections.abc import Mapping
from http.client import HTTPException
from traceback import clear_frames
from typing import Any, NoReturn

import requests
import urllib3.exceptions
from msgspec import Struct
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connectionpool import ConnectionPool

from billing_exporter.genesys.body import EncodingError, TooLargeError, read_body
from billing_exporter.genesys.clock import LATE, Deadline
from billing_exporter.genesys.connection_errors import explain
from billing_exporter.genesys.connections import watch
from billing_exporter.genesys.errors import UnexpectedAnswer, Unreachable
from billing_exporter.genesys.network_environment import proxies_for, trusted
from billing_exporter.genesys.watchdog import Watchdog

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 60.0
_LARGEST_BODY = 64 * 1024 * 1024
_CONNECTIONS = 32


class Request(Struct, frozen=True):
    """What goes out; the headers can hold credentials, so `repr` shows the target alone."""

    method: str
    origin: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None

    def __repr__(self) -> str:
        """Return the method and the origin."""
        return f"Request({self.method} {self.origin})"


class Answer(Struct, frozen=True):
    """What came back, whatever its status; the body is nothing for `repr`."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Return the status."""
        return f"Answer({self.status})"


class _Adapter(HTTPAdapter):
    """The adapter of requests, but it looks an origin's connections up once, not at each request.

    What they depend on besides the origin (proxies, certificate authorities) never changes.
    Once closed it opens no more, not even for a thread that comes late.
    """

    def __init__(self) -> None:
        super().__init__(pool_maxsize=_CONNECTIONS)
        self._pools: dict[str, ConnectionPool] = {}
        self._trusted: ssl.SSLContext | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        watch(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        watch(manager)
        return manager

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, *args, **kwargs)
        if host["scheme"] == "https":
            self._trusted = self._trusted or trusted(os.environ)
            pool["ssl_context"] = self._trusted
        return host, pool

    def cert_verify(self, conn: Any, *_: Any) -> None:
        # The context knows what to trust; the adapter's own way would add certifi's to it.
        conn.cert_reqs = "CERT_REQUIRED"

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> ConnectionPool:
        origin = "/".join(str(request.url).split("/", 3)[:3])
        pool = self._pools.get(origin)
        if pool is not None:
            return pool
        with self._lock:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            if self._is_closed:
                pool.close()
            self._pools[origin] = pool
        return pool

    def close(self) -> None:
        # A closed pool stays: it closes what a late thread gives back, and gives out no more.
        with self._lock:
            self._is_closed = True
            for pool in self._pools.values():
                pool.close()


class Transport:
    """The network, for the API and for the login.

    Proxies (`HTTPS_PROXY`, `NO_PROXY` and similar) and certificate authorities
    (`REQUESTS_CA_BUNDLE`, `SSL_CERT_FILE` and similar) are read from the environment once per
    origin.
    """

    def __init__(self, *, largest_body: int = _LARGEST_BODY) -> None:
        """Connect nowhere yet.

        Args:
            largest_body: Bytes, compressed or not, above which an answer is refused.
        """
        self._largest_body = largest_body
        self._adapter = _Adapter()
        self._watchdog = Watchdog()
        self._proxies: dict[str, dict[str, str]] = {}

    def send(self, request: Request, deadline: Deadline) -> Answer:
        """Send a request and read the whole answer.

        Raises:
            Unreachable: No answer, a broken one, or none before the deadline.
            Timeout: None before the poll's deadline.
            Interrupted: The poll was cancelled.
            UnexpectedAnswer: The body is larger than allowed, or compressed in another way.
        """
        left = deadline.check()
        with self._watchdog.watching(left, deadline.is_cancelled) as call:
            try:
                answer = self._exchange(request, deadline, left)
            except (OSError, HTTPException, ValueError, urllib3.exceptions.HTTPError) as error:
                _let_go(error)
                if not call.is_cut:
                    raise Unreachable(explain(error, os.environ)) from None
        # A head that was cut can look like a whole one, so an answer is none after that.
        if call.is_cut:
            _late(deadline)
        return answer

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()

    def _exchange(self, request: Request, deadline: Deadline, left: float) -> Answer:
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = request.origin + request.target
        prepared.headers = CaseInsensitiveDict(request.headers)
        prepared.body = request.body
        response = self._adapter.send(
            prepared,
            stream=True,
            timeout=(min(_CONNECT_SECONDS, left), min(_READ_SECONDS, left)),
            proxies=self._proxies_for(request.origin),
        )
        try:
            return Answer(response.status_code, response.headers, self._read(response, deadline))
        except BaseException:
            response.close()
            raise

    def _proxies_for(self, origin: str) -> dict[str, str]:
        found = self._proxies.get(origin)
        if found is None:
            found = self._proxies[origin] = proxies_for(origin)
        return found

    def _read(self, response: requests.Response, deadline: Deadline) -> bytes:
        encoding = response.headers.get("Content-Encoding", "")
        status = response.status_code
        # Raised after the block: an error that has another as its context keeps all its frames.
        try:
            return read_body(response.raw, encoding, self._largest_body, deadline.check)
        except TooLargeError:
            text = f"the answer is larger than {self._largest_body} bytes; is it the API's?"
        except EncodingError:
            text = "the answer is compressed in a way that was not asked for"
        except zlib.error:
            text = ""
        if text:
            raise UnexpectedAnswer(text, status=status)
        raise Unreachable("the answer's compression is broken", status=status)


def _late(deadline: Deadline) -> NoReturn:
    deadline.check()
    raise Unreachable(LATE)


def _let_go(error: BaseException | None) -> None:
    """Take the frames from an error and from those before it.

    They hold the whole stack; those of urllib3 hold their errors too, and so all would stay until
    the garbage collector looks at old objects.
    """
    while error is not None:
        clear_frames(error.__traceback__)
        error.__traceback__ = None
        error = error.__context__
