"""The models of the Billing API as frozen records; wire names are mapped here and nowhere else.

Attribute names are those of the vendor's SDK, fields those of SDK 269. What holds for all:

- Numbers are `Decimal`, whether the API writes them as JSON numbers or as strings. NaN stands for
  "something was there that is not a number"; infinities can occur as well.
- None means absent or null, never zero. An absent list of parts is empty, save where noted.
- Dates are days. Datetimes are aware, and UTC where the API gives no zone.
- Enumerations are strings, as given: a value that is new is as good as a known one.
- `repr` shows the kind and the id alone, for some records hold people, addresses and links.

Only what an answer means nothing without is required: the entities of a listing, the usages of a
report and of an overview.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct, field

Instant = Annotated[datetime, Meta(tz=True)]


# No record can refer back to itself, so the garbage collector need not look at them.
class Record(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename="camel",
    gc=False,
):
    """What all records have in common."""

    def __repr__(self) -> str:
        """Return the kind and the id alone."""
        return f"{type(self).__name__}(id={getattr(self, 'id', None)!r})"


class NamedEntity(Record, frozen=True, kw_only=True):
    """An id and its name."""

    id: str | None = None
    name: str | None = None


class Customer(Record, frozen=True, kw_only=True):
    """A company that is billed, shipped or sold to."""

    id: str | None = None
    number: str | None = None
    name: str | None = None


class BillingProduct(Record, frozen=True, kw_only=True):
    """What is sold."""

    id: str | None = None
    sku: str | None = None
    name: str | None = None
    unit_of_measure: str | None = None


class BillingContractPeriod(Record, frozen=True, kw_only=True):
    """A billing period of a contract; status Open or Closed."""

    id: str | None = None
    date_start: date | None = None
    date_end: date | None = None
    status: str | None = None


class BillingCharge(Record, frozen=True, kw_only=True):
    """One charge of a billing period; rate and charge are in `overage_currency`.

    One row can cover several organizations: it is not to be multiplied by them.
    `token_conversion_rate` is units per token.
    """

    id: str | None = None
    name: str | None = None
    product: BillingProduct | None = None
    organizations: tuple[NamedEntity, ...] = ()
    prepaid_quantity: Decimal | None = None
    fairuse_quantity: Decimal | None = None
    actual_quantity: Decimal | None = None
    overage_quantity: Decimal | None = None
    overage_rate: Decimal | None = None
    overage_charge: Decimal | None = None
    overage_currency: str | None = None
    converted_token_count: Decimal | None = None
    token_conversion_rate: Decimal | None = None


class BillingWallet(Record, frozen=True, kw_only=True):
    """A prepaid balance of a billing period, in `unit_of_measure`.

    `balance_decrease` is what a change of the contract took away, consumption not included.
    """

    id: str | None = None
    name: str | None = None
    organizations: tuple[NamedEntity, ...] = ()
    product: BillingProduct | None = None
    starting_balance: Decimal | None = None
    ending_balance: Decimal | None = None
    balance_increase: Decimal | None = None
    balance_decrease: Decimal | None = None
    balance_consumption: Decimal | None = None
    balance_overage: Decimal | None = None
    balance_overage_rate: Decimal | None = None
    balance_overage_charge: Decimal | None = None
    balance_overage_currency: str | None = None
    unit_of_measure: str | None = None


class BillingContractPeriodDetail(Record, frozen=True, kw_only=True):
    """A billing period with its charges and wallets."""

    id: str | None = None
    date_start: date | None = None
    date_end: date | None = None
    status: str | None = None
    charges: tuple[BillingCharge, ...] = ()
    wallets: tuple[BillingWallet, ...] = ()


class BillingPlanItem(Record, frozen=True, kw_only=True):
    """One item of a plan; prices and discount are in `currency_iso_code`."""

    item_number: str | None = None
    name: str | None = None
    type: str | None = None
    function: str | None = None
    description: str | None = None
    date_charged_through: date | None = None
    currency_iso_code: str | None = None
    discount_amount: Decimal | None = None
    date_effective_start: date | None = None
    date_effective_end: date | None = None
    overage_price: Decimal | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None
    unit_of_measure: str | None = None


class BillingPlan(Record, frozen=True, kw_only=True):
    """What a contract sells, to which organizations."""

    id: str | None = None
    name: str | None = None
    organizations: tuple[NamedEntity, ...] = ()
    product: BillingProduct | None = None
    items: tuple[BillingPlanItem, ...] = ()


class BillingContract(Record, frozen=True, kw_only=True):
    """A contract; status Active or Inactive."""

    id: str | None = None
    external_number: str | None = None
    status: str | None = None
    commercial_model: str | None = None
    purchase_order_numbers: tuple[str, ...] = ()
    bill_to_customer: Customer | None = None
    sold_to_customer: Customer | None = None
    end_customer: Customer | None = None
    date_start: date | None = None
    date_end: date | None = None
    date_ramp_start: date | None = None
    date_ramp_end: date | None = None
    billing_periods: tuple[BillingContractPeriod, ...] = ()
    plans: tuple[BillingPlan, ...] = ()


class BillingContractListing(Record, frozen=True, kw_only=True):
    """One page of contracts."""

    entities: tuple[BillingContract, ...]
    next_uri: str | None = None
    self_uri: str | None = None
    previous_uri: str | None = None


class InvoiceAddress(Record, frozen=True, kw_only=True):
    """A postal address; address type BillTo, ShipTo, EndUser or SoldTo."""

    date_effective: date | None = None
    address_type: str | None = None
    currency_iso_code: str | None = None
    line1: str | None = None
    line2: str | None = None
    line3: str | None = None
    city_name: str | None = None
    postal_code: str | None = None
    state_code: str | None = None
    country_code: str | None = None
    city_subdivision1: str | None = None
    region_subdivision1: str | None = None
    region_subdivision2: str | None = None
    country: str | None = None


class BillingInvoice(Record, frozen=True, kw_only=True):
    """An invoice; the amount is in `currency_iso_code`; payment status Paid or Unpaid.

    The API gives no due date and no amount due. Who has `payment_link` can see the invoice.
    """

    id: str | None = None
    bill_to_customer: Customer | None = None
    ship_to_customer: Customer | None = None
    sold_to_customer: Customer | None = None
    date_invoiced: date | None = None
    bill_to_address: InvoiceAddress | None = None
    ship_to_address: InvoiceAddress | None = None
    currency_iso_code: str | None = None
    payment_status: str | None = None
    payment_terms: str | None = None
    payment_link: str | None = None
    customer_po_number: str | None = None
    customer_invoice_type: str | None = None
    amount: Decimal | None = None


class BillingInvoiceListing(Record, frozen=True, kw_only=True):
    """One page of invoices."""

    entities: tuple[BillingInvoice, ...]
    next_uri: str | None = None
    self_uri: str | None = None
    previous_uri: str | None = None


class BillingInvoiceItem(Record, frozen=True, kw_only=True):
    """A line of an invoice; the amount is in the invoice's currency."""

    id: str | None = None
    product: BillingProduct | None = None
    description: str | None = None
    date_transacted: date | None = None
    date_start: date | None = None
    date_end: date | None = None
    organization: NamedEntity | None = None
    quantity: Decimal | None = None
    unit_of_measure: str | None = None
    amount: Decimal | None = None


class BillingInvoiceItemListing(Record, frozen=True, kw_only=True):
    """One page of an invoice's lines."""

    entities: tuple[BillingInvoiceItem, ...]
    next_uri: str | None = None
    self_uri: str | None = None
    previous_uri: str | None = None


class UrlResponse(Record, frozen=True, kw_only=True):
    """A link to a document. Who has it can read the document."""

    url: str | None = None


class BillingUsageResource(Record, frozen=True, kw_only=True):
    """A billed user or device, by e-mail address or device id, and when it was first seen."""

    name: str | None = None
    date: Instant | None = None


class AnonymousResource(Record, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A billed user or device of which nothing is kept but that it exists."""


Resource = TypeVar("Resource", bound=Record)


class BillingUsage(Record, Generic[Resource], frozen=True, kw_only=True):
    """The total of one charge; `resources` is None, not empty, where the API gives no list."""

    name: str | None = None
    total_usage: Decimal | None = None
    resources: tuple[Resource, ...] | None = None


class BillingUsageReport(Record, Generic[Resource], frozen=True, kw_only=True):
    """The own organization's usage of a window; status InProgress or Complete."""

    usages: tuple[BillingUsage[Resource], ...]
    id: str | None = None
    name: str | None = None
    start_date: Instant | None = None
    end_date: Instant | None = None
    status: str | None = None
    self_uri: str | None = None


class SubscriptionOverviewUsage(Record, frozen=True, kw_only=True):
    """One row of an overview; prices are in the overview's currency."""

    name: str | None = None
    part_number: str | None = None
    grouping: str | None = None
    unit_of_measure_type: str | None = None
    usage_quantity: Decimal | None = None
    overage_price: Decimal | None = None
    prepay_quantity: Decimal | None = None
    prepay_price: Decimal | None = None
    usage_notes: str | None = None
    is_cancellable: bool | None = None
    bundle_quantity: Decimal | None = None
    is_third_party: bool | None = None


class TrusteeBillingOverview(Record, frozen=True, kw_only=True):
    """The bill of a trustor's period so far, as its trustee sees it. Prices exclude tax."""

    usages: tuple[SubscriptionOverviewUsage, ...]
    id: str | None = None
    name: str | None = None
    organization: NamedEntity | None = None
    currency: str | None = None
    enabled_products: tuple[str, ...] = ()
    subscription_type: str | None = None
    ramp_period_start_date: Instant | None = None
    ramp_period_end_date: Instant | None = None
    billing_period_start_date: Instant | None = None
    billing_period_end_date: Instant | None = None
    contract_amendment_date: Instant | None = None
    contract_effective_date: Instant | None = None
    contract_end_date: Instant | None = None
    minimum_monthly_amount: Decimal | None = None
    in_ramp_period: bool | None = None
    self_uri: str | None = None


class Organization(Record, frozen=True, kw_only=True):
    """An organization of Genesys Cloud; state active, inactive or deleted."""

    id: str | None = None
    name: str | None = None
    default_language: str | None = None
    default_country_code: str | None = None
    third_party_org_name: str | None = None
    third_party_uri: str | None = field(name="thirdPartyURI", default=None)
    domain: str | None = None
    features: dict[str, bool] | None = None
    version: int | None = None
    state: str | None = None
    default_site_id: str | None = None
    support_uri: str | None = field(name="supportURI", default=None)
    voicemail_enabled: bool | None = None
    product_platform: str | None = None
    self_uri: str | None = None


class OrgUser(Record, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The person who set up a trust, of whom nothing but the id is kept."""

    id: str | None = None


class TrusteeAuthorization(Record, frozen=True, kw_only=True):
    """What a trustee may do."""

    permissions: tuple[str, ...] = ()


class Trustor(Record, frozen=True, kw_only=True):
    """An organization that trusts this one; `id` is that organization's id."""

    id: str | None = None
    enabled: bool | None = None
    date_created: Instant | None = None
    created_by: OrgUser | None = None
    organization: Organization | None = None
    authorization: TrusteeAuthorization | None = None
    self_uri: str | None = None


class TrustorEntityListing(Record, frozen=True, kw_only=True):
    """One page of trustors."""

    entities: tuple[Trustor, ...]
    page_size: int | None = None
    page_number: int | None = None
    total: int | None = None
    last_uri: str | None = None
    first_uri: str | None = None
    self_uri: str | None = None
    next_uri: str | None = None
    previous_uri: str | None = None
    page_count: int | None = None
