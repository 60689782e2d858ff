"""The server over TLS, with real sockets: who agrees with it, who does not, and on what."""

import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from billing_exporter.httpd.tls import Tls, TlsError
from billing_exporter.httpd.tls_settings import CIPHER_SUITES, CURVES
from tests.unit.httpd.clients import GET, connect, read_all, read_answer
from tests.unit.httpd.servers import Serve
from tests.unit.httpd.test_server import Pieces
from tests.unit.httpd.tls_clients import ask, is_refused, secured, tls_of
from tools.testkit.certificates import Authority, Pair


def test_a_client_that_trusts_the_authority_is_served(
    serve: Serve, tls: Tls, authority: Authority
) -> None:
    """Over TLS the answers are the same, on one connection for many requests."""
    server = serve(tls=tls)
    with secured(server, authority.client()) as sock:
        for _ in range(5):
            sock.sendall(GET)
            assert read_answer(sock) == (200, b"ok\n")
        assert sock.version() == "TLSv1.3"
    assert server.url == f"https://127.0.0.1:{server.port}"


def test_the_end_is_said(serve: Serve, tls: Tls, authority: Authority) -> None:
    """A connection that ends is closed as TLS asks for, so that no client suspects a cut."""
    client = authority.client()
    client.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    with (
        connect(serve(tls=tls)) as plain,
        client.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as sock,
    ):
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert read_all(sock).endswith(b"ok\n")


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        tuple(bytes([number % 256]) * number for number in range(1500)),
        (b"a" * 5_000_000, b"", b"b" * 70_000, b"c", b"d" * 65536),
    ],
)
def test_pieces_arrive_whole_and_in_order(
    serve: Serve, tls: Tls, authority: Authority, pieces: tuple[bytes, ...]
) -> None:
    """Any number of pieces of any size arrive as one body."""
    assert ask(serve(Pieces(*pieces), tls=tls), authority.client()) == (200, b"".join(pieces))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions(serve: Serve, pair: Pair, authority: Authority, version: ssl.TLSVersion) -> None:
    """TLS 1.2 and 1.3 are both spoken; with a minimum or a maximum only the one that is left."""
    client = authority.client()
    client.minimum_version = client.maximum_version = version
    newest = version is ssl.TLSVersion.TLSv1_3
    assert ask(serve(tls=tls_of(pair)), client)[0] == 200
    assert is_refused(serve(tls=tls_of(pair, min_version="TLS13")), client) == (not newest)
    assert is_refused(serve(tls=tls_of(pair, max_version="TLS12")), client) == newest


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_older_versions_are_never_spoken(serve: Serve, tls: Tls, authority: Authority) -> None:
    """A client that knows no more than TLS 1.1 is refused."""
    client = authority.client()
    client.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    client.maximum_version = ssl.TLSVersion.TLSv1_1
    client.set_ciphers("ALL:@SECLEVEL=0")
    assert is_refused(serve(tls=tls), client)


@pytest.mark.parametrize("name", [name for name in CIPHER_SUITES if "ECDSA" in name])
def test_cipher_suites(serve: Serve, pair: Pair, authority: Authority, name: str) -> None:
    """A suite that is listed is the one that is spoken."""
    client = authority.client()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers("ALL")
    with secured(serve(tls=tls_of(pair, cipher_suites=[name])), client) as sock:
        assert (sock.cipher() or "")[0] == CIPHER_SUITES[name]


def test_every_suite_is_known_to_openssl(pair: Pair) -> None:
    """Each standard name stands for exactly one suite of TLS 1.2, in the order given."""
    context = tls_of(pair, cipher_suites=list(CIPHER_SUITES)).context
    found = [suite["name"] for suite in context.get_ciphers() if suite["protocol"] != "TLSv1.3"]
    assert found == list(CIPHER_SUITES.values())


@pytest.mark.parametrize("servers", [True, False])
def test_whose_order_of_suites(
    serve: Serve, pair: Pair, authority: Authority, *, servers: bool
) -> None:
    """Where both know several suites, the server's order decides unless it is configured not to."""
    names = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]
    client = authority.client()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(":".join(reversed(names)))
    standard = [known for known, name in CIPHER_SUITES.items() if name in names]
    tls = tls_of(pair, cipher_suites=standard, prefer_server_cipher_suites=servers)
    with secured(serve(tls=tls), client) as sock:
        assert (sock.cipher() or "")[0] == names[0 if servers else 1]


def choosable() -> list[str]:
    """Return the curves that this Python can choose."""
    found = []
    for name, curve in CURVES.items():
        with suppress(ssl.SSLError, ValueError):
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_ecdh_curve(curve)
            found.append(name)
    return found


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_that_cannot_be_chosen_is_named(
    pair: Pair, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A curve that Python or OpenSSL do not know is an error of its setting, not a traceback."""
    monkeypatch.setitem(CURVES, name, "no such curve")
    with pytest.raises(TlsError, match=f"^curve_preferences: {name} cannot be chosen with Python"):
        tls_of(pair, curve_preferences=[name])


@pytest.mark.parametrize("name", choosable())
def test_curves(serve: Serve, pair: Pair, authority: Authority, name: str) -> None:
    """The curve that is preferred is the only one that is spoken."""
    server = serve(tls=tls_of(pair, curve_preferences=[name]))
    for other in choosable():
        client = authority.client()
        client.set_ecdh_curve(CURVES[other])
        assert is_refused(server, client) == (other != name)


def mutual(pair: Pair, authority: Authority, kind: str, **more: Any) -> Tls:
    """Return TLS that asks for clients' certificates."""
    return tls_of(pair, client_auth_type=kind, client_ca_file=str(authority.certificate), **more)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Return a certificate that another authority has signed."""
    return Authority(tmp_path_factory.mktemp("stranger"), "Stranger").issue()


@pytest.mark.parametrize("kind", ["RequireAndVerifyClientCert", "VerifyClientCertIfGiven"])
def test_clients_show_certificates(
    serve: Serve,
    pair: Pair,
    authority: Authority,
    stranger: Pair,
    kind: str,
) -> None:
    """A certificate of the authority opens, a stranger's does not, and none does where allowed."""
    server = serve(tls=mutual(pair, authority, kind))
    without = kind == "RequireAndVerifyClientCert"
    for shown, refused in ((authority.issue("DNS:a"), False), (stranger, True), (None, without)):
        client = authority.client(shown)
        assert is_refused(server, client) == refused
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        assert is_refused(server, client) == refused
    assert server.aborted == server.failed_handshakes


def test_a_stranger_cannot_resume_what_he_never_had(
    serve: Serve, pair: Pair, authority: Authority
) -> None:
    """A session that began under one context is no ticket for another one."""
    client = authority.client(authority.issue("DNS:a"))
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    kind = "RequireAndVerifyClientCert"
    with secured(serve(tls=mutual(pair, authority, kind)), client) as sock:
        session = sock.session
    server = serve(tls=mutual(pair, authority, kind))
    with (
        connect(server) as plain,
        client.wrap_socket(plain, server_hostname="localhost", session=session) as sock,
    ):
        assert not sock.session_reused


@pytest.mark.parametrize(
    ("shown", "allowed", "refused"),
    [
        ("DNS:prometheus.example", ["other.example", "prometheus.example"], False),
        ("DNS:prometheus.example", ["Prometheus.example", "*.example"], True),
        ("email:scraper@example.com", ["scraper@example.com"], False),
        ("URI:spiffe://a/b", ["spiffe://a/b"], False),
        ("IP:10.0.0.1,DNS:x", ["10.0.0.1"], False),
        ("IP:2001:db8::1", ["2001:db8::1"], False),
        ("IP:2001:db8::1", ["2001:db8::2"], True),
    ],
)
def test_names_of_clients(
    serve: Serve,
    pair: Pair,
    authority: Authority,
    shown: str,
    allowed: list[str],
    *,
    refused: bool,
) -> None:
    """A client must show one of the allowed names, whatever their kind, letter by letter."""
    kind = "RequireAndVerifyClientCert"
    server = serve(tls=mutual(pair, authority, kind, client_allowed_sans=allowed))
    assert is_refused(server, authority.client(authority.issue(shown))) == refused


def test_what_is_wrong_with_files(pair: Pair, authority: Authority, tmp_path: Path) -> None:
    """Each file that cannot be used is named with its setting, several at once."""
    other = authority.issue()
    text = tmp_path / "text"
    text.write_text("no certificate")
    nothing = tmp_path / "nothing"
    cases: list[tuple[dict[str, Path], list[tuple[str, str]]]] = [
        ({"key_file": other.key}, [("key_file", "not the key of the certificate in cert_file")]),
        ({"key_file": text}, [("key_file", "holds no private key in PEM form")]),
        ({"cert_file": pair.key}, [("cert_file", "holds no certificate in PEM form")]),
        ({"key_file": nothing}, [("key_file", "cannot be read: No such file or directory")]),
        (
            {"cert_file": nothing, "client_ca_file": text},
            [
                ("cert_file", "cannot be read: No such file or directory"),
                ("client_ca_file", "holds no certificate in PEM form"),
            ],
        ),
    ]
    for files, problems in cases:
        given = {name: str(path) for name, path in files.items()}
        with pytest.raises(TlsError) as error:
            tls_of(pair, client_auth_type="RequireAndVerifyClientCert", **given)
        assert list(error.value.problems) == problems
