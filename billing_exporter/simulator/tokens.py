"""OAuth client credentials: tokens handed out, known, expired, revoked.

Documented: the grant, the Basic header, expires_in. Seen in public code: HTTP 400 for an unknown
client, 401 for a wrong secret, and the texts. Invented: the token itself. Lives are real seconds.
"""

import secrets
import threading
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping

from billing_exporter.simulator.answers import Answer, RefusedError, bad_credentials, login_error

_BASIC, _BEARER = "Basic ", "Bearer "


def _credentials(header: str) -> tuple[str, str] | None:
    if not header.startswith(_BASIC):
        return None
    try:
        client, colon, secret = b64decode(header.removeprefix(_BASIC)).decode().partition(":")
    except (Base64Error, UnicodeDecodeError):
        return None
    return (client, secret) if colon else None


class Tokens:
    """The tokens of all OAuth clients."""

    def __init__(
        self, clients: Mapping[str, str], lifetime: int, real: Callable[[], float]
    ) -> None:
        """Hand out tokens that live for so many seconds of a monotonic clock.

        Args:
            clients: the secret of each client, by its id.
            lifetime: of a token, in seconds.
            real: the clock.
        """
        self._clients, self._lifetime, self._real = clients, lifetime, real
        self._granted: dict[str, tuple[str, float]] = {}  # client and expiry by token
        self._lock = threading.Lock()

    def grant(self, authorization: str, form: dict[str, str]) -> Answer:
        """Answer a request for a token."""
        pair = _credentials(authorization)
        if form.get("grant_type") != "client_credentials":
            return login_error(400, "unsupported_grant_type", "grant type not supported")
        if pair is None or pair[0] not in self._clients:
            return login_error(400, "invalid_client", "client not found")
        client, secret = pair
        if secret != self._clients[client]:
            return login_error(401, "invalid_client", "authentication failed")
        token = secrets.token_urlsafe(48)
        with self._lock:
            self._granted[token] = client, self._real() + self._lifetime
        payload = {"access_token": token, "token_type": "bearer", "expires_in": self._lifetime}
        return Answer(payload=payload)

    def check(self, authorization: str | None) -> str:
        """Give the client whose token an Authorization header holds.

        Raises:
            RefusedError: 401, there is none or it does not hold.
        """
        if not authorization:
            raise RefusedError(401, "authentication.required", "No authentication bearer token.")
        token = authorization.removeprefix(_BEARER)
        with self._lock:
            granted = self._granted.get(token)
        if not authorization.startswith(_BEARER) or granted is None:
            raise bad_credentials()
        client, expiry = granted
        if expiry <= self._real():
            raise bad_credentials()
        return client

    def revoke(self) -> None:
        """End the life of every token."""
        with self._lock:
            self._granted.clear()
