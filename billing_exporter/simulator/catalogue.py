"""Catalogue of an overview: 140 charges, most of which a customer does not use.

The charges themselves are rows of catalogue.csv, beside this file. Seen in a captured page: the
groupings, the units, CX 3 Concurrent at 276.00, an add-on at 27.00, the wallboard at 15.00, IVR
minutes at 0.01 with 4,225 a seat included, API requests at 0.0001 with 182,000 a seat, storage at
0.25 with 42.25 GB a seat, transcription with 6,500 minutes a seat, SMS numbers of rate A to J and
messages of rate A to O, WhatsApp rows without price or quantity, a name that holds a Cyrillic
letter, fair-use rows named like their resource, and the part numbers PC-170-NV-USR2C and
GC-170-NV-AITC. Invented: every other name, part number, price and quantity.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

Measure = Literal["peak", "total", "level", "allowance", "sum", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One row of an overview, before it has numbers.

    Attributes:
        name: product charge name.
        part_number: product part number.
        grouping: the page's grouping key.
        unit: the page's unit, free text.
        measure: how the quantity comes about: the highest, the total, a level, the fair-use
            allowance itself, the sum of the grouping that breaks this one down, or unknown.
        per_seat: use per seat and period of a customer that uses exactly what is included.
        included: quantity prepaid or included, per seat.
        price: price of a unit on demand; empty where none is given.
        prepaid_price: price of a prepaid unit; empty where none is given.
        digits: decimals of the quantity.
        popularity: share of the customers that use it.
        third_party: sold by another vendor.
    """

    name: str
    part_number: str
    grouping: str
    unit: str
    measure: Measure
    per_seat: float
    included: float
    price: str
    prepaid_price: str
    digits: int
    popularity: float
    third_party: bool


def _charge(row: dict[str, str]) -> Charge:
    return Charge(
        name=row["name"],
        part_number=row["part_number"],
        grouping=row["grouping"],
        unit=row["unit"],
        measure=cast("Measure", row["measure"]),
        per_seat=float(row["per_seat"]),
        included=float(row["included"]),
        price=row["price"],
        prepaid_price=row["prepaid_price"],
        digits=int(row["digits"]),
        popularity=float(row["popularity"]),
        third_party=row["third_party"] == "yes",
    )


@cache
def charges() -> tuple[Charge, ...]:
    """Read the catalogue, in the order in which an overview lists it."""
    text = files(__package__).joinpath("catalogue.csv").read_text(encoding="utf-8")
    return tuple(map(_charge, csv.DictReader(text.splitlines())))
