"""The routes of the web server, without a socket."""

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from http import HTTPStatus

from billing_exporter.httpd.response import Body, Response, text_response
from billing_exporter.web.negotiation import Format, accepts_gzip, choose_format
from billing_exporter.web.page_routes import PageRoutes

Headers = Mapping[str, str]

_LIFE_PATHS = frozenset({"/-/healthy", "/healthz"})
HEALTH_PATHS = _LIFE_PATHS | {"/-/ready", "/readyz"}
RELOAD_PATH = "/-/reload"

_SOON = ("Retry-After", "5")
_ORIGIN = re.compile(r"^https?://[^/?]*", re.IGNORECASE)


class Routes:
    """The paths of the exporter: metrics, health, readiness, reload and pages."""

    def __init__(
        self,
        *,
        scrape: Callable[[Format, bool], Body],
        pages: PageRoutes | None = None,
        telemetry_path: str = "/metrics",
        reload: Callable[[], str | None] | None = None,
        is_restored: Callable[[], bool] = lambda: True,
    ) -> None:
        """Route requests to these functions.

        Args:
            scrape: Returns the exposition in a format, compressed with gzip or not, in pieces.
            pages: Answers pages and their JSON; without it there are none.
            telemetry_path: Where the metrics are; ``/`` leaves no place for the overview.
            reload: Reads the configuration again and returns what is wrong with it, or None
                where it was taken over; without it there is no path for that.
            is_restored: Returns whether all that was saved is shown. Before that nothing is
                answered but whether the process lives: what is missing would look as if it had
                ended.

        Raises:
            ValueError: The telemetry path is no path, or taken.
        """
        self._scrape = scrape
        self._is_restored = is_restored
        answers = {} if pages is None else pages.answers
        routes: dict[str, Callable[[Headers], Response]] = {
            "/-/healthy": self._healthy,
            "/healthz": self._healthy,
            "/-/ready": self._ready,
            "/readyz": self._ready,
            "/favicon.ico": self._favicon,
        }
        _check_telemetry_path(telemetry_path, taken={*routes, RELOAD_PATH, *answers} - {"/"})
        self._reads = {**routes, telemetry_path: self._metrics}
        self._pages = {path: page for path, page in answers.items() if path != telemetry_path}
        self._posts = {} if reload is None else {RELOAD_PATH: partial(_reloaded, reload)}

    def handle(self, method: str, target: str, headers: Headers) -> Response:
        """Answer a request; the names of the headers are in lower case.

        Only pages look at the query. The answer to HEAD is the one to GET; its body is not to be
        sent.
        """
        path = path_of(target)
        if path not in _LIFE_PATHS and not self._is_restored():
            return text_response(
                HTTPStatus.SERVICE_UNAVAILABLE, "saved readings are being restored", _SOON
            )
        if path in self._posts:
            return self._post(path, headers) if method == "POST" else _not_allowed("POST")
        if path not in self._reads and path not in self._pages:
            return text_response(HTTPStatus.NOT_FOUND, "there is nothing at this path")
        if method not in ("GET", "HEAD"):
            return _not_allowed("GET, HEAD")
        if path in self._pages:
            return self._pages[path](query_of(target))
        return self._reads[path](headers)

    def _post(self, path: str, headers: Headers) -> Response:
        """Change something, unless a page of another site has sent the request."""
        if is_cross_origin(headers):
            return text_response(HTTPStatus.FORBIDDEN, "requests from other sites are refused")
        return self._posts[path]()

    def _metrics(self, headers: Headers) -> Response:
        """Answer with the exposition in the form that the client prefers."""
        form = choose_format(headers.get("accept"))
        gzip = accepts_gzip(headers.get("accept-encoding"))
        encoding = (("Content-Encoding", "gzip"),) if gzip else ()
        vary = ("Vary", "Accept, Accept-Encoding")
        return Response(
            HTTPStatus.OK, form.content_type, self._scrape(form, gzip), (*encoding, vary)
        )

    def _healthy(self, _: Headers) -> Response:
        """Answer that the process lives, because it does."""
        return text_response(HTTPStatus.OK, "healthy")

    def _ready(self, _: Headers) -> Response:
        """Answer that scrapes are served, because what was saved is restored by now."""
        return text_response(HTTPStatus.OK, "ready")

    def _favicon(self, _: Headers) -> Response:
        """Answer browsers, which ask for an icon whatever the page says."""
        return Response(HTTPStatus.NO_CONTENT, headers=(("Cache-Control", "max-age=86400"),))


def path_of(target: str) -> str:
    """Return the path of a request's target, which a proxy may send as a whole URL."""
    return _ORIGIN.sub("", target).partition("?")[0] or "/"


def query_of(target: str) -> str:
    """Return the query of a request's target; empty where there is none."""
    return target.partition("#")[0].partition("?")[2]


def is_cross_origin(headers: Headers) -> bool:
    """Return True for a request that a page of another site has sent.

    Browsers name the site, older ones only the page; programs such as curl name neither.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    page = headers.get("origin", headers.get("referer") or None)
    if page is None:
        return False
    host = page.partition("://")[2].partition("/")[0]
    return host.lower() != headers.get("host", "").lower() or not host


def _reloaded(reload: Callable[[], str | None]) -> Response:
    """Reload and answer whether the configuration was taken over."""
    problems = reload()
    if problems is None:
        return text_response(HTTPStatus.OK, "reloaded")
    return text_response(HTTPStatus.INTERNAL_SERVER_ERROR, problems)


def _not_allowed(methods: str) -> Response:
    """Answer that another method would be right."""
    return text_response(
        HTTPStatus.METHOD_NOT_ALLOWED, f"this path takes {methods} alone", ("Allow", methods)
    )


def _check_telemetry_path(path: str, *, taken: Collection[str]) -> None:
    """Refuse a path that no request could reach, or that has another meaning."""
    if not path.startswith("/") or not path.isascii() or set(path) & set("?# "):
        raise ValueError(f"the telemetry path {path!r} must be a path such as /metrics")
    if path in taken:
        raise ValueError(
            f"the telemetry path {path!r} is taken: it answers health checks, reloads or pages"
        )
