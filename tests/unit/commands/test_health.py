"""The command ``health``, against servers of this test's own."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from billing_exporter.cli import main
from tools.testkit.certificates import Authority


@contextmanager
def answering(status: int, wrap: Callable[[HTTPServer], None] = lambda _: None) -> Iterator[int]:
    """Run a server that gives every request this status; yield its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        wrap(server)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_well() -> None:
    """An exporter that answers with status 200 is well."""
    with answering(200) as port:
        assert main(["health", "--url", f"http://127.0.0.1:{port}/-/healthy"]) == 0


def test_unwell(capsys: pytest.CaptureFixture[str]) -> None:
    """Any other status is named, with exit status 1."""
    with answering(503) as port:
        assert main(["health", "--url", f"http://127.0.0.1:{port}/-/ready"]) == 1
    assert capsys.readouterr().err == (
        f"billing-exporter: http://127.0.0.1:{port}/-/ready: status 503\n"
    )


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    """An exporter that does not answer is not well, and one line says what happened."""
    with answering(200) as port:
        pass
    assert main(["health", "--url", f"http://127.0.0.1:{port}/-/healthy"]) == 1
    assert "refused" in capsys.readouterr().err


@pytest.mark.component
def test_https_with_any_certificate(tmp_path: Path) -> None:
    """HTTPS is asked whatever name the certificate is for."""
    pair = Authority(tmp_path).issue("DNS:elsewhere")

    def wrap(server: HTTPServer) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)

    with answering(200, wrap) as port:
        assert main(["health", "--url", f"https://127.0.0.1:{port}/-/healthy"]) == 0


@pytest.mark.parametrize("url", ["127.0.0.1:10059", "ftp://127.0.0.1/", "http://"])
def test_wrong_url(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no URL of an exporter is refused in one line."""
    assert main(["health", "--url", url]) == 2
    assert capsys.readouterr().err == f"billing-exporter: --url: {url} is no http or https URL\n"
