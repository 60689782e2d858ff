"""What the tests of TLS talk with: settings made into TLS, and clients that speak it."""

import ssl
from typing import Any

import msgspec

from billing_exporter.httpd.server import WebServer
from billing_exporter.httpd.tls import Tls, server_tls
from billing_exporter.httpd.tls_settings import TlsServer
from tests.unit.httpd.clients import GET, connect, eventually, read_answer
from tools.testkit.certificates import Pair


def tls_of(pair: Pair, **more: Any) -> Tls:
    """Return the TLS of a certificate and other settings, as a file would give them."""
    given = {"cert_file": str(pair.certificate), "key_file": str(pair.key), **more}
    return server_tls(msgspec.convert(given, TlsServer))


def secured(server: WebServer, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Return a connection on which both sides have agreed, as far as the client knows."""
    sock = connect(server)
    try:
        return context.wrap_socket(sock, server_hostname="localhost")
    except BaseException:
        sock.close()
        raise


def ask(server: WebServer, context: ssl.SSLContext) -> tuple[int, bytes]:
    """Return the answer that a client gets."""
    with secured(server, context) as sock:
        sock.sendall(GET)
        return read_answer(sock)


def is_refused(server: WebServer, context: ssl.SSLContext) -> bool:
    """Return whether a client fails, be it in its handshake or, by TLS 1.3, only when it reads."""
    before = server.failed_handshakes
    try:
        with secured(server, context) as sock:
            sock.sendall(GET)
            answered = bool(sock.recv(1))
    except OSError:
        answered = False
    if not answered:
        eventually(lambda: server.failed_handshakes == before + 1)
    return not answered
