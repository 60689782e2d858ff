"""Protection of the server at one moment: the record that a web configuration becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing_exporter.httpd.tls import Tls


@dataclass(frozen=True)
class RequestRate:
    """How many requests are answered: one each so many seconds, and a burst at once."""

    seconds: float
    burst: int


@dataclass(frozen=True)
class Protection:
    """TLS, users, headers and rate limit, read together and exchanged together."""

    tls: Tls | None = None
    users: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """The bcrypt hash of each user's password; nobody is asked where there are none."""
    headers: tuple[tuple[str, str], ...] = ()
    """Sent with every answer, in place of headers of the same name."""
    rate: RequestRate | None = None
    """The rate limit of all clients together; None is no limit."""
