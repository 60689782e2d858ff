"""What an account's charges and wallets come to within a billing period.

Documented: which quantities there are, fair use, tokens as units a token. Invented: every figure,
and that a wallet is granted anew each period and keeps the identity
ending = starting + increase - decrease - consumption, floored at 0 with the rest as overage.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from billing_exporter.simulator.periods import Period
from billing_exporter.simulator.products import PRODUCTS, PURSES, Product, Purse
from billing_exporter.simulator.seeded_random import share
from billing_exporter.simulator.usage import Rhythm, Shape, shape

CENT = Decimal("0.01")
_TAKEN_DAY, _TOP_UP_DAY = 5, 10


@dataclass(frozen=True, slots=True)
class Amounts:
    """A charge of a period; quantities in units of the product, money in the currency."""

    product: Product
    prepaid: Decimal
    free: Decimal
    actual: Decimal
    overage: Decimal
    money: Decimal

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
    money: Decimal


@dataclass(frozen=True, slots=True)
class Course:
    """One account in one period as known on a day: what charges are worked out from."""

    seed: int
    account: int
    seats: int
    period: Period
    today: date

    @property
    def day(self) -> int:
        """Count the days whose usage is known."""
        return self.period.counted(self.today)

    @property
    def shape(self) -> Shape:
        """Give the period's shape for this account."""
        return shape(Rhythm(f"{self.seed}/account/{self.account}"), self.period)


def _whole(quantity: float) -> Decimal:
    return Decimal(quantity).quantize(Decimal(1), ROUND_FLOOR)


def _amounts(course: Course, product: Product) -> Amounts:
    load = 0.75 + 0.5 * share(course.seed, course.account, product.sku)
    done = course.shape.peak if product.highest else course.shape.total
    actual = _whole(course.seats * product.use * load * done[course.day])
    prepaid, free = _whole(course.seats * product.prepaid), _whole(course.seats * product.free)
    overage = max(Decimal(0), actual - prepaid - free)
    return Amounts(product, prepaid, free, actual, overage, (overage * product.rate).quantize(CENT))


def charges(course: Course) -> list[Amounts]:
    """Work out every charge of a period."""
    return [_amounts(course, product) for product in PRODUCTS]


def _balance(course: Course, purse: Purse) -> Balance:
    day, seats = course.day, course.seats
    starting = _whole(seats * purse.grant)
    increase = _whole(seats * purse.top_up) if day >= _TOP_UP_DAY else Decimal(0)
    decrease = _whole(seats * purse.taken) if day >= _TAKEN_DAY else Decimal(0)
    consumption = _whole(seats * purse.grant * purse.draw * course.shape.total[day])
    rest = starting + increase - decrease - consumption
    overage = max(Decimal(0), -rest)
    money = (overage * purse.rate).quantize(CENT)
    ending = max(Decimal(0), rest)
    return Balance(purse, starting, increase, decrease, consumption, ending, overage, money)


def wallets(course: Course) -> list[Balance]:
    """Work out every wallet of a period."""
    return [_balance(course, purse) for purse in PURSES]
