"""The panels about Genesys Cloud's API: requests, errors, speed, budget."""

from tools.dashboards.panels import COUNT, RATIO, SECONDS, Query, figure, lines
from tools.dashboards.queries import Scope
from tools.dashboards.sdk import dashboard
from tools.dashboards.thresholds import NOTICE, above

_DAY = "[1d]"  # polls are hours apart: a shorter window would mostly hold none


def share_of_budget(scope: Scope) -> dashboard.Panel:
    """Show the share of the token's requests a minute that is used."""
    return figure(
        "API budget used",
        "Share of the requests a minute that the API allows the OAuth client, as the API counted "
        "last. Everything that uses the same client shares it.",
        [Query(f"max({_share(scope)})", "")],
        RATIO,
        steps=above("api_used", NOTICE),
    )


def budget(scope: Scope) -> dashboard.Panel:
    """Show that share over time."""
    return lines(
        "API budget used, over time",
        "Share of the requests a minute that the API allows the OAuth client, as the API counted "
        "last. The dashed line is where the alert begins.",
        [Query(_share(scope), "{{organization}} {{instance}}")],
        RATIO,
        steps=above("api_used", NOTICE),
    )


def requests(scope: Scope) -> dashboard.Panel:
    """Show the requests of the last day by operation."""
    answered = scope.select("api_requests_total")
    return lines(
        "Requests in the last day, by operation",
        "All attempts, successful or not. The names are those of the vendor's reference.",
        [Query(f"sum by (endpoint) (increase({answered}{_DAY}))", "{{endpoint}}")],
        COUNT,
        stepped=False,
    )


def errors(scope: Scope) -> dashboard.Panel:
    """Show the requests of the last day that failed or were tried again."""
    failed = scope.select("api_requests_total", 'status!~"2.."')
    retried = scope.select("api_retries_total")
    every = scope.select("api_requests_total")
    retries = f"sum(increase({retried}{_DAY})) or 0 * sum({every})"
    return lines(
        "Refused, failed and repeated in the last day",
        "Answers other than success by operation and HTTP status (error: no answer came), and "
        "attempts that were repeated. For an overview 404 is normal: the customer has no such "
        "period; 403 is a customer that is not readable.",
        [
            Query(
                f"sum by (endpoint, status) (increase({failed}{_DAY}))", "{{status}} {{endpoint}}"
            ),
            Query(retries, "repeated"),
        ],
        COUNT,
        stepped=False,
    )


def latency(scope: Scope) -> dashboard.Panel:
    """Show how long the API takes to answer."""
    buckets = scope.select("api_request_duration_seconds_bucket")
    counts = f"sum by (le, endpoint) (increase({buckets}{_DAY}))"
    slow = f"histogram_quantile(0.95, {counts}) >= 0"  # drops NaN: no answer in the window
    return lines(
        "Slowest twentieth of the answers, by operation",
        "95th percentile of the last day's answers, estimated from a histogram.",
        [Query(slow, "{{endpoint}}")],
        SECONDS,
        stepped=False,
    )


def _share(scope: Scope) -> str:
    used, allowed = map(scope.per_exporter, ("api_rate_limit_used", "api_rate_limit_allowed"))
    return f"{used} / {allowed}"  # each exporter can have a client of its own
