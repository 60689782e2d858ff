"""The simulated world: the partner, its customers, contracts and invoices on any day.

A function of seed and time alone: asked twice about one day it answers the same, in any process.
Invented: all of it. The modules it joins say which of their facts are documented.
"""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from billing_exporter.simulator import ground_truth, overview, report
from billing_exporter.simulator.accounts import Accounts, Term
from billing_exporter.simulator.contracts import Contracts
from billing_exporter.simulator.periods import newest, numbered
from billing_exporter.simulator.seeded_random import identifier
from billing_exporter.simulator.statements import Statements
from billing_exporter.simulator.trustors import Fleet, Organization, Trustor
from billing_exporter.simulator.twists import PLAIN, Twist

PARTNER = "Harbourline Contact Partners"


class World:
    """Everything there is to ask about, by day.

    Attributes:
        seed: what the world is made from.
        partner: the own organization.
        fleet: the partner's customers.
        accounts: how the fleet is billed.
        contracts: the contracts, written for the API.
        statements: the invoices, written for the API.
    """

    def __init__(self, seed: int, trustors: int) -> None:
        """Make the world of a seed with so many customers."""
        self.seed = seed
        self.partner = Organization(identifier(seed, "partner"), PARTNER)
        self.fleet = Fleet(seed, trustors)
        self.accounts = Accounts(seed, self.fleet, self.partner)
        self.contracts = Contracts(self.accounts)
        self.statements = Statements(self.accounts)

    def overview(
        self, trustor: Trustor, index: int, today: date, twist: Twist = PLAIN
    ) -> dict[str, Any] | None:
        """Write a customer's overview; index 0 is the newest period, None beyond the history."""
        if trustor.state == "no_data" or index >= trustor.history:
            return None
        last = newest(today, trustor.anchor)
        period = numbered(last.month - index, trustor.anchor)
        restated = twist.restated(period) if index else Decimal(1)
        return overview.overview(trustor, self.seed, period, twist.known(today), restated)

    def report(self, window: report.Window, today: date) -> dict[str, Any]:
        """Write the own organization's usage in a window."""
        return report.report(self.seed, len(self.fleet), window, today)

    def term(self, contract: str, today: date) -> Term | None:
        """Find a contract by its id or its external number."""
        for term in self.accounts.terms(today):
            names = (self.accounts.contract_id(term), self.accounts.external_number(term))
            if contract in names:
                return term
        return None

    def organization(self) -> dict[str, Any]:
        """Write the own organization."""
        return {**organization(self.partner), "voicemailEnabled": True, "features": {"chat": True}}

    def summary(self, now: datetime, limit: int) -> dict[str, Any]:
        """Return the truth about a moment, for tests; of the first `limit` customers."""
        today = now.date()
        some = (self.fleet[number] for number in range(min(limit, len(self.fleet))))
        terms = self.accounts.terms(today)
        return {
            "now": report.moment(now),
            "organization": {"id": self.partner.id, "name": self.partner.name},
            "trustors": [self._truth(trustor, today) for trustor in some],
            "invoices": self._invoices(today),
            "contracts": [
                {
                    "id": self.accounts.contract_id(term),
                    "externalNumber": self.accounts.external_number(term),
                    "active": term.active,
                    "currency": term.account.currency,
                    "end": str(term.end),
                    "items": ground_truth.items(self.contracts, term),
                    "periods": ground_truth.periods(self.contracts, term, today),
                }
                for term in terms
            ],
            "usage": ground_truth.usage(self.accounts, len(self.fleet), today),
            "lines": ground_truth.unpaid_lines(self.statements, today),
        }

    def _truth(self, trustor: Trustor, today: date) -> dict[str, Any]:
        period = newest(today, trustor.anchor)
        table = overview.rows(trustor, self.seed, period, today)
        return {
            "id": trustor.organization.id,
            "name": trustor.organization.name,
            "state": trustor.state,
            "currency": trustor.currency,
            "period": {"start": str(period.start), "end": str(period.end)},
            "rows": len(table),
            "charges": [
                {
                    "name": row.charge.name,
                    "partNumber": row.charge.part_number,
                    "grouping": row.charge.grouping,
                    "usage": str(row.usage),
                    "prepaid": str(row.prepaid),
                }
                for row in table
                if row.usage or row.prepaid
            ],
        }

    def _invoices(self, today: date) -> dict[str, Any]:
        counts: dict[str, dict[str, Any]] = defaultdict(
            lambda: {"invoices": 0, "amount": Decimal(0), "unpaid": 0, "unpaidAmount": Decimal(0)}
        )
        for invoice in self.statements.all(today):
            amount, found = self.statements.amount(invoice), counts[invoice.account.currency]
            found["invoices"] += 1
            found["amount"] += amount
            if amount and not invoice.is_paid(today):  # of nothing, nothing is owed
                found["unpaid"] += 1
                found["unpaidAmount"] += amount
        return {
            currency: {
                key: str(value) if isinstance(value, Decimal) else value
                for key, value in found.items()
            }
            for currency, found in counts.items()
        }


def organization(of: Organization, *, active: bool = True) -> dict[str, Any]:
    """Write an organization as the directory does."""
    short = "".join(letter for letter in of.name.lower() if letter.isascii() and letter.isalnum())
    return {
        "id": of.id,
        "name": of.name,
        "defaultLanguage": "en-US",
        "defaultCountryCode": "US",
        "thirdPartyOrgName": short,
        "domain": f"{short}.example.com",
        "version": 7,
        "state": "active" if active else "inactive",
        "productPlatform": "GenesysCloud",
        "selfUri": f"/api/v2/organizations/{of.id}",
    }
