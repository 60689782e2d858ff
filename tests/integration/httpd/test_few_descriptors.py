"""A process with few descriptors still answers scrapes, whatever idle clients do."""

import resource
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

from billing_exporter.httpd.connection_limit import connections_for_descriptors
from tools.testkit.scrapes import fetch

# A server on a free port that answers every request; it says where.
_PROGRAM = """\
import sys
from billing_exporter.httpd.response import text_response
from billing_exporter.httpd.server import WebServer

class Site:
    def handle(self, method, target, headers):
        return text_response(200, "answered")

server = WebServer("127.0.0.1:0", Site())
server.start()
print(server.url, flush=True)
sys.stdin.read()
server.stop()
"""


def few_descriptors() -> None:
    """Leave the program 64 descriptors, as `ulimit -n 64` does."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def test_idle_clients_do_not_use_up_the_descriptors() -> None:
    """With 64 descriptors and 80 idle clients, a scrape is answered."""
    with ExitStack() as stack:
        program = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                preexec_fn=few_descriptors,  # noqa: PLW1509 - no thread runs in the test
            )
        )
        assert program.stdin is not None
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        host, _, port = url.rpartition("/")[2].partition(":")
        for _ in range(80):
            stack.enter_context(socket.create_connection((host, int(port)), timeout=30))
        assert fetch(f"{url}/metrics").text == "answered\n"
        program.stdin.close()
        assert program.wait(30) == 0


@pytest.mark.parametrize(
    ("limit", "expected"), [(64, 20), (20, 8), (256, 116), (1024, 500), (1 << 20, 512)]
)
def test_clients_get_half_of_the_descriptors(
    limit: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the descriptors is left for the API, and never more clients than 512 are admitted."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert connections_for_descriptors() == expected


def test_no_limit_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where descriptors are unlimited, 512 clients are admitted."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    assert connections_for_descriptors() == 512
