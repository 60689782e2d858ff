"""The partner's accounts: which contract covers which customers, in which currency and term.

Documented: a contract covers many organizations and has a status, dates and a ramp. Invented: the
accounts. Four are fixed (one a currency and one for AI and voice), further blocks of customers
have one each. Ends that come soon are extended again and again, see `subscriptions`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from billing_exporter.simulator.periods import DAY, Period, containing, newest, numbered
from billing_exporter.simulator.seeded_random import between, identifier
from billing_exporter.simulator.subscriptions import rolling_end, yearly_term
from billing_exporter.simulator.trustors import BLOCK, Fleet, Organization

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
        wallets: whether it has prepaid balances.
    """

    number: int
    name: str
    currency: str
    anchor: int
    month: int
    extension: tuple[int, int] | None = None
    wallets: bool = False


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
    Account(0, "Americas", "USD", 21, 3, wallets=True),
    Account(1, "Continental Europe", "EUR", 1, 6),
    Account(2, "British Isles", "GBP", 15, 2, (42, 59)),
    Account(3, "AI and Voice", "USD", 8, 9, (12, 13), wallets=True),
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
        anchor = between(1, 28, self.seed, "block", block)
        return Account(number, f"Fleet {block + 1}", currency, anchor, block % 12 + 1)

    def organizations(self, account: Account) -> tuple[Organization, ...]:
        """List the customers of an account; for a small fleet that may be the partner alone."""
        block = max(0, account.number - len(_FIXED) + 1)
        numbers = range(block * BLOCK, min((block + 1) * BLOCK, len(self._fleet)))
        members = tuple(
            self._fleet[number].organization
            for number in numbers
            if self._fleet[number].currency == account.currency
        )
        return members or (self.partner,)

    def seats(self, account: Account) -> int:
        """Count the seats that an account has committed to."""
        return between(60, 240, self.seed, "seats of account", account.number)

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
