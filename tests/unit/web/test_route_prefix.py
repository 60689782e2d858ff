"""Route prefix: which paths answer where, and what the flags may say."""

import pytest

from billing_exporter.web.route_prefix import AT_THE_ROOT, Prefix, PrefixedRoutes, prefix_of
from tests.unit.web.test_routes import site


def status(target: str, prefix: Prefix, method: str = "GET") -> int:
    """Return the status of a request below a prefix."""
    served = PrefixedRoutes(site(reload=lambda: None), prefix)
    return served.handle(method, target, {}).status


BELOW = Prefix("/billing", "/billing")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/billing/", 200),
        ("/billing/metrics", 200),
        ("/billing/metrics?name=x", 200),
        ("http://example.com/billing/metrics", 200),
        ("/billing/-/ready", 200),
        ("/-/ready", 200),
        ("/-/healthy", 200),
        ("/healthz", 200),
        ("/billing", 302),
        ("/", 302),
        ("/metrics", 404),
        ("/billingmetrics", 404),
        ("/billing/billing/metrics", 404),
        ("/billing//metrics", 404),
        ("/other", 404),
    ],
)
def test_paths(target: str, expected: int) -> None:
    """Everything is below the prefix; at the root are health and readiness, nothing else."""
    assert status(target, BELOW) == expected


def test_reload_at_both_places() -> None:
    """Reload answers below the prefix and at the root, and only to POST."""
    for target in ("/-/reload", "/billing/-/reload"):
        assert status(target, BELOW, "POST") == 200
        assert status(target, BELOW) == 405
    assert "/-/reload" in AT_THE_ROOT


def test_the_root_leads_to_the_page() -> None:
    """A redirect leads to where users find the page, also where a proxy takes its path off."""
    served = PrefixedRoutes(site(), Prefix("/in", "/out"))
    assert ("Location", "/out/") in served.handle("GET", "/", {}).headers


def test_without_prefix() -> None:
    """Without a prefix a request is handed on as it came."""
    assert status("/metrics", Prefix()) == 200
    assert status("/billing/metrics", Prefix("", "/billing")) == 404


@pytest.mark.parametrize(
    ("url", "path", "expected"),
    [
        (None, None, Prefix()),
        ("https://example.com", None, Prefix()),
        ("https://example.com/", None, Prefix()),
        ("https://example.com:8443/a/b/", None, Prefix("/a/b", "/a/b")),
        ("http://[::1]/a", "/", Prefix("", "/a")),
        ("http://example.com/a", "b", Prefix("/b", "/a")),
        (None, "/a/", Prefix("/a", "/a")),
        (None, "", Prefix()),
    ],
)
def test_flags(url: str | None, path: str | None, expected: Prefix) -> None:
    """The route follows the URL unless it is given; links follow the URL."""
    assert prefix_of(url, path) == expected


@pytest.mark.parametrize(
    ("url", "path", "flag"),
    [
        ("example.com/a", None, "--web.external-url"),
        ("ftp://example.com/a", None, "--web.external-url"),
        ("https:///a", None, "--web.external-url"),
        ("https://example.com/a?b", None, "--web.external-url"),
        ("https://user:secret@example.com/a", None, "--web.external-url"),
        ("https://[::1/a", None, "--web.external-url"),
        ("https://example.com/a b", None, "--web.external-url"),
        (None, "/a?b", "--web.route-prefix"),
        (None, "/a/../b", "--web.route-prefix"),
        (None, "/a//b", "--web.route-prefix"),
        (None, "/\n", "--web.route-prefix"),
    ],
)
def test_bad_flags(url: str | None, path: str | None, flag: str) -> None:
    """What is no URL or path is refused by the name of its flag, without a password in it."""
    with pytest.raises(ValueError, match=flag) as raised:
        prefix_of(url, path)
    assert "secret" not in str(raised.value)
