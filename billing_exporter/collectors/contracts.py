"""Contracts with their plans, and charges and wallets of their newest and open billing periods.

Exposes::

    genesyscloud_billing_charge_overage_quantity{...,contract="C-7",period="current",...} 12
    genesyscloud_billing_wallet_balance{...,contract="C-7",period="current",wallet="AI tokens"} 90
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

import msgspec

from billing_exporter.collectors.base import (
    Details,
    Poll,
    concluded,
    label,
    once_each,
    refuse_emptied,
)
from billing_exporter.collectors.closed_periods import ALL_READ, History, MissingBefore
from billing_exporter.collectors.contract_charges import (
    OverageAmounts,
    expose_facts,
    expose_plan,
    expose_rows,
)
from billing_exporter.collectors.contract_gaps import missing_before, running_from
from billing_exporter.collectors.contract_history import ContractHistories
from billing_exporter.collectors.contract_names import (
    ContractNames,
    contract_identity,
    number_and_id,
)
from billing_exporter.collectors.history_samples import add_history
from billing_exporter.collectors.periods import is_closed, named
from billing_exporter.collectors.settings import ContractsSettings
from billing_exporter.genesys.records import (
    BillingContract,
    BillingContractPeriod,
    BillingContractPeriodDetail,
)
from billing_exporter.metrics import catalogue
from billing_exporter.metrics import history as metrics
from billing_exporter.metrics.samples import Samples, labels, unix_time

# So many histories to read take a while: the current periods are shown first.
_SHOWN_BEFORE = 20


class ContractData(msgspec.Struct, frozen=True):
    """A contract and its periods.

    Attributes:
        contract: as listed or asked for.
        periods: their details, or what the listing tells of them, by the name they are shown under.
        whole: ids of those whose details were read without a gap.
        read: when each period's details were last read or confirmed, by its id.
        history: its closed periods.
        missing: days before which closed periods are missing.
        is_unlisted: whether its periods are not known, because the listing leaves them out and
            asking for the contract failed.
        is_ahead: whether none of its periods has begun.
    """

    contract: BillingContract
    periods: dict[str, BillingContractPeriodDetail]
    whole: tuple[str, ...] = ()
    read: dict[str, datetime] = {}
    history: History = History()
    missing: MissingBefore = ALL_READ
    is_unlisted: bool = False
    is_ahead: bool = False

    @property
    def is_read(self) -> bool:
        """Return whether the newest period has been read, unless none runs."""
        current = self.periods.get("current")
        if current is None:
            return not self.is_unlisted
        return self.is_ahead or self.counted is not None or is_closed(current.status) is True

    @property
    def counted(self) -> date | None:
        """Return the first day of the newest period if that was read."""
        current = self.periods.get("current")
        is_counted = current is not None and label(current.id) in self.read
        return current.date_start if current is not None and is_counted else None


class ContractsData(msgspec.Struct, frozen=True):
    """All contracts that the client may see."""

    contracts: tuple[ContractData, ...]

    def unread(self) -> dict[str, str]:
        """Return the names of contracts whose newest period nobody has read, by id."""
        unread = (each.contract for each in self.contracts if not each.is_read)
        return {key: number for number, key in map(number_and_id, unread)}

    def missing(self) -> dict[tuple[str, ...], MissingBefore]:
        """Return the days before which closed periods are missing, by number and id."""
        return {
            number_and_id(each.contract): each.missing for each in self.contracts if each.missing
        }


class NamedContracts(msgspec.Struct, frozen=True):
    """Contracts that are shown under one name: as a rule one."""

    name: str
    contracts: tuple[ContractData, ...]


class ContractsCollector:
    """Polls contracts and the details of their newest periods, and of all that are open."""

    name = "contracts"
    metrics = (*catalogue.CONTRACTS_METRICS, *metrics.CONTRACTS_HISTORY)
    data = ContractsData

    def __init__(self, settings: ContractsSettings) -> None:
        self._settings = settings
        self._max_age = settings.max_age.time

    def fetch(self, poll: Poll[ContractsData]) -> ContractsData:
        """Fetch the listing, then period details; a closed period is fetched once and kept."""
        contracts = once_each(map(_stripped, poll.api.contracts()), contract_identity)
        listed_before = poll.previous.contracts if poll.previous is not None else None
        refuse_emptied(listed_before, contracts, "listing of contracts")
        kept = _closed_details(poll.previous)
        full, periods = Details(poll), Details(poll)
        done = []
        for number, listed in enumerate(contracts):
            poll.progress(number, len(contracts))
            contract = _in_full(poll, full, listed)
            known = _with_details(poll, periods, contract or listed, kept)
            done.append(msgspec.structs.replace(known, is_unlisted=contract is None))
        poll.progress(len(contracts), len(contracts))
        data = self.fresh(ContractsData(tuple(done)), poll.now)
        return self._with_history(poll, concluded(poll, data, full, periods))

    def _with_history(self, poll: Poll[ContractsData], data: ContractsData) -> ContractsData:
        """Read closed periods behind the current ones, which are shown before a long reading."""
        last = poll.previous or poll.ended
        listed = last.contracts if last is not None else ()
        before = {contract_identity(known.contract): known.history for known in listed}
        contracts = [
            self._with_missing(
                known, before.get(contract_identity(known.contract), History()), poll
            )
            for known in data.contracts
        ]
        if not self._settings.history:
            return data
        histories = ContractHistories(poll, self._settings)
        names = ContractNames(known.contract for known in contracts)
        wanted = sum(len(histories.needed(each.contract, each.history)) for each in contracts)
        if wanted > _SHOWN_BEFORE:
            poll.publish(ContractsData(tuple(contracts)))
        done = []
        for number, known in enumerate(contracts):
            poll.progress(number, len(contracts))
            history, details = histories.read(
                known.contract, names.of(known.contract), known.history
            )
            done.append(self._with_missing(_renewed(known, details, poll.now), history, poll))
        return ContractsData(tuple(done))

    def _with_missing(
        self, known: ContractData, history: History, poll: Poll[ContractsData]
    ) -> ContractData:
        """Return a contract with its history and the days before which some of it is missing."""
        most, today = self._settings.history, poll.now.date()
        missing = missing_before(known.contract, history, most, today, known.counted)
        return msgspec.structs.replace(known, history=history, missing=missing)

    def fresh(self, data: ContractsData, now: datetime) -> ContractsData:
        """Drop details of periods that could not be read for longer than ``max_age``."""
        oldest = now - self._max_age
        if all(read >= oldest for known in data.contracts for read in known.read.values()):
            return data
        return ContractsData(tuple(_without_older(known, oldest) for known in data.contracts))

    def parts(self, data: ContractsData) -> dict[str, NamedContracts]:
        """Contracts that are shown under one name are a part, for their rows may need adding up."""
        names = ContractNames(known.contract for known in data.contracts)
        parts: dict[str, NamedContracts] = {}
        for known in data.contracts:
            name = names.of(known.contract)
            others = parts[name].contracts if name in parts else ()
            parts[name] = NamedContracts(name, (*others, known))
        return parts

    def expose(self, part: NamedContracts) -> Samples:
        """Return what the contracts of one name mean."""
        samples = Samples()
        overage = OverageAmounts(samples)
        for known in part.contracts:
            name = part.name
            if not name:
                samples.drop("missing")
                continue
            expose_facts(samples, name, known.contract)
            for plan in known.contract.plans:
                expose_plan(samples, name, plan)
            for period, detail in known.periods.items():
                _expose_period(samples, overage, (name, period), detail)
                of_period = labels(("contract", "period"), name, period)
                read = unix_time(known.read.get(detail.id or ""))
                samples.add(catalogue.CONTRACT_PERIOD_LAST_SUCCESS, of_period, read)
            add_history(
                samples,
                known.history,
                (name,),
                metrics.CONTRACT_HISTORY_AMOUNT,
                metrics.CONTRACT_SETTLEMENT,
            )
        overage.end()
        return samples


def _stripped(contract: BillingContract) -> BillingContract:
    """Return the contract with an id that can be asked for, without white space around it."""
    return msgspec.structs.replace(contract, id=label(contract.id) or None)


def _renewed(
    known: ContractData,
    details: Iterable[BillingContractPeriodDetail],
    now: datetime,
) -> ContractData:
    """Return a contract with its previous period as it was just read."""
    of = {detail.id: detail for detail in details}
    periods = {name: of.get(detail.id, detail) for name, detail in known.periods.items()}
    again = {detail.id: now for detail in periods.values() if detail.id in of and detail.id}
    return msgspec.structs.replace(known, periods=periods, read={**known.read, **again})


def newest_periods(contract: BillingContract, today: date) -> dict[str, BillingContractPeriod]:
    """Return the periods that are shown, by name; one that is listed twice is one."""
    listed = once_each(
        contract.billing_periods,
        lambda period: (label(period.id), period.date_start) if label(period.id) else None,
    )
    return named(listed, today)


def _closed_details(
    previous: ContractsData | None,
) -> dict[tuple[str | None, str], BillingContractPeriodDetail]:
    if previous is None:
        return {}
    return {
        (known.contract.id, detail.id): detail
        for known in previous.contracts
        for detail in known.periods.values()
        if detail.id in known.whole and is_closed(detail.status)
    }


def _in_full(
    poll: Poll[ContractsData], details: Details, listed: BillingContract
) -> BillingContract | None:
    """Return the contract with its periods, which a listing may leave out; None if unknown."""
    key = label(listed.id)
    if listed.billing_periods or not key:
        return listed
    known = _known_periods(poll.previous, listed)

    def read() -> BillingContract:
        contract = poll.api.get_billing_contract(key)
        refuse_emptied(known, contract.billing_periods, "list of billing periods")
        return _stripped(contract)

    asked = details.ask(read, f"contract {key}")
    if asked is None and known:
        return msgspec.structs.replace(listed, billing_periods=known)
    return asked


def _known_periods(
    previous: ContractsData | None, listed: BillingContract
) -> tuple[BillingContractPeriod, ...]:
    for known in previous.contracts if previous is not None else ():
        if known.contract.id == listed.id:
            return known.contract.billing_periods
    return ()


def _with_details(
    poll: Poll[ContractsData],
    details: Details,
    contract: BillingContract,
    kept: Mapping[tuple[str | None, str], BillingContractPeriodDetail],
) -> ContractData:
    before = _last_read(poll.previous, contract.id)
    periods, whole, read = {}, [], {}
    for name, period in newest_periods(contract, poll.now.date()).items():
        key, of = label(period.id), label(contract.id)
        if not key or not of:
            periods[name] = _outline(period)
            continue
        known = kept.get((of, key)) if is_closed(period.status) else None
        last = _last_detail(poll.previous, of, key) if key in before else None
        detail = known or _asked(poll, details, of, key, last)
        if detail is not None and _is_whole(detail):
            whole.append(key)
        last = detail or last
        if last is not None:
            read[key] = poll.now if detail is not None else before[key]
        periods[name] = last or _outline(period)
    is_ahead = running_from(contract, poll.now.date()) is None
    return ContractData(contract, periods, tuple(whole), read, is_ahead=is_ahead)


def _without_older(known: ContractData, oldest: datetime) -> ContractData:
    """Return a contract of whose older periods only the outline is left."""
    read = {key: at for key, at in known.read.items() if at >= oldest}
    periods = {
        name: _outline(detail) if detail.id in known.read.keys() - read.keys() else detail
        for name, detail in known.periods.items()
    }
    return msgspec.structs.replace(known, periods=periods, read=read)


def _asked(
    poll: Poll[ContractsData],
    details: Details,
    contract_id: str,
    period_id: str,
    last: BillingContractPeriodDetail | None,
) -> BillingContractPeriodDetail | None:
    def read() -> BillingContractPeriodDetail:
        detail = poll.api.get_billing_contract_billingperiod(contract_id, period_id)
        refuse_emptied(_rows(last) if last else None, _rows(detail), "billing period")
        return msgspec.structs.replace(detail, id=period_id)

    return details.ask(read, f"billing period {period_id} of contract {contract_id}")


def _rows(detail: BillingContractPeriodDetail) -> tuple[object, ...]:
    return *detail.charges, *detail.wallets


def _is_whole(detail: BillingContractPeriodDetail) -> bool:
    """Return whether there are rows, each with its number; else they may come when asked again."""
    samples = Samples()
    _expose_period(samples, OverageAmounts(samples), ("", ""), detail)
    return bool(detail.charges) and not samples.dropped


def _outline(
    period: BillingContractPeriod | BillingContractPeriodDetail,
) -> BillingContractPeriodDetail:
    """Return what the listing has of a period: no charges, no wallets."""
    return BillingContractPeriodDetail(
        id=period.id, date_start=period.date_start, date_end=period.date_end, status=period.status
    )


def _last_read(previous: ContractsData | None, contract_id: str | None) -> dict[str, datetime]:
    """Return when the contract's details were last read, by period."""
    known = previous.contracts if previous is not None else ()
    return next((each.read for each in known if each.contract.id == contract_id), {})


def _last_detail(
    previous: ContractsData | None, contract_id: str, period_id: str
) -> BillingContractPeriodDetail | None:
    if previous is None:
        return None
    for known in previous.contracts:
        if known.contract.id == contract_id:
            details = known.periods.values()
            return next((detail for detail in details if detail.id == period_id), None)
    return None


def _expose_period(
    samples: Samples,
    overage: OverageAmounts,
    period: tuple[str, str],
    detail: BillingContractPeriodDetail,
) -> None:
    of_period = labels(("contract", "period"), *period)
    samples.add(catalogue.CONTRACT_PERIOD_START, of_period, unix_time(detail.date_start))
    end = unix_time(detail.date_end, end_of_day=True)
    samples.add(catalogue.CONTRACT_PERIOD_END, of_period, end)
    closed = is_closed(detail.status)
    if closed is not None:
        samples.add(catalogue.CONTRACT_PERIOD_CLOSED, of_period, int(closed))
    expose_rows(samples, overage, period, detail)
