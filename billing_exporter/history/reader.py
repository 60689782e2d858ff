"""Reader of the periods and invoices that a reconciliation needs, in one go.

What cannot be read is skipped and reported: the rest is still compared.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import TypeVar

import msgspec

from billing_exporter.collectors.base import label, once_each, side_by_side
from billing_exporter.collectors.contract_names import ContractNames, contract_identity
from billing_exporter.collectors.invoices import read_lines
from billing_exporter.collectors.trustors import matches, name_of
from billing_exporter.genesys import ApiError, BillingApi, Forbidden, NotFound
from billing_exporter.genesys.records import (
    BillingContract,
    BillingContractPeriod,
    BillingInvoice,
    BillingInvoiceItem,
    TrusteeBillingOverview,
    Trustor,
)
from billing_exporter.history.contracts import ContractPeriod
from billing_exporter.history.invoices import invoice_of, lines_of
from billing_exporter.history.trustors import TrustorPeriod
from billing_exporter.reconciliation.invoices import Invoice
from billing_exporter.reconciliation.records import Line

_LONGEST_PERIOD = timedelta(days=31)

Entity = TypeVar("Entity")
Result = TypeVar("Result")
Account = TypeVar("Account", "Contract", "Customer")


class Billed(msgspec.Struct, frozen=True):
    """Invoices and all their lines.

    Attributes:
        invoices: those whose lines were read.
        lines: of all of them.
        since: first day of issue that was asked for.
    """

    invoices: tuple[Invoice, ...]
    lines: tuple[Line, ...]
    since: date


class Contract(msgspec.Struct, frozen=True):
    """A contract with its periods; ``is_whole`` unless asking for one again may help.

    Attributes:
        skipped: the periods that could not be read, in words.
    """

    name: str
    periods: tuple[ContractPeriod, ...]
    is_whole: bool
    skipped: tuple[str, ...] = ()


class Customer(msgspec.Struct, frozen=True):
    """A customer with its periods; ``is_whole`` unless one could not be read.

    Attributes:
        forbidden: its name, where the client may not read it.
    """

    id: str
    periods: tuple[TrustorPeriod, ...]
    is_whole: bool
    forbidden: tuple[str, ...] = ()


class Reader:
    """Reads from one organization's API.

    Attributes:
        skipped: what could not be read, in words.
        forbidden: customers whose overview the client may not read.
        refused: what the client may not read, by the words that `skipped` begins with.
        is_over: whether asking again would not help: what was skipped is unknown or forbidden.
    """

    def __init__(
        self,
        api: BillingApi,
        today: date,
        periods: int,
        *,
        concurrency: int = 4,
        progress: Callable[[str, int, int], None] = lambda *_: None,
        shape: Callable[[TrusteeBillingOverview], TrusteeBillingOverview] = lambda each: each,
    ) -> None:
        """Prepare to read.

        Args:
            api: the client.
            today: the day (UTC).
            periods: how many closed periods are compared, beside the current one.
            concurrency: requests side by side.
            progress: receives what is read, how much of it is done, and how much there is.
            shape: returns what is kept of an overview.
        """
        self.skipped: list[str] = []
        self.forbidden: list[str] = []
        self.refused: list[str] = []
        self.is_over = True
        self._api = api
        self._today = today
        self._periods = periods
        self._concurrency = concurrency
        self._progress = progress
        self._shape = shape

    @property
    def since(self) -> date:
        """Return the first day of issue of the invoices that bill the periods."""
        return self._today - (self._periods + 1) * _LONGEST_PERIOD

    def contracts(self) -> list[ContractPeriod]:
        """Read the current and the closed periods of every contract."""
        return self.contract_periods(self.listed_contracts())

    def contract_periods(
        self,
        contracts: Sequence[BillingContract],
        wanted: Callable[[BillingContractPeriod], bool] | None = None,
    ) -> list[ContractPeriod]:
        """Read billing periods of all listed contracts: those wanted, or the current and closed."""
        names = ContractNames(contracts)
        pairs = [
            (contract, key)
            for contract in contracts
            for key in dict.fromkeys(
                self._newest(contract)
                if wanted is None
                else [each.id for each in contract.billing_periods if each.id and wanted(each)]
            )
        ]

        def read(pair: tuple[BillingContract, str]) -> ContractPeriod | None:
            contract, period = pair
            try:
                return self._contract_period(contract, period, names.of(contract))
            except ApiError:
                return None

        found = self._all("contract periods", read, pairs)
        return [each for each in found if each is not None]

    def each_contract(self, known: Collection[str]) -> Iterator[Contract]:
        """Read contracts, and yield those of which all that there is could be read.

        A period that the API does not know, or that the client may not read, is none.

        Args:
            known: names of contracts that need not be read.
        """
        listed = self.listed_contracts()
        names = ContractNames(listed)

        def read(contract: BillingContract) -> Contract:
            name = names.of(contract)
            periods, is_whole, skipped = [], True, []
            for period in dict.fromkeys(self._newest(contract)):
                try:
                    periods.append(self._contract_period(contract, period, name))
                except ApiError as error:
                    is_whole = is_whole and _is_final(error)
                    skipped.append(_skipped(_words_of(contract, period), error))
            return Contract(name, tuple(periods), is_whole, tuple(skipped))

        left = [each for each in listed if names.of(each) not in known]
        yield from self._each_whole("contracts", read, left, len(listed))

    def _contract_period(self, contract: BillingContract, period: str, name: str) -> ContractPeriod:
        ask = self._api.get_billing_contract_billingperiod
        try:
            detail = ask(str(contract.id), period)
        except ApiError as error:
            self._skip(_words_of(contract, period), error)
            raise
        return ContractPeriod(contract, msgspec.structs.replace(detail, id=period), name)

    def _in_full(self, contract: BillingContract) -> BillingContract:
        """Return the contract with its periods, which a listing may leave out."""
        if contract.billing_periods or not contract.id:
            return contract
        key = contract.id
        full = self._tried(lambda: self._api.get_billing_contract(key), f"contract {key}")
        return full or contract

    def _newest(self, contract: BillingContract) -> Iterator[str]:
        dated = sorted(
            (period.date_start, period.id, period.date_end or period.date_start + _LONGEST_PERIOD)
            for period in contract.billing_periods
            if period.id and period.date_start and period.date_start <= self._today
        )
        for _, period_id, end in dated[-self._periods - 1 :]:
            if end >= self.since:
                yield period_id

    def trustors(
        self,
        include: tuple[str, ...] = ("*",),
        exclude: tuple[str, ...] = (),
        owns: Callable[[str], bool] = lambda _: True,
    ) -> list[TrustorPeriod]:
        """Read the current and the closed periods of every customer that patterns select.

        Args:
            include: patterns of names and ids.
            exclude: patterns of those that are left out all the same.
            owns: whether a customer, by id, is one of this shard's.
        """
        wanted = [one for one in self._wanted(include, exclude) if owns(str(one.id))]
        found = self._all("customers", self._overviews, wanted)
        return [period for customer in found for period in customer.periods]

    def each_trustor(
        self, include: tuple[str, ...], exclude: tuple[str, ...], known: Collection[str]
    ) -> Iterator[Customer]:
        """Read customers that patterns select, and yield those that could be read in full.

        Args:
            include: patterns of names and ids.
            exclude: patterns of those that are left out all the same.
            known: ids of customers that need not be read.
        """
        wanted = self._wanted(include, exclude)
        left = [trustor for trustor in wanted if trustor.id not in known]
        yield from self._each_whole("customers", self._overviews, left, len(wanted))

    def _each_whole(
        self, title: str, work: Callable[[Entity], Account], left: Sequence[Entity], total: int
    ) -> Iterator[Account]:
        """Read entities side by side, and yield those that could be read in full."""
        done = total - len(left)
        self._progress(title, done, total)
        for _, found in side_by_side(work, left, self._concurrency):
            done += 1
            self._progress(title, done, total)
            if found.is_whole:
                yield found

    def _wanted(self, include: tuple[str, ...], exclude: tuple[str, ...]) -> list[Trustor]:
        listed = self._tried(lambda: list(self._api.trustors()), "customers")
        return [
            trustor
            for trustor in once_each(listed or (), lambda each: each.id)
            if trustor.id
            and trustor.enabled is not False
            and matches(trustor, include)
            and not matches(trustor, exclude)
        ]

    def _overviews(self, trustor: Trustor) -> Customer:
        """Read the periods of a customer, each once: indexes move when another period begins."""
        found: dict[object, TrustorPeriod] = {}
        is_whole = True
        forbidden: tuple[str, ...] = ()
        ask = self._api.get_billing_trusteebillingoverview_trustor_org_id
        for index in range(self._periods + 2):
            if len(found) > self._periods:
                break
            try:
                overview = ask(str(trustor.id), billing_period_index=index)
            except NotFound:
                break
            except Forbidden:
                forbidden = (name_of(trustor),)
                self.forbidden += forbidden
                break
            except ApiError as error:
                self._skip(f"customer {name_of(trustor)}", error)
                is_whole = False
                break
            kept = self._shape(overview)
            key = overview.billing_period_start_date or f"without dates, {index}"
            found[key] = TrustorPeriod(str(trustor.id), name_of(trustor), kept, index == 0)
        return Customer(str(trustor.id), tuple(found.values()), is_whole, forbidden)

    def invoices(self) -> Billed:
        """Read the invoices that can bill the periods, and the lines of all of them."""
        listed = once_each(
            self._api.invoices(date_start=self.since), lambda invoice: label(invoice.id) or None
        )
        invoices, lines = [], []
        for invoice, items in self.with_lines(each for each in listed if each.id):
            if items is not None:
                invoices.append(invoice_of(invoice))
                lines += lines_of(invoice, items)
        return Billed(tuple(invoices), tuple(lines), self.since)

    def listed_invoices(self, since: date) -> list[BillingInvoice]:
        """Read the invoices that were issued on a day or later, none where they cannot be read."""
        found = self._tried(lambda: list(self._api.invoices(date_start=since)), "invoices")
        return found or []

    def listed_contracts(self) -> list[BillingContract]:
        """Read all contracts, each with the list of its billing periods."""
        asked = self._tried(lambda: list(self._api.contracts()), "contracts")
        listed = once_each(asked or (), contract_identity)
        return [self._in_full(each) for each in listed]

    def with_lines(
        self, invoices: Iterable[BillingInvoice]
    ) -> list[tuple[BillingInvoice, tuple[BillingInvoiceItem, ...] | None]]:
        """Read the lines of invoices, once for each id; None where they cannot be read."""
        wanted = list(invoices)
        keys = [*dict.fromkeys(str(each.id) for each in wanted if each.id)]

        def read(key: str) -> tuple[BillingInvoiceItem, ...] | None:
            return self._tried(lambda: read_lines(self._api, key), f"lines of {key}")

        lines = dict(zip(keys, self._all("invoices", read, keys), strict=True))
        return [(each, lines.get(str(each.id))) for each in wanted]

    def _all(
        self, title: str, work: Callable[[Entity], Result], entities: Sequence[Entity]
    ) -> list[Result]:
        """Return what the work makes of each entity, in their order."""
        self._progress(title, 0, len(entities))
        found: dict[int, Result] = {}
        places = range(len(entities))
        done = side_by_side(lambda place: work(entities[place]), places, self._concurrency)
        for place, result in done:
            found[place] = result
            self._progress(title, len(found), len(entities))
        return [found[place] for place in places]

    def _tried(self, ask: Callable[[], Result], what: str) -> Result | None:
        try:
            return ask()
        except ApiError as error:
            self._skip(what, error)
            if isinstance(error, Forbidden):
                self.refused.append(what)
            return None

    def _skip(self, what: str, error: ApiError) -> None:
        self.skipped.append(_skipped(what, error))
        self.is_over = self.is_over and _is_final(error)


def _words_of(contract: BillingContract, period: str) -> str:
    return f"billing period {period} of {contract.id}"


def _skipped(what: str, error: ApiError) -> str:
    return f"{what}: {error}"


def _is_final(error: ApiError) -> bool:
    """Return whether the same question will have the same answer."""
    return isinstance(error, NotFound | Forbidden)
