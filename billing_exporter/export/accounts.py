"""Accounts: who is billed, for whom, and by which billing periods an invoice goes."""

import re
from datetime import date
from fnmatch import fnmatchcase

import msgspec

from billing_exporter.collectors.base import label
from billing_exporter.export.source import InvoiceWithLines, Source
from billing_exporter.export.spans import Calendar, Span, span
from billing_exporter.genesys.records import BillingContract, Customer

_CURRENCY = re.compile("[A-Z]{3}")


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Input of an export.

    Attributes:
        issuer: who issues the invoices and provides the service.
        customers: patterns that the name or id of an exported customer fits; empty for all.
    """

    issuer: str = "Genesys"
    customers: tuple[str, ...] = ()

    def wants(self, name: str, key: str) -> bool:
        """Return whether a customer is exported."""
        texts = name.lower(), key.lower()
        patterns = [pattern.lower() for pattern in self.customers]
        return not patterns or any(fnmatchcase(text, each) for text in texts for each in patterns)

    def wants_contract(self, contract: BillingContract) -> bool:
        """Return whether a contract is exported: what it says is of all its customers."""
        named = {
            (label(each.name), label(each.id))
            for plan in contract.plans
            for each in plan.organizations
        }
        return not self.customers or (bool(named) and all(self.wants(*each) for each in named))


def account_of(customer: Customer | None, organization: str) -> tuple[str, str]:
    """Return id and name of a billed company; an organization's own name where none is named."""
    if customer is None:
        return organization, organization
    key = label(customer.number) or label(customer.id)
    name = label(customer.name)
    return key or name or organization, name or key or organization


def currency_of(text: str | None) -> str:
    """Return a currency code, empty where the text is none."""
    code = label(text).upper()
    return code if _CURRENCY.fullmatch(code) else ""


def organizations_of(contract: BillingContract) -> frozenset[str]:
    """Return the ids of the organizations that a contract sells to."""
    plans = (each for plan in contract.plans for each in plan.organizations)
    return frozenset(key for each in plans if (key := label(each.id)))


def calendar_of(billed: InvoiceWithLines, source: Source) -> Calendar:
    """Return the billing periods that an invoice goes by.

    They are those of the contracts that sell to all organizations of its lines, or else to one of
    them, or are billed to the same company. Where these contracts have different periods on the
    day of the invoice nothing says which ones count, and calendar months do.
    """
    issued = billed.invoice.date_invoiced
    if issued is None:
        return Calendar()
    named = frozenset(
        key
        for line in billed.lines or ()
        if line.organization is not None and (key := label(line.organization.id))
    )
    account = account_of(billed.invoice.bill_to_customer, "")
    sells = [(contract, organizations_of(contract)) for contract in source.contracts]
    choices = (
        [contract for contract, to in sells if named and named <= to],
        [contract for contract, to in sells if named & to],
        [each for each in source.contracts if account_of(each.bill_to_customer, "") == account],
    )
    for contracts in choices:
        known = [spans for each in contracts if (spans := _periods_with(each, issued))]
        if known:
            found = {Calendar(spans).period(issued) for spans in known}
            every = tuple(sorted({each for spans in known for each in spans}))
            return Calendar(every) if len(found) == 1 else Calendar()
    return Calendar()


def _periods_with(contract: BillingContract, day: date) -> tuple[Span, ...]:
    """Return the billing periods of a contract, none where none of them holds a day."""
    listed = (span(each.date_start, each.date_end) for each in contract.billing_periods)
    found = tuple(each for each in listed if each is not None)
    return found if any(each.holds(day) for each in found) else ()
