"""Tests of proxies and certificate authorities that the environment names."""

import socket
from pathlib import Path

import pytest

from billing_exporter.genesys.clock import Deadline
from billing_exporter.genesys.errors import Unreachable
from billing_exporter.genesys.network_environment import (
    CA_VARIABLES,
    is_loopback,
    proxies_for,
    proxy_variable,
    trusted,
)
from billing_exporter.genesys.transport import Request, Transport
from tools.testkit.recorded_api import API, FakeClock, http_answer, loopback

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy")


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the machine's own environment says."""
    for name in (*PROXY_VARIABLES, "all_proxy", "NO_PROXY", "no_proxy", *CA_VARIABLES):
        monkeypatch.delenv(name, raising=False)


def message(url: str) -> str:
    """Return why a request gets no answer."""
    transport = Transport()
    with pytest.raises(Unreachable) as caught:
        transport.send(Request("GET", url, "/", {}), Deadline(FakeClock(), 30))
    transport.close()
    return caught.value.message


@pytest.fixture
def nobody() -> str:
    """Return an address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return f"127.0.0.1:{unused.getsockname()[1]}"


@pytest.mark.parametrize("variable", PROXY_VARIABLES)
def test_requests_to_this_machine_go_to_no_proxy(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever variable names a proxy, a request to a loopback address is sent to it directly."""
    with loopback(http_answer(b"proxied")) as proxy, loopback(http_answer(b"{}")) as server:
        monkeypatch.setenv(variable, proxy.url)
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            transport = Transport()
            answer = transport.send(Request("GET", url, "/", {}), Deadline(FakeClock(), 30))
            assert answer.body == b"{}"
            transport.close()
        assert proxy.requests == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("localhost", True),
        ("api.localhost", True),
        ("api.mypurecloud.de", False),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_hosts_of_this_machine(host: str, expected: bool) -> None:
    """Loopback addresses and the names reserved for them are this machine's."""
    assert is_loopback(host) is expected


def test_no_proxy_is_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that NO_PROXY names is asked directly."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    assert "https" in proxies_for(API)
    monkeypatch.setenv("NO_PROXY", "example.com")
    assert proxies_for(API) == {}


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("407 Proxy Authentication Required", "asks for a password (407)"),
        ("403 Forbidden", "refuses this host (403)"),
        ("502 Bad Gateway", "answered 502"),
    ],
)
def test_the_status_of_a_proxy_is_reported(
    status: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that does not connect is reported with its status and the variable, no password."""
    with loopback(http_answer(b"", status=status)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url.replace("://", "://user:shibboleth@"))
        reported = message(API)
    assert text in reported
    assert "https_proxy" in reported
    assert "shibboleth" not in reported


def test_interim_answers_of_a_proxy_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a proxy answers is its final status, whatever interim answers come before it."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    with loopback(interim + http_answer(b"", status="407 Proxy Authentication Required")) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        assert "asks for a password (407)" in message(API)


def test_a_proxy_that_nobody_runs(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that refuses connections is reported with the system's word and the variable."""
    monkeypatch.setenv("ALL_PROXY", f"http://user:shibboleth@{nobody}")
    assert message(API) == (
        "the proxy in ALL_PROXY does not answer (Connection refused): check ALL_PROXY and NO_PROXY"
    )


def test_names_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host's name that cannot be resolved is reported so, and a proxy's with its variable."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "the host's name cannot be resolved" in message(API)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    assert message(API) == "the proxy's name in HTTPS_PROXY cannot be resolved"


def test_a_refused_connection(nobody: str) -> None:
    """A connection that is refused is reported with the system's word."""
    assert message(f"http://{nobody}").startswith("no connection (Connection refused)")


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_authorities_that_cannot_be_read(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file of authorities that is missing or holds none is reported with its variable."""
    missing, empty = tmp_path / "missing.pem", tmp_path / "empty.pem"
    empty.write_text("nothing")
    monkeypatch.setenv(variable, str(missing))
    text = f"{variable} names {missing}, which cannot be read: No such file or directory"
    assert message(API) == text
    monkeypatch.setenv(variable, str(empty))
    assert message(API) == f"{variable} names {empty}, which holds no certificate in PEM form"


def test_the_usual_authorities() -> None:
    """Without a variable the authorities that certifi ships are trusted, with the system's."""
    assert trusted({}).cert_store_stats()["x509_ca"] > 50


def test_the_variable_of_the_proxy() -> None:
    """The variable that counts is the one that requests reads first."""
    assert proxy_variable({}) == "HTTPS_PROXY"
    assert proxy_variable({"HTTPS_PROXY": "a", "https_proxy": "b"}) == "https_proxy"
    assert proxy_variable({"https_proxy": "", "ALL_PROXY": "b"}) == "ALL_PROXY"
