"""Forecasts of contracts: their billing periods as readings, their forecasts as samples.

The overage of a wallet is part of a contract's money, in forecasts as in closed periods.
"""

from collections.abc import Iterable
from decimal import Decimal

from billing_exporter.collectors.base import label
from billing_exporter.collectors.contract_history import (
    WALLET,
    by_currency,
    charge_key,
    is_money_alone,
    wallet_key,
)
from billing_exporter.collectors.contracts import ContractData
from billing_exporter.collectors.periods import is_closed
from billing_exporter.forecasting.exposure import add_amounts, add_quantities
from billing_exporter.forecasting.forecast import Kind
from billing_exporter.forecasting.history import periods_of
from billing_exporter.forecasting.outlook import Outlook
from billing_exporter.forecasting.readings import (
    Charge,
    Key,
    Period,
    Subject,
    contract_kind,
    finite,
    whole_sum,
)
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContractPeriodDetail,
    BillingWallet,
    NamedEntity,
)
from billing_exporter.metrics import forecasts
from billing_exporter.metrics.samples import Samples, labels

ZERO = Decimal(0)


def subject_of(data: ContractData) -> Subject:
    """Return a contract's billing periods as readings.

    Others that are open, such as an annual one beside monthly ones, are no history.
    """
    current, previous = (
        None if (detail := data.periods.get(name)) is None else _period(detail)
        for name in ("current", "previous")
    )
    earlier = periods_of(data.history, _kind)
    return Subject(current, earlier if previous is None else (*earlier, previous))


def covered_of(data: ContractData) -> dict[Key, tuple[str, ...]]:
    """Return the ids of the organizations that each charge of the running period is for.

    A charge that names none is for all that the contract names.
    """
    detail = data.periods.get("current")
    if detail is None:
        return {}
    plans = [each for plan in data.contract.plans for each in plan.organizations]
    charges = [each for charge in detail.charges for each in charge.organizations]
    every = _ids([*plans, *charges])
    found: dict[Key, frozenset[str]] = {}
    of_charges = (
        (charge_key(row), label(row.overage_currency), row.organizations) for row in detail.charges
    )
    of_wallets = (
        (wallet_key(row), label(row.balance_overage_currency), row.organizations)
        for row in detail.wallets
    )
    for key, organizations in by_currency((*of_charges, *of_wallets)):
        found[key] = found.get(key, frozenset()) | (_ids(organizations) or every)
    return {key: tuple(sorted(ids)) for key, ids in found.items()}


def _ids(organizations: Iterable[NamedEntity]) -> frozenset[str]:
    return frozenset(each.id for each in organizations if each.id)


def add_samples(samples: Samples, name: str, outlook: Outlook) -> None:
    """Add the forecasts of a contract as samples; none for a period that is over.

    A wallet counts in the amounts only, and so does what is of one currency among several.
    """
    if outlook.is_over:
        return
    for key, one in outlook.charges.items():
        if is_money_alone(key):
            continue  # its balance is shown, or the whole charge; only its overage is money
        to = labels(forecasts.CONTRACT_QUANTITIES.forecast.labels, name, *key)
        add_quantities(samples, forecasts.CONTRACT_QUANTITIES, to, one.forecast)
    for currency, amount in outlook.amounts.items():
        to = labels(forecasts.CONTRACT_AMOUNTS.forecast.labels, name, currency)
        add_amounts(samples, forecasts.CONTRACT_AMOUNTS, to, amount.amount)


def _period(detail: BillingContractPeriodDetail) -> Period | None:
    start, end = detail.date_start, detail.date_end
    if start is None or end is None or end < start:
        return None
    charges: dict[Key, Charge] = {}
    rows = (*map(_charge, detail.charges), *map(_wallet, detail.wallets))
    for key, charge in by_currency((key, charge.currency, charge) for key, charge in rows):
        if key[0]:
            charges[key] = charge if key not in charges else _merged(charges[key], charge)
    days = (end - start).days + 1
    return Period(start, days, charges, is_closed=is_closed(detail.status) is True)


def _charge(row: BillingCharge) -> tuple[Key, Charge]:
    key = charge_key(row)
    included = (finite(row.prepaid_quantity), finite(row.fairuse_quantity))
    numbers = [number for number in included if number is not None]
    amount = finite(row.overage_charge)
    if amount is None and finite(row.overage_quantity) == 0:
        amount = ZERO  # what is not there costs nothing
    charge = Charge(
        kind=_kind(key),
        quantity=finite(row.actual_quantity),
        included=sum(numbers[1:], numbers[0]) if numbers else None,
        price=finite(row.overage_rate),
        overage_amount=amount,
        currency=label(row.overage_currency),
    )
    return key, charge


def _wallet(row: BillingWallet) -> tuple[Key, Charge]:
    """Return a wallet as a charge: what is taken out adds up, and the balance is included."""
    changes = finite(row.balance_increase) or ZERO, finite(row.balance_decrease) or ZERO
    starting = finite(row.starting_balance)
    charge = Charge(
        kind="sum",
        quantity=finite(row.balance_consumption),
        included=None if starting is None else starting + changes[0] - changes[1],
        price=finite(row.balance_overage_rate),
        overage_amount=finite(row.balance_overage_charge),
        currency=label(row.balance_overage_currency),
    )
    return wallet_key(row), charge


def _kind(key: Key) -> Kind:
    return "sum" if WALLET in key[3:] else contract_kind(key[2])


def _merged(one: Charge, other: Charge) -> Charge:
    """Add up two rows that have the same labels; a price on which they differ is none."""
    return Charge(
        kind=one.kind,
        quantity=whole_sum(one.quantity, other.quantity),
        included=whole_sum(one.included, other.included),
        price=one.price if one.price == other.price else None,
        overage_amount=whole_sum(one.overage_amount, other.overage_amount),
        currency=one.currency if one.currency == other.currency else "",
    )
