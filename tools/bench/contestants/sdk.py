"""The vendor's SDK as a client of the same API."""

import sys
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from PureCloudPlatformClientV2 import ApiClient, BillingApi

from tools.bench import measure

START, END = "2026-11-01T00:00:00.000Z", "2026-11-23T12:00:00.000Z"


def works(url: str, overviews: int) -> dict[str, Callable[[], object]]:
    """Prepare the calls; the token is given, not fetched."""
    client = ApiClient(host=url)
    client.access_token = "token"  # noqa: S105 - the prepared API takes any
    api = BillingApi(client)

    def read_overviews(ids: list[str]) -> None:
        for each in ids:
            api.get_billing_trusteebillingoverview_trustor_org_id(each)

    def count_invoices() -> int:
        page = api.get_billing_contracts_invoices(page_size="200")
        count = len(page.entities)
        while page.next_uri:
            after = parse_qs(urlsplit(page.next_uri).query)["after"][0]
            page = api.get_billing_contracts_invoices(after=after, page_size="200")
            count += len(page.entities)
        return count

    return {
        "overviews": lambda: read_overviews([f"{each:08x}" for each in range(overviews)]),
        "blank": lambda: read_overviews(["blank"] * overviews),
        "report": lambda: api.get_billing_reports_billableusage(START, END),
        "invoices": count_invoices,
        "nothing": lambda: None,
    }


if __name__ == "__main__":
    measure.perform(works(sys.argv[1], int(sys.argv[2])))
