"""Tests that no answer, however slowly it drips, outlasts its deadline; over real connections."""

import socket
import threading
import time
from collections.abc import Callable

import pytest

from billing_exporter.genesys import ApiError, Interrupted, Timeout, UnexpectedAnswer, Unreachable
from billing_exporter.genesys.clock import Deadline, SystemClock
from billing_exporter.genesys.transport import Answer, Request, Transport
from tools.testkit.dripping import DRIPS, HANDSHAKE, Drip, dripping
from tools.testkit.recorded_api import client_at, http_answer, loopback

SECONDS = 0.4
# Without the watchdog nothing below would ever end; a busy machine may add this much.
PATIENCE_SECONDS = 30


def send(
    url: str,
    seconds: float = SECONDS,
    cancelled: Callable[[], bool] = lambda: False,
    largest_body: int = 1_000_000,
) -> Answer:
    """Send one request in real time."""
    transport = Transport(largest_body=largest_body)
    deadline = Deadline(SystemClock(threading.Event()), seconds, cancelled=cancelled)
    began = time.monotonic()
    try:
        return transport.send(Request("GET", url, "/api/v2/x", {}), deadline)
    finally:
        assert time.monotonic() - began < PATIENCE_SECONDS
        transport.close()


@pytest.mark.parametrize("part", DRIPS)
def test_no_part_of_an_answer_outlasts_the_deadline(part: str) -> None:
    """An answer of which one part drips for ever is given up at the deadline."""
    with dripping(DRIPS[part]) as url, pytest.raises(Unreachable, match="deadline"):
        send(url)


def test_a_handshake_does_not_outlast_the_deadline() -> None:
    """TLS that is agreed on byte by byte is given up at the deadline."""
    with dripping(HANDSHAKE) as url, pytest.raises(Unreachable, match="deadline"):
        send(url.replace("http:", "https:"))


@pytest.mark.parametrize("part", ["status line", "header"])
def test_a_proxy_does_not_outlast_the_deadline(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that answers byte by byte is given up at the deadline."""
    with dripping(DRIPS[part]) as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        with pytest.raises(Unreachable, match="deadline"):
            send("https://api.example.com")


def test_a_name_that_is_looked_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up of a name that hangs is given up, and the next request starts no second one."""
    ended, looked_up = threading.Event(), []

    def hang(host: str, *_: object, **__: object) -> None:
        looked_up.append(host)
        ended.wait(PATIENCE_SECONDS)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    for _ in range(2):
        with pytest.raises(Unreachable, match=r"no connection in time|deadline"):
            send("http://api.example.com")
    ended.set()
    assert looked_up == ["api.example.com"]


@pytest.mark.parametrize("part", ["100 Continue", "trailer", "body without length", "chunk size"])
def test_a_flood_does_not_outlast_the_deadline(part: str) -> None:
    """The same parts without any pause end too: at the deadline, or earlier for their size."""
    drip = DRIPS[part]
    flood = Drip(drip.beginning, drip.repeated * 1000, pause=0)
    with dripping(flood) as url, pytest.raises(ApiError):
        send(url)


@pytest.mark.parametrize("part", ["empty gzip blocks", "empty gzip files"])
def test_bytes_count_before_they_are_unpacked(part: str) -> None:
    """A compressed body that unpacks to nothing is refused once too much of it has arrived."""
    drip = DRIPS[part]
    flood = Drip(drip.beginning, drip.repeated * 100, pause=0)
    with dripping(flood) as url, pytest.raises(UnexpectedAnswer, match="larger than 100000 bytes"):
        send(url, seconds=PATIENCE_SECONDS, largest_body=100_000)


def test_a_call_that_nobody_wants_any_more() -> None:
    """A request whose result is not wanted any more is given up soon, long before its deadline."""
    cancelled = threading.Event()
    threading.Timer(0.1, cancelled.set).start()
    with dripping(DRIPS["header"]) as url, pytest.raises(Interrupted):
        send(url, seconds=600, cancelled=cancelled.is_set)


@pytest.mark.parametrize("part", ["status line", "header", "trailer", "empty gzip blocks"])
def test_a_login_that_drips_ends_with_the_poll(part: str) -> None:
    """The login's answer counts against the poll's time, and that is the reason."""
    with dripping(DRIPS[part]) as url:
        api = client_at(url).within(SECONDS)
        began = time.monotonic()
        with pytest.raises(Timeout):
            api.get_organizations_me()
        assert time.monotonic() - began < PATIENCE_SECONDS
        api.close()


def test_a_head_that_was_cut_is_no_answer() -> None:
    """Headers that end where the watchdog closed the connection do not pass as a whole answer."""
    drip = Drip(b"HTTP/1.1 200 OK\r\n", b"X-Y: z\r\n")
    with dripping(drip) as url, pytest.raises(Unreachable, match="deadline"):
        send(url)


def test_other_requests_go_on() -> None:
    """A connection that is closed at a deadline is not one that another request uses."""
    transport = Transport()
    clock = SystemClock(threading.Event())
    with loopback(http_answer(b"{}")) as server, dripping(DRIPS["header"]) as slow:
        for _ in range(3):
            with pytest.raises(Unreachable):
                transport.send(Request("GET", slow, "/", {}), Deadline(clock, 0.05))
            answer = transport.send(Request("GET", server.url, "/", {}), Deadline(clock, 60))
            assert answer.body == b"{}"
        transport.close()
    assert server.connections == 1
