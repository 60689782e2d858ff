"""The official SDK in front of a simulator."""

from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from tests.unit.simulator.client import Client

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)


class Judge:
    """The SDK's calls against one simulator."""

    def __init__(self, sdk: ModuleType, client: Client) -> None:
        """Give the SDK the client's token."""
        self._http = sdk.api_client.ApiClient(host=client.simulator.url)
        self._http.access_token = str(client.session.headers["Authorization"]).split()[1]
        self.billing = sdk.BillingApi(self._http)
        self.trust = sdk.OrganizationAuthorizationApi(self._http)
        self.directory = sdk.OrganizationApi(self._http)

    def close(self) -> None:
        """Close the SDK's connections."""
        self._http.get_http_client().rest_client.pool_manager.clear()

    def everything(self) -> Iterator[Any]:
        """Call every operation, for every kind of thing there is."""
        billing = self.billing
        yield self.directory.get_organizations_me()
        trustors = self.trust.get_orgauthorization_trustors(page_size=100)
        yield trustors
        for trustor in trustors.entities[:9]:
            for index in (0, 1):
                yield billing.get_billing_trusteebillingoverview_trustor_org_id(
                    trustor.id, billing_period_index=index
                )
        yield billing.get_billing_reports_billableusage(START, END)
        yield billing.get_billing_reports_billableusage(START, END)
        contracts = billing.get_billing_contracts(page_size=10)
        yield contracts
        for contract in contracts.entities:
            yield billing.get_billing_contract(contract.id)
            for period in contract.billing_periods[:2]:
                yield billing.get_billing_contract_billingperiod(contract.id, period.id)
        invoices = billing.get_billing_contracts_invoices(page_size=200)
        yield invoices
        for invoice in invoices.entities[:20]:
            yield billing.get_billing_contracts_invoice_lines(invoice.id, page_size=200)
            yield billing.get_billing_contracts_invoice_document(invoice.id)
