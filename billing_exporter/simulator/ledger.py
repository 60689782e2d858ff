"""The ledger: what each customer of an account has prepaid, used and exceeded in a period.

Overview, contract and invoice of a customer all say what stands here. Documented: which quantities
there are, fair use, tokens as units a token. Invented: that every customer has its own prepaid and
free quantities, so that an account's overage is the sum of its customers'; and that a wallet is
granted again each period and keeps the identity ending = starting + increase - decrease -
consumption, floored at 0 with the rest as overage.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from billing_exporter.simulator.catalogue import charges as catalogue
from billing_exporter.simulator.history import floor, included, is_used, quantities
from billing_exporter.simulator.periods import Period
from billing_exporter.simulator.products import Product, Purse, Sells, products, sold_by
from billing_exporter.simulator.trustors import Trustor

CENT = Decimal("0.01")
_ZERO, _ONE = Decimal(0), Decimal(1)
_CHANGED_DAY = 2  # by which a contract change or a top-up has come


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a customer has agreed on for a product; quantities in units of the product."""

    place: int
    product: Product
    prepaid: Decimal
    free: Decimal


@dataclass(frozen=True, slots=True)
class Amounts:
    """A product in a period; quantities in units of the product, money in the currency."""

    product: Product
    prepaid: Decimal
    free: Decimal
    actual: Decimal
    overage: Decimal

    @property
    def money(self) -> Decimal:
        """Return what the overage costs."""
        return (self.overage * self.product.rate).quantize(CENT)

    @property
    def tokens(self) -> Decimal | None:
        """Convert the quantity to AI tokens, None for what needs none."""
        rate = self.product.per_token
        return None if rate is None else (self.actual / rate).quantize(Decimal("0.0001"))


@dataclass(frozen=True, slots=True)
class Balance:
    """A wallet of a period, in units of its product, the money in the currency."""

    purse: Purse
    starting: Decimal
    increase: Decimal
    decrease: Decimal
    consumption: Decimal
    ending: Decimal
    overage: Decimal

    @property
    def money(self) -> Decimal:
        """Return what the shortfall costs."""
        return (self.overage * self.purse.rate).quantize(CENT)


@dataclass(frozen=True, slots=True)
class Book:
    """One account in one period as known on a day.

    Attributes:
        seed: the world's.
        members: the customers of the account.
        sells: which products it sells.
        purses: its prepaid balances.
        period: the billing period.
        today: the day; usage is known through the day before.
        restated: by what usage has been multiplied since the period was closed.
    """

    seed: int
    members: tuple[Trustor, ...]
    sells: Sells
    purses: tuple[Purse, ...]
    period: Period
    today: date
    restated: Decimal = _ONE

    @property
    def day(self) -> int:
        """Count the days whose usage is known."""
        return self.period.counted(self.today)

    @property
    def seats(self) -> int:
        """Count the seats of the account."""
        return sum(member.seats for member in self.members)


@lru_cache(maxsize=4096)
def agreements(seed: int, trustor: Trustor, sells: Sells) -> tuple[Agreed, ...]:
    """Return what a customer has agreed on, for every product that it uses and an account sells."""
    found = []
    for place, product in products().items():
        charge = catalogue()[place]
        if not sold_by(product, sells) or not is_used(trustor, seed, charge):
            continue
        prepaid, free = _ZERO, included(trustor, charge)
        if product.price:
            prepaid, free = free, _ZERO
        if product.per_token is not None:
            free = floor(trustor.seats * charge.per_seat * float(product.per_token), 0)
        found.append(Agreed(place, product, prepaid, free))
    return tuple(found)


def entries(book: Book, member: Trustor) -> list[Amounts]:
    """Return every product of a customer in a period."""
    agreed = agreements(book.seed, member, book.sells)
    if not agreed:
        return []
    used = quantities(member, book.seed, book.period, book.day, book.restated)
    found = []
    for each in agreed:
        actual = used.get(each.place, _ZERO)
        if each.product.per_token is not None:
            actual = floor(float(actual * each.product.per_token), 0)
        overage = max(_ZERO, actual - each.prepaid - each.free)
        found.append(Amounts(each.product, each.prepaid, each.free, actual, overage))
    return found


def prepaid(book: Book) -> dict[Product, Decimal]:
    """Return what the customers of an account prepay of each of its products, 0 for the others."""
    found: dict[int, Decimal] = {}
    for member in book.members:
        for each in agreements(book.seed, member, book.sells):
            found[each.place] = found.get(each.place, _ZERO) + each.prepaid
    return {products()[place]: found[place] for place in sorted(found)}


def charges(book: Book) -> list[Amounts]:
    """Add up the products of all customers of an account, in the order of the catalogue."""
    sums: dict[str, Amounts] = {}
    for member in book.members:
        for each in entries(book, member):
            known = sums.get(each.product.sku)
            sums[each.product.sku] = each if known is None else _added(known, each)
    order = (product.sku for product in products().values())
    return [sums[sku] for sku in order if sku in sums]


def _added(one: Amounts, other: Amounts) -> Amounts:
    return Amounts(
        one.product,
        one.prepaid + other.prepaid,
        one.free + other.free,
        one.actual + other.actual,
        one.overage + other.overage,
    )


def _drawn(book: Book, member: Trustor, purse: Purse) -> Decimal:
    used = quantities(member, book.seed, book.period, book.day, book.restated)
    return sum(
        (
            quantity
            for place, quantity in used.items()
            if catalogue()[place].part_number.startswith(purse.draws)
            and catalogue()[place].measure == "total"
        ),
        _ZERO,
    )


def _balance(book: Book, purse: Purse) -> Balance:
    day, seats = book.day, book.seats
    starting = floor(seats * purse.grant, 0)
    increase = floor(seats * purse.top_up, 0) if day >= _CHANGED_DAY else _ZERO
    decrease = floor(seats * purse.taken, 0) if day >= _CHANGED_DAY else _ZERO
    drawn = sum((_drawn(book, member, purse) for member in book.members), _ZERO)
    consumption = floor(float(drawn * purse.each), 0)
    rest = starting + increase - decrease - consumption
    ending, overage = max(_ZERO, rest), max(_ZERO, -rest)
    return Balance(purse, starting, increase, decrease, consumption, ending, overage)


def wallets(book: Book) -> list[Balance]:
    """Work out every wallet of a period."""
    return [_balance(book, purse) for purse in book.purses]
