"""Metrics of closed billing periods: their amounts, and whether they are settled or restated."""

from billing_exporter.metrics.family import Metric, Subject

_contracts = Subject("the details of the contracts' closed billing periods")
_trustors = Subject("the trustees' billing overviews of closed periods")

_SETTLED = (
    "1 when the numbers of the closed period are settled: unchanged for three days and five days "
    "after its end; 0 before, and while a restatement is not confirmed. Period older is the three "
    "before the previous one."
)
_RESTATEMENTS = "How often the closed period changed after it was settled."
_RESTATED = "What the closed period comes to now less what it came to when first settled, in the "
_RESTATED_AT = "When the newest restatement of the closed period was seen, Unix time."


class Settlement:
    """The metrics of one subject's settled and restated periods."""

    def __init__(self, subject: Subject, prefix: str, amount: str, of: tuple[str, ...]) -> None:
        """Declare them.

        Args:
            subject: whose they are.
            prefix: their names begin with it.
            amount: name of the amount that is restated.
            of: labels of the contract or customer.
        """
        period = (*of, "period")
        self.settled = subject.fact(f"{prefix}_period_settled", period, _SETTLED)
        self.restatements = subject.fact(f"{prefix}_period_restatements", period, _RESTATEMENTS)
        self.amount = subject.fact(amount, (*period, "currency"), f"{_RESTATED}currency.")
        name = f"{prefix}_restated_timestamp_seconds"
        self.moment = subject.fact(name, period, _RESTATED_AT)


CONTRACT_HISTORY_AMOUNT = _contracts.total(
    "contract_history_overage_amount",
    ("contract", "currency", "period_start"),
    "Overage amount of a closed period, of charges and wallets, in the currency, by the first day "
    "of the period.",
)
CONTRACT_SETTLEMENT = Settlement(
    _contracts, "contract", "contract_restated_overage_amount", ("contract",)
)
TRUSTOR_HISTORY_AMOUNT = _trustors.total(
    "trustor_history_estimated_amount",
    ("trustor", "trustor_id", "currency", "period_start"),
    "Estimated: prepaid and overage amount of a closed period, in the currency, without minimum "
    "amount and tax, by the first day of the period.",
)
TRUSTOR_SETTLEMENT = Settlement(
    _trustors, "trustor", "trustor_restated_amount", ("trustor", "trustor_id")
)
CONTRACTS_HISTORY: tuple[Metric, ...] = _contracts.metrics()
TRUSTORS_HISTORY: tuple[Metric, ...] = _trustors.metrics()
