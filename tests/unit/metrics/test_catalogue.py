"""The catalogue: the names and labels that users may rely on, and how all of them are declared."""

import re
from itertools import chain

import pytest

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.metrics.family import PREFIX, Metric

CHARGE = "contract period charge sku unit"
WALLET = "contract period wallet sku unit"
TRUSTOR_CHARGE = "trustor trustor_id period charge part_number grouping unit"

# What is promised to users: no name and no label of these may change.
PROMISED = {
    "usage_quantity": "charge",
    "usage_resources": "charge",
    "usage_period_start_timestamp_seconds": "",
    "usage_period_end_timestamp_seconds": "",
    "invoices": "currency payment_status",
    "invoices_amount": "currency payment_status",
    "unpaid_amount": "currency overdue",
    "unpaid_invoices": "currency overdue",
    "invoice_amount": "invoice currency payment_status",
    "invoice_issued_timestamp_seconds": "invoice",
    "invoice_due_timestamp_seconds": "invoice",
    "invoice_info": "invoice bill_to payment_terms po_number kind",
    "invoice_line_amount": "invoice sku product billed_organization currency",
    "invoice_line_quantity": "invoice sku product billed_organization unit",
    "contract_info": "contract status commercial_model end_customer",
    "contract_start_timestamp_seconds": "contract",
    "contract_end_timestamp_seconds": "contract",
    "contract_ramp_start_timestamp_seconds": "contract",
    "contract_ramp_end_timestamp_seconds": "contract",
    "contract_period_start_timestamp_seconds": "contract period",
    "contract_period_end_timestamp_seconds": "contract period",
    "contract_period_closed": "contract period",
    "charge_prepaid_quantity": CHARGE,
    "charge_fair_use_quantity": CHARGE,
    "charge_actual_quantity": CHARGE,
    "charge_overage_quantity": CHARGE,
    "charge_tokens": CHARGE,
    "charge_overage_rate": f"{CHARGE} currency",
    "charge_overage_amount": f"{CHARGE} currency",
    "wallet_starting_balance": WALLET,
    "wallet_balance": WALLET,
    "wallet_consumption": WALLET,
    "wallet_increase": WALLET,
    "wallet_decrease": WALLET,
    "wallet_overage": WALLET,
    "wallet_overage_amount": f"{WALLET} currency",
    "wallet_overage_rate": f"{WALLET} currency",
    "plan_item_price": "contract plan item currency",
    "plan_item_overage_price": "contract plan item currency",
    "plan_item_discount_amount": "contract plan item currency",
    "plan_item_quantity": "contract plan item unit",
    "trustor_info": "trustor trustor_id subscription currency",
    "trustor_status": "trustor trustor_id status",
    "trustor_usage_quantity": TRUSTOR_CHARGE,
    "trustor_prepaid_quantity": TRUSTOR_CHARGE,
    "trustor_overage_quantity": TRUSTOR_CHARGE,
    "trustor_overage_price": f"{TRUSTOR_CHARGE} currency",
    "trustor_prepaid_price": f"{TRUSTOR_CHARGE} currency",
    "trustor_estimated_overage_amount": f"{TRUSTOR_CHARGE} currency",
    "trustor_estimated_prepaid_amount": f"{TRUSTOR_CHARGE} currency",
    "trustor_minimum_monthly_amount": "trustor trustor_id period currency",
    "trustor_period_start_timestamp_seconds": "trustor trustor_id period",
    "trustor_period_end_timestamp_seconds": "trustor trustor_id period",
    "trustor_contract_end_timestamp_seconds": "trustor trustor_id",
    "trustor_contract_effective_timestamp_seconds": "trustor trustor_id",
    "trustor_contract_amended_timestamp_seconds": "trustor trustor_id",
    "trustor_ramp_end_timestamp_seconds": "trustor trustor_id",
    "trustor_in_ramp": "trustor trustor_id",
}

METRICS = list(chain.from_iterable(CATALOGUE.values()))


def test_what_is_promised_is_there() -> None:
    """Every promised metric has its name and exactly its labels."""
    declared = {metric.name.removeprefix(PREFIX): set(metric.labels) for metric in METRICS}
    promised = {name: set(labels.split()) for name, labels in PROMISED.items()}
    assert {name: declared.get(name) for name in promised} == promised


def test_each_name_is_declared_once() -> None:
    """No two metrics share a name, and no name can be taken for another's in OpenMetrics."""
    names = [metric.name for metric in METRICS]
    assert len(names) == len(set(names))
    reserved = ("_total", "_created", "_bucket", "_count", "_sum")
    assert [name for name in names if name.endswith(reserved)] == []


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name.removeprefix(PREFIX))
def test_a_metric_is_declared_in_full(metric: Metric) -> None:
    """A metric has a valid name, distinct labels without the organization, and a help text of
    whole sentences that says where it is polled from.
    """
    assert re.fullmatch(f"{PREFIX}[a-z][a-z_]*[a-z]", metric.name)
    assert all(re.fullmatch("[a-z][a-z_]*", label) for label in metric.labels)
    assert len(set(metric.labels)) == len(metric.labels)
    assert "organization" not in metric.labels
    assert re.fullmatch(r"[A-Z0-9][^\n\"\\]*\. Polled from the [^\n\"\\]+\.", metric.help)


def test_money_has_a_currency_and_derived_money_says_so() -> None:
    """Every amount, price and rate has its currency; what is computed is called estimated."""
    money = re.compile(r"_(amount|price|rate)$")
    named = [metric for metric in METRICS if money.search(metric.name)]
    assert [metric.name for metric in named if "currency" not in metric.labels] == []
    estimated = {metric.name for metric in METRICS if metric.help.startswith("Estimated:")}
    assert estimated == {metric.name for metric in METRICS if "_estimated_" in metric.name}


def test_times_states_and_prices_never_add_up() -> None:
    """Only quantities, amounts, balances and counts of rows with the same labels are summed."""
    facts = re.compile(r"(_timestamp_seconds|_info|_closed|_status|_in_ramp|_price|_rate)$")
    assert [
        metric.name for metric in METRICS if facts.search(metric.name) and metric.additive
    ] == []


def test_no_label_can_name_a_person() -> None:
    """The labels are these and no others: none is for users, devices, addresses or links."""
    assert {label for metric in METRICS for label in metric.labels} == {
        *("charge", "currency", "payment_status", "overdue", "invoice", "bill_to"),
        *("payment_terms", "po_number", "kind", "sku", "product", "billed_organization", "unit"),
        *("contract", "status", "commercial_model", "end_customer", "period", "wallet"),
        *("plan", "item", "trustor", "trustor_id", "subscription", "part_number", "grouping"),
        "period_start",
    }
