"""Records that pages show and ``/api/v1`` returns, the same ones.

A value that is not known is null, never 0. Amounts are exact decimals, without tax; amounts of
different currencies are never added. Moments are UTC.
"""

from billing_exporter.web.records.contracts import (
    CONTRACT_SORTS,
    Contract,
    ContractQuery,
    Contracts,
    ContractSort,
)
from billing_exporter.web.records.customers import (
    CUSTOMER_STATES,
    SORTS,
    Account,
    Charge,
    Customer,
    CustomerQuery,
    Customers,
    CustomerState,
    Period,
    Sort,
    StateCount,
)
from billing_exporter.web.records.money import (
    Amounts,
    Budget,
    Difference,
    Overage,
    Total,
    Unpaid,
    UnpaidAge,
)
from billing_exporter.web.records.overview import (
    ApiBudget,
    Attention,
    Collector,
    CollectorState,
    Overview,
)

__all__ = [
    "CONTRACT_SORTS",
    "CUSTOMER_STATES",
    "SORTS",
    "Account",
    "Amounts",
    "ApiBudget",
    "Attention",
    "Budget",
    "Charge",
    "Collector",
    "CollectorState",
    "Contract",
    "ContractQuery",
    "ContractSort",
    "Contracts",
    "Customer",
    "CustomerQuery",
    "CustomerState",
    "Customers",
    "Difference",
    "Overage",
    "Overview",
    "Period",
    "Sort",
    "StateCount",
    "Total",
    "Unpaid",
    "UnpaidAge",
]
