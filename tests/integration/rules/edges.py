"""For each alert and each threshold in it: series in which nothing but that threshold decides.

The series are those that the alert's expression names, also where they are recorded: what they are
recorded from, the tests beside the rules show.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NOW = "2d"
_STEP = "5m"
_STEPS = 2 * 288  # as many as until NOW
_NOW_SECONDS = 2 * 86_400

_CHARGE = 'organization="acme",contract="C-1",charge="IVR Basic",sku="GC-1",unit="Minute"'
_CONTRACT = 'organization="acme",contract="C-1"'
_TRUSTOR = 'organization="acme",trustor="Umbra",trustor_id="t-1"'
_USED = f'{_TRUSTOR},charge="IVR Basic",part_number="GC-1",grouping="resource",unit="minutes"'
_USAGE = 'organization="acme",charge="IVR Basic"'
_OF_COLLECTOR = 'organization="acme",collector="trustors"'
_EXPORTER = 'job="billing",instance="a:10059",organization="acme"'

Series = dict[str, float | str]


@dataclass(frozen=True)
class Edge:
    """Where an alert begins.

    Attributes:
        alert: its name.
        threshold: the threshold's name.
        series: of the number that is compared with the threshold -> the series; a number stays
            the same all the time.
        below: whether the alert fires below the threshold, and not above it.
    """

    alert: str
    threshold: str
    series: Callable[[float], Series]
    below: bool = False

    def case(self, value: float, expr: str, fires: int) -> dict[str, Any]:
        """Return a case of a rule test: how many alerts there are at a value."""
        given = [
            {"series": name, "values": each if isinstance(each, str) else f"{each}x{_STEPS}"}
            for name, each in self.series(value).items()
        ]
        samples = [{"labels": "{}", "value": fires}] if fires else []
        asked = {"expr": f"count({expr})", "eval_time": NOW, "exp_samples": samples}
        return {"interval": _STEP, "input_series": given, "promql_expr_test": [asked]}


def _rising(each_hour: float) -> str:
    """Return a counter that rises evenly."""
    return f"0+{each_hour / 12}x{_STEPS}"


def _changed(value: float, before: str) -> str:
    """Return what was otherwise until half a day ago."""
    return f"{before}x{_STEPS * 3 // 4} {value}x{_STEPS // 4}"


def _amount(metric: str, labels: str) -> Callable[[float], Series]:
    return lambda amount: {f'{metric}{{{labels},currency="EUR"}}': amount}


def _pace(level: str, ratio: str, labels: str, owner: str) -> Callable[[float, float], Series]:
    return lambda used, elapsed: {
        f"{level}_charge:{ratio}:ratio{{{labels}}}": used,
        f"{level}_charge:cumulative_quantity:max{{{labels}}}": 1,
        f"{level}:period_elapsed:ratio{{{owner}}}": elapsed,
    }


def _projected(level: str, allowed: str, labels: str) -> Callable[[float], Series]:
    return lambda share: {
        f"{level}_charge:overage_quantity:projected{{{labels}}}": share * 1000,
        f"{level}_charge:{allowed}_quantity:max{{{labels}}}": 1000,
        f"{level}_charge:overage_quantity:max{{{labels}}}": 0,
    }


def _own_fall(previous: float, elapsed: float) -> Series:
    return {
        f'genesyscloud_billing_charge_actual_quantity{{{_CHARGE},period="previous"}}': previous,
        f"organization_contract_charge:actual_quantity:max{{{_CHARGE}}}": 0,
        f"organization_contract:period_elapsed:ratio{{{_CONTRACT}}}": elapsed,
    }


def _fall(previous: float, elapsed: float) -> Series:
    return {
        f'genesyscloud_billing_trustor_usage_quantity{{{_USED},period="previous"}}': previous,
        f"organization_trustor_charge:usage_quantity:max{{{_USED}}}": 0,
        f"organization_trustor_charge:overage_quantity:max{{{_USED}}}": 0,
        f"organization_trustor:period_elapsed:ratio{{{_TRUSTOR}}}": elapsed,
    }


def _minimum(elapsed: float) -> Series:
    minimum = "genesyscloud_billing_trustor_minimum_monthly_amount"
    projected = "organization_trustor_currency:estimated_amount:projected"
    return {
        f'{projected}{{{_TRUSTOR},currency="EUR"}}': 10,
        f'{minimum}{{{_TRUSTOR},period="current",currency="EUR"}}': 5000,
        f"organization_trustor:period_elapsed:ratio{{{_TRUSTOR}}}": elapsed,
    }


def _spike(level: str, labels: str) -> Callable[[float, float], Series]:
    return lambda day, usual: {
        f"{level}:usage_quantity:delta1d{{{labels}}}": day,
        f"{level}:usage_quantity_delta1d:avg7d{{{labels}}}": usual,
    }


def _due(days: float) -> Series:
    invoice = 'organization="acme",invoice="I-1"'
    return {
        f'organization_invoice_currency:unpaid_amount:max{{{invoice},currency="EUR"}}': 10,
        f"organization_invoice:due:days{{{invoice}}}": days,
    }


def _age(seconds: float) -> Series:
    labels = f'{_EXPORTER},collector="trustors"'
    return {
        f"genesyscloud_billing_last_success_timestamp_seconds{{{labels}}}": _NOW_SECONDS - seconds,
        f"genesyscloud_billing_poll_interval_seconds{{{labels}}}": 60,
    }


def _refused(in_an_hour: float) -> Series:
    metric = "genesyscloud_billing_api_requests_total"
    return {f'{metric}{{{_EXPORTER},endpoint="x",status="429"}}': _rising(in_an_hour)}


def _budget(used: float) -> Series:
    return {
        f"genesyscloud_billing_api_rate_limit_used{{{_EXPORTER}}}": used * 300,
        f"genesyscloud_billing_api_rate_limit_allowed{{{_EXPORTER}}}": 300,
        f'genesyscloud_billing_api_requests_total{{{_EXPORTER},status="200"}}': _rising(60),
    }


def _dropped(value: float, before: str) -> Series:
    lost = "organization_collector_reason:rows_dropped_per_poll:increase1d"
    return {
        f'{lost}{{{_OF_COLLECTOR},reason="missing"}}': _changed(value, before),
        f"organization_collector:polls_succeeded:increase1d{{{_OF_COLLECTOR}}}": 4,
    }


def _failures(in_a_day: float) -> Series:
    metric = "genesyscloud_billing_partial_failures_total"
    return {f'{metric}{{{_OF_COLLECTOR},reason="timeout"}}': _rising(in_a_day / 24)}


_own_pace = _pace("organization_contract", "included_used", _CHARGE, _CONTRACT)
_their_pace = _pace("organization_trustor", "prepaid_used", _USED, _TRUSTOR)
_own_spike = _spike("organization_charge", _USAGE)
_their_spike = _spike("organization_trustor_charge", _USED)


def _left(level: str, labels: str) -> Callable[[float], Series]:
    return lambda days: {f"{level}:contract_left:days{{{labels}}}": days}


_own_left = _left("organization_contract", _CONTRACT)
_their_left = _left("organization_trustor", _TRUSTOR)
_own_overage = "organization_contract_currency:overage_amount:sum"
_their_overage = "organization_trustor_currency:estimated_overage_amount:sum"

EDGES = (
    Edge(
        "GenesysBillingOverageAmountHigh",
        "overage_amount",
        _amount(_own_overage, _CONTRACT),
    ),
    Edge(
        "GenesysBillingTrustorOverageAmountHigh",
        "overage_amount",
        _amount(_their_overage, _TRUSTOR),
    ),
    Edge(
        "GenesysBillingOverdueAmountHigh",
        "overdue_amount",
        _amount("organization_currency:overdue_amount:sum", 'organization="acme"'),
    ),
    Edge("GenesysBillingPrepaidNearlyUsed", "prepaid_used", lambda x: _own_pace(x, 0.5)),
    Edge(
        "GenesysBillingPrepaidNearlyUsed", "prepaid_used", lambda x: _own_pace(0.99, x), below=True
    ),
    Edge("GenesysBillingTrustorPrepaidNearlyUsed", "prepaid_used", lambda x: _their_pace(x, 0.5)),
    Edge(
        "GenesysBillingTrustorPrepaidNearlyUsed",
        "prepaid_used",
        lambda x: _their_pace(0.99, x),
        below=True,
    ),
    Edge(
        "GenesysBillingOverageProjected",
        "projected_overage",
        _projected("organization_contract", "included", _CHARGE),
    ),
    Edge(
        "GenesysBillingTrustorOverageProjected",
        "projected_overage",
        _projected("organization_trustor", "allowance", _USED),
    ),
    Edge("GenesysBillingUsageFellToZero", "zero_previous_quantity", lambda x: _own_fall(x, 0.9)),
    Edge("GenesysBillingUsageFellToZero", "period_elapsed", lambda x: _own_fall(1000, x)),
    Edge("GenesysBillingTrustorUsageFellToZero", "zero_previous_quantity", lambda x: _fall(x, 0.9)),
    Edge("GenesysBillingTrustorUsageFellToZero", "period_elapsed", lambda x: _fall(1000, x)),
    Edge("GenesysBillingTrustorMinimumNotReached", "period_elapsed", _minimum),
    Edge("GenesysBillingUsageSpike", "spike_quantity", lambda x: _own_spike(x, 1)),
    Edge("GenesysBillingUsageSpike", "spike_multiple", lambda x: _own_spike(1000 * x, 1000)),
    Edge("GenesysBillingTrustorUsageSpike", "spike_quantity", lambda x: _their_spike(x, 1)),
    Edge("GenesysBillingTrustorUsageSpike", "spike_multiple", lambda x: _their_spike(1e3 * x, 1e3)),
    Edge("GenesysBillingContractEnding", "contract_ending_days", _own_left, below=True),
    Edge("GenesysBillingContractEnding", "contract_imminent_days", _own_left),
    Edge("GenesysBillingContractEndImminent", "contract_imminent_days", _own_left, below=True),
    Edge("GenesysBillingTrustorContractEnding", "contract_ending_days", _their_left, below=True),
    Edge("GenesysBillingTrustorContractEnding", "contract_imminent_days", _their_left),
    Edge(
        "GenesysBillingTrustorContractEndImminent",
        "contract_imminent_days",
        _their_left,
        below=True,
    ),
    Edge("GenesysBillingInvoiceDueSoon", "invoice_due_days", _due, below=True),
    Edge("GenesysBillingDataStale", "data_age_seconds", _age),
    Edge("GenesysBillingApiLimitReached", "api_refusals", _refused),
    Edge("GenesysBillingApiLimitNear", "api_used", _budget),
    Edge("GenesysBillingRowsDropped", "rows_dropped", lambda x: _dropped(3 + x, "3")),
    Edge("GenesysBillingRowsDropped", "rows_dropped", lambda x: _dropped(x, "_")),
    Edge("GenesysBillingPartialFailures", "partial_failures", _failures),
)
