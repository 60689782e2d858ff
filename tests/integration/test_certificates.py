"""Whose certificates are trusted, with real certificates over real connections."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from billing_exporter.genesys import Unreachable
from billing_exporter.genesys.clock import Deadline
from billing_exporter.genesys.network_environment import CA_VARIABLES
from billing_exporter.genesys.transport import Request, Transport
from tools.testkit.certificates import Authority, Pair, subject_hash
from tools.testkit.recorded_api import FakeClock, http_answer


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget which authorities the machine's own environment names."""
    for name in CA_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@contextmanager
def serving(pair: Pair) -> Iterator[str]:
    """Answer every request over TLS with an empty object."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    _answer(context, connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _answer(context: ssl.SSLContext, connection: socket.socket) -> None:
    """Answer one request; a client that does not trust the certificate hangs up."""
    connection.settimeout(30)
    with context.wrap_socket(connection, server_side=True) as secured:
        secured.recv(10_000)
        secured.sendall(http_answer(b"{}"))


def asked(url: str) -> bytes | str:
    """Return the body of the answer, or why there is none."""
    transport = Transport()
    try:
        return transport.send(Request("GET", url, "/", {}), Deadline(FakeClock(), 30)).body
    except Unreachable as error:
        return error.message
    finally:
        transport.close()


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_an_authority_that_the_environment_names(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each variable makes its authority trusted; without it the message names a variable."""
    authority = Authority(tmp_path)
    with serving(authority.issue()) as url:
        text = str(asked(url))
        assert text.startswith("TLS failed: unable to get local issuer certificate: ")
        assert "SSL_CERT_FILE" in text
        monkeypatch.setenv(variable, str(_named(variable, authority.certificate, tmp_path)))
        assert asked(url) == b"{}"


def _named(variable: str, certificate: Path, folder: Path) -> Path:
    """Return what a variable names: a file, or a folder with openssl's names."""
    if not variable.endswith("_DIR"):
        return certificate
    named = folder / "authorities"
    named.mkdir()
    (named / f"{subject_hash(certificate)}.0").write_bytes(certificate.read_bytes())
    return named


def test_the_wrong_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable whose file lacks the authority is named, with its file."""
    other = tmp_path / "other"
    other.mkdir()
    with serving(Authority(tmp_path).issue()) as url:
        named = Authority(other, "Other Authority").certificate
        monkeypatch.setenv("SSL_CERT_FILE", str(named))
        text = str(asked(url))
    assert f"SSL_CERT_FILE names {named}, which lacks the authority" in text


def test_a_certificate_for_another_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate for another host is reported so."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with serving(authority.issue("DNS:elsewhere.example.com")) as url:
        text = str(asked(url))
    assert "IP address mismatch" in text
    assert "check api_url and login_url" in text.lower()
