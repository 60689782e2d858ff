"""The vendor's Billing API for one account: its eight operations, and what a caller wants of them.

Operations have the names and the parameters of the vendor's reference and return one answer. The
iterators follow all pages. Everything may be called from any thread.

Each call raises an `ApiError` of the kind that says who must act, or `Interrupted` when the program
stops while the call waits.
"""

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from datetime import UTC, date, datetime

from billing_exporter.genesys import operations, paging
from billing_exporter.genesys.auth import Account, Tokens
from billing_exporter.genesys.clock import Clock, SystemClock
from billing_exporter.genesys.errors import NotReady, UnexpectedAnswer
from billing_exporter.genesys.instrumented_transport import Exchange
from billing_exporter.genesys.observer import NullObserver, Observer
from billing_exporter.genesys.operation_client import Caller
from billing_exporter.genesys.rate_limit import Pacer
from billing_exporter.genesys.records import (
    AnonymousResource,
    BillingContract,
    BillingContractListing,
    BillingContractPeriodDetail,
    BillingInvoice,
    BillingInvoiceItem,
    BillingInvoiceItemListing,
    BillingInvoiceListing,
    BillingUsageReport,
    BillingUsageResource,
    Organization,
    TrusteeBillingOverview,
    Trustor,
    TrustorEntityListing,
    UrlResponse,
)
from billing_exporter.genesys.retries import Retrier
from billing_exporter.genesys.spread import Spread
from billing_exporter.genesys.transport import Transport

_CONTRACTS_PAGE = 10
_INVOICES_PAGE = 200
_TRUSTORS_PAGE = 100
# Seconds between asking again for a report that is being made; after the last it is given up.
_REPORT_WAITS = (2.0, 3.0, 4.5, 6.5, 10.0, 10.0, 10.0)


class BillingApi:
    """The client of one account."""

    def __init__(
        self,
        account: Account,
        *,
        observer: Observer | None = None,
        stop: threading.Event | None = None,
        clock: Clock | None = None,
        transport: Transport | None = None,
        jitter: Callable[[], float] = random.random,
        seconds: float = 300.0,
    ) -> None:
        """Build the parts; nothing is sent yet.

        Args:
            account: Where the API is, and who asks.
            observer: Hears of requests, retries, rate limits and unexpected fields.
            stop: When set, every wait ends with `Interrupted`.
            clock: The time, if not the machine's; `stop` is then its business.
            transport: The network, if not with the usual bounds.
            jitter: Returns numbers from 0 to 1, for the jitter of waits.
            seconds: How long one operation may take with all its tries and waits.
        """
        observer = observer or NullObserver()
        self._clock = clock or SystemClock(stop or threading.Event())
        self._transport = transport or Transport()
        exchange = Exchange(self._transport, self._clock, observer)
        retrier = Retrier(self._clock, observer, jitter)
        self._caller = Caller(
            account.api_url.rstrip("/"),
            tokens=Tokens(account, exchange, retrier, self._clock),
            exchange=exchange,
            pacer=Pacer(self._clock),
            retrier=retrier,
            clock=self._clock,
            observer=observer,
            seconds=seconds,
        )

    def within(self, seconds: float, cancelled: Callable[[], bool] = lambda: False) -> "BillingApi":
        """Return a client that shares everything, but whose every call ends within the seconds.

        What is cut off raises `Timeout`; once `cancelled` returns True, calls raise `Interrupted`.
        """
        api = copy(self)
        api._caller = self._caller.within(seconds, cancelled)  # noqa: SLF001 - of the same class
        return api

    def spread(self, spacing: float) -> Spread:
        """Return what spreads calls that are in no hurry; see `Spread`."""
        return Spread(self._clock, spacing)

    def recording(self, record: Callable[[bytes], object]) -> "BillingApi":
        """Return a client that shares everything, and gives each answer's body to `record`."""
        api = copy(self)
        api._caller = self._caller.recording(record)  # noqa: SLF001 - of the same class
        return api

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def get_billing_contract(self, contract_id: str) -> BillingContract:
        """Return a contract by its id or its external number (preview).

        Raises:
            UnexpectedAnswer: It is another contract.
        """
        contract = self._caller.get(operations.CONTRACT, {"contract_id": contract_id})
        named = contract.id, contract.external_number
        _refuse_another(contract_id, named, "$.id", operations.CONTRACT.name)
        return contract

    def get_billing_contract_billingperiod(
        self, contract_id: str, billing_period_id: str
    ) -> BillingContractPeriodDetail:
        """Return a billing period of a contract, with its charges and wallets (preview).

        Raises:
            UnexpectedAnswer: It is another period.
        """
        operation = operations.CONTRACT_BILLINGPERIOD
        path = {"contract_id": contract_id, "billing_period_id": billing_period_id}
        period = self._caller.get(operation, path)
        _refuse_another(billing_period_id, (period.id,), "$.id", operation.name)
        return period

    def get_billing_contracts(
        self,
        *,
        before: str | None = None,
        after: str | None = None,
        page_size: int | None = None,
        date_start: date | None = None,
        date_end: date | None = None,
        status: str | None = None,
        external_number: str | None = None,
    ) -> BillingContractListing:
        """Return one page of contracts (preview)."""
        query = _page(before, after, page_size) | _days(date_start, date_end)
        query |= {"status": status, "externalNumber": external_number}
        return self._caller.get(operations.CONTRACTS, query=query)

    def get_billing_contracts_invoice_document(self, invoice_id: str) -> UrlResponse:
        """Return the link to an invoice's document; who has the link has the document (preview)."""
        return self._caller.get(operations.INVOICE_DOCUMENT, {"invoice_id": invoice_id})

    def get_billing_contracts_invoice_lines(
        self,
        invoice_id: str,
        *,
        before: str | None = None,
        after: str | None = None,
        page_size: int | None = None,
    ) -> BillingInvoiceItemListing:
        """Return one page of an invoice's lines (preview)."""
        query = _page(before, after, page_size)
        return self._caller.get(operations.INVOICE_LINES, {"invoice_id": invoice_id}, query)

    def get_billing_contracts_invoices(
        self,
        *,
        before: str | None = None,
        after: str | None = None,
        page_size: int | None = None,
        date_start: date | None = None,
        date_end: date | None = None,
        payment_status: str | None = None,
    ) -> BillingInvoiceListing:
        """Return one page of invoices; asked for as `UnPaid`, answered as `Unpaid` (preview)."""
        query = _page(before, after, page_size) | _days(date_start, date_end)
        query |= {"paymentStatus": payment_status}
        return self._caller.get(operations.INVOICES, query=query)

    def get_billing_reports_billableusage(
        self, start_date: datetime, end_date: datetime
    ) -> BillingUsageReport[BillingUsageResource]:
        """Return the own organization's billable usage, with who or what was billed."""
        query = _moments(start_date, end_date)
        return self._caller.get(operations.BILLABLEUSAGE, query=query)

    def get_billing_trusteebillingoverview_trustor_org_id(
        self, trustor_org_id: str, *, billing_period_index: int = 0
    ) -> TrusteeBillingOverview:
        """Return a trustor's bill; index 0 is the newest period, which may have ended already.

        Raises:
            UnexpectedAnswer: It is another organization's.
        """
        operation = operations.TRUSTEEBILLINGOVERVIEW
        query = {"billingPeriodIndex": str(billing_period_index)}
        overview = self._caller.get(operation, {"trustor_org_id": trustor_org_id}, query)
        if overview.organization is not None:
            named = (overview.organization.id,)
            _refuse_another(trustor_org_id, named, "$.organization.id", operation.name)
        return overview

    def get_orgauthorization_trustors(
        self, *, page_size: int | None = None, page_number: int | None = None
    ) -> TrustorEntityListing:
        """Return one page of the organizations that trust this one."""
        query = {"pageSize": _number(page_size), "pageNumber": _number(page_number)}
        return self._caller.get(operations.TRUSTORS, query=query)

    def get_organizations_me(self) -> Organization:
        """Return the own organization."""
        return self._caller.get(operations.OWN_ORGANIZATION)

    def contracts(
        self,
        *,
        date_start: date | None = None,
        date_end: date | None = None,
        status: str | None = None,
        external_number: str | None = None,
    ) -> Iterator[BillingContract]:
        """Yield the contracts of all pages."""
        return paging.by_cursor(
            lambda after, page_size: self.get_billing_contracts(
                after=after,
                page_size=page_size,
                date_start=date_start,
                date_end=date_end,
                status=status,
                external_number=external_number,
            ),
            _CONTRACTS_PAGE,
            operations.CONTRACTS.name,
        )

    def invoices(
        self,
        *,
        date_start: date | None = None,
        date_end: date | None = None,
        payment_status: str | None = None,
    ) -> Iterator[BillingInvoice]:
        """Yield the invoices of all pages."""
        return paging.by_cursor(
            lambda after, page_size: self.get_billing_contracts_invoices(
                after=after,
                page_size=page_size,
                date_start=date_start,
                date_end=date_end,
                payment_status=payment_status,
            ),
            _INVOICES_PAGE,
            operations.INVOICES.name,
        )

    def invoice_lines(self, invoice_id: str) -> Iterator[BillingInvoiceItem]:
        """Yield the lines of an invoice's all pages."""
        return paging.by_cursor(
            lambda after, page_size: self.get_billing_contracts_invoice_lines(
                invoice_id, after=after, page_size=page_size
            ),
            _INVOICES_PAGE,
            operations.INVOICE_LINES.name,
        )

    def trustors(self) -> Iterator[Trustor]:
        """Yield all organizations that trust this one."""
        return paging.by_number(
            lambda number, page_size: self.get_orgauthorization_trustors(
                page_size=page_size, page_number=number
            ),
            _TRUSTORS_PAGE,
            operations.TRUSTORS.name,
        )

    def billable_usage(
        self, start_date: datetime, end_date: datetime
    ) -> BillingUsageReport[AnonymousResource]:
        """Return the complete report, its resources without names; ask again while it is made.

        Raises:
            NotReady: It is still in progress after eight times, about 46 seconds.
        """
        query = _moments(start_date, end_date)
        for wait in (*_REPORT_WAITS, None):
            report = self._caller.get(operations.BILLABLEUSAGE_COUNTED, query=query)
            if is_complete(report):
                return report
            if wait is None or not self._caller.has_time(wait):
                break
            self._clock.wait(wait)
        raise NotReady(
            "the report is still in progress; it will be asked for again at the next poll",
            operation=operations.BILLABLEUSAGE.name,
        )


def is_complete(report: BillingUsageReport[AnonymousResource]) -> bool:
    """Return whether a report is final; one without a known status is, if it has usages.

    A status is known in any spelling: `IN_PROGRESS` is `InProgress`.
    """
    status = "".join(filter(str.isalpha, report.status or "")).lower()
    if status == "complete":
        return True
    return status != "inprogress" and bool(report.usages)


def _refuse_another(asked: str, named: tuple[str | None, ...], path: str, operation: str) -> None:
    """Raise an error where an answer names something else than what was asked for."""
    names = {name.strip().lower() for name in named if name and name.strip()}
    if names and asked.strip().lower() not in names:
        message = "the answer is about something else than what was asked for"
        raise UnexpectedAnswer(message, path=path, operation=operation)


def _page(before: str | None, after: str | None, page_size: int | None) -> dict[str, str | None]:
    return {"before": before, "after": after, "pageSize": _number(page_size)}


def _days(date_start: date | None, date_end: date | None) -> dict[str, str | None]:
    return {
        "dateStart": date_start.isoformat() if date_start else None,
        "dateEnd": date_end.isoformat() if date_end else None,
    }


def _moments(start_date: datetime, end_date: datetime) -> Mapping[str, str]:
    return {"startDate": _moment(start_date), "endDate": _moment(end_date)}


def _moment(moment: datetime) -> str:
    in_utc = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{in_utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _number(number: int | None) -> str | None:
    return None if number is None else str(number)
