"""Samples of the charges and wallets of a billing period of a contract, of its plans and facts."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal

from billing_exporter.collectors.base import label
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriodDetail,
    BillingPlan,
    BillingPlanItem,
    BillingWallet,
)
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Labels, Samples, extended, labels, readable, unix_time


def expose_rows(
    samples: Samples,
    overage: "OverageAmounts",
    period: tuple[str, str],
    detail: BillingContractPeriodDetail,
) -> None:
    """Add the charges and wallets of a period; those with the same labels add up."""
    for charge in detail.charges:
        _expose_charge(samples, overage, period, charge)
    for wallet in detail.wallets:
        _expose_wallet(samples, overage, period, wallet)


class OverageAmounts:
    """Amounts of overage. A row without one leaves the sums of its series incomplete.

    That holds in whatever currency the others are, unless the row has no overage: then it costs
    nothing, and the API need not say so.
    """

    def __init__(self, samples: Samples) -> None:
        """Add to these samples."""
        self._samples = samples
        self._currencies: defaultdict[tuple[Metric, Labels], set[str]] = defaultdict(set)
        self._unknown: list[tuple[Metric, Labels]] = []

    def add(
        self,
        metric: Metric,
        of: Labels,
        currency: str,
        amount: Decimal | None,
        quantity: Decimal | None,
    ) -> None:
        """Add the amount of a row, with the overage that it is for."""
        if amount is None and readable(quantity) == 0:
            return
        self._samples.add_money(metric, of, currency, amount)
        if currency:
            self._currencies[metric, of].add(currency)
        elif readable(amount) != 0:
            self._unknown.append((metric, of))

    def end(self) -> None:
        """Leave out the sums that a row without a currency belongs to."""
        for metric, of in self._unknown:
            for currency in self._currencies.get((metric, of), ()):
                self._samples.add(metric, extended(of, metric.labels, currency), None)


def _expose_charge(
    samples: Samples, overage: OverageAmounts, of_period: tuple[str, str], charge: BillingCharge
) -> None:
    product = charge.product
    sku = label(product.sku if product else None)
    unit = label(product.unit_of_measure if product else None)
    name = label(charge.name) or label(product.name if product else None) or sku
    if not name:
        samples.drop("missing")
        return
    of_charge = labels(catalogue.CHARGE, *of_period, name, sku, unit)
    samples.require(catalogue.CHARGE_ACTUAL, of_charge, charge.actual_quantity)
    samples.add(catalogue.CHARGE_PREPAID, of_charge, charge.prepaid_quantity)
    samples.add(catalogue.CHARGE_FAIR_USE, of_charge, charge.fairuse_quantity)
    samples.add(catalogue.CHARGE_OVERAGE, of_charge, charge.overage_quantity)
    samples.add(catalogue.CHARGE_TOKENS, of_charge, charge.converted_token_count)
    currency = label(charge.overage_currency)
    samples.add_money(catalogue.CHARGE_OVERAGE_RATE, of_charge, currency, charge.overage_rate)
    amount, quantity = charge.overage_charge, charge.overage_quantity
    overage.add(catalogue.CHARGE_OVERAGE_AMOUNT, of_charge, currency, amount, quantity)


def _expose_wallet(
    samples: Samples, overage: OverageAmounts, of_period: tuple[str, str], wallet: BillingWallet
) -> None:
    sku = label(wallet.product.sku if wallet.product else None)
    name = label(wallet.name) or label(wallet.id) or sku
    if not name:
        samples.drop("missing")
        return
    of_wallet = labels(catalogue.WALLET, *of_period, name, sku, label(wallet.unit_of_measure))
    samples.require(catalogue.WALLET_BALANCE, of_wallet, wallet.ending_balance)
    samples.add(catalogue.WALLET_STARTING_BALANCE, of_wallet, wallet.starting_balance)
    samples.add(catalogue.WALLET_CONSUMPTION, of_wallet, wallet.balance_consumption)
    samples.add(catalogue.WALLET_INCREASE, of_wallet, wallet.balance_increase)
    samples.add(catalogue.WALLET_DECREASE, of_wallet, wallet.balance_decrease)
    samples.add(catalogue.WALLET_OVERAGE, of_wallet, wallet.balance_overage)
    currency, rate = label(wallet.balance_overage_currency), wallet.balance_overage_rate
    samples.add_money(catalogue.WALLET_OVERAGE_RATE, of_wallet, currency, rate)
    amount, quantity = wallet.balance_overage_charge, wallet.balance_overage
    overage.add(catalogue.WALLET_OVERAGE_AMOUNT, of_wallet, currency, amount, quantity)


def expose_facts(samples: Samples, name: str, contract: BillingContract) -> None:
    """Add the status, dates and customer of a contract."""
    customer = contract.end_customer
    facts = (
        label(contract.status),
        label(contract.commercial_model),
        label(customer.name if customer else None),
    )
    of_contract = labels(("contract",), name)
    samples.add(catalogue.CONTRACT_INFO, labels(catalogue.CONTRACT_INFO.labels, name, *facts), 1)
    samples.add(catalogue.CONTRACT_START, of_contract, unix_time(contract.date_start))
    end = unix_time(contract.date_end, end_of_day=True)
    samples.add(catalogue.CONTRACT_END, of_contract, end)
    samples.add(catalogue.CONTRACT_RAMP_START, of_contract, unix_time(contract.date_ramp_start))
    ramp_end = unix_time(contract.date_ramp_end, end_of_day=True)
    samples.add(catalogue.CONTRACT_RAMP_END, of_contract, ramp_end)


def expose_plan(samples: Samples, contract: str, plan: BillingPlan) -> None:
    """Add the items of a plan of a contract."""
    known = {(label(item.name), label(item.item_number)) for item in plan.items}
    names = Counter(name for name, _ in known)
    for item in plan.items:
        name = _item_name(item, names)
        if not name:
            samples.drop("missing")
            continue
        of_item = labels(catalogue.PLAN_ITEM, contract, label(plan.name) or label(plan.id), name)
        unit = extended(of_item, catalogue.PLAN_ITEM_QUANTITY.labels, label(item.unit_of_measure))
        samples.add(catalogue.PLAN_ITEM_QUANTITY, unit, item.quantity)
        money = (
            (catalogue.PLAN_ITEM_PRICE, item.price),
            (catalogue.PLAN_ITEM_OVERAGE_PRICE, item.overage_price),
            (catalogue.PLAN_ITEM_DISCOUNT_AMOUNT, item.discount_amount),
        )
        for metric, amount in money:
            samples.add_money(metric, of_item, label(item.currency_iso_code), amount)


def _item_name(item: BillingPlanItem, names: Mapping[str, int]) -> str:
    """Return the item's name, with its number where the plan has several of that name."""
    name, number = label(item.name), label(item.item_number)
    if not name or not number:
        return name or number
    return f"{name} ({number})" if names[name] > 1 else name
