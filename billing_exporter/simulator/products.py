"""The products of contracts and invoices: what is prepaid, what is free, what the rest costs.

Most are the charges of the overview's catalogue, under the same part number. Documented: the units
of measure, tokens as units a token (17 minutes of voice bot, 51 sessions of digital bot, 50
summaries, 20 scorings, 2 translations). Invented: the prices, and everything about the wallets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Literal

from billing_exporter.simulator.catalogue import Charge, charges

Plan = Literal["Core Services", "AI and Digital", "AppFoundry"]
Sells = Literal["all", "services", "tokens"]
PLANS: tuple[Plan, ...] = ("Core Services", "AI and Digital", "AppFoundry")
BILLED = frozenset({"peak", "total", "sum"})

_ZERO = Decimal(0)
# The overview's free text to a value of the contracts' enumeration.
_UNITS = MappingProxyType(
    {
        "seat": "User",
        "users": "User",
        "licenses": "User",
        "units": "Unit",
        "devices": "Each",
        "phones": "Each",
        "requests": "Invocation",
        "minutes": "Minute",
        "events": "Event",
        "usages": "Transaction",
        "messages": "Message",
        "numbers": "PhoneNumber",
        "GB": "GB",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that a contract charges for.

    Attributes:
        sku: stock keeping unit, the overview's part number.
        name: product name.
        unit: unit of measure, a value of the API's enumeration.
        plan: the plan that sells it.
        highest: whether the period's highest counts, instead of its total.
        price: price of a prepaid unit, 0 where nothing can be prepaid.
        rate: price of a unit beyond prepaid and fair use.
        per_token: units that make one AI token, None for what needs no tokens.
    """

    sku: str
    name: str
    unit: str
    plan: Plan
    highest: bool = False
    price: Decimal = _ZERO
    rate: Decimal
    per_token: Decimal | None = None


def _plan(charge: Charge) -> Plan:
    if charge.third_party:
        return "AppFoundry"
    return "AI and Digital" if charge.grouping.startswith("messaging") else "Core Services"


def _of_charge(charge: Charge) -> Product:
    return Product(
        sku=charge.part_number,
        name=charge.name,
        unit="EA" if charge.third_party else _UNITS[charge.unit],
        plan=_plan(charge),
        highest=charge.measure == "peak",
        price=Decimal(charge.prepaid_price or 0),
        rate=Decimal(charge.price),
    )


def _of_tokens(charge: Charge) -> Product:
    unit, per_token, rate = _BOTS[charge.part_number]
    return Product(
        sku=charge.part_number,
        name=charge.name,
        unit=unit,
        plan="AI and Digital",
        rate=Decimal(rate),
        per_token=Decimal(per_token),
    )


# Unit, units a token and price of a unit, by part number of the overview's breakdown of tokens.
_BOTS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "GC-175-NV-AIVOI": ("Minute", "17", "0.0588"),
        "GC-175-NV-AIDIG": ("Session", "51", "0.0196"),
        "GC-175-NV-AISUM": ("Summary", "50", "0.02"),
        "GC-175-NV-AISCO": ("Evaluation", "20", "0.05"),
        "GC-175-NV-AITRA": ("Translation", "2", "0.5"),
    }
)


@cache
def products() -> Mapping[int, Product]:
    """Return what is billed for each charge of the catalogue that is, by its place there."""
    found = {}
    for place, charge in enumerate(charges()):
        if charge.measure in BILLED and charge.price and charge.grouping != "rollup":
            found[place] = _of_charge(charge)
        elif charge.part_number in _BOTS:
            found[place] = _of_tokens(charge)
    return MappingProxyType(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """A prepaid balance that a contract draws on.

    Attributes:
        sku: stock keeping unit of the product.
        name: name of product and wallet.
        unit: unit of measure.
        plan: the plan that sells it.
        grant: balance at the start of each period, per seat.
        draws: beginnings of the part numbers whose use it pays for.
        each: units of the balance that a unit of those costs.
        rate: price of a unit beyond the balance.
        top_up: units per seat that are added on the second day.
        taken: units per seat that a contract change removes on the second day.
    """

    sku: str
    name: str
    unit: str
    plan: Plan = "AI and Digital"
    grant: float
    draws: tuple[str, ...]
    each: Decimal
    rate: Decimal
    top_up: float = 0.0
    taken: float = 0.0


TOKENS = Purse(
    sku="GC-170-NV-AITC",
    name="AI Experience Tokens",
    unit="Token",
    grant=12,
    draws=("GC-175-NV-AI",),
    each=Decimal(1),
    rate=Decimal("1.00"),
    top_up=3,
)
MESSAGES = Purse(
    sku="GC-173-NV-MSGCR",
    name="Messaging Credits",
    unit="Message",
    grant=105,
    draws=("GC-173-NV-IN", "GC-173-NV-OU"),
    each=Decimal(1),
    rate=Decimal("0.0075"),
    taken=2,
)
VOICE = Purse(
    sku="GC-176-NV-VOICE",
    name="Voice Minutes",
    unit="Minute",
    grant=1_500,
    draws=("GC-172-NV-IVRBA",),
    each=Decimal("0.35"),
    rate=Decimal("0.012"),
)


def sold_by(product: Product, sells: Sells) -> bool:
    """Return whether an account that sells everything, services or AI sells a product."""
    return sells == "all" or (product.per_token is not None) == (sells == "tokens")
