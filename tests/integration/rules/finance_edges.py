"""Edges of the alerts about bills, budgets and margins; see ``edges``."""

from collections.abc import Callable

from tests.integration.rules.edges import Edge, Series

_TRUSTOR = 'organization="acme",trustor="Umbra",trustor_id="t-1"'


def _amount(metric: str, labels: str) -> Callable[[float], Series]:
    return lambda amount: {f'{metric}{{{labels},currency="EUR"}}': amount}


def _unallocated(share: float) -> Series:
    record = "allocation_group_currency:estimated_amount:sum"
    labels = 'allocation="cc",currency="EUR"'
    return {
        f'{record}{{{labels},group="unallocated"}}': share,
        f'{record}{{{labels},group="A"}}': 1 - share,
    }


def _margin(amount: float) -> Series:
    labels = f'{_TRUSTOR},period="previous"'
    return _amount("genesyscloud_billing_trustor_estimated_margin_amount", labels)(amount)


def _differing(cause: str, amount: float) -> Series:
    labels = f'organization="acme",subject="contracts",period="previous",cause="{cause}"'
    return _amount("genesyscloud_billing_reconciliation_difference_amount", labels)(amount)


EDGES = (
    Edge("GenesysBillingUnallocatedHigh", "unallocated", _unallocated),
    Edge("GenesysBillingMarginNegative", "small_amount", lambda x: _margin(-x)),
    Edge(
        "GenesysBillingReconciliationDifference",
        "small_amount",
        lambda x: _differing("price", x),
    ),
    Edge("GenesysBillingOnlyInvoiced", "small_amount", lambda x: _differing("only_invoiced", x)),
    Edge("GenesysBillingUsedNotInvoiced", "small_amount", lambda x: _differing("only_used", -x)),
)
