"""Outlook of a customer or contract: the forecast of each charge and of its amounts. Pure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from billing_exporter.forecasting.forecast import Forecast, forecast_series
from billing_exporter.forecasting.money import Amount, banded
from billing_exporter.forecasting.readings import Charge, Key, Period
from billing_exporter.forecasting.state import HUNDREDTHS, Kept, Series, SubjectState

Result = Literal["ok", "no_band", "too_little_data", "negative", "missing"]
RESULTS: tuple[Result, ...] = ("ok", "no_band", "too_little_data", "negative", "missing")

ZERO = Decimal(0)
_REPLACE = msgspec.structs.replace


class ChargeOutlook(msgspec.Struct, frozen=True, gc=False):
    """One charge and its forecast."""

    charge: Charge
    forecast: Forecast

    @property
    def result(self) -> Result:
        """How the forecast came out."""
        if self.charge.quantity is None:
            return "missing"
        if self.forecast.refused == "negative":
            return "negative"
        if self.forecast.total is None:
            return "too_little_data"
        return "ok" if self.forecast.upper is not None else "no_band"

    def amount(self) -> Decimal:
        """Return what the charge will cost; what it has cost so far where it has no forecast."""
        if self.forecast.total is None:
            return self.charge.incurred()
        return max(self.charge.incurred(), self.charge.amount(self.forecast.total))


class AmountOutlook(msgspec.Struct, frozen=True, gc=False):
    """The amounts of one currency.

    Attributes:
        incurred: due already.
        amount: the forecast.
        own: the forecast of the amount from its own totals; it has the share that has passed.
    """

    incurred: Decimal
    amount: Amount
    own: Forecast


class Outlook(msgspec.Struct, frozen=True, gc=False):
    """All forecasts of one customer or contract.

    Attributes:
        start: the first day of the period.
        charges: by what identifies them.
        amounts: by currency.
        is_over: whether nothing is left to forecast; then nothing is shown or kept of it.
    """

    start: date
    charges: Mapping[Key, ChargeOutlook]
    amounts: Mapping[str, AmountOutlook]
    is_over: bool = False


def look_ahead(state: SubjectState, current: Period, day: date | None = None) -> Outlook:
    """Forecast everything that a reading of the running period has.

    Args:
        state: with the reading taken in.
        current: the running period.
        day: UTC day of the reading, if it is known.
    """
    charges = {
        key: ChargeOutlook(
            charge, _floored(charge, _forecast(state, state.charges.get(key), charge))
        )
        for key, charge in current.charges.items()
    }
    currencies = sorted({one.charge.currency for one in charges.values() if one.charge.is_priced})
    amounts = {
        currency: _amount(state, currency, charges, current.minimums.get(currency, ZERO))
        for currency in currencies
    }
    return Outlook(current.start, charges, amounts, current.is_over(day))


def with_kept(state: SubjectState, outlook: Outlook) -> SubjectState:
    """Keep the first forecast at or after each checkpoint, to be scored when the period closes."""
    if outlook.is_over:
        return state
    charges, amounts = dict(state.charges), dict(state.amounts)
    for key, one in outlook.charges.items():
        if key in charges:
            made = one.forecast
            charges[key] = _keep(charges[key], made.elapsed, made.total, made.lower, made.upper)
    for currency, two in outlook.amounts.items():
        if currency in amounts:
            made, amount = two.own, two.amount
            amounts[currency] = _keep(
                amounts[currency], made.elapsed, amount.total, amount.lower, amount.upper
            )
    return _REPLACE(state, charges=charges, amounts=amounts)


def _keep(
    series: Series,
    elapsed: Decimal | None,
    total: Decimal | None,
    lower: Decimal | None,
    upper: Decimal | None,
) -> Series:
    if elapsed is None or total is None or elapsed >= 1:
        return series
    passed = [share for share in HUNDREDTHS if share <= elapsed * 100]
    if not passed or (series.kept and series.kept[-1].checkpoint >= passed[-1]):
        return series
    kept = Kept(passed[-1], elapsed, total, lower, upper)
    return _REPLACE(series, kept=(*series.kept, kept))


def _forecast(state: SubjectState, series: Series | None, charge: Charge) -> Forecast:
    if charge.quantity is None:
        return Forecast(refused="missing")
    if charge.quantity < 0:
        return Forecast(refused="negative")
    return own_forecast(state, series or Series(charge.kind))


def own_forecast(state: SubjectState, series: Series) -> Forecast:
    """Forecast one series from its own totals."""
    return forecast_series(
        series.kind, state.start, state.days, series.running, series.closed, series.steps
    )


def _floored(charge: Charge, made: Forecast) -> Forecast:
    """Raise a forecast to what is used already, which may be newer than the newest total."""
    now = charge.quantity
    if charge.kind == "level" or now is None or made.total is None:
        return made
    return _REPLACE(
        made,
        total=max(made.total, now),
        lower=None if made.lower is None else max(made.lower, now),
        upper=None if made.upper is None else max(made.upper, now),
    )


def _amount(
    state: SubjectState, currency: str, charges: Mapping[Key, ChargeOutlook], minimum: Decimal
) -> AmountOutlook:
    priced = [
        one for one in charges.values() if one.charge.currency == currency and one.charge.is_priced
    ]
    incurred = sum((one.charge.incurred() for one in priced), ZERO)
    total = sum((one.amount() for one in priced), ZERO)
    own = own_forecast(state, state.amounts.get(currency) or Series("sum"))
    return AmountOutlook(incurred, banded(total, incurred, own).at_least(minimum), own)
