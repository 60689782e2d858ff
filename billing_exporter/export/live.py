"""Reader of what an export needs from the API, in one go, whatever the collectors keep."""

from collections.abc import Callable
from datetime import date, timedelta

from billing_exporter.collectors.settings import Collectors
from billing_exporter.collectors.sharding import Shard
from billing_exporter.collectors.trustor_overview import condensed
from billing_exporter.export.source import InvoiceWithLines, LeftOut, Source
from billing_exporter.export.spans import Selection, Span, span
from billing_exporter.genesys import BillingApi
from billing_exporter.genesys.records import (
    BillingContract,
    BillingContractPeriod,
    TrusteeBillingOverview,
)
from billing_exporter.history.reader import Reader

# A line of a year that was billed before the first period covers it still.
PREPAID_REACH = timedelta(days=400)
_MONTH = timedelta(days=31)
_MONTHS_OF_A_YEAR = 12
_MOST_MONTHS = 240


class Reading:
    """One organization, read from the API.

    Attributes:
        source: what was read.
        not_read: what could not be read, in words.
        forbidden: customers whose overview the client may not read.
    """

    def __init__(self, source: Source, not_read: list[str], forbidden: list[str]) -> None:
        """Keep what was read."""
        self.source = source
        self.not_read = not_read
        self.forbidden = forbidden


def read(
    api: BillingApi,
    organization: str,
    collectors: Collectors,
    selection: Selection,
    *,
    are_listed: bool = True,
    with_customers: bool = True,
    shard: Shard | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Reading:
    """Read one organization.

    Args:
        api: the client.
        organization: its name in the configuration.
        collectors: what the configuration lists.
        selection: which billing periods are wanted.
        are_listed: whether the configuration names the collectors; one that runs by default may
            lack its permission.
        with_customers: whether the overviews of customers are needed.
        shard: which part of the customers is read.
        progress: receives what is read, how much of it is done, and how much there is.
    """
    shard = shard or Shard()
    count = _periods(selection)
    reader = Reader(api, selection.today, count, progress=progress, shape=_without_zeros)
    contracts = reader.listed_contracts() if collectors.contracts else []
    periods = reader.contract_periods(contracts, lambda each: _is_wanted(each, selection))
    invoices = []
    if collectors.invoices:
        first = _first(selection, contracts)
        since = first - min(PREPAID_REACH, first - date.min)
        invoices = reader.with_lines(reader.listed_invoices(since))
    trustors = []
    if collectors.trustors and with_customers:
        trustors = reader.trustors(
            collectors.trustors.include, collectors.trustors.exclude, shard.owns
        )
    refused = [] if are_listed else reader.refused
    not_read = [
        text for text in reader.skipped if not any(text.startswith(f"{what}: ") for what in refused)
    ]
    source = Source(
        organization=organization,
        invoices=tuple(InvoiceWithLines(*each) for each in invoices),
        contracts=tuple(contracts),
        contract_periods=tuple(periods),
        trustor_periods=tuple(trustors),
        is_first=shard.is_first,
        left_out=(LeftOut("api", "not_read", count=len(not_read)),) if not_read else (),
    )
    return Reading(source, not_read, reader.forbidden)


def _without_zeros(overview: TrusteeBillingOverview) -> TrusteeBillingOverview:
    """Return an overview as collectors keep it: most of its rows are zero and say nothing."""
    return condensed({"current": overview}, zero_rows=False)["current"].overview


def _is_wanted(period: BillingContractPeriod, selection: Selection) -> bool:
    days = span(period.date_start, period.date_end)
    return days is not None and days.start <= selection.today and selection.has(days)


def _periods(selection: Selection) -> int:
    """Return how many closed months lie between the first period and the day."""
    if selection.first is None:
        return 1
    first = min(selection.first, selection.today)
    months = (selection.today.year - first.year) * _MONTHS_OF_A_YEAR
    return min(max(1, months + selection.today.month - first.month + 1), _MOST_MONTHS)


def _first(selection: Selection, contracts: list[BillingContract]) -> date:
    """Return a day that no wanted billing period begins before."""
    if selection.first is not None:
        return selection.first
    listed = (
        span(each.date_start, each.date_end)
        for contract in contracts
        for each in contract.billing_periods
    )
    wanted: list[Span] = [each for each in listed if each is not None and selection.has(each)]
    return min([selection.today - 2 * _MONTH, *(each.start for each in wanted)])
