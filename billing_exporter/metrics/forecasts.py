"""Forecast metrics, declared as data: quantities and amounts at the end of the running period.

None has a label ``period``: it is always the running one. Rows never add up: a sum of bounds is no
bound.
"""

from typing import NamedTuple

from billing_exporter.metrics.family import Metric, Subject


class Banded(NamedTuple):
    """A forecast, its bounds, and what the pace of the last period would be by now."""

    forecast: Metric
    lower: Metric
    upper: Metric
    expected: Metric | None = None


def _quantities(subject: Subject, prefix: str, labels: tuple[str, ...]) -> Banded:
    return Banded(
        subject.fact(
            f"{prefix}_forecast_quantity",
            labels,
            "Forecast quantity at the end of the running period, in the unit: what is left of it "
            "goes on at the pace of its weekdays.",
        ),
        subject.fact(
            f"{prefix}_forecast_quantity_lower",
            labels,
            "Lower bound of the forecast quantity, in the unit; in four of five earlier periods "
            "the outcome was within the bounds.",
        ),
        subject.fact(
            f"{prefix}_forecast_quantity_upper",
            labels,
            "Upper bound of the forecast quantity, in the unit; in four of five earlier periods "
            "the outcome was within the bounds.",
        ),
        subject.fact(
            f"{prefix}_expected_quantity",
            labels,
            "Quantity that would be used by now at the pace of the last period, in the unit.",
        ),
    )


def _amounts(subject: Subject, name: str, labels: tuple[str, ...], text: str) -> Banded:
    return Banded(
        subject.fact(name, labels, text),
        subject.fact(
            f"{name}_lower",
            labels,
            "Estimated: lower bound of the forecast amount, in the currency, from how its own "
            "totals varied.",
        ),
        subject.fact(
            f"{name}_upper",
            labels,
            "Estimated: upper bound of the forecast amount, in the currency, from how its own "
            "totals varied.",
        ),
    )


_contracts = Subject("the contracts and the details of their two newest billing periods")

CONTRACT_QUANTITIES = _quantities(_contracts, "charge", ("contract", "charge", "sku", "unit"))
CONTRACT_AMOUNTS = _amounts(
    _contracts,
    "contract_forecast_estimated_overage_amount",
    ("contract", "currency"),
    "Estimated: overage of charges and wallets at the end of the running period at forecast "
    "quantities, in the currency; a middle value, so the expected overage near the included "
    "quantity is higher.",
)

_trustors = Subject("the trustees' billing overview of each customer organization")

TRUSTOR_QUANTITIES = _quantities(
    _trustors,
    "trustor",
    ("trustor", "trustor_id", "charge", "part_number", "grouping", "unit"),
)
TRUSTOR_AMOUNTS = _amounts(
    _trustors,
    "trustor_forecast_estimated_amount",
    ("trustor", "trustor_id", "currency"),
    "Estimated: prepaid and overage at the end of the running period at forecast quantities, at "
    "least the minimum monthly amount, in the currency; a charge without a forecast counts with "
    "what it has cost so far.",
)

CONTRACTS_FORECASTS = _contracts.metrics()
TRUSTORS_FORECASTS = _trustors.metrics()

_quality = Subject("the readings of contracts and customers")

ERROR_RATIO = _quality.fact(
    "forecast_error_ratio",
    ("subject", "elapsed"),
    "Median error of the forecasts made when so many hundredths of a period had passed, as a share "
    "of the outcome, over the last 12 closed periods of all charges and wallets.",
)
INSIDE_RATIO = _quality.fact(
    "forecast_inside_ratio",
    ("subject", "elapsed"),
    "Share of those forecasts whose outcome was within their bounds; 0.8 is aimed at.",
)
SCORED = _quality.fact(
    "forecast_scored",
    ("subject", "elapsed"),
    "Forecasts with a known outcome that the error and the share rest on.",
)
FORECASTS = _quality.fact(
    "forecasts",
    ("subject", "outcome"),
    "Charges and wallets by how their forecast came out: ok, no_band (too few earlier outcomes), "
    "too_little_data (no earlier period and less than a week), negative or missing numbers.",
)

QUALITY = _quality.metrics()
