"""Advice: what to do about each kind of error and each state of a customer."""

from collections.abc import Mapping
from types import MappingProxyType

from billing_exporter.web.records import CustomerState

BY_REASON: Mapping[str, str] = MappingProxyType(
    {
        "unauthorized": "Check client id, secret and region.",
        "forbidden": "Add the permission to a role of the OAuth client.",
        "not_found": "Check the region and the API's address.",
        "rate_limited": "Give the exporter an OAuth client of its own.",
        "unavailable": "Wait: the last reading stays, and the poll is tried again.",
        "unreachable": "Check network, proxy and certificates.",
        "unexpected_answer": "Check for a proxy that answers in the API's place.",
        "rejected": "Report it with the correlation_id of the log.",
        "not_ready": "Wait: the usage report is still being made.",
        "timeout": "Raise the collector's timeout, or poll fewer customers.",
        "crashed": "A fault of the exporter: report it with the error of the log.",
    }
)
"""What to do, by the reason of a poll's failure."""

BY_STATE: Mapping[CustomerState, str] = MappingProxyType(
    {
        "ok": "",
        "no_data": "Nothing, if the customer is new or has no billing.",
        "forbidden": "Ask the customer to trust your organization again, and check that a role of "
        "the OAuth client may read its billing.",
        "disabled": "Enable the trust again, or exclude the customer in the configuration.",
        "error": "Wait: it is tried again in the next poll, and the last numbers stay.",
        "unread": "Wait: its first reading is under way.",
    }
)
"""What to do, by the state of a customer."""

MEANING: Mapping[CustomerState, str] = MappingProxyType(
    {
        "ok": "",
        "no_data": "The API has no billing data of the customer.",
        "forbidden": "The billing of the customer may not be read.",
        "disabled": "The trust of the customer is disabled.",
        "error": "The customer could not be read.",
        "unread": "The customer has not been read yet.",
    }
)
"""What a state means, where there is no error."""
