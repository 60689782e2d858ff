"""Parameters of each operation, for a caller that has only text, such as a command line."""

import inspect
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from billing_exporter.genesys.billing import BillingApi


class Parameter(Struct, frozen=True):
    """One parameter of an operation.

    Attributes:
        name: Its name, as a keyword of the operation's method.
        help: What it means, in a few words.
        read: Returns its value from text; raises ValueError where the text is none.
        required: Whether the operation needs it.
    """

    name: str
    help: str
    read: Callable[[str], Any]
    required: bool


def parameters(operation: str) -> tuple[Parameter, ...]:
    """Return the parameters of an operation, in the order of its method.

    Args:
        operation: A reference name; see `OPERATIONS`.
    """
    signature = inspect.signature(getattr(BillingApi, operation))
    return tuple(
        Parameter(each.name, *_KNOWN[each.name], required=each.default is each.empty)
        for each in signature.parameters.values()
        if each.name != "self"
    )


_KNOWN: Mapping[str, tuple[str, Callable[[str], Any]]] = MappingProxyType(
    {
        "contract_id": ("the contract's id", str),
        "billing_period_id": ("the billing period's id", str),
        "invoice_id": ("the invoice's id", str),
        "trustor_org_id": ("the trustor's organization id", str),
        "billing_period_index": ("0 for the newest period, 1 for the one before, ...", int),
        "before": ("cursor: the page before it", str),
        "after": ("cursor: the page after it", str),
        "page_size": ("rows per page", int),
        "page_number": ("page, from 1", int),
        "date_start": ("first day, as YYYY-MM-DD", date.fromisoformat),
        "date_end": ("last day, as YYYY-MM-DD", date.fromisoformat),
        "start_date": ("begin, as YYYY-MM-DDTHH:MM:SSZ", datetime.fromisoformat),
        "end_date": ("end, as YYYY-MM-DDTHH:MM:SSZ", datetime.fromisoformat),
        "status": ("Active or Inactive", str),
        "external_number": ("the contract's external number", str),
        "payment_status": ("Paid or UnPaid", str),
    }
)
