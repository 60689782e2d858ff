"""Options of the simulator."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from billing_exporter.simulator.faults import parse

MOST_TRUSTORS = 20_000


@dataclass(frozen=True, kw_only=True)
class Options:
    """The simulator's settings.

    Attributes:
        address: where it listens, HOST:PORT; port 0 is any free port.
        seed: what the world is made from.
        trustors: customers of the partner, 0 to 20,000.
        time_scale: simulated seconds per real second; 0 stops time.
        start: simulated time at the start, with its time zone; None is now.
        rate_limit: requests a minute and client, in real time; 0 is any number.
        token_lifetime: real seconds that a token holds.
        keys: spelling of the preview operations' keys: that of SDK 269 or of SDK 236.
        client_id: an OAuth client.
        client_secret: its secret.
        more_clients: others beside it, each as ID:SECRET.
        latency: seconds before every answer.
        in_progress: first calls for each usage report that find it still being made.
        faults: faults that hold from the start, see `faults`.
    """

    address: str = "127.0.0.1:10060"
    seed: int = 1
    trustors: int = 12
    time_scale: float = 1.0
    start: datetime | None = None
    rate_limit: int = 300
    token_lifetime: int = 86_400
    keys: Literal["269", "236"] = "269"
    client_id: str = "demo"
    client_secret: str = "demo"  # noqa: S105 - the simulated client's, known to everybody
    more_clients: tuple[str, ...] = ()
    latency: float = 0.0
    in_progress: int = 1
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what was set.

        Raises:
            ValueError: a setting makes no sense; the message names it.
        """
        if not 0 <= self.trustors <= MOST_TRUSTORS:
            raise ValueError(f"trustors must be from 0 to {MOST_TRUSTORS}, not {self.trustors}")
        for name in ("time_scale", "rate_limit", "latency", "in_progress"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be negative")
        if self.token_lifetime <= 0:
            raise ValueError("token_lifetime must be positive")
        if self.keys not in {"269", "236"}:
            raise ValueError(f"keys must be 269 or 236, not {self.keys}")
        if self.start is not None and self.start.tzinfo is None:
            raise ValueError("start must have a time zone")
        _ = self.endpoint, self.clients
        for fault in self.faults:
            parse(fault)

    @property
    def clients(self) -> dict[str, str]:
        """Give the secret of each OAuth client by its id.

        Raises:
            ValueError: one is not ID:SECRET, or there twice.
        """
        found = {self.client_id: self.client_secret}
        for text in self.more_clients:
            client, _, secret = text.partition(":")
            if not (client and secret):
                raise ValueError("a client must be ID:SECRET, with both parts")
            if client in found:
                raise ValueError(f"the client {client!r} is there twice")
            found[client] = secret
        return found

    @property
    def endpoint(self) -> tuple[str, int]:
        """Give host and port of the address.

        Raises:
            ValueError: it is not HOST:PORT.
        """
        host, _, port = self.address.rpartition(":")
        if not (port.isascii() and port.isdigit() and int(port) < 2**16):
            raise ValueError(f"address must be HOST:PORT, not {self.address!r}")
        return host.strip("[]"), int(port)
