"""TLS settings, in the format of the Prometheus exporter-toolkit.

Values that Python's `ssl` cannot honour are refused with a reason.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

VERSIONS = ("TLS12", "TLS13")
_OLD_VERSIONS = ("TLS10", "TLS11")

CLIENT_AUTH_TYPES = ("NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert")
_UNVERIFIED = ("RequestClientCert", "RequireClientCert", "RequireAnyClientCert")

CIPHER_SUITES = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
}
"""The suites of TLS 1.2 under their standard names, and what OpenSSL calls them."""
TLS13_SUITES = (
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
)

CURVES = {
    "CurveP256": "prime256v1",
    "CurveP384": "secp384r1",
    "CurveP521": "secp521r1",
    "X25519": "X25519",
}
"""The curves, and what OpenSSL calls them."""


def _check_version(version: str) -> None:
    if version in _OLD_VERSIONS:
        raise ValueError("TLS 1.0 and 1.1 are not served: write TLS12 or TLS13")
    if version not in VERSIONS:
        raise ValueError("expected TLS12 or TLS13, got other text")


def _check_client_auth_type(name: str) -> None:
    known = ", ".join(CLIENT_AUTH_TYPES)
    if name in _UNVERIFIED:
        raise ValueError(
            "a client's certificate cannot be taken without verifying it, and would prove "
            f"nothing: write one of {known}"
        )
    if name not in CLIENT_AUTH_TYPES:
        raise ValueError(f"expected one of {known}, got other text")


def _check_curves(curves: tuple[str, ...]) -> None:
    if len(curves) > 1:
        raise ValueError("expected one curve: an order of several cannot be set with Python")


def one_of(names: tuple[str, ...], kind: str) -> Callable[[str], None]:
    """Return a check that refuses other names, without showing them."""

    def check(name: str) -> None:
        if name not in names:
            raise ValueError(f"unknown {kind}; known are {', '.join(names)}")

    return check


Pem = Annotated[str, Meta(extra={"lines": True})]
"""The text of a file in PEM form."""
Version = Annotated[str, Meta(extra={"check": _check_version})]
Suite = Annotated[
    str, Meta(extra={"check": one_of((*CIPHER_SUITES, *TLS13_SUITES), "cipher suite")})
]
Curve = Annotated[str, Meta(extra={"check": one_of(tuple(CURVES), "curve")})]


class TlsServer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How TLS is spoken. Relative paths start at the folder of the file.

    Its representation may hold a private key: never show it.
    """

    cert_file: str | None = None
    cert: Pem | None = None
    key_file: str | None = None
    key: Pem | None = None
    client_auth_type: Annotated[str, Meta(extra={"check": _check_client_auth_type})] = (
        "NoClientCert"
    )
    client_ca_file: str | None = None
    client_ca: Pem | None = None
    client_allowed_sans: Annotated[tuple[str, ...], Meta(min_length=1)] | None = None
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"
    cipher_suites: tuple[Suite, ...] = ()
    prefer_server_cipher_suites: bool = True
    curve_preferences: Annotated[tuple[Curve, ...], Meta(extra={"check": _check_curves})] = ()

    def conflicts(self) -> Iterator[tuple[str, str]]:
        """Yield each setting that does not go with the others, and why."""
        if self.min_version > self.max_version:
            yield "min_version", "above max_version: no version is left"
        for name in ("client_ca_file", "client_ca"):
            if getattr(self, name) is not None and self.client_auth_type == "NoClientCert":
                yield name, "needs a client_auth_type that asks for certificates"
        required = self.client_auth_type == "RequireAndVerifyClientCert"
        if self.client_allowed_sans is not None and not required:
            yield "client_allowed_sans", "needs client_auth_type: RequireAndVerifyClientCert"
        chosen = set(self.cipher_suites)
        if chosen & set(TLS13_SUITES) and not chosen.issuperset(TLS13_SUITES):
            yield (
                "cipher_suites",
                "the suites of TLS 1.3 cannot be chosen one by one: list all three or none",
            )
        if chosen and self.min_version == "TLS12" and not chosen & set(CIPHER_SUITES):
            yield "cipher_suites", "no suite of TLS 1.2 is listed: add one, or min_version: TLS13"


def wrong_sources(given: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what is missing or given twice: by the name of a file, and as text.

    Args:
        given: The names of the settings that are given.
    """
    for name in ("cert", "key", "client_ca"):
        here = [setting in given for setting in (name, f"{name}_file")]
        if all(here):
            yield name, f"given beside {name}_file: keep one of them"
        elif name != "client_ca" and not any(here):
            yield f"{name}_file", f"required, unless `{name}` holds the text itself"
