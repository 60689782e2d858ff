"""The partner's fleet: its customers, by number, each in a state worth watching.

Documented: what a trustor and an organization hold, and the subscription types. Invented: every
company, its size and how it fares. The first dozen are one of each state; further ones are made
up from words when somebody asks, so that a fleet of thousands costs nothing until it is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from billing_exporter.simulator.seeded_random import between, identifier, pick, share

State = Literal[
    "within",
    "overage",
    "spiking",
    "fell",
    "ramping",
    "ending60",
    "ending14",
    "monthly",
    "minimum",
    "disabled",
    "forbidden",
    "no_data",
]

# How much of what is included each state uses by the end of a period.
_LOADS: dict[State, float] = {
    "within": 0.7,
    "overage": 1.4,
    "spiking": 0.75,
    "fell": 0.8,
    "ramping": 0.3,
    "ending60": 0.97,
    "ending14": 1.08,
    "monthly": 1.0,
    "minimum": 0.2,
    "disabled": 0.7,
    "forbidden": 0.7,
    "no_data": 0.7,
}
_USUAL = 0.7  # share of the made-up customers that fare well
_COMPANIES: tuple[tuple[str, State, str], ...] = (
    ("Brightmere Insurance", "within", "USD"),
    ("Küstenwerk Energie", "overage", "EUR"),
    ("Thistle & Anchor Outfitters", "spiking", "GBP"),
    ("Larkfield Health Cooperative", "fell", "USD"),
    ("Polarsund Telecom", "ramping", "EUR"),
    ("Quarrystone Bank", "ending60", "GBP"),
    ("Velvet Harbour Hotels", "ending14", "USD"),
    ("Cobalt Orchard Retail", "monthly", "USD"),
    ("Saltmarsh Utilities", "minimum", "GBP"),
    ("Greyfern Media", "disabled", "EUR"),
    ("Otterbrook Logistics", "forbidden", "USD"),
    ("Juniper Vale Games", "no_data", "EUR"),
)
_FIRST = (
    *("Amber", "Ash", "Birch", "Bluff", "Bramble", "Brook", "Cedar", "Chalk", "Clover", "Copper"),
    *("Coral", "Crest", "Drift", "Elder", "Ember", "Fern", "Flint", "Frost", "Glen", "Hazel"),
    *("Heath", "Indigo", "Ivory", "Lark", "Laurel", "Maple", "Marsh", "Mead", "Moss", "Oak"),
    *("Ochre", "Pine", "Reed", "Ridge", "Sable", "Sage", "Slate", "Tern", "Umber", "Willow"),
)
_SECOND = (
    *("bank", "beck", "bridge", "cliff", "cove", "dale", "field", "ford", "gate", "grove"),
    *("haven", "holm", "mere", "mill", "moor", "port", "shore", "stead", "vale", "wick"),
)
_TRADE = (
    *("Airways", "Assurance", "Bank", "Broadband", "Clinics", "Couriers", "Credit Union"),
    *("Energy", "Foods", "Freight", "Games", "Holidays", "Homes", "Hotels", "Insurance"),
    *("Leasing", "Logistics", "Markets", "Media", "Motors", "Outdoors", "Pharmacy", "Rail"),
    *("Retail", "Software", "Telecom", "Travel", "Utilities", "Water"),
)
BLOCK = 25
_CURRENCIES = ("USD", "EUR", "GBP")
# Activation day of the accounts of the first block of customers; further blocks have their own.
ANCHORS = {"USD": 21, "EUR": 1, "GBP": 15}


@dataclass(frozen=True, slots=True)
class Organization:
    """A company as every listing names it: id and name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Trustor:
    """One customer of the partner.

    Attributes:
        number: place in the fleet, from 0.
        organization: the customer's organization; its id is also the trustor's.
        state: what happens to this customer.
        currency: ISO code.
        seats: committed concurrent licences.
        anchor: activation day of the month, 1 to 28.
        load: share of what is included that is used by the end of a period.
        burst: phase of its bursts of use, None without.
        history: periods that the API still shows, the newest included.
    """

    number: int
    organization: Organization
    state: State
    currency: str
    seats: int
    anchor: int
    load: float
    burst: int | None
    history: int


def _company(seed: int, number: int) -> tuple[str, State, str]:
    if number < len(_COMPANIES):
        return _COMPANIES[number]
    count = len(_FIRST) * len(_SECOND) * len(_TRADE)
    word = number * 7919 % count  # 7919 shares no divisor with the count: no name comes twice
    first, rest = word % len(_FIRST), word // len(_FIRST)
    second, trade = rest % len(_SECOND), rest // len(_SECOND)
    name = f"{_FIRST[first]}{_SECOND[second]} {_TRADE[trade]}"
    usual = share(seed, "state", number) < _USUAL
    state: State = "within" if usual else pick(tuple(_LOADS), seed, "trouble", number)
    return name, state, _CURRENCIES[number // BLOCK % len(_CURRENCIES)]


def anchor(seed: int, block: int, currency: str) -> int:
    """Return the activation day of a block of customers: one calendar for all that it is billed."""
    return between(1, 28, seed, "block", block) if block else ANCHORS[currency]


def partner_as_customer(partner: Organization, currency: str, activation: int) -> Trustor:
    """Return the partner as its own customer, where an account has no other."""
    return Trustor(
        number=-1,
        organization=partner,
        state="within",
        currency=currency,
        seats=80,
        anchor=activation,
        load=_LOADS["within"],
        burst=None,
        history=36,
    )


def _burst(state: State, number: int) -> int | None:
    return (number * 4) % 9 if state in {"spiking", "monthly"} else None


def _seats(seed: int, number: int, state: State) -> int:
    """Return the seats of a customer: who pays month by month, at the full price, is small."""
    seats = between(40, 320, seed, "seats", number)
    return seats // 5 if state == "monthly" else seats


@lru_cache(maxsize=4096)
def _trustor(seed: int, number: int) -> Trustor:
    name, state, currency = _company(seed, number)
    return Trustor(
        number=number,
        organization=Organization(identifier(seed, "trustor", number), name),
        state=state,
        currency=currency,
        seats=_seats(seed, number, state),
        anchor=anchor(seed, number // BLOCK, currency),
        load=_LOADS[state] + 0.06 * share(seed, "load", number) - 0.03,
        burst=_burst(state, number),
        history=between(24, 55, seed, "history", number),
    )


class Fleet:
    """All customers of the partner; a customer is made when it is asked for."""

    def __init__(self, seed: int, size: int) -> None:
        """Make a fleet of `size` customers."""
        self.seed = seed
        self._size = size

    def __len__(self) -> int:
        """Count the customers."""
        return self._size

    def __iter__(self) -> Iterator[Trustor]:
        """Go through the customers by number."""
        return map(self.__getitem__, range(self._size))

    def __getitem__(self, number: int) -> Trustor:
        """Give the customer with a number.

        Raises:
            IndexError: the fleet has no such number.
        """
        if not 0 <= number < self._size:
            raise IndexError(number)
        return _trustor(self.seed, number)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {identifier(self.seed, "trustor", number): number for number in range(self._size)}

    def find(self, trustor_id: str) -> Trustor | None:
        """Give the customer with an id, None where there is none."""
        number = self._numbers.get(trustor_id.lower())
        return None if number is None else self[number]
