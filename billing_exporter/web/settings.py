"""Settings of TLS, headers and users, in the format of the Prometheus exporter-toolkit.

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
"""Of a bcrypt hash that is not slow; each step doubles the work, and 16 takes some seconds."""
_COSTS = range(4, 32)

_DURATION = re.compile(r"0|(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|ms|s|m|h))+")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}

# The last character of the salt holds 4 bits too many, which bcrypt demands to be zero.
_HASH = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")


def _check_hash(text: str) -> None:
    match = _HASH.fullmatch(text)
    if match is None or int(match[1]) not in _COSTS:
        raise ValueError("expected a bcrypt hash such as `htpasswd -nBC 10 NAME` prints")


def cost_of(hashed: str) -> int:
    """Return the cost of a bcrypt hash; each step doubles the work."""
    return int(hashed.split("$")[2])


def _check_interval(text: str) -> None:
    if _DURATION.fullmatch(text) is None:
        raise ValueError("expected a duration such as 1s or 100ms, or 0 for no limit")


def _check_user(name: str) -> None:
    if ":" in name:
        raise ValueError("no client can give a name that holds a colon")


User = Annotated[str, Meta(extra={"check": _check_user})]
Hash = Annotated[str, Meta(extra={"check": _check_hash})]
HeaderName = Annotated[
    str, Meta(extra={"check": one_of(tuple(HEADERS), "header, or one that cannot be set")})
]


HeaderValue = Annotated[str, Meta(extra={"blank": True, "plain": True})]
Interval = Annotated[str, Meta(extra={"check": _check_interval, "plain": True})]


class HttpServer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said over HTTP. `http2` is accepted and changes nothing: HTTP/1.1 is spoken."""

    http2: bool = True
    headers: dict[HeaderName, HeaderValue] = {}

    def conflicts(self) -> Iterator[tuple[str, str]]:
        """Yield each header whose value is not one that can be sent, and why."""
        for name, value in self.headers.items():
            allowed = HEADERS[name]
            if allowed and value not in allowed:
                yield f"headers.{name}", f"expected {' or '.join(allowed)}, got other text"
            elif not value.isascii():
                yield f"headers.{name}", "expected ASCII text"


class RateLimit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often requests are answered: one each interval, and a burst of some at once."""

    interval: Interval = "0"
    burst: Annotated[int, Meta(ge=0, le=1_000_000)] = 0

    @property
    def seconds(self) -> float:
        """The interval; 0 is no limit."""
        parts = re.findall(r"([0-9.]+)(ns|us|ms|s|m|h)", self.interval)
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)

    def conflicts(self) -> Iterator[tuple[str, str]]:
        """Yield each setting that does not go with the others, and why."""
        if self.seconds and not self.burst:
            yield "burst", "needs at least 1: with 0 no request at all would be answered"


class WebSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. Its representation holds hashes of passwords: never show it."""

    tls_server_config: Annotated[TlsServer | None, Meta(description="TLS.")] = None
    http_server_config: Annotated[HttpServer | None, Meta(description="HTTP.")] = None
    rate_limit: Annotated[RateLimit | None, Meta(description="Rate limit.")] = None
    basic_auth_users: dict[User, Hash] = {}
