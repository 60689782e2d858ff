"""One request out, one answer's bytes in, within bounds of time and size.

It follows no redirect, keeps no cookie and tries nothing twice. Connections are kept, and shared by
all threads.
"""

import os
import threading
from collections.abc import Mapping
from http.client import HTTPException
from traceback import clear_frames
from typing import TypedDict

import requests
import urllib3.exceptions
from msgspec import Struct
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies
from urllib3.connectionpool import ConnectionPool

from billing_exporter.genesys.clock import Deadline
from billing_exporter.genesys.errors import UnexpectedAnswer, Unreachable

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 60.0
_LARGEST_BODY = 64 * 1024 * 1024
_PIECE = 256 * 1024
_CONNECTIONS = 32

# The first kind that fits explains. The exceptions' own text could hold a proxy's password.
_EXPLANATIONS: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.SSLError, "TLS failed: is the certificate one that this machine trusts?"),
    (requests.exceptions.ProxyError, "the proxy did not answer: check HTTPS_PROXY and NO_PROXY"),
    (requests.exceptions.ConnectTimeout, "no connection in time: check the network and firewalls"),
    (requests.exceptions.Timeout, "no answer in time"),
    (requests.exceptions.ConnectionError, "no connection: check the host's name and the network"),
    (requests.exceptions.RequestException, "no request could be made: check the URLs and proxies"),
    (urllib3.exceptions.TimeoutError, "the answer stalled"),
    (urllib3.exceptions.DecodeError, "the answer's compression is broken"),
    (urllib3.exceptions.HTTPError, "the answer was cut off"),
    (OSError, "no connection: check the network and REQUESTS_CA_BUNDLE"),
)


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


class _Surroundings(TypedDict):
    proxies: dict[str, str]
    verify: bool | str


class _Adapter(HTTPAdapter):
    """The adapter of requests, but it looks an origin's connections up once, not at each request.

    What they depend on besides the origin (proxies, certificate authorities) never changes.
    Once closed it opens no more, not even for a thread that comes late.
    """

    def __init__(self) -> None:
        super().__init__(pool_maxsize=_CONNECTIONS)
        self._pools: dict[str, ConnectionPool] = {}
        self._is_closed = False
        self._lock = threading.Lock()

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

    Proxies (`HTTPS_PROXY`, `NO_PROXY` and their kin) and certificate authorities
    (`REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`) are read from the environment once per origin.
    """

    def __init__(self, *, largest_body: int = _LARGEST_BODY) -> None:
        """Connect nowhere yet.

        Args:
            largest_body: Bytes, decompressed, above which an answer is refused.
        """
        self._largest_body = largest_body
        self._adapter = _Adapter()
        self._surroundings: dict[str, _Surroundings] = {}

    def send(self, request: Request, deadline: Deadline) -> Answer:
        """Send a request and read the whole answer.

        Raises:
            Unreachable: No answer, a broken one, or none before the deadline.
            Timeout: None before the poll's deadline.
            UnexpectedAnswer: The body is larger than allowed.
        """
        try:
            response = self._open(request, deadline)
            try:
                body = self._read(response, deadline)
            except BaseException:
                response.close()
                raise
        except (OSError, HTTPException, ValueError, urllib3.exceptions.HTTPError) as error:
            _let_go(error)
            raise Unreachable(_explain(error)) from None
        return Answer(response.status_code, response.headers, body)

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()

    def _open(self, request: Request, deadline: Deadline) -> requests.Response:
        left = deadline.check()
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = request.origin + request.target
        prepared.headers = CaseInsensitiveDict(request.headers)
        prepared.body = request.body
        return self._adapter.send(
            prepared,
            stream=True,
            timeout=(min(_CONNECT_SECONDS, left), min(_READ_SECONDS, left)),
            **self._surroundings_of(request.origin),
        )

    def _surroundings_of(self, origin: str) -> _Surroundings:
        found = self._surroundings.get(origin)
        if found is None:
            bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
            found = _Surroundings(proxies=get_environ_proxies(origin), verify=bundle or True)
            self._surroundings[origin] = found
        return found

    def _read(self, response: requests.Response, deadline: Deadline) -> bytes:
        # read1 returns what is there, so that a slow body cannot outlast the deadline unseen.
        body = bytearray()
        while piece := response.raw.read1(_PIECE, decode_content=True):
            body += piece
            if len(body) > self._largest_body:
                # An error keeps its frames for a while, and they must not keep the body.
                body.clear()
                raise UnexpectedAnswer(
                    f"the answer is larger than {self._largest_body} bytes; is it the API's?",
                    status=response.status_code,
                )
            deadline.check()
        return bytes(body)


def _let_go(error: BaseException | None) -> None:
    """Take the frames from an error and from those before it.

    They hold the whole stack; those of urllib3 hold their errors too, and so all would stay until
    the garbage collector looks at old objects.
    """
    while error is not None:
        clear_frames(error.__traceback__)
        error.__traceback__ = None
        error = error.__context__


def _explain(error: Exception) -> str:
    fitting = (text for kind, text in _EXPLANATIONS if isinstance(error, kind))
    return next(fitting, "the answer is not HTTP")
