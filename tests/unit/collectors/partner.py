"""A partner's customers (trustors) in an imitated cloud, and what is shown of them."""

from billing_exporter.collectors.settings import TrustorsSettings
from billing_exporter.collectors.trustors import TrustorsCollector
from tests.unit.collectors.api_stub import OVERVIEW, TRUSTORS, ApiStub, CollectorHarness, lines

NOVEMBER = ("2026-11-01T00:00:00Z", "2026-11-30T23:59:59Z")
OCTOBER = ("2026-10-01T00:00:00Z", "2026-10-31T23:59:59Z")
DECEMBER = ("2026-12-01T00:00:00Z", "2026-12-31T23:59:59Z")


def desk(**settings: object) -> CollectorHarness:
    """Return a trustors collector to poll, without history unless that is set."""
    given = {"history": 0, **settings}
    return CollectorHarness(TrustorsCollector(TrustorsSettings(**given)))  # type: ignore[arg-type]


def put_trustors(cloud: ApiStub, *names: str, **facts: object) -> None:
    """Let the cloud list trustors; the id of each is `id-` and its name."""
    entities = [
        {"id": f"id-{name}", "enabled": True, "organization": {"name": name}, **facts}
        for name in names
    ]
    cloud.put(TRUSTORS, {"entities": entities, "pageCount": 1})


def row(usage: object = "1", **facts: object) -> dict[str, object]:
    """Return a row of an overview as the API gives it."""
    given = {"name": "CX 3", "partNumber": "p", "grouping": "user-license", "prepayQuantity": "0"}
    return {**given, "unitOfMeasureType": "users", "usageQuantity": usage, **facts}


def put_overview(
    cloud: ApiStub,
    name: str,
    *rows: object,
    index: int = 0,
    period: tuple[str, str | None] | None = None,
) -> str:
    """Give the overview of a trustor; return the path it is at."""
    start, end = period or (NOVEMBER, OCTOBER)[index]
    path = f"{OVERVIEW}/id-{name}"
    overview = {
        "currency": "USD",
        "subscriptionType": "PREPAY",
        "billingPeriodStartDate": start,
        "billingPeriodEndDate": end,
        "usages": rows,
    }
    cloud.put(path, overview, billingPeriodIndex=str(index))
    return path


def statuses(text: str) -> dict[str, str]:
    """Return the status of each trustor by name."""
    held = [line.split('"') for line in lines(text, "trustor_status") if line.endswith(" 1")]
    return {parts[1]: parts[5] for parts in held}


def used(text: str) -> list[str]:
    """Return trustor, period and usage of every row that is shown."""
    return [
        f"{line.split(chr(34))[1]} {line.split(chr(34))[5]} {line.rsplit(' ', 1)[1]}"
        for line in lines(text, "trustor_usage_quantity")
    ]
