"""The products of contracts: what is prepaid, what is free, what the rest costs.

Documented: the units of measure, fair use per seat (182,000 API requests, 42.5 GB), tokens as
units a token (17 minutes of voice bot, 51 sessions of digital bot, 50 summaries, 2 translations).
Invented: the SKUs, the prices and the quantities, also those of the wallets.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Plan = Literal["Core Services", "AI and Digital", "AppFoundry"]
PLANS: tuple[Plan, ...] = ("Core Services", "AI and Digital", "AppFoundry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that a contract charges for.

    Attributes:
        sku: stock keeping unit.
        name: product name.
        unit: unit of measure, a value of the API's enumeration.
        plan: the plan that sells it.
        highest: whether the period's highest counts, instead of its total.
        prepaid: units prepaid, per seat of the contract.
        free: units of fair use, per seat of the contract.
        use: units used by a contract that uses what it has, per seat.
        price: price of a prepaid unit.
        rate: price of a unit beyond prepaid and fair use.
        per_token: units that make one AI token, None for what needs no tokens.
    """

    sku: str
    name: str
    unit: str
    plan: Plan
    highest: bool = False
    prepaid: float = 0.0
    free: float = 0.0
    use: float = 0.0
    price: Decimal = Decimal(0)
    rate: Decimal
    per_token: Decimal | None = None


def _seat(sku: str, name: str, seats: float, price: str, rate: str) -> Product:
    return Product(
        sku=sku,
        name=name,
        unit="User",
        plan="Core Services",
        highest=True,
        prepaid=seats,
        use=seats,
        price=Decimal(price),
        rate=Decimal(rate),
    )


def _free(sku: str, name: str, unit: str, each: float, rate: str) -> Product:
    return Product(
        sku=sku,
        name=name,
        unit=unit,
        plan="Core Services",
        free=each,
        use=each,
        rate=Decimal(rate),
    )


def _bot(name: str, unit: str, each: float, rate: str, per_token: str) -> Product:
    return Product(
        sku=f"GC-175-NV-{name[:2].upper()}{unit[:3].upper()}",
        name=name,
        unit=unit,
        plan="AI and Digital",
        free=each,
        use=each,
        rate=Decimal(rate),
        per_token=Decimal(per_token),
    )


PRODUCTS: tuple[Product, ...] = (
    _seat("GC-170-NV-USR3C", "Genesys Cloud CX 3 Concurrent", 1.0, "240.00", "276.00"),
    _seat("GC-170-NV-USR1N", "Genesys Cloud CX 1", 0.5, "75.00", "90.00"),
    _seat("GC-170-NV-COMMU", "Communicate", 0.3, "19.99", "24.00"),
    _seat("GC-170-NV-CRMAD", "CRM Integration", 0.4, "24.50", "27.00"),
    _free("GC-172-NV-APIRS", "API Resource", "Invocation", 182_000, "0.0001"),
    _free("GC-172-NV-IVRBA", "IVR Basic", "Minute", 4_225, "0.01"),
    _free("GC-172-NV-VTRAN", "Voice Transcription", "Minute", 6_500, "0.004"),
    _free("GC-174-NV-STORE", "Storage", "GB", 42.5, "0.25"),
    _bot("Voice Bots", "Minute", 68, "0.0588", "17"),
    _bot("Digital Bots", "Session", 102, "0.0196", "51"),
    _bot("AI Summaries", "Summary", 75, "0.02", "50"),
    _bot("AI Translation", "Translation", 6, "0.5", "2"),
    Product(
        sku="PC-170-NV-LANTSURV",
        name="Lantern Surveys",
        unit="EA",
        plan="AppFoundry",
        highest=True,
        prepaid=0.2,
        use=0.2,
        price=Decimal("9.00"),
        rate=Decimal("9.90"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """A prepaid balance that a contract draws on.

    Attributes:
        sku: stock keeping unit of the product.
        name: name of product and wallet.
        unit: unit of measure.
        grant: balance at the start of each period, per seat.
        draw: share of the grant that is used by the end of a period.
        rate: price of a unit beyond the balance.
        top_up: units per seat that are added on the tenth day.
        taken: units per seat that a contract change removes on the fifth day.
    """

    sku: str
    name: str
    unit: str
    grant: float
    draw: float
    rate: Decimal
    top_up: float = 0.0
    taken: float = 0.0


PURSES: tuple[Purse, ...] = (
    Purse(
        sku="GC-170-NV-AITC",
        name="AI Experience Tokens",
        unit="Token",
        grant=30,
        draw=0.45,
        rate=Decimal("1.00"),
        top_up=5,
    ),
    Purse(
        sku="GC-173-NV-MSGCR",
        name="Messaging Credits",
        unit="Message",
        grant=400,
        draw=1.12,
        rate=Decimal("0.0075"),
        taken=10,
    ),
    Purse(
        sku="GC-176-NV-VOICE",
        name="Voice Minutes",
        unit="Minute",
        grant=90,
        draw=14.0,
        rate=Decimal("0.012"),
    ),
)
