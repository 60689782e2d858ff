"""The partner's accounts: which contract covers which customers, in which currency and term.

Documented: a contract covers many organizations and has a status, dates and a ramp. Invented: the
accounts. Four are fixed (one a currency and one for AI and voice), further blocks of customers
have one each; all customers of an account share its periods. Ends that come soon are extended
again and again, see `subscriptions`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billing_exporter.simulator.ledger import Book
from billing_exporter.simulator.periods import DAY, Period, containing, newest, numbered
from billing_exporter.simulator.products import MESSAGES, TOKENS, VOICE, Purse, Sells
from billing_exporter.simulator.seeded_random import identifier
from billing_exporter.simulator.subscriptions import rolling_end, yearly_term
from billing_exporter.simulator.trustors import (
    ANCHORS,
    BLOCK,
    Fleet,
    Organization,
    Trustor,
    anchor,
    partner_as_customer,
)

_ONE = Decimal(1)
TERM_YEARS = 3


@dataclass(frozen=True, slots=True)
class Account:
    """A part of the fleet that is billed together.

    Attributes:
        number: place among the accounts, from 0.
        name: what the partner calls it.
        currency: ISO code.
        anchor: activation day of the month, 1 to 28.
        month: month in which its terms start, 1 to 12.
        extension: (days between extensions, days ahead), None for full terms.
        purses: its prepaid balances.
        sells: which products it sells.
    """

    number: int
    name: str
    currency: str
    anchor: int
    month: int
    extension: tuple[int, int] | None = None
    purses: tuple[Purse, ...] = ()
    sells: Sells = "all"


@dataclass(frozen=True, slots=True)
class Term:
    """One contract: an account between two dates, both included."""

    account: Account
    start: date
    end: date
    active: bool

    def periods(self, today: date) -> list[Period]:
        """List the contract's periods that have rotated, at least the first, the newest first."""
        first = containing(self.start, self.account.anchor)
        last = min(newest(today, self.account.anchor), containing(self.end, self.account.anchor))
        months = range(max(first, last).month, first.month - 1, -1)
        return [numbered(month, self.account.anchor) for month in months]


_FIXED = (
    Account(0, "Americas", "USD", ANCHORS["USD"], 3, purses=(MESSAGES,), sells="services"),
    Account(1, "Continental Europe", "EUR", ANCHORS["EUR"], 6),
    Account(2, "British Isles", "GBP", ANCHORS["GBP"], 2, (42, 59)),
    Account(3, "AI and Voice", "USD", ANCHORS["USD"], 9, (12, 13), (TOKENS, VOICE), sells="tokens"),
)


class Accounts:
    """All accounts of the partner."""

    def __init__(self, seed: int, fleet: Fleet, partner: Organization) -> None:
        """Divide a fleet into accounts; the partner stands in where a part has no customer."""
        self.seed = seed
        self.partner = partner
        self._fleet = fleet
        blocks = range(1, (len(fleet) + BLOCK - 1) // BLOCK)
        self.all: tuple[Account, ...] = (*_FIXED, *map(self._block, blocks))

    def _block(self, block: int) -> Account:
        number = len(_FIXED) + block - 1
        currency = self._fleet[block * BLOCK].currency
        activation = anchor(self.seed, block, currency)
        return Account(number, f"Fleet {block + 1}", currency, activation, block % 12 + 1)

    def members(self, account: Account) -> tuple[Trustor, ...]:
        """List the customers of an account; for a small fleet that may be the partner alone."""
        block = max(0, account.number - len(_FIXED) + 1)
        numbers = range(block * BLOCK, min((block + 1) * BLOCK, len(self._fleet)))
        members = tuple(
            self._fleet[number]
            for number in numbers
            if self._fleet[number].currency == account.currency
        )
        return members or (partner_as_customer(self.partner, account.currency, account.anchor),)

    def organizations(self, account: Account) -> tuple[Organization, ...]:
        """List the organizations of the customers of an account."""
        return tuple(member.organization for member in self.members(account))

    def named(self, account: Account) -> tuple[Organization, ...]:
        """List the organizations that an account's plans name: in the first one's the partner too.

        So the partner has a contract of its own beside those of its customers.
        """
        members = self.organizations(account)
        is_own = account.number == 0 and self.partner not in members
        return (*members, self.partner) if is_own else members

    def book(self, account: Account, period: Period, today: date, restated: Decimal = _ONE) -> Book:
        """Open the ledger of an account on a period, as it is known on a day."""
        members, sells, purses = self.members(account), account.sells, account.purses
        return Book(self.seed, members, sells, purses, period, today, restated)

    def terms(self, today: date) -> list[Term]:
        """List the contracts on a day: one active for each account and one that has ended."""
        return [*(self._current(account, today) for account in self.all), self._ended(today)]

    def _current(self, account: Account, today: date) -> Term:
        start, end = yearly_term(today, account.month, account.anchor, TERM_YEARS)
        if account.extension:
            end = rolling_end(today, *account.extension)
        if end - start < timedelta(days=120):  # an extended contract began in the term before
            start = start.replace(year=start.year - TERM_YEARS)
        return Term(account, start, end, active=True)

    def _ended(self, today: date) -> Term:
        account = self.all[0]
        following, _ = yearly_term(today, account.month, account.anchor, TERM_YEARS)
        start = following.replace(year=following.year - TERM_YEARS)
        return Term(account, start, following - DAY, active=False)

    def contract_id(self, term: Term) -> str:
        """Give the id of the contract that a term is."""
        return identifier(self.seed, "contract", term.account.number, term.start)

    def external_number(self, term: Term) -> str | None:
        """Give the contract's number; the one that has ended has none."""
        if not term.active:
            return None
        return f"C-{10_000 + 7 * term.account.number}-{term.start.year}"
