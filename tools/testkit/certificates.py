"""Certificates for tests, made by the real ``openssl``; all of them end within days."""

import itertools
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.testkit.components import require

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_CONFIGURATION = """\
[req]
distinguished_name = name
x509_extensions = authority
prompt = no
[name]
CN = {name}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
subjectAltName = {names}
"""


@dataclass(frozen=True)
class Pair:
    """The files of a certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """An authority of its own, in a folder of its own; skips the test where there is no openssl."""

    def __init__(self, folder: Path, name: str = "Test Authority") -> None:
        """Make the authority's key and certificate."""
        self._folder = folder
        self._numbers = itertools.count(1)
        self._pair = self._files("authority")
        files = ("-keyout", self._pair.key, "-out", self._pair.certificate)
        configuration = self._configuration(name, "DNS:unused")
        _openssl("req", "-x509", *_KEY, *files, "-days", 2, "-config", configuration)

    @property
    def certificate(self) -> Path:
        """The certificate that trusts whatever the authority has signed."""
        return self._pair.certificate

    def issue(self, names: str = "DNS:localhost,IP:127.0.0.1") -> Pair:
        """Return a new certificate for alternative names in openssl's notation."""
        number = next(self._numbers)
        pair = self._files(f"leaf-{number}")
        configuration = self._configuration(f"leaf {number}", names)
        request = pair.key.with_suffix(".csr")
        _openssl("req", *_KEY, "-keyout", pair.key, "-out", request, "-config", configuration)
        signed = ("-CA", self._pair.certificate, "-CAkey", self._pair.key, "-set_serial", number)
        extensions = ("-extfile", configuration, "-extensions", "leaf")
        _openssl(
            *("x509", "-req", "-in", request, "-out", pair.certificate, "-days", 2),
            *signed,
            *extensions,
        )
        return pair

    def client(self, pair: Pair | None = None) -> ssl.SSLContext:
        """Return the context of a client that trusts this authority and may show a certificate."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        if pair is not None:
            context.load_cert_chain(pair.certificate, pair.key)
        return context

    def _files(self, stem: str) -> Pair:
        return Pair(self._folder / f"{stem}.crt", self._folder / f"{stem}.key")

    def _configuration(self, name: str, names: str) -> Path:
        path = self._folder / "openssl.cnf"
        path.write_text(_CONFIGURATION.format(name=name, names=names))
        return path


def subject_hash(certificate: Path) -> str:
    """Return the name under which a folder of authorities holds a certificate, without `.0`."""
    return _openssl("x509", "-hash", "-noout", "-in", certificate).strip()


def _openssl(*arguments: object) -> str:
    words = [str(require("openssl")), *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
