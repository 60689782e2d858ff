"""What collectors hand to the accounts: closed periods in full, and the lines of invoices."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal, Protocol

from billing_exporter.genesys.records import (
    BillingContract,
    BillingContractPeriodDetail,
    BillingInvoice,
    BillingInvoiceItem,
    TrusteeBillingOverview,
)
from billing_exporter.metrics.samples import Samples

Subject = Literal["contracts", "trustors"]


class Ledger(Protocol):
    """Keeps what readings do not."""

    @property
    def is_new(self) -> bool:
        """Whether nothing was kept when the program started."""

    def is_kept(self, subject: Subject, key: str, start: date) -> bool:
        """Return whether a closed period of a customer or contract is kept."""

    def is_invoiced(self, key: str, start: date) -> bool:
        """Return whether a line bills a closed period in arrears."""

    def customer_period(
        self,
        key: str,
        name: str,
        overview: TrusteeBillingOverview,
        *,
        is_settled: bool,
        samples: Samples | None = None,
    ) -> None:
        """Keep a closed period of a customer.

        Args:
            key: the id of the customer.
            name: of the customer.
            overview: as answered.
            is_settled: whether no change is expected any more.
            samples: the overview's as of a current period, where they are made already.
        """

    def contract_period(
        self,
        contract: BillingContract,
        name: str,
        detail: BillingContractPeriodDetail,
        *,
        is_settled: bool,
    ) -> None:
        """Keep a closed period of a contract."""

    def wants_lines(self, invoice: BillingInvoice, today: date) -> bool:
        """Return whether the lines of an invoice are needed and not kept."""

    def lines(self, invoice: BillingInvoice, items: Iterable[BillingInvoiceItem]) -> None:
        """Keep the lines of an invoice."""

    def keep_only_invoices(self, invoices: Iterable[str], lookback: timedelta | None) -> None:
        """Forget invoices that are no longer listed.

        Args:
            invoices: ids of those that are listed.
            lookback: how far back they are listed; None where their lines are not read.
        """

    def published(self, collector: str, *, is_whole: bool = True) -> None:
        """Note that a reading of a collector was published, in the middle of its poll or whole."""

    def expired(self, collector: str) -> None:
        """Note that what a collector has read is too old to count."""

    def refused(self, collector: str) -> None:
        """Note that a collector may not read anything, and has nothing from before."""


class NoLedger:
    """A ledger that needs nothing and keeps nothing."""

    is_new = False

    def is_kept(self, subject: Subject, key: str, start: date) -> bool:  # noqa: ARG002 - the protocol's
        """Return True: nothing is missing."""
        return True

    def is_invoiced(self, key: str, start: date) -> bool:  # noqa: ARG002 - the protocol's
        """Return False: that is not known."""
        return False

    def customer_period(
        self,
        key: str,
        name: str,
        overview: TrusteeBillingOverview,
        *,
        is_settled: bool,
        samples: Samples | None = None,
    ) -> None:
        """Keep nothing."""

    def contract_period(
        self,
        contract: BillingContract,
        name: str,
        detail: BillingContractPeriodDetail,
        *,
        is_settled: bool,
    ) -> None:
        """Keep nothing."""

    def wants_lines(self, invoice: BillingInvoice, today: date) -> bool:  # noqa: ARG002 - the protocol's
        """Return False: no lines are needed."""
        return False

    def lines(self, invoice: BillingInvoice, items: Iterable[BillingInvoiceItem]) -> None:
        """Keep nothing."""

    def keep_only_invoices(self, invoices: Iterable[str], lookback: timedelta | None) -> None:
        """Forget nothing."""

    def published(self, collector: str, *, is_whole: bool = True) -> None:
        """Note nothing."""

    def expired(self, collector: str) -> None:
        """Note nothing."""

    def refused(self, collector: str) -> None:
        """Note nothing."""


NO_LEDGER = NoLedger()
