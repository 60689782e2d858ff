"""Inputs of the measurements: answers of the API as bytes, and the trustors that they become.

Keys and types are the API's; every value is made up.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import TrustorData, TrustorState, condensed
from billing_exporter.genesys.operations import TRUSTEEBILLINGOVERVIEW

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHARGES = 19
"""Rows of an overview in use; each becomes seven series."""
SERIES_PER_TRUSTOR = 7 * CHARGES + 10
"""And ten more: facts, dates of period and contract, status, time of reading."""
_ENTITIES_PER_PAGE = 200


def identifier(number: int) -> str:
    """Return an id in the API's form."""
    return f"{number:08x}-0000-4000-8000-000000000000"


def trustors(series: int, *, changed: int = 0) -> TrustorsData:
    """Return what a poll of the trustors fetches, about so many series when exposed.

    Args:
        series: how many.
        changed: how many trustors, evenly spread, have used more than without this; if any
            have, the poll is a later one.
    """
    count = max(1, series // SERIES_PER_TRUSTOR)
    step = count // changed if changed else 0
    every = {}
    for number in range(count):
        more = int(bool(step) and number % step == 0 and number // step < changed)
        body = overview(number, rows=CHARGES, more=more)
        # Decoded again each time: equal to what an earlier poll fetched, and never the same object.
        fetched = TRUSTEEBILLINGOVERVIEW.decoder.decode(body).value
        periods = condensed({"current": fetched}, zero_rows=False)
        every[identifier(number)] = TrustorData.of(identifier(number), _name(number), periods)
    at = NOW + timedelta(hours=6) if changed else NOW
    states = {key: TrustorState(key, data.name, "ok", at) for key, data in every.items()}
    return TrustorsData(states, every)


def overview(number: int, *, rows: int, more: int = 0, blank: bool = False) -> bytes:
    """Return a billing overview; ``more`` is added to each usage, ``blank`` empties one row."""
    usages = [_usage(number, row, more) for row in range(rows)]
    if blank:
        usages[-1] |= {"usageQuantity": "", "prepayQuantity": "", "overagePrice": ""}
    return json_bytes(
        {
            "id": identifier(number),
            "name": _name(number),
            "organization": {"id": identifier(number), "name": _name(number)},
            "currency": "EUR",
            "enabledProducts": ["PureCloud3Overage", "PureCloudCommunicateOverage"],
            "subscriptionType": "PREPAY",
            "billingPeriodStartDate": "2026-11-01T00:00:00Z",
            "billingPeriodEndDate": "2026-11-30T23:59:59Z",
            "contractEndDate": "2028-10-31T23:59:59Z",
            "usages": usages,
            "selfUri": f"/api/v2/billing/trusteebillingoverview/{identifier(number)}",
        }
    )


def _usage(number: int, row: int, more: int) -> dict[str, Any]:
    return {
        "name": f"Genesys Cloud charge of kind {row}",
        "partNumber": f"GC-170-NV-{row:04}",
        "grouping": "user-license",
        "unitOfMeasureType": "licenses",
        "usageQuantity": str(80 + (7 * number + 11 * row) % 60 + more),
        "overagePrice": f"{row + 1}.7401",
        "prepayQuantity": "100",
        "prepayPrice": f"{row + 1}.5",
        "usageNotes": "",
        "isCancellable": False,
        "bundleQuantity": "1",
        "isThirdParty": False,
    }


def usage_report(resources: int) -> bytes:
    """Return a complete usage report with so many resources over ten charges."""
    usages = []
    for charge in range(10):
        listed = [
            {"name": f"seat.{charge}.{number}@example.com", "date": "2026-11-02T08:15:30.123Z"}
            for number in range(resources // 10)
        ]
        name = f"Genesys Cloud charge of kind {charge}"
        usages.append({"name": name, "totalUsage": str(len(listed)), "resources": listed})
    return json_bytes(
        {
            "id": identifier(1),
            "name": "billable usage",
            "startDate": "2026-11-01T00:00:00.000Z",
            "endDate": "2026-11-30T23:59:59.999Z",
            "status": "Complete",
            "usages": usages,
            "selfUri": "/api/v2/billing/reports/billableusage",
        }
    )


def invoice_pages(pages: int) -> list[bytes]:
    """Return pages of 200 invoices that follow each other by cursor."""
    entities = ",".join(
        json_bytes(_invoice(number)).decode() for number in range(_ENTITIES_PER_PAGE)
    )
    path = "/api/v2/billing/contracts/invoices"
    ends = [f',"nextUri":"{path}?after={page}"' for page in range(1, pages)] + [""]
    return [f'{{"entities":[{entities}],"selfUri":"{path}"{end}}}'.encode() for end in ends]


def _invoice(number: int) -> dict[str, Any]:
    customer = {"id": identifier(number), "number": f"C-{number}", "name": _name(number)}
    address = {
        "dateEffective": "2024-01-01",
        "addressType": "BillTo",
        "currencyIsoCode": "EUR",
        "line1": f"{number} Some Street",
        "cityName": "Some City",
        "postalCode": f"{number:05}",
        "countryCode": "DE",
        "country": "Germany",
    }
    return {
        "id": identifier(number),
        "billToCustomer": customer,
        "shipToCustomer": customer,
        "soldToCustomer": customer,
        "dateInvoiced": f"2026-{1 + number % 12:02}-01",
        "billToAddress": address,
        "shipToAddress": address | {"addressType": "ShipTo"},
        "currencyIsoCode": "EUR",
        "paymentStatus": "Paid" if number % 10 else "Unpaid",
        "paymentTerms": "Net 30",
        "paymentLink": f"https://pay.example.com/{identifier(number)}",
        "customerPoNumber": f"PO-{number}",
        "customerInvoiceType": "Invoice",
        "amount": 1000.25 + number,
    }


def trustor_listing(count: int) -> bytes:
    """Return the only page of a listing of so many trustors."""
    entities = [
        {
            "id": identifier(number),
            "enabled": True,
            "organization": {"id": identifier(number), "name": _name(number)},
        }
        for number in range(count)
    ]
    return json_bytes({"entities": entities, "pageNumber": 1, "pageCount": 1, "total": count})


def empty_listing() -> bytes:
    """Return a listing of nothing."""
    return json_bytes({"entities": []})


def _name(number: int) -> str:
    return f"Customer number {number:05} GmbH"


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()
