"""TLS: a context made of settings, the handshake with a client, and what is wrong with either."""

import ipaddress
import os
import platform
import ssl
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from billing_exporter.httpd.tls_settings import CIPHER_SUITES, CURVES, TlsServer

HANDSHAKE = b"\x16"
"""The first byte of every client that speaks TLS, and of none that speaks HTTP."""

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_VERIFY = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


class TlsError(Exception):
    """Certificates or keys cannot be used; carries pairs of a setting and what is wrong."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        """Keep the problems."""
        self.problems = tuple(problems)
        super().__init__("; ".join(": ".join(problem) for problem in self.problems))


class HandshakeError(ConnectionError):
    """A client and the server could not agree on TLS."""


@dataclass(frozen=True)
class Tls:
    """How connections are secured."""

    context: ssl.SSLContext
    allowed_sans: frozenset[str] | None = None
    """Names of which a client's certificate must hold one; None where any will do."""


def server_tls(settings: TlsServer) -> Tls:
    """Return what the settings ask for, in a fresh context: nothing of an older one remains.

    Raises:
        TlsError: A file cannot be read, or is not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.min_version]
    context.maximum_version = _VERSIONS[settings.max_version]
    context.options |= ssl.OP_NO_RENEGOTIATION
    if not settings.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    suites = [CIPHER_SUITES[name] for name in settings.cipher_suites if name in CIPHER_SUITES]
    if suites:
        context.set_ciphers(":".join(suites))
    curves = (_choose(context, curve) for curve in settings.curve_preferences)
    context.set_alpn_protocols(["http/1.1"])
    context.verify_mode = _VERIFY[settings.client_auth_type]
    found = (
        *curves,
        _load_certificate(context, settings),
        _load_client_cas(context, settings),
    )
    if problems := [problem for problem in found if problem]:
        raise TlsError(problems)
    sans = settings.client_allowed_sans
    return Tls(context, None if sans is None else frozenset(sans))


def _choose(context: ssl.SSLContext, curve: str) -> tuple[str, str] | None:
    """Choose the curve; return the setting and why it cannot be, as X25519 in Python 3.11.2."""
    try:
        context.set_ecdh_curve(CURVES[curve])
    except (ssl.SSLError, ValueError):
        python = f"Python {platform.python_version()} with {ssl.OPENSSL_VERSION}"
        return "curve_preferences", f"{curve} cannot be chosen with {python}"
    return None


def shake_hands(sock: ssl.SSLSocket, tls: Tls) -> None:
    """Agree on TLS with a client within the time that its socket grants.

    Raises:
        HandshakeError: There is no agreement; the text says why.
    """
    try:
        sock.do_handshake()
    except TimeoutError as error:
        raise HandshakeError("TLS handshake: too slow") from error
    except OSError as error:
        raise HandshakeError(f"TLS handshake: {_words(error)}") from error
    if tls.allowed_sans is not None and tls.allowed_sans.isdisjoint(_names(sock.getpeercert())):
        raise HandshakeError("TLS handshake: no name in the client's certificate is allowed")


def _load_certificate(context: ssl.SSLContext, settings: TlsServer) -> tuple[str, str] | None:
    """Load certificate and key; return the setting that is wrong and why."""
    certificate = "cert_file" if settings.cert is None else "cert"
    key = "key_file" if settings.key is None else "key"
    # The call that loads both does not say which of them is no PEM.
    probe = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if problem := _load_authorities(probe, settings.cert_file, settings.cert):
        return certificate, problem
    try:
        with (
            _as_file(settings.cert_file, settings.cert) as certificate_path,
            _as_file(settings.key_file, settings.key) as key_path,
        ):
            context.load_cert_chain(certificate_path, key_path, password=_no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return key, f"not the key of the certificate in {certificate}"
        if error.reason is None:
            return key, "holds no private key in PEM form"
        return certificate, f"cannot be used: {_words(error)}"
    except (OSError, ValueError) as error:
        return key, f"cannot be read: {_words(error)}"
    return None


def _load_client_cas(context: ssl.SSLContext, settings: TlsServer) -> tuple[str, str] | None:
    """Load the authorities that sign clients' certificates, by default those of the system."""
    if settings.client_auth_type == "NoClientCert":
        return None
    if settings.client_ca_file is None and settings.client_ca is None:
        context.set_default_verify_paths()
        return None
    problem = _load_authorities(context, settings.client_ca_file, settings.client_ca)
    name = "client_ca_file" if settings.client_ca is None else "client_ca"
    return (name, problem) if problem else None


def _load_authorities(context: ssl.SSLContext, path: str | None, text: str | None) -> str | None:
    """Load certificates from a file or a text; return what is wrong with it."""
    try:
        context.load_verify_locations(path, cadata=text)
    except ssl.SSLError:
        return "holds no certificate in PEM form"
    except (OSError, ValueError) as error:
        return f"cannot be read: {_words(error)}"
    return None


@contextmanager
def _as_file(path: str | None, text: str | None) -> Iterator[str]:
    """Yield the path of a file, or of a text that only this process can open.

    OpenSSL reads certificate and key from files alone. On Linux the text stays in memory: a
    container may have no place to write to.
    """
    if text is None:
        yield path or ""
    elif sys.platform == "linux":
        with os.fdopen(os.memfd_create("pem"), "wb") as file:
            file.write(text.encode())
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
    else:
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            yield file.name


def _no_password() -> str:
    """Refuse; OpenSSL would ask on the terminal."""
    raise ValueError("it is encrypted, and there is no way to give its password")


def _words(error: Exception) -> str:
    """Return what happened, without numbers and places in OpenSSL's code."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the client's certificate: {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    if isinstance(error, OSError):
        return error.strerror or "failed"
    return str(error)


def _names(certificate: Mapping[str, object] | None) -> set[str]:
    """Return the alternative names of a verified certificate; addresses in their usual form."""
    pairs = (certificate or {}).get("subjectAltName", ())
    names: set[str] = set()
    for kind, name in pairs if isinstance(pairs, tuple) else ():
        names.add(name)
        with suppress(ValueError):
            if kind == "IP Address":
                names.add(str(ipaddress.ip_address(name.strip())))
    return names
