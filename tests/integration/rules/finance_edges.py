"""Edges of the alerts about bills, budgets and margins; see ``edges``."""

from collections.abc import Callable

from tests.integration.rules.edges import Edge, Series

_CHARGE = 'organization="acme",contract="C-1",charge="IVR Basic",sku="GC-1",unit="Minute"'
_TRUSTOR = 'organization="acme",trustor="Umbra",trustor_id="t-1"'
_USED = f'{_TRUSTOR},charge="IVR Basic",part_number="GC-1",grouping="resource",unit="minutes"'
# A currency has a threshold once there is an amount in it.
_SEEN = 'organization_currency_overdue:unpaid_amount:max{organization="x",currency="EUR"}'


def _amount(metric: str, labels: str) -> Callable[[float], Series]:
    return lambda amount: {f'{metric}{{{labels},currency="EUR"}}': amount}


def _sure(level: str, allowed: str, metric: str, labels: str) -> Callable[[float], Series]:
    projected = f"{level}_charge_currency:estimated_overage_amount:projected"
    return lambda amount: {
        f"genesyscloud_billing_{metric}_forecast_quantity_lower{{{labels}}}": 1500,
        f"{level}_charge:{allowed}:max{{{labels}}}": 1000,
        f'{projected}{{{labels},currency="EUR"}}': amount,
        _SEEN: 1,
    }


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
    Edge(
        "GenesysBillingOverageAlmostSure",
        "small_amount",
        _sure("organization_contract", "included_quantity", "charge", _CHARGE),
    ),
    Edge(
        "GenesysBillingTrustorOverageAlmostSure",
        "small_amount",
        _sure("organization_trustor", "allowance_quantity", "trustor", _USED),
    ),
    Edge(
        "GenesysBillingOverageAmountAlmostSure",
        "fleet_overage_amount",
        lambda x: {
            _SEEN: 1,
            **_amount(
                "organization_currency:contract_forecast_overage_amount_lower:sum",
                'organization="acme"',
            )(x),
        },
    ),
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
