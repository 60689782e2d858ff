"""Access control: rate limit, passwords and headers around the routes."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from http import HTTPStatus

from billing_exporter.httpd.connection import Handler
from billing_exporter.httpd.response import Response, text_response
from billing_exporter.web.authentication import Authenticator, Busy
from billing_exporter.web.protection import Protection
from billing_exporter.web.request_rate import TokenBucket
from billing_exporter.web.routes import HEALTH_PATHS, path_of

_CHALLENGE = ("WWW-Authenticate", 'Basic realm="billing-exporter", charset="UTF-8"')
_SOON = ("Retry-After", "5")


class AccessControl:
    """A handler that asks for a password before it hands a request on."""

    def __init__(
        self,
        site: Handler,
        protection: Callable[[], Protection],
        *,
        authenticator: Authenticator | None = None,
        open_paths: Collection[str] = HEALTH_PATHS,
    ) -> None:
        """Guard a site as the protection of each moment says; some paths need no password."""
        self._site = site
        self._protection = protection
        self._authenticator = authenticator or Authenticator()
        self._open_paths = open_paths
        self._bucket = TokenBucket()

    def handle(self, method: str, target: str, headers: Mapping[str, str]) -> Response:
        """Answer a request, or refuse it."""
        protection = self._protection()
        refusal = self._refusal(protection, target, headers)
        response = refusal or self._site.handle(method, target, headers)
        return _dressed(response, protection.headers)

    def _refusal(
        self, protection: Protection, target: str, headers: Mapping[str, str]
    ) -> Response | None:
        """Return the refusal of a request, or None where it may go on."""
        path, users = path_of(target), protection.users
        if path not in HEALTH_PATHS and not self._bucket.take(protection.rate):
            return text_response(HTTPStatus.TOO_MANY_REQUESTS, "too many requests", _SOON)
        if not users or path in self._open_paths:
            return None
        try:
            if self._authenticator.admits(users, headers.get("authorization")):
                return None
        except Busy:
            busy = "too many passwords wait to be checked"
            return text_response(HTTPStatus.SERVICE_UNAVAILABLE, busy, _SOON)
        return text_response(HTTPStatus.UNAUTHORIZED, "user and password are needed", _CHALLENGE)


def _dressed(response: Response, headers: tuple[tuple[str, str], ...]) -> Response:
    """Return the response with these headers in place of its own of the same name."""
    if not headers:
        return response
    names = {name.lower() for name, _ in headers}
    own = tuple(header for header in response.headers if header[0].lower() not in names)
    return replace(response, headers=(*own, *headers))
