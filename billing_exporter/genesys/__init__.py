"""Genesys Cloud's Billing API: a typed client that knows nothing of metrics."""

from billing_exporter.genesys.auth import Account
from billing_exporter.genesys.billing import BillingApi
from billing_exporter.genesys.clock import Clock, SystemClock
from billing_exporter.genesys.decoding import encode
from billing_exporter.genesys.errors import (
    ApiError,
    Forbidden,
    Interrupted,
    NotFound,
    NotReady,
    RateLimited,
    Rejected,
    Timeout,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from billing_exporter.genesys.observer import NullObserver, Observer
from billing_exporter.genesys.operations import OPERATIONS, Operation
from billing_exporter.genesys.paging import MOST_EMPTY_PAGES, RawPage, following
from billing_exporter.genesys.parameters import Parameter, parameters
from billing_exporter.genesys.reaching import date_of
from billing_exporter.genesys.regions import hosts

__all__ = [
    "MOST_EMPTY_PAGES",
    "OPERATIONS",
    "Account",
    "ApiError",
    "BillingApi",
    "Clock",
    "Forbidden",
    "Interrupted",
    "NotFound",
    "NotReady",
    "NullObserver",
    "Observer",
    "Operation",
    "Parameter",
    "RateLimited",
    "RawPage",
    "Rejected",
    "SystemClock",
    "Timeout",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "Unreachable",
    "date_of",
    "encode",
    "following",
    "hosts",
    "parameters",
]
