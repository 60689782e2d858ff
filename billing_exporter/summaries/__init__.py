"""Summaries: the few numbers of each customer, contract and invoice that pages add up and rank.

They are made once, when a part of a reading is exposed, from the same samples as ``/metrics``, so
that a page of thousands of customers decodes none of them.
"""

from billing_exporter.summaries.records import (
    Account,
    Invoices,
    Money,
    Overage,
    Summary,
    Unpaid,
)
from billing_exporter.summaries.samples import summary_of

__all__ = ["Account", "Invoices", "Money", "Overage", "Summary", "Unpaid", "summary_of"]
