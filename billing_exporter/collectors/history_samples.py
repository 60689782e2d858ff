"""Samples of closed periods, of contracts and customers alike."""

from billing_exporter.collectors.closed_periods import History, shown
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.history import Settlement
from billing_exporter.metrics.samples import Samples, labels, unix_time


def expose_history(
    history: History, of: tuple[str, ...], amount: Metric, settlement: Settlement
) -> Samples:
    """Return the samples of a history alone; see ``add_history``."""
    samples = Samples()
    add_history(samples, history, of, amount, settlement)
    return samples


def add_history(
    samples: Samples,
    history: History,
    of: tuple[str, ...],
    amount: Metric,
    settlement: Settlement,
) -> None:
    """Add the amounts of all closed periods, and the settlement of the newest.

    Args:
        samples: takes them.
        history: the periods.
        of: label values of the contract or customer.
        amount: metric of a period's amount.
        settlement: metrics of settlement.
    """
    for period in history.periods:
        for currency, value in period.amounts.items():
            samples.add(amount, labels(amount.labels, *of, currency, str(period.start)), value)
    for name, each in shown(history).items():
        to = labels(settlement.settled.labels, *of, name)
        samples.add(settlement.settled, to, int(each.is_settled))
        samples.add(settlement.restatements, to, each.restatements)
        samples.add(settlement.moment, to, unix_time(each.restated_at))
        for currency, value in each.restated_amounts.items():
            of_amount = labels(settlement.amount.labels, *of, name, currency)
            samples.add(settlement.amount, of_amount, value)
