"""One period of a contract, as reconciliation and settlement need it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec

from billing_exporter.collectors.base import label
from billing_exporter.collectors.periods import is_closed
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriodDetail,
    BillingProduct,
    BillingWallet,
    NamedEntity,
)
from billing_exporter.metrics.samples import EXACT, readable
from billing_exporter.reconciliation.records import ZERO, Read, Used


class ContractPeriod(msgspec.Struct, frozen=True):
    """A contract with one of its periods in full.

    Attributes:
        contract: the contract.
        detail: the period.
        name: the contract's name (``collectors.contract_names``).
    """

    contract: BillingContract
    detail: BillingContractPeriodDetail
    name: str


def read_of(period: ContractPeriod) -> Read | None:
    """Return the period as one that was read, None where it has no dates or no charges."""
    detail = period.detail
    if detail.date_start is None or detail.date_end is None or not detail.charges:
        return None
    return Read(_organizations(period), detail.date_start, detail.date_end)


def used_of(period: ContractPeriod) -> Iterator[Used]:
    """Yield what each charge and wallet of a period comes to beyond what is prepaid."""
    if read_of(period) is None:
        return
    prepaid = _prepaid(period.contract)
    for charge in period.detail.charges:
        yield _charge(period, charge, prepaid)
    for wallet in period.detail.wallets:
        if wallet.balance_overage:
            yield _wallet(period, wallet)


def _charge(
    period: ContractPeriod, charge: BillingCharge, prepaid: Mapping[tuple[str, str], Decimal]
) -> Used:
    name = label(charge.name) or _product_name(charge.product)
    currency = label(charge.overage_currency)
    return _used(
        period,
        name=name,
        product=charge.product,
        organizations=charge.organizations,
        currency=currency,
        numbers=(charge.overage_quantity, charge.overage_rate, charge.overage_charge),
        prepaid=prepaid.get((name, currency)),
    )


def _wallet(period: ContractPeriod, wallet: BillingWallet) -> Used:
    return _used(
        period,
        name=label(wallet.name) or _product_name(wallet.product),
        product=wallet.product,
        organizations=wallet.organizations,
        currency=label(wallet.balance_overage_currency),
        numbers=(
            wallet.balance_overage,
            wallet.balance_overage_rate,
            wallet.balance_overage_charge,
        ),
        prepaid=None,
    )


def _used(
    period: ContractPeriod,
    *,
    name: str,
    product: BillingProduct | None,
    organizations: tuple[NamedEntity, ...],
    currency: str,
    numbers: tuple[Decimal | None, Decimal | None, Decimal | None],
    prepaid: Decimal | None,
) -> Used:
    detail, (quantity, price, amount) = period.detail, map(readable, numbers)
    ids = frozenset(each.id for each in organizations if each.id) or _organizations(period)
    if amount is None and quantity is not None:
        amount = ZERO if not quantity else price and EXACT.multiply(quantity, price)
    assert detail.date_start is not None  # noqa: S101 - `used_of` has looked
    assert detail.date_end is not None  # noqa: S101 - `used_of` has looked
    return Used(
        of=period.name,
        of_id=label(period.contract.id),
        organizations=ids,
        charge=name,
        sku=label(product.sku if product else None),
        start=detail.date_start,
        end=detail.date_end,
        currency=currency,
        quantity=quantity,
        price=price,
        amount=amount,
        prepaid=prepaid,
        is_open=is_closed(detail.status) is not True,
    )


def _product_name(product: BillingProduct | None) -> str:
    return label(product.name if product else None) or label(product.sku if product else None)


def _organizations(period: ContractPeriod) -> frozenset[str]:
    plans = (each for plan in period.contract.plans for each in plan.organizations)
    charges = (each for charge in period.detail.charges for each in charge.organizations)
    return frozenset(each.id for source in (plans, charges) for each in source if each.id)


def _prepaid(contract: BillingContract) -> dict[tuple[str, str], Decimal]:
    """Return price times quantity of the plan items, by name and currency: they have no SKU."""
    found: dict[tuple[str, str], Decimal] = {}
    for item in (item for plan in contract.plans for item in plan.items):
        price, quantity = readable(item.price), readable(item.quantity)
        if price and quantity:
            key = label(item.name), label(item.currency_iso_code)
            amount = EXACT.multiply(price, quantity)
            found[key] = EXACT.add(found.get(key, ZERO), amount)
    return found
