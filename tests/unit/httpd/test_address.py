"""Listen addresses: which are read, and what an operator hears about the others."""

import socket

import pytest

from billing_exporter.httpd import address
from billing_exporter.httpd.address import Address, ListenError, base_url, listen, parse_address
from billing_exporter.httpd.server import WebServer
from tests.unit.httpd.clients import Answers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":10059", Address("", 10059)),
        ("127.0.0.1:0", Address("127.0.0.1", 0)),
        ("[::1]:10059", Address("::1", 10059)),
        ("[fe80::1%eth0]:80", Address("fe80::1%eth0", 80)),
        ("localhost:65535", Address("localhost", 65535)),
    ],
)
def test_good_addresses(text: str, expected: Address) -> None:
    """Addresses in the manner of Prometheus are read, and written the same way."""
    assert parse_address(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10059",
        "localhost",
        "::1:10059",
        "a b:1",
        "http://a:1",
        ":",
        ":65536",
        ":-1",
        "a..b:1",
        f"{'a' * 64}:1",
        ":¹",
    ],
)
def test_bad_addresses(text: str) -> None:
    """A bad address is refused before anything starts, with the text that was given."""
    with pytest.raises(ValueError, match="cannot listen on ") as refusal:
        WebServer(text, Answers())
    assert repr(text) in str(refusal.value)


def test_a_taken_port_is_named() -> None:
    """Where the port is taken, the error names the address and the reason."""
    with listen(Address("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError) as error:
            listen(Address("127.0.0.1", port))
    assert str(error.value) == f"cannot listen on 127.0.0.1:{port}: Address already in use"


def test_another_machines_address_is_named() -> None:
    """Where the address belongs to another machine, the error says so."""
    with pytest.raises(ListenError, match=r"cannot listen on 192\.0\.2\.1:1: Cannot assign"):
        listen(Address("192.0.2.1", 1))


def test_an_unknown_host_is_explained() -> None:
    """Where a host is unknown, the reason is the resolver's, whose numbers are its own."""
    error = socket.gaierror(8, "Name or service not known")
    assert address._reason(error) == "Name or service not known"


@pytest.mark.parametrize(
    ("host", "target"),
    [("", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::1", "::1")],
)
def test_clients_reach_it(host: str, target: str) -> None:
    """An address is reached by the clients it is meant for."""
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with listen(Address(host, 0)) as listener:
        socket.create_connection((target, listener.getsockname()[1]), timeout=5).close()


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_every_interface_is_both_families() -> None:
    """An address without a host is reached by IPv6 as well."""
    with listen(Address("", 0)) as listener:
        socket.create_connection(("::1", listener.getsockname()[1]), timeout=5).close()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://localhost:80"),
        ("0.0.0.0", "http://localhost:80"),  # noqa: S104 - nothing is bound
        ("::", "http://localhost:80"),
        ("::1", "http://[::1]:80"),
        ("127.0.0.1", "http://127.0.0.1:80"),
    ],
)
def test_url(host: str, url: str) -> None:
    """The URL is one that works on this machine."""
    assert base_url(Address(host, 80), 80) == url
