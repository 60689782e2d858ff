"""Running period of a customer or contract with its forecasts, as the accounts keep it."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from billing_exporter.accounts.records import Current, CurrentRow
from billing_exporter.forecasting.forecast import Forecast
from billing_exporter.forecasting.outlook import ChargeOutlook, Outlook
from billing_exporter.forecasting.readings import Charge, Key, Period

ZERO = Decimal(0)
NOTHING: Mapping[Key, tuple[str, ...]] = MappingProxyType({})


def running_period(
    period: Period, outlook: Outlook, covered: Mapping[Key, tuple[str, ...]] = NOTHING
) -> Current:
    """Return what each charge has cost so far and will have cost at the end.

    Args:
        period: that runs.
        outlook: the forecasts of its charges.
        covered: ids of the organizations that each charge of a contract is for.
    """
    rows = (_row(key, one, covered.get(key)) for key, one in outlook.charges.items())
    end = period.start + timedelta(days=period.days - 1)
    known = tuple(row for row in rows if row is not None)
    return Current(period.start, end, known, is_over=outlook.is_over)


def without_forecasts(period: Period, day: date | None) -> Outlook:
    """Return an outlook that forecasts nothing.

    Args:
        period: that runs.
        day: UTC day on which it was read, if that is known.
    """
    charges = {key: ChargeOutlook(charge, Forecast()) for key, charge in period.charges.items()}
    return Outlook(period.start, charges, {}, period.is_over(day))


def _row(key: Key, one: ChargeOutlook, covered: tuple[str, ...] | None) -> CurrentRow | None:
    """Return a charge; None for one that repeats others, or was never used and costs nothing.

    Of a contract the latter counts too, because it may cover what a customer used.
    """
    of = covered or ()
    charge, (name, sku) = one.charge, key[:2]
    if not charge.is_priced:
        if charge.currency and _is_over(charge):
            nothing = ZERO, ZERO, ZERO
            return CurrentRow(name, sku, charge.currency, *nothing, True, of)
        return None
    fixed = charge.fixed or ZERO
    overage, forecast = charge.incurred() - fixed, one.amount() - fixed
    is_unused = not (fixed or overage or forecast or charge.quantity)
    if is_unused and covered is None:
        return None
    # An amount without a price says nothing of the quantity to come.
    is_unpriced = charge.overage_amount is not None and not charge.has_overage_price
    is_unpriced = is_unpriced and _is_over(charge)
    amounts = fixed, overage, forecast
    return CurrentRow(name, sku, charge.currency, *amounts, is_unpriced, of, is_unused)


def _is_over(charge: Charge) -> bool:
    """Return whether something was used that is not known to be included."""
    if not charge.quantity:
        return False
    return charge.included is None or charge.quantity > charge.included
