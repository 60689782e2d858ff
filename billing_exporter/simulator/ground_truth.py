"""The truth about usage, contracts and lines, for tests: worked out from the world.

Never read from the answers that are written of it. Invented: everything.
"""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from billing_exporter.simulator import report
from billing_exporter.simulator.accounts import Accounts, Term
from billing_exporter.simulator.contracts import Contracts
from billing_exporter.simulator.ledger import Amounts, Balance, charges, wallets
from billing_exporter.simulator.statements import Statements

_NEWEST = ("current", "previous")
_LAST_MOMENT = time(23, 59, 59, 999_000)


def usage(accounts: Accounts, trustors: int, today: date) -> dict[str, Any]:
    """Return the own usage in the newest period of the own contract, though it may have ended."""
    seed, terms = accounts.seed, accounts.terms(today)
    own = (
        term for term in terms if term.active and accounts.partner in accounts.named(term.account)
    )
    newest = [(each.start, each.end) for each in (term.periods(today)[0] for term in own)]
    running = [each for each in newest if each[0] <= today <= each[1]]
    start, end = max(running or newest)
    window = report.Window(
        datetime.combine(start, time(), UTC), datetime.combine(end, _LAST_MOMENT, UTC)
    )
    return {
        "start": str(start),
        "end": str(end),
        "charges": [
            {
                "name": use.charge.name,
                "quantity": str(use.total),
                "resources": len(use.resources),
            }
            for use in report.uses(seed, trustors, window, today)
        ],
    }


def items(contracts: Contracts, term: Term) -> list[dict[str, Any]]:
    """Return what each product of a contract's plans costs."""
    return [
        {
            "plan": item.product.plan,
            "name": item.product.name,
            "unit": item.product.unit,
            "quantity": item.quantity,
            "price": _unless_zero(item.product.price),
            "overagePrice": str(item.product.rate),
            "discount": _unless_zero(item.discount),
        }
        for item in contracts.agreed(term)
    ]


def _unless_zero(amount: Decimal) -> str | None:
    return str(amount) if amount else None


def periods(contracts: Contracts, term: Term, today: date) -> dict[str, Any]:
    """Tell charges and wallets of a contract's two newest periods."""
    found = {}
    for place, period in enumerate(term.periods(today)[: len(_NEWEST)]):
        book = contracts.book(term, period, today)
        found[_NEWEST[place]] = {
            "start": str(period.start),
            "closed": place > 0 or not term.active,
            "charges": list(map(_charge, charges(book))),
            "wallets": list(map(_wallet, wallets(book))),
        }
    return found


def _charge(amounts: Amounts) -> dict[str, Any]:
    sold, tokens = amounts.product, amounts.tokens
    return {
        "name": sold.name,
        "sku": sold.sku,
        "unit": sold.unit,
        "prepaid": str(amounts.prepaid),
        "free": str(amounts.free),
        "actual": str(amounts.actual),
        "overage": str(amounts.overage),
        "tokens": None if tokens is None else str(tokens),
        "rate": str(sold.rate),
        "money": str(amounts.money),
    }


def _wallet(balance: Balance) -> dict[str, Any]:
    purse = balance.purse
    return {
        "name": purse.name,
        "sku": purse.sku,
        "unit": purse.unit,
        "starting": str(balance.starting),
        "ending": str(balance.ending),
        "increase": str(balance.increase),
        "decrease": str(balance.decrease),
        "consumption": str(balance.consumption),
        "overage": str(balance.overage),
        "rate": str(purse.rate),
        "money": str(balance.money),
    }


def unpaid_lines(statements: Statements, today: date) -> list[dict[str, Any]]:
    """Return the lines of the invoices that are unpaid."""
    return [
        {
            "invoice": invoice.id,
            "sku": line.product.sku,
            "product": line.product.name,
            "unit": line.product.unit,
            "organization": line.organization.name,
            "currency": invoice.account.currency,
            "quantity": str(line.quantity),
            "amount": str(line.amount),
        }
        for invoice in statements.all(today)
        if not invoice.is_paid(today)
        for line in statements.lines(invoice)
    ]
