"""What an operator may set for TLS, headers and users, in the format of Prometheus's exporters.

The names, values and defaults are those of the exporter-toolkit. What it allows and Python's
`ssl` cannot do is refused here in words.
"""

import re
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from billing_exporter.httpd.tls_settings import TlsServer, one_of

HEADERS: dict[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
"""The headers that can be set, and their values where only some are allowed."""

HIGHEST_COST = 16
"""Of a bcrypt hash; each step doubles the work, and 16 takes some seconds."""

# The last character of the salt holds 4 bits too many, which bcrypt demands to be zero.
_HASH = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")


def _check_hash(text: str) -> None:
    match = _HASH.fullmatch(text)
    if match is None or int(match[1]) < 4:  # noqa: PLR2004 - the lowest cost of bcrypt
        raise ValueError("expected a bcrypt hash such as `htpasswd -nBC 10 NAME` prints")
    if int(match[1]) > HIGHEST_COST:
        raise ValueError(
            f"a cost above {HIGHEST_COST} keeps the exporter busy for too long: hash it again"
        )


def _check_user(name: str) -> None:
    if ":" in name:
        raise ValueError("no client can give a name that holds a colon")


User = Annotated[str, Meta(extra={"check": _check_user})]
Hash = Annotated[str, Meta(extra={"check": _check_hash})]
HeaderName = Annotated[
    str, Meta(extra={"check": one_of(tuple(HEADERS), "header, or one that cannot be set")})
]


class HttpServer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said over HTTP. `http2` is accepted and changes nothing: HTTP/1.1 is spoken."""

    http2: bool = True
    headers: dict[HeaderName, Annotated[str, Meta(extra={"blank": True})]] = {}

    def conflicts(self) -> Iterator[tuple[str, str]]:
        """Yield each header whose value is not one that can be sent, and why."""
        for name, value in self.headers.items():
            allowed = HEADERS[name]
            if allowed and value not in allowed:
                yield f"headers.{name}", f"expected {' or '.join(allowed)}, got other text"
            elif not value.isascii():
                yield f"headers.{name}", "expected ASCII text"


class WebSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. Its representation holds hashes of passwords: never show it."""

    tls_server_config: Annotated[TlsServer | None, Meta(description="TLS.")] = None
    http_server_config: Annotated[HttpServer | None, Meta(description="HTTP.")] = None
    basic_auth_users: dict[User, Hash] = {}
