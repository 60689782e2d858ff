"""Route prefix: the paths of the exporter below another path, as a reverse proxy wants them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from billing_exporter.httpd.connection import Handler
from billing_exporter.httpd.response import Response, text_response
from billing_exporter.web.routes import HEALTH_PATHS, RELOAD_PATH, path_of, query_of

AT_THE_ROOT = HEALTH_PATHS | {RELOAD_PATH, "/favicon.ico"}
"""Paths that answer at the root too: probes and tools know nothing of a prefix."""

_NOTHING = "/-/nothing"
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True)
class Prefix:
    """Paths before those of the exporter; empty where there is none.

    Attributes:
        route: the path before the routes, as requests that arrive have it.
        external: the path before them in the eyes of users, which links begin with.
    """

    route: str = ""
    external: str = ""


NO_PREFIX = Prefix()


def prefix_of(external_url: str | None, route_prefix: str | None) -> Prefix:
    """Return the prefix that the flags describe; the route follows the URL unless given.

    Raises:
        ValueError: one of them is no URL, or no path.
    """
    external = "" if external_url is None else _path_of_url(external_url)
    route = external if route_prefix is None else _normal("--web.route-prefix", route_prefix)
    return Prefix(route, external if external_url is not None else route)


class PrefixedRoutes:
    """A handler that takes the prefix off before it hands a request on."""

    def __init__(self, site: Handler, prefix: Prefix) -> None:
        """Put the paths of a site below a prefix."""
        self._site = site
        self._prefix = prefix

    def handle(self, method: str, target: str, headers: Mapping[str, str]) -> Response:
        """Answer a request; the root leads to the page, and other paths without it nowhere."""
        path, query, route = path_of(target), query_of(target), self._prefix.route
        if not route:
            return self._site.handle(method, target, headers)
        if path.startswith(f"{route}/"):
            path = path.removeprefix(route)
        elif path in {"/", route}:
            place = ("Location", f"{self._prefix.external}/")
            return text_response(HTTPStatus.FOUND, "the page is elsewhere", place)
        elif path not in AT_THE_ROOT:
            path = _NOTHING
        return self._site.handle(method, f"{path}?{query}" if query else path, headers)


def _path_of_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.hostname
    except ValueError:
        good = None
    if not good or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(
            "--web.external-url: expected a URL such as https://example.com/billing, "
            "without user, query and fragment"
        )
    return _normal("--web.external-url", parts.path)


def _normal(flag: str, path: str) -> str:
    """Return a path with a slash before it and none after it; empty for the root."""
    plain = f"/{path.strip('/')}".rstrip("/")
    if not _PREFIX.fullmatch(plain) or {".", ".."} & set(plain.split("/")):
        raise ValueError(f"{flag}: expected a path such as /billing, got {path!r}")
    return plain
