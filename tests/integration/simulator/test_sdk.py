"""The official SDK decodes every answer: the independent judge of the simulator."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from types import ModuleType
from typing import Any

import pytest

from tests.integration.simulator.judge import Judge
from tests.unit.simulator.client import TODAY, connected

# What the API's reference requires of each model; the SDK itself checks nothing.
REQUIRED = {
    "BillingUsageReport": ("start_date", "end_date", "usages"),
    "BillingUsage": ("name", "total_usage", "resources"),
    "BillingUsageResource": ("name",),
    "TrusteeBillingOverview": (
        *("organization", "currency", "enabled_products", "subscription_type", "usages"),
    ),
    "SubscriptionOverviewUsage": (
        *("name", "part_number", "grouping", "unit_of_measure_type"),
        *("usage_quantity", "prepay_quantity"),
    ),
    "Trustor": ("enabled",),
    "Organization": ("version",),
}


UNKNOWN = "outdated_sdk_version"  # what the SDK makes of a value it does not know
PREVIEW = ("BillingCharge", "BillingContract", "BillingInvoice", "InvoiceAddress")


@pytest.fixture(scope="module", params=["269", "236"])
def judge(sdk: ModuleType, request: pytest.FixtureRequest) -> Iterator[Judge]:
    """The SDK in front of a simulator that spells its keys in either way."""
    with connected(keys=request.param) as client:
        judge = Judge(sdk, client)
        yield judge
        judge.close()


def models(node: Any) -> Iterator[Any]:
    """Walk through a decoded answer and all that is in it."""
    if isinstance(node, list):
        for item in node:
            yield from models(item)
    elif hasattr(node, "swagger_types"):
        yield node
        for name in node.swagger_types:
            yield from models(getattr(node, name))


def test_every_answer_decodes(judge: Judge) -> None:
    """No decoded value is one that the SDK does not know, and nothing required is missing."""
    seen: Counter[str] = Counter()
    for answer in judge.everything():
        for model in models(answer):
            kind = type(model).__name__
            seen[kind] += 1
            values = {name: getattr(model, name) for name in model.swagger_types}
            texts = {value for value in values.values() if isinstance(value, str)}
            assert UNKNOWN not in texts, (kind, values)
            missing = [name for name in REQUIRED.get(kind, ()) if values[name] is None]
            assert not missing, (kind, missing)
    assert set(REQUIRED) <= set(seen)
    assert {"BillingCharge", "BillingWallet", "BillingInvoiceItem", "UrlResponse"} <= set(seen)


def test_types_are_those_of_the_sdk(judge: Judge) -> None:
    """Each value has the type that the SDK declares, where that is a plain one."""
    plain: dict[str, type | tuple[type, ...]] = {"str": str, "int": int, "bool": bool}
    plain |= {"float": (int, float), "date": date, "datetime": datetime}
    for answer in judge.everything():
        for model in models(answer):
            for name, kind in model.swagger_types.items():
                value = getattr(model, name)
                if value is not None and kind in plain:
                    assert isinstance(value, plain[kind]), (type(model).__name__, name, value)


def test_the_world_is_what_the_sdk_reads(judge: Judge) -> None:
    """Numbers come through: 140 rows, a wallet's identity, lines that add up to the amount."""
    trustor = judge.trust.get_orgauthorization_trustors().entities[0]
    overview = judge.billing.get_billing_trusteebillingoverview_trustor_org_id(trustor.id)
    assert len(overview.usages) == 140
    assert overview.billing_period_start_date.date() <= TODAY
    contract = judge.billing.get_billing_contracts(status="Active", page_size=1).entities[0]
    period = judge.billing.get_billing_contract_billingperiod(
        contract.external_number, contract.billing_periods[1].id
    )
    for wallet in period.wallets:
        rest = wallet.starting_balance + wallet.balance_increase - wallet.balance_decrease
        rest -= wallet.balance_consumption
        assert wallet.ending_balance - wallet.balance_overage == pytest.approx(rest)
    invoice = judge.billing.get_billing_contracts_invoices(payment_status="UnPaid").entities[0]
    lines = judge.billing.get_billing_contracts_invoice_lines(invoice.id, page_size=200).entities
    assert sum(line.amount for line in lines) == pytest.approx(invoice.amount)


def test_both_spellings_are_the_ones_of_their_sdk(sdk: ModuleType) -> None:
    """SDK 269 finds every key of its preview models in one spelling, and some only in it."""
    found = {}
    for keys in ("269", "236"):
        with connected(keys=keys) as client:
            judge = Judge(sdk, client)
            answers = [model for answer in judge.everything() for model in models(answer)]
            judge.close()
        found[keys] = {
            f"{type(model).__name__}.{name}"
            for model in answers
            if type(model).__name__ in PREVIEW
            for name in model.swagger_types
            if getattr(model, name) is not None
        }
    renamed = {
        "BillingContract.purchase_order_numbers",
        "InvoiceAddress.date_effective",
        "InvoiceAddress.city_subdivision1",
        *(f"BillingCharge.{kind}_quantity" for kind in ("prepaid", "fairuse", "actual", "overage")),
        *("BillingCharge.name", "BillingCharge.converted_token_count"),
        "BillingCharge.token_conversion_rate",
    }
    assert found["269"] - found["236"] == renamed
    unset = {"line2", "line3", "state_code", "region_subdivision1", "region_subdivision2"}
    expected = {
        f"{kind}.{name}"
        for kind in PREVIEW
        for name in getattr(sdk, kind)().swagger_types
        if name not in unset
    }
    assert found["269"] == expected
