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
_CURRENT = f'{_USED},currency="EUR"'
_USAGE = 'organization="acme",charge="IVR Basic"'
_OF_COLLECTOR = 'organization="acme",collector="trustors"'
_READ_AT = "job_instance_organization_collector:as_of_timestamp_seconds:last8d"
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
        f'organization_invoice_currency:unpaid_amount:max{{{invoice},currency="EUR"}}': 1000,
        f"organization_invoice:due:days{{{invoice}}}": days,
    }


def _age(seconds: float) -> Series:
    labels = f'{_EXPORTER},collector="trustors"'
    return {
        f"{_READ_AT}{{{labels}}}": _NOW_SECONDS - seconds,
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


def _export_failures(in_a_day: float) -> Series:
    metric = "genesyscloud_billing_export_failures_total"
    return {f'{metric}{{job="billing",instance="a:10059",reason="write"}}': _rising(in_a_day / 24)}


def _restated(metric: str, moment: str, labels: str) -> Callable[[float, float], Series]:
    of = f'{labels},period="previous"'
    return lambda amount, days: {
        f'genesyscloud_billing_{metric}{{{of},currency="EUR"}}': amount,
        f"genesyscloud_billing_{moment}_seconds{{{of}}}": _NOW_SECONDS - days * 86_400,
    }


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

_own_restated = _restated(
    "contract_restated_overage_amount", "contract_restated_timestamp", _CONTRACT
)
_their_restated = _restated("trustor_restated_amount", "trustor_restated_timestamp", _TRUSTOR)
_SEEN = 'organization_currency_overdue:unpaid_amount:max{organization="x",currency="EUR"}'


def _begun(level: str, charge: str, owner: str, sums: str) -> Callable[[float, float], Series]:
    """Return an overage that began: the amount of the charge, and of all charges."""
    allowed = "included" if level == "organization_contract" else "allowance"
    single = "overage_amount" if level == "organization_contract" else "estimated_overage_amount"
    return lambda amount, whole: {
        _SEEN: 1,
        f"{level}_charge:overage_quantity:max{{{charge}}}": 5,
        f"{level}_charge:{allowed}_quantity:max{{{charge}}}": 1000,
        f'{level}_charge_currency:{single}:max{{{charge},currency="EUR"}}': amount,
        f'{sums}{{{owner},currency="EUR"}}': whole,
    }


def _worth(level: str, labels: str, series: Series) -> Callable[[float], Series]:
    """Return what fires, with the amount that it will come to."""
    name = f"{level}_charge_currency:estimated_overage_amount:projected"
    return lambda amount: {**series, _SEEN: 1, f'{name}{{{labels},currency="EUR"}}': amount}


def _priced(series: Series, quantity: float) -> Callable[[float], Series]:
    """Return what fires about a quantity, with its price."""
    price = f"organization_trustor_charge_currency:overage_price:max{{{_CURRENT}}}"
    return lambda amount: {**series, _SEEN: 1, price: amount / quantity}


def _missed_minimum(amount: float) -> Series:
    series = _minimum(0.9)
    projected = "organization_trustor_currency:estimated_amount:projected"
    return {**series, f'{projected}{{{_TRUSTOR},currency="EUR"}}': 5000 - amount}


def _unpaid(days: float) -> Callable[[float], Series]:
    name = 'organization_invoice_currency:unpaid_amount:max{organization="acme",invoice="I-1"'
    return lambda amount: {**_due(days), f'{name},currency="EUR"}}': amount}


def _old_debt(amount: float) -> Series:
    labels = 'organization="acme",currency="EUR",overdue="over_90d"'
    return {f"organization_currency_overdue:unpaid_amount:max{{{labels}}}": amount}


def _unreadable(share: float) -> Series:
    customers = 1_000
    return {
        f'genesyscloud_billing_trustor_status{{organization="acme",trustor="c",trustor_id="{number}"'
        f',status="error"}}': int(number < share * customers)
        for number in range(customers)
    }


_their_begun = _begun("organization_trustor", _USED, _TRUSTOR, _their_overage)
_own_begun = _begun("organization_contract", _CHARGE, _CONTRACT, _own_overage)
_over = _projected("organization_trustor", "allowance", _USED)
_own_over = _projected("organization_contract", "included", _CHARGE)

EDGES = (
    Edge("GenesysBillingOverageBegun", "small_amount", lambda x: _own_begun(x, 0)),
    Edge("GenesysBillingTrustorOverageBegun", "small_amount", lambda x: _their_begun(x, 0)),
    Edge(
        "GenesysBillingTrustorOverageBegun",
        "overage_amount",
        lambda x: _their_begun(500, x),
        below=True,
    ),
    Edge(
        "GenesysBillingPrepaidNearlyUsed",
        "small_amount",
        _worth("organization_contract", _CHARGE, _own_pace(0.99, 0.5)),
    ),
    Edge(
        "GenesysBillingTrustorPrepaidNearlyUsed",
        "small_amount",
        _worth("organization_trustor", _USED, _their_pace(0.99, 0.5)),
    ),
    Edge(
        "GenesysBillingOverageProjected",
        "small_amount",
        _worth("organization_contract", _CHARGE, _own_over(0.5)),
    ),
    Edge(
        "GenesysBillingTrustorOverageProjected",
        "small_amount",
        _worth("organization_trustor", _USED, _over(0.5)),
    ),
    Edge(
        "GenesysBillingTrustorOverageProjected",
        "overage_amount",
        lambda x: {**_over(0.5), f'{_their_overage}{{{_TRUSTOR},currency="EUR"}}': x},
        below=True,
    ),
    Edge("GenesysBillingTrustorUsageSpike", "small_amount", _priced(_their_spike(1000, 1), 1000)),
    Edge("GenesysBillingTrustorUsageFellToZero", "small_amount", _priced(_fall(1000, 0.9), 1000)),
    Edge("GenesysBillingTrustorMinimumNotReached", "small_amount", _missed_minimum),
    Edge("GenesysBillingInvoiceDueSoon", "small_amount", _unpaid(1)),
    Edge("GenesysBillingInvoiceOverdue", "small_amount", _unpaid(-1)),
    Edge("GenesysBillingOverdueOver90Days", "small_amount", _old_debt),
    Edge(
        "GenesysBillingFleetOverageHigh",
        "fleet_overage_amount",
        lambda x: {
            _SEEN: 1,
            **_amount(
                "organization_currency:trustor_estimated_overage_amount:sum", 'organization="acme"'
            )(x),
        },
    ),
    Edge(
        "GenesysBillingPollOverdue",
        "poll_overdue_seconds",
        lambda x: {
            f'genesyscloud_billing_poll_overdue_seconds{{{_EXPORTER},collector="usage"}}': x
        },
    ),
    Edge("GenesysBillingFleetUnreadable", "fleet_unreadable", _unreadable),
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
        lambda x: {
            _SEEN: 1,
            **_amount("organization_currency:overdue_amount:sum", 'organization="acme"')(x),
        },
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
        _own_over,
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
    Edge("GenesysBillingExportFailing", "export_failures", _export_failures),
    Edge(
        "GenesysBillingExportStale",
        "export_age_seconds",
        lambda x: {'job_instance:export_age:seconds{job="billing",instance="a:10059"}': x},
    ),
    Edge("GenesysBillingPeriodRestated", "small_amount", lambda x: _own_restated(x, 1)),
    Edge(
        "GenesysBillingPeriodRestated", "restated_days", lambda x: _own_restated(999, x), below=True
    ),
    Edge("GenesysBillingTrustorPeriodRestated", "small_amount", lambda x: _their_restated(x, 1)),
    Edge(
        "GenesysBillingTrustorPeriodRestated",
        "restated_days",
        lambda x: _their_restated(999, x),
        below=True,
    ),
)
