"""Reader of the periods and invoices that a reconciliation needs, in one go.

What cannot be read is skipped and reported: the rest is still compared.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import TypeVar

import msgspec

from billing_exporter.collectors.base import label, once_each, side_by_side
from billing_exporter.collectors.trustors import matches, name_of
from billing_exporter.genesys import ApiError, BillingApi, Forbidden, NotFound
from billing_exporter.genesys.records import BillingContract, BillingInvoice, Trustor
from billing_exporter.history.contracts import ContractPeriod
from billing_exporter.history.invoices import invoice_of, lines_of
from billing_exporter.history.trustors import TrustorPeriod
from billing_exporter.reconciliation.invoices import Invoice
from billing_exporter.reconciliation.records import Line

_LONGEST_PERIOD = timedelta(days=31)

Entity = TypeVar("Entity")
Result = TypeVar("Result")
Listed = TypeVar("Listed", BillingContract, Trustor)


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


class Reader:
    """Reads from one organization's API.

    Attributes:
        skipped: what could not be read, in words.
        forbidden: customers whose overview the client may not read.
    """

    def __init__(
        self,
        api: BillingApi,
        today: date,
        periods: int,
        *,
        concurrency: int = 4,
        progress: Callable[[str, int, int], None] = lambda *_: None,
    ) -> None:
        """Prepare to read.

        Args:
            api: the client.
            today: the day (UTC).
            periods: how many closed periods are compared, beside the current one.
            concurrency: requests side by side.
            progress: receives what is read, how much of it is done, and how much there is.
        """
        self.skipped: list[str] = []
        self.forbidden: list[str] = []
        self._api = api
        self._today = today
        self._periods = periods
        self._concurrency = concurrency
        self._progress = progress

    @property
    def since(self) -> date:
        """Return the first day of issue of the invoices that bill the periods."""
        return self._today - (self._periods + 1) * _LONGEST_PERIOD

    def contracts(self) -> list[ContractPeriod]:
        """Read the current and the closed periods of every contract."""
        listed = self._listed("contracts", self._api.contracts)
        wanted = [pair for contract in listed for pair in self._newest(contract)]

        def read(pair: tuple[BillingContract, str]) -> ContractPeriod | None:
            contract, period = pair
            ask = self._api.get_billing_contract_billingperiod
            detail = self._tried(
                lambda: ask(str(contract.id), period), f"billing period {period} of {contract.id}"
            )
            return None if detail is None else ContractPeriod(contract, detail)

        found = self._all("contract periods", read, wanted)
        return [each for each in found if each is not None]

    def _newest(self, listed: BillingContract) -> Iterator[tuple[BillingContract, str]]:
        contract = listed
        if not contract.billing_periods and contract.id:
            key = contract.id
            full = self._tried(lambda: self._api.get_billing_contract(key), f"contract {key}")
            contract = full or listed
        dated = sorted(
            (period.date_start, period.id)
            for period in contract.billing_periods
            if period.id and period.date_start and period.date_start <= self._today
        )
        for start, period_id in dated[-self._periods - 1 :]:
            if start + _LONGEST_PERIOD >= self.since:
                yield contract, period_id

    def trustors(
        self, include: tuple[str, ...] = ("*",), exclude: tuple[str, ...] = ()
    ) -> list[TrustorPeriod]:
        """Read the current and the closed periods of every customer that patterns select."""
        listed = self._listed("customers", self._api.trustors)
        wanted = [
            trustor
            for trustor in listed
            if trustor.id
            and trustor.enabled is not False
            and matches(trustor, include)
            and not matches(trustor, exclude)
        ]
        found = self._all("customers", self._overviews, wanted)
        return [period for periods in found for period in periods]

    def _overviews(self, trustor: Trustor) -> list[TrustorPeriod]:
        found = []
        ask = self._api.get_billing_trusteebillingoverview_trustor_org_id
        for index in range(self._periods + 1):
            try:
                overview = ask(str(trustor.id), billing_period_index=index)
            except NotFound:
                break
            except Forbidden:
                self.forbidden.append(name_of(trustor))
                break
            except ApiError as error:
                self._skip(f"customer {name_of(trustor)}", error)
                break
            found.append(TrustorPeriod(str(trustor.id), name_of(trustor), overview, index == 0))
        return found

    def invoices(self) -> Billed:
        """Read the invoices that can bill the periods, and the lines of all of them."""
        listed = once_each(
            self._api.invoices(date_start=self.since), lambda invoice: label(invoice.id) or None
        )
        wanted = [invoice for invoice in listed if invoice.id]

        def read(invoice: BillingInvoice) -> list[Line] | None:
            items = self._tried(
                lambda: list(self._api.invoice_lines(str(invoice.id))), f"lines of {invoice.id}"
            )
            return None if items is None else lines_of(invoice, items)

        invoices, lines = [], []
        found = self._all("invoices", read, wanted)
        for invoice, of_invoice in zip(wanted, found, strict=True):
            if of_invoice is not None:
                invoices.append(invoice_of(invoice))
                lines += of_invoice
        return Billed(tuple(invoices), tuple(lines), self.since)

    def _listed(self, what: str, ask: Callable[[], Iterator[Listed]]) -> list[Listed]:
        """Return a listing, empty where it cannot be read."""
        listed = self._tried(lambda: list(ask()), what)
        return once_each(listed or (), lambda each: each.id)

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
            return None

    def _skip(self, what: str, error: ApiError) -> None:
        self.skipped.append(f"{what}: {error}")
