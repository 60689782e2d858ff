"""Listings of invoices, the recent and the unpaid ones, that are empty although they cannot be."""

from collections.abc import Iterable
from datetime import date

from billing_exporter.collectors.base import refuse_emptied
from billing_exporter.collectors.payment_status import UNPAID, shown
from billing_exporter.genesys.records import BillingInvoice


def refuse_emptied_listings(
    known: Iterable[BillingInvoice],
    start: date,
    recent: Iterable[BillingInvoice],
    unpaid: Iterable[BillingInvoice],
) -> None:
    """Refuse a listing that is empty although one known invoice at least has not left it.

    An invoice of the lookback stays listed. An older one leaves the listing of what is unpaid when
    it is paid; that listing cannot be empty while the other one shows something unpaid.

    Args:
        known: invoices of the last reading.
        start: first day of the lookback.
        recent: invoices listed since then.
        unpaid: invoices listed as unpaid.

    Raises:
        UnexpectedAnswer: one is empty so.
    """
    recent, unpaid = list(recent), list(unpaid)
    still_unpaid = {invoice.id for invoice in unpaid}
    gone = [invoice for invoice in known if invoice.id not in still_unpaid]
    of_lookback = [each for each in gone if (each.date_invoiced or start) >= start]
    refuse_emptied(of_lookback, recent, "listing of recent invoices")
    if any(shown(invoice.payment_status) == UNPAID for invoice in recent):
        older = [each for each in gone if (each.date_invoiced or start) < start]
        refuse_emptied(older, unpaid, "listing of unpaid invoices")
