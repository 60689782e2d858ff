"""What guards the server at one moment: the record that a web configuration becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing_exporter.httpd.tls import Tls


@dataclass(frozen=True)
class Protection:
    """TLS, users and headers, read together and exchanged together."""

    tls: Tls | None = None
    users: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """The bcrypt hash of each user's password; nobody is asked where there are none."""
    headers: tuple[tuple[str, str], ...] = ()
    """Sent with every answer, in place of headers of the same name."""
