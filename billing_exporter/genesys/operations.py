"""The operations that the client knows, as data: name, path, permission and typed answer."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from msgspec import Struct

from billing_exporter.genesys.decoding import Decoder
from billing_exporter.genesys.records import (
    AnonymousResource,
    BillingContract,
    BillingContractListing,
    BillingContractPeriodDetail,
    BillingInvoiceItemListing,
    BillingInvoiceListing,
    BillingUsageReport,
    BillingUsageResource,
    Organization,
    TrusteeBillingOverview,
    TrustorEntityListing,
    UrlResponse,
)

T = TypeVar("T")

_VIEW = "billing:subscription:view"


class Operation(Struct, Generic[T], frozen=True):
    """One operation of the API, a GET.

    Attributes:
        name: Its reference name.
        path: Its path, with the names of its path parameters in braces.
        permission: What the OAuth client's roles must grant, or None.
        decoder: What reads its answer.
    """

    name: str
    path: str
    permission: str | None
    decoder: Decoder[T]


CONTRACT = Operation(
    "get_billing_contract",
    "/api/v2/billing/contracts/{contract_id}",
    _VIEW,
    Decoder(BillingContract),
)
CONTRACT_BILLINGPERIOD = Operation(
    "get_billing_contract_billingperiod",
    "/api/v2/billing/contracts/{contract_id}/billingperiods/{billing_period_id}",
    _VIEW,
    Decoder(BillingContractPeriodDetail),
)
CONTRACTS = Operation(
    "get_billing_contracts",
    "/api/v2/billing/contracts",
    _VIEW,
    Decoder(BillingContractListing),
)
INVOICE_DOCUMENT = Operation(
    "get_billing_contracts_invoice_document",
    "/api/v2/billing/contracts/invoices/{invoice_id}/document",
    _VIEW,
    Decoder(UrlResponse),
)
INVOICE_LINES = Operation(
    "get_billing_contracts_invoice_lines",
    "/api/v2/billing/contracts/invoices/{invoice_id}/lines",
    _VIEW,
    Decoder(BillingInvoiceItemListing),
)
INVOICES = Operation(
    "get_billing_contracts_invoices",
    "/api/v2/billing/contracts/invoices",
    _VIEW,
    Decoder(BillingInvoiceListing),
)
BILLABLEUSAGE = Operation(
    "get_billing_reports_billableusage",
    "/api/v2/billing/reports/billableusage",
    _VIEW,
    Decoder(BillingUsageReport[BillingUsageResource]),
)
# The same operation for those who count resources and want no person's name in memory.
BILLABLEUSAGE_COUNTED = Operation(
    BILLABLEUSAGE.name,
    BILLABLEUSAGE.path,
    BILLABLEUSAGE.permission,
    Decoder(BillingUsageReport[AnonymousResource]),
)
TRUSTEEBILLINGOVERVIEW = Operation(
    "get_billing_trusteebillingoverview_trustor_org_id",
    "/api/v2/billing/trusteebillingoverview/{trustor_org_id}",
    "affiliateOrganization:clientBilling:view",
    Decoder(TrusteeBillingOverview),
)
TRUSTORS = Operation(
    "get_orgauthorization_trustors",
    "/api/v2/orgauthorization/trustors",
    "authorization:orgTrustor:view",
    Decoder(TrustorEntityListing),
)
OWN_ORGANIZATION = Operation(
    "get_organizations_me",
    "/api/v2/organizations/me",
    None,
    Decoder(Organization),
)

OPERATIONS: Mapping[str, Operation[Any]] = MappingProxyType(
    {
        operation.name: operation
        for operation in (
            CONTRACT,
            CONTRACT_BILLINGPERIOD,
            CONTRACTS,
            INVOICE_DOCUMENT,
            INVOICE_LINES,
            INVOICES,
            BILLABLEUSAGE,
            TRUSTEEBILLINGOVERVIEW,
            TRUSTORS,
            OWN_ORGANIZATION,
        )
    }
)
