"""Tables as they are written: columns of each dataset, rows, and the text of a cell."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from billing_exporter.export.spans import Span

Cell = str | Decimal | datetime | date | bool | None
Row = Mapping[str, Cell]
Kind = Literal["text", "number", "moment", "day", "flag"]


class Column(NamedTuple):
    """A column and what its cells hold."""

    name: str
    kind: Kind


class Table(msgspec.Struct, frozen=True):
    """The rows of one dataset and billing period.

    Attributes:
        dataset: name that its file begins with.
        period: first day of the billing periods.
        end: last day of the longest of them.
        columns: in the order of the file.
        rows: in the order of the file; a cell that is absent is empty.
        guarded: whether text that a spreadsheet would run as a formula is made harmless.
    """

    dataset: str
    period: date
    end: date
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    guarded: bool = False


def columns(kinds: Mapping[Kind, str], order: str = "") -> tuple[Column, ...]:
    """Return columns from the names of each kind, in the order given or else by name."""
    of = {name: kind for kind, names in kinds.items() for name in names.split()}
    return tuple(Column(name, of[name]) for name in order.split() or sorted(of))


COST_AND_USAGE = "cost-and-usage"
ESTIMATED = "cost-and-usage-estimated"
INVOICE_DETAIL = "invoice-detail"
BILLING_PERIOD = "billing-period"
CONTRACT_COMMITMENT = "contract-commitment"
STATEMENT = "statement"

_USAGE_MOMENTS = "BillingPeriodEnd BillingPeriodStart ChargePeriodEnd ChargePeriodStart"
_USAGE_TEXTS = (
    "BillingAccountId BillingAccountName BillingCurrency ChargeCategory ChargeClass "
    "ChargeDescription ChargeFrequency InvoiceId InvoiceIssuerName PricingUnit ServiceCategory "
    "ServiceName ServiceSubcategory SkuId SubAccountId SubAccountName x_ContractId "
    "x_Organization x_PurchaseInvoiceDetailId"
)
_USAGE_NUMBERS = "BilledCost ContractedCost EffectiveCost ListCost PricingQuantity"
COLUMNS: Mapping[str, tuple[Column, ...]] = {
    COST_AND_USAGE: columns(
        {
            "text": f"{_USAGE_TEXTS} ConsumedUnit HostProviderName InvoiceDetailId "
            "ServiceProviderName",
            "number": f"{_USAGE_NUMBERS} ConsumedQuantity ContractedUnitPrice",
            "moment": _USAGE_MOMENTS,
            "flag": "x_Estimated",
        }
    ),
    INVOICE_DETAIL: columns(
        {
            "text": "BillingAccountId BillingCurrency ChargeCategory InvoiceDetailDescription "
            "InvoiceDetailGrain InvoiceDetailId InvoiceId InvoiceIssueStatus InvoiceIssuerName "
            "PaymentTerms PurchaseOrderNumber ReferenceInvoiceId x_Organization x_PaymentStatus",
            "number": "BilledCost",
            "moment": "BillingPeriodEnd BillingPeriodStart InvoiceDetailCreated "
            "InvoiceDetailLastUpdated InvoiceIssueDate PaymentDueDate",
        }
    ),
    BILLING_PERIOD: columns(
        {
            "text": "BillingPeriodStatus InvoiceIssuerName",
            "moment": "BillingPeriodCreated BillingPeriodEnd BillingPeriodLastUpdated "
            "BillingPeriodStart",
        }
    ),
    CONTRACT_COMMITMENT: columns(
        {
            "text": "BillingCurrency ContractCommitmentApplicability "
            "ContractCommitmentBenefitCategory ContractCommitmentCategory "
            "ContractCommitmentDescription ContractCommitmentDurationType "
            "ContractCommitmentFulfillmentInterval ContractCommitmentId "
            "ContractCommitmentLifecycleStatus ContractCommitmentModel "
            "ContractCommitmentOfferCategory ContractCommitmentPaymentInterval "
            "ContractCommitmentPaymentModel ContractCommitmentType ContractCommitmentUnit "
            "ContractId InvoiceIssuerName ServiceProviderName x_Organization x_SubAccountId",
            "number": "ContractCommitmentCost ContractCommitmentDiscountPercentage "
            "ContractCommitmentQuantity x_RemainingQuantity",
            "moment": "ContractCommitmentCreated ContractCommitmentLastUpdated "
            "ContractCommitmentPeriodEnd ContractCommitmentPeriodStart ContractPeriodEnd "
            "ContractPeriodStart",
        }
    ),
}
"""Columns of FOCUS 1.4 that have a source, and ours, which begin with `x_`."""

COST_AND_USAGE_1_2 = columns(
    {
        "text": f"{_USAGE_TEXTS} ProviderName PublisherName x_ChargeDescription x_InvoiceDetailId",
        "number": _USAGE_NUMBERS,
        "moment": _USAGE_MOMENTS,
        "flag": "x_Estimated",
    }
)
"""Columns of Cost and Usage in FOCUS 1.2.

Consumed quantity and contracted unit price are left out: there each row of usage must have them.
"""

STATEMENT_COLUMNS = columns(
    {
        "text": "organization subject name id charge sku unit currency invoice state",
        "number": "quantity prepaid included overage price amount prepaid_price prepaid_amount",
        "day": "period_start period_end",
    },
    order="organization subject name id period_start period_end charge sku unit quantity prepaid "
    "included overage currency price amount prepaid_price prepaid_amount invoice state",
)


def text_of(cell: Cell) -> str:
    """Return a cell as the file has it: exact numbers with a decimal point, moments in UTC.

    >>> text_of(Decimal("1200")), text_of(Decimal("0.00010")), text_of(None), text_of(True)
    ('1200.0', '0.0001', '', 'true')
    """
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return _number(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return f"{cell.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
    return str(cell)


def _number(number: Decimal) -> str:
    whole, _, digits = f"{number:f}".partition(".")
    digits = digits.rstrip("0") or "0"
    return "0.0" if not number else f"{whole}.{digits}"


def table(dataset: str, days: Span, of: Sequence[Column], rows: Iterable[Row]) -> Table:
    """Return a table whose rows have one order, whatever the order they come in."""
    ordered = sorted(rows, key=lambda row: [text_of(row.get(column.name)) for column in of])
    guarded = dataset == STATEMENT
    return Table(dataset, days.start, days.end, tuple(of), tuple(ordered), guarded=guarded)
