"""Billable usage of the own organization: one report over a window.

Exposes, for the open billing period of the contract::

    genesyscloud_billing_usage_quantity{organization="acme",charge="Genesys Cloud CX 3"} 412
    genesyscloud_billing_usage_resources{organization="acme",charge="Genesys Cloud CX 3"} 412

The report names users and devices; they are counted and never held.
"""

from collections.abc import Callable, Sized
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import msgspec

from billing_exporter.collectors.base import Poll, label, refuse_emptied
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import UsageSettings
from billing_exporter.collectors.usage_window import (
    LAST_OF_DAY,
    Window,
    calendar_month,
    contract_window,
    own_contracts,
)
from billing_exporter.genesys import Forbidden, NotFound, Rejected, UnexpectedAnswer
from billing_exporter.genesys.records import BillingContract, NamedEntity
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.samples import Samples, labels, unix_time

Result = TypeVar("Result")


class Charge(msgspec.Struct, frozen=True):
    """One row of the report; ``resources`` is how many users or devices it lists, if it does."""

    name: str
    quantity: Decimal | None
    resources: int | None


class UsageData(msgspec.Struct, frozen=True):
    """One report: its window, both ends inclusive, and its rows.

    Attributes:
        start: as the report says, else as it was asked for.
        end: the same.
        charges: its rows.
        window: the window that was asked for, if it was a contract's.
        own: the own organization, if it was asked for.
    """

    start: datetime
    end: datetime
    charges: tuple[Charge, ...]
    window: Window | None = None
    own: NamedEntity | None = None


class _Asked(msgspec.Struct, frozen=True):
    """A window to ask for; ``of_contract`` is the last one of a contract."""

    window: Window
    of_contract: Window | None = None
    own: NamedEntity | None = None


class UsageCollector:
    """Polls the billable usage report."""

    name = "usage"
    metrics = catalogue.USAGE_METRICS
    data = UsageData

    def __init__(self, settings: UsageSettings) -> None:
        self._window = settings.window

    def fetch(self, poll: Poll[UsageData]) -> UsageData:
        """Fetch the report of the configured window."""
        asked = self._asked(poll)
        start, end = asked.window
        poll.progress(0, 1)
        report = poll.api.billable_usage(start, end)
        poll.progress(1, 1)
        charges = tuple(
            Charge(label(usage.name), usage.total_usage, _count(usage.resources))
            for usage in report.usages
        )
        start, end = report.start_date or start, report.end_date or end
        known = poll.previous
        if known is not None and known.start == start:
            refuse_emptied(known.charges, charges, "report")
        return UsageData(start, end, charges, asked.of_contract, asked.own)

    def fresh(self, data: UsageData, now: datetime) -> UsageData:  # noqa: ARG002 - no details
        """A report has no details of an age of their own."""
        return data

    def parts(self, data: UsageData) -> dict[str, UsageData]:
        """A report is one part."""
        return {"report": data}

    def expose(self, part: UsageData) -> Samples:
        """Quantity and number of resources by charge, and the window."""
        samples = Samples()
        for charge in part.charges:
            if not charge.name:
                samples.drop("missing")
                continue
            of_charge = labels(("charge",), charge.name)
            samples.require(catalogue.USAGE_QUANTITY, of_charge, charge.quantity)
            samples.add(catalogue.USAGE_RESOURCES, of_charge, charge.resources)
        samples.add(catalogue.USAGE_PERIOD_START, labels(()), unix_time(part.start))
        samples.add(catalogue.USAGE_PERIOD_END, labels(()), unix_time(part.end))
        return samples

    def _asked(self, poll: Poll[UsageData]) -> _Asked:
        """Return the configured window, that of the contract where it is configured and known."""
        if self._window == "contract":
            return _of_contract(poll)
        if self._window == "month":
            return _Asked(calendar_month(poll.now))
        midnight = poll.now.replace(hour=0, minute=0, second=0, microsecond=0)
        start = midnight - Duration(self._window).time
        return _Asked((start, midnight + LAST_OF_DAY))


def _count(resources: Sized | None) -> int | None:
    return None if resources is None else len(resources)


def _of_contract(poll: Poll[UsageData]) -> _Asked:
    known, month = poll.previous, calendar_month(poll.now)
    last = known.window if known else None
    listed = _contracts(poll)
    if listed is None:
        runs = last is not None and last[0] <= poll.now <= last[1]
        return _Asked(last if last and runs else month, last, known.own if known else None)
    own = _own(poll, listed)
    full = [_in_full(poll, contract) for contract in own_contracts(listed, own) or listed]
    window = contract_window(full, own, last, poll.now)
    return _Asked(window or month, window, own)


def _optional(
    poll: Poll[UsageData], about: str, ask: Callable[[], Result], otherwise: Result
) -> Result:
    """Return an answer that usage can do without, or something else where it is refused.

    Raises:
        ApiError: the answer may come at the next poll; until then the last reading stays.
    """
    try:
        return ask()
    except (Forbidden, NotFound):
        return otherwise
    except (Rejected, UnexpectedAnswer) as error:
        # The contract operations are a preview: when one changes, usage is still to be read.
        poll.tolerate(error, about)
        return otherwise


def _contracts(poll: Poll[UsageData]) -> list[BillingContract] | None:
    """Return the active contracts, or None where they cannot be read."""
    return _optional(
        poll,
        "the open billing period",
        lambda: [
            contract
            for contract in poll.api.contracts(status="Active")
            if label(contract.status).lower() != "inactive"
        ],
        None,
    )


def _own(poll: Poll[UsageData], listed: list[BillingContract]) -> NamedEntity | None:
    """Return the own organization, asked for once, and only where there is a choice."""
    if poll.previous is not None and poll.previous.own is not None:
        return poll.previous.own
    if len(listed) < 2:  # noqa: PLR2004 - no choice
        return None
    own = _optional(poll, "the own organization", poll.api.get_organizations_me, None)
    return None if own is None else NamedEntity(id=own.id, name=own.name)


def _in_full(poll: Poll[UsageData], listed: BillingContract) -> BillingContract:
    """Return the contract with its periods, which a listing may leave out."""
    key = label(listed.id)
    if listed.billing_periods or not key:
        return listed
    return _optional(poll, f"contract {key}", lambda: poll.api.get_billing_contract(key), listed)
