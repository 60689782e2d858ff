"""One customer or contract with its charges and closed periods, read from its samples. Pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from billing_exporter.metrics import catalogue, forecasts, history
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.forecasts import Banded
from billing_exporter.metrics.label_text import values_of
from billing_exporter.metrics.samples import Samples
from billing_exporter.web.records import Charge, Period

_ZERO = Decimal(0)
_PERIODS = ("current", "previous")


class Subject(NamedTuple):
    """The metrics of a customer's or a contract's charges.

    Attributes:
        sku: the label of the stock keeping unit or part number.
        forecast: of quantities.
        quantities: the field of a charge that each shows.
        money: the same, of those with a currency.
        minimum: to pay at least, where there is one.
        contract_end: of the contract.
        settled: of the period before.
        history: amounts of closed periods.
    """

    sku: str
    forecast: Banded
    quantities: Mapping[Metric, str]
    money: Mapping[Metric, str]
    minimum: Metric | None
    contract_end: Metric
    settled: Metric
    history: Metric


CUSTOMER = Subject(
    sku="part_number",
    forecast=forecasts.TRUSTOR_QUANTITIES,
    quantities={
        catalogue.TRUSTOR_USAGE: "used",
        catalogue.TRUSTOR_PREPAID: "prepaid",
        catalogue.TRUSTOR_INCLUDED: "included",
        catalogue.TRUSTOR_OVERAGE: "overage",
    },
    money={
        catalogue.TRUSTOR_OVERAGE_PRICE: "unit_price",
        catalogue.TRUSTOR_ESTIMATED_PREPAID_AMOUNT: "prepaid_amount",
        catalogue.TRUSTOR_ESTIMATED_OVERAGE_AMOUNT: "overage_amount",
    },
    minimum=catalogue.TRUSTOR_MINIMUM_MONTHLY_AMOUNT,
    contract_end=catalogue.TRUSTOR_CONTRACT_END,
    settled=history.TRUSTOR_SETTLEMENT.settled,
    history=history.TRUSTOR_HISTORY_AMOUNT,
)
CONTRACT = Subject(
    sku="sku",
    forecast=forecasts.CONTRACT_QUANTITIES,
    quantities={
        catalogue.CHARGE_ACTUAL: "used",
        catalogue.CHARGE_PREPAID: "prepaid",
        catalogue.CHARGE_FAIR_USE: "included",
        catalogue.CHARGE_OVERAGE: "overage",
        catalogue.WALLET_CONSUMPTION: "used",
        catalogue.WALLET_OVERAGE: "overage",
    },
    money={
        catalogue.CHARGE_OVERAGE_RATE: "unit_price",
        catalogue.CHARGE_OVERAGE_AMOUNT: "overage_amount",
        catalogue.WALLET_OVERAGE_RATE: "unit_price",
        catalogue.WALLET_OVERAGE_AMOUNT: "overage_amount",
    },
    minimum=None,
    contract_end=catalogue.CONTRACT_END,
    settled=history.CONTRACT_SETTLEMENT.settled,
    history=history.CONTRACT_HISTORY_AMOUNT,
)

Key = tuple[str, str, str, str, str]


def charges(samples: Samples, subject: Subject) -> tuple[Charge, ...]:
    """Return the charges of both periods: the running one first, the largest overage first."""
    found: dict[Key, dict[str, Decimal]] = {}
    currencies: dict[Key, str] = {}
    for key, field, value, currency in _numbers(samples, subject):
        found.setdefault(key, {})[field] = value
        if currency:
            currencies[key] = currency
    rows = [
        Charge(
            period=period,
            charge=charge,
            sku=sku,
            grouping=grouping,
            unit=unit,
            currency=currencies.get((period, charge, sku, grouping, unit), ""),
            **numbers,
        )
        for (period, charge, sku, grouping, unit), numbers in found.items()
    ]
    return tuple(sorted(rows, key=_order))


def _numbers(samples: Samples, subject: Subject) -> Iterator[tuple[Key, str, Decimal, str]]:
    """Yield each number of a charge with its field, and its currency where it has one."""
    for metric, field in {**subject.quantities, **subject.money}.items():
        for text, value in samples.values(metric).items():
            names = values_of(text)
            yield _key(names, names["period"], subject), field, value, names.get("currency", "")
    bounds = subject.forecast.forecast, subject.forecast.lower, subject.forecast.upper
    fields = "forecast", "forecast_lower", "forecast_upper"
    for metric, field in zip(bounds, fields, strict=True):
        for text, value in samples.values(metric).items():
            yield _key(values_of(text), "current", subject), field, value, ""


def _key(names: Mapping[str, str], period: str, subject: Subject) -> Key:
    if "wallet" in names:
        return period, names["wallet"], names[subject.sku], "wallet", names["unit"]
    return period, names["charge"], names[subject.sku], names.get("grouping", ""), names["unit"]


def _order(one: Charge) -> tuple[object, ...]:
    rank = _PERIODS.index(one.period) if one.period in _PERIODS else len(_PERIODS)
    cost = (one.overage_amount or _ZERO, one.prepaid_amount or _ZERO, one.overage or _ZERO)
    return rank, one.period, *(-each for each in cost), one.charge, one.sku, one.grouping


def periods(samples: Samples, subject: Subject) -> tuple[Period, ...]:
    """Return the closed periods, the oldest first."""
    found = []
    for text, value in samples.values(subject.history).items():
        names = values_of(text)
        start = date.fromisoformat(names["period_start"])
        found.append(Period(start=start, currency=names["currency"], amount=value))
    return tuple(sorted(found, key=lambda one: (one.start, one.currency)))


def minimum(samples: Samples, subject: Subject) -> dict[str, Decimal]:
    """Return the minimum amount of the running period by currency."""
    if subject.minimum is None:
        return {}
    found = ((values_of(text), value) for text, value in samples.values(subject.minimum).items())
    return {names["currency"]: value for names, value in found if names["period"] == "current"}


def contract_end(samples: Samples, subject: Subject) -> date | None:
    """Return the last day of the contract."""
    ends = samples.values(subject.contract_end).values()
    return max((datetime.fromtimestamp(float(end), UTC).date() for end in ends), default=None)


def settled(samples: Samples, subject: Subject) -> bool | None:
    """Return whether the numbers of the period before are final; None where that is not known."""
    for text, value in samples.values(subject.settled).items():
        if values_of(text)["period"] == "previous":
            return bool(value)
    return None
