"""Contracts with their plans, and charges and wallets of their two newest billing periods.

Exposes::

    genesyscloud_billing_charge_overage_quantity{...,contract="C-7",period="current",...} 12
    genesyscloud_billing_wallet_balance{...,contract="C-7",period="current",wallet="AI tokens"} 90
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date

import msgspec

from billing_exporter.collectors.base import Details, Poll, label, once_each
from billing_exporter.collectors.settings import ContractsSettings
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriod,
    BillingContractPeriodDetail,
    BillingPlan,
    BillingPlanItem,
    BillingWallet,
)
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.samples import Samples, extended, labels, unix_time

PERIODS = ("current", "previous")


class ContractData(msgspec.Struct, frozen=True):
    """A contract and its periods.

    Attributes:
        contract: as listed or asked for.
        periods: their details, or what the listing tells of them, by the name they are shown under.
        whole: ids of those whose details were read without a gap.
    """

    contract: BillingContract
    periods: dict[str, BillingContractPeriodDetail]
    whole: tuple[str, ...] = ()


class ContractsData(msgspec.Struct, frozen=True):
    """All contracts that the client may see."""

    contracts: tuple[ContractData, ...]


class ContractsCollector:
    """Polls contracts and the details of their two newest periods."""

    name = "contracts"
    metrics = catalogue.CONTRACTS_METRICS
    data = ContractsData

    def __init__(self, settings: ContractsSettings) -> None:
        self._settings = settings

    def fetch(self, poll: Poll[ContractsData]) -> ContractsData:
        """Fetch the listing, then period details; a closed period is fetched once and kept."""
        contracts = once_each(poll.api.contracts(), lambda contract: contract.id)
        kept = _closed_details(poll.previous)
        full, periods = Details(poll), Details(poll)
        done = []
        for number, listed in enumerate(contracts):
            poll.progress(number, len(contracts))
            contract = _in_full(poll, full, listed)
            done.append(_with_details(poll, periods, contract, kept))
        poll.progress(len(contracts), len(contracts))
        return ContractsData(tuple(done))

    def parts(self, data: ContractsData) -> dict[str, tuple[ContractData, ...]]:
        """Contracts of one name are a part, for their rows may need adding up."""
        parts: defaultdict[str, tuple[ContractData, ...]] = defaultdict(tuple)
        for known in data.contracts:
            parts[_name(known.contract)] += (known,)
        return parts

    def expose(self, part: tuple[ContractData, ...]) -> Samples:
        """Say what the contracts of one name mean."""
        samples = Samples()
        for known in part:
            name = _name(known.contract)
            if not name:
                samples.drop("missing")
                continue
            _expose_facts(samples, name, known.contract)
            for plan in known.contract.plans:
                _expose_plan(samples, name, plan)
            for period, detail in known.periods.items():
                _expose_period(samples, name, period, detail)
        return samples


def _name(contract: BillingContract) -> str:
    return label(contract.external_number) or label(contract.id)


def newest_periods(contract: BillingContract, today: date) -> dict[str, BillingContractPeriod]:
    """Name the newest period that has begun ``current`` and the one before ``previous``.

    A contract whose periods all lie ahead has its first one as current.
    """
    dated = [
        (period.date_start, period.id or "", period)
        for period in once_each(contract.billing_periods, lambda period: period.id)
        if period.date_start is not None
    ]
    dated.sort(key=lambda entry: entry[:2])
    begun = [period for start, _, period in dated if start <= today]
    newest = begun[::-1] or [period for _, _, period in dated[:1]]
    return dict(zip(PERIODS, newest, strict=False))


def _is_closed(period: BillingContractPeriod | BillingContractPeriodDetail) -> bool | None:
    return {"closed": True, "open": False}.get(label(period.status).lower())


def _closed_details(
    previous: ContractsData | None,
) -> dict[tuple[str | None, str], BillingContractPeriodDetail]:
    if previous is None:
        return {}
    return {
        (known.contract.id, detail.id): detail
        for known in previous.contracts
        for detail in known.periods.values()
        if detail.id in known.whole and _is_closed(detail)
    }


def _in_full(
    poll: Poll[ContractsData], details: Details, listed: BillingContract
) -> BillingContract:
    """Return the contract with its periods, which a listing may leave out."""
    key = listed.id
    if listed.billing_periods or key is None:
        return listed
    return details.ask(lambda: poll.api.get_billing_contract(key), f"contract {key}") or listed


def _with_details(
    poll: Poll[ContractsData],
    details: Details,
    contract: BillingContract,
    kept: Mapping[tuple[str | None, str], BillingContractPeriodDetail],
) -> ContractData:
    periods, whole = {}, []
    for name, period in newest_periods(contract, poll.now.date()).items():
        key, of = period.id, contract.id
        if key is None or of is None:
            continue
        known = kept.get((of, key)) if _is_closed(period) else None
        detail = known or _asked(poll, details, of, key)
        if detail is not None and _is_whole(detail):
            whole.append(key)
        periods[name] = detail or _last_detail(poll.previous, of, key) or _outline(period)
    return ContractData(contract, periods, tuple(whole))


def _asked(
    poll: Poll[ContractsData], details: Details, contract_id: str, period_id: str
) -> BillingContractPeriodDetail | None:
    return details.ask(
        lambda: poll.api.get_billing_contract_billingperiod(contract_id, period_id),
        f"billing period {period_id} of contract {contract_id}",
    )


def _is_whole(detail: BillingContractPeriodDetail) -> bool:
    """Tell whether there are rows and each has its number; else they may come when asked again."""
    samples = Samples()
    _expose_period(samples, "", "", detail)
    return bool(detail.charges) and not samples.dropped


def _outline(period: BillingContractPeriod) -> BillingContractPeriodDetail:
    """Return what the listing tells of a period."""
    return BillingContractPeriodDetail(
        id=period.id, date_start=period.date_start, date_end=period.date_end, status=period.status
    )


def _last_detail(
    previous: ContractsData | None, contract_id: str, period_id: str
) -> BillingContractPeriodDetail | None:
    if previous is None:
        return None
    for known in previous.contracts:
        if known.contract.id == contract_id:
            details = known.periods.values()
            return next((detail for detail in details if detail.id == period_id), None)
    return None


def _expose_facts(samples: Samples, name: str, contract: BillingContract) -> None:
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


def _expose_plan(samples: Samples, contract: str, plan: BillingPlan) -> None:
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


def _expose_period(
    samples: Samples, contract: str, period: str, detail: BillingContractPeriodDetail
) -> None:
    of_period = labels(("contract", "period"), contract, period)
    samples.add(catalogue.CONTRACT_PERIOD_START, of_period, unix_time(detail.date_start))
    end = unix_time(detail.date_end, end_of_day=True)
    samples.add(catalogue.CONTRACT_PERIOD_END, of_period, end)
    closed = _is_closed(detail)
    if closed is not None:
        samples.add(catalogue.CONTRACT_PERIOD_CLOSED, of_period, int(closed))
    for charge in detail.charges:
        _expose_charge(samples, contract, period, charge)
    for wallet in detail.wallets:
        _expose_wallet(samples, contract, period, wallet)


def _expose_charge(samples: Samples, contract: str, period: str, charge: BillingCharge) -> None:
    product = charge.product
    sku = label(product.sku if product else None)
    unit = label(product.unit_of_measure if product else None)
    name = label(charge.name) or label(product.name if product else None) or sku
    if not name:
        samples.drop("missing")
        return
    of_charge = labels(catalogue.CHARGE, contract, period, name, sku, unit)
    samples.require(catalogue.CHARGE_ACTUAL, of_charge, charge.actual_quantity)
    samples.add(catalogue.CHARGE_PREPAID, of_charge, charge.prepaid_quantity)
    samples.add(catalogue.CHARGE_FAIR_USE, of_charge, charge.fairuse_quantity)
    samples.add(catalogue.CHARGE_OVERAGE, of_charge, charge.overage_quantity)
    samples.add(catalogue.CHARGE_TOKENS, of_charge, charge.converted_token_count)
    currency = label(charge.overage_currency)
    samples.add_money(catalogue.CHARGE_OVERAGE_RATE, of_charge, currency, charge.overage_rate)
    samples.add_money(catalogue.CHARGE_OVERAGE_AMOUNT, of_charge, currency, charge.overage_charge)


def _expose_wallet(samples: Samples, contract: str, period: str, wallet: BillingWallet) -> None:
    sku = label(wallet.product.sku if wallet.product else None)
    name = label(wallet.name) or label(wallet.id) or sku
    if not name:
        samples.drop("missing")
        return
    of_wallet = labels(catalogue.WALLET, contract, period, name, sku, label(wallet.unit_of_measure))
    samples.require(catalogue.WALLET_BALANCE, of_wallet, wallet.ending_balance)
    samples.add(catalogue.WALLET_STARTING_BALANCE, of_wallet, wallet.starting_balance)
    samples.add(catalogue.WALLET_CONSUMPTION, of_wallet, wallet.balance_consumption)
    samples.add(catalogue.WALLET_INCREASE, of_wallet, wallet.balance_increase)
    samples.add(catalogue.WALLET_DECREASE, of_wallet, wallet.balance_decrease)
    samples.add(catalogue.WALLET_OVERAGE, of_wallet, wallet.balance_overage)
    currency, money = label(wallet.balance_overage_currency), samples.add_money
    money(catalogue.WALLET_OVERAGE_RATE, of_wallet, currency, wallet.balance_overage_rate)
    money(catalogue.WALLET_OVERAGE_AMOUNT, of_wallet, currency, wallet.balance_overage_charge)
