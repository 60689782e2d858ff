"""The routes, without a socket."""

from collections.abc import Callable

import pytest

from billing_exporter.httpd.response import Response
from billing_exporter.web.negotiation import Format
from billing_exporter.web.routes import Routes
from tests.unit.web.exporters import Shown, routes


def site(
    *,
    telemetry_path: str = "/metrics",
    pages: bool = True,
    reload: Callable[[], str | None] | None = None,
) -> Routes:
    """Return a site whose metrics say how they were asked for."""
    return Routes(
        scrape=lambda form, gzip: [form.name.encode(), b" gzip" if gzip else b" plain"],
        pages=routes(telemetry_path=telemetry_path) if pages else None,
        telemetry_path=telemetry_path,
        reload=reload,
    )


def get(target: str, **headers: str) -> Response:
    """Return the answer to a GET."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return site().handle("GET", target, given)


def text(response: Response) -> str:
    """Return the body as text."""
    return b"".join(response.body).decode()


def test_metrics_plain() -> None:
    """Without wishes, a scrape gets the text format, not compressed, and its pieces untouched."""
    response = get("/metrics")
    assert (response.status, list(response.body)) == (200, [b"TEXT", b" plain"])
    assert response.content_type == Format.TEXT.content_type
    assert response.headers == (("Vary", "Accept, Accept-Encoding"),)


def test_metrics_as_wished() -> None:
    """With its headers, a scrape gets OpenMetrics, compressed, and receives so."""
    response = get("/metrics", accept="application/openmetrics-text", accept_encoding="gzip")
    assert text(response) == "OPENMETRICS gzip"
    assert response.content_type == Format.OPENMETRICS.content_type
    assert ("Content-Encoding", "gzip") in response.headers


@pytest.mark.parametrize(
    "target", ["/metrics?collect[]=usage", "http://a:1/metrics", "HTTP://a/metrics?x"]
)
def test_targets_that_mean_the_metrics(target: str) -> None:
    """A query changes nothing, and a whole URL is as good as its path."""
    assert text(get(target)) == "TEXT plain"


def test_what_is_not_restored_is_not_answered() -> None:
    """Before all that was saved is shown every path but health asks for patience, also a reload;
    afterwards each answers.
    """
    restored: list[bool] = []
    given = Routes(
        scrape=lambda *_: [b"all"], reload=lambda: None, is_restored=lambda: bool(restored)
    )
    for method, path in (("GET", "/metrics"), ("GET", "/readyz"), ("POST", "/-/reload")):
        response = given.handle(method, path, {})
        assert response.status == 503
        assert ("Retry-After", "5") in response.headers
    assert given.handle("GET", "/healthz", {}).status == 200
    restored.append(True)
    for method, path in (("GET", "/metrics"), ("GET", "/readyz"), ("POST", "/-/reload")):
        assert given.handle(method, path, {}).status == 200


@pytest.mark.parametrize("target", ["/-/healthy", "/healthz"])
def test_healthy(target: str) -> None:
    """The process says that it lives."""
    assert (get(target).status, text(get(target))) == (200, "healthy\n")


@pytest.mark.parametrize("target", ["/-/ready", "/readyz"])
def test_ready(target: str) -> None:
    """What listens is ready: what was kept is restored before, and numbers come as read."""
    assert (get(target).status, text(get(target))) == (200, "ready\n")


def test_page() -> None:
    """The overview is HTML with a policy that allows no more than its own style."""
    response = get("/")
    assert response.content_type == "text/html; charset=utf-8"
    assert dict(response.headers)["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert get("http://a:1").body == response.body


def test_pages_take_a_query() -> None:
    """The query reaches a page, also behind a whole URL."""
    shown = Shown()
    both = Routes(scrape=lambda *_: [], pages=routes(shown))
    for target in ("/customers?page=2", "http://a:1/customers?page=2#x"):
        shown.asked = None
        assert both.handle("GET", target, {}).status == 200
        assert shown.asked is not None


@pytest.mark.parametrize("path", ["/", "/customers", "/api/v1/overview", "/api/v1/openapi.json"])
def test_without_pages(path: str) -> None:
    """Where pages are off, there are none, and metrics and health are as ever."""
    assert get(path).status == 200
    off = site(pages=False)
    assert off.handle("GET", path, {}).status == 404
    assert off.handle("GET", "/metrics", {}).status == 200
    assert off.handle("GET", "/-/healthy", {}).status == 200


def test_favicon() -> None:
    """Browsers get no icon and no error."""
    assert (get("/favicon.ico").status, text(get("/favicon.ico"))) == (204, "")


@pytest.mark.parametrize("target", ["/nothing", "*", "metrics", "//", "/metrics/", "/-/reload"])
def test_other_paths(target: str) -> None:
    """What is not routed is not found, whatever the method."""
    assert get(target).status == 404
    assert site().handle("POST", target, {}).status == 404


class Reload:
    """A reload that returns some errors, and counts."""

    def __init__(self, problems: str | None) -> None:
        """Return these errors."""
        self.problems = problems
        self.calls = 0

    def __call__(self) -> str | None:
        """Reload."""
        self.calls += 1
        return self.problems


@pytest.mark.parametrize(
    ("problems", "status", "body"),
    [
        (None, 200, "reloaded\n"),
        ("c.yml:1: a: wrong\nc.yml:2: b", 500, "c.yml:1: a: wrong\nc.yml:2: b\n"),
    ],
)
def test_reload(problems: str | None, status: int, body: str) -> None:
    """POST reloads and says whether the configuration was taken over, with every error."""
    reload = Reload(problems)
    response = site(reload=reload).handle("POST", "/-/reload?x", {})
    assert (response.status, text(response)) == (status, body)
    assert reload.calls == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_post_reloads(method: str) -> None:
    """No other method reloads, so that no link and no prefetch does."""
    reload = Reload(None)
    response = site(reload=reload).handle(method, "/-/reload", {})
    assert (response.status, reload.calls) == (405, 0)
    assert ("Allow", "POST") in response.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get", "TRACE"])
def test_other_methods(method: str) -> None:
    """Nothing but reading is allowed, and the answer says so."""
    response = site().handle(method, "/metrics", {})
    assert response.status == 405
    assert ("Allow", "GET, HEAD") in response.headers


def test_head_is_like_get() -> None:
    """HEAD gets the answer of GET, whose body the server keeps back."""
    assert site().handle("HEAD", "/metrics", {}) == get("/metrics")


def test_telemetry_path() -> None:
    """The metrics move with their path, and may take the page's place."""
    moved = site(telemetry_path="/billing")
    assert text(moved.handle("GET", "/billing", {})) == "TEXT plain"
    assert moved.handle("GET", "/metrics", {}).status == 404
    assert text(site(telemetry_path="/").handle("GET", "/", {})) == "TEXT plain"


@pytest.mark.parametrize(
    "path",
    ["metrics", "", "/a?b", "/a b", "/ä", "/healthz", "/-/ready", "/-/reload", "/customers"],
)
def test_bad_telemetry_paths(path: str) -> None:
    """A path that cannot be requested, or means something else, is refused."""
    with pytest.raises(ValueError, match="telemetry path"):
        site(telemetry_path=path)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "host": "billing:10059"},
        {"origin": "https://evil.example.com", "host": "billing:10059"},
        {"origin": "http://billing:8080", "host": "billing:10059"},
        {"origin": "null", "host": "billing:10059"},
        {"origin": "null"},
        {"origin": ""},
        {"referer": "https://evil.example.com/page", "host": "billing:10059"},
        {"referer": "http://billing:8080/", "host": "billing:10059"},
        {"referer": "https://billing:10059.evil.example.com/", "host": "billing:10059"},
        {"referer": "https://evil.example.com/http://billing:10059/", "host": "billing:10059"},
        {"referer": "about:blank", "host": "billing:10059"},
        {"referer": "about:blank"},
    ],
)
def test_a_page_of_another_site_reloads_nothing(headers: dict[str, str]) -> None:
    """A reload that a browser sends for another site's page is refused."""
    reload = Reload(None)
    response = site(reload=reload).handle("POST", "/-/reload", headers)
    assert response.status == 403
    assert reload.calls == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "billing:10059"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": "https://proxy", "host": "billing:10059"},
        {"origin": "http://billing:10059", "host": "billing:10059"},
        {"referer": "http://billing:10059/customers?page=2", "host": "billing:10059"},
        {"referer": "http://Billing:10059", "host": "billing:10059"},
        {"referer": "", "host": "billing:10059"},
    ],
)
def test_programs_and_own_pages_may_reload(headers: dict[str, str]) -> None:
    """A program such as curl reloads, and so does a page of the same origin."""
    assert site(reload=Reload(None)).handle("POST", "/-/reload", headers).status == 200
