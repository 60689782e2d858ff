"""Contracts and their billing periods, in the API's keys.

Documented: keys, types and enumerations. Invented: every value, among them the free texts
(commercialModel, an item's type and function), purchase orders, ramps of 90 days and discounts.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from billing_exporter.simulator.accounts import Accounts, Term
from billing_exporter.simulator.ledger import Amounts, Balance, Book, charges, prepaid, wallets
from billing_exporter.simulator.periods import Period
from billing_exporter.simulator.products import PLANS, Plan, Product, Purse
from billing_exporter.simulator.seeded_random import identifier
from billing_exporter.simulator.trustors import Organization
from billing_exporter.simulator.twists import PLAIN, Twist

YEAR = "-year"
_RAMP = timedelta(days=89)


@dataclass(frozen=True, slots=True)
class Item:
    """What a contract prepays of a product, and the discount on it."""

    product: Product
    quantity: int
    discount: Decimal


def customer(organization: Organization) -> dict[str, Any]:
    """Write a company as the customer of a contract or an invoice."""
    return {
        "id": identifier("customer", organization.id),
        "number": f"CU-{organization.id[:6].upper()}",
        "name": organization.name,
    }


def product(sold: Product | Purse) -> dict[str, Any]:
    """Write a product."""
    return {
        "id": identifier("product", sold.sku),
        "sku": sold.sku,
        "name": sold.name,
        "unitOfMeasure": sold.unit,
    }


def entity(organization: Organization) -> dict[str, str]:
    """Write an organization by id and name."""
    return {"id": organization.id, "name": organization.name}


def annual(period: dict[str, Any]) -> dict[str, Any]:
    """Write a year that is open, around a billing period: invented, as all that has two rhythms."""
    start, end = (date.fromisoformat(period[key]) for key in ("dateStart", "dateEnd"))
    return {
        "id": f"{period['id']}{YEAR}",
        "dateStart": str(start - timedelta(days=200)),
        "dateEnd": str(end + timedelta(days=134)),
        "status": "Open",
    }


class Contracts:
    """The contracts of the partner, written for the API."""

    def __init__(self, accounts: Accounts) -> None:
        """Write the contracts of some accounts."""
        self._accounts = accounts
        self._seed = accounts.seed

    def _period_id(self, term: Term, period: Period) -> str:
        return identifier(self._seed, "period", self._accounts.contract_id(term), period.start)

    def _period(self, term: Term, period: Period, *, is_open: bool) -> dict[str, Any]:
        return {
            "id": self._period_id(term, period),
            "dateStart": str(period.start),
            "dateEnd": str(period.end),
            "status": "Open" if is_open else "Closed",
        }

    def agreed(self, term: Term) -> list[Item]:
        """Return what a contract prepays of each product that it sells."""
        book = self._accounts.book(term.account, term.periods(term.start)[0], term.start)
        return [
            Item(sold, int(quantity), (sold.price * int(quantity) / 20).quantize(Decimal("0.01")))
            for sold, quantity in prepaid(book).items()
        ]

    def _item(self, term: Term, number: int, item: Item) -> dict[str, Any]:
        sold = item.product
        return {
            "itemNumber": str(number),
            "name": sold.name,
            "type": "Recurring" if sold.highest else "Usage",
            "function": "License" if sold.highest else "Consumption",
            "description": f"{sold.name}, {sold.plan}",
            "dateEffectiveStart": str(term.start),
            "dateEffectiveEnd": str(term.end),
            "dateChargedThrough": str(term.start + timedelta(days=30)),
            "currencyIsoCode": term.account.currency,
            "discountAmount": float(item.discount) if item.discount else None,
            "overagePrice": float(sold.rate),
            "price": float(sold.price) if sold.price else None,
            "quantity": item.quantity,
            "unitOfMeasure": sold.unit,
        }

    def _plans(self, term: Term) -> list[dict[str, Any]]:
        items = self.agreed(term)
        found = []
        for name in PLANS:
            of_plan = [item for item in items if item.product.plan == name]
            if of_plan:
                found.append(self._plan(term, name, of_plan))
        return found

    def _plan(self, term: Term, name: Plan, items: list[Item]) -> dict[str, Any]:
        return {
            "id": identifier(self._seed, "plan", self._accounts.contract_id(term), name),
            "name": name,
            "organizations": list(map(entity, self._accounts.named(term.account))),
            "product": product(items[0].product),
            "items": [self._item(term, 10 * place, item) for place, item in enumerate(items, 1)],
        }

    def contract(self, term: Term, today: date) -> dict[str, Any]:
        """Write a contract with its periods (the newest first) and plans."""
        account, partner = term.account, self._accounts.partner
        members = self._accounts.organizations(account)
        periods = term.periods(today)
        ramped = account.number % 2 == 1
        return {
            "id": self._accounts.contract_id(term),
            "externalNumber": self._accounts.external_number(term),
            "status": "Active" if term.active else "Inactive",
            "commercialModel": "Annual Prepay" if account.purses else "Monthly Commitment",
            "purchaseOrderNumbers": [
                f"PO-{4_200 + account.number}",
                f"PO-{9_100 + term.start.year}",
            ],
            "billToCustomer": customer(partner),
            "soldToCustomer": customer(partner),
            "endCustomer": customer(members[0]),
            "dateStart": str(term.start),
            "dateEnd": str(term.end),
            "dateRampStart": str(term.start) if ramped else None,
            "dateRampEnd": str(term.start + _RAMP) if ramped else None,
            "billingPeriods": [
                self._period(term, period, is_open=term.active and place == 0)
                for place, period in enumerate(periods)
            ],
            "plans": self._plans(term),
        }

    def detail(
        self, term: Term, period_id: str, today: date, twist: Twist = PLAIN
    ) -> dict[str, Any] | None:
        """Write a period with its charges and wallets, None where the contract has no such one."""
        for place, period in enumerate(term.periods(today)):
            if self._period_id(term, period) == period_id:
                is_open = term.active and place == 0
                restated = Decimal(1) if is_open else twist.restated(period)
                book = self._accounts.book(term.account, period, twist.known(today), restated)
                return self._detail(term, book, is_open=is_open)
        return None

    def book(self, term: Term, period: Period, today: date) -> Book:
        """Return what the charges of a period are worked out from."""
        return self._accounts.book(term.account, period, today)

    def _detail(self, term: Term, book: Book, *, is_open: bool) -> dict[str, Any]:
        return {
            **self._period(term, book.period, is_open=is_open),
            "charges": [self._charge(term, amounts) for amounts in charges(book)],
            "wallets": [self._wallet(term, balance) for balance in wallets(book)],
        }

    def _charge(self, term: Term, amounts: Amounts) -> dict[str, Any]:
        sold, tokens = amounts.product, amounts.tokens
        return {
            "id": identifier(self._accounts.contract_id(term), "charge", sold.sku),
            "name": sold.name,
            "product": product(sold),
            "organizations": list(map(entity, self._accounts.organizations(term.account))),
            "prepaidQuantity": float(amounts.prepaid),
            "fairuseQuantity": float(amounts.free),
            "actualQuantity": float(amounts.actual),
            "overageQuantity": float(amounts.overage),
            "overageRate": float(sold.rate),
            "overageCharge": float(amounts.money),
            "overageCurrency": term.account.currency,
            "convertedTokenCount": None if tokens is None else float(tokens),
            "tokenConversionRate": None if sold.per_token is None else float(sold.per_token),
        }

    def _wallet(self, term: Term, balance: Balance) -> dict[str, Any]:
        purse = balance.purse
        return {
            "id": identifier(self._accounts.contract_id(term), "wallet", purse.sku),
            "name": purse.name,
            "organizations": list(map(entity, self._accounts.organizations(term.account))),
            "product": product(purse),
            "startingBalance": float(balance.starting),
            "endingBalance": float(balance.ending),
            "balanceIncrease": float(balance.increase),
            "balanceDecrease": float(balance.decrease),
            "balanceConsumption": float(balance.consumption),
            "balanceOverage": float(balance.overage),
            "balanceOverageRate": float(purse.rate),
            "balanceOverageCharge": float(balance.money),
            "balanceOverageCurrency": term.account.currency,
            "unitOfMeasure": purse.unit,
        }
