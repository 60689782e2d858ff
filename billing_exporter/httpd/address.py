"""Addresses that the server listens on, in the manner of Prometheus, and their sockets."""

import os
import re
import socket
from collections.abc import MutableMapping
from dataclasses import dataclass

_FIRST_INHERITED = 3
"""The number of the first socket that systemd hands over."""

BACKLOG = 512
"""Clients that may knock at the same moment; the system may allow fewer."""

_HOST = r"[\w-]{1,63}(?:\.[\w-]{1,63})*"
_ADDRESS = re.compile(
    r"(?:\[(?P<v6>[0-9a-f:.]+(?:%[\w.-]+)?)\]|(?P<host>" + _HOST + r")?):(?P<port>[0-9]{1,5})",
    re.ASCII | re.IGNORECASE,
)
_EVERY_INTERFACE = ("", "::")


class ListenError(OSError):
    """The server cannot listen on its address, which the text names."""


@dataclass(frozen=True)
class Address:
    """Where to listen. An empty host means every interface, port 0 any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return the address as an operator writes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read ``:10059``, ``127.0.0.1:10059``, ``[::1]:10059`` or ``localhost:10059``.

    Raises:
        ValueError: The text is none of these; the message says what would be right.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError(
            f"cannot listen on {text!r}: write host:port, such as 127.0.0.1:10059 or [::1]:10059,"
            " or :10059 for every interface"
        )
    port = int(match["port"])
    if port > 65535:  # noqa: PLR2004 - the highest port there is
        raise ValueError(f"cannot listen on {text!r}: a port is a number from 0 to 65535")
    return Address(match["v6"] or match["host"] or "", port)


def listen(address: Address) -> socket.socket:
    """Return a socket that listens on the address.

    Raises:
        ListenError: The host is unknown, the port taken or not allowed.
    """
    try:
        return _listen(address)
    except OSError as error:
        raise ListenError(f"cannot listen on {address}: {_reason(error)}") from error


def address_of(listener: socket.socket) -> Address:
    """Return where a socket listens."""
    host, port = listener.getsockname()[:2]
    return Address(host, port)


def inherited_listener(environment: MutableMapping[str, str]) -> socket.socket:
    """Return the listening socket that systemd has opened, and take its variables away.

    Raises:
        ValueError: There is not exactly one, or it is no listening TCP socket.
    """
    number = environment.pop("LISTEN_FDS", "")
    meant = environment.pop("LISTEN_PID", "") == str(os.getpid())
    environment.pop("LISTEN_FDNAMES", None)
    if not meant or number != "1":
        found = number if meant and number else "none"
        raise ValueError(f"--web.systemd-socket: expected one socket of systemd, got {found}")
    os.set_inheritable(_FIRST_INHERITED, False)
    listener = socket.socket(fileno=_FIRST_INHERITED)
    tcp = listener.family in {socket.AF_INET, socket.AF_INET6}
    if not tcp or not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise ValueError("--web.systemd-socket: the socket of systemd is no listening TCP socket")
    return listener


def base_url(address: Address, port: int, scheme: str = "http") -> str:
    """Return the URL, without a final slash, at which this machine reaches the server."""
    everywhere = address.host in (*_EVERY_INTERFACE, "0.0.0.0")  # noqa: S104 - compared, not bound
    return f"{scheme}://{Address('localhost' if everywhere else address.host, port)}"


def _listen(address: Address) -> socket.socket:
    """Return a listening socket, or raise what the system says."""
    if address.host in _EVERY_INTERFACE and socket.has_dualstack_ipv6():
        return socket.create_server(
            ("", address.port),
            family=socket.AF_INET6,
            backlog=BACKLOG,
            dualstack_ipv6=True,
        )
    found = socket.getaddrinfo(
        address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    # A name such as localhost has several addresses; clients try IPv4 as well as IPv6.
    family, _, _, _, place = min(found, key=lambda entry: entry[0] is not socket.AF_INET)
    return socket.create_server(place, family=family, backlog=BACKLOG)


def _reason(error: OSError) -> str:
    """Return the system's words alone, for the library adds the address as a tuple."""
    if isinstance(error, socket.gaierror) or error.errno is None:
        return error.strerror or str(error)
    return os.strerror(error.errno)
