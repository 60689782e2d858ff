"""Forecasts as samples."""

from billing_exporter.forecasting.forecast import Forecast, rounded
from billing_exporter.forecasting.money import Amount
from billing_exporter.metrics.forecasts import Banded
from billing_exporter.metrics.samples import Labels, Samples


def add_quantities(samples: Samples, metrics: Banded, to: Labels, made: Forecast) -> None:
    """Add a charge's forecast, as far as there is one."""
    for metric, value in (
        (metrics.forecast, made.total),
        (metrics.lower, made.lower),
        (metrics.upper, made.upper),
        (metrics.expected, made.expected_by_now),
    ):
        if metric is not None and value is not None:
            samples.add(metric, to, value)


def add_amounts(samples: Samples, metrics: Banded, to: Labels, amount: Amount) -> None:
    """Add a forecast amount; its bounds only where there is a band."""
    for metric, value in (
        (metrics.forecast, amount.total),
        (metrics.lower, amount.lower),
        (metrics.upper, amount.upper),
    ):
        if value is not None:
            samples.add(metric, to, rounded(value))
