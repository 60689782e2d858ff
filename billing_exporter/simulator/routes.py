"""Routes: the operation that a path names, as the vendor's reference documents them."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from billing_exporter.simulator.answers import not_found
from billing_exporter.simulator.twists import PLAIN, Twist

TOKEN = "oauth_token"  # noqa: S105 - the name of an operation

# The literal `invoices` stands where a contract's id would: it comes first.
_PATHS = {
    "get_billing_contracts_invoices": "/api/v2/billing/contracts/invoices",
    "get_billing_contracts_invoice_lines": "/api/v2/billing/contracts/invoices/{invoice}/lines",
    "get_billing_contracts_invoice_document": (
        "/api/v2/billing/contracts/invoices/{invoice}/document"
    ),
    "get_billing_contracts": "/api/v2/billing/contracts",
    "get_billing_contract": "/api/v2/billing/contracts/{contract}",
    "get_billing_contract_billingperiod": (
        "/api/v2/billing/contracts/{contract}/billingperiods/{period}"
    ),
    "get_billing_reports_billableusage": "/api/v2/billing/reports/billableusage",
    "get_billing_trusteebillingoverview_trustor_org_id": (
        "/api/v2/billing/trusteebillingoverview/{trustor}"
    ),
    "get_orgauthorization_trustors": "/api/v2/orgauthorization/trustors",
    "get_organizations_me": "/api/v2/organizations/me",
    TOKEN: "/oauth/token",
}
OPERATIONS = tuple(_PATHS)
_PATTERNS = {
    operation: re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
    for operation, path in _PATHS.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request, understood.

    Attributes:
        operation: its name in the reference.
        path: its path.
        ids: ids from the path, by what they identify.
        query: its parameters.
        now: simulated time.
        largest_page: entities a page may hold at most, None where the operation decides.
        twist: what faults change about the world.
    """

    operation: str
    path: str
    ids: dict[str, str]
    query: dict[str, str]
    now: datetime
    largest_page: int | None = None
    twist: Twist = PLAIN


def route(path: str) -> tuple[str, dict[str, str]]:
    """Name the operation of a path and the ids in it.

    Raises:
        RefusedError: 404, no operation has this path.
    """
    for operation, pattern in _PATTERNS.items():
        match = pattern.fullmatch(path)
        if match:
            return operation, {name: unquote(value) for name, value in match.groupdict().items()}
    raise not_found()
